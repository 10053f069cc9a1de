// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/rerun/branching.h"

#include "base/error.h"
#include "base/tr.h"
#include "steering/recording/inwords.h"
#include "steering/rerun/recordedmicroscope.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

QString hexOf(std::uint64_t hash)
{
    return QStringLiteral("%1").arg(hash, 16, 16, QChar('0'));
}

bool contains(const Dataset &survey, Pixel p)
{
    return p.row >= 0 && p.col >= 0 && p.row < survey.rows() && p.col < survey.cols();
}

/// Puts the plan as it held after `count` steps: with what the operator had ordered until then.
void applyOrders(Plan &plan, const Run &run, int count)
{
    const auto forbid = [&](Pixel pixel) {
        if (plan.forbidden.size() == 0)
            plan.forbidden = Mask::Constant(run.survey.rows(), run.survey.cols(), false);
        plan.forbidden(pixel.row, pixel.col) = true;
    };
    // An order that was not taken is recorded all the same; it did not hold. See obey().
    const auto isOfGrid = [&](const Mask &mask) {
        return mask.size() == 0 ||
               (mask.rows() == run.survey.rows() && mask.cols() == run.survey.cols());
    };
    if (!isOfGrid(plan.forbidden))
        fail(Tr::tr("The run's plan forbids pixels of a grid of %1 × %2, and its image has %3 × "
                    "%4: its record is damaged.")
                 .arg(plan.forbidden.rows())
                 .arg(plan.forbidden.cols())
                 .arg(run.survey.rows())
                 .arg(run.survey.cols()));
    std::vector<Pixel> vetoed;
    for (int i = 0; i < count; ++i) {
        for (const Intervention &said : run.steps[std::size_t(i)].interventions) {
            if (const auto &wanted = said.orders.acquisition; wanted && wanted->isValid())
                plan.acquisition = *wanted;
            if (said.orders.forbidden && isOfGrid(*said.orders.forbidden))
                plan.forbidden = *said.orders.forbidden;
            if (const auto &wanted = said.orders.preferred;
                wanted && isOfGrid(wanted->pixels) && wanted->factor >= 1 &&
                wanted->factor <= Preference::mostFactor)
                plan.preferred = *wanted;
            if (const auto &wanted = said.orders.beginning) {
                plan.beginning = *wanted; // what was open is settled
            }
            if (said.vetoed && contains(run.survey, *said.vetoed))
                vetoed.push_back(*said.vetoed);
        }
        // Runs from before interventions were recorded tell the kinds only; the scalarizer of a
        // step is the one that was taken.
        const Step &step = run.steps[std::size_t(i)];
        plan.acquisition.kind = step.acquisition;
        if (run.energies.channels() > 0)
            plan.scalarizer = step.scalarizer;
    }
    for (const Pixel &pixel : vetoed)
        forbid(pixel);
}

} // namespace

