// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/clilineagetext.h"
#include "base/error.h"
#include "base/tr.h"
#include "lineage/check.h"
#include "lineage/cmfjson.h"
#include "lineage/exports.h"
#include "lineage/merge.h"
#include "lineage/query.h"
#include "lineage/store.h"

#include <CLI/CLI.hpp>

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>

namespace helmscope {

namespace {

using Kind = LineageNode::Kind;

struct Options
{
    std::string ancestors, descendants, query, format, out;
    std::vector<std::string> stores, path, origin, diff, merge;
    std::vector<std::string> columns;
    int depth = -1;
    bool isJson = false, isCheck = false;
};

QString said(const std::string &text)
{
    return QString::fromLocal8Bit(text.c_str());
}

bool goesOn(double)
{
    return !isStopAsked();
}

/// A lineage from either kind of file.
struct Source
{
    QString file;
    std::unique_ptr<LineageStore> store; ///< null for a document of CMF
    LineageGraph graph;

    explicit Source(const QString &name)
        : file(name)
    {
        bool isText = false;
        if (QFile in(name); !LineageStore::isOne(name) && in.open(QIODevice::ReadOnly))
            isText = in.peek(64).trimmed().startsWith('{');
        if (isText)
            graph = readCmfJson(name);
        else
            store = std::make_unique<LineageStore>(name);
    }
    /// Several, as one.
    explicit Source(const std::vector<std::string> &names)
    {
        std::vector<LineageGraph> graphs;
        QStringList files;
        for (const std::string &name : names) {
            files << QFile::decodeName(name.c_str());
            graphs.push_back(Source(files.back()).whole());
        }
        file = files.join(", ");
        graph = together(graphs);
    }
    const LineageGraph &whole()
    {
        if (store && graph.nodes.empty())
            graph = store->graph(goesOn);
        if (isStopAsked())
            fail(Tr::tr("Stopped while reading %1.").arg(file));
        return graph;
    }
};

int answer(const LineageGraph &graph, const std::vector<int> &nodes, const Options &options)
{
    QStringList columns;
    for (const std::string &column : options.columns)
        columns << said(column);
    if (!columns.isEmpty())
        printColumns(graph, nodes, columns);
    else if (options.isJson)
        print(toJson(subgraph(graph, nodes)));
    else
        printNodes(graph, nodes);
    return Done;
}

/// The one node that this names; a sentence with the candidates where it names several. Where
/// executions are asked for, a number alone is one's.
int nodeNamed(const LineageGraph &graph, const QString &name, bool isOfExecution = false)
{
    std::vector<int> found = graph.find(name);
    const auto isExecution = [&graph](int index) {
        return graph.nodes[std::size_t(index)].kind == Kind::Execution;
    };
    if (isOfExecution && std::any_of(found.begin(), found.end(), isExecution))
        std::erase_if(found, [&](int index) { return !isExecution(index); });
    if (found.empty())
        fail(Tr::tr("No node of the lineage is called \"%1\": give a name, a hash, a uuid or an id "
                    "such as execution:3.")
                 .arg(name));
    if (found.size() == 1)
        return found.front();
    QStringList candidates;
    for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 8); ++i)
        candidates << idOf(graph, graph.nodes[std::size_t(found[i])]);
    if (found.size() > 8)
        candidates << "…";
    fail(Tr::tr("\"%1\" names %2 nodes: say which (%3).")
             .arg(name)
             .arg(found.size())
             .arg(candidates.join(", ")));
}

