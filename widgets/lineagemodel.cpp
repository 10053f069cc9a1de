// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/lineagemodel.h"

#include "widgets/lineagestyle.h"

#include <QGuiApplication>
#include <QHash>

#include <algorithm>
#include <numeric>

namespace helmscope {

namespace {

constexpr int mostProperties = 40; ///< columns; the others are in the details of a node

/// The last part of "<pipeline>/<stage>".
QString shortStage(const QString &stage)
{
    return stage.section('/', 1);
}

bool isNoted(const LineageProperty &property)
{
    return !property.isCustom || property.name == "Python_Env" ||
           property.name == "original_create_time_since_epoch";
}

int alignmentOf(const QVariant &value)
{
    return int((numberOf(value) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

} // namespace

LineageNodeModel::LineageNodeModel(LineageNode::Kind kind, QObject *parent)
    : QAbstractTableModel(parent)
    , m_kind(kind)
{
}

void LineageNodeModel::setGraph(std::shared_ptr<const LineageGraph> graph)
{
    beginResetModel();
    m_graph = std::move(graph);
    const std::size_t count = m_graph ? m_graph->nodes.size() : 0;
    m_sources.assign(count, 0);
    m_results.assign(count, 0);
    m_rows.clear();
    m_metrics.clear();
    if (m_graph) {
        for (const LineageEdge &edge : m_graph->edges) {
            ++m_results[std::size_t(edge.from)];
            ++m_sources[std::size_t(edge.to)];
            if (m_graph->nodes[std::size_t(edge.to)].type == "Metrics")
                m_metrics[edge.from].push_back(edge.to);
        }
        for (std::size_t i = 0; i < count; ++i)
            if (m_graph->nodes[i].kind == m_kind)
                m_rows.push_back(int(i));
    }
    chooseColumns();
    endResetModel();
}

template <class Visit>
void LineageNodeModel::visitProperties(int node, Visit visit) const
{
    for (const LineageProperty &property : m_graph->nodes[std::size_t(node)].properties)
        if (!isNoted(property))
            visit(property);
    if (const auto metrics = m_metrics.constFind(node); metrics != m_metrics.cend())
        for (int each : *metrics)
            for (const LineageProperty &property : m_graph->nodes[std::size_t(each)].properties)
                if (!isNoted(property))
                    visit(property);
}

void LineageNodeModel::chooseColumns()
{
    QHash<QString, int> uses, numbers;
    for (int node : m_rows)
        visitProperties(node, [&](const LineageProperty &property) {
            ++uses[property.name];
            numbers[property.name] += numberOf(property.value) ? 1 : 0;
        });
    m_properties = uses.keys();
    std::sort(m_properties.begin(), m_properties.end(),
              [&uses](const QString &a, const QString &b) {
                  return uses[a] != uses[b] ? uses[a] > uses[b] : a < b;
              });
    m_properties = m_properties.mid(0, mostProperties);
    m_areNumbers.clear();
    for (const QString &name : std::as_const(m_properties))
        m_areNumbers.push_back(2 * numbers[name] > uses[name]);
}

void LineageNodeModel::setNodes(const std::vector<int> &nodes)
{
    beginResetModel();
    m_rows.clear();
    for (int node : nodes)
        if (m_graph && node >= 0 && std::size_t(node) < m_graph->nodes.size() &&
            m_graph->nodes[std::size_t(node)].kind == m_kind)
            m_rows.push_back(node);
    endResetModel();
}

int LineageNodeModel::rowOf(int node) const
{
    const auto found = std::find(m_rows.begin(), m_rows.end(), node);
    return found == m_rows.end() ? -1 : int(found - m_rows.begin());
}

int LineageNodeModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int LineageNodeModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : FirstProperty + int(m_properties.size());
}

/// What a cell holds, with the type it has.
QVariant LineageNodeModel::value(const LineageNode &node, int row, int column) const
{
    const std::size_t index = std::size_t(m_rows[std::size_t(row)]);
    switch (column) {
    case Name:
        return node.shortName();
    case Type:
        return node.type;
    case Stage: {
        QStringList stages;
        for (const QString &stage : node.stages)
            stages << shortStage(stage);
        return stages.join(", ");
    }
    case Created:
        return node.createdMs;
    case Number:
        return node.id;
    case Sources:
        return m_sources[index];
    case Results:
        return m_results[index];
    default:
        break;
    }
    const QString &name = m_properties[column - FirstProperty];
    QVariant found;
    visitProperties(int(index), [&](const LineageProperty &property) {
        if (property.name == name && !found.isValid())
            found = property.value;
    });
    return found;
}

QVariant LineageNodeModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const int nodeIndex = m_rows[std::size_t(index.row())];
    const LineageNode &node = m_graph->nodes[std::size_t(nodeIndex)];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return column == Created ? QVariant(timeText(node.createdMs))
                                 : QVariant(propertyText(value(node, index.row(), column)));
    case Qt::TextAlignmentRole:
        return column < Created || column == Created
                   ? int(Qt::AlignLeft | Qt::AlignVCenter)
                   : alignmentOf(value(node, index.row(), column));
    case Qt::ToolTipRole:
        if (column == Name)
            return node.name.isEmpty() ? node.shortName() : node.name;
        if (column == Stage)
            return node.stages.join('\n');
        return propertyText(value(node, index.row(), column));
    case Qt::DecorationRole:
        if (column == Name)
            return markIcon(classOf(node), themeOf(QGuiApplication::palette()));
        return {};
    case SortRole: {
        const QVariant cell = value(node, index.row(), column);
        if (column <= Stage)
            return cell;
        const auto number = numberOf(cell);
        return number ? QVariant(*number) : cell;
    }
    case NodeRole:
        return nodeIndex;
    default:
        return {};
    }
}

QVariant LineageNodeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const bool isExecution = m_kind == LineageNode::Kind::Execution;
    if (role == Qt::TextAlignmentRole) {
        const bool isNumber = section >= FirstProperty
                                  ? m_areNumbers[std::size_t(section - FirstProperty)]
                                  : section >= Number;
        return int((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole && section >= FirstProperty)
        return tr("Property '%1'").arg(m_properties[section - FirstProperty]);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return isExecution ? tr("Execution") : tr("Artifact");
    case Type:
        return tr("Type");
    case Stage:
        return tr("Stage");
    case Created:
        return tr("Created");
    case Number:
        return tr("Id");
    case Sources:
        return isExecution ? tr("Inputs") : tr("Made by");
    case Results:
        return isExecution ? tr("Outputs") : tr("Used by");
    default:
        return m_properties[section - FirstProperty];
    }
}

// ---- properties of one

void LineagePropertyModel::setNode(const LineageNode &node)
{
    beginResetModel();
    m_rows.clear();
    const auto add = [this](const QString &name, const QVariant &value) {
        if (!value.toString().isEmpty())
            m_rows.push_back({name, value, {}});
    };
    add(tr("Type"), node.type);
    add(tr("Id"), node.id);
    add(tr("Pipeline"), node.pipelines.join(", "));
    add(tr("Created"), timeText(node.createdMs));
    if (node.updatedMs != node.createdMs)
        add(tr("Changed"), timeText(node.updatedMs));
    const auto addProperties = [this, &node](bool wantsNoted) {
        for (const LineageProperty &property : node.properties)
            if (isNoted(property) == wantsNoted) {
                const int type = property.value.typeId();
                m_rows.push_back({property.name, property.value,
                                  type == QMetaType::Double       ? tr("real")
                                  : type == QMetaType::LongLong   ? tr("integer")
                                  : type == QMetaType::Bool       ? tr("boolean")
                                  : type == QMetaType::QByteArray ? tr("bytes")
                                  : numberOf(property.value)      ? tr("number, as text")
                                                                  : tr("text")});
            }
    };
    addProperties(false);
    addProperties(true);
    endResetModel();
}

void LineagePropertyModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

int LineagePropertyModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int LineagePropertyModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LineagePropertyModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[std::size_t(index.row())];
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::FontRole && index.column() != Value)
        return textFont(TextSize::Small);
    if (role == Qt::ForegroundRole && index.column() != Value)
        return themeOf(QGuiApplication::palette()).quietText;
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case Name:
        return row.name;
    case Value:
        // A tool tip keeps the lines of a long text.
        return role == Qt::ToolTipRole && row.value.typeId() == QMetaType::QString
                   ? row.value.toString().left(4000)
                   : propertyText(row.value).left(2000);
    default:
        return row.storedAs;
    }
}

QVariant LineagePropertyModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Name ? tr("Property") : section == Value ? tr("Value") : tr("Type");
}

} // namespace helmscope
