// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/simulatedtasks.h"

#include "base/tr.h"
#include "instrument/nanocubes.h"
#include "instrument/noise.h"

#include <QCryptographicHash>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

struct FamilyRow
{
    SampleFamily family;
    const char *key;
};
constexpr std::array familyRows{
    FamilyRow{SampleFamily::Cubes, "cubes"},   FamilyRow{SampleFamily::Spheres, "spheres"},
    FamilyRow{SampleFamily::Discs, "discs"},   FamilyRow{SampleFamily::Rods, "rods"},
    FamilyRow{SampleFamily::Prisms, "prisms"}, FamilyRow{SampleFamily::Gratings, "gratings"},
    FamilyRow{SampleFamily::Alloys, "alloys"},
};

/// What the beam meets at a pixel.
struct Place
{
    double thickness = 0;          ///< 0..1
    std::array<double, 4> modes{}; ///< corner, edge, gap, bulk; about 0..1
};

struct Vector
{
    double x = 0, y = 0;
};
double dot(Vector a, Vector b)
{
    return a.x * b.x + a.y * b.y;
}

/// A particle in the plane, pixels.
struct Particle
{
    SampleFamily family;
    Vector centre;
    Vector along;          ///< unit vector
    double radius = 1;     ///< of a sphere, disc or rod; half the width of a bar; of a triangle's
                           ///< inscribed circle
    double halfLength = 0; ///< of a rod's axis

    /// Distance to the outline, negative inside, and to the nearest corner or end.
    struct Distances
    {
        double face, corner;
    };
    Distances distances(Vector p) const
    {
        const Vector d{p.x - centre.x, p.y - centre.y};
        const double u = dot(d, along), v = along.x * d.y - along.y * d.x;
        constexpr double none = 1e6;
        switch (family) {
        case SampleFamily::Rods: {
            const double beyond = std::max(std::abs(u) - halfLength, 0.);
            return {std::hypot(beyond, v) - radius,
                    std::hypot(std::abs(u) - halfLength - radius, v)};
        }
        case SampleFamily::Prisms: {
            double face = -none, corner = none;
            for (int side = 0; side < 3; ++side) {
                const double angle = 2 * std::numbers::pi * side / 3;
                const Vector normal{std::cos(angle), std::sin(angle)};
                face = std::max(face, u * normal.x + v * normal.y - radius);
                corner = std::min(corner,
                                  std::hypot(u + 2 * radius * normal.x, v + 2 * radius * normal.y));
            }
            return {face, corner};
        }
        case SampleFamily::Gratings:
            return {std::abs(v) - radius, none};
        default:
            return {std::hypot(d.x, d.y) - radius, none};
        }
    }
    /// Thickness over the largest, `inside` pixels within the outline.
    double thickness(double inside) const
    {
        const bool isRound = family == SampleFamily::Spheres || family == SampleFamily::Rods;
        if (!isRound)
            return 1;
        const double rest = std::clamp(1 - inside / radius, 0., 1.);
        return std::sqrt(1 - rest * rest);
    }
};

/// How a sample looks beyond its shapes.
struct Look
{
    int rows, cols;
    double size;                         ///< typical radius, pixels
    double gap;                          ///< typical, pixels
    double outside, inside, bridge, tip; ///< decay lengths, pixels
    double probe;                        ///< blur, pixels
};

std::vector<Particle> scattered(SampleFamily family, const Look &look, RandomBits &bits)
{
    std::vector<Particle> particles;
    const auto between = [&bits](double low, double high) {
        return low + (high - low) * uniform(bits);
    };
    if (family == SampleFamily::Gratings) {
        const double angle = between(0, std::numbers::pi);
        const Vector along{std::cos(angle), std::sin(angle)}, across{-along.y, along.x};
        const double reach = std::hypot(look.rows, look.cols);
        for (double at = -reach; at < reach;) {
            const double half = look.size * between(0.6, 0.9);
            const double centre = at + half;
            particles.push_back(
                {family,
                 {look.cols / 2. + centre * across.x, look.rows / 2. + centre * across.y},
                 along,
                 half});
            at = centre + half + look.gap * between(0.6, 1.6);
        }
        return particles;
    }
    const double cover = between(0.22, 0.4) * look.rows * look.cols;
    double area = 0;
    for (int attempt = 0; attempt < 600 && area < cover; ++attempt) {
        const double angle = between(0, 2 * std::numbers::pi);
        Particle one{family,
                     {between(-4, look.cols + 4), between(-4, look.rows + 4)},
                     {std::cos(angle), std::sin(angle)},
                     look.size * between(0.6, 1.4)};
        double extent = one.radius;
        if (family == SampleFamily::Rods) {
            one.radius *= 0.5;
            one.halfLength = one.radius * between(1.5, 4);
            extent = one.radius + one.halfLength;
        } else if (family == SampleFamily::Prisms) {
            one.radius *= 0.7;
            extent = 2 * one.radius;
        }
        const bool mayTouch = uniform(bits) < 0.15;
        const double gap = mayTouch ? 0.3 : look.gap * between(0.6, 1.5);
        // Along the outline of the newcomer, as a rod's or triangle's centre says little.
        const bool isFree =
            std::all_of(particles.begin(), particles.end(), [&](const Particle &other) {
                for (int i = -2; i <= 2; ++i) {
                    const double t = family == SampleFamily::Rods ? one.halfLength * i / 2. : 0;
                    const double needs = family == SampleFamily::Rods ? one.radius : extent;
                    const Vector p{one.centre.x + t * one.along.x, one.centre.y + t * one.along.y};
                    if (other.distances(p).face < needs + gap)
                        return false;
                }
                return true;
            });
        if (!isFree)
            continue;
        area += family == SampleFamily::Rods
                    ? 4 * one.radius * one.halfLength + 3.1 * one.radius * one.radius
                    : (family == SampleFamily::Prisms ? 5.2 : 3.1) * one.radius * one.radius;
        particles.push_back(one);
    }
    return particles;
}

