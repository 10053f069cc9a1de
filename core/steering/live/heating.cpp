// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/live/heating.h"

#include "base/json.h"
#include "base/recorded.h"
#include "base/tr.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

static constexpr double mostRadii = 6, mostRecoveries = 20;

void Dwells::add(Pixel pixel, int number, double seconds)
{
    m_now += std::isfinite(seconds) ? std::max(seconds, 0.) : 0; // an instrument says it
    m_all.push_back({pixel, number, m_now});
}

Eigen::VectorXd heatOf(const Heating &heating, const Dwells &dwells, int number, const Field &field)
{
    Eigen::VectorXd heat = Eigen::VectorXd::Zero(field.size());
    const int reach = int(std::ceil(mostRadii * heating.radius));
    std::vector<double> profile; // of the spot, along one axis: the two multiply
    for (int i = 0; i <= reach; ++i)
        profile.push_back(std::exp(-0.5 * i * i / (heating.radius * heating.radius)));
    for (const Dwells::Dwell &dwell : dwells.all()) {
        const double recoveries =
            dwells.secondsSince(dwell, number, heating) / heating.recoverySeconds;
        if (!(recoveries <= mostRecoveries))
            continue;
        const double left = std::exp(-recoveries);
        const Pixel at = dwell.pixel;
        const int top = std::max(at.row - reach, 0);
        const int bottom = std::min(at.row + reach, field.rows() - 1);
        const int first = std::max(at.col - reach, 0);
        const int last = std::min(at.col + reach, field.cols() - 1);
        for (int row = top; row <= bottom; ++row) {
            const double here = left * profile[std::size_t(std::abs(row - at.row))];
            for (int col = first; col <= last; ++col) {
                const int index = field.indexOf({row, col});
                if (index >= 0)
                    heat[index] =
                        std::max(heat[index], here * profile[std::size_t(std::abs(col - at.col))]);
            }
        }
    }
    return heat;
}

void coolDown(Eigen::VectorXd &worth, const Heating &heating, const Eigen::VectorXd &heat,
              const Field &field)
{
    double floor = std::numeric_limits<double>::infinity();
    for (int i = 0; i < field.size(); ++i)
        if (field.isOpen(i) && std::isfinite(worth[i]))
            floor = std::min(floor, worth[i]);
    if (!std::isfinite(floor))
        return; // nothing may be chosen
    for (int i = 0; i < field.size(); ++i)
        if (worth[i] > floor)
            worth[i] = floor + (1 - heating.strength * heat[i]) * (worth[i] - floor);
}

Heat heatAt(Pixel pixel, const Heating &heating, const Dwells &dwells, int number)
{
    Heat worst;
    if (!heating.isOn())
        return worst;
    for (const Dwells::Dwell &dwell : dwells.all()) {
        const double pixels = std::hypot(pixel.row - dwell.pixel.row, pixel.col - dwell.pixel.col);
        const double seconds = dwells.secondsSince(dwell, number, heating);
        const double lost =
            heating.strength * std::exp(-0.5 * pixels * pixels / (heating.radius * heating.radius) -
                                        seconds / heating.recoverySeconds);
        if (seconds <= mostRecoveries * heating.recoverySeconds && lost > worst.lost)
            worst = {lost, dwell.number, pixels, seconds};
    }
    return worst;
}

void tellHeat(Run &run)
{
    Heating heating = run.plan.acquisition.heating;
    Dwells dwells;
    for (Step &step : run.steps) {
        for (const Intervention &said : step.interventions)
            if (said.orders.acquisition && said.orders.acquisition->isValid())
                heating = said.orders.acquisition->heating;
        for (const ReferenceCheck &check : step.references)
            dwells.add(check.pixel, step.number - 1, check.dwellSeconds);
        step.heat = heatAt(step.pixel, heating, dwells, step.number);
        dwells.add(step.pixel, step.number, step.dwellSeconds);
    }
}

QJsonObject heatingToJson(const Heating &heating)
{
    return {{"strength", heating.strength},
            {"radius", heating.radius},
            {"recoverySeconds", heating.recoverySeconds},
            {"stepSeconds", heating.stepSeconds}};
}

Heating heatingFromJson(const QJsonObject &object, const QString &where)
{
    Heating heating;
    heating.strength = number(object, "strength", heating.strength, 0, 1, where);
    heating.radius =
        number(object, "radius", heating.radius, Heating::leastRadius, Heating::mostRadius, where);
    heating.recoverySeconds = number(object, "recoverySeconds", heating.recoverySeconds,
                                     Heating::leastSeconds, Heating::mostSeconds, where);
    heating.stepSeconds =
        number(object, "stepSeconds", heating.stepSeconds, 0, Heating::mostSeconds, where);
    return heating;
}

QString textOf(const Heating &heating)
{
    if (!heating.isOn())
        return recorded("none");
    const QString spot = recorded("up to %1 % less about %2 pixels around, for about %3 s")
                             .arg(100 * heating.strength)
                             .arg(heating.radius)
                             .arg(heating.recoverySeconds);
    return heating.stepSeconds > 0
               ? recorded("%1 (%2 s between dwells)").arg(spot).arg(heating.stepSeconds)
               : spot;
}

QString textOf(const Heat &heat)
{
    if (!(heat.lost >= 0.005)) // it would be 0 %
        return {};
    return Tr::tr("%1 % less: step %2 was %3 pixels away, %4 s before")
        .arg(100 * heat.lost, 0, 'f', 0)
        .arg(heat.number)
        .arg(heat.pixels, 0, 'f', 1)
        .arg(heat.seconds, 0, 'g', 3);
}

} // namespace helmscope
