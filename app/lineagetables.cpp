// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lineagetables.h"

#include "app/sweeppage.h"
#include "widgets/letters.h"

#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QScopedValueRollback>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int widestColumn = 280;

void dress(QTableView *view)
{
    view->verticalHeader()->hide();
    setTextSize(view, TextSize::Body); // digits as wide as each other
    fitRowsToLetters(view);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setSectionsMovable(true);
    view->setShowGrid(false);
    view->setAlternatingRowColors(true);
    view->setWordWrap(false);
    view->setTextElideMode(Qt::ElideMiddle);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setFrameShape(QFrame::NoFrame);
}

} // namespace

LineageTables::LineageTables(QWidget *parent)
    : QTabWidget(parent)
{
    setDocumentMode(true);
    m_executions = addTable(LineageNode::Kind::Execution, tr("Executions"));
    m_artifacts = addTable(LineageNode::Kind::Artifact, tr("Artifacts"));

    m_comparison = new LineageComparisonModel(this);
    m_comparisonText = new QLabel;
    m_comparisonText->setObjectName("quiet");
    m_comparisonText->setMargin(6);
    m_comparisonText->setWordWrap(true);
    m_comparisonView = new QTableView;
    m_comparisonView->setObjectName("comparison");
    m_comparisonView->setAccessibleName(tr("Comparison"));
    dress(m_comparisonView);
    m_comparisonView->setModel(m_comparison);
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_comparisonText);
    column->addWidget(m_comparisonView, 1);
    addTab(page, tr("Comparison"));
    m_sweep = new SweepPage;
    addTab(m_sweep, tr("Sweep"));
    connect(m_sweep, &SweepPage::nodeSelected, this, &LineageTables::nodeSelected);
    compare({});
    setCurrentIndex(0);
    connect(this, &QTabWidget::currentChanged, this, &LineageTables::selectionChanged);
}

LineageTables::Table LineageTables::addTable(LineageNode::Kind kind, const QString &name)
{
    Table table;
    table.model = new LineageNodeModel(kind, this);
    table.sorted = new QSortFilterProxyModel(this);
    table.sorted->setSourceModel(table.model);
    table.sorted->setSortRole(LineageNodeModel::SortRole);
    table.sorted->setSortCaseSensitivity(Qt::CaseInsensitive);
    table.view = new QTableView;
    table.view->setObjectName(kind == LineageNode::Kind::Execution ? "executions" : "artifacts");
    table.view->setAccessibleName(name);
    dress(table.view);
    table.view->setModel(table.sorted);
    table.view->setSortingEnabled(true);
    table.view->sortByColumn(LineageNodeModel::Created, Qt::AscendingOrder);
    addTab(table.view, name);
    connect(table.view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this, table] {
                if (!m_isTelling)
                    return;
                emit selectionChanged();
                const QModelIndex current = table.view->currentIndex();
                if (table.view->selectionModel()->selectedRows().size() == 1 && current.isValid())
                    emit nodeSelected(current.data(LineageNodeModel::NodeRole).toInt());
            });
    connect(table.view, &QTableView::activated, this, [this](const QModelIndex &index) {
        emit nodeActivated(index.data(LineageNodeModel::NodeRole).toInt());
    });
    return table;
}

void LineageTables::setGraph(std::shared_ptr<const LineageGraph> graph)
{
    const QScopedValueRollback quietly(m_isTelling, false);
    m_graph = std::move(graph);
    for (const Table &table : {m_executions, m_artifacts}) {
        table.model->setGraph(m_graph);
        fitColumns(table);
    }
    compare({});
    if (m_report)
        removeTab(indexOf(m_report)); // of another store
    setCurrentIndex(0);
    showCounts();
}

/// By the first rows: all of them may be many.
void LineageTables::fitColumns(const Table &table)
{
    QHeaderView *header = table.view->horizontalHeader();
    header->setResizeContentsPrecision(60);
    table.view->resizeColumnsToContents();
    for (int column = 0; column < table.model->columnCount(); ++column)
        header->resizeSection(column, std::min(header->sectionSize(column) + 8, widestColumn));
}

void LineageTables::setNodes(const std::vector<int> &nodes)
{
    {
        const QScopedValueRollback quietly(m_isTelling, false);
        for (const Table &table : {m_executions, m_artifacts})
            table.model->setNodes(nodes);
    }
    showCounts();
    emit selectionChanged();
}

