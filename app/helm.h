// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "app/liverun.h"
#include "app/opendocument.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/comparison.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace helmscope {

/// What is open and what is going on, without a widget: opens samples and runs, starts and steers a
/// run. Nothing here blocks; what takes time is a job. Of several open documents one is shown, and
/// one, that or another, may have a run going on.
class Helm final : public QObject
{
    Q_OBJECT
public:
    enum class State { Empty, Ready, Running, Paused, Stopping };

    explicit Helm(QObject *parent = nullptr);
    ~Helm() override;

    State state() const { return m_state; } ///< of the live run, whichever document is shown
    bool isGoing() const { return m_live != nullptr; } ///< from start() to runEnded()
    const std::optional<Sample> &sample() const { return m_now->sample; }
    const ShownRun &run() const { return m_now->run; }
    Jobs &runs() { return *m_runs; }
    Jobs &errands() { return *m_errands; }

    using Documents = std::vector<std::unique_ptr<OpenDocument>>;
    const Documents &documents() const { return m_documents; } ///< in the order of their tabs
    const OpenDocument &document() const { return *m_now; }    ///< shown; of id 0: none is open
    const OpenDocument *find(int id) const;                    ///< null: it is not open (any more)
    const OpenDocument *live() const { return m_liveIn; }      ///< null: no run is going on
    bool isLiveShown() const { return m_liveIn && m_liveIn == m_now; }
    /// Whose run was the last to end; null when that is closed, or there was none.
    const OpenDocument *lastLive() const { return find(m_lastLive); }
    /// What waits for answer(), in approving.
    const std::optional<Proposal> &proposal() const { return m_proposal; }
    void show(int id);
    /// Gives it another place among documents(); beyond the last: the last.
    void move(int id, int place);
    /// Not that of the live run: stop it first. The one beside it is shown then, or nothing.
    void close(int id);
    /// Something was drawn or painted: nothing takes the shown document's place unasked.
    void touch() { m_now->isTouched = true; }
    /// Opens what reopeningOf() has told, the one of index `shown` first; the ids they will have.
    /// What cannot be opened is told by notReopened(). Of wrong texts none are opened.
    std::vector<int> reopen(const QList<QJsonObject> &all, int shown);
    bool isReopening() const { return m_reopening > 0; }
    /// Pixels beyond are forbidden while another document is shown than the live one.
    void guardDose(double limit, double probeNm);

    // What is opened is shown: in a document of its own, in that which shows it already, or in
    // place of an untouched simulated sample.
    /// Files of data or one run file. `asks`: when it is not clear which arrays are meant,
    /// unclear() is emitted instead of taking the likeliest.
    void openFiles(const QStringList &files, bool asks);
    /// A run of a workspace.
    void openRun(const QString &workspace, const QString &id);
    /// A run that is in memory, of somebody else's recording.
    void showForeign(const NamedRun &run, const QString &file);
    void openSample(const SampleSources &sources);

    /// Begins a run of this plan on the open sample, recorded there if that can be done.
    void start(Plan plan, const RecordTo &to, LiveRun::Begin begin);
    /// Goes on from a step of `past` in another way.
    void startBranch(std::shared_ptr<const Run> past, const Branch &branch, const RecordTo &to);
    /// Goes on with a workspace's run that was cut off: its steps are taken again from the record,
    /// without the beam, then the sample is measured.
    void continueRun(const QString &workspace, const QString &id);
    void surveyAgain(); ///< before the next measurement
    void pause();
    void resume();
    void stepOnce();
    void stop();
    void abort(); ///< straight to the microscope, then stops

    // Orders: from the next step on.
    void setAcquisition(const AcquisitionSettings &settings);
    void setScalarizer(const Scalarizer &scalarizer);
    /// The live run's model begins from there anew (read already; none wanted: cold). `reason`
    /// stands in the record where the program chose. False: the run shown is not going on.
    bool beginFrom(const Beginning &beginning, const QString &reason);
    void setSteps(int steps);
    void setApproving(bool isApproving);
    /// Whether measurements of the next run last their dwell, also on a recording.
    void setRealTime(bool isRealTime) { m_isRealTime = isRealTime; }
    void answer(Verdict verdict);
    /// Keeps a word at a step of the run shown: on disk in a job, on the screen at once.
    void mark(int step, const QString &text);
    bool queue(Pixel pixel);   ///< false without a run, or where it makes no sense
    bool unqueue(Pixel pixel); ///< false where it does not wait any more
    /// Also before a run: they hold from its beginning. Masks that are not of the sample's grid
    /// are left out.
    void setRegions(const Regions &regions);
    /// Forbids a rectangle of pixels, both corners included.
    void forbid(Pixel corner, Pixel opposite);
    void allowAll();

