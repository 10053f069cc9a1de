// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/fitting.h"

#include "dkl/random.h"
#include "dkl/tensors.h"

#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

struct Normal
{
    double mean, deviation;
};

constexpr Normal directionPrior{0, 0.7};
constexpr Normal scalePrior{0, 2};
const Normal noisePrior{std::log(0.2), 1.5};
constexpr Normal meanPrior{0, 10};
constexpr Normal mixPrior{0, 1.5};
constexpr Normal placeScalePrior{-2, 1.5};
constexpr double placeLengthDeviation = 0.7;
constexpr double countFloor = 0.005; // of the mean count
constexpr double settled = 1e-4;     // change of the log posterior that is none

double logistic(double number)
{
    return 1 / (1 + std::exp(-number));
}

/// Prior of each parameter, in the parameters' order.
std::vector<Normal> priorsOf(const FitShape &shape)
{
    std::vector<Normal> priors(std::size_t(shape.profile.cols()), directionPrior);
    priors.insert(priors.end(), {scalePrior,
                                 noisePrior,
                                 meanPrior,
                                 mixPrior,
                                 placeScalePrior,
                                 {std::log(shape.placeLength), placeLengthDeviation}});
    if (shape.priorMeans.size() == Eigen::Index(priors.size()) &&
        shape.priorDeviations.size() == shape.priorMeans.size())
        for (std::size_t i = 0; i < priors.size(); ++i)
            priors[i] = {shape.priorMeans[Eigen::Index(i)], shape.priorDeviations[Eigen::Index(i)]};
    return priors;
}

/// Positions of the parameters behind the directions.
struct Positions
{
    explicit Positions(const FitShape &shape)
        : first(shape.profile.cols())
    {
    }
    Eigen::Index first;
    Eigen::Index scale() const { return first; }
    Eigen::Index noise() const { return first + 1; }
    Eigen::Index mean() const { return first + 2; }
    Eigen::Index mix() const { return first + 3; }
    Eigen::Index placeScale() const { return first + 4; }
    Eigen::Index placeLength() const { return first + 5; }
};

/// The lower triangle without its diagonal, column by column.
template <typename Work>
void forPairs(Eigen::Index points, Work &&work)
{
    Eigen::Index pair = 0;
    for (Eigen::Index column = 0; column < points; ++column) {
        const Eigen::Index below = points - column - 1;
        work(column, below, pair);
        pair += below;
    }
}

Eigen::VectorXd squaredDifferences(const Eigen::VectorXd &numbers)
{
    const Eigen::Index points = numbers.size();
    Eigen::VectorXd squares(points * (points - 1) / 2);
    forPairs(points, [&](Eigen::Index column, Eigen::Index below, Eigen::Index pair) {
        squares.segment(pair, below) = (numbers.tail(below).array() - numbers[column]).square();
    });
    return squares;
}

/// What the noise of each point is proportional to, mean 1, and the shape that says so; nothing
/// where nothing is counted from zero upwards (an energy, a difference).
Eigen::VectorXd countsOf(const Eigen::VectorXd &latent, double zero, NoiseShape &shape)
{
    const Eigen::ArrayXd counts = (latent.array() - zero).max(0.0);
    shape.zero = zero;
    if (!(counts.mean() > 0))
        return {};
    shape.floor = countFloor * counts.mean();
    shape.mean = counts.max(shape.floor).mean();
    return counts.max(shape.floor) / shape.mean;
}

