// SPDX-License-Identifier: GPL-3.0-or-later
// The lineage window's docks, tools and menus: where the parts are, and how to get at them.
#include "app/lineagewindow.h"

#include "app/banner.h"
#include "app/helpdialogs.h"
#include "app/lineagedetails.h"
#include "app/lineagefilter.h"
#include "app/lineagetables.h"
#include "app/statusline.h"
#include "app/sweeppage.h"
#include "app/unattended.h"
#include "base/error.h"
#include "lineage/exports.h"
#include "widgets/letters.h"
#include "widgets/lineageview.h"
#include "widgets/theme.h"
#include "widgets/timerange.h"

#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QMimeData>
#include <QSpinBox>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace helmscope {

QDockWidget *LineageWindow::addDock(const QString &name, const QString &title,
                                    Qt::DockWidgetArea area, QWidget *content)
{
    auto *dock = new QDockWidget(title, this);
    setTextSize(dock, TextSize::Body); // Qt gives their titles a font of its own
    dock->setObjectName(name);
    dock->setWidget(content);
    dock->toggleViewAction()->setToolTip(tr("Shows or hides the panel '%1'.").arg(title));
    addDockWidget(area, dock);
    return dock;
}

void LineageWindow::makeParts()
{
    m_banner = new Banner;
    m_view = new LineageView;
    m_view->setPlaceholder(tr("Open a lineage store: File > Open, or drag a file 'mlmd', *.mlmd or "
                              "a JSON that CMF exported onto this window."));
    m_scene = std::make_unique<LineageScene>(m_view);
    m_times = new TimeRange;
    m_times->setTimes({});
    auto *middle = new QWidget;
    auto *column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_banner);
    column->addWidget(m_view, 1);
    column->addWidget(m_times);
    setCentralWidget(middle);
    m_status = new StatusLine;
    setStatusBar(m_status);
    m_status->watch(&m_scene->work());
    m_status->watch(&m_work);
    m_status->watch(&m_questions);
    m_status->watch(&m_reading);
    m_status->watch(&m_indexing);

    m_filter = new LineageFilter;
    m_tables = new LineageTables;
    m_details = new LineageDetails;
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    QDockWidget *filter = addDock("filter", tr("Filter"), Qt::LeftDockWidgetArea, m_filter);
    QDockWidget *tables = addDock("tables", tr("Tables"), Qt::BottomDockWidgetArea, m_tables);
    QDockWidget *details = addDock("details", tr("Details"), Qt::RightDockWidgetArea, m_details);
    resize(1280, 800);
    resizeDocks({filter, details}, {216, 330}, Qt::Horizontal);
    resizeDocks({tables}, {230}, Qt::Vertical);
}

