// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

namespace helmscope {

/// A language the program's texts are there in.
struct Language
{
    QString code; ///< "en", "de", "pseudo"
    QString name; ///< as those who speak it call it
};

/// English, then those that were built in (translations/helmscope_<code>.ts), last the pseudo
/// language: English made longer, from right to left, to prove that every text can be translated.
std::vector<Language> availableLanguages();

/// The one to take for a wish: itself where it is there; empty: the system's; else English.
QString languageFor(const QString &wished);

/// How numbers are written in windows; files always have a point.
enum class Numbers { System, Language, Point };

/// Texts and numbers from now on, and the direction windows are laid out in. What is shown already
/// stays as it is until it is made anew. `language` is one of availableLanguages().
void setLanguage(const QString &language, Numbers numbers);
QString currentLanguage(); ///< "en" until one was set

/// The text of the pseudo language: in brackets, a third longer, from right to left; placeholders,
/// tags, mnemonics and patterns of file names as they are.
QString pseudoText(const QString &source);

} // namespace helmscope
