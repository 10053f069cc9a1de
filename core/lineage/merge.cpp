// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/merge.h"

#include "base/tr.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

namespace helmscope {

namespace {

/// The document of a store, or of a file that is one.
QByteArray documentOf(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    if (in.peek(15) == "SQLite format 3")
        return storeToCmfJson(LineageStore(file));
    return in.readAll();
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
            const QByteArray document = documentOf(file);
            if (!progress(done + 0.2))
                fail(Tr::tr("Stopped; %1 was not written.").arg(to));
            writeCmfJson(document, file, writer);
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
