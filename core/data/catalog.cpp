// SPDX-License-Identifier: GPL-3.0-or-later
// The index is one line of JSON a file, keys in order, what is searched last and in lower case. A
// search maps it into memory and looks for the words in the raw bytes: only what is found is
// parsed.
#include "data/catalog.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "data/catalog/searchindex.h"
#include "data/formats.h"
#include "data/grid.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QSaveFile>
#include <QSet>
#include <QStandardPaths>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace helmscope {

namespace {

constexpr int thumbnailSide = 96;
constexpr std::int64_t largestForThumbnail = 64 << 20; ///< bytes of an array
constexpr qsizetype longestText = 16 << 10;

QByteArray lineOf(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

/// All texts and names of nested JSON, as far as there is room.
void gather(const QJsonValue &value, QString &into, int depth = 0)
{
    if (into.size() > longestText || depth > 16)
        return;
    if (value.isString()) {
        into += ' ' + value.toString().left(1000);
    } else if (value.isArray()) {
        for (const QJsonValue &child : value.toArray())
            gather(child, into, depth + 1);
    } else if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (auto child = object.begin(); child != object.end(); ++child)
            gather(child.value(), into, depth + 1);
    }
}

Catalog::Entry entryFrom(const QJsonObject &object)
{
    Catalog::Entry entry;
    entry.path = object["path"].toString();
    entry.bytes = qint64(object["bytes"].toDouble());
    entry.modified = QDateTime::fromMSecsSinceEpoch(qint64(object["modified"].toDouble()));
    entry.sha256 = object["sha256"].toString();
    entry.format = object["format"].toString();
    for (const QJsonValue &array : object["arrays"].toArray())
        entry.arrays << array.toString();
    entry.metadata = object["metadata"].toObject();
    entry.problem = object["problem"].toString();
    return entry;
}

/// The file's hash; empty when stopped. Throws Error when it cannot be read.
QString hashOf(const QString &file, const Progress &progress)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    QCryptographicHash hash(QCryptographicHash::Sha256);
    QByteArray block(4 << 20, Qt::Uninitialized);
    const double size = double(std::max<qint64>(1, in.size()));
    while (!in.atEnd()) {
        const qint64 got = in.read(block.data(), block.size());
        if (got < 0)
            fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
        hash.addData(QByteArrayView(block.constData(), got));
        if (!progress(double(in.pos()) / size))
            return {};
    }
    return QString::fromLatin1(hash.result().toHex());
}

/// The picture of the first image that is small enough; empty when there is none.
QByteArray pictureIn(const QString &file, const Format &format, const QList<ArrayInfo> &arrays)
{
    for (const ArrayInfo &info : arrays)
        if (isQuickImage(info))
            return greyPictureOf(format.read(file, info.path, unwatched()).toMap());
    return {};
}

CatalogQuery parse(const QString &text)
{
    CatalogQuery query;
    static const QRegularExpression gap("\\s+"), form("^([A-Za-z]+)(>=|<=|=|>|<|:)(.+)$");
    for (const QString &part : text.split(gap, Qt::SkipEmptyParts)) {
        const QRegularExpressionMatch match = form.match(part);
        if (!match.hasMatch()) {
            query.words << part.toLower().toUtf8();
            continue;
        }
        QStringList known{"format", "path"};
        bool isNumber = false, isKnown = false;
        QString name = match.captured(1);
        for (const MetadataField &field : metadataFields()) {
            known << field.key;
            if (name.compare(QLatin1String(field.key), Qt::CaseInsensitive) == 0) {
                name = field.key;
                isNumber = field.isNumber();
            }
        }
        isKnown = known.contains(name);
        if (!isKnown)
            fail(Tr::tr("Cannot search for '%1': there is no field '%2'. There are %3.")
                     .arg(part, name, known.join(", ")));
        CatalogCondition condition;
        condition.key = name.toUtf8();
        condition.sign = match.captured(2);
        condition.text = match.captured(3).toLower().toUtf8();
        bool isValue = true;
        if (isNumber)
            condition.number = condition.text.toDouble(&isValue);
        if (!isValue || (!isNumber && condition.sign != ":" && condition.sign != "="))
            fail(isNumber ? Tr::tr("Cannot search for '%1': '%2' is no number.")
                                .arg(part, match.captured(3))
                          : Tr::tr("Cannot search for '%1': '%2' is a text, write %2:WORD.")
                                .arg(part, name));
        if (isNumber && condition.sign == ":")
            condition.sign = "=";
        else if (!isNumber)
            condition.sign = ":";
        query.conditions << condition;
    }
    return query;
}

