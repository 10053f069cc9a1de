// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/importing.h"

#include "base/tr.h"
#include "steering/recording/runfile.h"
#include "workspace/runrecord.h"
#include "workspace/runrecorder.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

namespace helmscope {

namespace {

/// Of a run's folder its name, else the file's, with what a name may hold.
QString nameOf(const QString &file)
{
    const QFileInfo info(QFileInfo(file).absoluteFilePath());
    QString name = info.fileName() == "run.h5" ? info.dir().dirName() : info.completeBaseName();
    static const QRegularExpression others(QStringLiteral("[^A-Za-z0-9_.-]+"));
    return name.replace(others, "-");
}

} // namespace

QStringList importRun(const Workspace &workspace, const QString &file, const QString &wanted,
                      const Progress &progress)
{
    const QString id = wanted.isEmpty() ? nameOf(file) : wanted;
    if (!isRunId(id))
        fail(Tr::tr("\"%1\" cannot be the name of a run: give another (letters, digits, -, _ and "
                    "., up to 200).")
                 .arg(id));
    if (workspace.entry(id))
        fail(Tr::tr("There is a run %1 in %2 already: give this one another name.")
                 .arg(id, workspace.folder()));
    if (const QString trouble = workspace.troubleWithRecording(); !trouble.isEmpty())
        fail(trouble);
    const Run run = readRun(file, part(progress, 0, 0.3));
    if (!progress(0.3))
        fail(Tr::tr("Stopped; nothing was imported."));
    QStringList troubles;
    RunRecorder recorder(workspace, id,
                         [&troubles](const QString &sentence) { troubles << sentence; });
    recorder.begin(run);
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
        recorder.append(run.steps[i]);
        // Stopped here it is a run that was cut off, which recover() knows.
        if (!progress(0.3 + 0.6 * double(i) / double(run.steps.size())))
            fail(Tr::tr("Stopped: %1 of %2 steps of %3 were imported.")
                     .arg(i + 1)
                     .arg(run.steps.size())
                     .arg(id));
    }
    recorder.finish(run);
    progress(1);
    return troubles;
}

} // namespace helmscope
