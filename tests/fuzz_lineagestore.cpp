// SPDX-License-Identifier: GPL-3.0-or-later
// A hostile lineage store: whatever its bytes, it opens or is refused with a sentence.
#include "base/error.h"
#include "fuzz.h"
#include "lineage/check.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QFile>
#include <QTemporaryDir>

using namespace helmscope;

QList<QByteArray> fuzzSeeds()
{
    const QTemporaryDir folder;
    {
        LineageWriter writer(folder.filePath("mlmd"));
        LineageWriter::Run run;
        run.pipeline = "sample";
        run.stage = run.type = "Explore";
        run.uuid = "0c1c7c52-aa4e-11ef-b8a1-0242ac120002";
        run.timeMs = 1'700'000'000'000;
        run.properties = {{"dwell_seconds", 0.25, true}, {"seed", QString("7"), true}};
        const qint64 execution = writer.execution(run);
        LineageWriter::Content content;
        content.path = "runs/a/plan.json";
        content.hash = "0123456789abcdef0123456789abcdef";
        content.timeMs = run.timeMs;
        writer.artifact(execution, content, true);
        content.type = "Model";
        content.path = "runs/a/model.dkl";
        content.hash = "fedcba9876543210fedcba9876543210";
        writer.artifact(execution, content, false);
    }
    QFile file(folder.filePath("mlmd"));
    return file.open(QIODevice::ReadOnly) ? QList{file.readAll()} : QList<QByteArray>{};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QString file = fuzzFile(data, size, "mlmd");
    QFile::remove(file + "-journal");
    QFile::remove(file + "-wal");
    try {
        const LineageStore store(file);
        store.counts();
        const LineageGraph graph = store.graph(unwatched());
        LineageStore::Query query;
        query.text = "plan";
        for (const LineageNode &node : store.list(query))
            store.neighbourhood(node.kind, node.id, 2);
        checkLineage(store, unwatched());
        storeToCmfJson(store);
    } catch (const Error &) { // a sentence is all that is asked for
    }
    return 0;
}
