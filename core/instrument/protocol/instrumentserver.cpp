// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/instrumentserver.h"

#include "base/tr.h"
#include "instrument/protocol/session.h"

#include <QFile>
#include <QHostAddress>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>

namespace helmscope {

namespace {

constexpr int mostSessions = 32;

QByteArray contentsOf(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    return in.read(1 << 20);
}

std::unique_ptr<QTcpServer> encrypted(const InstrumentServer::Settings &settings)
{
    const QList<QSslCertificate> chain =
        QSslCertificate::fromData(contentsOf(settings.certificateFile), QSsl::Pem);
    if (chain.isEmpty())
        fail(Tr::tr("%1 holds no certificate in PEM form.").arg(settings.certificateFile));
    const QByteArray pem = contentsOf(settings.keyFile);
    QSslKey key(pem, QSsl::Rsa);
    if (key.isNull())
        key = QSslKey(pem, QSsl::Ec);
    if (key.isNull())
        fail(Tr::tr("%1 holds no private key (RSA or EC, PEM, without a passphrase).")
                 .arg(settings.keyFile));
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificateChain(chain);
    configuration.setPrivateKey(key);
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone); // clients show a token instead
    configuration.setProtocol(QSsl::TlsV1_2OrLater);
    auto server = std::make_unique<QSslServer>();
    server->setSslConfiguration(configuration);
    return server;
}

} // namespace

InstrumentServer::InstrumentServer(std::unique_ptr<Microscope> microscope, const Settings &settings)
    : m_service(std::move(microscope), settings.service)
{
    const QHostAddress address(settings.host);
    if (address.isNull())
        fail(Tr::tr("'%1' is no address to listen on: give one such as 127.0.0.1.")
                 .arg(settings.host));
    if (settings.certificateFile.isEmpty() != settings.keyFile.isEmpty())
        fail(Tr::tr("A certificate and its key go together: give both files."));
    const bool isEncrypted = !settings.certificateFile.isEmpty();
    if (!address.isLoopback() && (!isEncrypted || settings.service.token.isEmpty()))
        fail(Tr::tr("Others could reach the instrument at %1: that needs a token and a "
                    "certificate with its key.")
                 .arg(settings.host));
    m_server = isEncrypted ? encrypted(settings) : std::make_unique<QTcpServer>();
    if (!m_server->listen(address, quint16(settings.port)))
        fail(Tr::tr("Cannot listen on %1, port %2: %3.")
                 .arg(settings.host)
                 .arg(settings.port)
                 .arg(m_server->errorString()));
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, &InstrumentServer::take);
}

InstrumentServer::~InstrumentServer() = default;

int InstrumentServer::port() const
{
    return m_server->serverPort();
}

void InstrumentServer::take()
{
    while (QTcpSocket *socket = m_server->nextPendingConnection()) {
        if (m_open >= mostSessions) {
            socket->abort();
            socket->deleteLater();
            continue;
        }
        ++m_open;
        auto *session = new Session(socket, ++m_sessions, this);
        m_service.greet(session);
        connect(session, &Session::received, &m_service,
                [this, session](const Message &message) { m_service.handle(session, message); });
        connect(session, &Session::closed, this, [this, session] {
            --m_open;
            m_service.lose(session);
            session->deleteLater();
        });
    }
}

ServedInstrument::ServedInstrument(std::unique_ptr<Microscope> microscope,
                                   const InstrumentServer::Settings &settings)
{
    m_thread.setObjectName("instrument server");
    m_hand.moveToThread(&m_thread);
    m_thread.start();
    std::exception_ptr failure;
    QMetaObject::invokeMethod(
        &m_hand,
        [&] {
            try {
                m_server = std::make_unique<InstrumentServer>(std::move(microscope), settings);
                m_port = m_server->port();
            } catch (...) {
                failure = std::current_exception();
            }
        },
        Qt::BlockingQueuedConnection);
    if (!failure)
        return;
    m_thread.quit();
    m_thread.wait();
    std::rethrow_exception(failure);
}

ServedInstrument::~ServedInstrument()
{
    QMetaObject::invokeMethod(
        &m_hand, [this] { m_server.reset(); }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
}

} // namespace helmscope
