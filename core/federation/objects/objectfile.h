// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/md5stream.h"

#include <QFile>

namespace helmscope {

/// A file on its way out. Its last bytes are given only when all of them have the md5 that the name
/// says: nobody gets a damaged object whole.
class ObjectFile
{
public:
    /// Throws Error when it cannot be read.
    ObjectFile(const QString &file, const QString &name);

    qint64 bytes() const { return m_bytes; }
    qint64 position() const { return m_position; }
    /// What lies before is read for the md5. Throws Error.
    void goTo(qint64 position);
    /// Bytes given; 0: the end. Throws Error for a damaged file.
    qint64 read(char *buffer, qint64 room);

private:
    QFile m_file;
    QString m_name;
    qint64 m_bytes;
    qint64 m_position = 0;
    Md5Stream m_md5;
};

} // namespace helmscope
