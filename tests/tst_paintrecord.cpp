// SPDX-License-Identifier: GPL-3.0-or-later
// What is painted through a record is what is painted at once.
#include "app/figurefile.h"
#include "base/error.h"
#include "widgets/paintrecord.h"
#include "widgets/theme.h"

#include <QDir>
#include <QFile>
#include <QPainter>
#include <QPainterPath>
#include <QPicture>
#include <QPixmap>
#include <QTemporaryDir>
#include <QTest>

#include <functional>
#include <thread>

using namespace helmscope;

namespace {

using Paint = std::function<void(QPainter &)>;
const QSize size(160, 120);

QImage blank()
{
    QImage image(size * 2, QImage::Format_RGB32);
    image.setDevicePixelRatio(2);
    image.fill(Qt::white);
    return image;
}

QImage atOnce(const Paint &paint)
{
    QImage image = blank();
    QPainter painter(&image);
    paint(painter);
    return image;
}

QImage recorded(const Paint &paint)
{
    PaintRecord record(size);
    QPainter painter(&record);
    paint(painter);
    painter.end();
    // As a job does.
    QImage image;
    std::thread worker([&] { image = pixelsOf(record, Qt::white, [](double) { return true; }); });
    worker.join();
    return image;
}

/// Enough to take a while.
PaintRecord &fill(PaintRecord &record)
{
    QPainter painter(&record);
    painter.setRenderHint(QPainter::Antialiasing);
    for (int i = 0; i < 2000; ++i)
        painter.drawEllipse(QPointF(i % 160, i % 120), 20, 20);
    return record;
}

} // namespace

