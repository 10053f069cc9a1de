// SPDX-License-Identifier: GPL-3.0-or-later
// The one Push and the one Pull.
#include "app/cli.h"
#include "app/cliprogress.h"
#include "app/clisyncing.h"
#include "base/tr.h"
#include "workspace/sync/outbox.h"

#include <CLI/CLI.hpp>

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

#include <algorithm>
#include <memory>

namespace helmscope {

namespace {

struct Options
{
    std::string workspace = ".", pipeline, stage, since, artifacts = "needed", take;
    std::vector<std::string> remotes, runs;
    bool isDry = false, isJson = false, isQueued = false;
};

QStringList listOf(const std::vector<std::string> &given)
{
    QStringList list;
    for (const std::string &each : given)
        list << QString::fromStdString(each);
    return list;
}

template <class Work>
auto watched(const QString &what, Work work)
{
    ProgressBar bar(what);
    return work([&bar](double fraction) {
        bar.show(fraction);
        return !isStopAsked();
    });
}

QString sizeOf(qint64 bytes)
{
    return QLocale::c().formattedDataSize(bytes);
}

const char *keyOf(SyncItem::Kind kind)
{
    switch (kind) {
    case SyncItem::Kind::Part:
        return "part";
    case SyncItem::Kind::Pipeline:
        return "pipeline";
    case SyncItem::Kind::Run:
        return "run";
    case SyncItem::Kind::File:
        return "file";
    case SyncItem::Kind::Branch:
        return "branch";
    }
    return "";
}

QJsonObject toJson(const SyncItem &item)
{
    QJsonArray children;
    for (const SyncItem &child : item.children)
        children.append(toJson(child));
    return {{"kind", keyOf(item.kind)}, {"part", keyOf(item.part)},    {"name", item.name},
            {"count", item.count},      {"bytes", double(item.bytes)}, {"children", children}};
}

void print(const SyncItem &item, int depth)
{
    const QString what =
        depth == 0 ? QStringLiteral("%1 → %2").arg(QString::fromLatin1(keyOf(item.part)), item.name)
                   : item.name;
    printOut(QStringLiteral("%1%2  %3%4")
                 .arg(QString(depth * 2, ' '), what)
                 .arg(item.count)
                 .arg(item.bytes > 0 ? QStringLiteral(", ") + sizeOf(item.bytes) : QString()));
    for (const SyncItem &child : item.children)
        print(child, depth + 1);
}

int printPlan(const PushPlan &plan, bool isJson)
{
    QStringList losses;
    for (const DocumentLoss &loss : plan.losses)
        losses << sentenceOf(loss);
    if (isJson) {
        QJsonArray items;
        for (const SyncItem &item : plan.items)
            items.append(toJson(item));
        printOut(QJsonDocument(QJsonObject{{"items", items},
                                           {"bytes", double(plan.bytes())},
                                           {"losses", QJsonArray::fromStringList(losses)},
                                           {"leftOut", QJsonArray::fromStringList(plan.leftOut)},
                                           {"notes", QJsonArray::fromStringList(plan.notes)}})
                     .toJson(QJsonDocument::Compact));
        return plan.isStopped ? StoppedBySignal : Done;
    }
    if (plan.isEmpty())
        printOut(Tr::tr("Everything is there already."));
    for (const SyncItem &item : plan.items)
        if (item.count > 0)
            print(item, 0);
    if (!plan.leftOut.isEmpty())
        printOut(Tr::tr("Stays here: %1").arg(plan.leftOut.join(", ")));
    for (const QString &sentence : losses + plan.notes)
        printOut(sentence);
    return plan.isStopped ? StoppedBySignal : Done;
}

QJsonObject toJson(const SyncReport &report)
{
    QJsonArray parts, conflicts;
    for (const SyncPart &part : report.parts)
        parts.append(QJsonObject{{"kind", keyOf(part.kind)},
                                 {"remote", part.remote},
                                 {"address", part.address},
                                 {"outcome", keyOf(part.outcome)},
                                 {"sentence", part.sentence},
                                 {"details", QJsonArray::fromStringList(part.details)},
                                 {"count", part.count},
                                 {"bytes", double(part.bytes)}});
    for (const SyncConflict &conflict : report.conflicts)
        conflicts.append(QJsonObject{{"where", conflict.where},
                                     {"name", conflict.name},
                                     {"ours", conflict.ours.toString()},
                                     {"theirs", conflict.theirs.toString()}});
    return {{"parts", parts},
            {"runs", QJsonArray::fromStringList(report.runs)},
            {"executions", QJsonArray::fromStringList(report.executions)},
            {"objects", QJsonArray::fromStringList(report.objects)},
            {"versions", QJsonArray::fromStringList(report.versions)},
            {"conflicts", conflicts}};
}

int codeOf(const SyncReport &report)
{
    for (const SyncPart &part : report.parts)
        if (part.outcome == SyncPart::Outcome::Stopped)
            return StoppedBySignal;
    return report.isDone() ? Done : Failure;
}

int print(const SyncReport &report, bool isJson)
{
    if (isJson) {
        printOut(QJsonDocument(toJson(report)).toJson(QJsonDocument::Compact));
        return codeOf(report);
    }
    for (const SyncPart &part : report.parts) {
        const QString line =
            QStringLiteral("%1, %2: %3")
                .arg(QString::fromLatin1(keyOf(part.kind)), part.remote, part.sentence);
        if (part.outcome == SyncPart::Outcome::Done)
            printOut(line);
        else
            printError(
                part.outcome == SyncPart::Outcome::Queued
                    ? Tr::tr("%1 It is tried again later: helmscope-cli push --queued").arg(line)
                    : line);
        for (const QString &detail : part.details)
            printError("  " + detail);
    }
    if (!report.runs.isEmpty() && !report.executions.isEmpty())
        printOut(Tr::tr("New runs: %1").arg(report.runs.join(", ")));
    return codeOf(report);
}

SyncChoice choiceOf(const Workspace &workspace, const Options &options)
{
    SyncChoice choice = syncChoice(workspace.folder(), listOf(options.remotes));
    choice.runs = listOf(options.runs);
    if (!choice.metadata && !choice.artifacts && !choice.versions)
        fail(Tr::tr("%1 has no default remote: add one with helmscope-cli remote add, or name one.")
                 .arg(workspace.folder()));
    return choice;
}

int pushNow(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    if (options.isQueued) {
        const auto reports = watched(Tr::tr("Pushing"), [&](const Progress &progress) {
            return retryQueued(workspace.folder(), true, QDateTime::currentMSecsSinceEpoch(),
                               progress);
        });
        int code = Done;
        for (const SyncReport &report : reports)
            code = std::max(code, print(report, options.isJson));
        if (reports.empty())
            printOut(Tr::tr("Nothing waits."));
        return code;
    }
    const SyncChoice choice = choiceOf(workspace, options);
    const PushPlan plan = watched(Tr::tr("Looking"), [&](const Progress &progress) {
        return planPush(workspace.folder(), choice, progress);
    });
    if (options.isDry || plan.isStopped || plan.isEmpty())
        return printPlan(plan, options.isJson);
    if (!options.isJson)
        for (const QString &note : plan.notes)
            printError(note);
    const SyncReport report = watched(Tr::tr("Pushing"), [&](const Progress &progress) {
        return push(workspace.folder(), plan, progress);
    });
    return print(report, options.isJson);
}

qint64 timeOf(const std::string &given)
{
    const QString text = QString::fromStdString(given);
    bool isNumber = false;
    if (const qint64 ms = text.toLongLong(&isNumber); isNumber && ms > 0)
        return ms;
    const QDateTime time = QDateTime::fromString(text, Qt::ISODate);
    if (!time.isValid())
        throw UsageError(
            Tr::tr("%1 is no time: write 2026-01-31, 2026-01-31T12:00:00Z or milliseconds.")
                .arg(text));
    return time.toMSecsSinceEpoch();
}

int pullNow(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    PullChoice choice;
    choice.remotes = choiceOf(workspace, options);
    choice.pipeline = QString::fromStdString(options.pipeline);
    choice.stage = QString::fromStdString(options.stage);
    if (!options.since.empty())
        choice.sinceMs = timeOf(options.since);
    choice.artifacts = options.artifacts == "none"  ? PullChoice::Artifacts::None
                       : options.artifacts == "all" ? PullChoice::Artifacts::All
                                                    : PullChoice::Artifacts::Needed;
    if (!options.take.empty())
        choice.choose = [side = options.take == "ours" ? PullChoice::Side::Ours
                                                       : PullChoice::Side::Theirs](
                            const SyncConflict &) { return side; };
    const SyncReport report = watched(Tr::tr("Pulling"), [&](const Progress &progress) {
        return pull(workspace.folder(), choice, progress);
    });
    return print(report, options.isJson);
}

} // namespace

void addSync(CLI::App &program, Command &chosen)
{
    const auto command = [&](const char *name, const QString &what, int (*act)(const Options &)) {
        CLI::App *made = program.add_subcommand(name, what.toStdString());
        const auto options = std::make_shared<Options>();
        made->add_option("--workspace", options->workspace, "Its folder, or one in it (here)");
        made->add_option("--run", options->runs, "Only of this run; may be given several times");
        made->add_flag("--json", options->isJson, "Prints one JSON object on stdout");
        made->callback(
            [options, act, &chosen] { chosen = [options, act] { return act(*options); }; });
        return std::pair(made, options);
    };
    const auto out =
        command("push", Tr::tr("Sends what is new: lineage, artifacts and versions"), pushNow);
    out.first->add_option("--to", out.second->remotes,
                          "This remote instead of the default ones; several times");
    out.first->add_flag("--dry-run", out.second->isDry, "Only says what would go, and where");
    out.first->add_flag("--queued", out.second->isQueued, "Tries what could not go before");
    out.first->footer("What is private (see .helmscope, group sync) stays here.\nExamples:\n"
                      "  helmscope-cli push --dry-run\n"
                      "  helmscope-cli push --to hub --run 20260131-120000-7c3e\n");
    const auto in = command(
        "pull", Tr::tr("Fetches what others have sent, and merges it with what is here"), pullNow);
    in.first->add_option("--from", in.second->remotes,
                         "This remote instead of the default ones; several times");
    in.first->add_option("--pipeline", in.second->pipeline, "Only this pipeline");
    in.first->add_option("--stage", in.second->stage, "Only this stage");
    in.first->add_option("--since", in.second->since, "Only what changed on the server since then");
    in.first
        ->add_option("--artifacts", in.second->artifacts,
                     "none, needed (what the runs here lack; as if nothing is said) or all")
        ->check(CLI::IsMember({"none", "needed", "all"}));
    in.first
        ->add_option("--take", in.second->take,
                     "Whose value is taken where both have another one; nothing: ours, and it is "
                     "said")
        ->check(CLI::IsMember({"ours", "theirs"}));
    in.first->footer("Example:\n  helmscope-cli pull --from hub --pipeline sample\n");
}

} // namespace helmscope
