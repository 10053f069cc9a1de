// SPDX-License-Identifier: GPL-3.0-or-later
// What the window opens: files, folders, workspaces.
#include "app/banner.h"
#include "app/comparewindow.h"
#include "app/foreigndialog.h"
#include "app/helpdialogs.h"
#include "app/instrumentswindow.h"
#include "app/lineagewindow.h"
#include "app/mainwindow.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/persondialog.h"
#include "app/planpanel.h"
#include "app/recordingdialog.h"
#include "app/remoteswindow.h"
#include "app/runspanel.h"
#include "app/statusline.h"
#include "app/syncwatch.h"
#include "app/syncwords.h"
#include "app/unattended.h"
#include "data/formats.h"
#include "widgets/theme.h"

#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMimeData>

#include <algorithm>

namespace helmscope {

namespace {

QStringList filesIn(const QMimeData *data)
{
    QStringList files;
    for (const QUrl &url : data->urls())
        if (url.isLocalFile())
            files << url.toLocalFile();
    return files;
}

} // namespace

void MainWindow::makeFileMenu()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    QAction *open =
        file->addAction(tr("&Open…"), QKeySequence::Open, this, &MainWindow::chooseFiles);
    open->setToolTip(tr("Opens data, a recorded run, or somebody else's recording."));
    file->addAction(tr("Open the &simulated sample"), this, [this] {
        m_helm->openSample(simulatedSample(m_options.rows, m_options.cols, m_plan->plan().seed));
    });
    QAction *instruments = file->addAction(tr("&Instruments…"), QKeySequence("Ctrl+Shift+I"), this,
                                           &MainWindow::openInstruments);
    instruments->setToolTip(tr("Microscopes on the network: what they can do, a look, steering."));
    QAction *lineage =
        file->addAction(icon("lineage"), tr("Open &lineage…"), QKeySequence("Ctrl+Shift+O"), this,
                        &MainWindow::chooseLineage);
    lineage->setToolTip(tr("Opens a window with what was made from what, as CMF keeps it."));
    file->addSeparator();
    QAction *make = file->addAction(tr("&New workspace…"), QKeySequence("Ctrl+Shift+N"), this,
                                    [this] { chooseWorkspace(true); });
    make->setToolTip(tr("A folder that keeps every run with its versions."));
    QAction *enter = file->addAction(tr("Open a &workspace…"), QKeySequence("Ctrl+Shift+W"), this,
                                     [this] { chooseWorkspace(false); });
    enter->setToolTip(tr("Runs are recorded there from now on; what a crash left is mended."));
    m_recent = file->addMenu(tr("&Recent workspaces"));
    connect(m_recent, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    file->addSeparator();
    file->addAction(tr("Save the Python &bridge…"), this,
                    [this] {
                        saveBridge(this,
                                   [this](const QString &sentence) { m_banner->tell(sentence); });
                    })
        ->setToolTip(tr("A server of one file that puts your microscope on the network."));
    file->addAction(tr("Recording: &metadata, export…"), this, &MainWindow::showRecording)
        ->setToolTip(tr("All that the open files say of how they were taken, searchable, and their "
                        "arrays as HyperSpy, NSID, TIFF or CSV."));
    file->addAction(icon("save"), tr("&Export the view…"), QKeySequence("Ctrl+E"), this,
                    &MainWindow::chooseExport)
        ->setToolTip(tr("The map or spectrum that has the keyboard, as PNG, SVG or PDF with its "
                        "bars, or its numbers as CSV or HDF5."));
    file->addAction(icon("copy"), tr("&Copy the view"), QKeySequence("Ctrl+Shift+X"), this,
                    &MainWindow::copyShown)
        ->setToolTip(tr("The picture of the map or spectrum that has the keyboard, for another "
                        "program."));
    file->addAction(tr("Save a &picture of the window…"), QKeySequence("Ctrl+Shift+P"), this,
                    [this] { choosePictureFile(this, m_banner); });
    file->addSeparator();
    file->addAction(tr("&Quit"), QKeySequence("Ctrl+Q"), this, &QWidget::close);
}

void MainWindow::showRecording()
{
    const DatasetSources *sources =
        m_helm->sample() ? std::get_if<DatasetSources>(&m_helm->sample()->sources) : nullptr;
    if (!sources) {
        m_banner->tell(tr("Nothing is open that was read from files of data: open a recording "
                          "first, with File, Open."));
        return;
    }
    QStringList files{sources->image.file};
    for (const auto *one : {&sources->spectra, &sources->values, &sources->energies})
        if (*one && !files.contains((*one)->file))
            files << (*one)->file;
    (new RecordingDialog(files, sources->spectra.value_or(sources->image), m_helm->errands(), this))
        ->show();
}

void MainWindow::fillRecent()
{
    m_recent->clear();
    const QStringList folders = OpenWorkspace::recent();
    for (const QString &folder : folders)
        m_recent->addAction(folder, this, [this, folder] { openWorkspace(folder); });
    if (folders.isEmpty())
        m_recent->addAction(tr("None yet"))->setEnabled(false);
}

void MainWindow::chooseWorkspace(bool isNew)
{
    auto *dialog = new QFileDialog(this, isNew ? tr("A folder for the new workspace")
                                               : tr("Open a workspace"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this, isNew](const QString &folder) {
        if (isNew)
            m_workspace->create(folder);
        else
            openWorkspace(folder);
    });
    dialog->show();
}

void MainWindow::openWorkspace(const QString &folder)
{
    if (m_helm->live() && !m_helm->live()->record.workspace.isEmpty())
        return m_banner->tell(
            tr("A run is being recorded: stop it before opening another workspace."));
    if (Workspace::isWorkspace(folder))
        return m_workspace->open(folder);
    m_banner->offer(tr("The folder %1 is no workspace yet.").arg(QFileInfo(folder).fileName()),
                    tr("Make it one"), [this, folder] { m_workspace->create(folder); });
}

void MainWindow::connectWorkspace()
{
    OpenWorkspace *workspace = m_workspace.get();
    m_status->watch(&workspace->jobs());
    connect(m_sync.get(), &SyncWatch::changed, this, &MainWindow::showUnpushed);
    connect(m_sync.get(), &SyncWatch::reported, this, [this](const QList<SyncReport> &reports) {
        const bool isAllDone = std::all_of(reports.begin(), reports.end(),
                                           [](const SyncReport &each) { return each.isDone(); });
        if (isAllDone)
            m_banner->tell(tr("What had waited is pushed."));
    });
    connect(&m_sync->jobs(), &Jobs::failed, this,
            [this](const QString &, const QString &sentence) { m_banner->tell(sentence); });
    connect(m_status, &StatusLine::unpushedClicked, this, [this] {
        if (RemotesWindow *window = openRemotes())
            window->show(RemotesWindow::Page::Push);
    });
    connect(m_helm.get(), &Helm::runEnded, m_sync.get(), &SyncWatch::look);
    connect(workspace, &OpenWorkspace::troubled, this,
            [this](const QString &sentence) { m_banner->tell(sentence); });
    connect(workspace, &OpenWorkspace::opened, this, [this] {
        m_runsPanel->setRuns(m_workspace->name(), m_workspace->runs());
        m_runsPanel->setArrived({});
        m_sync->setWorkspace(m_options.isQuitAtEnd ? QString() : m_workspace->folder());
        showTitle();
        const bool cameWithRun =
            m_workspace->isOpen() && m_helm->workspaceOfRun() == m_workspace->folder();
        if (m_workspace->isOpen() && !m_helm->isGoing() && !cameWithRun) // what one has come for
            for (QDockWidget *dock : m_docks)
                if (dock->widget() == m_runsPanel)
                    dock->raise();
        if (!m_options.isQuitAtEnd)
            m_workspace->checkPerson();
    });
    connect(workspace, &OpenWorkspace::runsRead, this, [this] {
        m_runsPanel->setRuns(m_workspace->isOpen() ? m_workspace->name() : QString(),
                             m_workspace->runs());
        showTimelineEvents();
    });
    connect(workspace, &OpenWorkspace::recovered, this, &MainWindow::tellRecovered);
    connect(workspace, &OpenWorkspace::restored, this, [this](const QString &id) {
        m_banner->offer(tr("Run %1 is there again as it was.").arg(id), tr("Open it"),
                        [this, id] { m_helm->openRun(m_workspace->folder(), id); });
    });
    connect(workspace, &OpenWorkspace::personMissing, this, [this] {
        auto *dialog = new PersonDialog(this);
        connect(dialog, &PersonDialog::named, m_workspace.get(), &OpenWorkspace::keepPerson);
        dialog->show();
    });
    connect(m_runsPanel, &RunsPanel::runChosen, this,
            [this](const QString &id) { m_helm->openRun(m_workspace->folder(), id); });
    connect(m_runsPanel, &RunsPanel::compareWished, this, [this](const QStringList &ids) {
        QStringList folders;
        for (const QString &id : ids)
            folders << Workspace(m_workspace->folder()).runFolder(id);
        openCompare()->addFiles(folders);
    });
    connect(m_runsPanel, &RunsPanel::openWished, this, [this] { chooseWorkspace(false); });
    connect(m_runsPanel, &RunsPanel::createWished, this, [this] { chooseWorkspace(true); });
}

void MainWindow::showUnpushed()
{
    const QString left = textOf(m_sync->unpushed());
    const int queued = m_sync->queued();
    if (!m_sync->hasRemotes() || (left.isEmpty() && queued == 0))
        return m_status->setUnpushed({}, {});
    QStringList lines;
    if (!left.isEmpty())
        lines << left + '.';
    if (queued > 0)
        lines << tr("What was pushed waits until the servers can be reached.");
    const Unpushed &unpushed = m_sync->unpushed();
    const int count = unpushed.executions + unpushed.files + unpushed.versions;
    m_status->setUnpushed(queued > 0 ? tr("◷ %1 not pushed").arg(count)
                                     : tr("↑ %1 not pushed").arg(count),
                          lines.join('\n'));
}

RemotesWindow *MainWindow::openRemotes()
{
    if (!m_workspace->isOpen()) {
        m_banner->tell(tr("Servers and remotes are those of a workspace: open one first, or begin "
                          "a run."));
        return nullptr;
    }
    for (const QPointer<QWidget> &each : std::as_const(m_windows))
        if (auto *shown = qobject_cast<RemotesWindow *>(each.data());
            shown && shown->folder() == m_workspace->folder())
            return shown;
    auto *window = new RemotesWindow(m_workspace->folder());
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    connect(window, &RemotesWindow::changed, m_sync.get(), &SyncWatch::look);
    connect(window, &RemotesWindow::runWished, this, [this, window](const QString &id) {
        m_helm->openRun(window->folder(), id);
        raise();
        activateWindow();
    });
    connect(window, &RemotesWindow::pulled, this, [this, window](const SyncReport &report) {
        if (window->folder() != m_workspace->folder())
            return;
        m_runsPanel->setArrived(report.runs);
        m_workspace->reload();
    });
    connect(window, &RemotesWindow::lineageWished, this, &MainWindow::openLineage);
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    return window;
}

void MainWindow::tellRecovered(const std::vector<Recovered> &found)
{
    for (const Recovered &each : found) {
        if (each.canContinue)
            m_banner->offer(each.sentence, tr("Continue the run"), [this, id = each.run] {
                m_helm->continueRun(m_workspace->folder(), id);
            });
        else
            m_banner->tell(each.sentence);
    }
}

void MainWindow::chooseFiles()
{
    auto *dialog = new QFileDialog(this, tr("Open data or a run"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    QStringList patterns;
    QStringList kinds;
    for (const Format &format : formats()) {
        QStringList own;
        for (const QString &suffix : format.suffixes)
            own << "*." + suffix;
        patterns << own;
        kinds << QStringLiteral("%1 (%2)").arg(QString::fromUtf8(format.name), own.join(' '));
    }
    patterns << "*.h5";
    patterns.removeDuplicates();
    kinds.prepend(tr("All that can be read (%1)").arg(patterns.join(' ')));
    kinds << tr("Runs (*.h5)") << tr("All files (*)");
    dialog->setNameFilters(kinds);
    connect(dialog, &QFileDialog::filesSelected, this,
            [this](const QStringList &files) { m_helm->openFiles(files, true); });
    dialog->show();
}

void MainWindow::chooseForeign(const std::vector<NamedRun> &runs, const QString &file)
{
    auto *dialog = new ForeignDialog(runs, file, this);
    connect(dialog, &ForeignDialog::chosen, m_helm.get(),
            [this, file](const NamedRun &run) { m_helm->showForeign(run, file); });
    connect(dialog, &ForeignDialog::compareWished, this,
            [this, file] { openCompare()->addFiles({file}); });
    dialog->show();
}

void MainWindow::chooseLineage()
{
    auto *dialog = new QFileDialog(this, tr("Open a lineage"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilter(lineageNameFilter());
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openLineage);
    dialog->show();
}

void MainWindow::openOwnLineage()
{
    const QString file = m_workspace->folder() + QStringLiteral("/mlmd");
    if (m_workspace->isOpen() && QFileInfo::exists(file))
        openLineage(file);
    else
        m_banner->tell(
            tr("There is no lineage yet: it is written when a run of a workspace ends."));
}

InstrumentsWindow *MainWindow::openInstruments()
{
    const auto sources = m_helm->sample() ? std::optional(m_helm->sample()->sources) : std::nullopt;
    auto *window = new InstrumentsWindow(sources);
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    connect(window, &InstrumentsWindow::steerWished, this, [this](const SampleSources &wished) {
        m_helm->openSample(wished);
        raise();
        activateWindow();
    });
    window->show();
    return window;
}

LineageWindow *MainWindow::openLineage(const QString &file)
{
    auto *window = new LineageWindow;
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    connect(window, &LineageWindow::runWished, this, &MainWindow::showRunAt);
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    window->show();
    window->open(file);
    return window;
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (!filesIn(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    QStringList files = filesIn(event->mimeData());
    for (const QString &file : std::as_const(files)) {
        if (QFileInfo(file).isDir())
            openWorkspace(file);
        else if (looksLikeLineage(file))
            openLineage(file);
    }
    files.removeIf(
        [](const QString &file) { return QFileInfo(file).isDir() || looksLikeLineage(file); });
    if (!files.isEmpty())
        m_helm->openFiles(files, true);
}

} // namespace helmscope
