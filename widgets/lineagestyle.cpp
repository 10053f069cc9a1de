// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/lineagestyle.h"

#include "base/tr.h"

#include <QDateTime>
#include <QLocale>
#include <QPainter>
#include <QPixmap>

#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

constexpr double half = 0.5;

/// A regular polygon, its first corner `turn` (radians) from the right.
QPainterPath polygon(int corners, double turn, double radius = half)
{
    QPolygonF points;
    for (int i = 0; i < corners; ++i) {
        const double angle = turn + 2 * std::numbers::pi * i / corners;
        points << QPointF(radius * std::cos(angle), radius * std::sin(angle));
    }
    QPainterPath path;
    path.addPolygon(points);
    path.closeSubpath();
    return path;
}

QPainterPath shape(const QPolygonF &points)
{
    QPainterPath path;
    path.addPolygon(points);
    path.closeSubpath();
    return path;
}

QPainterPath makeMark(LineageClass which)
{
    constexpr double quarterTurn = std::numbers::pi / 2;
    QPainterPath path;
    switch (which) {
    case LineageClass::Execution:
        path.addRoundedRect(QRectF(-0.5, -0.34, 1, 0.68), 0.24, 0.24);
        return path;
    case LineageClass::Dataset:
        path.addRect(QRectF(-0.42, -0.42, 0.84, 0.84));
        return path;
    case LineageClass::Model:
        return polygon(6, 0);
    case LineageClass::Metrics:
        return shape({{-0.46, 0.42}, {0, -0.46}, {0.46, 0.42}});
    case LineageClass::StepMetrics: // a curve that falls in steps
        return shape({{-0.46, -0.44},
                      {-0.12, -0.44},
                      {-0.12, -0.12},
                      {0.18, -0.12},
                      {0.18, 0.16},
                      {0.46, 0.16},
                      {0.46, 0.44},
                      {-0.46, 0.44}});
    case LineageClass::Dataslice: // a square with a corner cut off
        return shape({{-0.42, -0.42}, {0.08, -0.42}, {0.42, -0.08}, {0.42, 0.42}, {-0.42, 0.42}});
    case LineageClass::Environment:
        return polygon(4, quarterTurn);
    case LineageClass::Label: // a tag
        return shape({{-0.48, -0.32}, {0.16, -0.32}, {0.48, 0}, {0.16, 0.32}, {-0.48, 0.32}});
    case LineageClass::Other:
        break;
    }
    path.addEllipse(QRectF(-0.44, -0.44, 0.88, 0.88));
    return path;
}

/// Values of metrics, as many as a line holds: "test_loss 0.0123 · epochs 10".
QString metricsLine(const LineageNode &node)
{
    QStringList parts;
    for (const LineageProperty &property : node.properties)
        if (property.isCustom && property.name != "original_create_time_since_epoch" &&
            numberOf(property.value))
            parts << property.name + ' ' + QLocale::c().toString(*numberOf(property.value), 'g', 4);
    return parts.mid(0, 3).join(QStringLiteral(" · "));
}

} // namespace

LineageClass classOf(const LineageNode &node)
{
    if (node.kind == LineageNode::Kind::Execution)
        return LineageClass::Execution;
    static const QHash<QString, LineageClass> classes{
        {"Dataset", LineageClass::Dataset},
        {"mlmd.Dataset", LineageClass::Dataset},
        {"Model", LineageClass::Model},
        {"mlmd.Model", LineageClass::Model},
        {"Metrics", LineageClass::Metrics},
        {"mlmd.Metrics", LineageClass::Metrics},
        {"Step_Metrics", LineageClass::StepMetrics},
        {"Dataslice", LineageClass::Dataslice},
        {"Environment", LineageClass::Environment},
        {"Label", LineageClass::Label},
    };
    return classes.value(node.type, LineageClass::Other);
}

QString className(LineageClass which)
{
    switch (which) {
    case LineageClass::Execution:
        return Tr::tr("Executions");
    case LineageClass::Dataset:
        return Tr::tr("Datasets");
    case LineageClass::Model:
        return Tr::tr("Models");
    case LineageClass::Metrics:
        return Tr::tr("Metrics");
    case LineageClass::StepMetrics:
        return Tr::tr("Step metrics");
    case LineageClass::Dataslice:
        return Tr::tr("Dataslices");
    case LineageClass::Environment:
        return Tr::tr("Environments");
    case LineageClass::Label:
        return Tr::tr("Labels");
    case LineageClass::Other:
        break;
    }
    return Tr::tr("Others");
}

QString classCount(LineageClass which, int count)
{
    const bool isOne = count == 1;
    switch (which) {
    case LineageClass::Execution:
        return isOne ? Tr::tr("1 execution") : Tr::tr("%1 executions").arg(count);
    case LineageClass::Dataset:
        return isOne ? Tr::tr("1 dataset") : Tr::tr("%1 datasets").arg(count);
    case LineageClass::Model:
        return isOne ? Tr::tr("1 model") : Tr::tr("%1 models").arg(count);
    case LineageClass::Metrics:
        return isOne ? Tr::tr("1 metrics") : Tr::tr("%1 metrics").arg(count);
    case LineageClass::StepMetrics:
        return isOne ? Tr::tr("1 step metrics") : Tr::tr("%1 step metrics").arg(count);
    case LineageClass::Dataslice:
        return isOne ? Tr::tr("1 dataslice") : Tr::tr("%1 dataslices").arg(count);
    case LineageClass::Environment:
        return isOne ? Tr::tr("1 environment") : Tr::tr("%1 environments").arg(count);
    case LineageClass::Label:
        return isOne ? Tr::tr("1 label") : Tr::tr("%1 labels").arg(count);
    case LineageClass::Other:
        break;
    }
    return isOne ? Tr::tr("1 other") : Tr::tr("%1 others").arg(count);
}

