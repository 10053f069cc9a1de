// SPDX-License-Identifier: GPL-3.0-or-later
// How files of versions that came from elsewhere get into the folder: never over what the user has,
// never out of it.
#include "history/gitremoteprivate.h"

#include "base/tr.h"

#include <QDir>
#include <QFileInfo>
#include <QScopeGuard>
#include <QStorageInfo>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

namespace {

/// What some system would take for .git, or for a way out of the folder.
bool isHostile(const QByteArray &path)
{
    if (path.isEmpty() || path.startsWith('/') || path.contains('\\') || path.contains('\0'))
        return true;
    for (const QByteArray &part : path.split('/')) {
        QString name = QString::fromUtf8(part);
        // Invisible characters, which macOS passes over.
        name.removeIf([](QChar c) {
            const ushort u = c.unicode();
            return (u >= 0x200c && u <= 0x200f) || (u >= 0x202a && u <= 0x202e) ||
                   (u >= 0x206a && u <= 0x206f) || u == 0xfeff;
        });
        name = name.section(':', 0, 0); // a stream's name in Windows
        while (name.endsWith('.') || name.endsWith(' '))
            name.chop(1);
        if (name.isEmpty() || name.compare(QLatin1String(".git"), Qt::CaseInsensitive) == 0 ||
            name.startsWith(QLatin1String("git~"), Qt::CaseInsensitive))
            return true;
    }
    return false;
}

/// The folder of a path, opened so that no link on the way leads elsewhere; -1: it does, or there
/// is none.
int openFolderOf(const QString &root, const QByteArray &path, bool mayMake)
{
    int at = ::open(QFile::encodeName(root), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const QList<QByteArray> parts = path.split('/');
    for (qsizetype i = 0; at >= 0 && i + 1 < parts.size(); ++i) {
        if (mayMake)
            ::mkdirat(at, parts[i], 0777);
        const int next = ::openat(at, parts[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        ::close(at);
        at = next;
    }
    return at;
}

QByteArray lastOf(const QByteArray &path)
{
    return path.mid(path.lastIndexOf('/') + 1);
}

void removeEmptyFolders(const QString &root, QByteArray path)
{
    for (qsizetype slash; (slash = path.lastIndexOf('/')) > 0;) {
        path.truncate(slash);
        const int folder = openFolderOf(root, path, false);
        const bool isRemoved = folder >= 0 && ::unlinkat(folder, lastOf(path), AT_REMOVEDIR) == 0;
        if (folder >= 0)
            ::close(folder);
        if (!isRemoved)
            return;
    }
}

} // namespace

void GitRemotes::Private::mustFit(const git_tree *from, const git_tree *to) const
{
    const QString doing = Tr::tr("see how large a version is");
    Git<git_odb, git_odb_free> objects;
    git().check(make(objects, [&](git_odb **out) { return git_repository_odb(out, raw()); }),
                doing);
    GitDiff diff;
    git().check(make(diff,
                     [&](git_diff **out) {
                         return git_diff_tree_to_tree(out, raw(), const_cast<git_tree *>(from),
                                                      const_cast<git_tree *>(to), nullptr);
                     }),
                doing);
    qint64 bytes = 0;
    for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
        const git_diff_delta *delta = git_diff_get_delta(diff.get(), i);
        std::size_t size = 0;
        git_object_t type = GIT_OBJECT_INVALID;
        if (delta->status != GIT_DELTA_DELETED &&
            git_odb_read_header(&size, &type, objects.get(), &delta->new_file.id) == 0)
            bytes += qint64(size) + 4096;
    }
    const QStorageInfo disk(repository.folder());
    if (disk.isValid() && bytes > disk.bytesAvailable())
        fail(Tr::tr("%1 has no room for the files of the version: they need %2 MB, %3 MB are free.")
                 .arg(disk.rootPath())
                 .arg(double(bytes) / 1e6, 0, 'f', 1)
                 .arg(double(disk.bytesAvailable()) / 1e6, 0, 'f', 1));
}

GitRemotes::Private::Brought GitRemotes::Private::bringFiles(const git_tree *from,
                                                             const git_tree *to) const
{
    const QString root = repository.folder();
    const QString doing = Tr::tr("bring the files of a version into the folder");
    GitDiff diff;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    git().check(make(diff,
                     [&](git_diff **out) {
                         return git_diff_tree_to_tree(out, raw(), const_cast<git_tree *>(from),
                                                      const_cast<git_tree *>(to), &options);
                     }),
                doing);
    GitIndex index;
    git().check(make(index, [&](git_index **out) { return git_repository_index(out, raw()); }),
                doing);
    git_index_read(index.get(), 0);

    Brought brought;
    const auto isFile = [](unsigned mode) {
        return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
    };
    const auto isSame = [&](const git_index_entry *entry, const git_diff_file &file) {
        return entry ? git_oid_equal(&entry->id, &file.id) && entry->mode == file.mode
                     : file.mode == 0;
    };
    const auto isOnDisk = [&](const git_diff_file &file, const QByteArray &path,
                              struct stat &status) {
        const int folder = openFolderOf(root, path, false);
        const bool isThere =
            folder >= 0 && ::fstatat(folder, lastOf(path), &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (folder >= 0)
            ::close(folder);
        git_oid id;
        return file.mode == 0
                   ? !isThere
                   : isThere && S_ISREG(status.st_mode) && isFile(file.mode) &&
                         git_repository_hashfile(&id, raw(), path, GIT_OBJECT_BLOB, nullptr) == 0 &&
                         git_oid_equal(&id, &file.id);
    };
    const auto keep = [&](const git_diff_file &file, const QByteArray &path,
                          const struct stat &status) {
        git_index_entry entry = {};
        entry.id = file.id;
        entry.mode = file.mode;
        entry.file_size = std::uint32_t(status.st_size);
        entry.mtime = {std::int32_t(status.st_mtim.tv_sec), std::uint32_t(status.st_mtim.tv_nsec)};
        entry.ctime = {std::int32_t(status.st_ctim.tv_sec), std::uint32_t(status.st_ctim.tv_nsec)};
        entry.dev = std::uint32_t(status.st_dev);
        entry.ino = std::uint32_t(status.st_ino);
        entry.uid = status.st_uid;
        entry.gid = status.st_gid;
        brought.added.push_back({path, entry});
    };
    const auto write = [&](const git_diff_file &file, const QByteArray &path) {
        GitBlob blob;
        git().check(
            make(blob, [&](git_blob **out) { return git_blob_lookup(out, raw(), &file.id); }),
            doing);
        git_blob_filter_options filtering = GIT_BLOB_FILTER_OPTIONS_INIT;
        filtering.flags = 0; // by default what is binary comes out empty
        git_buf content = GIT_BUF_INIT;
        const auto free = qScopeGuard([&] { git_buf_dispose(&content); });
        git().check(git_blob_filter(&content, blob.get(), path, &filtering), doing);
        const int folder = openFolderOf(root, path, true);
        if (folder < 0)
            return false;
        const auto close = qScopeGuard([&] { ::close(folder); });
        const QByteArray name = lastOf(path), part = '.' + name.left(200) + ".helmscope-part";
        ::unlinkat(folder, part, 0);
        const int out = ::openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                 file.mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0777 : 0666);
        const auto failAtDisk = [&] {
            const QString why = errno == ENOSPC ? Tr::tr("the disk is full; make room")
                                                : QString::fromLocal8Bit(strerror(errno));
            ::unlinkat(folder, part, 0);
            fail(Tr::tr("Cannot write %1/%2: %3.").arg(root, QFile::decodeName(path), why));
        };
        if (out < 0)
            failAtDisk();
        for (std::size_t done = 0; done < content.size;) {
            const ssize_t written = ::write(out, content.ptr + done, content.size - done);
            if (written < 0 && errno != EINTR) {
                ::close(out);
                failAtDisk();
            }
            done += std::size_t(std::max<ssize_t>(written, 0));
        }
        struct stat status;
        if (::fsync(out) != 0 || ::fstat(out, &status) != 0 || ::close(out) != 0 ||
            ::renameat(folder, part, folder, name) != 0)
            failAtDisk();
        keep(file, path, status);
        return true;
    };

    // What goes first makes room for what comes: a file may become a folder.
    for (const bool isGoing : {true, false}) {
        for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
            const git_diff_delta *delta = git_diff_get_delta(diff.get(), i);
            const bool isGone = delta->status == GIT_DELTA_DELETED;
            if (isGone != isGoing)
                continue;
            const QByteArray path = isGone ? delta->old_file.path : delta->new_file.path;
            git_diff_file before = delta->old_file, after = delta->new_file;
            if (delta->status == GIT_DELTA_ADDED)
                before.mode = 0;
            if (isGone)
                after.mode = 0;
            const git_index_entry *entry = git_index_get_bypath(index.get(), path, 0);
            struct stat status = {};
            const bool isStaged = !isSame(entry, before) && !isSame(entry, after);
            bool isLeft = isHostile(path) || isStaged || (!isGone && !isFile(after.mode));
            if (!isLeft && isOnDisk(after, path, status)) {
                // Of an attempt that was cut off, or the same by chance.
                if (isGone)
                    brought.removed << path;
                else
                    keep(after, path, status);
                continue;
            }
            isLeft = isLeft || !isOnDisk(before, path, status);
            if (!isLeft && !isGone) {
                isLeft = !write(after, path);
            } else if (!isLeft) {
                const int folder = openFolderOf(root, path, false);
                isLeft = folder < 0 || ::unlinkat(folder, lastOf(path), 0) != 0;
                if (folder >= 0)
                    ::close(folder);
                if (!isLeft)
                    brought.removed << path;
                removeEmptyFolders(root, path);
            }
            if (isLeft)
                brought.left << QFile::decodeName(path);
        }
    }
    return brought;
}

} // namespace helmscope
