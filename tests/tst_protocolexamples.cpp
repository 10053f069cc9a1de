// SPDX-License-Identifier: GPL-3.0-or-later
// What PROTOCOL.md says is what our server does; and the same through TLS.
#include "instrumentfixtures.h"

#include <QJsonArray>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

/// Why what was said is not what was expected; empty: it is. "*" is anything, "$name" is kept.
QString difference(const QJsonValue &expected, const QJsonValue &said, const QString &where,
                   QHash<QString, QString> &kept)
{
    if (expected.isString() && expected.toString() == "*")
        return said.isUndefined() ? where + " is missing" : QString();
    if (expected.isString() && expected.toString().startsWith('$')) {
        kept[expected.toString()] = said.toString();
        return said.toString().isEmpty() ? where + " is empty" : QString();
    }
    if (!expected.isObject())
        return expected == said ? QString() : where + " differs";
    const QJsonObject one = expected.toObject(), other = said.toObject();
    if (one.keys() != other.keys())
        return QStringLiteral("%1 has %2, expected %3")
            .arg(where, other.keys().join(' '), one.keys().join(' '));
    for (auto it = one.begin(); it != one.end(); ++it)
        if (const QString found = difference(*it, other[it.key()], where + '.' + it.key(), kept);
            !found.isEmpty())
            return found;
    return {};
}

QByteArray nextFrame(QTcpSocket &socket, NetstringReader &reader)
{
    for (;;) {
        if (const auto payload = reader.next())
            return *payload;
        if (!socket.waitForReadyRead(5000))
            return {};
        reader.append(socket.readAll());
    }
}

} // namespace

class TestProtocolExamples : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyExampleOfTheDocumentIsWhatTheServerDoes()
    {
        QFile document(HELMSCOPE_SOURCE "/core/instrument/PROTOCOL.md");
        QVERIFY(document.open(QIODevice::ReadOnly));
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, quint16(served.port()));
        QVERIFY(socket.waitForConnected(5000));
        NetstringReader reader;
        QHash<QString, QString> kept;
        bool isWire = false;
        int sent = 0;
        while (!document.atEnd()) {
            QString line = QString::fromUtf8(document.readLine()).trimmed();
            if (line.startsWith("```"))
                isWire = line == "```wire";
            if (!isWire || line.size() < 3 || line.startsWith("```"))
                continue;
            if (line[0] == '>') {
                for (auto it = kept.begin(); it != kept.end(); ++it)
                    line.replace(it.key(), *it);
                socket.write(netstring(line.mid(2).toUtf8()));
                ++sent;
                continue;
            }
            const QByteArray frame = nextFrame(socket, reader);
            if (line.startsWith("< (")) {
                QCOMPARE(line, QStringLiteral("< (%1 bytes)").arg(frame.size()));
                continue;
            }
            const QJsonObject expected = QJsonDocument::fromJson(line.mid(2).toUtf8()).object();
            QVERIFY2(!expected.isEmpty(), qPrintable(line));
            const QString found = difference(expected, QJsonDocument::fromJson(frame).object(),
                                             expected["id"].toVariant().toString(), kept);
            QVERIFY2(found.isEmpty(), qPrintable(found + '\n' + frame));
        }
        QVERIFY(sent >= 17);
    }

    void theSameThroughTls()
    {
        const QString openssl = QStandardPaths::findExecutable("openssl");
        if (openssl.isEmpty())
            QSKIP("There is no openssl to make a certificate with.");
        QTemporaryDir folder;
        const QString certificate = folder.filePath("cert.pem"), key = folder.filePath("key.pem");
        QProcess make;
        make.start(openssl,
                   {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"});
        QVERIFY(make.waitForFinished(20'000));
        QCOMPARE(make.exitCode(), 0);
        InstrumentServer::Settings settings;
        settings.certificateFile = certificate;
        settings.keyFile = key;
        settings.host = "0.0.0.0"; // with both, others may come
        settings.service.token = "0123456789abcdef";
        ServedInstrument served(std::make_unique<ClosedForm>(), settings);
        RemoteMicroscope::Settings client = clientOf(served.port());
        client.token = settings.service.token;
        client.address.isTls = true;
        client.address.authorityFile = certificate;
        RemoteMicroscope remote(client);
        QCOMPARE(remote.measure({1, 2}, 1e-3).spectrum[1], 121.f);

        // A certificate that nobody vouches for is refused, and so is one for another name.
        client.address.authorityFile.clear();
        QVERIFY_EXCEPTION_THROWN(RemoteMicroscope{client}, Error);
        client.address.authorityFile = certificate;
        client.address.host = "127.0.0.2";
        QVERIFY_EXCEPTION_THROWN(RemoteMicroscope{client}, Error);
        // Without TLS the encrypted server is not understood.
        client.address = onLoopback(served.port());
        client.connectSeconds = 1;
        QVERIFY_EXCEPTION_THROWN(RemoteMicroscope{client}, Error);
    }
};

QTEST_GUILESS_MAIN(TestProtocolExamples)
#include "tst_protocolexamples.moc"
