// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/md5stream.h"
#include "federation/objects/store.h"

namespace helmscope {

/// An object on its way into a cache: kept under partial/ until it is whole and verified, also over
/// a kill. One process at a time.
class Landing
{
public:
    /// Throws Unreachable while another process fetches it, Error when nothing can be written.
    Landing(const QString &cache, const QString &name, const ObjectStore::Found &found);
    ~Landing();
    Landing(const Landing &) = delete;
    Landing &operator=(const Landing &) = delete;

    qint64 bytes() const { return m_bytes; } ///< that are here
    /// Throws Error for more than was found, and when the disk is full.
    void take(const char *data, qint64 bytes);
    void startOver();
    /// Into its place. False: it has not the md5 of its name, and what was here is gone.
    bool finish();

private:
    void close();
    [[noreturn]] void failWriting() const;

    QString m_cache, m_name, m_part;
    ObjectStore::Found m_found;
    int m_file = -1;
    qint64 m_bytes = 0;
    qint64 m_begun = 0; ///< to be written by the system
    Md5Stream m_md5;
};

} // namespace helmscope
