// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/cmfanswer.h"
#include "federation/remotes.h"

#include <memory>
#include <optional>

namespace helmscope {

/// What a CMF server is and can do, learnt by asking it once; to be remembered per server.
struct CmfTraits
{
    /// Of its protocol: 0 and 1 (2023 to early 2025), 2 (to mid-2025), 3 (to 2025-10), 4 (since,
    /// paths under /api); -1: not asked yet.
    int generation = -1;
    bool hasStageLists = false; ///< of mid-2026 or later
    bool isHub = false;         ///< helmscope-hub: keeps what it is given, or says what it does not
    bool operator==(const CmfTraits &) const = default;
};

/// The work was stopped by its Progress in the middle of an exchange.
class Stopped : public Error
{
public:
    Stopped();
};

/// The server refuses that much at once: less may go.
class TooLarge : public Error
{
public:
    using Error::Error;
};

/// A CMF server of any generation, or a hub. Blocks; on one thread at a time. Every call asks for
/// the traits first where they are not known. Throws Unreachable for what may work later, Stopped,
/// and Error where the server refuses or answers with something else; never with a secret in it.
class CmfServer
{
public:
    struct Access
    {
        Remote remote; ///< of Kind::Metadata
        Credentials credentials;
        CmfTraits traits;
        int connectMs = 10'000;
        int silenceMs = 30'000;
        int answerMs = 120'000; ///< for a whole answer; a push has half a second an execution more
        qint64 mostBytes = qint64(256) << 20; ///< of one answer
    };
    explicit CmfServer(const Access &access);
    ~CmfServer();

    const CmfTraits &traits(const Progress &progress);
    QString shownAddress() const;

    enum class Pushed {
        Stored, ///< so it says: compare with a pull
        Known   ///< it had all of it before
    };
    /// `document` is a pipeline document that has been prepared (cmfdocument.h); with a uuid only
    /// that execution of it is taken. Throws Error for what the server would break at (a null).
    Pushed push(const QString &pipeline, const QByteArray &document, const QString &uuid,
                const Progress &progress);

    /// Nothing where the server does not know the pipeline or the execution. A time is meant by our
    /// clock where the server tells its own.
    std::optional<QByteArray> pull(const CmfWanted &wanted, const Progress &progress);

    // Lists, without pulling where the server has them.
    QStringList pipelines(const Progress &progress);
    QStringList stages(const QString &pipeline, const Progress &progress); ///< full names
    /// "<stage>_<first four of the uuid>", as CMF shows them.
    QStringList executions(const QString &pipeline, const Progress &progress);

    /// What CMF's client sends after a push: the environment's list of packages by its relative
    /// path, a table of labels by its md5. False: the server has no place for it, or refuses.
    bool putEnvironment(const QString &path, const QByteArray &content, const Progress &progress);
    bool putLabel(const QString &md5, const QByteArray &content, const Progress &progress);
    std::optional<QByteArray> environment(const QString &name, const Progress &progress);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
