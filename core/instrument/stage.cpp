// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/stage.h"

#include "base/error.h"
#include "base/tr.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace helmscope {

const char *keyOf(StageAxis axis)
{
    switch (axis) {
    case StageAxis::X:
        return "x_m";
    case StageAxis::Y:
        return "y_m";
    case StageAxis::Z:
        return "z_m";
    case StageAxis::Alpha:
        return "alpha_deg";
    case StageAxis::Beta:
        break;
    }
    return "beta_deg";
}

bool isTilt(StageAxis axis)
{
    return axis == StageAxis::Alpha || axis == StageAxis::Beta;
}

QString nameOf(StageAxis axis)
{
    switch (axis) {
    case StageAxis::X:
        return QStringLiteral("x");
    case StageAxis::Y:
        return QStringLiteral("y");
    case StageAxis::Z:
        return QStringLiteral("z");
    case StageAxis::Alpha:
        return QStringLiteral("α");
    case StageAxis::Beta:
        break;
    }
    return QStringLiteral("β");
}

QString textOf(StageAxis axis, double position)
{
    if (isTilt(axis))
        return QStringLiteral("%1°").arg(position, 0, 'f', 2);
    if (std::abs(position) < 1e-6)
        return QStringLiteral("%1 nm").arg(1e9 * position, 0, 'f', 1);
    return QStringLiteral("%1 µm").arg(1e6 * position, 0, 'f', 3);
}

const Stage::Axis *Stage::find(StageAxis axis) const
{
    const auto found = std::find_if(axes.begin(), axes.end(),
                                    [axis](const Axis &one) { return one.axis == axis; });
    return found == axes.end() ? nullptr : &*found;
}

double Stage::position(StageAxis axis) const
{
    const Axis *found = find(axis);
    return found ? found->position : 0;
}

void checkStage(const QString &name, const Stage &stage, const StageTarget &target)
{
    if (target.empty())
        fail(Tr::tr("%1 is not told where its stage should go.").arg(name));
    for (const auto &[axis, position] : target) {
        const Stage::Axis *has = stage.find(axis);
        if (!has)
            fail(Tr::tr("The stage of %1 cannot be moved along %2.").arg(name, nameOf(axis)));
        // Written so that what is not a number is refused as well.
        if (!(position >= has->lowest && position <= has->highest))
            fail(Tr::tr("The stage of %1 may not go to %2 = %3: it goes from %4 to %5.")
                     .arg(name, nameOf(axis), textOf(axis, position), textOf(axis, has->lowest),
                          textOf(axis, has->highest)));
    }
}

StageTarget stageTargetOf(const QJsonObject &message)
{
    StageTarget target;
    for (const StageAxis axis : stageAxes) {
        const QJsonValue value = message.value(QLatin1String(keyOf(axis)));
        if (value.isUndefined())
            continue;
        if (!value.isDouble())
            fail(Tr::tr("'%1' is no number.").arg(QLatin1String(keyOf(axis))));
        target[axis] = value.toDouble();
    }
    return target;
}

QJsonObject stageMessage(const Stage &stage)
{
    QJsonObject made, limits;
    for (const Stage::Axis &axis : stage.axes) {
        const QString key = QLatin1String(keyOf(axis.axis));
        made[key] = axis.position;
        limits[key] = QJsonArray{axis.lowest, axis.highest};
    }
    made["limits"] = limits;
    return made;
}

std::optional<Stage> stageOf(const QJsonObject &message, const QString &where)
{
    Stage stage;
    const QJsonObject limits = message.value("limits").toObject();
    for (const auto &[axis, position] : stageTargetOf(message)) {
        const QString key = QLatin1String(keyOf(axis));
        const QJsonArray range = limits.value(key).toArray();
        const double most = isTilt(axis) ? 360 : 1; // no sample is carried further
        const double low = range.at(0).toDouble(position), high = range.at(1).toDouble(position);
        if (!(low <= high && std::abs(low) <= most && std::abs(high) <= most &&
              std::abs(position) <= most))
            fail(Tr::tr("%1 tells a place or limits of its stage along %2 that cannot be.")
                     .arg(where, nameOf(axis)));
        stage.axes.push_back({axis, position, low, high});
    }
    return stage.axes.empty() ? std::nullopt : std::optional(stage);
}

Stage withTravel(Stage stage, double metres)
{
    if (metres > 0)
        for (Stage::Axis &axis : stage.axes)
            if (!isTilt(axis.axis)) {
                axis.lowest = std::max(axis.lowest, axis.position - metres);
                axis.highest = std::min(axis.highest, axis.position + metres);
            }
    return stage;
}

} // namespace helmscope
