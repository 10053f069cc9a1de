// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QPair>
#include <QString>
#include <QStringList>
#include <QVariant>

#include <functional>
#include <memory>

namespace helmscope {

/// What one may do here; each scope holds those before it.
enum class Scope { None, Read, Push, Admin };

/// Who asks, once the gate has looked.
struct Caller
{
    QString name; ///< of the token; "anonymous"
    Scope scope = Scope::None;
    QStringList pipelines; ///< the only ones it may see; empty: all
    bool isAnonymous = false;

    bool maySee(const QString &pipeline) const
    {
        return pipelines.isEmpty() || pipelines.contains(pipeline);
    }
};

/// One HTTP request; knows nothing of sockets, so that tests and fuzzers can make one.
struct HubRequest
{
    QByteArray method;
    QByteArray target;                            ///< as sent: path and query, encoded
    QList<QPair<QByteArray, QByteArray>> headers; ///< names in lower case
    QByteArray remote;                            ///< address of who asks
    QList<QPair<QString, QString>> query;         ///< decoded
    QStringList path;                             ///< segments, decoded, without a token's
    QByteArray rawPath;                           ///< the same as sent, for git
    Caller caller;
    QString note; ///< for the log: what came of it
    /// Feeds the body in pieces; false where it ended early or `take` answered false.
    std::function<bool(const std::function<bool(const char *, std::size_t)> &take)> readBody;
    /// The same for a form: `begin` gets each part's name and file name, `take` its content.
    std::function<bool(const std::function<bool(const QString &, const QString &)> &begin,
                       const std::function<bool(const char *, std::size_t)> &take)>
        readForm;

    QByteArray header(const char *name) const; ///< empty when it is not there
    QString parameter(const QString &name, const QString &fallback = {}) const;
    bool hasParameter(const QString &name) const;
    qint64 contentLength() const; ///< -1: not said
    /// All of the body; throws Refusal 413 where it is larger than `most`, 400 where it ends early.
    QByteArray body(qint64 most) const;
};

struct HubAnswer
{
    int status = 200;
    QByteArray type = "application/json";
    QByteArray body;
    QList<QPair<QByteArray, QByteArray>> headers;
    /// Instead of a body: `length` bytes in pieces, or until it answers an empty piece when the
    /// length is -1.
    qint64 length = 0;
    std::function<QByteArray(qint64 offset, qint64 most)> piece;

    static HubAnswer json(const QVariant &value, int status = 200);
    static HubAnswer text(const QByteArray &text, int status = 200);
    /// {"detail": sentence}, as CMF's server says it.
    static HubAnswer detail(const QString &sentence, int status);
};

/// Splits `target` into path and query; throws Refusal 400 for what no honest client sends: bytes
/// that are no UTF-8, NUL, control characters, "." and "..".
void splitTarget(HubRequest &request);

} // namespace helmscope
