// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/workspace.h"

#include <functional>
#include <memory>

namespace helmscope {

/// Records a run into a workspace as it happens. Of each step first the spectrum (spectra.part) and
/// the line (steps.jsonl) are appended and synced to disk, then the run file follows: from the
/// first two all but the maps can be told, and the maps again by a rerun. Versions are committed at
/// the start, at marks and at the end. Never throws for trouble with disk or git: it says so in one
/// sentence, and goes on recording, where it must in the spill folder, where even that fails not at
/// all. On one thread; mark() on any.
class RunRecorder
{
public:
    using OnTrouble = std::function<void(const QString &sentence)>;
    struct Settings
    {
        /// Spilled runs go below it, each in a folder of its id. Empty: in the user's data folder,
        /// the only place where recover() looks for them.
        QString spillFolder;
        bool isSynced = true;
    };
    /// `id` empty: a new one by date, time and chance, "20261121-091502-7c3e".
    RunRecorder(const Workspace &workspace, const QString &id, OnTrouble onTrouble);
    RunRecorder(const Workspace &workspace, const QString &id, OnTrouble onTrouble,
                const Settings &settings);
    /// A recorder that goes without finish() leaves a run that was cut off.
    ~RunRecorder();
    RunRecorder(const RunRecorder &) = delete;
    RunRecorder &operator=(const RunRecorder &) = delete;

    /// The run as explore() begins it. A branch (plan.origin) becomes a git branch of the same name
    /// that begins at the version of its parent run which knew the step.
    void begin(const Run &start);
    /// Goes on with a run that was cut off, after recover(): `past` is what readable of it.
    void resume(const Run &past);
    /// A step that is recorded already is passed over (a rerun), unless it measured another pixel:
    /// then nothing more is recorded, and it is said.
    void append(const Step &step);
    /// A mark at a step that is recorded already: a line in marks.jsonl, and with the next step a
    /// version.
    void mark(int step, const QString &text);
    /// Outcome; run.h5 gets its hash, goes to the cache and is linked from there; lineage; version.
    void finish(const Run &run);

    /// Final after begin(): another recorder may have taken the name.
    const QString &id() const;
    QString folder() const;  ///< where it is recorded; empty when nowhere
    QString runFile() const; ///< likewise
    bool isSpilled() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// A mark the user set.
struct Mark
{
    int step = 0; ///< 1 for the first
    QString text;
    qint64 timeMs = 0;
};
/// Marks of a run's folder, by step; none where there is no file or it cannot be read.
std::vector<Mark> marksOf(const QString &runFolder);
/// Adds a mark to a run that has ended.
void addMark(const Workspace &workspace, const QString &id, const Mark &mark);

} // namespace helmscope
