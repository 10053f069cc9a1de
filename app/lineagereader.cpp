// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lineagereader.h"

#include "base/tr.h"
#include "lineage/check.h"
#include "lineage/cmfjson.h"
#include "lineage/grouping.h"
#include "lineage/store.h"
#include "workspace/workspace.h"

#include <QFile>
#include <QFileInfo>
#include <QHash>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>

namespace helmscope {

namespace {

constexpr int mostOfARun = 20'000; ///< executions that are looked through for a step

bool isJson(const QString &file)
{
    return QFileInfo(file).suffix().compare("json", Qt::CaseInsensitive) == 0;
}

/// Nodes in the order that a graph promises, edges following them.
LineageGraph sorted(LineageGraph graph)
{
    std::vector<int> order(graph.nodes.size()), places(graph.nodes.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&graph](int a, int b) {
        const LineageNode &first = graph.nodes[std::size_t(a)],
                          &second = graph.nodes[std::size_t(b)];
        return std::tie(first.store, first.kind, first.id) <
               std::tie(second.store, second.kind, second.id);
    });
    LineageGraph result = std::move(graph);
    std::vector<LineageNode> nodes;
    for (std::size_t i = 0; i < order.size(); ++i) {
        places[std::size_t(order[i])] = int(i);
        nodes.push_back(std::move(result.nodes[std::size_t(order[i])]));
    }
    result.nodes = std::move(nodes);
    for (LineageEdge &edge : result.edges) {
        edge.from = places[std::size_t(edge.from)];
        edge.to = places[std::size_t(edge.to)];
    }
    return result;
}

/// The same for the same node of the same store, whatever else is shown.
QString keyOf(const LineageNode &node)
{
    return QStringLiteral("%1:%2:%3").arg(node.store).arg(int(node.kind)).arg(node.id);
}

/// Where the items stood, by their first nodes; empty when none of them did.
std::vector<std::pair<double, double>> placesBefore(const LineagePicture &picture,
                                                    const LineageDrawing *before)
{
    if (!before || !before->picture || before->picture->graph->stores != picture.graph->stores)
        return {};
    const LineageGraph &old = *before->picture->graph;
    const bool isSame = before->picture->graph == picture.graph;
    QHash<int, Layout::Point> places;
    for (std::size_t i = 0; i < before->picture->items.size(); ++i)
        for (int node : before->picture->items[i].nodes)
            places.insert(node, before->picture->layout.centres[i]);
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    std::vector<std::pair<double, double>> result;
    for (const LineagePicture::Item &item : picture.items) {
        const LineageNode &first = picture.graph->nodes[std::size_t(item.nodes.front())];
        const auto found = places.constFind(
            isSame ? item.nodes.front() : old.indexOf(first.kind, first.id, first.store));
        result.emplace_back(found == places.cend() ? none : found->x,
                            found == places.cend() ? none : found->y);
    }
    return result;
}

std::vector<std::vector<int>> singles(const std::vector<int> &members)
{
    std::vector<std::vector<int>> pieces;
    for (int member : members)
        pieces.push_back({member});
    return pieces;
}

/// What of a group is before those that are wanted singly, these, and what is after them; members
/// are in the order in which they were made.
std::vector<std::vector<int>> pieces(const std::vector<int> &members, const std::vector<int> &nodes,
                                     const std::vector<int> &singly)
{
    const auto isSingle = [&](int member) {
        return std::binary_search(singly.begin(), singly.end(), nodes[std::size_t(member)]);
    };
    std::vector<std::vector<int>> result;
    bool isOpen = false; // a piece that more may come into
    for (int member : members) {
        const bool isAlone = isSingle(member);
        if (isAlone || !isOpen)
            result.emplace_back();
        result.back().push_back(member);
        isOpen = !isAlone;
    }
    return result;
}

QString workspaceAround(const QString &file)
{
    const auto workspace = Workspace::containing(QFileInfo(file).absoluteFilePath());
    return workspace ? workspace->folder() : QString();
}

/// The id of a step's execution in a store that is not read whole: executions of a run bear its
/// name, which properties do not have an index for.
qint64 executionIn(const LineageStore &store, const ExperimentPlace &place)
{
    LineageStore::Query query;
    query.kind = LineageNode::Kind::Execution;
    query.text = place.run + '-';
    query.limit = mostOfARun;
    LineageGraph named;
    for (const LineageNode &row : store.list(query))
        if (row.name.startsWith(query.text))
            if (std::optional<LineageNode> node = store.node(row.kind, row.id))
                named.nodes.push_back(std::move(*node));
    const int found = executionOf(named, place);
    return found < 0 ? 0 : named.nodes[std::size_t(found)].id;
}

LineageContents readDocument(const QString &file)
{
    LineageContents contents;
    contents.file = file;
    contents.graph = std::make_shared<const LineageGraph>(readCmfJson(file));
    contents.workspaces = {workspaceAround(file)};
    contents.nodesInStore = qint64(contents.graph->nodes.size());
    return contents;
}

LineageContents readStore(const QString &file, const Progress &progress)
{
    const LineageStore store(file);
    const LineageStore::Counts counts = store.counts();
    if (counts.artifacts + counts.executions > wholeStoreLimit)
        return readLineagePart(file, {}, progress);
    LineageContents contents;
    contents.file = file;
    contents.notes = store.notes();
    contents.workspaces = {workspaceAround(file)};
    contents.nodesInStore = counts.artifacts + counts.executions;
    contents.graph = std::make_shared<const LineageGraph>(store.graph(progress));
    return contents;
}

} // namespace

