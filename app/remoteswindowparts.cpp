// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the window of servers and remotes: where they are, and what they call.
#include "app/remoteswindow.h"

#include "app/banner.h"
#include "app/pullpage.h"
#include "app/pushpage.h"
#include "app/statusline.h"
#include "widgets/letters.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QTableWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace helmscope {

void RemotesWindow::makeParts()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(8, 8, 8, 8);
    m_banner = new Banner;
    column->addWidget(m_banner);
    auto *splitter = new QSplitter;
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeList());
    m_pages = new QTabWidget;
    m_push = new PushPage;
    m_pull = new PullPage;
    m_pages->addTab(m_push, tr("P&ush"));
    m_pages->addTab(m_pull, tr("Pu&ll"));
    m_pages->addTab(makeTransfers(), tr("T&ransfers"));
    m_pages->addTab(makeServer(), tr("&On the server"));
    splitter->addWidget(m_pages);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({300, 880});
    column->addWidget(splitter, 1);
    setCentralWidget(page);
    auto *status = new StatusLine;
    status->watch(&m_questions);
    status->watch(&m_work);
    setStatusBar(status);

    connect(m_push, &PushPage::planWished, this, &RemotesWindow::lookWhatIsNew);
    connect(m_push, &PushPage::pushWished, this, &RemotesWindow::push);
    connect(m_push, &PushPage::rulesWished, this, &RemotesWindow::askForRules);
    connect(m_pull, &PullPage::pullWished, this, &RemotesWindow::pull);
    connect(m_pull, &PullPage::runWished, this, &RemotesWindow::runWished);
    connect(m_pull, &PullPage::serverChanged, this, [this] {
        if (Page(m_pages->currentIndex()) == Page::Server)
            readPipelines();
    });
    connect(m_pages, &QTabWidget::currentChanged, this, [this](int index) {
        if (Page(index) == Page::Server && m_pipelines->count() == 0)
            readPipelines();
    });
}

QWidget *RemotesWindow::makeList()
{
    auto *side = new QWidget;
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    m_list = new QTreeWidget;
    m_list->setAccessibleName(tr("Servers and remotes"));
    m_list->setHeaderHidden(true);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    column->addWidget(m_list, 1);
    m_details = new QLabel;
    m_details->setAccessibleName(tr("About the chosen one"));
    m_details->setWordWrap(true);
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_details->setAlignment(Qt::AlignTop);
    m_details->setMinimumHeight(6 * fontMetrics().lineSpacing());
    column->addWidget(m_details);
    auto *buttons = new QHBoxLayout;
    auto *more = new QPushButton(tr("&Add…"));
    m_change = new QPushButton(tr("&Change…"));
    m_test = new QPushButton(tr("&Test"));
    m_test->setToolTip(tr("Asks it something harmless, and says honestly what came of it."));
    m_remove = new QPushButton(tr("&Forget"));
    for (QPushButton *button : {more, m_change, m_test, m_remove})
        buttons->addWidget(button);
    column->addLayout(buttons);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &RemotesWindow::showDetails);
    connect(more, &QPushButton::clicked, this, [this] { askFor(std::nullopt); });
    connect(m_change, &QPushButton::clicked, this, [this] {
        if (const std::optional<Remote> remote = current())
            askFor(remote);
    });
    connect(m_list, &QTreeWidget::itemDoubleClicked, m_change, &QPushButton::click);
    connect(m_remove, &QPushButton::clicked, this, &RemotesWindow::removeCurrent);
    connect(m_test, &QPushButton::clicked, this, [this] {
        const QTreeWidgetItem *row = m_list->currentItem();
        if (row && row->data(0, Qt::UserRole).isValid())
            test(row->data(0, Qt::UserRole).toInt());
    });
    return side;
}

QWidget *RemotesWindow::makeTransfers()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    m_transfers = new QTableWidget(0, 5);
    m_transfers->setAccessibleName(tr("What went where and when"));
    m_transfers->setHorizontalHeaderLabels(
        {tr("When"), tr("What"), tr("Where"), tr("Size"), tr("How it went")});
    m_transfers->verticalHeader()->hide();
    m_transfers->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_transfers->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_transfers->setAlternatingRowColors(true);
    m_transfers->setWordWrap(false);
    m_transfers->horizontalHeader()->setStretchLastSection(true);
    fitToLetters(m_transfers, [table = m_transfers](const QFontMetrics &metrics) {
        for (const auto &[section, text] :
             std::initializer_list<std::pair<int, QString>>{{0, "2026-11-21 23:59  "},
                                                            {1, "↑ push   "},
                                                            {2, QString(32, 'n')},
                                                            {3, "999.9 MB  "}})
            table->setColumnWidth(section, metrics.horizontalAdvance(text) + 12);
    });
    column->addWidget(m_transfers, 1);
    auto *row = new QHBoxLayout;
    m_waiting = new QLabel;
    m_waiting->setWordWrap(true);
    row->addWidget(m_waiting, 1);
    m_retry = new QPushButton(tr("Try &now"));
    m_retry->setToolTip(tr("Pushes that could not be done are tried again by themselves, at most "
                           "an hour apart; this tries at once."));
    row->addWidget(m_retry);
    column->addLayout(row);
    connect(m_retry, &QPushButton::clicked, this, &RemotesWindow::retry);
    return page;
}

QWidget *RemotesWindow::makeServer()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    m_serverState = new QLabel;
    m_serverState->setWordWrap(true);
    column->addWidget(m_serverState);
    m_pipelines = new QListWidget;
    m_pipelines->setAccessibleName(tr("Pipelines on the server"));
    column->addWidget(m_pipelines, 1);
    auto *row = new QHBoxLayout;
    auto *again = new QPushButton(tr("Look a&gain"));
    m_browse = new QPushButton(tr("&Browse its lineage"));
    m_browse->setEnabled(false);
    row->addStretch();
    row->addWidget(again);
    row->addWidget(m_browse);
    column->addLayout(row);
    connect(again, &QPushButton::clicked, this, &RemotesWindow::readPipelines);
    connect(m_browse, &QPushButton::clicked, this, &RemotesWindow::openPipeline);
    connect(m_pipelines, &QListWidget::itemActivated, this, &RemotesWindow::openPipeline);
    connect(m_pipelines, &QListWidget::currentItemChanged, this, &RemotesWindow::showBusy);
    return page;
}

} // namespace helmscope
