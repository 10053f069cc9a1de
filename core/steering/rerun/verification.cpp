// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/rerun/verification.h"

#include "base/error.h"
#include "base/tr.h"
#include "steering/live/liverecord.h"
#include "steering/recording/runlayout.h"
#include "steering/recording/stepline.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/recordedmicroscope.h"

#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

QString textOf(double number)
{
    return QString::number(number, 'g', 17);
}
QString textOf(Pixel pixel)
{
    return QStringLiteral("(%1, %2)").arg(pixel.row).arg(pixel.col);
}
QString textOf(Measurement::Source source)
{
    switch (source) {
    case Measurement::Source::Measured:
        return Tr::tr("measured");
    case Measurement::Source::Nearest:
        return Tr::tr("nearest measured");
    case Measurement::Source::Predicted:
        return Tr::tr("predicted");
    }
    return {};
}
QString hexOf(std::uint64_t hash)
{
    return QStringLiteral("%1").arg(hash, 16, 16, QChar('0'));
}

/// Compares step by step until the first difference.
class Comparing
{
public:
    Comparing(std::shared_ptr<const Run> recorded, double tolerance)
        : m_recorded(std::move(recorded))
        , m_tolerance(tolerance)
    {
    }

    const Verification &result() const { return m_result; }
    bool isOver() const
    {
        return m_result.first || std::size_t(m_result.steps) >= m_recorded->steps.size();
    }

    void compareStart(const Run &start)
    {
        const Map &then = m_recorded->survey.image, &now = start.survey.image;
        if (then.rows() != now.rows() || then.cols() != now.cols())
            differ(0, Tr::tr("size of the survey image"),
                   QStringLiteral("%1 × %2").arg(then.rows()).arg(then.cols()),
                   QStringLiteral("%1 × %2").arg(now.rows()).arg(now.cols()));
        else
            compareMap(0, Tr::tr("survey image"), then, now, 0);
        if (!m_result.first && m_recorded->energies.values != start.energies.values)
            differ(0, Tr::tr("energy axis"),
                   Tr::tr("%1 channels").arg(m_recorded->energies.channels()),
                   Tr::tr("%1 channels").arg(start.energies.channels()));
    }

    void compare(const Step &now)
    {
        if (isOver())
            return;
        const Step &then = m_recorded->steps[std::size_t(m_result.steps)];
        const int number = then.number;
        if (then.pixel != now.pixel)
            return differ(number, Tr::tr("pixel"), textOf(then.pixel), textOf(now.pixel));
        if (then.reason != now.reason)
            return differ(number, Tr::tr("reason"), QString::fromLatin1(keyOf(then.reason)),
                          QString::fromLatin1(keyOf(now.reason)));
        if (then.acquisition != now.acquisition)
            return differ(number, Tr::tr("acquisition"),
                          QString::fromLatin1(rowOf(then.acquisition).key),
                          QString::fromLatin1(rowOf(now.acquisition).key));
        if (then.source != now.source)
            return differ(number, Tr::tr("source"), textOf(then.source), textOf(now.source));
        compareVetoes(then, now);
        if (then.scalarizer != now.scalarizer)
            return differ(number, Tr::tr("value"), then.scalarizer.text(), now.scalarizer.text());
        compareSpectrum(then, now);
        for (const runlayout::Column &column : runlayout::columns)
            compareColumn(column, then, now);
        compareLive(then, now);
        compareLearning(then, now);
        // Derived from the predictions, and of counts: small differences may show large in it.
        // Files from before it was thought of do not have it.
        if (m_tolerance == 0 && then.trust && !isLastOfStopped(then))
            for (const runlayout::Column &column : runlayout::trustColumns)
                compareNumber(number, QString::fromLatin1(column.name), column.of(then),
                              column.of(now));
        if (!m_result.first)
            ++m_result.steps;
    }

    void endedEarly(const QString &message)
    {
        if (!isOver())
            differ(m_result.steps + 1, Tr::tr("number of steps"),
                   QString::number(m_recorded->steps.size()),
                   QStringLiteral("%1 (%2)").arg(m_result.steps).arg(message));
    }

    void stopped() { m_result.isWhole = false; }

private:
    void differ(int step, const QString &what, const QString &recorded, const QString &now)
    {
        if (!m_result.first)
            m_result.first = Difference{step, what, recorded, now};
    }

