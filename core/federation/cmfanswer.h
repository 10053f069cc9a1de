// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QVariant>

namespace helmscope {

// Bodies of servers' answers: nothing about them is believed.

/// JSON of at most 64 levels and four million values, looked at before anything is allocated for
/// them. Throws Error naming `where`.
QVariant parseAnswer(const QByteArray &json, const QString &where);

/// Throws Error unless the text is a pipeline document with its parts in their places: what is read
/// of it afterwards is there and of its type.
QVariantMap parseDocument(const QByteArray &json, const QString &where);

/// What is wanted of a server; empty members: all.
struct CmfWanted
{
    QString pipeline;
    QString stage;      ///< full name, or without the pipeline's
    QString uuid;       ///< of one execution
    QStringList runs;   ///< executions whose custom property `run` is one of them
    qint64 sinceMs = 0; ///< changed on the server later than that, by the server's clock
    bool isAll() const;
};
/// The part of a document that is wanted; stages and pipelines without executions are left out
/// where executions are chosen.
QVariantMap wantedPart(const QVariantMap &document, const CmfWanted &wanted);

/// Names of an answer that is a list of them. Throws Error naming `where`.
QStringList namesIn(const QByteArray &json, const QString &where);
/// What a server says is wrong, shortened to one line; empty where it says nothing.
QString detailIn(const QByteArray &body);

/// Largest last_update_time_since_epoch in a document; 0: there is none.
qint64 newestIn(const QVariantMap &document);
/// How many executions and events it has.
int executionsIn(const QVariantMap &document);

/// The uuids of an execution: several where it was used again.
QStringList uuidsOf(const QVariantMap &execution);

} // namespace helmscope
