// SPDX-License-Identifier: GPL-3.0-or-later
// What a record says: English whoever steers, and in the language of the window where it is shown.
#include "instrument/simulator.h"
#include "knownoptimum.h"
#include "steering/experiment.h"
#include "steering/recording/inwords.h"
#include "steering/recording/runfile.h"
#include "steering/recording/sentences.h"
#include "steering/recording/stepline.h"

#include <QDirIterator>
#include <QFile>
#include <QHash>
#include <QLocale>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>
#include <QXmlStreamReader>

#include <algorithm>

using namespace helmscope;

namespace {

/// The German of our own translation, as the window installs it.
class German final : public QTranslator
{
public:
    explicit German(bool hasForeignNumbers = false)
        : m_hasForeignNumbers(hasForeignNumbers)
    {
        QFile file(HELMSCOPE_SOURCE "/translations/helmscope_de.ts");
        if (!file.open(QIODevice::ReadOnly))
            qFatal("There is no translation.");
        QXmlStreamReader reader(&file);
        QString context, source;
        while (!reader.atEnd()) {
            if (reader.readNext() != QXmlStreamReader::StartElement)
                continue;
            if (reader.name() == QLatin1String("name"))
                context = reader.readElementText();
            else if (reader.name() == QLatin1String("source"))
                source = reader.readElementText();
            else if (reader.name() == QLatin1String("translation") && context == "helmscope::Tr")
                m_words[source] = reader.readElementText(QXmlStreamReader::IncludeChildElements);
        }
        QCoreApplication::installTranslator(this);
    }
    ~German() override { QCoreApplication::removeTranslator(this); }
    bool isEmpty() const override { return false; }
    QString of(const QString &source) const { return m_words.value(source); }
    QString translate(const char *context, const char *source, const char *, int) const override
    {
        if (qstrcmp(context, "helmscope::Tr") != 0)
            return {};
        QString text = of(QString::fromUtf8(source));
        if (m_hasForeignNumbers)
            text.replace(QRegularExpression("%(?=\\d)"), "%L");
        return text;
    }

private:
    QHash<QString, QString> m_words;
    bool m_hasForeignNumbers;
};

/// A replay some of whose answers are odd.
class Odd final : public Microscope
{
public:
    QString name() const override { return "The odd microscope"; }
    Dataset survey(const Progress &progress) override
    {
        Dataset survey = m_replay.survey(progress);
        survey.image(0, 0) = std::nanf(""); // its patches are left out
        return survey;
    }
    EnergyAxis energies() const override { return m_replay.energies(); }
    Limits limits() const override { return m_replay.limits(); }
    Measurement measure(Pixel pixel, double dwellSeconds) override
    {
        Measurement made = m_replay.measure(pixel, dwellSeconds);
        switch (++m_calls) {
        case 3:
            made.spectrum[0] = std::nanf("");
            break;
        case 5:
            made.spectrum *= 1e7f;
            break;
        case 8:
            made.spectrum.head(12).setConstant(made.spectrum.maxCoeff());
            made.source = Measurement::Source::Nearest;
            break;
        default:
            if (m_calls == failsAt) // as an instrument does, in the window's language
                checkLimits(name(), limits(), {-1, 0}, 0.25);
            break;
        }
        return made;
    }
    void abort() override { m_replay.abort(); }
    void resume() override { m_replay.resume(); }

