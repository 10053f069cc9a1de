// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mainwindow.h"

#include "app/banner.h"
#include "app/diagnostics.h"
#include "app/dosepanel.h"
#include "app/instrumentswindow.h"
#include "app/jobspanel.h"
#include "app/layouts.h"
#include "app/notices.h"
#include "app/ongoing.h"
#include "app/opendialog.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/proposalbar.h"
#include "app/runbar.h"
#include "app/statusline.h"
#include "app/syncwatch.h"
#include "app/tabviews.h"
#include "app/viewlinks.h"
#include "app/welcome.h"
#include "base/tr.h"
#include "dkl/blas.h"
#include "steering/recording/inwords.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QFileInfo>
#include <QKeyEvent>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QUndoStack>
#include <QWindow>

#include <chrono>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

/// Two presses of Esc within this time are one abort.
constexpr qint64 escapeMilliseconds = 700;

} // namespace

MainWindow::MainWindow(const StartOptions &options, Ongoing *ongoing)
    : m_options(options)
    , m_isRemembering(options.pictures.isEmpty() && options.size.isEmpty())
    , m_workspace(ongoing ? std::move(ongoing->workspace) : std::make_unique<OpenWorkspace>())
    , m_sync(ongoing ? std::move(ongoing->sync) : std::make_unique<SyncWatch>())
    , m_helm(ongoing ? std::move(ongoing->helm) : std::make_unique<Helm>())
{
    m_preferences = ongoing           ? ongoing->preferences
                    : m_isRemembering ? Preferences::load()
                                      : Preferences();
    m_shownNumbers = m_preferences.numbers;
    if (!ongoing)
        options.applyTo(m_preferences);
    setWindowTitle(tr("Helmscope"));
    setAcceptDrops(true);
    m_rememberSoon.setInterval(300ms);
    m_rememberSoon.setSingleShot(true);
    connect(&m_rememberSoon, &QTimer::timeout, this, &MainWindow::remember);
    m_titlesSoon.setSingleShot(true);
    connect(&m_titlesSoon, &QTimer::timeout, this, &MainWindow::showDockTitles);

    m_bar = new RunBar;
    addToolBar(m_bar);
    m_status = new StatusLine;
    setStatusBar(m_status);
    m_notices = new Notices(this);
    m_helm->runs().setProperty("tellsOfItsEnd", true); // in the lowest line
    connect(m_status->jobsPanel(), &JobsPanel::finished, this, &MainWindow::noticeEnd);
    connect(m_status->jobsPanel(), &JobsPanel::failed, this, &MainWindow::noticeFailure);
    m_status->watch(&m_helm->errands());
    m_status->watch(&m_helm->runs());
    watchFigures();
    makeDocks();
    makeTabs();
    makeMenus();
    connectHelm();
    connectSteering();
    connectRuns();
    connectTabs();
    connectWorkspace();
    watchRuns(m_helm.get());
    m_watchInstrument.setInterval(200ms);
    connect(&m_watchInstrument, &QTimer::timeout, this, &MainWindow::showInstrument);
    applyOptions();
    takeDose();
    if (ongoing) {
        restoreGeometry(ongoing->geometry);
        restoreState(ongoing->state);
    }
    qApp->installEventFilter(this);
    showState(m_helm->state());
}

MainWindow::~MainWindow()
{
    if (m_helm)
        letGo();
}

void MainWindow::letGo()
{
    qApp->removeEventFilter(this);
    for (const QPointer<QWidget> &window : std::as_const(m_windows))
        delete window;
    // What goes down after this must not call back: parts still signal while they are destroyed.
    m_helm->disconnect(this);
    m_figures->disconnect(this);
    m_workspace->disconnect(this);
    m_sync->disconnect(this);
    for (QObject *part : findChildren<QObject *>())
        part->disconnect(this);
}

void MainWindow::begin()
{
    warnOfSlowBlas();
    for (const QString &folder : std::as_const(m_options.files))
        if (QFileInfo(folder).isDir())
            openWorkspace(folder);
    m_options.files.removeIf([](const QString &file) { return QFileInfo(file).isDir(); });
    if (!m_options.meta.isEmpty())
        readBeginningFrom(m_options.meta);
    if (!m_options.instrument.isEmpty())
        m_helm->openSample(InstrumentAddress::parse(m_options.instrument));
    else if (!m_options.files.isEmpty())
        m_helm->openFiles(m_options.files, false);
    else if (!m_isRemembering || !m_options.isPlain || !m_tabViews->reopen())
        openSimulated();
    if (m_isRemembering && !m_options.isQuitAtEnd)
        m_tabViews->rememberFromNowOn();
}

