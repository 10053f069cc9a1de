// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/session.h"

#include <QHostAddress>
#include <QTcpSocket>

namespace helmscope {

namespace {
constexpr qint64 largestRequest = 1 << 20;
constexpr qint64 largestOfStrangers = 4096;
constexpr qint64 mostUnsent = qint64(1) << 29; // of somebody who asks and does not read
constexpr int patienceMs = 10'000;
} // namespace

Session::Session(QTcpSocket *socket, int number, QObject *parent)
    : QObject(parent)
    , m_socket(socket)
    , m_number(number)
    , m_peer(QStringLiteral("%1:%2").arg(socket->peerAddress().toString()).arg(socket->peerPort()))
{
    socket->setParent(this);
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    m_reader.setLargest(largestOfStrangers);
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this] { m_socket->abort(); });
    m_patience.start(patienceMs);
    connect(socket, &QTcpSocket::readyRead, this, &Session::read);
    connect(socket, &QTcpSocket::disconnected, this, &Session::closed);
    if (socket->bytesAvailable() > 0) // with TLS some may be here already
        QMetaObject::invokeMethod(this, &Session::read, Qt::QueuedConnection);
}

void Session::welcome(bool wantsNews)
{
    m_isWelcome = true;
    m_wantsNews = wantsNews;
    m_reader.setLargest(largestRequest);
    m_patience.stop();
}

void Session::read()
{
    m_reader.append(m_socket->readAll());
    try {
        while (!m_isClosing) {
            const std::optional<QByteArray> payload = m_reader.next();
            if (!payload)
                return;
            try {
                emit received(Message::fromJson(*payload));
            } catch (const Refused &refused) {
                send(Message::refusal(QJsonValue::Null, refused.code(),
                                      QString::fromUtf8(refused.what())));
            }
        }
    } catch (const Error &error) { // no frame: nothing that follows can be understood
        send(Message::refusal(QJsonValue::Null, Refusal::Parse, QString::fromUtf8(error.what())));
        close();
    }
}

void Session::send(const Message &message)
{
    write(netstring(message.toJson()));
}

void Session::send(const Message &message, const QByteArray &array)
{
    write(netstring(message.toJson()) + netstring(array));
}

void Session::write(const QByteArray &bytes)
{
    if (m_isClosing || m_socket->state() != QAbstractSocket::ConnectedState)
        return;
    m_socket->write(bytes);
    m_socket->flush();
    if (m_socket->bytesToWrite() > mostUnsent)
        m_socket->abort();
}

void Session::close()
{
    m_isClosing = true;
    m_socket->disconnectFromHost();
}

} // namespace helmscope
