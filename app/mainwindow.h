// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/experimentplace.h"
#include "app/exporting.h"
#include "app/helm.h"
#include "app/startoptions.h"

#include <QElapsedTimer>
#include <QMainWindow>
#include <QPointer>

#include <memory>

class QDockWidget;
class QMenu;
class QMessageBox;
class QUndoStack;

namespace helmscope {

class Banner;
class CommandPalette;
class CompareWindow;
class DrawBar;
class FftWindow;
class HistoryWindow;
class InstrumentsWindow;
class LineageWindow;
class OpenWorkspace;
class Panels;
class PlanPanel;
class ProposalBar;
class RemotesWindow;
class RunBar;
class RunsPanel;
class StatusLine;
class SyncWatch;
enum class DrawnFor;

/// The console's one window: puts the parts in their places and connects them; knows nothing else.
class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(const StartOptions &options, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Opens what the command line named, or the simulated sample.
    void begin();
    /// A window of its own for a lineage store.
    LineageWindow *openLineage(const QString &file);
    /// Opens a run of a workspace, unless it is the one shown, at a step with its pixel marked.
    void showRunAt(const QString &workspace, const ExperimentPlace &place);
    /// The step's node in the lineage of its workspace: in the window that shows it, or a new one.
    void showInLineage(int step);
    void startRun(LiveRun::Begin begin = LiveRun::Begin::Running);

    Helm *helm() const { return m_helm.get(); }
    Panels *panels() const { return m_panels; }
    PlanPanel *planPanel() const { return m_plan; }
    RunBar *runBar() const { return m_bar; }
    Banner *banner() const { return m_banner; }
    OpenWorkspace *workspace() const { return m_workspace.get(); }
    RunsPanel *runsPanel() const { return m_runsPanel; }
    /// Makes a folder that is none into one if the user says so.
    void openWorkspace(const QString &folder);
    /// A window of its own, empty.
    CompareWindow *openCompare();
    /// The known instruments, in a window of their own.
    InstrumentsWindow *openInstruments();
    /// Servers and remotes of the open workspace; null where none is open.
    RemotesWindow *openRemotes();
    /// With the run shown as its first.
    void compareShown();
    /// A window with the versions of the open workspace; null where none is open.
    HistoryWindow *openHistory();
    /// The transform of what is selected, in a window of its own; null without a map.
    FftWindow *openFft();
    /// Writes what has the keyboard, a map or the spectrum, as figure or numbers by the suffix; in
    /// a job where that takes time.
    void exportTo(const QString &file);
    QUndoStack *undo() const { return m_undo; }
    /// A dialog for a branch of the run shown, after this step.
    void askForBranch(int step);

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void moveEvent(QMoveEvent *event) override;
    /// Esc twice aborts, whichever of our windows has the keyboard.
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QDockWidget *addDock(const QString &name, const QString &title, QWidget *content);
    void noticeDocks();
    void showDockTitles();
    void makeDocks();
    void arrange();
    void makeMenus();
    void makeFileMenu();
    void showRecording();
    void makeEditMenu();
    void openPalette();
    Exportable shownPart() const;
    void exportPart(const Exportable &what, const QString &file);
    void chooseExport();
    void copyShown();
    void paintRegion(const Mask &pixels, DrawnFor purpose);
    void releaseRegions();
    void keepDoseLimit();
    void askForFactor(); ///< of what is preferred
    void makeViewMenu();
    void fillRecent();
    void connectHelm();
    void connectSteering();
    void connectRuns();
    void connectWorkspace();
    RecordTo recordTo() const;
    NamedRun shownRun() const;
    void showAsking();
    void showTimelineEvents();
    void showWishedPlace();
    void showTitle();
    void tellRecovered(const std::vector<Recovered> &found);
    void chooseWorkspace(bool isNew);
    void chooseForeign(const std::vector<NamedRun> &runs, const QString &file);
    void applyOptions();
    void applyTheme(const QString &key);
    void chooseFiles();
    void chooseLineage();
    void openOwnLineage();
    void showSample();
    void showState(Helm::State state);
    void showReadOut();
    void showProgress();
    void showInstrument();
    void showUnpushed();
    void askBeforeClosing();
    void warnOfSlowBlas();
    void remember();

    StartOptions m_options;
    bool m_isRemembering = true;  ///< layout and theme are kept for the next start
    QUndoStack *m_undo = nullptr; ///< what is drawn, painted, queued
    CommandPalette *m_palette = nullptr;
    DrawBar *m_drawBar = nullptr;
    RunBar *m_bar = nullptr;
    Banner *m_banner = nullptr;
    ProposalBar *m_proposal = nullptr;
    Panels *m_panels = nullptr;
    PlanPanel *m_plan = nullptr;
    StatusLine *m_status = nullptr;
    QList<QDockWidget *> m_docks;
    RunsPanel *m_runsPanel = nullptr;
    QMenu *m_recent = nullptr;
    QList<QPointer<QWidget>> m_windows;      ///< of lineages and comparisons
    std::optional<ExperimentPlace> m_wished; ///< of the run that is being opened
    QAction *m_approve = nullptr;
    QStringList m_recentCommands;
    QTimer m_rememberSoon, m_titlesSoon, m_watchInstrument;
    QElapsedTimer m_sinceEscape;
    QPointer<QMessageBox> m_question;
    bool m_isClosing = false;
    std::unique_ptr<OpenWorkspace> m_workspace;
    std::unique_ptr<SyncWatch> m_sync;
    std::unique_ptr<Helm> m_helm; ///< last: its jobs go first
};

} // namespace helmscope
