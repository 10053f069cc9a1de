// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"
#include "instrument/nanocubes.h"

#include <atomic>

namespace helmscope {

/// A simulated microscope with a sample of its own.
class Simulator final : public Microscope
{
public:
    struct Settings
    {
        NanocubesSettings sample;
        double imageNoise = 0.03; ///< deviation of the survey image's noise, of its range
        double beamCurrentPa = 20;
        bool hasShotNoise = true;
        bool operator==(const Settings &) const = default;
    };
    explicit Simulator(const Settings &settings);

    QString name() const override;
    Dataset survey(const Progress &progress) override;
    EnergyAxis energies() const override;
    Limits limits() const override;
    /// Poisson counts of the expected spectrum for this dwell, as counts per second. The noise
    /// depends on seed, pixel, and how often the pixel was measured, not on the order.
    Measurement measure(Pixel pixel, double dwellSeconds) override;
    void abort() override;
    void resume() override;
    std::optional<Dataset> groundTruth() const override;

private:
    Settings m_settings;
    Nanocubes m_sample;
    Eigen::ArrayXXi m_visits;
    std::atomic<bool> m_isAborted = false;
};

} // namespace helmscope
