// SPDX-License-Identifier: GPL-3.0-or-later
// The plan as a form: how it fits, what it keeps, and heating.
#include "app/fieldlayout.h"
#include "app/heatingdialog.h"
#include "app/planpanel.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <cmath>
#include <memory>

using namespace helmscope;

namespace {

/// A sample whose energies a file keeps in single precision.
Sample recordedSample()
{
    Sample sample;
    sample.sources = DatasetSources();
    Dataset survey;
    survey.image = Map::Zero(64, 64);
    survey.pixelSizeNm = 0.5;
    sample.survey = std::make_shared<const Dataset>(std::move(survey));
    for (int i = 0; i < 400; ++i)
        sample.energies.values.push_back(double(float(0.01 * i)));
    sample.energies.unit = "keV";
    sample.scalarizer.band = {sample.energies.values[103], sample.energies.values[306]};
    return sample;
}

/// What is visible and may be used or read.
QList<QWidget *> shownParts(const PlanPanel &panel)
{
    QList<QWidget *> parts;
    for (QWidget *part : panel.findChildren<QWidget *>())
        if (part->isVisible() &&
            (qobject_cast<QLabel *>(part) || part->focusPolicy() & Qt::TabFocus))
            if (!qobject_cast<QAbstractSpinBox *>(part->parentWidget()))
                parts << part;
    return parts;
}

QRect placeOf(const QWidget *part, const QWidget &within)
{
    return {part->mapTo(&within, QPoint()), part->size()};
}

/// The panel in a dock's scroll area of this width, as in the window.
struct Shown
{
    QScrollArea scroll;
    PlanPanel *panel = new PlanPanel;

    explicit Shown(int width, Qt::LayoutDirection direction = Qt::LeftToRight)
    {
        scroll.setLayoutDirection(direction);
        scroll.setFrameShape(QFrame::NoFrame);
        scroll.setWidgetResizable(true);
        scroll.setWidget(panel);
        panel->setSample(recordedSample());
        resize(width);
        scroll.show();
        if (!QTest::qWaitForWindowExposed(&scroll))
            qWarning("not exposed");
    }
    void resize(int width) { scroll.resize(width, 190); }
};

} // namespace

