// SPDX-License-Identifier: GPL-3.0-or-later
// A hub on a free port of the loopback, and what speaks to it; a PostgreSQL of the test's own.
#pragma once

#include "federation/hub/hub.h"
#include "federation/hub/tokens.h"

#include <httplib.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

#include <memory>

/// Debian's PostgreSQL in a temporary folder, for as long as this lives.
class OwnPostgres
{
public:
    OwnPostgres();
    ~OwnPostgres();
    const QString &problem() const { return m_problem; } ///< why there is none; empty: it runs
    /// Address of a new, empty database in it.
    QString newDatabase();
    void dropConnections(); ///< of all hubs, as a restart would

private:
    QTemporaryDir m_folder;
    QString m_problem, m_programs;
    QProcess m_server;
    int m_port = 0, m_count = 0;
    bool run(const QString &program, const QStringList &arguments);
    void start(QProcess &process, const QString &program, const QStringList &arguments) const;
};

class RunningHub
{
public:
    explicit RunningHub(const helmscope::Hub::Settings &settings = {});

    helmscope::Hub &hub() { return *m_hub; }
    const QByteArray &token() const { return m_token; } ///< admin
    QByteArray makeToken(const QString &name, helmscope::Scope scope,
                         const QStringList &pipelines = {});
    QString folder() const { return m_folder.path(); }
    int port() const { return m_hub->port(); }
    /// A client that shows this token (empty: none).
    std::unique_ptr<httplib::Client> client(const QByteArray &token) const;
    std::unique_ptr<httplib::Client> client() const { return client(m_token); }
    httplib::Result push(const QByteArray &document, const QString &pipeline,
                         const QString &uuid = {}) const;
    QByteArray pull(const QByteArray &wish) const; ///< empty: not answered with 200
    /// What comes back for these bytes until the hub closes the connection; `isHalfClosed`: they
    /// are said to be all.
    QByteArray raw(const QByteArray &bytes, bool isHalfClosed = true) const;

private:
    QTemporaryDir m_folder;
    std::unique_ptr<helmscope::Hub> m_hub;
    QByteArray m_token;
};

/// {"pipeline_name": …, "json_payload": "…"}
QByteArray pushBody(const QByteArray &document, const QString &pipeline, const QString &uuid = {});
QByteArray statusOf(const httplib::Result &result); ///< "200 success", "404 <detail>"
/// A document of one pipeline with runs of one stage; each has a dataset in and a model out.
QByteArray documentOf(const QString &pipeline, int runs, const QString &prefix = "u");
/// A recorded file of CMF's; empty where there is none.
QByteArray recorded(const QString &name);
