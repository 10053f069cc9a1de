// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/believing.h"

#include "base/tr.h"
#include "data/patches.h"
#include "dkl/transfer/modelstart.h"
#include "steering/choosing.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

/// Patches cut at a time: all of a large image would not fit.
static constexpr int block = 4096;
/// Draws of each predicted spectrum for a scalarizer that is not linear.
static constexpr int draws = 64;

Believing::Believing(const Plan &plan, const Dataset &survey, const std::vector<Pixel> &candidates,
                     const EnergyAxis &energies)
    : m_plan(plan)
    , m_survey(survey)
    , m_candidates(candidates)
    , m_energies(energies)
    , m_start(plan.beginning.start)
    , m_wantsCold(!plan.beginning.isWanted())
    , m_isCold(m_wantsCold)
{
    const ModelStart *start = plan.beginning.start.get();
    if (!m_wantsCold && !start)
        fail(Tr::tr("The plan begins from the meta-model %1, which has not been read; name its "
                    "file.")
                 .arg(plan.beginning.hash));
    if (start && start->patchNumbers != plan.patch * plan.patch)
        fail(Tr::tr("The meta-model %1 was learnt on patches of %2 numbers, and the plan's patches "
                    "of %3 × %3 pixels have %4; choose the same patch size.")
                 .arg(plan.beginning.file)
                 .arg(start->patchNumbers)
                 .arg(plan.patch)
                 .arg(plan.patch * plan.patch));
}

/// From this many points on a fit starts where the last one ended.
static constexpr std::size_t manyPoints = 64;
/// From this many points on a kernel is found only now and then.
static constexpr std::size_t veryManyPoints = 512;

void Believing::beginFrom(const Beginning &beginning)
{
    m_start = beginning.start;
    m_wantsCold = !m_start;
    m_isBegunAnew = true;
    m_warmth.reset();
    m_judgedAt = 0;
}

DeepKernel Believing::begun(bool isCold) const
{
    if (!isCold)
        return DeepKernel(m_start);
    DeepKernelSettings settings = m_plan.model;
    settings.seed = derivedSeed(m_plan.seed, Draw::Weights);
    return DeepKernel(settings);
}

void Believing::judgeBeginning(const std::vector<Pixel> &pixels, const Eigen::MatrixXd &targets,
                               const Progress &progress)
{
    // What a start is worth shows in the beginning; later both have seen enough, and trying them
    // takes long.
    constexpr std::size_t first = 4, last = 200;
    const bool isDue =
        pixels.size() >= first && pixels.size() <= last && 4 * pixels.size() >= 5 * m_judgedAt;
    if (!m_start || !isDue)
        return;
    m_judgedAt = pixels.size();
    const auto score = [&](bool isCold, double from, double to) {
        const bool hasPlace = isCold ? m_plan.model.hasPlace : m_start->settings.hasPlace;
        return crossValidated([&] { return begun(isCold); }, inputsAt(pixels, hasPlace), targets,
                              part(progress, from, to));
    };
    m_warmth = WarmAgainstCold{score(false, 0, 0.3), score(true, 0.3, 0.6)};
    m_wantsCold = !m_warmth->isWarmBetter();
}

Eigen::MatrixXf Believing::inputsAt(const std::vector<Pixel> &pixels) const
{
    return inputsAt(pixels, m_model->settings().hasPlace);
}

Eigen::MatrixXf Believing::inputsAt(const std::vector<Pixel> &pixels, bool hasPlace) const
{
    Eigen::MatrixXf inputs = cutPatches(m_survey, pixels, m_plan.patch);
    if (!hasPlace)
        return inputs;
    inputs.conservativeResize(Eigen::NoChange, inputs.cols() + 2);
    for (std::size_t i = 0; i < pixels.size(); ++i)
        inputs.row(Eigen::Index(i)).tail(2) << float(pixels[i].row), float(pixels[i].col);
    return inputs;
}

std::vector<Pixel> Believing::pixelsOf(const std::vector<int> &candidates) const
{
    std::vector<Pixel> pixels;
    pixels.reserve(candidates.size());
    for (int index : candidates)
        pixels.push_back(m_candidates[std::size_t(index)]);
    return pixels;
}

