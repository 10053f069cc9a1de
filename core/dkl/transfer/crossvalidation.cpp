// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/transfer/crossvalidation.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace helmscope {

FoldScore crossValidated(const std::function<DeepKernel()> &make, const Eigen::MatrixXf &inputs,
                         const Eigen::MatrixXd &targets, const Progress &progress)
{
    constexpr int fewest = 4, parts = 5;
    constexpr double mostNats = 20; // one point must not decide alone
    const int points = int(inputs.rows());
    FoldScore score;
    if (points < fewest || targets.rows() != inputs.rows() || targets.cols() < 1)
        return score;
    const Eigen::RowVectorXd middle = targets.colwise().mean();
    Eigen::RowVectorXd spread =
        (targets.rowwise() - middle).array().square().colwise().mean().sqrt();
    spread = (spread.array() > 0).select(spread, 1);

    const int folds = std::min(points, parts);
    double squares = 0, nats = 0;
    for (int fold = 0; fold < folds; ++fold) {
        if (!progress(double(fold) / folds))
            return {};
        std::vector<int> known, left;
        for (int i = 0; i < points; ++i)
            (i % folds == fold ? left : known).push_back(i);
        const Eigen::Index count = Eigen::Index(left.size());
        Eigen::MatrixXd mean = middle.replicate(count, 1), deviation = spread.replicate(count, 1);
        try {
            DeepKernel model = make();
            model.train(inputs(known, Eigen::all), targets(known, Eigen::all), unwatched());
            const DeepKernel::Prediction there =
                model.predict(inputs(left, Eigen::all), unwatched());
            mean = there.mean;
            deviation = (there.deviation.array().square() + there.noise.array().square()).sqrt();
        } catch (const Error &) {
            // It foretells what one would without a model.
        }
        for (Eigen::Index i = 0; i < count; ++i)
            for (Eigen::Index output = 0; output < targets.cols(); ++output) {
                const double error =
                    (targets(left[std::size_t(i)], output) - mean(i, output)) / spread[output];
                const double width = std::max(deviation(i, output) / spread[output], 1e-6);
                squares += error * error;
                nats += std::min(mostNats, 0.5 * std::log(2 * std::numbers::pi) + std::log(width) +
                                               0.5 * error * error / (width * width));
            }
    }
    const double n = double(points) * double(targets.cols());
    score.points = points;
    score.rmse = std::sqrt(squares / n);
    score.nlpd = nats / n;
    return score;
}

double WarmAgainstCold::gain() const
{
    constexpr double least = 1e-6;
    return cold.nlpd - warm.nlpd +
           std::log(std::max(cold.rmse, least) / std::max(warm.rmse, least));
}

double WarmAgainstCold::gainThatCounts() const
{
    constexpr int few = 10;
    constexpr double enough = 0.3;
    return warm.points > few ? enough : 0;
}

} // namespace helmscope
