// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/store.h"

namespace helmscope {

/// Throws what a refusal of a server means: Unreachable for what passes, otherwise Error with the
/// remedy. `shown` is the object's address.
[[noreturn]] void failForStatus(const TransferAnswer &answer, const QString &shown);

/// GET of an object's bytes from `from` on; what the answer's headers say is compared with what was
/// found, and a server without ranges is read from its beginning.
TransferAnswer fetchOverHttp(Transport &transport, TransferRequest request,
                             const ObjectStore::Found &found, qint64 from,
                             const ObjectStore::Sink &sink, const Progress &progress);

/// Objects on a web server that takes PUT: DVC's "http" remotes, OSDF, the hub (which lets an
/// upload go on: HEAD answers Upload-Offset, PUT takes Content-Range).
class HttpStore final : public ObjectStore
{
public:
    explicit HttpStore(const ObjectRemote &remote);
    std::optional<Found> find(const QString &name, ObjectLayout layout,
                              const Progress &progress) override;
    bool fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
               const Progress &progress) override;
    bool store(const QString &name, const QString &file, const ByteWatch &watch) override;

private:
    TransferRequest ask(const QByteArray &method, const QString &path) const;

    ObjectRemote m_remote;
    QByteArray m_method = "PUT"; ///< of uploads
    Transport m_transport;
};

} // namespace helmscope
