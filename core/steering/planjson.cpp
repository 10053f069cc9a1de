// SPDX-License-Identifier: GPL-3.0-or-later
// A plan as JSON: made to be read and edited by people.
#include "steering/plan.h"

#include "base/json.h"
#include "base/tr.h"
#include "steering/live/heating.h"

#include <QJsonArray>

#include <array>
#include <limits>

namespace helmscope {

namespace {

constexpr int version = 1;
constexpr double largest = std::numeric_limits<double>::max();
constexpr double largestExact = 9007199254740992.; // 2^53

template <class E>
struct Key
{
    E value;
    const char *key;
};

constexpr std::array kinds{
    Key{InitialPoints::Kind::Random, "random"},
    Key{InitialPoints::Kind::Grid, "grid"},
    Key{InitialPoints::Kind::Given, "given"},
};
constexpr std::array beyonds{
    Key{Origin::Beyond::Sample, "sample"},
    Key{Origin::Beyond::Nearest, "nearest"},
    Key{Origin::Beyond::Predicted, "predicted"},
};
constexpr std::array kernels{
    Key{DeepKernelSettings::Kernel::Rbf, "rbf"},
    Key{DeepKernelSettings::Kernel::Matern52, "matern52"},
};
constexpr std::array featureKinds{Key{DeepKernelSettings::Features::Network, "network"},
                                  Key{DeepKernelSettings::Features::Rings, "rings"},
                                  Key{DeepKernelSettings::Features::Components, "components"}};
constexpr std::array noiseKinds{Key{DeepKernelSettings::Noise::Constant, "constant"},
                                Key{DeepKernelSettings::Noise::Counting, "counting"}};
constexpr std::array boundsKinds{
    Key{DeepKernelSettings::Bounds::Fresh, "fresh"},
    Key{DeepKernelSettings::Bounds::Published, "published"},
};
constexpr std::array scalarizers{
    Key{Scalarizer::Kind::BandMean, "band"},
    Key{Scalarizer::Kind::PeakHeight, "peak"},
    Key{Scalarizer::Kind::PeakEnergy, "energy"},
    Key{Scalarizer::Kind::BandRatio, "ratio"},
};
constexpr std::array backgrounds{
    Key{Scalarizer::Background::None, "none"},
    Key{Scalarizer::Background::Constant, "constant"},
    Key{Scalarizer::Background::PowerLaw, "power"},
};

template <class Keys, class E>
QString keyIn(const Keys &keys, E value)
{
    for (const auto &row : keys)
        if (row.value == value)
            return QString::fromLatin1(row.key);
    return {};
}

template <class Keys, class E>
E choice(const QJsonObject &object, const QString &key, const Keys &keys, E fallback,
         const QString &where)
{
    const QString found = text(object, key, keyIn(keys, fallback), where);
    QStringList known;
    for (const auto &row : keys) {
        if (found == QLatin1String(row.key))
            return row.value;
        known << QString::fromLatin1(row.key);
    }
    fail(Tr::tr("Cannot use %1: '%2' is '%3' and must be one of %4.")
             .arg(where, key, found, known.join(", ")));
}

[[noreturn]] void wrongType(const QString &where, const QString &key, const QString &wanted)
{
    fail(Tr::tr("Cannot use %1: '%2' is not %3.").arg(where, key, wanted));
}

/// The object at `key`; empty when absent.
QJsonObject objectAt(const QJsonObject &object, const QString &key, const QString &where)
{
    const QJsonValue value = object.value(key);
    if (!value.isUndefined() && !value.isObject())
        wrongType(where, key, Tr::tr("an object"));
    return value.toObject();
}

QJsonValue seedToJson(std::uint64_t seed)
{
    if (seed <= std::uint64_t(largestExact))
        return double(seed);
    return QString::number(seed);
}

std::uint64_t seedAt(const QJsonObject &object, const QString &key, std::uint64_t fallback,
                     const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return fallback;
    bool isWhole = false;
    std::uint64_t seed = 0;
    if (value.isString()) {
        seed = value.toString().toULongLong(&isWhole);
    } else if (value.isDouble()) {
        const double plain = value.toDouble();
        isWhole = plain >= 0 && plain <= largestExact && plain == double(std::uint64_t(plain));
        seed = isWhole ? std::uint64_t(plain) : 0;
    }
    if (!isWhole)
        wrongType(where, key, Tr::tr("a whole number from 0 to 2^64 - 1 (above 2^53 as a text)"));
    return seed;
}

QJsonArray toJson(const Band &band)
{
    return {band.low, band.high};
}

Band bandAt(const QJsonObject &object, const QString &key, const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return {};
    const QJsonArray pair = value.toArray();
    if (!value.isArray() || pair.size() != 2 || !pair[0].isDouble() || !pair[1].isDouble())
        wrongType(where, key, Tr::tr("a list of two energies"));
    return {pair[0].toDouble(), pair[1].toDouble()};
}

QJsonObject toJson(const Scalarizer &scalarizer)
{
    QJsonObject object{{"kind", keyIn(scalarizers, scalarizer.kind)},
                       {"band", toJson(scalarizer.band)},
                       {"background", keyIn(backgrounds, scalarizer.background)}};
    if (scalarizer.kind == Scalarizer::Kind::BandRatio || scalarizer.second != Band{})
        object["second"] = toJson(scalarizer.second);
    if (scalarizer.background != Scalarizer::Background::None ||
        scalarizer.backgroundWindow != Band{})
        object["backgroundWindow"] = toJson(scalarizer.backgroundWindow);
    return object;
}

QJsonObject toJson(const InitialPoints &initial)
{
    QJsonObject object{{"kind", keyIn(kinds, initial.kind)}, {"count", initial.count}};
    if (!initial.given.empty()) {
        QJsonArray pixels;
        for (const Pixel &pixel : initial.given)
            pixels.append(QJsonArray{pixel.row, pixel.col});
        object["given"] = pixels;
    }
    return object;
}

InitialPoints initialFromJson(const QJsonObject &object, const QString &where)
{
    InitialPoints initial;
    initial.kind = choice(object, "kind", kinds, initial.kind, where);
    initial.count = integer(object, "count", initial.count, 1, 1'000'000, where);
    const QJsonValue given = object.value("given");
    if (!given.isUndefined() && !given.isArray())
        wrongType(where, "given", Tr::tr("a list of pixels"));
    for (const QJsonValue &value : given.toArray()) {
        const QJsonArray pair = value.toArray();
        const int row = pair.at(0).toInt(-1);
        const int col = pair.at(1).toInt(-1);
        if (pair.size() != 2 || row < 0 || col < 0)
            wrongType(where, "given", Tr::tr("a list of pixels, each [row, column]"));
        initial.given.push_back({row, col});
    }
    return initial;
}

QJsonObject toJson(const Origin &origin)
{
    if (origin.run.isEmpty())
        return {};
    return {{"run", origin.run},
            {"step", origin.step},
            {"hash", origin.hash},
            {"beyond", keyIn(beyonds, origin.beyond)}};
}

Origin originFromJson(const QJsonObject &object, const QString &where)
{
    Origin origin;
    origin.run = text(object, "run", origin.run, where);
    origin.step = integer(object, "step", origin.step, 0, 1'000'000, where);
    origin.hash = text(object, "hash", origin.hash, where);
    origin.beyond = choice(object, "beyond", beyonds, origin.beyond, where);
    return origin;
}

QJsonObject toJson(const Unrest &unrest)
{
    return {{"driftXNmPerSecond", unrest.driftXNmPerSecond},
            {"driftYNmPerSecond", unrest.driftYNmPerSecond},
            {"walkNm", unrest.walkNm},
            {"defocusNmPerSecond", unrest.defocusNmPerSecond},
            {"contaminationPerSecond", unrest.contaminationPerSecond},
            {"surveySeconds", unrest.surveySeconds}};
}

Unrest unrestFromJson(const QJsonObject &object, const QString &where)
{
    Unrest unrest;
    const auto take = [&](const char *key, double &field, double least) {
        field = number(object, QString::fromLatin1(key), field, least, 1e6, where);
    };
    take("driftXNmPerSecond", unrest.driftXNmPerSecond, -1e6);
    take("driftYNmPerSecond", unrest.driftYNmPerSecond, -1e6);
    take("walkNm", unrest.walkNm, 0);
    take("defocusNmPerSecond", unrest.defocusNmPerSecond, 0);
    take("contaminationPerSecond", unrest.contaminationPerSecond, 0);
    take("surveySeconds", unrest.surveySeconds, 0);
    return unrest;
}

QJsonObject toJson(const Simulator::Settings &settings)
{
    const NanocubesSettings &sample = settings.sample;
    return {{"rows", sample.rows},
            {"cols", sample.cols},
            {"pixelSizeNm", sample.pixelSizeNm},
            {"cubeNm", sample.cubeNm},
            {"gapNm", sample.gapNm},
            {"sizeSpread", sample.sizeSpread},
            {"tiltDegrees", sample.tiltDegrees},
            {"holeNm", sample.holeNm},
            {"vacuumFraction", sample.vacuumFraction},
            {"channels", sample.channels},
            {"lowEnergyEv", sample.lowEnergyEv},
            {"highEnergyEv", sample.highEnergyEv},
            {"seed", seedToJson(sample.seed)},
            {"imageNoise", settings.imageNoise},
            {"beamCurrentPa", settings.beamCurrentPa},
            {"hasShotNoise", settings.hasShotNoise},
            {"unrest", toJson(settings.unrest)}};
}

Simulator::Settings simulatedFromJson(const QJsonObject &object, const QString &where)
{
    // Only kinds and what a number can mean: Nanocubes knows what its geometry allows.
    Simulator::Settings settings;
    NanocubesSettings &sample = settings.sample;
    sample.rows = integer(object, "rows", sample.rows, 32, 512, where);
    sample.cols = integer(object, "cols", sample.cols, 32, 512, where);
    sample.pixelSizeNm = number(object, "pixelSizeNm", sample.pixelSizeNm, 1e-3, 1e6, where);
    sample.cubeNm = number(object, "cubeNm", sample.cubeNm, 0, 1e6, where);
    sample.gapNm = number(object, "gapNm", sample.gapNm, 0, 1e6, where);
    sample.sizeSpread = number(object, "sizeSpread", sample.sizeSpread, 0, 1, where);
    sample.tiltDegrees = number(object, "tiltDegrees", sample.tiltDegrees, -360, 360, where);
    sample.holeNm = number(object, "holeNm", sample.holeNm, 0, 1e6, where);
    sample.vacuumFraction = number(object, "vacuumFraction", sample.vacuumFraction, 0, 1, where);
    sample.channels = integer(object, "channels", sample.channels, 2, 65536, where);
    sample.lowEnergyEv = number(object, "lowEnergyEv", sample.lowEnergyEv, -1e3, 1e6, where);
    sample.highEnergyEv = number(object, "highEnergyEv", sample.highEnergyEv, -1e3, 1e6, where);
    sample.seed = seedAt(object, "seed", sample.seed, where);
    settings.imageNoise = number(object, "imageNoise", settings.imageNoise, 0, 1e3, where);
    settings.beamCurrentPa = number(object, "beamCurrentPa", settings.beamCurrentPa, 0, 1e9, where);
    settings.hasShotNoise = flag(object, "hasShotNoise", settings.hasShotNoise, where);
    settings.unrest =
        unrestFromJson(objectAt(object, "unrest", where), Tr::tr("'unrest' of %1").arg(where));
    return settings;
}

QJsonObject toJson(const SampleSources &sample)
{
    if (const auto *simulated = std::get_if<Simulator::Settings>(&sample))
        return {{"simulated", toJson(*simulated)}};
    if (const auto *address = std::get_if<InstrumentAddress>(&sample))
        return {{"instrument", address->toJson()}};
    return {{"recorded", std::get<DatasetSources>(sample).toJson()}};
}

SampleSources sampleFromJson(const QJsonObject &object, const QString &where)
{
    if (object.contains("instrument"))
        return InstrumentAddress::fromJson(objectAt(object, "instrument", where),
                                           Tr::tr("'instrument' of %1").arg(where));
    if (object.contains("recorded"))
        return DatasetSources::fromJson(objectAt(object, "recorded", where),
                                        Tr::tr("'recorded' of %1").arg(where));
    return simulatedFromJson(objectAt(object, "simulated", where),
                             Tr::tr("'simulated' of %1").arg(where));
}

QJsonObject toJson(const Beginning &beginning)
{
    QJsonObject object;
    if (beginning.isWanted()) {
        object["metaModel"] = beginning.hash;
        object["file"] = beginning.file;
    }
    if (beginning.isOpen()) {
        object["among"] = QJsonArray::fromStringList(beginning.among);
        object["afterPoints"] = beginning.afterPoints;
    }
    return object;
}

Beginning beginningFromJson(const QJsonObject &object, const QString &where)
{
    constexpr qsizetype mostPlaces = 1000;
    Beginning beginning;
    beginning.hash = text(object, "metaModel", {}, where);
    beginning.file = text(object, "file", {}, where);
    const QJsonValue among = object.value("among");
    const QJsonArray places = among.toArray();
    for (const QJsonValue &place : places)
        beginning.among << place.toString();
    if ((!among.isUndefined() && !among.isArray()) || places.size() > mostPlaces ||
        beginning.among.contains(QString()))
        wrongType(where, "among", Tr::tr("a list of at most %1 files and folders").arg(mostPlaces));
    beginning.afterPoints = integer(object, "afterPoints", beginning.afterPoints,
                                    Beginning::fewestPoints, Beginning::mostPoints, where);
    return beginning;
}

} // namespace

Scalarizer scalarizerFromJson(const QJsonValue &value, const QString &where)
{
    if (value.isString())
        return Scalarizer::parse(value.toString());
    const QJsonObject object = value.toObject();
    Scalarizer scalarizer;
    scalarizer.kind = choice(object, "kind", scalarizers, scalarizer.kind, where);
    scalarizer.band = bandAt(object, "band", where);
    scalarizer.second = bandAt(object, "second", where);
    scalarizer.background = choice(object, "background", backgrounds, scalarizer.background, where);
    scalarizer.backgroundWindow = bandAt(object, "backgroundWindow", where);
    return scalarizer;
}

QJsonObject maskToJson(const Mask &mask)
{
    if (mask.size() == 0)
        return {};
    QJsonArray runs;
    for (Eigen::Index row = 0; row < mask.rows(); ++row) {
        for (Eigen::Index col = 0; col < mask.cols(); ++col) {
            if (!mask(row, col))
                continue;
            const Eigen::Index first = col;
            while (col + 1 < mask.cols() && mask(row, col + 1))
                ++col;
            runs.append(QJsonArray{int(row), int(first), int(col)});
        }
    }
    return {{"rows", int(mask.rows())}, {"cols", int(mask.cols())}, {"runs", runs}};
}

Mask maskFromJson(const QJsonObject &object, const QString &where)
{
    constexpr int longest = 65536;
    constexpr std::int64_t mostPixels = 1 << 28;
    const int rows = integer(object, "rows", 0, 0, longest, where);
    const int cols = integer(object, "cols", 0, 0, longest, where);
    if (std::int64_t(rows) * cols > mostPixels)
        fail(Tr::tr("Cannot use %1: %2 × %3 pixels are too many.").arg(where).arg(rows).arg(cols));
    const QJsonValue runs = object.value("runs");
    if (!runs.isUndefined() && !runs.isArray())
        wrongType(where, "runs", Tr::tr("a list"));
    Mask mask = Mask::Constant(rows, cols, false);
    for (const QJsonValue &value : runs.toArray()) {
        const QJsonArray run = value.toArray();
        const int row = run.at(0).toInt(-1), first = run.at(1).toInt(-1),
                  last = run.at(2).toInt(-1);
        if (run.size() != 3 || row < 0 || row >= rows || first < 0 || last < first || last >= cols)
            wrongType(where, "runs",
                      Tr::tr("a list of [row, first column, last column] within it"));
        mask.row(row).segment(first, last - first + 1) = true;
    }
    return mask;
}

bool Preference::operator==(const Preference &other) const
{
    return factor == other.factor && pixels.rows() == other.pixels.rows() &&
           pixels.cols() == other.pixels.cols() && (pixels == other.pixels).all();
}

QJsonObject preferenceToJson(const Preference &preference)
{
    QJsonObject object = maskToJson(preference.pixels);
    if (!object.isEmpty())
        object["factor"] = preference.factor;
    return object;
}

Preference preferenceFromJson(const QJsonObject &object, const QString &where)
{
    Preference preference;
    preference.pixels = maskFromJson(object, where);
    preference.factor =
        number(object, "factor", preference.factor, 1, Preference::mostFactor, where);
    return preference;
}

QJsonObject acquisitionToJson(const AcquisitionSettings &settings)
{
    QJsonObject object{
        {"kind", rowOf(settings.kind).key}, {"xi", settings.xi}, {"beta", settings.beta}};
    if (settings.heating != Heating()) // plans without it stay as they were
        object["heating"] = heatingToJson(settings.heating);
    return object;
}

AcquisitionSettings acquisitionFromJson(const QJsonObject &object, const QString &where)
{
    AcquisitionSettings settings;
    settings.kind =
        acquisitionFromKey(text(object, "kind", rowOf(settings.kind).key, where).toStdString());
    settings.xi = number(object, "xi", settings.xi, -largest, largest, where);
    settings.beta = number(object, "beta", settings.beta, 0, largest, where);
    settings.heating = heatingFromJson(objectAt(object, "heating", where),
                                       Tr::tr("'%1' of %2").arg(QStringLiteral("heating"), where));
    return settings;
}

QJsonObject scalarizerToJson(const Scalarizer &scalarizer)
{
    return toJson(scalarizer);
}

QJsonObject modelToJson(const DeepKernelSettings &model)
{
    QJsonArray hidden;
    for (int width : model.hidden)
        hidden.append(width);
    return {{"features", keyIn(featureKinds, model.features)},
            {"noise", keyIn(noiseKinds, model.noise)},
            {"hasPlace", model.hasPlace},
            {"components", model.components},
            {"hidden", hidden},
            {"embedding", model.embedding},
            {"kernel", keyIn(kernels, model.kernel)},
            {"bounds", keyIn(boundsKinds, model.bounds)},
            {"cycles", model.cycles},
            {"learningRate", model.learningRate},
            {"kernelLearningRate", model.kernelLearningRate},
            {"startNoise", model.startNoise},
            {"standardizeTargets", model.standardizeTargets}};
}

DeepKernelSettings modelFromJson(const QJsonObject &object, const QString &where)
{
    DeepKernelSettings model = Plan().model;
    model.features = choice(object, "features", featureKinds, model.features, where);
    model.noise = choice(object, "noise", noiseKinds, model.noise, where);
    model.hasPlace = flag(object, "hasPlace", model.hasPlace, where);
    model.components = integer(object, "components", model.components, 0, 1000, where);
    if (const QJsonValue hidden = object.value("hidden"); !hidden.isUndefined()) {
        constexpr int mostLayers = 16, widest = 16384;
        const QJsonArray widths = hidden.toArray();
        model.hidden.clear();
        for (const QJsonValue &width : widths)
            model.hidden.push_back(width.toInt(0));
        if (!hidden.isArray() || widths.size() > mostLayers ||
            std::any_of(model.hidden.begin(), model.hidden.end(),
                        [](int width) { return width < 1 || width > widest; }))
            wrongType(
                where, "hidden",
                Tr::tr("a list of at most %1 widths from 1 to %2").arg(mostLayers).arg(widest));
    }
    model.embedding = integer(object, "embedding", model.embedding, 1, 256, where);
    model.kernel = choice(object, "kernel", kernels, model.kernel, where);
    model.bounds = choice(object, "bounds", boundsKinds, model.bounds, where);
    model.cycles = integer(object, "cycles", model.cycles, 1, 1'000'000, where);
    model.learningRate = number(object, "learningRate", model.learningRate, 0, 10, where);
    model.kernelLearningRate =
        number(object, "kernelLearningRate", model.kernelLearningRate, 0, 10, where);
    model.startNoise = number(object, "startNoise", model.startNoise, 1e-9, 1e9, where);
    model.standardizeTargets = flag(object, "standardizeTargets", model.standardizeTargets, where);
    return model;
}

QJsonObject Plan::toJson() const
{
    QJsonObject object{
        {"format", "helmscope-plan"},
        {"version", version},
        {"sample", helmscope::toJson(sample)},
        {"scalarizer", helmscope::toJson(scalarizer)},
        {"isVector", isVector},
        {"bin", bin},
        {"patch", patch},
        {"initial", helmscope::toJson(initial)},
        {"origin", helmscope::toJson(origin)},
        {"forbidden", maskToJson(forbidden)},
        {"preferred", preferenceToJson(preferred)},
        {"steps", steps},
        {"stopping", QJsonObject{{"afterSeconds", stopping.afterSeconds},
                                 {"plateauSteps", stopping.plateauSteps},
                                 {"plateauChange", stopping.plateauChange}}},
        {"acquisition", acquisitionToJson(acquisition)},
        {"model", modelToJson(model)},
        {"isWarmStart", isWarmStart},
        {"warmCycles", warmCycles},
        {"dwellSeconds", dwellSeconds},
        {"watch", watchToJson(watch)},
        {"hasShotNoise", hasShotNoise},
        {"mapsEvery", mapsEvery},
        {"seed", seedToJson(seed)},
    };
    if (beginning.isWanted() || beginning.isOpen())
        object["beginning"] = helmscope::toJson(beginning);
    return object;
}

Plan Plan::fromJson(const QJsonObject &object, const QString &where)
{
    if (const QString format = text(object, "format", "helmscope-plan", where);
        format != "helmscope-plan")
        fail(Tr::tr("Cannot use %1: its format is '%2', not 'helmscope-plan'.").arg(where, format));
    if (integer(object, "version", version, 1, std::numeric_limits<int>::max(), where) > version)
        fail(Tr::tr("Cannot use %1: a newer Helmscope wrote it; update this one.").arg(where));

    const auto inside = [&](const char *key) {
        return Tr::tr("'%1' of %2").arg(QString::fromLatin1(key), where);
    };
    Plan plan;
    plan.sample = sampleFromJson(objectAt(object, "sample", where), inside("sample"));
    const QJsonValue scalarizerValue = object.value("scalarizer");
    if (!scalarizerValue.isUndefined() && !scalarizerValue.isString() &&
        !scalarizerValue.isObject())
        wrongType(where, "scalarizer", Tr::tr("an object or a text like 'band:0.35-0.55'"));
    if (!scalarizerValue.isUndefined())
        plan.scalarizer = scalarizerFromJson(scalarizerValue, inside("scalarizer"));
    plan.isVector = flag(object, "isVector", plan.isVector, where);
    plan.bin = integer(object, "bin", plan.bin, 1, 65536, where);
    plan.patch = integer(object, "patch", plan.patch, 2, 256, where);
    plan.initial = initialFromJson(objectAt(object, "initial", where), inside("initial"));
    plan.origin = originFromJson(objectAt(object, "origin", where), inside("origin"));
    plan.forbidden = maskFromJson(objectAt(object, "forbidden", where), inside("forbidden"));
    plan.preferred = preferenceFromJson(objectAt(object, "preferred", where), inside("preferred"));
    plan.steps = integer(object, "steps", plan.steps, 0, 1'000'000, where);

    const QJsonObject rules = objectAt(object, "stopping", where);
    plan.stopping.afterSeconds =
        number(rules, "afterSeconds", plan.stopping.afterSeconds, 0, largest, inside("stopping"));
    plan.stopping.plateauSteps = integer(rules, "plateauSteps", plan.stopping.plateauSteps, 0,
                                         1'000'000, inside("stopping"));
    plan.stopping.plateauChange =
        number(rules, "plateauChange", plan.stopping.plateauChange, 0, 1e6, inside("stopping"));

    plan.acquisition =
        acquisitionFromJson(objectAt(object, "acquisition", where), inside("acquisition"));
    plan.model = modelFromJson(objectAt(object, "model", where), inside("model"));
    plan.beginning = beginningFromJson(objectAt(object, "beginning", where), inside("beginning"));
    plan.isWarmStart = flag(object, "isWarmStart", plan.isWarmStart, where);
    plan.warmCycles = integer(object, "warmCycles", plan.warmCycles, 1, 1'000'000, where);
    plan.dwellSeconds = number(object, "dwellSeconds", plan.dwellSeconds, 0, 1e6, where);
    plan.watch = watchFromJson(objectAt(object, "watch", where), inside("watch"));
    plan.hasShotNoise = flag(object, "hasShotNoise", plan.hasShotNoise, where);
    plan.mapsEvery = integer(object, "mapsEvery", plan.mapsEvery, 1, 1'000'000, where);
    plan.seed = seedAt(object, "seed", plan.seed, where);
    return plan;
}

} // namespace helmscope
