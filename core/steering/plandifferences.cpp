// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/plandifferences.h"

#include "base/tr.h"

#include <QFileInfo>

namespace helmscope {

namespace {

QString textOf(double number)
{
    return QString::number(number, 'g', 6);
}

QString textOf(const std::variant<Simulator::Settings, DatasetSources> &sample)
{
    if (const auto *simulated = std::get_if<Simulator::Settings>(&sample))
        return Tr::tr("simulated, %1 × %2, sample seed %3")
            .arg(simulated->sample.rows)
            .arg(simulated->sample.cols)
            .arg(simulated->sample.seed);
    const auto &recorded = std::get<DatasetSources>(sample);
    QString text = QFileInfo(recorded.image.file).fileName();
    for (const auto &address : {recorded.spectra, recorded.values})
        if (address && address->file != recorded.image.file)
            text += " + " + QFileInfo(address->file).fileName();
    return text;
}

QString textOf(const AcquisitionSettings &settings)
{
    const QString name = QString::fromUtf8(rowOf(settings.kind).name);
    switch (settings.kind) {
    case Acquisition::ExpectedImprovement:
    case Acquisition::ProbabilityOfImprovement:
        return QStringLiteral("%1 (ξ %2)").arg(name, textOf(settings.xi));
    case Acquisition::UpperConfidenceBound:
        return QStringLiteral("%1 (β %2)").arg(name, textOf(settings.beta));
    default:
        return name;
    }
}

QString textOf(const DeepKernelSettings &model)
{
    for (const Preset &preset : presets()) {
        DeepKernelSettings known = preset.settings;
        known.seed = model.seed;
        if (known == model)
            return QString::fromUtf8(preset.name);
    }
    return Tr::tr("settings of its own");
}

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
    return Tr::tr("%1 given").arg(initial.given.size());
}

QString textOf(const Origin &origin)
{
    if (origin.run.isEmpty())
        return Tr::tr("none");
    const QString from = Tr::tr("step %1 of %2").arg(origin.step).arg(origin.run);
    switch (origin.beyond) {
    case Origin::Beyond::Nearest:
        return Tr::tr("%1, the nearest measured pixel stands in").arg(from);
    case Origin::Beyond::Predicted:
        return Tr::tr("%1, a prediction stands in").arg(from);
    case Origin::Beyond::Sample:
        break;
    }
    return from;
}

QString textOf(const Mask &mask)
{
    return mask.size() == 0 ? Tr::tr("nothing") : Tr::tr("%1 pixels").arg(mask.count());
}

QString seconds(double number)
{
    return number > 0 ? Tr::tr("%1 s").arg(textOf(number)) : Tr::tr("no limit");
}

QString yesOrNo(bool is)
{
    return is ? Tr::tr("yes") : Tr::tr("no");
}

/// What a model is made of, field by field, for those that bear no preset's name.
void modelDifferences(const DeepKernelSettings &a, const DeepKernelSettings &b, QStringList &found)
{
    using Settings = DeepKernelSettings;
    const auto note = [&found](const QString &name, const QString &before, const QString &after) {
        if (before != after)
            found << QStringLiteral("%1: %2 → %3").arg(name, before, after);
    };
    const auto features = [](Settings::Features kind) {
        return kind == Settings::Features::Network ? Tr::tr("a network's")
               : kind == Settings::Features::Rings ? Tr::tr("rings")
                                                   : Tr::tr("principal components");
    };
    const auto widths = [](const std::vector<int> &hidden) {
        QStringList texts;
        for (int width : hidden)
            texts << QString::number(width);
        return texts.join(" – ");
    };
    note(Tr::tr("features"), features(a.features), features(b.features));
    note(Tr::tr("kernel"), a.kernel == Settings::Kernel::Rbf ? "RBF" : "Matérn 5/2",
         b.kernel == Settings::Kernel::Rbf ? "RBF" : "Matérn 5/2");
    note(Tr::tr("noise"),
         a.noise == Settings::Noise::Counting ? Tr::tr("counting") : Tr::tr("constant"),
         b.noise == Settings::Noise::Counting ? Tr::tr("counting") : Tr::tr("constant"));
    note(Tr::tr("a term of place"), yesOrNo(a.hasPlace), yesOrNo(b.hasPlace));
    note(Tr::tr("components of spectra"), QString::number(a.components),
         QString::number(b.components));
    note(Tr::tr("hidden layers"), widths(a.hidden), widths(b.hidden));
    note(Tr::tr("embedding"), QString::number(a.embedding), QString::number(b.embedding));
    note(Tr::tr("bounds"), a.bounds == Settings::Bounds::Fresh ? "fresh" : "published",
         b.bounds == Settings::Bounds::Fresh ? "fresh" : "published");
    note(Tr::tr("training cycles"), QString::number(a.cycles), QString::number(b.cycles));
    note(Tr::tr("learning rate"), textOf(a.learningRate), textOf(b.learningRate));
    note(Tr::tr("kernel's learning rate"), textOf(a.kernelLearningRate),
         textOf(b.kernelLearningRate));
    note(Tr::tr("noise to begin with"), textOf(a.startNoise), textOf(b.startNoise));
    note(Tr::tr("standardized targets"), yesOrNo(a.standardizeTargets),
         yesOrNo(b.standardizeTargets));
}

} // namespace

