// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/cliprogress.h"
#include "app/clirunfile.h"
#include "base/tr.h"
#include "history/repository.h"
#include "workspace/importing.h"
#include "workspace/lineage/runlineage.h"
#include "workspace/workspace.h"

#include <CLI/CLI.hpp>

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

namespace helmscope {

namespace {

struct Options
{
    std::string folder, run, version, name, email, file;
    bool isJson = false;
    int stepsPerExecution = 0; ///< 0: as it is

    Workspace workspace() const { return Workspace(QFile::decodeName(folder.c_str())); }
};

/// Shows how far it is, unless somebody reads what is printed.
template <class Work>
auto watched(const QString &what, Work work)
{
    ProgressBar bar(what);
    return work([&bar](double fraction) {
        bar.show(fraction);
        return !isStopAsked();
    });
}

int printJson(const QJsonObject &object)
{
    printOut(QJsonDocument(object).toJson(QJsonDocument::Compact));
    return Done;
}

int init(const Options &options)
{
    if (options.name.empty() != options.email.empty())
        throw UsageError(Tr::tr("--name and --email belong together."));
    const QString folder = QFile::decodeName(options.folder.c_str());
    if (!options.name.empty()) // before the first version, which bears the name
        Repository::create(folder).setPerson(
            {QString::fromStdString(options.name), QString::fromStdString(options.email)});
    const Workspace workspace = Workspace::create(folder);
    if (options.stepsPerExecution > 0)
        setStepsPerExecution(workspace.folder(), options.stepsPerExecution);
    printOut(Tr::tr("%1 is a workspace.").arg(workspace.folder()));
    if (!personOf(workspace))
        printOut(Tr::tr("Git does not know who you are: versions are committed once you say "
                        "helmscope-cli init %1 --name NAME --email ADDRESS")
                     .arg(folder));
    return Done;
}

QString outcomeOf(const RunEntry &run)
{
    if (run.isGoing)
        return Tr::tr("going on");
    return run.outcome ? QString::fromLatin1(keyOf(*run.outcome)) : Tr::tr("cut off");
}

QString dateOf(const RunEntry &run)
{
    return QDateTime::fromMSecsSinceEpoch(run.createdMs, Qt::UTC).toString(Qt::ISODate);
}

int runs(const Options &options)
{
    const Workspace workspace = options.workspace();
    const std::vector<RunEntry> entries = watched(
        Tr::tr("Reading"), [&](const Progress &progress) { return workspace.runs(progress); });
    QJsonArray list;
    if (!options.isJson && entries.empty())
        printOut(Tr::tr("There are no runs in %1.").arg(workspace.folder()));
    for (const RunEntry &run : entries) {
        list.append(QJsonObject{
            {"id", run.id},
            {"folder", run.folder},
            {"created", dateOf(run)},
            {"steps", run.steps},
            {"outcome", run.outcome ? QJsonValue(keyOf(*run.outcome)) : QJsonValue()},
            {"message", run.message},
            {"isGoing", run.isGoing},
            {"title", run.title},
            {"value", QJsonObject{{"name", run.valueName}, {"unit", run.valueUnit}}},
            {"branchOf",
             run.plan.origin.run.isEmpty() ? QJsonValue() : QJsonValue(run.plan.origin.run)},
            {"problem", run.problem.isEmpty() ? QJsonValue() : QJsonValue(run.problem)},
        });
        if (!options.isJson)
            printOut(run.problem.isEmpty()
                         ? QStringLiteral("%1  %2  %3  %4  %5")
                               .arg(run.id, -18)
                               .arg(dateOf(run), -20)
                               .arg(Tr::tr("%1 steps").arg(run.steps), 11)
                               .arg(outcomeOf(run), -12)
                               .arg(run.valueName)
                         : QStringLiteral("%1  %2").arg(run.id, -18).arg(run.problem));
    }
    return options.isJson ? printJson({{"workspace", workspace.folder()}, {"runs", list}}) : Done;
}

int recover(const Options &options)
{
    const Workspace workspace = options.workspace();
    const std::vector<Recovered> all = watched(Tr::tr("Recovering"), [&](const Progress &progress) {
        return workspace.recover(progress);
    });
    QJsonArray list;
    for (const Recovered &one : all) {
        list.append(QJsonObject{{"run", one.run},
                                {"steps", one.steps},
                                {"canContinue", one.canContinue},
                                {"sentence", one.sentence}});
        if (!options.isJson)
            printOut(one.sentence);
    }
    if (!options.isJson && all.empty())
        printOut(Tr::tr("All runs in %1 are in order.").arg(workspace.folder()));
    return options.isJson ? printJson({{"workspace", workspace.folder()}, {"recovered", list}})
                          : Done;
}

int restore(const Options &options)
{
    const Workspace workspace = options.workspace();
    const QString id = watched(Tr::tr("Restoring"), [&](const Progress &progress) {
        return workspace.restore(QString::fromStdString(options.run),
                                 QString::fromStdString(options.version), progress);
    });
    printOut(Tr::tr("Restored in %1").arg(workspace.runFolder(id)));
    return Done;
}

int import(const Options &options)
{
    const Workspace workspace = options.workspace();
    const QString file = runFileOf(options.file);
    const QString id = options.run.empty() ? runIdOf(file) : QString::fromStdString(options.run);
    const QStringList troubles = watched(Tr::tr("Importing"), [&](const Progress &progress) {
        return importRun(workspace, file, id, progress);
    });
    for (const QString &trouble : troubles)
        printError(trouble);
    printOut(Tr::tr("Imported as %1").arg(workspace.runFolder(id)));
    return Done;
}

} // namespace

void addWorkspace(CLI::App &program, Command &chosen)
{
    const auto add = [&](const char *name, const QString &what, int (*act)(const Options &)) {
        CLI::App *command = program.add_subcommand(name, what.toStdString());
        const auto options = std::make_shared<Options>();
        command->add_option("DIR", options->folder, "The workspace's folder")->required();
        command->callback(
            [options, act, &chosen] { chosen = [options, act] { return act(*options); }; });
        return std::pair(command, options);
    };
    const auto addJson = [](const auto &made) {
        made.first->add_flag("--json", made.second->isJson, "Prints one JSON object on stdout");
    };
    const auto made =
        add("init", Tr::tr("Makes a workspace: a folder that keeps runs and their versions"), init);
    made.first->add_option("--name", made.second->name, "Who commits versions, for this folder");
    made.first->add_option("--email", made.second->email, "Likewise");
    made.first
        ->add_option("--steps-per-execution", made.second->stepsPerExecution,
                     "Steps of a run that one execution of the lineage stands for (1)")
        ->check(CLI::Range(1, 1000));
    made.first->footer("Example:\n  helmscope-cli init my-sample\n");
    addJson(add("runs", Tr::tr("Lists the runs of a workspace, newest first"), runs));
    addJson(add("recover",
                Tr::tr("Makes whole what was cut off by a crash, a full disk or a power failure"),
                recover));
    const auto into =
        add("import", Tr::tr("Takes a run that was recorded elsewhere into a workspace"), import);
    into.first->add_option("RUN", into.second->file, "Its file, or its folder")->required();
    into.first->add_option("--name", into.second->run, "How it is called there; as its file");
    const auto back = add("restore", Tr::tr("Puts a run back as a version has it"), restore);
    back.first->add_option("RUN", back.second->run, "Its name")->required();
    back.first->add_option("VERSION", back.second->version, "A commit, branch or tag")->required();
}

} // namespace helmscope