/// All points, or of many mostFitted: some drawn at random with the nearest to each, so that there
/// is something to tell a steep function from noise.
std::vector<Eigen::Index> drawnForFit(const FitShape &shape, const Eigen::MatrixXd &features,
                                      std::uint64_t seed)
{
    constexpr int neighbours = 3;
    std::vector<Eigen::Index> order(std::size_t(features.rows()));
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = Eigen::Index(i);
    if (features.rows() <= mostFitted)
        return order;
    Random random(seed);
    for (std::size_t i = 0; i < mostFitted; ++i)
        std::swap(order[i], order[i + std::size_t(random.uniform() * double(order.size() - i))]);
    std::vector<bool> isDrawn(order.size());
    std::vector<Eigen::Index> drawn;
    const auto draw = [&](Eigen::Index point) {
        if (!isDrawn[std::size_t(point)] && drawn.size() < mostFitted)
            drawn.push_back(point);
        isDrawn[std::size_t(point)] = true;
    };
    Eigen::MatrixXd scaled = features;
    if (shape.hasPlace)
        scaled.rightCols(2) /= shape.placeLength;
    for (std::size_t i = 0; i < order.size() && drawn.size() < mostFitted; ++i) {
        draw(order[i]);
        Eigen::VectorXd distances =
            (scaled.rowwise() - scaled.row(order[i])).rowwise().squaredNorm();
        for (int neighbour = 0; neighbour < neighbours; ++neighbour) {
            for (std::size_t j = 0; j < order.size(); ++j)
                if (isDrawn[j])
                    distances[Eigen::Index(j)] = std::numeric_limits<double>::infinity();
            Eigen::Index nearest = 0;
            distances.minCoeff(&nearest);
            draw(nearest);
        }
    }
    return drawn;
}

struct StopFit
{
};

/// One descent; returns the best parameters seen.
class Descent
{
public:
    Descent(const FitShape &shape, const PairDistances &distances, const Eigen::VectorXd &targets,
            Fit &fit, int evaluations, const Progress &progress)
        : m_shape(shape)
        , m_distances(distances)
        , m_targets(targets)
        , m_fit(fit)
        , m_evaluations(evaluations)
        , m_progress(progress)
    {
    }

    void run(const Eigen::VectorXd &counts, int iterations)
    {
        m_least = std::numeric_limits<double>::infinity();
        Eigen::VectorXd at = m_fit.parameters;
        at::Tensor position = rowMajorView(at.data(), 1, at.size());
        torch::optim::LBFGS optimizer({position}, torch::optim::LBFGSOptions(1)
                                                      .max_iter(iterations)
                                                      .tolerance_change(settled)
                                                      .history_size(10)
                                                      .line_search_fn("strong_wolfe"));
        const auto evaluate = [&] {
            if (int(m_fit.losses.size()) >= m_evaluations)
                throw StopFit();
            if (!m_progress(double(m_fit.losses.size()) / m_evaluations)) {
                m_fit.isStopped = true;
                throw StopFit();
            }
            NegativeLogPosterior posterior =
                negativeLogPosterior(m_shape, at, m_distances, m_targets, counts);
            // A step too far: the line search turns back from it.
            const bool isFinite = std::isfinite(posterior.value) && posterior.gradient.allFinite();
            if (!isFinite) {
                posterior.value = std::numeric_limits<double>::max();
                posterior.gradient.setZero(at.size());
            } else {
                m_fit.losses.push_back(posterior.value / double(m_targets.size()));
                m_fit.jitter = std::max(m_fit.jitter, posterior.jitter);
                if (posterior.value < m_least) {
                    m_least = posterior.value;
                    m_fit.parameters = at;
                }
            }
            position.mutable_grad() = rowMajorView(posterior.gradient.data(), 1, at.size()).clone();
            return at::full({}, posterior.value, at::TensorOptions().dtype(at::kDouble));
        };
        try {
            optimizer.step(evaluate);
        } catch (const StopFit &) {
            // What was found so far counts.
        }
    }

private:
    const FitShape &m_shape;
    const PairDistances &m_distances;
    const Eigen::VectorXd &m_targets;
    Fit &m_fit;
    int m_evaluations;
    const Progress &m_progress;
    double m_least = 0;
};

} // namespace

Eigen::VectorXd FitShape::priorMedians() const
{
    const std::vector<Normal> priors = priorsOf(*this);
    Eigen::VectorXd medians(parameters());
    for (Eigen::Index i = 0; i < medians.size(); ++i)
        medians[i] = priors[std::size_t(i)].mean;
    return medians;
}

Eigen::VectorXd FitShape::priorSpreads() const
{
    const std::vector<Normal> priors = priorsOf(*this);
    Eigen::VectorXd spreads(parameters());
    for (Eigen::Index i = 0; i < spreads.size(); ++i)
        spreads[i] = priors[std::size_t(i)].deviation;
    return spreads;
}

