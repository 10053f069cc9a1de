// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs.h"

#include "base/tr.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <condition_variable>
#include <mutex>
#include <vector>

using namespace helmscope;

namespace {

/// Something the work waits for and the test opens.
class Gate
{
public:
    void open()
    {
        const std::lock_guard lock(m_mutex);
        m_isOpen = true;
        m_opened.notify_all();
    }
    void pass()
    {
        std::unique_lock lock(m_mutex);
        m_opened.wait(lock, [this] { return m_isOpen; });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_opened;
    bool m_isOpen = false;
};

/// Works until it is told to stop; answers how.
int untilStopped(const Progress &progress)
{
    while (progress(0.5))
        QThread::yieldCurrentThread();
    return 7;
}

} // namespace

class TestJobs : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void bringsAResultBackToItsOwnThread()
    {
        Jobs jobs;
        QThread *workedOn = nullptr;
        QThread *deliveredOn = nullptr;
        QString result;
        jobs.run(
            "reading", this,
            [&workedOn](const Progress &) {
                workedOn = QThread::currentThread();
                return QString("read");
            },
            [&](const QString &answer) {
                result = answer;
                deliveredOn = QThread::currentThread();
            });
        QVERIFY(result.isEmpty());
        QTRY_COMPARE(result, QString("read"));
        QVERIFY(workedOn != QThread::currentThread());
        QCOMPARE(deliveredOn, QThread::currentThread());
        QVERIFY(jobs.isIdle());
    }

    void takesWorkThatReturnsNothingAndResultsThatCannotBeCopied()
    {
        Jobs jobs;
        bool isDone = false;
        jobs.run(
            "nothing", this, [](const Progress &) {}, [&isDone] { isDone = true; });
        std::unique_ptr<int> number;
        jobs.run(
            "moved", this, [](const Progress &) { return std::make_unique<int>(3); },
            [&number](std::unique_ptr<int> answer) { number = std::move(answer); });
        QTRY_VERIFY(number);
        QVERIFY(isDone);
        QCOMPARE(*number, 3);
    }

    void runsOneJobAtATimeInTheOrderGiven()
    {
        Jobs jobs;
        std::vector<int> order; // touched by one worker only: that is what is tested
        std::atomic<int> atOnce = 0, most = 0;
        for (int i = 0; i < 20; ++i)
            jobs.run(
                "job", this,
                [&, i](const Progress &) {
                    most = std::max(most.load(), ++atOnce);
                    order.push_back(i);
                    --atOnce;
                },
                [] {});
        QCOMPARE(jobs.count(), 20);
        QTRY_VERIFY(jobs.isIdle());
        QCOMPARE(most.load(), 1);
        for (int i = 0; i < 20; ++i)
            QCOMPARE(order[std::size_t(i)], i);
    }