class TestPaintRecord : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void paintsTheSame_data()
    {
        QTest::addColumn<Paint>("paint");
        const auto add = [](const char *name, const Paint &paint) { QTest::newRow(name) << paint; };
        add("lines, pens and brushes", [](QPainter &painter) {
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(QPen(QColor(200, 20, 20, 150), 2.5, Qt::DashLine, Qt::RoundCap));
            painter.drawLine(QPointF(3.5, 7), QPointF(150, 100.25));
            painter.setBrush(QBrush(Qt::blue, Qt::Dense4Pattern));
            painter.drawRect(QRectF(20, 20, 40, 30));
            painter.setPen(Qt::NoPen);
            painter.setBrush(QColor(0, 160, 0));
            painter.drawEllipse(QRectF(70, 20, 40, 60));
            painter.setPen(Qt::black);
            painter.drawPolyline(QPolygonF{{5, 110}, {40, 90}, {60, 115}});
            painter.drawPoint(QPointF(80, 110));
        });
        add("transforms, kept and given back", [](QPainter &painter) {
            painter.translate(60, 50);
            painter.save();
            painter.rotate(30);
            painter.scale(1.5, 0.75);
            painter.fillRect(QRectF(-20, -20, 40, 40), Qt::darkYellow);
            painter.restore();
            painter.drawRect(QRectF(-30, -30, 60, 60));
        });
        add("clips, kept and given back", [](QPainter &painter) {
            painter.setClipRect(QRectF(10, 10, 100, 80));
            painter.save();
            QPainterPath circle;
            circle.addEllipse(QPointF(60, 50), 30, 30);
            painter.setClipPath(circle, Qt::IntersectClip);
            painter.fillRect(QRect(QPoint(0, 0), size), Qt::red);
            painter.restore();
            painter.setOpacity(0.5);
            painter.fillRect(QRectF(0, 70, 160, 50), Qt::blue);
            painter.setClipping(false);
            painter.fillRect(QRectF(140, 0, 20, 20), Qt::green);
        });
        add("pictures of all kinds", [](QPainter &painter) {
            QImage image(16, 12, QImage::Format_ARGB32_Premultiplied);
            image.fill(QColor(10, 90, 200, 128));
            image.setPixelColor(3, 3, Qt::yellow);
            painter.drawImage(QRectF(10, 10, 64, 48), image);
            painter.setRenderHint(QPainter::SmoothPixmapTransform);
            painter.drawImage(QRectF(80, 10, 64, 48), image, QRectF(2, 2, 6, 6));
            QPixmap pixmap(20, 20);
            pixmap.setDevicePixelRatio(2);
            pixmap.fill(Qt::magenta);
            painter.drawPixmap(QPointF(20.5, 80), pixmap);
            painter.fillRect(QRectF(60, 70, 60, 40), QBrush(pixmap));
        });
        add("words", [](QPainter &painter) {
            painter.setFont(textFont(TextSize::Body));
            painter.drawText(QPointF(5, 20), QStringLiteral("σ ± 3.4 e⁻/Å²"));
            painter.setFont(textFont(TextSize::Small));
            painter.setPen(Qt::darkRed);
            painter.drawText(QRectF(0, 30, 160, 40), Qt::AlignRight | Qt::TextWordWrap,
                             QStringLiteral("Mean spectrum of all that was measured here"));
            QFont line = textFont(TextSize::Title);
            line.setUnderline(true);
            painter.setFont(line);
            painter.drawText(QPointF(5, 100), QStringLiteral("underlined"));
        });
        add("words from right to left", [](QPainter &painter) {
            painter.setFont(textFont(TextSize::Body));
            painter.setLayoutDirection(Qt::RightToLeft);
            painter.drawText(QRectF(0, 0, 160, 40), Qt::AlignLeading, QStringLiteral("אבג 12 abc"));
        });
        add("a picture of commands", [](QPainter &painter) {
            QPicture picture;
            QPainter onto(&picture);
            onto.setFont(textFont(TextSize::Small));
            onto.drawText(QPointF(10, 20), QStringLiteral("0.25"));
            onto.setPen(QPen(Qt::darkCyan, 2));
            onto.drawLine(QPointF(0, 0), QPointF(60, 30));
            onto.end();
            painter.drawPicture(QPointF(30, 40), picture);
        });
    }
    void paintsTheSame()
    {
        QFETCH(Paint, paint);
        const QImage direct = atOnce(paint);
        QVERIFY(direct != blank());
        // An edge on a pixel's border may fall to either side: Qt fills a rectangle at once, and
        // the outline that a record has of it, in different ways.
        constexpr int mostEdges = 8;
        const QImage again = recorded(paint);
        QCOMPARE(again.size(), direct.size());
        int others = 0;
        for (int y = 0; y < direct.height(); ++y)
            for (int x = 0; x < direct.width(); ++x)
                others += direct.pixel(x, y) != again.pixel(x, y);
        QVERIFY2(others <= mostEdges, qPrintable(QString::number(others)));
    }

    void eachPainterBeginsAnew()
    {
        PaintRecord record(size);
        QPainter first(&record);
        first.translate(50, 50);
        first.setClipRect(QRectF(0, 0, 10, 10));
        first.setPen(Qt::red);
        first.setOpacity(0.3);
        first.end();
        QPainter second(&record);
        second.drawRect(QRectF(10, 10, 80, 60));
        second.end();
        QCOMPARE(pixelsOf(record, Qt::white, [](double) { return true; }),
                 atOnce([](QPainter &painter) { painter.drawRect(QRectF(10, 10, 80, 60)); }));
    }

    void wordsAreAsLargeInAFileOfOtherResolution()
    {
        PaintRecord record(size);
        QPainter painter(&record);
        QFont font;
        font.setPointSizeF(12);
        painter.setFont(font);
        painter.drawText(QPointF(5, 20), QStringLiteral("measured"));
        painter.end();
        const auto widthAt = [&record](int dotsPerInch) {
            QImage image(size, QImage::Format_RGB32);
            image.fill(Qt::white);
            image.setDotsPerMeterX(int(dotsPerInch / 0.0254));
            image.setDotsPerMeterY(int(dotsPerInch / 0.0254));
            QPainter onto(&image);
            record.paint(onto);
            onto.end();
            int widest = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (qGray(image.pixel(x, y)) < 128)
                        widest = std::max(widest, x);
            return widest;
        };
        QVERIFY(widthAt(96) > 30);
        QVERIFY(std::abs(widthAt(96) - widthAt(72)) <= 3); // hinting
    }

    void writesEachKindOfFileWhole()
    {
        const QTemporaryDir folder;
        PaintRecord record(size);
        fill(record);
        double last = 0;
        const Progress progress = [&last](double fraction) {
            last = std::max(last, fraction);
            return true;
        };
        const auto bytes = [&](const QString &name) {
            saveFigure(folder.filePath(name), record, progress);
            QFile file(folder.filePath(name));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QVERIFY(bytes("a.svg").trimmed().endsWith("</svg>"));
        QVERIFY(bytes("a.PDF").trimmed().endsWith("%%EOF"));
        QCOMPARE(QImage::fromData(bytes("a.png")).size(), size * 2);
        QVERIFY(last > 0 && last <= 1);
        QVERIFY_EXCEPTION_THROWN(saveFigure(folder.filePath("a.gif"), record, progress), Error);
        QVERIFY_EXCEPTION_THROWN(saveFigure(folder.filePath("no/a.png"), record, progress), Error);
    }

    void stoppedAtAnyMomentItLeavesWhatWasThere()
    {
        const QTemporaryDir folder;
        PaintRecord record(size);
        fill(record);
        for (const QString suffix : {"svg", "pdf", "png"}) {
            const QString name = folder.filePath("kept." + suffix);
            QFile file(name);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write("before") == 6);
            file.close();
            int all = 0;
            saveFigure(folder.filePath("whole." + suffix), record, [&all](double) {
                ++all;
                return true;
            });
            QVERIFY(all > 3);
            for (const int stop : {1, all / 2, all}) {
                int asked = 0;
                QVERIFY_EXCEPTION_THROWN(
                    saveFigure(name, record, [&](double) { return ++asked < stop; }), Error);
                QVERIFY(file.open(QIODevice::ReadOnly));
                QCOMPARE(file.readAll(), QByteArray("before"));
                file.close();
            }
        }
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 6); // nothing half written
    }
};

QTEST_MAIN(TestPaintRecord)
#include "tst_paintrecord.moc"
