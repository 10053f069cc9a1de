// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/spectrumview.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QMouseEvent>
#include <QPainter>
#include <QSet>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

EnergyAxis axisOf(int channels, double from, double step, const QString &unit = "eV")
{
    EnergyAxis axis{"Energy loss", unit, {}};
    for (int i = 0; i < channels; ++i)
        axis.values.push_back(from + step * i);
    return axis;
}

Eigen::VectorXf peakAt(const EnergyAxis &axis, double energy)
{
    Eigen::VectorXf counts(axis.channels());
    for (int i = 0; i < axis.channels(); ++i)
        counts[i] =
            float(10 + 100 * std::exp(-std::pow((axis.values[std::size_t(i)] - energy) / 0.05, 2)));
    return counts;
}

/// A view on the screen with a spectrum, and ways to touch its plot.
struct Shown
{
    SpectrumView view;
    QWidget *plot;
    EnergyAxis axis = axisOf(240, 0.1, 0.005);

    Shown()
    {
        view.resize(640, 300);
        view.setMeasured(axis, peakAt(axis, 0.5));
        Scalarizer scalarizer;
        scalarizer.band = {0.4, 0.6};
        view.setScalarizer(scalarizer);
        view.show();
        plot = view.findChild<QWidget *>("plot");
        if (!QTest::qWaitForWindowExposed(&view))
            qWarning("not exposed");
        view.grab(); // lays the axes out
    }
    QPointF at(double energy) const
    {
        return {plot->mapFrom(&view, QPointF(view.positionOf(energy), 0)).x(),
                plot->height() * 0.6};
    }
    void send(QEvent::Type type, const QPointF &position, Qt::MouseButton button,
              Qt::MouseButtons buttons)
    {
        QMouseEvent event(type, position, plot->mapToGlobal(position), button, buttons, {});
        QApplication::sendEvent(plot, &event);
    }
    void drag(double from, double to)
    {
        const QPointF a = at(from), b = at(to);
        send(QEvent::MouseButtonPress, a, Qt::LeftButton, Qt::LeftButton);
        for (double part : {0.3, 0.7, 1.0})
            send(QEvent::MouseMove, a + part * (b - a), Qt::NoButton, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, b, Qt::LeftButton, Qt::NoButton);
    }
    void wheel(double energy, int delta)
    {
        const QPointF position = at(energy);
        QWheelEvent event(position, plot->mapToGlobal(position), {}, {0, delta}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(plot, &event);
    }
};

bool isNear(double a, double b)
{
    return std::abs(a - b) < 0.004;
} // about two screen pixels

} // namespace