void MainWindow::openSimulated()
{
    m_helm->openSample(simulatedSample(m_options.rows, m_options.cols, m_options.seed.value_or(1)));
}

void MainWindow::applyOptions()
{
    Plan plan;
    plan.seed = m_options.seed.value_or(plan.seed);
    plan.steps = m_options.steps.value_or(plan.steps);
    plan.initial.count = m_options.initial.value_or(plan.initial.count);
    plan.model.cycles = m_options.cycles.value_or(plan.model.cycles);
    plan.acquisition.kind = m_options.acquisition.value_or(plan.acquisition.kind);
    m_plan->setPlan(plan);
    m_bar->setAcquisition(plan.acquisition.kind);
    m_bar->setSteps(plan.steps);

    const QSettings settings;
    applyLook();
    resize(m_options.size.isEmpty() ? QSize(1280, 800) : m_options.size);
    if (m_isRemembering)
        restoreGeometry(settings.value("window/geometry").toByteArray());
    m_layouts->restore();
    if (!m_options.layout.isEmpty())
        m_layouts->show(m_options.layout);
    QStringList panels;
    for (QDockWidget *dock : std::as_const(m_docks)) {
        panels << dock->objectName();
        if (dock->objectName() == m_options.panel) {
            dock->show();
            QMetaObject::invokeMethod(dock, &QDockWidget::raise, Qt::QueuedConnection);
        }
    }
    if (!m_options.panel.isEmpty() && !panels.contains(m_options.panel))
        m_banner->tell(tr("There is no panel '%1'; there are %2.")
                           .arg(m_options.panel, panels.join(QStringLiteral(", "))));
    m_titlesSoon.start();
}

void MainWindow::warnOfSlowBlas()
{
    const Blas blas = loadedBlas();
    if (!blas.isSlow || QSettings().value("blas/dismissed").toBool())
        return;
    m_banner->tell(QString::fromStdString(blas.advice),
                   [] { QSettings().setValue("blas/dismissed", true); });
}

void MainWindow::connectHelm()
{
    Helm *helm = m_helm.get();
    connect(helm, &Helm::stateChanged, this, &MainWindow::showState);
    connect(helm, &Helm::sampleOpened, this, &MainWindow::showSample);
    connect(helm, &Helm::unclear, this, [this](const Contents &contents) {
        auto *dialog = new OpenDialog(contents, this);
        connect(dialog, &OpenDialog::chosen, m_helm.get(),
                [this](const DatasetSources &sources) { m_helm->openSample(sources); });
        dialog->show();
    });
    connect(helm, &Helm::planRead, this, [this](const Plan &plan) {
        m_plan->setPlan(plan);
        m_bar->setAcquisition(plan.acquisition.kind);
        m_bar->setSteps(plan.steps);
    });
    connect(helm, &Helm::runShown, this, [this] {
        const ShownRun &run = m_helm->run();
        const bool hasMaps = m_helm->isLiveShown() || run.isEmpty() || run.beliefAt(0).belief;
        m_panels->setMapsObjection(hasMaps ? QString()
                                           : tr("No maps were recorded with this run."));
        m_links->forgetLimits();
        m_panels->setRun(run, m_helm->plannedSteps());
        showProgress();
    });
    connect(helm, &Helm::stepsTaken, this, [this] {
        m_panels->showSteps(m_helm->run(), m_helm->plannedSteps());
        keepDoseLimit();
        showProgress();
    });
    connect(m_panels->dose(), &DosePanel::changed, this, &MainWindow::keepDoseLimit);
    connect(m_panels->dose(), &DosePanel::changed, this, &MainWindow::rememberDose);
    connect(helm, &Helm::ordersChanged, this, [this] {
        m_panels->setOrders(m_helm->queued(), m_helm->forbidden(),
                            m_helm->regions().preferred.pixels);
    });
    connect(helm, &Helm::troubled, this,
            [this](const QString &sentence) { m_banner->tell(sentence); });
    connect(helm, &Helm::runEnded, this, [this](Run::Outcome, const QString &message) {
        showQuestion();
        if (m_helm->lastLive() == &m_helm->document()) {
            m_panels->showSteps(m_helm->run(), m_helm->plannedSteps());
            showProgress();
            m_status->setOutcome(message);
        }
        if (const int id = std::exchange(m_closing, 0))
            m_helm->close(id);
        if (m_isClosing)
            close();
        makeAnew(); // if that had to wait
    });
}