void LineageTables::showCounts()
{
    const auto titled = [](const QString &name, std::size_t count) {
        return QStringLiteral("%1 %2").arg(name).arg(count);
    };
    setTabText(0, titled(tr("Executions"), m_executions.model->nodes().size()));
    setTabText(1, titled(tr("Artifacts"), m_artifacts.model->nodes().size()));
}

void LineageTables::setSelectedNode(int node)
{
    const QScopedValueRollback quietly(m_isTelling, false);
    m_sweep->setSelectedNode(node);
    for (const Table &table : {m_executions, m_artifacts}) {
        const int row = table.model->rowOf(node);
        QItemSelectionModel *selection = table.view->selectionModel();
        if (row < 0) {
            if (node >= 0 && table.view == m_artifacts.view)
                selection->clearSelection();
            continue;
        }
        const QModelIndex index = table.sorted->mapFromSource(table.model->index(row, 0));
        if (!selection->isRowSelected(index.row())) {
            selection->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect |
                                                  QItemSelectionModel::Rows);
        }
        table.view->scrollTo(index);
        if (currentIndex() < 2)
            setCurrentWidget(table.view);
    }
    emit selectionChanged();
}

void LineageTables::showKindOf(const std::vector<int> &nodes)
{
    if (nodes.empty() || currentIndex() >= 2 ||
        (currentIndex() == 0 ? m_executions : m_artifacts).sorted->rowCount() > 0)
        return;
    setCurrentIndex(m_executions.model->rowOf(nodes.front()) >= 0 ? 0 : 1);
}

std::vector<int> LineageTables::selectedNodes() const
{
    const Table &table = currentIndex() == 1 ? m_artifacts : m_executions;
    QModelIndexList rows = table.view->selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end(),
              [](const QModelIndex &a, const QModelIndex &b) { return a.row() < b.row(); });
    std::vector<int> nodes;
    for (const QModelIndex &row : rows)
        nodes.push_back(row.data(LineageNodeModel::NodeRole).toInt());
    return nodes;
}

std::vector<int> LineageTables::nodes(LineageNode::Kind kind) const
{
    const Table &table = kind == LineageNode::Kind::Execution ? m_executions : m_artifacts;
    std::vector<int> nodes;
    for (int row = 0; row < table.sorted->rowCount(); ++row)
        nodes.push_back(table.sorted->index(row, 0).data(LineageNodeModel::NodeRole).toInt());
    return nodes;
}

void LineageTables::compare(const std::vector<int> &nodes)
{
    m_comparison->compare(m_graph, nodes);
    const bool isShown = nodes.size() > 1;
    m_comparisonView->setVisible(isShown);
    m_comparisonText->setAlignment(isShown ? Qt::AlignLeft : Qt::AlignCenter);
    if (!isShown) {
        m_comparisonText->setText(tr("Select two or more executions in their table (Ctrl+click), "
                                     "then Compare: what differs comes first."));
        return;
    }
    m_comparisonText->setText(
        m_comparison->differing() == 0
            ? tr("Nothing differs but what CMF notes by itself.")
            : tr("What differs is in bold and comes first: %1 of %2 rows. What CMF notes by itself "
                 "comes last.")
                  .arg(m_comparison->differing())
                  .arg(m_comparison->rowCount()));
    m_comparisonView->resizeColumnsToContents();
    QHeaderView *header = m_comparisonView->horizontalHeader();
    for (int column = 0; column < m_comparison->columnCount(); ++column)
        header->resizeSection(column, std::min(header->sectionSize(column) + 12, widestColumn));
    setCurrentIndex(2);
}

void LineageTables::showSweep()
{
    setCurrentWidget(m_sweep);
}

void LineageTables::showReport(const QString &title, const QStringList &sentences)
{
    if (!m_report) {
        m_report = new QListWidget;
        m_report->setObjectName("report");
        m_report->setWordWrap(true);
        m_report->setFrameShape(QFrame::NoFrame);
        m_report->setAlternatingRowColors(true);
        m_report->setSelectionMode(QAbstractItemView::ExtendedSelection);
    }
    m_report->clear();
    m_report->addItems(sentences);
    m_report->setAccessibleName(title);
    if (indexOf(m_report) < 0)
        addTab(m_report, title);
    setTabText(indexOf(m_report), title);
    setCurrentWidget(m_report);
}

void LineageTables::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        for (QTableView *view : {m_executions.view, m_artifacts.view, m_comparisonView})
            if (view)
                view->viewport()->update();
    QTabWidget::changeEvent(event);
}

} // namespace helmscope