int overview(Source &source, bool isJson)
{
    LineageStore::Counts counts;
    if (source.store) {
        counts = source.store->counts();
    } else {
        std::map<QString, qint64> types[2], pipelines, stages;
        for (const LineageNode &node : source.graph.nodes) {
            ++types[int(node.kind)][node.type];
            ++(node.kind == Kind::Artifact ? counts.artifacts : counts.executions);
            if (node.kind != Kind::Execution)
                continue;
            for (const QString &name : node.pipelines)
                ++pipelines[name];
            for (const QString &name : node.stages)
                ++stages[name];
        }
        counts.events = qint64(source.graph.edges.size());
        counts.contexts = qint64(pipelines.size() + stages.size());
        counts.artifactTypes.assign(types[0].begin(), types[0].end());
        counts.executionTypes.assign(types[1].begin(), types[1].end());
        counts.pipelines.assign(pipelines.begin(), pipelines.end());
        counts.stages.assign(stages.begin(), stages.end());
    }
    const auto object = [](const std::vector<std::pair<QString, qint64>> &rows) {
        QJsonObject made;
        for (const auto &[name, count] : rows)
            made[name] = double(count) + made[name].toDouble();
        return made;
    };
    if (isJson) {
        QJsonObject made = toJson(source.whole());
        made["file"] = source.file;
        made["schema"] = source.store ? source.store->schemaVersion() : 0;
        made["counts"] = QJsonObject{{"artifacts", double(counts.artifacts)},
                                     {"executions", double(counts.executions)},
                                     {"contexts", double(counts.contexts)},
                                     {"events", double(counts.events)},
                                     {"artifactTypes", object(counts.artifactTypes)},
                                     {"executionTypes", object(counts.executionTypes)}};
        made["pipelines"] = object(counts.pipelines);
        made["stages"] = object(counts.stages);
        print(made);
        return Done;
    }
    if (source.graph.stores.size() > 1)
        printOut(Tr::tr("%1, joined by content").arg(source.file));
    else
        printOut(source.store ? Tr::tr("%1: store of ML-Metadata, schema %2")
                                    .arg(source.file)
                                    .arg(source.store->schemaVersion())
                              : Tr::tr("%1: pipeline document of CMF").arg(source.file));
    printOut(Tr::tr("  %1 artifacts, %2 executions, %3 events")
                 .arg(counts.artifacts)
                 .arg(counts.executions)
                 .arg(counts.events));
    const auto table = [](const QString &title,
                          const std::vector<std::pair<QString, qint64>> &rows) {
        if (!rows.empty())
            printOut(title);
        for (const auto &[name, count] : rows)
            printOut(QStringLiteral("  %1  %2").arg(count, 8).arg(name));
    };
    table(Tr::tr("Artifacts by type"), counts.artifactTypes);
    table(Tr::tr("Executions by type"), counts.executionTypes);
    table(Tr::tr("Executions by pipeline"), counts.pipelines);
    table(Tr::tr("Executions by stage"), counts.stages);
    if (source.store)
        for (const QString &note : source.store->notes())
            printError(note);
    return Done;
}

int difference(const LineageGraph &graph, const Options &options)
{
    const int first = nodeNamed(graph, said(options.diff[0]), true);
    const int second = nodeNamed(graph, said(options.diff[1]), true);
    const auto wordOf = [](LineageDifference::Of of) {
        switch (of) {
        case LineageDifference::Of::Property:
            return "property";
        case LineageDifference::Of::Input:
            return "input";
        case LineageDifference::Of::Output:
            return "output";
        case LineageDifference::Of::Metric:
            return "metric";
        }
        return "";
    };
    QJsonArray list;
    for (const LineageDifference &each : differences(graph, first, second)) {
        if (options.isJson)
            list.append(QJsonObject{{"of", wordOf(each.of)},
                                    {"name", each.name},
                                    {"first", QJsonValue::fromVariant(each.first)},
                                    {"second", QJsonValue::fromVariant(each.second)}});
        else
            printOut(QStringLiteral("%1  %2  %3 | %4")
                         .arg(wordOf(each.of), -8)
                         .arg(each.name, -28)
                         .arg(each.first.isValid() ? each.first.toString() : "–",
                              each.second.isValid() ? each.second.toString() : "–"));
    }
    if (options.isJson)
        print({{"differences", list}});
    return Done;
}

