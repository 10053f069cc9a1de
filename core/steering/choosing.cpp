// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/choosing.h"

#include "base/tr.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace helmscope {

static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Vigna's SplitMix64: neighbouring inputs give unrelated outputs.
static std::uint64_t mixed(std::uint64_t x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

std::uint64_t derivedSeed(std::uint64_t seed, Draw draw, std::uint64_t number)
{
    return mixed(mixed(mixed(seed) + std::uint64_t(draw)) + number);
}

/// Uniform in 0 ... n - 1; own arithmetic, since the standard leaves that of its distributions
/// open.
static int below(int n, std::mt19937_64 &bits)
{
    const std::uint64_t range = std::uint64_t(n);
    const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % range;
    std::uint64_t drawn = bits();
    while (drawn >= limit)
        drawn = bits();
    return int(drawn % range);
}

std::vector<int> drawnFrom(int n, int count, std::uint64_t seed)
{
    std::vector<int> all(std::size_t(std::max(n, 0)));
    for (int i = 0; i < n; ++i)
        all[std::size_t(i)] = i;
    std::mt19937_64 bits(seed);
    count = std::clamp(count, 0, n);
    for (int i = 0; i < count; ++i)
        std::swap(all[std::size_t(i)], all[std::size_t(i + below(n - i, bits))]);
    all.resize(std::size_t(count));
    return all;
}

Field::Field(std::vector<Pixel> candidates, int rows, int cols)
    : m_pixels(std::move(candidates))
    , m_closed(m_pixels.size(), 0)
{
    m_index.setConstant(rows, cols, -1);
    for (std::size_t i = 0; i < m_pixels.size(); ++i)
        m_index(m_pixels[i].row, m_pixels[i].col) = int(i);
}

int Field::indexOf(Pixel pixel) const
{
    const bool isInside =
        pixel.row >= 0 && pixel.col >= 0 && pixel.row < rows() && pixel.col < cols();
    return isInside ? m_index(pixel.row, pixel.col) : -1;
}

std::vector<int> Field::open() const
{
    std::vector<int> indices;
    for (int i = 0; i < size(); ++i)
        if (isOpen(i))
            indices.push_back(i);
    return indices;
}

int Field::forbid(const Mask &mask)
{
    int count = 0;
    for (std::size_t i = 0; i < m_pixels.size(); ++i) {
        const bool isForbidden = mask.size() > 0 && mask(m_pixels[i].row, m_pixels[i].col);
        m_closed[i] = std::uint8_t((m_closed[i] & ~Forbidden) | (isForbidden ? Forbidden : 0));
        count += isForbidden;
    }
    return count;
}

Map Field::mapOf(const Eigen::VectorXd &values) const
{
    Map map = Map::Constant(rows(), cols(), std::numeric_limits<float>::quiet_NaN());
    for (int i = 0; i < size(); ++i)
        map(m_pixels[std::size_t(i)].row, m_pixels[std::size_t(i)].col) = float(values[i]);
    return map;
}

static std::vector<int> givenPoints(const std::vector<Pixel> &given, const Field &field)
{
    if (given.empty())
        fail(Tr::tr("The plan asks for given first pixels but gives none."));
    std::vector<int> indices;
    for (const Pixel &pixel : given) {
        const int index = field.indexOf(pixel);
        if (index < 0)
            fail(Tr::tr(
                     "The first pixel (%1, %2) of the plan cannot be measured: it lies outside the "
                     "image, or its patch does.")
                     .arg(pixel.row)
                     .arg(pixel.col));
        if (std::find(indices.begin(), indices.end(), index) != indices.end())
            fail(Tr::tr("The plan gives the first pixel (%1, %2) twice.")
                     .arg(pixel.row)
                     .arg(pixel.col));
        indices.push_back(index);
    }
    return indices;
}

/// The open candidate nearest to each knot of an even grid over all of them.
static std::vector<int> gridPoints(int count, const Field &field)
{
    const std::vector<int> open = field.open();
    const std::vector<Pixel> &pixels = field.pixels();
    if (open.empty())
        return {};
    Pixel low = pixels[std::size_t(open.front())], high = low;
    for (int index : open) {
        const Pixel pixel = pixels[std::size_t(index)];
        low = {std::min(low.row, pixel.row), std::min(low.col, pixel.col)};
        high = {std::max(high.row, pixel.row), std::max(high.col, pixel.col)};
    }
    const double height = high.row - low.row + 1, width = high.col - low.col + 1;
    const int wanted = std::min(count, int(open.size()));
    const int rows = std::clamp(int(std::lround(std::sqrt(wanted * height / width))), 1, wanted);
    const int cols = std::max(1, int(std::lround(double(wanted) / rows)));

    std::vector<int> indices;
    for (int r = 0; r < rows; ++r) {
        for (int c = 0; c < cols; ++c) {
            const double row = low.row + (r + 0.5) * height / rows - 0.5;
            const double col = low.col + (c + 0.5) * width / cols - 0.5;
            const auto distance = [&](int index) {
                const Pixel pixel = pixels[std::size_t(index)];
                return std::hypot(pixel.row - row, pixel.col - col);
            };
            int nearest = field.indexOf({int(std::lround(row)), int(std::lround(col))});
            if (nearest < 0 || !field.isOpen(nearest))
                nearest = *std::min_element(open.begin(), open.end(), [&](int a, int b) {
                    return distance(a) < distance(b);
                });
            if (std::find(indices.begin(), indices.end(), nearest) == indices.end())
                indices.push_back(nearest);
        }
    }
    return indices;
}

std::vector<int> firstPoints(const InitialPoints &initial, const Field &field, std::uint64_t seed)
{
    switch (initial.kind) {
    case InitialPoints::Kind::Given:
        return givenPoints(initial.given, field);
    case InitialPoints::Kind::Grid:
        return gridPoints(initial.count, field);
    case InitialPoints::Kind::Random:
        break;
    }
    const std::vector<int> open = field.open();
    std::vector<int> indices =
        drawnFrom(int(open.size()), initial.count, derivedSeed(seed, Draw::FirstPixels));
    for (int &index : indices)
        index = open[std::size_t(index)];
    return indices;
}

/// The open candidates in row order, or `most` of them drawn at random.
static std::vector<int> someOpen(const Situation &situation, const Field &field, int most)
{
    const std::vector<int> open = field.open();
    if (int(open.size()) <= most)
        return open;
    std::vector<int> drawn =
        drawnFrom(int(open.size()), most,
                  derivedSeed(situation.seed, Draw::Candidates, std::uint64_t(situation.number)));
    std::sort(drawn.begin(), drawn.end());
    for (int &index : drawn)
        index = open[std::size_t(index)];
    return drawn;
}

static Eigen::VectorXd thompson(const Situation &situation, const Field &field)
{
    const std::vector<int> open = someOpen(situation, field, 4000); // the joint posterior is n x n
    Eigen::VectorXd worth = Eigen::VectorXd::Constant(field.size(), unknown);
    if (open.empty())
        return worth;
    const Eigen::VectorXd drawn = situation.draw(
        open, derivedSeed(situation.seed, Draw::Acquisition, std::uint64_t(situation.number)));
    for (std::size_t i = 0; i < open.size(); ++i)
        worth[open[i]] = drawn[Eigen::Index(i)];
    return worth;
}

Eigen::VectorXd worthOfAll(const AcquisitionSettings &settings, const Situation &situation,
                           const Field &field)
{
    if (settings.kind == Acquisition::Thompson)
        return thompson(situation, field);
    if (settings.kind == Acquisition::IntegratedVariance) {
        const std::vector<int> others = someOpen(situation, field, 128);
        return others.empty() ? Eigen::VectorXd::Constant(field.size(), unknown)
                              : Eigen::VectorXd(situation.varianceReduction(others).cwiseSqrt());
    }

    // Noise makes the best measured value too good: the best *prediction* at a measured pixel is
    // what has to be improved upon.
    double best = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < field.size(); ++i)
        if (field.isMeasured(i) && situation.mean[i] > best)
            best = situation.mean[i];
    const Eigen::Map<const Eigen::ArrayXd> values(situation.values.data(),
                                                  Eigen::Index(situation.values.size()));
    const double spread =
        values.size() > 0 ? std::sqrt((values - values.mean()).square().mean()) : 0;
    return helmscope::worth(
        settings, situation.mean, situation.deviation, best, spread,
        derivedSeed(situation.seed, Draw::Acquisition, std::uint64_t(situation.number)));
}

void raisePreferred(Eigen::VectorXd &worth, const Preference &preferred, const Field &field)
{
    if (preferred.isEmpty())
        return;
    double floor = 0;
    for (int i = 0; i < field.size(); ++i)
        if (field.isOpen(i) && std::isfinite(worth[i]))
            floor = std::min(floor, worth[i]);
    for (int i = 0; i < field.size(); ++i) {
        const Pixel pixel = field.pixels()[std::size_t(i)];
        if (preferred.pixels(pixel.row, pixel.col))
            worth[i] = floor + preferred.factor * (worth[i] - floor);
    }
}

int bestOf(const Eigen::VectorXd &worth, const Field &field)
{
    int best = -1;
    for (int i = 0; i < field.size(); ++i)
        if (field.isOpen(i) && !std::isnan(worth[i]) && (best < 0 || worth[i] > worth[best]))
            best = i;
    return best;
}

} // namespace helmscope
