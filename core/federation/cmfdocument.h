// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QByteArray>
#include <QMap>
#include <QString>
#include <QVariantMap>

#include <functional>
#include <vector>

namespace helmscope {

/// One thing that a server would lose or change, and what was done about it.
struct DocumentLoss
{
    QString what;   ///< "an integer beyond 32 bits"
    QString where;  ///< run, stage or artifact, as people call it
    QString name;   ///< of the property; empty: of the thing itself
    QString remedy; ///< what is sent instead; empty: nothing helps, it stays here only
    bool operator==(const DocumentLoss &) const = default;
};
QString sentenceOf(const DocumentLoss &loss);

/// A pipeline document as a server keeps it whole.
struct PreparedDocument
{
    QVariantMap document;
    std::vector<DocumentLoss> losses;
    /// Texts that became Dataset artifacts, by their md5: to be stored and sent as such.
    QMap<QString, QByteArray> texts;
};

/// What of a property goes to others; nothing: it stays here. Called with the property's name and
/// value; of `execution` or an artifact.
using PrivacyRule = std::function<QVariant(const QString &name, const QVariant &value)>;

struct Preparing
{
    bool isForHub = false; ///< that keeps everything: only what JSON cannot say is mended
    PrivacyRule privacy;   ///< none: all goes
};

/// Makes a document fit for a CMF server, by the limits of its store: texts over 2 kB become
/// Dataset artifacts; doubles that are not finite or have over six decimals, and integers beyond 32
/// bits, become texts; what is nothing the text "None"; truth values 0 or 1; lists JSON; artifacts
/// of types it does not know Datasets that say so (artifact_type); names are shortened and their
/// paths freed of colons, with the name as it was in `full_name`; executions without a uuid get one
/// that is the same each time. Preparing what is prepared changes nothing.
PreparedDocument prepareDocument(const QVariantMap &document, const Preparing &how);

/// The value as a server of today gives it back: what prepareDocument() makes of it, without
/// longer texts.
QVariant preparedValue(const QVariant &value);
/// Whether two values are the same but for how a server keeps them: 1e-7 and "1e-07", 0.25 and
/// "0.25", true and 1, a double and itself rounded to six decimals.
bool isSameStored(const QVariant &ours, const QVariant &theirs);

/// What a pull told about what had been pushed.
struct StoredComparison
{
    int executions = 0, storedExecutions = 0;
    int events = 0, storedEvents = 0;
    QStringList missing; ///< executions and events, a sentence each
    QStringList changed; ///< properties, a sentence each
    bool isWhole() const { return missing.isEmpty() && changed.isEmpty(); }
    QString sentence() const; ///< "Stored 109 of 109 executions and 472 of 472 events."
};
/// Executions by uuid, their events by content and direction, the properties of both. `pulled` may
/// hold more.
StoredComparison compareStored(const QVariantMap &pushed, const QVariantMap &pulled);

} // namespace helmscope
