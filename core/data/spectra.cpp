// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/spectra.h"

#include "base/tr.h"

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
    const ArrayInfo &info = array.info;
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
    if (std::uint64_t(info.count()) != m_samples.count())
        fail(Tr::tr("Cannot use %1: there are %2 numbers where %3 are asked for.")
                 .arg(where)
                 .arg(m_samples.count())
                 .arg(info.shapeText()));
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

Eigen::VectorXf Spectra::at(Pixel pixel) const
{
    if (pixel.row < 0 || pixel.col < 0 || pixel.row >= m_rows || pixel.col >= m_cols)
        fail(Tr::tr("There is no spectrum at row %1, column %2 of %3 × %4.")
                 .arg(pixel.row)
                 .arg(pixel.col)
                 .arg(m_rows)
                 .arg(m_cols));
    const auto first = std::size_t(pixel.row * m_rowStride + pixel.col * m_colStride);
    Eigen::VectorXf raw(Eigen::Index(channels()) * m_bin);
    m_samples.copy(first, std::size_t(raw.size()), m_channelStride, raw.data());
    if (m_bin == 1)
        return raw;
    Eigen::VectorXf spectrum(channels());
    for (int i = 0; i < spectrum.size(); ++i)
        spectrum[i] =
            float(raw.segment(Eigen::Index(i) * m_bin, m_bin).cast<double>().sum() / m_bin);
    return spectrum;
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
