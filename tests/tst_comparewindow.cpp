// SPDX-License-Identifier: GPL-3.0-or-later
// Real runs of a small simulated sample, side by side.
#include "app/banner.h"
#include "app/comparecolumn.h"
#include "app/comparewindow.h"
#include "app/comparewords.h"
#include "app/sample.h"
#include "app/unattended.h"
#include "base/error.h"
#include "steering/experiment.h"
#include "steering/recording/runfile.h"
#include "steering/rerun/branching.h"
#include "widgets/comparisoncurves.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDropEvent>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalSpy>
#include <QSlider>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>

#include <algorithm>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000;

Plan smallPlan(std::uint64_t seed)
{
    Plan plan;
    plan.sample = simulatedSample(32, 32, 3);
    plan.initial.count = 5;
    plan.steps = 8;
    plan.model.cycles = 20;
    plan.seed = seed;
    const auto microscope = openMicroscope(plan, unwatched());
    plan.scalarizer = defaultScalarizer(microscope->energies());
    return plan;
}

std::shared_ptr<const Run> runOf(const Plan &plan)
{
    const auto microscope = openMicroscope(plan, unwatched());
    return std::make_shared<const Run>(explore(plan, *microscope, unwatched(), {}));
}

std::shared_ptr<const Run> branchOf(const std::shared_ptr<const Run> &run, const Branch &branch)
{
    const Plan plan = branchPlan(*run, "first", branch);
    const auto microscope = openBranch(plan, run, unwatched());
    return std::make_shared<const Run>(explore(plan, *microscope, unwatched(), {}));
}

} // namespace

class TestCompareWindow : public QObject
{
    Q_OBJECT
private:
    std::shared_ptr<const Run> m_first, m_branch, m_seed;
    std::unique_ptr<CompareWindow> m_window;
    QTemporaryDir m_folder;

