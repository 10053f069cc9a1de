// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/obeying.h"

#include "base/error.h"
#include "base/recorded.h"
#include "dkl/transfer/modelstart.h"
#include "steering/live/heating.h"

#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace helmscope {

QString textOf(Pixel pixel)
{
    return QStringLiteral("(%1, %2)").arg(pixel.row).arg(pixel.col);
}

static void forbid(const Mask &mask, Wishes &wishes, Field &field, Obeyed &obeyed)
{
    if (mask.size() > 0 && (mask.rows() != field.rows() || mask.cols() != field.cols())) {
        obeyed.notes << recorded(
                            "The forbidden region was not taken: it has %1 × %2 pixels, the grid "
                            "%3 × %4.")
                            .arg(mask.rows())
                            .arg(mask.cols())
                            .arg(field.rows())
                            .arg(field.cols());
        return;
    }
    const Mask wanted = mask.size() > 0 && mask.any() ? mask : Mask();
    const Mask &held = wishes.forbidden;
    if (wanted.rows() == held.rows() && wanted.cols() == held.cols() && (wanted == held).all())
        return;
    wishes.forbidden = wanted;
    const int count = field.forbid(wanted);
    obeyed.isWorthStale = true;
    obeyed.notes << (wanted.size() > 0 ? recorded("%1 candidates are forbidden.").arg(count)
                                       : recorded("Nothing is forbidden any more."));
}

static void prefer(const Preference &wanted, Wishes &wishes, const Field &field, Obeyed &obeyed)
{
    const Mask &pixels = wanted.pixels;
    if (pixels.size() > 0 && (pixels.rows() != field.rows() || pixels.cols() != field.cols())) {
        obeyed.notes << recorded("The preferred region was not taken: it has %1 × %2 pixels, the "
                                 "grid %3 × %4.")
                            .arg(pixels.rows())
                            .arg(pixels.cols())
                            .arg(field.rows())
                            .arg(field.cols());
        return;
    }
    if (!(wanted.factor >= 1 && wanted.factor <= Preference::mostFactor)) {
        obeyed.notes << recorded(
                            "The preferred region was not taken: its factor must lie between 1 "
                            "and %1.")
                            .arg(Preference::mostFactor);
        return;
    }
    const Preference next = wanted.isEmpty() ? Preference() : wanted;
    if (next == wishes.preferred || (next.isEmpty() && wishes.preferred.isEmpty()))
        return;
    wishes.preferred = next;
    obeyed.isWorthStale = true;
    int count = 0;
    for (const Pixel &pixel : field.pixels())
        count += next.pixels.size() > 0 && next.pixels(pixel.row, pixel.col);
    obeyed.notes << (next.isEmpty() ? recorded("Nothing is preferred any more.")
                                    : recorded("%1 candidates are preferred: their acquisition "
                                               "counts %2 times.")
                                          .arg(count)
                                          .arg(next.factor));
}

static void withdraw(const std::vector<Pixel> &pixels, Wishes &wishes, const Field &field,
                     Obeyed &obeyed)
{
    for (const Pixel &pixel : pixels) {
        const auto found =
            std::find(wishes.queue.begin(), wishes.queue.end(), field.indexOf(pixel));
        if (found == wishes.queue.end()) {
            obeyed.notes << recorded("Pixel %1 is not queued, so it could not be taken back.")
                                .arg(textOf(pixel));
            continue;
        }
        wishes.queue.erase(found);
        obeyed.notes << recorded("Pixel %1 is not queued any more.").arg(textOf(pixel));
    }
}

static void queue(const std::vector<Pixel> &pixels, Wishes &wishes, const Field &field,
                  Obeyed &obeyed)
{
    for (const Pixel &pixel : pixels) {
        const int index = field.indexOf(pixel);
        if (index < 0) {
            obeyed.notes << recorded(
                                "The queued pixel %1 lies outside the candidates and is ignored.")
                                .arg(textOf(pixel));
        } else if (field.isMeasured(index)) {
            obeyed.notes << recorded("The queued pixel %1 is measured already and is ignored.")
                                .arg(textOf(pixel));
        } else if (!field.isOpen(index)) {
            obeyed.notes
                << recorded("The queued pixel %1 is forbidden and is ignored.").arg(textOf(pixel));
        } else if (std::find(wishes.queue.begin(), wishes.queue.end(), index) ==
                   wishes.queue.end()) {
            wishes.queue.push_back(index);
            obeyed.notes << recorded("Pixel %1 is queued.").arg(textOf(pixel));
        }
    }
}

