// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/replay.h"
#include "knownoptimum.h"
#include "steering/experiment.h"
#include "usehome.h"
#include "workspace/runrecorder.h"
#include "workspace/workspace.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

#include <functional>
#include <optional>

namespace helmscope {

/// What Debian's git says, with what it complains about; `code`: its exit code.
inline QString git(const QString &folder, const QStringList &arguments, int *code = nullptr)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("git", QStringList{"-C", folder} + arguments);
    if (!process.waitForFinished(60000))
        return "git did not end";
    if (code)
        *code = process.exitCode();
    return QString::fromUtf8(process.readAll()).trimmed();
}

/// Whether h5dump reads a file from its beginning to its end.
inline bool isReadByH5dump(const QString &file, QString *complaint = nullptr)
{
    QProcess process;
    process.setStandardOutputFile(QProcess::nullDevice());
    process.start("h5dump", {file});
    const bool isDone = process.waitForFinished(60000) && process.exitCode() == 0;
    if (complaint)
        *complaint = QString::fromUtf8(process.readAllStandardError());
    return isDone;
}

inline QByteArray bytesOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

inline bool writeBytes(const QString &file, const QByteArray &bytes)
{
    QFile::remove(file); // it may be read-only, and have a second name
    QFile out(file);
    return out.open(QIODevice::WriteOnly) && out.write(bytes) == bytes.size();
}

inline std::string sentenceOf(const std::function<void()> &act)
{
    try {
        act();
    } catch (const std::exception &error) {
        return error.what();
    }
    return {};
}

/// A workspace of somebody, in a folder that goes with it.
class TemporaryWorkspace
{
public:
    explicit TemporaryWorkspace(bool hasPerson = true)
        : m_workspace(make(m_folder.filePath("sample"), hasPerson))
    {
    }
    const Workspace &operator*() const { return m_workspace; }
    const Workspace *operator->() const { return &m_workspace; }
    QString path(const QString &name) const { return m_workspace.folder() + '/' + name; }
    QString git(const QStringList &arguments, int *code = nullptr) const
    {
        return helmscope::git(m_workspace.folder(), arguments, code);
    }

private:
    static Workspace make(const QString &folder, bool hasPerson)
    {
        if (!hasPerson)
            return Workspace::create(folder);
        helmscope::git(QFileInfo(folder).path(), {"init", "-q", "-b", "main", folder});
        helmscope::git(folder, {"config", "user.name", "Ada Example"});
        helmscope::git(folder, {"config", "user.email", "ada@example.org"});
        return Workspace::create(folder);
    }
    QTemporaryDir m_folder{QDir::tempPath() + "/helmscope-XXXXXX"};
    Workspace m_workspace;
};

/// An experiment as the tests record one: what happens at each step can be looked at.
struct Recording
{
    Plan plan = quickPlan();
    bool hasSpectra = true;
    QString id;
    RunRecorder::Settings settings{{}, false}; ///< a test's machine stays on
    Operator person;
    std::function<void(RunRecorder &)> afterBegin;
    std::function<void(RunRecorder &, const Step &)> afterStep;
    std::function<bool()> goesOn; ///< the run is stopped where this says no

    QStringList troubles; ///< out
    Run run;              ///< out

    /// Answers the run's id.
    QString record(const Workspace &workspace)
    {
        Replay replay(datasetWithKnownOptimum(hasSpectra));
        RunRecorder recorder(
            workspace, id, [this](const QString &sentence) { troubles << sentence; }, settings);
        run = explore(
            plan, replay, [this](double) { return !goesOn || goesOn(); },
            [&](const Step &step) {
                recorder.append(step);
                if (afterStep)
                    afterStep(recorder, step);
            },
            person,
            [&](const Run &start) {
                recorder.begin(start);
                if (afterBegin)
                    afterBegin(recorder);
            });
        recorder.finish(run);
        return recorder.id();
    }
};

/// Records `steps` measurements and stops there without an end, as when the program dies.
inline QString recordCutOff(const Workspace &workspace, int steps, const Plan &plan = quickPlan(),
                            bool hasSpectra = true)
{
    Replay replay(datasetWithKnownOptimum(hasSpectra));
    RunRecorder recorder(workspace, {}, {}, {{}, false});
    int done = 0;
    explore(
        plan, replay, [&](double) { return done < steps; },
        [&](const Step &step) {
            if (done++ < steps)
                recorder.append(step);
        },
        {}, [&](const Run &start) { recorder.begin(start); });
    return recorder.id();
}

} // namespace helmscope
