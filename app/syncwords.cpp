// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/syncwords.h"

#include <QCoreApplication>
#include <QLocale>

namespace helmscope {

namespace {

struct SyncWords
{
    Q_DECLARE_TR_FUNCTIONS(helmscope::SyncWords)
};

/// "1 file", "%1 files"
QString counted(int count, const QString &one, const QString &many)
{
    return count == 1 ? one : many.arg(count);
}

QString listOf(const QStringList &sentences, int most = 40)
{
    QString list = QStringLiteral("<ul style='margin-top:0;-qt-list-indent:1'>");
    for (int i = 0; i < std::min<int>(most, int(sentences.size())); ++i)
        list += QStringLiteral("<li>%1</li>").arg(sentences[i].toHtmlEscaped());
    if (sentences.size() > most)
        list += QStringLiteral("<li>%1</li>")
                    .arg(SyncWords::tr("and %1 more").arg(sentences.size() - most));
    return list + QStringLiteral("</ul>");
}

QString headed(const QString &heading, const QStringList &sentences)
{
    return sentences.isEmpty() ? QString()
                               : QStringLiteral("<p><b>%1</b></p>").arg(heading.toHtmlEscaped()) +
                                     listOf(sentences);
}

} // namespace

QString amountText(const SyncItem &item)
{
    switch (item.part) {
    case Remote::Kind::Metadata:
        return counted(item.count, SyncWords::tr("1 execution"), SyncWords::tr("%1 executions"));
    case Remote::Kind::Artifacts:
        return counted(item.count, SyncWords::tr("1 file"), SyncWords::tr("%1 files"));
    case Remote::Kind::Versions:
        break;
    }
    return counted(item.count, SyncWords::tr("1 version"), SyncWords::tr("%1 versions"));
}

QString sizeText(qint64 bytes)
{
    return bytes > 0 ? QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat) : QString();
}

QString symbolOf(SyncPart::Outcome outcome)
{
    switch (outcome) {
    case SyncPart::Outcome::Done:
        return QStringLiteral("✓");
    case SyncPart::Outcome::Partly:
        return QStringLiteral("◐");
    case SyncPart::Outcome::Failed:
        return QStringLiteral("✗");
    case SyncPart::Outcome::Queued:
        return QStringLiteral("◷");
    case SyncPart::Outcome::Stopped:
        break;
    }
    return QStringLiteral("■");
}

QString textOf(SyncPart::Outcome outcome)
{
    switch (outcome) {
    case SyncPart::Outcome::Done:
        return SyncWords::tr("done");
    case SyncPart::Outcome::Partly:
        return SyncWords::tr("partly");
    case SyncPart::Outcome::Failed:
        return SyncWords::tr("failed");
    case SyncPart::Outcome::Queued:
        return SyncWords::tr("waits until it can be reached");
    case SyncPart::Outcome::Stopped:
        break;
    }
    return SyncWords::tr("stopped");
}

QString htmlOf(const PushPlan &plan)
{
    QStringList losses;
    for (const DocumentLoss &loss : plan.losses)
        losses << sentenceOf(loss);
    return headed(SyncWords::tr("To know"), plan.notes) +
           headed(SyncWords::tr("What the server would lose, and what is sent instead"), losses) +
           headed(SyncWords::tr("Stays here by your rule"), plan.leftOut);
}

QString htmlOf(const SyncReport &report)
{
    QString html;
    for (const SyncPart &part : report.parts) {
        html += QStringLiteral("<p>%1 <b>%2</b> · %3<br/>%4: %5</p>")
                    .arg(symbolOf(part.outcome),
                         QStringLiteral("%1 %2")
                             .arg(QLatin1String(keyOf(part.kind)), part.remote)
                             .toHtmlEscaped(),
                         part.address.toHtmlEscaped(), textOf(part.outcome),
                         part.sentence.toHtmlEscaped());
        if (!part.details.isEmpty())
            html += listOf(part.details);
    }
    html += headed(SyncWords::tr("New runs"), report.runs);
    if (!report.executions.isEmpty())
        html += QStringLiteral("<p>%1</p>")
                    .arg(counted(int(report.executions.size()),
                                 SyncWords::tr("1 new execution in the lineage."),
                                 SyncWords::tr("%1 new executions in the lineage.")));
    if (!report.objects.isEmpty())
        html += QStringLiteral("<p>%1</p>")
                    .arg(counted(int(report.objects.size()), SyncWords::tr("1 file came."),
                                 SyncWords::tr("%1 files came.")));
    return html;
}

QString textOf(const Unpushed &left)
{
    QStringList parts;
    if (left.executions > 0)
        parts << counted(left.executions, SyncWords::tr("1 execution"),
                         SyncWords::tr("%1 executions"));
    if (left.files > 0)
        parts << counted(left.files, SyncWords::tr("1 file"), SyncWords::tr("%1 files"));
    if (left.versions > 0)
        parts << counted(left.versions, SyncWords::tr("1 version"), SyncWords::tr("%1 versions"));
    return parts.isEmpty()
               ? QString()
               : SyncWords::tr("Not pushed yet: %1").arg(parts.join(QStringLiteral(", ")));
}

} // namespace helmscope
