// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers tell of the recording, against what h5py or a search in the bytes shows.
#include "base/error.h"
#include "data/formats.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QSet>
#include <QTest>

#include <cmath>

using namespace helmscope;
using Field = Metadata::Field;

namespace {

QString data(const char *name)
{
    return QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/") + name;
}

} // namespace

class TestMetadata : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyFieldHasAKeyOfItsOwn()
    {
        QSet<QString> keys;
        QSet<int> fields;
        for (const MetadataField &row : metadataFields()) {
            keys << row.key;
            fields << int(row.field);
            QVERIFY(*row.name);
        }
        QCOMPARE(keys.size(), qsizetype(metadataFields().size()));
        QCOMPARE(fields.size(), qsizetype(metadataFields().size()));
        QCOMPARE(fields.size(), int(Field::TiltBeta) + 1);
    }

    void takesNumbersInTheirUnitAndTextsAsTheyAre()
    {
        Metadata found;
        found.all = {{"a", QJsonObject{{"volt", "200000"}, {"who", " Ada "}, {"odd", "many"}}},
                     {"list", QJsonArray{1, QJsonObject{{"x", 0.5}}}}};
        found.take(Field::BeamEnergy, "a/volt", 1e-3);
        found.take(Field::BeamEnergy, "list/1/x"); // the first one counts
        found.take(Field::Operator, "a/who");
        found.take(Field::Dwell, "a/odd");
        found.take(Field::Dwell, "list/7/x");
        found.take(Field::Exposure, "list/1/x", 2);
        found.put(Field::Current, std::nan(""));
        found.put(Field::Sample, "<undefined>");
        QCOMPARE(
            found.standard(),
            (QJsonObject{{"beamEnergyKev", 200}, {"operator", "Ada"}, {"exposureSeconds", 1}}));
    }

    void readsHyperSpy()
    {
        const QString file = data("sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Metadata found = readMetadata({file, {}});
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 200.);
        QCOMPARE(found.numbers.at(Field::Current), 770.);
        QCOMPARE(found.numbers.at(Field::Magnification), 80000.);
        QCOMPARE(found.numbers.at(Field::CameraLength), 30.);
        QCOMPARE(found.texts.at(Field::Title), QString("EDS Spectrum Image"));
        QCOMPARE(found.texts.at(Field::Sample), QString("E7_RFX8"));
        QCOMPARE(found.texts.at(Field::Signal), QString("EDS_TEM"));
        QCOMPARE(found.texts.at(Field::Time), QString("2019-09-08T14:19:17"));
        QCOMPARE(valueAt(found.all, "original_metadata/LayoutType").toString(), QString("STEM-SI"));
        QVERIFY(found.warnings.isEmpty());
    }

    void readsBerkeleyEmd()
    {
        const QString file = data("formats/Acquisition_18.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Metadata found = readMetadata({file, {}});
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 200.);
        QCOMPARE(found.numbers.at(Field::Dwell), 1e-6);
        QCOMPARE(found.numbers.at(Field::CameraLength), 85.);
        QVERIFY(std::abs(found.numbers.at(Field::Convergence) - 24.979373255162828) < 1e-9);
        QCOMPARE(found.texts.at(Field::Instrument), QString("TEAM 0.5"));
        QCOMPARE(found.texts.at(Field::Operator), QString("Peter Ercius"));
        QCOMPARE(found.texts.at(Field::Sample), QString("STO laser cut"));
    }

    void readsGatan()
    {
        const QString file = data("sto-haadf-eels-dm3/DMReader_SpectrumImage_SI-EELS.dm3");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const QList<ArrayInfo> arrays = listArrays(file);
        const Metadata found = readMetadata({file, arrays.last().path});
        // The tags' names were searched for in the raw bytes.
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 200.);
        QCOMPARE(found.numbers.at(Field::Convergence), 30.);
        QCOMPARE(found.numbers.at(Field::Collection), 33.);
        QCOMPARE(found.numbers.at(Field::Dwell), 0.2);
        QCOMPARE(found.numbers.at(Field::Magnification), 100.);
        QVERIFY(!found.numbers.contains(Field::Current)); // 0 nA: not known
        QCOMPARE(found.texts.at(Field::Signal), QString("EELS"));
    }

    void knowsWhenGatansFilesWereRecorded_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("time");
        // As its tags say: 12/14/2019 1:30:41 PM, and 14/05/2019 20:50:13.
        QTest::newRow("month first") << "formats/EELS_STO.dm3"
                                     << "2019-12-14T13:30:41";
        QTest::newRow("day first") << "formats/EELS_SI.dm4"
                                   << "2019-05-14T20:50:13";
    }
    void knowsWhenGatansFilesWereRecorded()
    {
        QFETCH(QString, file);
        QFETCH(QString, time);
        const QString path = data(qPrintable(file));
        if (!QFileInfo::exists(path))
            QSKIP("The recorded data are not here.");
        const Metadata found = readMetadata({path, listArrays(path).last().path});
        QCOMPARE(found.texts.at(Field::Time), time);
    }

    void spellsTimesInOneWay_data()
    {
        QTest::addColumn<QString>("date");
        QTest::addColumn<QString>("time");
        QTest::addColumn<QString>("iso");
        QTest::newRow("month first by AM") << "3/4/2019"
                                           << "9:05:06 AM"
                                           << "2019-03-04T09:05:06";
        QTest::newRow("nobody tells") << "3/4/2019"
                                      << "9:05:06"
                                      << "3/4/2019 9:05:06";
        QTest::newRow("both alike") << "4/4/2019"
                                    << "9:05:06"
                                    << "2019-04-04T09:05:06";
        QTest::newRow("month first") << "3/14/2019"
                                     << "19:05"
                                     << "2019-03-14T19:05:00";
        QTest::newRow("day first") << "14/3/2019"
                                   << "19:05"
                                   << "2019-03-14T19:05:00";
        QTest::newRow("noon") << "3/14/2019"
                              << "12:00:01 pm"
                              << "2019-03-14T12:00:01";
        QTest::newRow("dots") << "4.3.2019"
                              << "19:05:06"
                              << "2019-03-04T19:05:06";
        QTest::newRow("EMSA") << "09-OCT-1991"
                              << "12:00"
                              << "1991-10-09T12:00:00";
        QTest::newRow("TIFF") << "2019:03:04"
                              << "19:05:06"
                              << "2019-03-04T19:05:06";
        QTest::newRow("date alone") << "2019-03-04"
                                    << ""
                                    << "2019-03-04";
        QTest::newRow("no date") << "yesterday"
                                 << "19:05"
                                 << "yesterday 19:05";
        QTest::newRow("no time") << "2019-03-04"
                                 << "late"
                                 << "2019-03-04 late";
        QTest::newRow("nothing") << ""
                                 << ""
                                 << "";
        QTest::newRow("no such day") << "31/31/2019"
                                     << "19:05"
                                     << "31/31/2019 19:05";
    }
    void spellsTimesInOneWay()
    {
        QFETCH(QString, date);
        QFETCH(QString, time);
        QFETCH(QString, iso);
        QCOMPARE(isoTime(date, time), iso);
    }
};

QTEST_GUILESS_MAIN(TestMetadata)
#include "tst_metadata.moc"
