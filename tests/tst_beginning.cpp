// SPDX-License-Identifier: GPL-3.0-or-later
// What a run's model begins from, changed on its way by a person or by the program.
#include "dkl/presets.h"
#include "metalearning/beginning.h"
#include "metalearning/beginningchoice.h"
#include "sentence.h"
#include "steering/recording/runfile.h"
#include "steering/recording/stepline.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/verification.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace helmscope;

namespace {

constexpr int side = 8;

/// A few milliseconds a step; its own model is a network that hardly learns.
Plan smallPlan()
{
    Plan plan;
    Simulator::Settings settings;
    settings.sample.rows = settings.sample.cols = 48;
    plan.sample = settings;
    plan.scalarizer.band = {0.43, 0.53};
    plan.patch = side;
    plan.initial.count = 8;
    plan.steps = 10;
    plan.seed = 5;
    plan.model = presetFromKey("network").settings;
    plan.model.hidden = {50};
    plan.model.cycles = 2;
    return plan;
}

Run explored(const Plan &plan, const Company &company)
{
    const auto microscope = openMicroscope(plan, unwatched());
    return explore(plan, *microscope, unwatched(), company.onStep, company.person, company.onStart);
}

/// Says something when asked for the nth time.
Operator sayingAt(int number, const Orders &orders)
{
    Operator person;
    person.orders = [=, asked = std::make_shared<int>(0)] {
        return ++*asked == number ? orders : Orders();
    };
    return person;
}

const Intervention *choiceIn(const Step &step)
{
    for (const Intervention &said : step.interventions)
        if (said.orders.beginning)
            return &said;
    return nullptr;
}

Branch branchFrom(int step)
{
    Branch branch;
    branch.step = step;
    return branch;
}

void compareSteps(const Run &a, const Run &b)
{
    QCOMPARE(a.steps.size(), b.steps.size());
    for (std::size_t i = 0; i < a.steps.size(); ++i) {
        QCOMPARE(a.steps[i].pixel, b.steps[i].pixel);
        QCOMPARE(a.steps[i].modelHash, b.steps[i].modelHash);
        QCOMPARE(a.steps[i].mapsHash, b.steps[i].mapsHash);
    }
}

} // namespace

class TestBeginning : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    /// Priors of a kernel on rings, which are a great help to that network; absurd ones are none.
    QString metaModel(const QString &name, bool isAbsurd = false, int patch = side) const
    {
        MetaModel meta;
        ModelStart start = usualPriors(presets().front().settings, patch);
        if (isAbsurd) {
            start.priorMeans.head(6).setConstant(-8);
            start.priorDeviations.setConstant(1e-3);
        }
        meta.start = std::make_shared<const ModelStart>(start);
        meta.card["name"] = QFileInfo(name).completeBaseName();
        QDir().mkpath(QFileInfo(path(name)).path());
        writeMetaModel(path(name), meta);
        return path(name);
    }
    Beginning beginningIn(const QString &file) const
    {
        Plan plan = smallPlan();
        readBeginning(plan, file);
        return plan.beginning;
    }
    Run written(const Run &run, const QString &name) const
    {
        Run start = run;
        start.steps.clear();
        RunFile file(path(name), start);
        for (const Step &step : run.steps)
            file.append(step);
        file.finish(run);
        return readRun(path(name), unwatched());
    }

