// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/object.h"

#include "base/tr.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int md5Digits = 32;

bool isHex(QChar c)
{
    return (c >= QLatin1Char('0') && c <= QLatin1Char('9')) ||
           (c >= QLatin1Char('a') && c <= QLatin1Char('f'));
}

/// DVC 2's test, on the first 512 bytes.
bool looksLikeText(const QByteArray &beginning)
{
    const auto isOdd = [](char c) {
        const auto byte = uchar(c);
        return (byte < 0x20 || byte > 0x7e) && !QByteArray("\n\r\t\f\b").contains(c);
    };
    return !beginning.contains('\0') &&
           10 * std::count_if(beginning.begin(), beginning.end(), isOdd) <= 3 * beginning.size();
}

} // namespace

bool isObjectName(const QString &name)
{
    const bool isDirectory = name.endsWith(QLatin1String(".dir"));
    return name.size() == (isDirectory ? md5Digits + 4 : md5Digits) &&
           std::all_of(name.begin(), name.begin() + md5Digits, isHex);
}

bool isDirectoryName(const QString &name)
{
    return name.size() == md5Digits + 4 && isObjectName(name);
}

QString objectPath(const QString &name, ObjectLayout layout)
{
    if (!isObjectName(name))
        fail(Tr::tr("'%1' is no object's name: that is 32 hexadecimal digits.").arg(name.left(80)));
    const QString path = name.left(2) + '/' + name.mid(2);
    return layout == ObjectLayout::Dvc3 ? QStringLiteral("files/md5/") + path : path;
}

QString objectNameOf(const QString &path)
{
    QString rest = path;
    if (rest.startsWith(QLatin1String("files/md5/")))
        rest.remove(0, 10);
    if (rest.size() < 3 || rest[2] != QLatin1Char('/'))
        return {};
    const QString name = rest.remove(2, 1);
    return isObjectName(name) ? name : QString();
}

QString objectInCache(const QString &cache, const QString &name)
{
    for (const ObjectLayout layout : {ObjectLayout::Dvc3, ObjectLayout::Dvc2}) {
        const QString file = cache + '/' + objectPath(name, layout);
        const QFileInfo info(file);
        if (info.isFile() && !info.isSymLink())
            return file;
    }
    return {};
}

QString textMd5Of(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    if (!looksLikeText(in.peek(512)))
        return {};
    QCryptographicHash md5(QCryptographicHash::Md5);
    // By blocks of 1 MiB, as DVC did: a line's end between two of them stayed.
    while (!in.atEnd()) {
        QByteArray block = in.read(1 << 20);
        if (block.isEmpty())
            fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
        md5.addData(block.replace("\r\n", "\n"));
    }
    return QString::fromLatin1(md5.result().toHex());
}

} // namespace helmscope
