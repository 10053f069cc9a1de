// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/transferlog.h"

#include "base/tr.h"
#include "workspace/sync/syncstate.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>

namespace helmscope {

namespace {

constexpr qint64 mostBytes = 4 << 20;
constexpr Remote::Kind kinds[] = {Remote::Kind::Metadata, Remote::Kind::Artifacts,
                                  Remote::Kind::Versions};

QString logFile(const QString &workspace)
{
    return placeOfSyncing(workspace) + QStringLiteral("/transfers.jsonl");
}

/// The newer half, from the beginning of a line on.
void shorten(const QString &name)
{
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        return;
    file.seek(file.size() / 2);
    file.readLine();
    const QByteArray rest = file.readAll();
    QSaveFile out(name);
    if (out.open(QIODevice::WriteOnly) && out.write(rest) == rest.size())
        out.commit();
}

} // namespace

void logTransfer(const QString &workspace, const Transfer &transfer)
{
    const QString name = logFile(workspace);
    QFile file(name);
    if (file.size() > mostBytes)
        shorten(name);
    const QByteArray line = QJsonDocument(QJsonObject{
                                              {"timeMs", double(transfer.timeMs)},
                                              {"direction", transfer.isPush ? "push" : "pull"},
                                              {"kind", keyOf(transfer.kind)},
                                              {"remote", transfer.remote},
                                              {"address", transfer.address},
                                              {"outcome", transfer.outcome},
                                              {"sentence", transfer.sentence},
                                              {"runs", QJsonArray::fromStringList(transfer.runs)},
                                              {"count", transfer.count},
                                              {"bytes", double(transfer.bytes)},
                                              {"seconds", transfer.seconds},
                                          })
                                .toJson(QJsonDocument::Compact) +
                            '\n';
    if (!file.open(QIODevice::WriteOnly | QIODevice::Append) || file.write(line) != line.size() ||
        !file.flush())
        fail(Tr::tr("Cannot write %1: %2.").arg(name, file.errorString()));
}

std::vector<Transfer> transfers(const QString &workspace, int limit)
{
    std::vector<Transfer> found;
    QFile file(logFile(workspace));
    if (!file.open(QIODevice::ReadOnly) || file.size() > 4 * mostBytes)
        return found;
    while (!file.atEnd()) {
        const QJsonObject line = QJsonDocument::fromJson(file.readLine(1 << 20)).object();
        if (line.isEmpty())
            continue;
        Transfer one;
        one.timeMs = qint64(line["timeMs"].toDouble());
        one.isPush = line["direction"].toString() == QLatin1String("push");
        for (const Remote::Kind kind : kinds)
            if (line["kind"].toString() == QLatin1String(keyOf(kind)))
                one.kind = kind;
        one.remote = line["remote"].toString();
        one.address = line["address"].toString();
        one.outcome = line["outcome"].toString();
        one.sentence = line["sentence"].toString();
        for (const QJsonValue &run : line["runs"].toArray())
            one.runs << run.toString();
        one.count = line["count"].toInt();
        one.bytes = qint64(line["bytes"].toDouble());
        one.seconds = line["seconds"].toDouble();
        found.push_back(one);
    }
    std::reverse(found.begin(), found.end());
    if (limit >= 0 && found.size() > std::size_t(limit))
        found.resize(std::size_t(limit));
    return found;
}

} // namespace helmscope