    int failsAt = 0; ///< this call of measure() does; 0: none

private:
    Replay m_replay{datasetWithKnownOptimum(true)};
    int m_calls = 0;
};

Orders ordersAt(int time)
{
    Orders orders;
    const Mask some = [] {
        Mask mask = Mask::Constant(28, 28, false);
        mask.block(4, 4, 3, 3).setConstant(true);
        return mask;
    }();
    switch (time) {
    case 2:
        orders.queue = {{20, 20}, {21, 5}, {900, 1}};
        orders.forbidden = Mask::Constant(3, 3, true);
        orders.preferred = Preference{some, 5};
        break;
    case 3:
        orders.withdrawn = {{21, 5}, {1, 1}};
        orders.forbidden = some;
        orders.steps = 7;
        break;
    case 4:
        orders.forbidden = Mask();
        orders.preferred = Preference();
        orders.steps = -1;
        break;
    case 8:
        orders.acquisition = AcquisitionSettings{Acquisition::UpperConfidenceBound, 0, 0.5};
        orders.acquisition->heating.strength = 0.75;
        orders.queue = {{20, 20}};
        break;
    case 9:
        orders.acquisition = AcquisitionSettings{Acquisition::Uncertainty, std::nan(""), 0};
        orders.scalarizer = Scalarizer{};
        orders.scalarizer->band = {50, 60};
        break;
    case 10:
        orders.scalarizer = Scalarizer{};
        orders.scalarizer->kind = Scalarizer::Kind::PeakHeight;
        orders.scalarizer->band = {1.7, 2.25};
        orders.beginning = Beginning();
        orders.beginningReason = "No meta-model is known: add one.";
        break;
    default:
        break;
    }
    return orders;
}

Run steered(Microscope &microscope)
{
    int asked = 0, vetoed = 0;
    Operator person;
    person.orders = [&asked] { return ordersAt(++asked); };
    person.approve = [&vetoed](const Proposal &proposal) {
        return proposal.number == 9 && vetoed++ == 0 ? Verdict::Veto : Verdict::Measure;
    };
    Plan plan = quickPlan();
    plan.watch.referenceEvery = 3;
    plan.watch.mostChange = 0.01;
    person.alarm = [](const QString &) { return true; };
    return explore(plan, microscope, unwatched(), {}, person);
}

/// All that a record keeps in words.
QStringList textsOf(const Run &run)
{
    QStringList texts{
        run.message,      run.valueName, run.valueUnit, run.survey.title, run.survey.imageQuantity,
        run.energies.name};
    texts << run.survey.warnings;
    for (const Step &step : run.steps)
        texts << step.changes << step.warnings;
    return texts;
}

/// A row's text with something in each place.
QString filled(const QString &text, const QString &words)
{
    QString made = text;
    for (int i = 1; i <= 9; ++i)
        made.replace('%' + QString::number(i), words.contains(QString::number(i))
                                                   ? QString(QChar('p' + i)).repeated(3)
                                                   : QString::number(10.5 + i));
    return made;
}

} // namespace

