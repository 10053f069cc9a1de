// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"
#include "steering/step.h"

#include <memory>

namespace helmscope {

/// A microscope that answers what a run of the past measured there; at other pixels what `beyond`
/// of an Origin says.
class RecordedMicroscope final : public Microscope
{
public:
    /// How pixels are meant: as the beam went, surveys and reference checks in their order, or as
    /// places of the first image, whatever drifted.
    enum class By { Beam, Sample };
    /// The first `steps` measurements of `past` count (negative: all). `sample` answers at other
    /// pixels for Beyond::Sample (and tells the truth); without one, measuring there throws Error.
    /// Beyond::Nearest answers the spectrum of the nearest measured pixel, the earlier one of
    /// equals. Beyond::Predicted answers values instead of spectra: of the run's last value, and
    /// elsewhere the mean of its last kept map; throws Error here when it has none.
    RecordedMicroscope(std::shared_ptr<const Run> past, int steps, Origin::Beyond beyond,
                       std::unique_ptr<Microscope> sample, By by = By::Beam);
    ~RecordedMicroscope() override;

    QString name() const override;
    Dataset survey(const Progress &progress) override;
    EnergyAxis energies() const override;
    Limits limits() const override;
    /// A recorded measurement keeps its own dwell, dose and source; a stand-in costs nothing.
    Measurement measure(Pixel pixel, double dwellSeconds) override;
    void abort() override;
    void resume() override;
    bool isBoundToThread() const override;
    std::optional<Dataset> groundTruth() const override;
    bool isTruthNoisy() const override;
    InstrumentState state() const override;
    void setPatience(const std::function<bool()> &patience) override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// A microscope in front of another that takes its time: a measurement lasts `factor` times its
/// dwell, and abort() cuts it short.
std::unique_ptr<Microscope> inRealTime(std::unique_ptr<Microscope> microscope, double factor);

} // namespace helmscope
