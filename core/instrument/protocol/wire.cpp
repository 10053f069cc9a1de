// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/wire.h"

#include "base/tr.h"
#include "instrument/protocol/commandlog.h"
#include "instrument/protocol/netstring.h"

#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslSocket>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

namespace helmscope {

namespace {

constexpr qint64 largestJson = 16 << 20;

/// A call that waits.
struct Waiting
{
    std::optional<Reply> reply;
    std::exception_ptr failure;
    bool isDone() const { return reply || failure; }
};

} // namespace

/// What lives in the wire's thread.
class Wire::End final : public QObject
{
public:
    explicit End(const Settings &settings)
        : m_settings(settings)
    {
        m_thread.setObjectName("instrument wire");
        moveToThread(&m_thread);
        m_thread.start(QThread::HighPriority);
    }
    ~End() override
    {
        QMetaObject::invokeMethod(
            this, [this] { m_socket.reset(); }, Qt::BlockingQueuedConnection);
        m_thread.quit();
        m_thread.wait();
    }

    void open()
    {
        const std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
        {
            const std::lock_guard lock(m_mutex);
            m_opening = waiting;
        }
        QMetaObject::invokeMethod(
            this, [this] { connectNow(); }, Qt::QueuedConnection);
        wait(waiting, m_settings.connectSeconds);
    }

    Reply call(const QString &method, const QJsonObject &params, double seconds)
    {
        const std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
        const int id = ++m_ids;
        {
            const std::lock_guard lock(m_mutex);
            m_waiting[id] = waiting;
        }
        post(Message::request(id, method, params), true);
        return wait(waiting, seconds);
    }

    void post(const Message &message, bool isAwaited)
    {
        QMetaObject::invokeMethod(
            this, [this, message, isAwaited] { write(message, isAwaited); }, Qt::QueuedConnection);
    }

    void cancel() { failAll(std::make_exception_ptr(Error(Tr::tr("Aborted.").toStdString()))); }
    void close()
    {
        // Waited for: what is opened next must not be closed by this.
        QMetaObject::invokeMethod(
            this, [this] { lose(Tr::tr("The connection was closed.")); },
            Qt::BlockingQueuedConnection);
    }
    bool isOpen() const { return m_isOpen; }
    int nextId() { return ++m_ids; }

private:
    Reply wait(const std::shared_ptr<Waiting> &waiting, double seconds)
    {
        std::unique_lock lock(m_mutex);
        const auto time = std::chrono::duration<double>(seconds);
        if (!m_changed.wait_for(lock, time, [&waiting] { return waiting->isDone(); })) {
            lock.unlock();
            const QString sentence = Tr::tr("%1 did not answer within %2 s.")
                                         .arg(m_settings.address.text())
                                         .arg(seconds);
            QMetaObject::invokeMethod(
                this, [this, sentence] { lose(sentence); }, Qt::BlockingQueuedConnection);
            throw ConnectionLost(sentence.toStdString());
        }
        if (waiting->failure)
            std::rethrow_exception(waiting->failure);
        return *std::move(waiting->reply);
    }

    void connectNow()
    {
        const InstrumentAddress &address = m_settings.address;
        m_reader = {};
        m_reader.setLargest(largestJson);
        m_announced.reset();
        m_socket = std::make_unique<QSslSocket>();
        QSslSocket *socket = m_socket.get();
        connect(socket, &QSslSocket::readyRead, this, [this] { read(); });
        // Queued: the socket is replaced in what follows.
        connect(
            socket, &QAbstractSocket::errorOccurred, this,
            [this, socket] {
                if (m_socket.get() == socket)
                    lose(Tr::tr("The connection to %1 is lost: %2.")
                             .arg(m_settings.address.text(), socket->errorString()));
            },
            Qt::QueuedConnection);
        const auto ready = [this, socket] {
            socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
            socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
            m_isOpen = true;
            const std::lock_guard lock(m_mutex);
            if (m_opening)
                m_opening->reply = Reply();
            m_opening.reset();
            m_changed.notify_all();
        };
        if (!address.isTls) {
            connect(socket, &QSslSocket::connected, this, ready);
            socket->connectToHost(address.host, quint16(address.port));
            return;
        }
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setProtocol(QSsl::TlsV1_2OrLater);
        if (!address.authorityFile.isEmpty()) {
            const QList<QSslCertificate> trusted =
                QSslCertificate::fromPath(address.authorityFile, QSsl::Pem);
            if (trusted.isEmpty())
                return lose(
                    Tr::tr("%1 holds no certificate in PEM form.").arg(address.authorityFile));
            configuration.setCaCertificates(trusted);
        }
        socket->setSslConfiguration(configuration);
        connect(socket, &QSslSocket::encrypted, this, ready);
        socket->connectToHostEncrypted(address.host, quint16(address.port));
    }

    void write(const Message &message, bool isAwaited)
    {
        if (!m_isOpen || !m_socket) {
            if (isAwaited)
                fail(message.id.toInt(),
                     std::make_exception_ptr(ConnectionLost(Tr::tr("There is no connection to %1.")
                                                                .arg(m_settings.address.text())
                                                                .toStdString())));
            return;
        }
        const QByteArray json = message.toJson();
        m_socket->write(netstring(json));
        m_socket->flush();
        if (m_settings.transcript) {
            Message shown = message;
            shown.params = CommandLog::withoutSecrets(shown.params);
            m_settings.transcript(shown.toJson(), true);
        }
    }

