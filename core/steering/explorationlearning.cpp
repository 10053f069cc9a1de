// SPDX-License-Identifier: GPL-3.0-or-later
// The model: what it learns from, what it expects, what each pixel is worth.
#include "steering/exploration.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "steering/trust.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace helmscope {

static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// One that dwarfs all others is a fault of the instrument rather than of the sample, and scaled by
/// it all others would be the same. It counts as soon as another one is of its kind.
std::optional<int> Exploration::outlier() const
{
    constexpr int fewest = 4;
    constexpr double dwarfing = 1e5;
    int defined = 0, at = -1;
    double largest = 0, second = 0;
    for (std::size_t i = 0; i < m_measured.size(); ++i) {
        const double size = m_believing->isVector() ? double(m_binned[i].cwiseAbs().maxCoeff())
                                                    : std::abs(m_values[i]);
        if (!std::isfinite(size) || (m_believing->isVector() && !m_binned[i].allFinite()))
            continue;
        ++defined;
        if (size > largest) {
            second = std::exchange(largest, size);
            at = int(i);
        } else {
            second = std::max(second, size);
        }
    }
    if (defined >= fewest && second > 0 && largest > dwarfing * second)
        return at;
    return std::nullopt;
}

void Exploration::sayOutlier(Step &step)
{
    const std::optional<int> odd = outlier();
    if (odd && odd != m_outlier)
        step.warnings << recorded("The value %1 at pixel %2 is over 100,000 times larger than any "
                                  "other: it is left out of what the model learns until another "
                                  "one confirms it.")
                             .arg(m_values[std::size_t(*odd)])
                             .arg(textOf(m_measured[std::size_t(*odd)]));
    m_outlier = odd;
}

/// What it said after the training before as well is not repeated, even with other numbers.
void Exploration::sayWhatTheModelMet(Step &step)
{
    QStringList told;
    for (const std::string &warning : m_believing->model()->warnings()) {
        const QString sentence = QString::fromStdString(warning);
        QString words = sentence;
        words.removeIf([](QChar c) { return !c.isLetter(); });
        if (!m_toldByModel.contains(words) && !step.warnings.contains(sentence))
            step.warnings << sentence;
        told << words;
    }
    m_toldByModel = told;
}

void Exploration::judgeLeavingOneOut(Step &step)
{
    const ScalarPosterior others = m_believing->leaveOneOut(m_wishes.scalarizer);
    Eigen::VectorXd values(others.mean.size());
    for (Eigen::Index i = 0; i < values.size(); ++i)
        values[i] = m_values[std::size_t(m_learntRows[std::size_t(i)])];
    step.trust.emplace().leaveOneOutNlpd = meanNlpd(values, others.mean, others.deviation);
}

void Exploration::sayHowItBegan(Step &step)
{
    step.warmth = m_believing->warmth();
    if (!step.warmth || m_believing->isCold() == m_isColdTold)
        return;
    m_isColdTold = m_believing->isCold();
    const FoldScore &warm = step.warmth->warm, &cold = step.warmth->cold;
    step.warnings << (m_isColdTold
                          ? recorded("The meta-model does not help here: on the %1 points measured "
                                     "its error is %2 (without it %3) and its negative log density "
                                     "%4 (%5). The model begins cold.")
                          : recorded(
                                "The meta-model helps here again: on the %1 points measured its "
                                "error is %2 (without it %3) and its negative log density %4 "
                                "(%5). The model begins from it."))
                         .arg(warm.points)
                         .arg(warm.rmse, 0, 'f', 2)
                         .arg(cold.rmse, 0, 'f', 2)
                         .arg(warm.nlpd, 0, 'f', 2)
                         .arg(cold.nlpd, 0, 'f', 2);
}

double Exploration::valueOf(const Eigen::VectorXf &spectrum) const
{
    return m_wishes.scalarizer(
        m_believing->isVector() ? binned(spectrum, m_run.plan.bin) : spectrum, m_valueEnergies);
}

std::vector<int> Exploration::usable() const
{
    const std::optional<int> odd = outlier();
    std::vector<int> numbers;
    for (std::size_t i = 0; i < m_measured.size(); ++i)
        if (int(i) != odd &&
            (m_believing->isVector() ? m_binned[i].allFinite() : std::isfinite(m_values[i])))
            numbers.push_back(int(i));
    return numbers;
}

bool Exploration::canLearn() const
{
    return m_first && m_first->empty() && usable().size() >= 2;
}

void Exploration::learn(Step &step)
{
    const bool isAnotherTask = m_isValueStale && !m_believing->isVector();
    if (hasBroken() || !canLearn() ||
        (m_learnt == m_measured.size() && !isAnotherTask && !m_isBeginningStale))
        return;
    const Stopwatch time;
    const std::vector<int> rows = usable();
    const Eigen::Index outputs = m_believing->isVector() ? m_valueEnergies.channels() : 1;
    Eigen::MatrixXd targets(Eigen::Index(rows.size()), outputs);
    std::vector<Pixel> pixels;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t row = std::size_t(rows[i]);
        pixels.push_back(m_measured[row]);
        if (m_believing->isVector())
            targets.row(Eigen::Index(i)) = m_binned[row].cast<double>().transpose();
        else
            targets(Eigen::Index(i), 0) = m_values[row];
    }
    sayOutlier(step);
    endure(step, [&] {
        const std::size_t count = m_measured.size();
        step.losses = m_believing->learn(pixels, targets, m_run.plan.isWarmStart && !isAnotherTask,
                                         part(m_watch, fractionAt(count - 1), fractionAt(count)));
        m_learnt = count;
        m_isBeginningStale = false;
        m_learntRows = rows;
        const DeepKernel &model = *m_believing->model();
        step.modelHash = model.hash();
        if (model.settings().features == DeepKernelSettings::Features::Network) {
            m_shownModel = std::make_shared<const DeepKernel>(model);
            step.model = m_shownModel;
        }
        sayWhatTheModelMet(step);
        sayHowItBegan(step);
    });
    step.learnSeconds += time.seconds();
}

