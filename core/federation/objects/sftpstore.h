// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/store.h"

namespace helmscope {

/// Objects on a machine that is reached by SSH.
class SftpStore final : public ObjectStore
{
public:
    explicit SftpStore(const ObjectRemote &remote);
    std::optional<Found> find(const QString &name, ObjectLayout layout,
                              const Progress &progress) override;
    bool fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
               const Progress &progress) override;
    bool store(const QString &name, const QString &file, const ByteWatch &watch) override;

private:
    TransferRequest ask(const QByteArray &method, const QString &path) const;
    qint64 sizeOf(const QString &path, const Progress &progress); ///< -1: no such file
    /// Whether the last bytes there are those of the file.
    bool isBeginning(const QString &path, qint64 bytes, const QString &file,
                     const Progress &progress);

    ObjectRemote m_remote;
    QUrl m_root;
    Transport m_transport;
};

} // namespace helmscope
