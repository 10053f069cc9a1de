// SPDX-License-Identifier: GPL-3.0-or-later
// Finds an artifact and reads the kinds that are text, tables and pictures; arrays, runs and models
// are in artifactarrays.cpp.
#include "app/artifactcontent.h"

#include "app/artifactparts.h"
#include "app/experimentplace.h"
#include "base/tr.h"
#include "data/formats.h"
#include "steering/recording/runfile.h"
#include "widgets/lineagestyle.h"
#include "workspace/artifacts.h"

#include <QFileInfo>
#include <QImageReader>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPainter>
#include <QRegularExpression>

#include <cmath>

namespace helmscope {

namespace {

constexpr qint64 mostTextBytes = 1 << 20;
constexpr qint64 mostTableBytes = 8 << 20;
constexpr qint64 mostHashedBytes = 64 << 20; ///< a larger file is believed to be what it was
constexpr int mostRows = 5000, mostColumns = 60;
constexpr int mostPictureSide = 20'000, shownPictureSide = 1600;
constexpr int mostCell = 200; ///< characters

bool isMd5(const QString &text)
{
    static const QRegularExpression form("^[0-9a-f]{32}$");
    return form.match(text).hasMatch();
}

QByteArray beginningOf(const QString &file, qint64 bytes)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    return in.read(bytes);
}

void addSentence(ArtifactContent &content, const QString &sentence)
{
    content.sentence += content.sentence.isEmpty() ? sentence : ' ' + sentence;
}

/// One line of a CSV file; quotes as in RFC 4180, but no line's end within them.
QStringList cellsOf(const QString &line)
{
    QStringList cells;
    QString cell;
    bool isQuoted = false;
    for (qsizetype i = 0; i < line.size() && cells.size() < mostColumns; ++i) {
        const QChar c = line[i];
        if (c == '"' && isQuoted && i + 1 < line.size() && line[i + 1] == '"') {
            cell += c;
            ++i;
        } else if (c == '"') {
            isQuoted = !isQuoted;
        } else if (c == ',' && !isQuoted) {
            cells << cell.left(mostCell);
            cell.clear();
        } else {
            cell += c;
        }
    }
    if (cells.size() < mostColumns)
        cells << cell.left(mostCell);
    return cells;
}

QStringList linesOf(const QString &file, ArtifactContent &content)
{
    const QByteArray bytes = beginningOf(file, mostTableBytes);
    QStringList lines = QString::fromUtf8(bytes).split('\n', Qt::SkipEmptyParts);
    if (QFileInfo(file).size() > bytes.size() && !lines.isEmpty())
        lines.removeLast(); // torn
    if (QFileInfo(file).size() > bytes.size() || lines.size() > mostRows)
        addSentence(content, Tr::tr("Its first %L1 lines are shown.")
                                 .arg(std::min<qsizetype>(lines.size(), mostRows)));
    return lines.mid(0, mostRows);
}

void readCsv(const QString &file, ArtifactContent &content)
{
    const QStringList lines = linesOf(file, content);
    for (const QString &line : lines) {
        QStringList cells = cellsOf(line.endsWith('\r') ? line.chopped(1) : line);
        if (content.table.header.isEmpty()) {
            content.table.header = cells;
            continue;
        }
        cells.resize(content.table.header.size());
        content.table.rows.push_back(cells);
    }
    sketchTable(content);
}

QString cellOf(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Double:
        return QString::number(value.toDouble(), 'g', 9);
    case QJsonValue::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case QJsonValue::Array:
        return QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact))
            .left(mostCell);
    case QJsonValue::Object:
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact))
            .left(mostCell);
    case QJsonValue::String:
        return value.toString().left(mostCell);
    default:
        return {};
    }
}

/// A JSON object a line: a column each key, in the order in which they are first met.
void readJsonLines(const QString &file, ArtifactContent &content)
{
    std::vector<QJsonObject> objects;
    QHash<QString, int> columns;
    int number = 0;
    for (const QString &line : linesOf(file, content)) {
        ++number;
        QJsonParseError error;
        const QJsonDocument document = QJsonDocument::fromJson(line.toUtf8(), &error);
        if (error.error != QJsonParseError::NoError || !document.isObject()) {
            addSentence(content, Tr::tr("Line %1 is no JSON object: it is left out.").arg(number));
            continue;
        }
        objects.push_back(document.object());
        for (const QString &key : document.object().keys())
            if (!columns.contains(key) && columns.size() < mostColumns) {
                columns.insert(key, int(columns.size()));
                content.table.header << key;
            }
    }
    for (const QJsonObject &object : objects) {
        QStringList cells;
        for (const QString &key : std::as_const(content.table.header))
            cells << cellOf(object[key]);
        content.table.rows.push_back(cells);
    }
    sketchTable(content);
}

void readText(const QString &file, ArtifactContent &content)
{
    const QByteArray bytes = beginningOf(file, mostTextBytes);
    if (bytes.contains('\0'))
        return addSentence(
            content, Tr::tr("There is no view for what %1 holds.").arg(QFileInfo(file).fileName()));
    content.text = QString::fromUtf8(bytes);
    const bool isWhole = QFileInfo(file).size() <= bytes.size();
    if (!isWhole)
        addSentence(content, Tr::tr("Its first %L1 characters are shown.").arg(bytes.size()));
    const QByteArray first = bytes.trimmed().left(1);
    if (isWhole && (first == "{" || first == "[")) {
        const QJsonDocument document = QJsonDocument::fromJson(bytes);
        if (!document.isNull())
            content.text = QString::fromUtf8(document.toJson(QJsonDocument::Indented));
    }
}