    template <class Widget>
    Widget *find(const char *name) const
    {
        return m_window->findChild<Widget *>(name);
    }
    void waitForRuns(std::size_t count)
    {
        QTRY_VERIFY_WITH_TIMEOUT(m_window->jobs().isIdle(), longMilliseconds);
        QTRY_COMPARE(m_window->columns().size(), count);
    }
    void openTwo()
    {
        m_window->addRun({"first", {}, m_first, {}, {}});
        m_window->addRun({"branch", {}, m_branch, {}, {}});
        waitForRuns(2);
    }
    MapView *map(std::size_t run, CompareColumn::Kind kind) const
    {
        return m_window->columns()[run]->map(kind);
    }
    void key(QWidget *widget, Qt::Key which) { QTest::keyClick(widget, which); }
    QString file(const QString &name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void initTestCase()
    {
        m_first = runOf(smallPlan(3));
        Branch other;
        other.step = 8;
        other.acquisition = AcquisitionSettings{Acquisition::Random};
        other.steps = 9;
        m_branch = branchOf(m_first, other);
        m_seed = runOf(smallPlan(4));
        applyTheme(*qApp, Theme::dark());
    }
    void init()
    {
        m_window = std::make_unique<CompareWindow>();
        m_window->resize(1280, 800);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    void saysWhatWillAppear()
    {
        QVERIFY(m_window->columns().empty());
        const QList<QLabel *> labels = m_window->findChildren<QLabel *>("quiet");
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel *label) {
            return label->isVisible() && label->text().contains("side by side");
        }));
        QVERIFY(!find<QAction>("exportFigure")->isEnabled());
        QVERIFY(find<QAction>("addRuns")->isEnabled());
    }

    void showsWhereTwoRunsPart()
    {
        openTwo();
        std::size_t same = 0;
        while (m_first->steps[same].pixel == m_branch->steps[same].pixel)
            ++same;
        QVERIFY(same >= 8);
        const QString sentence = QStringLiteral("Runs 1 and 2 part at step %1.").arg(int(same) + 1);
        QVERIFY(partingSentences(*m_window->comparison()).contains(sentence));
        QVERIFY(find<QTextBrowser>("words")->toPlainText().contains(sentence));
        for (std::size_t run : {0, 1}) {
            const MapOverlay &overlay = map(run, CompareColumn::Path)->overlay();
            QCOMPARE(overlay.commonPoints, int(same));
            QVERIFY(overlay.pathColour.isValid());
        }
        QVERIFY(map(0, CompareColumn::Path)->overlay().pathColour !=
                map(1, CompareColumn::Path)->overlay().pathColour);
    }

    void oneSliderMovesAllRuns()
    {
        openTwo();
        QCOMPARE(m_window->step(), int(m_branch->steps.size())); // the longer one
        auto *slider = find<QSlider>("step");
        slider->setFocus();
        QCOMPARE(m_window->columns()[0]->shownStep(), int(m_first->steps.size()));
        key(slider, Qt::Key_Home);
        QCOMPARE(m_window->step(), 1);
        for (const CompareColumn *column : m_window->columns())
            QCOMPARE(column->shownStep(), 1);
        for (int i = 0; i < 6; ++i)
            key(slider, Qt::Key_Right);
        QCOMPARE(m_window->columns()[1]->shownStep(), 7);
        QCOMPARE(int(map(0, CompareColumn::Path)->overlay().path.size()), 7);
        const Belief &belief = *m_first->steps[6].belief;
        QCOMPARE(map(0, CompareColumn::Mean)->map()(3, 3), belief.mean(3, 3));
        QCOMPARE(map(0, CompareColumn::Deviation)->map()(3, 3), belief.deviation(3, 3));
    }

    void linksCursorZoomAndLimits()
    {
        openTwo();
        QVERIFY(find<QAction>("link")->isChecked());
        MapView *here = map(0, CompareColumn::Mean), *there = map(1, CompareColumn::Deviation);
        QTest::mouseMove(here, here->rectOf({10, 12}).center().toPoint());
        QTRY_COMPARE(there->cursorPixel(), std::optional(Pixel{10, 12}));
        QCOMPARE(map(0, CompareColumn::Mean)->limits(), map(1, CompareColumn::Mean)->limits());
        QCOMPARE(map(0, CompareColumn::Deviation)->limits(),
                 map(1, CompareColumn::Deviation)->limits());
        // Limits stay while stepping: a change in colour is a change in belief.
        const ColorLimits before = here->limits();
        m_window->setStep(7);
        QCOMPARE(here->limits(), before);

        find<QAction>("link")->trigger();
        QTest::mouseMove(here, here->rectOf({20, 22}).center().toPoint());
        QTRY_COMPARE(here->cursorPixel(), std::optional(Pixel{20, 22}));
        QCOMPARE(map(0, CompareColumn::Deviation)->cursorPixel(), std::optional(Pixel{20, 22}));
        QVERIFY(there->cursorPixel() != std::optional(Pixel{20, 22}));
    }

    void valuesOfAnotherKindKeepTheirLimits()
    {
        auto other =
            std::make_shared<Run>(*m_first); // counts beside a ratio: a thousand times more
        other->valueName = "another band";
        for (Step &step : other->steps)
            if (step.belief) {
                auto belief = std::make_shared<Belief>(*step.belief);
                belief->mean *= 1000;
                belief->deviation *= 1000;
                step.belief = belief;
            }
        m_window->addRun({"first", {}, m_first, {}, {}});
        m_window->addRun({"other", {}, other, {}, {}});
        waitForRuns(2);
        const MapView *here = map(0, CompareColumn::Mean), *there = map(1, CompareColumn::Mean);
        QVERIFY(there->limits().high > 100 * here->limits().high);
        const ColorLimits before = here->limits();
        map(1, CompareColumn::Mean)->setLimits({0, 1});
        QCOMPARE(here->limits(), before);
        QCOMPARE(map(0, CompareColumn::Path)->limits(), map(1, CompareColumn::Path)->limits());
    }

    void drawsTheCurvesOverWhatIsChosen()
    {
        openTwo();
        ComparisonCurves *curves = m_window->curves();
        QVERIFY(curves->quantities().contains("best"));
        QVERIFY(curves->quantities().contains("rmse")); // the truth is known
        auto *quantity = curves->findChild<QComboBox *>("quantity");
        quantity->setCurrentIndex(quantity->findData("deviation"));
        QCOMPARE(curves->quantity(), QString("deviation"));
        auto *axis = curves->findChild<QComboBox *>("axis");
        QVERIFY(axis->findData(int(ComparisonCurves::Axis::Seconds)) >= 0);
        curves->setAxis(ComparisonCurves::Axis::Seconds);
        QCOMPARE(curves->axis(), ComparisonCurves::Axis::Seconds);
        m_window->addRun({"seed 4", {}, m_seed, {}, {}});
        waitForRuns(3);
        QCOMPARE(curves->quantity(), QString("deviation")); // what was chosen stays
    }

    void tellsWhatItTookToReachAQuality()
    {
        openTwo();
        m_window->curves()->setQuantity("rmse");
        auto *threshold = find<QLineEdit>("threshold");
        auto *table = find<QTableWidget>("reached");
        QVERIFY(threshold->text().toDouble() > 0);
        QCOMPARE(table->rowCount(), 2);
        QCOMPARE(table->item(0, 0)->text(), QString("first"));
        threshold->selectAll();
        QTest::keyClicks(threshold, "1e-9");
        QCOMPARE(table->item(0, 1)->text(), QString("never"));
        QCOMPARE(table->item(1, 1)->text(), QString("never"));
        threshold->selectAll();
        QTest::keyClicks(threshold, "1e9");
        QCOMPARE(table->item(0, 1)->text().toInt(), 5); // the first belief
        QVERIFY(table->item(0, 2)->text().toDouble() >= 0);
    }

    void makesABandOfSeeds()
    {
        m_window->addRun({"seed 3", {}, m_first, {}, {}});
        m_window->addRun({"seed 4", {}, m_seed, {}, {}});
        waitForRuns(2);
        QSignalSpy compared(m_window.get(), &CompareWindow::compared);
        find<QAction>("group")->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(compared.size(), 1, longMilliseconds);
        const auto &curves = m_window->comparison()->curves;
        QVERIFY(std::all_of(curves.begin(), curves.end(),
                            [](const ComparedCurve &curve) { return curve.runs == 2; }));
        QCOMPARE(m_window->columns().size(), std::size_t(2)); // paths stay apart
        QCOMPARE(m_window->columns()[0]->colour(), m_window->columns()[1]->colour());
    }

    void takesARunOutAgain()
    {
        openTwo();
        QTest::mouseClick(m_window->columns()[0]->findChild<QToolButton *>("removeRun"),
                          Qt::LeftButton);
        waitForRuns(1);
        QCOMPARE(m_window->comparison()->runs[0].name, QString("branch"));
        QTest::mouseClick(m_window->columns()[0]->findChild<QToolButton *>("removeRun"),
                          Qt::LeftButton);
        waitForRuns(0);
        QVERIFY(!m_window->comparison());
    }

    void showsSixAtMostAndSaysSo()
    {
        for (int i = 0; i < 7; ++i)
            m_window->addRun({QString("run %1").arg(i), {}, i % 2 ? m_first : m_branch, {}, {}});
        waitForRuns(6);
        QVERIFY(m_window->findChild<Banner *>()->sentence().contains("Six runs at most"));
        QVERIFY(!find<QAction>("addRuns")->isEnabled());
        for (const CompareColumn *column : m_window->columns())
            QVERIFY(column->width() > 150);
    }

    void readsRunFilesThatAreDroppedAndRefusesOthers()
    {
        for (const auto &[name, run] : {std::pair("a.h5", m_first), std::pair("b.h5", m_branch)}) {
            RunFile recording(file(name), *run);
            for (const Step &step : run->steps)
                recording.append(step);
            recording.finish(*run);
        }
        const auto drop = [this](const QStringList &files) {
            QMimeData data;
            QList<QUrl> urls;
            for (const QString &each : files)
                urls << QUrl::fromLocalFile(each);
            data.setUrls(urls);
            QDragEnterEvent enter({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, {});
            QApplication::sendEvent(m_window.get(), &enter);
            QDropEvent event({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, {});
            QApplication::sendEvent(m_window.get(), &event);
        };
        drop({file("a.h5"), file("b.h5")});
        waitForRuns(2);
        QCOMPARE(m_window->comparison()->runs[0].name, QString("a"));
        QFile other(file("notes.txt"));
        QVERIFY(other.open(QIODevice::WriteOnly));
        other.write("no run");
        other.close();
        drop({file("notes.txt")});
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->findChild<Banner *>()->sentence().contains("notes.txt is no run"),
            longMilliseconds);
        waitForRuns(2);
    }

    void addsRecordingsOfOthers()
    {
        const QString npz =
            QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/beacon-pfm/beacon_pfm_replay.npz");
        if (!QFile::exists(npz))
            QSKIP("The recording beacon_pfm_replay.npz is not here.");
        m_window->addFiles({npz});
        waitForRuns(3);
        QVERIFY(m_window->comparison());
        QVERIFY(!m_window->columns()[0]->hasMaps());
        QVERIFY(m_window->curves()->quantities().contains("rmseAll"));
        savePictureInto(qEnvironmentVariable("HELMSCOPE_PICTURES"), m_window.get(),
                        "compare-foreign");
    }

    void savesTheFigureAndTheTable()
    {
        openTwo();
        QSignalSpy saved(m_window.get(), &CompareWindow::saved);
        const QStringList names{"figure.svg", "figure.pdf", "figure.png"};
        for (const QString &name : names)
            m_window->exportFigure(file(name)); // at once, each waits for the one before
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), names.size(), longMilliseconds);
        for (qsizetype i = 0; i < names.size(); ++i) {
            QCOMPARE(saved[i][0].toString(), file(names[i]));
            QVERIFY2(QFileInfo(file(names[i])).size() > 10'000, qPrintable(names[i]));
        }
        QFile svg(file("figure.svg"));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        const QByteArray text = svg.readAll();
        QVERIFY(text.trimmed().endsWith("</svg>"));
        QVERIFY(text.contains("<path")); // the curves are lines, not a picture
        const QImage picture(file("figure.png"));
        QCOMPARE(picture.pixelColor(1, picture.height() / 2), QColor(Qt::white));
        QVERIFY_EXCEPTION_THROWN(m_window->exportFigure(file("figure.gif")), Error);
        m_window->exportTable(file("table.csv"));
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), names.size() + 1, longMilliseconds);
        QFile table(file("table.csv"));
        QVERIFY(table.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = table.readAll().trimmed().split('\n');
        QCOMPARE(std::size_t(lines.size()), 1 + m_first->steps.size() + m_branch->steps.size());
    }

    void theViewsKeepTheirThemeWhileAFigureIsMade()
    {
        openTwo();
        map(0, CompareColumn::Path)->setCursorPixel(Pixel{3, 4});
        const QImage before = m_window->columns()[0]->grab().toImage();
        QSignalSpy saved(m_window.get(), &CompareWindow::saved);
        m_window->exportFigure(file("theme.png"));
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 1, longMilliseconds);
        QCOMPARE(m_window->columns()[0]->grab().toImage(), before);
        QCOMPARE(*map(0, CompareColumn::Path)->cursorPixel(), (Pixel{3, 4}));
    }

    void aFigureIsOfOneStep()
    {
        openTwo();
        m_window->setStep(1);
        QSignalSpy saved(m_window.get(), &CompareWindow::saved);
        m_window->exportFigure(file("first.png"));
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 1, longMilliseconds);
        // What is shown changes when one of two columns is recorded already.
        m_window->setStep(5);
        m_window->exportFigure(file("moved.png"));
        m_window->setStep(1);
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 2, longMilliseconds);
        QCOMPARE(QImage(file("moved.png")), QImage(file("first.png")));
        m_window->setStep(5);
        m_window->exportFigure(file("fifth.png"));
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 3, longMilliseconds);
        QVERIFY(QImage(file("fifth.png")) != QImage(file("first.png")));
    }

    void aFigureThatFailsSaysWhyAndOneThatIsStoppedLeavesNone()
    {
        openTwo();
        QSignalSpy saved(m_window.get(), &CompareWindow::saved),
            failed(&m_window->jobs(), &Jobs::failed), began(&m_window->jobs(), &Jobs::began),
            ended(&m_window->jobs(), &Jobs::ended);
        const QString nowhere = file("nowhere/figure.svg");
        m_window->exportFigure(nowhere);
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, longMilliseconds);
        const QString sentence = failed[0][1].toString();
        QVERIFY2(sentence.contains(nowhere) && sentence.contains("writable"), qPrintable(sentence));
        QCOMPARE(m_window->findChild<Banner *>()->sentence(), sentence);
        // Stopped before it begins, and in the midst of it; what was there before stays.
        const QString old = file("old.png");
        QFile out(old);
        QVERIFY(out.open(QIODevice::WriteOnly) && out.write("old") == 3);
        out.close();
        const QMetaObject::Connection stopping =
            connect(&m_window->jobs(), &Jobs::began, m_window.get(),
                    [this](int job) { m_window->jobs().stop(job); });
        m_window->exportFigure(old);
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 2, longMilliseconds);
        disconnect(stopping);
        QVERIFY(out.open(QIODevice::ReadOnly));
        if (saved.isEmpty()) // else it was quicker
            QCOMPARE(out.readAll(), QByteArray("old"));
        QCOMPARE(failed.size(), 1); // stopped is not failed
        QCOMPARE(QDir(m_folder.path()).entryList({"old.png.*"}), QStringList());
    }

    void looksRightInBothThemes()
    {
        openTwo();
        m_window->addRun({"seed 4", {}, m_seed, {}, {}});
        waitForRuns(3);
        for (const Theme *theme : {&Theme::dark(), &Theme::light()}) {
            applyTheme(*qApp, *theme);
            QTest::qWait(50);
            const QImage picture = m_window->grab().toImage();
            QCOMPARE(picture.pixelColor(picture.width() - 3, picture.height() - 3), theme->window);
            savePictureInto(qEnvironmentVariable("HELMSCOPE_PICTURES"), m_window.get(),
                            "compare-" + theme->key);
            m_window->resize(2560, 1440);
            QTest::qWait(50);
            savePictureInto(qEnvironmentVariable("HELMSCOPE_PICTURES"), m_window.get(),
                            "compare-large-" + theme->key);
            m_window->resize(1280, 800);
        }
        applyTheme(*qApp, Theme::dark());
    }
};

QTEST_MAIN(TestCompareWindow)
#include "tst_comparewindow.moc"
