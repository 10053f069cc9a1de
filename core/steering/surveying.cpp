// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/surveying.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "data/patches.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

/// What is measured: names and units, and whether the plan's scalarizer suits it.
static void nameValue(const Plan &plan, Microscope &microscope, Ground &ground)
{
    if (ground.energies.channels() == 0) {
        if (plan.isVector)
            fail(Tr::tr("The plan predicts spectra, but %1 answers single values.")
                     .arg(microscope.name()));
        const QString &name = ground.survey.valuesName;
        ground.valueName = name.isEmpty() ? recorded("value") : name;
        return;
    }
    ground.valueEnergies = plan.isVector ? ground.energies.binned(plan.bin) : ground.energies;
    if (ground.valueEnergies.channels() == 0)
        fail(Tr::tr("The plan averages %1 channels into one, but the spectra have only %2.")
                 .arg(plan.bin)
                 .arg(ground.energies.channels()));
    plan.scalarizer.check(ground.valueEnergies);
    ground.valueName = nameOf(plan.scalarizer, ground.energies);
    ground.valueUnit = plan.scalarizer.unit(ground.energies);
}

/// The pixels that can be measured and predicted.
static std::vector<Pixel> candidatesOf(const Plan &plan, Microscope &microscope, Ground &ground)
{
    const Limits limits = microscope.limits();
    const bool isWhole = ground.survey.image.allFinite();
    std::vector<Pixel> candidates;
    int odd = 0;
    for (const Pixel &pixel : candidatePixels(ground.survey, plan.patch)) {
        if (pixel.row >= limits.rows || pixel.col >= limits.cols)
            continue;
        if (isWhole || cutPatches(ground.survey, {pixel}, plan.patch).allFinite())
            candidates.push_back(pixel);
        else
            ++odd; // a patch with a dead pixel tells the model nothing
    }
    if (odd > 0)
        ground.warnings << recorded(
                               "%1 pixels are left out: their patches hold numbers that are not "
                               "finite.")
                               .arg(odd);
    if (candidates.empty())
        fail(Tr::tr("No pixel of %1 can be explored: no patch of %2 × %2 image pixels lies inside "
                    "the image and holds only finite numbers.")
                 .arg(microscope.name())
                 .arg(plan.patch));
    return candidates;
}

QStringList odditiesOf(const Map &image)
{
    std::vector<float> values;
    values.reserve(std::size_t(image.size()));
    for (Eigen::Index i = 0; i < image.size(); ++i)
        if (std::isfinite(image.data()[i]))
            values.push_back(image.data()[i]);
    if (values.size() < 2)
        return {};
    std::sort(values.begin(), values.end());
    if (values.front() == values.back())
        return {recorded("The survey image is constant (%1): the model cannot tell one pixel from "
                         "another.")
                    .arg(double(values.back()))};
    const auto first = std::lower_bound(values.begin(), values.end(), values.back());
    const auto before = std::lower_bound(values.begin(), first, *(first - 1));
    const double largest = double(values.end() - first), next = double(first - before);
    constexpr int fewest = 8, levels = 16; // an image of few levels is a drawing
    int distinct = 1;
    for (std::size_t i = 1; i < values.size() && distinct <= levels; ++i)
        distinct += values[i] != values[i - 1];
    if (largest < fewest || largest < 1e-3 * double(values.size()) || largest <= 4 * next ||
        distinct <= levels)
        return {};
    return {recorded("The survey image seems saturated: %1 of its pixels (%2 %) have its largest "
                     "value, %3. The model sees no difference among them.")
                .arg(largest)
                .arg(100 * largest / double(values.size()), 0, 'f', 1)
                .arg(double(values.back()))};
}

int saturatedChannels(const Eigen::VectorXf &spectrum)
{
    constexpr int fewest = 5, steps = 50;
    if (spectrum.size() < fewest || !spectrum.allFinite())
        return 0;
    const float largest = spectrum.maxCoeff();
    int run = 0, longest = 0;
    double finest = std::numeric_limits<double>::infinity();
    for (Eigen::Index i = 0; i < spectrum.size(); ++i) {
        run = spectrum[i] == largest ? run + 1 : 0;
        longest = std::max(longest, run);
        if (i > 0 && spectrum[i] != spectrum[i - 1])
            finest = std::min(finest, std::abs(double(spectrum[i]) - double(spectrum[i - 1])));
    }
    const double span = double(largest) - double(spectrum.minCoeff());
    return longest >= fewest && span >= steps * finest ? longest : 0;
}

Ground surveyFor(const Plan &plan, Microscope &microscope, const Progress &progress)
{
    const Limits limits = microscope.limits();
    if (!(plan.dwellSeconds >= limits.minDwellSeconds &&
          plan.dwellSeconds <= limits.maxDwellSeconds))
        fail(Tr::tr("The plan's dwell time of %1 s lies outside of what %2 can do: %3 to %4 s.")
                 .arg(plan.dwellSeconds)
                 .arg(microscope.name())
                 .arg(limits.minDwellSeconds)
                 .arg(limits.maxDwellSeconds));
    Ground ground;
    ground.survey = microscope.survey(progress);
    ground.energies = microscope.energies();
    ground.warnings << odditiesOf(ground.survey.image);
    nameValue(plan, microscope, ground);
    std::vector<Pixel> candidates = candidatesOf(plan, microscope, ground);

    constexpr double mostNumbers = 4e8; // 1.6 GB for the means, as much for the deviations
    if (plan.isVector && double(candidates.size()) * ground.valueEnergies.channels() > mostNumbers)
        fail(Tr::tr("Predicting %1 channels at %2 pixels needs too much memory: average more "
                    "channels into one.")
                 .arg(ground.valueEnergies.channels())
                 .arg(candidates.size()));
    ground.field = Field(std::move(candidates), ground.survey.rows(), ground.survey.cols());
    return ground;
}

Eigen::VectorXf binned(const Eigen::VectorXf &spectrum, int n)
{
    if (n == 1)
        return spectrum;
    Eigen::VectorXf means(spectrum.size() / n);
    for (Eigen::Index i = 0; i < means.size(); ++i)
        means[i] = float(spectrum.segment(i * n, n).cast<double>().mean());
    return means;
}

} // namespace helmscope