bool looksLikeLineage(const QString &file)
{
    if (!isJson(file))
        return LineageStore::isOne(file) || QFileInfo(file).suffix() == "mlmd" ||
               QFileInfo(file).fileName() == "mlmd";
    QFile in(file);
    return in.open(QIODevice::ReadOnly) && in.read(256).contains("\"Pipeline\"");
}

QString lineageNameFilter()
{
    return Tr::tr("Lineage (mlmd *.mlmd *.db *.sqlite *.json);;All files (*)");
}

LineageContents readLineage(const QString &file, const Progress &progress)
{
    try {
        return isJson(file) ? readDocument(file) : readStore(file, progress);
    } catch (const Error &e) {
        // What SQLite says of a damaged page does not name the file.
        const QString sentence = QString::fromUtf8(e.what()), name = QFileInfo(file).fileName();
        if (sentence.contains(name))
            throw;
        fail(Tr::tr("Cannot read %1: %2", "file, sentence").arg(name, sentence));
    }
}

std::shared_ptr<const LineageSearchIndex> readSearchIndex(const QString &file,
                                                          const Progress &progress)
{
    return LineageStore(file).prepareSearch(progress);
}

LineageContents readLineages(const QStringList &files, const Progress &progress)
{
    if (files.size() < 2)
        return readLineage(files.value(0), progress);
    LineageContents all;
    all.file = files[0];
    all.files = files;
    LineageGraph graph;
    for (int i = 0; i < files.size(); ++i) {
        const double begin = double(i) / double(files.size());
        const LineageContents one =
            readLineage(files[i], part(progress, begin, begin + 0.9 / double(files.size())));
        if (one.isPart)
            fail(Tr::tr("%1 has %L2 nodes: stores of up to %L3 can be joined in a window.")
                     .arg(QFileInfo(files[i]).fileName())
                     .arg(one.nodesInStore)
                     .arg(wholeStoreLimit));
        const int firstNode = int(graph.nodes.size()), firstStore = int(graph.stores.size());
        graph.stores << one.graph->stores;
        for (LineageNode node : one.graph->nodes) {
            node.store += firstStore;
            graph.nodes.push_back(std::move(node));
        }
        for (LineageEdge edge : one.graph->edges) {
            edge.from += firstNode;
            edge.to += firstNode;
            graph.edges.push_back(std::move(edge));
        }
        graph.problems << one.graph->problems;
        all.notes << one.notes;
        all.workspaces << one.workspaces;
    }
    // What has an identity beyond its store is looked up by it.
    const auto identityOf = [](const LineageNode &node) {
        const LineageProperty *uuid = node.property("Execution_uuid");
        return node.kind == LineageNode::Kind::Artifact ? "a:" + node.uri
               : uuid                                   ? "e:" + uuid->value.toString()
                                                        : QString();
    };
    QHash<QString, std::set<int>> stores;
    for (const LineageNode &node : graph.nodes)
        stores[identityOf(node)].insert(node.store);
    graph = sorted(joinedByContent(graph));
    for (const LineageNode &node : graph.nodes) {
        const QString identity = identityOf(node);
        const bool isKnown = identity.size() > 2 && node.type != "Metrics";
        const std::set<int> in = isKnown ? stores[identity] : std::set<int>{node.store};
        all.inStores.emplace_back(in.begin(), in.end());
    }
    all.nodesInStore = qint64(graph.nodes.size());
    all.graph = std::make_shared<const LineageGraph>(std::move(graph));
    progress(1);
    return all;
}