class TestInWords : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aRunSteeredInGermanRecordsWhatOneInEnglishDoes()
    {
        Odd first, second;
        const Run english = steered(first);
        const German words;
        QVERIFY(!words.of("Pixel %1 is queued.").isEmpty());
        const Run german = steered(second);
        const QStringList texts = textsOf(english);
        QVERIFY(texts.size() > 25); // it met much
        QCOMPARE(textsOf(german), texts);
        QCOMPARE(german.steps.size(), english.steps.size());
        for (std::size_t i = 0; i < german.steps.size(); ++i)
            QCOMPARE(toJson(german.steps[i].interventions), toJson(english.steps[i].interventions));

        // And so says its file, read again.
        QTemporaryDir folder;
        Run start = german;
        start.steps.clear();
        {
            RunFile file(folder.filePath("run.h5"), start);
            for (const Step &step : german.steps)
                file.append(step);
            file.finish(german);
        }
        QCOMPARE(textsOf(readRun(folder.filePath("run.h5"), unwatched())), texts);
    }

    void anInstrumentsFailureIsRecordedInEnglish()
    {
        Odd first, second;
        first.failsAt = second.failsAt = 7;
        const Run english = steered(first);
        QCOMPARE(english.outcome, Run::Outcome::Failed);
        const German words;
        const Run german = steered(second);
        QCOMPARE(german.message, english.message);
        QVERIFY2(english.message.contains("cannot measure row -1"), qPrintable(english.message));
        QVERIFY2(!inWords(german.message).contains("cannot"), qPrintable(inWords(german.message)));
        QCOMPARE(inEnglish(QString("Das Vakuum ist weg.")), QString("Das Vakuum ist weg."));
    }

    void aSimulatedSampleIsNamedInEnglish()
    {
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 32;
        const German words;
        Simulator simulator(settings);
        const Dataset survey = simulator.survey(unwatched());
        QVERIFY2(survey.title.startsWith("Simulated nanocubes"), qPrintable(survey.title));
        QCOMPARE(simulator.energies().name, QString("Energy loss"));
        QCOMPARE(inWords(simulator.energies().name), words.of("Energy loss"));
        QVERIFY(inWords(survey.title).startsWith("Simulierte"));
        QCOMPARE(Scalarizer{}.unit(simulator.energies()), QString("counts"));
    }

    void aGermanWindowShowsGerman()
    {
        Odd microscope;
        const Run run = steered(microscope);
        const QStringList texts = textsOf(run).filter(QRegularExpression("^[A-Z].* .*\\.$"));
        const German words;
        // In English only what has no German yet: a new text waits for its translation.
        const auto isUntranslated = [&words](const QString &text) {
            return std::any_of(sentences().begin(), sentences().end(), [&](const Sentence &row) {
                const QString source = QString::fromUtf8(row.text);
                QString form = QRegularExpression::escape(source);
                form.replace(QRegularExpression("\\\\%[1-9]"), ".+");
                return words.of(source).isEmpty() &&
                       QRegularExpression(QRegularExpression::anchoredPattern(form))
                           .match(text)
                           .hasMatch();
            });
        };
        for (const QString &text : texts)
            QVERIFY2(inWords(text) != text || isUntranslated(text), qPrintable(text));
        QCOMPARE(inWords(QString("Pixel (3, 4) is queued.")),
                 words.of("Pixel %1 is queued.").arg("(3, 4)"));
        // Sentences within sentences, and one behind another.
        const QString none = words.of("No meta-model is known: add one.");
        QCOMPARE(inWords(QString("The model begins cold from here on. No meta-model is known: add "
                                 "one.")),
                 words.of("The model begins cold from here on.") + ' ' + none);
        QCOMPARE(inWords(QString("The acquisition is now Random (ξ 0, β 0.5).")),
                 words.of("The acquisition is now %1 (ξ %2, β %3).")
                     .arg(words.of("Random"))
                     .arg(0)
                     .arg(0.5));
        QCOMPARE(inWords(QString("mean 0.35–0.55 eV")), words.of("mean %1").arg("0.35–0.55 eV"));
        QCOMPARE(inWords(QStringList{"counts", "mine"}),
                 QStringList({words.of("counts"), QString("mine")}));
    }

    void eachRowIsFoundAgain_data()
    {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("words");
        for (const Sentence &sentence : sentences())
            QTest::newRow(sentence.text)
                << QString::fromUtf8(sentence.text) << QString::fromUtf8(sentence.words);
    }
    void eachRowIsFoundAgain()
    {
        QFETCH(QString, source);
        QFETCH(QString, words);
        const QString text = filled(source, words);
        QCOMPARE(inWords(text), text); // untranslated it is what it was
        const German german;
        if (!german.of(source).isEmpty())
            QCOMPARE(inWords(text), filled(german.of(source), words));
        // And back; where two have one German, to one of them.
        const auto sameGerman = [&](const Sentence &row) {
            return german.of(QString::fromUtf8(row.text)) == german.of(source);
        };
        if (std::count_if(sentences().begin(), sentences().end(), sameGerman) == 1)
            QCOMPARE(inEnglish(inWords(text)), text);
        QCOMPARE(inWords(inEnglish(inWords(text))), inWords(text));
    }

    /// A text that is recorded and has no row would be shown in English for ever.
    void eachTextOfTheSourcesHasARow()
    {
        QSet<QString> rows;
        for (const Sentence &sentence : sentences())
            rows << QString::fromUtf8(sentence.text);
        static const QRegularExpression call(
            "\\brecorded\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*)+)"),
            piece("\"((?:[^\"\\\\]|\\\\.)*)\"");
        int count = 0;
        QDirIterator files(HELMSCOPE_SOURCE "/core", {"*.cpp", "*.h"}, QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QString source = QString::fromUtf8(file.readAll());
            for (auto it = call.globalMatch(source); it.hasNext(); ++count) {
                QString text;
                for (auto part = piece.globalMatch(it.next().captured(1)); part.hasNext();)
                    text += part.next().captured(1);
                QVERIFY2(rows.contains(text) || text == "virtual image", // the begin of one
                         qPrintable(file.fileName() + ": " + text));
            }
        }
        QVERIFY(count > 80);
    }

    void numbersAreWrittenAsTheLocaleDoes()
    {
        const QLocale before;
        QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
        const German words(true);
        const QString shown = inWords(QString("The reference at (3, 4) has changed by -12.50 %, "
                                              "and 10 % are allowed: the beam contaminates or "
                                              "damages the sample. Resume to go on anyway."));
        const QString back = inEnglish(shown);
        QLocale::setDefault(before);
        QVERIFY2(shown.contains("12,50"), qPrintable(shown));
        QVERIFY(back.contains(" -12.50 %"));
    }

    void whatIsNoneOfThemStays()
    {
        const German words;
        for (const char *text :
             {"", "%1", "Pixel is queued.", "Bildpunkt (3, 4) ist vorgemerkt.", "(a) (b)",
              "The budget is now many steps.", "The instrument lost its vacuum. %1 %2"})
            QCOMPARE(inWords(QString(text)), QString(text));
        // Hostile: long, and deeply nested.
        const QString lengthy = "Heating is now " + QString(1'000'000, 'x') + '.';
        QCOMPARE(inWords(lengthy), lengthy);
        QString nested = "Random";
        for (int i = 0; i < 200; ++i)
            nested = "Heating is now " + nested + '.';
        QVERIFY(!inWords(nested).isEmpty());
        QVERIFY(!inWords(QString(" (").repeated(1000) + QString(")").repeated(1000)).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestInWords)
#include "tst_inwords.moc"
