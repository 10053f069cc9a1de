// SPDX-License-Identifier: GPL-3.0-or-later
// What the user sets, and the languages of the program.
#include "app/console.h"
#include "app/dosepanel.h"
#include "app/language.h"
#include "app/ongoing.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/settingsdialog.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenuBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QXmlStreamReader>

#include <algorithm>
#include <memory>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000;

struct Message
{
    QString context, source, translation;
};

std::vector<Message> messagesOf(const QString &fileName)
{
    std::vector<Message> messages;
    QFile file(fileName);
    if (!file.open(QIODevice::ReadOnly))
        return messages;
    QXmlStreamReader xml(&file);
    QString context, source;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        if (xml.name() == QLatin1String("name"))
            context = xml.readElementText();
        else if (xml.name() == QLatin1String("source"))
            source = xml.readElementText();
        else if (xml.name() == QLatin1String("translation"))
            messages.push_back(
                {context, source, xml.readElementText(QXmlStreamReader::IncludeChildElements)});
    }
    return xml.hasError() ? std::vector<Message>() : messages;
}

QStringList placeholdersOf(const QString &text)
{
    static const QRegularExpression form("%L?\\d+");
    QStringList found;
    for (auto each = form.globalMatch(text); each.hasNext();)
        found << each.next().captured();
    found.sort();
    return found;
}

/// "&File" → "f"; empty: none.
QString mnemonicOf(const QString &text)
{
    static const QRegularExpression form("&([^&\\s])");
    const auto match = form.match(QString(text).remove("&&"));
    return match.captured(1).toLower();
}

/// Letters that two entries of one menu share, with the menu's name.
QStringList doubledIn(const QList<QAction *> &actions, const QString &name,
                      const QStringList &considered)
{
    QStringList found, letters;
    for (const QAction *action : actions) {
        const bool counts = considered.isEmpty() || considered.contains(action->text());
        const QString letter = counts ? mnemonicOf(action->text()) : QString();
        if (!letter.isEmpty() && letters.contains(letter))
            found << QStringLiteral("%1: %2 (%3)").arg(name, letter, action->text());
        letters << letter;
        if (const QMenu *menu = action->menu())
            found += doubledIn(menu->actions(), action->text(), considered);
    }
    return found;
}

StartOptions smallOptions(const QString &folder)
{
    StartOptions options;
    options.rows = options.cols = 32;
    options.seed = 3;
    options.initial = 5;
    options.steps = 4;
    options.cycles = 4;
    options.out = folder + "/run.h5";
    return options;
}

} // namespace

class TestSettings : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Console> m_console;

    MainWindow *window() const { return m_console->window(); }
    void openConsole()
    {
        m_console = std::make_unique<Console>(smallOptions(m_folder->path()));
        window()->show();
        window()->begin();
        QTRY_VERIFY_WITH_TIMEOUT(window()->helm()->state() == Helm::State::Ready, longMilliseconds);
    }
    QString firstMenu() const { return window()->menuBar()->actions().first()->text(); }

