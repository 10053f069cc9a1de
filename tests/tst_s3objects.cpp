// SPDX-License-Identifier: GPL-3.0-or-later
// httplib before Qt: system headers define what Qt's do not mind.
#include "s3site.h"

#include "killedpush.h"

#include "federation/objects/s3signature.h"

using namespace helmscope;

namespace {

ObjectRemote s3Remote(const QString &endpoint, const QString &url = "s3://lab-data/stem (1)/+")
{
    ObjectRemote remote = objectRemote(url);
    remote.remote.options = {{"endpointurl", endpoint}, {"region", "eu-central-1"}};
    remote.credentials.accessKey = "AKIDEXAMPLE";
    remote.credentials.secretKey = "secret/KEY+example";
    return remote;
}

QByteArray keyOf(const QString &name)
{
    return "stem (1)/+/" + objectPath(name).toLatin1();
}

} // namespace

class TestS3Objects : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    void signsAsAwsPublished_data()
    {
        using Pairs = std::vector<std::pair<QByteArray, QByteArray>>;
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<Pairs>("query");
        QTest::addColumn<Pairs>("headers");
        QTest::addColumn<QByteArray>("payload");
        QTest::addColumn<QByteArray>("signature");
        const QByteArray empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        QTest::newRow("GET object")
            << QByteArray("GET") << QByteArray("/test.txt") << Pairs{}
            << Pairs{{"range", "bytes=0-9"}} << empty
            << QByteArray("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        QTest::newRow("PUT object")
            << QByteArray("PUT") << s3Encoded("/test$file.text", true) << Pairs{}
            << Pairs{{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}
            << QByteArray("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
            << QByteArray("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
        QTest::newRow("GET lifecycle")
            << QByteArray("GET") << QByteArray("/") << Pairs{{"lifecycle", ""}} << Pairs{} << empty
            << QByteArray("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
        QTest::newRow("list objects")
            << QByteArray("GET") << QByteArray("/") << Pairs{{"prefix", "J"}, {"max-keys", "2"}}
            << Pairs{} << empty
            << QByteArray("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    }
    void signsAsAwsPublished()
    {
        using Pairs = std::vector<std::pair<QByteArray, QByteArray>>;
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, path);
        QFETCH(Pairs, query);
        QFETCH(Pairs, headers);
        QFETCH(QByteArray, payload);
        QFETCH(QByteArray, signature);
        S3Signing signing;
        signing.method = method;
        signing.host = "examplebucket.s3.amazonaws.com";
        signing.path = path;
        signing.query = query;
        signing.headers = headers;
        signing.region = "us-east-1";
        signing.payload = payload;
        signing.time = QDateTime({2013, 5, 24}, {0, 0}, Qt::UTC);
        Credentials credentials;
        credentials.accessKey = "AKIAIOSFODNN7EXAMPLE";
        credentials.secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        const Pairs made = s3Headers(signing, credentials);
        QCOMPARE(made.back().first, QByteArray("Authorization"));
        QVERIFY2(made.back().second.endsWith(",Signature=" + signature),
                 made.back().second.constData());
    }

    void goesAndComesBack_data()
    {
        QTest::addColumn<QString>("addressing");
        QTest::newRow("path") << QString();
        QTest::newRow("virtual host") << "virtual";
    }
    void goesAndComesBack()
    {
        QFETCH(QString, addressing);
        const SampleCache here, there;
        S3Site site("lab-data");
        ObjectRemote remote = s3Remote(QStringLiteral("http://localhost:%1").arg(site.site.port()));
        if (!addressing.isEmpty())
            remote.remote.options["addressing"] = addressing;
        const QString large = here.add(noise(40'000'000)), empty = here.add({});
        const QString folder = here.addFolder({{"a", "one"}, {"b", "two"}});
        const QStringList all{large, empty, folder};
        openObjectStore(remote)->reach(unwatched());
        const TransferOutcome went = push(remote, here, all);
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QCOMPARE(site.lastHost.startsWith("lab-data."), !addressing.isEmpty());
        QCOMPARE(site.parts.load(), 3);
        QCOMPARE(site.objects().size(), 5);
        QVERIFY(site.objects().value(keyOf(large)) == here.content(large));
        QVERIFY(planUpload(remote, here.path(), all, unwatched()).toMove.empty());
        // A part of it is here already.
        SampleCache::write(there.path() + "/partial/" + large, here.content(large).left(1'000'000));
        const TransferOutcome came = pull(remote, there, all);
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        for (const QString &name : all)
            QVERIFY(there.content(name) == here.content(name));
        QCOMPARE(site.refused.load(), 0);
    }

    void anUploadGoesOnAfterTenKills()
    {
        const SampleCache here;
        S3Site site("lab-data");
        constexpr qint64 bytes = 250'000'000; // 15 parts
        const QString name = here.add(noise(bytes));
        pushThroughTenKills(site.site.url(), here, name, bytes,
                            [&] { return site.received.load(); });
        QCOMPARE(site.uploads.load(), 1); // the same one, again and again
        QCOMPARE(site.parts.load(), 15);  // each part once
        QVERIFY(site.objects().value(keyOf(name)) == here.content(name));
    }

    void wrongClocksAreMended()
    {
        const SampleCache here;
        S3Site site("lab-data");
        site.clockAheadSeconds = 86'400; // a day
        const QString name = here.add("x");
        const TransferOutcome went = push(s3Remote(site.site.url()), here, {name});
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QVERIFY(site.refused > 0);
    }

    void sessionsAreSigned()
    {
        const SampleCache here;
        S3Site site("lab-data");
        site.sessionToken = "session/token==";
        ObjectRemote remote = s3Remote(site.site.url());
        remote.credentials.sessionToken = "session/token==";
        QVERIFY(push(remote, here, {here.add("x")}).isComplete());
        remote.credentials.sessionToken = "old";
        const QString said = thrownBy([&] { openObjectStore(remote)->reach(unwatched()); });
        QVERIFY2(said.contains("session"), qPrintable(said));
    }

    void refusalsAreSaid()
    {
        const SampleCache here;
        S3Site site("lab-data");
        const auto sentence = [&](const ObjectRemote &remote) {
            return thrownBy([&] { openObjectStore(remote)->reach(unwatched()); });
        };
        ObjectRemote remote = s3Remote(site.site.url());
        remote.credentials.secretKey = "wrong";
        QVERIFY2(sentence(remote).contains("access key"), qPrintable(sentence(remote)));
        QVERIFY(!sentence(remote).contains("wrong"));
        remote = s3Remote(site.site.url());
        remote.remote.options["region"] = "us-west-2";
        QVERIFY2(sentence(remote).contains("region us-west-2"), qPrintable(sentence(remote)));
        remote = s3Remote(site.site.url(), "s3://another/x");
        QVERIFY2(sentence(remote).contains("no bucket another"), qPrintable(sentence(remote)));
        remote = s3Remote("http://me:secret@localhost");
        QVERIFY(sentence(remote).contains("endpointurl"));
        QVERIFY(!sentence(remote).contains("secret"));
    }

    void whatArrivedOtherwiseIsFound()
    {
        const SampleCache here;
        S3Site site("lab-data");
        site.hasWrongTags = true;
        const TransferOutcome went = push(s3Remote(site.site.url()), here, {here.add("x")});
        QVERIFY2(sentencesOf(went).contains("with other bytes"), qPrintable(sentencesOf(went)));

        site.hasWrongTags = false;
        const QString name = SampleCache::md5Of("right");
        site.put(keyOf(name), "wrong");
        const TransferOutcome came = pull(s3Remote(site.site.url()), here, {name});
        QVERIFY2(sentencesOf(came).contains("damaged at the remote"),
                 qPrintable(sentencesOf(came)));
    }

    void aCompletionThatFailsIsTriedAgain()
    {
        const SampleCache here;
        S3Site site("lab-data");
        site.failsAtCompletion = 1;
        const QString name = here.add(noise(20'000'000));
        const TransferOutcome went = push(s3Remote(site.site.url()), here, {name});
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QCOMPARE(site.parts.load(), 2);
        QVERIFY(site.objects().value(keyOf(name)) == here.content(name));
    }

    void aDamagedFileIsNotPutTogether()
    {
        const SampleCache here;
        S3Site site("lab-data");
        const QByteArray content = noise(20'000'000);
        const QString name = here.add(content);
        SampleCache::write(objectInCache(here.path(), name), content.left(19'999'999) + 'x');
        const TransferOutcome went = push(s3Remote(site.site.url()), here, {name});
        QVERIFY2(sentencesOf(went).contains("is damaged"), qPrintable(sentencesOf(went)));
        QVERIFY(site.objects().isEmpty());
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (isPusher(argc, argv))
        return pusher(argv, [](ObjectRemote &remote) { remote = s3Remote(remote.remote.url); });
    TestS3Objects test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_s3objects.moc"