PreparedInputs Believing::preparedAt(const std::vector<int> &candidates) const
{
    const Eigen::Index count = Eigen::Index(candidates.size());
    const PreparedInputs &first = m_prepared.front();
    PreparedInputs some{first.inputs, Eigen::MatrixXd(count, first.rings.cols()),
                        Eigen::MatrixXd(count, first.places.cols())};
    for (Eigen::Index i = 0; i < count; ++i) {
        const int candidate = candidates[std::size_t(i)];
        const PreparedInputs &of = m_prepared[std::size_t(candidate / block)];
        some.rings.row(i) = of.rings.row(candidate % block);
        some.places.row(i) = of.places.row(candidate % block);
    }
    return some;
}

bool Believing::prepare() const
{
    constexpr std::size_t mostKept = 1 << 20; // candidates: 200 MB
    const DeepKernelSettings &model = m_model->settings();
    if (model.features != DeepKernelSettings::Features::Rings || m_candidates.size() > mostKept)
        return false;
    // The other beginning's model may want other inputs.
    if (!m_prepared.empty() && m_prepared.front().places.cols() != (model.hasPlace ? 2 : 0))
        m_prepared.clear();
    for (std::size_t first = m_prepared.size() * block; first < m_candidates.size();
         first += block) {
        const std::size_t last = std::min(first + block, m_candidates.size());
        m_prepared.push_back(
            m_model->prepared(inputsAt({m_candidates.begin() + std::ptrdiff_t(first),
                                        m_candidates.begin() + std::ptrdiff_t(last)},
                                       model.hasPlace)));
    }
    return true;
}

std::vector<double> Believing::learn(const std::vector<Pixel> &pixels,
                                     const Eigen::MatrixXd &targets, bool goesOn,
                                     const Progress &progress)
{
    judgeBeginning(pixels, targets, progress);
    // Learnt anew where the other beginning is the better one; until then the old model lasts.
    const bool isSwitched = m_isBegunAnew || m_wantsCold != m_isCold;
    const DeepKernelSettings &wanted = m_wantsCold ? m_plan.model : m_start->settings;
    const bool isFixed = wanted.features != DeepKernelSettings::Features::Network;
    const bool hasGoodStart =
        !isSwitched && isFixed && pixels.size() >= manyPoints && 4 * pixels.size() < 5 * m_anewAt;
    // The same values too: with another scalarizer all of them are new.
    const bool isMore = pixels.size() > m_learnt.size() &&
                        std::equal(m_learnt.begin(), m_learnt.end(), pixels.begin()) &&
                        targets.topRows(m_targets.rows()) == m_targets;
    const auto remember = [&] {
        m_learnt = pixels;
        m_targets = targets;
    };
    if (m_model && hasGoodStart && pixels.size() > veryManyPoints && isMore) {
        const auto first = pixels.begin() + std::ptrdiff_t(m_learnt.size());
        const std::vector<Pixel> more(first, pixels.end());
        m_model->append(inputsAt(more), targets.bottomRows(Eigen::Index(more.size())));
        remember();
        return {};
    }
    if (m_model && !isSwitched &&
        (goesOn || hasGoodStart)) { // train() that throws leaves the model as it was
        if (goesOn)
            m_model->setCycles(m_plan.warmCycles);
        std::vector<double> losses = m_model->train(inputsAt(pixels), targets, progress);
        remember();
        return losses;
    }
    DeepKernel next = begun(m_wantsCold);
    std::vector<double> losses = next.train(inputsAt(pixels, wanted.hasPlace), targets, progress);
    m_model = std::move(next);
    m_isCold = m_wantsCold;
    m_isBegunAnew = false;
    if (isSwitched)
        m_prepared.clear(); // the other model may know places where this one does not
    m_anewAt = pixels.size();
    remember();
    return losses;
}

ScalarPosterior Believing::leaveOneOut(const Scalarizer &scalarizer) const
{
    const DeepKernel::Prediction left = m_model->leaveOneOut();
    const auto counted = [](const Eigen::VectorXd &mean, const Eigen::ArrayXd &latent,
                            const Eigen::ArrayXd &noise) {
        return ScalarPosterior{mean, (latent.square() + noise.square()).sqrt()};
    };
    if (!isVector())
        return counted(left.mean.col(0), left.deviation.col(0), left.noise.col(0));
    const auto of = [&](const Spread &spread) {
        if (const auto weights = scalarizer.weights(m_energies))
            return scalarPosterior(left.mean, spread, *weights);
        return scalarPosterior(
            left.mean, spread,
            [&](const Eigen::VectorXf &spectrum) { return scalarizer(spectrum, m_energies); },
            draws, derivedSeed(m_plan.seed, Draw::Scalars, 1));
    };
    const ScalarPosterior latent = of(latentSpread(left));
    return counted(latent.mean, latent.deviation, of(noiseSpread(left)).deviation);
}

