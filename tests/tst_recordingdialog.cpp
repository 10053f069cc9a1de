// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs.h"
#include "app/recordingdialog.h"
#include "base/error.h"
#include "data/writers/writers.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

class TestRecordingDialog : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    Jobs m_errands;

    template <class Widget>
    static Widget *named(RecordingDialog &dialog, const QString &name)
    {
        for (Widget *widget : dialog.findChildren<Widget *>())
            if (widget->accessibleName() == name)
                return widget;
        return nullptr;
    }
    static bool says(const RecordingDialog &dialog, const QString &text)
    {
        for (const QLabel *label : dialog.findChildren<QLabel *>())
            if (label->text().contains(text))
                return true;
        return false;
    }

    QString file()
    {
        const QString path = m_folder.filePath("cube.hspy");
        if (QFile::exists(path))
            return path;
        DescribedArray recording;
        recording.array.info.title = "EELS";
        for (const std::int64_t size : {3, 4, 50}) {
            Axis axis;
            axis.size = size;
            axis.unit = size == 50 ? "eV" : "nm";
            axis.isCalibrated = true;
            axis.isNavigation = size != 50;
            recording.array.info.axes << axis;
        }
        recording.array.samples = Samples(Samples::Type::Float32, 600);
        reinterpret_cast<float *>(recording.array.samples.bytes())[7] = 42;
        recording.metadata.put(Metadata::Field::BeamEnergy, 200.);
        recording.metadata.put(Metadata::Field::Operator, QString("Ada"));
        recording.metadata.all = {{"Optics", QJsonObject{{"SpotIndex", 7}}}};
        writeRecording(path, writerOf("hspy"), recording, false, unwatched());
        return path;
    }

private Q_SLOTS:
    void showsAndFindsWhatTheFileSays()
    {
        auto *dialog = new RecordingDialog({file()}, {file(), {}}, m_errands);
        dialog->show();
        auto *table = named<QTableView>(*dialog, "All that the file says of it");
        QVERIFY(table);
        const QAbstractItemModelTester tester(table->model()); // over the MetadataModel
        QTRY_VERIFY(table->model()->rowCount() > 3);
        const auto cell = [table](int row, int column) {
            return table->model()->index(row, column).data().toString();
        };
        auto *search = named<QLineEdit>(*dialog, "Search");
        QTest::keyClicks(search, "beam energy");
        QCOMPARE(table->model()->rowCount(), 1);
        QCOMPARE(cell(0, 0), QString("Beam energy"));
        QCOMPARE(cell(0, 1), QString("200 keV"));
        search->clear();
        QTest::keyClicks(search, "ada");
        QVERIFY(table->model()->rowCount() >= 1);
        search->clear();
        QTest::keyClicks(search, "spotindex");
        QVERIFY(table->model()->rowCount() >= 1 && cell(0, 0).endsWith("SpotIndex"));
        QCOMPARE(cell(0, 1), QString("7"));
        search->clear();
        QTest::keyClicks(search, "no such thing");
        QCOMPARE(table->model()->rowCount(), 0);
        delete dialog;
    }

    void exportsInEveryFormatThatHasRoomForIt()
    {
        auto *dialog = new RecordingDialog({file()}, {file(), {}}, m_errands);
        dialog->show();
        auto *format = named<QComboBox>(*dialog, "Format of the export");
        QCOMPARE(format->count(), int(writers().size()));
        QPushButton *button = nullptr;
        for (QPushButton *one : dialog->findChildren<QPushButton *>())
            if (one->text().contains("xport"))
                button = one;
        QTRY_VERIFY(button->isEnabled());
        for (const char *key : {"hspy", "nsid"}) {
            format->setCurrentIndex(format->findData(QString(key)));
            const QString to = m_folder.filePath(QStringLiteral("out-%1.h5").arg(key));
            QSignalSpy written(dialog, &RecordingDialog::written);
            dialog->exportTo(to);
            QTRY_COMPARE(written.size(), 1);
            const Array read = readArray({to, {}}, unwatched());
            QCOMPARE(read.info.shapeText(), QString("3 × 4 × 50"));
            QCOMPARE(read.samples.at(7), 42.);
        }
        // What cannot be written is said, and nothing is left.
        dialog->exportTo(m_folder.filePath("no/such/folder/x.hspy"));
        QTRY_VERIFY(says(*dialog, "folder"));
        delete dialog;
    }

    void tellsWhatCannotBeRead()
    {
        QFile bad(m_folder.filePath("bad.hspy"));
        QVERIFY(bad.open(QIODevice::WriteOnly) && bad.write("nothing") == 7);
        bad.close();
        auto *dialog = new RecordingDialog({bad.fileName()}, {bad.fileName(), {}}, m_errands);
        dialog->show();
        QTRY_VERIFY(says(*dialog, "bad.hspy"));
        delete dialog;
    }
};

QTEST_MAIN(TestRecordingDialog)
#include "tst_recordingdialog.moc"