    void read()
    {
        try {
            m_reader.append(m_socket->readAll());
            while (m_socket) {
                const std::optional<QByteArray> payload = m_reader.next();
                if (!payload)
                    return;
                if (m_announced)
                    takeArray(*payload);
                else
                    take(*payload);
            }
        } catch (const std::exception &error) {
            lose(QString::fromUtf8(error.what()));
        }
    }

    void take(const QByteArray &payload)
    {
        const Message message = Message::fromJson(payload);
        if (m_settings.transcript)
            m_settings.transcript(payload, false);
        switch (message.kind) {
        case Message::Kind::Request:
        case Message::Kind::Notification:
            if (m_settings.onNews)
                m_settings.onNews(message.method, message.params);
            break;
        case Message::Kind::Failure:
            if (!message.id.isDouble()) // it could not even be told which request it was
                return lose(message.failure);
            fail(message.id.toInt(),
                 std::make_exception_ptr(Refused(Refusal(message.code), message.failure)));
            break;
        case Message::Kind::Result: {
            if (ArrayFrame::isAnnouncedBy(message.result)) {
                ArrayFrame::shapeOf(message.result, m_settings.largestFrame / 4);
                m_announced = message;
                m_reader.setLargest(m_settings.largestFrame);
            } else {
                finish(message, {});
            }
            break;
        }
        }
    }

    void takeArray(const QByteArray &payload)
    {
        finish(*std::exchange(m_announced, std::nullopt), payload);
        m_reader.setLargest(largestJson);
    }

    void finish(const Message &message, const QByteArray &bytes)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_waiting.find(message.id.toInt(-1));
        if (found == m_waiting.end()) {
            // The answer to something that is not waited for, such as an abort; an id that was
            // never given away is the other side's mistake.
            if (message.id.toInt(-1) < 1 || message.id.toInt(-1) > m_ids)
                throw Error(Tr::tr("%1 answered a question that was not asked.")
                                .arg(m_settings.address.text())
                                .toStdString());
            return;
        }
        found->second->reply = Reply{message.result, bytes};
        m_waiting.erase(found);
        m_changed.notify_all();
    }

    void fail(int id, const std::exception_ptr &failure)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_waiting.find(id);
        if (found == m_waiting.end())
            return;
        found->second->failure = failure;
        m_waiting.erase(found);
        m_changed.notify_all();
    }

    void failAll(const std::exception_ptr &failure)
    {
        const std::lock_guard lock(m_mutex);
        if (m_opening)
            m_opening->failure = failure;
        m_opening.reset();
        for (const auto &[id, waiting] : m_waiting)
            waiting->failure = failure;
        m_waiting.clear();
        m_changed.notify_all();
    }

    void lose(const QString &sentence)
    {
        m_isOpen = false;
        if (m_socket) {
            m_socket->disconnect(this);
            m_socket->abort();
            m_socket.release()->deleteLater(); // one of its signals may have called
        }
        failAll(std::make_exception_ptr(ConnectionLost(sentence.toStdString())));
        if (m_settings.onNews)
            m_settings.onNews("lost", {{"sentence", sentence}});
    }

    const Settings m_settings;
    QThread m_thread;
    std::unique_ptr<QSslSocket> m_socket; // in the thread, like the next two
    NetstringReader m_reader;
    std::optional<Message> m_announced; ///< its array is the next frame
    std::atomic<bool> m_isOpen = false;
    std::atomic<int> m_ids = 0;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::shared_ptr<Waiting> m_opening; // under the mutex, like the next one
    std::map<int, std::shared_ptr<Waiting>> m_waiting;
};

Wire::Wire(const Settings &settings)
    : m_end(std::make_unique<End>(settings))
    , m_settings(settings)
{
}

Wire::~Wire() = default;

QJsonObject Wire::open()
{
    const InstrumentAddress &address = m_settings.address;
    if (!address.isTls && !address.isLoopback())
        throw Error(Tr::tr("%1 is on another machine: its connection has to be encrypted (tls://).")
                        .arg(address.text())
                        .toStdString());
    m_end->open();
    QJsonObject hello{{"client", "Helmscope " HELMSCOPE_VERSION},
                      {"protocol", 1},
                      {"news", bool(m_settings.onNews)}};
    if (!m_settings.token.isEmpty())
        hello["token"] = m_settings.token;
    const QJsonObject said = m_end->call("hello", hello, m_settings.connectSeconds).result;
    if (const int version = said.value("protocol").toInt(0); version < 1) {
        m_end->close();
        throw Error(Tr::tr("%1 speaks no version of the protocol that is known here (%2).")
                        .arg(address.text())
                        .arg(version)
                        .toStdString());
    }
    return said;
}

bool Wire::isOpen() const
{
    return m_end->isOpen();
}

void Wire::close()
{
    m_end->close();
}

Reply Wire::call(const QString &method, const QJsonObject &params, double seconds)
{
    return m_end->call(method, params, seconds);
}

void Wire::send(const QString &method, const QJsonObject &params)
{
    m_end->post(Message::request(m_end->nextId(), method, params), false);
}

void Wire::cancel()
{
    m_end->cancel();
}

} // namespace helmscope
