// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/runobjects.h"

#include "base/error.h"
#include "workspace/artifacts.h"
#include "workspace/runrecord.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>

#include <algorithm>

namespace helmscope {

std::vector<RunObject> runObjects(const QString &workspace, const QMap<QString, QString> &runOfUuid,
                                  QStringList *problems)
{
    std::vector<RunObject> found;
    const QDir root(workspace);
    for (const QString &folder : {QStringLiteral("runs"), QStringLiteral("cmf_artifacts")}) {
        // Links are not followed: they may lead out of the workspace.
        for (QDirIterator it(root.filePath(folder), {"*.dvc"},
                             QDir::Files | QDir::NoSymLinks | QDir::Hidden,
                             QDirIterator::Subdirectories);
             it.hasNext();) {
            const QString file = it.next();
            const QString relative = root.relativeFilePath(file);
            try {
                const std::optional<Artifact> artifact = readDvcFile(file);
                if (!artifact)
                    continue;
                RunObject object;
                object.path = QFileInfo(relative).path() + '/' + artifact->path;
                object.name = artifact->md5;
                object.bytes = artifact->size;
                const QString owner = relative.section('/', 1, 1);
                object.run = folder == "runs" ? (isRunId(owner) ? owner : QString())
                                              : runOfUuid.value(owner);
                found.push_back(std::move(object));
            } catch (const Error &error) {
                if (problems)
                    *problems << QString::fromUtf8(error.what());
            }
        }
    }
    std::sort(found.begin(), found.end(),
              [](const RunObject &a, const RunObject &b) { return a.path < b.path; });
    return found;
}

} // namespace helmscope