void LineageWindow::makeActions()
{
    const auto make = [this](const QString &drawing, const QString &text, const QString &help,
                             const QKeySequence &keys) {
        auto *action = new QAction(icon(drawing), text, this);
        action->setToolTip(
            keys.isEmpty()
                ? help
                : tr("%1 (%2)", "help, keys").arg(help, keys.toString(QKeySequence::NativeText)));
        action->setShortcut(keys);
        return action;
    };
    m_back =
        make("back", tr("&Back"), tr("Back to what was shown before."), {Qt::ALT | Qt::Key_Left});
    m_forward = make("forward", tr("&Forward"), tr("Forward again."), {Qt::ALT | Qt::Key_Right});
    m_whole = make("lineage", tr("&Whole graph"),
                   tr("Shows everything that the filter lets through."), {Qt::CTRL | Qt::Key_Home});
    m_focusAction =
        make("focus", tr("F&ocus"), tr("Shows only what came before and after the selected node."),
             {Qt::CTRL | Qt::Key_Return});
    m_openRun = make("run", tr("Open &run"),
                     tr("Opens the run that the selected node belongs to, at its step."),
                     {Qt::CTRL | Qt::SHIFT | Qt::Key_Return});
    m_openRun->setObjectName("openRun");
    m_origin = make("branch", tr("Common &origin"),
                    tr("Marks the nearest nodes that two came of: two selected rows of a table, "
                       "or the selected node and the one selected before."),
                    {Qt::CTRL | Qt::Key_U});
    m_compare = make("compare", tr("&Compare"),
                     tr("Puts the selected rows of the table side by side, what differs first."),
                     {Qt::CTRL | Qt::Key_D});
    m_check =
        make("check", tr("Chec&k"),
             tr("Lists what is wrong with this store, and what a CMF server would lose of it."),
             {Qt::CTRL | Qt::Key_K});
    m_focusAction->setObjectName("focus");
    m_compare->setObjectName("compare");

    m_depth = new QSpinBox;
    m_depth->setRange(1, 99);
    m_depth->setValue(4);
    m_depth->setPrefix(tr("depth "));
    m_depth->setAccessibleName(tr("Depth of the focus"));
    m_depth->setToolTip(tr("How many edges before and after the node are shown. From an execution "
                           "to the next it takes two."));
    m_search = new QLineEdit;
    m_search->setObjectName("search");
    m_search->setClearButtonEnabled(true);
    m_search->setPlaceholderText(tr("Search: a name, or lr < 0.01"));
    m_search->setAccessibleName(tr("Search"));
    m_search->setToolTip(
        tr("A part of a name, or properties and their values: lr < 0.01 and type = Model. "
           "Enter goes to the next that was found. (Ctrl+F)"));
    m_search->setMinimumWidth(160);
    m_search->setMaximumWidth(420);
    m_searchText = new QLabel;
    m_searchText->setObjectName("found");
    m_searchText->setAccessibleName(tr("Found"));
    m_searchText->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_searchText->setMinimumWidth(80);
    m_searchText->setIndent(8);

    auto *bar = new QToolBar(tr("Lineage"));
    bar->setObjectName("lineageBar");
    bar->setMovable(false);
    bar->setIconSize({18, 18});
    addToolBar(bar);
    bar->addActions({m_back, m_forward});
    bar->addSeparator();
    bar->setToolButtonStyle(Qt::ToolButtonIconOnly);
    for (QAction *action : {m_whole, m_focusAction}) {
        bar->addAction(action);
        if (auto *button = qobject_cast<QToolButton *>(bar->widgetForAction(action)))
            button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    }
    bar->addWidget(m_depth);
    bar->addSeparator();
    bar->addWidget(m_search);
    bar->addWidget(m_searchText);
    bar->addAction(m_openRun);
    bar->addAction(m_compare);
    bar->addAction(m_check);
    for (QAction *action : {m_openRun, m_compare, m_check})
        if (auto *button = qobject_cast<QToolButton *>(bar->widgetForAction(action)))
            button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

void LineageWindow::makeMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(icon("open"), tr("&Open lineage…"), QKeySequence::Open, this,
                    [this] { chooseFile(false); });
    m_add = file->addAction(tr("&Add a store…"), this, [this] { chooseFile(true); });
    m_add->setToolTip(tr("Joins it with what is open: what has the same content is one node."));
    m_exports = file->addMenu(icon("save"), tr("&Export what is shown"));
    for (const LineageExport &format : lineageExports())
        m_exports->addAction(QString::fromUtf8(format.name), this,
                             [this, key = QString::fromLatin1(format.key)] { chooseExport(key); });
    file->addAction(icon("picture"), tr("Save a &picture of the window…"),
                    QKeySequence("Ctrl+Shift+P"), this,
                    [this] { choosePictureFile(this, m_banner); });
    file->addSeparator();
    file->addAction(tr("&Close"), QKeySequence::Close, this, &QWidget::close);

    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addAction(icon("fit"), tr("&Fit the graph"), QKeySequence("Ctrl+0"), m_view,
                    &LineageView::fit);
    view->addAction(icon("one-to-one"), tr("&100 %"), QKeySequence("Ctrl+1"), this, [this] {
        m_view->setZoom(1);
        m_view->showNode(m_view->selectedNode());
    });
    view->addAction(tr("Show &all again"), this, &LineageWindow::showAll)
        ->setToolTip(tr("Takes back filter, times, search and focus."));
    view->addSeparator();
    for (QDockWidget *dock : findChildren<QDockWidget *>())
        view->addAction(dock->toggleViewAction());

    QMenu *lineage = menuBar()->addMenu(tr("&Lineage"));
    lineage->addActions({m_back, m_forward});
    lineage->addSeparator();
    lineage->addActions({m_whole, m_focusAction, m_openRun});
    lineage->addAction(tr("&Search"), QKeySequence::Find, this, [this] {
        m_search->setFocus(Qt::ShortcutFocusReason);
        m_search->selectAll();
    });
    lineage->addAction(tr("&Next found"), QKeySequence::FindNext, this, &LineageWindow::nextFound);
    lineage->addSeparator();
    lineage->addActions({m_compare, m_origin, m_check});

    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&How to browse a lineage"), QKeySequence("F1"), this,
                    [this] { showHelp(this, HelpPage::Lineage); });
    for (QMenu *menu : menuBar()->findChildren<QMenu *>())
        menu->setToolTipsVisible(true);
}

