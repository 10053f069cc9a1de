// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/artifactfiles.h"

#include "federation/hub/refusal.h"
#include "federation/hub/sink.h"
#include "federation/hub/store/jsonreader.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUuid>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace helmscope {

namespace {

constexpr qint64 pieceSize = 256 << 10, largestDirectory = 256 << 20;

/// A directory is a list of its members; who unpacks it must not be led elsewhere.
void checkDirectory(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly) || in.size() > largestDirectory)
        refuse(422,
               Tr::tr("The list of a directory is larger than %1 MB.").arg(largestDirectory >> 20));
    const QByteArray text = in.readAll();
    static const QRegularExpression md5("^[0-9a-f]{32}$");
    JsonReader json(text, Tr::tr("The list of a directory"));
    if (json.peek() != JsonReader::Kind::Array)
        json.complain(Tr::tr("something that is no list stands"));
    json.array([&] {
        if (json.peek() != JsonReader::Kind::Object)
            json.complain(Tr::tr("something that is no member stands"));
        QString hash, path;
        json.object([&](const QString &key) {
            if (key == "md5")
                hash = json.value().toString();
            else if (key == "relpath")
                path = json.value().toString();
            else
                json.skip();
        });
        const QStringList parts = path.split('/');
        if (!md5.match(hash).hasMatch() || path.isEmpty() || path.contains('\\') ||
            parts.contains("..") || parts.contains(".") || parts.contains(""))
            json.complain(Tr::tr("a member that is no file in the directory (\"%1\") ends")
                              .arg(path.left(200)));
    });
    json.end();
}

struct Span
{
    qint64 first = 0, last = 0, total = 0;
};

/// "bytes a-b/total"; throws Refusal 400.
Span contentRange(const QByteArray &header)
{
    static const QRegularExpression form("^bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})$");
    const auto match = form.match(QString::fromLatin1(header));
    const Span span{match.captured(1).toLongLong(), match.captured(2).toLongLong(),
                    match.captured(3).toLongLong()};
    if (!match.hasMatch() || span.first > span.last || span.last >= span.total)
        refuse(400, Tr::tr("The Content-Range must be \"bytes first-last/total\"."));
    return span;
}

void mustFit(const QString &folder, qint64 bytes)
{
    struct statvfs disk;
    if (bytes > 0 && statvfs(QFile::encodeName(folder).constData(), &disk) == 0 &&
        quint64(bytes) > quint64(disk.f_bavail) * disk.f_frsize)
        refuse(507, Tr::tr("The disk of the hub has no room for %1 bytes.").arg(bytes));
}

HubAnswer stored(const QString &status, int code)
{
    return HubAnswer::json(QVariantMap{{"status", status}}, code);
}

HubAnswer withOffset(HubAnswer answer, qint64 offset)
{
    answer.headers.push_back({"Upload-Offset", QByteArray::number(offset)});
    return answer;
}

} // namespace

ArtifactFiles::ArtifactFiles(const QString &folder)
    : m_folder(folder)
{
    if (!QDir().mkpath(folder + "/files/md5") || !QDir().mkpath(folder + "/partial") ||
        !QFileInfo(folder + "/partial").isWritable())
        fail(Tr::tr("Cannot write to the folder %1: choose another with --data.").arg(folder));
    const QDateTime now = QDateTime::currentDateTime();
    for (const QFileInfo &old : QDir(folder + "/partial").entryInfoList(QDir::Files))
        if (old.lastModified().daysTo(now) > 14)
            QFile::remove(old.filePath());
}

QString ArtifactFiles::fileOf(const QString &name) const
{
    return m_folder + "/files/md5/" + name.left(2) + '/' + name.mid(2);
}

QString ArtifactFiles::partialOf(const QString &name) const
{
    return m_folder + "/partial/" + name;
}

