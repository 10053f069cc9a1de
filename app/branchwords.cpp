// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/branchwords.h"

#include "base/tr.h"
#include "steering/live/heating.h"
#include "steering/recording/inwords.h"

#include <QFileInfo>

#include <algorithm>

namespace helmscope {

namespace {

QString textOf(const AcquisitionSettings &settings)
{
    const QString name = Tr::tr(rowOf(settings.kind).name);
    switch (settings.kind) {
    case Acquisition::UpperConfidenceBound:
        return Tr::tr("%1, β %2").arg(name).arg(settings.beta);
    case Acquisition::ExpectedImprovement:
    case Acquisition::ProbabilityOfImprovement:
        return Tr::tr("%1, ξ %2").arg(name).arg(settings.xi);
    default:
        return name;
    }
}

QString textOf(const DeepKernelSettings &settings)
{
    const std::string key = presetKeyOf(settings);
    return key == "custom" ? Tr::tr("settings of its own") : Tr::tr(presetFromKey(key).name);
}

QString instead(const QString &what, const QString &after, const QString &before)
{
    return Tr::tr("%1: %2 instead of %3.").arg(what, after, before);
}

} // namespace

QStringList branchWords(const Plan &before, const Plan &after, const Branch &branch,
                        const EnergyAxis &energies)
{
    QStringList words;
    if (textOf(after.acquisition) != textOf(before.acquisition))
        words << instead(Tr::tr("Acquisition"), textOf(after.acquisition),
                         textOf(before.acquisition));
    if (after.acquisition.heating != before.acquisition.heating)
        words << instead(Tr::tr("Heating"), inWords(textOf(after.acquisition.heating)),
                         inWords(textOf(before.acquisition.heating)));
    if (energies.channels() > 0 && after.scalarizer.text() != before.scalarizer.text())
        words << instead(Tr::tr("Looks for"), inWords(nameOf(after.scalarizer, energies)),
                         inWords(nameOf(before.scalarizer, energies)));
    if (branch.model && !(*branch.model == before.model))
        words << instead(Tr::tr("Model"), textOf(after.model), textOf(before.model));
    if (after.seed != before.seed)
        words << instead(Tr::tr("Seed"), QString::number(after.seed), QString::number(before.seed));
    if (after.steps != before.steps)
        words << instead(Tr::tr("Measurements from here"), QString::number(after.steps),
                         QString::number(before.steps));
    if (branch.avoidRadius >= 0)
        words << Tr::tr("Keeps at least %1 pixels away from what was measured afterwards.")
                     .arg(branch.avoidRadius + 1);
    return words;
}

QString objectionTo(Origin::Beyond beyond, const Run &run)
{
    switch (beyond) {
    case Origin::Beyond::Sample: {
        const auto *sources = std::get_if<DatasetSources>(&run.plan.sample);
        if (!sources)
            return {};
        if (!sources->spectra && !sources->values)
            return Tr::tr("No full recording of this sample is known.");
        for (const auto &address :
             {std::optional(sources->image), sources->spectra, sources->energies, sources->values})
            if (address && !QFileInfo::exists(address->file))
                return Tr::tr("The sample's file is not there any more: %1.").arg(address->file);
        return {};
    }
    case Origin::Beyond::Nearest:
        return {};
    case Origin::Beyond::Predicted: {
        if (std::none_of(run.steps.begin(), run.steps.end(),
                         [](const Step &step) { return step.belief != nullptr; }))
            return Tr::tr("No map of a model was recorded with this run.");
        return {};
    }
    }
    return {};
}

} // namespace helmscope
