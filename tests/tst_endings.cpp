// SPDX-License-Identifier: GPL-3.0-or-later
// Why a run ended: English in its record, the window's language in the window.
#include "knownoptimum.h"
#include "steering/experiment.h"
#include "steering/recording/endings.h"
#include "steering/recording/inwords.h"

#include <QTest>
#include <QTranslator>

using namespace helmscope;

namespace {

/// Two sentences in another language, one with its numbers turned round.
class Words final : public QTranslator
{
public:
    Words() { QCoreApplication::installTranslator(this); }
    ~Words() override { QCoreApplication::removeTranslator(this); }
    bool isEmpty() const override { return false; }
    QString translate(const char *, const char *source, const char *, int) const override
    {
        const QString text = QString::fromUtf8(source);
        if (text == "All %1 measurements are done.")
            return "Alle %1 Messungen sind gemacht.";
        if (text == "The time of %1 s is up after %2 measurements.")
            return "Nach %2 Messungen sind %1 s um.";
        if (text == "Stopped after %1 measurements: %2")
            return "Nach %1 Messungen angehalten: %2";
        return {};
    }
};

} // namespace

class TestEndings : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aRecordIsInEnglishWhateverTheWindowSpeaks()
    {
        const Words german;
        Replay replay(datasetWithKnownOptimum(true));
        Plan plan = quickPlan();
        plan.steps = 1;
        const Run run = explore(plan, replay, unwatched(), {});
        QCOMPARE(run.message, QString("All 7 measurements are done."));
        QCOMPARE(inWords(run.message), QString("Alle 7 Messungen sind gemacht."));
    }
    void eachEndingIsFoundAgain()
    {
        for (const Ending ending :
             {Ending::Done, Ending::TimeIsUp, Ending::Plateau, Ending::Exhausted, Ending::Stopped,
              Ending::StoppedBy, Ending::CutOff}) {
            QString text = recordedText(ending);
            QVERIFY(!text.isEmpty());
            for (int i = 1; i <= 3 && text.contains('%' + QString::number(i)); ++i)
                text = text.arg(1.5 * i);
            QCOMPARE(inWords(text), text); // untranslated it is what it was
        }
    }
    void numbersStandWhereTheLanguageWantsThem()
    {
        const Words german;
        QCOMPARE(inWords(recordedText(Ending::TimeIsUp).arg(2.5).arg(40)),
                 QString("Nach 40 Messungen sind 2.5 s um."));
        QCOMPARE(inWords(recordedText(Ending::StoppedBy).arg(3).arg("no %1\nbeam")),
                 QString("Nach 3 Messungen angehalten: no %1\nbeam"));
    }
    void othersStayAsTheyAre()
    {
        const Words german;
        for (const char *text : {"", "The microscope lost its vacuum.", "All measurements",
                                 "All x measurements are done.", "Alle 7 Messungen sind gemacht.",
                                 "So: All 7 measurements are done."})
            QCOMPARE(inWords(text), QString(text));
    }
};

QTEST_GUILESS_MAIN(TestEndings)
#include "tst_endings.moc"
