// SPDX-License-Identifier: GPL-3.0-or-later
// The drivers for the protocols of others, against servers that speak them byte by byte, with the
// quirks they are known for.
#include "instrumentfixtures.h"

#include "instrument/drivers/asyncroscopy.h"
#include "instrument/drivers/dtmicroscope.h"
#include "instrument/drivers/pyro.h"
#include "instrument/openinstrument.h"
#include "sentence.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <thread>

using namespace helmscope;

namespace {

/// Answers what comes on each connection; told all bytes of the connection so far, it answers how
/// many of them it has used and what it says.
class RawServer
{
public:
    struct Said
    {
        qsizetype used = 0; ///< 0: it waits for more
        QByteArray bytes;
        bool closes = false;
    };
    explicit RawServer(std::function<Said(const QByteArray &)> answer)
    {
        m_thread.run([this, answer = std::move(answer)] {
            m_server = std::make_unique<QTcpServer>();
            m_server->listen(QHostAddress::LocalHost);
            m_port = m_server->serverPort();
            QObject::connect(
                m_server.get(), &QTcpServer::newConnection, m_server.get(), [this, answer] {
                    QTcpSocket *socket = m_server->nextPendingConnection();
                    socket->setParent(m_server.get());
                    auto heard = std::make_shared<QByteArray>();
                    QObject::connect(socket, &QTcpSocket::readyRead, socket, [=, this] {
                        *heard += socket->readAll();
                        while (!heard->isEmpty()) {
                            const Said said = answer(*heard);
                            if (said.used == 0)
                                return;
                            heard->remove(0, said.used);
                            socket->write(said.bytes);
                            if (said.closes)
                                socket->disconnectFromHost();
                        }
                    });
                    QObject::connect(socket, &QTcpSocket::disconnected, socket,
                                     &QTcpSocket::deleteLater);
                });
        });
    }
    ~RawServer()
    {
        m_thread.run([this] { m_server.reset(); });
    }
    int port() const { return m_port; }

private:
    std::atomic<int> m_port = 0;
    std::unique_ptr<QTcpServer> m_server;
    ServerThread m_thread;
};

InstrumentAddress at(int port, InstrumentAddress::Protocol protocol)
{
    InstrumentAddress address = onLoopback(port);
    address.protocol = protocol;
    return address;
}

QByteArray bigEndian(quint32 number)
{
    QByteArray bytes(4, '\0');
    qToBigEndian(number, bytes.data());
    return bytes;
}

/// asyncroscopy's central server, first generation.
struct AsyncroscopyServer
{
    std::mutex mutex;
    QStringList commands; // under the mutex, like the next ones
    QByteArray beam = "blanked", place;
    bool hasSpectrometer = true, isSlow = false, cutsOnce = false;
    QByteArray stage; ///< the answer to AS_get_stage; empty: it has no such command
    RawServer raw{[this](const QByteArray &heard) { return answer(heard); }};

    static QByteArray floats(const QByteArray &shape, const std::vector<float> &numbers)
    {
        return "[float32," + shape + "]" +
               QByteArray(reinterpret_cast<const char *>(numbers.data()),
                          qsizetype(numbers.size() * 4));
    }

