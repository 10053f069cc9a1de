// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/beginningchoice.h"

#include "base/tr.h"
#include "metalearning/beginning.h"
#include "steering/surveying.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

/// What is known of the run so far, on explore()'s thread.
struct Choosing
{
    Plan plan;
    Progress watch;
    QStringList files;
    Dataset survey;
    EnergyAxis energies; ///< of the values
    std::vector<Pixel> pixels;
    std::vector<double> values;
    std::vector<Eigen::VectorXf> spectra;
    Scalarizer scalarizer; ///< of the last step
    bool isSettled = false;

    void begin(const Run &start)
    {
        survey = start.survey;
        scalarizer = start.plan.scalarizer;
        energies = plan.isVector ? start.energies.binned(plan.bin) : start.energies;
    }

    double valueOf(const Eigen::VectorXf &spectrum) const
    {
        return scalarizer(plan.isVector ? binned(spectrum, plan.bin) : spectrum, energies);
    }

    void take(const Step &step)
    {
        if (isSettled)
            return;
        pixels.push_back(step.pixel);
        values.push_back(step.value);
        spectra.push_back(step.spectrum);
        if (step.scalarizer == scalarizer || step.spectrum.size() == 0)
            return;
        scalarizer = step.scalarizer;
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = valueOf(spectra[i]);
    }

    /// Adds the choice to what the person ordered, when it is time.
    void complete(Orders &orders)
    {
        isSettled = isSettled || orders.beginning;
        if (isSettled)
            return;
        std::vector<Pixel> at;
        std::vector<double> known;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (std::isfinite(values[i])) {
                at.push_back(pixels[i]);
                known.push_back(values[i]);
            }
        if (int(known.size()) < plan.beginning.afterPoints)
            return;
        bool goesOn = true;
        const std::vector<RankedMetaModel> ranking =
            ranked(files, plan, survey, at,
                   Eigen::Map<const Eigen::VectorXd>(known.data(), Eigen::Index(known.size())),
                   [&](double fraction) { return goesOn = goesOn && watch(fraction); });
        if (!goesOn)
            return;
        const Choice choice = chosenOf(ranking);
        Plan next = plan;
        next.beginning = {};
        orders.beginningReason = choice.reason;
        if (choice.index >= 0) {
            try {
                readBeginning(next, ranking[std::size_t(choice.index)].file);
            } catch (const Error &error) { // gone or replaced since it was ranked
                orders.beginningReason = QString::fromUtf8(error.what());
            }
        }
        orders.beginning = next.beginning;
        isSettled = true;
        spectra.clear();
    }
};

bool isSettledBy(const Run &past)
{
    return std::any_of(past.steps.begin(), past.steps.end(), [](const Step &step) {
        return std::any_of(step.interventions.begin(), step.interventions.end(),
                           [](const Intervention &said) { return bool(said.orders.beginning); });
    });
}

} // namespace

QStringList metaModelsIn(const QStringList &places)
{
    QStringList files;
    for (const QString &place : places) {
        const QFileInfo info(place);
        if (!info.exists())
            fail(Tr::tr("There is no file or folder %1 to choose a meta-model from.").arg(place));
        if (!info.isDir()) {
            files << info.absoluteFilePath();
            continue;
        }
        for (const QFileInfo &file :
             QDir(place).entryInfoList({"*.h5", "*.hdf5"}, QDir::Files, QDir::Name))
            if (isMetaModelFile(file.absoluteFilePath()))
                files << file.absoluteFilePath();
    }
    files.removeDuplicates();
    return files;
}

Company choosingBeginning(const Plan &plan, const Run *past, const Company &company,
                          const Progress &watch)
{
    if (!plan.beginning.isOpen() || (past && isSettledBy(*past)))
        return company;
    const auto choosing = std::make_shared<Choosing>();
    choosing->plan = plan;
    choosing->watch = watch;
    choosing->files = metaModelsIn(plan.beginning.among);
    if (choosing->files.isEmpty())
        fail(Tr::tr("There is no meta-model in %1 to choose from; helmscope-cli metatrain makes "
                    "them.")
                 .arg(plan.beginning.among.join(QStringLiteral(", "))));
    Company together = company;
    together.onStart = [choosing, past = past ? past->steps : std::vector<Step>(),
                        then = company.onStart](const Run &start) {
        choosing->begin(start);
        for (const Step &step : past)
            choosing->take(step);
        if (then)
            then(start);
    };
    together.onStep = [choosing, then = company.onStep](const Step &step) {
        choosing->take(step);
        if (then)
            then(step);
    };
    together.person.orders = [choosing, then = company.person.orders] {
        Orders orders = then ? then() : Orders();
        choosing->complete(orders);
        return orders;
    };
    return together;
}

} // namespace helmscope