Place placeAt(const std::vector<Particle> &particles, const Look &look, Vector p)
{
    Place place;
    double nearest = 1e6, second = 1e6, tips = 0;
    const double blur = std::sqrt(2.) * look.probe;
    for (const Particle &particle : particles) {
        const auto [face, corner] = particle.distances(p);
        if (face < 3 * blur)
            place.thickness += 0.5 * std::erfc(face / blur) *
                               particle.thickness(std::max(-face, 0.4 * look.probe));
        tips += std::exp(-corner / look.tip);
        if (face < nearest)
            second = std::exchange(nearest, face);
        else
            second = std::min(second, face);
    }
    place.thickness = std::min(place.thickness, 1.);
    const double atFace =
        nearest > 0 ? std::exp(-nearest / look.outside) : std::exp(nearest / look.inside);
    const double coupling = std::exp(-std::max(nearest + second, 0.) / look.bridge);
    place.modes = {std::min(tips, 1.5), atFace * (1 - 0.5 * coupling),
                   coupling * (nearest > 0 ? 1 : std::exp(nearest / look.inside)),
                   nearest < 0 ? place.thickness * (1 - std::exp(nearest / look.inside)) : 0};
    return place;
}

/// A smooth random field of about this wavelength, mean 0, deviation about 1.
Map randomField(int rows, int cols, double wavelength, RandomBits &bits)
{
    constexpr int waves = 40;
    Map field = Map::Zero(rows, cols);
    for (int wave = 0; wave < waves; ++wave) {
        const double angle = 2 * std::numbers::pi * uniform(bits);
        const double number = 2 * std::numbers::pi / wavelength * std::exp(0.25 * normal(bits));
        const double phase = 2 * std::numbers::pi * uniform(bits);
        const double kx = number * std::cos(angle), ky = number * std::sin(angle);
        for (int row = 0; row < rows; ++row)
            for (int col = 0; col < cols; ++col)
                field(row, col) += float(std::cos(kx * col + ky * row + phase));
    }
    return field * float(std::sqrt(2. / waves));
}

std::vector<Place> particlePlaces(SampleFamily family, const Look &look, RandomBits &bits)
{
    const std::vector<Particle> particles = scattered(family, look, bits);
    std::vector<Place> places;
    places.reserve(std::size_t(look.rows * look.cols));
    for (int row = 0; row < look.rows; ++row)
        for (int col = 0; col < look.cols; ++col)
            places.push_back(placeAt(particles, look, {col + 0.5, row + 0.5}));
    return places;
}

/// Phases where a random field is high or low; the interfaces are to them what faces are to
/// particles.
std::vector<Place> alloyPlaces(const Look &look, RandomBits &bits)
{
    const Map composition = randomField(look.rows, look.cols, 3 * look.size, bits);
    const Map thickness = randomField(look.rows, look.cols, 8 * look.size, bits);
    const Map order = randomField(look.rows, look.cols, 1.5 * look.size, bits);
    const double sharpness = 1.5 + 3 * uniform(bits);
    std::vector<Place> places;
    for (int i = 0; i < int(composition.size()); ++i) {
        const double phase = std::tanh(sharpness * double(composition.data()[i]));
        Place place;
        place.thickness =
            std::clamp(0.5 + 0.3 * phase + 0.05 * double(thickness.data()[i]), 0., 1.);
        place.modes = {std::exp(double(order.data()[i]) - 1) * (1 + phase) / 4, 1 - phase * phase,
                       (1 - phase) / 2, (1 + phase) / 2 * place.thickness};
        places.push_back(place);
    }
    return places;
}

