// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/spectra.h"

#include "base/tr.h"
#include "data/stored/storedspectra.h"

#include <cmath>
#include <limits>

namespace helmscope {

EnergyAxis EnergyAxis::binned(int n) const
{
    if (n < 1)
        fail(Tr::tr("Cannot average %1 channels into one: it must be 1 or more.").arg(n));
    EnergyAxis axis{name, unit, {}};
    for (std::size_t first = 0; first + std::size_t(n) <= values.size(); first += std::size_t(n)) {
        double sum = 0;
        for (std::size_t i = 0; i < std::size_t(n); ++i)
            sum += values[first + i];
        axis.values.push_back(sum / n);
    }
    return axis;
}

void EnergyAxis::check(const QString &where) const
{
    if (values.empty())
        fail(Tr::tr("Cannot use %1: its energy axis is empty.").arg(where));
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
            fail(Tr::tr("Cannot use %1: the energy of channel %2 is not a finite number.")
                     .arg(where)
                     .arg(i));
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (values[i] > values[i - 1])
            continue;
        const QString remedy = values.back() < values.front()
                                   ? Tr::tr(" Reverse the energies and the spectra in the file.")
                                   : QString();
        fail(Tr::tr("Cannot use %1: its energies do not increase (%2 at channel %3, then %4).")
                 .arg(where)
                 .arg(values[i - 1])
                 .arg(i - 1)
                 .arg(values[i]) +
             remedy);
    }
}

Spectra::Spectra(Array array, int energyAxis, EnergyAxis energies)
    : m_samples(std::move(array.samples))
    , m_energies(std::move(energies))
{
    fit(array.info, energyAxis);
    if (std::uint64_t(array.info.count()) != m_samples.count())
        fail(Tr::tr("Cannot use the spectra '%1': there are %2 numbers where %3 are asked for.")
                 .arg(array.info.path.isEmpty() ? array.info.title : array.info.path)
                 .arg(m_samples.count())
                 .arg(array.info.shapeText()));
}

Spectra::Spectra(std::shared_ptr<const StoredArray> array, int energyAxis, EnergyAxis energies)
    : m_energies(std::move(energies))
{
    fit(array->info(), energyAxis);
    m_stored = std::make_shared<const StoredSpectra>(std::move(array), energyAxis);
}

void Spectra::fit(const ArrayInfo &info, int energyAxis)
{
    const QString where =
        Tr::tr("the spectra '%1'").arg(info.path.isEmpty() ? info.title : info.path);
    if (info.axes.size() != 3)
        fail(Tr::tr("Cannot use %1: spectra have rows, columns and channels, these are %2.")
                 .arg(where, info.shapeText()));
    if (energyAxis < 0 || energyAxis > 2)
        fail(Tr::tr("Cannot use %1: there is no axis number %2.").arg(where).arg(energyAxis));
    for (const Axis &axis : info.axes)
        if (axis.size < 1 || axis.size > std::numeric_limits<int>::max())
            fail(Tr::tr("Cannot use %1: an axis of %2 cannot be used.")
                     .arg(where, info.shapeText()));
    if (info.axes[energyAxis].size != std::int64_t(m_energies.values.size()))
        fail(Tr::tr("Cannot use %1: it has %2 channels, but %3 energies are given.")
                 .arg(where)
                 .arg(info.axes[energyAxis].size)
                 .arg(m_energies.values.size()));
    m_energies.check(where);

    const int rowAxis = energyAxis == 0 ? 1 : 0;
    const int colAxis = energyAxis == 2 ? 1 : 2;
    const std::ptrdiff_t strides[3] = {std::ptrdiff_t(info.axes[1].size * info.axes[2].size),
                                       std::ptrdiff_t(info.axes[2].size), 1};
    m_rows = int(info.axes[rowAxis].size);
    m_cols = int(info.axes[colAxis].size);
    m_rowStride = strides[rowAxis];
    m_colStride = strides[colAxis];
    m_channelStride = strides[energyAxis];
}

std::int64_t Spectra::bytes() const
{
    if (!m_stored)
        return std::int64_t(m_samples.count() * Samples::sizeOf(m_samples.type()));
    const ArrayInfo &info = m_stored->array().info();
    return info.count() * std::int64_t(Samples::sizeOf(info.type));
}

bool Spectra::isQuick() const
{
    return !m_stored || bytes() <= (std::int64_t(1) << 30);
}

