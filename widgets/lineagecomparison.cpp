// SPDX-License-Identifier: GPL-3.0-or-later
// Executions side by side.
#include "widgets/lineagemodel.h"
#include "widgets/lineagestyle.h"

#include <QGuiApplication>

#include <algorithm>

namespace helmscope {

namespace {

bool isNotedByItself(const LineageProperty &property)
{
    return !property.isCustom || property.name == "Python_Env" ||
           property.name == "original_create_time_since_epoch";
}

/// "0.01" and 0.01 are the same: CMF's client turns numbers into texts.
bool isSame(const QVariant &a, const QVariant &b)
{
    if (a.isValid() != b.isValid())
        return false;
    const auto first = numberOf(a), second = numberOf(b);
    return first && second ? *first == *second : a == b;
}

} // namespace

LineageComparisonModel::Row &LineageComparisonModel::row(Section section, const QString &name)
{
    for (Row &each : m_rows)
        if (each.section == section && each.name == name)
            return each;
    m_rows.push_back({section, name, std::vector<QVariant>(m_nodes.size()), false});
    return m_rows.back();
}

void LineageComparisonModel::addProperties()
{
    for (std::size_t i = 0; i < m_nodes.size(); ++i)
        for (const LineageProperty &property : m_graph->nodes[std::size_t(m_nodes[i])].properties)
            row(isNotedByItself(property) ? Section::Noted : Section::Parameter, property.name)
                .values[i] = property.value;
}

/// Inputs and outputs by type, with the numbers of Metrics as rows of their own.
void LineageComparisonModel::addNeighbours()
{
    for (std::size_t i = 0; i < m_nodes.size(); ++i) {
        const int node = m_nodes[i];
        for (const LineageEdge &edge : m_graph->edges) {
            if (edge.from != node && edge.to != node)
                continue;
            const bool isInput = edge.to == node;
            const LineageNode &other = m_graph->nodes[std::size_t(isInput ? edge.from : edge.to)];
            if (other.type == "Metrics" && !isInput) {
                for (const LineageProperty &property : other.properties)
                    if (!isNotedByItself(property))
                        row(Section::Metric, property.name).values[i] = property.value;
                continue;
            }
            QVariant &cell = row(isInput ? Section::Input : Section::Output, other.type).values[i];
            QStringList names = cell.toStringList();
            names << tr("%1 (%2)", "name (hash)").arg(other.shortName(), shortHash(other.uri));
            names.sort();
            cell = names;
        }
    }
}

void LineageComparisonModel::compare(std::shared_ptr<const LineageGraph> graph,
                                     std::vector<int> nodes)
{
    beginResetModel();
    m_graph = std::move(graph);
    m_nodes = std::move(nodes);
    m_rows.clear();
    if (m_graph) {
        std::erase_if(m_nodes, [this](int node) {
            return node < 0 || std::size_t(node) >= m_graph->nodes.size();
        });
        addProperties();
        addNeighbours();
    }
    for (Row &each : m_rows)
        each.differs = std::any_of(each.values.begin(), each.values.end(),
                                   [&each](const auto &v) { return !isSame(v, each.values[0]); });
    const auto rank = [](const Row &each) {
        const bool isNoted = each.section == Section::Noted;
        return std::tuple(isNoted, !each.differs, each.section, each.name.toLower());
    };
    std::stable_sort(m_rows.begin(), m_rows.end(),
                     [&rank](const Row &a, const Row &b) { return rank(a) < rank(b); });
    endResetModel();
}

int LineageComparisonModel::differing() const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(), [](const Row &each) {
        return each.differs && each.section != Section::Noted;
    }));
}

int LineageComparisonModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int LineageComparisonModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : 2 + int(m_nodes.size());
}

QVariant LineageComparisonModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &each = m_rows[std::size_t(index.row())];
    const QVariant value =
        index.column() < 2 ? QVariant() : each.values[std::size_t(index.column() - 2)];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        if (index.column() == 0)
            return each.name;
        if (index.column() == 1) {
            switch (each.section) {
            case Section::Parameter:
                return tr("parameter");
            case Section::Metric:
                return tr("metric");
            case Section::Input:
                return tr("input");
            case Section::Output:
                return tr("output");
            case Section::Noted:
                return tr("noted by CMF");
            }
        }
        if (!value.isValid())
            return QStringLiteral("–");
        if (value.typeId() == QMetaType::QStringList)
            return value.toStringList().join(role == Qt::ToolTipRole ? "\n" : ", ");
        return propertyText(value).left(2000);
    case Qt::TextAlignmentRole:
        return int((index.column() >= 2 && numberOf(value) ? Qt::AlignRight : Qt::AlignLeft) |
                   Qt::AlignVCenter);
    case Qt::FontRole: {
        QFont font = textFont(TextSize::Body);
        font.setBold(each.differs && each.section != Section::Noted && index.column() != 1);
        return font;
    }
    case Qt::ForegroundRole: {
        const Theme &theme = themeOf(QGuiApplication::palette());
        const bool isQuiet = index.column() == 1 || !each.differs || each.section == Section::Noted;
        return isQuiet ? theme.quietText : theme.text;
    }
    case SortRole: {
        if (index.column() < 2)
            return data(index, Qt::DisplayRole);
        const auto number = numberOf(value);
        return number ? QVariant(*number) : value;
    }
    case DiffersRole:
        return each.differs;
    default:
        return {};
    }
}

QVariant LineageComparisonModel::headerData(int section, Qt::Orientation orientation,
                                            int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount() ||
        role != Qt::DisplayRole)
        return {};
    if (section == 0)
        return tr("Name");
    if (section == 1)
        return tr("What");
    return m_graph->nodes[std::size_t(m_nodes[std::size_t(section - 2)])].shortName();
}

} // namespace helmscope
