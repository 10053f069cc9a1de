// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <functional>
#include <optional>

namespace helmscope {

class SqlSession;

struct PullWish
{
    std::optional<QString> pipeline; ///< nothing: all that `mayRead` allows
    QString executionUuid;           ///< only executions with this uuid; empty: all
    qint64 sinceMs = 0;              ///< only what changed after, by the hub's clock; 0: all
    std::function<bool(const QString &pipeline)> mayRead;
};

struct Pulled
{
    QByteArray document;
    bool hasPipeline = false, hasExecution = false; ///< what was asked for is there
};

/// CMF's pipeline document of what is stored. Values are given as they were pushed; beyond what
/// CMF's own server gives, an execution's `type` is its maker's, and an event has its time and,
/// where it differs from the artifact's name, the name given with it ("path").
Pulled pull(SqlSession &session, const PullWish &wish);

} // namespace helmscope