    /// Whether a difference of this relative size is within the tolerance; it is noted.
    bool isWithin(double relative)
    {
        if (!(relative <= m_tolerance))
            return false;
        m_result.largest = std::max(m_result.largest, relative);
        return true;
    }

    bool isLastOfStopped(const Step &then) const
    {
        return (m_recorded->outcome == Run::Outcome::Stopped ||
                m_recorded->outcome == Run::Outcome::Failed) &&
               std::size_t(then.number) == m_recorded->steps.size();
    }

    void compareNumber(int step, const QString &what, double then, double now)
    {
        if (m_result.first || then == now || (std::isnan(then) && std::isnan(now)))
            return;
        const double relative = std::abs(then - now) / std::max(std::abs(then), std::abs(now));
        if (!isWithin(relative))
            differ(step, what, textOf(then), textOf(now));
    }

    /// The rerun is told no where the operator said it; that it was of the same pixel must show.
    void compareVetoes(const Step &then, const Step &now)
    {
        const auto vetoedAt = [](const Step &step, std::size_t round) {
            return round < step.interventions.size() && step.interventions[round].vetoed
                       ? textOf(*step.interventions[round].vetoed)
                       : Tr::tr("none");
        };
        const std::size_t rounds = std::max(then.interventions.size(), now.interventions.size());
        for (std::size_t i = 0; i < rounds && !m_result.first; ++i)
            if (const QString a = vetoedAt(then, i), b = vetoedAt(now, i); a != b)
                differ(then.number, Tr::tr("vetoed pixel"), a, b);
    }

    void compareColumn(const runlayout::Column &column, const Step &then, const Step &now)
    {
        const QString name = QString::fromLatin1(column.name);
        if (name.endsWith("Seconds") && name != "dwellSeconds")
            return; // how long it took says nothing of what came out
        if (isLastOfStopped(then) && (!then.belief || !now.belief) &&
            (name == "meanDeviation" || name == "qualityPixels" || !then.quality || !now.quality))
            return;
        compareNumber(then.number, name, column.of(then), column.of(now));
    }

    void compareSpectrum(const Step &then, const Step &now)
    {
        if (then.spectrum.size() != now.spectrum.size())
            return differ(then.number, Tr::tr("channels of the spectrum"),
                          QString::number(then.spectrum.size()),
                          QString::number(now.spectrum.size()));
        const double range =
            then.spectrum.size() > 0 ? double(then.spectrum.cwiseAbs().maxCoeff()) : 0;
        for (Eigen::Index i = 0; i < then.spectrum.size() && !m_result.first; ++i) {
            const double a = double(then.spectrum[i]), b = double(now.spectrum[i]);
            if (a != b && !(std::isnan(a) && std::isnan(b)) && !isWithin(std::abs(a - b) / range))
                differ(then.number, Tr::tr("channel %1 of the spectrum").arg(i), textOf(a),
                       textOf(b));
        }
    }

    void compareMap(int step, const QString &what, const Map &then, const Map &now, double rounding)
    {
        if (m_result.first)
            return;
        float lowest = std::numeric_limits<float>::max(), highest = -lowest;
        for (Eigen::Index i = 0; i < then.size(); ++i)
            if (std::isfinite(then.data()[i])) {
                lowest = std::min(lowest, then.data()[i]);
                highest = std::max(highest, then.data()[i]);
            }
        const double range = std::max(double(highest) - double(lowest), 0.);
        for (Eigen::Index i = 0; i < then.size(); ++i) {
            const double a = double(then.data()[i]), b = double(now.data()[i]);
            if (a == b || (std::isnan(a) && std::isnan(b)))
                continue;
            const double size = range > 0 ? range : std::max(std::abs(a), std::abs(b));
            if (std::abs(a - b) <= rounding * size || isWithin(std::abs(a - b) / size))
                continue;
            const Pixel at{int(i / then.cols()), int(i % then.cols())};
            return differ(step, Tr::tr("%1 at %2").arg(what, textOf(at)), textOf(a), textOf(b));
        }
    }