class TestSpectrumView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::dark()); }

    void draggingAnEdgeGivesAnotherScalarizer()
    {
        Shown shown;
        QSignalSpy moved(&shown.view, &SpectrumView::bandMoved),
            edited(&shown.view, &SpectrumView::bandEdited);
        shown.drag(0.6, 0.75);
        QVERIFY(moved.size() >= 2);
        QCOMPARE(edited.size(), 1);
        const auto scalarizer = edited[0][0].value<Scalarizer>();
        QCOMPARE(scalarizer.band.low, 0.4);
        QVERIFY(isNear(scalarizer.band.high, 0.75));
        QCOMPARE(shown.view.scalarizer(), std::optional(scalarizer));
        // A number as a person would write it.
        const QString text = QString::number(scalarizer.band.high, 'g', 15);
        QVERIFY2(text.size() <= 5, qPrintable(text));
    }

    void draggingTheInsideMovesTheWholeBand()
    {
        Shown shown;
        QSignalSpy edited(&shown.view, &SpectrumView::bandEdited);
        shown.drag(0.5, 0.7);
        QCOMPARE(edited.size(), 1);
        const Band band = edited[0][0].value<Scalarizer>().band;
        QVERIFY(isNear(band.low, 0.6));
        QVERIFY(isNear(band.high - band.low, 0.205)); // its channels, from edge to edge
        // It stops at the end of the axis, as wide as before.
        shown.drag(0.7, 3.0);
        const Band last = edited.last()[0].value<Scalarizer>().band;
        QVERIFY(isNear(last.high, 1.295));
        QVERIFY(isNear(last.high - last.low, 0.205));
    }

    void theOtherIntervalsAreDraggedLikewise()
    {
        Shown shown;
        Scalarizer ratio = *shown.view.scalarizer();
        ratio.kind = Scalarizer::Kind::BandRatio;
        ratio.second = {0.8, 1.0};
        ratio.background = Scalarizer::Background::Constant;
        ratio.backgroundWindow = {0.15, 0.25};
        shown.view.setScalarizer(ratio);
        QSignalSpy edited(&shown.view, &SpectrumView::bandEdited);
        shown.drag(0.8, 0.7);
        shown.drag(0.25, 0.3);
        QCOMPARE(edited.size(), 2);
        const auto scalarizer = edited[1][0].value<Scalarizer>();
        QVERIFY(isNear(scalarizer.second.low, 0.7));
        QVERIFY(isNear(scalarizer.backgroundWindow.high, 0.3));
        QCOMPARE(scalarizer.band, ratio.band);
    }

    void aBandNeverLosesItsLastChannel()
    {
        Shown shown;
        shown.drag(0.6, 0.2); // past its lower edge
        const Scalarizer scalarizer = *shown.view.scalarizer();
        QVERIFY(scalarizer.band.high > scalarizer.band.low);
        scalarizer.check(shown.axis); // throws otherwise
    }

    void aClickWithoutADragEditsNothing()
    {
        Shown shown;
        QSignalSpy edited(&shown.view, &SpectrumView::bandEdited);
        shown.drag(0.6, 0.6);
        QCOMPARE(edited.size(), 0);
    }

    void aBandThatMayNotBeEditedStays()
    {
        Shown shown;
        shown.view.setEditable(false);
        QSignalSpy edited(&shown.view, &SpectrumView::bandEdited);
        shown.drag(0.6, 0.75);
        QTest::keyClick(&shown.view, Qt::Key_Right);
        QCOMPARE(edited.size(), 0);
        QCOMPARE(shown.view.scalarizer()->band, (Band{0.4, 0.6}));
    }

    void arrowKeysMoveTheBandByAChannel()
    {
        Shown shown;
        QSignalSpy edited(&shown.view, &SpectrumView::bandEdited);
        const auto channels = [&shown] {
            const BandChannels in = channelsOf(shown.view.scalarizer()->band, shown.axis);
            return QPoint(in.first, in.count);
        };
        const QPoint before = channels();
        QTest::keyClick(&shown.view, Qt::Key_Right);
        QCOMPARE(channels(), before + QPoint(1, 0));
        QTest::keyClick(&shown.view, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(channels(), before + QPoint(-9, 0));
        QTest::keyClick(&shown.view, Qt::Key_Right, Qt::ControlModifier);
        QCOMPARE(channels(), before + QPoint(-9, 1));
        QVERIFY2(shown.view.scalarizer()->text().size() <= int(sizeof "band:0.353-0.563") - 1,
                 qPrintable(shown.view.scalarizer()->text()));
        QCOMPARE(edited.size(), 3);
    }

    void settersSayNothing()
    {
        Shown shown;
        QSignalSpy moved(&shown.view, &SpectrumView::bandMoved),
            edited(&shown.view, &SpectrumView::bandEdited),
            logarithmic(&shown.view, &SpectrumView::logarithmicChanged);
        Scalarizer other;
        other.band = {0.2, 0.3};
        shown.view.setScalarizer(other);
        shown.view.setLogarithmic(true);
        shown.view.setScalarizer(std::nullopt);
        QVERIFY(!shown.view.scalarizer());
        QCOMPARE(moved.size() + edited.size() + logarithmic.size(), 0);
        shown.drag(0.2, 0.4); // nothing there to drag any more
        QCOMPARE(edited.size(), 0);
    }

    void theLogarithmIsAButtonAndAKey()
    {
        Shown shown;
        QSignalSpy changed(&shown.view, &SpectrumView::logarithmicChanged);
        const QImage linear = shown.view.grab().toImage();
        QTest::mouseClick(shown.view.findChild<QToolButton *>(), Qt::LeftButton);
        QVERIFY(shown.view.isLogarithmic());
        QTRY_VERIFY(shown.view.grab().toImage() != linear);
        QTest::keyClick(&shown.view, Qt::Key_L);
        QVERIFY(!shown.view.isLogarithmic());
        QCOMPARE(changed.size(), 2);
    }

    void theMouseReadsTheChannelUnderIt()
    {
        Shown shown;
        QSignalSpy moved(&shown.view, &SpectrumView::cursorMoved);
        shown.send(QEvent::MouseMove, shown.at(0.5), Qt::NoButton, Qt::NoButton);
        QCOMPARE(moved.size(), 1);
        QVERIFY(std::abs(moved[0][0].toDouble() - 0.5) < 1e-9);
        QVERIFY(std::abs(moved[0][1].toDouble() - 110) < 1);
    }

    void theWheelZoomsEnergiesAndADoubleClickShowsAll()
    {
        Shown shown;
        const double before = shown.view.positionOf(0.6) - shown.view.positionOf(0.5);
        shown.wheel(0.5, 240);
        QVERIFY(shown.view.positionOf(0.6) - shown.view.positionOf(0.5) > 1.2 * before);
        // The next spectrum of the same energies does not take the zoom back.
        shown.view.setMeasured(shown.axis, peakAt(shown.axis, 0.9));
        QVERIFY(shown.view.positionOf(0.6) - shown.view.positionOf(0.5) > 1.2 * before);
        shown.send(QEvent::MouseButtonDblClick, shown.at(0.5), Qt::LeftButton, Qt::LeftButton);
        QVERIFY(std::abs(shown.view.positionOf(0.6) - shown.view.positionOf(0.5) - before) < 1e-6);
    }

    void zoomingOutEndsAtTheWholeAxis()
    {
        Shown shown;
        for (int i = 0; i < 30; ++i)
            shown.wheel(0.5, -240);
        const double width = shown.view.positionOf(1.295) - shown.view.positionOf(0.1);
        QVERIFY(width > 0.9 * shown.plot->width() * 0.8);
        for (int i = 0; i < 200; ++i)
            shown.wheel(0.5, 240);
        QVERIFY(std::isfinite(shown.view.positionOf(0.5)));
    }

    void anEmptyViewSaysWhatWillAppear()
    {
        SpectrumView view;
        view.resize(400, 200);
        view.setPlaceholder("Press Run.");
        QVERIFY(view.isEmpty());
        QTest::keyClick(&view, Qt::Key_Right);
        const EnergyAxis axis = axisOf(20, 0, 0.01, "keV");
        view.setPredicted(axis, peakAt(axis, 0.1), Eigen::VectorXf::Constant(20, 5));
        QVERIFY(!view.isEmpty());
        view.clearPredicted();
        QVERIFY(view.isEmpty());
    }

    void refusesWhatDoesNotFitTheAxis()
    {
        SpectrumView view;
        view.setMeasured(axisOf(20, 0, 0.01), Eigen::VectorXf::Zero(19));
        QVERIFY(view.isEmpty());
        view.setMeasured({}, {});
        QVERIFY(view.isEmpty());
    }

    void drawsOddSpectra_data()
    {
        QTest::addColumn<float>("value");
        QTest::addColumn<int>("channels");
        QTest::newRow("zeros") << 0.0F << 200;
        QTest::newRow("missing") << std::numeric_limits<float>::quiet_NaN() << 200;
        QTest::newRow("infinite") << std::numeric_limits<float>::infinity() << 200;
        QTest::newRow("negative") << -5.0F << 200;
        QTest::newRow("one channel") << 3.0F << 1;
        QTest::newRow("two channels") << 3.0F << 2;
    }
    void drawsOddSpectra()
    {
        QFETCH(float, value);
        QFETCH(int, channels);
        SpectrumView view;
        view.resize(400, 200);
        Scalarizer scalarizer;
        scalarizer.band = {0, 0.005};
        scalarizer.background = Scalarizer::Background::PowerLaw;
        scalarizer.backgroundWindow = {0, 0.003};
        view.setScalarizer(scalarizer);
        const EnergyAxis axis = axisOf(channels, 0, 0.01);
        const Eigen::VectorXf counts = Eigen::VectorXf::Constant(channels, value);
        view.setMeasured(axis, counts);
        view.setPredicted(axis, counts, counts);
        view.setPinned({{{1, 2}, Qt::cyan, axis, counts}});
        for (bool isLogarithmic : {false, true}) {
            view.setLogarithmic(isLogarithmic);
            QVERIFY(!view.grab().isNull());
        }
        QTest::keyClick(&view, Qt::Key_Right);
        view.resetAxes();
        QVERIFY(std::isfinite(view.positionOf(0)));
    }

    void binnedPredictionsKeepTheAxis()
    {
        Shown shown;
        const double before = shown.view.positionOf(1.0);
        const EnergyAxis binned = axisOf(60, 0.1075, 0.02);
        shown.view.setPredicted(binned, peakAt(binned, 0.5), Eigen::VectorXf::Constant(60, 3));
        shown.view.grab();
        QVERIFY(std::abs(shown.view.positionOf(1.0) - before) < 1e-6);
    }

    void subtractsWhatWasForetold()
    {
        Shown shown;
        SpectrumView &view = shown.view;
        QCOMPARE(view.residual().size(), Eigen::Index(0)); // nothing was
        const Eigen::VectorXf counts = peakAt(shown.axis, 0.5);
        // Binned by four: the mean of each group, less what was expected.
        const EnergyAxis binned = shown.axis.binned(4);
        Eigen::VectorXf expected(60);
        for (int i = 0; i < 60; ++i)
            expected[i] = counts.segment(4 * i, 4).mean() - float(i);
        view.setForetold(binned, expected, Eigen::VectorXf::Constant(60, 3));
        const Eigen::VectorXf residual = view.residual();
        QCOMPARE(residual.size(), Eigen::Index(60));
        for (int i = 0; i < 60; ++i)
            QVERIFY(std::abs(residual[i] - float(i)) < 1e-3F);
        view.setFocus();
        const QImage before = view.grab().toImage();
        QTest::keyClick(&view, Qt::Key_R);
        QVERIFY(view.isResidual());
        QVERIFY(view.grab().toImage() != before);
        view.clearForetold();
        QVERIFY(!view.grab().isNull()); // the spectrum again
        QCOMPARE(view.residual().size(), Eigen::Index(0));
        // Of another axis: not to be subtracted.
        view.setForetold(axisOf(60, 5, 0.02), expected, expected);
        QCOMPARE(view.residual().size(), Eigen::Index(0));
    }

    void givesItsNumbersAndLines()
    {
        Shown shown;
        SpectrumView &view = shown.view;
        const Eigen::VectorXf counts = peakAt(shown.axis, 0.7);
        view.setPinned({{{3, 4}, Qt::cyan, shown.axis, counts},
                        {{5, 6}, Qt::red, axisOf(10, 0.1, 0.1), Eigen::VectorXf::Ones(10)}});
        const auto curves = view.curves();
        QCOMPARE(curves.size(), std::size_t(2)); // measured, and the one of the same energies
        QCOMPARE(curves[0].name, QString("measured"));
        QVERIFY(curves[1].values == counts);
        // A figure is drawn anew, not copied: larger, it has more to show.
        QImage image(view.size(), QImage::Format_RGB32);
        image.fill(Qt::magenta);
        QPainter painter(&image);
        view.paintFigure(painter);
        painter.end();
        QSet<QRgb> colours;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                colours << image.pixel(x, y);
        QVERIFY(!colours.contains(QColor(Qt::magenta).rgb()));
        QVERIFY(colours.contains(themeOf(view.palette()).measured.rgb()));
    }
};

QTEST_MAIN(TestSpectrumView)
#include "tst_spectrumview.moc"
