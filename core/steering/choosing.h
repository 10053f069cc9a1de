// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/operator.h"

#include <functional>

namespace helmscope {

/// What something random is for: each purpose has a sequence of its own, all from the plan's seed.
enum class Draw : std::uint64_t {
    FirstPixels = 1,
    Weights,
    Noise,
    Acquisition,
    Candidates,
    Scalars
};
std::uint64_t derivedSeed(std::uint64_t seed, Draw draw, std::uint64_t number = 0);

/// `count` of 0 ... n - 1 without replacement, in the order drawn; all of them when count >= n.
std::vector<int> drawnFrom(int n, int count, std::uint64_t seed);

/// The candidates of a run in row order, and which of them may still be measured.
class Field
{
public:
    Field() = default;
    Field(std::vector<Pixel> candidates, int rows, int cols);

    int rows() const { return int(m_index.rows()); }
    int cols() const { return int(m_index.cols()); }
    const std::vector<Pixel> &pixels() const { return m_pixels; }
    int size() const { return int(m_pixels.size()); }
    int indexOf(Pixel pixel) const; ///< -1: no candidate

    bool isOpen(int index) const { return m_closed[std::size_t(index)] == 0; }
    bool isMeasured(int index) const { return m_closed[std::size_t(index)] & Measured; }
    bool isPending(int index) const { return m_closed[std::size_t(index)] & Pending; }
    bool isVetoed(int index) const { return m_closed[std::size_t(index)] & Vetoed; }
    std::vector<int> open() const;

    void markMeasured(int index)
    {
        m_closed[std::size_t(index)] =
            std::uint8_t((m_closed[std::size_t(index)] & ~Pending) | Measured);
    }
    void markPending(int index) { m_closed[std::size_t(index)] |= Pending; } ///< being measured
    void markPoor(int index) { m_closed[std::size_t(index)] |= Poor; }
    /// Closes the candidates that have drifted out of the scan, opens those that came back.
    template <class IsWithin>
    void reach(IsWithin isWithin)
    {
        for (std::size_t i = 0; i < m_pixels.size(); ++i)
            m_closed[i] =
                std::uint8_t((m_closed[i] & ~Beyond) | (isWithin(m_pixels[i]) ? 0 : Beyond));
    }
    void markVetoed(int index) { m_closed[std::size_t(index)] |= Vetoed; }
    /// Replaces the mask in force; an empty one forbids nothing. Returns how many candidates are
    /// forbidden now.
    int forbid(const Mask &mask);

    /// A number per candidate as a map of the grid, NaN elsewhere.
    Map mapOf(const Eigen::VectorXd &values) const;

private:
    enum : std::uint8_t {
        Measured = 1,
        Vetoed = 2,
        Forbidden = 4,
        Pending = 8,
        Beyond = 16,
        Poor = 32
    };
    std::vector<Pixel> m_pixels;
    std::vector<std::uint8_t> m_closed;
    Eigen::Array<int, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> m_index;
};

/// The first points as candidates' indices, of those that are open. Throws Error naming a given
/// pixel that is no candidate or named twice.
std::vector<int> firstPoints(const InitialPoints &initial, const Field &field, std::uint64_t seed);

/// What is known when the next pixel is chosen.
struct Situation
{
    const Eigen::VectorXd &mean;      ///< of each candidate
    const Eigen::VectorXd &deviation; ///< of each candidate
    std::vector<double> values;       ///< measured and defined
    std::uint64_t seed = 1;           ///< the plan's
    int number = 0;                   ///< of the step to come
    /// A draw of the posterior at these candidates.
    std::function<Eigen::VectorXd(const std::vector<int> &candidates, std::uint64_t seed)> draw;
    /// How much measuring each candidate lowers the variance at these others, on average.
    std::function<Eigen::VectorXd(const std::vector<int> &others)> varianceReduction;
};

/// Worth of measuring each candidate; NaN where it cannot be told. Thompson draws at no more than
/// 4,000 of the open candidates and leaves the others NaN; the integrated variance, as the root of
/// what it falls by, is that of 128 open candidates drawn anew each step.
Eigen::VectorXd worthOfAll(const AcquisitionSettings &settings, const Situation &situation,
                           const Field &field);

/// Counts what the worth of preferred candidates is above the floor so many times.
void raisePreferred(Eigen::VectorXd &worth, const Preference &preferred, const Field &field);

/// The open candidate of the largest worth, the first of equals; -1 when none has any.
int bestOf(const Eigen::VectorXd &worth, const Field &field);

} // namespace helmscope
