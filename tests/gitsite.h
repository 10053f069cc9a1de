// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "httpserver.h"

#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QProcessEnvironment>

#include <memory>
#include <mutex>

/// Debian's git behind HTTP on the loopback, as a lab's web server runs it; asks for a password.
class GitSite
{
public:
    /// Serves the bare repositories below `folder`.
    explicit GitSite(const QString &folder, const QString &user = {}, const QString &password = {})
        : m_folder(folder)
        , m_allowed(user.isEmpty()
                        ? std::string()
                        : "Basic " + (user + ':' + password).toUtf8().toBase64().toStdString())
    {
        site.server.set_payload_max_length(1ll << 32);
        const auto run = [this](const httplib::Request &asked, httplib::Response &answer) {
            respond(asked, answer);
        };
        site.server.Get(".*", run);
        site.server.Post(".*", run);
    }
    static bool isAvailable() { return QFileInfo::exists("/usr/lib/git-core/git-http-backend"); }

    HttpServer site;

private:
    void respond(const httplib::Request &asked, httplib::Response &answer) const
    {
        if (!m_allowed.empty() && asked.get_header_value("Authorization") != m_allowed) {
            answer.status = 401;
            answer.set_header("WWW-Authenticate", "Basic realm=\"git\"");
            return;
        }
        QProcess git;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("GIT_PROJECT_ROOT", m_folder);
        environment.insert("GIT_HTTP_EXPORT_ALL", "1");
        environment.insert("GIT_CONFIG_COUNT", "2");
        environment.insert("GIT_CONFIG_KEY_0", "safe.directory");
        environment.insert("GIT_CONFIG_VALUE_0", "*");
        environment.insert("GIT_CONFIG_KEY_1", "http.receivepack");
        environment.insert("GIT_CONFIG_VALUE_1", "true");
        environment.insert("PATH_INFO", QString::fromStdString(asked.path));
        environment.insert("REQUEST_METHOD", QString::fromStdString(asked.method));
        const std::size_t mark = asked.target.find('?');
        environment.insert("QUERY_STRING",
                           mark == std::string::npos
                               ? QString()
                               : QString::fromStdString(asked.target.substr(mark + 1)));
        environment.insert("CONTENT_TYPE",
                           QString::fromStdString(asked.get_header_value("Content-Type")));
        environment.insert("CONTENT_LENGTH", QString::number(asked.body.size()));
        git.setProcessEnvironment(environment);
        git.start("/usr/lib/git-core/git-http-backend", QStringList());
        git.write(asked.body.data(), qint64(asked.body.size()));
        git.closeWriteChannel();
        git.waitForFinished(60'000);
        const QByteArray out = git.readAllStandardOutput();
        const qsizetype end = out.indexOf("\r\n\r\n");
        std::string type = "text/plain";
        for (const QByteArray &line : out.left(end).split('\n')) {
            if (line.startsWith("Content-Type: "))
                type = line.mid(14).trimmed().toStdString();
            if (line.startsWith("Status: "))
                answer.status = line.mid(8, 3).toInt();
        }
        answer.set_content(out.mid(end + 4).toStdString(), type);
    }

    QString m_folder;
    std::string m_allowed;
};