class TestPlanPanel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

    void hasAsManyFieldsInARowAsFit()
    {
        Shown shown(1200);
        auto *fields = dynamic_cast<FieldLayout *>(shown.panel->layout());
        QVERIFY(fields);
        QCOMPARE(fields->columnsFor(1200), 3);
        QCOMPARE(fields->columnsFor(100), 1);
        const int least = fields->minimumSize().width();
        int before = 1;
        for (int width = least; width < 1200; width += 7) {
            const int columns = fields->columnsFor(width);
            QVERIFY(columns >= before);
            before = columns;
        }
        QVERIFY(fields->heightForWidth(least) > fields->heightForWidth(1200));
        QVERIFY2(least < 330, qPrintable(QString::number(least)));
    }

    void nothingIsCutOffOrOverlaps_data()
    {
        QTest::addColumn<int>("percent");
        QTest::addColumn<Qt::LayoutDirection>("direction");
        QTest::newRow("usual") << 100 << Qt::LeftToRight;
        QTest::newRow("from right to left") << 100 << Qt::RightToLeft;
        QTest::newRow("large letters") << 150 << Qt::LeftToRight;
    }
    void nothingIsCutOffOrOverlaps()
    {
        QFETCH(int, percent);
        QFETCH(Qt::LayoutDirection, direction);
        const QFont usual = QApplication::font();
        QFont font = usual;
        font.setPointSizeF(usual.pointSizeF() * percent / 100);
        QApplication::setFont(font);
        Shown shown(1000, direction);
        QApplication::setFont(usual);
        for (const int width : {1000, 620, 540, 460, 400}) {
            shown.resize(width);
            QCoreApplication::processEvents();
            QVERIFY2(shown.scroll.horizontalScrollBar()->maximum() == 0,
                     qPrintable(QString("%1 px wide").arg(width)));
            const QList<QWidget *> parts = shownParts(*shown.panel);
            QVERIFY(parts.size() > 30);
            for (const QWidget *part : parts) {
                const QRect place = placeOf(part, *shown.panel);
                QVERIFY2(shown.panel->rect().contains(place), qPrintable(part->accessibleName()));
                const int least = part->minimumWidth() > 0 ? part->minimumWidth()
                                                           : part->minimumSizeHint().width();
                QVERIFY2(place.width() >= least, qPrintable(part->accessibleName()));
                for (const QWidget *other : parts)
                    QVERIFY2(other == part || !placeOf(other, *shown.panel).intersects(place),
                             qPrintable(part->objectName() + ' ' + other->objectName()));
            }
        }
    }

    void captionsStandBeforeTheirFields()
    {
        for (const Qt::LayoutDirection direction : {Qt::LeftToRight, Qt::RightToLeft}) {
            Shown shown(700, direction);
            int captions = 0;
            for (const QLabel *label : shown.panel->findChildren<QLabel *>()) {
                if (!label->buddy() || !label->isVisible())
                    continue;
                const QRect caption = placeOf(label, *shown.panel),
                            field = placeOf(label->buddy(), *shown.panel);
                QVERIFY(direction == Qt::LeftToRight ? caption.right() < field.left()
                                                     : field.right() < caption.left());
                QVERIFY(std::abs(caption.center().y() - field.center().y()) <= 2);
                ++captions;
            }
            QVERIFY(captions >= 13);
        }
    }

    void theObjectionTakesARowOfItsOwn()
    {
        Shown shown(700);
        auto *text = shown.panel->findChild<QLineEdit *>();
        auto *below = shown.panel->findChild<QPushButton *>("watch");
        const int before = placeOf(below, *shown.panel).top();
        text->setText("band:9-1");
        QTest::keyClick(text, Qt::Key_Return);
        QTRY_VERIFY(placeOf(below, *shown.panel).top() > before);
        text->setText("band:1-2");
        QTest::keyClick(text, Qt::Key_Return);
        QTRY_COMPARE(placeOf(below, *shown.panel).top(), before);
    }

    void aBandIsShownInFewDigitsAndKeptExactly()
    {
        Shown shown(700);
        auto *text = shown.panel->findChild<QLineEdit *>();
        QVERIFY2(text->text().size() <= int(sizeof "band:1.025-3.065") - 1,
                 qPrintable(text->text()));
        const Scalarizer exact = recordedSample().scalarizer;
        QVERIFY(exact.text().size() > 30);
        // Passed through by the keyboard it stays what it was.
        QSignalSpy edited(shown.panel, &PlanPanel::scalarizerEdited);
        QTest::keyClick(text, Qt::Key_Return);
        QVERIFY(shown.panel->plan().scalarizer == exact);
        QCOMPARE(edited.size(), 0);
        text->setText("band:0.5-0.75");
        QTest::keyClick(text, Qt::Key_Return);
        QCOMPARE(edited.size(), 1);
        QCOMPARE(text->text(), QString("band:0.5-0.75"));
        QCOMPARE(shown.panel->plan().scalarizer.band, (Band{0.5, 0.75}));
    }

    void heatingIsChangedWhileARunGoesOn()
    {
        Shown shown(700);
        shown.panel->setRunning(true);
        auto *button = shown.panel->findChild<QPushButton *>("heating");
        QVERIFY(button->isEnabled());
        QVERIFY(!button->text().startsWith(u'●'));
        QSignalSpy edited(shown.panel, &PlanPanel::acquisitionEdited);
        QTest::mouseClick(button, Qt::LeftButton);
        auto *dialog = shown.panel->findChild<HeatingDialog *>();
        QVERIFY(dialog && dialog->isVisible());
        QVERIFY(!dialog->isModal()); // ABORT stays in reach
        auto *strength = dialog->findChild<QDoubleSpinBox *>("strength"),
             *radius = dialog->findChild<QDoubleSpinBox *>("radius"),
             *recovery = dialog->findChild<QDoubleSpinBox *>("recovery"),
             *between = dialog->findChild<QDoubleSpinBox *>("between");
        QVERIFY(!radius->isEnabled());
        strength->setValue(80);
        QVERIFY(radius->isEnabled());
        radius->setValue(4);
        recovery->setValue(2.5);
        between->setValue(0.5);
        auto *meaning = dialog->findChild<QLabel *>("meaning");
        const double lost = 80 * std::exp(-0.5 / 16 - 0.5 / 2.5);
        QVERIFY2(meaning->text().contains(QString("%1 %").arg(lost, 0, 'f', 0)),
                 qPrintable(meaning->text()));
        QVERIFY(meaning->text().contains("2 nm")); // 4 pixels of 0.5 nm
        for (QDoubleSpinBox *box : {strength, radius, recovery, between})
            QVERIFY(!box->whatsThis().isEmpty() && !box->accessibleName().isEmpty());
        dialog->accept();
        QCOMPARE(edited.size(), 1);
        const auto settings = edited[0][0].value<AcquisitionSettings>();
        QVERIFY(settings.heating == (Heating{0.8, 4, 2.5, 0.5}));
        QVERIFY(shown.panel->plan().acquisition.heating == settings.heating);
        QVERIFY(button->text().startsWith(u'●'));
        QVERIFY(button->toolTip().contains("80 %"));
        // Another acquisition keeps it.
        shown.panel->setAcquisition(Acquisition::Thompson);
        QVERIFY(edited.last()[0].value<AcquisitionSettings>().heating == settings.heating);
    }

    void heatingThatIsNotAcceptedStays()
    {
        Shown shown(700);
        Plan plan;
        plan.acquisition.heating = {0.123456, 1.23456, 0.5, 0};
        shown.panel->setPlan(plan);
        QSignalSpy edited(shown.panel, &PlanPanel::acquisitionEdited);
        auto *button = shown.panel->findChild<QPushButton *>("heating");
        const auto dialog = [&shown] { return shown.panel->findChild<HeatingDialog *>(); };
        QTest::mouseClick(button, Qt::LeftButton);
        dialog()->findChild<QDoubleSpinBox *>("strength")->setValue(50);
        dialog()->reject();
        QTRY_VERIFY(!dialog());
        QVERIFY(shown.panel->plan().acquisition.heating == plan.acquisition.heating);
        // Numbers that nobody touched come back to the last digit.
        QTest::mouseClick(button, Qt::LeftButton);
        dialog()->findChild<QDoubleSpinBox *>("recovery")->setValue(0.75);
        dialog()->accept();
        QVERIFY(shown.panel->plan().acquisition.heating == (Heating{0.123456, 1.23456, 0.75, 0}));
        QCOMPARE(edited.size(), 1);
        QTRY_VERIFY(!dialog());
        // Another plan closes it: it is not that one's.
        QTest::mouseClick(button, Qt::LeftButton);
        shown.panel->setPlan(Plan());
        QTRY_VERIFY(!dialog());
        QVERIFY(shown.panel->plan().acquisition.heating == Heating());
    }
};

QTEST_MAIN(TestPlanPanel)
#include "tst_planpanel.moc"
