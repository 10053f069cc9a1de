// SPDX-License-Identifier: GPL-3.0-or-later
// Gatan DM3 and DM4. The sums are those of a search for the arrays in the raw bytes that knows
// nothing of the tree of tags.
#include "base/error.h"
#include "data/dataset.h"
#include "data/formats/rows.h"
#include "data/scalarizer.h"

#include <QFile>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <cmath>

using namespace helmscope;

namespace {

/// A file of tags in the making, version 3, little-endian.
class Tags
{
public:
    void group(const QByteArray &name, int count)
    {
        head(20, name);
        open(count);
    }
    void number(const QByteArray &name, double value)
    {
        head(21, name);
        bytes += "%%%%";
        big(1);
        big(7);
        raw(value);
    }
    void text(const QByteArray &name, const QString &value)
    {
        head(21, name);
        bytes += "%%%%";
        for (const quint32 word : {quint32(3), quint32(20), quint32(4), quint32(value.size())})
            big(word);
        for (const QChar letter : value)
            raw(quint16(letter.unicode()));
    }
    void floats(const QByteArray &name, const std::vector<float> &values, quint32 claimed)
    {
        head(21, name);
        bytes += "%%%%";
        for (const quint32 word : {quint32(3), quint32(20), quint32(6), claimed})
            big(word);
        for (const float value : values)
            raw(value);
    }
    void open(int count)
    {
        bytes += QByteArray("\x01\x00", 2);
        big(quint32(count));
    }
    void big(quint32 word)
    {
        word = qToBigEndian(word);
        bytes.append(reinterpret_cast<const char *>(&word), sizeof word);
    }

    QByteArray bytes;

private:
    void head(char kind, const QByteArray &name)
    {
        bytes += kind;
        bytes += char(name.size() >> 8);
        bytes += char(name.size());
        bytes += name;
    }
    template <class Number>
    void raw(Number value)
    {
        value = qToLittleEndian(value);
        bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    }
};

/// A spectrum image of 2 x 3 pixels and 4 channels.
QByteArray spectrumImage(quint32 claimed = 24)
{
    Tags tags;
    tags.big(3);
    tags.big(0);
    tags.big(1);
    tags.open(1);
    tags.group("ImageList", 1);
    tags.group("", 3);
    tags.group("ImageData", 4);
    tags.group("Calibrations", 1);
    tags.group("Dimension", 3);
    const char *units[] = {"nm", "nm", "eV"};
    for (int i = 0; i < 3; ++i) {
        tags.group("", 3);
        tags.number("Origin", i == 2 ? -200 : 0);
        tags.number("Scale", i == 2 ? 0.5 : 2);
        tags.text("Units", units[i]);
    }
    std::vector<float> values;
    for (int i = 0; i < 24; ++i)
        values.push_back(float(i));
    tags.floats("Data", values, claimed);
    tags.number("DataType", 2);
    tags.group("Dimensions", 3);
    for (const double size : {3., 2., 4.}) // the first varies fastest
        tags.number("", size);
    tags.group("ImageTags", 1);
    tags.group("Meta Data", 1);
    tags.text("Signal", "EELS");
    tags.text("Name", "a cube");
    return tags.bytes + QByteArray(8, '\0');
}

} // namespace

class TestDm : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    QString write(const QByteArray &bytes) const
    {
        const QString name = m_folder.filePath("file.dm3");
        QFile file(name);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write");
        return name;
    }

