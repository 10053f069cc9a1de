// SPDX-License-Identifier: GPL-3.0-or-later
// The native protocol's parts: frames, messages, arrays, addresses, tokens, the lease.
#include "base/error.h"
#include "instrument/protocol/address.h"
#include "instrument/protocol/arrayframe.h"
#include "instrument/protocol/lease.h"
#include "instrument/protocol/message.h"
#include "instrument/protocol/netstring.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace helmscope;

namespace {

template <class Act>
Refusal refusalOf(Act act)
{
    try {
        act();
    } catch (const Refused &refused) {
        return refused.code();
    }
    return Refusal(0);
}

} // namespace

class TestProtocol : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aFrameComesBackHoweverItIsCut()
    {
        const QByteArray payloads[]{"", "a", "12:hello,", QByteArray(1000, '\0')};
        QByteArray stream;
        for (const QByteArray &payload : payloads)
            stream += netstring(payload);
        QCOMPARE(netstring("hello"), QByteArray("5:hello,"));
        NetstringReader reader;
        QList<QByteArray> found;
        for (const char byte : stream) {
            reader.append(QByteArray(1, byte));
            while (const auto payload = reader.next())
                found << *payload;
        }
        QCOMPARE(found, QList<QByteArray>(std::begin(payloads), std::end(payloads)));
        QCOMPARE(reader.pending(), 0);
    }

    void whatIsNoFrameIsRefused_data()
    {
        QTest::addColumn<QByteArray>("stream");
        QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\n");
        QTest::newRow("no length") << QByteArray(":a,");
        QTest::newRow("leading zero") << QByteArray("01:a,");
        QTest::newRow("negative") << QByteArray("-1:a,");
        QTest::newRow("no comma") << QByteArray("1:ab");
        QTest::newRow("too long by its length") << QByteArray("101:");
        QTest::newRow("overflowing") << QByteArray("99999999999999999999");
        QTest::newRow("pyro") << QByteArray("PYRO\x01\xf6");
    }
    void whatIsNoFrameIsRefused()
    {
        QFETCH(QByteArray, stream);
        NetstringReader reader;
        reader.setLargest(100);
        reader.append(stream);
        QVERIFY_EXCEPTION_THROWN(reader.next(), Error);
    }

    void messagesComeBack()
    {
        const Message request = Message::request(7, "scan.image", {{"lease", "abc"}});
        const Message back = Message::fromJson(request.toJson());
        QCOMPARE(back.kind, Message::Kind::Request);
        QCOMPARE(back.id.toInt(), 7);
        QCOMPARE(back.method, QString("scan.image"));
        QCOMPARE(back.params, request.params);
        QCOMPARE(Message::fromJson(Message::notification("state", {}).toJson()).kind,
                 Message::Kind::Notification);
        const Message failure =
            Message::fromJson(Message::refusal(7, Refusal::Busy, "Ask again.").toJson());
        QCOMPARE(failure.kind, Message::Kind::Failure);
        QCOMPARE(failure.code, -32014);
        QCOMPARE(failure.failure, QString("Ask again."));
        const Message result = Message::fromJson(Message::answer("x", {{"a", 1}}).toJson());
        QCOMPARE(result.id.toString(), QString("x"));
        QCOMPARE(result.result["a"].toInt(), 1);
    }

    void whatIsNoMessageIsRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<int>("code");
        QTest::newRow("no JSON") << QByteArray("{") << -32700;
        QTest::newRow("deep") << QByteArray(QByteArray("{\"a\":").repeated(33) + "1" +
                                            QByteArray("}").repeated(33))
                              << -32700;
        QTest::newRow("a list") << QByteArray("[]") << -32600;
        QTest::newRow("version 1") << QByteArray(R"({"id":1,"method":"hello"})") << -32600;
        QTest::newRow("params by place")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":[1]})") << -32600;
        QTest::newRow("id is a list")
            << QByteArray(R"({"jsonrpc":"2.0","id":[],"method":"hello"})") << -32600;
        QTest::newRow("method is a number")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":2})") << -32600;
        QTest::newRow("result without id")
            << QByteArray(R"({"jsonrpc":"2.0","result":{}})") << -32600;
    }
    void whatIsNoMessageIsRefused()
    {
        QFETCH(QByteArray, json);
        QFETCH(int, code);
        QCOMPARE(int(refusalOf([&json] { Message::fromJson(json); })), code);
    }

    void bracketsInTextsDoNotCountAsNesting()
    {
        const QByteArray json =
            R"({"jsonrpc":"2.0","method":"m","params":{"t":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}})";
        QCOMPARE(Message::fromJson(json).method, QString("m"));
    }

    void arraysComeBackAndDamageIsNoticed()
    {
        Map map(2, 3);
        map << 1, 2, 3, 4, 5, 6.5f;
        ArrayFrame frame = ArrayFrame::of(map, "counts");
        QCOMPARE(frame.header["units"].toString(), QString("counts"));
        QVERIFY(ArrayFrame::isAnnouncedBy(frame.header));
        QVERIFY((frame.map() == map).all());
        QCOMPARE(frame.bytes.size(), 24);
        frame.bytes[5] = char(frame.bytes[5] ^ 1);
        QVERIFY_EXCEPTION_THROWN(frame.map(), Error);
        frame = ArrayFrame::of(map, "counts");
        frame.bytes.chop(4);
        QVERIFY_EXCEPTION_THROWN(frame.map(), Error);
        QVERIFY_EXCEPTION_THROWN(
            ArrayFrame::of(Eigen::VectorXf(Eigen::VectorXf::Ones(4)), "1").map(), Error);
    }

    void integersOfOthersAreUnderstood()
    {
        ArrayFrame frame;
        frame.bytes = QByteArray("\x01\x00\xff\xff", 4);
        frame.header = {{"dtype", "uint16"}, {"shape", QJsonArray{2}}};
        QCOMPARE(frame.floats(), (std::vector<float>{1, 65535}));
        frame.header["dtype"] = "int16";
        QCOMPARE(frame.floats(), (std::vector<float>{1, -1}));
        frame.header["dtype"] = "object";
        QVERIFY_EXCEPTION_THROWN(frame.floats(), Error);
    }

    void absurdShapesAreRefusedBeforeTheyCost_data()
    {
        QTest::addColumn<QJsonArray>("shape");
        QTest::newRow("none") << QJsonArray();
        QTest::newRow("zero") << QJsonArray{0};
        QTest::newRow("negative") << QJsonArray{-4, 4};
        QTest::newRow("broken") << QJsonArray{1.5};
        QTest::newRow("a text") << QJsonArray{"4"};
        QTest::newRow("huge") << QJsonArray{1 << 24, 1 << 24, 1 << 24};
        QTest::newRow("four sides") << QJsonArray{1, 1, 1, 1};
    }
    void absurdShapesAreRefusedBeforeTheyCost()
    {
        QFETCH(QJsonArray, shape);
        QVERIFY_EXCEPTION_THROWN(ArrayFrame::shapeOf({{"shape", shape}}, 1 << 20), Error);
    }

    void addressesAreRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("back"); // empty: refused
        QTest::newRow("plain") << "localhost:7117"
                               << "localhost:7117";
        QTest::newRow("remote is encrypted") << "stem.lab:7117"
                                             << "tls://stem.lab:7117";
        QTest::newRow("six") << "[::1]:80"
                             << "[::1]:80";
        QTest::newRow("pyro") << "pyro://127.0.0.1:9091"
                              << "pyro://127.0.0.1:9091";
        QTest::newRow("no port") << "localhost"
                                 << "";
        QTest::newRow("port 0") << "localhost:0"
                                << "";
        QTest::newRow("port too large") << "localhost:70000"
                                        << "";
        QTest::newRow("pickle") << "zmq://localhost:5555"
                                << "";
        QTest::newRow("blanks") << "a b:1"
                                << "";
    }
    void addressesAreRead()
    {
        QFETCH(QString, text);
        QFETCH(QString, back);
        if (back.isEmpty()) {
            QVERIFY_EXCEPTION_THROWN(InstrumentAddress::parse(text), Error);
            return;
        }
        const InstrumentAddress address = InstrumentAddress::parse(text);
        QCOMPARE(address.text(), back);
        QVERIFY(InstrumentAddress::parse(back) == address);
        QVERIFY(InstrumentAddress::fromJson(address.toJson(), "test") == address);
    }

    void aTokenThatOthersCanReadIsRefused()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath("token"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("0123456789abcdef0123\n");
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup);
        QVERIFY_EXCEPTION_THROWN(readToken(file.fileName()), Error);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        QCOMPARE(readToken(file.fileName()), QString("0123456789abcdef0123"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("short");
        file.close();
        QVERIFY_EXCEPTION_THROWN(readToken(file.fileName()), Error);
        QVERIFY_EXCEPTION_THROWN(readToken(folder.filePath("none")), Error);
    }

    void aKeptTokenIsForItsOwnerOnly()
    {
        QTemporaryDir folder;
        qputenv("XDG_CONFIG_HOME", folder.path().toUtf8());
        const InstrumentAddress address = InstrumentAddress::parse("stem.lab:7117");
        QCOMPARE(tokenFor(address), QString());
        keepToken(address, "0123456789abcdef");
        QCOMPARE(tokenFor(address), QString("0123456789abcdef"));
        QVERIFY(!(QFile::permissions(tokenFileOf(address)) &
                  (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther)));
        keepToken(address, {});
        QCOMPARE(tokenFor(address), QString());
    }

    void aLeaseHasOneOwner()
    {
        Lease lease;
        QCOMPARE(refusalOf([&] { lease.check({}, 0); }), Refusal::NoLease);
        const QString id = lease.acquire("one", 5, 0);
        QCOMPARE(id.size(), 32);
        QVERIFY(lease.isHeldBy(id));
        QCOMPARE(refusalOf([&] { lease.acquire("two", 5, 1); }), Refusal::LeaseHeld);
        QCOMPARE(refusalOf([&] { lease.check("guess", 1); }), Refusal::NoLease);
        lease.check(id, 4.9);
        lease.renew(id, 4.9);
        lease.check(id, 9.8);
        lease.release(id, 9.8);
        QVERIFY(lease.acquire("two", 5, 9.8) != id);
    }

    void aLeaseEndsWithItsTime()
    {
        Lease lease;
        const QString id = lease.acquire("one", 5, 0);
        QVERIFY(!lease.expire(4.999));
        QCOMPARE(refusalOf([&] { lease.check(id, 5); }), Refusal::NoLease);
        QCOMPARE(refusalOf([&] { lease.renew(id, 5); }), Refusal::NoLease);
        QVERIFY(lease.expire(5));
        QVERIFY(!lease.expire(6));
        lease.acquire("two", 5, 6);
        QCOMPARE(lease.owner(), QString("two"));
    }

    void timesToLiveAreBroughtIntoTheirRange()
    {
        for (const auto &[asked, given] :
             {std::pair(0., 0.5), {-1., 0.5}, {std::nan(""), 0.5}, {7., 7.}, {1e9, 300.}}) {
            Lease lease;
            lease.acquire("one", asked, 0);
            QCOMPARE(lease.timeToLive(), given);
        }
    }

    void anAbortedLeaseSaysSo()
    {
        Lease lease;
        const QString id = lease.acquire("one", 5, 0);
        lease.revoke();
        QCOMPARE(refusalOf([&] { lease.check(id, 1); }), Refusal::Aborted);
        QVERIFY(!lease.isHeld());
        lease.acquire("one", 5, 1);
    }
};

QTEST_GUILESS_MAIN(TestProtocol)
#include "tst_protocol.moc"