HubAnswer ArtifactFiles::answer(const HubRequest &request, const QStringList &path,
                                const std::function<bool(const QString &)> &mayFetch) const
{
    static const QRegularExpression form("^[0-9a-f]{32}(\\.dir)?$");
    const QString name = path.size() == 4 ? path[2] + path[3] : QString();
    if (path.size() != 4 || path[0] != "files" || path[1] != "md5" || path[2].size() != 2 ||
        !form.match(name).hasMatch())
        refuse(404, Tr::tr("An artifact's address is files/md5/ab/cdef…, by the md5 of its "
                           "content."));
    if (request.method == "PUT" || request.method == "POST")
        return store(request, name);
    if (request.method != "GET" && request.method != "HEAD")
        refuse(405, Tr::tr("Artifacts take GET, HEAD, PUT and POST."));
    // Who may store it learns that it is there anyway.
    const bool isAsking = request.method == "HEAD" && request.caller.scope >= Scope::Push;
    if (!isAsking && QFileInfo::exists(fileOf(name)) && !mayFetch(name))
        refuse(403, Tr::tr("Your token is not for a pipeline that has this artifact."));
    return fetch(request, name);
}

HubAnswer ArtifactFiles::fetch(const HubRequest &request, const QString &name) const
{
    const auto file = std::make_shared<File>(fileOf(name), O_RDONLY);
    if (!*file) {
        HubAnswer answer = HubAnswer::detail(Tr::tr("There is no artifact %1.").arg(name), 404);
        const QFileInfo partial(partialOf(name));
        return partial.exists() ? withOffset(answer, partial.size()) : answer;
    }
    HubAnswer answer;
    answer.type = "application/octet-stream";
    answer.headers = {{"Accept-Ranges", "bytes"}, {"ETag", '"' + name.toLatin1() + '"'}};
    const qint64 size = file->size();
    qint64 first = 0, last = size - 1;
    static const QRegularExpression form("^bytes=(\\d{0,18})-(\\d{0,18})$");
    const auto range = form.match(QString::fromLatin1(request.header("range")));
    // What is no single range is answered whole, as HTTP allows.
    if (range.hasMatch() && !(range.captured(1).isEmpty() && range.captured(2).isEmpty())) {
        if (range.captured(1).isEmpty())
            first = std::max<qint64>(0, size - range.captured(2).toLongLong());
        else
            first = range.captured(1).toLongLong();
        if (!range.captured(1).isEmpty() && !range.captured(2).isEmpty())
            last = std::min(last, range.captured(2).toLongLong());
        if (first > last) {
            HubAnswer wrong =
                HubAnswer::detail(Tr::tr("The artifact has %1 bytes.").arg(size), 416);
            wrong.headers = {{"Content-Range", "bytes */" + QByteArray::number(size)}};
            return wrong;
        }
        answer.status = 206;
        answer.headers.push_back({"Content-Range", "bytes " + QByteArray::number(first) + '-' +
                                                       QByteArray::number(last) + '/' +
                                                       QByteArray::number(size)});
    }
    answer.length = last - first + 1;
    answer.piece = [file, first](qint64 offset, qint64 most) {
        QByteArray piece(std::min(most, pieceSize), Qt::Uninitialized);
        const ssize_t got =
            pread(file->handle(), piece.data(), std::size_t(piece.size()), off_t(first + offset));
        piece.resize(std::max<ssize_t>(got, 0));
        return piece;
    };
    return answer;
}

HubAnswer ArtifactFiles::store(const HubRequest &request, const QString &name) const
{
    if (QFileInfo::exists(fileOf(name))) {
        // The bytes are on their way all the same.
        if (request.readBody)
            request.readBody([](const char *, std::size_t) { return true; });
        return stored("exists", 200);
    }
    return request.header("content-range").isEmpty() ? storeWhole(request, name)
                                                     : storeRange(request, name);
}

/// Verified bytes get their name, all at once; what was said to be stored outlives a power cut.
void ArtifactFiles::keep(const QString &part, const QString &name) const
{
    const QString target = fileOf(name), folder = QFileInfo(target).path();
    if (!QDir().mkpath(folder))
        failOnDisk();
    if (std::rename(QFile::encodeName(part).constData(), QFile::encodeName(target).constData()) !=
        0)
        failOnDisk();
    if (const File directory(folder, O_RDONLY | O_DIRECTORY); directory)
        fsync(directory.handle());
}

