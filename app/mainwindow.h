// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/experimentplace.h"
#include "app/exporting.h"
#include "app/helm.h"
#include "app/preferences.h"
#include "app/startoptions.h"

#include <QElapsedTimer>
#include <QMainWindow>
#include <QPointer>

#include <memory>

class QActionGroup;
class QDockWidget;
class QMenu;
class QMessageBox;
class QUndoStack;

namespace helmscope {

class Banner;
class BeginDialog;
class CommandPalette;
class CompareWindow;
class DrawBar;
class FftWindow;
class HistoryWindow;
class InstrumentsWindow;
class Layouts;
class LineagePanel;
class LineageWindow;
class MetaSweepWindow;
class Notices;
class OpenWorkspace;
class OpenTabs;
class Panels;
class PlanPanel;
class ProposalBar;
class RemotesWindow;
class RunBar;
class RunsPanel;
class SettingsDialog;
class StatusLine;
class SyncWatch;
class TabViews;
class ViewLinks;
class Welcome;
enum class DrawnFor;
struct Ongoing;

/// The console's one window: puts the parts in their places and connects them; knows nothing else.
class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    /// `ongoing`: what an earlier window gave away; null: nothing is open yet.
    explicit MainWindow(const StartOptions &options, Ongoing *ongoing = nullptr);
    ~MainWindow() override;

    /// Opens what the command line named, or the simulated sample.
    void begin();
    /// Instead of begin(): shows what an earlier window gave away.
    void goOn(const Ongoing &ongoing);
    /// What is open, for a window in this one's place; this one can only be destroyed then.
    Ongoing giveAway();
    /// A window of its own for a lineage store.
    LineageWindow *openLineage(const QString &file);
    /// Opens a run of a workspace, unless it is the one shown, at a step with its pixel marked.
    void showRunAt(const QString &workspace, const ExperimentPlace &place);
    /// The step's node in the lineage of its workspace: in the window that shows it, or a new one.
    void showInLineage(int step);
    void startRun(LiveRun::Begin begin = LiveRun::Begin::Running);

    Helm *helm() const { return m_helm.get(); }
    Jobs &figures() { return *m_figures; } ///< what is exported and copied
    Panels *panels() const { return m_panels; }
    PlanPanel *planPanel() const { return m_plan; }
    RunBar *runBar() const { return m_bar; }
    Banner *banner() const { return m_banner; }
    OpenWorkspace *workspace() const { return m_workspace.get(); }
    RunsPanel *runsPanel() const { return m_runsPanel; }
    LineagePanel *lineagePanel() const { return m_lineage; }
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
    /// What the next run's model begins from: the meta-models known, ranked on what is measured.
    BeginDialog *openBeginning();
    void readBeginningFrom(const QString &file);
    /// From the next step of the run that goes on; an empty file: cold.
    void changeBeginning(const QString &file, const QString &reason);
    /// The table that a sweep of meta-trainings wrote, in a window of its own; none: an empty one.
    MetaSweepWindow *openMetaSweep(const QString &file = {});
    /// Writes what has the keyboard, a map or the spectrum, as figure or numbers by the suffix; in
    /// a job where that takes time.
    void exportTo(const QString &file);
    QUndoStack *undo() const; ///< of the tab shown
    OpenTabs *tabs() const { return m_tabs; }
    /// Asks first where its run is going on.
    void closeTab(int id);
    /// A dialog for a branch of the run shown, after this step.
    void askForBranch(int step);
    SettingsDialog *openSettings();
    ViewLinks *links() const { return m_links; }
    Notices *notices() const { return m_notices; }
    StatusLine *statusLine() const { return m_status; }
    Layouts *layouts() const { return m_layouts; }
    void showLayout(const QString &key);
    const Preferences &preferences() const { return m_preferences; }
    /// Holds at once and is kept; another language when no run is going on, see anewWished().
    void setPreferences(const Preferences &wished);

signals:
    /// The language has changed: another window is to take the place of this one.
    void anewWished();

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
    void makeLayoutMenu(QMenu *view);
    void fillLayouts();
    void explainDocks();
    void askForLayout(const QString &title, bool (Layouts::*take)(const QString &),
                      const QString &name);
    void makeMenus();
    void makeFileMenu();
    void showRecording();
    void makeEditMenu();
    void openPalette();
    Exportable shownPart() const;
    void exportPart(const Exportable &what, const QString &file);
    void chooseExport();
    void copyShown();
    void watchFigures();
    void paintRegion(const Mask &pixels, DrawnFor purpose);
    void releaseRegions();
    void keepDoseLimit();
    void askForFactor(); ///< of what is preferred
    void makeViewMenu();
    void fillRecent();
    void makeTabs();
    void connectTabs();
    void showQuestion();
    void showLiveName();
    void showPace();
    void tellHiddenEnd(Run::Outcome outcome, const QString &message);
    void openSimulated();
    void connectHelm();
    void connectSteering();
    void connectRuns();
    void connectWorkspace();
    RecordTo recordTo() const;
    NamedRun shownRun() const;
    static NamedRun runOf(const OpenDocument &document);
    void showAsking();
    void showTimelineEvents();
    void showWishedPlace();
    void showTitle();
    void tellRecovered(const std::vector<Recovered> &found);
    void chooseWorkspace(bool isNew);
    void chooseForeign(const std::vector<NamedRun> &runs, const QString &file);
    void applyOptions();
    void applyLook();
    void takeDose();
    void rememberDose();
    void makeAnew();
    void tellOfWaiting();
    Welcome *makeWelcome();
    void noticeEnd(const QString &title, double seconds);
    void noticeFailure(const QString &title, const QString &sentence);
    void askForPerson();
    void letGo();
    void chooseFiles();
    void chooseLineage();
    void openOwnLineage();
    LineageWindow *lineageWindow(const QString &file);
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
    bool m_isRemembering = true; ///< layout and theme are kept for the next start
    TabViews *m_tabViews = nullptr;
    OpenTabs *m_tabs = nullptr;
    QStringList m_notReopened;
    QString m_waitingSentence; ///< of a proposal in another tab, on the banner
    QPointer<QMessageBox> m_closeQuestion;
    int m_closing = 0; ///< the tab to be closed when its run has ended
    Preferences m_preferences;
    Numbers m_shownNumbers = Numbers::System; ///< as in force when the window was made
    bool m_isAnewWished = false;              ///< when no run is going on
    QPointer<SettingsDialog> m_settings;
    CommandPalette *m_palette = nullptr;
    DrawBar *m_drawBar = nullptr;
    RunBar *m_bar = nullptr;
    Banner *m_banner = nullptr;
    ProposalBar *m_proposal = nullptr;
    Panels *m_panels = nullptr;
    PlanPanel *m_plan = nullptr;
    StatusLine *m_status = nullptr;
    Notices *m_notices = nullptr;
    Welcome *m_welcome = nullptr;
    ViewLinks *m_links = nullptr;
    Layouts *m_layouts = nullptr;
    QMenu *m_layoutMenu = nullptr;
    QActionGroup *m_layoutGroup = nullptr;
    QList<QDockWidget *> m_docks;
    RunsPanel *m_runsPanel = nullptr;
    LineagePanel *m_lineage = nullptr;
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
    std::unique_ptr<Helm> m_helm;    ///< its jobs go before what they bring it to
    std::unique_ptr<Jobs> m_figures; ///< what is exported or copied waits for nothing else
};

} // namespace helmscope
