// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace helmscope {

/// Name of a meta-model in the lineage, by the hash of its contents (SHA-256, hexadecimal): an md5,
/// as CMF's are. Who trained it and who begins from it mean the same node.
QString metaModelUri(const QString &hash);

/// One meta-training that has ended, as its model card and its row of a sweep's table say.
struct MetaTrainingRecord
{
    QString name;       ///< of the meta-model
    QString hash;       ///< of its contents
    QString file;       ///< where it was written; empty: it was not kept
    QJsonObject card;   ///< tasks with their hashes, settings, metrics on tasks not learnt on
    QJsonObject trial;  ///< of a sweep; empty: a training by itself
    qint64 endedMs = 0; ///< since the epoch, UTC; 0: now
};

/// Meta-trainings on their way into a workspace's lineage (mlmd), as CMF names things:
///
///     task set, recorded runs -> Metatrain -> meta-model, metrics
///
/// Each training is an execution of its own; those of one sweep have custom property `sweep`. What
/// is in there already is left alone. On one thread. Throws Error when the store cannot be written.
class MetaLineage
{
public:
    /// `sweep`: how the sweep is called; empty: a training by itself. `command` is what ran.
    MetaLineage(const QString &workspace, const QString &sweep, const QString &command);

    void add(const MetaTrainingRecord &training);
    /// CMF's own JSON of what was added, lineage/<workspace>/metatrain-<hash>.json, and where the
    /// file of a meta-model lies in the workspace, that as an artifact. Answers the files below the
    /// workspace that are to be committed; none where nothing was added.
    QStringList finish();

private:
    QString m_workspace, m_sweep, m_command, m_pipeline;
    std::vector<qint64> m_executions;
    QStringList m_files; ///< meta-models in the workspace
    QString m_last;      ///< hash
};

/// The same, and a version of the workspace with the files. Answers a sentence on why there is no
/// version; empty: there is one.
QString commitMetaTraining(const QString &workspace, const QStringList &files,
                           const QString &message);

} // namespace helmscope
