// SPDX-License-Identifier: GPL-3.0-or-later
// What the window does with runs: begin them, branch from them, mark and compare them.
#include "app/banner.h"
#include "app/branchdialog.h"
#include "app/comparewindow.h"
#include "app/historywindow.h"
#include "app/lineagepanel.h"
#include "app/lineagewindow.h"
#include "app/mainwindow.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/proposalbar.h"
#include "app/timeline.h"

#include <QAction>
#include <QDir>
#include <QFileInfo>

namespace helmscope {

RecordTo MainWindow::recordTo() const
{
    if (!m_options.out.isEmpty())
        return {m_options.out, {}, {}};
    return {
        {}, m_workspace->isOpen() ? m_workspace->folder() : m_preferences.recordingsFolder(), {}};
}

void MainWindow::startRun(LiveRun::Begin begin)
{
    m_helm->start(m_plan->plan(), recordTo(), begin);
    showAsking();
}

void MainWindow::showAsking()
{
    m_helm->setApproving(m_approve->isChecked());
    showQuestion();
}

void MainWindow::connectRuns()
{
    Helm *helm = m_helm.get();
    Timeline *timeline = m_panels->timeline();
    connect(timeline, &Timeline::markWished, helm, &Helm::mark);
    connect(timeline, &Timeline::branchWished, this, &MainWindow::askForBranch);
    connect(helm, &Helm::marksChanged, this, &MainWindow::showTimelineEvents);
    connect(helm, &Helm::runShown, this, &MainWindow::showTimelineEvents);
    connect(helm, &Helm::marksChanged, this, &MainWindow::showWishedPlace); // comes last of a run
    connect(m_panels, &Panels::lineageWished, this, &MainWindow::showInLineage);
    connect(m_lineage, &LineagePanel::runWished, this, &MainWindow::showRunAt);
    connect(m_lineage, &LineagePanel::windowWished, this,
            [this](const QString &file, const LineageNode &node) {
                LineageWindow *window = lineageWindow(file);
                if (node.id == 0)
                    window->showPlace({m_helm->runId(), 0});
                else
                    window->showNode(node.kind, node.id);
            });
    connect(helm, &Helm::foreignRead, this, &MainWindow::chooseForeign);
    connect(helm, &Helm::recordingBegun, this, [this] {
        const QString &folder = m_helm->live()->record.workspace;
        if (folder.isEmpty())
            return;
        m_workspace->adopt(folder);
        if (!m_options.isQuitAtEnd)
            m_workspace->checkPerson();
    });
    connect(helm, &Helm::runEnded, this, [this] {
        m_workspace->reload();
        showTimelineEvents();
        const OpenDocument *ended = m_helm->lastLive();
        if (ended && ended->parent && !ended->run.isEmpty())
            m_banner->offer(
                tr("The branch has ended."), tr("Compare with the run it came from"),
                [this, parent = ended->parent, name = ended->parentName, id = ended->id] {
                    CompareWindow *window = openCompare();
                    window->addRun({name, {}, parent, {}, {}});
                    if (const OpenDocument *branch = m_helm->find(id))
                        window->addRun(runOf(*branch));
                });
    });
}

NamedRun MainWindow::runOf(const OpenDocument &document)
{
    return {document.runName(), {}, std::make_shared<const Run>(document.run.asRun()), {}, {}};
}

NamedRun MainWindow::shownRun() const
{
    return runOf(m_helm->document());
}

CompareWindow *MainWindow::openCompare()
{
    auto *window = new CompareWindow;
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    window->show();
    return window;
}

HistoryWindow *MainWindow::openHistory()
{
    if (!m_workspace->isOpen()) {
        m_banner->tell(tr("A history is that of a workspace: open one first, or begin a run."));
        return nullptr;
    }
    auto *window = new HistoryWindow(m_workspace->folder());
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    connect(window, &HistoryWindow::runWished, this, [this, window](const QString &id) {
        m_helm->openRun(window->folder(), id);
        raise();
        activateWindow();
    });
    connect(window, &HistoryWindow::restoreWished, m_workspace.get(), &OpenWorkspace::restore);
    connect(m_workspace.get(), &OpenWorkspace::runsRead, window, &HistoryWindow::reload);
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    window->show();
    return window;
}

void MainWindow::showRunAt(const QString &workspace, const ExperimentPlace &place)
{
    raise();
    activateWindow();
    m_wished = place;
    const bool isShown = m_helm->runId() == place.run && !m_helm->run().isEmpty() &&
                         QDir(m_helm->workspaceOfRun()) == QDir(workspace);
    if (isShown)
        showWishedPlace();
    else
        m_helm->openRun(workspace, place.run);
}

void MainWindow::showWishedPlace()
{
    if (!m_wished && m_options.atStep && !m_helm->run().isEmpty())
        m_wished = {m_helm->runId(), *std::exchange(m_options.atStep, std::nullopt)};
    if (!m_wished || m_wished->run != m_helm->runId())
        return;
    const int step = std::exchange(m_wished, std::nullopt)->step;
    if (step > m_helm->run().size())
        m_banner->tell(tr("Run %1 has %2 steps: step %3 of its lineage is not in its files.")
                           .arg(m_helm->runId())
                           .arg(m_helm->run().size())
                           .arg(step));
    m_panels->showPlace(step);
}

void MainWindow::showInLineage(int step)
{
    const QString file = m_helm->workspaceOfRun() + QStringLiteral("/mlmd");
    if (m_helm->runId().isEmpty() || !QFileInfo::exists(file))
        return m_banner->tell(
            tr("This run has no lineage: that of runs in a workspace is kept, a few seconds after "
               "each step."));
    lineageWindow(file)->showPlace({m_helm->runId(), step});
}

/// That which shows the store, or a new one; in front.
LineageWindow *MainWindow::lineageWindow(const QString &file)
{
    LineageWindow *window = nullptr;
    for (const QPointer<QWidget> &each : std::as_const(m_windows))
        if (auto *shown = qobject_cast<LineageWindow *>(each.data());
            shown && QFileInfo(shown->contents().file) == QFileInfo(file))
            window = shown;
    if (!window)
        window = openLineage(file);
    window->raise();
    window->activateWindow();
    return window;
}

void MainWindow::compareShown()
{
    CompareWindow *window = openCompare();
    if (!m_helm->run().isEmpty())
        window->addRun(shownRun());
}

void MainWindow::askForBranch(int step)
{
    if (m_helm->isGoing() || m_helm->run().isEmpty())
        return;
    auto *dialog = new BranchDialog(std::make_shared<const Run>(m_helm->run().asRun()),
                                    m_helm->runName(), step, this);
    connect(dialog, &BranchDialog::chosen, this,
            [this, id = m_helm->document().id](const std::shared_ptr<const Run> &run,
                                               const Branch &branch) {
                m_helm->show(id); // the dialog may have been open for long
                if (m_helm->document().id != id)
                    return m_banner->tell(
                        tr("The run to branch from is not open any more: open it again."));
                m_helm->startBranch(run, branch, recordTo());
                showAsking();
            });
    dialog->show();
}

/// Marks, where this run goes on from another one, and where others go on from it.
void MainWindow::showTimelineEvents()
{
    using Kind = TimelineEvent::Kind;
    std::vector<TimelineEvent> events;
    for (const Mark &mark : m_helm->marks())
        events.push_back({Kind::Mark, mark.step - 1, mark.text});
    const Origin &origin = m_helm->run().plan().origin;
    if (!origin.run.isEmpty())
        events.push_back({Kind::Branch, std::max(0, origin.step - 1),
                          tr("Up to here as run %1, then in another way.").arg(origin.run)});
    if (!m_helm->runId().isEmpty())
        for (const RunEntry &entry : m_workspace->runs())
            if (entry.plan.origin.run == m_helm->runId())
                events.push_back({Kind::Branch, std::max(0, entry.plan.origin.step - 1),
                                  tr("Run %1 goes on from here.").arg(entry.id)});
    Timeline *timeline = m_panels->timeline();
    timeline->setEvents(std::move(events));
    timeline->setMarkObjection(
        m_helm->runId().isEmpty()
            ? tr("Marks are kept in a workspace: this run is in a file of its own.")
            : QString());
    timeline->setBranchObjection(
        m_helm->isGoing() ? tr("Stop the run first: a branch is a run of its own.") : QString());
}

} // namespace helmscope
