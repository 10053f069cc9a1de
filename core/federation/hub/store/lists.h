// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QVariant>

#include <optional>

namespace helmscope {

class SqlSession;

/// What CMF's web page lists: pages of a stage's artifacts and executions. Names of stages are
/// whole ("pipeline/stage"); what is unknown is empty.
struct ListWish
{
    QString pipeline, stage, type;
    int page = 1, perPage = 5; ///< both from 1 on
    QString sortField = QStringLiteral("name");
    bool isAscending = true;
    QString filter; ///< in any value, whatever its case
};

QStringList stagesOf(SqlSession &session, const QString &pipeline);
/// Types of what the pipelines (empty: all) have used or made, without Environment.
QStringList artifactTypes(SqlSession &session, const QStringList &pipelines,
                          const QString &stage = {});
QVariantMap artifactsOfStage(SqlSession &session, const ListWish &wish);
QVariantMap executionsOfStage(SqlSession &session, const ListWish &wish);
/// "stage_1a2b" each; nothing (not even a list) where the pipeline is unknown.
std::optional<QVariantList> executionNames(SqlSession &session, const QString &pipeline);
/// Four lists: the model, the executions that have it, their other inputs, their other outputs;
/// "" for an empty one, as CMF's server says it.
QVariantList modelCard(SqlSession &session, qint64 model, const QStringList &pipelines);

/// A value as CMF's lists have them: text.
QString listedText(const QVariant &value);

} // namespace helmscope