QStringList planDifferences(const Plan &a, const Plan &b)
{
    QStringList found;
    const auto note = [&found](const QString &name, const QString &before, const QString &after) {
        found << QStringLiteral("%1: %2 → %3").arg(name, before, after);
    };
    if (a.toJson()["sample"] != b.toJson()["sample"])
        note(Tr::tr("sample"), textOf(a.sample), textOf(b.sample));
    if (a.scalarizer != b.scalarizer)
        note(Tr::tr("value"), a.scalarizer.text(), b.scalarizer.text());
    if (a.isVector != b.isVector)
        note(Tr::tr("predicts whole spectra"), yesOrNo(a.isVector), yesOrNo(b.isVector));
    if (a.bin != b.bin)
        note(Tr::tr("channels averaged"), QString::number(a.bin), QString::number(b.bin));
    if (a.patch != b.patch)
        note(Tr::tr("patch"), Tr::tr("%1 px").arg(a.patch), Tr::tr("%1 px").arg(b.patch));
    if (a.initial != b.initial)
        note(Tr::tr("first points"), textOf(a.initial), textOf(b.initial));
    if (a.origin != b.origin)
        note(Tr::tr("goes on from"), textOf(a.origin), textOf(b.origin));
    if (a.forbidden.rows() != b.forbidden.rows() || a.forbidden.cols() != b.forbidden.cols() ||
        (a.forbidden != b.forbidden).any())
        note(Tr::tr("forbidden"), textOf(a.forbidden), textOf(b.forbidden));
    if (a.steps != b.steps)
        note(Tr::tr("budget"), Tr::tr("%1 steps").arg(a.steps), Tr::tr("%1 steps").arg(b.steps));
    if (a.stopping.afterSeconds != b.stopping.afterSeconds)
        note(Tr::tr("time"), seconds(a.stopping.afterSeconds), seconds(b.stopping.afterSeconds));
    if (a.stopping.plateauSteps != b.stopping.plateauSteps ||
        a.stopping.plateauChange != b.stopping.plateauChange) {
        const auto plateau = [](const Stopping &rules) {
            return rules.plateauSteps > 0 ? Tr::tr("less than %1 % over %2 steps")
                                                .arg(textOf(100 * rules.plateauChange))
                                                .arg(rules.plateauSteps)
                                          : Tr::tr("off");
        };
        note(Tr::tr("stops on a plateau"), plateau(a.stopping), plateau(b.stopping));
    }
    if (a.acquisition != b.acquisition)
        note(Tr::tr("acquisition"), textOf(a.acquisition), textOf(b.acquisition));
    DeepKernelSettings before = a.model, after = b.model;
    before.seed = after.seed = 0; // follows from the plan's
    if (before != after) {
        const QString first = textOf(before), second = textOf(after);
        if (first != second)
            note(Tr::tr("model"), first, second);
        else
            modelDifferences(before, after, found);
    }
    if (a.isWarmStart != b.isWarmStart)
        note(Tr::tr("warm start"), yesOrNo(a.isWarmStart), yesOrNo(b.isWarmStart));
    if (a.warmCycles != b.warmCycles)
        note(Tr::tr("cycles of a warm step"), QString::number(a.warmCycles),
             QString::number(b.warmCycles));
    if (a.dwellSeconds != b.dwellSeconds)
        note(Tr::tr("dwell"), Tr::tr("%1 s").arg(textOf(a.dwellSeconds)),
             Tr::tr("%1 s").arg(textOf(b.dwellSeconds)));
    if (a.hasShotNoise != b.hasShotNoise)
        note(Tr::tr("shot noise"), yesOrNo(a.hasShotNoise), yesOrNo(b.hasShotNoise));
    if (a.mapsEvery != b.mapsEvery)
        note(Tr::tr("maps are kept"), Tr::tr("every %1 steps").arg(a.mapsEvery),
             Tr::tr("every %1 steps").arg(b.mapsEvery));
    if (a.seed != b.seed)
        note(Tr::tr("seed"), QString::number(a.seed), QString::number(b.seed));
    return found;
}

} // namespace helmscope
