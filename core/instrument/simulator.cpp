// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/simulator.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "instrument/noise.h"

#include <cmath>

namespace helmscope {

namespace {

/// Streams of chance; negative, so that they are no pixel's row.
constexpr std::int64_t imageStream = -1;
constexpr std::int64_t walkStream = -2;

constexpr double walkSeconds = 0.1;  // of a step of the random walk
constexpr double carbonNm = 3;       // deviation of a spot of carbon
constexpr float carbonBright = 0.6f; // the image of a very thick one

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
    const Unrest &unrest = settings.unrest;
    const auto isSpeed = [](double speed, double least) { return speed >= least && speed <= 1000; };
    if (!isSpeed(unrest.driftXNmPerSecond, -1000) || !isSpeed(unrest.driftYNmPerSecond, -1000) ||
        !isSpeed(unrest.walkNm, 0) || !isSpeed(unrest.defocusNmPerSecond, 0) ||
        !isSpeed(unrest.contaminationPerSecond, 0) || !isSpeed(unrest.surveySeconds, 0))
        fail(Tr::tr("The simulated microscope cannot work: drift, walk, defocus, contamination and "
                    "the time of a survey must be numbers up to 1000 each."));
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
    survey.title = recorded("Simulated nanocubes, seed %1").arg(m_settings.sample.seed);
    survey.image = m_sample.image();
    if (!isHome() || (!m_settings.unrest.isCalm() && m_seconds > 0))
        for (int row = 0; row < survey.image.rows(); ++row) {
            // Line after line, as a scan does: drift shears what it shows.
            const double seconds =
                m_seconds + m_settings.unrest.surveySeconds * row / double(survey.image.rows());
            const Drift shift = shiftAt(seconds);
            for (int col = 0; col < survey.image.cols(); ++col)
                survey.image(row, col) = placeAt({row, col}, shift, seconds).image;
        }
    survey.imageQuantity = recorded("HAADF (fraction of full thickness)");
    survey.pixelSizeNm = m_settings.sample.pixelSizeNm;
    if (m_settings.imageNoise > 0) {
        RandomBits bits = m_seconds == 0
                              ? bitsOf(m_settings.sample.seed, {imageStream})
                              : bitsOf(m_settings.sample.seed, {imageStream, 1 + m_surveys});
        const double deviation = m_settings.imageNoise *
                                 double(m_sample.image().maxCoeff() - m_sample.image().minCoeff());
        for (float &value : survey.image.reshaped<Eigen::RowMajor>())
            value += float(deviation * normal(bits));
    }
    if (m_seconds > 0) { // the first one is what times count from, however often it is asked for
        m_seconds += m_settings.unrest.surveySeconds;
        ++m_surveys;
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
    if (m_settings.unrest.isCalm() && isHome()) {
        measurement.spectrum = m_sample.expected(pixel);
    } else {
        const double middle = m_seconds + dwellSeconds / 2;
        measurement.spectrum = m_sample.expectedAt(placeAt(pixel, shiftAt(middle), middle));
        if (m_settings.unrest.contaminationPerSecond > 0) {
            const auto [x, y] = shiftAt(middle);
            const double size = m_settings.sample.pixelSizeNm;
            m_deposits.push_back({(pixel.col + 0.5) * size - x, (pixel.row + 0.5) * size - y,
                                  m_settings.unrest.contaminationPerSecond * dwellSeconds});
        }
    }
    m_seconds += dwellSeconds;
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

Simulator::Drift Simulator::driftAt(double seconds) const
{
    const Unrest &unrest = m_settings.unrest;
    Drift drift{unrest.driftXNmPerSecond * seconds, unrest.driftYNmPerSecond * seconds};
    if (!(unrest.walkNm > 0))
        return drift;
    // Steps belong to their time: looking twice, or at another time first, changes nothing.
    const double steps = seconds / walkSeconds, size = unrest.walkNm * std::sqrt(walkSeconds);
    const std::size_t whole = std::size_t(steps);
    if (m_walk.empty())
        m_walk.emplace_back();
    while (m_walk.size() < whole + 2) {
        RandomBits bits = bitsOf(m_settings.sample.seed, {walkStream, std::int64_t(m_walk.size())});
        Drift next = m_walk.back();
        next.xNm += size * normal(bits);
        next.yNm += size * normal(bits);
        m_walk.push_back(next);
    }
    const Drift &low = m_walk[whole], &high = m_walk[whole + 1];
    const double part = steps - double(whole);
    drift.xNm += low.xNm + part * (high.xNm - low.xNm);
    drift.yNm += low.yNm + part * (high.yNm - low.yNm);
    return drift;
}

Simulator::Drift Simulator::shiftAt(double seconds) const
{
    Drift shift = driftAt(seconds);
    shift.xNm += m_stageXNm;
    shift.yNm += m_stageYNm;
    return shift;
}

std::optional<Stage> Simulator::stage() const
{
    const NanocubesSettings &sample = m_settings.sample;
    const double x = 1e-9 * sample.cols * sample.pixelSizeNm;
    const double y = 1e-9 * sample.rows * sample.pixelSizeNm;
    return Stage{
        {{StageAxis::X, 1e-9 * m_stageXNm, -x, x}, {StageAxis::Y, 1e-9 * m_stageYNm, -y, y}}};
}

Stage Simulator::moveStage(const StageTarget &target)
{
    if (m_isAborted)
        fail(Tr::tr("The simulated microscope was aborted: resume it before the next move."));
    checkStage(name(), *stage(), target);
    for (const auto &[axis, metres] : target)
        (axis == StageAxis::X ? m_stageXNm : m_stageYNm) = 1e9 * metres;
    return *stage();
}

Nanocubes::Place Simulator::stagedAt(Pixel pixel) const
{
    const double size = m_settings.sample.pixelSizeNm;
    return m_sample.at((pixel.col + 0.5) * size - m_stageXNm, (pixel.row + 0.5) * size - m_stageYNm,
                       0, true);
}

Nanocubes::Place Simulator::placeAt(Pixel pixel, Drift shift, double seconds) const
{
    const auto [right, down] = shift;
    const double size = m_settings.sample.pixelSizeNm;
    const double x = (pixel.col + 0.5) * size - right, y = (pixel.row + 0.5) * size - down;
    const double defocus = m_settings.unrest.defocusNmPerSecond * seconds;
    Nanocubes::Place place = m_sample.at(x, y, defocus, !isHome());
    double carbon = 0;
    const double width = 2 * (carbonNm * carbonNm + defocus * defocus);
    for (const Deposit &deposit : m_deposits) {
        const double far =
            (x - deposit.xNm) * (x - deposit.xNm) + (y - deposit.yNm) * (y - deposit.yNm);
        if (far < 8 * width)
            carbon += deposit.freePaths * std::exp(-far / width);
    }
    if (carbon > 0) {
        const float kept = float(std::exp(-carbon));
        place.image += carbonBright * (1 - kept);
        for (float *part :
             {&place.transmission, &place.corner, &place.edge, &place.gap, &place.bulk})
            *part *= kept;
    }
    return place;
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
    array.info.title = recorded("Expected spectra");
    array.info.quantity = recorded("counts per second");
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
            Eigen::Map<Eigen::VectorXf>(to, sample.channels) =
                isHome() ? m_sample.expected({row, col})
                         : m_sample.expectedAt(stagedAt({row, col}));

    Dataset truth;
    truth.title = recorded("Simulated nanocubes without noise, seed %1").arg(sample.seed);
    truth.image = m_sample.image();
    if (!isHome())
        for (int row = 0; row < sample.rows; ++row)
            for (int col = 0; col < sample.cols; ++col)
                truth.image(row, col) = stagedAt({row, col}).image;
    truth.imageQuantity = recorded("HAADF (fraction of full thickness)");
    truth.pixelSizeNm = sample.pixelSizeNm;
    truth.spectra = Spectra(std::move(array), 2, m_sample.energies());
    return truth;
}

} // namespace helmscope
