// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/choosing.h"
#include "steering/step.h"

#include <QJsonObject>

#include <vector>

namespace helmscope {

/// When and where the beam was, by the run's own clock: dwell times and steps, which are the same
/// however long the model thought. So a run done again takes the same path.
class Dwells
{
public:
    /// A dwell that ended with step `number`; a reference after it has its number.
    struct Dwell
    {
        Pixel pixel;
        int number = 0;
        double end = 0; ///< seconds of dwelling until then
    };
    void add(Pixel pixel, int number, double seconds);

    const std::vector<Dwell> &all() const { return m_all; }
    /// Since a dwell's end, as step `number` begins: dwell times since, and the plan's time between
    /// two dwells for each step.
    double secondsSince(const Dwell &dwell, int number, const Heating &heating) const
    {
        return m_now - dwell.end + heating.stepSeconds * (number - dwell.number);
    }

private:
    std::vector<Dwell> m_all;
    double m_now = 0;
};

/// How hot each candidate is as step `number` begins, [n], from 0 to 1:
///     h(x) = max over the dwells i of exp(-d_i(x)^2 / (2 radius^2)) exp(-t_i / recovery)
/// with the distance d_i in pixels of the grid and the time t_i since that dwell ended. The worst
/// dwell counts, not the sum: it can be named. Beyond 6 radii, or 20 recoveries, it is none.
Eigen::VectorXd heatOf(const Heating &heating, const Dwells &dwells, int number,
                       const Field &field);

/// Lowers what the worth of hot candidates is above the floor:
///     a'(x) = floor + (1 - strength h(x)) (a(x) - floor)
/// The floor is the lowest worth of an open candidate, so that it lowers as much whatever the
/// acquisition's scale and sign: at full strength a place just left is worth as little as any.
void coolDown(Eigen::VectorXd &worth, const Heating &heating, const Eigen::VectorXd &heat,
              const Field &field);

/// What it takes from one place.
Heat heatAt(Pixel pixel, const Heating &heating, const Dwells &dwells, int number);

/// "up to 80 % less about 3 pixels around, for about 2 s"; "none" when off.
QString textOf(const Heating &heating);
/// Of a whole run: Step::heat of each step, as it was while it was made.
void tellHeat(Run &run);

/// Heating as it stands in a plan, and back; throws Error naming the field.
QJsonObject heatingToJson(const Heating &heating);
Heating heatingFromJson(const QJsonObject &object, const QString &where);

} // namespace helmscope