int check(Source &source, bool isJson)
{
    std::vector<LineageFinding> findings;
    if (source.store)
        findings = checkLineage(*source.store, goesOn);
    else
        for (const QString &sentence : checkLineage(source.graph))
            findings.push_back({LineageFinding::Severity::Note, sentence, {}});
    if (isStopAsked())
        return StoppedBySignal;
    QJsonArray list;
    bool isDamaged = false;
    for (const LineageFinding &finding : findings) {
        isDamaged = isDamaged || finding.severity == LineageFinding::Severity::Damage;
        if (isJson)
            list.append(QJsonObject{{"severity", keyOf(finding.severity)},
                                    {"sentence", finding.sentence},
                                    {"node", finding.node}});
        else
            printOut(
                QStringLiteral("%1  %2").arg(keyOf(finding.severity), -6).arg(finding.sentence));
    }
    if (isJson)
        print({{"findings", list}});
    else if (findings.empty())
        printOut(Tr::tr("Nothing is wrong, and a CMF server would lose nothing."));
    return isDamaged ? Failure : Done;
}

/// A document of CMF has no place for some of what a store holds.
void sayWhatCmfLeavesOut(const LineageGraph &graph)
{
    qint64 loose = 0, states = 0, times = 0;
    for (const LineageNode &node : graph.nodes) {
        loose += node.stages.isEmpty();
        states += node.state != 0;
    }
    for (const LineageEdge &edge : graph.edges)
        times += edge.timeMs != 0;
    if (loose > 0)
        printError(Tr::tr("%1 nodes are in no stage, and not in the document.").arg(loose));
    if (states + times > 0)
        printError(Tr::tr("CMF's document has no states of nodes (%1) and no times of events "
                          "(%2).")
                       .arg(states)
                       .arg(times));
}

