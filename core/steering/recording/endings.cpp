// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/endings.h"

#include <QtGlobal>

#include <array>

namespace helmscope {

namespace {

struct Row
{
    Ending ending;
    const char *text;
};

constexpr std::array rows{
    Row{Ending::Done, QT_TRANSLATE_NOOP("helmscope::Tr", "All %1 measurements are done.")},
    Row{Ending::TimeIsUp,
        QT_TRANSLATE_NOOP("helmscope::Tr", "The time of %1 s is up after %2 measurements.")},
    Row{Ending::Plateau,
        QT_TRANSLATE_NOOP("helmscope::Tr", "The map's mean deviation changed by less than %1 % "
                                           "over %2 steps, after %3 measurements.")},
    Row{Ending::Exhausted,
        QT_TRANSLATE_NOOP("helmscope::Tr", "No pixel is left that may be measured.")},
    Row{Ending::Stopped, QT_TRANSLATE_NOOP("helmscope::Tr", "Stopped after %1 measurements.")},
    Row{Ending::StoppedBy, QT_TRANSLATE_NOOP("helmscope::Tr", "Stopped after %1 measurements: %2")},
    Row{Ending::CutOff,
        QT_TRANSLATE_NOOP("helmscope::Tr", "The run was cut off after %1 measurements.")},
};

} // namespace

QString recordedText(Ending ending)
{
    for (const Row &row : rows)
        if (row.ending == ending)
            return QString::fromUtf8(row.text);
    return {};
}

} // namespace helmscope
