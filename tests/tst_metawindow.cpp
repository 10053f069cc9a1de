// SPDX-License-Identifier: GPL-3.0-or-later
// Meta-models and sweeps in the window: ranked, chosen, looked at.
#include "app/banner.h"
#include "app/begindialog.h"
#include "app/mainwindow.h"
#include "app/metasweepwindow.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/startoptions.h"
#include "base/json.h"
#include "dkl/presets.h"
#include "metalearning/simulatedtasks.h"
#include "steering/recording/runfile.h"
#include "widgets/curvesview.h"

#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000; // a sanitizer's build on two busy cores

SweepTrial trialOf(const QString &set, const QString &special, int rung, double nlpd)
{
    SweepTrial trial;
    trial.taskSet = set;
    trial.special = special;
    trial.settings = metaPresetFromKey("joint").settings;
    trial.settings.patch = 8;
    trial.settings.iterations = 4 << rung;
    trial.rung = rung;
    trial.tasks = 9;
    trial.nlpd = nlpd;
    trial.rmse = nlpd / 2;
    trial.logLikelihood = -nlpd;
    trial.hash = QString(64, QChar('a' + rung));
    return trial;
}

} // namespace

class TestMetaWindow : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;

    QString file(const QString &name) const { return m_folder->filePath(name); }
    /// Priors of a kernel on rings: the usual ones, or such that hardly any pixel is like another.
    QString metaModel(const QString &name, bool isAbsurd) const
    {
        MetaModel meta;
        ModelStart start = usualPriors(presets().front().settings, 16);
        if (isAbsurd) {
            start.priorMeans.head(6).setConstant(-8);
            start.priorDeviations.setConstant(1e-3);
        }
        meta.start = std::make_shared<const ModelStart>(start);
        meta.card["name"] = name;
        writeMetaModel(file(name + ".h5"), meta);
        return file(name + ".h5");
    }
    StartOptions options() const
    {
        StartOptions options;
        options.rows = options.cols = 48;
        options.seed = 3;
        options.initial = 16;
        options.steps = 4;
        options.theme = "dark";
        options.out = file("run.h5");
        return options;
    }
    static void waitUntilReady(MainWindow &window)
    {
        window.show();
        window.begin();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->state() == Helm::State::Ready, longMilliseconds);
    }
    static void runToTheEnd(MainWindow &window)
    {
        window.startRun();
        QTRY_VERIFY_WITH_TIMEOUT(!window.helm()->isGoing(), longMilliseconds);
    }
    /// One step more, and the run stands still: nothing is on its way any more.
    static void stepAndHold(MainWindow &window)
    {
        const int before = window.helm()->run().size();
        window.helm()->stepOnce();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->state() == Helm::State::Paused &&
                                     window.helm()->run().size() > before,
                                 longMilliseconds);
    }
    template <class Widget>
    static Widget *part(QWidget *window, const char *name)
    {
        return window->findChild<Widget *>(QLatin1String(name));
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("Helmscope");
        QCoreApplication::setApplicationName("tst_metawindow");
        QSettings::setDefaultFormat(QSettings::IniFormat);
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder->path());
    }

    void beforeAnythingIsMeasuredNothingIsRanked()
    {
        MainWindow window(options());
        waitUntilReady(window);
        QTest::mouseClick(part<QPushButton>(&window, "begin"), Qt::LeftButton);
        auto *dialog = window.findChild<BeginDialog *>();
        QVERIFY(dialog);
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->isRanking(), longMilliseconds);
        auto *choose = part<QPushButton>(dialog, "chooseMetaModel");
        QVERIFY(!choose->isEnabled());
        QVERIFY(part<QLabel>(dialog, "choice")->text().contains("add one"));
        dialog->add({metaModel("usual", false)});
        QTRY_COMPARE_WITH_TIMEOUT(int(dialog->ranking().size()), 1, longMilliseconds);
        QVERIFY(part<QLabel>(dialog, "choice")->text().contains("four measured points"));
        // It may be left to the run: its first points will tell.
        QTest::mouseClick(choose, Qt::LeftButton);
        QVERIFY(window.planPanel()->plan().beginning.isOpen());
        QVERIFY(!window.planPanel()->plan().beginning.isWanted());
        auto *begin = part<QPushButton>(&window, "begin");
        QVERIFY(begin->text().contains(QStringLiteral("●")));
        QVERIFY2(begin->toolTip().contains("usual.h5"), qPrintable(begin->toolTip()));
        QVERIFY(window.banner()->sentence().contains("first 10 points"));
        // One may begin from it all the same.
        dialog = window.openBeginning();
        QTRY_COMPARE_WITH_TIMEOUT(int(dialog->ranking().size()), 1, longMilliseconds);
        QTest::mouseClick(part<QPushButton>(dialog, "beginFrom"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.planPanel()->plan().beginning.isWanted(), longMilliseconds);
    }

    void theProgramChoosesByThePointsMeasuredAndSaysWhy()
    {
        const QString usual = metaModel("usual", false), absurd = metaModel("absurd", true);
        QFile none(file("none.h5"));
        QVERIFY(none.open(QIODevice::WriteOnly) && none.write("nothing") > 0);
        none.close();
        MainWindow window(options());
        waitUntilReady(window);
        runToTheEnd(window);
        const int points = window.helm()->run().size();
        QCOMPARE(points, 20);
        BeginDialog *dialog = window.openBeginning();
        QSignalSpy ranked(dialog, &BeginDialog::ranked);
        dialog->add({none.fileName(), absurd, usual});
        QTRY_VERIFY_WITH_TIMEOUT(dialog->ranking().size() == 3, longMilliseconds);
        auto *table = part<QTreeWidget>(dialog, "ranking");
        QCOMPARE(table->topLevelItemCount(), 3);
        QCOMPARE(table->topLevelItem(0)->text(0), QStringLiteral("usual"));
        QCOMPARE(table->topLevelItem(1)->text(0), QStringLiteral("absurd"));
        QVERIFY(table->topLevelItem(1)->text(1).contains(QStringLiteral("▼")));
        QCOMPARE(table->topLevelItem(2)->text(1), QStringLiteral("cannot be used"));
        QVERIFY(table->topLevelItem(2)->toolTip(1).contains("not a meta-model"));
        table->setCurrentItem(table->topLevelItem(2));
        QVERIFY(!part<QPushButton>(dialog, "beginFrom")->isEnabled());

        // The usual priors are what a cold model has: that is no help.
        QVERIFY(!table->topLevelItem(0)->text(1).contains(QStringLiteral("▲")));
        const QString objection = part<QLabel>(dialog, "choice")->text();
        QVERIFY2(objection.startsWith("Cold: ") && objection.contains("may be chance"),
                 qPrintable(objection));
        QTest::mouseClick(part<QPushButton>(dialog, "chooseMetaModel"), Qt::LeftButton);
        QVERIFY(!window.planPanel()->plan().beginning.isWanted());
        QVERIFY(window.banner()->sentence().contains(objection));
        QCOMPARE(knownMetaModels({}).size(), 3);

        // To a network that has hardly learnt they are a great help.
        Plan plan = window.planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = 2;
        window.planPanel()->setPlan(plan);
        BeginDialog *again = window.openBeginning();
        QTRY_VERIFY_WITH_TIMEOUT(again->ranking().size() == 3, longMilliseconds);
        auto *list = part<QTreeWidget>(again, "ranking");
        QVERIFY(list->topLevelItem(0)->text(1).contains(QStringLiteral("▲")));
        const QString reason = part<QLabel>(again, "choice")->text();
        QVERIFY2(reason.startsWith("usual fits best") && reason.contains("20 points"),
                 qPrintable(reason));
        QTest::mouseClick(part<QPushButton>(again, "chooseMetaModel"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.planPanel()->plan().beginning.isWanted(), longMilliseconds);
        QCOMPARE(window.planPanel()->plan().beginning.hash, readMetaModel(usual).hash());

        // It is marked, and can be taken off the list.
        BeginDialog *last = window.openBeginning();
        QTRY_VERIFY_WITH_TIMEOUT(last->ranking().size() == 3, longMilliseconds);
        list = part<QTreeWidget>(last, "ranking");
        QVERIFY(list->topLevelItem(0)->text(0).contains("in the plan"));
        list->setCurrentItem(list->topLevelItem(0));
        QTest::mouseClick(part<QPushButton>(last, "forgetMetaModel"), Qt::LeftButton);
        QCOMPARE(list->topLevelItemCount(), 2);
        QCOMPARE(knownMetaModels({}).size(), 2);
        QVERIFY(QFile::exists(usual));
    }

    void theRunThatIsLeftToChooseSaysWhatItTook()
    {
        MainWindow window(options());
        waitUntilReady(window);
        Plan plan = window.planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = 2;
        plan.beginning.among = QStringList{metaModel("usual", false)};
        window.planPanel()->setPlan(plan);
        QVERIFY(part<QPushButton>(&window, "begin")->text().contains(QStringLiteral("●")));
        runToTheEnd(window);
        const ShownRun &run = window.helm()->run();
        const Step &step = run.at(10); // asked after ten of the sixteen first points
        QVERIFY(!step.interventions.empty() && step.interventions.front().orders.beginning);
        const Orders &orders = step.interventions.front().orders;
        QVERIFY2(orders.beginningReason.contains("usual") &&
                     orders.beginningReason.contains("On the 10 points measured"),
                 qPrintable(orders.beginningReason));
        QVERIFY2(step.changes.join(' ').contains(orders.beginningReason),
                 qPrintable(step.changes.join(' ')));
        QCOMPARE(bool(run.newest().warmth), !orders.beginning->hash.isEmpty());
        const QString text = window.panels()->curves()->textOf(step.number);
        QVERIFY2(text.contains(orders.beginningReason), qPrintable(text));
    }

    void aRunThatGoesOnTakesAnotherMetaModel()
    {
        const QString usual = metaModel("usual", false);
        StartOptions longer = options();
        longer.steps = 200; // it is stopped before
        MainWindow window(longer);
        waitUntilReady(window);
        Plan plan = window.planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = 2;
        window.planPanel()->setPlan(plan);
        window.startRun();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->run().size() > 16, longMilliseconds);
        // A pause may come in the middle of a step, which is done first; after one step it is held.
        window.helm()->pause();
        stepAndHold(window);
        QVERIFY(part<QPushButton>(&window, "begin")->isEnabled());
        const int measured = window.helm()->run().size();
        BeginDialog *dialog = window.openBeginning();
        dialog->add({usual, metaModel("absurd", true)});
        QTRY_COMPARE_WITH_TIMEOUT(int(dialog->ranking().size()), 2, longMilliseconds);
        auto *table = part<QTreeWidget>(dialog, "ranking");
        QVERIFY2(
            table->topLevelItem(0)->toolTip(0).contains(QString("On the %1 points").arg(measured)),
            qPrintable(table->topLevelItem(0)->toolTip(0)));
        table->setCurrentItem(table->topLevelItem(
            table->topLevelItem(0)->text(0) == QStringLiteral("usual") ? 0 : 1));
        auto *use = part<QPushButton>(dialog, "beginFrom");
        QVERIFY(use->text().contains("from here on"));
        QTest::mouseClick(use, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.banner()->sentence().contains("begins from usual.h5"),
                                 longMilliseconds);
        QVERIFY(
            !window.planPanel()->plan().beginning.isWanted()); // the next run's is another matter
        const auto changedAt = [&window] {
            const ShownRun &run = window.helm()->run();
            for (int i = 0; i < run.size(); ++i)
                for (const Intervention &said : run.at(i).interventions)
                    if (said.orders.beginning)
                        return i;
            return -1;
        };
        stepAndHold(window);
        const int changed = changedAt();
        QCOMPARE(changed, measured);
        // The dialog knows what is in use now.
        BeginDialog *again = window.openBeginning();
        QTRY_COMPARE_WITH_TIMEOUT(int(again->ranking().size()), 2, longMilliseconds);
        const auto *list = part<QTreeWidget>(again, "ranking");
        QVERIFY(list->topLevelItem(0)->text(0).contains("in use") ||
                list->topLevelItem(1)->text(0).contains("in use"));
        window.helm()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!window.helm()->isGoing(), longMilliseconds);
        const Run recorded = readRun(window.helm()->recordedIn(), unwatched());
        const Step &step = recorded.steps[std::size_t(changed)];
        QVERIFY2(step.changes.join(' ').contains("usual.h5"), qPrintable(step.changes.join(' ')));
        QVERIFY(!step.interventions.empty() && step.interventions.front().orders.beginning);
        QCOMPARE(step.interventions.front().orders.beginning->hash, readMetaModel(usual).hash());
        QVERIFY(step.warmth && !recorded.steps[std::size_t(measured) - 1].warmth);
        // It is too late now, and said.
        QTest::mouseClick(part<QPushButton>(again, "beginCold"), Qt::LeftButton);
        QVERIFY2(window.banner()->sentence().contains("was not changed"),
                 qPrintable(window.banner()->sentence()));
    }

    void theCurvesShowTheMetaModelAgainstColdAndTheFallBack()
    {
        StartOptions withMeta = options();
        withMeta.meta = metaModel("absurd", true);
        MainWindow window(withMeta);
        waitUntilReady(window);
        QTRY_VERIFY_WITH_TIMEOUT(window.planPanel()->plan().beginning.isWanted(), longMilliseconds);
        runToTheEnd(window);
        const CurvesView *curves = window.panels()->curves();
        const QString text = curves->textOf(window.helm()->run().size());
        QVERIFY2(text.contains("left out in turn") && text.contains("the model begins cold"),
                 qPrintable(text));
        bool isMarked = false;
        for (const QObject *item : curves->findChild<QWidget *>("plot")->findChildren<QObject *>())
            isMarked = isMarked || (item->inherits("QCPItemText") &&
                                    item->property("text").toString() == "cold");
        QVERIFY(isMarked);
    }

    void aSweepsTableIsShownAndSorted()
    {
        const QString table = file("sweep.csv");
        writeJson(table + ".json",
                  {{"trials", toJson({trialOf("a", "rate 0.1", 0, 2.5), trialOf("b", "", 0, 0.25),
                                      trialOf("a", "rate 0.1", 1, 1.5),
                                      trialOf("b", "rate 0.2", 1, 10.5)})}});
        MainWindow window(options());
        MetaSweepWindow *sweep = window.openMetaSweep(table); // the .json beside it is meant
        const QAbstractItemModelTester tester(sweep->table()->model());
        QTRY_COMPARE_WITH_TIMEOUT(sweep->model()->rowCount(), 4, longMilliseconds);
        QCOMPARE(sweep->model()->best(), 2); // of the longest trainings
        using Column = MetaSweepModel::Column;
        const auto shown = [sweep](int row, int column) {
            return sweep->table()->model()->index(row, column).data().toString();
        };
        QCOMPARE(shown(0, Column::Kept), QStringLiteral(""));      // not marked as kept in the file
        QCOMPARE(shown(0, Column::Nlpd), QStringLiteral("1.500")); // the longest come first
        QCOMPARE(shown(0, Column::LogLikelihood), QStringLiteral("-1.500"));
        QCOMPARE(shown(0, Column::Iterations), QStringLiteral("8"));
        QCOMPARE(sweep->table()->currentIndex().row(), 0);
        sweep->table()->sortByColumn(Column::Nlpd, Qt::AscendingOrder);
        QCOMPARE(shown(0, Column::TaskSet), QStringLiteral("b"));
        QCOMPARE(shown(3, Column::Nlpd), QStringLiteral("10.500")); // as numbers, not as texts

        QSignalSpy troubled(sweep, &MetaSweepWindow::troubled);
        writeJson(file("plan.json"), {{"steps", 3}});
        sweep->open(file("plan.json"));
        QTRY_COMPARE_WITH_TIMEOUT(int(troubled.size()), 1, longMilliseconds);
        QVERIFY(sweep->banner()->sentence().contains("no table of a sweep"));
        QCOMPARE(sweep->model()->rowCount(), 4); // what was open stays
    }

    void theNearestTaskSetsRecommendTheirSettings()
    {
        const auto described = [](SampleFamily family, const char *name, double nlpd) {
            SweepTrial trial = trialOf(name, QString("of %1").arg(name), 1, nlpd);
            trial.descriptor =
                describe(split(simulatedTasks({family}, 10, 1), 5).training, trial.settings.patch);
            return trial;
        };
        writeJson(file("s.json"),
                  {{"trials", toJson({described(SampleFamily::Alloys, "alloys", 0.1),
                                      described(SampleFamily::Gratings, "gratings", 5)})}});
        MetaSweepWindow window;
        window.show();
        window.open(file("s.json"));
        QTRY_COMPARE_WITH_TIMEOUT(window.model()->rowCount(), 2, longMilliseconds);
        auto *tasks = part<QLineEdit>(&window, "tasks");
        auto *recommend = part<QPushButton>(&window, "recommend");
        QVERIFY(!recommend->isEnabled());
        QVERIFY(!part<QPushButton>(&window, "saveSettings")->isEnabled());
        QTest::keyClicks(tasks, "simulated:gratings:10:501");
        QTest::mouseClick(recommend, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(int(window.neighbours().size()), 2, longMilliseconds);
        QCOMPARE(window.neighbours()[0].trial.taskSet, QStringLiteral("gratings"));
        QVERIFY(window.neighbours()[0].distance < window.neighbours()[1].distance);
        const auto *list = part<QTreeWidget>(&window, "neighbours");
        QCOMPARE(list->topLevelItem(0)->text(0), QStringLiteral("gratings"));
        QVERIFY(list->topLevelItem(1)->text(6).contains("least alike in"));
        QVERIFY(part<QLabel>(&window, "advice")->text().contains("of gratings"));
        QVERIFY(part<QPushButton>(&window, "saveSettings")->isEnabled());
        QSignalSpy troubled(&window, &MetaSweepWindow::troubled);
        window.recommendFor("nowhere:3");
        QTRY_COMPARE_WITH_TIMEOUT(int(troubled.size()), 1, longMilliseconds);
    }
};

QTEST_MAIN(TestMetaWindow)
#include "tst_metawindow.moc"
