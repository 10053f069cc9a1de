// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/array.h"

#include <functional>
#include <memory>

namespace helmscope {

class StoredArray;
class StoredSpectra;

/// The energies of a spectrum's channels (their centres), increasing.
struct EnergyAxis
{
    QString name; ///< "Energy loss", "Energy"
    QString unit; ///< "eV", "keV"; empty when the file has none
    std::vector<double> values;

    int channels() const { return int(values.size()); }
    /// The axis after averaging `n` neighbouring channels; a last incomplete group is left out.
    EnergyAxis binned(int n) const;
    /// Throws Error when the energies are none, not finite or not increasing; `where` begins with
    /// "the".
    void check(const QString &where) const;
    bool operator==(const EnergyAxis &) const = default;
};

/// A spectrum per pixel, [rows, cols, channels], kept in the type of its file and shared between
/// copies: in memory, or in its file, of which what is asked for is read. Several threads may read.
class Spectra
{
public:
    Spectra() = default;
    /// From a three-dimensional array whose axis `energyAxis` (0, 1 or 2) holds the channels, the
    /// other two being rows and columns in this order. Throws Error on a wrong shape, an axis that
    /// is not finite or not increasing.
    Spectra(Array array, int energyAxis, EnergyAxis energies);
    /// Of an array that stays in its file; then all that reads them throws Error when it cannot.
    Spectra(std::shared_ptr<const StoredArray> array, int energyAxis, EnergyAxis energies);

    bool isEmpty() const { return m_rows == 0; }
    int rows() const { return m_rows; }
    int cols() const { return m_cols; }
    int channels() const { return m_energies.channels(); } ///< after binning
    const EnergyAxis &energies() const { return m_energies; }
    bool isInFile() const { return bool(m_stored); }
    std::int64_t bytes() const; ///< of all their numbers, as they are stored
    /// Whether all of them are read within seconds: what is in memory, and up to 1 GiB in a file.
    bool isQuick() const;

    /// The spectrum at a pixel, [channels], in the file's units; binned: the mean of each group.
    Eigen::VectorXf at(Pixel pixel) const;
    /// Calls `use` with each pixel of a rectangle and its spectrum, in the order that is cheapest
    /// and in bounded memory. Throws Error when it lies outside; stopped, Error "Stopped.".
    using Use = std::function<void(Pixel, const Eigen::VectorXf &)>;
    void forEach(Pixel first, int rows, int cols, const Progress &progress, const Use &use) const;
    /// The mean spectrum of the pixels that are set in a mask of this grid; what is not finite is
    /// left out, NaN where nothing is left. Throws as forEach().
    Eigen::VectorXf mean(const Mask &pixels, const Progress &progress) const;
    /// The same spectra with `n` neighbouring channels averaged; shares the numbers.
    Spectra binned(int n) const;

private:
    void fit(const ArrayInfo &info, int energyAxis);
    Eigen::VectorXf grouped(Eigen::VectorXf raw) const;

    Samples m_samples;
    std::shared_ptr<const StoredSpectra> m_stored;
    EnergyAxis m_energies;
    int m_rows = 0, m_cols = 0, m_bin = 1;
    std::ptrdiff_t m_rowStride = 0, m_colStride = 0, m_channelStride = 0;
};

} // namespace helmscope
