// SPDX-License-Identifier: GPL-3.0-or-later
// Measuring on maps, painting regions, taking things back and finding commands, in the real window.
#include "app/banner.h"
#include "app/commandpalette.h"
#include "app/dosepanel.h"
#include "app/fftwindow.h"
#include "app/measurepanel.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/regions.h"
#include "smallwindow.h"
#include "steering/recording/runfile.h"
#include "widgets/mapview.h"
#include "widgets/reliabilityview.h"
#include "widgets/spectrumview.h"
#include "widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QImage>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenuBar>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <algorithm>
#include <cmath>

using namespace helmscope;

namespace {

void send(QWidget &widget, QEvent::Type type, const QPointF &at, Qt::MouseButtons buttons,
          Qt::KeyboardModifiers modifiers)
{
    QMouseEvent event(type, at, widget.mapToGlobal(at),
                      type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, buttons,
                      modifiers);
    QApplication::sendEvent(&widget, &event);
}

/// From the corner of one pixel of the grid to that of another.
void drag(MapView &view, const QPointF &from, const QPointF &to,
          Qt::KeyboardModifiers modifiers = {})
{
    const QRectF pixel = view.rectOf({0, 0});
    const QPointF a = pixel.topLeft() + from * pixel.width();
    const QPointF b = pixel.topLeft() + to * pixel.width();
    send(view, QEvent::MouseButtonPress, a, Qt::LeftButton, modifiers);
    for (double part : {0.4, 1.0})
        send(view, QEvent::MouseMove, a + part * (b - a), Qt::LeftButton, modifiers);
    send(view, QEvent::MouseButtonRelease, b, Qt::NoButton, modifiers);
}

} // namespace

class TestConsole : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    Helm *helm() const { return m_window->helm(); }
    MapView &survey() const { return *m_window->panels()->survey(); }
    Graphics *graphics() const { return m_window->panels()->graphics(); }
    MeasurePanel *measure() const { return m_window->panels()->measure(); }
    void waitForSteps(int steps)
    {
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().size() >= steps, longMilliseconds);
    }
    void stopAndWait()
    {
        helm()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds);
    }

