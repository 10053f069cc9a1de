// SPDX-License-Identifier: GPL-3.0-or-later
// A hostile pipeline document, read and put into a store.
#include "base/error.h"
#include "fuzz.h"
#include "lineage/cmfjson.h"
#include "lineage/writer.h"

#include <QFile>

using namespace helmscope;

QList<QByteArray> fuzzSeeds()
{
    LineageGraph graph;
    graph.stores = {"a"};
    LineageNode execution;
    execution.kind = LineageNode::Kind::Execution;
    execution.id = 2;
    execution.type = "Explore";
    execution.stages = {"sample/Explore"};
    execution.pipelines = {"sample"};
    execution.properties = {{"Execution_uuid", QString("0c1c7c52-aa4e-11ef"), false},
                            {"dwell_seconds", 0.25, true}};
    LineageNode artifact;
    artifact.id = 1;
    artifact.type = "Dataset";
    artifact.name = "runs/a/plan.json:0123456789abcdef0123456789abcdef";
    artifact.uri = "0123456789abcdef0123456789abcdef";
    graph.nodes = {artifact, execution};
    LineageEdge edge;
    edge.to = 1;
    edge.event = 3;
    edge.timeMs = 1'700'000'000'000;
    graph.edges = {edge};
    return {graphToCmfJson(graph), R"({"Pipeline": []})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray json(reinterpret_cast<const char *>(data), qsizetype(size));
    try {
        graphToCmfJson(cmfJsonToGraph(json, "document"));
        const QString file = fuzzFile(nullptr, 0, "mlmd");
        LineageWriter writer(file);
        LineageWriter::Batch batch(writer);
        writeCmfJson(json, "document", writer);
    } catch (const Error &) {
    }
    return 0;
}
