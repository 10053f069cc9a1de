// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/versionsummary.h"

#include "base/tr.h"
#include "steering/plandifferences.h"
#include "steering/recording/inwords.h"
#include "steering/step.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>

#include <algorithm>
#include <map>

namespace helmscope {

namespace {

constexpr qint64 largestPlan = 16 << 20;
constexpr qint64 largestSteps = 64 << 20;
constexpr qint64 largestSmall = 1 << 20;

/// A run's plan.json as a version has it.
struct ToldPlan
{
    QString title, valueName;
    Plan plan;
};

/// Nothing when there is none; throws Error naming it when it is none of ours.
std::optional<ToldPlan> planAt(const Repository &repository, const QString &version,
                               const QString &run)
{
    const QString path = QStringLiteral("runs/%1/plan.json").arg(run);
    const std::optional<QByteArray> bytes = repository.file(version, path, largestPlan);
    if (!bytes)
        return {};
    QJsonParseError error;
    const QJsonObject object = QJsonDocument::fromJson(*bytes, &error).object();
    if (error.error != QJsonParseError::NoError)
        fail(Tr::tr("Cannot read %1 of this version: %2.").arg(path, error.errorString()));
    if (object["format"].toString() != QLatin1String("helmscope-run-plan"))
        fail(Tr::tr("Cannot read %1 of this version: it is no plan of a run.").arg(path));
    ToldPlan told;
    told.title = object["title"].toString().left(200);
    told.valueName = object["value"]["name"].toString().left(200);
    told.plan = Plan::fromJson(object["plan"].toObject(), Tr::tr("the plan in %1").arg(path));
    return told;
}

/// What a steps.jsonl comes to, without looking into its steps.
struct ToldSteps
{
    int steps = 0;
    bool hasEnd = false;
    QString outcome, message;
};

ToldSteps stepsAt(const Repository &repository, const QString &version, const QString &run)
{
    ToldSteps told;
    if (version.isEmpty())
        return told;
    const QString path = QStringLiteral("runs/%1/steps.jsonl").arg(run);
    const std::optional<QByteArray> bytes = repository.file(version, path, largestSteps);
    if (!bytes)
        return told;
    qsizetype begin = 0;
    for (qsizetype end = bytes->indexOf('\n'); end >= 0; end = bytes->indexOf('\n', begin)) {
        const QByteArrayView line(bytes->constData() + begin, end - begin);
        begin = end + 1;
        if (!line.startsWith("{\"end\"")) {
            told.steps += line.startsWith('{');
            continue;
        }
        const QJsonValue ending = QJsonDocument::fromJson(line.toByteArray()).object()["end"];
        told.hasEnd = true;
        told.outcome = ending["outcome"].toString();
        told.message = ending["message"].toString().left(1000);
    }
    return told;
}

/// Texts of the marks of a run by their order; a torn last line is left out.
std::vector<std::pair<int, QString>> marksAt(const Repository &repository, const QString &version,
                                             const QString &run)
{
    std::vector<std::pair<int, QString>> marks;
    const std::optional<QByteArray> bytes =
        version.isEmpty()
            ? std::nullopt
            : repository.file(version, QStringLiteral("runs/%1/marks.jsonl").arg(run), 16 << 20);
    if (!bytes)
        return marks;
    for (const QByteArray &line : bytes->left(bytes->lastIndexOf('\n') + 1).split('\n')) {
        const QJsonObject object = QJsonDocument::fromJson(line).object();
        if (object.contains("step"))
            marks.emplace_back(object["step"].toInt(), object["text"].toString().left(200));
    }
    return marks;
}

/// The newest run a version has besides this one that is older by its id, which is a date.
QString runBefore(const Repository &repository, const QString &version, const QString &run)
{
    QString before;
    for (const QString &file : repository.files(version, QStringLiteral("runs"))) {
        const QString id = file.section('/', 1, 1);
        if (id < run && id > before && file.section('/', 2) == QLatin1String("plan.json"))
            before = id;
    }
    return before;
}

/// An outcome's key in words.
QString wordsOf(const QString &outcome)
{
    using Outcome = Run::Outcome;
    const auto is = [&](Outcome known) { return outcome == QLatin1String(keyOf(known)); };
    if (is(Outcome::Finished))
        return Tr::tr("finished");
    if (is(Outcome::TimeIsUp))
        return Tr::tr("ended as its time was up");
    if (is(Outcome::Plateau))
        return Tr::tr("ended on a plateau");
    if (is(Outcome::Stopped))
        return Tr::tr("was stopped");
    if (is(Outcome::Exhausted))
        return Tr::tr("ended with nothing left to measure");
    if (is(Outcome::Failed))
        return Tr::tr("failed");
    return Tr::tr("ended (%1)").arg(outcome.left(40));
}

QString asSentence(QString text)
{
    text = text.simplified();
    if (!text.isEmpty() && !text.endsWith('.') && !text.endsWith('!') && !text.endsWith('?'))
        text += '.';
    return text;
}

/// Tells of one run after the other.
class Teller
{
public:
    Teller(const Repository &repository, const Version &version, VersionSummary &summary)
        : m_repository(repository)
        , m_id(version.id)
        , m_parent(version.parents.value(0))
        , m_summary(summary)
    {
    }