    const std::vector<Pixel> &queued() const { return m_now->queue; }
    const Regions &regions() const { return m_now->regions; }
    const Mask &forbidden() const { return m_now->regions.forbidden; }
    int plannedSteps() const { return m_now->steps(); } ///< of the run shown, first points included
    double secondsLeft() const;                         ///< of the live run; 0 when nobody knows
    const QString &recordedIn() const { return m_now->record.file; }
    /// The run's place in a workspace; empty where it has none.
    const QString &runId() const { return m_now->record.id; }
    const QString &workspaceOfRun() const { return m_now->record.workspace; }
    const std::vector<Mark> &marks() const { return m_now->record.marks; }
    /// What is known of the live run's microscope, or was at the end of the shown document's last.
    std::optional<InstrumentState> instrument() const;
    /// How the run is known: its id, or its file's name.
    QString runName() const { return m_now->runName(); }
    /// What a branch came from; null unless the run shown is one that was started here.
    const std::shared_ptr<const Run> &parent() const { return m_now->parent; }
    const QString &parentName() const { return m_now->parentName; }

signals:
    void stateChanged(helmscope::Helm::State state);
    /// Another document will be shown: what the views have of this one is to be kept now.
    void leaving();
    /// Documents came, went, or are called otherwise now.
    void documentsChanged();
    /// A new document's sample goes on from another one's: a branch, or a run of its own.
    void forked(int from, int to);
    /// Another sample is shown: a new one, that of another document, or none.
    void sampleOpened();
    /// All of another document is told: what was kept of it can be shown again.
    void documentShown();
    /// The live run has grown, shown or not; at most twenty times a second.
    void liveAdvanced();
    void notReopened(const QString &place, const QString &reason);
    void reopened(); ///< all that reopen() was asked for
    /// A recording of others with several methods: one of them is to be chosen.
    void foreignRead(const std::vector<helmscope::NamedRun> &runs, const QString &file);
    void marksChanged();
    /// The live run's record is begun: live()->record says where.
    void recordingBegun();
    /// A recorded run was opened: the plan it followed.
    void planRead(const helmscope::Plan &plan);
    void unclear(const helmscope::Contents &contents);
    /// A run began, or a finished one was opened: everything of the last one is gone.
    void runShown();
    /// run() has grown; at most twenty times a second.
    void stepsTaken();
    /// The live run, in lastLive().
    void runEnded(helmscope::Run::Outcome outcome, const QString &message);
    void ordersChanged(); ///< queued() or regions()
    void proposed(const helmscope::Proposal &proposal);
    void troubled(const QString &sentence);

private:
    /// A run that was read, ready to be shown.
    struct Opened
    {
        Opened(Run run, OpenDocument::Record record);
        ShownRun run;
        Sample sample;
        OpenDocument::Record record;
    };
    using Answer = std::variant<Contents, Opened, std::vector<NamedRun>>;
    static Answer readFiles(const QStringList &files, const Progress &progress);
    static Opened readRunOf(const QString &workspace, const QString &id, const Progress &progress);
    void show(Opened opened);
    void begin(Plan plan, const RecordTo &to, LiveRun::Begin begin, LiveRun::Ground ground);
    void connectLive(LiveRun *live);
    /// A new document with this sample, shown; in place of that with this id, if there is one.
    void take(Sample sample, int inPlaceOf = 0);
    void fork();                    ///< what is shown, without its run, in a new document
    OpenDocument *writable(int id); ///< null: it is not open
    void enter(OpenDocument *document);
    void showStateOfShown();
    void tellShown();
    void takeStep(const std::shared_ptr<const Step> &step);
    void keepDose(const Step &step);
    void putRegions(OpenDocument *document, const Regions &regions);
    void tellSteps();
    void end(const Run &run);
    void leaveLive();
    void tellOfLive(const QString &sentence);
    void setState(State state);
    bool refuseWhileGoing();
    void boundBeliefs();
    /// The document of this run; 0: it is not open.
    int idOf(const OpenDocument::Record &record) const;
    struct Reopened
    {
        std::variant<std::monostate, Sample, Opened> read; ///< nothing: see trouble
        QString place, trouble;
    };
    static Reopened readAgain(const QJsonObject &what, const Progress &progress);
    void take(Reopened again, int id, bool isShown);

    State m_state = State::Empty;
    Documents m_documents;
    OpenDocument m_none;           ///< what is shown where nothing is open
    OpenDocument *m_now = &m_none; ///< shown; one of the documents or m_none
    OpenDocument *m_liveIn = nullptr;
    int m_lastId = 0, m_lastLive = 0, m_reopening = 0;
    std::optional<Proposal> m_proposal;
    QTimer m_pace; ///< the views are told no faster than this
    bool m_hasUntold = false, m_isRealTime = false;
    int m_runJob = 0;
    int m_openNumber = 0; ///< the latest opening wins
    std::unique_ptr<LiveRun> m_live;
    std::unique_ptr<Jobs> m_runs,
        m_errands; ///< last, so first to go: no work outlives what it uses
};

} // namespace helmscope