/// The spectrum of the file's channels, binned.
Eigen::VectorXf Spectra::grouped(Eigen::VectorXf raw) const
{
    if (m_bin == 1)
        return raw;
    Eigen::VectorXf spectrum(channels());
    for (int i = 0; i < spectrum.size(); ++i)
        spectrum[i] =
            float(raw.segment(Eigen::Index(i) * m_bin, m_bin).cast<double>().sum() / m_bin);
    return spectrum;
}

Eigen::VectorXf Spectra::at(Pixel pixel) const
{
    if (pixel.row < 0 || pixel.col < 0 || pixel.row >= m_rows || pixel.col >= m_cols)
        fail(Tr::tr("There is no spectrum at row %1, column %2 of %3 × %4.")
                 .arg(pixel.row)
                 .arg(pixel.col)
                 .arg(m_rows)
                 .arg(m_cols));
    if (m_stored) {
        const ArrayInfo &info = m_stored->array().info();
        Eigen::VectorXf all(info.count() / m_rows / m_cols);
        m_stored->copy(pixel, all.data());
        return grouped(std::move(all));
    }
    const auto first = std::size_t(pixel.row * m_rowStride + pixel.col * m_colStride);
    Eigen::VectorXf raw(Eigen::Index(channels()) * m_bin);
    m_samples.copy(first, std::size_t(raw.size()), m_channelStride, raw.data());
    return grouped(std::move(raw));
}

void Spectra::forEach(Pixel first, int rows, int cols, const Progress &progress,
                      const Use &use) const
{
    if (first.row < 0 || first.col < 0 || rows < 1 || cols < 1 || rows > m_rows - first.row ||
        cols > m_cols - first.col)
        fail(Tr::tr("There are no %1 × %2 spectra from row %3, column %4 on of %5 × %6.")
                 .arg(rows)
                 .arg(cols)
                 .arg(first.row)
                 .arg(first.col)
                 .arg(m_rows)
                 .arg(m_cols));
    if (m_stored) {
        const Eigen::Index all = m_stored->array().info().count() / m_rows / m_cols;
        const auto take = [&](Pixel pixel, const float *raw) {
            use(pixel, grouped(Eigen::Map<const Eigen::VectorXf>(raw, all)));
        };
        if (!m_stored->forEach(first, rows, cols, take, progress))
            fail(Tr::tr("Stopped."));
        return;
    }
    for (int row = first.row; row < first.row + rows; ++row) {
        if (!progress(double(row - first.row) / rows))
            fail(Tr::tr("Stopped."));
        for (int col = first.col; col < first.col + cols; ++col)
            use({row, col}, at({row, col}));
    }
}

Eigen::VectorXf Spectra::mean(const Mask &pixels, const Progress &progress) const
{
    if (pixels.rows() != m_rows || pixels.cols() != m_cols)
        fail(Tr::tr("A selection of %1 × %2 pixels does not fit spectra of %3 × %4.")
                 .arg(pixels.rows())
                 .arg(pixels.cols())
                 .arg(m_rows)
                 .arg(m_cols));
    Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(channels()), count = sum;
    // Only the rows and columns that hold a selected pixel are read.
    int top = m_rows, bottom = -1, left = m_cols, right = -1;
    for (int row = 0; row < m_rows; ++row)
        for (int col = 0; col < m_cols; ++col)
            if (pixels(row, col)) {
                top = std::min(top, row);
                bottom = row;
                left = std::min(left, col);
                right = std::max(right, col);
            }
    if (bottom >= top)
        forEach({top, left}, bottom - top + 1, right - left + 1, progress,
                [&](Pixel pixel, const Eigen::VectorXf &spectrum) {
                    if (!pixels(pixel.row, pixel.col))
                        return;
                    const auto isGood = spectrum.array().isFinite();
                    sum += isGood.select(spectrum.array().cast<double>(), 0.0);
                    count += isGood.cast<double>();
                });
    return (sum / count).cast<float>(); // 0 / 0 is NaN
}

Spectra Spectra::binned(int n) const
{
    if (n < 1 || n > channels())
        fail(Tr::tr("Cannot average %1 channels into one: the spectra have %2.")
                 .arg(n)
                 .arg(channels()));
    Spectra spectra(*this);
    spectra.m_energies = m_energies.binned(n);
    spectra.m_bin = m_bin * n;
    return spectra;
}

} // namespace helmscope
