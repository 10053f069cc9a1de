// SPDX-License-Identifier: GPL-3.0-or-later
// The window's layouts: built in, kept under a name, as they were left.
#include "app/language.h"
#include "app/layouts.h"
#include "app/panels.h"
#include "smallwindow.h"
#include "widgets/mapview.h"

#include <QApplication>
#include <QDataStream>
#include <QDockWidget>
#include <QIODevice>
#include <QInputDialog>
#include <QLineEdit>
#include <QScopeGuard>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace helmscope;

class TestLayouts : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    void openWindow()
    {
        m_window = std::make_unique<MainWindow>(StartOptions());
        m_window->resize(1280, 800);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    QDockWidget *dock(const QString &name) const
    {
        return m_window->findChild<QDockWidget *>(name);
    }
    bool isThere(const QString &name) const { return !dock(name)->isHidden(); }
    QStringList names() const
    {
        QStringList found;
        for (const Layouts::Layout &layout : m_window->layouts()->all())
            found << layout.name;
        return found;
    }

private Q_SLOTS:
    void initTestCase() { nameProgram("tst_layouts"); }
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

    void eachBuiltInOneFitsIntoTheWindow_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QStringList>("shown");
        QTest::addColumn<QStringList>("hidden");
        QTest::addColumn<QSize>("size");
        for (const QSize size : {QSize(1280, 800), QSize(2560, 1440)}) {
            const auto row = [size](const char *key, const QStringList &shown,
                                    const QStringList &hidden) {
                QTest::newRow(qPrintable(QStringLiteral("%1 %2").arg(key).arg(size.width())))
                    << key << shown << hidden << size;
            };
            row("steer", {"mean", "deviation", "acquisition", "spectrum", "plan", "curves"},
                {"lineage"});
            row("review", {"mean", "deviation", "spectrum", "curves", "steps"}, {"plan", "runs"});
            row("lineage", {"lineage", "runs", "steps", "spectrum"}, {"plan", "dose"});
            row("compare", {"mean", "deviation", "runs", "curves", "reliability"}, {"plan"});
        }
    }
    void eachBuiltInOneFitsIntoTheWindow()
    {
        QFETCH(QString, key);
        QFETCH(QStringList, shown);
        QFETCH(QStringList, hidden);
        QFETCH(QSize, size);
        openWindow();
        m_window->resize(size);
        QTest::qWait(0);
        m_window->showLayout(key);
        QTRY_VERIFY(dock(shown.first())->isVisible());
        QCOMPARE(m_window->layouts()->current(), key);
        QCOMPARE(m_window->size(), size); // not pushed larger
        for (const QString &name : shown) {
            QVERIFY2(dock(name)->isVisible(), qPrintable(name));
            QVERIFY2(m_window->rect().contains(dock(name)->geometry()), qPrintable(name));
            QVERIFY2(dock(name)->widget()->width() >=
                         dock(name)->widget()->minimumSizeHint().width(),
                     qPrintable(name));
            QVERIFY2(dock(name)->widget()->height() >= 80, qPrintable(name));
        }
        for (const QString &name : hidden)
            QVERIFY2(!isThere(name), qPrintable(name));
        const QWidget *survey = m_window->panels()->survey();
        QVERIFY2(survey->width() >= size.width() / 4 && survey->height() >= size.height() / 4,
                 qPrintable(QStringLiteral("%1 x %2").arg(survey->width()).arg(survey->height())));
    }

    void staysAsNarrowWithLargeLettersAndLongWords_data()
    {
        QTest::addColumn<int>("percent");
        QTest::addColumn<QString>("language");
        QTest::newRow("as they are") << 100 << "en";
        QTest::newRow("larger by half") << 150 << "en";
        QTest::newRow("long words") << 100 << "pseudo";
    }
    /// All but the plan's form, which has a scroll bar of its own when it is squeezed.
    void staysAsNarrowWithLargeLettersAndLongWords()
    {
        QFETCH(int, percent);
        QFETCH(QString, language);
        const auto back = qScopeGuard([] {
            setLanguage("en", Numbers::System);
            applyLook(*qApp, Preferences());
        });
        setLanguage(language, Numbers::System);
        openWindow();
        Preferences wished = m_window->preferences();
        wished.fontPercent = percent;
        m_window->setPreferences(wished);
        dock("plan")->hide();
        for (const char *key : {"steer", "review", "lineage", "compare"}) {
            m_window->showLayout(key);
            dock("plan")->hide();
            m_window->resize(1280, 800);
            QTest::qWait(0);
            QStringList wide;
            for (const QWidget *each : m_window->findChildren<QWidget *>())
                if (each->isVisible() && each->minimumSizeHint().width() > 300)
                    wide << QStringLiteral("%1 %2: %3")
                                .arg(each->metaObject()->className(), each->objectName())
                                .arg(each->minimumSizeHint().width());
            QVERIFY2(m_window->width() == 1280, qPrintable(QStringLiteral("%1: %2, of it %3")
                                                               .arg(QString::fromLatin1(key))
                                                               .arg(m_window->width())
                                                               .arg(wide.join("; "))));
        }
    }

    void isChosenByAKey()
    {
        openWindow();
        m_window->activateWindow();
        QTest::keyClick(m_window.get(), Qt::Key_F6);
        QCOMPARE(m_window->layouts()->current(), QString("review"));
        QTRY_VERIFY(m_window->findChild<QAction *>("layout-review")->isChecked());
        QTest::keyClick(m_window.get(), Qt::Key_F5);
        QCOMPARE(m_window->layouts()->current(), QString("steer"));
    }

    void eachKeepsWhatWasChangedInIt()
    {
        openWindow();
        m_window->showLayout("review");
        QVERIFY(isThere("curves"));
        dock("curves")->hide();
        dock("plan")->show();
        m_window->showLayout("steer");
        QVERIFY(isThere("curves"));
        m_window->showLayout("review");
        QVERIFY(!isThere("curves"));
        QVERIFY(isThere("plan"));
        m_window->layouts()->reset();
        QVERIFY(isThere("curves"));
        QVERIFY(!isThere("plan"));
    }

    void isAsItWasAfterACrash()
    {
        openWindow();
        m_window->showLayout("compare");
        dock("mean")->hide();
        // Written soon, without closing.
        QTRY_VERIFY(!QSettings().value("layouts/compare/state").toByteArray().isEmpty());
        const QByteArray before = QSettings().value("layouts/compare/state").toByteArray();
        dock("deviation")->hide();
        QTRY_VERIFY(QSettings().value("layouts/compare/state").toByteArray() != before);
        const MainWindow another{StartOptions()};
        QCOMPARE(another.layouts()->current(), QString("compare"));
        QVERIFY(another.findChild<QDockWidget *>("mean")->isHidden());
        QVERIFY(another.findChild<QDockWidget *>("deviation")->isHidden());
        QVERIFY(!another.findChild<QDockWidget *>("runs")->isHidden());
    }

    void statesOfAnOlderProgramLackNothing()
    {
        openWindow();
        m_window->showLayout("lineage");
        dock("runs")->hide();
        m_window->showLayout("steer");
        dock("mean")->hide();
        m_window->close(); // keeps both
        m_window.reset();
        QSettings settings;
        for (const char *key : {"layouts/lineage/state", "layouts/steer/state"}) {
            QByteArray state = settings.value(key).toByteArray(), now, before;
            QDataStream toNow(&now, QIODevice::WriteOnly), toBefore(&before, QIODevice::WriteOnly);
            toNow << QString("lineage");
            toBefore << QString("ancient");
            QVERIFY(state.contains(now));
            settings.setValue(key, state.replace(now, before));
        }
        settings.sync();
        openWindow();
        QCOMPARE(m_window->layouts()->current(), QString("steer"));
        QVERIFY(!isThere("mean")); // as it was left
        QVERIFY(isThere("deviation"));
        QVERIFY(!isThere("lineage"));
        dock("lineage")->show();
        QVERIFY(m_window->tabifiedDockWidgets(dock("lineage")).contains(dock("steps")));
        m_window->showLayout("lineage");
        QTRY_VERIFY(dock("lineage")->isVisible());
        QVERIFY(m_window->rect().contains(dock("lineage")->geometry()));
        QVERIFY(isThere("runs")); // as it is built in
    }

    void ownOnesAreKeptRenamedAndRemoved()
    {
        openWindow();
        Layouts *layouts = m_window->layouts();
        QVERIFY(!layouts->canChange());
        QVERIFY(!layouts->rename("Mine"));
        QVERIFY(!layouts->keepAs("  "));
        QVERIFY(!layouts->keepAs("steer")); // the name of one that is built in, whatever its case
        dock("plan")->hide();
        QVERIFY(layouts->keepAs("Mine"));
        QVERIFY(layouts->canChange());
        dock("spectrum")->hide();
        layouts->reset(); // as it was kept
        QVERIFY(!isThere("plan"));
        QVERIFY(isThere("spectrum"));
        QVERIFY(layouts->keepAs("Second"));
        QVERIFY(!layouts->rename("mine"));
        QVERIFY(layouts->rename("Night shift"));
        m_window.reset();
        openWindow();
        QCOMPARE(names().mid(4), (QStringList{"Mine", "Night shift"}));
        QCOMPARE(names().size(), 6);
        QVERIFY(m_window->layouts()->canChange());
        QVERIFY(!isThere("plan"));
        m_window->layouts()->remove();
        QCOMPARE(names().mid(4), (QStringList{"Mine"}));
        QCOMPARE(m_window->layouts()->current(), QString("steer"));
        m_window.reset();
        openWindow();
        QCOMPARE(names().mid(4), (QStringList{"Mine"}));
    }

    void asksForAName()
    {
        openWindow();
        QTRY_VERIFY(m_window->findChild<QAction *>("layout-steer"));
        for (QAction *action : m_window->findChildren<QAction *>())
            if (action->text() == "&Keep as…")
                action->trigger();
        auto *dialog = m_window->findChild<QInputDialog *>("layoutName");
        QVERIFY(dialog);
        dialog->findChild<QLineEdit *>()->setText("A & B");
        dialog->accept();
        QCOMPARE(names().last(), QString("A & B"));
        QTRY_VERIFY(m_window->findChild<QAction *>("layout-own-1"));
        QCOMPARE(m_window->findChild<QAction *>("layout-own-1")->text(), QString("A && B"));
    }

    void brokenSettingsDoNoHarm()
    {
        QSettings settings;
        settings.setValue("layouts/current", "nowhere");
        settings.setValue("layouts/steer/state", QByteArray("no state at all"));
        settings.setValue("layouts/own", QStringList{"own-1", "steer", ""});
        settings.setValue("layouts/own-1/name", "");
        settings.sync();
        openWindow();
        QCOMPARE(names().size(), 4);
        QVERIFY(isThere("mean"));
        QVERIFY(isThere("plan"));
    }
};

QTEST_MAIN(TestLayouts)
#include "tst_layouts.moc"