std::optional<Outlook> Believing::predict(const Scalarizer &scalarizer,
                                          const Progress &progress) const
{
    const int count = int(m_candidates.size());
    const std::optional<Eigen::VectorXd> weights =
        isVector() ? scalarizer.weights(m_energies) : std::nullopt;
    const auto value = [&](const Eigen::VectorXf &spectrum) {
        return scalarizer(spectrum, m_energies);
    };

    Outlook outlook;
    outlook.mean.resize(count);
    outlook.deviation.resize(count);
    outlook.noise.resize(count);
    if (isVector()) {
        outlook.spectra.resize(count, m_energies.channels());
        outlook.spectraDeviation.resize(count, m_energies.channels());
    }
    bool isGoingOn = true;
    const bool isPrepared = prepare();
    for (int first = 0; first < count; first += block) {
        const int rows = std::min(block, count - first);
        const Progress here = part(progress, double(first) / count, double(first + rows) / count);
        const auto goesOn = [&](double fraction) {
            return isGoingOn = isGoingOn && here(fraction);
        };
        const DeepKernel::Prediction prediction =
            isPrepared ? m_model->predict(m_prepared[std::size_t(first / block)], goesOn)
                       : m_model->predict(inputsAt({m_candidates.begin() + first,
                                                    m_candidates.begin() + first + rows}),
                                          goesOn);
        if (!isGoingOn)
            return std::nullopt;
        if (!isVector()) {
            outlook.mean.segment(first, rows) = prediction.mean.col(0);
            outlook.deviation.segment(first, rows) = prediction.deviation.col(0);
            outlook.noise.segment(first, rows) = prediction.noise.col(0);
            continue;
        }
        // What the noise does to the value where that is not linear depends on the spectrum itself.
        const auto posterior = [&](const Spread &spread, std::uint64_t round) {
            return weights ? scalarPosterior(prediction.mean, spread, *weights)
                           : scalarPosterior(prediction.mean, spread, value, draws,
                                             derivedSeed(m_plan.seed, Draw::Scalars,
                                                         2 * std::uint64_t(first) + round));
        };
        const ScalarPosterior scalar = posterior(latentSpread(prediction), 0);
        outlook.noise.segment(first, rows) = posterior(noiseSpread(prediction), 1).deviation;
        outlook.mean.segment(first, rows) = scalar.mean;
        outlook.deviation.segment(first, rows) = scalar.deviation;
        outlook.spectra.middleRows(first, rows) = prediction.mean.cast<float>();
        outlook.spectraDeviation.middleRows(first, rows) = prediction.deviation.cast<float>();
    }
    return outlook;
}

Eigen::VectorXd Believing::draw(const std::vector<int> &candidates, const Scalarizer &scalarizer,
                                std::uint64_t seed) const
{
    const Eigen::MatrixXd drawn = m_model->sample(inputsAt(pixelsOf(candidates)), seed);
    if (!isVector())
        return drawn.col(0);
    if (const auto weights = scalarizer.weights(m_energies))
        return drawn * *weights;
    Eigen::VectorXd values(drawn.rows());
    for (Eigen::Index i = 0; i < drawn.rows(); ++i)
        values[i] = scalarizer(drawn.row(i).transpose().cast<float>(), m_energies);
    return values;
}

Eigen::VectorXd Believing::varianceReduction(const std::vector<int> &others,
                                             const Scalarizer &scalarizer,
                                             const Progress &progress) const
{
    Eigen::VectorXd weights;
    if (isVector())
        if (const auto linear = scalarizer.weights(m_energies))
            weights = *linear;
    const bool isPrepared = prepare();
    const PreparedInputs preparedThere = isPrepared ? preparedAt(others) : PreparedInputs();
    const Eigen::MatrixXf there = isPrepared ? Eigen::MatrixXf() : inputsAt(pixelsOf(others));
    Eigen::VectorXd reduction(Eigen::Index(m_candidates.size()));
    for (std::size_t first = 0; first < m_candidates.size(); first += block) {
        const std::size_t last = std::min(first + block, m_candidates.size());
        reduction.segment(Eigen::Index(first), Eigen::Index(last - first)) =
            isPrepared ? m_model->varianceReduction(m_prepared[first / block], preparedThere,
                                                    weights, progress)
                       : m_model->varianceReduction(
                             inputsAt({m_candidates.begin() + std::ptrdiff_t(first),
                                       m_candidates.begin() + std::ptrdiff_t(last)}),
                             there, weights, progress);
    }
    return reduction;
}

} // namespace helmscope
