// SPDX-License-Identifier: GPL-3.0-or-later
// The history window's parts and menus: where they are, and how to get at them.
#include "app/historywindow.h"

#include "app/banner.h"
#include "app/statusline.h"
#include "app/unattended.h"
#include "widgets/historylanes.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace helmscope {

void HistoryWindow::makeParts()
{
    m_banner = new Banner;
    m_search = new QLineEdit;
    m_search->setObjectName("search");
    m_search->setClearButtonEnabled(true);
    m_search->setPlaceholderText(tr("Search: words, a run, a person, a tag"));
    m_search->setAccessibleName(tr("Search"));
    m_search->setToolTip(tr("Shows only versions whose message, run, author, branch, tag or number "
                            "hold all of these words. (Ctrl+F)"));
    m_search->installEventFilter(this);
    m_count = new QLabel;
    m_count->setObjectName("quiet");
    m_count->setAccessibleName(tr("How many versions are shown"));

    m_model = new HistoryModel(this);
    m_list = new QTableView;
    m_list->setObjectName("versions");
    m_list->setAccessibleName(tr("Versions"));
    setTextSize(m_list, TextSize::Body); // digits as wide as each other
    m_list->setModel(m_model);
    m_list->setItemDelegate(new HistoryLanes(m_model, m_list));
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setShowGrid(false);
    m_list->setWordWrap(false);
    m_list->setTabKeyNavigation(false);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->verticalHeader()->hide();
    m_list->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    QHeaderView *header = m_list->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setStretchLastSection(false);
    header->setSectionResizeMode(HistoryModel::Summary, QHeaderView::Stretch);
    fitToLetters(m_list, [list = m_list](const QFontMetrics &metrics) {
        list->verticalHeader()->setDefaultSectionSize(HistoryLanes::rowHeight(metrics));
        list->setColumnWidth(HistoryModel::Run,
                             metrics.horizontalAdvance(QStringLiteral("20261121-091502-7c3e")) +
                                 20);
        list->setColumnWidth(HistoryModel::Author,
                             metrics.horizontalAdvance(QStringLiteral("Ernst Ruska etc.")));
        list->setColumnWidth(HistoryModel::Time,
                             metrics.horizontalAdvance(QStringLiteral("2026-11-21 09:15")) + 20);
    });
    m_list->installEventFilter(this);

    m_empty = new QLabel(tr("Reading the history…"));
    m_empty->setObjectName("quiet");
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setMargin(48);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_list);
    m_pages->addWidget(m_empty);
    m_pages->setCurrentWidget(m_empty);

    auto *left = new QWidget;
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *searching = new QHBoxLayout;
    searching->setContentsMargins(8, 6, 8, 6);
    searching->setSpacing(10);
    searching->addWidget(m_search, 1);
    searching->addWidget(m_count);
    column->addLayout(searching);
    column->addWidget(m_pages, 1);

    m_details = new HistoryDetails;
    m_details->setMinimumWidth(300);
    auto *halves = new QSplitter;
    halves->setChildrenCollapsible(false);
    halves->addWidget(left);
    halves->addWidget(m_details);
    halves->setStretchFactor(0, 3);
    halves->setStretchFactor(1, 2);
    halves->setSizes({860, 400});
    auto *middle = new QWidget;
    auto *all = new QVBoxLayout(middle);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    all->addWidget(m_banner);
    all->addWidget(halves, 1);
    setCentralWidget(middle);
    m_status = new StatusLine;
    setStatusBar(m_status);
    for (Jobs *jobs : {&m_work, &m_questions, &m_reading})
        m_status->watch(jobs);
    resize(1280, 800);
}

void HistoryWindow::makeMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(icon("reset"), tr("&Read again"), QKeySequence::Refresh, this,
                    &HistoryWindow::reload);
    file->addAction(icon("picture"), tr("Save a &picture of the window…"),
                    QKeySequence("Ctrl+Shift+P"), this,
                    [this] { choosePictureFile(this, m_banner); });
    file->addSeparator();
    file->addAction(tr("&Close"), QKeySequence::Close, this, &QWidget::close);

    QMenu *history = menuBar()->addMenu(tr("&History"));
    history->addAction(tr("&Search"), QKeySequence::Find, this, [this] {
        m_search->setFocus(Qt::ShortcutFocusReason);
        m_search->selectAll();
    });
    history->addAction(icon("open"), tr("&Open run"), this, &HistoryWindow::wishSelectedRun);
}

void HistoryWindow::connectParts()
{
    connect(m_search, &QLineEdit::textChanged, &m_searchSoon, qOverload<>(&QTimer::start));
    connect(&m_searchSoon, &QTimer::timeout, this, [this] { search(m_search->text()); });
    connect(&m_readSoon, &QTimer::timeout, this, &HistoryWindow::readSelected);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &HistoryWindow::showSelected);
    connect(m_list, &QTableView::doubleClicked, this, &HistoryWindow::wishSelectedRun);
    connect(m_details, &HistoryDetails::runWished, this, &HistoryWindow::runWished);
    connect(m_details, &HistoryDetails::restoreWished, this, &HistoryWindow::restoreWished);
    connect(m_details, &HistoryDetails::runChosen, this, &HistoryWindow::readPicturesOf);
    connect(m_details, &HistoryDetails::keepWished, this,
            [this](const QString &name, const QString &version) {
                changeTag(tr("Keeping %1").arg(name), [name, version](Repository &repository) {
                    repository.tag(name, version, tr("Kept in Helmscope as %1").arg(name));
                });
            });
    connect(m_details, &HistoryDetails::removeTagWished, this, [this](const QString &name) {
        changeTag(tr("Removing %1").arg(name),
                  [name](Repository &repository) { repository.removeTag(name); });
    });
    for (Jobs *jobs : {&m_work, &m_questions, &m_reading})
        connect(jobs, &Jobs::failed, this,
                [this](const QString &, const QString &sentence) { m_banner->tell(sentence); });
    connect(&m_work, &Jobs::failed, this, [this] {
        if (!m_model->log())
            m_empty->setText(tr("The history could not be read; F5 tries again."));
    });
}

bool HistoryWindow::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (watched == m_list && (key == Qt::Key_Return || key == Qt::Key_Enter)) {
            wishSelectedRun();
            return true;
        }
        // From the search straight into what was found.
        if (watched == m_search && (key == Qt::Key_Down || key == Qt::Key_Return)) {
            m_list->setFocus();
            if (!m_list->currentIndex().isValid() && m_model->rowCount() > 0)
                m_list->selectRow(0);
            return true;
        }
        if (watched == m_search && key == Qt::Key_Escape) {
            m_search->clear();
            return true;
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

} // namespace helmscope
