// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/store.h"

namespace helmscope {

/// Objects in a bucket of S3, or of a server that speaks like it (option endpointurl). Large ones
/// go in parts, which are asked for when an upload goes on.
class S3Store final : public ObjectStore
{
public:
    explicit S3Store(const ObjectRemote &remote);
    void reach(const Progress &progress) override;
    std::optional<Found> find(const QString &name, ObjectLayout layout,
                              const Progress &progress) override;
    bool fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
               const Progress &progress) override;
    bool store(const QString &name, const QString &file, const ByteWatch &watch) override;

private:
    using Pairs = std::vector<std::pair<QByteArray, QByteArray>>;
    struct Part;
    TransferRequest ask(const QByteArray &method, const QByteArray &key, const Pairs &query = {},
                        const Pairs &headers = {}) const;
    /// Signs anew by the server's clock where ours is wrong.
    TransferAnswer exchange(const std::function<TransferRequest()> &request,
                            const Progress &progress);
    TransferAnswer mustBeOk(const std::function<TransferRequest()> &request,
                            const Progress &progress);
    QByteArray keyOf(const QString &name, ObjectLayout layout = ObjectLayout::Dvc3) const;
    QByteArray uploadUnderWay(const QByteArray &key, const Progress &progress);
    std::vector<Part> partsThere(const QByteArray &key, const QByteArray &upload,
                                 const Progress &progress);
    bool storeInParts(const QString &name, const QString &file, const ByteWatch &watch);
    [[noreturn]] void failFor(const TransferAnswer &answer, const QUrl &url) const;

    ObjectRemote m_remote;
    QByteArray m_scheme, m_host; ///< host as in the header, with the bucket where it belongs there
    QByteArray m_path;           ///< before the key, begins and ends with '/'
    QByteArray m_prefix, m_region, m_bucket;
    qint64 m_clockOffsetMs = 0;
    Transport m_transport;
};

} // namespace helmscope
