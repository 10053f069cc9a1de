// SPDX-License-Identifier: GPL-3.0-or-later
// The two places where the window shows what files hold: the catalogue and the open dialog.
#include "app/catalogpanel.h"
#include "app/opendialog.h"
#include "data/hdf5file.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFile>
#include <QIcon>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

using namespace helmscope;

namespace {

/// A NeXus file with two images and two cubes that fit either.
QString twoOfEach(const QString &file)
{
    Hdf5File out(file, Hdf5File::Mode::Create);
    for (const char *name : {"adf", "bf", "eds", "eels"}) {
        const QString group = QStringLiteral("entry/%1").arg(name);
        out.makeGroup(group);
        out.setAttribute(group, "NX_class", "NXdata");
        out.setAttribute(group, "signal", "data");
        const bool isCube = *name == 'e';
        std::vector<float> numbers(isCube ? 480 : 48);
        for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] = float(i);
        out.write(group + "/data",
                  isCube ? std::vector<std::int64_t>{6, 8, 10} : std::vector<std::int64_t>{6, 8},
                  numbers);
    }
    return file;
}

Contents contentsWithGuess(const QString &file)
{
    Contents contents;
    contents.files = {file};
    for (const ArrayInfo &info : listArrays(file))
        contents.arrays.append({Address{file, info.path}, info});
    contents.guess = guessSources({file});
    return contents;
}

QComboBox *box(const OpenDialog &dialog, const char *name)
{
    for (auto *one : dialog.findChildren<QComboBox *>())
        if (one->accessibleName() == name)
            return one;
    return nullptr;
}

} // namespace

class TestCatalogPanel : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_data, m_store, m_settings;

private Q_SLOTS:
    void initTestCase()
    {
        QCoreApplication::setOrganizationName("helmscope-test");
        QCoreApplication::setApplicationName("catalogpanel");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
        twoOfEach(m_data.filePath("scan.nxs"));
        QFile spectrum(m_data.filePath("nio.msa"));
        QVERIFY(spectrum.open(QIODevice::WriteOnly));
        spectrum.write("#FORMAT : EMSA/MAS Spectral Data File\n#TITLE : NiO edge\n#BEAMKV : 120\n"
                       "#SPECTRUM : \n1, 2, 3\n#ENDOFDATA : \n");
    }

    void findsAndOpensRecordings()
    {
        CatalogPanel panel;
        panel.resize(900, 320);
        panel.show();
        auto *list = panel.findChild<QListWidget *>("catalogList");
        auto *query = panel.findChild<QLineEdit *>("catalogQuery");
        panel.setFolder(m_data.path(), m_store.path());
        QTRY_COMPARE(list->count(), 2);
        QTRY_VERIFY(!list->item(1)->icon().isNull());
        QVERIFY(list->item(0)->text().contains("120 keV"));
        if (qEnvironmentVariableIsSet("HELMSCOPE_SHOTS"))
            panel.grab().save(qEnvironmentVariable("HELMSCOPE_SHOTS") + "/catalog.png");

        QTest::keyClicks(query, "edge beamenergykev>100");
        QTRY_COMPARE(list->count(), 1);
        QVERIFY(list->item(0)->text().startsWith("nio.msa"));
        QSignalSpy wanted(&panel, &CatalogPanel::wanted);
        list->item(0)->setSelected(true);
        for (auto *button : panel.findChildren<QPushButton *>())
            if (button->text().contains("Open"))
                QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toStringList(), QStringList(m_data.filePath("nio.msa")));
    }

    void saysWhyAQuestionCannotBeAnswered()
    {
        CatalogPanel panel;
        panel.setFolder(m_data.path(), m_store.path());
        auto *list = panel.findChild<QListWidget *>("catalogList");
        QTRY_COMPARE(list->count(), 2);
        QTest::keyClicks(panel.findChild<QLineEdit *>("catalogQuery"), "colour:red");
        const auto says = [&] {
            for (auto *label : panel.findChildren<QLabel *>())
                if (label->text().contains("no field 'colour'"))
                    return true;
            return false;
        };
        QTRY_VERIFY(says());
    }

    void showsWhatFilesHoldAndRemembersTheChoice()
    {
        const Contents contents = contentsWithGuess(m_data.filePath("scan.nxs"));
        QString chosenImage;
        {
            OpenDialog dialog(contents);
            dialog.setAttribute(Qt::WA_DeleteOnClose, false);
            dialog.show();
            auto *tree = dialog.findChild<QTreeWidget *>("arrays");
            QCOMPARE(tree->topLevelItemCount(), 1);
            QTreeWidgetItem *file = tree->topLevelItem(0);
            QCOMPARE(file->childCount(), 4);
            QCOMPARE(file->child(0)->text(1), QString("6 × 8"));
            QCOMPARE(file->child(2)->text(1), QString("6 × 8 × 10"));
            QCOMPARE(file->child(0)->text(2), QString("float32"));
            QTRY_VERIFY(!file->child(0)->icon(0).isNull());
            QTRY_VERIFY(!file->child(1)->icon(0).isNull());
            QVERIFY(file->child(2)->icon(0).isNull()); // a cube is not read for a thumbnail
            if (qEnvironmentVariableIsSet("HELMSCOPE_SHOTS"))
                dialog.grab().save(qEnvironmentVariable("HELMSCOPE_SHOTS") + "/open.png");
            QComboBox *image = box(dialog, "Survey image"), *spectra = box(dialog, "Spectra");
            image->setCurrentIndex(1 - image->currentIndex());
            spectra->setCurrentIndex(spectra->count() - 1);
            chosenImage = image->currentText();
            QSignalSpy chosen(&dialog, &OpenDialog::chosen);
            QTest::mouseClick(
                dialog.findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Open),
                Qt::LeftButton);
            QCOMPARE(chosen.size(), 1);
            QCOMPARE(dialog.sources().spectra->array, QString("entry/eels"));
        }
        // Files of the same kind, later and under another name.
        OpenDialog again(contentsWithGuess(twoOfEach(m_data.filePath("later.nxs"))));
        again.setAttribute(Qt::WA_DeleteOnClose, false);
        QCOMPARE(box(again, "Survey image")->currentText(), chosenImage);
        QCOMPARE(again.sources().spectra->array, QString("entry/eels"));
    }
};

QTEST_MAIN(TestCatalogPanel)
#include "tst_catalogpanel.moc"
