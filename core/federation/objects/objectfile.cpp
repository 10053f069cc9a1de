// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/objectfile.h"

#include "base/tr.h"
#include "federation/transport.h" // Unreachable

#include <algorithm>

namespace helmscope {

ObjectFile::ObjectFile(const QString &file, const QString &name, Hashing hashing)
    : m_file(file)
    , m_name(name)
{
    if (!m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, m_file.errorString()));
    m_bytes = m_file.size();
    m_stamp = stampOf(m_file.handle());
    m_begunNs = nowNs();
    m_isVerified = hashing == Hashing::UnlessVerified && m_stamp && m_stamp->bytes == m_bytes &&
                   isVerified(cacheOf(file, name), name, *m_stamp);
}

void ObjectFile::goTo(qint64 position)
{
    if (m_isVerified) {
        m_position = std::min(position, m_bytes);
        if (!m_file.seek(m_position))
            fail(Tr::tr("Cannot read %1: %2.").arg(m_file.fileName(), m_file.errorString()));
        return;
    }
    if (position < m_position || position == 0) {
        m_begunNs = nowNs();
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
    if (!m_isVerified)
        m_md5.add(buffer, got);
    m_position += got;
    if (m_position == m_bytes)
        finish();
    return got;
}

void ObjectFile::finish()
{
    const std::optional<FileStamp> now = stampOf(m_file.handle());
    if (m_isVerified && now != m_stamp)
        throw Unreachable(
            Tr::tr("%1 was changed while it was sent.").arg(m_file.fileName()).toStdString());
    if (m_isVerified)
        return;
    if (m_md5.result() != m_name.left(32))
        fail(Tr::tr("%1 is damaged: its content is not what its name says. Remove it and pull it "
                    "again.")
                 .arg(m_file.fileName()));
    if (now && now == m_stamp)
        rememberVerified(cacheOf(m_file.fileName(), m_name), m_name, *now, m_begunNs);
}

} // namespace helmscope
