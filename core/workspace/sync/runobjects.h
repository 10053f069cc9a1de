// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QMap>
#include <QString>
#include <QStringList>

#include <vector>

namespace helmscope {

/// A file of the workspace that is kept by its content, as its .dvc file says.
struct RunObject
{
    QString run;  ///< id; empty: of none
    QString path; ///< relative to the workspace
    QString name; ///< md5
    qint64 bytes = 0;
    bool operator==(const RunObject &) const = default;
};

/// All below runs/ and cmf_artifacts/, sorted by path. `runOfUuid`: to which run the artifacts of
/// an execution belong. .dvc files that cannot be read are passed over and named in `problems`.
std::vector<RunObject> runObjects(const QString &workspace, const QMap<QString, QString> &runOfUuid,
                                  QStringList *problems);

} // namespace helmscope
