// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "app/liverun.h"
#include "app/regions.h"
#include "app/sample.h"
#include "app/shownrun.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/comparison.h"

#include <QObject>
#include <QSet>
#include <QTimer>

#include <memory>
#include <optional>

namespace helmscope {

/// What is open and what is going on, without a widget: opens samples and runs, starts and steers a
/// run. Nothing here blocks; what takes time is a job.
class Helm final : public QObject
{
    Q_OBJECT
public:
    enum class State { Empty, Ready, Running, Paused, Stopping };

    explicit Helm(QObject *parent = nullptr);
    ~Helm() override;

    State state() const { return m_state; }
    bool isGoing() const { return m_live != nullptr; } ///< from start() to runEnded()
    const std::optional<Sample> &sample() const { return m_sample; }
    const ShownRun &run() const { return m_run; }
    Jobs &runs() { return *m_runs; }
    Jobs &errands() { return *m_errands; }

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

    const std::vector<Pixel> &queued() const { return m_queue; }
    const Regions &regions() const { return m_regions; }
    const Mask &forbidden() const { return m_regions.forbidden; }
    int plannedSteps() const;   ///< of the run shown, first points included
    double secondsLeft() const; ///< of the live run; 0 when nobody knows
    const QString &recordedIn() const { return m_record.file; }
    /// The run's place in a workspace; empty where it has none.
    const QString &runId() const { return m_record.id; }
    const QString &workspaceOfRun() const { return m_record.workspace; }
    const std::vector<Mark> &marks() const { return m_record.marks; }
    /// What is known of the live run's microscope, or was at the end of the last one.
    std::optional<InstrumentState> instrument() const;
    /// How the run is known: its id, or its file's name.
    QString runName() const;
    /// What a branch came from; null unless the run shown is one that was started here.
    const std::shared_ptr<const Run> &parent() const { return m_parent; }
    const QString &parentName() const { return m_parentName; }

signals:
    void stateChanged(helmscope::Helm::State state);
    void sampleOpened();
    /// A recording of others with several methods: one of them is to be chosen.
    void foreignRead(const std::vector<helmscope::NamedRun> &runs, const QString &file);
    void marksChanged();
    /// The live run's record is begun: recordedIn() and runId() say where.
    void recordingBegun();
    /// A recorded run was opened: the plan it followed.
    void planRead(const helmscope::Plan &plan);
    void unclear(const helmscope::Contents &contents);
    /// A run began, or a finished one was opened: everything of the last one is gone.
    void runShown();
    /// run() has grown; at most twenty times a second.
    void stepsTaken();
    void runEnded(helmscope::Run::Outcome outcome, const QString &message);
    void ordersChanged(); ///< queued() or regions()
    void proposed(const helmscope::Proposal &proposal);
    void troubled(const QString &sentence);

private:
    /// Where the run shown is kept.
    struct Record
    {
        QString file, workspace, id;
        std::vector<Mark> marks;
    };
    struct Opened
    {
        Run run;
        Record record;
    };
    using Answer = std::variant<Contents, Opened, std::vector<NamedRun>>;
    static Answer readFiles(const QStringList &files, const Progress &progress);
    void show(Opened opened);
    void begin(Plan plan, const RecordTo &to, LiveRun::Begin begin, LiveRun::Ground ground);
    void take(Sample sample);
    void takeStep(const std::shared_ptr<const Step> &step);
    void tellSteps();
    void end(const Run &run);
    void setState(State state);
    bool refuseWhileGoing();

    State m_state = State::Empty;
    std::optional<Sample> m_sample;
    ShownRun m_run;
    Regions m_regions;
    std::vector<Pixel> m_queue;
    QSet<QString> m_toldWarnings;
    Record m_record;
    std::shared_ptr<Recording> m_recording; ///< of the last live run, while it is shown
    std::shared_ptr<const Run> m_parent;
    QString m_parentName;
    int m_plannedSteps = 0;
    QTimer m_pace; ///< the views are told no faster than this
    bool m_hasUntold = false, m_isRealTime = false;
    int m_runJob = 0;
    int m_openNumber = 0; ///< the latest opening wins
    std::unique_ptr<LiveRun> m_live;
    std::optional<InstrumentState> m_lastInstrument;
    std::unique_ptr<Jobs> m_runs,
        m_errands; ///< last, so first to go: no work outlives what it uses
};

} // namespace helmscope