/// Without an index, in the line itself.
bool holds(QByteArrayView line, const CatalogCondition &condition)
{
    const QByteArray key = '"' + condition.key + "\":";
    const qsizetype at = line.indexOf(key);
    if (at < 0)
        return false;
    const QByteArrayView rest = line.sliced(at + key.size());
    if (condition.sign == ":") {
        if (!rest.startsWith('"'))
            return false;
        qsizetype end = 1;
        while (end < rest.size() && rest[end] != '"')
            end += rest[end] == '\\' ? 2 : 1;
        return condition.holds(QString::fromUtf8(rest.sliced(1, std::min(end, rest.size()) - 1)));
    }
    qsizetype end = 0;
    while (end < rest.size() && end < 40 && rest[end] != ',' && rest[end] != '}')
        ++end;
    bool isNumber = false;
    const double number = rest.first(end).toByteArray().toDouble(&isNumber);
    return isNumber && condition.holds(number);
}

/// Calls `take` with each line of a file that holds `word` until it answers false.
void eachLine(const QString &file, const QByteArray &word,
              const std::function<bool(QByteArrayView)> &take)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly) || in.size() == 0)
        return;
    const uchar *mapped = in.map(0, in.size());
    if (!mapped)
        fail(Tr::tr("Cannot read the index %1: %2.").arg(file, in.errorString()));
    const auto *at = reinterpret_cast<const char *>(mapped), *end = at + in.size();
    while (at < end) {
        if (!word.isEmpty()) { // lines without it are passed over without a look at their ends
            const auto *hit = static_cast<const char *>(
                memmem(at, std::size_t(end - at), word.constData(), std::size_t(word.size())));
            if (!hit)
                return;
            const auto *before =
                static_cast<const char *>(memrchr(at, '\n', std::size_t(hit - at)));
            at = before ? before + 1 : at;
        }
        const auto *stop = static_cast<const char *>(std::memchr(at, '\n', std::size_t(end - at)));
        if (!stop) // cut off: it was never finished
            return;
        if (!take(QByteArrayView(at, stop - at)))
            return;
        at = stop + 1;
    }
}

} // namespace

QByteArray greyPictureOf(const Map &map)
{
    const Eigen::Index step = std::max<Eigen::Index>(
        1, (std::max(map.rows(), map.cols()) + thumbnailSide - 1) / thumbnailSide);
    const Eigen::Index rows = std::max<Eigen::Index>(1, map.rows() / step),
                       cols = std::max<Eigen::Index>(1, map.cols() / step);
    std::vector<float> means(std::size_t(rows * cols), 0.f), sorted;
    for (Eigen::Index row = 0; row < rows; ++row)
        for (Eigen::Index col = 0; col < cols; ++col) {
            const auto block =
                map.block(row * step, col * step, std::min(step, map.rows() - row * step),
                          std::min(step, map.cols() - col * step));
            const float mean = block.isFinite().select(block, 0.f).mean();
            means[std::size_t(row * cols + col)] = mean;
            sorted.push_back(mean);
        }
    std::sort(sorted.begin(), sorted.end());
    const float low = sorted[sorted.size() / 100], high = sorted[sorted.size() * 99 / 100];
    QByteArray picture = QStringLiteral("P5 %1 %2 255\n").arg(cols).arg(rows).toLatin1();
    for (const float mean : means) {
        const float part = high > low ? (mean - low) / (high - low) : 0.5f;
        picture += char(std::clamp(int(std::lround(part * 255)), 0, 255));
    }
    return picture;
}

bool isQuickImage(const ArrayInfo &info)
{
    return longDimensions(info).size() == 2 && info.count() > 0 &&
           info.count() * std::int64_t(Samples::sizeOf(info.type)) <= largestForThumbnail &&
           !info.quantity.startsWith(recorded("virtual image")); // that would read all of a cube
}

QJsonObject Catalog::Entry::toJson() const
{
    return {{"path", path},
            {"bytes", double(bytes)},
            {"modified", double(modified.toMSecsSinceEpoch())},
            {"sha256", sha256},
            {"format", format},
            {"arrays", QJsonArray::fromStringList(arrays)},
            {"metadata", metadata},
            {"problem", problem}};
}

