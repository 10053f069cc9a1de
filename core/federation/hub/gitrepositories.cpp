// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/gitrepositories.h"

#include "federation/hub/gate.h"
#include "federation/hub/refusal.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryFile>

#include <mutex>

namespace helmscope {

namespace {

/// What git asks for; everything else (objects by file, "dumb" HTTP) is not served.
enum class Service { None, Advertise, Fetch, Receive };

Service serviceOf(const HubRequest &request, const QStringList &rest)
{
    if (request.method == "GET" && rest == QStringList{"info", "refs"})
        return Service::Advertise;
    if (request.method == "POST" && rest == QStringList{"git-upload-pack"})
        return Service::Fetch;
    if (request.method == "POST" && rest == QStringList{"git-receive-pack"})
        return Service::Receive;
    return Service::None;
}

/// Nothing of the hub's own environment, and no configuration of the machine's users.
QProcessEnvironment bareEnvironment(const QString &home)
{
    QProcessEnvironment environment;
    environment.insert("PATH", "/usr/local/bin:/usr/bin:/bin");
    environment.insert("HOME", home);
    environment.insert("LC_ALL", "C.UTF-8");
    environment.insert("GIT_CONFIG_NOSYSTEM", "1");
    environment.insert("GIT_CONFIG_GLOBAL", "/dev/null");
    environment.insert("GIT_TERMINAL_PROMPT", "0");
    environment.insert("GIT_NO_REPLACE_OBJECTS", "1");
    // Set here rather than in the repository: nothing there can undo it.
    const QList<QPair<QString, QString>> config{{"core.hooksPath", "/dev/null"},
                                                {"safe.directory", "*"},
                                                {"http.receivepack", "true"},
                                                {"receive.fsckObjects", "true"},
                                                {"receive.denyDeletes", "false"},
                                                {"core.fsync", "committed,loose-object,reference"},
                                                {"gc.auto", "0"}};
    environment.insert("GIT_CONFIG_COUNT", QString::number(config.size()));
    for (qsizetype i = 0; i < config.size(); ++i) {
        environment.insert(QStringLiteral("GIT_CONFIG_KEY_%1").arg(i), config[i].first);
        environment.insert(QStringLiteral("GIT_CONFIG_VALUE_%1").arg(i), config[i].second);
    }
    return environment;
}

/// Ends the program with the answer, however far that got.
struct Backend
{
    QProcess process;
    QTemporaryFile input;
    QByteArray ahead; ///< read with the head, but of the body
    ~Backend()
    {
        if (process.state() == QProcess::NotRunning)
            return;
        process.kill();
        process.waitForFinished(5000);
    }
};

} // namespace

GitRepositories::GitRepositories(const Settings &settings)
    : m_settings(settings)
    , m_git(QStandardPaths::findExecutable("git", {"/usr/local/bin", "/usr/bin", "/bin"}))
{
    if (!QDir().mkpath(settings.folder) || !QFileInfo(settings.folder).isWritable())
        fail(Tr::tr("Cannot write to the folder %1: choose another with --data.")
                 .arg(settings.folder));
}

void GitRepositories::make(const QString &repository) const
{
    // Of two first pushes at once each makes one, and the second finds it done.
    static std::mutex oneAtATime;
    const std::lock_guard lock(oneAtATime);
    if (QFileInfo::exists(repository + "/HEAD"))
        return;
    QProcess git;
    git.setProcessEnvironment(bareEnvironment(m_settings.folder));
    git.start(m_git,
              {"init", "--quiet", "--bare", "--initial-branch=main", "--template=", repository});
    if (!git.waitForFinished(20'000) || git.exitStatus() != QProcess::NormalExit ||
        git.exitCode() != 0)
        refuse(500, Tr::tr("The repository could not be made: %1.")
                        .arg(QString::fromLocal8Bit(git.readAllStandardError()).simplified()));
}

HubAnswer GitRepositories::answer(const HubRequest &request, const QStringList &path) const
{
    static const QRegularExpression form("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\\.git$");
    const QString folder = path.value(0), name = folder.chopped(qMin<qsizetype>(4, folder.size()));
    if (!form.match(folder).hasMatch() || name.contains("..") || name.endsWith(".lock") ||
        name.endsWith(".git") || name.endsWith('.'))
        refuse(404, Tr::tr("A repository's address is /git/NAME.git; the name is made of letters, "
                           "digits, dots, dashes and underscores."));
    const Service service = serviceOf(request, path.mid(1));
    if (service == Service::None)
        refuse(404, Tr::tr("Only git's smart HTTP is served here."));
    const QString wanted = request.parameter("service");
    if (service == Service::Advertise && wanted != "git-upload-pack" &&
        wanted != "git-receive-pack")
        refuse(403, Tr::tr("Only git's smart HTTP is served here: use a git of this century."));
    const bool isPush = service == Service::Receive || wanted == "git-receive-pack";
    require(request, isPush ? Scope::Push : Scope::Read, name);
    if (m_git.isEmpty())
        refuse(501, Tr::tr("This hub has no git: install the package git beside it."));
    const QString repository = m_settings.folder + '/' + folder;
    if (isPush)
        make(repository);
    else if (!QFileInfo::exists(repository + "/HEAD"))
        refuse(404,
               Tr::tr("There is no repository %1 here yet: the first push makes it.").arg(name));

    const auto backend = std::make_shared<Backend>();
    QProcessEnvironment environment = bareEnvironment(m_settings.folder);
    environment.insert("GIT_PROJECT_ROOT", m_settings.folder);
    environment.insert("GIT_HTTP_EXPORT_ALL", "1");
    environment.insert("PATH_INFO", '/' + path.join('/'));
    environment.insert("REQUEST_METHOD", QString::fromLatin1(request.method));
    environment.insert("QUERY_STRING",
                       service == Service::Advertise ? "service=" + wanted : QString());
    environment.insert("REMOTE_USER", request.caller.name);
    environment.insert("REMOTE_ADDR", QString::fromLatin1(request.remote));
    static const QRegularExpression protocol("^version=[0-2]$");
    const QString said = QString::fromLatin1(request.header("git-protocol"));
    if (protocol.match(said).hasMatch())
        environment.insert("GIT_PROTOCOL", said);
    if (service != Service::Advertise) {
        const QByteArray type = service == Service::Fetch
                                    ? "application/x-git-upload-pack-request"
                                    : "application/x-git-receive-pack-request";
        if (request.header("content-type") != type)
            refuse(415, Tr::tr("git sends %1 here.").arg(QString::fromLatin1(type)));
        environment.insert("CONTENT_TYPE", QString::fromLatin1(type));
        // All of it is on the disk before git starts: a slow or broken line holds no process.
        backend->input.setFileTemplate(m_settings.folder + "/.incoming-XXXXXX");
        if (!backend->input.open())
            refuse(507, Tr::tr("The hub cannot write what is pushed: %1.")
                            .arg(backend->input.errorString()));
        bool isTooLarge = false, isWritten = true;
        const bool isWhole = request.readBody([&](const char *bytes, std::size_t size) {
            isTooLarge = backend->input.size() + qint64(size) > m_settings.largestPush;
            isWritten = !isTooLarge && backend->input.write(bytes, qint64(size)) == qint64(size);
            return isWritten;
        });
        if (isTooLarge)
            refuse(413,
                   Tr::tr("One push may have %1 MB at most.").arg(m_settings.largestPush >> 20));
        if (!isWritten || !backend->input.flush())
            refuse(507, Tr::tr("The hub cannot write what is pushed: %1.")
                            .arg(backend->input.errorString()));
        if (!isWhole)
            refuse(400, Tr::tr("The body ended before its end."));
        environment.insert("CONTENT_LENGTH", QString::number(backend->input.size()));
        backend->process.setStandardInputFile(backend->input.fileName());
    } else {
        backend->process.setStandardInputFile(QProcess::nullDevice());
    }
    backend->process.setProcessEnvironment(environment);
    backend->process.start(m_git, {"http-backend"});

    HubAnswer answer;
    QByteArray head;
    qsizetype end = -1;
    while ((end = head.indexOf("\r\n\r\n")) < 0 && head.size() < 65536 &&
           (backend->process.bytesAvailable() > 0 ||
            backend->process.waitForReadyRead(m_settings.seconds * 1000)))
        head += backend->process.read(65536);
    if (end < 0)
        refuse(502, Tr::tr("git gave no answer: %1")
                        .arg(QString::fromLocal8Bit(backend->process.readAllStandardError())
                                 .simplified()
                                 .left(500)));
    backend->ahead = head.mid(end + 4);
    for (const QByteArray &line : head.left(end).split('\n')) {
        const qsizetype colon = line.indexOf(':');
        const QByteArray key = line.left(colon).trimmed().toLower();
        const QByteArray value = line.mid(colon + 1).trimmed();
        if (key == "status")
            answer.status = value.left(3).toInt();
        else if (key == "content-type")
            answer.type = value;
        else if (key == "cache-control" || key == "expires" || key == "pragma")
            answer.headers.push_back({line.left(colon).trimmed(), value});
    }
    answer.length = -1;
    answer.piece = [backend, seconds = m_settings.seconds](qint64, qint64) {
        if (!backend->ahead.isEmpty())
            return std::exchange(backend->ahead, {});
        if (backend->process.bytesAvailable() == 0)
            backend->process.waitForReadyRead(seconds * 1000);
        return backend->process.read(256 << 10);
    };
    return answer;
}

} // namespace helmscope