private Q_SLOTS:
    void holdsFromTheNextStepOnAndStandsInTheRecord()
    {
        Orders orders;
        orders.beginning = beginningIn(metaModel("usual.h5"));
        orders.beginningReason = QString(1500, QChar(u'ü')); // cut within a character it were lost
        const Plan plan = smallPlan();
        const Run run = explored(plan, {sayingAt(12, orders), {}, {}});
        const Run without = explored(plan, {});
        QCOMPARE(int(run.steps.size()), 18);
        for (std::size_t i = 0; i < 11; ++i)
            QCOMPARE(run.steps[i].modelHash, without.steps[i].modelHash);
        QVERIFY(run.steps[11].modelHash != without.steps[11].modelHash);
        QVERIFY(run.steps[11].warmth && !run.steps[10].warmth);
        QVERIFY(run.steps[11].warmth->isWarmBetter());
        QVERIFY2(run.steps[11].changes.join(' ').contains("begins from the meta-model usual.h5"),
                 qPrintable(run.steps[11].changes.join(' ')));
        QVERIFY(run.plan.beginning.hash.isEmpty()); // the plan is what it was

        Run read = written(run, "changed.h5");
        const Intervention *said = choiceIn(read.steps[11]);
        QVERIFY(said && !choiceIn(read.steps[10]));
        QCOMPARE(said->orders.beginning->hash, orders.beginning->hash);
        QCOMPARE(said->orders.beginningReason, orders.beginningReason);
        QVERIFY(read.steps[11].warmth && !read.steps[10].warmth);
        QCOMPARE(read.steps[17].warmth->warm.rmse, run.steps[17].warmth->warm.rmse);
        const StepLine line =
            stepFromLine(lineOf(run.steps[11], nullptr), plan.scalarizer, "the line");
        QVERIFY(choiceIn(line.step));
        QCOMPARE(choiceIn(line.step)->orders.beginning->file, path("usual.h5"));

        readBeginnings(read);
        const Verification same =
            verifyRun(std::make_shared<const Run>(read), VerifyBy::Sample, 0, unwatched());
        QVERIFY2(!same.first && same.steps == 18, qPrintable(same.text()));
    }

    void goesColdAgainWhenTold()
    {
        Plan plan = smallPlan();
        plan.beginning = beginningIn(metaModel("usual.h5"));
        Orders orders;
        orders.beginning = Beginning();
        const Run run = explored(plan, {sayingAt(13, orders), {}, {}});
        const Run cold = explored(smallPlan(), {});
        QVERIFY(run.steps[11].warmth && !run.steps[12].warmth);
        QVERIFY2(run.steps[12].changes.contains("The model begins cold from here on."),
                 qPrintable(run.steps[12].changes.join(' ')));
        QCOMPARE(cold.steps[9].losses.size(), run.steps[12].losses.size()); // the network's cycles
        QVERIFY(run.steps[11].losses.size() != run.steps[12].losses.size());
        // Told twice it is no change.
        QVERIFY(explored(smallPlan(), {sayingAt(13, orders), {}, {}}).steps[12].changes.isEmpty());
    }

    void whatDoesNotFitIsRefusedInANoteAndNotKept()
    {
        Orders other;
        const QString file = metaModel("small.h5", false, 6);
        other.beginning.emplace();
        other.beginning->hash = readMetaModel(file).hash();
        other.beginning->file = file;
        other.beginning->start = readMetaModel(file).start;
        Orders unread;
        unread.beginning.emplace();
        unread.beginning->hash = QString(64, 'a');
        unread.beginning->file = path("gone.h5");
        const Run cold = explored(smallPlan(), {});
        for (const auto &[orders, words] :
             {std::pair(other, QString("36 numbers, and those of this run have 64")),
              std::pair(unread, QString("gone.h5 has not been read"))}) {
            const Run run = explored(smallPlan(), {sayingAt(12, orders), {}, {}});
            QVERIFY2(run.steps[11].changes.join(' ').contains(words),
                     qPrintable(run.steps[11].changes.join(' ')));
            QVERIFY(!choiceIn(run.steps[11]));
            compareSteps(run, cold);
        }
    }

    void aRecordWhoseMetaModelIsGoneOrReplacedIsOneSentence()
    {
        Orders orders;
        const QString file = metaModel("mine.h5");
        orders.beginning = beginningIn(file);
        const Run run = explored(smallPlan(), {sayingAt(12, orders), {}, {}});
        Run read = written(run, "mine-run.h5");
        MetaModel other = readMetaModel(file);
        other.card["name"] = "another";
        writeMetaModel(file, other);
        QVERIFY(sentenceOf([&] { readBeginnings(read); }).contains("is another meta-model"));
        QVERIFY(QFile::remove(file));
        QVERIFY(sentenceOf([&] { readBeginnings(read); }).contains("there is no file"));
    }

    void theProgramChoosesAfterTheFirstPointsAndSaysWhy()
    {
        metaModel("among/usual.h5");
        metaModel("among/small.h5", false, 6);
        QFile none(path("among/none.h5"));
        QVERIFY(none.open(QIODevice::WriteOnly) && none.write("nothing") > 0);
        none.close();
        QCOMPARE(metaModelsIn({path("among")}).size(), 2); // what is none is not one of them
        Plan plan = smallPlan();
        plan.beginning.among = QStringList{path("among")};
        const Run run = explored(plan, choosingBeginning(plan, nullptr, {}, unwatched()));
        for (std::size_t i = 0; i < run.steps.size(); ++i)
            QCOMPARE(bool(choiceIn(run.steps[i])), i == 10); // after ten points
        const Intervention *said = choiceIn(run.steps[10]);
        QCOMPARE(said->orders.beginning->file, path("among/usual.h5"));
        QVERIFY2(said->orders.beginningReason.contains("usual fits best") &&
                     said->orders.beginningReason.contains("On the 10 points measured"),
                 qPrintable(said->orders.beginningReason));
        QVERIFY(run.steps[10].changes.join(' ').contains(said->orders.beginningReason));
        QVERIFY(run.steps[10].warmth);

        // A rerun needs what was chosen, not what it was chosen from.
        Run read = written(run, "chosen.h5");
        QVERIFY(QFile::remove(path("among/small.h5")));
        readBeginnings(read);
        const Verification same =
            verifyRun(std::make_shared<const Run>(read), VerifyBy::Sample, 0, unwatched());
        QVERIFY2(!same.first && same.steps == 18, qPrintable(same.text()));

        // A branch from after the choice begins as it was, from before it is open again.
        QCOMPARE(branchPlan(read, "run", branchFrom(14)).beginning.hash,
                 said->orders.beginning->hash);
        QVERIFY(!branchPlan(read, "run", branchFrom(14)).beginning.isOpen());
        QVERIFY(branchPlan(read, "run", branchFrom(9)).beginning.isOpen());
    }

    void aRunThatWasCutOffGoesOnTheSameBeforeAndAfterTheChoice()
    {
        Plan plan = smallPlan();
        plan.beginning.among = QStringList{metaModel("resumed/usual.h5")};
        const Run whole = explored(plan, choosingBeginning(plan, nullptr, {}, unwatched()));
        for (const std::size_t made : {9u, 10u, 11u, 15u}) {
            auto past = std::make_shared<Run>(whole);
            past->steps.resize(made);
            readBeginnings(*past);
            const Company with = choosingBeginning(plan, past.get(), {}, unwatched());
            const Run run = continueRun(past, openMicroscope(plan, unwatched()), unwatched(),
                                        with.onStep, with.person, with.onStart);
            compareSteps(run, whole);
        }
    }

    void whereNoneHelpsItIsColdWithTheReason()
    {
        Plan plan = smallPlan();
        plan.model = presets().front().settings;
        plan.beginning.among = QStringList{metaModel("bad/absurd.h5", true)};
        plan.beginning.afterPoints = 14;
        const Run run = explored(plan, choosingBeginning(plan, nullptr, {}, unwatched()));
        const Intervention *said = choiceIn(run.steps[14]);
        QVERIFY(said && said->orders.beginning->hash.isEmpty());
        QVERIFY2(said->orders.beginningReason.startsWith("Cold: ") &&
                     said->orders.beginningReason.contains("absurd"),
                 qPrintable(said->orders.beginningReason));
        plan.beginning = {};
        compareSteps(run, explored(plan, {}));

        plan.beginning.among = QStringList{metaModel("bad/small.h5", false, 6)};
        const Run other = explored(plan, choosingBeginning(plan, nullptr, {}, unwatched()));
        QVERIFY2(other.steps[10].changes.join(' ').contains("patches of 6 × 6"),
                 qPrintable(other.steps[10].changes.join(' ')));
    }

    void aPersonWhoChoosesFirstIsNotOverruled()
    {
        Plan plan = smallPlan();
        plan.beginning.among = QStringList{metaModel("usual.h5")};
        Orders orders;
        orders.beginning = Beginning();
        Company company{sayingAt(3, orders), {}, {}};
        const Run run = explored(plan, choosingBeginning(plan, nullptr, company, unwatched()));
        QVERIFY(std::none_of(run.steps.begin() + 3, run.steps.end(), choiceIn));
        // Nor is anything chosen once the run shall stop.
        const Run stopped =
            explored(plan, choosingBeginning(plan, nullptr, {}, [](double) { return false; }));
        QVERIFY(std::none_of(stopped.steps.begin(), stopped.steps.end(), choiceIn));
    }

    void placesWithoutMetaModelsAreOneSentence()
    {
        Plan plan = smallPlan();
        plan.beginning.among = QStringList{path("nowhere")};
        const auto choosing = [&] { choosingBeginning(plan, nullptr, {}, unwatched()); };
        QVERIFY(sentenceOf(choosing).contains("no file or folder"));
        QDir().mkpath(path("empty"));
        plan.beginning.among = QStringList{path("empty")};
        QVERIFY(sentenceOf(choosing).contains("no meta-model in"));
    }

    void aPlanKeepsWhatIsOpen()
    {
        Plan plan;
        plan.beginning.among = QStringList{"a.h5", "folder"};
        plan.beginning.afterPoints = 7;
        const QJsonObject object = plan.toJson();
        const Plan read = Plan::fromJson(object, "the plan");
        QCOMPARE(read.beginning.among, plan.beginning.among);
        QCOMPARE(read.beginning.afterPoints, 7);
        QVERIFY(!read.beginning.isWanted() && read.beginning.isOpen());
        const auto with = [&](const QString &key, const QJsonValue &value) {
            QJsonObject beginning = object["beginning"].toObject(), changed = object;
            beginning[key] = value;
            changed["beginning"] = beginning;
            return sentenceOf([&] { Plan::fromJson(changed, "the plan"); });
        };
        QVERIFY(with("afterPoints", 3).contains("afterPoints"));
        QVERIFY(with("among", "a.h5").contains("among"));
        QVERIFY(with("among", QJsonArray{1, 2}).contains("among"));
        QVERIFY(!Plan().toJson().contains("beginning"));
    }
};

QTEST_GUILESS_MAIN(TestBeginning)
#include "tst_beginning.moc"
