// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/beginning.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "data/patches.h"
#include "steering/choosing.h"

#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace helmscope {

static constexpr auto otherPatch = QT_TRANSLATE_NOOP(
    "helmscope::Tr", "%1 was learnt on patches of %2 × %2 pixels and cannot be used "
                     "on patches of %3 × %3; choose the same patch size.");

static void requirePatch(const MetaModel &model, const QString &file, int patch)
{
    if (model.patch() != patch)
        fail(Tr::tr(otherPatch).arg(file).arg(model.patch()).arg(patch));
}

void readBeginning(Plan &plan, const QString &file)
{
    Beginning &beginning = plan.beginning;
    if (file.isEmpty() && beginning.hash.isEmpty())
        return;
    const QString from = file.isEmpty() ? beginning.file : file;
    if (from.isEmpty() || !QFileInfo::exists(from))
        fail(
            Tr::tr("The plan begins from the meta-model %1, and there is no file %2: name where it "
                   "is now.")
                .arg(beginning.hash.left(12), from));
    const MetaModel model = readMetaModel(from);
    if (!beginning.hash.isEmpty() && model.hash() != beginning.hash)
        fail(Tr::tr("%1 is another meta-model (%2) than the plan names (%3).")
                 .arg(from, model.hash().left(12), beginning.hash.left(12)));
    requirePatch(model, from, plan.patch);
    beginning.hash = model.hash();
    beginning.file = QFileInfo(from).absoluteFilePath();
    beginning.start = model.start;
}

void readBeginnings(Run &run)
{
    readBeginning(run.plan);
    Plan plan = run.plan; // what was read last is not read again
    for (Step &step : run.steps)
        for (Intervention &said : step.interventions)
            if (std::optional<Beginning> &wanted = said.orders.beginning;
                wanted && !wanted->hash.isEmpty()) {
                if (wanted->hash != plan.beginning.hash || !plan.beginning.start) {
                    plan.beginning = *wanted;
                    readBeginning(plan);
                }
                wanted->start = plan.beginning.start;
            }
}

std::vector<RankedMetaModel> ranked(const QStringList &files, const Plan &plan,
                                    const Dataset &survey, const std::vector<Pixel> &pixels,
                                    const Eigen::VectorXd &values, const Progress &progress)
{
    const auto inputs = [&](bool hasPlace) {
        Eigen::MatrixXf patches = cutPatches(survey, pixels, plan.patch);
        if (!hasPlace)
            return patches;
        patches.conservativeResize(Eigen::NoChange, patches.cols() + 2);
        for (std::size_t i = 0; i < pixels.size(); ++i)
            patches.row(Eigen::Index(i)).tail(2) << float(pixels[i].row), float(pixels[i].col);
        return patches;
    };
    DeepKernelSettings settings = plan.model;
    settings.seed = derivedSeed(plan.seed, Draw::Weights);
    bool goesOn = true;
    const double n = double(files.size() + 1);
    const auto judged = [&](const std::function<DeepKernel()> &make, bool hasPlace, double at) {
        return crossValidated(make, inputs(hasPlace), values, [&](double fraction) {
            goesOn = goesOn && progress((at + fraction) / n);
            return goesOn;
        });
    };
    constexpr std::size_t fewest = 4;
    const bool isJudged = pixels.size() >= fewest;
    const FoldScore cold =
        isJudged ? judged([&] { return DeepKernel(settings); }, settings.hasPlace, 0) : FoldScore();
    std::vector<RankedMetaModel> list;
    for (const QString &file : files) {
        if (!goesOn)
            break;
        RankedMetaModel one{file, QFileInfo(file).completeBaseName(), {}, {}, {{}, cold}};
        try {
            const MetaModel model = readMetaModel(file);
            one.name = model.card.value("name").toString(one.name);
            one.card = cardText(model);
            if (model.patch() != plan.patch)
                one.trouble = recorded(otherPatch).arg(file).arg(model.patch()).arg(plan.patch);
            else if (isJudged)
                one.warmth.warm = judged([&] { return DeepKernel(model.start); },
                                         model.start->settings.hasPlace, double(list.size() + 1));
        } catch (const Error &error) {
            one.trouble = QString::fromUtf8(error.what());
        }
        if (goesOn)
            list.push_back(std::move(one));
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const RankedMetaModel &a, const RankedMetaModel &b) {
                         if (a.trouble.isEmpty() != b.trouble.isEmpty())
                             return a.trouble.isEmpty();
                         const bool areKnown = a.warmth.isKnown() && b.warmth.isKnown();
                         return areKnown && a.warmth.gain() > b.warmth.gain();
                     });
    return list;
}

QString reasonOf(const RankedMetaModel &model)
{
    if (!model.trouble.isEmpty())
        return model.trouble;
    const WarmAgainstCold &warmth = model.warmth;
    if (!warmth.isKnown())
        return recorded("Nothing can be said yet: four measured points are needed.");
    const QString numbers =
        recorded("On the %1 points measured, left out in turn, its error is %2 (cold %3) and its "
                 "negative log density %4 (cold %5)")
            .arg(warmth.warm.points)
            .arg(warmth.warm.rmse, 0, 'f', 2)
            .arg(warmth.cold.rmse, 0, 'f', 2)
            .arg(warmth.warm.nlpd, 0, 'f', 2)
            .arg(warmth.cold.nlpd, 0, 'f', 2);
    const double gain = warmth.gain();
    if (gain >= 0 && !warmth.isWarmBetter())
        return recorded("%1: better than a cold beginning by %2 nats a point, which may be chance "
                        "(%3 count).")
            .arg(numbers)
            .arg(gain, 0, 'f', 2)
            .arg(warmth.gainThatCounts(), 0, 'f', 1);
    return (gain >= 0 ? recorded("%1: better than a cold beginning by %2 nats a point.")
                      : recorded("%1: worse than a cold beginning by %2 nats a point."))
        .arg(numbers)
        .arg(std::abs(gain), 0, 'f', 2);
}

Choice chosenOf(const std::vector<RankedMetaModel> &ranking)
{
    if (ranking.empty())
        return {-1, recorded("No meta-model is known: add one.")};
    const RankedMetaModel &first = ranking.front();
    if (!first.trouble.isEmpty())
        return {-1, recorded("None of them can be used here. %1").arg(first.trouble)};
    if (!first.warmth.isKnown())
        return {-1, reasonOf(first)};
    if (!first.warmth.isWarmBetter())
        return {-1, recorded("Cold: also the best of them, %1, does not help here. %2")
                        .arg(first.name, reasonOf(first))};
    return {0, recorded("%1 fits best. %2").arg(first.name, reasonOf(first))};
}

} // namespace helmscope
