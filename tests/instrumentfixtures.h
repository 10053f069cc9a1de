// SPDX-License-Identifier: GPL-3.0-or-later
// Instruments on the loopback for tests: small, quick, and some that misbehave.
#pragma once

#include "instrument/protocol/instrumentserver.h"
#include "instrument/protocol/netstring.h"
#include "instrument/protocol/remotemicroscope.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpServer>
#include <QTcpSocket>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace helmscope {

/// A microscope of 8 x 8 pixels whose spectra are known in closed form: channel c of pixel (row,
/// col) is 100 row + 10 col + c, where the stage is at 0: it moves the sample by a pixel a
/// nanometre. A measurement lasts its dwell, a move `stageSeconds`; abort() cuts both short.
class ClosedForm final : public Microscope
{
public:
    static constexpr int rows = 8, cols = 8, channels = 4;
    std::shared_ptr<std::atomic<int>> measured = std::make_shared<std::atomic<int>>(0);

    static float at(Pixel pixel, int channel)
    {
        return float(100 * pixel.row + 10 * pixel.col + channel);
    }
    double stageSeconds = 0.02;

    QString name() const override { return "closed form"; }
    Dataset survey(const Progress &) override
    {
        Dataset survey;
        survey.title = "closed form";
        survey.pixelSizeNm = 1;
        survey.imageQuantity = "counts";
        survey.image.resize(rows, cols);
        for (int row = 0; row < rows; ++row)
            for (int col = 0; col < cols; ++col)
                survey.image(row, col) = at(onSample({row, col}), 0);
        return survey;
    }
    EnergyAxis energies() const override { return {"Energy loss", "eV", {1, 2, 3, 4}}; }
    Limits limits() const override
    {
        Limits limits{rows, cols, 1e-6, 10};
        limits.currentA = 50e-12;
        return limits;
    }
    Measurement measure(Pixel pixel, double dwellSeconds) override
    {
        checkLimits(name(), limits(), pixel, dwellSeconds);
        std::unique_lock lock(m_mutex);
        if (m_changed.wait_for(lock, std::chrono::duration<double>(dwellSeconds),
                               [this] { return m_isAborted; }))
            throw Error("The closed form was aborted.");
        ++*measured;
        Measurement made;
        made.spectrum.resize(channels);
        for (int c = 0; c < channels; ++c)
            made.spectrum[c] = at(onSample(pixel), c);
        made.value = std::nan("");
        made.dwellSeconds = dwellSeconds;
        made.dose = 50e-12 * dwellSeconds / 1.602176634e-19 / 100;
        return made;
    }
    std::optional<Stage> stage() const override
    {
        return Stage{{{StageAxis::X, 1e-9 * m_xNm, -5e-6, 5e-6},
                      {StageAxis::Y, 1e-9 * m_yNm, -5e-6, 5e-6},
                      {StageAxis::Alpha, m_alpha, -30, 30}}};
    }
    Stage moveStage(const StageTarget &target) override
    {
        checkStage(name(), *stage(), target);
        std::unique_lock lock(m_mutex);
        if (m_changed.wait_for(lock, std::chrono::duration<double>(stageSeconds),
                               [this] { return m_isAborted; }))
            throw Error("The closed form was aborted.");
        for (const auto &[axis, position] : target)
            (axis == StageAxis::X   ? m_xNm
             : axis == StageAxis::Y ? m_yNm
                                    : m_alpha) =
                axis == StageAxis::Alpha ? position : 1e9 * position;
        return *stage();
    }
    void abort() override
    {
        const std::lock_guard lock(m_mutex);
        m_isAborted = true;
        m_changed.notify_all();
    }
    void resume() override
    {
        const std::lock_guard lock(m_mutex);
        m_isAborted = false;
    }

private:
    Pixel onSample(Pixel pixel) const
    {
        return {pixel.row - int(std::lround(m_yNm.load())),
                pixel.col - int(std::lround(m_xNm.load()))};
    }

    std::atomic<double> m_xNm = 0, m_yNm = 0, m_alpha = 0;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_isAborted = false;
};

inline InstrumentAddress onLoopback(int port)
{
    InstrumentAddress address;
    address.host = "127.0.0.1";
    address.port = port;
    return address;
}

inline RemoteMicroscope::Settings clientOf(int port)
{
    RemoteMicroscope::Settings settings;
    settings.address = onLoopback(port);
    settings.owner = "test";
    settings.timeToLive = 3;
    settings.replySeconds = 5;
    settings.longestWait = 10;
    settings.longestPause = 0.2;
    return settings;
}

/// The lines of a log of commands.
inline QList<QJsonObject> logLines(const QString &file)
{
    QFile in(file);
    QList<QJsonObject> lines;
    if (in.open(QIODevice::ReadOnly))
        while (!in.atEnd())
            lines << QJsonDocument::fromJson(in.readLine()).object();
    return lines;
}

