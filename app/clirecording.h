// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/runfile.h"
#include "workspace/runrecorder.h"

#include <memory>

namespace helmscope {

/// The file of --out: never takes another's place unless told to, and then only once it is begun
/// itself. Or the workspace of --workspace.
class CommandLineRecording
{
public:
    /// No `file`: nothing is recorded.
    CommandLineRecording(const QString &file, bool mayOverwrite);
    /// `continued`: a run of it that is gone on with; empty: a new one.
    CommandLineRecording(const Workspace &workspace, const QString &continued);
    ~CommandLineRecording();
    CommandLineRecording(CommandLineRecording &&) = default;
    CommandLineRecording &operator=(CommandLineRecording &&) = delete;

    /// Throws Error when the file cannot be meant: it exists, is one of the `inputs`, has no
    /// folder.
    void check(const QStringList &inputs) const;
    void begin(const Run &start);
    void resume(const Run &past); ///< of a workspace's run
    void append(const Step &step);
    void finish(const Run &run);

    /// Empty when nothing was recorded.
    QString fileName() const;
    /// Of the run in the workspace; empty without one.
    QString id() const { return m_recorder ? m_recorder->id() : QString(); }

private:
    QString m_file, m_beginning; ///< m_beginning: the name while it is not yet in its place
    bool m_mayOverwrite = false;
    std::unique_ptr<RunFile> m_run;
    std::unique_ptr<RunRecorder> m_recorder;
};

/// The workspace of --workspace: a folder that is not there, or empty, becomes one. Throws Error
/// for one with other files.
Workspace workspaceFor(const QString &folder);

} // namespace helmscope
