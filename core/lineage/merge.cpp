// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/merge.h"

#include "base/tr.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/store/parts.h"
#include "lineage/writer.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

namespace helmscope {

namespace {

/// A store, or a document of CMF.
void take(const QString &file, LineageWriter &writer, const Progress &progress)
{
    if (LineageStore::isOne(file)) {
        if (copyStore(LineageStore(file), writer, progress))
            return;
        fail(Tr::tr("Stopped; nothing was written."));
    }
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    writeCmfJson(in.readAll(), file, writer);
}

} // namespace

MergeCounts mergeStores(const QString &first, const QString &second, const QString &to,
                        const Progress &progress)
{
    if (QFileInfo::exists(to))
        fail(Tr::tr("%1 exists already: choose another name.").arg(to));
    // Beside the target, so that it can be renamed.
    QTemporaryDir folder(QFileInfo(to).absoluteDir().filePath("merge-XXXXXX"));
    if (!folder.isValid())
        fail(Tr::tr("Cannot write to the folder of %1: %2.").arg(to, folder.errorString()));
    const QString part = folder.filePath("store");
    MergeCounts counts;
    {
        LineageWriter writer(part);
        LineageWriter::Batch batch(writer);
        double done = 0;
        for (const QString &file : {first, second}) {
            if (!progress(done))
                fail(Tr::tr("Stopped; %1 was not written.").arg(to));
            take(file, writer, helmscope::part(progress, done, done + 0.5));
            done += 0.5;
        }
        batch.commit();
        const LineageStore::Counts all = writer.store().counts();
        counts = {int(all.artifacts), int(all.executions), int(all.contexts), int(all.events)};
    }
    if (!QFile::rename(part, to))
        fail(Tr::tr("Cannot write %1.").arg(to));
    progress(1);
    return counts;
}

} // namespace helmscope
