// SPDX-License-Identifier: GPL-3.0-or-later
// How fast 200 MB go to a remote and come back, beside plain curl with the same server in the same
// minute: in one object and in eight, over HTTP (nginx), over HTTP as fast as a line of 1 Gbit/s,
// and in a folder. Ours verifies every md5 and brings what it wrote onto the disk; curl does
// neither, so beside it stands curl with md5sum and sync after it. Arguments: megabytes; rounds;
// "http" for nginx alone.
#include "federation/objects/objectfile.h"
#include "objectsamples.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QElapsedTimer>
#include <QProcess>
#include <QTcpServer>
#include <QTcpSocket>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace helmscope;

namespace {

double secondsOf(const std::function<void()> &work)
{
    QElapsedTimer timer;
    timer.start();
    work();
    return double(timer.nsecsElapsed()) / 1e9;
}

/// What earlier rounds left to be written must not stand in the way of this one.
void settle()
{
    ::sync();
}

double medianOf(std::vector<double> times)
{
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

void curl(const QStringList &arguments)
{
    QProcess process;
    process.start("curl", QStringList{"-sS", "-f"} + arguments);
    if (!process.waitForFinished(600'000) || process.exitCode() != 0)
        qFatal("curl: %s", process.readAllStandardError().constData());
}

/// What gives by hand what ours gives.
void verifyAndSync(const QStringList &read, const QStringList &written)
{
    QProcess sums;
    sums.start("md5sum", read);
    if (!sums.waitForFinished(600'000) || sums.exitCode() != 0)
        qFatal("md5sum fails");
    if (written.isEmpty())
        return;
    QProcess sync;
    sync.start("sync", QStringList{"-d"} + written);
    if (!sync.waitForFinished(600'000) || sync.exitCode() != 0)
        qFatal("sync fails");
}

void mustBeComplete(const TransferOutcome &outcome)
{
    if (!outcome.isComplete())
        qFatal("%s", qPrintable(sentencesOf(outcome)));
}

/// Debian's nginx that takes PUT, below a folder.
class WebServer
{
public:
    explicit WebServer(const QString &folder)
    {
        QTcpServer free;
        free.listen(QHostAddress::LocalHost);
        m_port = free.serverPort();
        free.close();
        SampleCache::write(
            folder + "/nginx.conf",
            QStringLiteral("daemon off; pid %1/pid; error_log %1/log;\n%3events {}\nhttp {\n"
                           "access_log off; sendfile on; client_max_body_size 0;\n"
                           "client_body_temp_path %1/t1; proxy_temp_path %1/t2;\n"
                           "fastcgi_temp_path %1/t3; uwsgi_temp_path %1/t4; scgi_temp_path %1/t5;\n"
                           "server { listen 127.0.0.1:%2; root %1/www;\n"
                           "location / { dav_methods PUT DELETE; create_full_put_path on; }\n"
                           "location /slow/ { alias %1/www/; limit_rate 118m; } } }\n")
                .arg(folder)
                .arg(m_port)
                .arg(::getuid() == 0 ? "user root;\n" : "")
                .toUtf8());
        QDir().mkpath(folder + "/www");
        m_process.start("/usr/sbin/nginx", {"-p", folder, "-c", folder + "/nginx.conf"});
        if (!m_process.waitForStarted())
            qFatal("nginx does not start");
        for (int i = 0; i < 100; ++i) {
            QTcpSocket socket;
            socket.connectToHost(QHostAddress::LocalHost, quint16(m_port));
            if (socket.waitForConnected(100))
                return;
            m_process.waitForFinished(20);
        }
        qFatal("nginx does not answer");
    }
    ~WebServer()
    {
        m_process.terminate();
        m_process.waitForFinished(5000);
    }
    QString url() const { return QStringLiteral("http://127.0.0.1:%1").arg(m_port); }

private:
    QProcess m_process;
    int m_port = 0;
};

/// As after a run of more than two seconds.
void verify(const SampleCache &cache, const QStringList &names)
{
    for (const QString &name : names) {
        const QString file = objectInCache(cache.path(), name);
        QFile times(file);
        if (!times.open(QIODevice::ReadWrite) ||
            !times.setFileTime(QDateTime::currentDateTime().addSecs(-60),
                               QFileDevice::FileModificationTime))
            qFatal("%s has no time", qPrintable(file));
        times.close();
        ObjectFile object(file, name, ObjectFile::Hashing::UnlessVerified);
        QByteArray block(1 << 20, Qt::Uninitialized);
        while (object.read(block.data(), block.size()) > 0)
            ;
        if (ObjectFile(file, name, ObjectFile::Hashing::UnlessVerified).isHashed())
            qFatal("%s is not remembered", qPrintable(file));
    }
}

/// Both ways with curl and with ours in turn.
void compare(const char *title, const QString &url, const QString &downUrl, const QString &root,
             qint64 bytes, int count, int rounds)
{
    const SampleCache here;
    QStringList names;
    for (int i = 0; i < count; ++i)
        names << here.add(noise(bytes / count, quint32(i + 1)));
    const ObjectRemote remote = objectRemote(url);
    const ObjectRemote downRemote = objectRemote(downUrl);
    const bool isFolder = !url.startsWith("http");
    std::vector<double> curlUp, curlAllUp, oursUp, oursHashedUp, curlDown, curlAllDown, oursDown;
    const QString copies = here.folder() + "/copies";
    QDir().mkpath(copies);
    for (int round = 0; round < rounds; ++round) {
        const auto clearRemote = [&] {
            QDir(root).removeRecursively();
            QDir().mkpath(root);
        };
        clearRemote();
        QStringList up;
        for (const QString &name : names) {
            const QString file = objectInCache(here.path(), name);
            if (isFolder) {
                QDir().mkpath(QFileInfo(root + '/' + objectPath(name)).path());
                up << "file://" + file << "-o" << root + '/' + objectPath(name);
            } else {
                up << "-T" << file << url + '/' + objectPath(name);
            }
        }
        if (count > 1)
            up << "-Z";
        QStringList files, stored, copied;
        for (const QString &name : names) {
            files << objectInCache(here.path(), name);
            stored << root + '/' + objectPath(name);
            copied << copies + '/' + name;
        }
        settle();
        curlUp.push_back(secondsOf([&] { curl(up); }));
        curlAllUp.push_back(curlUp.back() + secondsOf([&] {
                                verifyAndSync(files, isFolder ? stored : QStringList());
                            }));
        // First what was hashed when it came into the cache, as after a run of some seconds or a
        // download; then what nobody hashed.
        for (const bool isVerified : {true, false}) {
            clearRemote();
            QDir(here.path() + "/verified").removeRecursively();
            if (isVerified)
                verify(here, names);
            const TransferPlan plan = planUpload(remote, here.path(), names, unwatched());
            settle();
            (isVerified ? oursUp : oursHashedUp).push_back(secondsOf([&] {
                mustBeComplete(upload(remote, here.path(), plan, unwatched()));
            }));
        }

        QStringList down;
        for (const QString &name : names)
            down << (isFolder ? "file://" + root + '/' : downUrl + '/') + objectPath(name) << "-o"
                 << copies + '/' + name;
        if (count > 1)
            down << "-Z";
        settle();
        curlDown.push_back(secondsOf([&] { curl(down); }));
        curlAllDown.push_back(curlDown.back() + secondsOf([&] { verifyAndSync(copied, copied); }));
        const SampleCache there;
        const TransferPlan back = planDownload(downRemote, there.path(), names, unwatched());
        settle();
        oursDown.push_back(secondsOf(
            [&] { mustBeComplete(download(downRemote, there.path(), back, unwatched())); }));
    }
    const auto print = [&](const char *way, std::vector<double> plain, std::vector<double> all,
                           std::vector<double> ours) {
        const double megabytes = double(bytes) / 1e6;
        std::printf("%-24s %-21s curl %5.0f MB/s, with md5sum and sync %5.0f, ours %5.0f: %4.0f %% "
                    "and %4.0f %%\n",
                    title, way, megabytes / medianOf(plain), megabytes / medianOf(all),
                    megabytes / medianOf(ours), 100 * medianOf(plain) / medianOf(ours),
                    100 * medianOf(all) / medianOf(ours));
    };
    print("up", curlUp, curlAllUp, oursUp);
    print("up, hashed on the way", curlUp, curlAllUp, oursHashedUp);
    print("down", curlDown, curlAllDown, oursDown);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const qint64 bytes = 1'000'000ll * (argc > 1 ? std::atoi(argv[1]) : 200);
    const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
    QTemporaryDir folder;
    const bool isHttpOnly = argc > 3 && qstrcmp(argv[3], "http") == 0;
    for (const int count : isHttpOnly ? std::vector<int>() : std::vector<int>{1, 8}) {
        const QString title = count == 1 ? "folder, 1 object" : "folder, 8 objects";
        compare(qPrintable(title), folder.filePath("remote"), folder.filePath("remote"),
                folder.filePath("remote"), bytes, count, rounds);
    }
    if (!QFileInfo::exists("/usr/sbin/nginx")) {
        std::printf("nginx is not installed: nothing is measured over HTTP\n");
        return 0;
    }
    const WebServer server(folder.path());
    for (const int count : {1, 8}) {
        const QString title = count == 1 ? "HTTP, 1 object" : "HTTP, 8 objects";
        compare(qPrintable(title), server.url(), server.url(), folder.filePath("www"), bytes, count,
                rounds);
    }
    for (const int count : isHttpOnly ? std::vector<int>() : std::vector<int>{1, 8}) {
        const QString title = count == 1 ? "1 Gbit/s down, 1 object" : "1 Gbit/s down, 8 objects";
        compare(qPrintable(title), server.url(), server.url() + "/slow", folder.filePath("www"),
                bytes, count, rounds);
    }
    return 0;
}
