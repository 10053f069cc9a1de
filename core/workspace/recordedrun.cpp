// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/recordedrun.h"

#include "base/tr.h"
#include "steering/recording/endings.h"
#include "steering/recording/stepline.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace helmscope {

bool isMarkedOpen(const QString &runFile)
{
    QFile file(runFile);
    if (!file.open(QIODevice::ReadOnly))
        return false;
    // Superblock version 3: signature, version, sizes of offsets and lengths, consistency flags.
    const QByteArray superblock = file.read(12);
    constexpr char forWriting = 0x01, singleWriter = 0x04;
    return superblock.size() == 12 && superblock[8] == 3 &&
           (superblock[11] & (forWriting | singleWriter)) != 0;
}

namespace {

bool same(double a, double b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool agree(const Step &step, const Step &line, std::uint64_t spectrumHash)
{
    return step.number == line.number && step.pixel == line.pixel && same(step.value, line.value) &&
           step.modelHash == line.modelHash && step.mapsHash == line.mapsHash &&
           hashOf(step.spectrum) == spectrumHash;
}

/// The run of a file, unless it is missing or damaged.
std::optional<Run> fromRunFile(const QString &file, const Progress &progress)
{
    if (!QFileInfo::exists(file))
        return {};
    bool isStopped = false;
    try {
        return readRun(file, [&](double fraction) {
            isStopped = isStopped || !progress(fraction);
            return !isStopped;
        });
    } catch (const Error &) {
        if (isStopped)
            throw;
        return {};
    }
}

bool hasEnd(const QString &runFile)
{
    try {
        const Hdf5File file(runFile, Hdf5File::Mode::Read);
        return !file.readTexts("log/outcome").isEmpty() && !file.readTexts("log/message").isEmpty();
    } catch (const Error &) {
        return false;
    }
}

/// What is known of the sample without its image.
Run startFrom(const PlanFile &plan)
{
    Run run;
    run.survey.title = plan.title;
    run.survey.pixelSizeNm = plan.pixelSizeNm;
    run.survey.image = Map::Constant(plan.rows, plan.cols, std::numeric_limits<float>::quiet_NaN());
    run.valueName = plan.valueName;
    run.valueUnit = plan.valueUnit;
    return run;
}

PlanFile planFrom(const Run &run, const QString &folder)
{
    PlanFile plan;
    plan.id = QFileInfo(folder).fileName();
    plan.createdMs = QFileInfo(folder).lastModified().toMSecsSinceEpoch();
    plan.plan = run.plan;
    plan.title = run.survey.title;
    plan.rows = run.survey.rows();
    plan.cols = run.survey.cols();
    plan.pixelSizeNm = run.survey.pixelSizeNm;
    plan.valueName = run.valueName;
    plan.valueUnit = run.valueUnit;
    plan.channels = run.energies.channels();
    plan.provenance = run.survey.provenance;
    return plan;
}

} // namespace

RecordedRun readRecorded(const QString &runFolder, const Progress &progress,
                         const QString &otherRunFile)
{
    const RunFiles files(runFolder);
    const QString runFile = otherRunFile.isEmpty() ? files.run() : otherRunFile;
    RecordedRun recorded;
    std::optional<Run> file = fromRunFile(runFile, progress);
    try {
        recorded.plan = readPlanFile(files.plan());
    } catch (const Error &error) {
        if (!file)
            throw;
        recorded.plan = planFrom(*file, runFolder);
        recorded.losses << QString::fromUtf8(error.what());
    }
    if (QFileInfo::exists(files.steps()))
        recorded.lines = readStepsFile(files.steps(), recorded.plan.plan);
    if (!recorded.lines.problem.isEmpty())
        recorded.losses << recorded.lines.problem;

    const std::optional<SpectraRead> journal = readSpectraJournal(files.spectra());
    const std::size_t inFile = file ? file->steps.size() : 0;
    const bool hasFileEnd = file && hasEnd(runFile);
    Run &run = recorded.run;
    if (file) {
        run = std::move(*file);
    } else {
        run = journal ? journal->start : startFrom(recorded.plan);
        run.plan = recorded.plan.plan;
        run.survey.provenance = recorded.plan.provenance;
        if (!journal)
            recorded.losses << Tr::tr("The survey image of %1 is lost.").arg(runFolder);
    }

    StepsFile &lines = recorded.lines;
    int changed = 0, lost = 0;
    for (std::size_t i = 0; i < lines.steps.size(); ++i) {
        const std::uint64_t hash = lines.spectrumHashes[i];
        if (i < inFile && agree(run.steps[i], lines.steps[i], hash))
            continue;
        Step step = lines.steps[i];
        if (hash != 0 && journal && i < journal->spectra.size() &&
            hashOf(journal->spectra[i]) == hash)
            step.spectrum = journal->spectra[i];
        else if (hash != 0 && i < inFile && hashOf(run.steps[i].spectrum) == hash)
            step.spectrum = run.steps[i].spectrum;
        else
            lost += hash != 0;
        ++changed;
        if (i < inFile)
            run.steps[i] = std::move(step);
        else
            run.steps.push_back(std::move(step));
    }
    if (lost > 0)
        recorded.losses << Tr::tr("The spectra of %1 steps in %2 are lost or damaged.")
                               .arg(lost)
                               .arg(runFolder);
    recorded.isEnded = lines.outcome || hasFileEnd;
    if (lines.outcome) {
        run.outcome = *lines.outcome;
        run.message = lines.message;
    } else if (!hasFileEnd) {
        run.outcome = Run::Outcome::Stopped;
        run.message = recordedText(Ending::CutOff).arg(run.steps.size());
    }
    recorded.isRunFileWhole =
        file && changed == 0 && hasFileEnd == recorded.isEnded && !isMarkedOpen(runFile);
    return recorded;
}

} // namespace helmscope
