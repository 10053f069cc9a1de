// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/object.h"
#include "federation/remotes.h"

#include <functional>
#include <memory>
#include <optional>

namespace helmscope {

/// A remote with what opens it.
struct ObjectRemote
{
    Remote remote; ///< of Kind::Artifacts
    Credentials credentials;
    QString knownHostsFile; ///< of SSH; empty: the user's ~/.ssh/known_hosts
    int connectMs = 10'000;
    int silenceMs = 30'000;
};

/// A place that keeps objects by their names. Blocks; one thread at a time. Everything throws
/// Unreachable for what may work later (no network, 5xx), Error for what has to be mended first.
class ObjectStore
{
public:
    struct Found
    {
        qint64 bytes = -1; ///< as the place says; -1: it does not
        ObjectLayout layout = ObjectLayout::Dvc3;
    };
    using Sink = std::function<bool(const char *, qint64)>;
    /// Called with how many of the object's bytes are done; answers whether to go on.
    using ByteWatch = std::function<bool(qint64 done)>;

    virtual ~ObjectStore() = default;

    /// Whether objects can be looked for there; throws what is in the way.
    virtual void reach(const Progress &progress);
    virtual std::optional<Found> find(const QString &name, ObjectLayout layout,
                                      const Progress &progress) = 0;
    /// Gives the bytes of a found object from `from` on to the sink. False: stopped, or the sink
    /// gave up. What comes is not verified, and never more than was found.
    virtual bool fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
                       const Progress &progress) = 0;
    /// Puts a file there under its name, all or nothing; goes on where an earlier attempt ended, as
    /// far as the place allows it. Its md5 is checked on the way. False: stopped.
    virtual bool store(const QString &name, const QString &file, const ByteWatch &watch) = 0;
};

/// For a folder (path or file://), ssh://, s3://, http(s)://. Throws Error for other addresses and
/// for options that contradict each other. Opens no connection yet.
std::unique_ptr<ObjectStore> openObjectStore(const ObjectRemote &remote);

} // namespace helmscope
