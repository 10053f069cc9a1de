// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody sees who has never used the program, and what every control says of itself.
#include "app/dosepanel.h"
#include "app/layouts.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/welcome.h"
#include "instrument/noise.h"
#include "instrument/replay.h"
#include "smallwindow.h"
#include "widgets/mapview.h"
#include "widgets/ticks.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSettings>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace helmscope;

class TestFirstStart : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    void openWindow()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.theme.clear();
        options.initial = 3;
        options.steps = 1;
        options.cycles = 2;
        showSmallWindow(m_window, options);
    }
    Welcome *welcome() const { return m_window->findChild<Welcome *>(); }

private Q_SLOTS:
    void initTestCase() { nameProgram("tst_firststart"); }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        keepSettingsIn(m_folder->path());
    }
    void cleanup()
    {
        m_window.reset();
        m_folder.reset();
    }

    void saysInThreeSentencesWhatToDo()
    {
        openWindow();
        QVERIFY(welcome()->isVisible());
        const QString text = welcome()->findChild<QLabel *>("welcomeText")->text();
        for (const char *part : {"<b>1</b>", "<b>2</b>", "<b>3</b>"})
            QVERIFY(text.contains(part));
        QTest::mouseClick(welcome()->findChild<QPushButton *>("welcomeAway"), Qt::LeftButton);
        QVERIFY(!welcome()->isVisible());
        m_window.reset();
        openWindow();
        QVERIFY(!welcome() || !welcome()->isVisible());
    }

    void aRunPutsTheSentencesAway()
    {
        openWindow();
        QVERIFY(welcome()->isVisible());
        m_window->startRun();
        QVERIFY(!welcome()->isVisible());
        QVERIFY(!Welcome::isWanted());
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->helm()->isGoing(), longMilliseconds);
    }

    /// Every widget that takes the keyboard, of each dock, bar and the middle.
    void everyControlSaysWhatItIs()
    {
        openWindow();
        for (QDockWidget *dock : m_window->findChildren<QDockWidget *>())
            dock->show();
        QStringList silent;
        int looked = 0;
        for (const QWidget *widget : m_window->findChildren<QWidget *>()) {
            if (widget->focusPolicy() == Qt::NoFocus || widget->focusProxy() ||
                widget->isWindow() || widget->window() != m_window.get())
                continue;
            // Parts of other controls, made by Qt.
            if (widget->objectName().startsWith("qt_") ||
                qobject_cast<const QScrollBar *>(widget) || qobject_cast<const QTabBar *>(widget) ||
                qobject_cast<const QTabBar *>(widget->parent()) ||
                !widget->isEnabledTo(m_window.get()))
                continue;
            ++looked;
            bool speaks = false;
            for (const QWidget *each = widget; each && each != m_window.get() && !speaks;
                 each = each->parentWidget()) {
                speaks = !each->toolTip().isEmpty() || !each->whatsThis().isEmpty();
                // A view is what its panel is; buttons and fields speak for themselves.
                if (qobject_cast<const QAbstractButton *>(each) ||
                    qobject_cast<const QLineEdit *>(each) ||
                    qobject_cast<const QComboBox *>(each) ||
                    qobject_cast<const QAbstractSpinBox *>(each) ||
                    qobject_cast<const QDockWidget *>(each))
                    break;
            }
            if (!speaks)
                silent << QStringLiteral("%1 '%2' %3")
                              .arg(widget->metaObject()->className(), widget->objectName(),
                                   widget->accessibleName());
        }
        QVERIFY2(looked > 40, qPrintable(QString::number(looked)));
        QVERIFY2(silent.isEmpty(), qPrintable(silent.join('\n')));
    }

    void aToolTipIsShownForWhatsThis()
    {
        openWindow();
        auto *abort = m_window->findChild<QPushButton *>("abort");
        QVERIFY(!abort->toolTip().isEmpty());
        const ToolTipsAsHelp help(qApp);
        QHelpEvent query(QEvent::QueryWhatsThis, {}, {});
        query.ignore();
        QApplication::sendEvent(abort, &query);
        QVERIFY(query.isAccepted());
    }

    void theDoseIsForetoldBeforeTheFirstStep()
    {
        openWindow();
        Plan plan = m_window->planPanel()->plan();
        plan.dwellSeconds = 0.02;
        m_window->planPanel()->setPlan(plan);
        QVERIFY2(m_window->panels()->dose()->costText().contains("0.02 s, "),
                 qPrintable(m_window->panels()->dose()->costText()));
        QVERIFY(m_window->panels()->dose()->costText().contains("e⁻/Å²"));
    }

    void theDoseOfARecordingIsForetoldToo()
    {
        DosePanel panel;
        Sample recorded;
        recorded.sources = DatasetSources();
        Dataset survey;
        survey.image = Map::Zero(16, 16);
        survey.pixelSizeNm = 0.5;
        recorded.survey = std::make_shared<const Dataset>(survey);
        panel.setSample(recorded);
        panel.setDwell(0.01);
        const double each = dose(Replay::Settings().beamCurrentPa, 0.01, 0.5);
        QVERIFY(each > 0);
        QVERIFY2(panel.costText().contains(roundText(each)), qPrintable(panel.costText()));
        survey.pixelSizeNm = 0; // nobody knows how large a pixel is
        recorded.survey = std::make_shared<const Dataset>(survey);
        panel.setSample(recorded);
        QVERIFY(panel.costText().contains("not known"));
    }

    void theDosePanelIsAsItWasLeft()
    {
        openWindow();
        m_window->panels()->dose()->setLimit(3000);
        m_window->panels()->dose()->setProbe(0.75);
        m_window.reset();
        openWindow();
        QCOMPARE(m_window->panels()->dose()->limit(), 3000.0);
        QCOMPARE(m_window->panels()->dose()->probe(), 0.75);
    }
};

QTEST_MAIN(TestFirstStart)
#include "tst_firststart.moc"
