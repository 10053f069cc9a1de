// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/marks.h"

#include "base/tr.h"
#include "workspace/runfolder.h"
#include "workspace/runversions.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>

namespace helmscope {

void appendMark(const QString &runFolder, const Mark &mark)
{
    const QString file = RunFiles(runFolder).marks();
    const QByteArray line =
        QJsonDocument(
            QJsonObject{
                {"step", mark.step},
                {"text", mark.text.left(1000)},
                {"time",
                 QDateTime::fromMSecsSinceEpoch(mark.timeMs, Qt::UTC).toString(Qt::ISODateWithMs)},
            })
            .toJson(QJsonDocument::Compact) +
        '\n';
    if (!QFileInfo::exists(file)) {
        AppendFile::create(file, true).append(line);
        syncFolder(runFolder);
        return;
    }
    QFile old(file);
    if (!old.open(QIODevice::ReadOnly) || old.size() > (16 << 20))
        fail(Tr::tr("Cannot add a mark to %1.").arg(file));
    const qint64 whole = old.readAll().lastIndexOf('\n') + 1; // a torn line goes
    AppendFile::goOn(file, whole, true).append(line);
}

std::vector<Mark> marksOf(const QString &runFolder)
{
    std::vector<Mark> marks;
    constexpr std::size_t most = 10'000;
    QFile file(RunFiles(runFolder).marks());
    if (!file.open(QIODevice::ReadOnly))
        return marks;
    while (!file.atEnd() && marks.size() < most) {
        const QByteArray line = file.readLine(64 << 10);
        const QJsonObject object = QJsonDocument::fromJson(line).object();
        Mark mark;
        mark.step = object["step"].toInt();
        mark.text = object["text"].toString().left(1000);
        mark.timeMs =
            QDateTime::fromString(object["time"].toString(), Qt::ISODateWithMs).toMSecsSinceEpoch();
        if (mark.step >= 1 && line.endsWith('\n'))
            marks.push_back(std::move(mark));
    }
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Mark &a, const Mark &b) { return a.step < b.step; });
    return marks;
}

void addMark(const Workspace &workspace, const QString &id, const Mark &mark)
{
    const QString folder = workspace.runFolder(id);
    const PlanFile plan = readPlanFile(RunFiles(folder).plan());
    Mark dated = mark;
    if (dated.timeMs == 0)
        dated.timeMs = QDateTime::currentMSecsSinceEpoch();
    appendMark(folder, dated);
    const bool isEnded = readStepsEnd(RunFiles(folder).steps()).outcome.has_value();
    Committing(workspace.folder()).run(id, plan, markMessage(plan, dated), isEnded);
}

} // namespace helmscope
