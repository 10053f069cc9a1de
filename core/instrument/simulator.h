// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"
#include "instrument/nanocubes.h"

#include <atomic>

namespace helmscope {

/// What does not hold still while the simulated microscope is used. Its time is that of its dwells
/// and surveys, not the clock's: the same calls meet the same drift.
struct Unrest
{
    double driftXNmPerSecond = 0, driftYNmPerSecond = 0; ///< of the sample, right and down
    double walkNm = 0; ///< deviation of a random walk on top of it after a second, each way
    double defocusNmPerSecond = 0; ///< the probe's deviation grows by it, in squares
    /// Mean free paths of carbon that a second of the beam leaves at its place and within about
    /// 3 nm: it scatters the beam away and is bright in the image.
    double contaminationPerSecond = 0;
    double surveySeconds = 1; ///< what a survey image takes
    bool isCalm() const
    {
        return driftXNmPerSecond == 0 && driftYNmPerSecond == 0 && walkNm == 0 &&
               defocusNmPerSecond == 0 && contaminationPerSecond == 0;
    }
    bool operator==(const Unrest &) const = default;
};

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
        Unrest unrest;
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
    /// By how much the sample has moved since the beginning, nm.
    struct Drift
    {
        double xNm = 0, yNm = 0;
    };
    Drift drift() const { return driftAt(m_seconds); }
    /// The sample goes on for a field of view beyond the first one each way.
    std::optional<Stage> stage() const override;
    Stage moveStage(const StageTarget &target) override;
    void abort() override;
    void resume() override;
    std::optional<Dataset> groundTruth() const override;

private:
    bool isHome() const { return m_stageXNm == 0 && m_stageYNm == 0; }
    Drift driftAt(double seconds) const;
    Drift shiftAt(double seconds) const;          ///< drift and stage
    Nanocubes::Place stagedAt(Pixel pixel) const; ///< where the stage is, at rest
    Nanocubes::Place placeAt(Pixel pixel, Drift shift, double seconds) const;

    /// Carbon that a dwell has left, in the sample's plane.
    struct Deposit
    {
        double xNm, yNm, freePaths;
    };

    Settings m_settings;
    double m_seconds = 0;
    int m_surveys = 0;
    std::vector<Deposit> m_deposits;
    mutable std::vector<Drift> m_walk; ///< of the random walk after each of its steps so far
    Nanocubes m_sample;
    Eigen::ArrayXXi m_visits;
    std::atomic<double> m_stageXNm = 0, m_stageYNm = 0; ///< to the right, and down
    std::atomic<bool> m_isAborted = false;
};

} // namespace helmscope