Hyperparameters FitShape::hyperparameters(const Eigen::VectorXd &parameters) const
{
    const Positions at(*this);
    const auto positive = [&](Eigen::Index index) {
        return std::exp(std::clamp(parameters[index], -20.0, 20.0));
    };
    Hyperparameters found;
    found.lengthscales =
        (0.5 * std::log(double(features())) + (profile * parameters.head(profile.cols())).array())
            .min(20.0)
            .max(-20.0)
            .exp();
    found.scale = positive(at.scale());
    found.noise = positive(at.noise()) + Hyperparameters::smallestNoise;
    found.mean = parameters[at.mean()];
    if (hasPlace) {
        found.placeScale = positive(at.placeScale());
        found.placeLength = positive(at.placeLength());
    }
    return found;
}

PairDistances::PairDistances(const FitShape &shape, const Eigen::MatrixXd &features)
    : m_points(features.rows())
    , m_byFeature(m_points * (m_points - 1) / 2, shape.features())
{
    for (Eigen::Index feature = 0; feature < shape.features(); ++feature)
        m_byFeature.col(feature) = squaredDifferences(features.col(feature));
    if (shape.hasPlace)
        m_ofPlaces = squaredDifferences(features.col(shape.features())) +
                     squaredDifferences(features.col(shape.features() + 1));
}

NegativeLogPosterior negativeLogPosterior(const FitShape &shape, const Eigen::VectorXd &parameters,
                                          const PairDistances &distances,
                                          const Eigen::VectorXd &targets,
                                          const Eigen::VectorXd &counts)
{
    const Eigen::Index points = distances.points();
    const Positions at(shape);
    const Hyperparameters h = shape.hyperparameters(parameters);
    const Eigen::VectorXd weights = h.lengthscales.array().square().inverse();
    const double mix = counts.size() > 0 ? logistic(parameters[at.mix()]) : 0;
    Eigen::MatrixXd bySquare, placeBySquare, ofPlaces;
    const Eigen::MatrixXd ofFeatures =
        kernelOf(shape.kernel, h.scale, distances.byFeature() * weights, &bySquare);
    if (shape.hasPlace)
        ofPlaces = kernelOf(Kernel::Matern52, h.placeScale,
                            distances.ofPlaces() / (h.placeLength * h.placeLength), &placeBySquare);

    Eigen::VectorXd relativeNoise = Eigen::VectorXd::Ones(points);
    if (counts.size() > 0)
        relativeNoise = (1 - mix) + mix * counts.array();
    Eigen::MatrixXd covariances(points, points);
    forPairs(points, [&](Eigen::Index column, Eigen::Index below, Eigen::Index pair) {
        auto to = covariances.col(column).tail(below);
        to = ofFeatures.col(0).segment(pair, below);
        if (shape.hasPlace)
            to += ofPlaces.col(0).segment(pair, below);
        covariances(column, column) = h.scale + h.placeScale + h.noise * relativeNoise[column];
    });
    NegativeLogPosterior result;
    Eigen::MatrixXd factor;
    result.jitter = factorize(covariances, factor);
    if (std::isnan(result.jitter)) {
        result.value = result.jitter;
        return result;
    }
    const Eigen::VectorXd residual = targets.array() - h.mean;
    const Eigen::VectorXd solution = solved(factor, residual);
    result.value = 0.5 * residual.dot(solution) + factor.diagonal().array().log().sum();

    // dValue/dK, both triangles of a pair together.
    const Eigen::MatrixXd inverse = inverseFromFactor(factor);
    Eigen::VectorXd byPair(ofFeatures.rows());
    forPairs(points, [&](Eigen::Index column, Eigen::Index below, Eigen::Index pair) {
        byPair.segment(pair, below) =
            inverse.col(column).tail(below) - solution[column] * solution.tail(below);
    });
    const Eigen::VectorXd byDiagonal =
        0.5 * (inverse.diagonal().array() - solution.array().square());
    result.looMeans = targets.array() - solution.array() / inverse.diagonal().array();

    result.gradient.setZero(parameters.size());
    const Eigen::VectorXd bySlope = byPair.cwiseProduct(bySquare.col(0));
    const Eigen::VectorXd byLogLength =
        -2 * weights.cwiseProduct(distances.byFeature().transpose() * bySlope);
    result.gradient.head(shape.profile.cols()) = shape.profile.transpose() * byLogLength;
    const double traceByDiagonal = byDiagonal.sum();
    result.gradient[at.scale()] = h.scale * traceByDiagonal + byPair.dot(ofFeatures.col(0));
    const double byNoise = byDiagonal.dot(relativeNoise);
    result.gradient[at.noise()] = (h.noise - Hyperparameters::smallestNoise) * byNoise;
    result.gradient[at.mean()] = -solution.sum();
    if (counts.size() > 0)
        result.gradient[at.mix()] =
            h.noise * mix * (1 - mix) * byDiagonal.dot(counts - Eigen::VectorXd::Ones(points));
    if (shape.hasPlace) {
        result.gradient[at.placeScale()] =
            h.placeScale * traceByDiagonal + byPair.dot(ofPlaces.col(0));
        result.gradient[at.placeLength()] =
            -2 / (h.placeLength * h.placeLength) *
            byPair.dot(placeBySquare.col(0).cwiseProduct(distances.ofPlaces()));
    }

    const std::vector<Normal> priors = priorsOf(shape);
    for (Eigen::Index i = 0; i < parameters.size(); ++i) {
        const Normal &prior = priors[std::size_t(i)];
        const double distance = (parameters[i] - prior.mean) / prior.deviation;
        result.value += 0.5 * distance * distance;
        result.gradient[i] += distance / prior.deviation;
    }
    return result;
}

