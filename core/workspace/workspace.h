// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "history/version.h"
#include "steering/step.h"

namespace helmscope {

/// A run of a workspace, by what its folder says; without reading its run file.
struct RunEntry
{
    QString id;
    QString folder; ///< absolute
    Plan plan;
    QString title; ///< of the sample
    QString valueName, valueUnit;
    qint64 createdMs = 0;
    int steps = 0;                       ///< in steps.jsonl
    std::optional<Run::Outcome> outcome; ///< nothing: it was cut off, or is going on
    QString message;
    bool isGoing = false; ///< somebody holds its lock: this program or another one
    QString problem;      ///< a sentence; empty: it can be read
};

/// What was found and mended after a recorder died.
struct Recovered
{
    QString run;
    int steps = 0;            ///< finished steps that are whole
    bool canContinue = false; ///< the plan's budget is not used up
    QString sentence;         ///< for the user
};

/// The folder that holds runs with their versions, artifacts and lineage: at once a git repository,
/// a DVC workspace and a CMF workspace. Layout in the README. A value: no handle is kept open.
class Workspace
{
public:
    /// Makes what is missing of one: the repository with a first version, .gitignore, .dvc. Works
    /// in a folder that has files or a repository already. Throws Error where it cannot.
    static Workspace create(const QString &folder);
    /// Throws Error when the folder is no workspace.
    explicit Workspace(const QString &folder);
    static bool isWorkspace(const QString &folder);
    /// The workspace that a path lies in (a run's folder or file); nothing when in none.
    static std::optional<Workspace> containing(const QString &path);

    const QString &folder() const { return m_folder; }
    QString runFolder(const QString &id) const;
    /// Why nothing can be recorded here, a sentence; empty when it can. A merge in the user's
    /// repository is a warning only (versions follow later).
    QString troubleWithRecording() const;

    /// All runs, newest first. 2,000 of them within a second.
    std::vector<RunEntry> runs(const Progress &progress) const;
    std::optional<RunEntry> entry(const QString &id) const;
    /// The run of an entry: its run file, or where that is missing or damaged, what plan, steps and
    /// spectra journal still tell (without maps). Throws Error where not even that can be read.
    Run read(const QString &id, const Progress &progress) const;

    /// Mends the runs whose recorder died (see RunRecorder): torn lines are cut off, the run file
    /// is made whole again, spilled parts come home, the missing version is committed.
    std::vector<Recovered> recover(const Progress &progress) const;

    /// Puts the files of a run back as a version has them, its run file from the cache. Where a
    /// file is there with other content, everything goes to "<id>-restored" (with a number where
    /// that is taken). Answers the run's id. Throws Error when the version has no such run.
    QString restore(const QString &id, const QString &version, const Progress &progress) const;

private:
    QString m_folder;
};

/// Who commits where git's configuration does not say, asked once: kept in the repository's own
/// configuration.
std::optional<Person> personOf(const Workspace &workspace);
void setPerson(const Workspace &workspace, const Person &person);

} // namespace helmscope
