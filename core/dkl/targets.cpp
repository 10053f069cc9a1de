// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/targets.h"

#include "dkl/random.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr Eigen::Index largestDecomposed = 256;

/// The largest first.
Eigen::MatrixXd leadingVectors(const Eigen::MatrixXd &symmetric, int count)
{
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
    return solver.eigenvectors().rightCols(count).rowwise().reverse();
}

/// Subspace iteration (Halko, Martinsson and Tropp 2011): what is wanted is a few of many.
Eigen::MatrixXd subspaceOf(const Eigen::MatrixXd &rows, int count)
{
    const Eigen::Index width = std::min<Eigen::Index>(count + 8, rows.cols());
    Random random(1);
    Eigen::MatrixXd basis(rows.cols(), width);
    for (double &number : basis.reshaped())
        number = random.normal();
    for (int round = 0; round < 12; ++round) {
        const Eigen::MatrixXd image = rows.transpose() * (rows * basis);
        basis = Eigen::HouseholderQR<Eigen::MatrixXd>(image).householderQ() *
                Eigen::MatrixXd::Identity(rows.cols(), width);
    }
    const Eigen::MatrixXd scores = rows * basis;
    return basis * leadingVectors(scores.transpose() * scores, count);
}

/// Scales one column to mean 0, deviation 1; nothing to stretch where it is constant but for
/// rounding.
void standardize(Eigen::Ref<Eigen::VectorXd> column, double &offset, double &scale)
{
    offset = 0;
    scale = 1;
    // The largest first, so that squares do not overflow.
    const double largest = column.cwiseAbs().maxCoeff();
    if (largest == 0)
        return;
    column /= largest;
    const double mean = column.mean();
    const double deviation = std::sqrt((column.array() - mean).square().mean());
    offset = mean * largest;
    if (deviation < 1e-12) {
        column.setZero();
        return;
    }
    scale = deviation * largest;
    column = (column.array() - mean) / deviation;
}

} // namespace

Eigen::MatrixXd principalDirections(const Eigen::MatrixXd &rows, int count)
{
    Eigen::MatrixXd directions;
    if (rows.cols() <= std::min(largestDecomposed, rows.rows())) {
        directions = leadingVectors(rows.transpose() * rows, count);
    } else if (rows.rows() <= largestDecomposed) {
        directions = rows.transpose() * leadingVectors(rows * rows.transpose(), count);
        for (Eigen::Index column = 0; column < count; ++column) {
            const double length = directions.col(column).norm();
            directions.col(column) *= length > 0 ? 1 / length : 0;
        }
    } else {
        directions = subspaceOf(rows, count);
    }
    for (Eigen::Index column = 0; column < count; ++column) {
        Eigen::Index largest = 0;
        directions.col(column).cwiseAbs().maxCoeff(&largest);
        if (directions(largest, column) < 0)
            directions.col(column) *= -1;
    }
    return directions;
}

Eigen::MatrixXd learnScaling(const Eigen::MatrixXd &targets, int components, bool isStandardized,
                             TargetScaling &scaling)
{
    const Eigen::Index points = targets.rows(), outputs = targets.cols();
    scaling = {Eigen::VectorXd::Zero(outputs), Eigen::VectorXd::Ones(outputs), {}, {}, {}};
    Eigen::MatrixXd scaled = targets;
    const bool hasComponents = components > 0 && outputs > components;
    if (!hasComponents) {
        for (Eigen::Index output = 0; isStandardized && output < outputs; ++output)
            standardize(scaled.col(output), scaling.offsets[output], scaling.scales[output]);
        return scaled;
    }
    const double largest = targets.cwiseAbs().maxCoeff();
    const double unit = largest > 0 ? largest : 1;
    const Eigen::VectorXd mean = (targets / unit).colwise().mean();
    scaled = (targets / unit).rowwise() - mean.transpose();
    Eigen::VectorXd weights = Eigen::VectorXd::Ones(outputs);
    if (mean.minCoeff() >= 0 && mean.maxCoeff() > 0)
        weights = mean.array().max(0.01 * mean.maxCoeff()).sqrt();
    scaled.array().rowwise() /= weights.transpose().array();

    const int count = int(std::clamp<Eigen::Index>((points - 1) / 2, 1, components));
    const Eigen::MatrixXd directions = principalDirections(scaled, count);
    Eigen::MatrixXd scores = scaled * directions;
    const Eigen::MatrixXd rest = scaled - scores * directions.transpose();
    const double freedom = std::max<double>(1, double(points - 1 - count));
    scaling.offsets = mean * unit;
    scaling.residuals = (rest.colwise().squaredNorm().transpose().array() / freedom *
                         (unit * weights.array()).square())
                            .matrix();
    scaling.weights = unit * weights;
    scaling.loadings = scaling.weights.asDiagonal() * directions;
    scaling.scales.resize(count);
    double offset = 0; // of centred scores: 0
    for (int component = 0; component < count; ++component)
        standardize(scores.col(component), offset, scaling.scales[component]);
    return scores;
}

Eigen::MatrixXd scaledBy(const TargetScaling &scaling, const Eigen::MatrixXd &targets)
{
    Eigen::MatrixXd scaled = targets.rowwise() - scaling.offsets.transpose();
    if (scaling.hasComponents()) {
        // The loadings are orthonormal directions times the weights.
        scaled.array().rowwise() /= scaling.weights.transpose().array();
        scaled = scaled * (scaling.weights.cwiseInverse().asDiagonal() * scaling.loadings);
    }
    scaled.array().rowwise() /= scaling.scales.transpose().array();
    return scaled;
}

} // namespace helmscope
