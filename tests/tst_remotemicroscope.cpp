// SPDX-License-Identifier: GPL-3.0-or-later
// A microscope over the loopback: our server, our client, and others that misbehave.
#include "instrumentfixtures.h"
#include "sentence.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <future>

using namespace helmscope;

namespace {

InstrumentServer::Settings logging(const QString &file, const QString &token = {})
{
    InstrumentServer::Settings settings;
    settings.service.logFile = file;
    settings.service.token = token;
    return settings;
}

QByteArray framed(const Message &message)
{
    return netstring(message.toJson());
}

/// The answers of a proper server of the closed form, for wrong ones to begin with.
QByteArray properAnswer(const QJsonObject &request)
{
    const QJsonValue id = request["id"];
    const QString method = request["method"].toString();
    const auto say = [&id](const QJsonObject &result) {
        return framed(Message::answer(id, result));
    };
    if (method == "hello")
        return say({{"protocol", 1}, {"server", "wrong"}});
    if (method == "capabilities")
        return say(
            {{"name", "wrong"},
             {"methods", QJsonArray{"spectrum.acquire"}},
             {"limits",
              QJsonObject{{"rows", 8}, {"cols", 8}, {"min_dwell_s", 0}, {"max_dwell_s", 10}}}});
    if (method == "calibration.get")
        return say({{"energy", QJsonObject{{"values", QJsonArray{1, 2, 3, 4}}}}});
    if (method == "lease.acquire")
        return say({{"lease", "x"}});
    if (method == "spectrum.acquire") {
        const ArrayFrame frame =
            ArrayFrame::of(Eigen::VectorXf(Eigen::VectorXf::LinSpaced(4, 1, 4)), "counts");
        return say(frame.header) + netstring(frame.bytes);
    }
    return say({{"beam", "blanked"}});
}

} // namespace

class TestRemoteMicroscope : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString log(const char *name) { return m_folder.filePath(QString(name) + ".jsonl"); }

