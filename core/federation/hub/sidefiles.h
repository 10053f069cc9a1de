// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

namespace helmscope {

/// Files that CMF's client leaves beside its lineage: descriptions of environments, labels,
/// TensorBoard's event files.
class SideFiles
{
public:
    /// Below `folder`; `largest`: bytes of one file.
    SideFiles(const QString &folder, qint64 largest);

    HubAnswer storeEnvironment(const HubRequest &request) const;
    HubAnswer environment(const HubRequest &request) const;
    HubAnswer environments(const HubRequest &request) const; ///< a zip
    HubAnswer storeLabel(const HubRequest &request) const;
    HubAnswer label(const HubRequest &request) const;
    HubAnswer storeBoard(const HubRequest &request) const;

    /// Environments out of another server's zip; those that are here stay. What is no environment,
    /// or unpacks to too much, throws Error before anything is stored.
    void addEnvironments(const QByteArray &zip) const;

private:
    QString m_folder;
    qint64 m_largest;

    /// Receives the part "file" of a form; answers its file name.
    QString receive(const HubRequest &request, QByteArray &content) const;
    void write(const QString &file, const QByteArray &content) const;
    HubAnswer read(const QString &file) const;
};

} // namespace helmscope