void LineageWindow::connectParts()
{
    connect(m_view, &LineageView::nodeSelected, this, [this](int node) {
        m_tables->setSelectedNode(node);
        m_details->show(contents().graph, node);
        remember();
        showActions();
    });
    connect(m_view, &LineageView::nodeActivated, this, &LineageWindow::activate);
    connect(m_view, &LineageView::groupToggled, m_scene.get(), &LineageScene::toggleGroup);
    connect(m_view, &LineageView::menuRequested, this, [this](QMenu *menu, int node) {
        if (node < 0)
            return;
        menu->addAction(m_focusAction);
        if (!m_scene->workspaceOf(node).isEmpty())
            menu->addAction(m_openRun);
        const int other = m_focus;
        if (other >= 0 && other != node)
            menu->addAction(m_whole);
    });
    connect(m_tables, &LineageTables::nodeSelected, this, [this](int node) {
        m_view->setSelectedNode(node);
        m_view->showNode(node);
        m_details->show(contents().graph, node);
        remember();
        showActions();
    });
    connect(m_tables, &LineageTables::nodeActivated, this, &LineageWindow::activate);
    connect(m_tables, &LineageTables::selectionChanged, this, &LineageWindow::showActions);
    connect(m_details, &LineageDetails::nodeWished, this, [this](int node) {
        // A link may lead out of what is drawn.
        if (m_view->rectOf(node).isNull())
            focusOn(node);
        else
            select(node);
    });
    connect(m_details, &LineageDetails::contentWished, this, &LineageWindow::readNodeContent);
    connect(m_scene.get(), &LineageScene::taken, this, &LineageWindow::take);
    connect(m_scene.get(), &LineageScene::drawn, this, [this] {
        if (m_view->selectedNode() < 0)
            m_view->setSelectedNode(m_details->node());
        showSummary();
        emit drawn();
    });
    connect(m_filter, &LineageFilter::filterChanged, &m_filterSoon, qOverload<>(&QTimer::start));
    connect(m_times, &TimeRange::rangeChanged, &m_filterSoon, qOverload<>(&QTimer::start));
    connect(m_tables->sweep(), &SweepPage::brushed, &m_filterSoon, qOverload<>(&QTimer::start));
    connect(&m_filterSoon, &QTimer::timeout, this, &LineageWindow::filterNodes);
    connect(m_search, &QLineEdit::textChanged, &m_searchSoon, qOverload<>(&QTimer::start));
    connect(&m_searchSoon, &QTimer::timeout, this, &LineageWindow::evaluateSearch);
    connect(m_search, &QLineEdit::returnPressed, this, [this] {
        if (m_searchSoon.isActive()) {
            m_searchSoon.stop();
            evaluateSearch();
        } else {
            nextFound();
        }
    });
    connect(m_depth, &QSpinBox::valueChanged, this, [this] {
        if (m_focus >= 0)
            draw(m_focus);
    });
    connect(m_back, &QAction::triggered, this, [this] { goTo(m_place - 1); });
    connect(m_forward, &QAction::triggered, this, [this] { goTo(m_place + 1); });
    connect(m_whole, &QAction::triggered, this, [this] { focusOn(-1); });
    connect(m_focusAction, &QAction::triggered, this, [this] { focusOn(m_view->selectedNode()); });
    connect(m_origin, &QAction::triggered, this, [this] {
        const auto [a, b] = pairToTrace();
        showCommonOrigin(a, b);
    });
    connect(m_openRun, &QAction::triggered, this, [this] { activate(m_view->selectedNode()); });
    connect(m_compare, &QAction::triggered, this, &LineageWindow::compareSelected);
    connect(m_check, &QAction::triggered, this, &LineageWindow::check);
    const auto fail = [this](const QString &sentence) {
        m_banner->tell(sentence);
        if (!graph())
            m_view->setPlaceholder(sentence);
        emit failed();
    };
    connect(m_scene.get(), &LineageScene::failed, this, fail);
    for (Jobs *jobs : {&m_work, &m_questions, &m_reading})
        connect(jobs, &Jobs::failed, this,
                [fail](const QString &, const QString &sentence) { fail(sentence); });
}

