// SPDX-License-Identifier: GPL-3.0-or-later
// Drives helmscope-cli as a user would.
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QProcessEnvironment>

namespace helmscope {

inline constexpr int longestMs = 120'000; // also under the sanitizers, on a busy machine

struct Result
{
    int code = -1;
    QByteArray out, err;

    const QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

inline void begin(QProcess &process, const QStringList &arguments)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("OMP_NUM_THREADS", "1");
    process.setProcessEnvironment(environment);
    process.start(HELMSCOPE_BINARIES "/helmscope-cli", arguments);
}

inline Result cli(const QStringList &arguments)
{
    QProcess process;
    begin(process, arguments);
    Result result;
    if (process.waitForFinished(longestMs) && process.exitStatus() == QProcess::NormalExit)
        result.code = process.exitCode();
    result.out = process.readAllStandardOutput();
    result.err = process.readAllStandardError();
    return result;
}

} // namespace helmscope
