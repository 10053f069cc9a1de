// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/runfile.h"
#include "workspace/appendfile.h"
#include "workspace/runrecord.h"
#include "workspace/spectrajournal.h"

#include <memory>

namespace helmscope {

/// What stands in a run's folder.
struct RunFiles
{
    explicit RunFiles(const QString &folderOfRun)
        : folder(folderOfRun)
    {
    }
    QString folder;
    QString plan() const { return folder + QStringLiteral("/plan.json"); }
    QString steps() const { return folder + QStringLiteral("/steps.jsonl"); }
    QString marks() const { return folder + QStringLiteral("/marks.jsonl"); }
    QString spectra() const { return folder + QStringLiteral("/spectra.part"); }
    QString run() const { return folder + QStringLiteral("/run.h5"); }
    QString runBeside() const { return folder + QStringLiteral("/run.h5.part"); }
    QString digest() const { return folder + QStringLiteral("/run.h5.dvc"); }
    QString lock() const { return folder + QStringLiteral("/.lock"); }
    QString ignored() const { return folder + QStringLiteral("/.gitignore"); }
};

/// What a recorder holds of its run, to begin with it again elsewhere.
struct PastOfRun
{
    PlanFile plan;
    Run run;          ///< its steps without maps, the last one apart
    QByteArray lines; ///< of steps.jsonl, whole ones
    QByteArray sum;   ///< of the last

    /// The step's line with its sum, as it is to be appended.
    QByteArray nextLine(const Step &step, QByteArray *nextSum) const;
    void add(const Step &step, const QByteArray &line, const QByteArray &nextSum);
};

/// The files of a run while it is recorded, in a folder that is there already. Everything throws
/// Error, naming the file and what the system says.
class RunFolder
{
public:
    /// `hasLines`: steps.jsonl is there with the past's lines and goes on; else it is made.
    /// Plan, journal and run file are written with all of the past, each in place at once.
    RunFolder(const QString &folder, const PastOfRun &past, bool hasLines, bool isSynced);

    /// Spectrum, then line, each on the disk when it returns; of what threw nothing is there.
    void appendLine(const Step &step, const QByteArray &line);
    void appendToRunFile(const Step &step);
    /// The run file is whole and on the disk, then the last line, then the journal goes.
    void finish(const Run &run, const QByteArray &endLine);

    const RunFiles &files() const { return m_files; }

private:
    RunFiles m_files;
    SpectraJournal m_journal;
    AppendFile m_lines;
    std::unique_ptr<RunFile> m_run;
    bool m_isSynced = true;
};

/// Writes a run file of all of `run` in the place of `file`; `isEnded`: with outcome and model.
/// All or nothing, and on the disk when it returns. Steps without spectrum get one of NaN.
void writeRunFile(const QString &file, const Run &run, bool isEnded);

/// What git is told to leave alone in a run's folder.
QByteArray ignoredInRunFolder();

} // namespace helmscope
