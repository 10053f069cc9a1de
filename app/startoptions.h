// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/preferences.h"
#include "data/scalarizer.h"
#include "dkl/acquisition.h"

#include <QSize>
#include <QStringList>

#include <optional>

namespace helmscope {

/// What the command line of the console says.
struct StartOptions
{
    QStringList files;
    QString lineage;           ///< store to browse instead of a console; empty: none
    QString focus;             ///< node of it to begin with: a name, a hash or an id
    QString history;           ///< workspace whose versions to browse instead of a console
    QString instrument;        ///< address of one on the network to open; empty: none
    QString meta;              ///< file of a meta-model that runs begin from; empty: none
    QString metaSweep;         ///< table of a sweep to look at instead of a console
    std::optional<int> atStep; ///< of the run that is opened
    bool isCompare = false;    ///< the files are runs to be held side by side
    int rows = 96, cols = 96;  ///< of the simulated sample
    std::optional<std::uint64_t> seed;
    std::optional<int> steps, initial, cycles;
    std::optional<Acquisition> acquisition;
    std::optional<Scalarizer> scalarizer;
    bool isRunAtOnce = false;
    bool isPlain = false; ///< nothing is said but the theme: what was open is opened again
    QString theme;        ///< a key of themeKeys(); empty: as it was
    QString layout;       ///< of the panels, a key; empty: as it was
    QString panel;        ///< brought to the front, by its object name
    QString language;     ///< of the texts, a code; empty: as set
    std::optional<int> fontPercent; ///< of the letters, of the system's; none: as set
    QSize size;                     ///< of the window; empty: as it was
    QString pictures;               ///< folder for screenshots; empty: none
    bool isQuitAtEnd = false;
    bool isDiagnosed = false; ///< prints the diagnostics in the end
    QString out;              ///< run file; empty: in the workspace

    /// What was said on the command line wins over what was kept.
    void applyTo(Preferences &preferences) const;

    bool isHelp = false, isVersion = false;
    static QString helpText();
    /// `arguments` begin with the program's name. Throws Error naming the argument.
    static StartOptions parse(const QStringList &arguments);
};

} // namespace helmscope
