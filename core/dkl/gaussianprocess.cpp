// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/gaussianprocess.h"

#include "dkl/tensors.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace helmscope {

namespace {

double softplus(double raw)
{
    return raw > 0 ? raw + std::log1p(std::exp(-raw)) : std::log1p(std::exp(raw));
}

double slopeOfSoftplus(double raw)
{
    return 1 / (1 + std::exp(-raw));
}

double inverseOfSoftplus(double value)
{
    return value > 30 ? value : std::log(std::expm1(value));
}

/// Squared distances in lengthscales, [rows of a, rows of b]. Of few dimensions differences, not
/// the expanded square: near points keep all their digits. Of many, the product is several times
/// faster.
Eigen::MatrixXd squaredDistances(const Eigen::VectorXd &lengthscales,
                                 const Eigen::Ref<const Eigen::MatrixXd> &a,
                                 const Eigen::Ref<const Eigen::MatrixXd> &b)
{
    const Eigen::ArrayXXd p = a.array().rowwise() / lengthscales.transpose().array();
    const Eigen::ArrayXXd q = b.array().rowwise() / lengthscales.transpose().array();
    Eigen::MatrixXd squares(a.rows(), b.rows());
    if (p.cols() > 4 && a.data() != b.data()) {
        const Eigen::MatrixXd left = p, right = q;
        at::Tensor product = view(squares);
        at::mm_out(product, view(left), view(right).t());
        const Eigen::ArrayXd lengths = p.square().rowwise().sum();
        for (Eigen::Index column = 0; column < q.rows(); ++column)
            squares.col(column) =
                (lengths + q.row(column).square().sum() - 2 * squares.col(column).array()).max(0.0);
        return squares;
    }
    for (Eigen::Index column = 0; column < q.rows(); ++column) {
        auto to = squares.col(column).array();
        to = (p.col(0) - q(column, 0)).square();
        for (Eigen::Index dimension = 1; dimension < p.cols(); ++dimension)
            to += (p.col(dimension) - q(column, dimension)).square();
    }
    return squares;
}

void exponentiate(Eigen::MatrixXd &matrix)
{
    at::Tensor numbers = rowMajorView(matrix.data(), 1, matrix.size());
    at::exp_out(numbers, numbers);
}

/// factor^-1 right
Eigen::MatrixXd solvedLower(const Eigen::MatrixXd &factor, const Eigen::MatrixXd &right)
{
    Eigen::MatrixXd left(right.rows(), right.cols());
    at::Tensor result = view(left);
    at::linalg_solve_triangular_out(result, view(factor), view(right), /*upper=*/false);
    return left;
}

} // namespace

Eigen::MatrixXd kernelOf(Kernel kernel, double scale, Eigen::MatrixXd squares,
                         Eigen::MatrixXd *bySquare)
{
    if (kernel == Kernel::Rbf) {
        squares *= -0.5;
        exponentiate(squares);
        squares *= scale;
        if (bySquare)
            *bySquare = -0.5 * squares;
        return squares;
    }
    const Eigen::MatrixXd distances = (5 * squares.array()).sqrt();
    squares = -distances;
    exponentiate(squares);
    if (bySquare)
        *bySquare = (-5.0 / 6.0 * scale) * (1 + distances.array()) * squares.array();
    squares.array() *= scale * (1 + distances.array() + distances.array().square() / 3);
    return squares;
}