int exportTo(Source &source, const QString &format, const QString &file)
{
    QByteArray bytes;
    QStringList known;
    for (const LineageExport &row : lineageExports()) {
        known << row.key;
        if (format == row.key && format != "cmf")
            bytes = row.write(source.whole());
    }
    if (!known.contains("cmf"))
        known << "cmf";
    if (!known.contains(format))
        throw UsageError(Tr::tr("--export knows %1, not \"%2\".").arg(known.join(", "), format));
    if (format == "cmf") { // the store knows more of pipelines and stages than a graph
        bytes = source.store ? storeToCmfJson(*source.store) : graphToCmfJson(source.whole());
        sayWhatCmfLeavesOut(source.whole());
    }
    if (file.isEmpty()) {
        QFile out;
        if (!out.open(stdout, QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            fail(Tr::tr("Cannot write to stdout: %1.").arg(out.errorString()));
        return Done;
    }
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
    printOut(file);
    return Done;
}

int lineage(const Options &options)
{
    Source source = options.stores.size() > 1
                        ? Source(options.stores)
                        : Source(QFile::decodeName(options.stores.front().c_str()));
    if (!options.format.empty())
        return exportTo(source, said(options.format), QFile::decodeName(options.out.c_str()));
    if (options.isCheck)
        return check(source, options.isJson);
    for (const auto &[name, walk] :
         {std::pair(options.ancestors, Walk::Up), std::pair(options.descendants, Walk::Down)})
        if (!name.empty()) {
            const LineageGraph &graph = source.whole();
            return answer(graph, reach(graph, {nodeNamed(graph, said(name))}, walk, options.depth),
                          options);
        }
    if (!options.path.empty()) {
        const LineageGraph &graph = source.whole();
        const std::vector<int> nodes = path(graph, nodeNamed(graph, said(options.path[0])),
                                            nodeNamed(graph, said(options.path[1])));
        if (nodes.empty())
            fail(Tr::tr("Nothing joins \"%1\" and \"%2\".")
                     .arg(said(options.path[0]), said(options.path[1])));
        return answer(graph, nodes, options);
    }
    if (!options.origin.empty()) {
        const LineageGraph &graph = source.whole();
        return answer(graph,
                      commonOrigin(graph, nodeNamed(graph, said(options.origin[0])),
                                   nodeNamed(graph, said(options.origin[1]))),
                      options);
    }
    if (!options.diff.empty())
        return difference(source.whole(), options);
    if (!options.query.empty()) {
        // A large store is asked where it lies.
        constexpr qint64 largestWhole = 50'000;
        if (source.store && !options.isJson && options.columns.empty()) {
            const LineageStore::Counts counts = source.store->counts();
            if (counts.artifacts + counts.executions > largestWhole) {
                LineageGraph found;
                found.nodes = source.store->matching(said(options.query), 1'000'000, goesOn);
                std::vector<int> all(found.nodes.size());
                std::iota(all.begin(), all.end(), 0);
                printNodes(found, all);
                return isStopAsked() ? StoppedBySignal : Done;
            }
        }
        const LineageGraph &graph = source.whole();
        return answer(graph, matching(graph, said(options.query)), options);
    }
    return overview(source, options.isJson);
}

int merge(const Options &options)
{
    const QString to = QFile::decodeName(options.out.c_str());
    const MergeCounts counts = mergeStores(QFile::decodeName(options.merge[0].c_str()),
                                           QFile::decodeName(options.merge[1].c_str()), to, goesOn);
    if (options.isJson)
        print({{"file", to},
               {"artifacts", counts.artifacts},
               {"executions", counts.executions},
               {"contexts", counts.contexts},
               {"events", counts.events}});
    else
        printOut(Tr::tr("%1: %2 artifacts, %3 executions, %4 events")
                     .arg(to)
                     .arg(counts.artifacts)
                     .arg(counts.executions)
                     .arg(counts.events));
    return Done;
}

} // namespace

void addLineage(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "lineage", "Says what led to what: stores of ML-Metadata (CMF), and CMF's JSON");
    const auto options = std::make_shared<Options>();
    command->add_option("STORE", options->stores,
                        "Store (CMF calls it mlmd) or JSON of CMF; several are joined by content");
    CLI::Option_group *what = command->add_option_group("Questions", "At most one");
    what->add_option("--ancestors", options->ancestors,
                     "What led to a node (name, hash, uuid, id)");
    what->add_option("--descendants", options->descendants, "What came of a node");
    what->add_option("--path", options->path, "Shortest way between two nodes")->expected(2);
    what->add_option("--origin", options->origin, "Nearest that two nodes both come from")
        ->expected(2);
    what->add_option("--diff", options->diff, "What differs between two executions")->expected(2);
    what->add_option("--query", options->query, "Nodes for which an expression holds");
    what->add_flag("--check", options->isCheck,
                   "What is wrong with the store, and what a CMF server would lose of it");
    what->add_option("--export", options->format, "openlineage, cmf, dot, svg, prov or rocrate");
    what->require_option(0, 1);
    command->add_option("--depth", options->depth, "Edges to walk; all where it is not given")
        ->check(CLI::Range(0, 1'000'000));
    command
        ->add_option("--columns", options->columns,
                     "Properties of the nodes found, as a table (CSV), e.g. step,rmse")
        ->delimiter(',');
    command->add_option("-o,--out", options->out, "File to write; stdout where it is not given");
    command->add_flag("--json", options->isJson, "Prints one JSON object");
    CLI::App *merging =
        command->add_subcommand("merge", "Two stores into a third: contexts by name, artifacts by "
                                         "content, executions by uuid");
    merging->add_option("STORES", options->merge, "Two stores")->required()->expected(2);
    merging->add_option("-o,--out", options->out, "New store")->required();
    merging->add_flag("--json", options->isJson, "Prints one JSON object");
    command->footer("Examples:\n  helmscope-cli lineage mlmd\n"
                    "  helmscope-cli lineage mlmd --ancestors model.pt --depth 4\n"
                    "  helmscope-cli lineage mlmd --query \"learning_rate < 0.01\" --json\n"
                    "  helmscope-cli lineage mlmd --query \"type = Step and run = RUN\" --columns "
                    "step,row,column,largest_deviation,rmse\n"
                    "  helmscope-cli lineage site-a/mlmd site-b/mlmd --ancestors model.pt\n"
                    "  helmscope-cli lineage merge site-a/mlmd site-b/mlmd -o both.mlmd\n"
                    "--check ends with 1 where the store is damaged.\n");
    command->callback([options, &chosen, merging] {
        if (merging->parsed()) {
            chosen = [options] { return merge(*options); };
            return;
        }
        if (options->stores.empty())
            throw UsageError(Tr::tr("Name a store: helmscope-cli lineage STORE."));
        chosen = [options] { return lineage(*options); };
    });
}

} // namespace helmscope
