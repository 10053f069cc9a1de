// SPDX-License-Identifier: GPL-3.0-or-later
// What a hostile remote may give as the list of a folder's files: whatever is taken stays below the
// folder, meets nothing else there, and is written again as it was read.
#include "base/error.h"
#include "federation/objects/directory.h"
#include "federation/objects/object.h"
#include "fuzz.h"

#include <QDir>
#include <QSet>

#include <cstdlib>

using namespace helmscope;

QList<QByteArray> fuzzSeeds()
{
    const QString md5 = "b026324c6904b2a9cb4b88d6d61c81d1";
    return {directoryJson({{"a.txt", md5}, {"b/c.txt", md5}, {QString::fromUtf8("b/ä €"), md5}}),
            directoryJson({{"..a/b..", md5}, {"a:b", md5}}), "[]",
            "[{\"relpath\":\"a/../../b\",\"md5\":\"" + md5.toLatin1() + "\"}]"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    try {
        const QByteArray json(reinterpret_cast<const char *>(data), qsizetype(size));
        const std::vector<DirectoryMember> members = parseDirectory(json, "the input");
        QSet<QString> seen;
        for (const DirectoryMember &member : members) {
            const QString path = QDir::cleanPath("/target/" + member.path);
            const bool isBelow = path == "/target/" + member.path && !member.path.contains('\\') &&
                                 !member.path.contains(QChar(0));
            if (!isBelow || seen.contains(path.toLower()) || !isObjectName(member.md5))
                std::abort();
            seen.insert(path.toLower());
        }
        const QByteArray written = directoryJson(members);
        if (directoryJson(parseDirectory(written, "what was written")) != written)
            std::abort();
    } catch (const Error &) {
    }
    return 0;
}