    void saysWhyWorkFailed_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("Error") << 0 << "Cannot read a.hspy: it is empty.";
        QTest::newRow("memory") << 1 << "There is not enough memory for this.";
        QTest::newRow("unknown") << 2 << "Something failed that gave no reason.";
    }
    void saysWhyWorkFailed()
    {
        QFETCH(int, kind);
        QFETCH(QString, sentence);
        Jobs jobs;
        QSignalSpy failed(&jobs, &Jobs::failed);
        bool isDelivered = false;
        jobs.run(
            "Reading a.hspy", this,
            [kind](const Progress &) {
                if (kind == 0)
                    fail("Cannot read a.hspy: it is empty.");
                if (kind == 1)
                    throw std::bad_alloc();
                throw 5;
            },
            [&isDelivered] { isDelivered = true; });
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(failed[0][0].toString(), QString("Reading a.hspy"));
        QCOMPARE(failed[0][1].toString(), sentence);
        QVERIFY(!isDelivered);
        QVERIFY(jobs.isIdle());
    }

    void saysWhatFailedInTheWindow()
    {
        Jobs jobs;
        QSignalSpy failed(&jobs, &Jobs::failed);
        jobs.run(
            "showing", this, [](const Progress &) { return 1; },
            [](int) { fail("Cannot show it: it is too large."); });
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(failed[0][1].toString(), QString("Cannot show it: it is too large."));
    }

    void goesOnAfterAFailure()
    {
        Jobs jobs;
        int result = 0;
        jobs.run(
            "bad", this, [](const Progress &) { fail("No."); }, [] {});
        jobs.run(
            "good", this, [](const Progress &) { return 2; }, [&result](int n) { result = n; });
        QTRY_COMPARE(result, 2);
    }

    void deliversWhatStoppedWorkReturns()
    {
        Jobs jobs;
        QSignalSpy began(&jobs, &Jobs::began);
        int result = 0;
        const int job = jobs.run("endless", this, untilStopped, [&result](int n) { result = n; });
        QTRY_COMPARE(began.size(), 1);
        jobs.stop(job);
        QTRY_COMPARE(result, 7);
    }

    void isSilentAboutReadersThatWereStopped()
    {
        Jobs jobs;
        QSignalSpy failed(&jobs, &Jobs::failed);
        QSignalSpy began(&jobs, &Jobs::began);
        const int job = jobs.run(
            "reading", this,
            [](const Progress &progress) {
                untilStopped(progress);
                fail(Tr::tr("Stopped."));
            },
            [] {});
        QTRY_COMPARE(began.size(), 1);
        jobs.stop(job);
        QTRY_VERIFY(jobs.isIdle());
        QCOMPARE(failed.size(), 0);
    }

    void tellsAFailureThatHappensWhileStopping()
    {
        Jobs jobs;
        QSignalSpy failed(&jobs, &Jobs::failed);
        const int job = jobs.run(
            "saving", this,
            [](const Progress &progress) {
                untilStopped(progress);
                fail("Cannot write run.h5: the disk is full.");
            },
            [] {});
        QSignalSpy began(&jobs, &Jobs::began);
        QTRY_COMPARE(began.size(), 1);
        jobs.stop(job);
        QTRY_COMPARE(failed.size(), 1);
    }

    void neverBeginsWhatWasStoppedWhileItWaited()
    {
        Jobs jobs;
        Gate gate;
        bool isRun = false, isDelivered = false;
        jobs.run(
            "first", this, [&gate](const Progress &) { gate.pass(); }, [] {});
        const int second = jobs.run(
            "second", this, [&isRun](const Progress &) { isRun = true; },
            [&isDelivered] { isDelivered = true; });
        QCOMPARE(jobs.titles(), QStringList({"first", "second"}));
        jobs.stop(second);
        gate.open();
        QTRY_VERIFY(jobs.isIdle());
        QVERIFY(!isRun);
        QVERIFY(!isDelivered);
    }

    void deliversNothingToAnOwnerThatIsGoneAndStopsItsWork()
    {
        Jobs jobs;
        QSignalSpy began(&jobs, &Jobs::began);
        QSignalSpy ended(&jobs, &Jobs::ended);
        auto owner = std::make_unique<QObject>();
        bool isDelivered = false;
        jobs.run("endless", owner.get(), untilStopped, [&isDelivered](int) { isDelivered = true; });
        QTRY_COMPARE(began.size(), 1);
        owner.reset(); // stops the work, else ended() never comes
        QTRY_COMPARE(ended.size(), 1);
        QVERIFY(!isDelivered);
    }

    void looksForTheOwnerWhenItDelivers()
    {
        Jobs jobs;
        auto owner = std::make_unique<QObject>();
        std::atomic<bool> isWorked = false;
        bool isDelivered = false;
        QSignalSpy ended(&jobs, &Jobs::ended);
        jobs.run(
            "quick", owner.get(), [&isWorked](const Progress &) { isWorked = true; },
            [&isDelivered] { isDelivered = true; });
        while (!isWorked) // without events: the result waits in the queue
            QThread::yieldCurrentThread();
        owner.reset();
        QTRY_COMPARE(ended.size(), 1);
        QVERIFY(!isDelivered);
    }

    void reportsProgressAtMostThirtyTimesASecond()
    {
        Jobs jobs;
        QSignalSpy advanced(&jobs, &Jobs::advanced);
        QElapsedTimer time;
        time.start();
        bool isDone = false;
        jobs.run(
            "counting", this,
            [](const Progress &progress) {
                QElapsedTimer since;
                since.start();
                while (since.elapsed() < 300)
                    progress(double(since.elapsed()) / 300);
            },
            [&isDone] { isDone = true; });
        QTRY_VERIFY(isDone);
        QVERIFY(advanced.size() >= 2);
        QVERIFY2(advanced.size() <= 1 + 30 * time.elapsed() / 1000,
                 qPrintable(QString::number(advanced.size())));
        double last = -1;
        for (const QList<QVariant> &report : advanced) {
            QVERIFY(report[1].toDouble() >= last);
            last = report[1].toDouble();
            QVERIFY(last <= 1);
        }
        QVERIFY(advanced.last()[2].toDouble() >= 0); // seconds left
    }

    void workBeyondItsEstimateHasNoTimeLeft()
    {
        Jobs jobs;
        QSignalSpy advanced(&jobs, &Jobs::advanced);
        bool isDone = false;
        jobs.run(
            "more than thought", this, [](const Progress &progress) { progress(1.5); },
            [&isDone] { isDone = true; });
        QTRY_VERIFY(isDone);
        QCOMPARE(advanced.size(), 1);
        QCOMPARE(advanced[0][1].toDouble(), 1.0);
        QCOMPARE(advanced[0][2].toDouble(), 0.0);
    }

    void stopsAndWaitsWhenItIsDestroyed()
    {
        std::atomic<bool> isReturned = false;
        bool isDelivered = false, isSecondRun = false;
        {
            Jobs jobs;
            QSignalSpy began(&jobs, &Jobs::began);
            jobs.run(
                "endless", this,
                [&isReturned](const Progress &progress) {
                    untilStopped(progress);
                    isReturned = true;
                },
                [&isDelivered] { isDelivered = true; });
            jobs.run(
                "never", this, [&isSecondRun](const Progress &) { isSecondRun = true; }, [] {});
            QTRY_COMPARE(began.size(), 1);
        }
        QVERIFY(isReturned);
        QVERIFY(!isSecondRun);
        QCoreApplication::processEvents();
        QVERIFY(!isDelivered);
    }

    void twoJobsObjectsWorkAtTheSameTime()
    {
        Jobs runs, errands;
        Gate gate;
        bool isRunDone = false;
        runs.run(
            "run", this, [&gate](const Progress &) { gate.pass(); },
            [&isRunDone] { isRunDone = true; });
        // The errand opens the gate: if it waited for the run, neither would end.
        errands.run(
            "errand", this, [&gate](const Progress &) { gate.open(); }, [] {});
        QTRY_VERIFY(isRunDone);
    }
};

QTEST_GUILESS_MAIN(TestJobs)
#include "tst_jobs.moc"