QString storeMark(const std::vector<int> &stores)
{
    QString mark;
    for (int store : stores)
        mark += store < 20 ? QString(QChar(u'\u2460' + store)) // ①
                           : QStringLiteral("(%1)").arg(store + 1);
    return mark;
}

QStringList findingsIn(const QString &file, const LineageGraph &graph, const Progress &progress)
{
    if (isJson(file))
        return graph.problems;
    const LineageStore store(file);
    QStringList sentences;
    for (const LineageFinding &finding : checkLineage(store, progress)) {
        const QString severity =
            finding.severity == LineageFinding::Severity::Damage ? Tr::tr("Damage")
            : finding.severity == LineageFinding::Severity::Loss ? Tr::tr("Would be lost")
                                                                 : Tr::tr("Note");
        sentences << (finding.node.isEmpty()
                          ? Tr::tr("%1: %2", "severity, sentence").arg(severity, finding.sentence)
                          : Tr::tr("%1, %2: %3", "severity, node, sentence")
                                .arg(severity, finding.node, finding.sentence));
    }
    return sentences;
}

/// What the tables list and the neighbourhood of one node, as one graph.
LineageContents readLineagePart(const QString &file, const LineageWish &wish,
                                const Progress &progress)
{
    LineageStore store(file);
    if (wish.index)
        store.use(wish.index);
    LineageContents contents;
    contents.file = file;
    contents.isPart = true;
    contents.workspaces = {workspaceAround(file)};
    contents.notes = store.notes();
    contents.nodesInStore = wish.nodesInStore;
    if (contents.nodesInStore == 0) {
        const LineageStore::Counts counts = store.counts();
        contents.nodesInStore = counts.artifacts + counts.executions;
    }
    progress(0.1);

    std::vector<LineageNode> rows;
    try {
        if (!wish.text.isEmpty())
            rows = store.matching(wish.text, mostListed, part(progress, 0.1, 0.5));
    } catch (const Error &error) {
        contents.mistake = QString::fromUtf8(error.what());
    }
    for (LineageNode::Kind kind : {LineageNode::Kind::Execution, LineageNode::Kind::Artifact}) {
        if (!wish.text.isEmpty() && contents.mistake.isEmpty())
            break;
        LineageStore::Query query;
        query.kind = kind;
        query.text = wish.text;
        query.limit = mostListed;
        for (LineageNode &node : store.list(query))
            rows.push_back(std::move(node));
    }
    progress(0.5);
    LineageNode::Kind kind = wish.kind;
    qint64 id = wish.id;
    if (!wish.place.run.isEmpty()) {
        kind = LineageNode::Kind::Execution;
        id = executionIn(store, wish.place);
    }
    if (id == 0 && !rows.empty()) {
        kind = rows.front().kind;
        id = rows.front().id;
    }
    LineageGraph graph = store.neighbourhood(kind, id, wish.depth);
    std::vector<std::pair<LineageNode::Kind, qint64>> rowIds;
    for (const LineageNode &row : rows)
        rowIds.emplace_back(row.kind, row.id);
    std::erase_if(rows, [&graph](const LineageNode &row) {
        return graph.indexOf(row.kind, row.id, row.store) >= 0;
    });
    std::move(rows.begin(), rows.end(), std::back_inserter(graph.nodes));
    contents.graph = std::make_shared<const LineageGraph>(sorted(std::move(graph)));
    contents.centre = contents.graph->indexOf(kind, id);
    for (const auto &[rowKind, rowId] : rowIds)
        contents.listed.push_back(contents.graph->indexOf(rowKind, rowId));
    std::sort(contents.listed.begin(), contents.listed.end());
    progress(1);
    return contents;
}

