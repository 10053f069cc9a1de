// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/language.h"

#include <QDir>
#include <QGuiApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QRegularExpression>
#include <QTranslator>

#include <algorithm>
#include <array>

// In a static library nobody else would ask for them. Must stand outside of all namespaces.
static void loadResources()
{
    Q_INIT_RESOURCE(helmscope_i18n);
}

namespace helmscope {

namespace {

constexpr auto pseudo = "pseudo";

QString fileOf(const QString &code)
{
    return QStringLiteral(":/i18n/helmscope_%1.qm").arg(code);
}

/// Our texts in a language, with numbers as the locale writes them.
class Words final : public QTranslator
{
public:
    Words(const QString &code, bool hasForeignNumbers)
        : m_isPseudo(code == QLatin1String(pseudo))
        , m_hasForeignNumbers(hasForeignNumbers)
    {
        if (code != QLatin1String("en") && !m_isPseudo)
            m_hasFile = load(fileOf(code)); // without it all is in English
    }
    bool isEmpty() const override { return false; } // also English texts hold numbers
    QString translate(const char *context, const char *source, const char *disambiguation,
                      int n) const override
    {
        if (!context || qstrncmp(context, "helmscope::", 11) != 0)
            return {};
        QString text;
        if (m_isPseudo)
            text = pseudoText(QString::fromUtf8(source));
        else if (m_hasFile)
            text = QTranslator::translate(context, source, disambiguation, n);
        if (!m_hasForeignNumbers)
            return text;
        // Qt writes numbers at %L1 as the locale does, at %1 as C does; words it puts in alike.
        static const QRegularExpression placeholder("%(?=\\d)");
        if (text.isEmpty())
            text = QString::fromUtf8(source);
        return text.replace(placeholder, QStringLiteral("%L"));
    }

private:
    bool m_isPseudo, m_hasForeignNumbers, m_hasFile = false;
};

QLocale localeFor(const QString &language, Numbers numbers)
{
    QLocale locale = QLocale::system();
    if (numbers == Numbers::Point)
        locale = QLocale(QLocale::English, QLocale::UnitedStates);
    else if (numbers == Numbers::Language)
        locale = language == QLatin1String(pseudo) ? QLocale(QLocale::Arabic, QLocale::Egypt)
                                                   : QLocale(language);
    return locale;
}

/// What is installed: languages come and go, and a translator must outlive its use.
struct Installed
{
    QString code = QStringLiteral("en");
    std::unique_ptr<QTranslator> words, qtWords;
};

Installed &installed()
{
    static Installed now;
    return now;
}

} // namespace

std::vector<Language> availableLanguages()
{
    loadResources();
    std::vector<Language> languages{{QStringLiteral("en"), QStringLiteral("English")}};
    for (const QString &file : QDir(":/i18n").entryList({"helmscope_*.qm"}, QDir::Files)) {
        const QString code = file.mid(10, file.size() - 13);
        QString name = QLocale(code).nativeLanguageName();
        if (!name.isEmpty())
            name[0] = name[0].toUpper();
        languages.push_back({code, name.isEmpty() ? code : name});
    }
    languages.push_back({QLatin1String(pseudo), QStringLiteral("Pseudo ⟦←⟧")});
    return languages;
}

QString languageFor(const QString &wished)
{
    const std::vector<Language> languages = availableLanguages();
    const auto find = [&languages](const QString &code) {
        return std::any_of(languages.begin(), languages.end(),
                           [&code](const Language &language) { return language.code == code; });
    };
    if (!wished.isEmpty())
        return find(wished) ? wished : QStringLiteral("en");
    for (QString name : QLocale::system().uiLanguages()) { // "de-Latn-AT", "de-AT", "de"
        for (name.replace('_', '-'); !name.isEmpty(); name = name.section('-', 0, -2))
            if (find(name))
                return name;
    }
    return QStringLiteral("en");
}

void setLanguage(const QString &language, Numbers numbers)
{
    loadResources();
    Installed &now = installed();
    now.words.reset(); // a translator that goes takes itself out
    now.qtWords.reset();

    QLocale locale = localeFor(language, numbers);
    const bool hasForeignNumbers =
        locale.decimalPoint() != QLatin1String(".") || locale.zeroDigit() != QLatin1String("0");
    // 1.234 is a thousand for one and about one for another.
    if (hasForeignNumbers)
        locale.setNumberOptions(QLocale::OmitGroupSeparator);
    QLocale::setDefault(locale);

    auto qtWords = std::make_unique<QTranslator>();
    if (language != QLatin1String("en") && language != QLatin1String(pseudo) &&
        qtWords->load(QLocale(language), "qtbase", "_",
                      QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
        QCoreApplication::installTranslator(qtWords.get());
        now.qtWords = std::move(qtWords);
    }
    if (language != QLatin1String("en") || hasForeignNumbers) {
        now.words = std::make_unique<Words>(language, hasForeignNumbers);
        QCoreApplication::installTranslator(now.words.get());
    }
    now.code = language;
    if (qobject_cast<QGuiApplication *>(QCoreApplication::instance()))
        QGuiApplication::setLayoutDirection(language == QLatin1String(pseudo)
                                                ? Qt::RightToLeft
                                                : QLocale(language).textDirection());
}

QString currentLanguage()
{
    return installed().code;
}

QString pseudoText(const QString &source)
{
    // Filters of a file dialog are read again.
    if (source.isEmpty() || source.contains(QLatin1String("(*")))
        return source;
    static const QRegularExpression notText("<[^>]*>|&[a-zA-Z]+;|%L?\\d+|&");
    const qsizetype letters = QString(source).remove(notText).size();
    const QString more((letters + 2) / 3, QChar(0x00b7));
    const bool isRich = source.startsWith('<'); // what begins as rich text has to go on so
    // An embedding from right to left up to its end: text after it is not drawn into it.
    const QString first = QStringLiteral("\u202b⟦"), last = more + QStringLiteral("⟧\u202c");
    if (!isRich)
        return first + source + last;
    const qsizetype inside = source.indexOf('>') + 1;
    return source.left(inside) + first + source.mid(inside) + last;
}

} // namespace helmscope