Catalog::Catalog(const QString &folder, const QString &store)
    : m_folder(QDir(folder).absolutePath())
    , m_store(store)
{
    if (!QFileInfo(m_folder).isDir())
        fail(Tr::tr("Cannot look through %1: there is no such folder.").arg(folder));
    if (m_store.isEmpty()) {
        const QByteArray name =
            QCryptographicHash::hash(m_folder.toUtf8(), QCryptographicHash::Sha256).toHex();
        m_store = QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) +
                  "/helmscope/catalogs/" + QString::fromLatin1(name.left(16));
    }
    m_store = QDir(m_store).absolutePath();
}

QString Catalog::indexFile() const
{
    return m_store + "/index.jsonl";
}

QString Catalog::searchFile() const
{
    return m_store + "/index.search";
}

QString Catalog::thumbnailFile(const QString &sha256) const
{
    return QStringLiteral("%1/thumbnails/%2/%3.pgm").arg(m_store, sha256.left(2), sha256.mid(2));
}

QString Catalog::thumbnail(const Entry &entry) const
{
    const QString file = thumbnailFile(entry.sha256);
    return !entry.sha256.isEmpty() && QFile::exists(file) ? file : QString();
}

Catalog::Changes Catalog::update(const Progress &progress)
{
    QSet<QString> suffixes;
    for (const Format &format : formats())
        suffixes += QSet<QString>(format.suffixes.begin(), format.suffixes.end());
    struct Known
    {
        QByteArray line;
        double bytes, modified;
        bool isOf(const QFileInfo &file) const
        {
            return bytes == double(file.size()) &&
                   modified == double(file.lastModified().toMSecsSinceEpoch());
        }
    };
    QHash<QString, Known> before;      // by path
    QHash<QString, QByteArray> byHash; // lines, by content
    eachLine(indexFile(), {}, [&](QByteArrayView line) {
        const QByteArray copy = line.toByteArray();
        const QJsonObject object = QJsonDocument::fromJson(copy).object();
        before[object["path"].toString()] = {copy, object["bytes"].toDouble(),
                                             object["modified"].toDouble()};
        byHash[object["sha256"].toString()] = copy;
        return true;
    });
    Changes changes;
    QStringList files;
    for (QDirIterator it(m_folder, QDir::Files | QDir::Readable, QDirIterator::Subdirectories);
         it.hasNext();) {
        const QString file = it.next();
        if (suffixes.contains(QFileInfo(file).suffix().toLower()) &&
            !file.startsWith(m_store + '/'))
            files << file;
        if (!progress(0))
            return {0, 0, 0, 0, 0, false};
    }
    files.sort();
    const QDir root(m_folder);
    const auto isKnown = [&](const QString &file) {
        const auto found = before.constFind(root.relativeFilePath(file));
        return found != before.constEnd() && found->isOf(QFileInfo(file));
    };
    if (files.size() == before.size() && std::all_of(files.begin(), files.end(), isKnown) &&
        SearchIndex(searchFile(), QFileInfo(indexFile()).size()).isValid()) {
        changes.known = int(files.size());
        return changes;
    }
    if (!QDir().mkpath(m_store))
        fail(Tr::tr("Cannot make the folder %1.").arg(m_store));
    QSaveFile out(indexFile());
    SearchIndex::Maker search;
    const auto write = [&](const QByteArray &line, const QJsonObject &object) {
        search.add(object, out.pos());
        if (out.write(line) != line.size())
            fail(Tr::tr("Cannot write %1: %2.").arg(indexFile(), out.errorString()));
    };
    if (!out.open(QIODevice::WriteOnly))
        fail(Tr::tr("Cannot write %1: %2.").arg(indexFile(), out.errorString()));
    for (qsizetype i = 0; i < files.size(); ++i) {
        const Progress ofFile =
            part(progress, double(i) / double(files.size()), double(i + 1) / double(files.size()));
        const QFileInfo about(files[i]);
        const QString path = root.relativeFilePath(files[i]);
        const Known old = before.take(path);
        const auto keepOld = [&] {
            write(old.line + '\n', QJsonDocument::fromJson(old.line).object());
        };
        changes.isWhole = changes.isWhole && ofFile(0);
        const double modified = double(about.lastModified().toMSecsSinceEpoch());
        if (!old.line.isEmpty() && (!changes.isWhole || old.isOf(about))) {
            keepOld();
            changes.known += changes.isWhole;
            continue;
        }
        if (!changes.isWhole)
            continue;
        QJsonObject object{{"path", path}, {"bytes", double(about.size())}, {"modified", modified}};
        QString text = path;
        try {
            const QString sha256 = hashOf(files[i], ofFile);
            if (sha256.isEmpty()) {
                changes.isWhole = false;
                if (!old.line.isEmpty())
                    keepOld();
                continue;
            }
            object["sha256"] = sha256;
            ++changes.read;
            if (const QByteArray same = byHash.value(sha256); !same.isEmpty()) {
                QJsonObject moved = QJsonDocument::fromJson(same).object();
                moved["text"] =
                    path.toLower() + moved["text"].toString().mid(moved["path"].toString().size());
                for (const char *key : {"path", "bytes", "modified"})
                    moved[key] = object[key];
                write(lineOf(moved), moved);
                ++changes.moved;
                continue;
            }
            const Format &format = formatOf(files[i]);
            object["format"] = format.name;
            const QList<ArrayInfo> arrays = format.list(files[i]);
            QJsonArray names;
            for (const ArrayInfo &info : arrays.mid(0, 100))
                names << QStringLiteral("%1: %2 %3")
                             .arg(info.title, info.shapeText(), Samples::nameOf(info.type));
            object["arrays"] = names;
            const Metadata found = format.metadata(files[i], arrays[0].path);
            object["metadata"] = found.standard();
            text += ' ' + QString(format.name);
            gather(names, text);
            gather(found.standard(), text);
            gather(found.all, text);
            if (const QByteArray picture = pictureIn(files[i], format, arrays);
                !picture.isEmpty()) {
                const QString file = thumbnailFile(sha256);
                QSaveFile image(file);
                if (!QDir().mkpath(QFileInfo(file).path()) || !image.open(QIODevice::WriteOnly) ||
                    image.write(picture) != picture.size() || !image.commit())
                    fail(Tr::tr("Cannot write %1: %2.").arg(file, image.errorString()));
            }
        } catch (const Error &error) {
            object["problem"] = QString::fromUtf8(error.what());
            ++changes.trouble;
        }
        object["text"] = text.toLower();
        write(lineOf(object), object);
    }
    changes.gone = int(before.size());
    const qint64 size = out.pos();
    QFile::remove(searchFile()); // a kill between the two leaves none rather than another's
    if (!out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(indexFile(), out.errorString()));
    search.write(searchFile(), size);
    return changes;
}