LineageDrawing drawUp(const LineageContents &contents, const DrawingWish &wish,
                      const LineageDrawing *before, const Progress &progress)
{
    const auto &graph = contents.graph;
    const std::vector<int> &nodes = wish.nodes;
    auto picture = std::make_shared<LineagePicture>();
    picture->graph = graph;
    picture->hasThumbnails = wish.hasThumbnails;
    LineageDrawing drawing;
    const LineageGraph part = subgraph(*graph, nodes);
    std::vector<int> itemOf(nodes.size(), -1); // of the part's nodes
    for (const LineageGroup &group : siblingGroups(part)) {
        const LineageNode &first = part.nodes[std::size_t(group.members.front())];
        const QString key = keyOf(first);
        const int number = int(drawing.groups.size());
        drawing.groups << key;
        for (const std::vector<int> &piece : wish.openGroups.contains(key)
                                                 ? singles(group.members)
                                                 : pieces(group.members, nodes, wish.singly)) {
            LineagePicture::Item item{{}, {}, number};
            if (piece.size() > 1)
                item.title = nameOfGroup(piece.size(), group.what);
            for (int member : piece) {
                item.nodes.push_back(nodes[std::size_t(member)]);
                itemOf[std::size_t(member)] = int(picture->items.size());
            }
            picture->items.push_back(std::move(item));
        }
    }
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (itemOf[i] < 0) {
            itemOf[i] = int(picture->items.size());
            picture->items.push_back({{nodes[i]}, {}, -1});
        }
    if (!contents.inStores.empty())
        for (LineagePicture::Item &item : picture->items) {
            std::set<int> stores;
            for (int node : item.nodes)
                stores.insert(contents.inStores[std::size_t(node)].begin(),
                              contents.inStores[std::size_t(node)].end());
            item.mark = storeMark({stores.begin(), stores.end()});
        }
    std::set<std::pair<int, int>> edges; // one for all members of a group
    for (const LineageEdge &edge : part.edges) {
        const std::pair ends(itemOf[std::size_t(edge.from)], itemOf[std::size_t(edge.to)]);
        if (ends.first != ends.second) // a series of executions in one group
            edges.insert(ends);
    }
    picture->edges.assign(edges.begin(), edges.end());

    LayoutInput input;
    input.sizes.assign(picture->items.size(), {wish.nodeSize.width(), wish.nodeSize.height()});
    input.edges = picture->edges;
    input.layerGap = 44;
    input.previous = placesBefore(*picture, before);
    picture->layout = layOut(input, progress);
    drawing.picture = std::move(picture);
    return drawing;
}

std::vector<int> aroundNode(const LineageGraph &graph, int node, int depth)
{
    std::vector<int> around;
    const std::vector<int> up = reach(graph, {node}, Walk::Up, depth);
    const std::vector<int> down = reach(graph, {node}, Walk::Down, depth);
    std::set_union(up.begin(), up.end(), down.begin(), down.end(), std::back_inserter(around));
    return around;
}

} // namespace helmscope
