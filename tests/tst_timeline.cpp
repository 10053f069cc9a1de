// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/language.h"
#include "app/timeline.h"
#include "widgets/stepmodel.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace helmscope;

namespace {

Step stepOf(int number, double seconds, std::int64_t timeMs = 0)
{
    Step step;
    step.number = number;
    step.reason = number <= 3 ? Reason::Initial : Reason::Acquisition;
    step.measureSeconds = seconds;
    step.timeMs = timeMs;
    return step;
}

} // namespace

class TestTimeline : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<Timeline> m_timeline;

    void fill(int steps, int planned, double seconds = 0.05)
    {
        for (int number = 1; number <= steps; ++number)
            m_timeline->addStep(stepOf(number, seconds));
        m_timeline->setPlanned(planned);
    }
    QPoint pointOf(int index) const
    {
        const TimelineTrack *track = m_timeline->track();
        return QPointF(track->xOf(index), track->height() / 2.0).toPoint();
    }
    QToolButton *button(const char *name) const
    {
        return m_timeline->findChild<QToolButton *>(name);
    }
    QString number() const { return m_timeline->findChild<QLabel *>("stepNumber")->text(); }
    void key(Qt::Key which, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::keyClick(m_timeline.get(), which, modifiers);
    }

private Q_SLOTS:
    void init()
    {
        m_timeline = std::make_unique<Timeline>();
        m_timeline->resize(600, m_timeline->sizeHint().height());
        m_timeline->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_timeline.get()));
        m_timeline->setFocus();
    }
    void cleanup() { m_timeline.reset(); }

    void followsTheNewestStepUntilSomebodyLooksBack()
    {
        fill(5, 20);
        QCOMPARE(m_timeline->index(), 4);
        QCOMPARE(number(), QString("5 / 20"));
        QSignalSpy moved(m_timeline.get(), &Timeline::moved);
        const double before = m_timeline->track()->xOf(2);
        QTest::mouseClick(m_timeline->track(), Qt::LeftButton, {}, pointOf(2));
        QCOMPARE(m_timeline->index(), 2);
        QCOMPARE(moved.size(), 1);
        QVERIFY(!m_timeline->isFollowing());
        for (int n = 6; n <= 12; ++n) {
            m_timeline->addStep(stepOf(n, 0.05));
            m_timeline->setPlanned(20);
        }
        QCOMPARE(m_timeline->index(), 2); // calm while the run grows
        QCOMPARE(m_timeline->track()->xOf(2), before);
        QCOMPARE(moved.size(), 1);
        key(Qt::Key_End);
        QCOMPARE(m_timeline->index(), 11);
        QVERIFY(m_timeline->isFollowing());
        m_timeline->addStep(stepOf(13, 0.05));
        m_timeline->setPlanned(20);
        QCOMPARE(m_timeline->index(), 12);
    }

    void goesByKeysAndButtons()
    {
        fill(30, 30);
        key(Qt::Key_Left);
        QCOMPARE(m_timeline->index(), 28);
        key(Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(m_timeline->index(), 18);
        key(Qt::Key_Right);
        QCOMPARE(m_timeline->index(), 19);
        key(Qt::Key_Home);
        QCOMPARE(m_timeline->index(), 0);
        QVERIFY(!button("stepBack")->isEnabled());
        key(Qt::Key_Left);
        QCOMPARE(m_timeline->index(), 0);
        QTest::mouseClick(button("stepForward"), Qt::LeftButton);
        QCOMPARE(m_timeline->index(), 1);
        QTest::mouseClick(button("stepBack"), Qt::LeftButton);
        QCOMPARE(m_timeline->index(), 0);
        QTest::mouseClick(button("newest"), Qt::LeftButton);
        QCOMPARE(m_timeline->index(), 29);
        QTest::mouseClick(button("firstStep"), Qt::LeftButton);
        QCOMPARE(m_timeline->index(), 0);
    }

    void isDraggedToTheStepUnderTheMouse()
    {
        fill(50, 100);
        TimelineTrack *track = m_timeline->track();
        QTest::mousePress(track, Qt::LeftButton, {}, pointOf(10));
        QMouseEvent move(QEvent::MouseMove, pointOf(33), track->mapToGlobal(pointOf(33)),
                         Qt::NoButton, Qt::LeftButton, {});
        QApplication::sendEvent(track, &move);
        QCOMPARE(m_timeline->index(), 33);
        QMouseEvent beyond(QEvent::MouseMove, pointOf(90), track->mapToGlobal(pointOf(90)),
                           Qt::NoButton, Qt::LeftButton, {});
        QApplication::sendEvent(track, &beyond); // not measured yet
        QCOMPARE(m_timeline->index(), 49);
        QTest::mouseRelease(track, Qt::LeftButton, {}, pointOf(90));
    }

    void playsByTheRunsOwnTimes()
    {
        // Ten steps a second apart by the clock; the times of the parts say less.
        for (int number = 1; number <= 11; ++number)
            m_timeline->addStep(stepOf(number, 0.01, 1'700'000'000'000 + number * 1000));
        m_timeline->setPlanned(11);
        m_timeline->setSpeed(20);
        QSignalSpy moved(m_timeline.get(), &Timeline::moved);
        QElapsedTimer time;
        time.start();
        key(Qt::Key_Space); // from the end it begins anew
        QVERIFY(m_timeline->isPlaying());
        QCOMPARE(m_timeline->index(), 0);
        QTRY_VERIFY_WITH_TIMEOUT(!m_timeline->isPlaying(), 20'000);
        QVERIFY2(time.elapsed() >= 490, qPrintable(QString::number(time.elapsed())));
        QCOMPARE(m_timeline->index(), 10);
        QVERIFY(moved.size() >= 2);
        QVERIFY(m_timeline->isFollowing());
    }

    void skipsStepsWhenPlayedFasterThanPictures()
    {
        fill(2000, 2000, 0.01);
        m_timeline->setSpeed(100);
        key(Qt::Key_Home);
        QSignalSpy moved(m_timeline.get(), &Timeline::moved);
        QTest::mouseClick(button("play"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_timeline->isPlaying(), 20'000);
        QCOMPARE(m_timeline->index(), 1999);
        QVERIFY2(moved.size() < 100, qPrintable(QString::number(moved.size())));
    }

    void stopsPlayingWhenAsked()
    {
        fill(100, 100, 1);
        m_timeline->setSpeed(1);
        key(Qt::Key_Home);
        key(Qt::Key_Space);
        QVERIFY(m_timeline->isPlaying());
        QCOMPARE(button("play")->accessibleName(), QString("Stop playing"));
        key(Qt::Key_Space);
        QVERIFY(!m_timeline->isPlaying());
        key(Qt::Key_Space);
        key(Qt::Key_Right); // whoever steps by hand does not want it to run away
        QVERIFY(!m_timeline->isPlaying());
    }

    void showsWhatHappened()
    {
        for (int number = 1; number <= 10; ++number) {
            Step step = stepOf(number, 0.1);
            if (number == 6)
                step.changes << "acquisition: EI";
            if (number == 8)
                step.warnings << "The fit did not converge.";
            m_timeline->addStep(step);
        }
        m_timeline->setPlanned(10);
        const auto &events = m_timeline->track()->events();
        QCOMPARE(int(events.size()), 3);
        QCOMPARE(events[0].kind, TimelineEvent::Kind::FirstPointsEnd);
        QCOMPARE(events[0].index, 2);
        QCOMPARE(events[1].kind, TimelineEvent::Kind::Change);
        QVERIFY(m_timeline->track()->textAt(pointOf(5)).contains("acquisition: EI"));
        QVERIFY(m_timeline->track()->textAt(pointOf(7)).contains("did not converge"));
        QCOMPARE(m_timeline->track()->textAt(pointOf(4)), QString("Step 5"));
    }

    void saysInGermanWhatAnEnglishRecordSays()
    {
        StepModel german;
        setLanguage("de", Numbers::Point);
        for (int number = 1; number <= 10; ++number) {
            Step step = stepOf(number, 0.1);
            if (number == 6)
                step.changes << "Pixel (3, 4) is queued.";
            if (number == 8)
                step.warnings << "The value at pixel (3, 4) is not defined.";
            m_timeline->addStep(step);
            german.append(step);
        }
        m_timeline->setPlanned(10);
        const QString change = m_timeline->track()->textAt(pointOf(5)),
                      warning = m_timeline->track()->textAt(pointOf(7)),
                      changeOfRow = german.index(5, 0).data(Qt::ToolTipRole).toString(),
                      warningOfRow = german.index(7, 0).data(Qt::ToolTipRole).toString();
        setLanguage("en", Numbers::Point);
        for (const QString &text : {change, changeOfRow})
            QVERIFY2(text.contains("Pixel (3, 4) ist vorgemerkt."), qPrintable(text));
        for (const QString &text : {warning, warningOfRow})
            QVERIFY2(text.contains("an Pixel (3, 4) ist nicht definiert."), qPrintable(text));
        QVERIFY(german.index(5, 0).data(Qt::ToolTipRole).toString().contains("is queued"));
    }

    void drawsASignOfItsOwnForAMark()
    {
        fill(21, 21);
        key(Qt::Key_Home);
        const QImage before = m_timeline->track()->grab().toImage();
        const TimelineEvent mark{TimelineEvent::Kind::Mark, 10, "the bright spot"};
        m_timeline->setEvents({mark});
        const QImage after = m_timeline->track()->grab().toImage();
        const QPoint place = m_timeline->track()->placeOf(mark).toPoint();
        QVERIFY(before.pixelColor(place) != after.pixelColor(place));
        QCOMPARE(after.pixelColor(place), themeOf(m_timeline->palette()).accent);
        QVERIFY(m_timeline->track()->textAt(place).contains("the bright spot"));
    }

    void jumpsFromMarkToMark()
    {
        fill(30, 30);
        m_timeline->setEvents({{TimelineEvent::Kind::Mark, 20, "b"},
                               {TimelineEvent::Kind::Mark, 7, "a"},
                               {TimelineEvent::Kind::Branch, 12, "a branch is no mark"}});
        QVERIFY(!button("markAfter")->isEnabled());
        QTest::mouseClick(button("markBefore"), Qt::LeftButton);
        QCOMPARE(m_timeline->index(), 20);
        key(Qt::Key_Left, Qt::ControlModifier);
        QCOMPARE(m_timeline->index(), 7);
        key(Qt::Key_Right, Qt::ControlModifier);
        QCOMPARE(m_timeline->index(), 20);
        key(Qt::Key_Right, Qt::ControlModifier); // none: to the newest
        QCOMPARE(m_timeline->index(), 29);
    }

    void asksForTheTextOfAMark()
    {
        fill(10, 10);
        QSignalSpy wished(m_timeline.get(), &Timeline::markWished);
        QTest::mouseClick(m_timeline->track(), Qt::LeftButton, {}, pointOf(4));
        key(Qt::Key_M);
        auto *text = m_timeline->findChild<QLineEdit *>("markText");
        QVERIFY(text->isVisible());
        QTest::keyClicks(text, "edge mode");
        QTest::keyClick(text, Qt::Key_Return);
        QVERIFY(text->isHidden());
        QCOMPARE(wished.size(), 1);
        QCOMPARE(wished[0][0].toInt(), 5);
        QCOMPARE(wished[0][1].toString(), QString("edge mode"));
        QTest::mouseClick(button("mark"), Qt::LeftButton);
        QVERIFY(text->isVisible());
        QVERIFY(text->text().isEmpty());
        QTest::keyClicks(text, "not this");
        QTest::keyClick(text, Qt::Key_Escape);
        QVERIFY(text->isHidden());
        QCOMPARE(wished.size(), 1);
        m_timeline->setMarkObjection("This run lies in no workspace.");
        key(Qt::Key_M);
        QVERIFY(text->isHidden());
        QVERIFY(!button("mark")->isEnabled());
        QCOMPARE(button("mark")->toolTip(), QString("This run lies in no workspace."));
    }

    void wishesABranchFromTheStepLookedAt()
    {
        fill(10, 10);
        QSignalSpy wished(m_timeline.get(), &Timeline::branchWished);
        m_timeline->goTo(6);
        QTest::mouseClick(button("branch"), Qt::LeftButton);
        QCOMPARE(wished.size(), 1);
        QCOMPARE(wished[0][0].toInt(), 7);
        m_timeline->setBranchObjection("A run is going on.");
        key(Qt::Key_B);
        QCOMPARE(wished.size(), 1);
    }

    void isEmptyWithoutARun()
    {
        QCOMPARE(m_timeline->index(), -1);
        for (QToolButton *each : m_timeline->findChildren<QToolButton *>())
            QVERIFY2(!each->isEnabled(), qPrintable(each->objectName()));
        key(Qt::Key_Space);
        key(Qt::Key_Right);
        key(Qt::Key_M);
        QTest::mouseClick(m_timeline->track(), Qt::LeftButton, {}, {50, 10});
        QCOMPARE(m_timeline->index(), -1);
        QVERIFY(!m_timeline->isPlaying());
        fill(3, 3);
        m_timeline->setEvents({{TimelineEvent::Kind::Mark, 1, "x"}});
        m_timeline->clear();
        QCOMPARE(m_timeline->index(), -1);
        QVERIFY(m_timeline->track()->events().empty());
    }

    void everyPartHasANameAndSaysWhatItDoes()
    {
        fill(3, 3);
        for (QToolButton *each : m_timeline->findChildren<QToolButton *>()) {
            QVERIFY2(!each->accessibleName().isEmpty(), qPrintable(each->objectName()));
            QVERIFY2(!each->toolTip().isEmpty(), qPrintable(each->objectName()));
            QVERIFY2(!each->icon().isNull(), qPrintable(each->objectName()));
        }
    }
};

QTEST_MAIN(TestTimeline)
#include "tst_timeline.moc"
