// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

/// SplitMix64's finalizer (Steele, Lea, Flood 2014).
std::uint64_t mixed(std::uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// ln k!; a table, then Stirling's series. Not std::lgamma, which writes a global variable.
double logFactorial(double k)
{
    static const std::array<double, 16> small = [] {
        std::array<double, 16> table{};
        for (std::size_t i = 1; i < table.size(); ++i)
            table[i] = table[i - 1] + std::log(double(i));
        return table;
    }();
    if (k < double(small.size()))
        return small[std::size_t(k)];
    const double x = k + 1, y = 1 / (x * x);
    return (x - 0.5) * std::log(x) - x + 0.5 * std::log(2 * std::numbers::pi) +
           (1.0 / 12 - y * (1.0 / 360 - y / 1260)) / x;
}

/// Below this mean a search through the distribution is fastest, above it rejection.
constexpr double enoughForRejection = 10;

/// Transformed rejection with squeeze, PTRS (Hörmann 1993, The transformed rejection method for
/// generating Poisson random variables).
double poissonByRejection(RandomBits &bits, double mean)
{
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const double squeeze = 0.9277 - 3.6224 / (b - 2);
    const double logMean = std::log(mean);
    for (;;) {
        const double u = uniform(bits) - 0.5;
        const double v = uniform(bits);
        const double us = 0.5 - std::abs(u);
        const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= squeeze)
            return k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (std::log(v * inverseAlpha / (a / (us * us) + b)) <=
            k * logMean - mean - logFactorial(k))
            return k;
    }
}

/// Transformed rejection with squeeze, BTRS (Hörmann 1993, The generation of binomial random
/// variates); probability at most one half.
double binomialByRejection(RandomBits &bits, double n, double p)
{
    const double spread = std::sqrt(n * p * (1 - p));
    const double b = 1.15 + 2.53 * spread;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double centre = n * p + 0.5;
    const double squeeze = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * spread;
    const double logOdds = std::log(p / (1 - p));
    const double mode = std::floor((n + 1) * p);
    const double atMode = logFactorial(mode) + logFactorial(n - mode);
    for (;;) {
        const double u = uniform(bits) - 0.5;
        const double v = uniform(bits);
        const double us = 0.5 - std::abs(u);
        const double k = std::floor((2 * a / us + b) * u + centre);
        if (us >= 0.07 && v <= squeeze)
            return k;
        if (k < 0 || k > n)
            continue;
        if (std::log(v * alpha / (a / (us * us) + b)) <=
            atMode - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds)
            return k;
    }
}

} // namespace

RandomBits bitsOf(std::uint64_t seed, std::initializer_list<std::int64_t> indices)
{
    std::uint64_t z = mixed(seed);
    for (const std::int64_t index : indices)
        z = mixed(z ^ std::uint64_t(index));
    return RandomBits(z);
}

double uniform(RandomBits &bits)
{
    return (double(bits() >> 12) + 0.5) * 0x1p-52;
}

double normal(RandomBits &bits)
{
    // Box and Muller; the second of the pair is not kept, so a draw always takes two numbers.
    const double radius = std::sqrt(-2 * std::log(uniform(bits)));
    return radius * std::cos(2 * std::numbers::pi * uniform(bits));
}

double poisson(RandomBits &bits, double mean)
{
    if (mean >= enoughForRejection)
        return poissonByRejection(bits, mean);
    const double u = uniform(bits);
    double probability = std::exp(-mean), sum = probability, k = 0;
    while (u > sum && probability > 0) {
        k += 1;
        probability *= mean / k;
        sum += probability;
    }
    return k;
}

double binomial(RandomBits &bits, double count, double probability)
{
    if (count <= 0 || probability <= 0)
        return 0;
    if (probability >= 1)
        return count;
    if (probability > 0.5)
        return count - binomial(bits, count, 1 - probability);
    if (count * probability >= enoughForRejection)
        return binomialByRejection(bits, count, probability);
    const double u = uniform(bits), odds = probability / (1 - probability);
    double chance = std::exp(count * std::log1p(-probability)), sum = chance, k = 0;
    while (u > sum && k < count && chance > 0) {
        k += 1;
        chance *= odds * (count - k + 1) / k;
        sum += chance;
    }
    return k;
}

double dose(double beamCurrentPa, double dwellSeconds, double pixelSizeNm)
{
    if (pixelSizeNm <= 0)
        return 0;
    constexpr double electronsPerPicoampereSecond = 1e-12 / 1.602176634e-19;
    const double pixelSizeAngstrom = 10 * pixelSizeNm;
    return beamCurrentPa * dwellSeconds * electronsPerPicoampereSecond /
           (pixelSizeAngstrom * pixelSizeAngstrom);
}

} // namespace helmscope