    void tell(const QString &run, const std::vector<FileChange> &files)
    {
        m_run = run;
        const auto change = [&](const char *name) -> const FileChange * {
            const QString path = QStringLiteral("runs/%1/").arg(run) + QLatin1String(name);
            const auto found = std::find_if(files.begin(), files.end(),
                                            [&](const FileChange &f) { return f.path == path; });
            return found == files.end() ? nullptr : &*found;
        };
        bool isTold = false;
        const auto part = [&](const char *name, auto act) {
            if (const FileChange *found = change(name)) {
                isTold = true;
                endure([&] { act(*found); });
            }
        };
        part("plan.json", [&](const FileChange &file) { tellPlan(file.kind); });
        part("steps.jsonl", [&](const FileChange &file) { tellSteps(file.kind); });
        part("marks.jsonl", [&](const FileChange &) { tellMarks(); });
        part("run.h5.dvc", [&](const FileChange &file) { tellRecording(file.kind); });
        if (!isTold)
            say(Tr::tr("Run %1: %2.").arg(run, countOf(files.size())));
        if (m_summary.title.isEmpty() && !change("plan.json"))
            endure([&] {
                if (const auto plan = planAt(m_repository, m_id, run))
                    m_summary.title = inWords(plan->title);
            });
    }

    static QString countOf(std::size_t files)
    {
        return files == 1 ? Tr::tr("1 file changed") : Tr::tr("%1 files changed").arg(files);
    }

private:
    void say(const QString &sentence) { m_summary.sentences << sentence; }

    template <class Act>
    void endure(Act act)
    {
        try {
            act();
        } catch (const Error &error) {
            const QString sentence = QString::fromUtf8(error.what());
            if (!m_summary.sentences.contains(sentence))
                say(sentence);
        }
    }

    void tellPlan(FileChange::Kind kind)
    {
        if (kind == FileChange::Kind::Removed) {
            say(Tr::tr("Run %1 is taken out.").arg(m_run));
            return;
        }
        const std::optional<ToldPlan> told = planAt(m_repository, m_id, m_run);
        if (!told)
            return;
        if (m_summary.title.isEmpty())
            m_summary.title = inWords(told->title);
        if (kind == FileChange::Kind::Changed) {
            if (const auto before = planAt(m_repository, m_parent, m_run))
                tellDifferences(Tr::tr("The plan of run %1 changed").arg(m_run),
                                planDifferences(before->plan, told->plan));
            return;
        }
        const Origin &origin = told->plan.origin;
        QStringList what;
        if (!told->title.isEmpty())
            what << inWords(told->title);
        if (!told->valueName.isEmpty())
            what << inWords(told->valueName);
        what << Tr::tr(rowOf(told->plan.acquisition.kind).name);
        say(origin.run.isEmpty() ? Tr::tr("Run %1 begins: %2.").arg(m_run, what.join(", "))
                                 : Tr::tr("Run %1 branches from step %2 of run %3: %4.")
                                       .arg(m_run)
                                       .arg(origin.step)
                                       .arg(origin.run, what.join(", ")));
        const QString other =
            origin.run.isEmpty() ? runBefore(m_repository, m_id, m_run) : origin.run;
        if (other.isEmpty())
            return;
        const auto before = planAt(m_repository, m_id, other);
        if (!before) {
            if (!origin.run.isEmpty())
                say(Tr::tr("This version does not have run %1.").arg(other));
            return;
        }
        Plan compared = told->plan;
        if (!origin.run.isEmpty()) {
            // Said already; the taken-over measurements are its first points.
            compared.origin = before->plan.origin;
            compared.initial = before->plan.initial;
        }
        tellDifferences(Tr::tr("Against run %1").arg(other),
                        planDifferences(before->plan, compared));
    }

    void tellDifferences(const QString &beginning, const QStringList &differences)
    {
        if (differences.isEmpty())
            say(Tr::tr("%1: the same plan.").arg(beginning));
        else
            say(Tr::tr("%1: %2.").arg(beginning, differences.join(QStringLiteral("; "))));
    }