void Exploration::predict(Step &step)
{
    if (hasBroken() || m_isStopped || !canLearn() || m_learnt != m_measured.size())
        return;
    const Stopwatch time;
    endure(step, [&] {
        const double reached = fractionAt(m_measured.size());
        std::optional<Outlook> outlook = m_believing->predict(
            m_wishes.scalarizer, [this, reached](double) { return m_watch(reached); });
        if (!outlook)
            return;
        const Eigen::Index odd =
            outlook->mean.size() -
            (outlook->mean + outlook->deviation).cast<float>().array().isFinite().count();
        if (odd > 0)
            step.warnings << recorded(
                                 "What the model expects cannot be shown at %1 of %2 pixels: it "
                                 "is not finite, or too large for a map.")
                                 .arg(odd)
                                 .arg(outlook->mean.size());
        m_outlook = std::move(outlook);
        m_isValueStale = false;
        m_failures = 0;
        judgeLeavingOneOut(step);
        computeWorth();

        auto belief = std::make_shared<Belief>();
        belief->mean = m_field.mapOf(m_outlook->mean);
        belief->deviation = m_field.mapOf(m_outlook->deviation);
        Eigen::VectorXd worth = m_worth;
        for (int i = 0; i < m_field.size(); ++i)
            if (!m_field.isOpen(i))
                worth[i] = unknown;
        belief->acquisition = m_field.mapOf(worth);
        if (const int best = bestOf(m_worth, m_field); best >= 0)
            belief->next = m_field.pixels()[std::size_t(best)];
        belief->noise = m_field.mapOf(m_outlook->noise);
        if (m_believing->isVector()) {
            belief->energies = m_valueEnergies;
            belief->pixels = m_field.pixels();
            belief->spectra = std::exchange(m_outlook->spectra, {});
            belief->spectraDeviation = std::exchange(m_outlook->spectraDeviation, {});
        }
        step.mapsHash = hashOf(*belief);
        step.belief = std::move(belief);

        const Eigen::ArrayXd deviation = m_outlook->deviation.array();
        const auto isDefined = deviation.isFinite();
        step.meanDeviation = isDefined.select(deviation, 0).sum() / double(isDefined.count());
        m_meanDeviations.push_back(step.meanDeviation);
    });
    step.predictSeconds += time.seconds();
}

void Exploration::computeWorth()
{
    const std::optional<int> odd = outlier();
    std::vector<double> values;
    for (std::size_t i = 0; i < m_values.size(); ++i)
        if (std::isfinite(m_values[i]) && int(i) != odd)
            values.push_back(m_values[i]);
    const Situation situation{
        m_outlook->mean,
        m_outlook->deviation,
        std::move(values),
        m_run.plan.seed,
        begun() + 1,
        [this](const std::vector<int> &candidates, std::uint64_t seed) {
            return m_believing->draw(candidates, m_wishes.scalarizer, seed);
        },
        [this](const std::vector<int> &others) {
            const double reached = fractionAt(m_measured.size());
            return m_believing->varianceReduction(
                others, m_wishes.scalarizer, [this, reached](double) { return m_watch(reached); });
        },
    };
    m_worth = worthOfAll(m_wishes.acquisition, situation, m_field);
    raisePreferred(m_worth, m_wishes.preferred, m_field);
    if (const Heating &heating = m_wishes.acquisition.heating; heating.isOn())
        coolDown(m_worth, heating, heatOf(heating, dwells(), situation.number, m_field), m_field);
    m_isWorthStale = false;
}

void Exploration::computeTruth()
{
    if (!m_truthData)
        return;
    const Plan &plan = m_run.plan;
    // Of a recording of many gigabytes the run reads what it measures, not the whole scan.
    if (m_valueEnergies.channels() > 0 && !m_truthData->spectra.isQuick()) {
        m_next.warnings << recorded("The maps are not held against the full scan: it takes %1 and "
                                    "would have to be read whole.")
                               .arg(QLocale::c().formattedDataSize(m_truthData->spectra.bytes()));
        m_truthData.reset();
        return;
    }
    if (m_valueEnergies.channels() > 0 && m_truthData->hasSpectra())
        m_truth =
            scalarize(plan.isVector ? m_truthData->spectra.binned(plan.bin) : m_truthData->spectra,
                      m_wishes.scalarizer);
    else if (m_valueEnergies.channels() == 0 && m_truthData->hasValues())
        m_truth = m_truthData->values;
    if (m_truth.size() > 0 &&
        (m_truth.rows() != m_field.rows() || m_truth.cols() != m_field.cols()))
        fail(Tr::tr("%1 cannot be explored: its full scan has %2 × %3 pixels, its grid %4 × %5.")
                 .arg(m_microscope.name())
                 .arg(m_truth.rows())
                 .arg(m_truth.cols())
                 .arg(m_field.rows())
                 .arg(m_field.cols()));
}

} // namespace helmscope
