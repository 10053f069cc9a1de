// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/secrets.h"

#include "base/json.h"
#include "base/tr.h"

#include <QDir>
#include <QEventLoop>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLockFile>
#include <QSaveFile>
#include <QStandardPaths>

#include <qt6keychain/keychain.h>

namespace helmscope {

namespace {

const QString service = QStringLiteral("helmscope");

QString givenFile()
{
    return qEnvironmentVariable("HELMSCOPE_SECRETS_FILE");
}

QString secretsFile()
{
    const QString given = givenFile();
    return given.isEmpty()
               ? QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
                     QStringLiteral("/helmscope/secrets.json")
               : given;
}

/// A system without a session (a server, ssh) has no key ring; asking it there only costs time.
bool mayHaveKeyRing()
{
    return givenFile().isEmpty() &&
           (qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS") ||
            qEnvironmentVariableIsSet("WAYLAND_DISPLAY") || qEnvironmentVariableIsSet("DISPLAY"));
}

/// Runs a job of the key ring to its end. False: there is no key ring here.
bool run(QKeychain::Job &job, const QString &name)
{
    QEventLoop loop;
    job.setAutoDelete(false);
    job.setKey(name);
    QObject::connect(&job, &QKeychain::Job::finished, &loop, &QEventLoop::quit);
    job.start();
    loop.exec();
    switch (job.error()) {
    case QKeychain::NoError:
    case QKeychain::EntryNotFound:
        return true;
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented:
        return false;
    default:
        fail(Tr::tr("The key ring does not give or take the secret of %1: %2. Unlock it, and try "
                    "again.")
                 .arg(name, job.errorString()));
    }
}

QJsonObject fromFile()
{
    const QFileInfo file(secretsFile());
    if (!file.exists())
        return {};
    const QFile::Permissions others =
        QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    if (file.permissions() & others)
        fail(Tr::tr("%1 holds secrets, and others may read it: make it yours alone with chmod 600.")
                 .arg(file.filePath()));
    return readJson(file.filePath());
}

void toFile(const QString &name, const QString &secret)
{
    const QString file = secretsFile();
    const QFileInfo info(file);
    if (!QDir().mkpath(info.path()))
        fail(Tr::tr("The folder %1 cannot be made: secrets cannot be kept.").arg(info.path()));
    QLockFile lock(file + QStringLiteral(".lock"));
    if (!lock.tryLock(5000))
        fail(Tr::tr("%1 is in use by another program: try again.").arg(file));
    QJsonObject all = fromFile();
    if (secret.isEmpty())
        all.remove(name);
    else
        all[name] = secret;
    QSaveFile out(file);
    const QByteArray text = QJsonDocument(all).toJson();
    // Its mode first: nobody reads it in between.
    if (!out.open(QIODevice::WriteOnly) ||
        !out.setPermissions(QFile::ReadOwner | QFile::WriteOwner) ||
        out.write(text) != text.size() || !out.commit())
        fail(Tr::tr("%1 cannot be written: %2. Secrets cannot be kept.")
                 .arg(file, out.errorString()));
}

} // namespace

QString secretFor(const QString &name)
{
    if (mayHaveKeyRing()) {
        QKeychain::ReadPasswordJob job(service);
        if (run(job, name) && job.error() == QKeychain::NoError)
            return job.textData();
    }
    return fromFile().value(name).toString(); // also what was kept before there was a key ring
}

void keepSecret(const QString &name, const QString &secret)
{
    bool isKept = false;
    if (mayHaveKeyRing()) {
        if (secret.isEmpty()) {
            QKeychain::DeletePasswordJob job(service);
            isKept = run(job, name);
        } else {
            QKeychain::WritePasswordJob job(service);
            job.setTextData(secret);
            isKept = run(job, name);
        }
    }
    if (!isKept)
        toFile(name, secret);
    else if (fromFile().contains(name))
        toFile(name, {}); // one place only
}

QString placeOfSecrets()
{
    if (mayHaveKeyRing()) {
        QKeychain::ReadPasswordJob job(service);
        if (run(job, service))
            return Tr::tr("the key ring");
    }
    return secretsFile();
}

} // namespace helmscope
