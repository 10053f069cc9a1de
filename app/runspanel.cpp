// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runspanel.h"

#include "app/runsmodel.h"
#include "widgets/letters.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

/// Rows in which every word of the search is found.
class Found final : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setWords(const QStringList &words)
    {
        m_words = words;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override
    {
        if (m_words.isEmpty())
            return true;
        const QString text =
            sourceModel()->index(row, 0, parent).data(RunsModel::SearchRole).toString();
        return std::all_of(m_words.begin(), m_words.end(), [&text](const QString &word) {
            return text.contains(word, Qt::CaseInsensitive);
        });
    }

private:
    QStringList m_words;
};

} // namespace

RunsPanel::RunsPanel(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_pages = new QStackedWidget;
    m_pages->addWidget(makeEmpty());
    m_pages->addWidget(makeTable());
    column->addWidget(m_pages);
    setRuns({}, {});
}

QWidget *RunsPanel::makeEmpty()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->addStretch(1);
    auto *sentence =
        new QLabel(tr("The runs of a workspace will appear here: a folder that keeps every run "
                      "with its versions. The first run makes one in your documents; or:"));
    sentence->setObjectName("quiet");
    sentence->setWordWrap(true);
    sentence->setAlignment(Qt::AlignCenter);
    column->addWidget(sentence);
    auto *row = new QHBoxLayout;
    row->addStretch(1);
    auto *open = new QPushButton(tr("Open a workspace…"));
    open->setToolTip(tr("Runs are recorded there from now on; what a crash left is mended."));
    connect(open, &QPushButton::clicked, this, &RunsPanel::openWished);
    row->addWidget(open);
    auto *create = new QPushButton(tr("New workspace…"));
    create->setToolTip(tr("A folder that keeps every run with its versions."));
    connect(create, &QPushButton::clicked, this, &RunsPanel::createWished);
    row->addWidget(create);
    row->addStretch(1);
    column->addLayout(row);
    column->addStretch(1);
    return page;
}

QWidget *RunsPanel::makeTable()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(4, 2, 4, 2);
    column->setSpacing(2);
    auto *row = new QHBoxLayout;
    m_search = new QLineEdit;
    m_search->setObjectName("searchRuns");
    m_search->setToolTip(tr("Shows the runs in which every word is found."));
    m_search->setClearButtonEnabled(true);
    m_search->setPlaceholderText(tr("Search: sample, value, outcome, date…"));
    m_search->setAccessibleName(tr("Search the runs"));
    connect(m_search, &QLineEdit::textChanged, this, &RunsPanel::search);
    row->addWidget(m_search, 1);
    m_count = new QLabel;
    m_count->setObjectName("quiet");
    row->addWidget(m_count);
    m_open = new QPushButton(tr("Open"));
    m_open->setObjectName("openRun");
    m_open->setToolTip(tr("Shows the selected run (Enter, or a double click)."));
    connect(m_open, &QPushButton::clicked, this, [this] { emit runChosen(selected().first()); });
    row->addWidget(m_open);
    m_compare = new QPushButton(tr("Compare"));
    m_compare->setObjectName("compareRuns");
    connect(m_compare, &QPushButton::clicked, this, [this] { emit compareWished(selected()); });
    row->addWidget(m_compare);
    column->addLayout(row);

    m_model = new RunsModel(this);
    m_sorted = new Found(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(RunsModel::SortRole);
    m_table = new QTableView;
    m_table->setObjectName("runs");
    m_table->setAccessibleName(tr("Runs of the workspace"));
    m_table->setModel(m_sorted);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(RunsModel::When, Qt::DescendingOrder);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    // Fixed row heights and widths: thousands of runs must not be measured.
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRowsToLetters(m_table);
    m_table->horizontalHeader()->setHighlightSections(false);
    fitToLetters(m_table, [table = m_table](const QFontMetrics &metrics) {
        for (const auto &[section, text] :
             {std::pair(RunsModel::Id, "O 20261121-091502-7c3e"),
              std::pair(RunsModel::Value, "mean 0.43-0.53 eV"),
              std::pair(RunsModel::Steps, "Steps 00"), std::pair(RunsModel::Outcome, "finished 0"),
              std::pair(RunsModel::When, "2026-11-21 09:15")})
            table->setColumnWidth(section, metrics.horizontalAdvance(QLatin1String(text)) + 24);
    });
    m_table->horizontalHeader()->setSectionResizeMode(RunsModel::Sample, QHeaderView::Stretch);
    m_table->horizontalHeader()->setMinimumSectionSize(48);
    m_table->installEventFilter(this);
    connect(m_table, &QTableView::doubleClicked, this, [this](const QModelIndex &index) {
        emit runChosen(index.data(RunsModel::IdRole).toString());
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsPanel::showSelection);
    m_none = new QLabel;
    m_none->setObjectName("quiet");
    m_none->setWordWrap(true);
    m_none->setAlignment(Qt::AlignCenter);
    column->addWidget(m_none, 1);
    column->addWidget(m_table, 1);
    return page;
}

void RunsPanel::setArrived(const QStringList &ids)
{
    m_model->setArrived({ids.begin(), ids.end()});
}

void RunsPanel::setRuns(const QString &workspace, const std::vector<RunEntry> &runs)
{
    const QStringList before = selected();
    m_workspace = workspace;
    m_model->setRuns(runs);
    m_pages->setCurrentIndex(workspace.isEmpty() ? 0 : 1);
    for (int row = 0; row < m_sorted->rowCount() && !before.isEmpty(); ++row)
        if (before.contains(m_sorted->index(row, 0).data(RunsModel::IdRole).toString()))
            m_table->selectionModel()->select(
                m_sorted->index(row, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    showCount();
    showSelection();
}

QStringList RunsPanel::selected() const
{
    QModelIndexList rows = m_table->selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end());
    QStringList ids;
    for (const QModelIndex &index : std::as_const(rows))
        ids << index.data(RunsModel::IdRole).toString();
    return ids;
}

void RunsPanel::search(const QString &text)
{
    static_cast<Found *>(m_sorted)->setWords(text.split(' ', Qt::SkipEmptyParts));
    showCount();
}

void RunsPanel::showCount()
{
    const int all = m_model->rowCount(), found = m_sorted->rowCount();
    if (found < all)
        m_count->setText(tr("%1 of %2 runs").arg(found).arg(all));
    else if (all == 1)
        m_count->setText(tr("1 run in %1").arg(m_workspace));
    else
        m_count->setText(tr("%1 runs in %2").arg(all).arg(m_workspace));
    m_none->setText(all == 0 ? tr("No run yet: press Run, and it is kept here.")
                             : tr("No run has all these words."));
    m_none->setVisible(found == 0);
    m_table->setVisible(found > 0);
}

void RunsPanel::showSelection()
{
    const auto count = m_table->selectionModel()->selectedRows().size();
    m_open->setEnabled(count == 1);
    m_compare->setEnabled(count >= 2 && count <= mostCompared);
    m_compare->setToolTip(m_compare->isEnabled()
                              ? tr("Shows the selected runs side by side.")
                              : tr("Select two to six runs (Ctrl+click) to compare them."));
}

bool RunsPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && selected().size() == 1) {
            emit runChosen(selected().first());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace helmscope
