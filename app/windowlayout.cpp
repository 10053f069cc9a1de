// SPDX-License-Identifier: GPL-3.0-or-later
// The window's docks and menus: where the parts are, and how to get at them.
#include "app/banner.h"
#include "app/catalogpanel.h"
#include "app/diagnostics.h"
#include "app/dosepanel.h"
#include "app/drawbar.h"
#include "app/embeddingpanel.h"
#include "app/helpdialogs.h"
#include "app/lineagepanel.h"
#include "app/mainwindow.h"
#include "app/measurepanel.h"
#include "app/opentabs.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/proposalbar.h"
#include "app/remoteswindow.h"
#include "app/runbar.h"
#include "app/runspanel.h"
#include "app/timeline.h"
#include "app/viewlinks.h"
#include "app/welcome.h"
#include "base/tr.h"
#include "widgets/curvesview.h"
#include "widgets/letters.h"
#include "widgets/mapview.h"
#include "widgets/reliabilityview.h"
#include "widgets/spectrumview.h"
#include "widgets/theme.h"
#include "widgets/watchview.h"

#include <QActionGroup>
#include <QDockWidget>
#include <QMenuBar>
#include <QScrollArea>
#include <QTabBar>
#include <QTableView>
#include <QVBoxLayout>
#include <QWhatsThis>

namespace helmscope {

QDockWidget *MainWindow::addDock(const QString &name, const QString &title, QWidget *content)
{
    auto *dock = new QDockWidget(title, this);
    setTextSize(dock, TextSize::Body); // Qt gives their titles a font of its own
    dock->setObjectName(name);         // by which the layout is remembered
    dock->setWidget(content);
    dock->toggleViewAction()->setToolTip(tr("Shows or hides the panel '%1'.").arg(title));
    // Qt shows one that was hidden behind the tab that is in front.
    connect(dock->toggleViewAction(), &QAction::triggered, dock, [dock](bool isShown) {
        if (isShown)
            QMetaObject::invokeMethod(dock, &QDockWidget::raise, Qt::QueuedConnection);
    });
    for (auto changed : {&QDockWidget::topLevelChanged, &QDockWidget::visibilityChanged})
        connect(dock, changed, this, &MainWindow::noticeDocks);
    connect(dock, &QDockWidget::dockLocationChanged, this, &MainWindow::noticeDocks);
    m_docks << dock;
    return dock;
}

void MainWindow::noticeDocks()
{
    m_rememberSoon.start();
    m_titlesSoon.start(); // when all docks have found their places
}

/// A dock under a tab needs no title of its own.
void MainWindow::showDockTitles()
{
    for (QDockWidget *dock : m_docks) {
        const bool isTabbed = !dock->isFloating() && !tabifiedDockWidgets(dock).isEmpty();
        QWidget *instead = dock->titleBarWidget();
        if (isTabbed && !instead) {
            dock->setTitleBarWidget(new QWidget(dock));
        } else if (!isTabbed && instead) {
            dock->setTitleBarWidget(nullptr);
            instead->deleteLater();
        }
    }
    // "S…" names no panel: the tabs stay whole, and those that do not fit are scrolled to. Qt makes
    // a bar when docks come together.
    for (QTabBar *tabs : findChildren<QTabBar *>(Qt::FindDirectChildrenOnly)) {
        tabs->setElideMode(Qt::ElideNone);
        tabs->setUsesScrollButtons(true);
    }
}

void MainWindow::makeDocks()
{
    m_panels = new Panels(nullptr, this); // each tab has a stack of its own
    m_drawBar = new DrawBar(m_panels->graphics());
    addToolBar(Qt::LeftToolBarArea, m_drawBar);
    m_links = new ViewLinks({{tr("Survey image"), m_panels->survey()},
                             {tr("Mean"), m_panels->mean()},
                             {tr("Uncertainty σ"), m_panels->deviation()},
                             {tr("Acquisition"), m_panels->acquisition()},
                             {tr("Dose"), m_panels->dose()->view()}},
                            m_panels);
    m_plan = new PlanPanel;
    m_banner = new Banner;
    m_proposal = new ProposalBar;

    auto *middle = new QWidget;
    auto *column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeWelcome());
    column->addWidget(m_banner);
    column->addWidget(m_proposal);
    column->addWidget(m_panels->survey(), 1);
    column->addWidget(m_panels->timeline());
    setCentralWidget(middle);

    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    addDock("mean", tr("Mean"), m_panels->mean());
    addDock("deviation", tr("Uncertainty σ"), m_panels->deviation());
    addDock("acquisition", tr("Acquisition"), m_panels->acquisition());
    addDock("spectrum", tr("Spectrum"), m_panels->spectrum());
    addDock("curves", tr("Curves"), m_panels->curves());
    addDock("steps", tr("Steps"), m_panels->table());
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(m_plan);
    scroll->setAccessibleName(tr("Plan"));
    addDock("plan", tr("Plan"), scroll);
    m_runsPanel = new RunsPanel;
    addDock("runs", tr("Runs"), m_runsPanel);
    auto *catalog = new CatalogPanel;
    addDock("catalog", tr("Catalogue"), catalog);
    connect(catalog, &CatalogPanel::wanted, this,
            [this](const QStringList &files) { m_helm->openFiles(files, true); });
    m_lineage = new LineagePanel(m_helm.get(), m_panels);
    addDock("lineage", tr("Lineage"), m_lineage);
    addDock("watch", tr("Instrument"), m_panels->watch());
    addDock("measure", tr("Measure"), m_panels->measure());
    addDock("dose", tr("Dose"), m_panels->dose());
    addDock("reliability", tr("Trust in σ"), m_panels->reliability());
    addDock("embedding", tr("Embedding"), new EmbeddingPanel(m_helm.get(), m_panels));
    explainDocks();
}

