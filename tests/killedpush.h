// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "objectsamples.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>

#include <cstdio>

namespace helmscope {

/// A test program that pushes when it is started with --push: the one that is killed.
inline bool isPusher(int argc, char **argv)
{
    return argc >= 5 && QByteArray(argv[1]) == "--push";
}

inline int pusher(char **argv, const std::function<void(ObjectRemote &)> &prepare = {})
{
    ObjectRemote remote = objectRemote(QString::fromUtf8(argv[2]));
    if (prepare)
        prepare(remote);
    const QString cache = QString::fromUtf8(argv[3]);
    try {
        const TransferPlan plan =
            planUpload(remote, cache, {QString::fromUtf8(argv[4])}, unwatched());
        const TransferOutcome outcome = upload(remote, cache, plan, unwatched());
        std::fprintf(stderr, "%s", qPrintable(sentencesOf(outcome)));
        return outcome.isComplete() ? 0 : 1;
    } catch (const Error &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}

/// Starts a push ten times and kills it each time when the server has got a random part of what is
/// left; then once to its end. `received` says how much the server has seen.
inline void pushThroughTenKills(const QString &url, const SampleCache &cache, const QString &name,
                                qint64 bytes, const std::function<qint64()> &received)
{
    QRandomGenerator random(7);
    int killed = 0;
    for (int i = 0; i < 10; ++i) {
        const qint64 before = received();
        QProcess push;
        push.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        push.start(QCoreApplication::applicationFilePath(), {"--push", url, cache.path(), name});
        QVERIFY(push.waitForStarted());
        const qint64 enough = before + 1 + random.bounded(int(bytes / 12));
        QElapsedTimer clock;
        clock.start();
        while (received() < enough && push.state() == QProcess::Running && clock.elapsed() < 30'000)
            push.waitForFinished(1);
        QVERIFY2(push.state() == QProcess::Running, "it was done before it was killed");
        push.kill();
        QVERIFY(push.waitForFinished(10'000));
        ++killed;
    }
    QCOMPARE(killed, 10);
    QProcess push;
    push.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    push.start(QCoreApplication::applicationFilePath(), {"--push", url, cache.path(), name});
    QVERIFY(push.waitForFinished(120'000));
    QCOMPARE(push.exitCode(), 0);
}

} // namespace helmscope
