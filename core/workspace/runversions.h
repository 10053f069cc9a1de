// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/folderlock.h"
#include "workspace/runrecord.h"
#include "workspace/runrecorder.h"

namespace helmscope {

// What a version's message says; its first line is what a log shows.
QString beginMessage(const PlanFile &plan);
QString markMessage(const PlanFile &plan, const Mark &mark);
QString endMessage(const PlanFile &plan, const StepsFile &lines);

/// Held while one recorder commits, one at a time in all programs: waits 5 s for another one. Lock
/// files that one of ours left behind in .git when it died are taken away. Throws Error where git
/// cannot.
class Committing
{
public:
    explicit Committing(const QString &workspace);
    ~Committing();
    Committing(const Committing &) = delete;
    Committing &operator=(const Committing &) = delete;

    /// What a run's folder holds (and the workspace's own files, where git has none of them yet).
    /// A branch's run goes to the git branch "run/<id>"; at its end that is joined into the current
    /// branch. Answers the version's id.
    /// `more`: other files that belong to it, relative to the workspace.
    QString run(const QString &id, const PlanFile &plan, const QString &message, bool isEnd,
                const QStringList &more = {});
    /// These files, relative to the workspace.
    void files(const QStringList &paths, const QString &message);
    /// The workspace's own files, where git has none of them yet.
    void workspace();

private:
    QString m_folder;
    FolderLock m_lock;
};

} // namespace helmscope