private Q_SLOTS:
    void surveysAndMeasuresLikeTheMicroscopeItself()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("like")));
        ClosedForm original;
        {
            RemoteMicroscope remote(clientOf(served.port()));
            QCOMPARE(remote.name(), original.name());
            QVERIFY(remote.energies() == original.energies());
            QCOMPARE(remote.limits().rows, 8);
            QCOMPARE(remote.limits().maxDwellSeconds, 10.);
            const Dataset survey = remote.survey(unwatched());
            QVERIFY((survey.image == original.survey(unwatched()).image).all());
            QCOMPARE(survey.pixelSizeNm, 1.);
            for (int row = 0; row < 8; ++row)
                for (int col = 0; col < 8; ++col) {
                    const Measurement made = remote.measure({row, col}, 1e-4);
                    QCOMPARE(made.spectrum.size(), 4);
                    QCOMPARE(made.spectrum[3], ClosedForm::at({row, col}, 3));
                    QCOMPARE(made.dwellSeconds, 1e-4);
                    QVERIFY(made.dose > 0);
                }
            QTRY_COMPARE(remote.state().exposures, 64);
            const InstrumentState state = remote.state();
            QVERIFY(state.isConnected && state.isLeaseOurs);
            QCOMPARE(state.leaseOwner, QString("test"));
            QCOMPARE(state.beam, InstrumentState::Beam::Blanked);
            QVERIFY(state.dose > 0 && state.electrons > 0);
        }
        const QList<QJsonObject> lines = logLines(log("like"));
        QCOMPARE(objectionsTo(lines), QStringList());
        QVERIFY(std::any_of(lines.begin(), lines.end(), [](const QJsonObject &line) {
            return line["event"] == "lease" && line["what"] == "released";
        }));
    }

    void ofTwoConsolesOneHasTheLease()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("two")));
        auto one = std::make_unique<RemoteMicroscope>(clientOf(served.port()));
        one->measure({1, 1}, 1e-3);
        RemoteMicroscope::Settings settings = clientOf(served.port());
        settings.owner = "the other";
        RemoteMicroscope two(settings);
        const QString sentence = sentenceOf([&] { two.measure({1, 1}, 1e-3); });
        QVERIFY2(sentence.contains("leased to 'test'"), qPrintable(sentence));
        QTRY_COMPARE(two.state().leaseOwner, QString("test"));
        QVERIFY(!two.state().isLeaseOurs);
        one.reset(); // gives it back
        two.measure({1, 1}, 1e-3);
        QVERIFY(two.state().isLeaseOurs);
        QCOMPARE(objectionsTo(logLines(log("two"))), QStringList());
    }

    void anAbortBlanksAtOnceAndHolds()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("abort")));
        RemoteMicroscope remote(clientOf(served.port()));
        auto measuring = std::async(std::launch::async, [&] {
            return sentenceOf([&] { remote.measure({2, 2}, 8); });
        });
        QTRY_COMPARE(remote.state().beam, InstrumentState::Beam::On);
        QElapsedTimer time;
        time.start();
        remote.abort();
        const QString sentence = measuring.get();
        QVERIFY(time.elapsed() < 4000); // it was to last 8 s
        QVERIFY2(sentence.contains("borted"), qPrintable(sentence));
        QTRY_COMPARE(remote.state().beam, InstrumentState::Beam::Blanked);
        QVERIFY(remote.state().isAborted);
        QVERIFY(sentenceOf([&] { remote.measure({2, 2}, 1e-3); }).contains("aborted"));
        remote.resume();
        QCOMPARE(remote.measure({2, 2}, 1e-3).spectrum[0], 220.f);
        QCOMPARE(objectionsTo(logLines(log("abort"))), QStringList());
    }

    void anotherConsolesAbortEndsTheRunToo()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("other")));
        RemoteMicroscope one(clientOf(served.port())), two(clientOf(served.port()));
        auto measuring = std::async(std::launch::async, [&] {
            return sentenceOf([&] { one.measure({2, 2}, 8); });
        });
        QTRY_COMPARE(two.state().beam, InstrumentState::Beam::On);
        two.abort();
        const QString sentence = measuring.get();
        QVERIFY2(sentence.contains("aborted"), qPrintable(sentence));
        QVERIFY(sentenceOf([&] { one.measure({2, 2}, 1e-3); }).contains("aborted"));
        one.resume();
        one.measure({2, 2}, 1e-3);
    }

    void aLostConnectionBlanksAndTheCallGoesOn()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("lost")));
        Proxy proxy(served.port());
        RemoteMicroscope remote(clientOf(proxy.port()));
        remote.measure({0, 0}, 1e-3);
        auto measuring = std::async(std::launch::async, [&] {
            return remote.measure({3, 4}, 1.2); // long enough to be cut on a busy machine
        });
        // By the server's word: what the client was told last may be of the measurement before.
        const auto exposures = [this] {
            const QList<QJsonObject> lines = logLines(log("lost"));
            return int(std::count_if(lines.begin(), lines.end(), [](const QJsonObject &line) {
                return line["event"] == "beam" && line["what"] == "on";
            }));
        };
        QTRY_COMPARE(exposures(), 2);
        proxy.cut();
        QCOMPARE(measuring.get().spectrum[0], 340.f);
        const QList<QJsonObject> lines = logLines(log("lost"));
        QCOMPARE(objectionsTo(lines), QStringList());
        int cutShort = 0;
        for (const QJsonObject &line : lines)
            cutShort += line["event"] == "exposure" && line["what"] == "cut short";
        QCOMPARE(cutShort, 1);
    }

    void aLostAnswerIsAskedForAgainAndNotExposedAgain()
    {
        auto microscope = std::make_unique<ClosedForm>();
        const auto measured = microscope->measured;
        ServedInstrument served(std::move(microscope), logging(log("answer")));
        // The same key asked twice over a connection of our own, as after a loss.
        Wire::Settings settings;
        settings.address = onLoopback(served.port());
        Wire wire(settings);
        wire.open();
        const QString lease =
            wire.call("lease.acquire", {{"owner", "test"}}, 5).result["lease"].toString();
        const QJsonObject params{
            {"lease", lease}, {"y_frac", 0.5}, {"x_frac", 0.5}, {"dwell_s", 1e-3}, {"key", "k1"}};
        const Reply one = wire.call("spectrum.acquire", params, 5);
        const Reply again = wire.call("spectrum.acquire", params, 5);
        QCOMPARE(again.bytes, one.bytes);
        QCOMPARE(*measured, 1);
        QJsonObject other = params;
        other["key"] = "k2";
        wire.call("spectrum.acquire", other, 5);
        QCOMPARE(*measured, 2);
    }

    void nothingMovesWithoutALease_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QJsonObject>("params");
        const QJsonObject place{{"y_frac", 0.5}, {"x_frac", 0.5}, {"dwell_s", 1e-3}};
        QTest::newRow("spectrum") << "spectrum.acquire" << place;
        QTest::newRow("image") << "scan.image" << QJsonObject();
        QTest::newRow("points") << "spectrum.points"
                                << QJsonObject{{"points", QJsonArray{QJsonArray{0.5, 0.5}}}};
        QTest::newRow("place") << "beam.place" << place;
        QTest::newRow("unblank") << "beam.blank" << QJsonObject{{"blanked", false}};
        QTest::newRow("unblank by nonsense") << "beam.blank" << QJsonObject{{"blanked", 0}};
        QTest::newRow("set") << "params.set" << QJsonObject{{"dwell_s", 1}};
    }
    void nothingMovesWithoutALease()
    {
        QFETCH(QString, method);
        QFETCH(QJsonObject, params);
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        Wire::Settings settings;
        settings.address = onLoopback(served.port());
        Wire wire(settings);
        wire.open();
        const auto codeOf = [&] {
            try {
                wire.call(method, params, 5);
            } catch (const Refused &refused) {
                return refused.code();
            }
            return Refusal(0);
        };
        QCOMPARE(codeOf(), Refusal::NoLease);
        params["lease"] = "0123456789abcdef0123456789abcdef";
        QCOMPARE(codeOf(), Refusal::NoLease);
        QCOMPARE(wire.call("state", {}, 5).result["beam"].toString(), QString("blanked"));
        // Blanking is allowed to anybody.
        wire.call("beam.blank", {{"blanked", true}}, 5);
    }

    void aBeamHeldOpenIsBlankedWhenTheLeaseRunsOut()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("open")));
        Wire::Settings settings;
        settings.address = onLoopback(served.port());
        Wire wire(settings);
        wire.open();
        const QString lease = wire.call("lease.acquire", {{"owner", "test"}, {"ttl_s", 0.5}}, 5)
                                  .result["lease"]
                                  .toString();
        wire.call("beam.blank", {{"lease", lease}, {"blanked", false}}, 5);
        const auto beam = [&] { return wire.call("state", {}, 5).result["beam"].toString(); };
        QCOMPARE(beam(), QString("on"));
        QTRY_COMPARE(beam(), QString("blanked"));
        QCOMPARE(objectionsTo(logLines(log("open"))), QStringList());
    }

    void limitsAreHeldOnBothSidesAndSayWhy()
    {
        InstrumentServer::Settings settings;
        settings.service.limits.last = {3, 3};
        settings.service.limits.maxDwellSeconds = 0.1;
        settings.service.limits.maxDose = 5000;
        settings.service.limits.maxRateHz = 30;
        ServedInstrument served(std::make_unique<ClosedForm>(), settings);
        Wire::Settings wireSettings;
        wireSettings.address = onLoopback(served.port());
        Wire wire(wireSettings);
        wire.open();
        QString lease =
            wire.call("lease.acquire", {{"owner", "test"}}, 5).result["lease"].toString();
        const auto asked = [&](double y, double dwell) {
            return sentenceOf([&] {
                wire.call("spectrum.acquire",
                          {{"lease", lease}, {"y_frac", y}, {"x_frac", 0.1}, {"dwell_s", dwell}},
                          5);
            });
        };
        QVERIFY(asked(0.9, 1e-3).contains("region"));
        QVERIFY(asked(0.1, 0.2).contains("dwell"));
        QVERIFY(asked(1.5, 1e-3).contains("y_frac"));
        // 50 pA on 1 nm²: 3.12e6 e/Å² a second.
        QVERIFY(asked(0.1, 1e-2).contains("e/Å²"));
        QCOMPARE(asked(0.1, 1e-3), QString());
        QVERIFY(asked(0.1, 1e-3).contains("it got"));
        int refused = 0;
        for (int i = 0; i < 40; ++i)
            refused += asked(0.3, 1e-5).contains("per second");
        QVERIFY2(refused >= 5, qPrintable(QString::number(refused)));
        wire.call("lease.release", {{"lease", lease}}, 5);

        RemoteMicroscope remote(clientOf(served.port()));
        QVERIFY(sentenceOf([&] { remote.measure({5, 0}, 1e-3); }).contains("region"));
        QVERIFY(sentenceOf([&] { remote.measure({0, 0}, 0.2); }).contains("dwell"));
        QVERIFY(sentenceOf([&] { remote.measure({0, 1}, 1e-2); }).contains("e/Å²"));
        // The client waits rather than being refused.
        for (int i = 0; i < 40; ++i)
            remote.measure({i % 4, i / 10}, 1e-5);
    }

    void aLimitOfCurrentIsHeld()
    {
        InstrumentServer::Settings settings;
        settings.service.limits.maxCurrentA = 10e-12; // and it has 50
        ServedInstrument served(std::make_unique<ClosedForm>(), settings);
        RemoteMicroscope remote(clientOf(served.port()));
        QVERIFY(sentenceOf([&] { remote.measure({0, 0}, 1e-3); }).contains("its limit is"));
    }

    void aTokenIsAskedForAndNeverLogged()
    {
        const QString token = "correct horse battery staple";
        {
            ServedInstrument served(std::make_unique<ClosedForm>(), logging(log("token"), token));
            RemoteMicroscope::Settings settings = clientOf(served.port());
            QVERIFY(sentenceOf([&] { RemoteMicroscope remote(settings); }).contains("token"));
            settings.token = "wrong wrong wrong wrong";
            QVERIFY(sentenceOf([&] { RemoteMicroscope remote(settings); }).contains("token"));
            settings.token = token;
            QByteArray transcript;
            std::mutex mutex;
            settings.transcript = [&](const QByteArray &payload, bool) {
                const std::lock_guard lock(mutex);
                transcript += payload;
            };
            RemoteMicroscope(settings).measure({0, 0}, 1e-3);
            QVERIFY(transcript.contains("spectrum.acquire"));
            QVERIFY(!transcript.contains("horse"));
        }
        QFile file(log("token"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray all = file.readAll();
        QVERIFY(all.contains("spectrum.acquire"));
        QVERIFY(!all.contains("horse") && !all.contains("wrong wrong"));
    }

    void strangersGetNothing()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        QTcpSocket socket;
        const auto said = [&](const QByteArray &bytes) {
            socket.abort();
            socket.connectToHost(QHostAddress::LocalHost, quint16(served.port()));
            socket.waitForConnected(5000);
            socket.write(bytes);
            QByteArray answer;
            while (socket.waitForReadyRead(300))
                answer += socket.readAll();
            return answer;
        };
        QVERIFY(said("GET / HTTP/1.1\r\n\r\n").contains("-32700"));
        QVERIFY(said("9000:").contains("-32700")); // longer than a stranger may say
        const QByteArray early =
            said(framed(Message::request(1, "lease.acquire", {{"owner", "x"}})));
        QVERIFY(early.contains("-32001"));
        QCOMPARE(socket.state(), QAbstractSocket::UnconnectedState); // shown the door
        QVERIFY(said(netstring("{\"jsonrpc\":\"2.0\"")).contains("-32700"));
    }

    void nothingIsServedToOthersWithoutTokenAndCertificate()
    {
        InstrumentServer::Settings settings;
        settings.host = "0.0.0.0";
        const auto tried = [&settings] {
            return sentenceOf(
                [&] { ServedInstrument served(std::make_unique<ClosedForm>(), settings); });
        };
        QVERIFY(tried().contains("token"));
        settings.service.token = "0123456789abcdef";
        QVERIFY(tried().contains("certificate"));
        settings.certificateFile = settings.keyFile = m_folder.filePath("none.pem");
        QVERIFY(tried().contains("none.pem"));
        RemoteMicroscope::Settings remote;
        remote.address.host = "192.0.2.1"; // not of this machine: nothing is sent in the clear
        remote.address.port = 7117;
        QVERIFY(sentenceOf([&] { RemoteMicroscope microscope(remote); }).contains("encrypted"));
    }

    void wrongAnswersAreNotBelieved_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *how : {"short", "long", "hash", "huge", "nested", "no array", "other key",
                                "other id", "no json", "no frame", "closes"})
            QTest::newRow(how) << QString(how);
    }
    void wrongAnswersAreNotBelieved()
    {
        QFETCH(QString, how);
        std::atomic<int> asked = 0;
        WrongServer server([&](const QJsonObject &request, QTcpSocket &socket) -> QByteArray {
            if (request["method"] != "spectrum.acquire" || ++asked > 2)
                return properAnswer(request);
            const QJsonValue id = request["id"];
            ArrayFrame frame = ArrayFrame::of(
                Eigen::VectorXf(Eigen::VectorXf::Ones(how == "long" ? 5 : 4)), "counts");
            if (how == "short")
                frame.bytes.chop(1);
            if (how == "hash")
                frame.header["sha256"] = "00";
            if (how == "huge")
                frame.header["shape"] = QJsonArray{1e7, 1e7};
            if (how == "other key")
                frame.header["key"] = "not this";
            if (how == "closes") {
                socket.abort();
                return {};
            }
            if (how == "nested")
                return netstring(QByteArray("[").repeated(100'000));
            if (how == "no array")
                return framed(Message::answer(id, {{"value", 1}}));
            if (how == "no json")
                return netstring("not json");
            if (how == "no frame")
                return "HTTP/1.1 200 OK\r\n";
            return framed(Message::answer(how == "other id" ? QJsonValue(1'000'000) : id,
                                          frame.header)) +
                   netstring(frame.bytes);
        });
        RemoteMicroscope remote(clientOf(server.port()));
        const Measurement made = remote.measure({0, 0}, 1e-3);
        QCOMPARE(made.spectrum[3], 4.f); // of the proper answer, the third one
        QCOMPARE(asked, 3);
    }

    void whoOnlyTellsWrongThingsIsGivenUp()
    {
        WrongServer server([](const QJsonObject &request, QTcpSocket &) -> QByteArray {
            if (request["method"] != "spectrum.acquire")
                return properAnswer(request);
            const ArrayFrame frame =
                ArrayFrame::of(Eigen::VectorXf(Eigen::VectorXf::Ones(7)), "counts");
            return framed(Message::answer(request["id"], frame.header)) + netstring(frame.bytes);
        });
        RemoteMicroscope remote(clientOf(server.port()));
        const QString sentence = sentenceOf([&] { remote.measure({0, 0}, 1e-3); });
        QVERIFY2(sentence.contains("7 channels"), qPrintable(sentence));
    }

    void lateAnswersAreAskedForAgain()
    {
        std::atomic<int> asked = 0;
        QString first;
        bool isSameKey = false;
        WrongServer server([&](const QJsonObject &request, QTcpSocket &) -> QByteArray {
            if (request["method"] != "spectrum.acquire")
                return properAnswer(request);
            const QString key = request["params"].toObject()["key"].toString();
            if (++asked == 1) {
                first = key;
                return {}; // never
            }
            isSameKey = key == first;
            return properAnswer(request);
        });
        RemoteMicroscope::Settings settings = clientOf(server.port());
        settings.replySeconds = 0.3;
        RemoteMicroscope remote(settings);
        remote.measure({0, 0}, 1e-3);
        QCOMPARE(asked, 2);
        QVERIFY(isSameKey);
    }

    void whoIsNotThereIsNamed()
    {
        const QString sentence =
            sentenceOf([] { RemoteMicroscope remote(clientOf(1)); }); // nobody listens on port 1
        QVERIFY2(sentence.contains("127.0.0.1:1"), qPrintable(sentence));
    }

    void patienceEndsTheWaiting()
    {
        auto served = std::make_unique<ServedInstrument>(std::make_unique<ClosedForm>(),
                                                         InstrumentServer::Settings());
        RemoteMicroscope remote(clientOf(served->port()));
        remote.measure({0, 0}, 1e-3);
        served.reset();
        std::atomic<bool> goesOn = true;
        remote.setPatience([&] { return goesOn.load(); });
        auto measuring = std::async(std::launch::async, [&] {
            return sentenceOf([&] { remote.measure({0, 1}, 1e-3); });
        });
        QTRY_VERIFY(!remote.state().trouble.isEmpty());
        QVERIFY(!remote.state().isConnected);
        QCOMPARE(remote.state().beam, InstrumentState::Beam::Unknown);
        goesOn = false;
        QVERIFY(measuring.get().contains("Gave up"));
        remote.abort(); // without a connection it must neither wait nor throw
    }
};

QTEST_GUILESS_MAIN(TestRemoteMicroscope)
#include "tst_remotemicroscope.moc"
