// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/directory.h"

#include "base/tr.h"
#include "federation/objects/object.h"
#include "federation/objects/objectfile.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace helmscope {

namespace {

constexpr qsizetype mostMembers = 1'000'000;
constexpr qsizetype mostBytes = 256 << 20; ///< of a list
constexpr qsizetype longestPath = 4000, longestName = 255;

/// Empty: a path that stays below its folder on every system.
QString objectionTo(const QString &path)
{
    if (path.isEmpty() || path.size() > longestPath)
        return Tr::tr("it is empty or too long");
    for (const QChar c : path)
        if (c < QChar(0x20) || c == QChar(0x7f) || c == QLatin1Char('\\'))
            return Tr::tr("control characters and backslashes are not taken");
    if (!path.isValidUtf16())
        return Tr::tr("it is no text");
    if (path.size() > 1 && path[1] == QLatin1Char(':'))
        return Tr::tr("it names a drive");
    for (const QString &name : path.split('/')) {
        if (name.isEmpty() || name == QLatin1String(".") || name == QLatin1String(".."))
            return Tr::tr("it leads elsewhere");
        if (name.toUtf8().size() > longestName)
            return Tr::tr("a name in it is too long");
    }
    return {};
}

constexpr QChar separator(1); ///< sorts before what may stand in a name

/// Where upper and lower case are the same, and composed letters as well.
QString folded(const QString &path)
{
    return path.normalized(QString::NormalizationForm_C).toCaseFolded().replace('/', separator);
}

bool isBefore(const DirectoryMember &a, const DirectoryMember &b)
{
    // By code points, as DVC: UTF-8 keeps their order, UTF-16 does not.
    return a.path.toUtf8() < b.path.toUtf8();
}

/// As Python's json writes it: everything beyond ASCII escaped.
QByteArray quoted(const QString &text)
{
    QByteArray out = "\"";
    for (const QChar c : text) {
        const ushort unit = c.unicode();
        if (unit == '"' || unit == '\\')
            out += '\\', out += char(unit);
        else if (unit >= 0x20 && unit < 0x7f)
            out += char(unit);
        else
            out += "\\u" + QByteArray::number(unit, 16).rightJustified(4, '0');
    }
    return out + '"';
}

} // namespace

std::vector<DirectoryMember> parseDirectory(const QByteArray &json, const QString &where)
{
    const auto refuse = [&](const QString &why) {
        fail(Tr::tr("%1 is no list of a folder's files: %2.").arg(where, why));
    };
    if (json.size() > mostBytes)
        refuse(Tr::tr("it is too long"));
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error); // depth is bounded there
    if (!document.isArray())
        refuse(error.error ? error.errorString() : Tr::tr("it is no array"));
    const QJsonArray array = document.array();
    if (array.size() > mostMembers)
        refuse(Tr::tr("it has more than %1 files").arg(mostMembers));

    std::vector<DirectoryMember> members;
    std::vector<QString> folds;
    for (const QJsonValue &value : array) {
        const QJsonObject object = value.toObject();
        DirectoryMember member{object["relpath"].toString(), object["md5"].toString()};
        if (const QString why = objectionTo(member.path); !why.isEmpty())
            refuse(Tr::tr("its path '%1' is refused, %2").arg(member.path.left(200), why));
        if (!isObjectName(member.md5) || isDirectoryName(member.md5))
            refuse(Tr::tr("'%1' is no md5 of %2").arg(member.md5.left(80), member.path));
        folds.push_back(folded(member.path));
        members.push_back(std::move(member));
    }
    // What is below a folder follows it at once: paths that meet are neighbours.
    std::sort(folds.begin(), folds.end());
    for (std::size_t i = 1; i < folds.size(); ++i) {
        const QString shown = QString(folds[i]).replace(separator, '/').left(200);
        if (folds[i] == folds[i - 1])
            refuse(Tr::tr("'%1' is there twice, or but for upper and lower case").arg(shown));
        if (folds[i].startsWith(folds[i - 1] + separator))
            refuse(Tr::tr("a part of '%1' is a file and a folder").arg(shown));
    }
    return members;
}

