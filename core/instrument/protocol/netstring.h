// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <optional>

namespace helmscope {

/// A payload as it goes over the wire: "<decimal length>:<payload>,".
QByteArray netstring(const QByteArray &payload);

/// Takes payloads out of a stream of netstrings, however it is cut into pieces.
class NetstringReader
{
public:
    /// No payload may be longer than this, in bytes; what is longer is refused by its length alone.
    void setLargest(qint64 bytes) { m_largest = bytes; }

    void append(const QByteArray &bytes) { m_buffer.append(bytes); }
    /// The next whole payload; nothing while it is not all there. Throws Error on what is no
    /// netstring or is too long: nothing that follows can be read then.
    std::optional<QByteArray> next();
    /// Bytes that wait for the rest of their payload.
    qint64 pending() const { return m_buffer.size(); }

private:
    QByteArray m_buffer;
    qint64 m_largest = 1 << 20;
};

} // namespace helmscope
