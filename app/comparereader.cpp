// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/comparereader.h"

#include "base/error.h"
#include "base/tr.h"
#include "steering/recording/foreignrun.h"
#include "steering/recording/runfile.h"
#include "workspace/workspace.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>

namespace helmscope {

namespace {

/// A file of a workspace is named by its folder: it is always "run.h5" itself.
QString nameOfFile(const QString &file)
{
    const QFileInfo info(file);
    return info.completeBaseName() == QLatin1String("run") ? info.dir().dirName()
                                                           : info.completeBaseName();
}

QByteArray planWithoutSeed(const Plan &plan)
{
    QJsonObject object = plan.toJson();
    object.remove("seed");
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

} // namespace

std::vector<NamedRun> readForComparison(const QStringList &files, const Progress &progress)
{
    std::vector<NamedRun> runs;
    for (qsizetype i = 0; i < files.size(); ++i) {
        const Progress part = [&](double fraction) {
            return progress((double(i) + fraction) / double(files.size()));
        };
        const bool isFolder = QFileInfo(files[i]).isDir();
        const QString file = isFolder ? QDir(files[i]).filePath("run.h5") : files[i];
        const auto workspace = isFolder ? Workspace::containing(files[i]) : std::nullopt;
        if (workspace) { // also where the run file is missing
            const QString id = QDir(files[i]).dirName();
            auto run = std::make_shared<const Run>(workspace->read(id, part));
            runs.push_back({id, {}, std::move(run), {}, {}});
        } else if (isRunFile(file)) {
            auto run = std::make_shared<const Run>(readRun(file, part));
            runs.push_back({nameOfFile(file), {}, std::move(run), {}, {}});
        } else if (holdsForeignRuns(file)) {
            for (NamedRun &run : readForeignRuns(file, part))
                runs.push_back(std::move(run));
        } else {
            fail(Tr::tr("%1 is no run: choose a run file (.h5), the folder of a workspace's run, "
                        "or a recording of others (.npz).")
                     .arg(files[i]));
        }
    }
    return runs;
}

std::vector<NamedRun> groupedBySeed(std::vector<NamedRun> runs)
{
    std::map<QByteArray, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < runs.size(); ++i)
        alike[planWithoutSeed(runs[i].run->plan)].push_back(i);
    for (const auto &[key, members] : alike) {
        if (members.size() < 2)
            continue;
        QStringList names;
        for (const std::size_t i : members)
            names << runs[i].name;
        const QString name =
            Tr::tr("%1 (%2 and %3 more)")
                .arg(Tr::tr(rowOf(runs[members[0]].run->plan.acquisition.kind).name), names.first())
                .arg(names.size() - 1);
        for (const std::size_t i : members)
            runs[i].group = name;
    }
    return runs;
}

QString nameOf(const Plan &plan)
{
    return Tr::tr("%1, seed %2").arg(Tr::tr(rowOf(plan.acquisition.kind).name)).arg(plan.seed);
}

} // namespace helmscope