private Q_SLOTS:
    void initTestCase()
    {
        QCoreApplication::setOrganizationName("Helmscope");
        QCoreApplication::setApplicationName("tst_settings");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QLocale::setDefault(QLocale::c());
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder->path());
        setLanguage("en", Numbers::Point);
    }
    void cleanup()
    {
        m_console.reset();
        m_folder.reset();
        setLanguage("en", Numbers::Point);
    }

    void knowsTheLanguagesThatWereBuiltIn()
    {
        const std::vector<Language> languages = availableLanguages();
        QCOMPARE(languages.front().code, QString("en"));
        QCOMPARE(languages.back().code, QString("pseudo"));
        const QStringList files = QDir(HELMSCOPE_SOURCE "/translations").entryList({"*.ts"});
        QVERIFY(files.contains("helmscope_de.ts"));
        QCOMPARE(qsizetype(languages.size()), files.size() + 2);
        const auto german =
            std::find_if(languages.begin(), languages.end(),
                         [](const Language &language) { return language.code == "de"; });
        QVERIFY(german != languages.end());
        QCOMPARE(german->name, QString("Deutsch"));
        QCOMPARE(languageFor("de"), QString("de"));
        QCOMPARE(languageFor("tlh"), QString("en")); // nobody has written that
    }

    void translationsKeepEveryPlaceholder_data()
    {
        QTest::addColumn<QString>("file");
        for (const QFileInfo &file : QDir(HELMSCOPE_SOURCE "/translations").entryInfoList({"*.ts"}))
            QTest::newRow(qPrintable(file.fileName())) << file.filePath();
    }
    void translationsKeepEveryPlaceholder()
    {
        QFETCH(QString, file);
        const std::vector<Message> messages = messagesOf(file);
        QVERIFY(!messages.empty());
        QStringList wrong;
        for (const Message &message : messages) {
            if (message.translation.isEmpty())
                continue; // shown in English
            if (placeholdersOf(message.source) != placeholdersOf(message.translation))
                wrong << message.source + " → " + message.translation;
            if (!message.context.startsWith("helmscope::"))
                wrong << "Its texts are never asked for: " + message.context;
        }
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
    }

    void thePseudoLanguageKeepsWhatIsNoText()
    {
        const QString text = pseudoText("Reads <b>%1</b> of %L2");
        QCOMPARE(placeholdersOf(text), (QStringList{"%1", "%L2"}));
        QVERIFY(text.contains("<b>"));
        QVERIFY(text.startsWith(QChar(0x202b)) && text.endsWith(QChar(0x202c)));
        QVERIFY(text.size() >= 22 * 4 / 3);
        QCOMPARE(mnemonicOf(pseudoText("&File")), QString("f"));
        QVERIFY(pseudoText("<p>Rich</p>").startsWith("<p>"));
        QCOMPARE(pseudoText("Runs (*.h5)"), QString("Runs (*.h5)"));
    }

    void writesNumbersAsTheLanguageDoes()
    {
        setLanguage("de", Numbers::Language);
        QCOMPARE(PlanPanel::tr("%1 points, %2 s of beam").arg(7).arg(0.5, 0, 'f', 1),
                 QString("7 Punkte, 0,5 s Strahl"));
        // No text of German's, but still of ours.
        QCOMPARE(
            QCoreApplication::translate("helmscope::Nobody", "about %1").arg(1234.5, 0, 'f', 1),
            QString("about 1234,5"));
        QCOMPARE(QCoreApplication::translate("Foreign", "about %1").arg(1.5, 0, 'f', 1),
                 QString("about 1.5"));
        QCOMPARE(QString::number(0.5), QString("0.5"));  // files
        QCOMPARE(valueText(0.25, 1), QString("0,250")); // in plots and read-outs
        setLanguage("de", Numbers::Point);
        QCOMPARE(valueText(0.25, 1), QString("0.250"));
        QCOMPARE(PlanPanel::tr("%1 points, %2 s of beam").arg(7).arg(0.5, 0, 'f', 1),
                 QString("7 Punkte, 0.5 s Strahl"));
        setLanguage("en", Numbers::Language);
        QCOMPARE(PlanPanel::tr("%1 points, %2 s of beam").arg(7).arg(0.5, 0, 'f', 1),
                 QString("7 points, 0.5 s of beam"));
    }

    void readsWhatWasKeptAndRefusesTheRest()
    {
        Preferences wished;
        wished.theme = "dim";
        wished.fontPercent = 150;
        wished.language = "de";
        wished.numbers = Numbers::Point;
        wished.doseLimit = 5000;
        wished.probeNm = 0.25;
        wished.recordings = m_folder->filePath("elsewhere");
        wished.save();
        QVERIFY(Preferences::load() == wished);
        QCOMPARE(Preferences::load().recordingsFolder(), wished.recordings);
        Preferences().save();
        QVERIFY(Preferences::load() == Preferences());
        QVERIFY(!QSettings().contains("settings/doseLimit"));
        QSettings settings;
        settings.setValue("window/theme", "jet");
        settings.setValue("settings/fontPercent", 100'000);
        settings.setValue("settings/doseLimit", "nan");
        settings.setValue("settings/probeNm", -3);
        settings.setValue("settings/numbers", 7);
        settings.sync();
        QVERIFY(Preferences::load() == Preferences());
    }

    void everySettingHoldsAtOnceAndGoesBack()
    {
        openConsole();
        SettingsDialog *dialog = window()->openSettings();
        auto *reset = dialog->findChild<QPushButton *>("resetAll");
        QVERIFY(!reset->isEnabled());
        const double usual = QApplication::font().pointSizeF();

        auto *theme = dialog->findChild<QComboBox *>("theme");
        theme->setCurrentIndex(theme->findData("light"));
        QCOMPARE(themeOf(window()->palette()).key, QString("light"));
        QVERIFY(window()->findChild<QAction *>("theme-light")->isChecked());
        dialog->findChild<QSpinBox *>("fontPercent")->setValue(150);
        QCOMPARE(QApplication::font().pointSizeF(), 1.5 * usual);
        QCOMPARE(window()->menuBar()->font().pointSizeF(), 1.5 * usual);
        QVERIFY(textFont(TextSize::Small).pointSizeF() > usual);
        dialog->findChild<QDoubleSpinBox *>("doseLimit")->setValue(4000);
        QCOMPARE(window()->panels()->dose()->limit(), 4000.0);
        window()->panels()->dose()->setProbe(0.5); // the other way round
        QCOMPARE(dialog->findChild<QDoubleSpinBox *>("probe")->value(), 0.5);
        QCOMPARE(Preferences::load().probeNm, 0.5);
        QCOMPARE(Preferences::load().fontPercent, 150);

        QVERIFY(reset->isEnabled());
        QTest::mouseClick(dialog->findChild<QToolButton *>("themeReset"), Qt::LeftButton);
        QCOMPARE(themeOf(window()->palette()).key, QString("dark"));
        QVERIFY(!dialog->findChild<QToolButton *>("themeReset")->isEnabled());
        QTest::mouseClick(reset, Qt::LeftButton);
        QCOMPARE(QApplication::font().pointSizeF(), usual);
        QCOMPARE(window()->panels()->dose()->limit(), 0.0);
        QVERIFY(Preferences::load() == Preferences());
        QVERIFY(!reset->isEnabled());
    }

    void theLanguageChangesWithoutARestart()
    {
        openConsole();
        QCOMPARE(firstMenu(), QString("&File"));
        const Helm *helm = window()->helm();
        Plan plan = window()->planPanel()->plan();
        plan.steps = 17;
        plan.dwellSeconds = 0.002;
        window()->planPanel()->setPlan(plan);
        Graphic pick;
        pick.kind = Graphic::Kind::Pick;
        pick.points = {{3, 3}, {6, 6}};
        window()->panels()->graphics()->add(pick);

        SettingsDialog *dialog = window()->openSettings();
        QSignalSpy made(m_console.get(), &Console::windowMade);
        auto *language = dialog->findChild<QComboBox *>("language");
        language->setCurrentIndex(language->findData("de"));
        QTRY_COMPARE_WITH_TIMEOUT(made.size(), 1, longMilliseconds);
        QCOMPARE(firstMenu(), QString("&Datei"));
        QCOMPARE(window()->helm(), helm); // the same, with all it holds
        QCOMPARE(window()->planPanel()->plan().steps, 17);
        QCOMPARE(window()->planPanel()->plan().dwellSeconds, 0.002);
        QCOMPARE(qsizetype(window()->panels()->graphics()->all().size()), qsizetype(1));
        QVERIFY(window()->findChild<SettingsDialog *>()); // still open
        QCOMPARE(Preferences::load().language, QString("de"));
        QCOMPARE(window()->layoutDirection(), Qt::LeftToRight);

        Preferences wished = window()->preferences();
        wished.language = "pseudo";
        window()->setPreferences(wished);
        QTRY_COMPARE_WITH_TIMEOUT(made.size(), 2, longMilliseconds);
        QVERIFY(firstMenu().contains("&File") && firstMenu() != "&File");
        QCOMPARE(window()->layoutDirection(), Qt::RightToLeft);
    }

    void aRunGoesOnInItsWindowUntilItHasEnded()
    {
        openConsole();
        QSignalSpy made(m_console.get(), &Console::windowMade);
        SettingsDialog *dialog = window()->openSettings();
        window()->startRun();
        QVERIFY(window()->helm()->isGoing());
        Preferences wished = window()->preferences();
        wished.language = "de";
        window()->setPreferences(wished);
        QVERIFY(!dialog->findChild<QLabel *>("settingsNotice")->text().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(window()->helm()->run().size() >= 2, longMilliseconds);
        if (window()->helm()->isGoing())
            QCOMPARE(made.size(), 0);
        QTRY_COMPARE_WITH_TIMEOUT(made.size(), 1, longMilliseconds);
        QCOMPARE(firstMenu(), QString("&Datei"));
        // What the run has found is shown by the new window.
        QCOMPARE(window()->helm()->run().size(), 9);
        QCOMPARE(window()->panels()->shownIndex(), 8);
    }

    void noTwoEntriesOfAMenuShareAKey_data()
    {
        QTest::addColumn<QString>("language");
        for (const Language &language : availableLanguages())
            QTest::newRow(qPrintable(language.code)) << language.code;
    }
    void noTwoEntriesOfAMenuShareAKey()
    {
        QFETCH(QString, language);
        setLanguage(language, Numbers::Point);
        const MainWindow window(smallOptions(m_folder->path()));
        // What is not translated yet is in English: only translations are held to each other.
        QStringList translations;
        for (const Message &message : messagesOf(
                 QStringLiteral(HELMSCOPE_SOURCE "/translations/helmscope_%1.ts").arg(language)))
            translations << message.translation;
        const QStringList doubled =
            doubledIn(window.menuBar()->actions(), "menu bar", translations);
        QVERIFY2(doubled.isEmpty(), qPrintable(doubled.join('\n')));
    }
};

QTEST_MAIN(TestSettings)
#include "tst_settings.moc"
