// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/runfolder.h"

#include "base/tr.h"
#include "steering/recording/stepline.h"

#include <QFile>
#include <QJsonDocument>

namespace helmscope {

QByteArray ignoredInRunFolder()
{
    return "/run.h5\n/model.dkl\n/*.part\n/.lock\n";
}

QByteArray PastOfRun::nextLine(const Step &step, QByteArray *nextSum) const
{
    *nextSum = sum;
    return summed(lineOf(step, run.steps.empty() ? nullptr : &run.steps.back()), nextSum);
}

void PastOfRun::add(const Step &step, const QByteArray &line, const QByteArray &nextSum)
{
    if (!run.steps.empty())
        run.steps.back().belief.reset(); // maps are large, and in the run file
    run.steps.push_back(step);
    lines += line;
    sum = nextSum;
}

/// The step as the run file takes it.
static Step withSpectrum(Step step, int channels)
{
    if (step.spectrum.size() != channels)
        step.spectrum =
            Eigen::VectorXf::Constant(channels, std::numeric_limits<float>::quiet_NaN());
    return step;
}

/// Begun beside the old one, then put in its place; the open file keeps growing there.
static std::unique_ptr<RunFile> begunInPlace(const RunFiles &files, const Run &run, bool isSynced)
{
    QFile::remove(files.runBeside());
    auto begun = std::make_unique<RunFile>(files.runBeside(), run);
    for (const Step &step : run.steps)
        begun->append(withSpectrum(step, run.energies.channels()));
    putInPlace(files.runBeside(), files.run(), isSynced);
    return begun;
}

RunFolder::RunFolder(const QString &folder, const PastOfRun &past, bool hasLines, bool isSynced)
    : m_files(folder)
    , m_isSynced(isSynced)
{
    writeWhole(m_files.ignored(), ignoredInRunFolder(), isSynced);
    if (hasLines) {
        m_lines = AppendFile::goOn(m_files.steps(), past.lines.size(), isSynced);
    } else {
        m_lines = AppendFile::create(m_files.steps(), isSynced);
        if (!past.lines.isEmpty())
            m_lines.append(past.lines);
    }
    // Spectra stand in one of the two files at any time: the old run file goes last.
    QFile::remove(m_files.spectra());
    m_journal = SpectraJournal::create(m_files.spectra(), past.run, isSynced);
    for (const Step &step : past.run.steps)
        m_journal.append(step);
    m_run = begunInPlace(m_files, past.run, isSynced);
    // A folder is a run once it has a plan, and then it has all the rest.
    writeWhole(m_files.plan(), QJsonDocument(toJson(past.plan)).toJson(), isSynced);
}

void RunFolder::appendLine(const Step &step, const QByteArray &line)
{
    m_journal.append(step);
    m_lines.append(line);
}

void RunFolder::appendToRunFile(const Step &step)
{
    m_run->append(step);
}

void RunFolder::finish(const Run &run, const QByteArray &endLine)
{
    m_run->finish(run);
    m_run.reset();
    if (m_isSynced)
        syncFile(m_files.run());
    m_lines.append(endLine);
    QFile::remove(m_files.spectra());
}

void writeRunFile(const QString &file, const Run &run, bool isEnded)
{
    const QString beside = file + QStringLiteral(".part");
    QFile::remove(beside);
    {
        RunFile out(beside, run);
        for (const Step &step : run.steps)
            out.append(withSpectrum(step, run.energies.channels()));
        if (isEnded)
            out.finish(run);
    }
    syncFile(beside);
    putInPlace(beside, file);
}

} // namespace helmscope
