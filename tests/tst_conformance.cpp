// SPDX-License-Identifier: GPL-3.0-or-later
// The conformance kit: our server conforms, and each deliberately wrong one is found out.
#include "instrumentfixtures.h"

#include "instrument/protocol/conformance.h"

#include <QJsonArray>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <thread>

using namespace helmscope;

namespace {

/// Our server, seen through somebody who spoils some of what it says.
class Spoiler
{
public:
    /// Answers what is sent instead of this answer; nothing: the same.
    using Spoil = std::function<std::optional<QJsonObject>(const QJsonObject &request,
                                                           const QJsonObject &answer)>;
    Spoiler(int target, Spoil spoil)
    {
        m_thread.run([this, target, spoil = std::move(spoil)] {
            m_server = std::make_unique<QTcpServer>();
            m_server->listen(QHostAddress::LocalHost);
            m_port = m_server->serverPort();
            QObject::connect(m_server.get(), &QTcpServer::newConnection, m_server.get(), [=, this] {
                QTcpSocket *near = m_server->nextPendingConnection();
                near->setParent(m_server.get());
                auto *far = new QTcpSocket(near);
                far->connectToHost(QHostAddress::LocalHost, quint16(target));
                auto asked = std::make_shared<QHash<int, QJsonObject>>();
                auto in = std::make_shared<NetstringReader>();
                auto out = std::make_shared<NetstringReader>();
                QObject::connect(near, &QTcpSocket::readyRead, far, [=] {
                    in->append(near->readAll());
                    while (const auto payload = in->next()) {
                        const QJsonObject request = QJsonDocument::fromJson(*payload).object();
                        (*asked)[request["id"].toInt()] = request;
                        far->write(netstring(*payload));
                    }
                });
                QObject::connect(far, &QTcpSocket::readyRead, near, [=] {
                    out->append(far->readAll());
                    while (const auto payload = out->next()) {
                        const QJsonObject answer = QJsonDocument::fromJson(*payload).object();
                        const auto spoilt = answer.isEmpty()
                                                ? std::nullopt
                                                : spoil((*asked)[answer["id"].toInt()], answer);
                        near->write(netstring(spoilt ? QJsonDocument(*spoilt).toJson() : *payload));
                    }
                });
                QObject::connect(near, &QTcpSocket::disconnected, near, &QTcpSocket::deleteLater);
            });
        });
    }
    ~Spoiler()
    {
        m_thread.run([this] { m_server.reset(); });
    }
    int port() const { return m_port; }

private:
    int m_port = 0;
    std::unique_ptr<QTcpServer> m_server;
    ServerThread m_thread;
};

QString outcomes(const Conformance &found)
{
    QString text;
    for (const ConformanceCheck &check : found.checks)
        text += QStringLiteral("%1 %2: %3\n").arg(int(check.outcome)).arg(check.name, check.detail);
    return text;
}

Wire::Settings witness(int port)
{
    Wire::Settings settings;
    settings.address = onLoopback(port);
    return settings;
}

/// The port that the Python bridge then listens on; 0: it does not; -1: there is no Python.
int startBridge(QProcess &bridge)
{
    const QString python = QStandardPaths::findExecutable("python3");
    if (python.isEmpty())
        return -1;
    bridge.start(python, {HELMSCOPE_SOURCE "/resources/bridge/helmscope_bridge.py", "--port", "0"});
    return bridge.waitForReadyRead(20'000) ? bridge.readLine().trimmed().split(':').last().toInt()
                                           : 0;
}

} // namespace

class TestConformance : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void ourServerConforms()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        const Conformance found = conform(onLoopback(served.port()), {}, unwatched());
        QVERIFY2(found.isWhole(), qPrintable(outcomes(found)));
        for (const ConformanceCheck &check : found.checks)
            QCOMPARE(check.outcome, ConformanceCheck::Outcome::Works);
        QCOMPARE(found.checks.size(), 19);
        QCOMPARE(found.name, QString("closed form"));
        QVERIFY(found.answerSeconds > 0 && found.abortSeconds > 0);
        QCOMPARE(found.toJson()["checks"].toArray().size(), 19);
    }

    void aWrongServerIsFoundOut_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QJsonObject>("instead");
        QTest::addColumn<QString>("named"); // in the check that finds it
        const auto result = [](const QJsonObject &object) {
            return QJsonObject{{"result", object}};
        };
        const auto error = [](int code) {
            return QJsonObject{{"error", QJsonObject{{"code", code}, {"message", "no"}}}};
        };
        QTest::newRow("no limits") << "capabilities" << result({{"name", "x"}}) << "capabilities";
        QTest::newRow("energies fall back")
            << "calibration.get"
            << result({{"energy", QJsonObject{{"values", QJsonArray{1, 2, 2, 3}}}}})
            << "calibration";
        QTest::newRow("does everything") << "no.such.method" << result({}) << "-32601";
        QTest::newRow("its own codes") << "no.such.method" << error(-1) << "-32601";
        QTest::newRow("gives leases to all")
            << "lease.acquire" << result({{"lease", "all"}}) << "one lease";
        QTest::newRow("forgets to blank")
            << "state" << QJsonObject{{"merged", QJsonObject{{"beam", "on"}}}} << "blanks the beam";
        QTest::newRow("strange beam")
            << "state" << result({{"beam", "green"}, {"lease_owner", ""}}) << "state";
        QTest::newRow("abort does nothing") << "scan.abort" << error(-32601) << "abort";
        QTest::newRow("image announced wrongly")
            << "scan.image"
            << result({{"dtype", "float32"}, {"shape", QJsonArray{4, 16}}, {"order", "C"}})
            << "survey image";
        QTest::newRow("moves the stage for anybody")
            << "stage.move" << result({{"x_m", 0}}) << "moves the stage";
        QTest::newRow("has its stage nowhere") << "stage.get" << result({}) << "moves the stage";
        QTest::newRow("never gets there")
            << "stage.get"
            << result({{"x_m", 0}, {"limits", QJsonObject{{"x_m", QJsonArray{-1e-6, 1e-6}}}}})
            << "moves the stage";
        QTest::newRow("spectrum without hash that fits")
            << "spectrum.acquire"
            << result({{"dtype", "float32"}, {"shape", QJsonArray{4}}, {"sha256", "00"}})
            << "spectrum at a pixel";
    }
    void aWrongServerIsFoundOut()
    {
        QFETCH(QString, method);
        QFETCH(QJsonObject, instead);
        QFETCH(QString, named);
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        Spoiler spoiler(served.port(),
                        [=](const QJsonObject &request,
                            const QJsonObject &answer) -> std::optional<QJsonObject> {
                            // What is refused because no array follows stays so.
                            const bool announces = instead["result"].toObject().contains("dtype");
                            if (request["method"] != method ||
                                (announces && answer.contains("error")))
                                return std::nullopt;
                            QJsonObject spoilt = instead;
                            if (instead.contains("merged")) {
                                QJsonObject merged = answer["result"].toObject();
                                const QJsonObject wrong = instead["merged"].toObject();
                                for (auto it = wrong.begin(); it != wrong.end(); ++it)
                                    merged[it.key()] = *it;
                                spoilt = QJsonObject();
                                spoilt["result"] = merged;
                            }
                            spoilt["jsonrpc"] = "2.0";
                            spoilt["id"] = answer["id"];
                            return spoilt;
                        });
        const Conformance found = conform(onLoopback(spoiler.port()), {}, unwatched());
        QVERIFY2(!found.isWhole(), qPrintable(outcomes(found)));
        const auto finder = std::find_if(
            found.checks.begin(), found.checks.end(), [&](const ConformanceCheck &check) {
                return check.outcome == ConformanceCheck::Outcome::Wrong &&
                       check.name.contains(named);
            });
        QVERIFY2(finder != found.checks.end(), qPrintable(outcomes(found)));
        QVERIFY(!finder->detail.isEmpty());
    }

    void whatIsOptionalIsMissingAndNotWrong()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        Spoiler spoiler(served.port(),
                        [](const QJsonObject &request,
                           const QJsonObject &answer) -> std::optional<QJsonObject> {
                            if (request["method"] != "capabilities")
                                return std::nullopt;
                            QJsonObject result = answer["result"].toObject(), spoilt = answer;
                            result["methods"] =
                                QJsonArray{"scan.image",    "spectrum.acquire", "scan.abort",
                                           "lease.acquire", "lease.release",    "lease.renew",
                                           "state",         "calibration.get"};
                            spoilt["result"] = result;
                            return spoilt;
                        });
        const Conformance found = conform(onLoopback(spoiler.port()), {}, unwatched());
        QVERIFY2(found.isWhole(), qPrintable(outcomes(found)));
        const auto missing = std::count_if(
            found.checks.begin(), found.checks.end(), [](const ConformanceCheck &check) {
                return check.outcome == ConformanceCheck::Outcome::Missing;
            });
        QCOMPARE(missing, 3); // points, placing, the stage
    }

    void thePythonBridgeConformsAndMeasures()
    {
        QProcess bridge;
        const int port = startBridge(bridge);
        if (port < 0)
            QSKIP("There is no python3 to run the bridge with.");
        QVERIFY(port > 0);
        const Conformance found = conform(onLoopback(port), {}, unwatched());
        QVERIFY2(found.isWhole(), qPrintable(outcomes(found)));
        {
            RemoteMicroscope remote(clientOf(port));
            QCOMPARE(remote.survey(unwatched()).image.rows(), 32);
            // The peak lies at 0.3 + 0.6 y eV: y is the row, from the top, at the pixel's middle.
            const Eigen::VectorXf spectrum = remote.measure({24, 3}, 1e-3).spectrum;
            Eigen::Index peak = 0;
            spectrum.maxCoeff(&peak);
            QVERIFY(std::abs(remote.energies().values[std::size_t(peak)] -
                             (0.3 + 0.6 * 24.5 / 32)) < 0.006);
            std::thread aborting([&remote] {
                while (remote.state().beam != InstrumentState::Beam::On)
                    std::this_thread::yield();
                remote.abort();
            });
            QVERIFY_EXCEPTION_THROWN(remote.measure({1, 1}, 8), Error);
            aborting.join();
            remote.resume();
            remote.measure({1, 1}, 1e-3);
        }
        bridge.terminate();
        QVERIFY(bridge.waitForFinished(5000));
    }

    void thePythonBridgeMovesItsStage()
    {
        QProcess bridge;
        const int port = startBridge(bridge);
        if (port < 0)
            QSKIP("There is no python3 to run the bridge with.");
        QVERIFY(port > 0);
        const Conformance found = conform(onLoopback(port), {}, unwatched());
        QVERIFY(std::any_of(found.checks.begin(), found.checks.end(), [](const auto &check) {
            return check.name.contains("stage") &&
                   check.outcome == ConformanceCheck::Outcome::Works;
        }));
        {
            RemoteMicroscope remote(clientOf(port));
            QVERIFY(remote.stage().has_value());
            QCOMPARE(remote.stage()->find(StageAxis::X)->highest, 60e-9);
            const Map before = remote.survey(unwatched()).image;
            // Two pixels to the right and three down: what lay elsewhere lies there now.
            const Stage there = remote.moveStage({{StageAxis::X, 4e-9}, {StageAxis::Y, 6e-9}});
            QCOMPARE(there.position(StageAxis::X), 4e-9);
            QCOMPARE(there.position(StageAxis::Alpha), 0.);
            QCOMPARE(remote.state().beam, InstrumentState::Beam::Blanked);
            const Map after = remote.survey(unwatched()).image;
            QVERIFY(
                (after.bottomRightCorner(29, 30) - before.topLeftCorner(29, 30)).abs().maxCoeff() <
                1e-5f);
            QVERIFY((after - before).abs().maxCoeff() > 0.5f);

            // Refused here, before anything is sent; and there, whatever a client is told.
            QVERIFY_EXCEPTION_THROWN(remote.moveStage({{StageAxis::X, 1e-6}}), Error);
            QVERIFY_EXCEPTION_THROWN(remote.moveStage({{StageAxis::Z, 0}}), Error);
            QCOMPARE(remote.stage()->position(StageAxis::X), 4e-9);

            // An abort ends the move; the stage is somewhere on the way, and says where.
            std::thread aborting([&remote, port] {
                Wire other(witness(port));
                other.open();
                while (!other.call("state", {}, 10).result.value("is_busy").toBool())
                    std::this_thread::yield();
                remote.abort();
            });
            QVERIFY_EXCEPTION_THROWN(remote.moveStage({{StageAxis::X, -60e-9}}), Error);
            aborting.join();
            remote.resume();
            remote.survey(unwatched());
            Wire other(witness(port));
            other.open();
            const double stopped = other.call("stage.get", {}, 10).result.value("x_m").toDouble(1);
            QVERIFY2(stopped > -60e-9 && stopped <= 4e-9, qPrintable(QString::number(stopped)));
        }
        bridge.terminate();
        QVERIFY(bridge.waitForFinished(5000));
    }

    void whoIsNotThereIsReported()
    {
        const Conformance found = conform(onLoopback(1), {}, unwatched());
        QVERIFY(!found.isWhole());
        QCOMPARE(found.checks.size(), 1);
    }

    void stops()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        QVERIFY_EXCEPTION_THROWN(
            conform(onLoopback(served.port()), {}, [](double fraction) { return fraction < 0.2; }),
            Error);
    }
};

QTEST_GUILESS_MAIN(TestConformance)
#include "tst_conformance.moc"
