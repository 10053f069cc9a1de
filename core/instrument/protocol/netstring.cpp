// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/netstring.h"

#include "base/tr.h"

namespace helmscope {

QByteArray netstring(const QByteArray &payload)
{
    QByteArray framed = QByteArray::number(payload.size());
    framed.reserve(framed.size() + payload.size() + 2);
    return framed.append(':').append(payload).append(',');
}

std::optional<QByteArray> NetstringReader::next()
{
    constexpr qsizetype mostDigits = 12;
    qsizetype digits = 0;
    qint64 length = 0;
    while (digits < m_buffer.size() && m_buffer[digits] >= '0' && m_buffer[digits] <= '9') {
        length = 10 * length + (m_buffer[digits++] - '0');
        if (digits > mostDigits || length > m_largest)
            fail(Tr::tr("A message of the instrument is longer than the %1 bytes allowed here.")
                     .arg(m_largest));
    }
    if (digits == m_buffer.size())
        return std::nullopt;
    if (m_buffer[digits] != ':' || digits == 0 || (m_buffer[0] == '0' && digits > 1))
        fail(Tr::tr("The other side does not speak netstrings: a length and a colon were expected. "
                    "Is this the right port?"));
    if (m_buffer.size() < digits + 1 + length + 1)
        return std::nullopt;
    if (m_buffer[qsizetype(digits + 1 + length)] != ',')
        fail(Tr::tr("A message of the instrument does not end where its length says."));
    QByteArray payload = m_buffer.mid(digits + 1, qsizetype(length));
    m_buffer.remove(0, qsizetype(digits + 1 + length + 1));
    return payload;
}

} // namespace helmscope
