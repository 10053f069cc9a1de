// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sshserver.h"

#include <QLocalSocket>
#include <QTemporaryDir>

/// OpenSSH's agent with a socket of its own, for as long as this lives; this process asks it.
class RunningAgent
{
public:
    RunningAgent()
    {
        m_process.start("ssh-agent", {"-D", "-a", socket()});
        if (!m_process.waitForStarted(5000))
            return;
        // The socket's file is there before the agent listens: only a connection tells.
        for (int i = 0; i < 250 && !m_isRunning; ++i) {
            QLocalSocket probe;
            probe.connectToServer(socket());
            m_isRunning = probe.waitForConnected(1000);
            if (!m_isRunning && m_process.waitForFinished(20))
                return;
        }
        qputenv("SSH_AUTH_SOCK", socket().toUtf8());
    }
    ~RunningAgent()
    {
        qunsetenv("SSH_AUTH_SOCK");
        m_process.kill();
        m_process.waitForFinished(5000);
    }
    bool isRunning() const { return m_isRunning; }
    /// Empty: done. Otherwise what ssh-add says.
    QString add(const QString &keyFile) const { return sshAdd({"-q", keyFile}); }
    QString clear() const { return sshAdd({"-q", "-D"}); }

private:
    QString socket() const { return m_folder.filePath("agent"); }
    QString sshAdd(const QStringList &arguments) const
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start("ssh-add", arguments);
        if (process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit &&
            process.exitCode() == 0)
            return {};
        return QStringLiteral("ssh-add (%1, exit %2): ")
                   .arg(process.errorString())
                   .arg(process.exitCode()) +
               QString::fromUtf8(process.readAll());
    }

    QTemporaryDir m_folder;
    QProcess m_process;
    bool m_isRunning = false;
};