void MainWindow::connectSteering()
{
    Helm *helm = m_helm.get();
    connect(m_bar->run(), &QAction::triggered, this, [this] {
        if (m_helm->isGoing())
            m_helm->resume();
        else
            startRun();
    });
    connect(m_bar->pause(), &QAction::triggered, helm, &Helm::pause);
    connect(m_bar->step(), &QAction::triggered, this, [this] {
        if (m_helm->isGoing())
            m_helm->stepOnce();
        else
            startRun(LiveRun::Begin::OneStep);
    });
    connect(m_bar->stop(), &QAction::triggered, helm, &Helm::stop);
    connect(m_bar->abort(), &QAction::triggered, helm, &Helm::abort);
    // Tool bar and plan show the same two choices.
    connect(m_bar, &RunBar::acquisitionChosen, m_plan, &PlanPanel::setAcquisition);
    connect(m_bar, &RunBar::stepsChosen, m_plan, &PlanPanel::setSteps);
    connect(m_plan, &PlanPanel::acquisitionEdited, this,
            [this](const AcquisitionSettings &settings) {
                m_bar->setAcquisition(settings.kind);
                m_helm->setAcquisition(settings);
            });
    connect(m_plan, &PlanPanel::costChanged, this, &MainWindow::showProgress);
    connect(m_plan, &PlanPanel::beginningWished, this, &MainWindow::openBeginning);
    connect(m_plan, &PlanPanel::stepsEdited, this, [this](int steps) {
        m_bar->setSteps(steps);
        m_helm->setSteps(steps);
        showProgress();
    });
    connect(m_plan, &PlanPanel::scalarizerEdited, this, [this](const Scalarizer &scalarizer) {
        m_panels->setScalarizer(scalarizer);
        m_helm->setScalarizer(scalarizer);
    });
    connect(m_panels, &Panels::scalarizerEdited, this, [this](const Scalarizer &scalarizer) {
        m_plan->setScalarizer(scalarizer);
        m_helm->setScalarizer(scalarizer);
    });
    connect(m_panels, &Panels::queueWished, this, [this](Pixel pixel) {
        if (m_helm->queue(pixel))
            undo()->push(new QueueChange(m_helm.get(), pixel));
        else
            m_status->showMessage(tr("A pixel can be queued while a run is going on."), 4000);
    });
    connect(m_panels, &Panels::paintWished, this, &MainWindow::paintRegion);
    connect(m_panels, &Panels::allowWished, this, &MainWindow::releaseRegions);
    connect(m_panels, &Panels::readOutChanged, this, &MainWindow::showReadOut);
    connect(m_proposal, &ProposalBar::answered, helm, &Helm::answer);
}

void MainWindow::showSample()
{
    const Sample none;
    const Sample &sample = m_helm->sample() ? *m_helm->sample() : none;
    m_plan->setSample(sample);
    if (m_options.scalarizer && sample.hasSpectra()) {
        m_plan->setScalarizer(*m_options.scalarizer);
        m_options.scalarizer.reset(); // for the sample named on the command line only
    }
    m_panels->setSample(sample);
    m_panels->setScalarizer(m_plan->scalarizer());
    showTitle();
}

void MainWindow::showTitle()
{
    QStringList parts;
    if (m_helm->sample() && !m_helm->sample()->survey->title.isEmpty())
        parts << inWords(m_helm->sample()->survey->title);
    if (m_workspace->isOpen())
        parts << m_workspace->name();
    setWindowTitle((parts << tr("Helmscope")).join(tr(" – ")));
}