QList<Catalog::Entry> Catalog::find(const QString &text, int most) const
{
    const CatalogQuery query = parse(text);
    QList<Entry> found;
    if (QFile in(indexFile()); in.open(QIODevice::ReadOnly)) {
        const SearchIndex index(searchFile(), in.size());
        if (index.isValid()) {
            for (const qint64 offset : index.find(query, most))
                if (offset >= 0 && offset < in.size() && in.seek(offset))
                    found << entryFrom(QJsonDocument::fromJson(in.readLine()).object());
            return found;
        }
    }
    const auto longest = std::max_element(
        query.words.begin(), query.words.end(),
        [](const QByteArray &a, const QByteArray &b) { return a.size() < b.size(); });
    eachLine(indexFile(), longest == query.words.end() ? QByteArray() : *longest,
             [&](QByteArrayView line) {
                 for (const CatalogCondition &condition : query.conditions)
                     if (!holds(line, condition))
                         return true;
                 if (!query.words.isEmpty()) { // what is searched stands last
                     static const QByteArray mark("\"text\":\"");
                     const auto *begin = static_cast<const char *>(
                         memmem(line.data(), std::size_t(line.size()), mark.constData(),
                                std::size_t(mark.size())));
                     const auto length = begin ? std::size_t(line.data() + line.size() - begin) : 0;
                     for (const QByteArray &word : query.words)
                         if (!begin ||
                             !memmem(begin, length, word.constData(), std::size_t(word.size())))
                             return true;
                 }
                 found << entryFrom(QJsonDocument::fromJson(line.toByteArray()).object());
                 return found.size() < most;
             });
    return found;
}

int Catalog::count() const
{
    int lines = 0;
    eachLine(indexFile(), {}, [&](QByteArrayView) {
        ++lines;
        return true;
    });
    return lines;
}

} // namespace helmscope
