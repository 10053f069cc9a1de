// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/microscope.h"

#include "base/tr.h"

namespace helmscope {

void checkLimits(const QString &name, const Limits &limits, Pixel pixel, double dwellSeconds)
{
    if (pixel.row < 0 || pixel.col < 0 || pixel.row >= limits.rows || pixel.col >= limits.cols)
        fail(Tr::tr(
                 "%1 cannot measure row %2, column %3: rows go from 0 to %4, columns from 0 to %5.")
                 .arg(name)
                 .arg(pixel.row)
                 .arg(pixel.col)
                 .arg(limits.rows - 1)
                 .arg(limits.cols - 1));
    // Written so that a dwell that is not a number is refused as well.
    if (!(dwellSeconds >= limits.minDwellSeconds && dwellSeconds <= limits.maxDwellSeconds))
        fail(Tr::tr("%1 cannot dwell for %2 s: a dwell lasts from %3 s to %4 s.")
                 .arg(name)
                 .arg(dwellSeconds)
                 .arg(limits.minDwellSeconds)
                 .arg(limits.maxDwellSeconds));
    const int lastRow = limits.last.row < 0 ? limits.rows - 1 : limits.last.row;
    const int lastCol = limits.last.col < 0 ? limits.cols - 1 : limits.last.col;
    if (pixel.row < limits.first.row || pixel.row > lastRow || pixel.col < limits.first.col ||
        pixel.col > lastCol)
        fail(Tr::tr("%1 may not visit row %2, column %3: its region is rows %4 to %5, columns %6 "
                    "to %7.")
                 .arg(name)
                 .arg(pixel.row)
                 .arg(pixel.col)
                 .arg(limits.first.row)
                 .arg(lastRow)
                 .arg(limits.first.col)
                 .arg(lastCol));
    if (limits.maxCurrentA > 0 && !(limits.currentA <= limits.maxCurrentA))
        fail(Tr::tr("%1 may not expose with %2 A: its limit is %3 A.")
                 .arg(name)
                 .arg(limits.currentA)
                 .arg(limits.maxCurrentA));
}

void checkDose(const QString &name, const Limits &limits, Pixel pixel, double before, double more)
{
    if (limits.maxDose > 0 && !(before + more <= limits.maxDose))
        fail(Tr::tr("%1 may not give row %2, column %3 another %4 e/Å²: it got %5, and the limit "
                    "is %6.")
                 .arg(name)
                 .arg(pixel.row)
                 .arg(pixel.col)
                 .arg(more)
                 .arg(before)
                 .arg(limits.maxDose));
}

Stage Microscope::moveStage(const StageTarget &)
{
    fail(Tr::tr("%1 has no stage that can be moved from here.").arg(name()));
}

/// "1 µs", "50 ms", "10 s".
static QString timeText(double seconds)
{
    if (seconds > 0 && seconds < 1e-3)
        return QStringLiteral("%1 µs").arg(seconds * 1e6);
    return seconds > 0 && seconds < 1 ? QStringLiteral("%1 ms").arg(seconds * 1e3)
                                      : QStringLiteral("%1 s").arg(seconds);
}

QList<Capability> Microscope::capabilities() const
{
    const Limits can = limits();
    const std::optional<Stage> moves = stage();
    QStringList ranges;
    if (moves)
        for (const Stage::Axis &axis : moves->axes)
            ranges << Tr::tr("%1 from %2 to %3")
                          .arg(nameOf(axis.axis), textOf(axis.axis, axis.lowest),
                               textOf(axis.axis, axis.highest));
    const int channels = energies().channels();
    return {
        {Tr::tr("Survey image"), true,
         Tr::tr("a grid of %1 × %2 pixels").arg(can.rows).arg(can.cols)},
        {Tr::tr("Spectrum at a pixel"), channels > 0,
         channels > 0 ? Tr::tr("%1 channels").arg(channels) : Tr::tr("answers single values")},
        {Tr::tr("Dwell"), true,
         Tr::tr("%1 to %2").arg(timeText(can.minDwellSeconds), timeText(can.maxDwellSeconds))},
        {Tr::tr("Abort"), true, Tr::tr("at once")},
        {Tr::tr("Stage"), moves.has_value(),
         moves ? ranges.join(QStringLiteral(", ")) : Tr::tr("none that can be moved from here")}};
}

} // namespace helmscope
