// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/store.h"

namespace helmscope {

/// Objects in a folder of this machine or of a network drive.
class FolderStore final : public ObjectStore
{
public:
    explicit FolderStore(const QString &root);
    std::optional<Found> find(const QString &name, ObjectLayout layout,
                              const Progress &progress) override;
    bool fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
               const Progress &progress) override;
    bool store(const QString &name, const QString &file, const ByteWatch &watch) override;

private:
    QString m_root;
};

} // namespace helmscope
