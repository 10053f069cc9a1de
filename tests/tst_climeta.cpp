// SPDX-License-Identifier: GPL-3.0-or-later
// Meta-training and what it is used for, as people start it.
#include "cliprogram.h"

#include "lineage/store.h"
#include "metalearning/beginning.h"
#include "metalearning/sweep.h"
#include "metalearning/workers.h"
#include "steering/recording/runfile.h"
#include "workspace/lineage/metalineage.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QSet>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

const char *const program = HELMSCOPE_BINARIES "/helmscope-cli";

Result finished(QProcess &process)
{
    Result result;
    if (process.waitForFinished(longestMs) && process.exitStatus() == QProcess::NormalExit)
        result.code = process.exitCode();
    result.out = process.readAllStandardOutput();
    result.err = process.readAllStandardError();
    return result;
}

void write(const QString &file, const QByteArray &text)
{
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
        qFatal("%s cannot be written", qPrintable(file));
}

/// A small network, so that a training takes a second.
const char *const small =
    "{\"preset\": \"default\", \"patch\": 8, \"iterations\": 6, \"tasks\": 4, \"innerSteps\": 3, "
    "\"points\": 20, \"choosesAdaptation\": false, \"model\": {\"features\": \"network\", "
    "\"noise\": \"constant\", "
    "\"hasPlace\": false, \"components\": 0, \"hidden\": [12, 6], \"embedding\": 2, "
    "\"kernel\": \"rbf\", \"cycles\": 20, \"learningRate\": 0.01, \"kernelLearningRate\": 0.03, "
    "\"startNoise\": 0.1}}";

} // namespace

class TestCliMeta : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const QString &name) const { return m_folder.filePath(name); }
    /// A meta-model of priors for patches of 8 x 8.
    QString priors()
    {
        const QString file = path("priors.h5");
        if (!QFile::exists(file)) {
            const Result result = cli({"metatrain", "simulated:spheres,rods:8", "--preset",
                                       "priors", "--patch", "8", "--out", file});
            if (result.code != 0)
                qFatal("%s", result.err.constData());
        }
        return file;
    }

