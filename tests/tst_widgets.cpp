// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/colormap.h"
#include "widgets/mapimage.h"
#include "widgets/stepmodel.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QSignalSpy>
#include <QTest>

#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Relative luminance and contrast as in WCAG 2.1.
double luminance(const QColor &colour)
{
    const auto linear = [](double v) {
        return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}
double contrast(const QColor &a, const QColor &b)
{
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

int distance(QRgb a, QRgb b)
{
    return std::max({std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)),
                     std::abs(qBlue(a) - qBlue(b))});
}

Step stepOf(int number, Reason reason = Reason::Acquisition)
{
    Step step;
    step.number = number;
    step.pixel = {number % 7, number % 5};
    step.reason = reason;
    step.acquisitionValue = reason == Reason::Acquisition ? 0.02 * number : missing;
    step.value = 0.5;
    step.predictedMean = reason == Reason::Initial ? missing : 0.2;
    step.predictedDeviation = reason == Reason::Initial ? missing : 0.06;
    step.predictedNoise = reason == Reason::Initial ? missing : 0.08;
    step.dwellSeconds = 0.05;
    step.measureSeconds = 0.25;
    step.learnSeconds = 1.5;
    return step;
}

} // namespace

class TestWidgets : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::dark()); }

    void colourMapsAreThePublishedOnes_data()
    {
        QTest::addColumn<int>("map");
        QTest::addColumn<int>("place");
        QTest::addColumn<QRgb>("colour");
        // Entries of the published tables that are no anchors of ours.
        QTest::newRow("viridis first") << int(Colormap::Viridis) << 0 << QRgb(0x440154);
        QTest::newRow("viridis middle") << int(Colormap::Viridis) << 128 << QRgb(0x21918c);
        QTest::newRow("viridis 249") << int(Colormap::Viridis) << 249 << QRgb(0xeee51c);
        QTest::newRow("viridis last") << int(Colormap::Viridis) << 255 << QRgb(0xfde725);
        QTest::newRow("magma middle") << int(Colormap::Magma) << 128 << QRgb(0xb73779);
        QTest::newRow("magma last") << int(Colormap::Magma) << 255 << QRgb(0xfcfdbf);
        QTest::newRow("cividis middle") << int(Colormap::Cividis) << 128 << QRgb(0x7d7c78);
        QTest::newRow("cividis first") << int(Colormap::Cividis) << 0 << QRgb(0x00224e);
        QTest::newRow("gray middle") << int(Colormap::Gray) << 128 << QRgb(0x808080);
    }
    void colourMapsAreThePublishedOnes()
    {
        QFETCH(int, map);
        QFETCH(int, place);
        QFETCH(QRgb, colour);
        const QRgb ours = colorTable(Colormap(map))[std::size_t(place)];
        QVERIFY2(distance(ours, colour) <= 2, qPrintable(QColor(ours).name()));
        QCOMPARE(qAlpha(ours), 255);
    }

    void perceptualMapsGetLighterAllTheWay()
    {
        for (const ColormapRow &row : colormaps()) {
            const ColorTable &table = colorTable(row.kind);
            if (row.kind == Colormap::Diverging) {
                for (std::size_t i = 0; i < 128; ++i) // lighter towards the middle, equally
                    QVERIFY(std::abs(luminance(table[i]) - luminance(table[255 - i])) < 0.12);
                continue;
            }
            for (std::size_t i = 8; i < 256; i += 8)
                QVERIFY2(luminance(table[i]) > luminance(table[i - 8]), row.key);
        }
    }

    void limitsLeaveOutTheOutermost()
    {
        Map map(100, 100);
        for (int i = 0; i < 10000; ++i)
            map.data()[i] = float(i);
        map(0, 0) = -1e9F;
        map(99, 99) = std::numeric_limits<float>::infinity();
        map(50, 50) = std::numeric_limits<float>::quiet_NaN();
        const ColorLimits limits = percentileLimits(map);
        QVERIFY(std::abs(limits.low - 10) < 2);
        QVERIFY(std::abs(limits.high - 9988) < 4);
        const ColorLimits constant = percentileLimits(Map::Constant(4, 4, 7));
        QVERIFY(constant.low < 7 && constant.high > 7);
        QCOMPARE(percentileLimits(Map::Constant(4, 4, float(missing))), (ColorLimits{0, 1}));
        QCOMPARE(percentileLimits(Map()), (ColorLimits{0, 1}));
    }

    void mapsBecomePictures()
    {
        Map map(2, 2);
        map << 0, 1, 2, float(missing);
        const QImage image = colored(map, Colormap::Gray, {0, 2});
        QCOMPARE(image.pixel(0, 0), qRgb(0, 0, 0));
        QVERIFY(distance(image.pixel(1, 0), qRgb(128, 128, 128)) <= 1);
        QCOMPARE(image.pixel(0, 1), qRgb(255, 255, 255));
        QCOMPARE(qAlpha(image.pixel(1, 1)), 0);
        QCOMPARE(colored(map.topRows(1), Colormap::Gray, {0, 2}).format(), QImage::Format_RGB32);
        // Beyond the limits the end colours hold.
        QCOMPARE(colored(map, Colormap::Gray, {0.5, 1.5}).pixel(0, 1), qRgb(255, 255, 255));
    }

    void tonesRiseFromNoughtToOne()
    {
        for (const Tone &tone : {Tone{}, Tone{Tone::Scale::Logarithmic, 1},
                                 Tone{Tone::Scale::Gamma, 0.5}, Tone{Tone::Scale::Gamma, 2}}) {
            QCOMPARE(tone(0), 0.0);
            QVERIFY(std::abs(tone(1) - 1) < 1e-12);
            for (int i = 0; i < 100; ++i)
                QVERIFY(tone((i + 1) / 100.0) > tone(i / 100.0));
        }
        QVERIFY(Tone({Tone::Scale::Logarithmic, 1})(0.01) > 0.3); // what is dim shows
    }

    void anEnlargedPixelIsASquareOfItsColour()
    {
        MapImage image;
        Map map(2, 3);
        map << 0, 1, 2, 3, 4, 5;
        image.setMap(std::make_shared<const Map>(map));
        const QImage picture = image.render({30, 20}, {0, 0, 3, 2}, Colormap::Viridis, {0, 5}, {});
        const TonedColors colours(Colormap::Viridis, {0, 5});
        for (int y = 0; y < 20; ++y)
            for (int x = 0; x < 30; ++x)
                QCOMPARE(picture.pixel(x, y), colours(map(y / 10, x / 10)));
        const QImage beside = image.render({10, 10}, {-5, -5, 5, 5}, Colormap::Gray, {0, 5}, {});
        QCOMPARE(qAlpha(beside.pixel(5, 5)), 0);
    }

    void aMissingPixelDoesNotSpreadWhenReduced()
    {
        Map map = Map::Constant(64, 64, 1);
        map(10, 10) = float(missing);
        MapImage image;
        image.setMap(std::make_shared<const Map>(map));
        QVERIFY(image.hasMissing());
        const QImage picture = image.render({8, 8}, {0, 0, 64, 64}, Colormap::Gray, {0, 1}, {});
        for (int i = 0; i < 64; ++i)
            QCOMPARE(picture.pixel(i % 8, i / 8), qRgb(255, 255, 255));
    }

    void textCanBeReadInEveryTheme()
    {
        for (const QString &key : themeKeys()) {
            const Theme &theme = Theme::fromKey(key);
            QCOMPARE(theme.key, key);
            // WCAG 2.1, AA: 4.5 for text, 3 for what is drawn. Words stand in each of these.
            const auto check = [&key](const char *what, const QColor &colour, const QColor &behind,
                                      double least) {
                QVERIFY2(contrast(colour, behind) >= least,
                         qPrintable(QStringLiteral("%1, %2: %3")
                                        .arg(key, QString::fromLatin1(what))
                                        .arg(contrast(colour, behind))));
            };
            const double loud = key == "dim" ? 5.5 : 7; // what is read all night
            for (const QColor &behind : {theme.window, theme.panel, theme.raised, theme.plot}) {
                check("text", theme.text, behind, loud);
                check("measured", theme.measured, behind, loud);
                check("quiet text", theme.quietText, behind, 4.5);
                check("good", theme.good, behind, 4.5);
                check("bad", theme.bad, behind, 4.5);
                check("accent", theme.accent, behind, 4.5);
            }
            check("on accent", theme.onAccent, theme.accent, 4.5);
            check("on danger", theme.onDanger, theme.danger, 4.5);
            check("danger", theme.danger, theme.window, 3);
            check("predicted", theme.predicted, theme.plot, 3);
            for (const QColor &colour : theme.series)
                check("series", colour, theme.plot, 3);
            // And as widgets of Qt have them.
            const QPalette palette = theme.palette();
            const QList<std::pair<QPalette::ColorRole, QPalette::ColorRole>> pairs{
                {QPalette::WindowText, QPalette::Window},
                {QPalette::Text, QPalette::Base},
                {QPalette::Text, QPalette::AlternateBase},
                {QPalette::PlaceholderText, QPalette::Base},
                {QPalette::ButtonText, QPalette::Button},
                {QPalette::ToolTipText, QPalette::ToolTipBase},
                {QPalette::HighlightedText, QPalette::Highlight},
                {QPalette::Link, QPalette::Window},
                {QPalette::Link, QPalette::Base},
                {QPalette::LinkVisited, QPalette::Base}};
            for (const auto group : {QPalette::Active, QPalette::Inactive})
                for (const auto &[words, behind] : pairs)
                    check("a pair of the palette", palette.color(group, words),
                          palette.color(group, behind), 4.5);
        }
    }

    void onlyDangerIsRed()
    {
        for (const Theme *theme : {&Theme::dark(), &Theme::light()}) {
            const auto isRed = [](const QColor &c) {
                return c.hslSaturation() > 100 && (c.hslHue() < 18 || c.hslHue() > 342);
            };
            QVERIFY(isRed(theme->danger));
            QList<QColor> others{theme->accent, theme->good, theme->bad, theme->measured,
                                 theme->predicted};
            others.append(QList<QColor>(theme->series.begin(), theme->series.end()));
            for (const QColor &colour : others)
                QVERIFY2(!isRed(colour), qPrintable(colour.name()));
        }
    }

    void aThemeIsKnownByItsPalette()
    {
        for (const QString &key : themeKeys())
            QCOMPARE(themeOf(Theme::fromKey(key).palette()).key, key);
        QPalette foreign;
        foreign.setColor(QPalette::Window, QColor(240, 235, 230));
        QCOMPARE(themeOf(foreign).key, QString("light"));
        QCOMPARE(Theme::fromKey("none").key, QString("dark"));
        QFont small;
        small.setPointSizeF(6);
        const QFont before = QApplication::font();
        QApplication::setFont(small);
        applyTheme(*qApp, Theme::light());
        QVERIFY(QApplication::font().pointSizeF() >= 9);
        QVERIFY(textFont(TextSize::Small).pointSizeF() >= 9);
        QCOMPARE(themeOf(QApplication::palette()).key, QString("light"));
        QApplication::setFont(before);
        applyTheme(*qApp, Theme::dark());
    }

    void everyIconIsDrawnInTheThemesColour()
    {
        const QStringList names{"run",     "pause", "step",       "stop",    "abort",    "open",
                                "save",    "fit",   "one-to-one", "link",    "unlink",   "lock",
                                "unlock",  "pin",   "queue",      "forbid",  "allow",    "veto",
                                "approve", "reset", "copy",       "picture", "log-axis", "warning",
                                "info",    "next"};
        for (const QString &name : names) {
            const QImage image = icon(name).pixmap(32, 32).toImage();
            QVERIFY2(!image.isNull(), qPrintable(name));
            int drawn = 0;
            const QColor expected = QApplication::palette().color(QPalette::ButtonText);
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (qAlpha(image.pixel(x, y)) == 255) {
                        ++drawn;
                        QVERIFY2(distance(image.pixel(x, y), expected.rgb()) <= 3,
                                 qPrintable(name));
                    }
            QVERIFY2(drawn > 20, qPrintable(name));
        }
        QVERIFY(icon("no such drawing").isNull());
        const QImage white = icon("stop", Qt::white).pixmap(32, 32).toImage();
        QCOMPARE(white.pixelColor(16, 16), QColor(Qt::white));
    }

    void numbersKeepTheirDecimals()
    {
        QCOMPARE(fixedText(-0.0004, 2), QString("0.00"));
        QCOMPARE(fixedText(-1.5, 2), QString("−1.50"));
        QCOMPARE(fixedText(missing, 2), QString());
        QCOMPARE(roundText(2.41e4), QString("2.4×10⁴"));
        QCOMPARE(roundText(9.96e4), QString("1.0×10⁵"));
        QCOMPARE(roundText(-3.2e-5), QString("−3.2×10⁻⁵"));
        QCOMPARE(roundText(347), QString("350"));
        QCOMPARE(roundText(347, 3), QString("347"));
        QCOMPARE(roundText(3.168e5, 3), QString("3.17×10⁵"));
        QCOMPARE(roundText(99.6), QString("100"));
        QCOMPARE(roundText(0.0347), QString("0.035"));
        QCOMPARE(roundText(0), QString("0"));
        QCOMPARE(roundText(missing), QString());
        QCOMPARE(valueText(0.25, 0.8), QString("0.2500"));
        QCOMPARE(valueText(250, 3000), QString("250"));
        QCOMPARE(valueText(1.234e-7, 1e-6), QString("1.234e−07"));
        QCOMPARE(numberFormat(1e-5, 5e-6).unit("eV"), QString("×10⁻⁶ eV"));
        QCOMPARE(numberFormat(1e-5, 5e-6).text(1e-5), QString("10"));
        QCOMPARE(numberFormat(1, 0.25).text(0.5), QString("0.50"));
    }

    void ticksAreRound()
    {
        QCOMPARE(roundTicks(0, 1, 6),
                 (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
        QCOMPARE(roundTicks(-3, 3, 4).size(), std::size_t(3));
        for (double high = 1e-7; high < 1e9; high *= 3.7) {
            const auto ticks = roundTicks(-0.3 * high, high, 6);
            QVERIFY(ticks.size() >= 2 && ticks.size() <= 7);
            QVERIFY(ticks.front() >= -0.3 * high - 1e-9 * high &&
                    ticks.back() <= high * (1 + 1e-9));
        }
        QVERIFY(roundTicks(1, 1, 5).empty());
        QVERIFY(roundTicks(1e18, 1e18 + 1e3, 5).empty());
        QVERIFY(roundTicks(missing, 1, 5).empty());
    }

    void theStepModelIsAProperModel()
    {
        StepModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPixelSizeNm(0.5);
        model.setValueName("mean 0.35–0.55 eV", "counts");
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        for (int i = 1; i <= 20; ++i)
            model.append(stepOf(i, i < 5 ? Reason::Initial : Reason::Acquisition));
        QCOMPARE(reset.size(), 0); // selection and scrolling stay
        QCOMPARE(inserted.size(), 20);
        QCOMPARE(model.rowCount(), 20);
        Step large = stepOf(21);
        large.value = 5000; // the decimals of the values above follow
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.append(large);
        QCOMPARE(changed.size(), 1);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void aStepIsARowOfNumbers()
    {
        StepModel model;
        model.setPixelSizeNm(0.5);
        model.setValueName("mean 0.35–0.55 eV", "counts");
        Step initial = stepOf(1, Reason::Initial), chosen = stepOf(2),
             queued = stepOf(9, Reason::Queued);
        chosen.changes = {"acquisition: uncertainty → ei"};
        queued.value = missing;
        queued.dose = 1234.4;
        model.setSteps({initial, chosen, queued});
        const auto text = [&model](int row, int column) {
            return model.index(row, column).data().toString();
        };
        QCOMPARE(text(1, StepModel::Number), QString("2"));
        QCOMPARE(text(1, StepModel::X), QString("1.25")); // the centre of column 2
        QCOMPARE(text(0, StepModel::Why), QString("initial"));
        QCOMPARE(text(1, StepModel::Why), QString::fromUtf8(rowOf(Acquisition::Uncertainty).name));
        QCOMPARE(text(0, StepModel::Worth), QString());
        QCOMPARE(text(0, StepModel::Predicted), QString());
        QCOMPARE(text(1, StepModel::Predicted), QString("0.2000 ± 0.0600"));
        QCOMPARE(text(1, StepModel::Measured), QString("0.5000"));
        QCOMPARE(text(1, StepModel::Miss), QString("+3.00")); // 0.3 over a deviation of 0.1
        QCOMPARE(text(2, StepModel::Measured), QString("not defined"));
        QCOMPARE(text(1, StepModel::Dose), QString());
        QCOMPARE(text(2, StepModel::Dose), QString("1234"));
        QCOMPARE(text(1, StepModel::Seconds), QString("1.75"));
        QVERIFY(model.index(1, 0).data(Qt::ToolTipRole).toString().contains("ei"));
        QCOMPARE(model.headerData(StepModel::Measured, Qt::Horizontal).toString(),
                 QString("Measured (counts)"));
        QCOMPARE(model.index(1, 0).data(StepModel::PixelRole).toPoint(), QPoint(2, 2));
        QCOMPARE(model.index(2, 0).data(StepModel::NumberRole).toInt(), 9);
        QVERIFY(!model.index(2, StepModel::Measured).data(StepModel::SortRole).isValid());
        QCOMPARE(model.index(1, StepModel::Measured).data(StepModel::SortRole).toDouble(), 0.5);
        QCOMPARE(model.rowOfStep(9), 2);
        QCOMPARE(model.rowOfStep(3), -1);
        QVERIFY(model.index(0, StepModel::Measured).data(Qt::TextAlignmentRole).toInt() &
                Qt::AlignRight);
    }
};

QTEST_MAIN(TestWidgets)
#include "tst_widgets.moc"