HubAnswer ArtifactFiles::storeWhole(const HubRequest &request, const QString &name) const
{
    const qint64 length = request.contentLength();
    mustFit(m_folder, length);
    const QString part =
        m_folder + "/partial/new-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
    struct Removal
    {
        QString file;
        ~Removal() { QFile::remove(file); }
    } removal{part};
    const File file(part, O_RDWR | O_CREAT | O_EXCL);
    if (!file)
        failOnDisk();
    Sink sink(file.handle(), true);
    const bool isWhole = request.readBody([&](const char *bytes, std::size_t size) {
        sink.add(bytes, size);
        return true;
    });
    sink.flush();
    if (!isWhole || (length >= 0 && sink.total() != length)) {
        // It goes on from here, where that is further than what is there.
        if (sink.total() > QFileInfo(partialOf(name)).size())
            std::rename(QFile::encodeName(part).constData(),
                        QFile::encodeName(partialOf(name)).constData());
        refuse(400, Tr::tr("The body ended before its end."));
    }
    if (const QString hash = sink.hash(); hash != name.left(32))
        refuse(422, Tr::tr("These bytes are not artifact %1: their md5 is %2. Send them again.")
                        .arg(name, hash));
    if (name.endsWith(".dir"))
        checkDirectory(part);
    if (fsync(file.handle()) != 0)
        failOnDisk();
    keep(part, name);
    QFile::remove(partialOf(name));
    return stored("stored", 201);
}

HubAnswer ArtifactFiles::storeRange(const HubRequest &request, const QString &name) const
{
    const Span span = contentRange(request.header("content-range"));
    const QString part = partialOf(name);
    File file(part, O_RDWR | O_CREAT);
    if (!file)
        failOnDisk();
    struct stat opened, named;
    if (flock(file.handle(), LOCK_EX | LOCK_NB) != 0 || fstat(file.handle(), &opened) != 0 ||
        stat(QFile::encodeName(part).constData(), &named) != 0 || opened.st_ino != named.st_ino)
        refuse(423, Tr::tr("Another upload of this artifact is under way: try again."));
    const qint64 size = file.size();
    if (span.first > size)
        return withOffset(
            HubAnswer::detail(Tr::tr("The hub has %1 bytes of this: go on from there.").arg(size),
                              409),
            size);
    mustFit(m_folder, span.total - span.first);
    if (ftruncate(file.handle(), off_t(span.first)) != 0 ||
        lseek(file.handle(), off_t(span.first), SEEK_SET) < 0)
        failOnDisk();
    const qint64 wanted = span.last - span.first + 1;
    Sink sink(file.handle(), span.first == 0);
    bool isTooMuch = false;
    const bool isWhole = request.readBody([&](const char *bytes, std::size_t count) {
        isTooMuch = sink.total() + qint64(count) > wanted;
        if (!isTooMuch)
            sink.add(bytes, count);
        return !isTooMuch;
    });
    sink.flush();
    const qint64 now = file.size();
    if (isTooMuch || !isWhole || sink.total() != wanted)
        return withOffset(
            HubAnswer::detail(Tr::tr("The body has not the %1 bytes that it said.").arg(wanted),
                              400),
            now);
    if (now < span.total)
        return withOffset(stored("partial", 202), now);
    const QString hash = span.first == 0 ? sink.hash() : hashOf(file);
    try {
        if (hash != name.left(32))
            refuse(422, Tr::tr("These bytes are not artifact %1: their md5 is %2. Send them again.")
                            .arg(name, hash));
        if (name.endsWith(".dir"))
            checkDirectory(part);
    } catch (...) {
        QFile::remove(part);
        throw;
    }
    if (fsync(file.handle()) != 0)
        failOnDisk();
    keep(part, name);
    return stored("stored", 201);
}

bool ArtifactFiles::holds(const QString &directory, const QString &md5) const
{
    QFile in(fileOf(directory));
    return in.open(QIODevice::ReadOnly) && in.size() <= largestDirectory &&
           in.readAll().contains('"' + md5.toLatin1() + '"');
}

} // namespace helmscope
