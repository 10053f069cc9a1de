// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/simulator.h"

#include "base/tr.h"
#include "instrument/noise.h"

#include <cmath>

namespace helmscope {

namespace {

/// Streams of chance; negative, so that they are no pixel's row.
constexpr std::int64_t imageStream = -1;

void check(const Simulator::Settings &settings)
{
    if (!(settings.imageNoise >= 0 && settings.imageNoise <= 1))
        fail(Tr::tr("The simulated microscope cannot work: the image's noise must be from 0 to 1 "
                    "of its "
                    "range, not %1.")
                 .arg(settings.imageNoise));
    if (!(settings.beamCurrentPa >= 0 && settings.beamCurrentPa <= 1e6))
        fail(Tr::tr("The simulated microscope cannot work: the beam current must be from 0 to "
                    "1000000 pA, "
                    "not %1.")
                 .arg(settings.beamCurrentPa));
}

} // namespace

Simulator::Simulator(const Settings &settings)
    : m_settings(settings)
    , m_sample(settings.sample)
    , m_visits(Eigen::ArrayXXi::Zero(settings.sample.rows, settings.sample.cols))
{
    check(settings);
}

QString Simulator::name() const
{
    return Tr::tr("Simulated microscope");
}

Dataset Simulator::survey(const Progress &progress)
{
    if (m_isAborted)
        fail(Tr::tr("The simulated microscope was aborted: resume it before the next image."));
    progress(0);
    Dataset survey;
    survey.title = Tr::tr("Simulated nanocubes, seed %1").arg(m_settings.sample.seed);
    survey.image = m_sample.image();
    survey.imageQuantity = Tr::tr("HAADF (fraction of full thickness)");
    survey.pixelSizeNm = m_settings.sample.pixelSizeNm;
    if (m_settings.imageNoise > 0) {
        RandomBits bits = bitsOf(m_settings.sample.seed, {imageStream});
        const double deviation = m_settings.imageNoise *
                                 double(m_sample.image().maxCoeff() - m_sample.image().minCoeff());
        for (float &value : survey.image.reshaped<Eigen::RowMajor>())
            value += float(deviation * normal(bits));
    }
    progress(1);
    return survey;
}

EnergyAxis Simulator::energies() const
{
    return m_sample.energies();
}

Limits Simulator::limits() const
{
    return {m_settings.sample.rows, m_settings.sample.cols, 1e-4, 10};
}

Measurement Simulator::measure(Pixel pixel, double dwellSeconds)
{
    checkLimits(name(), limits(), pixel, dwellSeconds);
    if (m_isAborted)
        fail(
            Tr::tr("The simulated microscope was aborted: resume it before the next measurement."));
    const int visit = m_visits(pixel.row, pixel.col)++;
    Measurement measurement;
    measurement.spectrum = m_sample.expected(pixel);
    measurement.value = std::nan("");
    measurement.dwellSeconds = dwellSeconds;
    measurement.dose = dose(m_settings.beamCurrentPa, dwellSeconds, m_settings.sample.pixelSizeNm);
    if (m_settings.hasShotNoise) {
        RandomBits bits = bitsOf(m_settings.sample.seed, {pixel.row, pixel.col, visit});
        for (float &rate : measurement.spectrum)
            rate = float(poisson(bits, double(rate) * dwellSeconds) / dwellSeconds);
    }
    return measurement;
}

void Simulator::abort()
{
    m_isAborted = true;
}

void Simulator::resume()
{
    m_isAborted = false;
}

std::optional<Dataset> Simulator::groundTruth() const
{
    const NanocubesSettings &sample = m_settings.sample;
    Array array;
    array.info.title = Tr::tr("Expected spectra");
    array.info.quantity = Tr::tr("counts per second");
    array.info.type = Samples::Type::Float32;
    for (const int size : {sample.rows, sample.cols, sample.channels}) {
        Axis axis;
        axis.size = size;
        array.info.axes << axis;
    }
    array.samples = Samples(Samples::Type::Float32, std::size_t(array.info.count()));
    float *to = reinterpret_cast<float *>(array.samples.bytes());
    for (int row = 0; row < sample.rows; ++row)
        for (int col = 0; col < sample.cols; ++col, to += sample.channels)
            Eigen::Map<Eigen::VectorXf>(to, sample.channels) = m_sample.expected({row, col});

    Dataset truth;
    truth.title = Tr::tr("Simulated nanocubes without noise, seed %1").arg(sample.seed);
    truth.image = m_sample.image();
    truth.imageQuantity = Tr::tr("HAADF (fraction of full thickness)");
    truth.pixelSizeNm = sample.pixelSizeNm;
    truth.spectra = Spectra(std::move(array), 2, m_sample.energies());
    return truth;
}

} // namespace helmscope
