// SPDX-License-Identifier: GPL-3.0-or-later
#include "knownoptimum.h"
#include "lineage/check.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"
#include "steering/experiment.h"
#include "steering/recording/runfile.h"
#include "workspace/artifacts.h"
#include "workspace/runlineage.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

class TestRunLineage : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_temporary;

    QString workspace(const QString &name) const
    {
        const QString folder = m_temporary.filePath(name);
        QDir().mkpath(folder);
        initialiseDvc(folder);
        return folder;
    }

    static void write(const QString &file, const QByteArray &bytes)
    {
        QFile out(file);
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            qFatal("cannot write");
    }

    /// A run in its folder, as its recorder leaves it.
    static Run recorded(const QString &folder, const QString &id, const QString &parent = {})
    {
        const QString at = folder + "/runs/" + id;
        QDir().mkpath(at);
        Plan plan = quickPlan();
        plan.origin.run = parent;
        plan.origin.step = parent.isEmpty() ? 0 : 6;
        Dataset dataset = datasetWithKnownOptimum(true);
        const QString source = folder + "/scan.npy";
        write(source, "the recording's bytes");
        dataset.provenance << Provenance{"image", source, "a", "NumPy", QString(64, '0')}
                           << Provenance{"spectra", source, "b", "NumPy", QString(64, '0')};
        Replay replay(dataset);
        std::optional<RunFile> file;
        const Run run = explore(
            plan, replay, unwatched(), [&](const Step &step) { file->append(step); }, {},
            [&](const Run &start) { file.emplace(at + "/run.h5", start); });
        file->finish(run);
        file.reset();
        write(at + "/plan.json", "{\"id\":\"" + id.toLatin1() + "\"}");
        write(at + "/steps.jsonl", id.toLatin1());
        storeArtifact(folder, "runs/" + id + "/run.h5", unwatched());
        return run;
    }

private Q_SLOTS:
    void tellsWhatMadeWhat()
    {
        const QString folder = workspace("my sample");
        const Run run = recorded(folder, "20261121-091500");
        const QStringList files =
            recordLineage({folder, "20261121-091500", 1'800'000'000'000, "abc"}, run, unwatched());
        QVERIFY(files.contains("lineage/my sample/20261121-091500.json"));
        QVERIFY(files.contains("runs/20261121-091500/model.dkl.dvc"));
        for (const QString &file : files)
            QVERIFY2(QFile::exists(folder + '/' + file), qPrintable(file));

        const LineageStore store(folder + "/mlmd");
        const LineageGraph graph = store.graph(unwatched());
        QVERIFY2(graph.problems.isEmpty(), qPrintable(graph.problems.join('\n')));
        QStringList inputs, outputs;
        int execution = -1;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (graph.nodes[i].kind == LineageNode::Kind::Execution)
                execution = int(i);
        QVERIFY(execution >= 0);
        for (const LineageEdge &edge : graph.edges) {
            if (edge.to == execution)
                inputs << graph.nodes[std::size_t(edge.from)].shortName();
            else if (edge.from == execution)
                outputs << graph.nodes[std::size_t(edge.to)].shortName();
        }
        inputs.sort();
        outputs.sort();
        QCOMPARE(inputs, QStringList({"plan.json", "scan.npy"})); // of two arrays, one file
        QCOMPARE(outputs,
                 QStringList({"metrics 20261121-091500", "model.dkl", "run.h5", "steps.jsonl"}));
        const LineageNode &node = graph.nodes[std::size_t(execution)];
        QCOMPARE(node.stages, QStringList("my sample/Explore"));
        QCOMPARE(node.state, 3);
        QCOMPARE(node.createdMs, 1'800'000'000'000);
        QCOMPARE(node.property("acquisition")->value.toString(),
                 QString::fromLatin1(rowOf(run.plan.acquisition.kind).key));
        QCOMPARE(node.property("seed")->value.toString(), QString("7"));
        const LineageNode &metrics =
            graph.nodes[std::size_t(graph.find("metrics 20261121-091500").front())];
        QCOMPARE(numberOf(metrics.property("best_value")->value).value(),
                 QString::number(run.steps.back().bestValue, 'g', 17).toDouble());
        QCOMPARE(metrics.property("measured")->value.toInt(), int(run.steps.size()));
        const LineageNode &model = graph.nodes[std::size_t(graph.find("model.dkl").front())];
        QCOMPARE(model.type, QString("Model"));
        QCOMPARE(md5Of(folder + "/runs/20261121-091500/model.dkl", unwatched()), model.uri);
    }

    void aRunIsInThereOnce()
    {
        const QString folder = workspace("once");
        const Run run = recorded(folder, "r1");
        const LineageOf of{folder, "r1", 1'800'000'000'000, {}};
        QCOMPARE(recordLineage(of, run, unwatched()), recordLineage(of, run, unwatched()));
        QCOMPARE(LineageStore(folder + "/mlmd").counts().executions, 1);
        recordLineage({folder, "r2", 1'800'000'100'000, {}}, recorded(folder, "r2"), unwatched());
        QCOMPARE(LineageStore(folder + "/mlmd").counts().executions, 2);
    }

    void aBranchComesFromTheRunItLeft()
    {
        const QString folder = workspace("branches");
        recordLineage({folder, "r1", 1'800'000'000'000, {}}, recorded(folder, "r1"), unwatched());
        const Run branch = recorded(folder, "r2", "r1");
        recordLineage({folder, "r2", 1'800'000'100'000, {}}, branch, unwatched());
        const LineageGraph graph = LineageStore(folder + "/mlmd").graph(unwatched());
        const QString parent = readDvcFile(folder + "/runs/r1/run.h5.dvc")->md5;
        int madeBy = 0, usedBy = 0;
        for (const LineageEdge &edge : graph.edges) {
            madeBy += graph.nodes[std::size_t(edge.to)].uri == parent;
            usedBy += graph.nodes[std::size_t(edge.from)].uri == parent;
        }
        QCOMPARE(madeBy, 1);
        QCOMPARE(usedBy, 1);
    }

    void documentsOfRunsMakeTheStoreAnew()
    {
        const QString folder = workspace("again");
        QStringList documents;
        for (const char *id : {"r1", "r2"}) {
            const Run run = recorded(folder, id, documents.isEmpty() ? "" : "r1");
            documents
                << recordLineage({folder, id, 1'800'000'000'000, {}}, run, unwatched()).first();
        }
        const QString other = m_temporary.filePath("other.mlmd");
        {
            LineageWriter writer(other);
            for (const QString &document : documents) {
                QFile file(folder + '/' + document);
                QVERIFY(file.open(QIODevice::ReadOnly));
                writeCmfJson(file.readAll(), document, writer);
            }
        }
        const LineageGraph there = LineageStore(folder + "/mlmd").graph(unwatched());
        const LineageGraph here = LineageStore(other).graph(unwatched());
        QCOMPARE(here.nodes.size(), there.nodes.size());
        QCOMPARE(here.edges.size(), there.edges.size());
    }

    void aRunWithoutAStepHasNone()
    {
        const QString folder = workspace("empty");
        QVERIFY(recordLineage({folder, "r1", 0, {}}, Run(), unwatched()).isEmpty());
        QVERIFY(!QFile::exists(folder + "/mlmd"));
    }
};

QTEST_GUILESS_MAIN(TestRunLineage)
#include "tst_runlineage.moc"