private Q_SLOTS:
    void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        StartOptions options = smallOptions(m_folder->path());
        options.steps = 400;
        options.size = QSize(1280, 800); // and nothing is remembered
        showSmallWindow(m_window, options);
    }
    void cleanup()
    {
        if (helm()->isGoing())
            stopAndWait();
        m_window.reset();
    }

    void measuresWhatIsDrawn()
    {
        new QAbstractItemModelTester(measure()->model(), this);
        QTest::keyClick(&survey(), Qt::Key_C);
        drag(survey(), {4, 6}, {20, 16});
        QTRY_COMPARE(measure()->model()->rowCount(), 1);
        const MeasuredGraphic &row = measure()->model()->rows().front();
        const int ratio = survey().imageRatio();
        const Map block = survey().map().block(6 * ratio, 4 * ratio, 10 * ratio, 16 * ratio);
        QCOMPARE(row.of.pixels, std::int64_t(block.size()));
        QVERIFY(std::abs(row.of.mean - double(block.cast<double>().mean())) < 1e-6);
        QCOMPARE(float(row.of.lowest), block.minCoeff());
        // It follows while it is dragged, also the undo.
        QTest::keyClick(&survey(), Qt::Key_Right, Qt::ShiftModifier);
        QTRY_VERIFY(measure()->isIdle() &&
                    measure()->model()->rows().front().graphic.points[0].x() > 13);
        m_window->undo()->undo();
        QTRY_VERIFY(measure()->isIdle() &&
                    float(measure()->model()->rows().front().of.lowest) == block.minCoeff());
        m_window->undo()->undo();
        QTRY_COMPARE(measure()->model()->rowCount(), 0);
    }

    void showsTheProfileOfALine()
    {
        QTest::keyClick(&survey(), Qt::Key_L);
        drag(survey(), {4, 10}, {24, 10});
        QTRY_VERIFY(!measure()->profile().mean.empty());
        const LineProfile &shown = measure()->profile();
        const double nm = 20 * survey().pixelSizeNm();
        QVERIFY(std::abs(shown.distance.back() - nm) < 1e-6 * nm);
        const Graphic &line = graphics()->all().front();
        const int ratio = survey().imageRatio();
        const LineProfile wanted = profileAlong(survey().map(), line.points[0] * ratio,
                                                line.points[1] * ratio, line.width * ratio);
        QCOMPARE(shown.mean, wanted.mean);
    }

    void aPickIsTheMeanOfWhatWasMeasuredInIt()
    {
        m_window->startRun();
        waitForSteps(9);
        stopAndWait();
        QTest::keyClick(&survey(), Qt::Key_P);
        drag(survey(), {0, 0}, {32, 32}); // all of it
        Eigen::VectorXd sum;
        std::vector<Pixel> seen;
        for (const auto &step : helm()->run().steps()) {
            if (sum.size() == 0)
                sum = Eigen::VectorXd::Zero(step->spectrum.size());
            if (std::find(seen.begin(), seen.end(), step->pixel) == seen.end())
                sum += step->spectrum.cast<double>();
            seen.push_back(step->pixel);
        }
        const Eigen::VectorXf mean = (sum / double(seen.size())).cast<float>();
        const auto isShown = [&] {
            for (const PinnedSpectrum &each : m_window->panels()->spectrum()->pinned())
                if (each.counts.size() == mean.size() && each.counts.isApprox(mean, 1e-5F))
                    return true;
            return false;
        };
        QVERIFY(isShown());
        QTRY_COMPARE(measure()->model()->rowCount(), 1);
        QTRY_COMPARE(measure()->model()->rows().front().spectra, int(seen.size()));
        QTest::keyClick(&survey(), Qt::Key_Delete);
        QVERIFY(!isShown());
    }

    void showsTheTransformOfARegion()
    {
        survey().setFocus();
        QTest::keyClick(&survey(), Qt::Key_C);
        drag(survey(), {2, 2}, {26, 26});
        std::unique_ptr<FftWindow> window(m_window->openFft());
        QVERIFY(window);
        window->setAttribute(Qt::WA_DeleteOnClose, false);
        QTRY_VERIFY(!window->view()->isEmpty());
        const int ratio = survey().imageRatio();
        const Diffractogram wanted = diffractogramOf(
            survey().map(), scaled(graphics()->all().front().region(), ratio), TaperWindow::Hann);
        QVERIFY((window->view()->map() == wanted.amplitude).all());
        // Four columns from the middle: a quarter of the region's side.
        const double side = wanted.amplitude.rows() * survey().pixelSizeNm() / ratio;
        const QString text = window->spacingText({wanted.middle, wanted.middle + 4});
        QVERIFY2(text.startsWith(QString("d = %1 nm").arg(side / 4, 0, 'g', 4)), qPrintable(text));
        QVERIFY(text.endsWith("0.0°"));
        // It follows the region; one that is too small is told.
        QTest::keyClick(&survey(), Qt::Key_Right, Qt::ShiftModifier);
        QTRY_VERIFY(window->isIdle() && !(window->view()->map() == wanted.amplitude).all());
        Graphic tiny = graphics()->all().front();
        tiny.points = {{3, 3}, {3.5, 3.5}};
        graphics()->change(tiny);
        QTRY_VERIFY(window->view()->isEmpty());
    }

    void paintsWhereTheBeamMayGo()
    {
        graphics()->setPurpose(DrawnFor::Forbidding);
        QTest::keyClick(&survey(), Qt::Key_C);
        drag(survey(), {0, 0}, {12, 32});
        QCOMPARE(helm()->forbidden().count(), Eigen::Index(12 * 32));
        graphics()->setPurpose(DrawnFor::Preferring);
        drag(survey(), {8, 0}, {20, 32}); // a pixel is one or the other
        QCOMPARE(helm()->forbidden().count(), Eigen::Index(8 * 32));
        QCOMPARE(helm()->regions().preferred.pixels.count(), Eigen::Index(12 * 32));
        QCOMPARE(survey().overlay().preferred.count(), Eigen::Index(12 * 32));
        graphics()->setPurpose(DrawnFor::Releasing);
        drag(survey(), {0, 0}, {32, 16});
        QCOMPARE(helm()->regions().preferred.pixels.count(), Eigen::Index(12 * 16));
        QCOMPARE(helm()->forbidden().count(), Eigen::Index(8 * 16));
        QUndoStack *undo = m_window->undo();
        undo->undo();
        QCOMPARE(helm()->forbidden().count(), Eigen::Index(8 * 32));
        undo->undo();
        QCOMPARE(helm()->forbidden().count(), Eigen::Index(12 * 32));
        QVERIFY(helm()->regions().preferred.isEmpty());
        undo->undo();
        QVERIFY(helm()->regions().isEmpty());
        // As before: Shift and a drag forbid, whatever the tool.
        graphics()->setTool(MapTool::Hand);
        drag(survey(), {2.5, 2.5}, {5.5, 4.5}, Qt::ShiftModifier);
        QCOMPARE(helm()->forbidden().count(), Eigen::Index(4 * 3));
    }

    void whatIsPreferredIsOnTheRecord()
    {
        Regions regions;
        regions.preferred.factor = 900;
        Mask right = Mask::Constant(32, 32, false);
        right.rightCols(12) = true;
        helm()->setRegions(preferring(regions, right));
        m_window->planPanel()->setAcquisition(Acquisition::Uncertainty);
        m_window->startRun();
        waitForSteps(12);
        helm()->pause();
        m_window->undo()->push(new RegionsChange(helm(), {}, "none"));
        const int before = helm()->run().size();
        helm()->resume();
        const auto isHeard = [this] { // steps that were on their way come first
            const auto &steps = helm()->run().steps();
            return std::any_of(steps.begin(), steps.end(), [](const auto &step) {
                return step->changes.join(' ').contains("Nothing is preferred any more");
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(isHeard(), 30'000);
        stopAndWait();
        const Run run = readRun(helm()->recordedIn(), unwatched());
        QStringList changes;
        int preferences = 0;
        for (const Step &step : run.steps) {
            changes << step.changes;
            for (const Intervention &said : step.interventions)
                preferences += said.orders.preferred.has_value();
            if (step.reason == Reason::Acquisition && step.number <= before)
                QVERIFY(step.pixel.col >= 20);
        }
        QCOMPARE(preferences, 2);
        QVERIFY(changes.join('\n').contains("count 900 times") ||
                changes.join('\n').contains("counts 900 times"));
        QVERIFY(changes.join('\n').contains("Nothing is preferred any more"));
    }

    void aQueuedPointCanBeTakenBack()
    {
        m_window->startRun();
        waitForSteps(6);
        helm()->pause();
        Pixel wanted{12, 12};
        while (helm()->run().measuredAt(wanted, 1000))
            ++wanted.col;
        emit m_window->panels()->queueWished(wanted);
        QCOMPARE(helm()->queued().size(), std::size_t(1));
        m_window->undo()->undo();
        QVERIFY(helm()->queued().empty());
        m_window->undo()->redo();
        QCOMPARE(helm()->queued().size(), std::size_t(1));
        helm()->resume();
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().measuredAt(wanted, 1000), longMilliseconds);
        m_window->undo()->undo(); // too late: it stays measured, and the command goes
        QVERIFY(!m_window->undo()->canRedo());
        QVERIFY(helm()->run().measuredAt(wanted, 1000));
    }

    void asksWhatPreferredRegionsCount()
    {
        QAction *action = nullptr;
        for (const CommandModel::Command &each : commandsIn(m_window->menuBar()))
            if (each.path.contains("What preferred regions count"))
                action = each.action;
        QVERIFY(action);
        action->trigger();
        auto *dialog = m_window->findChild<QInputDialog *>("factor");
        QVERIFY(dialog);
        QVERIFY(!dialog->isModal()); // ABORT stays within reach
        dialog->setDoubleValue(5);
        dialog->accept();
        QCOMPARE(helm()->regions().preferred.factor, 5.);
        m_window->undo()->undo();
        QCOMPARE(helm()->regions().preferred.factor, 2.);
    }

    void findsCommandsByPartOfTheirName()
    {
        QVERIFY(fuzzyScore("rtl", "View › Reset the layout"));
        QVERIFY(fuzzyScore("RESET", "View › Reset the layout"));
        QVERIFY(!fuzzyScore("xyz", "View › Reset the layout"));
        QVERIFY(!fuzzyScore("tuoyal", "layout"));
        QVERIFY(fuzzyScore("uber", "Über uns"));
        QVERIFY(*fuzzyScore("res", "Reset") > *fuzzyScore("res", "Parameters"));
        QVERIFY(*fuzzyScore("re", "Edit › Rectangle") > *fuzzyScore("re", "Run › Ask each"));
        QVERIFY(*fuzzyScore("rl", "Reset layout") > *fuzzyScore("rl", "Parallel"));
        QCOMPARE(*fuzzyScore("", "anything"), 0);
    }

    void thePaletteRunsACommandByKeysAlone()
    {
        survey().setFocus();
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        auto *palette = m_window->findChild<CommandPalette *>();
        QVERIFY(palette && palette->isVisible());
        new QAbstractItemModelTester(palette->model(), this);
        QVERIFY(palette->model()->rowCount() > 40); // every command of the menus
        QTest::keyClicks(palette->field(), "theme");
        QTest::keyClick(palette->field(), Qt::Key_Escape);
        QVERIFY(!palette->isVisible());

        const auto choose = [&](const QString &words) {
            QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
            QTest::keyClicks(palette->field(), words);
            QTest::keyClick(palette->field(), Qt::Key_Return);
        };
        choose("edit ellipse");
        QVERIFY(!palette->isVisible());
        QCOMPARE(graphics()->tool(), MapTool::Ellipse);
        // Used last, it comes first; its shortcut is told.
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        QVERIFY(palette->model()->index(0).data().toString().endsWith("Ellipse"));
        QTest::keyClicks(palette->field(), "comparerun");
        QTest::keyClick(palette->field(), Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(palette->field(), "FFT");
        QCOMPARE(palette->model()->index(0).data(CommandModel::ShortcutRole).toString(),
                 QKeySequence("Ctrl+F").toString(QKeySequence::NativeText));
        QTest::keyClick(palette->field(), Qt::Key_Escape);
    }

    void exportsFiguresAndNumbers()
    {
        survey().setFocus();
        const QString png = m_folder->filePath("a.png"), svg = m_folder->filePath("a.svg"),
                      pdf = m_folder->filePath("a.pdf"), csv = m_folder->filePath("a.csv"),
                      hspy = m_folder->filePath("a.hspy");
        const QSize size = survey().size(); // the banner will take some
        for (const QString &file : {png, svg, pdf, csv, hspy})
            m_window->exportTo(file);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->figures().isIdle(), longMilliseconds);
        const QImage image(png);
        QCOMPARE(image.size(), size * 2);
        const auto bytes = [](const QString &name) {
            QFile file(name);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QVERIFY(bytes(svg).contains("<svg"));
        QVERIFY(bytes(pdf).startsWith("%PDF"));
        // The numbers come back as they are, with their calibration.
        const Map &map = survey().map();
        const DatasetSources sources = guessSources({hspy});
        const Dataset back = loadDataset(sources, unwatched());
        QVERIFY((back.image == map).all());
        QVERIFY(std::abs(back.pixelSizeNm - survey().pixelSizeNm() / survey().imageRatio()) < 1e-9);
        const QList<QByteArray> lines = bytes(csv).trimmed().split('\n');
        QCOMPARE(lines.size(), qsizetype(map.rows() + 1));
        QCOMPARE(lines[1].split(',')[1].toFloat(), map(0, 0));
        // What cannot be written is told.
        const QString nowhere = m_folder->filePath("nowhere/a.png");
        m_window->exportTo(nowhere);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->figures().isIdle(), longMilliseconds);
        QVERIFY(m_window->banner()->isVisible());
        QVERIFY(m_window->banner()->sentence().contains(nowhere));
        m_window->exportTo(m_folder->filePath("a.xyz"));
        QVERIFY(!QFile::exists(m_folder->filePath("a.xyz")));
    }

    void aPictureOfTheWindowIsSaved()
    {
        const auto save = [this](const QString &file) {
            for (QAction *action : m_window->findChildren<QAction *>())
                if (action->shortcut() == QKeySequence("Ctrl+Shift+P"))
                    action->trigger();
            auto *dialog = m_window->findChild<QFileDialog *>();
            emit dialog->fileSelected(file);
            delete dialog;
        };
        const QString file = m_folder->filePath("window.png");
        save(file);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file), longMilliseconds);
        QCOMPARE(QImage(file).size(), m_window->size() * m_window->devicePixelRatio());
        const QString nowhere = m_folder->filePath("nowhere/window.png");
        save(nowhere);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->banner()->sentence().contains(nowhere),
                                 longMilliseconds);
    }

    void copiesAViewToTheClipboard()
    {
        survey().setFocus();
        const QSize size = survey().size();
        QGuiApplication::clipboard()->clear();
        for (QAction *action : m_window->findChildren<QAction *>())
            if (action->shortcut() == QKeySequence("Ctrl+Shift+X"))
                action->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(QGuiApplication::clipboard()->image().size(), size * 2,
                                  longMilliseconds);
    }

    void aMapLiesOverTheImage()
    {
        m_window->startRun();
        waitForSteps(8);
        stopAndWait();
        survey().setOverlayVisible(false);
        const QImage plain = survey().picture();
        Panels *panels = m_window->panels();
        panels->setBlend(panels->mean(), 1);
        const QImage over = survey().picture();
        panels->setBlend(panels->mean(), 0.5);
        const QImage half = survey().picture();
        // Fully, it is that map in its own colours; by half, half of both.
        const Pixel pixel{16, 16};
        const QPoint at = survey().rectOf(pixel).center().toPoint();
        const QColor a = plain.pixelColor(at), b = over.pixelColor(at), c = half.pixelColor(at);
        const TonedColors colours(panels->mean()->colormap(), panels->mean()->limits());
        QCOMPARE(b.rgb(), colours(panels->mean()->map()(pixel.row, pixel.col)));
        QVERIFY(std::abs(c.red() - (a.red() + b.red()) / 2) <= 2);
        QVERIFY(std::abs(c.green() - (a.green() + b.green()) / 2) <= 2);
        panels->setBlend(nullptr, 0.5);
        QCOMPARE(survey().picture().pixelColor(at), a);
    }

    void theLimitOfTheDoseClosesPixels()
    {
        DosePanel *dose = m_window->panels()->dose();
        QVERIFY(!dose->costText().contains("not known")); // the simulated beam's current is
        m_window->startRun();
        waitForSteps(8);
        helm()->pause();
        const double one = helm()->run().at(0).dose;
        QVERIFY(one > 0);
        QVERIFY(std::abs(dose->book().largest() / one - 1) < 1e-6);
        const Pixel measured = helm()->run().at(0).pixel;
        QCOMPARE(dose->view()->map()(measured.row, measured.col), float(one));
        // A probe four pixels wide: the neighbours got some, too.
        dose->setProbe(4 * survey().pixelSizeNm());
        QVERIFY(dose->view()->map()(measured.row, measured.col + 1) > 0);
        QCOMPARE(helm()->forbidden().size(), Eigen::Index(0));
        dose->setLimit(1.3 * dose->book().nextDose());
        QVERIFY(dose->costText().contains("closed by the limit"));
        const Mask closed = helm()->forbidden();
        QVERIFY(closed(measured.row, measured.col) && closed(measured.row, measured.col + 1));
        const int before = helm()->run().size();
        helm()->resume();
        waitForSteps(before + 4);
        stopAndWait();
        bool isClosed = false; // from the step before which the order was taken
        for (const Step &step : readRun(helm()->recordedIn(), unwatched()).steps) {
            isClosed = isClosed || step.changes.join('\n').contains("forbidden");
            QVERIFY(!isClosed || !closed(step.pixel.row, step.pixel.col));
        }
        QVERIFY(isClosed);
    }

    void showsHowFarSigmaCanBeBelieved()
    {
        m_window->startRun();
        waitForSteps(20);
        stopAndWait();
        std::vector<double> residuals;
        for (const auto &step : helm()->run().steps())
            if (const auto residual = standardizedResidual(*step))
                residuals.push_back(*residual);
        const auto &shown = m_window->panels()->reliability()->points();
        const auto wanted = reliabilityOf(residuals);
        QCOMPARE(shown.size(), wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i)
            QCOMPARE(shown[i].observed, wanted[i].observed);
        QVERIFY(m_window->panels()->reliability()->accessibleDescription().contains("95 %"));
    }

    void anotherSampleHasNothingDrawn()
    {
        QTest::keyClick(&survey(), Qt::Key_C);
        drag(survey(), {4, 6}, {20, 16});
        helm()->openSample(simulatedSample(40, 40, 5));
        QTRY_VERIFY_WITH_TIMEOUT(helm()->sample()->survey->rows() == 40, longMilliseconds);
        QVERIFY(graphics()->all().empty());
        QVERIFY(!m_window->undo()->canUndo());
    }
};

QTEST_MAIN(TestConsole)
#include "tst_console.moc"
