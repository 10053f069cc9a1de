// SPDX-License-Identifier: GPL-3.0-or-later
// TIFF, MRC, EMSA and PNG, from files written here byte by byte.
#include "base/error.h"
#include "data/formats.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <cmath>

using namespace helmscope;
using Field = Metadata::Field;

namespace {

template <class Call>
QString errorOf(Call call)
{
    try {
        call();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

template <class Number>
QByteArray raw(Number number, bool isBig)
{
    number = isBig ? qToBigEndian(number) : qToLittleEndian(number);
    return QByteArray(reinterpret_cast<const char *>(&number), sizeof number);
}

/// A TIFF of pages of 2 x 3 pixels of 16 bits: page p holds 100 p + 0 to 5, in one strip.
QByteArray tiff(int pages, bool isBig, const QByteArray &description = {},
                const QByteArray &fei = {}, quint32 rows = 2, quint16 bits = 16)
{
    QByteArray bytes = isBig ? QByteArray("MM\0\x2a", 4) : QByteArray("II\x2a\0", 4);
    bytes += raw<quint32>(8, isBig);
    for (int page = 0; page < pages; ++page) {
        struct Entry
        {
            quint16 tag, type;
            quint32 count;
            QByteArray value;
        };
        QByteArray pixels;
        for (int i = 0; i < 6; ++i)
            pixels += raw<quint16>(quint16(100 * page + i), isBig);
        const auto word = [&](quint16 value) { return raw(value, isBig); };
        const auto wide = [&](quint32 value) { return raw(value, isBig); };
        QList<Entry> entries{{256, 4, 1, wide(3)},
                             {257, 4, 1, wide(rows)},
                             {258, 3, 1, word(bits)},
                             {259, 3, 1, word(1)},
                             {262, 3, 1, word(1)},
                             {273, 4, 1, {}},
                             {277, 3, 1, word(1)},
                             {278, 4, 1, wide(rows)},
                             {279, 4, 1, wide(12)},
                             {282, 5, 1, wide(4000) + wide(1000)},
                             {283, 5, 1, wide(4000) + wide(1000)}};
        if (!description.isEmpty())
            entries.insert(5, {270, 2, quint32(description.size() + 1), description + '\0'});
        if (!fei.isEmpty())
            entries << Entry{34682, 2, quint32(fei.size() + 1), fei + '\0'};
        const quint32 start = quint32(bytes.size());
        quint32 after = start + 2 + 12 * quint32(entries.size()) + 4;
        QByteArray directory = word(quint16(entries.size())), rest;
        for (Entry &entry : entries) {
            if (entry.tag == 273) {
                entry.value = wide(after + quint32(rest.size()));
                rest += pixels;
            }
            directory += word(entry.tag) + word(entry.type) + wide(entry.count);
            if (entry.value.size() > 4) {
                directory += wide(after + quint32(rest.size()));
                rest += entry.value + QByteArray(entry.value.size() % 2, '\0');
            } else {
                directory += entry.value + QByteArray(4 - entry.value.size(), '\0');
            }
        }
        after += quint32(rest.size());
        bytes += directory + wide(page + 1 < pages ? after : 0) + rest;
    }
    return bytes;
}

QByteArray pngChunk(const QByteArray &kind, const QByteArray &data)
{
    const QByteArray body = kind + data;
    quint32 crc = 0xffffffff;
    for (const char byte : body) {
        crc ^= quint8(byte);
        for (int i = 0; i < 8; ++i)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return raw(quint32(data.size()), true) + body + raw(~crc, true);
}

/// `rows` rows of `pixels` (with all their channels); type 0 grey, 2 RGB.
QByteArray png(quint32 cols, quint32 rows, char bits, char type, const QByteArray &pixels)
{
    QByteArray lines;
    const qsizetype length = pixels.size() / qsizetype(rows);
    for (quint32 row = 0; row < rows; ++row)
        lines += '\0' + pixels.mid(qsizetype(row) * length, length);
    QByteArray header = raw(cols, true) + raw(rows, true);
    header.append(bits).append(type).append(3, '\0');
    return QByteArray("\x89PNG\r\n\x1a\n") + pngChunk("IHDR", header) +
           pngChunk("tEXt", QByteArray("Author\0Ada", 10)) +
           pngChunk("IDAT", qCompress(lines).mid(4)) + pngChunk("IEND", {});
}

/// Two sections of 2 x 3 pixels of 16 bits, 0 to 11, of 0.5 nm.
QByteArray mrc(bool isBig, qint32 mode = 1, qint32 cols = 3)
{
    QByteArray bytes(1024, '\0');
    const auto put = [&](int at, const QByteArray &value) {
        bytes.replace(at, value.size(), value);
    };
    const qint32 sides[] = {cols, 2, 2};
    for (int i = 0; i < 3; ++i) {
        put(4 * i, raw(sides[i], isBig));
        put(28 + 4 * i, raw(sides[i], isBig));
        put(40 + 4 * i, raw(float(sides[i]) * 5, isBig)); // ångström
    }
    put(12, raw(mode, isBig));
    put(208, "MAP ");
    put(220, raw<qint32>(1, isBig));
    put(224, "gold on carbon");
    for (int i = 0; i < 12; ++i)
        bytes += raw<qint16>(qint16(i), isBig);
    return bytes;
}

} // namespace

class TestImageFormats : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString written(const char *name, const QByteArray &bytes) const
    {
        QFile out(m_folder.filePath(name));
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            qFatal("cannot write");
        return out.fileName();
    }

private Q_SLOTS:
    void readsTiffInEitherByteOrder_data()
    {
        QTest::addColumn<bool>("isBig");
        QTest::newRow("little-endian") << false;
        QTest::newRow("big-endian") << true;
    }
    void readsTiffInEitherByteOrder()
    {
        QFETCH(bool, isBig);
        const QString file =
            written("a.tif", tiff(1, isBig, "ImageJ=1.53t\nunit=nm\nmin=0\nmax=5\n"));
        const Array image = readArray({file, {}}, unwatched());
        QCOMPARE(image.info.shapeText(), QString("2 × 3"));
        QCOMPARE(int(image.info.type), int(Samples::Type::UInt16));
        for (std::size_t i = 0; i < 6; ++i)
            QCOMPARE(image.samples.at(i), double(i));
        QCOMPARE(nanometresPerStep(image.info.axes[0]), 0.25); // 4 pixels a nanometre
    }

    void readsTheCalibrationOfOme()
    {
        const char *head = "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/\">"
                           "<Image ID=\"Image:0\"><Pixels SizeX=\"3\" SizeY=\"2\" ";
        const QByteArray tail = "/></Image></OME>";
        const QString file =
            written("ome.tif", tiff(1, false,
                                    head +
                                        QByteArray("PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"nm\" "
                                                   "PhysicalSizeY=\"0.002\" ") +
                                        tail));
        const ArrayInfo info = listArrays(file)[0];
        QCOMPARE(nanometresPerStep(info.axes[1]), 0.5);
        QCOMPARE(nanometresPerStep(info.axes[0]), 2.); // micrometres, unless told
        QCOMPARE(readArray({file, {}}, unwatched()).samples.at(5), 5.);
        const QString none = written("none.tif", tiff(1, false, head + tail));
        QVERIFY(!listArrays(none)[0].axes[0].isCalibrated);
    }

    void readsPagesAsAStack()
    {
        const QString file = written("stack.tif", tiff(4, false));
        const Array stack = readArray({file, {}}, unwatched());
        QCOMPARE(stack.info.shapeText(), QString("4 × 2 × 3"));
        for (std::size_t i = 0; i < 24; ++i)
            QCOMPARE(stack.samples.at(i), double(100 * (i / 6) + i % 6));
        QVERIFY(!stack.info.axes[1].isCalibrated); // a resolution without a unit is a printer's
        const Array part = readArray({file, "stack?frames=2-3"}, unwatched());
        QCOMPARE(part.info.shapeText(), QString("2 × 2 × 3"));
        QCOMPARE(part.samples.at(0), 100.);
        QCOMPARE(part.samples.at(11), 205.);
        QVERIFY(errorOf([&] {
                    readArray({file, "stack?frames=5"}, unwatched());
                }).contains("it has 4"));
    }

    void readsTheTagsOfFei()
    {
        const QString file =
            written("fei.tif", tiff(1, false, {},
                                    "[User]\r\nUserText=Ada\r\n[Beam]\r\nHV=30000\r\n[Scan]\r\n"
                                    "PixelWidth=2e-9\r\nPixelHeight=3e-9\r\nDwelltime=1e-6\r\n"));
        const ArrayInfo info = listArrays(file)[0];
        QVERIFY(std::abs(nanometresPerStep(info.axes[0]) - 3) < 1e-12);
        QVERIFY(std::abs(nanometresPerStep(info.axes[1]) - 2) < 1e-12);
        const Metadata found = readMetadata({file, {}});
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 30.);
        QCOMPARE(found.numbers.at(Field::Dwell), 1e-6);
        QCOMPARE(found.texts.at(Field::Operator), QString("Ada"));
    }

    void refusesDamagedTiffs()
    {
        const auto error = [&](const QByteArray &bytes) {
            const QString file = written("bad.tif", bytes);
            return errorOf([&] { readArray({file, {}}, unwatched()); });
        };
        const QByteArray whole = tiff(1, false);
        constexpr qsizetype pixelsEnd = 8 + 2 + 11 * 12 + 4 + 12; // behind stands the resolution
        for (qsizetype size = 8; size < pixelsEnd; ++size)
            QVERIFY2(!error(whole.left(size)).isEmpty(), qPrintable(QString::number(size)));
        QVERIFY(!error(tiff(1, false, {}, {}, 2'000'000'000)).isEmpty()); // claims 12 GB
        QVERIFY(error(tiff(1, false, {}, {}, 2, 12)).contains("odd size"));
    }

    void readsMrcInEitherByteOrder()
    {
        for (const bool isBig : {false, true}) {
            const QString file = written("a.mrc", mrc(isBig));
            const Array stack = readArray({file, {}}, unwatched());
            QCOMPARE(stack.info.shapeText(), QString("2 × 2 × 3"));
            for (std::size_t i = 0; i < 12; ++i)
                QCOMPARE(stack.samples.at(i), double(i));
            QCOMPARE(nanometresPerStep(stack.info.axes[2]), 0.5);
            QCOMPARE(readArray({file, "stack?frames=2"}, unwatched()).samples.at(0), 6.);
            QCOMPARE(readMetadata({file, {}}).texts.at(Field::Comment), QString("gold on carbon"));
        }
    }

    void refusesDamagedMrcs()
    {
        const auto error = [&](const QByteArray &bytes) {
            const QString file = written("bad.mrc", bytes);
            return errorOf([&] { readArray({file, {}}, unwatched()); });
        };
        QVERIFY(error(mrc(false).chopped(1)).contains("too short"));
        QVERIFY(error(mrc(false, 1, 999'999)).contains("too short"));
        QVERIFY(error(mrc(false, 4)).contains("mode 4"));
        QVERIFY(error(mrc(false).left(1000)).contains("no known format"));
    }

    void readsEmsaSpectra()
    {
        const QByteArray head =
            "#FORMAT      : EMSA/MAS Spectral Data File\r\n#VERSION     : 1.0\r\n"
            "#TITLE       : NiO\r\n#OWNER       : Ada\r\n#NPOINTS     : 4.\r\n"
            "#XUNITS      : eV\r\n#XPERCHAN    : 0.5\r\n#OFFSET      : 500\r\n"
            "#SIGNALTYPE  : ELS\r\n#BEAMKV   -kV: 120\r\n#PROBECUR -nA: 0.2\r\n";
        const QString file = written(
            "a.msa", head + "#DATATYPE    : Y\r\n#SPECTRUM    : Spectral\r\n1.0, 2.5\r\n-3, 4e2\r\n"
                            "#ENDOFDATA   :\r\n");
        const Array spectrum = readArray({file, {}}, unwatched());
        QCOMPARE(spectrum.toList(), (std::vector<double>{1, 2.5, -3, 400}));
        QCOMPARE(spectrum.info.axes[0].at(3), 501.5);
        const Metadata found = readMetadata({file, {}});
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 120.);
        QCOMPARE(found.numbers.at(Field::Current), 200.);
        QCOMPARE(found.texts.at(Field::Operator), QString("Ada"));
        const auto error = [&](const QByteArray &tail) {
            const QString bad = written("bad.msa", head + tail);
            return errorOf([&] { readArray({bad, {}}, unwatched()); });
        };
        QVERIFY(error("#SPECTRUM : \r\n1, 2, 3\r\n#ENDOFDATA :").contains("holds 3"));
        QVERIFY(error("#SPECTRUM : \r\n1, x\r\n").contains("'x'"));
        QVERIFY(error({}).contains("no numbers"));
        QVERIFY(error("#DATATYPE : XY\r\n#SPECTRUM : \r\n1, 2, 3\r\n").contains("no pair"));
    }

    void readsPngsAsCounts()
    {
        QByteArray wide;
        for (int i = 0; i < 6; ++i)
            wide += raw<quint16>(quint16(1000 * i + 7), true);
        const Array image = readArray({written("a.png", png(3, 2, 16, 0, wide)), {}}, unwatched());
        for (std::size_t i = 0; i < 6; ++i)
            QCOMPARE(image.samples.at(i), 1000. * double(i) + 7);
        QCOMPARE(image.info.shapeText(), QString("2 × 3"));
        // Two bits a pixel: 0, 1, 2, 3.
        const Array small =
            readArray({written("b.png", png(4, 1, 2, 0, QByteArray(1, '\x1b'))), {}}, unwatched());
        for (std::size_t i = 0; i < 4; ++i)
            QCOMPARE(small.samples.at(i), double(i));
        const QString grey = written("c.png", png(2, 1, 8, 2, "\x05\x05\x05\x09\x09\x09"));
        QCOMPARE(readArray({grey, {}}, unwatched()).samples.at(1), 9.);
        QCOMPARE(readMetadata({grey, {}}).texts.at(Field::Operator), QString("Ada"));
    }

    void refusesColoursAndDamagedPngs()
    {
        const auto error = [&](const QByteArray &bytes) {
            const QString file = written("bad.png", bytes);
            return errorOf([&] { readArray({file, {}}, unwatched()); });
        };
        QVERIFY(error(png(2, 1, 8, 2, "\x05\x05\x05\x09\x08\x09")).contains("coloured"));
        const QByteArray whole = png(3, 2, 8, 0, "abcdef");
        for (qsizetype size = 16; size < whole.size() - 12; ++size)
            QVERIFY2(!error(whole.left(size)).isEmpty(), qPrintable(QString::number(size)));
        QVERIFY(!error(png(2'000'000'000, 2, 8, 0, "abcdef")).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestImageFormats)
#include "tst_imageformats.moc"