    RawServer::Said answer(const QByteArray &heard)
    {
        if (heard.size() < 4)
            return {};
        const qsizetype length = qsizetype(qFromBigEndian<quint32>(heard.constData()));
        if (heard.size() < 4 + length)
            return {};
        const QByteArray command = heard.mid(4, length), name = command.split(' ').first();
        const std::lock_guard lock(mutex);
        commands << QString::fromUtf8(command);
        const auto say = [&](const QByteArray &payload, bool hasSecond = false) {
            QByteArray bytes = bigEndian(quint32(payload.size())) + payload;
            if (hasSecond) // the quirk: a second frame after the method's own
                bytes += bigEndian(4) + "None";
            return RawServer::Said{4 + length, bytes, true};
        };
        if (name == "AS_get_status")
            return say("[str,5]Ready");
        if (name == "AS_discover_commands") {
            const QByteArray all = "get_scanned_image place_beam blank_beam unblank_beam" +
                                   QByteArray(stage.isEmpty() ? "" : " get_stage");
            return say("[str," + QByteArray::number(all.size()) + "]" + all);
        }
        if (name == "Gatan_get_status")
            return hasSpectrometer
                       ? say("[str,5]Ready")
                       : RawServer::Said{4 + length,
                                         "Traceback (most recent call last):\n  File \"x\"\n"
                                         "KeyError: 'Gatan'\n",
                                         true};
        if (name == "AS_get_scanned_image") {
            std::vector<float> image;
            for (int i = 0; i < 128 * 128; ++i)
                image.push_back(float(i));
            return say(floats("128,128", image), true);
        }
        if (name == "AS_get_stage")
            return say(stage, true);
        if (name == "AS_place_beam") {
            place = command;
            return say("[str,2]ok", true);
        }
        if (name == "AS_blank_beam" || name == "AS_unblank_beam") {
            beam = name == "AS_blank_beam" ? "blanked" : "on";
            return say("[str,2]ok", true);
        }
        if (name == "Gatan_get_spectrum") {
            if (std::exchange(cutsOnce, false))
                return {4 + length, bigEndian(1000) + "[flo", true};
            if (isSlow)
                return {4 + length, {}, false};
            std::vector<float> spectrum;
            for (int i = 0; i < 1024; ++i)
                spectrum.push_back(float(2 * i));
            return say(floats("1024", spectrum));
        }
        return say("[str,3]huh");
    }
};

/// DTMicroscope's netstring server.
struct DtServer
{
    bool hasField = true;
    std::atomic<double> x = -1, y = -1;
    std::mutex mutex;
    QJsonArray stage{1e-6, -2e-6, 3e-6, 0.5, 0}; // under the mutex, like the next ones
    QJsonObject stageLimits;                     ///< empty: it has no method that tells them
    QJsonValue stageAnswer;                      ///< told instead of where it is
    QList<QJsonObject> moves;
    bool pretends = false, cutsMoves = false, hangs = false;
    RawServer raw{[this](const QByteArray &heard) { return answer(heard); }};

    RawServer::Said answer(const QByteArray &heard)
    {
        NetstringReader reader;
        reader.append(heard);
        const auto payload = reader.next();
        if (!payload)
            return {};
        const QJsonObject request = QJsonDocument::fromJson(*payload).object();
        const QString method = request["method"].toString();
        const QJsonObject params = request["params"].toObject();
        const auto say = [&](const QByteArray &key, const QByteArray &json) {
            return RawServer::Said{
                heard.size(),
                netstring("{\"jsonrpc\": \"2.0\", \"" + key + "\": " + json + ", \"id\": 1}"),
                false};
        };
        if (method == "get_detectors")
            return say("result", "[\"HAADF\", \"flu_camera\", \"EELS\"]");
        if (method == "activate_device")
            return say("result", "1");
        if (method == "device_settings")
            return hasField ? say("result", "{\"size\": 4, \"fov_nm\": 40}")
                            : say("error", "\"device_settings() missing 1 argument\""); // bare
        if (method == "acquire_image")
            return say("result", "[[[0,1,2,3],[4,5,6,7]], [2,4], \"uint16\"]");
        if (method == "set_beam_position") {
            x = params["x"].toDouble();
            y = params["y"].toDouble();
            return say("result", "1");
        }
        if (method == "acquire_spectrum")
            return say("result", "[[1.5,2.5,3.5], [3], \"float32\"]");
        const std::lock_guard lock(mutex);
        const auto json = [](const QJsonValue &value) {
            const QByteArray list = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
            return list.mid(1, list.size() - 2);
        };
        if (method == "get_stage")
            return say("result", json(stageAnswer.isNull() ? QJsonValue(stage) : stageAnswer));
        if (method == "get_stage_limits" && !stageLimits.isEmpty())
            return say("result", json(stageLimits));
        if (method == "set_stage") {
            moves << params;
            if (cutsMoves)
                return {heard.size(), "12:", true};
            if (hangs)
                return {heard.size(), {}, false};
            const QJsonObject to = params["stage_positions"].toObject();
            QJsonArray next; // what is not named goes to 0, as with one of theirs
            for (const char *key : {"x", "y", "z", "a", "b"})
                next.append(to.value(QLatin1String(key)).toDouble(0));
            if (!pretends)
                stage = next;
            return say("result", "null");
        }
        return say("error", "\"no such method\"");
    }
};

/// A daemon of Pyro5 with the object microscope.server.
struct PyroServer
{
    bool hasData = true;
    quint8 serializer = 2;
    quint16 flags = 0;
    QByteArray firstBytes; ///< of the first connection
    QJsonArray lastParams;
    RawServer raw{[this](const QByteArray &heard) { return answer(heard); }};