void readPicture(const QString &file, ArtifactContent &content)
{
    QImageReader reader(file);
    reader.setDecideFormatFromContent(true);
    const QSize size = reader.size();
    if (!size.isValid() || size.width() > mostPictureSide || size.height() > mostPictureSide)
        fail(Tr::tr("%1 is no picture that can be shown.").arg(QFileInfo(file).fileName()));
    if (std::max(size.width(), size.height()) > shownPictureSide)
        reader.setScaledSize(size.scaled(shownPictureSide, shownPictureSide, Qt::KeepAspectRatio));
    content.picture = reader.read();
    if (content.picture.isNull())
        fail(Tr::tr("Cannot read %1: %2.").arg(QFileInfo(file).fileName(), reader.errorString()));
    addSentence(content, Tr::tr("%1 × %2 pixels.").arg(size.width()).arg(size.height()));
}

void readFile(const QString &file, const QString &name, ArtifactContent &content,
              const Progress &progress)
{
    const QString suffix = QFileInfo(name).suffix().toLower();
    if (suffix == "csv")
        return readCsv(file, content);
    if (suffix == "jsonl")
        return readJsonLines(file, content);
    if (suffix == "dkl")
        return readModel(file, content);
    if (QStringList{"png", "jpg", "jpeg", "bmp", "gif", "svg"}.contains(suffix))
        return readPicture(file, content);
    if (isRunFile(file))
        return readWholeRun(file, content, progress);
    bool isArrays = false;
    for (const Format &format : formats())
        isArrays = isArrays || format.suffixes.contains(suffix);
    if (isArrays)
        return readArrays(file, content, progress);
    readText(file, content);
}

/// Where the bytes of an artifact are; empty: not here. Says what is to be known of them.
QString fileOf(const QString &workspace, const LineageNode &node, const QString &path,
               ArtifactContent &content, const Progress &progress)
{
    if (isMd5(node.uri))
        if (const QString cached = cachePath(workspace, node.uri); QFileInfo(cached).isFile())
            return cached;
    const QFileInfo info(workspace + '/' + path);
    if (!info.isFile())
        return {};
    // A link may lead anywhere.
    const QString root = QFileInfo(workspace).canonicalFilePath() + '/';
    if (!info.canonicalFilePath().startsWith(root))
        return {};
    if (isMd5(node.uri) && info.size() <= mostHashedBytes &&
        md5Of(info.filePath(), progress) != node.uri)
        addSentence(content, Tr::tr("The file has changed since: this is what it holds now."));
    return info.filePath();
}

void readMetrics(const LineageNode &node, ArtifactContent &content)
{
    content.table.header = {Tr::tr("Metric"), Tr::tr("Value")};
    for (const LineageProperty &property : node.properties)
        if (property.isCustom && property.name != "original_create_time_since_epoch")
            content.table.rows.push_back({property.name, propertyText(property.value)});
    if (content.table.rows.empty())
        content.table.header.clear();
}

} // namespace

bool mayHaveContent(const LineageNode &node)
{
    return node.kind == LineageNode::Kind::Artifact &&
           (node.type == "Metrics" || !pathOf(node).isEmpty());
}

ArtifactContent readContent(const QString &workspace, const LineageNode &node,
                            const Progress &progress)
{
    ArtifactContent content;
    if (!mayHaveContent(node))
        return content;
    if (node.type == "Metrics") {
        readMetrics(node, content);
        return content;
    }
    const QString path = pathOf(node);
    try {
        if (workspace.isEmpty()) {
            content.sentence = Tr::tr("The store lies in no workspace, so the file itself is not "
                                      "known here.");
            return content;
        }
        if (const qsizetype piece = path.indexOf("/run.h5/"); piece > 0) {
            readPiece(workspace + '/' + path.left(piece) + "/run.h5", path.mid(piece + 8), content,
                      progress);
            return content;
        }
        const QString file = fileOf(workspace, node, path, content, part(progress, 0, 0.5));
        if (file.isEmpty())
            content.sentence = Tr::tr("%1 is not in this workspace: it may be pulled from where it "
                                      "was pushed to.")
                                   .arg(path);
        else
            readFile(file, path, content, part(progress, 0.5, 1));
    } catch (const std::exception &e) {
        if (!progress(1))
            throw;
        content = {};
        content.sentence = QString::fromUtf8(e.what());
    }
    return content;
}

QImage thumbnailOf(const ArtifactContent &content, const QSize &pixels, const QPalette &palette)
{
    QImage image;
    if (!content.images.empty()) {
        const ArtifactContent::Image &first = content.images.front();
        image = colored(*first.map, first.colormap, percentileLimits(*first.map));
    } else if (!content.picture.isNull()) {
        image = content.picture;
    } else if (content.sketches.empty()) {
        return {};
    }
    QImage result(pixels, QImage::Format_RGB32);
    result.fill(themeOf(palette).plot);
    QPainter painter(&result);
    if (image.isNull()) {
        drawSketch(painter, QRectF(QPointF(0, 0), pixels).adjusted(2, 2, -2, -2),
                   content.sketches.front(), palette, true);
    } else {
        // Averaged where it is reduced, squares where it is enlarged.
        const QSize size = image.size().scaled(pixels, Qt::KeepAspectRatio).expandedTo({1, 1});
        painter.drawImage(
            QPoint((pixels.width() - size.width()) / 2, (pixels.height() - size.height()) / 2),
            image.scaled(size, Qt::IgnoreAspectRatio,
                         size.width() < image.width() ? Qt::SmoothTransformation
                                                      : Qt::FastTransformation));
    }
    return result;
}

} // namespace helmscope
