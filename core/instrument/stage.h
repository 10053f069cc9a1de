// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

#include <map>
#include <optional>
#include <vector>

namespace helmscope {

/// Which way a stage can move the sample: X to the right and Y down, as the survey image shows it,
/// Z along the beam, and tilts.
enum class StageAxis { X, Y, Z, Alpha, Beta };
constexpr StageAxis stageAxes[] = {StageAxis::X, StageAxis::Y, StageAxis::Z, StageAxis::Alpha,
                                   StageAxis::Beta};

const char *keyOf(StageAxis axis); ///< "x_m" … "beta_deg": name and unit
bool isTilt(StageAxis axis);       ///< in degrees; the others are in metres
QString nameOf(StageAxis axis);    ///< for people: "x", "α"
/// A position for people, in a unit that suits it: "1.25 µm", "-3°".
QString textOf(StageAxis axis, double position);

/// Where a stage is to go: absolute positions, in the axes' units. What is not named stays.
using StageTarget = std::map<StageAxis, double>;

/// A stage: where it is, and how far it may go.
struct Stage
{
    struct Axis
    {
        StageAxis axis = StageAxis::X;
        double position = 0, lowest = 0, highest = 0; ///< metres or degrees
        bool operator==(const Axis &) const = default;
    };
    std::vector<Axis> axes; ///< those it has
    const Axis *find(StageAxis axis) const;
    double position(StageAxis axis) const; ///< 0 where it has none
    bool operator==(const Stage &) const = default;
};

/// Throws Error naming the microscope unless the stage has these axes and may go there; for a
/// target without axes too.
void checkStage(const QString &name, const Stage &stage, const StageTarget &target);
/// The axes of a message: {"x_m": 1e-6, "y_m": 0}. Throws Error for a value that is no number.
StageTarget stageTargetOf(const QJsonObject &message);
/// {"x_m": 0, ..., "limits": {"x_m": [-1e-6, 1e-6], ...}}
QJsonObject stageMessage(const Stage &stage);
/// The other way round: nothing where it names no axis. Throws Error, naming `where`, for numbers
/// that cannot be.
std::optional<Stage> stageOf(const QJsonObject &message, const QString &where);

/// At most `metres` from where it is now, and within its own limits; 0: its own limits alone.
Stage withTravel(Stage stage, double metres);

} // namespace helmscope