Fit fit(const FitShape &shape, const Eigen::MatrixXd &features, const Eigen::VectorXd &targets,
        double zero, const Eigen::VectorXd &start, int evaluations, std::uint64_t seed,
        const Progress &progress)
{
    const bool isWarm = start.size() == shape.parameters() && start.allFinite();
    Fit found;
    found.parameters = isWarm ? start : shape.priorMedians();

    const std::vector<Eigen::Index> fitted = drawnForFit(shape, features, seed);
    const Eigen::MatrixXd some = features(fitted, Eigen::all);
    const Eigen::VectorXd known = targets(fitted);
    const PairDistances distances(shape, some);
    Descent descent(shape, distances, known, found, std::max(1, evaluations), progress);

    // What is not counted from zero upwards keeps constant noise.
    const bool isCounting =
        shape.isCounting && zero < known.maxCoeff() && zero > -1e3 && evaluations > 0;
    constexpr int iterations = 40, rounds = 2;
    Eigen::VectorXd counts;
    const auto count = [&] {
        const NegativeLogPosterior now =
            negativeLogPosterior(shape, found.parameters, distances, known, counts);
        NoiseShape next;
        Eigen::VectorXd more;
        if (std::isfinite(now.value) && now.looMeans.allFinite())
            more = countsOf(now.looMeans, zero, next);
        if (more.size() > 0) {
            counts = more;
            found.noise = next;
        }
    };
    if (!isWarm || !isCounting)
        descent.run(counts, iterations);
    for (int round = 0; isCounting && round < rounds && !found.isStopped; ++round) {
        count();
        if (counts.size() == 0)
            break;
        if (!isWarm || round == rounds - 1)
            descent.run(counts, iterations);
    }
    if (counts.size() == 0)
        return found;
    found.noise.mix = logistic(found.parameters[Positions(shape).mix()]);
    if (fitted.size() == std::size_t(features.rows())) {
        found.relativeNoise = (1 - found.noise.mix) + found.noise.mix * counts.array();
        return found;
    }
    // The points that were not fitted: what the fitted ones say of them.
    const Posterior posterior(shape.kernel, shape.hyperparameters(found.parameters), some, known,
                              (1 - found.noise.mix) + found.noise.mix * counts.array());
    Eigen::VectorXd mean(features.rows()), variance(features.rows());
    posterior.predict(features, mean, variance);
    found.relativeNoise = mean.unaryExpr([&](double latent) { return found.noise.at(latent); });
    return found;
}

} // namespace helmscope