std::vector<Place> cubePlaces(const Look &look, std::uint64_t seed, RandomBits &bits)
{
    NanocubesSettings settings;
    settings.rows = look.rows;
    settings.cols = look.cols;
    settings.pixelSizeNm = 1.6;
    settings.cubeNm = 1.6 * 1.1 * look.size;
    settings.gapNm = 1.6 * 0.5 * look.gap;
    settings.tiltDegrees = 45 * uniform(bits);
    settings.holeNm = uniform(bits) < 0.5 ? 30 * uniform(bits) + 12 : 0;
    settings.vacuumFraction = 0.3 * uniform(bits);
    settings.channels = 16; // spectra are not asked for
    settings.seed = seed;
    const Nanocubes sample(settings);
    std::vector<Place> places;
    for (int row = 0; row < look.rows; ++row)
        for (int col = 0; col < look.cols; ++col) {
            const Nanocubes::Place at = sample.at(1.6 * (col + 0.5), 1.6 * (row + 0.5));
            places.push_back(
                {double(at.image),
                 {double(at.corner), double(at.edge), double(at.gap), double(at.bulk)}});
        }
    return places;
}

} // namespace

QStringList sampleFamilyKeys()
{
    QStringList keys;
    for (const FamilyRow &row : familyRows)
        keys << row.key;
    return keys;
}

const char *keyOf(SampleFamily family)
{
    for (const FamilyRow &row : familyRows)
        if (row.family == family)
            return row.key;
    return "";
}

SampleFamily sampleFamilyFromKey(const QString &key)
{
    for (const FamilyRow &row : familyRows)
        if (key == QLatin1String(row.key))
            return row.family;
    fail(Tr::tr("There are no simulated samples called '%1'; there are %2.")
             .arg(key, sampleFamilyKeys().join(", ")));
}

Task simulatedTask(SampleFamily family, std::uint64_t seed, int patch)
{
    RandomBits bits = bitsOf(seed, {std::int64_t(family), 1});
    const auto between = [&bits](double low, double high) {
        return low + (high - low) * uniform(bits);
    };
    Look look;
    look.rows = 56 + int(between(0, 24));
    look.cols = 56 + int(between(0, 24));
    look.size = between(5, 11);
    look.gap = between(1.2, 4);
    look.outside = look.size * between(0.25, 0.6);
    look.inside = look.size * between(0.15, 0.4);
    look.bridge = look.size * between(0.15, 0.35);
    look.tip = look.size * between(0.2, 0.4);
    look.probe = between(0.4, 0.9);
    const std::vector<Place> places = family == SampleFamily::Cubes ? cubePlaces(look, seed, bits)
                                      : family == SampleFamily::Alloys
                                          ? alloyPlaces(look, bits)
                                          : particlePlaces(family, look, bits);

    // One mode is what is measured; the band lets a little of the others in.
    std::array<double, 4> weights;
    for (double &weight : weights)
        weight = 0.25 * uniform(bits);
    const bool hasCorners = family == SampleFamily::Cubes || family == SampleFamily::Rods ||
                            family == SampleFamily::Prisms || family == SampleFamily::Alloys;
    weights[std::size_t(hasCorners ? between(0, 4) : between(1, 4))] = 1;
    const double background = between(0, 0.3), counts = std::exp(between(std::log(15), 7));
    const double imageNoise = between(0.005, 0.05), pedestal = between(0.05, 0.25);
    const double tilt = between(-0.08, 0.08), gain = std::exp(between(-3, 3));

    Dataset dataset;
    dataset.title = Tr::tr("simulated %1 %2").arg(keyOf(family)).arg(seed);
    dataset.image.resize(look.rows, look.cols);
    dataset.values.resize(look.rows, look.cols);
    Map truth(look.rows, look.cols);
    for (int row = 0; row < look.rows; ++row)
        for (int col = 0; col < look.cols; ++col) {
            const Place &place = places[std::size_t(row * look.cols + col)];
            double intensity = background;
            for (std::size_t mode = 0; mode < weights.size(); ++mode)
                intensity += weights[mode] * place.modes[mode];
            dataset.image(row, col) =
                float(gain * (pedestal + (1 - pedestal) * place.thickness +
                              tilt * (double(col) / look.cols - 0.5) + imageNoise * normal(bits)));
            truth(row, col) = float(counts * intensity);
            dataset.values(row, col) = float(poisson(bits, counts * intensity));
        }
    const QString name = dataset.title;
    return Task(name, std::move(dataset), std::move(truth), patch);
}

std::vector<TaskSource> simulatedTasks(const std::vector<SampleFamily> &families, int count,
                                       std::uint64_t firstSeed)
{
    std::vector<TaskSource> tasks;
    for (int i = 0; i < count && !families.empty(); ++i) {
        const SampleFamily family = families[std::size_t(i) % families.size()];
        const std::uint64_t seed = firstSeed + std::uint64_t(i);
        const QString name = QStringLiteral("simulated:%1:%2").arg(keyOf(family)).arg(seed);
        // Samples are what this version draws from family and seed.
        const QByteArray what = ("helmscope simulated task 1 " + name).toUtf8();
        tasks.push_back({name, keyOf(family),
                         QString::fromLatin1(
                             QCryptographicHash::hash(what, QCryptographicHash::Sha256).toHex()),
                         [family, seed](int patch) { return simulatedTask(family, seed, patch); }});
    }
    return tasks;
}

} // namespace helmscope