    /// Drift, flaws, surveys and reference: derived from images and spectra, to the last bit.
    void compareLive(const Step &then, const Step &now)
    {
        const auto text = [](const Step &step) {
            Step timeless = step;
            for (Resurvey &survey : timeless.surveys)
                survey.timeMs = 0;
            return QString::fromUtf8(
                QJsonDocument(liveToJson(timeless)).toJson(QJsonDocument::Compact));
        };
        if (m_result.first || m_tolerance > 0 || then.known < 0)
            return;
        if (const QString a = text(then), b = text(now); a != b)
            differ(then.number, Tr::tr("what was watched"), a, b);
    }

    void compareLearning(const Step &then, const Step &now)
    {
        if (m_result.first)
            return;
        if (isLastOfStopped(then) &&
            (then.modelHash != now.modelHash || then.mapsHash != now.mapsHash))
            return; // the stop came in the middle of it
        if (m_tolerance == 0 && then.modelHash != now.modelHash)
            return differ(then.number, Tr::tr("model (its hash)"), hexOf(then.modelHash),
                          hexOf(now.modelHash));
        if (!now.belief)
            return;
        const bool isHashed = then.mapsHash != 0;
        if (isHashed && then.mapsHash == now.mapsHash) {
            ++m_result.maps;
            return;
        }
        if (then.belief) {
            if (then.belief->next != now.belief->next)
                return differ(then.number, Tr::tr("next pixel"),
                              then.belief->next ? textOf(*then.belief->next) : Tr::tr("none"),
                              now.belief->next ? textOf(*now.belief->next) : Tr::tr("none"));
            constexpr double rounding = 1. / 65536; // of the file
            const std::pair<QString, Map Belief::*> maps[] = {
                {Tr::tr("map of means"), &Belief::mean},
                {Tr::tr("map of deviations"), &Belief::deviation},
                {Tr::tr("map of noise"), &Belief::noise},
                {Tr::tr("map of the acquisition"), &Belief::acquisition},
            };
            for (const auto &[name, map] : maps)
                compareMap(then.number, name, (*then.belief).*map, (*now.belief).*map, rounding);
            if (m_result.first)
                return;
        }
        if (isHashed && m_tolerance == 0)
            return differ(then.number, Tr::tr("maps (their hash)"), hexOf(then.mapsHash),
                          hexOf(now.mapsHash));
        m_result.maps += bool(then.belief);
    }

    const std::shared_ptr<const Run> m_recorded;
    const double m_tolerance;
    Verification m_result;
};

std::unique_ptr<Microscope> microscopeFor(const std::shared_ptr<const Run> &recorded, VerifyBy by,
                                          const Progress &progress)
{
    const Origin &origin = recorded->plan.origin;
    if (by == VerifyBy::Record || origin.beyond != Origin::Beyond::Sample)
        return std::make_unique<RecordedMicroscope>(recorded, -1, Origin::Beyond::Sample, nullptr);
    if (const auto *address = std::get_if<InstrumentAddress>(&recorded->plan.sample))
        fail(Tr::tr("The run was measured at %1, and to measure again would expose the sample: "
                    "verify it by its record.")
                 .arg(address->text()));
    std::unique_ptr<Microscope> sample = openMicroscope(recorded->plan, progress);
    checkSampleFiles(recorded->survey, sample->survey(progress));
    if (origin.run.isEmpty())
        return sample;
    return std::make_unique<RecordedMicroscope>(recorded, origin.step, Origin::Beyond::Sample,
                                                std::move(sample));
}

/// Truths come from the sample only.
Run judgedBy(const Run &recorded, const Microscope &microscope)
{
    Run run = recorded;
    if (!microscope.groundTruth())
        for (Step &step : run.steps)
            step.quality.reset();
    return run;
}

} // namespace

QString Verification::text() const
{
    if (first)
        return first->step == 0 ? Tr::tr("different before the first step: %1: recorded %2, now %3")
                                      .arg(first->what, first->recorded, first->now)
                                : Tr::tr("different at step %1: %2: recorded %3, now %4")
                                      .arg(first->step)
                                      .arg(first->what, first->recorded, first->now);
    const QString counts = Tr::tr("%1 steps, %2 maps").arg(steps).arg(maps);
    if (!isWhole)
        return Tr::tr("stopped; identical so far: %1").arg(counts);
    if (largest > 0)
        return Tr::tr("equal within a relative difference of %1: %2")
            .arg(QString::number(largest, 'g', 3), counts);
    return Tr::tr("identical: %1").arg(counts);
}

