// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/obeying.h"

#include "base/tr.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

QString textOf(Pixel pixel)
{
    return QStringLiteral("(%1, %2)").arg(pixel.row).arg(pixel.col);
}

static void forbid(const Mask &mask, Wishes &wishes, Field &field, Obeyed &obeyed)
{
    if (mask.size() > 0 && (mask.rows() != field.rows() || mask.cols() != field.cols())) {
        obeyed.notes << Tr::tr(
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
    obeyed.notes << (wanted.size() > 0 ? Tr::tr("%1 candidates are forbidden.").arg(count)
                                       : Tr::tr("Nothing is forbidden any more."));
}

static void prefer(const Preference &wanted, Wishes &wishes, const Field &field, Obeyed &obeyed)
{
    const Mask &pixels = wanted.pixels;
    if (pixels.size() > 0 && (pixels.rows() != field.rows() || pixels.cols() != field.cols())) {
        obeyed.notes << Tr::tr("The preferred region was not taken: it has %1 × %2 pixels, the "
                               "grid %3 × %4.")
                            .arg(pixels.rows())
                            .arg(pixels.cols())
                            .arg(field.rows())
                            .arg(field.cols());
        return;
    }
    if (!(wanted.factor >= 1 && wanted.factor <= Preference::mostFactor)) {
        obeyed.notes << Tr::tr("The preferred region was not taken: its factor must lie between 1 "
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
    obeyed.notes << (next.isEmpty() ? Tr::tr("Nothing is preferred any more.")
                                    : Tr::tr("%1 candidates are preferred: their acquisition "
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
            obeyed.notes << Tr::tr("Pixel %1 is not queued, so it could not be taken back.")
                                .arg(textOf(pixel));
            continue;
        }
        wishes.queue.erase(found);
        obeyed.notes << Tr::tr("Pixel %1 is not queued any more.").arg(textOf(pixel));
    }
}

static void queue(const std::vector<Pixel> &pixels, Wishes &wishes, const Field &field,
                  Obeyed &obeyed)
{
    for (const Pixel &pixel : pixels) {
        const int index = field.indexOf(pixel);
        if (index < 0) {
            obeyed.notes << Tr::tr(
                                "The queued pixel %1 lies outside the candidates and is ignored.")
                                .arg(textOf(pixel));
        } else if (field.isMeasured(index)) {
            obeyed.notes << Tr::tr("The queued pixel %1 is measured already and is ignored.")
                                .arg(textOf(pixel));
        } else if (!field.isOpen(index)) {
            obeyed.notes
                << Tr::tr("The queued pixel %1 is forbidden and is ignored.").arg(textOf(pixel));
        } else if (std::find(wishes.queue.begin(), wishes.queue.end(), index) ==
                   wishes.queue.end()) {
            wishes.queue.push_back(index);
            obeyed.notes << Tr::tr("Pixel %1 is queued.").arg(textOf(pixel));
        }
    }
}

static void change(const AcquisitionSettings &wanted, Wishes &wishes, Obeyed &obeyed)
{
    if (wanted == wishes.acquisition)
        return;
    if (!std::isfinite(wanted.xi) || !std::isfinite(wanted.beta) || wanted.beta < 0) {
        obeyed.notes << Tr::tr(
            "The acquisition was not changed: ξ must be a number and β at least 0.");
        return;
    }
    wishes.acquisition = wanted;
    obeyed.isWorthStale = true;
    obeyed.notes << Tr::tr("The acquisition is now %1 (ξ %2, β %3).")
                        .arg(QString::fromUtf8(rowOf(wanted.kind).name))
                        .arg(wanted.xi)
                        .arg(wanted.beta);
}

static void change(const Scalarizer &wanted, Wishes &wishes, const EnergyAxis &energies,
                   Obeyed &obeyed)
{
    if (energies.channels() == 0) {
        obeyed.notes << Tr::tr("The scalarizer was not changed: the microscope answers values, not "
                               "spectra.");
        return;
    }
    if (wanted == wishes.scalarizer)
        return;
    try {
        wanted.check(energies);
    } catch (const Error &error) {
        obeyed.notes << Tr::tr("The scalarizer was not changed: %1").arg(error.what());
        return;
    }
    wishes.scalarizer = wanted;
    obeyed.isWorthStale = obeyed.isValueStale = true;
    obeyed.notes << Tr::tr("The value is now %1; all values are computed anew.")
                        .arg(nameOf(wanted, energies));
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
    if (orders.steps && *orders.steps != wishes.steps) {
        constexpr int most = 1'000'000;
        if (*orders.steps < 0 || *orders.steps > most) {
            obeyed.notes << Tr::tr(
                                "The budget was not changed: it must lie between 0 and %1 steps.")
                                .arg(most);
        } else {
            wishes.steps = *orders.steps;
            obeyed.notes << Tr::tr("The budget is now %1 steps.").arg(wishes.steps);
        }
    }
    return obeyed;
}

} // namespace helmscope