QColor colourOf(LineageClass which, const Theme &theme)
{
    switch (which) {
    case LineageClass::Execution:
        return theme.text;
    case LineageClass::Dataset:
        return theme.series[1];
    case LineageClass::Model:
        return theme.series[0];
    case LineageClass::Metrics:
        return theme.series[2];
    case LineageClass::StepMetrics:
        return theme.series[6];
    case LineageClass::Dataslice:
        return theme.series[5];
    case LineageClass::Environment:
        return theme.series[7];
    case LineageClass::Label:
        return theme.series[3];
    case LineageClass::Other:
        break;
    }
    return theme.series[4];
}

const QPainterPath &markOf(LineageClass which)
{
    static const auto marks = [] {
        std::array<QPainterPath, lineageClassCount> made;
        for (int i = 0; i < lineageClassCount; ++i)
            made[std::size_t(i)] = makeMark(LineageClass(i));
        return made;
    }();
    return marks[std::size_t(which)];
}

QIcon markIcon(LineageClass which, const Theme &theme)
{
    QIcon icon;
    for (int side : {16, 32}) {
        QPixmap picture(side, side);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.translate(side / 2.0, side / 2.0);
        painter.scale(side * 0.8, side * 0.8);
        painter.fillPath(markOf(which), colourOf(which, theme));
        painter.end();
        icon.addPixmap(picture);
    }
    return icon;
}

/// The four characters of the uuid that end the short name of an execution without a name.
static QString uuidPart(const LineageNode &node)
{
    const QString name = node.shortName(), stage = node.stages.value(0).section('/', 1);
    const bool isOurs = node.kind == LineageNode::Kind::Execution && node.name.isEmpty() &&
                        !stage.isEmpty() && name.startsWith(stage + '_');
    return isOurs ? name.mid(stage.size() + 1) : QString();
}

/// What our own recordings are called: "Step 17", "Survey"; "spectrum 17" for a piece of a run.
/// Empty for all else.
static QString titleInRun(const LineageNode &node)
{
    if (node.kind == LineageNode::Kind::Execution) {
        const LineageProperty *step = node.property("step"), *first = node.property("first_step"),
                              *last = node.property("last_step");
        if (!node.property("run") || node.stages.isEmpty())
            return {};
        const QString stage = node.stages.first().section('/', 1);
        if (first && last)
            return Tr::tr("%1 %2 to %3", "stage, steps")
                .arg(stage, first->value.toString(), last->value.toString());
        return step ? Tr::tr("%1 %2", "stage, step").arg(stage, step->value.toString()) : stage;
    }
    const QStringList parts = node.name.section(':', 0, 0).split('/');
    const qsizetype count = parts.size();
    return count == 6 && parts[0] == "runs" && parts[2] == "run.h5" && parts[3] == "steps"
               ? Tr::tr("%1 %2", "piece, step").arg(parts[5], parts[4])
               : QString();
}

QString titleOf(const LineageNode &node)
{
    if (const QString title = titleInRun(node); !title.isEmpty())
        return title;
    const QString name = node.shortName(), uuid = uuidPart(node);
    return uuid.isEmpty() ? name : name.chopped(uuid.size() + 1);
}

QString captionOf(const LineageNode &node)
{
    const QString separator = QStringLiteral(" · ");
    switch (classOf(node)) {
    case LineageClass::Execution: {
        const QString uuid = uuidPart(node);
        const QString time =
            node.createdMs > 0
                ? QDateTime::fromMSecsSinceEpoch(node.createdMs).toString("yyyy-MM-dd HH:mm")
                : QString();
        return uuid.isEmpty() || time.isEmpty() ? uuid + time : time + separator + uuid;
    }
    case LineageClass::Metrics: {
        const QString values = metricsLine(node);
        return values.isEmpty() ? node.type : values;
    }
    default:
        break;
    }
    const QString hash = shortHash(node.uri);
    return hash.isEmpty() ? node.type : node.type + separator + hash;
}

QString shortHash(const QString &uri)
{
    return uri.left(7);
}

QString timeText(qint64 milliseconds)
{
    return milliseconds > 0
               ? QDateTime::fromMSecsSinceEpoch(milliseconds).toString("yyyy-MM-dd HH:mm:ss")
               : QString();
}

QString propertyText(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::Double:
        return QString::number(value.toDouble(), 'g', 12).replace('-', QChar(0x2212));
    case QMetaType::LongLong:
    case QMetaType::Int:
        return QString::number(value.toLongLong()).replace('-', QChar(0x2212));
    case QMetaType::Bool:
        return value.toBool() ? Tr::tr("true") : Tr::tr("false");
    case QMetaType::QByteArray:
        return Tr::tr("%1 bytes").arg(value.toByteArray().size());
    default:
        return value.toString().simplified();
    }
}

} // namespace helmscope