static void change(const AcquisitionSettings &wanted, Wishes &wishes, Obeyed &obeyed)
{
    if (wanted == wishes.acquisition)
        return;
    if (!wanted.isValid()) {
        obeyed.notes << (wanted.heating.isValid()
                             ? recorded("The acquisition was not changed: ξ must be a number and β "
                                        "at least 0.")
                             : recorded("The acquisition was not changed: a number of its heating "
                                        "lies outside its range."));
        return;
    }
    const AcquisitionSettings before = std::exchange(wishes.acquisition, wanted);
    obeyed.isWorthStale = true;
    if (wanted.heating != before.heating)
        obeyed.notes << recorded("Heating is now %1.").arg(textOf(wanted.heating));
    if (wanted.kind == before.kind && wanted.xi == before.xi && wanted.beta == before.beta)
        return;
    obeyed.notes << recorded("The acquisition is now %1 (ξ %2, β %3).")
                        .arg(recorded(rowOf(wanted.kind).name))
                        .arg(wanted.xi)
                        .arg(wanted.beta);
}

static void change(const Scalarizer &wanted, Wishes &wishes, const EnergyAxis &energies,
                   Obeyed &obeyed)
{
    if (energies.channels() == 0) {
        obeyed.notes << recorded(
            "The scalarizer was not changed: the microscope answers values, not "
            "spectra.");
        return;
    }
    if (wanted == wishes.scalarizer)
        return;
    try {
        wanted.check(energies);
    } catch (const Error &) { // which is in the language of the window
        obeyed.notes << recorded("The scalarizer was not changed: %1 does not fit the energies, "
                                 "which go from %2 to %3 %4 in %5 channels.")
                            .arg(wanted.text())
                            .arg(energies.values.front())
                            .arg(energies.values.back())
                            .arg(energies.unit)
                            .arg(energies.channels());
        return;
    }
    wishes.scalarizer = wanted;
    obeyed.isWorthStale = obeyed.isValueStale = true;
    obeyed.notes << recorded("The value is now %1; all values are computed anew.")
                        .arg(nameOf(wanted, energies));
}

static void change(const Beginning &wanted, const QString &reason, Wishes &wishes, Obeyed &obeyed)
{
    const auto tell = [&](const QString &sentence) {
        obeyed.notes << (reason.isEmpty() ? sentence : sentence + ' ' + reason);
    };
    const ModelStart *start = wanted.start.get();
    const QString name = QFileInfo(wanted.file).fileName();
    if (wanted.isWanted() && !start)
        return tell(recorded("The meta-model was not changed: %1 has not been read.").arg(name));
    if (start && start->patchNumbers != wishes.patch * wishes.patch)
        return tell(
            recorded("The meta-model was not changed: %1 was learnt on patches of %2 numbers, "
                     "and those of this run have %3.")
                .arg(name)
                .arg(start->patchNumbers)
                .arg(wishes.patch * wishes.patch));
    const bool isSame =
        wanted.hash == wishes.beginning.hash && bool(start) == bool(wishes.beginning.start);
    if (isSame && reason.isEmpty())
        return;
    if (!isSame) {
        wishes.beginning = wanted;
        obeyed.isBeginningStale = true;
    }
    tell(start ? recorded("The model begins from the meta-model %1 (%2) from here on.")
                     .arg(name, wanted.hash.left(12))
               : recorded("The model begins cold from here on."));
}

Obeyed obey(const Orders &orders, Wishes &wishes, Field &field, const EnergyAxis &energies)
{
    Obeyed obeyed;
    if (orders.forbidden) // before the queue, which obeys it
        forbid(*orders.forbidden, wishes, field, obeyed);
    if (orders.preferred)
        prefer(*orders.preferred, wishes, field, obeyed);
    withdraw(orders.withdrawn, wishes, field, obeyed);
    queue(orders.queue, wishes, field, obeyed);
    if (orders.acquisition)
        change(*orders.acquisition, wishes, obeyed);
    if (orders.scalarizer)
        change(*orders.scalarizer, wishes, energies, obeyed);
    if (orders.beginning)
        change(*orders.beginning, orders.beginningReason, wishes, obeyed);
    if (orders.steps && *orders.steps != wishes.steps) {
        constexpr int most = 1'000'000;
        if (*orders.steps < 0 || *orders.steps > most) {
            obeyed.notes << recorded(
                                "The budget was not changed: it must lie between 0 and %1 steps.")
                                .arg(most);
        } else {
            wishes.steps = *orders.steps;
            obeyed.notes << recorded("The budget is now %1 steps.").arg(wishes.steps);
        }
    }
    return obeyed;
}

} // namespace helmscope
