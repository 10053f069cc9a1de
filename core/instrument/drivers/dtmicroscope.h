// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/drivers/foreignmicroscope.h"

#include <QJsonValue>

#include <array>

namespace helmscope {

/// A value as DTMicroscope's programs send arrays, [nested list, shape, dtype], or a plain list, as
/// numbers in C order; `shape` tells. Throws Error when it is none.
std::vector<float> numbersOf(const QJsonValue &value, QList<qint64> *shape);

/// What a person says of a server's stage.
struct StageUnits
{
    /// Theirs times this is ours: metres, and degrees; below 0 where theirs goes the other way.
    std::array<double, 5> factors{1, 1, 1, 1, 1};
    /// "m,deg", "nm,rad": the units of lengths and of tilts; with "-x" or "-y" behind them where a
    /// larger number moves the sample to the left, or up, in the survey image. Nothing for an empty
    /// text; throws Error for another one.
    static std::optional<StageUnits> parse(const QString &text);
};

/// DTMicroscope's JSON-RPC 2.0 in netstrings. Positions go in nanometres within a field whose size
/// only some servers tell; where it is not told, no pixel can be measured. A stage is read; its
/// servers write it in metres, nanometres, degrees or radians and tell none of them, so that it is
/// moved only where the variable HELMSCOPE_DTMICROSCOPE_STAGE tells: see StageUnits.
class DtMicroscope final : public ForeignMicroscope
{
public:
    /// Asks for detectors and settings, and takes one image to know its size. Throws Error; says
    /// so where a Pyro5 program answers at this port.
    explicit DtMicroscope(const InstrumentAddress &address);
    ~DtMicroscope() override { end(); }

protected:
    Map takeImage() override;
    Measurement takeSpectrum(Pixel pixel, double dwellSeconds) override;
    Stage driveStage(const StageTarget &target) override;

private:
    /// As the server writes it: x, y, z, and two tilts. Throws Error for anything else.
    std::array<double, 5> readStage();
    Stage stageFrom(const std::array<double, 5> &theirs) const; ///< with the limits known
    Capability probeStage();
    std::array<double, 5> limitsOfStage(const std::array<double, 5> &at);
    QJsonValue ask(const QString &method, const QJsonObject &params, double seconds);

    QString m_imaging, m_spectrometer; ///< devices
    double m_fieldNm = 0;              ///< width; 0: not told
    int m_rows = 0, m_cols = 0;
    std::optional<StageUnits> m_units;
    std::vector<Stage::Axis> m_reach; ///< the axes that may be moved, with their limits
};

} // namespace helmscope
