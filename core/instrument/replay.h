// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"

#include <atomic>

namespace helmscope {

/// A microscope that answers from a recorded dataset.
class Replay final : public Microscope
{
public:
    struct Settings
    {
        bool hasShotNoise = false;          ///< false: the recording as it is, whatever the dwell
        double recordedDwellSeconds = 0.01; ///< what the recording's counts took
        double beamCurrentPa = 50; ///< for the dose; with an unknown pixel size the dose is 0
        std::uint64_t seed = 1;    ///< of the noise
    };
    /// Throws Error when the dataset has neither spectra nor values.
    explicit Replay(Dataset dataset);
    Replay(Dataset dataset, const Settings &settings);

    QString name() const override;
    Dataset survey(const Progress &progress) override;
    EnergyAxis energies() const override;
    Limits limits() const override;
    /// With shot noise: counts as a dwell of this length would have given them, scaled back to the
    /// recorded dwell. A shorter dwell thins whole counts (binomial, exact for Poisson counts), a
    /// longer one cannot know more than the recording and returns it. The noise of a pixel depends
    /// on seed, pixel, and how often it was measured, not on the order.
    Measurement measure(Pixel pixel, double dwellSeconds) override;
    void abort() override;
    void resume() override;
    std::optional<Dataset> groundTruth() const override;
    bool isTruthNoisy() const override { return true; }

private:
    Dataset m_dataset;
    Settings m_settings;
    Eigen::ArrayXXi m_visits;
    std::atomic<bool> m_isAborted = false;
};

} // namespace helmscope