QByteArray directoryJson(std::vector<DirectoryMember> members)
{
    std::sort(members.begin(), members.end(), isBefore);
    QByteArray json = "[";
    for (const DirectoryMember &member : members)
        json += (json.size() > 1 ? ", {\"md5\": " : "{\"md5\": ") + quoted(member.md5) +
                ", \"relpath\": " + quoted(member.path) + '}';
    return json + ']';
}

bool restoreDirectory(const QString &cache, const QString &name, const QString &target,
                      const Progress &progress)
{
    const QString list = objectInCache(cache, name);
    if (!isDirectoryName(name) || list.isEmpty())
        fail(Tr::tr("The folder %1 is not in the cache. Pull it from where it was pushed to.")
                 .arg(name));
    if (QFileInfo::exists(target) || QFileInfo(target).isSymLink())
        fail(Tr::tr("Cannot restore %1: something is there already.").arg(target));
    ObjectFile listFile(list, name);
    if (listFile.bytes() > mostBytes)
        fail(Tr::tr("%1 is too long for a list of a folder's files.").arg(list));
    QByteArray json(listFile.bytes(), Qt::Uninitialized);
    for (qint64 at = 0; at < json.size();)
        at += listFile.read(json.data() + at, json.size() - at);
    const std::vector<DirectoryMember> members = parseDirectory(json, list);

    double whole = 1, done = 0;
    for (const DirectoryMember &member : members)
        whole += double(QFileInfo(objectInCache(cache, member.md5)).size());
    // A folder that nobody else knows: no link can be in the way of what is written into it.
    const QString part = target + '.' + name.left(8) + QString::number(::getpid()) + ".part";
    if (!QDir().mkpath(QFileInfo(target).absolutePath()) || !QDir().mkdir(part))
        fail(Tr::tr("Cannot make the folder %1: %2.")
                 .arg(part, QString::fromLocal8Bit(std::strerror(errno))));
    try {
        for (const DirectoryMember &member : members) {
            const QString from = objectInCache(cache, member.md5);
            if (from.isEmpty())
                fail(Tr::tr("The content %1 of %2 is not in the cache. Pull it from where it was "
                            "pushed to.")
                         .arg(member.md5, member.path));
            const QString to = part + '/' + member.path;
            QFile out(to);
            if (!QDir().mkpath(QFileInfo(to).path()) ||
                !out.open(QIODevice::WriteOnly | QIODevice::NewOnly))
                fail(Tr::tr("Cannot write %1: %2.").arg(to, out.errorString()));
            ObjectFile in(from, member.md5);
            QByteArray block(1 << 20, Qt::Uninitialized);
            while (const qint64 got = in.read(block.data(), block.size())) {
                if (out.write(block.constData(), got) != got || !out.flush())
                    fail(Tr::tr("Cannot write %1: %2.").arg(to, out.errorString()));
                done += double(got);
                if (!progress(done / whole)) {
                    out.close();
                    QDir(part).removeRecursively();
                    return false;
                }
            }
            if (::fdatasync(out.handle()) != 0)
                fail(Tr::tr("Cannot write %1: %2.")
                         .arg(to, QString::fromLocal8Bit(std::strerror(errno))));
        }
        if (::renameat2(AT_FDCWD, QFile::encodeName(part), AT_FDCWD, QFile::encodeName(target),
                        RENAME_NOREPLACE) != 0)
            fail(Tr::tr("Cannot put %1 into its place: %2.")
                     .arg(target, QString::fromLocal8Bit(std::strerror(errno))));
    } catch (...) {
        QDir(part).removeRecursively();
        throw;
    }
    return true;
}

} // namespace helmscope
