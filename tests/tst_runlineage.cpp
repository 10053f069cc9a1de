// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "knownoptimum.h"
#include "lineage/check.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"
#include "steering/experiment.h"
#include "steering/recording/runfile.h"
#include "workspace/artifacts.h"
#include "workspace/lineage/energymeter.h"
#include "workspace/lineage/runlineage.h"

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

    /// The first of a type, or the one of a step.
    static int executionOf(const LineageGraph &graph, const QString &type, int step = 0)
    {
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            const LineageNode &node = graph.nodes[i];
            const LineageProperty *number = node.property("step");
            if (node.kind == LineageNode::Kind::Execution && node.type == type &&
                (step == 0 || (number && number->value.toInt() == step)))
                return int(i);
        }
        return -1;
    }

    static QStringList namesAround(const LineageGraph &graph, int execution, bool isInput)
    {
        QStringList names;
        for (const LineageEdge &edge : graph.edges)
            if ((isInput ? edge.to : edge.from) == execution)
                names << graph.nodes[std::size_t(isInput ? edge.from : edge.to)].shortName();
        names.sort();
        return names;
    }

    static double number(const LineageNode &node, const QString &name)
    {
        const LineageProperty *property = node.property(name);
        return property ? numberOf(property->value).value_or(-1e9) : -1e9;
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
        const int execution = executionOf(graph, "Explore"), survey = executionOf(graph, "Survey");
        QVERIFY(execution >= 0 && survey >= 0);
        const int steps = int(run.steps.size());
        QCOMPARE(namesAround(graph, survey, true), QStringList({"plan.json", "scan.npy"}));
        QCOMPARE(namesAround(graph, survey, false), QStringList("survey"));
        QCOMPARE(namesAround(graph, execution, true), QStringList({"model", "plan.json", "spectrum"}));
        QCOMPARE(namesAround(graph, execution, false),
                 QStringList({"metrics 20261121-091500", "model.dkl", "run.h5", "steps.csv",
                              "steps.jsonl"}));
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

        for (const Step &step : run.steps) {
            const int at = executionOf(graph, "Step", step.number);
            QVERIFY(at >= 0);
            const LineageNode &entry = graph.nodes[std::size_t(at)];
            QCOMPARE(int(number(entry, "row")), step.pixel.row);
            QCOMPARE(int(number(entry, "column")), step.pixel.col);
            QCOMPARE(number(entry, "measured_value"), step.value);
            QCOMPARE(entry.property("run")->value.toString(), QString("20261121-091500"));
            QCOMPARE(number(entry, "x_nm"), (step.pixel.col + 0.5) * run.survey.gridPixelSizeNm());
            if (step.belief) { // the seeds' table 2: step, largest uncertainty, accuracy, where
                const Pixel where{int(number(entry, "largest_deviation_row")),
                                  int(number(entry, "largest_deviation_column"))};
                QCOMPARE(float(number(entry, "largest_deviation")),
                         step.belief->deviation(where.row, where.col));
                QCOMPARE(number(entry, "rmse"), step.quality->rmse);
            }
        }
        // Everything that went into the last spectrum: all spectra before it, the survey, the plan.
        const int last = executionOf(graph, "Step", steps);
        const std::vector<int> before = reach(graph, {last}, Walk::Up);
        int spectra = 0;
        bool hasSurvey = false, hasPlan = false, hasSample = false;
        for (int index : before) {
            const QString name = graph.nodes[std::size_t(index)].shortName();
            spectra += name == "spectrum";
            hasSurvey = hasSurvey || name == "survey";
            hasPlan = hasPlan || name == "plan.json";
            hasSample = hasSample || name == "scan.npy";
        }
        QCOMPARE(spectra, steps - 1);
        QVERIFY(hasSurvey && hasPlan && hasSample);

        QFile table(folder + "/cmf_artifacts/" + node.property("Execution_uuid")->value.toString() +
                    "/metrics/steps.csv");
        QVERIFY(table.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = table.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), qsizetype(steps + 1));
        QVERIFY(lines.front().startsWith("SequenceNumber,row,column,value,"));
        QCOMPARE(lines.back().split(',').at(3).toDouble(), run.steps.back().value);
        QCOMPARE(lines.back().count(','), lines.front().count(','));
    }

    void blocksOfStepsAreOneExecution()
    {
        const QString folder = workspace("blocks");
        setStepsPerExecution(folder, 4);
        const Run run = recorded(folder, "r1");
        recordLineage({folder, "r1", 1'800'000'000'000, {}}, run, unwatched());
        const LineageGraph graph = LineageStore(folder + "/mlmd").graph(unwatched());
        int blocks = 0, spectra = 0, next = 1;
        for (const LineageNode &node : graph.nodes) {
            spectra += node.shortName() == "spectrum";
            if (node.type != "Step")
                continue;
            ++blocks;
            QCOMPARE(int(number(node, "first_step")), next);
            next = int(number(node, "last_step")) + 1;
            QVERIFY(!node.property("step"));
        }
        QCOMPARE(blocks, (int(run.steps.size()) + 3) / 4);
        QCOMPARE(next, int(run.steps.size()) + 1);
        QCOMPARE(spectra, int(run.steps.size()));
        QVERIFY_EXCEPTION_THROWN(setStepsPerExecution(folder, 0), Error);
        QCOMPARE(stepsPerExecution(folder), 4);
    }

    void aRunThatWasCutOffGoesOnWhereItWas()
    {
        const QString folder = workspace("cut");
        const Run run = recorded(folder, "r1");
        const LineageOf of{folder, "r1", 1'800'000'000'000, {}};
        {
            RunLineage lineage(of, run);
            for (std::size_t i = 0; i < 5; ++i)
                lineage.append(run.steps[i]);
            lineage.flush();
        }
        const LineageGraph before = LineageStore(folder + "/mlmd").graph(unwatched());
        QCOMPARE(before.nodes[std::size_t(executionOf(before, "Explore"))].state, 2); // running
        QVERIFY(executionOf(before, "Step", 5) >= 0 && executionOf(before, "Step", 6) < 0);

        recordLineage(of, run, unwatched());
        const LineageGraph after = LineageStore(folder + "/mlmd").graph(unwatched());
        const QString whole = workspace("at once");
        const Run same = recorded(whole, "r1");
        recordLineage({whole, "r1", 1'800'000'000'000, {}}, same, unwatched());
        const LineageGraph once = LineageStore(whole + "/mlmd").graph(unwatched());
        QCOMPARE(after.nodes.size(), once.nodes.size());
        QCOMPARE(after.edges.size(), once.edges.size());
        QCOMPARE(after.nodes[std::size_t(executionOf(after, "Explore"))].state, 3);
    }

    void theSameSpectrumOfTwoRunsIsOneNode()
    {
        const QString folder = workspace("shared");
        for (const char *id : {"r1", "r2"})
            recordLineage({folder, id, 1'800'000'000'000, {}}, recorded(folder, id), unwatched());
        const LineageGraph graph = LineageStore(folder + "/mlmd").graph(unwatched());
        int spectra = 0, surveys = 0, steps = 0;
        for (const LineageNode &node : graph.nodes) {
            spectra += node.shortName() == "spectrum";
            surveys += node.shortName() == "survey";
            steps += node.type == "Step";
        }
        QCOMPARE(surveys, 1);
        QCOMPARE(steps, 2 * spectra); // the same plan measures the same pixels
    }

    void energyIsThatOfThePackages()
    {
        const QString folder = m_temporary.filePath("powercap");
        QVERIFY(!EnergyMeter(folder).joules());
        for (const char *name : {"intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1"}) {
            QDir().mkpath(folder + '/' + name);
            write(folder + '/' + name + "/energy_uj", "900000\n");
            write(folder + '/' + name + "/max_energy_range_uj", "1000000\n");
        }
        EnergyMeter meter(folder);
        QCOMPARE(meter.joules().value(), 0.);
        write(folder + "/intel-rapl:0/energy_uj", "950000\n");
        write(folder + "/intel-rapl:0:0/energy_uj", "990000\n"); // within the package
        write(folder + "/intel-rapl:1/energy_uj", "200000\n");   // went round
        QCOMPARE(meter.joules().value(), 0.35);
        QCOMPARE(meter.joules().value(), 0.);
    }

    void aRunIsInThereOnce()
    {
        const QString folder = workspace("once");
        const Run run = recorded(folder, "r1");
        const LineageOf of{folder, "r1", 1'800'000'000'000, {}};
        QCOMPARE(recordLineage(of, run, unwatched()), recordLineage(of, run, unwatched()));
        const qint64 one = LineageStore(folder + "/mlmd").counts().executions;
        QCOMPARE(one, qint64(run.steps.size()) + 2);
        recordLineage({folder, "r2", 1'800'000'100'000, {}}, recorded(folder, "r2"), unwatched());
        QCOMPARE(LineageStore(folder + "/mlmd").counts().executions, 2 * one);
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