private Q_SLOTS:
    void initTestCase() { write(path("small.json"), small); }

    void aTrainedModelIsShownAndUsed()
    {
        const Result info = cli({"info", priors()});
        QCOMPARE(info.code, 0);
        QVERIFY2(info.out.contains("meta-model") && info.out.contains("8 × 8 pixels") &&
                     info.out.contains("4 rods"),
                 info.out.constData());
        const QString run = path("run.h5");
        const Result explored =
            cli({"explore", "--simulate", "48x48", "--patch", "8", "--initial", "10", "--steps",
                 "4", "--meta", priors(), "--out", run, "--save-plan", path("plan.json")});
        QVERIFY2(explored.code == 0, explored.err.constData());
        const Run recorded = readRun(run, unwatched());
        const QString hash = readMetaModel(priors()).hash();
        QCOMPARE(recorded.plan.beginning.hash, hash);
        QVERIFY(recorded.steps.back().warmth);
        QVERIFY(recorded.steps.back().warmth->warm.points >= 10);
        QVERIFY(recorded.steps.back().warmth->cold.rmse > 0);
        QVERIFY(!recorded.steps.front().warmth);

        // The same again by its plan, and by itself.
        const Result again = cli({"explore", "--plan", path("plan.json"), "--out", path("b.h5")});
        QVERIFY2(again.code == 0, again.err.constData());
        QCOMPARE(readRun(path("b.h5"), unwatched()).steps.back().mapsHash,
                 recorded.steps.back().mapsHash);
        const Result verified = cli({"replay", "--verify", run});
        QVERIFY2(verified.code == 0, (verified.out + verified.err).constData());
        // Cold it would have been another one.
        const Result cold = cli({"explore", "--simulate", "48x48", "--patch", "8", "--initial",
                                 "10", "--steps", "4", "--out", path("cold.h5")});
        QCOMPARE(cold.code, 0);
        if (recorded.steps.back().warmth->isWarmBetter())
            QVERIFY(readRun(path("cold.h5"), unwatched()).steps.back().mapsHash !=
                    recorded.steps.back().mapsHash);
    }

    void aMetaModelThatHurtsIsLeftWithAWarning()
    {
        MetaModel bad = readMetaModel(priors());
        ModelStart absurd = *bad.start;
        absurd.priorMeans.head(6).setConstant(-8); // hardly any pixel is like any other
        absurd.priorDeviations.setConstant(1e-3);
        bad.start = std::make_shared<const ModelStart>(absurd);
        writeMetaModel(path("bad.h5"), bad);
        const QString run = path("hurt.h5");
        const QStringList same{"explore",   "--simulate", "48x48",   "--patch", "8",
                               "--initial", "25",         "--steps", "2",       "--out"};
        QCOMPARE(cli(same + QStringList{run, "--meta", path("bad.h5")}).code, 0);
        QCOMPARE(cli(same + QStringList{path("without.h5")}).code, 0);
        const Run recorded = readRun(run, unwatched());
        const Run without = readRun(path("without.h5"), unwatched());
        const Step &first = recorded.steps[24];
        QVERIFY2(first.warnings.join(' ').contains("does not help here"),
                 qPrintable(first.warnings.join('\n')));
        QVERIFY(first.warmth && !first.warmth->isWarmBetter());
        QCOMPARE(recorded.steps.back().mapsHash, without.steps.back().mapsHash);
    }

    void whatDoesNotFitIsOneSentence()
    {
        const Result patch = cli({"explore", "--simulate", "48x48", "--meta", priors()});
        QCOMPARE(patch.code, 1);
        QVERIFY2(patch.err.contains("8 × 8 pixels") && patch.err.contains("16"),
                 patch.err.constData());
        const Result cut = [&] {
            QFile in(priors());
            if (!in.open(QIODevice::ReadOnly))
                return Result();
            write(path("cut.h5"), in.read(in.size() / 2));
            return cli(
                {"explore", "--simulate", "48x48", "--patch", "8", "--meta", path("cut.h5")});
        }();
        QCOMPARE(cut.code, 1);
        QVERIFY2(cut.err.contains("cut.h5"), cut.err.constData());
        QCOMPARE(cli({"metatrain", "simulated:rods:4"}).code, 2);
        const Result exists = cli({"metatrain", "simulated:rods:4", "--out", priors()});
        QCOMPARE(exists.code, 1);
        QVERIFY(exists.err.contains("exists already"));
    }

    void aPlanWhoseMetaModelWasReplacedIsRefused()
    {
        const Result planned =
            cli({"explore", "--simulate", "48x48", "--patch", "8", "--initial", "4", "--steps", "0",
                 "--meta", priors(), "--save-plan", path("other.json")});
        QCOMPARE(planned.code, 0);
        MetaModel other = readMetaModel(priors());
        other.card["name"] = "another";
        writeMetaModel(path("another.h5"), other);
        QFile plan(path("other.json"));
        QVERIFY(plan.open(QIODevice::ReadOnly));
        write(path("changed.json"), plan.readAll().replace("priors.h5", "another.h5"));
        const Result refused = cli({"explore", "--plan", path("changed.json")});
        QCOMPARE(refused.code, 1);
        QVERIFY2(refused.err.contains("another meta-model"), refused.err.constData());
    }

    void oneTwoAndFourProcessesGiveTheSame()
    {
        const QString mpirun = QStandardPaths::findExecutable("mpirun");
        if (mpirun.isEmpty() || !Processes::isBuiltIn())
            QSKIP("there is no mpirun here, or the program was built without MPI");
        QSet<QString> hashes;
        for (const int count : {1, 2, 4}) {
            const QString out = path(QString("mpi%1.h5").arg(count));
            QProcess process;
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("OMPI_ALLOW_RUN_AS_ROOT", "1");
            environment.insert("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
            environment.insert("OMPI_MCA_btl_vader_single_copy_mechanism", "none"); // containers
            process.setProcessEnvironment(environment);
            process.start(mpirun,
                          {"--oversubscribe", "-n", QString::number(count), program, "metatrain",
                           "simulated:spheres,rods:8", "--settings", path("small.json"), "--name",
                           "same", "--validate-every", "0", "--out", out});
            const Result result = finished(process);
            QVERIFY2(result.code == 0, result.err.constData());
            QVERIFY2(result.err.contains(QByteArray::number(count) + " processes"),
                     result.err.constData());
            hashes << readMetaModel(out).hash();
        }
        QCOMPARE(hashes.size(), 1); // to the last bit: sums are taken in the order of the tasks
    }

    void aStoppedTrainingGoesOn()
    {
        const QByteArray longer =
            QByteArray(small).replace("\"iterations\": 6", "\"iterations\": 3000");
        write(path("longer.json"), longer);
        const QString out = path("stopped.h5");
        QProcess process;
        begin(process, {"metatrain", "simulated:spheres:6", "--settings", path("longer.json"),
                        "--out", out});
        // Any moment from then on will do.
        QByteArray said;
        QTRY_VERIFY_WITH_TIMEOUT(
            (said += process.readAllStandardError()).contains("tasks to learn on"), 20'000);
        process.terminate();
        const Result stopped = finished(process);
        QCOMPARE(stopped.code, 130);
        QVERIFY(!QFile::exists(out));
        QVERIFY(QFile::exists(out + ".checkpoint"));
        const Result other = cli({"metatrain", "simulated:spheres:5", "--settings",
                                  path("longer.json"), "--out", out, "--resume"});
        QCOMPARE(other.code, 1);
        QVERIFY2(other.err.contains("other tasks"), other.err.constData());
    }

    void aSweepWritesItsTableAndTheBestModel()
    {
        const QByteArray sweep = QByteArray("{\"rungs\": 2, \"base\": ") + small +
                                 ", \"grid\": {\"outerRate\": [0.1, 0.6], \"innerSteps\": [2, 4]}}";
        write(path("sweep.json"), sweep);
        const QString table = path("table.csv");
        const Result result =
            cli({"metatrain", "simulated:spheres,gratings:10", "--sweep", path("sweep.json"),
                 "--table", table, "--out", path("best.h5"), "--json"});
        QVERIFY2(result.code == 0, result.err.constData());
        const QJsonArray trials = result.json()["trials"].toArray();
        QCOMPARE(trials.size(), 4 + 2); // half of them go on
        double least = 1e9;
        QString best;
        for (const QJsonValue &trial : trials)
            if (trial["rung"].toInt() == 1 && trial["nlpd"].toDouble() < least) {
                least = trial["nlpd"].toDouble();
                best = trial["metaModel"].toString();
            }
        QCOMPARE(readMetaModel(path("best.h5")).hash(), best);
        QFile csv(table);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll().count('\n'), 7);
        // And what was best for tasks that look like these.
        const Result like = cli({"metatrain", "simulated:spheres,gratings:10:77", "--patch", "8",
                                 "--like", table + ".json", "--json"});
        QVERIFY2(like.code == 0, like.err.constData());
        const QJsonArray neighbours = like.json()["neighbours"].toArray();
        QCOMPARE(neighbours.size(), 1);
        QCOMPARE(neighbours[0]["trial"]["metaModel"].toString(), best);
        QVERIFY(neighbours[0]["distance"].toDouble() < 2);
    }

    void trainingsStandInTheLineageOfAWorkspace()
    {
        const QString workspace = path("sample");
        QCOMPARE(cli({"init", workspace, "--name", "Ernst Ruska", "--email", "e@example.org"}).code,
                 0);
        write(path("two.json"), QByteArray("{\"rungs\": 1, \"base\": ") + small +
                                    ", \"grid\": {\"outerRate\": [0.1, 0.6]}}");
        const QString out = workspace + "/meta-models/best.h5";
        QDir().mkpath(workspace + "/meta-models");
        const Result swept = cli({"metatrain", "simulated:spheres:10", "--sweep", path("two.json"),
                                  "--out", out, "--workspace", workspace, "--json"});
        QVERIFY2(swept.code == 0, swept.err.constData());
        QVERIFY2(!swept.err.contains("lineage") && !swept.err.contains("version"),
                 swept.err.constData());
        const QJsonArray trials = swept.json()["trials"].toArray();
        QCOMPARE(trials.size(), 2);
        QVERIFY(QFile::exists(out + ".dvc"));

        // A run of the workspace begins from it: the same node, by its content.
        const Result explored =
            cli({"explore", "--simulate", "48x48", "--patch", "8", "--initial", "6", "--steps", "1",
                 "--model", "network", "--meta", out, "--workspace", workspace});
        QVERIFY2(explored.code == 0, explored.err.constData());
        const Result shown = cli({"lineage", workspace + "/mlmd", "--json"});
        QVERIFY2(shown.code == 0 && shown.out.contains("Metatrain"),
                 (shown.out + shown.err).constData());
        const LineageGraph graph = LineageStore(workspace + "/mlmd").graph(unwatched());
        QVERIFY2(graph.problems.isEmpty(), qPrintable(graph.problems.join('\n')));
        const auto indexOf = [&graph](auto matches) {
            QList<int> found;
            for (std::size_t i = 0; i < graph.nodes.size(); ++i)
                if (matches(graph.nodes[i]))
                    found << int(i);
            return found;
        };
        const auto isExecution = [](const LineageNode &node, const char *type) {
            return node.kind == LineageNode::Kind::Execution && node.type == QLatin1String(type);
        };
        const QList<int> trainings =
            indexOf([&](const LineageNode &node) { return isExecution(node, "Metatrain"); });
        QCOMPARE(trainings.size(), 2); // the best is one of them
        for (const int i : trainings) {
            const LineageNode &node = graph.nodes[std::size_t(i)];
            for (const char *name : {"outer_rate", "rmse", "mll", "iterations", "sweep", "method"})
                QVERIFY2(node.property(name), name);
        }
        const QString best = swept.json()["hash"].toString();
        const QList<int> model = indexOf([&](const LineageNode &node) {
            return node.kind == LineageNode::Kind::Artifact && node.uri == metaModelUri(best);
        });
        QCOMPARE(model.size(), 1);
        QVERIFY(graph.nodes[std::size_t(model[0])].property("rmse_10"));
        const int explore =
            indexOf([&](const LineageNode &node) { return isExecution(node, "Explore"); }).value(0);
        int from = 0, to = 0;
        for (const LineageEdge &edge : graph.edges) {
            from += trainings.contains(edge.from) && edge.to == model[0];
            to += edge.from == model[0] && edge.to == explore;
        }
        QCOMPARE(from, 1);
        QCOMPARE(to, 1);
        QCOMPARE(graph.nodes[std::size_t(explore)].property("begins_from")->value.toString(), best);
        // What is committed is CMF's JSON and the hash of the file.
        QCOMPARE(QDir(workspace + "/lineage/sample").entryList({"metatrain-*.json"}).size(), 1);
        QVERIFY(cli({"metatrain", "simulated:spheres:10", "--settings", path("small.json"), "--out",
                     path("elsewhere.h5"), "--workspace", path("no-workspace")})
                    .err.contains("no-workspace"));
    }

    void theProgramChoosesAndAKilledRunGoesOnTheSame()
    {
        const QString workspace = path("chosen");
        QCOMPARE(cli({"init", workspace, "--name", "Ernst Ruska", "--email", "e@example.org"}).code,
                 0);
        QDir().mkpath(workspace + "/meta-models");
        const QString file = workspace + "/meta-models/priors.h5";
        QVERIFY(QFile::copy(priors(), file));
        // A network that hardly learns: any prior knowledge is a help.
        const QStringList same{"explore",
                               "--simulate",
                               "48x48",
                               "--patch",
                               "8",
                               "--initial",
                               "6",
                               "--steps",
                               "30",
                               "--model",
                               "network",
                               "--cycles",
                               "2",
                               "--workspace",
                               workspace,
                               "--meta-among",
                               workspace + "/meta-models",
                               "--meta-after",
                               "8"};
        QProcess process;
        begin(process, same);
        QString id;
        QTRY_VERIFY_WITH_TIMEOUT(
            !(id = QDir(workspace + "/runs").entryList(QDir::Dirs | QDir::NoDotAndDotDot).value(0))
                 .isEmpty(),
            60'000);
        const auto lines = [&] {
            QFile steps(workspace + "/runs/" + id + "/steps.jsonl");
            return steps.open(QIODevice::ReadOnly) ? steps.readAll() : QByteArray();
        };
        QTRY_VERIFY_WITH_TIMEOUT(lines().contains("\"beginning\""), 60'000);
        process.kill();
        QVERIFY(process.waitForFinished(longestMs));
        const Result went = cli({"explore", "--workspace", workspace, "--continue", id});
        QVERIFY2(went.code == 0, went.err.constData());
        const QString run = workspace + "/runs/" + id;
        const Run recorded = readRun(run + "/run.h5", unwatched());
        QCOMPARE(int(recorded.steps.size()), 36);
        const QString hash = readMetaModel(file).hash();
        int chosen = 0;
        for (const Step &step : recorded.steps)
            for (const Intervention &said : step.interventions)
                if (const auto &beginning = said.orders.beginning) {
                    ++chosen;
                    QCOMPARE(step.number, 9);
                    QCOMPARE(beginning->hash, hash);
                    QVERIFY2(step.changes.join(' ').contains("fits best"),
                             qPrintable(step.changes.join(' ')));
                }
        QCOMPARE(chosen, 1);
        const Result verified = cli({"replay", "--verify", run});
        QVERIFY2(verified.code == 0 && verified.out.contains("identical"),
                 (verified.out + verified.err).constData());

        // The meta-model is an ancestor of the step it held from, and of the run.
        const LineageGraph graph = LineageStore(workspace + "/mlmd").graph(unwatched());
        QVERIFY2(graph.problems.isEmpty(), qPrintable(graph.problems.join('\n')));
        QStringList takers;
        for (const LineageEdge &edge : graph.edges) {
            const LineageNode &to = graph.nodes[std::size_t(edge.to)];
            if (graph.nodes[std::size_t(edge.from)].uri == metaModelUri(hash))
                takers << (to.property("step") && to.type == "Step"
                               ? "Step " + to.property("step")->value.toString()
                               : to.type);
        }
        takers.sort();
        QCOMPARE(takers, QStringList({"Explore", "Step 9"}));

        // Without the file it was chosen from a rerun says what is missing.
        QVERIFY(QFile::remove(file));
        const Result gone = cli({"replay", "--verify", run});
        QCOMPARE(gone.code, 1);
        QVERIFY2(gone.err.contains("there is no file") && gone.err.contains("priors.h5"),
                 gone.err.constData());
    }

    void whatCannotBeChosenFromIsOneSentence()
    {
        const QStringList some{"explore", "--simulate", "48x48", "--patch", "8", "--steps", "2"};
        QCOMPARE(cli(some + QStringList{"--meta-after", "8"}).code, 2);
        QCOMPARE(cli(some + QStringList{"--meta-among", path("nowhere")}).code, 2);
        QDir().mkpath(path("empty"));
        const Result empty = cli(some + QStringList{"--meta-among", path("empty")});
        QCOMPARE(empty.code, 1);
        QVERIFY2(empty.err.contains("no meta-model in"), empty.err.constData());
        const Result cuda = cli(
            {"metatrain", "simulated:rods:4", "--device", "abacus", "--out", path("device.h5")});
        QCOMPARE(cuda.code, 2);
    }

    void aMetaModelIsExportedAsACrate()
    {
        QCOMPARE(cli({"metatrain", "simulated:spheres:6", "--settings", path("small.json"), "--out",
                      path("net.h5"), "--validate-every", "0"})
                     .code,
                 0);
        const Result written = cli({"export", path("net.h5"), "--out", path("crate")});
        QVERIFY2(written.code == 0, written.err.constData());
        QCOMPARE(readMetaModel(path("crate/meta-model.h5")).hash(),
                 readMetaModel(path("net.h5")).hash());
        QFile file(path("crate/ro-crate-metadata.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonArray graph =
            QJsonDocument::fromJson(file.readAll()).object()["@graph"].toArray();
        QStringList files;
        int tasks = 0;
        for (const QJsonValue &thing : graph) {
            if (thing["@type"].toString() == "File")
                files << thing["@id"].toString();
            tasks += thing["@id"].toString().startsWith("#task-");
        }
        QCOMPARE(files, QStringList({"meta-model.h5", "card.json", "features.pt"}));
        QCOMPARE(tasks, 6);
        for (const QString &one : files)
            QVERIFY(QFile::exists(path("crate/" + one)));
        QCOMPARE(cli({"export", path("net.h5"), "--out", path("crate")}).code, 1); // not again
        // Priors have no network: they are a crate as well.
        QCOMPARE(cli({"export", priors(), "--out", path("crate2")}).code, 0);
        QVERIFY(!QFile::exists(path("crate2/features.pt")));
    }

    void metaModelsAreRankedOnTheFirstPoints()
    {
        MetaModel bad = readMetaModel(priors());
        ModelStart absurd = *bad.start;
        absurd.priorMeans.head(6).setConstant(-8);
        absurd.priorDeviations.setConstant(1e-3);
        bad.start = std::make_shared<const ModelStart>(absurd);
        bad.card["name"] = "absurd";
        writeMetaModel(path("absurd.h5"), bad);
        write(path("none.h5"), "nothing");
        Plan plan;
        plan.patch = 8;
        Simulator simulator({});
        const Dataset survey = simulator.survey(unwatched());
        const Dataset truth = *simulator.groundTruth();
        std::vector<Pixel> pixels;
        Eigen::VectorXd values(30);
        for (int i = 0; i < 30; ++i) {
            pixels.push_back({8 + (37 * i) % 80, 8 + (53 * i) % 80});
            values[i] = truth.spectra.at(pixels.back()).cast<double>().mean();
        }
        const std::vector<RankedMetaModel> list =
            ranked({path("none.h5"), path("absurd.h5"), priors()}, plan, survey, pixels, values,
                   unwatched());
        QCOMPARE(int(list.size()), 3);
        QCOMPARE(list[0].file, priors());
        QCOMPARE(list[1].name, "absurd");
        QVERIFY(list[1].warmth.gain() < list[0].warmth.gain());
        QVERIFY(list[2].trouble.contains("not a meta-model"));
        QVERIFY(list[0].card.contains("8 × 8 pixels") && list[2].card.isEmpty());
        QVERIFY2(reasonOf(list[1]).contains("worse than a cold beginning") &&
                     reasonOf(list[1]).contains("30 points"),
                 qPrintable(reasonOf(list[1])));
        QCOMPARE(reasonOf(list[2]), list[2].trouble);
        const bool helps = list[0].warmth.isWarmBetter();
        QCOMPARE(chosenOf(list).index, helps ? 0 : -1);
        QVERIFY(chosenOf(list).reason.contains(reasonOf(list[0])));
        QCOMPARE(chosenOf({list[1], list[2]}).index, -1);
        QVERIFY(chosenOf({list[1], list[2]}).reason.startsWith("Cold: "));
        QCOMPARE(chosenOf({list[2]}).index, -1);
        QCOMPARE(chosenOf({}).index, -1);
        // Of three points nothing is said: the order stays.
        const std::vector<RankedMetaModel> few =
            ranked({path("absurd.h5"), priors()}, plan, survey,
                   {pixels.begin(), pixels.begin() + 3}, values.head(3), unwatched());
        QCOMPARE(few[0].name, "absurd");
    }
};

QTEST_GUILESS_MAIN(TestCliMeta)
#include "tst_climeta.moc"