void MainWindow::showState(Helm::State state)
{
    m_bar->setState(state);
    if (m_helm->isGoing())
        m_welcome->putAway();
    const bool isGoing = state != Helm::State::Empty && state != Helm::State::Ready;
    const bool isHere = isGoing && m_helm->isLiveShown();
    const auto &sample = m_helm->live() ? m_helm->live()->sample : m_helm->sample();
    const bool isRemote = sample && std::holds_alternative<InstrumentAddress>(sample->sources);
    if (isGoing && isRemote)
        m_watchInstrument.start();
    else
        m_watchInstrument.stop();
    if (isRemote)
        showInstrument();
    else
        m_status->setInstrument(std::nullopt);
    m_plan->setRunning(isHere);
    m_panels->setGoing(isHere);
    showLiveName();
    showTimelineEvents();
    showProgress();
}

void MainWindow::showInstrument()
{
    const std::optional<InstrumentState> state = m_helm->instrument();
    m_status->setInstrument(state);
    m_bar->setTrouble(state && m_helm->isGoing() ? state->trouble : QString());
}

void MainWindow::showProgress()
{
    const ShownRun &run = m_helm->run();
    if (run.isEmpty())
        m_panels->dose()->setDwell(m_plan->plan().dwellSeconds);
    showPace();
    m_status->setDose(run.largestDose());
    m_status->setTrust(run.isEmpty() ? std::nullopt : run.at(run.size() - 1).trust);
    m_status->setStep(run.isEmpty()
                          ? QString()
                          : tr("step %1 of %2").arg(run.size()).arg(m_helm->plannedSteps()));
    m_status->setRecording(m_helm->recordedIn(), m_helm->runId());
    if (m_helm->isLiveShown())
        m_status->setOutcome({});
    showReadOut();
}

void MainWindow::showReadOut()
{
    m_status->setReadOut(m_panels->positionText(), m_panels->valuesText());
}

bool MainWindow::eventFilter(QObject *watched, QEvent *event)
{
    // At the window, before any widget or dialog can take the key for itself.
    if (event->type() == QEvent::KeyPress && watched->isWindowType()) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (key->key() != Qt::Key_Escape) {
            m_sinceEscape.invalidate();
        } else if (!key->isAutoRepeat()) {
            if (m_sinceEscape.isValid() && m_sinceEscape.elapsed() < escapeMilliseconds) {
                m_helm->abort();
                // Also where a beam is moved by hand.
                for (const QPointer<QWidget> &window : std::as_const(m_windows))
                    if (auto *instruments = qobject_cast<InstrumentsWindow *>(window.data()))
                        if (instruments->isActiveWindow() || instruments->isBusy())
                            instruments->abort();
                m_sinceEscape.invalidate();
            } else {
                m_sinceEscape.start();
            }
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (m_helm->isGoing()) {
        event->ignore();
        if (!m_isClosing)
            askBeforeClosing();
        return;
    }
    remember();
    QMainWindow::closeEvent(event);
}

void MainWindow::askBeforeClosing()
{
    if (m_question) {
        m_question->raise();
        return;
    }
    // Not modal: ABORT stays within reach, and the run may end meanwhile.
    m_question = new QMessageBox(QMessageBox::Question, tr("A run is going on"),
                                 tr("Stop the run and close? All steps so far are saved."),
                                 QMessageBox::NoButton, this);
    m_question->setAttribute(Qt::WA_DeleteOnClose);
    m_question->setModal(false);
    QPushButton *stop = m_question->addButton(tr("Stop and save"), QMessageBox::AcceptRole);
    QPushButton *keep = m_question->addButton(tr("Keep running"), QMessageBox::RejectRole);
    m_question->setDefaultButton(keep);
    m_question->setEscapeButton(keep);
    connect(m_question, &QMessageBox::buttonClicked, this, [this, stop](QAbstractButton *button) {
        if (button != static_cast<QAbstractButton *>(stop))
            return;
        m_isClosing = true;
        if (m_helm->isGoing())
            m_helm->stop();
        else
            close();
    });
    m_question->show();
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    m_rememberSoon.start();
}

void MainWindow::moveEvent(QMoveEvent *event)
{
    QMainWindow::moveEvent(event);
    m_rememberSoon.start();
}

void MainWindow::remember()
{
    if (!m_isRemembering)
        return;
    QSettings settings;
    settings.setValue("window/geometry", saveGeometry());
    m_tabViews->remember();
    m_layouts->remember();
}

} // namespace helmscope