void LineageWindow::showActions()
{
    if (const int node = m_details->node(); node >= 0 && node != m_chosen)
        m_chosenBefore = std::exchange(m_chosen, node);
    const bool hasGraph = contents().graph && !contents().graph->nodes.empty();
    m_back->setEnabled(m_place > 0);
    m_forward->setEnabled(m_place + 1 < int(m_places.size()));
    m_whole->setEnabled(hasGraph && m_focus >= 0 && !contents().isPart);
    m_focusAction->setEnabled(hasGraph && m_view->selectedNode() >= 0);
    m_openRun->setEnabled(!m_scene->workspaceOf(m_view->selectedNode()).isEmpty());
    m_origin->setEnabled(pairToTrace().first >= 0);
    m_add->setEnabled(bool(contents().graph) && !contents().isPart);
    m_compare->setEnabled(hasGraph && m_tables->selectedNodes().size() > 1);
    m_check->setEnabled(hasGraph);
    m_exports->setEnabled(hasGraph);
    m_search->setEnabled(bool(contents().graph));
    m_depth->setEnabled(hasGraph);
}

void LineageWindow::chooseFile(bool isMore)
{
    auto *dialog = new QFileDialog(this, isMore ? tr("Add a lineage") : tr("Open a lineage"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilter(lineageNameFilter());
    connect(dialog, &QFileDialog::fileSelected, this,
            isMore ? &LineageWindow::add : &LineageWindow::open);
    dialog->open();
}

void LineageWindow::chooseExport(const QString &key)
{
    for (const LineageExport &format : lineageExports()) {
        if (key != QLatin1String(format.key))
            continue;
        const QString suffix = QString::fromLatin1(format.suffix);
        auto *dialog = new QFileDialog(
            this, tr("Export the lineage"), {},
            QStringLiteral("%1 (*.%2)").arg(QString::fromUtf8(format.name), suffix));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->setDefaultSuffix(suffix);
        dialog->selectFile(QFileInfo(contents().file).completeBaseName());
        connect(dialog, &QFileDialog::fileSelected, this,
                [this, key](const QString &file) { exportTo(key, file); });
        dialog->open();
        return;
    }
}

void LineageWindow::dragEnterEvent(QDragEnterEvent *event)
{
    for (const QUrl &url : event->mimeData()->urls())
        if (url.isLocalFile())
            return event->acceptProposedAction();
}

void LineageWindow::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    // Several, or one with Shift: into one graph.
    QStringList files;
    for (const QUrl &url : event->mimeData()->urls())
        if (url.isLocalFile())
            files << url.toLocalFile();
    files.removeDuplicates();
    if (files.size() == 1 && event->modifiers() & Qt::ShiftModifier && contents().graph)
        add(files[0]);
    else if (!files.isEmpty())
        openAll(files);
}

} // namespace helmscope
