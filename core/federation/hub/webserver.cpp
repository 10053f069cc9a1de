// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/webserver.h"

#include "federation/hub/refusal.h"
#include "federation/hub/wire.h"

#include <QFile>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace helmscope {

namespace {

/// What is known of the request under way on this thread; httplib has no place for it.
struct Exchange
{
    HubRequest request;
    Wire *wire = nullptr;
    int status = 0;
    bool isBegun = false, isBodyRead = false, mustClose = false;
};
thread_local Exchange *exchange = nullptr;

/// A thread for each connection, up to a number; the others wait.
class Threads final : public httplib::TaskQueue
{
public:
    explicit Threads(int most)
        : m_most(most)
    {
    }
    void enqueue(std::function<void()> work) override
    {
        const std::lock_guard lock(m_mutex);
        m_work.push_back(std::move(work));
        if (m_idle < int(m_work.size()) && int(m_threads.size()) < m_most)
            m_threads.emplace_back([this] { run(); });
        m_wake.notify_one();
    }
    void shutdown() override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_isEnding = true;
        }
        m_wake.notify_all();
        for (std::thread &thread : m_threads)
            thread.join();
    }
    bool isCrowded() const
    {
        const std::lock_guard lock(m_mutex);
        return m_isEnding || (int(m_threads.size()) >= m_most && !m_work.empty());
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<std::function<void()>> m_work;
    std::vector<std::thread> m_threads;
    int m_most, m_idle = 0;
    bool m_isEnding = false;

    void run()
    {
        for (;;) {
            std::unique_lock lock(m_mutex);
            ++m_idle;
            m_wake.wait(lock, [this] { return m_isEnding || !m_work.empty(); });
            --m_idle;
            if (m_work.empty())
                return;
            const std::function<void()> work = std::move(m_work.front());
            m_work.pop_front();
            lock.unlock();
            work();
        }
    }
};