    void tellSteps(FileChange::Kind kind)
    {
        if (kind == FileChange::Kind::Removed)
            return; // the plan's absence says it
        const ToldSteps before = stepsAt(m_repository, m_parent, m_run);
        const ToldSteps now = stepsAt(m_repository, m_id, m_run);
        const int added = now.steps - before.steps;
        m_summary.stepsAdded += std::max(added, 0);
        if (added == 1)
            say(Tr::tr("Run %1: step %2 was added.").arg(m_run).arg(now.steps));
        else if (added > 1)
            say(Tr::tr("Run %1: %2 steps were added (%3 to %4).")
                    .arg(m_run)
                    .arg(added)
                    .arg(before.steps + 1)
                    .arg(now.steps));
        else if (added < 0)
            say(Tr::tr("Run %1: %2 steps fewer than before.").arg(m_run).arg(-added));
        if (now.hasEnd && !before.hasEnd) {
            const QString how = asSentence(inWords(now.message));
            say(Tr::tr("Run %1 %2 after %3.")
                    .arg(m_run, wordsOf(now.outcome),
                         now.steps == 1 ? Tr::tr("1 step") : Tr::tr("%1 steps").arg(now.steps)));
            if (!how.isEmpty())
                say(how);
        } else if (before.hasEnd && !now.hasEnd) {
            say(Tr::tr("Run %1 goes on.").arg(m_run));
        }
    }

    void tellMarks()
    {
        const auto before = marksAt(m_repository, m_parent, m_run);
        const auto now = marksAt(m_repository, m_id, m_run);
        constexpr std::size_t mostTold = 10;
        const std::size_t end = std::min(now.size(), before.size() + mostTold);
        for (std::size_t i = before.size(); i < end; ++i)
            say(Tr::tr("Mark at step %1: %2").arg(now[i].first).arg(asSentence(now[i].second)));
        if (now.size() > end)
            say(Tr::tr("And %1 more marks.").arg(now.size() - end));
    }

    void tellRecording(FileChange::Kind kind)
    {
        if (kind == FileChange::Kind::Removed)
            return;
        const auto bytes =
            m_repository.file(m_id, QStringLiteral("runs/%1/run.h5.dvc").arg(m_run), largestSmall);
        if (!bytes)
            return;
        for (const QByteArray &line : bytes->split('\n')) {
            bool isNumber = false;
            const QByteArray text = line.trimmed();
            if (!text.startsWith("size:"))
                continue;
            const qint64 size = text.mid(5).trimmed().toLongLong(&isNumber);
            if (isNumber && size >= 0)
                say(Tr::tr("Its recording, %1, is kept.").arg(QLocale().formattedDataSize(size)));
            return;
        }
    }

    const Repository &m_repository;
    QString m_id, m_parent, m_run;
    VersionSummary &m_summary;
};

} // namespace

VersionSummary summaryOf(const Repository &repository, const QString &id)
{
    const std::optional<Version> version = repository.version(id);
    if (!version)
        fail(Tr::tr("There is no version '%1' in %2.").arg(id, repository.folder()));
    VersionSummary summary;
    summary.files = repository.changes(version->id);
    for (const Reference &reference : repository.references())
        if (reference.kind == Reference::Kind::Tag && reference.version == version->id)
            summary.tags << reference.name;

    std::map<QString, std::vector<FileChange>> runs;
    std::size_t others = 0;
    for (const FileChange &file : summary.files) {
        if (file.path.startsWith(QLatin1String("runs/")) && file.path.count('/') >= 2)
            runs[file.path.section('/', 1, 1)].push_back(file);
        else
            ++others;
    }
    if (version->parents.size() > 1)
        summary.sentences << Tr::tr("Joins %1 lines of work.").arg(version->parents.size());
    Teller teller(repository, *version, summary);
    for (const auto &[run, files] : runs) {
        summary.runs << run;
        if (summary.runs.size() <= VersionSummary::mostRuns)
            teller.tell(run, files);
    }
    if (const qsizetype more = summary.runs.size() - VersionSummary::mostRuns; more > 0)
        summary.sentences << Tr::tr("And %1 more runs changed.").arg(more);
    if (others > 0 && !runs.empty())
        summary.sentences << Tr::tr("Besides the runs: %1.").arg(Teller::countOf(others));
    else if (others > 0)
        summary.sentences << Tr::tr("No run changed: %1.").arg(Teller::countOf(others));
    else if (runs.empty())
        summary.sentences << Tr::tr("No file changed.");
    return summary;
}

} // namespace helmscope
