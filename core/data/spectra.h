// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/array.h"

namespace helmscope {

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
/// copies.
class Spectra
{
public:
    Spectra() = default;
    /// From a three-dimensional array whose axis `energyAxis` (0, 1 or 2) holds the channels, the
    /// other two being rows and columns in this order. Throws Error on a wrong shape, an axis that
    /// is not finite or not increasing.
    Spectra(Array array, int energyAxis, EnergyAxis energies);

    bool isEmpty() const { return m_rows == 0; }
    int rows() const { return m_rows; }
    int cols() const { return m_cols; }
    int channels() const { return m_energies.channels(); } ///< after binning
    const EnergyAxis &energies() const { return m_energies; }

    /// The spectrum at a pixel, [channels], in the file's units; binned: the mean of each group.
    Eigen::VectorXf at(Pixel pixel) const;
    /// The same spectra with `n` neighbouring channels averaged; shares the numbers.
    Spectra binned(int n) const;

private:
    Samples m_samples;
    EnergyAxis m_energies;
    int m_rows = 0, m_cols = 0, m_bin = 1;
    std::ptrdiff_t m_rowStride = 0, m_colStride = 0, m_channelStride = 0;
};

} // namespace helmscope