using Tls = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Tls tlsOf(const WebServer::Settings &settings)
{
    if (settings.certificateFile.isEmpty() != settings.keyFile.isEmpty())
        fail(Tr::tr("TLS needs both a certificate and its key."));
    if (settings.certificateFile.isEmpty())
        return Tls(nullptr, &SSL_CTX_free);
    Tls tls(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(tls.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_use_certificate_chain_file(
            tls.get(), QFile::encodeName(settings.certificateFile).constData()) != 1)
        fail(Tr::tr("Cannot use the certificate %1: it is no PEM file that can be read.")
                 .arg(settings.certificateFile));
    if (SSL_CTX_use_PrivateKey_file(tls.get(), QFile::encodeName(settings.keyFile).constData(),
                                    SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls.get()) != 1)
        fail(Tr::tr("Cannot use the key %1: it is no PEM file that can be read, or not the "
                    "certificate's.")
                 .arg(settings.keyFile));
    return tls;
}

class Server final : public httplib::Server
{
public:
    Server(const WebServer::Settings &settings, WebServer::Answering answering,
           WebServer::Report report)
        : m_settings(settings)
        , m_answering(std::move(answering))
        , m_report(std::move(report))
        , m_tls(tlsOf(settings))
    {
        new_task_queue = [this] { return m_threads = new Threads(m_settings.mostConnections); };
        set_keep_alive_max_count(1000); // said to clients; how long they may stay is Wire's
        set_keep_alive_timeout(settings.idleSeconds);
        // httplib's own would share the port with whoever has it.
        set_socket_options([](socket_t socket) {
            const int yes = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        set_pre_routing_handler([this](const httplib::Request &in, httplib::Response &out) {
            return begin(in, out) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
        });
        const HandlerWithContentReader withBody =
            [this](const httplib::Request &, httplib::Response &out,
                   const httplib::ContentReader &reader) { answer(out, &reader); };
        Post(".*", withBody);
        Put(".*", withBody);
        Patch(".*", withBody);
        Delete(".*", withBody);
    }

    int listen()
    {
        const std::string host = m_settings.listen.toStdString();
        int port = m_settings.port;
        const bool isBound =
            port == 0 ? (port = bind_to_any_port(host)) > 0 : bind_to_port(host, port);
        if (!isBound)
            fail(Tr::tr("Cannot listen on %1, port %2: it is taken by another program, or not an "
                        "address of this machine. Choose another with --listen and --port.")
                     .arg(m_settings.listen)
                     .arg(m_settings.port));
        // httplib's queue of five drops half of a hundred clients that come at once.
        ::listen(svr_sock_, 512);
        m_accepting = std::thread([this] { listen_after_bind(); });
        while (!is_running())
            std::this_thread::yield();
        return port;
    }

    void end()
    {
        stop();
        {
            // Who waits for a next request need not; who is being answered has a few seconds.
            std::unique_lock lock(m_mutex);
            m_isEnding = true;
            m_left.wait_for(lock, std::chrono::seconds(5), [this] { return m_sockets.empty(); });
            for (const int socket : m_sockets)
                ::shutdown(socket, SHUT_RDWR);
        }
        if (m_accepting.joinable())
            m_accepting.join();
    }

    int connections() const
    {
        const std::lock_guard lock(m_mutex);
        return int(m_sockets.size());
    }

private:
    WebServer::Settings m_settings;
    WebServer::Answering m_answering;
    WebServer::Report m_report;
    Tls m_tls;
    Threads *m_threads = nullptr; ///< httplib's
    std::thread m_accepting;
    mutable std::mutex m_mutex;
    std::condition_variable m_left;
    std::set<int> m_sockets;
    std::atomic<bool> m_isEnding = false;

    bool process_and_close_socket(socket_t socket) override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_sockets.insert(socket);
        }
        Patience patience;
        patience.idleSeconds = m_settings.idleSeconds;
        patience.headSeconds = m_settings.headSeconds;
        patience.stallSeconds = m_settings.stallSeconds;
        {
            Wire wire(socket, m_tls.get(), patience);
            if (wire.greet())
                while (!m_isEnding && wire.waitForRequest([this] {
                    return m_isEnding || m_threads->isCrowded();
                }) && exchangeOne(wire)) {
                }
            wire.close();
            const std::lock_guard lock(m_mutex);
            m_sockets.erase(socket); // before it is closed and its number given away again
        }
        m_left.notify_all();
        return true;
    }

    /// One request and its answer; whether another may follow on this connection.
    bool exchangeOne(Wire &wire)
    {
        Exchange current;
        current.wire = &wire;
        exchange = &current;
        const auto began = std::chrono::steady_clock::now();
        bool isClosed = false;
        const bool isDone = process_request(wire, false, isClosed, [&](httplib::Request &in) {
            in.ranges.clear(); // ours to answer
            wire.beginBody();
        });
        exchange = nullptr;
        if (current.isBegun) {
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            m_report(current.request, {wire.received(), wire.sent(), took.count(), current.status});
        }
        return isDone && !isClosed && !current.mustClose;
    }

    /// True where the request is answered without a body.
    bool begin(const httplib::Request &in, httplib::Response &out)
    {
        HubRequest &request = exchange->request;
        exchange->isBegun = true;
        request.method = QByteArray::fromStdString(in.method);
        request.target = QByteArray::fromStdString(in.target);
        request.remote = QByteArray::fromStdString(in.remote_addr);
        int lengths = 0;
        for (const auto &[key, value] : in.headers) {
            const QByteArray name = QByteArray::fromStdString(key).toLower();
            lengths += name == "content-length";
            request.headers.push_back({name, QByteArray::fromStdString(value)});
        }
        const QByteArray length = request.header("content-length");
        const QByteArray coding = request.header("transfer-encoding").toLower();
        const bool hasBody = !coding.isEmpty() || (!length.isEmpty() && length != "0");
        const bool takesBody = request.method == "POST" || request.method == "PUT";
        exchange->isBodyRead = !hasBody;
        bool isNumber = false;
        length.toULongLong(&isNumber);
        // Two opinions on where a body ends let a second request hide in the first.
        if (lengths > 1 || (lengths && !coding.isEmpty()) || (lengths && !isNumber) ||
            (!coding.isEmpty() && coding != "chunked") || in.target.size() > 4096 ||
            in.path.find('\n') != std::string::npos || in.path.find('\r') != std::string::npos) {
            write(HubAnswer::detail(Tr::tr("The request's head says two different things, or is "
                                           "too long."),
                                    400),
                  out);
            return true;
        }
        if (takesBody && hasBody)
            return false;
        answer(out, nullptr);
        return true;
    }

    void answer(httplib::Response &out, const httplib::ContentReader *reader)
    {
        HubRequest &request = exchange->request;
        if (reader) {
            request.readBody = [reader](const auto &take) {
                const bool isWhole = (*reader)(
                    [&take](const char *bytes, size_t size) { return take(bytes, size); });
                exchange->isBodyRead = isWhole;
                return isWhole;
            };
            request.readForm = [reader](const auto &begin, const auto &take) {
                const bool isWhole = (*reader)(
                    [&begin](const httplib::MultipartFormData &part) {
                        return begin(QString::fromStdString(part.name),
                                     QString::fromStdString(part.filename));
                    },
                    [&take](const char *bytes, size_t size) { return take(bytes, size); });
                exchange->isBodyRead = isWhole;
                return isWhole;
            };
        } else {
            request.readBody = [](const auto &) { return true; };
        }
        const HubAnswer answer = m_answering(request);
        request.readBody = {};
        request.readForm = {};
        write(answer, out);
    }

    void write(const HubAnswer &answer, httplib::Response &out)
    {
        exchange->status = answer.status;
        exchange->mustClose = !exchange->isBodyRead; // what is left of it is no next request
        out.status = answer.status;
        out.body.clear();
        const auto put = [&out](const QByteArray &name, const QByteArray &value) {
            out.set_header(name.toStdString(), value.toStdString());
        };
        for (const auto &[name, value] : answer.headers)
            put(name, value);
        put("X-Content-Type-Options", "nosniff");
        put("Content-Security-Policy", "default-src 'none'; sandbox");
        if (exchange->mustClose)
            put("Connection", "close");
        const std::string type = answer.type.toStdString();
        if (answer.piece && answer.length < 0) {
            out.set_chunked_content_provider(
                type, [piece = answer.piece](size_t offset, httplib::DataSink &sink) {
                    const QByteArray bytes = piece(qint64(offset), 256 << 10);
                    if (bytes.isEmpty())
                        sink.done();
                    else
                        return sink.write(bytes.constData(), size_t(bytes.size()));
                    return true;
                });
        } else if (answer.piece && answer.length > 0) {
            out.set_content_provider(
                size_t(answer.length), type,
                [piece = answer.piece](size_t offset, size_t length, httplib::DataSink &sink) {
                    const QByteArray bytes = piece(qint64(offset), qint64(length));
                    return !bytes.isEmpty() && sink.write(bytes.constData(), size_t(bytes.size()));
                });
        } else if (answer.body.size() > 16384) {
            out.set_content_provider(
                size_t(answer.body.size()), type,
                [body = answer.body](size_t offset, size_t length, httplib::DataSink &sink) {
                    return sink.write(body.constData() + offset, length);
                });
        } else {
            out.set_content(answer.body.toStdString(), type);
        }
    }
};

} // namespace

struct WebServer::Private
{
    std::unique_ptr<Server> server;
    int port = 0;
};

WebServer::WebServer(const Settings &settings, Answering answering, Report report)
    : d(std::make_unique<Private>())
{
    std::signal(SIGPIPE, SIG_IGN); // TLS writes without MSG_NOSIGNAL
    d->server = std::make_unique<Server>(settings, std::move(answering), std::move(report));
    d->port = d->server->listen();
}

WebServer::~WebServer()
{
    d->server->end();
}

int WebServer::port() const
{
    return d->port;
}

int WebServer::connections() const
{
    return d->server->connections();
}

} // namespace helmscope
