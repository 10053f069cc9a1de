// SPDX-License-Identifier: GPL-3.0-or-later
// The one place of all jobs, and the quiet words in the corner.
#include "app/jobs.h"
#include "app/jobspanel.h"
#include "app/notices.h"
#include "base/tr.h"

#include <QAccessible>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

#include <memory>

using namespace helmscope;

class TestJobsPanel : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QWidget> m_window;
    JobsPanel *m_panel = nullptr;
    std::unique_ptr<Jobs> m_jobs;

    /// Goes on until it is let go or stopped.
    void beginLong(const QString &title, QSemaphore *go)
    {
        m_jobs->run(
            title, m_window.get(),
            [go](const Progress &progress) {
                while (!go->tryAcquire(1, 2))
                    if (!progress(0.25))
                        return;
            },
            [] {});
    }
    void failNow(const QString &title, const QString &sentence)
    {
        m_jobs->run(
            title, m_window.get(), [sentence](const Progress &) { fail(sentence); }, [] {});
    }
    QList<QWidget *> rows(const QString &name) const
    {
        return m_panel->findChildren<QWidget *>(name);
    }
    QString wordsOf(const QString &row) const
    {
        QStringList words;
        for (QWidget *each : rows(row))
            for (const QLabel *label : each->findChildren<QLabel *>())
                words << label->text();
        return words.join('\n');
    }

private Q_SLOTS:
    void init()
    {
        m_window = std::make_unique<QWidget>();
        m_window->resize(800, 600);
        m_panel = new JobsPanel(m_window.get());
        m_jobs = std::make_unique<Jobs>();
        m_panel->watch(m_jobs.get());
        m_window->show();
    }
    void cleanup()
    {
        m_jobs.reset();
        m_window.reset();
    }

    void showsEachJobWithItsProgressAndLetsItBeCancelled()
    {
        QSemaphore go;
        beginLong("Reading a", &go);
        beginLong("Reading b", &go); // waits
        QTRY_COMPARE(m_panel->going(), 1);
        QCOMPARE(m_panel->summary(), QString("1 job"));
        auto *button = new QToolButton(m_window.get());
        m_panel->openAbove(button);
        QCOMPARE(rows("goingJob").size(), 1);
        QTRY_COMPARE(rows("goingJob").first()->findChild<QProgressBar *>()->value(), 250);
        QTRY_VERIFY(wordsOf("goingJob").contains("left"));
        const auto isWaiting = [this] {
            for (const QLabel *label : m_panel->findChildren<QLabel *>())
                if (label->text() == "waits: Reading b")
                    return true;
            return false;
        };
        QTRY_VERIFY(isWaiting());
        QSignalSpy finished(m_panel, &JobsPanel::finished);
        QTest::mouseClick(rows("goingJob").first()->findChild<QToolButton *>("cancelJob"),
                          Qt::LeftButton);
        QTRY_VERIFY(wordsOf("goingJob").contains("Reading b"));
        QCOMPARE(finished.size(), 0); // it was cancelled
        go.release();
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(finished.first().first().toString(), QString("Reading b"));
        QTRY_COMPARE(m_panel->going(), 0);
        QVERIFY(m_panel->summary().isEmpty());
    }

    void keepsWhatFailedUntilItIsDismissed()
    {
        QSignalSpy failed(m_panel, &JobsPanel::failed), finished(m_panel, &JobsPanel::finished);
        failNow("Reading x.h5", "Cannot read x.h5: it is cut off. Copy it again.");
        QTRY_COMPARE(m_panel->failures(), 1);
        QTRY_COMPARE(m_panel->going(), 0);
        failNow("Pushing", "Cannot reach the server: is it on?");
        QTRY_COMPARE(m_panel->failures(), 2);
        failNow("Pushing", "Cannot reach the server: is it on?"); // again the same
        QTRY_COMPARE(failed.size(), 3);
        QCOMPARE(m_panel->failures(), 2);
        QTRY_COMPARE(m_panel->going(), 0);
        QCOMPARE(finished.size(), 0);
        QVERIFY(m_panel->summary().contains("2 failed"));
        QVERIFY(wordsOf("failedJob").contains("Copy it again."));
        QTest::mouseClick(rows("failedJob").first()->findChild<QToolButton *>("dismissJob"),
                          Qt::LeftButton);
        QCOMPARE(m_panel->failures(), 1);
        QVERIFY(!wordsOf("failedJob").contains("Pushing"));
        QVERIFY(wordsOf("failedJob").contains("x.h5"));
    }

    void jobsMayGoBeforeIt()
    {
        QSemaphore go;
        beginLong("Reading", &go);
        QTRY_COMPARE(m_panel->going(), 1);
        m_jobs.reset();
        QCOMPARE(m_panel->going(), 0);
        QVERIFY(m_panel->summary().isEmpty());
    }

    void noticesTakeNoFocusAndVanish()
    {
        auto *field = new QLineEdit(m_window.get());
        field->show();
        m_window->activateWindow();
        field->setFocus();
        QTRY_VERIFY(field->hasFocus());
        Notices notices(m_window.get());
        notices.setShownMilliseconds(20);
        notices.tell("Done: Exporting.");
        QCOMPARE(notices.sentences(), QStringList{"Done: Exporting."});
        // What the alert tells screen readers; without a platform's bridge nobody is told.
        QCOMPARE(QAccessible::queryAccessibleInterface(m_window->findChild<QFrame *>("notice"))
                     ->text(QAccessible::Name),
                 QString("Done: Exporting."));
        QVERIFY(field->hasFocus());
        notices.tellFailure("Pushing failed. Is the server on?");
        QTRY_COMPARE(notices.sentences(), QStringList{"Pushing failed. Is the server on?"});
        auto *notice = m_window->findChild<QFrame *>("notice");
        QVERIFY(notice->isVisible());
        QVERIFY(m_window->rect().contains(notice->geometry()));
        QVERIFY(notice->geometry().left() > m_window->width() / 3); // in the corner
        QTest::mouseClick(notice->findChild<QToolButton *>(), Qt::LeftButton);
        QVERIFY(notices.sentences().isEmpty());
        QVERIFY(field->hasFocus());
    }

    void onlyThreeNoticesAtATime()
    {
        Notices notices(m_window.get());
        for (int i = 1; i <= 5; ++i)
            notices.tellFailure(QString::number(i));
        QCOMPARE(notices.sentences(), (QStringList{"3", "4", "5"}));
        m_window->resize(300, 300);
        for (const QFrame *notice : m_window->findChildren<QFrame *>("notice"))
            QTRY_VERIFY(m_window->rect().contains(notice->geometry()));
    }
};

QTEST_MAIN(TestJobsPanel)
#include "tst_jobspanel.moc"