Plan branchPlan(const Run &run, const QString &id, const Branch &branch)
{
    const int made = int(run.steps.size());
    if (branch.step < 0 || branch.step > made)
        fail(Tr::tr("The run has no step %1: it has %2.").arg(branch.step).arg(made));
    Plan plan = run.plan;
    applyOrders(plan, run, branch.step);
    plan.origin = {id, branch.step, hexOf(pathHash(run.steps, branch.step)), branch.beyond};
    if (branch.step > 0) {
        plan.initial = {};
        plan.initial.kind = InitialPoints::Kind::Given;
        plan.initial.count = branch.step;
        for (int i = 0; i < branch.step; ++i)
            plan.initial.given.push_back(run.steps[std::size_t(i)].pixel);
        plan.steps = made - branch.step;
    }
    // A record does not drift, and its places are those of the first image.
    plan.watch.surveyEvery = plan.watch.referenceEvery = 0;
    plan.watch.surveyAtNm = plan.watch.mostChange = 0;
    if (auto *simulated = std::get_if<Simulator::Settings>(&plan.sample))
        simulated->unrest = {};
    plan.acquisition = branch.acquisition.value_or(plan.acquisition);
    plan.scalarizer = branch.scalarizer.value_or(plan.scalarizer);
    plan.model = branch.model.value_or(plan.model);
    plan.seed = branch.seed.value_or(plan.seed);
    plan.steps = branch.steps.value_or(plan.steps);
    plan.forbidden = branch.forbidden.value_or(plan.forbidden);

    const int rows = run.survey.rows(), cols = run.survey.cols();
    if (plan.forbidden.size() > 0 &&
        (plan.forbidden.rows() != rows || plan.forbidden.cols() != cols))
        fail(Tr::tr("The forbidden region has %1 × %2 pixels, the run's grid %3 × %4.")
                 .arg(plan.forbidden.rows())
                 .arg(plan.forbidden.cols())
                 .arg(rows)
                 .arg(cols));
    if (branch.avoidRadius >= 0) {
        const int radius = std::min(branch.avoidRadius, std::max(rows, cols));
        if (plan.forbidden.size() == 0)
            plan.forbidden = Mask::Constant(rows, cols, false);
        for (int i = branch.step; i < made; ++i) {
            const Pixel at = run.steps[std::size_t(i)].pixel;
            const int top = std::max(at.row - radius, 0);
            const int left = std::max(at.col - radius, 0);
            const int bottom = std::min(at.row + radius, rows - 1);
            const int right = std::min(at.col + radius, cols - 1);
            plan.forbidden.block(top, left, bottom - top + 1, right - left + 1) = true;
        }
    }
    if (plan.forbidden.size() > 0) { // what is taken over was measured, whatever holds now
        for (const Pixel &pixel : plan.initial.given)
            plan.forbidden(pixel.row, pixel.col) = false;
        const auto open = plan.forbidden.size() - plan.forbidden.count();
        if (open <= Eigen::Index(plan.initial.given.size()))
            fail(Tr::tr("Nothing is left to measure: every other pixel is forbidden. Avoid less."));
    }
    if (branch.beyond == Origin::Beyond::Predicted && plan.isVector)
        fail(Tr::tr("The run's model expected whole spectra, which its record does not keep: let "
                    "the nearest measured pixel stand in instead."));
    if (branch.beyond == Origin::Beyond::Predicted && branch.scalarizer &&
        run.energies.channels() > 0 && made > 0 &&
        *branch.scalarizer != run.steps.back().scalarizer)
        fail(Tr::tr("A prediction is of the value it was made for: keep %1, or let the nearest "
                    "measured pixel stand in.")
                 .arg(inWords(run.valueName)));
    return plan;
}

std::unique_ptr<Microscope> openBranch(const Plan &plan, std::shared_ptr<const Run> run,
                                       const Progress &progress)
{
    const int step = plan.origin.step;
    if (step < 0 || step > int(run->steps.size()) ||
        hexOf(pathHash(run->steps, step)) != plan.origin.hash)
        fail(Tr::tr("The run '%1' is not what the branch began from: its first %2 measurements are "
                    "others.")
                 .arg(plan.origin.run)
                 .arg(step));
    std::unique_ptr<Microscope> sample;
    if (plan.origin.beyond == Origin::Beyond::Sample) {
        sample = openMicroscope(plan, progress);
        const Dataset survey = sample->survey(progress);
        checkSampleFiles(run->survey, survey);
        if (survey.rows() != run->survey.rows() || survey.cols() != run->survey.cols())
            fail(Tr::tr("The sample has %1 × %2 pixels, the run '%3' %4 × %5: it is another one.")
                     .arg(survey.rows())
                     .arg(survey.cols())
                     .arg(plan.origin.run)
                     .arg(run->survey.rows())
                     .arg(run->survey.cols()));
    }
    // All that the run measured is true, also what it measured after the step.
    return std::make_unique<RecordedMicroscope>(std::move(run), -1, plan.origin.beyond,
                                                std::move(sample), RecordedMicroscope::By::Sample);
}

static bool isSampled(const Provenance &source)
{
    return source.sha256.startsWith("sampled:");
}

void checkSampleFiles(const Dataset &recorded, const Dataset &now)
{
    for (const Provenance &then : recorded.provenance)
        for (const Provenance &source : now.provenance)
            if (source.role == then.role && !then.sha256.isEmpty() &&
                source.sha256 != then.sha256 &&
                isSampled(source) == isSampled(then)) // one kind says nothing of the other
                fail(Tr::tr("%1 is not what the run was made from: its sha256 is %2, and was %3. "
                            "Go by the record instead, or bring the file back.")
                         .arg(source.file, source.sha256, then.sha256));
}

} // namespace helmscope