private Q_SLOTS:
    void readsRealFiles_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("shape");
        QTest::addColumn<double>("sum");
        QTest::addColumn<double>("first");
        const auto row = [](const char *file, const char *shape, double sum, double first) {
            QTest::newRow(file) << QString(file) << QString::fromUtf8(shape) << sum << first;
        };
        row("sto-haadf-eels-dm3/DMReader_Image_SI-Survey.dm3", "512 × 512", 766802786491., 2884032);
        row("sto-haadf-eels-dm3/DMReader_SpectrumImage_SI-EELS.dm3", "1024 × 49 × 6", 449065142.,
            4271);
        row("sto-haadf-eels-dm3/SI-HAADF.dm3", "1568 × 192", 531684089.9691162, 1792.8827);
        row("formats/EELS_SI.dm4", "2048 × 2 × 2", 7169069.071044922, 8473.006);
        row("formats/EELS_STO.dm3", "2048", 162759720., 185028);
        row("formats/multi_signal.dm3", "512 × 512", 949490255., 195);
    }
    void readsRealFiles()
    {
        QFETCH(QString, file);
        QFETCH(QString, shape);
        QFETCH(double, sum);
        QFETCH(double, first);
        file = HELMSCOPE_SOURCE "/../shared/data/" + file;
        if (!QFileInfo::exists(file))
            QSKIP("the recordings are not here");
        QCOMPARE(QString::fromLatin1(formatOf(file).name), QString("Gatan DM"));
        const ArrayInfo info = listArrays(file).first(); // thumbnails in colour are left out
        QCOMPARE(info.shapeText(), shape);
        const Array array = readArray({file, info.path}, unwatched());
        double found = 0;
        for (std::size_t i = 0; i < array.samples.count(); ++i)
            found += array.samples.at(i);
        QVERIFY2(std::abs(found - sum) <= 1e-9 * sum, qPrintable(QString::number(found, 'g', 17)));
        QVERIFY(std::abs(array.samples.at(0) - first) <= 1e-6 * first);
    }

    void readsCalibrations()
    {
        const QString folder = HELMSCOPE_SOURCE "/../shared/data/";
        if (!QFileInfo::exists(folder))
            QSKIP("the recordings are not here");
        const ArrayInfo cube =
            listArrays(folder + "sto-haadf-eels-dm3/DMReader_SpectrumImage_SI-EELS.dm3").first();
        QCOMPARE(cube.axes[0].unit, QString("eV"));
        QCOMPARE(cube.axes[0].at(0), 350.);
        QCOMPARE(cube.axes[0].at(10), 355.);
        QCOMPARE(cube.axes[0].name, QString("Energy loss"));
        const QList<ArrayInfo> several = listArrays(folder + "formats/multi_signal.dm3");
        QCOMPARE(several.size(), 2);
        QCOMPARE(several[0].title, QString("HAADF"));
        QCOMPARE(several[0].axes[1].unit, QString("nm"));
        QVERIFY(std::abs(several[0].axes[1].scale - 0.0177516) < 1e-7);
    }

    void makesADatasetOfSurveyAndSpectra()
    {
        const QString folder = HELMSCOPE_SOURCE "/../shared/data/sto-haadf-eels-dm3/";
        if (!QFileInfo::exists(folder))
            QSKIP("the recordings are not here");
        const Dataset dataset = loadDataset(
            guessSources({folder + "SI-HAADF.dm3", folder + "DMReader_SpectrumImage_SI-EELS.dm3"}),
            unwatched());
        QCOMPARE(dataset.rows(), 49);
        QCOMPARE(dataset.cols(), 6);
        QCOMPARE(dataset.imageRatio, 32);
        QCOMPARE(dataset.spectra.channels(), 1024);
        QCOMPARE(dataset.spectra.energies().values[2], 351.);
        // Titanium is in it: at every pixel more counts behind its L edge at 456 eV than the
        // background before it foretells.
        const Map titanium =
            scalarize(dataset.spectra, Scalarizer::parse("band:457-467,power:420-450"));
        QVERIFY((titanium > 0.f).count() > titanium.size() * 9 / 10);
    }

    void readsWhatItIsMadeOf()
    {
        const QString file = write(spectrumImage());
        const ArrayInfo info = listArrays(file).first();
        QCOMPARE(info.title, QString("a cube EELS"));
        QCOMPARE(info.shapeText(), QString::fromUtf8("4 × 2 × 3"));
        QCOMPARE(info.axes[0].at(0), 100.); // the origin is counted in channels
        QCOMPARE(info.axes[0].at(2), 101.);
        QVERIFY(info.axes[1].isNavigation && !info.axes[0].isNavigation);
        const Array array = readArray({file, {}}, unwatched());
        for (std::size_t i = 0; i < 24; ++i)
            QCOMPARE(array.samples.at(i), double(i));
    }

    void refusesSizesThatCannotBe()
    {
        for (const quint32 claimed : {23u, 25u, 0x7fffffffu, 0xffffffffu}) {
            const QString file = write(spectrumImage(claimed));
            QVERIFY_EXCEPTION_THROWN(listArrays(file), Error);
        }
        Tags deep; // nested without end
        deep.big(3);
        deep.big(0);
        deep.big(1);
        deep.open(1);
        for (int i = 0; i < 5000; ++i)
            deep.group("x", 1);
        QVERIFY_EXCEPTION_THROWN(listArrays(write(deep.bytes)), Error);
    }

    void survivesDamage()
    {
        const QByteArray whole = spectrumImage();
        const auto read = [this](const QByteArray &bytes) {
            const QString file = write(bytes);
            try {
                for (const ArrayInfo &info : dm::list(file))
                    dm::read(file, info.path, unwatched());
            } catch (const Error &) {
            }
        };
        for (qsizetype size = 0; size < whole.size(); ++size)
            read(whole.left(size));
        QRandomGenerator random(1);
        for (int round = 0; round < 3000; ++round) {
            QByteArray bytes = whole;
            for (int k = 0; k < 1 + round % 4; ++k)
                bytes[random.bounded(int(bytes.size()))] = char(random.bounded(256));
            read(bytes);
        }
    }

    void stopsWhenTold()
    {
        const QString file = write(spectrumImage());
        QVERIFY_EXCEPTION_THROWN(dm::read(file, "0", [](double) { return false; }), Error);
    }
};

QTEST_GUILESS_MAIN(TestDm)
#include "tst_dm.moc"
