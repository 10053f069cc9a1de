// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lineagefilter.h"

#include "widgets/lineagestyle.h"

#include <QGuiApplication>
#include <QHeaderView>
#include <QMap>
#include <QSignalBlocker>

#include <algorithm>

namespace helmscope {

namespace {

enum Role { StageRole = Qt::UserRole, TypeRole };

QString typeKey(const LineageNode &node)
{
    return (node.kind == LineageNode::Kind::Execution ? "e:" : "a:") + node.type;
}

QTreeWidgetItem *addItem(QTreeWidgetItem *parent, const QString &text, int count)
{
    auto *item = new QTreeWidgetItem(parent, {text, QString::number(count)});
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable |
                   Qt::ItemIsAutoTristate);
    item->setCheckState(0, Qt::Checked);
    item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    item->setToolTip(0, text);
    return item;
}

} // namespace

LineageFilter::LineageFilter(QWidget *parent)
    : QTreeWidget(parent)
{
    setAccessibleName(tr("Filter"));
    setColumnCount(2);
    setHeaderHidden(true);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(0, QHeaderView::Stretch);
    header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    header()->setMinimumSectionSize(30);
    setFrameShape(QFrame::NoFrame);
    setIndentation(12);
    setUniformRowHeights(true);
    setTextElideMode(Qt::ElideMiddle);
    setSelectionMode(NoSelection);
    connect(this, &QTreeWidget::itemChanged, this, &LineageFilter::readBoxes);
}

void LineageFilter::setGraph(const LineageGraph &graph)
{
    const QSignalBlocker blocker(this);
    clear();
    m_offStages.clear();
    m_offTypes.clear();
    QMap<QString, QMap<QString, int>> pipelines; // stages by pipeline, by their full names
    QMap<QString, int> types;
    QHash<QString, LineageClass> classes;
    int without = 0;
    for (const LineageNode &node : graph.nodes) {
        for (const QString &stage : node.stages)
            ++pipelines[stage.section('/', 0, 0)][stage];
        without += node.stages.isEmpty() ? 1 : 0;
        ++types[typeKey(node)];
        classes[typeKey(node)] = classOf(node);
    }
    if (without > 0)
        pipelines[tr("Without a pipeline")][QString("")] = without;
    const Theme &theme = themeOf(QGuiApplication::palette());
    for (auto pipeline = pipelines.cbegin(); pipeline != pipelines.cend(); ++pipeline) {
        int sum = 0;
        for (int count : *pipeline)
            sum += count;
        auto *top = addItem(invisibleRootItem(), pipeline.key(), sum);
        top->setText(1, {});
        for (auto stage = pipeline->cbegin(); stage != pipeline->cend(); ++stage) {
            if (stage.key().isEmpty()) {
                top->setData(0, StageRole, QString(""));
                top->setText(1, QString::number(*stage));
                continue;
            }
            auto *item = addItem(top, stage.key().section('/', 1), *stage);
            item->setData(0, StageRole, stage.key());
        }
        top->setExpanded(true);
    }
    for (const bool isExecution : {false, true}) {
        QTreeWidgetItem *top = nullptr;
        for (auto type = types.cbegin(); type != types.cend(); ++type) {
            if (type.key().startsWith("e:") != isExecution)
                continue;
            if (!top)
                top =
                    addItem(invisibleRootItem(),
                            isExecution ? tr("Types of executions") : tr("Types of artifacts"), 0);
            const QString name = type.key().mid(2);
            auto *item = addItem(top, name.isEmpty() ? tr("unknown") : name, *type);
            item->setData(0, TypeRole, type.key());
            item->setIcon(0, markIcon(classes[type.key()], theme));
        }
        if (top) {
            top->setText(1, {});
            top->setExpanded(!isExecution);
        }
    }
}

void LineageFilter::readBoxes()
{
    QSet<QString> stages, types;
    const auto read = [&](auto &&self, QTreeWidgetItem *item) -> void {
        if (item->checkState(0) == Qt::Unchecked) {
            if (const QVariant stage = item->data(0, StageRole); stage.isValid())
                stages << stage.toString();
            if (const QVariant type = item->data(0, TypeRole); type.isValid())
                types << type.toString();
        }
        for (int i = 0; i < item->childCount(); ++i)
            self(self, item->child(i));
    };
    read(read, invisibleRootItem());
    if (stages == m_offStages && types == m_offTypes)
        return;
    m_offStages = stages;
    m_offTypes = types;
    emit filterChanged();
}

bool LineageFilter::holds(const LineageNode &node) const
{
    if (m_offTypes.contains(typeKey(node)))
        return false;
    if (node.stages.isEmpty())
        return !m_offStages.contains(QString(""));
    return std::any_of(node.stages.begin(), node.stages.end(),
                       [this](const QString &stage) { return !m_offStages.contains(stage); });
}

void LineageFilter::setAll()
{
    {
        const QSignalBlocker blocker(this);
        for (int i = 0; i < topLevelItemCount(); ++i) {
            topLevelItem(i)->setCheckState(0, Qt::Checked);
            for (int j = 0; j < topLevelItem(i)->childCount(); ++j)
                topLevelItem(i)->child(j)->setCheckState(0, Qt::Checked);
        }
    }
    readBoxes();
}

} // namespace helmscope
