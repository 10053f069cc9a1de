// SPDX-License-Identifier: GPL-3.0-or-later
// The watch over the window's event loop, and the diagnostics that show it.
#include "app/diagnostics.h"
#include "app/loopwatch.h"
#include "app/mainwindow.h"

#include <QClipboard>
#include <QDialog>
#include <QElapsedTimer>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <functional>
#include <limits>

using namespace helmscope;

namespace {

void holdFor(int milliseconds)
{
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < milliseconds) { // the thread is busy, as when it computes
    }
}

} // namespace

class TestLoopWatch : public QObject
{
    Q_OBJECT
private:
    WatchedApplication *watch() const { return WatchedApplication::instance(); }

    /// In an event loop as main()'s.
    void inLoop(const std::function<void()> &work)
    {
        QEventLoop loop;
        QTimer::singleShot(0, this, work);
        QTimer::singleShot(60, &loop, &QEventLoop::quit);
        loop.exec();
    }

private Q_SLOTS:
    void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
    void init()
    {
        inLoop([] {});
        watch()->reset();
    }

    void percentilesNeverFlatter()
    {
        Holds holds;
        for (int i = 1; i <= 1000; ++i)
            holds.add(0.1 * i); // 0.1 to 100 ms; 991 of them count
        QCOMPARE(holds.count(), 991);
        QCOMPARE(holds.longest(), 100.0);
        // Ranks of 1.0, 1.1 ... 100.0; a bin is 2^(1/16) = 4.4 % wide.
        for (const auto &[percent, exact] :
             {std::pair(50.0, 50.5), std::pair(99.0, 99.1), std::pair(100.0, 100.0)}) {
            QVERIFY(holds.percentile(percent) >= exact);
            QVERIFY(holds.percentile(percent) <= exact * 1.045);
        }
        QVERIFY(std::abs(double(holds.over(50)) - 501) <= 0.045 * 500);
        QCOMPARE(holds.over(200), 0);
    }
    void nothingIsCountedOfNothing()
    {
        const Holds holds;
        QCOMPARE(holds.percentile(99), 0.0);
        QCOMPARE(holds.longest(), 0.0);
        QCOMPARE(holdsText(holds), QString("none"));
    }
    void keepsTheLatestAndTheLongest()
    {
        Holds holds;
        for (int i = 0; i < 100; ++i)
            holds.keep({i == 3 ? 500.0 : double(i), 0, 0, {}, {}});
        QCOMPARE(holds.kept().size(), 30U);
        QCOMPARE(holds.kept().back().milliseconds, 99.0);
        QCOMPARE(holds.kept().front().milliseconds, 500.0);
    }
    void endlessHoldsFallIntoTheLastBin()
    {
        Holds holds;
        holds.add(1e9);
        holds.add(std::numeric_limits<double>::quiet_NaN());
        QCOMPARE(holds.count(), 1);
        QCOMPARE(holds.over(50), 1);
    }

    void seesAHoldAndWhatItWas()
    {
        QObject owner;
        watch()->addCircumstance(&owner, [] { return QString("reading a file"); });
        inLoop([] { holdFor(40); });
        QVERIFY(watch()->holds().longest() >= 40);
        const std::vector<Holds::Hold> &kept = watch()->holds().kept();
        QVERIFY(!kept.empty());
        const auto longest =
            std::max_element(kept.begin(), kept.end(), [](const auto &a, const auto &b) {
                return a.milliseconds < b.milliseconds;
            });
        QVERIFY(longest->milliseconds >= 40);
        QVERIFY(longest->processorMilliseconds > 0);
        QVERIFY(longest->processorMilliseconds <= longest->milliseconds * 1.05);
        QVERIFY2(longest->what.contains("Timer") || longest->what.contains("MetaCall"),
                 qPrintable(longest->what));
        QCOMPARE(longest->during, QString("reading a file"));
        QVERIFY(std::abs(QDateTime::currentMSecsSinceEpoch() - longest->endedAt) < 60'000);
    }
    void eventsOfOneTurnAreOneHold()
    {
        inLoop([this] {
            for (int i = 0; i < 5; ++i)
                QMetaObject::invokeMethod(
                    this, [] { holdFor(10); }, Qt::QueuedConnection);
        });
        QVERIFY2(watch()->holds().longest() >= 50, qPrintable(holdsText(watch()->holds())));
    }
    void waitingInADialogIsNoHold()
    {
        inLoop([] {
            QDialog dialog;
            QTimer::singleShot(800, &dialog, &QDialog::reject);
            dialog.exec();
        });
        QVERIFY2(watch()->holds().longest() < 600, qPrintable(holdsText(watch()->holds())));
    }
    void whatComesAfterADialogCounts()
    {
        inLoop([] {
            QDialog dialog;
            QTimer::singleShot(20, &dialog, &QDialog::reject);
            dialog.exec();
            holdFor(120);
        });
        QVERIFY2(watch()->holds().longest() >= 120, qPrintable(holdsText(watch()->holds())));
    }
    void whoIsGoneIsNotAsked()
    {
        auto owner = std::make_unique<QObject>();
        int asked = 0;
        watch()->addCircumstance(owner.get(), [&asked] {
            ++asked;
            return QString();
        });
        inLoop([] { holdFor(30); });
        const int before = asked;
        QVERIFY(before > 0);
        owner.reset();
        inLoop([] { holdFor(30); });
        QCOMPARE(asked, before);
    }

    void holdsOfARunAreThereAfterIt()
    {
        QTemporaryDir folder;
        StartOptions options;
        options.rows = options.cols = 32;
        options.initial = 5;
        options.steps = 25; // it must not be over before the hold
        options.cycles = 4;
        options.theme = "dark";
        options.out = folder.filePath("run.h5");
        MainWindow window(options);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.begin();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->state() == Helm::State::Ready, 60'000);
        QVERIFY(!watch()->hasRun());
        window.startRun();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->run().size() >= 1, 60'000);
        inLoop([] { holdFor(70); });
        QTRY_VERIFY_WITH_TIMEOUT(!window.helm()->isGoing(), 60'000);
        QVERIFY(watch()->hasRun());
        QVERIFY(watch()->holdsOfRun().longest() >= 70);
        QVERIFY(watch()->holdsOfRun().count() <= watch()->holds().count());

        window.findChild<QAction *>("showDiagnostics")->trigger();
        auto *dialog = window.findChild<DiagnosticsDialog *>();
        QVERIFY(dialog && dialog->isVisible());
        const QString text = dialog->findChild<QPlainTextEdit *>()->toPlainText();
        for (const char *part : {HELMSCOPE_VERSION, qVersion(), "BLAS", "Screen", "offscreen",
                                 "Threads", "During the last run"})
            QVERIFY2(text.contains(QString::fromLatin1(part)), part);
        QTest::mouseClick(dialog->findChild<QPushButton *>("copyDiagnostics"), Qt::LeftButton);
        QCOMPARE(QApplication::clipboard()->text(), text);
        dialog->close();
    }
};

int main(int count, char **arguments)
{
    WatchedApplication application(count, arguments);
    TestLoopWatch test;
    return QTest::qExec(&test, count, arguments);
}

#include "tst_loopwatch.moc"
