// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/runfile.h"
#include "workspace/runrecorder.h"

#include <functional>
#include <memory>
#include <mutex>

namespace helmscope {

/// Where a live run is to be recorded: in one file, or in a workspace.
struct RecordTo
{
    QString file;      ///< empty: in the workspace
    QString workspace; ///< folder; made into one where it is none yet
    QString id;        ///< of a run to go on with; empty: a new one
};

/// The record of a live run, in a workspace or in a file of its own. Trouble with the disk never
/// stops the microscope: it is told in a sentence, and what cannot be begun where it was wanted is
/// begun in another place.
class Recording
{
public:
    Recording(const RecordTo &to, std::function<void(const QString &sentence)> onTrouble);

    void begin(const Run &start);
    /// Goes on with the workspace's run of that id.
    void resume(const Run &past);
    void append(const Step &step);
    /// On any thread, also after finish(). A file of its own has no marks: false.
    bool mark(int step, const QString &text);
    void finish(const Run &run);

    /// Where it really goes; empty when nothing is recorded.
    QString fileName() const;
    QString id() const;        ///< of a workspace's run; else empty
    QString workspace() const; ///< folder of it; else empty

private:
    bool beginInWorkspace(const Run &start);
    void beginFile(const Run &start);
    bool attempt(const QString &fileName, const Run &start, QString *sentence);
    void giveUp(const std::exception &trouble);

    RecordTo m_to;
    std::function<void(const QString &)> m_onTrouble;
    std::unique_ptr<RunFile> m_file;
    std::unique_ptr<RunRecorder> m_recorder;
    mutable std::mutex m_mutex; ///< for mark() and the end
    bool m_isFinished = false;
};

/// The workspace of one who opened none: Helmscope's folder in the user's documents.
QString defaultWorkspace();
/// `file`, or where that exists already, `file` with a number before its suffix: run-2.h5.
QString freeName(const QString &file);

} // namespace helmscope