double factorize(const Eigen::MatrixXd &matrix, Eigen::MatrixXd &factor)
{
    const double size = matrix.diagonal().mean();
    factor.resize(matrix.rows(), matrix.cols());
    at::Tensor lower = view(factor);
    int code = 0;
    at::Tensor info = at::from_blob(&code, {}, at::TensorOptions().dtype(at::kInt));
    Eigen::MatrixXd shifted;
    for (double jitter = 0; std::isfinite(size) && jitter <= 1e-2 * size;
         jitter = std::max(10 * jitter, 1e-10 * size)) {
        if (jitter > 0) {
            shifted = matrix;
            shifted.diagonal().array() += jitter;
        }
        at::linalg_cholesky_ex_out(lower, info, view(jitter > 0 ? shifted : matrix));
        // OpenBLAS does not look for NaN.
        if (code == 0 && factor.diagonal().allFinite() && factor.diagonal().minCoeff() > 0)
            return jitter;
        if (size <= 0)
            break;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

Eigen::MatrixXd inverseFromFactor(const Eigen::MatrixXd &factor)
{
    Eigen::MatrixXd inverse(factor.rows(), factor.cols());
    at::Tensor result = view(inverse);
    at::cholesky_inverse_out(result, view(factor));
    return inverse;
}

Eigen::VectorXd solved(const Eigen::MatrixXd &factor, Eigen::VectorXd right)
{
    factor.triangularView<Eigen::Lower>().solveInPlace(right);
    factor.triangularView<Eigen::Lower>().transpose().solveInPlace(right);
    return right;
}

Hyperparameters Hyperparameters::fromRaw(const Eigen::Ref<const Eigen::RowVectorXd> &raw)
{
    const Eigen::Index dimensions = raw.size() - 3;
    return {raw.head(dimensions).transpose().unaryExpr(&softplus), softplus(raw[dimensions]),
            softplus(raw[dimensions + 1]) + smallestNoise, raw[dimensions + 2]};
}

Eigen::MatrixXd Hyperparameters::startingRaw(int outputs, int dimensions, double noise)
{
    Eigen::MatrixXd raw = Eigen::MatrixXd::Zero(outputs, dimensions + 3);
    raw.col(dimensions + 1).setConstant(inverseOfSoftplus(noise - smallestNoise));
    return raw;
}

Eigen::MatrixXd covariance(Kernel kernel, const Hyperparameters &hyperparameters,
                           const Eigen::MatrixXd &a, const Eigen::MatrixXd &b)
{
    const Eigen::Index features = hyperparameters.lengthscales.size();
    const bool isSame = a.data() == b.data();
    const auto of = [&](const auto &x) { return x.leftCols(features); };
    Eigen::MatrixXd sum = kernelOf(
        kernel, hyperparameters.scale,
        squaredDistances(hyperparameters.lengthscales, of(a), isSame ? of(a) : of(b)), nullptr);
    if (hyperparameters.placeScale > 0)
        sum += kernelOf(Kernel::Matern52, hyperparameters.placeScale,
                        squaredDistances(Eigen::Vector2d::Constant(hyperparameters.placeLength),
                                         a.middleCols(features, 2), b.middleCols(features, 2)),
                        nullptr);
    return sum;
}

MarginalLikelihood marginalLikelihood(Kernel kernel, const Eigen::MatrixXd &raw,
                                      const Eigen::MatrixXd &features,
                                      const Eigen::MatrixXd &targets)
{
    const Eigen::Index dimensions = features.cols();
    const double points = double(features.rows());
    MarginalLikelihood result;
    result.byFeatures = Eigen::MatrixXd::Zero(features.rows(), dimensions);
    result.byRaw.resize(raw.rows(), raw.cols());
    Eigen::MatrixXd factor, bySquare;
    for (Eigen::Index output = 0; output < raw.rows(); ++output) {
        const Hyperparameters h = Hyperparameters::fromRaw(raw.row(output));
        Eigen::MatrixXd noisy = kernelOf(
            kernel, h.scale, squaredDistances(h.lengthscales, features, features), &bySquare);
        noisy.diagonal().array() += h.noise;
        const double jitter = factorize(noisy, factor);
        if (std::isnan(jitter)) {
            result.loss = jitter;
            return result;
        }
        result.jitter = std::max(result.jitter, jitter);
        const Eigen::VectorXd residual = targets.col(output).array() - h.mean;
        const Eigen::VectorXd weights = solved(factor, residual);
        const double fit = residual.dot(weights);
        result.loss += (0.5 * fit + factor.diagonal().array().log().sum()) / points +
                       0.5 * std::log(2 * std::numbers::pi);

        // G = dLoss/dK = (K^-1 - w w^T) / 2n; from it all gradients. S = G o dK/d(squared
        // distance).
        const Eigen::MatrixXd inverse = inverseFromFactor(factor);
        const double traceOfG = (inverse.trace() - weights.squaredNorm()) / (2 * points);
        Eigen::MatrixXd &s = bySquare;
        for (Eigen::Index column = 0; column < s.cols(); ++column)
            s.col(column).array() *=
                (inverse.col(column) - weights[column] * weights).array() / (2 * points);
        const Eigen::VectorXd sums = s.rowwise().sum();
        const Eigen::MatrixXd products = s * features;
        auto byRaw = result.byRaw.row(output);
        for (Eigen::Index dimension = 0; dimension < dimensions; ++dimension) {
            const double length = h.lengthscales[dimension];
            const Eigen::VectorXd byFeature =
                (4 / (length * length)) *
                (sums.cwiseProduct(features.col(dimension)) - products.col(dimension));
            result.byFeatures.col(dimension) += byFeature;
            // The kernel sees only features / length.
            byRaw[dimension] = -byFeature.dot(features.col(dimension)) / length *
                               slopeOfSoftplus(raw(output, dimension));
        }
        // sum(G o (K + noise)) is known, so sum(G o K) needs no pass over the matrices.
        const double alongKernel = (points - fit) / (2 * points) - (h.noise + jitter) * traceOfG;
        byRaw[dimensions] = alongKernel / h.scale * slopeOfSoftplus(raw(output, dimensions));
        byRaw[dimensions + 1] = traceOfG * slopeOfSoftplus(raw(output, dimensions + 1));
        byRaw[dimensions + 2] = -weights.sum() / points;
    }
    return result;
}

Posterior::Posterior(Kernel kernel, Hyperparameters hyperparameters,
                     const Eigen::MatrixXd &features, const Eigen::VectorXd &targets,
                     const Eigen::VectorXd &relativeNoise)
    : m_kernel(kernel)
    , m_hyperparameters(std::move(hyperparameters))
    , m_features(features)
{
    Eigen::MatrixXd noisy = covariance(m_kernel, m_hyperparameters, features, features);
    if (relativeNoise.size() == 0)
        noisy.diagonal().array() += m_hyperparameters.noise;
    else
        noisy.diagonal() += m_hyperparameters.noise * relativeNoise;
    m_jitter = factorize(noisy, m_factor);
    if (std::isnan(m_jitter))
        return;
    m_residuals = targets.array() - m_hyperparameters.mean;
    m_weights = solved(m_factor, m_residuals);
    m_isValid = m_weights.allFinite();
}

Eigen::VectorXd Posterior::meanAtPoints() const
{
    return (covariance(m_kernel, m_hyperparameters, m_features, m_features) * m_weights).array() +
           m_hyperparameters.mean;
}

void Posterior::predict(const Eigen::MatrixXd &features, Eigen::Ref<Eigen::VectorXd> mean,
                        Eigen::Ref<Eigen::VectorXd> variance) const
{
    const Eigen::MatrixXd across = covariance(m_kernel, m_hyperparameters, m_features, features);
    mean.noalias() = across.transpose() * m_weights;
    mean.array() += m_hyperparameters.mean;
    variance = (priorVariance() - solvedLower(m_factor, across).colwise().squaredNorm().array())
                   .max(0.0)
                   .transpose();
}

Posterior Posterior::appended(const Eigen::MatrixXd &features, const Eigen::VectorXd &targets,
                              const Eigen::VectorXd &relativeNoise) const
{
    const Eigen::Index before = m_features.rows(), more = features.rows();
    Posterior after = *this;
    after.m_features.conservativeResize(before + more, Eigen::NoChange);
    after.m_features.bottomRows(more) = features;
    after.m_residuals.conservativeResize(before + more);
    after.m_residuals.tail(more) = targets.array() - m_hyperparameters.mean;
    // [L 0; A B]: A = K(new, old) L^-T, B B^T = K(new, new) + noise - A A^T.
    const Eigen::MatrixXd a =
        solvedLower(m_factor, covariance(m_kernel, m_hyperparameters, m_features, features))
            .transpose();
    Eigen::MatrixXd noisy = covariance(m_kernel, m_hyperparameters, features, features);
    noisy.diagonal().array() += m_jitter;
    if (relativeNoise.size() == 0)
        noisy.diagonal().array() += m_hyperparameters.noise;
    else
        noisy.diagonal() += m_hyperparameters.noise * relativeNoise;
    noisy.noalias() -= a * a.transpose();
    Eigen::MatrixXd b;
    const double jitter = factorize(noisy, b);
    after.m_isValid = m_isValid && !std::isnan(jitter);
    if (!after.m_isValid)
        return after;
    after.m_jitter = m_jitter + jitter;
    after.m_factor.setZero(before + more, before + more);
    after.m_factor.topLeftCorner(before, before) = m_factor;
    after.m_factor.bottomLeftCorner(more, before) = a;
    after.m_factor.bottomRightCorner(more, more) = b;
    after.m_weights = solved(after.m_factor, after.m_residuals);
    after.m_isValid = after.m_weights.allFinite();
    return after;
}

Eigen::VectorXd Posterior::varianceReduction(const Eigen::MatrixXd &features, double noise,
                                             const Eigen::MatrixXd &others) const
{
    const auto explained = [&](const Eigen::MatrixXd &at) {
        return solvedLower(m_factor, covariance(m_kernel, m_hyperparameters, m_features, at));
    };
    const Eigen::MatrixXd here = explained(features), there = explained(others);
    Eigen::MatrixXd joint = covariance(m_kernel, m_hyperparameters, others, features);
    at::Tensor remaining = view(joint);
    remaining.addmm_(view(there).t(), view(here), 1, -1);
    const Eigen::ArrayXd variance =
        (priorVariance() - here.colwise().squaredNorm().transpose().array()).max(0.0);
    return joint.colwise().squaredNorm().transpose().array() / double(others.rows()) /
           (variance + noise).max(std::numeric_limits<double>::min());
}

void Posterior::leaveOneOut(const Eigen::VectorXd &targets, Eigen::Ref<Eigen::VectorXd> mean,
                            Eigen::Ref<Eigen::VectorXd> variance) const
{
    variance = inverseFromFactor(m_factor).diagonal().cwiseInverse();
    mean = targets - m_weights.cwiseProduct(variance);
}

Eigen::VectorXd Posterior::sample(const Eigen::MatrixXd &features, Random &random) const
{
    const Eigen::MatrixXd across = covariance(m_kernel, m_hyperparameters, m_features, features);
    const Eigen::MatrixXd known = solvedLower(m_factor, across);
    Eigen::MatrixXd joint = covariance(m_kernel, m_hyperparameters, features, features);
    at::Tensor remaining = view(joint);
    const at::Tensor explained = view(known);
    remaining.addmm_(explained.t(), explained, 1, -1);
    // Without noise a smooth kernel's covariance is singular to working precision.
    joint.diagonal().array() += 1e-9 * m_hyperparameters.scale;
    Eigen::MatrixXd factor;
    if (std::isnan(factorize(joint, factor)))
        throw Error("No sample can be drawn from this model: its covariance is not positive "
                    "definite.");
    Eigen::VectorXd draw(features.rows());
    for (double &number : draw)
        number = random.normal();
    draw = factor.triangularView<Eigen::Lower>() * draw;
    draw += across.transpose() * m_weights;
    draw.array() += m_hyperparameters.mean;
    return draw;
}

} // namespace helmscope
