// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

#include <functional>

namespace helmscope {

/// Artifacts by their content, as DVC lays them out: files/md5/ab/cdef… below a folder. What is
/// stored has been verified; several hubs may share the folder.
class ArtifactFiles
{
public:
    /// Throws Error when the folder cannot be written.
    explicit ArtifactFiles(const QString &folder);

    /// GET and HEAD (with Range), PUT and POST (whole, or resumed with Content-Range) of
    /// `path`: "files", "md5", "ab", "cdef…". `mayFetch` says whether the caller may have this md5.
    HubAnswer answer(const HubRequest &request, const QStringList &path,
                     const std::function<bool(const QString &name)> &mayFetch) const;

    /// Whether directory object `directory` ("….dir") has this file among its members.
    bool holds(const QString &directory, const QString &md5) const;

private:
    QString m_folder;

    HubAnswer fetch(const HubRequest &request, const QString &name) const;
    HubAnswer store(const HubRequest &request, const QString &name) const;
    HubAnswer storeWhole(const HubRequest &request, const QString &name) const;
    HubAnswer storeRange(const HubRequest &request, const QString &name) const;
    void keep(const QString &part, const QString &name) const;
    QString fileOf(const QString &name) const;
    QString partialOf(const QString &name) const;
};

} // namespace helmscope
