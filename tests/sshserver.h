// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

/// Debian's sshd on the loopback, with keys of its own; stops with it. Needs nothing of the user's.
class SshServer
{
public:
    /// Empty: it runs. Otherwise why it cannot.
    QString start()
    {
        const QString program = "/usr/sbin/sshd";
        if (!QFileInfo::exists(program))
            return "openssh-server is not installed";
        if (!makeKey("host") || !makeKey("user") || !makeKey("other"))
            return "ssh-keygen cannot make keys";
        if (::getuid() == 0 && !QDir().mkpath("/run/sshd"))
            return "/run/sshd cannot be made";
        QTcpServer free;
        if (!free.listen(QHostAddress::LocalHost))
            return "no port is free";
        m_port = free.serverPort();
        free.close();
        QFile::copy(file("user.pub"), file("authorized"));
        write("config", QStringLiteral("Port %1\nListenAddress 127.0.0.1\nHostKey %2/host\n"
                                       "AuthorizedKeysFile %2/authorized\nPidFile none\n"
                                       "UsePAM no\nStrictModes no\nPasswordAuthentication no\n"
                                       "KbdInteractiveAuthentication no\nPermitRootLogin yes\n"
                                       "Subsystem sftp internal-sftp\n")
                            .arg(m_port)
                            .arg(m_folder.path())
                            .toUtf8());
        const QByteArray key = read("host.pub").split(' ').value(1);
        write("known",
              QStringLiteral("[127.0.0.1]:%1 ssh-ed25519 ").arg(m_port).toUtf8() + key + '\n');
        write("changed", QStringLiteral("[127.0.0.1]:%1 ssh-ed25519 ").arg(m_port).toUtf8() +
                             read("other.pub").split(' ').value(1) + '\n');
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(program, {"-D", "-e", "-f", file("config")});
        if (!m_process.waitForStarted(5000))
            return "sshd does not start";
        for (int i = 0; i < 200; ++i) {
            QTcpSocket socket;
            socket.connectToHost(QHostAddress::LocalHost, quint16(m_port));
            if (socket.waitForConnected(100) && socket.waitForReadyRead(2000))
                return {};
            if (m_process.waitForFinished(20))
                break;
        }
        return "sshd ends: " + QString::fromUtf8(m_process.readAll());
    }
    ~SshServer()
    {
        m_process.kill();
        m_process.waitForFinished(5000);
    }
    int port() const { return m_port; }
    QString user() const
    {
        QProcess whoami;
        whoami.start("id", {"-un"});
        whoami.waitForFinished();
        return QString::fromUtf8(whoami.readAll()).trimmed();
    }
    QString url(const QString &path) const
    {
        return QStringLiteral("ssh://127.0.0.1:%1").arg(m_port) + path;
    }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    QString knownHosts() const { return file("known"); }
    QString userKey() const { return file("user"); }

    QByteArray read(const QString &name) const
    {
        QFile in(file(name));
        return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
    }
    void write(const QString &name, const QByteArray &text) const
    {
        QFile out(file(name));
        if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
            qFatal("Cannot write %s", qPrintable(name));
    }

private:
    bool makeKey(const QString &name) const
    {
        QProcess make;
        make.start("ssh-keygen", {"-q", "-t", "ed25519", "-N", "", "-f", file(name)});
        return make.waitForFinished(10'000) && make.exitCode() == 0;
    }

    QTemporaryDir m_folder;
    QProcess m_process;
    int m_port = 0;
};