Operator operatorOf(std::shared_ptr<const Run> past, const Operator &then)
{
    /// How far the run of the past has been told.
    struct Telling
    {
        std::shared_ptr<const Run> past;
        Operator then;
        std::size_t step = 0, round = 0;

        const Intervention *said() const
        {
            if (step >= past->steps.size())
                return nullptr;
            const std::vector<Intervention> &all = past->steps[step].interventions;
            return round < all.size() ? &all[round] : nullptr;
        }
        bool isOver() const { return step >= past->steps.size(); }
    };
    const auto telling = std::make_shared<Telling>(Telling{std::move(past), then});
    Operator person;
    person.orders = [telling] {
        if (telling->isOver())
            return telling->then.orders ? telling->then.orders() : Orders();
        const Intervention *said = telling->said();
        return said ? said->orders : Orders();
    };
    // What was measured afterwards says that it went on.
    person.alarm = [telling](const QString &sentence) {
        return !telling->isOver() || (telling->then.alarm && telling->then.alarm(sentence));
    };
    person.approve = [telling](const Proposal &proposal) {
        if (telling->isOver())
            return telling->then.approve ? telling->then.approve(proposal) : Verdict::Measure;
        const Intervention *said = telling->said();
        if (said && said->vetoed) {
            ++telling->round;
            return Verdict::Veto;
        }
        ++telling->step;
        telling->round = 0;
        return Verdict::Measure;
    };
    return person;
}

Verification verifyRun(const std::shared_ptr<const Run> &recorded, VerifyBy by, double tolerance,
                       const Progress &progress)
{
    const std::unique_ptr<Microscope> microscope =
        microscopeFor(recorded, by, part(progress, 0, 0.05));
    Plan plan = recorded->plan;
    plan.stopping.afterSeconds = 0; // the recorded steps are the end
    const auto reference = std::make_shared<const Run>(judgedBy(*recorded, *microscope));
    Comparing comparing(reference, tolerance);
    bool isStopped = false;
    const double count = double(std::max<std::size_t>(recorded->steps.size(), 1));
    const Run rerun = explore(
        plan, *microscope,
        [&](double) {
            isStopped =
                isStopped || !progress(0.05 + 0.95 * double(comparing.result().steps) / count);
            return !isStopped && !comparing.isOver();
        },
        [&](const Step &step) { comparing.compare(step); }, operatorOf(recorded),
        [&](const Run &start) { comparing.compareStart(start); });
    if (isStopped && !comparing.isOver())
        comparing.stopped();
    else
        comparing.endedEarly(rerun.message);
    return comparing.result();
}

Run continueRun(const std::shared_ptr<const Run> &past, std::unique_ptr<Microscope> microscope,
                const Progress &progress, const OnStep &onStep, const Operator &person,
                const OnStart &onStart)
{
    const std::size_t known = past->steps.size();
    // A simulated sample that does not hold still has to live through it all again; it answers as
    // it did.
    const auto *settings = std::get_if<Simulator::Settings>(&past->plan.sample);
    const bool livesAgain =
        settings && !settings->unrest.isCalm() && past->plan.origin.run.isEmpty();
    const std::unique_ptr<Microscope> simulated = livesAgain ? std::move(microscope) : nullptr;
    RecordedMicroscope record(past, -1, Origin::Beyond::Sample, std::move(microscope));
    Microscope &answering = simulated ? *simulated : record;
    const auto reference = std::make_shared<const Run>(judgedBy(*past, answering));
    Comparing comparing(reference, 0);
    Run run = explore(
        past->plan, answering,
        [&](double fraction) { return progress(fraction) && !comparing.result().first; },
        [&](const Step &step) {
            if (std::size_t(step.number) > known) {
                if (onStep)
                    onStep(step);
                return;
            }
            // Where the run was cut off its last step may not have learnt to the end.
            comparing.compare(step);
        },
        operatorOf(past, person), onStart);
    if (comparing.result().first)
        fail(Tr::tr(
                 "The run cannot go on as it was: done again, it is %1. Branch from its last step "
                 "instead.")
                 .arg(comparing.result().text()));
    return run;
}

} // namespace helmscope