/// What is wrong with a log of commands, a sentence each: the beam is on without a lease, a key was
/// exposed to the end twice.
inline QStringList objectionsTo(const QList<QJsonObject> &lines)
{
    QStringList found;
    QStringList keys;
    for (const QJsonObject &line : lines) {
        const QString number = QString::number(line["number"].toInt());
        if (line["event"] == "beam" && line["what"] == "on" && line["lease_owner"] == "")
            found << number + ": the beam goes on without a lease";
        if (line["event"] == "lease" && line["what"] == "expired" && line["beam"] == "on" &&
            line["lease_owner"] != "")
            found << number + ": expired and still on";
        if (line["event"] == "exposure" && line["what"] == "done") {
            const QString key = line["key"].toString();
            if (!key.isEmpty() && keys.contains(key))
                found << number + ": exposed twice: " + key;
            keys << key;
        }
    }
    return found;
}

/// A thread with an event loop in which a test's server lives.
class ServerThread
{
public:
    ServerThread()
    {
        m_hand.moveToThread(&m_thread);
        m_thread.start();
    }
    ~ServerThread()
    {
        m_thread.quit();
        m_thread.wait();
    }
    void run(const std::function<void()> &what)
    {
        QMetaObject::invokeMethod(&m_hand, what, Qt::BlockingQueuedConnection);
    }

private:
    QThread m_thread;
    QObject m_hand;
};

/// A proxy that may cut what goes through it. Give it what to do with each piece of the answers.
class Proxy
{
public:
    explicit Proxy(int target)
        : m_target(target)
    {
        m_thread.run([this] {
            m_server = std::make_unique<QTcpServer>();
            m_server->listen(QHostAddress::LocalHost);
            m_port = m_server->serverPort();
            QObject::connect(m_server.get(), &QTcpServer::newConnection, m_server.get(),
                             [this] { take(); });
        });
    }
    ~Proxy()
    {
        m_thread.run([this] { m_server.reset(); });
    }
    int port() const { return m_port; }
    void setTarget(int port) { m_target = port; }
    /// Cuts all that is open.
    void cut()
    {
        m_thread.run([this] {
            ++m_cuts;
            for (QTcpSocket *socket : m_server->findChildren<QTcpSocket *>())
                socket->abort();
        });
    }
    int cuts() const { return m_cuts; }

private:
    void take()
    {
        while (QTcpSocket *near = m_server->nextPendingConnection()) {
            near->setParent(m_server.get());
            auto *far = new QTcpSocket(m_server.get());
            far->connectToHost(QHostAddress::LocalHost, quint16(m_target));
            const auto end = [near, far] {
                near->disconnectFromHost();
                far->disconnectFromHost();
                near->deleteLater();
                far->deleteLater();
            };
            QObject::connect(near, &QTcpSocket::readyRead, far,
                             [near, far] { far->write(near->readAll()); });
            QObject::connect(far, &QTcpSocket::readyRead, near,
                             [near, far] { near->write(far->readAll()); });
            QObject::connect(near, &QTcpSocket::disconnected, far, end);
            QObject::connect(far, &QTcpSocket::disconnected, near, end);
            QObject::connect(far, &QTcpSocket::errorOccurred, near, end);
        }
    }

    std::atomic<int> m_target, m_port = 0, m_cuts = 0;
    std::unique_ptr<QTcpServer> m_server;
    ServerThread m_thread;
};

/// A server that answers each request as it is told: with bytes of its own making.
class WrongServer
{
public:
    using Answer = std::function<QByteArray(const QJsonObject &request, QTcpSocket &socket)>;
    explicit WrongServer(Answer answer)
        : m_answer(std::move(answer))
    {
        m_thread.run([this] {
            m_server = std::make_unique<QTcpServer>();
            m_server->listen(QHostAddress::LocalHost);
            m_port = m_server->serverPort();
            QObject::connect(m_server.get(), &QTcpServer::newConnection, m_server.get(), [this] {
                QTcpSocket *socket = m_server->nextPendingConnection();
                socket->setParent(m_server.get());
                auto reader = std::make_shared<NetstringReader>();
                QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket, reader] {
                    reader->append(socket->readAll());
                    while (const auto payload = reader->next())
                        socket->write(
                            m_answer(QJsonDocument::fromJson(*payload).object(), *socket));
                });
                QObject::connect(socket, &QTcpSocket::disconnected, socket,
                                 &QTcpSocket::deleteLater);
            });
        });
    }
    ~WrongServer()
    {
        m_thread.run([this] { m_server.reset(); });
    }
    int port() const { return m_port; }

private:
    Answer m_answer;
    std::atomic<int> m_port = 0;
    std::unique_ptr<QTcpServer> m_server;
    ServerThread m_thread;
};

} // namespace helmscope
