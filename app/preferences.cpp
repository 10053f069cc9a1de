// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/preferences.h"

#include "app/recording.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QSettings>

#include <array>
#include <cmath>

namespace helmscope {

namespace {

constexpr auto themeKey = "window/theme", fontKey = "settings/fontPercent",
               languageKey = "settings/language", numbersKey = "settings/numbers",
               doseLimitKey = "settings/doseLimit", probeKey = "settings/probeNm",
               recordingsKey = "settings/recordings";
constexpr std::array numbersNames{"system", "language", "point"};

template <class Value>
void keep(QSettings &settings, const char *key, const Value &value, const Value &usual)
{
    if (value == usual)
        settings.remove(key);
    else
        settings.setValue(key, value);
}

/// Within 0..most, else `usual`: the file may have been edited by hand.
double numberIn(const QSettings &settings, const char *key, double most, double usual)
{
    bool isNumber = false;
    const double value = settings.value(key).toDouble(&isNumber);
    return isNumber && std::isfinite(value) && value >= 0 && value <= most ? value : usual;
}

} // namespace

Preferences Preferences::load()
{
    const QSettings settings;
    Preferences kept;
    if (const QString theme = settings.value(themeKey).toString(); themeKeys().contains(theme))
        kept.theme = theme;
    const int percent = settings.value(fontKey, kept.fontPercent).toInt();
    if (percent >= leastFontPercent && percent <= mostFontPercent)
        kept.fontPercent = percent;
    kept.language = settings.value(languageKey).toString();
    for (std::size_t i = 0; i < numbersNames.size(); ++i)
        if (settings.value(numbersKey).toString() == QLatin1String(numbersNames[i]))
            kept.numbers = Numbers(i);
    kept.doseLimit = numberIn(settings, doseLimitKey, 1e12, kept.doseLimit);
    kept.probeNm = numberIn(settings, probeKey, 1000, kept.probeNm);
    kept.recordings = settings.value(recordingsKey).toString();
    return kept;
}

void Preferences::save() const
{
    QSettings settings;
    const Preferences usual;
    keep(settings, themeKey, theme, usual.theme);
    keep(settings, fontKey, fontPercent, usual.fontPercent);
    keep(settings, languageKey, language, usual.language);
    keep(settings, numbersKey, QString::fromLatin1(numbersNames[std::size_t(numbers)]),
         QString::fromLatin1(numbersNames[std::size_t(usual.numbers)]));
    keep(settings, doseLimitKey, doseLimit, usual.doseLimit);
    keep(settings, probeKey, probeNm, usual.probeNm);
    keep(settings, recordingsKey, recordings, usual.recordings);
}

QString Preferences::recordingsFolder() const
{
    return recordings.isEmpty() ? usualRecordings() : recordings;
}

QString Preferences::usualRecordings()
{
    return defaultWorkspace();
}

void applyLook(QApplication &application, const Preferences &preferences)
{
    applyTheme(application, Theme::fromKey(preferences.theme), preferences.fontPercent / 100.0);
}

void applyLanguage(const Preferences &preferences)
{
    setLanguage(languageFor(preferences.language), preferences.numbers);
}

} // namespace helmscope
