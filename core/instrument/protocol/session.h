// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/protocol/arrayframe.h"
#include "instrument/protocol/message.h"
#include "instrument/protocol/netstring.h"

#include <QObject>
#include <QTimer>

class QTcpSocket;

namespace helmscope {

/// One connection of a client, as the server sees it: frames to messages and back. Whoever says no
/// proper hello within 10 s is cut off.
class Session final : public QObject
{
    Q_OBJECT
public:
    /// Takes the connected socket over.
    Session(QTcpSocket *socket, int number, QObject *parent);

    int number() const { return m_number; }
    QString peer() const { return m_peer; }
    bool isWelcome() const { return m_isWelcome; }
    bool wantsNews() const { return m_wantsNews; } ///< notifications of the state
    void welcome(bool wantsNews);

    void send(const Message &message);
    /// A result and the array it announces.
    void send(const Message &message, const QByteArray &array);
    /// After what was sent is out.
    void close();

signals:
    void received(const helmscope::Message &message);
    void closed(); ///< once

private:
    void read();
    void write(const QByteArray &bytes);

    QTcpSocket *m_socket = nullptr;
    const int m_number;
    QString m_peer;
    NetstringReader m_reader;
    QTimer m_patience;
    bool m_isWelcome = false, m_wantsNews = false, m_isClosing = false;
};

} // namespace helmscope