    RawServer::Said answer(const QByteArray &heard)
    {
        if (heard.size() < 40)
            return {};
        const qsizetype size = qsizetype(qFromBigEndian<quint32>(heard.constData() + 12));
        if (heard.size() < 40 + size)
            return {};
        if (firstBytes.isEmpty())
            firstBytes = heard.left(40);
        const QJsonObject said = QJsonDocument::fromJson(heard.mid(40, size)).object();
        const quint16 sequence = qFromBigEndian<quint16>(heard.constData() + 10);
        const auto say = [&](quint8 type, const QByteArray &payload, quint16 flag = 0) {
            // Header by hand, with one annotation as Pyro5 may send.
            QByteArray bytes("PYRO\x01\xf6", 6);
            bytes += char(type);
            bytes += char(serializer);
            const auto add16 = [&bytes](quint16 number) {
                bytes += char(number >> 8);
                bytes += char(number & 0xff);
            };
            add16(flag | flags);
            add16(sequence);
            bytes += bigEndian(quint32(payload.size()));
            bytes += bigEndian(8 + 3);
            bytes += QByteArray(16, 'c');
            add16(0);
            add16(0x4dc5);
            bytes += "ANNO" + bigEndian(3) + "abc";
            return RawServer::Said{40 + size, bytes + payload, false};
        };
        if (heard[6] == 1) {
            if (said["object"] != "microscope.server")
                return say(3, "\"unknown object\"");
            return say(2, R"({"handshake":"hello","meta":{"methods":["get_overview_image",)"
                          R"("get_point_data","initialize_microscope"]}})");
        }
        const QString method = said["method"].toString();
        if (!hasData)
            return say(5,
                       R"({"__class__":"builtins.AttributeError","__exception__":true,)"
                       R"("args":["no attribute 'microscope'"],"attributes":{}})",
                       1);
        if (method == "get_overview_image")
            return say(5, "[[[0,1,2],[3,4,5]],[2,3],\"float64\"]");
        lastParams = said["params"].toArray();
        const int x = lastParams[1].toInt(), y = lastParams[2].toInt();
        return say(5, QByteArray("[[") + QByteArray::number(100 * x + y) + ",7],[2],\"float32\"]");
    }
};

Capability capabilityOf(const Microscope &microscope, const QString &name)
{
    for (const Capability &one : microscope.capabilities())
        if (one.name == name)
            return one;
    return {};
}

/// What a person says of the stage of a server of DTMicroscope's, as long as it lives.
struct Told
{
    explicit Told(const char *units) { qputenv("HELMSCOPE_DTMICROSCOPE_STAGE", units); }
    ~Told() { qunsetenv("HELMSCOPE_DTMICROSCOPE_STAGE"); }
};

} // namespace