void MainWindow::makeMenus()
{
    makeFileMenu();
    makeEditMenu();
    makeViewMenu();

    QMenu *run = menuBar()->addMenu(tr("&Run"));
    run->addActions({m_bar->run(), m_bar->pause(), m_bar->step(), m_bar->stop()});
    run->addSeparator();
    m_approve = run->addAction(tr("&Ask before each step"));
    m_approve->setObjectName("approve");
    m_approve->setCheckable(true);
    m_approve->setShortcut(QKeySequence("Ctrl+Shift+A"));
    m_approve->setToolTip(tr("Each pixel waits for your word: measure, or veto."));
    connect(m_approve, &QAction::toggled, this, &MainWindow::showAsking);
    QAction *realTime = run->addAction(tr("Measurements last their &dwell"));
    realTime->setObjectName("realTime");
    realTime->setCheckable(true);
    realTime->setToolTip(tr("A recording or the simulated sample answers as late as a microscope "
                            "would, from the next run on; else as fast as it goes."));
    connect(realTime, &QAction::toggled, m_helm.get(), &Helm::setRealTime);
    QAction *again =
        run->addAction(tr("Take a new survey &image"), m_helm.get(), &Helm::surveyAgain);
    again->setToolTip(
        tr("Before the next measurement of the run that is going on: the beam follows "
           "the sample from there."));
    QAction *begin =
        run->addAction(tr("Begin from a meta-m&odel…"), this, [this] { openBeginning(); });
    begin->setObjectName("beginFromMeta");
    begin->setToolTip(tr("Ranks the meta-models known on what is measured of this sample."));
    QAction *sweep =
        run->addAction(tr("Sweeps of meta-&trainings…"), this, [this] { openMetaSweep(); });
    sweep->setObjectName("metaSweep");
    sweep->setToolTip(tr("The results of metatrain --sweep, and what they recommend."));
    run->addSeparator();
    run->addAction(icon("compare"), tr("&Compare…"), QKeySequence("Ctrl+Shift+C"), this,
                   &MainWindow::compareShown)
        ->setToolTip(tr("Shows this run and others side by side, in a window of its own."));
    Timeline *timeline = m_panels->timeline();
    run->addAction(icon("branch"), tr("&What if: branch from this step…"), QKeySequence("Ctrl+B"),
                   this, [this, timeline] { askForBranch(timeline->index() + 1); })
        ->setToolTip(tr("Goes on in another way from the step that is looked at."));
    run->addAction(icon("mark"), tr("&Mark this step"), QKeySequence("Ctrl+M"), timeline,
                   &Timeline::askForMark)
        ->setToolTip(tr("Keeps a word at the step that is looked at, to find it again."));
    run->addSeparator();
    run->addAction(m_bar->abort());

    QMenu *history = menuBar()->addMenu(tr("H&istory"));
    history
        ->addAction(tr("&Versions of the workspace…"), QKeySequence("Ctrl+Shift+H"), this,
                    &MainWindow::openHistory)
        ->setToolTip(tr("What was recorded when, and how to get back to it."));
    history->addAction(tr("&Lineage of the workspace"), this, &MainWindow::openOwnLineage)
        ->setToolTip(tr("Which run made what from what."));
    history->addSeparator();
    const auto addPage = [this, history](const QString &text, const QString &keys,
                                         RemotesWindow::Page page) {
        return history->addAction(text, QKeySequence(keys), this, [this, page] {
            if (RemotesWindow *window = openRemotes())
                window->show(page);
        });
    };
    addPage(tr("&Push…"), "Ctrl+Shift+U", RemotesWindow::Page::Push)
        ->setToolTip(tr("Shows what is not on the servers yet, and sends it."));
    addPage(tr("P&ull…"), "Ctrl+Shift+D", RemotesWindow::Page::Pull)
        ->setToolTip(tr("Brings what other sites have pushed."));
    addPage(tr("&Servers and remotes…"), {}, RemotesWindow::Page::Push)
        ->setToolTip(tr("Where metadata, artifacts and versions are pushed to and pulled from."));
    addPage(tr("&Browse a server…"), {}, RemotesWindow::Page::Server)
        ->setToolTip(tr("Its pipelines, without pulling them."));

    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&How to steer"), QKeySequence("F1"), this,
                    [this] { showHelp(this, HelpPage::Steering); });
    help->addAction(tr("How to &look back, branch and compare"), this,
                    [this] { showHelp(this, HelpPage::Runs); });
    help->addAction(tr("How to &browse a lineage"), this,
                    [this] { showHelp(this, HelpPage::Lineage); });
    help->addAction(tr("How to steer an &instrument on the network"), this,
                    [this] { showHelp(this, HelpPage::Instruments); });
    help->addAction(tr("How to &push to and pull from other sites"), this,
                    [this] { showHelp(this, HelpPage::Federation); });
    QAction *whatsThis = QWhatsThis::createAction(help);
    whatsThis->setText(tr("&What's this?"));
    help->addAction(whatsThis);
    help->addAction(tr("&Keyboard shortcuts"), QKeySequence("Ctrl+/"), this,
                    [this] { showShortcuts(this, findChildren<QAction *>()); });
    QAction *diagnostics = help->addAction(tr("&Diagnostics…"), this,
                                           [this] { (new DiagnosticsDialog(this))->show(); });
    diagnostics->setObjectName("showDiagnostics");
    diagnostics->setToolTip(tr("Versions, screens, threads, and how long the window could not "
                               "answer: what a report of a bug needs."));
    help->addAction(tr("&About Helmscope"), this, [this] { showAbout(this); });
    for (QMenu *menu : menuBar()->findChildren<QMenu *>())
        menu->setToolTipsVisible(true);
}

void MainWindow::makeViewMenu()
{
    QMenu *view = menuBar()->addMenu(tr("&View"));
    auto *themes = new QActionGroup(this);
    const auto addTheme = [this, view, themes](const QString &text, const QString &key) {
        QAction *action = view->addAction(text, this, [this, key] {
            Preferences wished = m_preferences;
            wished.theme = key;
            setPreferences(wished);
        });
        action->setCheckable(true);
        action->setObjectName("theme-" + key);
        themes->addAction(action);
    };
    for (const QString &key : themeKeys())
        addTheme(themeName(key), key);
    view->addSeparator();
    for (QDockWidget *dock : m_docks)
        view->addAction(dock->toggleViewAction());
    view->addSeparator();
    view->addMenu(m_panels->makeBlendMenu(view));
    view->addMenu(m_tabs->makeMenu(view));
    makeLayoutMenu(view);
}

} // namespace helmscope
