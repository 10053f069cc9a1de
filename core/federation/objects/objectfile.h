// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/md5stream.h"
#include "federation/objects/verified.h"

#include <QFile>

namespace helmscope {

/// A file on its way out. Its last bytes are given only when all of them have the md5 that the name
/// says: nobody gets a damaged object whole.
class ObjectFile
{
public:
    enum class Hashing {
        Always,
        UnlessVerified ///< not again where it was hashed and not touched since (verified.h)
    };
    /// Throws Error when it cannot be read.
    ObjectFile(const QString &file, const QString &name, Hashing hashing = Hashing::Always);

    qint64 bytes() const { return m_bytes; }
    qint64 position() const { return m_position; }
    bool isHashed() const { return !m_isVerified; }
    /// What lies before is read for the md5. Throws Error.
    void goTo(qint64 position);
    /// Bytes given; 0: the end. Throws Error for a damaged file, Unreachable for one that was
    /// verified before and is changed meanwhile: the next attempt hashes it.
    qint64 read(char *buffer, qint64 room);

private:
    void finish();

    QFile m_file;
    QString m_name;
    std::optional<FileStamp> m_stamp; ///< when it was opened
    qint64 m_begunNs = 0;
    bool m_isVerified = false;
    qint64 m_bytes;
    qint64 m_position = 0;
    Md5Stream m_md5;
};

} // namespace helmscope
