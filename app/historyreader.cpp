// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/historyreader.h"

#include "base/tr.h"
#include "steering/recording/runfile.h"
#include "workspace/runrecord.h"

#include <QFileInfo>

#include <algorithm>

namespace helmscope {

std::shared_ptr<const HistoryLog> readHistory(const QString &folder, int limit)
{
    if (!Repository::isRepository(folder))
        return std::make_shared<const HistoryLog>();
    const Repository repository(folder);
    return std::make_shared<const HistoryLog>(
        HistoryLog::of(repository.log(limit), repository.references()));
}

std::shared_ptr<const HistoryLog> withReferences(const HistoryLog &log, const QString &folder)
{
    return std::make_shared<const HistoryLog>(
        HistoryLog::of(log.versions, Repository(folder).references()));
}

VersionSummary readSummary(const QString &folder, const QString &version)
{
    return summaryOf(Repository(folder), version);
}

RunPictures readPictures(const QString &folder, const QString &run, const Progress &progress)
{
    RunPictures pictures;
    pictures.run = run;
    const QString file = folder + QStringLiteral("/runs/%1/run.h5").arg(run);
    // A name from a repository that anybody may have made must stay below the folder.
    if (!isRunId(run) || !QFileInfo::exists(file)) {
        pictures.sentence =
            Tr::tr("The recording of run %1 is not in this folder, so there are no pictures of "
                   "its maps. 'Restore run as it was' brings it back from the cache, 'dvc pull' "
                   "from where it was pushed to.")
                .arg(run);
        return pictures;
    }
    try {
        const Run read = readRun(file, progress);
        pictures.valueName = read.valueName;
        pictures.valueUnit = read.valueUnit;
        const auto last = std::find_if(read.steps.rbegin(), read.steps.rend(),
                                       [](const Step &step) { return step.belief != nullptr; });
        if (last == read.steps.rend()) {
            pictures.sentence = Tr::tr("Run %1 ended before there were maps of it.").arg(run);
            return pictures;
        }
        pictures.step = last->number;
        pictures.mean = std::make_shared<const Map>(last->belief->mean);
        pictures.deviation = std::make_shared<const Map>(last->belief->deviation);
    } catch (const Error &error) {
        pictures.sentence = QString::fromUtf8(error.what());
    }
    return pictures;
}

} // namespace helmscope
