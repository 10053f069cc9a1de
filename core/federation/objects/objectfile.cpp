// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/objectfile.h"

#include "base/tr.h"

#include <algorithm>

namespace helmscope {

ObjectFile::ObjectFile(const QString &file, const QString &name)
    : m_file(file)
    , m_name(name)
{
    if (!m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, m_file.errorString()));
    m_bytes = m_file.size();
}

void ObjectFile::goTo(qint64 position)
{
    if (position < m_position || position == 0) {
        m_md5.reset();
        m_position = 0;
        if (!m_file.seek(0))
            fail(Tr::tr("Cannot read %1: %2.").arg(m_file.fileName(), m_file.errorString()));
    }
    QByteArray block(1 << 20, Qt::Uninitialized);
    while (m_position < std::min(position, m_bytes))
        if (read(block.data(), std::min<qint64>(block.size(), position - m_position)) == 0)
            break;
}

qint64 ObjectFile::read(char *buffer, qint64 room)
{
    const qint64 wanted = std::min(room, m_bytes - m_position);
    if (wanted <= 0 && m_bytes > 0)
        return 0;
    const qint64 got = wanted > 0 ? m_file.read(buffer, wanted) : 0;
    if (got < 0 || (got == 0 && wanted > 0))
        fail(Tr::tr("Cannot read %1: %2.")
                 .arg(m_file.fileName(),
                      got < 0 ? m_file.errorString() : Tr::tr("it became shorter meanwhile")));
    m_md5.add(buffer, got);
    m_position += got;
    if (m_position == m_bytes && m_md5.result() != m_name.left(32))
        fail(Tr::tr("%1 is damaged: its content is not what its name says. Remove it and pull it "
                    "again.")
                 .arg(m_file.fileName()));
    return got;
}

} // namespace helmscope
