// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/drivers/line.h"

#include "base/tr.h"
#include "instrument/protocol/message.h"

#include <QTcpSocket>

#include <algorithm>
#include <chrono>

namespace helmscope {

static constexpr int glanceMs = 10;

Line::Line(const Settings &settings)
    : m_settings(settings)
    , m_until(now() + settings.seconds)
    , m_socket(std::make_unique<QTcpSocket>())
{
    m_socket->connectToHost(settings.address.host, quint16(settings.address.port));
    while (!m_socket->waitForConnected(glanceMs)) {
        const bool isTrying = m_socket->state() == QAbstractSocket::HostLookupState ||
                              m_socket->state() == QAbstractSocket::ConnectingState;
        const bool isStopped = m_settings.isStopped && m_settings.isStopped();
        if (!isTrying || isStopped || now() > m_until)
            throw ConnectionLost(Tr::tr("Cannot reach %1: %2.")
                                     .arg(settings.address.text(), m_socket->errorString())
                                     .toStdString());
    }
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
}

Line::~Line()
{
    m_socket->abort();
}

double Line::now() const
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void Line::wait(const std::function<bool()> &isEnough)
{
    while (!isEnough()) {
        if (m_settings.isStopped && m_settings.isStopped())
            throw ConnectionLost(Tr::tr("Stopped.").toStdString());
        if (now() > m_until)
            throw ConnectionLost(Tr::tr("%1 did not answer within %2 s.")
                                     .arg(m_settings.address.text())
                                     .arg(m_settings.seconds)
                                     .toStdString());
        if (m_socket->state() != QAbstractSocket::ConnectedState)
            throw ConnectionLost(Tr::tr("%1 closed the connection in the middle of its answer.")
                                     .arg(m_settings.address.text())
                                     .toStdString());
        m_socket->waitForReadyRead(glanceMs);
    }
}

void Line::write(const QByteArray &bytes)
{
    m_socket->write(bytes);
    while (m_socket->bytesToWrite() > 0 && m_socket->waitForBytesWritten(glanceMs))
        ;
    if (m_settings.transcript)
        m_settings.transcript(bytes, true);
}

QByteArray Line::read(qint64 count)
{
    wait([&] { return m_socket->bytesAvailable() >= count; });
    const QByteArray bytes = m_socket->read(count);
    if (m_settings.transcript)
        m_settings.transcript(bytes, false);
    return bytes;
}

QByteArray Line::readSome()
{
    wait([&] { return m_socket->bytesAvailable() > 0; });
    const QByteArray bytes = m_socket->readAll();
    if (m_settings.transcript)
        m_settings.transcript(bytes, false);
    return bytes;
}

QByteArray Line::readToEnd(qint64 most)
{
    try {
        wait([&] {
            return m_socket->bytesAvailable() >= most ||
                   m_socket->state() != QAbstractSocket::ConnectedState;
        });
    } catch (const ConnectionLost &) {
        // What has come is all there is.
    }
    const QByteArray bytes = m_socket->read(most);
    if (m_settings.transcript)
        m_settings.transcript(bytes, false);
    return bytes;
}

} // namespace helmscope
