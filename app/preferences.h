// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/language.h"

#include <QString>

class QApplication;

namespace helmscope {

/// What the user has set: few things, each with its default here. Kept between starts.
struct Preferences
{
    QString theme = QStringLiteral("dark"); ///< a key of themeKeys()
    int fontPercent = 100;                  ///< of the system's font, 80..200
    QString language;                       ///< a code; empty: the system's
    Numbers numbers = Numbers::System;
    double doseLimit = 0; ///< e⁻/Å² a pixel may get; 0: no limit
    double probeNm = 0;   ///< diameter of the probe; 0: within a pixel
    QString recordings;   ///< workspace of runs begun while none is open; empty: usualRecordings()

    static constexpr int leastFontPercent = 80, mostFontPercent = 200;

    /// What was kept; what is out of its range is as by default.
    static Preferences load();
    void save() const; ///< what is as by default is not written
    bool operator==(const Preferences &) const = default;

    QString recordingsFolder() const;
    static QString usualRecordings(); ///< "Helmscope" in the folder of documents
};

/// Theme and size of the font, at once, in every window.
void applyLook(QApplication &application, const Preferences &preferences);
/// For what is made from now on, see setLanguage().
void applyLanguage(const Preferences &preferences);

} // namespace helmscope
