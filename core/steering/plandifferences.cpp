// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/plandifferences.h"

#include "base/tr.h"
#include "steering/live/heating.h"
#include "steering/recording/inwords.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>

namespace helmscope {

namespace {

/// As short as the number comes back from: 0.1 and not 0.10000000000000001.
QString textOf(double value)
{
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}
QString textOf(int value)
{
    return QString::number(value);
}
QString textOf(std::uint64_t value)
{
    return QString::number(value);
}
QString textOf(bool value)
{
    return value ? Tr::tr("yes") : Tr::tr("no");
}

// Known to the template below.
QString textOf(Origin::Beyond beyond);
QString textOf(const std::vector<int> &widths);
QString textOf(DeepKernelSettings::Features features);
QString textOf(DeepKernelSettings::Kernel kernel);
QString textOf(DeepKernelSettings::Noise noise);
QString textOf(DeepKernelSettings::Bounds bounds);

/// What differs, gathered field by field.
class Differences
{
public:
    const QStringList &all() const { return m_all; }

    void tell(const QString &name, const QString &before, const QString &after)
    {
        m_all << Tr::tr("%1: %2 → %3").arg(name, before, after);
    }
    /// `unit` begins with what stands between it and the number.
    template <class T>
    void compare(const QString &name, const T &before, const T &after, const QString &unit = {})
    {
        if (before != after)
            tell(name, textOf(before) + unit, textOf(after) + unit);
    }
    void say(const QString &fragment) { m_all << fragment; }

private:
    QStringList m_all;
};

// ---- sample

QString nameOf(const DatasetSources &sources)
{
    return QFileInfo(sources.image.file).fileName();
}

QString nameOf(const std::optional<Address> &address)
{
    return address ? QFileInfo(address->file).fileName() +
                         (address->array.isEmpty() ? QString() : ':' + address->array)
                   : Tr::tr("none");
}

QString pathOf(const std::optional<Address> &address)
{
    return address ? address->text() : Tr::tr("none");
}

void compareAddress(Differences &differences, const QString &name,
                    const std::optional<Address> &before, const std::optional<Address> &after)
{
    if (before == after)
        return;
    // Two files of one name lie in two folders.
    if (nameOf(before) != nameOf(after))
        differences.tell(name, nameOf(before), nameOf(after));
    else
        differences.tell(name, pathOf(before), pathOf(after));
}

void compareSources(Differences &differences, const DatasetSources &before,
                    const DatasetSources &after)
{
    compareAddress(differences, Tr::tr("survey image"), before.image, after.image);
    compareAddress(differences, Tr::tr("spectra"), before.spectra, after.spectra);
    compareAddress(differences, Tr::tr("energies"), before.energies, after.energies);
    compareAddress(differences, Tr::tr("values"), before.values, after.values);
    const auto pixelSize = [](double nm) {
        return nm > 0 ? textOf(nm) + Tr::tr(" nm") : Tr::tr("as in the file");
    };
    if (before.pixelSizeNm != after.pixelSizeNm)
        differences.tell(Tr::tr("pixel size"), pixelSize(before.pixelSizeNm),
                         pixelSize(after.pixelSizeNm));
    differences.compare(Tr::tr("channels read as one"), before.bin, after.bin);
}

void compareSimulated(Differences &differences, const Simulator::Settings &before,
                      const Simulator::Settings &after)
{
    const NanocubesSettings &a = before.sample, &b = after.sample;
    const QString nm = Tr::tr(" nm");
    if (a.rows != b.rows || a.cols != b.cols)
        differences.tell(Tr::tr("scan"), Tr::tr("%1 × %2 pixels").arg(a.rows).arg(a.cols),
                         Tr::tr("%1 × %2 pixels").arg(b.rows).arg(b.cols));
    differences.compare(Tr::tr("pixel size"), a.pixelSizeNm, b.pixelSizeNm, nm);
    differences.compare(Tr::tr("cubes' side"), a.cubeNm, b.cubeNm, nm);
    differences.compare(Tr::tr("gap between cubes"), a.gapNm, b.gapNm, nm);
    differences.compare(Tr::tr("spread of the cubes' sides"), a.sizeSpread, b.sizeSpread);
    differences.compare(Tr::tr("tilt of the array"), a.tiltDegrees, b.tiltDegrees, QString("°"));
    differences.compare(Tr::tr("hole's diameter"), a.holeNm, b.holeNm, nm);
    differences.compare(Tr::tr("part of the field that is vacuum"), a.vacuumFraction,
                        b.vacuumFraction);
    differences.compare(Tr::tr("channels"), a.channels, b.channels);
    if (a.lowEnergyEv != b.lowEnergyEv || a.highEnergyEv != b.highEnergyEv)
        differences.tell(Tr::tr("energies"),
                         Tr::tr("%1 to %2 eV").arg(textOf(a.lowEnergyEv), textOf(a.highEnergyEv)),
                         Tr::tr("%1 to %2 eV").arg(textOf(b.lowEnergyEv), textOf(b.highEnergyEv)));
    differences.compare(Tr::tr("sample's seed"), a.seed, b.seed);
    differences.compare(Tr::tr("image noise (of its range)"), before.imageNoise, after.imageNoise);
    differences.compare(Tr::tr("beam current"), before.beamCurrentPa, after.beamCurrentPa,
                        Tr::tr(" pA"));
    differences.compare(Tr::tr("shot noise"), before.hasShotNoise, after.hasShotNoise);
    const Unrest &calm = before.unrest, &unrest = after.unrest;
    const QString speed = Tr::tr(" nm/s");
    differences.compare(Tr::tr("drift to the right"), calm.driftXNmPerSecond,
                        unrest.driftXNmPerSecond, speed);
    differences.compare(Tr::tr("drift downwards"), calm.driftYNmPerSecond, unrest.driftYNmPerSecond,
                        speed);
    differences.compare(Tr::tr("random walk in a second"), calm.walkNm, unrest.walkNm, nm);
    differences.compare(Tr::tr("widening of the probe"), calm.defocusNmPerSecond,
                        unrest.defocusNmPerSecond, speed);
    differences.compare(Tr::tr("contamination (mean free paths a second)"),
                        calm.contaminationPerSecond, unrest.contaminationPerSecond);
    differences.compare(Tr::tr("time of a survey"), calm.surveySeconds, unrest.surveySeconds,
                        Tr::tr(" s"));
}

QString sampleName(const Plan &plan)
{
    if (const auto *recorded = std::get_if<DatasetSources>(&plan.sample))
        return nameOf(*recorded);
    if (const auto *address = std::get_if<InstrumentAddress>(&plan.sample))
        return address->text();
    return Tr::tr("simulated");
}

void compareSample(Differences &differences, const Plan &before, const Plan &after)
{
    const auto *simulatedBefore = std::get_if<Simulator::Settings>(&before.sample);
    const auto *simulatedAfter = std::get_if<Simulator::Settings>(&after.sample);
    const auto *recordedBefore = std::get_if<DatasetSources>(&before.sample);
    const auto *recordedAfter = std::get_if<DatasetSources>(&after.sample);
    if (simulatedBefore && simulatedAfter)
        compareSimulated(differences, *simulatedBefore, *simulatedAfter);
    else if (recordedBefore && recordedAfter)
        compareSources(differences, *recordedBefore, *recordedAfter);
    else if (sampleName(before) != sampleName(after))
        differences.tell(Tr::tr("sample"), sampleName(before), sampleName(after));
    if (recordedBefore || recordedAfter)
        differences.compare(Tr::tr("shot noise"), before.hasShotNoise, after.hasShotNoise);
}

// ---- value

QString textOf(const Band &band)
{
    return QStringLiteral("%1–%2").arg(textOf(band.low), textOf(band.high));
}

/// Energies in the unit of the recording's axis, which a plan does not hold; the simulated one is
/// in eV.
QString textOf(const Scalarizer &scalarizer, const QString &unit)
{
    QString text;
    switch (scalarizer.kind) {
    case Scalarizer::Kind::BandMean:
        text = Tr::tr("mean %1").arg(textOf(scalarizer.band) + unit);
        break;
    case Scalarizer::Kind::PeakHeight:
        text = Tr::tr("peak height %1").arg(textOf(scalarizer.band) + unit);
        break;
    case Scalarizer::Kind::PeakEnergy:
        text = Tr::tr("peak energy %1").arg(textOf(scalarizer.band) + unit);
        break;
    case Scalarizer::Kind::BandRatio:
        text =
            Tr::tr("ratio %1 / %2").arg(textOf(scalarizer.band), textOf(scalarizer.second) + unit);
        break;
    }
    const QString window = textOf(scalarizer.backgroundWindow) + unit;
    switch (scalarizer.background) {
    case Scalarizer::Background::None:
        break;
    case Scalarizer::Background::Constant:
        text += Tr::tr(", constant background %1").arg(window);
        break;
    case Scalarizer::Background::PowerLaw:
        text += Tr::tr(", power-law background %1").arg(window);
        break;
    }
    return text;
}

QString energyUnit(const Plan &plan)
{
    return std::holds_alternative<Simulator::Settings>(plan.sample) ? Tr::tr(" eV") : QString();
}

// ---- first points, origin, rules

QString textOf(const InitialPoints &initial)
{
    switch (initial.kind) {
    case InitialPoints::Kind::Random:
        return Tr::tr("%1 at random").arg(initial.count);
    case InitialPoints::Kind::Grid:
        return Tr::tr("about %1 on a grid").arg(initial.count);
    case InitialPoints::Kind::Given:
        break;
    }
    constexpr std::size_t mostNamed = 3;
    QStringList names;
    for (const Pixel &pixel : initial.given) {
        if (names.size() == mostNamed) {
            names << QStringLiteral("…");
            break;
        }
        names << QStringLiteral("%1, %2").arg(pixel.row).arg(pixel.col);
    }
    return names.isEmpty()
               ? Tr::tr("0 given")
               : Tr::tr("%1 given (%2)").arg(initial.given.size()).arg(names.join("; "));
}

bool isSame(const InitialPoints &a, const InitialPoints &b)
{
    return a.kind == b.kind &&
           (a.kind == InitialPoints::Kind::Given ? a.given == b.given : a.count == b.count);
}

void compareInitial(Differences &differences, const InitialPoints &before,
                    const InitialPoints &after)
{
    if (isSame(before, after))
        return;
    if (textOf(before) != textOf(after)) {
        differences.tell(Tr::tr("first points"), textOf(before), textOf(after));
        return;
    }
    // Only pixels beyond those named differ.
    const auto [first, other] = std::mismatch(before.given.begin(), before.given.end(),
                                              after.given.begin(), after.given.end());
    differences.say(Tr::tr("first points: others from number %1 on (%2, %3 → %4, %5)")
                        .arg(first - before.given.begin() + 1)
                        .arg(first->row)
                        .arg(first->col)
                        .arg(other->row)
                        .arg(other->col));
}

QString textOf(const Origin &origin)
{
    return origin.run.isEmpty() ? Tr::tr("by itself")
                                : Tr::tr("step %1 of run %2").arg(origin.step).arg(origin.run);
}

QString textOf(Origin::Beyond beyond)
{
    switch (beyond) {
    case Origin::Beyond::Sample:
        return Tr::tr("the sample");
    case Origin::Beyond::Nearest:
        return Tr::tr("the nearest measured spectrum");
    case Origin::Beyond::Predicted:
        break;
    }
    return Tr::tr("the prediction");
}

void compareOrigin(Differences &differences, const Origin &before, const Origin &after)
{
    if (before.run != after.run || before.step != after.step)
        differences.tell(Tr::tr("begins"), textOf(before), textOf(after));
    else if (before.hash != after.hash && !after.run.isEmpty())
        differences.say(Tr::tr("begins: other measurements up to %1 (%2 → %3)")
                            .arg(textOf(after),
                                 before.hash.isEmpty() ? Tr::tr("unknown") : before.hash,
                                 after.hash.isEmpty() ? Tr::tr("unknown") : after.hash));
    if (!before.run.isEmpty() || !after.run.isEmpty())
        differences.compare(Tr::tr("where the other run has not measured"), before.beyond,
                            after.beyond);
}

void compareMasks(Differences &differences, const QString &name, const Mask &before,
                  const Mask &after)
{
    const Eigen::Index countBefore = before.count(), countAfter = after.count();
    const auto text = [](Eigen::Index count) {
        return count == 0   ? Tr::tr("nothing")
               : count == 1 ? Tr::tr("1 pixel")
                            : Tr::tr("%1 pixels").arg(qint64(count));
    };
    if (countBefore == 0 && countAfter == 0)
        return; // an empty mask and one that forbids nothing are the same
    if (countBefore != countAfter) {
        differences.tell(name, text(countBefore), text(countAfter));
        return;
    }
    if (before.rows() != after.rows() || before.cols() != after.cols()) {
        differences.say(Tr::tr("%1: %2, of a grid of %3 × %4 → %5 × %6 pixels")
                            .arg(name, text(countAfter))
                            .arg(qint64(before.rows()))
                            .arg(qint64(before.cols()))
                            .arg(qint64(after.rows()))
                            .arg(qint64(after.cols())));
        return;
    }
    const Eigen::Index moved = (after && !before).count();
    if (moved > 0)
        differences.say(
            Tr::tr("%1: %2, %3 of them elsewhere").arg(name, text(countAfter)).arg(qint64(moved)));
}

void compareStopping(Differences &differences, const Stopping &before, const Stopping &after)
{
    const auto seconds = [](double value) {
        return value > 0 ? textOf(value) + Tr::tr(" s") : Tr::tr("never");
    };
    if (before.afterSeconds != after.afterSeconds)
        differences.tell(Tr::tr("stops after"), seconds(before.afterSeconds),
                         seconds(after.afterSeconds));
    const auto plateau = [](const Stopping &rule) {
        return rule.plateauSteps == 0 ? Tr::tr("never")
                                      : Tr::tr("under %1 % change in %2 steps")
                                            .arg(QString::number(100 * rule.plateauChange, 'g', 6))
                                            .arg(rule.plateauSteps);
    };
    const bool isUsed = before.plateauSteps != 0 || after.plateauSteps != 0;
    if (isUsed &&
        (before.plateauSteps != after.plateauSteps || before.plateauChange != after.plateauChange))
        differences.tell(Tr::tr("stops on a plateau"), plateau(before), plateau(after));
}

// ---- acquisition

QString textOf(const AcquisitionSettings &settings)
{
    const QString name = Tr::tr(rowOf(settings.kind).name);
    switch (settings.kind) {
    case Acquisition::ExpectedImprovement:
    case Acquisition::ProbabilityOfImprovement:
        return Tr::tr("%1 (ξ %2)").arg(name, textOf(settings.xi));
    case Acquisition::UpperConfidenceBound:
        return Tr::tr("%1 (β %2)").arg(name, textOf(settings.beta));
    default:
        return name;
    }
}

// ---- model

QString textOf(const std::vector<int> &widths)
{
    if (widths.empty())
        return Tr::tr("none");
    QStringList texts;
    for (const int width : widths)
        texts << QString::number(width);
    return texts.join(QStringLiteral(" – "));
}

QString textOf(DeepKernelSettings::Features features)
{
    switch (features) {
    case DeepKernelSettings::Features::Network:
        return Tr::tr("learnt by a network");
    case DeepKernelSettings::Features::Rings:
        return Tr::tr("rings about the pixel");
    case DeepKernelSettings::Features::Components:
        break;
    }
    return Tr::tr("principal components of the patches");
}

QString textOf(DeepKernelSettings::Kernel kernel)
{
    return kernel == DeepKernelSettings::Kernel::Rbf ? Tr::tr("RBF") : Tr::tr("Matérn 5/2");
}

QString textOf(DeepKernelSettings::Noise noise)
{
    return noise == DeepKernelSettings::Noise::Constant ? Tr::tr("constant")
                                                        : Tr::tr("grows with counts");
}

QString textOf(DeepKernelSettings::Bounds bounds)
{
    return bounds == DeepKernelSettings::Bounds::Fresh ? Tr::tr("of the weights that predict")
                                                       : Tr::tr("as published (AtomAI)");
}

void compareModel(Differences &differences, const DeepKernelSettings &before,
                  const DeepKernelSettings &after)
{
    const auto preset = [](const DeepKernelSettings &settings) {
        const std::string key = presetKeyOf(settings);
        return key == "custom" ? Tr::tr("own settings") : Tr::tr(presetFromKey(key).name);
    };
    if (preset(before) != preset(after))
        differences.tell(Tr::tr("model"), preset(before), preset(after));
    differences.compare(Tr::tr("model's features"), before.features, after.features);
    differences.compare(Tr::tr("network's hidden layers"), before.hidden, after.hidden);
    differences.compare(Tr::tr("features the kernel sees"), before.embedding, after.embedding);
    differences.compare(Tr::tr("kernel"), before.kernel, after.kernel);
    differences.compare(Tr::tr("noise"), before.noise, after.noise);
    differences.compare(Tr::tr("near places are alike"), before.hasPlace, after.hasPlace);
    const auto components = [](int count) {
        return count == 0 ? Tr::tr("each output alone") : Tr::tr("%1 components").arg(count);
    };
    if (before.components != after.components)
        differences.tell(Tr::tr("spectra are learnt as"), components(before.components),
                         components(after.components));
    differences.compare(Tr::tr("embedding's bounds"), before.bounds, after.bounds);
    differences.compare(Tr::tr("training cycles"), before.cycles, after.cycles);
    differences.compare(Tr::tr("network's learning rate"), before.learningRate, after.learningRate);
    differences.compare(Tr::tr("kernel's learning rate"), before.kernelLearningRate,
                        after.kernelLearningRate);
    differences.compare(Tr::tr("noise variance before training"), before.startNoise,
                        after.startNoise);
    differences.compare(Tr::tr("targets standardized"), before.standardizeTargets,
                        after.standardizeTargets);
}

} // namespace

QStringList planDifferences(const Plan &before, const Plan &after)
{
    Differences differences;
    compareSample(differences, before, after);
    compareOrigin(differences, before.origin, after.origin);
    if (before.scalarizer != after.scalarizer)
        differences.tell(Tr::tr("value"), textOf(before.scalarizer, energyUnit(before)),
                         textOf(after.scalarizer, energyUnit(after)));
    const auto predicts = [](const Plan &plan) {
        return plan.isVector ? Tr::tr("whole spectra") : Tr::tr("the value");
    };
    if (before.isVector != after.isVector)
        differences.tell(Tr::tr("model predicts"), predicts(before), predicts(after));
    differences.compare(Tr::tr("channels averaged into one"), before.bin, after.bin);
    differences.compare(Tr::tr("patch's side"), before.patch, after.patch, Tr::tr(" pixels"));
    compareInitial(differences, before.initial, after.initial);
    compareMasks(differences, Tr::tr("forbidden"), before.forbidden, after.forbidden);
    compareMasks(differences, Tr::tr("preferred"), before.preferred.pixels, after.preferred.pixels);
    if (!before.preferred.isEmpty() || !after.preferred.isEmpty())
        differences.compare(Tr::tr("what is preferred counts, times"), before.preferred.factor,
                            after.preferred.factor);
    differences.compare(Tr::tr("measurements after the first"), before.steps, after.steps);
    compareStopping(differences, before.stopping, after.stopping);
    if (textOf(before.acquisition) != textOf(after.acquisition))
        differences.tell(Tr::tr("acquisition"), textOf(before.acquisition),
                         textOf(after.acquisition));
    const Heating &was = before.acquisition.heating, &is = after.acquisition.heating;
    if (was != is && (was.isOn() || is.isOn()))
        differences.tell(Tr::tr("heating"), inWords(textOf(was)), inWords(textOf(is)));
    compareModel(differences, before.model, after.model);
    const auto beginning = [](const Plan &plan) {
        const QString first = plan.beginning.isWanted()
                                  ? Tr::tr("meta-model %1").arg(plan.beginning.hash.left(12))
                                  : Tr::tr("cold");
        return plan.beginning.isOpen()
                   ? Tr::tr("%1, then the best in %2 after %3 points")
                         .arg(first, plan.beginning.among.join(QStringLiteral(", ")))
                         .arg(plan.beginning.afterPoints)
                   : first;
    };
    if (beginning(before) != beginning(after))
        differences.tell(Tr::tr("model begins from"), beginning(before), beginning(after));
    const auto start = [](const Plan &plan) {
        return plan.isWarmStart
                   ? Tr::tr("goes on from the last model (%1 cycles)").arg(plan.warmCycles)
                   : Tr::tr("learns anew each step");
    };
    if (start(before) != start(after))
        differences.tell(Tr::tr("learning"), start(before), start(after));
    for (const QString &difference : differencesOf(before.watch, after.watch))
        differences.say(difference);
    differences.compare(Tr::tr("dwell time"), before.dwellSeconds, after.dwellSeconds,
                        Tr::tr(" s"));
    const auto maps = [](int every) {
        return every == 1 ? Tr::tr("at every step") : Tr::tr("every %1 steps").arg(every);
    };
    if (before.mapsEvery != after.mapsEvery)
        differences.tell(Tr::tr("maps are kept"), maps(before.mapsEvery), maps(after.mapsEvery));
    differences.compare(Tr::tr("seed"), before.seed, after.seed);
    return differences.all();
}

} // namespace helmscope
