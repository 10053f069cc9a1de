// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/replay.h"

#include "base/tr.h"
#include "instrument/noise.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

/// Counts below this are exact in a float, and so is whether they are whole.
constexpr float largestExactCount = 16777216;

bool isWholeCount(float value)
{
    return value >= 0 && value <= largestExactCount && value == std::floor(value);
}

[[noreturn]] void refuseShotNoise(Pixel pixel)
{
    fail(
        Tr::tr("The recording cannot be replayed with shot noise: at row %1, column %2 it does not "
               "hold "
               "whole counts. Replay it without shot noise, or open it as it was recorded, neither "
               "binned nor scaled.")
            .arg(pixel.row)
            .arg(pixel.col));
}

} // namespace

Replay::Replay(Dataset dataset)
    : Replay(std::move(dataset), Settings())
{
}

Replay::Replay(Dataset dataset, const Settings &settings)
    : m_dataset(std::move(dataset))
    , m_settings(settings)
{
    if (!m_dataset.hasSpectra() && !m_dataset.hasValues())
        fail(
            Tr::tr(
                "The recording '%1' cannot be replayed: it has neither spectra nor values, only an "
                "image. Name the file that holds them.")
                .arg(m_dataset.title));
    const Limits grid = limits();
    const Spectra &spectra = m_dataset.spectra;
    const Map &values = m_dataset.values;
    if (m_dataset.hasSpectra() ? spectra.rows() != grid.rows || spectra.cols() != grid.cols
                               : values.rows() != grid.rows || values.cols() != grid.cols)
        fail(Tr::tr("The recording '%1' cannot be replayed: its spectra or values do not cover the "
                    "image's %2 × %3 pixels.")
                 .arg(m_dataset.title)
                 .arg(grid.rows)
                 .arg(grid.cols));
    if (!(settings.recordedDwellSeconds > 0 && std::isfinite(settings.recordedDwellSeconds)))
        fail(Tr::tr("The recording '%1' cannot be replayed: its dwell must be above 0 s, not %2 s.")
                 .arg(m_dataset.title)
                 .arg(settings.recordedDwellSeconds));
    if (!(settings.beamCurrentPa >= 0 && std::isfinite(settings.beamCurrentPa)))
        fail(Tr::tr("The recording '%1' cannot be replayed: the beam current must not be %2 pA.")
                 .arg(m_dataset.title)
                 .arg(settings.beamCurrentPa));
    m_visits = Eigen::ArrayXXi::Zero(grid.rows, grid.cols);
    if (!settings.hasShotNoise)
        return;
    if (!m_dataset.hasSpectra())
        fail(Tr::tr("The recording '%1' cannot be replayed with shot noise: it holds values, not "
                    "counts. "
                    "Replay it without shot noise.")
                 .arg(m_dataset.title));
    // A look at about a hundred pixels, so that most recordings are refused before a run and not in
    // it.
    for (int row = 0; row < grid.rows; row += std::max(1, grid.rows / 10))
        for (int col = 0; col < grid.cols; col += std::max(1, grid.cols / 10))
            if (!spectra.at({row, col}).array().unaryExpr(&isWholeCount).all())
                refuseShotNoise({row, col});
}

QString Replay::name() const
{
    return Tr::tr("Replay of a recording");
}

Dataset Replay::survey(const Progress &progress)
{
    if (m_isAborted)
        fail(Tr::tr("The replay was aborted: resume it before the next image."));
    progress(0);
    Dataset survey = m_dataset;
    survey.spectra = {};
    survey.values = {};
    progress(1);
    return survey;
}

EnergyAxis Replay::energies() const
{
    return m_dataset.spectra.energies();
}

Limits Replay::limits() const
{
    return {m_dataset.rows(), m_dataset.cols(), 1e-7, 100};
}

Measurement Replay::measure(Pixel pixel, double dwellSeconds)
{
    checkLimits(name(), limits(), pixel, dwellSeconds);
    if (m_isAborted)
        fail(Tr::tr("The replay was aborted: resume it before the next measurement."));
    const int visit = m_visits(pixel.row, pixel.col)++;
    Measurement measurement;
    measurement.dwellSeconds = dwellSeconds;
    measurement.dose = dose(m_settings.beamCurrentPa, dwellSeconds, m_dataset.gridPixelSizeNm());
    if (!m_dataset.hasSpectra()) {
        measurement.value = double(m_dataset.values(pixel.row, pixel.col));
        return measurement;
    }
    measurement.value = std::nan("");
    measurement.spectrum = m_dataset.spectra.at(pixel);
    const double kept = std::min(dwellSeconds / m_settings.recordedDwellSeconds, 1.0);
    if (m_settings.hasShotNoise && kept < 1) {
        RandomBits bits = bitsOf(m_settings.seed, {pixel.row, pixel.col, visit});
        for (float &counts : measurement.spectrum) {
            if (!isWholeCount(counts))
                refuseShotNoise(pixel);
            counts = float(binomial(bits, double(counts), kept) / kept);
        }
    }
    return measurement;
}

void Replay::abort()
{
    m_isAborted = true;
}

void Replay::resume()
{
    m_isAborted = false;
}

std::optional<Dataset> Replay::groundTruth() const
{
    return m_dataset;
}

} // namespace helmscope