class TestDrivers : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void asyncroscopyMeasuresWithTheBeamOnlyThen()
    {
        AsyncroscopyServer server;
        Asyncroscopy driver(at(server.raw.port(), InstrumentAddress::Protocol::Asyncroscopy));
        QVERIFY(driver.name().contains("Ready"));
        QCOMPARE(driver.energies().channels(), 1024);
        const Dataset survey = driver.survey(unwatched());
        QCOMPARE(survey.image(1, 2), 130.f); // C order: row by row
        const Measurement made = driver.measure({32, 96}, 0.1);
        QCOMPARE(made.spectrum[1023], 2046.f);
        const std::lock_guard lock(server.mutex);
        // x goes with the column, y with the row, both fractions of the field.
        QCOMPARE(server.place, QByteArray("AS_place_beam x=0.75390625 y=0.25390625"));
        QCOMPARE(server.beam, QByteArray("blanked"));
        const QStringList last = server.commands.mid(server.commands.size() - 4);
        QCOMPARE(last, (QStringList{"AS_place_beam x=0.75390625 y=0.25390625", "AS_unblank_beam",
                                    "Gatan_get_spectrum size=1024", "AS_blank_beam"}));
    }

    void asyncroscopySaysWhatIsMissing()
    {
        AsyncroscopyServer server;
        server.hasSpectrometer = false; // its error comes as bare text, without a length
        Asyncroscopy driver(at(server.raw.port(), InstrumentAddress::Protocol::Asyncroscopy));
        bool isSaid = false;
        for (const Capability &one : driver.capabilities())
            isSaid |= one.name == "Spectrum at a pixel" && !one.isThere &&
                      one.detail.contains("KeyError: 'Gatan'");
        QVERIFY(isSaid);
        QVERIFY(sentenceOf([&] { driver.measure({1, 1}, 0.1); }).contains("cannot measure"));
    }

    void asyncroscopyIsAbortedAndBlanked()
    {
        AsyncroscopyServer server;
        Asyncroscopy driver(at(server.raw.port(), InstrumentAddress::Protocol::Asyncroscopy));
        server.isSlow = true;
        std::thread aborting([&driver] {
            while (driver.state().beam != InstrumentState::Beam::On)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            driver.abort();
        });
        QVERIFY(sentenceOf([&] { driver.measure({1, 1}, 0.1); }).contains("aborted"));
        aborting.join();
        QTRY_COMPARE(driver.state().beam, InstrumentState::Beam::Blanked);
        const std::lock_guard lock(server.mutex);
        QCOMPARE(server.beam, QByteArray("blanked"));
    }

    void asyncroscopyIsAskedAgainWhenItIsCutOff()
    {
        AsyncroscopyServer server;
        Asyncroscopy driver(at(server.raw.port(), InstrumentAddress::Protocol::Asyncroscopy));
        server.cutsOnce = true;
        QCOMPARE(driver.measure({1, 1}, 0.1).spectrum[1], 2.f);
    }

    void asyncroscopysAnswersAreRead()
    {
        QCOMPARE(Asyncroscopy::parse("[str,5]Ready").text, QString("Ready"));
        QCOMPARE(Asyncroscopy::parse("None").text, QString("None"));
        const auto scalar = Asyncroscopy::parse(QByteArray("[float32,1]\0\0\x80\x3f", 15));
        QCOMPARE(scalar.numbers[0], 1.f);
        QCOMPARE(Asyncroscopy::parse("[uint8,3]abc").numbers[2], 99.f);
        QVERIFY_EXCEPTION_THROWN(Asyncroscopy::parse("[float32,4]abc"), Error);
        QVERIFY_EXCEPTION_THROWN(Asyncroscopy::parse("[float32,99999,99999]abc"), Error);
        QVERIFY(sentenceOf([] {
                    Asyncroscopy::parse("Traceback (most\n  x\nValueError: bad\n");
                }).contains("ValueError: bad"));
    }

    void dtMicroscopeMeasuresInNanometresOfItsField()
    {
        DtServer server;
        DtMicroscope driver(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
        QCOMPARE(driver.limits().rows, 2);
        QCOMPARE(driver.limits().cols, 4);
        QCOMPARE(driver.survey(unwatched()).image(1, 2), 6.f);
        QCOMPARE(driver.measure({1, 2}, 0.1).spectrum[2], 3.5f);
        QCOMPARE(server.x.load(), 25.); // of 40 nm over 4 columns, the third one's middle
        QCOMPARE(server.y.load(), 15.);
        driver.abort();
        QVERIFY(sentenceOf([&] { driver.measure({1, 2}, 0.1); }).contains("aborted"));
        QTRY_COMPARE(driver.state().beam, InstrumentState::Beam::Unknown); // it cannot be blanked
    }

    void dtMicroscopeWithoutAFieldMeasuresNoPixel()
    {
        DtServer server;
        server.hasField = false;
        DtMicroscope driver(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
        QCOMPARE(driver.survey(unwatched()).image(0, 3), 3.f);
        const QString sentence = sentenceOf([&] { driver.measure({1, 2}, 0.1); });
        QVERIFY2(sentence.contains("cannot measure"), qPrintable(sentence));
    }

    void asyncroscopysStageIsReadAndNotMoved()
    {
        const float theirs[]{1e-6f, -2e-6f, 0, 0.25f, 0};
        const QByteArray bytes(reinterpret_cast<const char *>(theirs), sizeof theirs);
        for (const auto &[answer, words] :
             {std::pair("[float32,5]" + bytes, "1e-06, -2e-06, 0, 0.25, 0"),
              {QByteArray("[float32,5]") + QByteArray(20, '\xff'), "cannot be"}, // not numbers
              {"[float32,4]" + bytes.left(16), "cannot be"},
              {"Traceback (most\n  x\nRuntimeError: no stage\n", "RuntimeError: no stage"},
              {QByteArray(), "none that can be moved"}}) {
            AsyncroscopyServer server;
            server.stage = answer;
            Asyncroscopy driver(at(server.raw.port(), InstrumentAddress::Protocol::Asyncroscopy));
            const Capability stage = capabilityOf(driver, "Stage");
            QVERIFY(!stage.isThere && !driver.stage());
            QVERIFY2(stage.detail.contains(words), qPrintable(stage.detail));
            const auto said = [&server] {
                const std::lock_guard lock(server.mutex);
                return server.commands.size();
            };
            const qsizetype before = said();
            QVERIFY(sentenceOf([&] {
                        driver.moveStage({{StageAxis::X, 0}});
                    }).contains("no stage"));
            QCOMPARE(said(), before); // nothing was sent
        }
    }

    void dtMicroscopesStageIsNotMovedInUnknownUnits()
    {
        DtServer server;
        DtMicroscope driver(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
        const Capability stage = capabilityOf(driver, "Stage");
        QVERIFY(!stage.isThere && !driver.stage());
        QVERIFY2(stage.detail.contains("1e-06, -2e-06, 3e-06, 0.5, 0") &&
                     stage.detail.contains("units are not told"),
                 qPrintable(stage.detail));
        QVERIFY(sentenceOf([&] { driver.moveStage({{StageAxis::X, 0}}); }).contains("no stage"));
        const std::lock_guard lock(server.mutex);
        QVERIFY(server.moves.isEmpty());
    }

    void dtMicroscopesStageMovesInTheUnitsAPersonTold()
    {
        DtServer server;
        server.stage = {1000, -2000, 3000, 0.1, 0};
        server.stageLimits = {{"x", 5000.}, {"y", 1000.}, {"a", 0.5}, {"b", -1.}};
        const Told told("nm, rad, -y");
        DtMicroscope driver(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
        QVERIFY(driver.stage().has_value());
        const Stage found = *driver.stage();
        // y is outside of what it tells and turned round; z and β have no limits: they stay.
        QCOMPARE(found.axes.size(), std::size_t(3));
        QVERIFY(std::abs(found.position(StageAxis::Y) - 2e-6) < 1e-15);
        QVERIFY(std::abs(found.find(StageAxis::X)->highest - 5e-6) < 1e-15);
        QVERIFY(std::abs(found.find(StageAxis::Y)->highest - 12e-6) < 1e-12);
        QVERIFY(std::abs(found.find(StageAxis::Alpha)->lowest + 28.6479) < 1e-3);
        QVERIFY(capabilityOf(driver, "Stage").detail.contains("cannot blank"));

        const Stage there = driver.moveStage({{StageAxis::X, 1.5e-6}, {StageAxis::Y, 2.5e-6}});
        QVERIFY(std::abs(there.position(StageAxis::X) - 1.5e-6) < 1e-12);
        QVERIFY(driver.stage() == there);
        {
            const std::lock_guard lock(server.mutex);
            QCOMPARE(server.moves.size(), 1);
            // Absolute, and all five: what is not named would go to 0.
            QCOMPARE(server.moves[0]["relative"], QJsonValue(false));
            const QJsonObject sent = server.moves[0]["stage_positions"].toObject();
            QVERIFY(std::abs(sent["x"].toDouble() - 1500) < 1e-6);
            QVERIFY(std::abs(sent["y"].toDouble() + 2500) < 1e-6);
            QCOMPARE(sent["z"].toDouble(), 3000.);
            QCOMPARE(sent["a"].toDouble(), 0.1);
            QCOMPARE(sent.size(), 5);
        }
        // Beyond its limits, along what stays, to nowhere: refused before anything is sent.
        for (const StageTarget &target : {StageTarget{{StageAxis::X, 6e-6}},
                                          {{StageAxis::Z, 0}},
                                          {{StageAxis::Beta, 1}},
                                          {{StageAxis::X, std::nan("")}},
                                          {}})
            QVERIFY(!sentenceOf([&] { driver.moveStage(target); }).isEmpty());
        driver.abort();
        QVERIFY(sentenceOf([&] { driver.moveStage({{StageAxis::X, 0}}); }).contains("aborted"));
        driver.resume();
        const std::lock_guard lock(server.mutex);
        QCOMPARE(server.moves.size(), 1);
    }

    void dtMicroscopesStageIsFollowedWhereOthersMoveIt()
    {
        DtServer server;
        const Told told("m,deg");
        DtMicroscope driver(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
        QCOMPARE(driver.stage()->axes.size(), std::size_t(2)); // no limits told: a short way
        QVERIFY(std::abs(driver.stage()->find(StageAxis::X)->highest - 11e-6) < 1e-12);
        {
            const std::lock_guard lock(server.mutex);
            server.stage[0] = 4e-6;
        }
        driver.survey(unwatched());
        QVERIFY(std::abs(driver.stage()->position(StageAxis::X) - 4e-6) < 1e-12);
    }

    void dtMicroscopesStageIsNotBelieved()
    {
        const Told told("m,deg");
        DtServer server;
        {
            DtMicroscope driver(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
            const auto set = [&server](bool &flag, bool to) {
                const std::lock_guard lock(server.mutex);
                flag = to;
            };
            set(server.pretends, true);
            QVERIFY(sentenceOf([&] {
                        driver.moveStage({{StageAxis::X, 2e-6}});
                    }).contains("was asked for"));
            QVERIFY(sentenceOf([&] {
                        driver.moveStage({{StageAxis::X, 1.01e-6}});
                    }).contains("was asked for"));
            set(server.pretends, false);
            // Of a connection that ends on the way nobody knows: it is not asked again.
            set(server.cutsMoves, true);
            QVERIFY(sentenceOf([&] {
                        driver.moveStage({{StageAxis::X, 2e-6}});
                    }).contains("may have moved"));
            set(server.cutsMoves, false);
            // An abort ends the waiting, and says what it does not end.
            set(server.hangs, true);
            std::thread aborting([&] {
                for (bool isAsked = false; !isAsked;) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    const std::lock_guard lock(server.mutex);
                    isAsked = server.moves.size() == 4;
                }
                driver.abort();
            });
            QVERIFY(sentenceOf([&] {
                        driver.moveStage({{StageAxis::X, 2e-6}});
                    }).contains("may have moved"));
            aborting.join();
            const std::lock_guard lock(server.mutex);
            QCOMPARE(server.moves.size(), 4);
        }
        // Answers that cannot be: the rest of the instrument works all the same.
        for (const QJsonValue &answer :
             {QJsonValue(QJsonArray{1, 2}), QJsonValue("here"), QJsonValue(QJsonObject{{"x", 1}}),
              QJsonValue(QJsonArray{0, 0, "0", 0, 0}), QJsonValue(QJsonArray{0, 2, 0, 0, 0}),
              QJsonValue(QJsonArray{0, 0, 0, 400, 0}), QJsonValue(QJsonArray{1e300, 0, 0, 0, 0})}) {
            DtServer odd;
            odd.stageAnswer = answer;
            DtMicroscope driver(at(odd.raw.port(), InstrumentAddress::Protocol::DtMicroscope));
            QVERIFY(!driver.stage() && !capabilityOf(driver, "Stage").isThere);
            QCOMPARE(driver.survey(unwatched()).image(1, 2), 6.f);
        }
    }

    void unitsOfAStageAreToldPlainly()
    {
        QVERIFY(!StageUnits::parse(" "));
        QCOMPARE(StageUnits::parse("m,deg")->factors, (std::array<double, 5>{1, 1, 1, 1, 1}));
        QCOMPARE(StageUnits::parse("nm,deg,-x")->factors[0], -1e-9);
        for (const char *text : {"m", "deg,m", "mm,deg", "m,deg,x", "m,deg,-z", "m;deg", "m,deg,"})
            QVERIFY2(sentenceOf([&] { StageUnits::parse(text); }).contains("such as m,deg"), text);
    }

    void dtMicroscopeNoticesThatPyroHasItsPort()
    {
        RawServer server([](const QByteArray &heard) {
            return RawServer::Said{heard.size(), QByteArray("PYRO\x01\xf6", 6), false};
        });
        const QString sentence = sentenceOf([&] {
            DtMicroscope driver(at(server.port(), InstrumentAddress::Protocol::DtMicroscope));
        });
        QVERIFY2(sentence.contains("pyro://"), qPrintable(sentence));
    }

    void pyroSpeaksItsHeaderByteByByte()
    {
        PyroServer server;
        Pyro driver(at(server.raw.port(), InstrumentAddress::Protocol::Pyro));
        const QByteArray head = server.firstBytes;
        QCOMPARE(head.left(12).toHex(), QByteArray("5059524f" // PYRO
                                                   "01f6"     // 502
                                                   "01"       // CONNECT
                                                   "02"       // JSON
                                                   "0000"     // flags
                                                   "0000"));  // sequence
        QCOMPARE(head.mid(36).toHex(), QByteArray("00004dc5"));
        QCOMPARE(driver.limits().rows, 2);
        QCOMPARE(driver.limits().cols, 3);
        QCOMPARE(driver.energies().channels(), 2);
        QCOMPARE(driver.survey(unwatched()).image(1, 1), 4.f);
        // Its x is the array's first index, which is our row.
        QCOMPARE(driver.measure({1, 2}, 0.1).spectrum[0], 102.f);
        QCOMPARE(server.lastParams, (QJsonArray{"Channel_001", 1, 2}));
    }

    void pyroTellsWhatTheServerRaised()
    {
        PyroServer server;
        server.hasData = false;
        const QString sentence = sentenceOf(
            [&] { Pyro driver(at(server.raw.port(), InstrumentAddress::Protocol::Pyro)); });
        QVERIFY2(sentence.contains("register its data") && sentence.contains("no attribute"),
                 qPrintable(sentence));
    }

    void pyroReadsNothingButJson()
    {
        for (const auto &[serializer, flags, word] :
             {std::tuple(quint8(1), quint16(0), "serializer"), {2, 2, "COMPRESSION"}}) {
            PyroServer server;
            server.serializer = serializer;
            server.flags = flags;
            const QString sentence = sentenceOf(
                [&] { Pyro driver(at(server.raw.port(), InstrumentAddress::Protocol::Pyro)); });
            QVERIFY2(sentence.contains(word), qPrintable(sentence));
        }
    }

    void arraysOfOthersAreChecked()
    {
        QList<qint64> shape;
        const auto parsed = [&shape](const char *json) {
            return numbersOf(QJsonDocument::fromJson(json).array(), &shape);
        };
        QCOMPARE(parsed("[[[1,2],[3,4]],[2,2],\"int8\"]"), (std::vector<float>{1, 2, 3, 4}));
        QCOMPARE(shape, (QList<qint64>{2, 2}));
        QCOMPARE(parsed("[5,6]"), (std::vector<float>{5, 6}));
        QVERIFY_EXCEPTION_THROWN(parsed("[[[1,2],[3]],[2,2],\"int8\"]"), Error);
        QVERIFY_EXCEPTION_THROWN(parsed("[[\"a\"],[1],\"str\"]"), Error);
        QVERIFY_EXCEPTION_THROWN(parsed("[[1],[1e300],\"int8\"]"), Error);
        QVERIFY_EXCEPTION_THROWN(parsed("[[[[[[[[[[[1]]]]]]]]]]]"), Error);
        QVERIFY_EXCEPTION_THROWN(numbersOf(QJsonValue(), &shape), Error);
    }

    void aTranscriptIsKeptWhereItIsAskedFor()
    {
        QTemporaryDir folder;
        const QString file = folder.filePath("transcript");
        qputenv("HELMSCOPE_INSTRUMENT_TRANSCRIPT", file.toUtf8());
        {
            DtServer server;
            openInstrument(at(server.raw.port(), InstrumentAddress::Protocol::DtMicroscope))
                ->survey(unwatched());
        }
        qunsetenv("HELMSCOPE_INSTRUMENT_TRANSCRIPT");
        QFile in(file);
        QVERIFY(in.open(QIODevice::ReadOnly));
        const QByteArray all = in.readAll();
        QVERIFY2(all.contains(" > ") && all.contains("acquire_image") && all.contains(" < "), all);
    }

    void foreignProtocolsAreNotSpokenAcrossTheNetwork()
    {
        const QString sentence =
            sentenceOf([] { openInstrument(InstrumentAddress::parse("pyro://192.0.2.1:9091")); });
        QVERIFY2(sentence.contains("tunnel"), qPrintable(sentence));
    }
};

QTEST_GUILESS_MAIN(TestDrivers)
#include "tst_drivers.moc"
