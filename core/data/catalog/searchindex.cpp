// SPDX-License-Identifier: GPL-3.0-or-later
// The file: "helmscope catalog 1\n", the bytes of the catalogue it belongs to, the number of its
// parts, then of each part the length of its name, the name, its place and its bytes; then the
// parts, each at a multiple of 8. Numbers are 64-bit in this machine's order: it is a cache.
#include "data/catalog/searchindex.h"

#include "base/tr.h"
#include "data/metadata.h"

#include <QSaveFile>
#include <QSet>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace helmscope {

namespace {

const QByteArray magic("helmscope catalog 1\n");
constexpr double none = std::numeric_limits<double>::quiet_NaN();

template <class Number>
QByteArray bytesOf(const std::vector<Number> &numbers)
{
    return {reinterpret_cast<const char *>(numbers.data()),
            qsizetype(numbers.size() * sizeof(Number))};
}

QByteArray numberBytes(quint64 number)
{
    return {reinterpret_cast<const char *>(&number), sizeof number};
}

} // namespace

bool CatalogCondition::holds(double value) const
{
    if (sign == ">")
        return value > number;
    if (sign == "<")
        return value < number;
    const bool isSame = std::abs(value - number) <= 1e-6 * std::abs(number);
    if (sign == ">=")
        return value > number || isSame;
    if (sign == "<=")
        return value < number || isSame;
    return isSame;
}

bool CatalogCondition::holds(const QString &value) const
{
    return value.toLower().contains(QString::fromUtf8(text));
}

void SearchIndex::Maker::add(const QJsonObject &line, qint64 offset)
{
    const auto number = quint32(m_offsets.size());
    m_offsets.push_back(quint64(offset));
    const QStringList words = line["text"].toString().simplified().split(' ', Qt::SkipEmptyParts);
    const QSet<QString> distinct(words.begin(), words.end());
    for (const QString &word : distinct)
        m_words[word.toUtf8()].push_back(number);
    const QJsonObject metadata = line["metadata"].toObject();
    const auto text = [&](const QByteArray &key, const QString &value) {
        auto &[known, values] = m_values[key];
        auto &column = m_texts[key];
        column.resize(number, 0);
        if (value.isEmpty())
            return;
        auto at = known.find(value);
        if (at == known.end()) {
            values << value.toLower().replace('\n', ' ').toUtf8();
            at = known.insert(value, quint32(values.size()));
        }
        column.push_back(*at);
    };
    text("path", line["path"].toString());
    text("format", line["format"].toString());
    for (const MetadataField &field : metadataFields()) {
        const QJsonValue value = metadata[QLatin1String(field.key)];
        if (!field.isNumber()) {
            text(field.key, value.toString());
        } else if (value.isDouble()) {
            auto &column = m_numbers[field.key];
            column.resize(number, none);
            column.push_back(value.toDouble());
        }
    }
}

void SearchIndex::Maker::write(const QString &file, qint64 size) const
{
    std::map<QByteArray, QByteArray> parts;
    parts["offsets"] = bytesOf(m_offsets);
    QList<QByteArray> words = m_words.keys();
    std::sort(words.begin(), words.end());
    std::vector<quint64> wordEnds, lineEnds; ///< where each word, and its lines, end
    std::vector<quint32> lines;
    QByteArray all;
    for (const QByteArray &word : words) {
        all += word + '\n';
        wordEnds.push_back(quint64(all.size()));
        const auto found = m_words.constFind(word);
        lines.insert(lines.end(), found->begin(), found->end());
        lineEnds.push_back(lines.size());
    }
    parts["words"] = all;
    parts["wordEnds"] = bytesOf(wordEnds);
    parts["lineEnds"] = bytesOf(lineEnds);
    parts["lines"] = bytesOf(lines);
    for (const auto &[key, numbers] : m_numbers) {
        std::vector<double> whole = numbers;
        whole.resize(m_offsets.size(), none);
        parts["number " + key] = bytesOf(whole);
    }
    for (const auto &[key, ids] : m_texts) {
        std::vector<quint32> whole = ids;
        whole.resize(m_offsets.size(), 0);
        parts["text " + key] = bytesOf(whole);
        parts["values " + key] = m_values.at(key).second.join('\n');
    }

    const auto padded = [](quint64 bytes) { return (bytes + 7) / 8 * 8; };
    quint64 at = quint64(magic.size()) + 16;
    for (const auto &[name, bytes] : parts)
        at += 24 + quint64(name.size());
    QByteArray head = magic + numberBytes(quint64(size)) + numberBytes(parts.size());
    for (const auto &[name, bytes] : parts) {
        at = padded(at);
        head += numberBytes(quint64(name.size())) + name + numberBytes(at) +
                numberBytes(quint64(bytes.size()));
        at += quint64(bytes.size());
    }
    QSaveFile out(file);
    const auto put = [&](const QByteArray &bytes) {
        if (out.write(bytes) != bytes.size())
            fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
    };
    if (!out.open(QIODevice::WriteOnly))
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
    put(head);
    for (const auto &[name, bytes] : parts) {
        put(QByteArray(qsizetype(padded(quint64(out.pos())) - quint64(out.pos())), '\0'));
        put(bytes);
    }
    if (!out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
}

template <class Number>
Number SearchIndex::Part::at(quint64 index) const
{
    Number number;
    std::memcpy(&number, data + index * sizeof number, sizeof number);
    return number;
}

SearchIndex::SearchIndex(const QString &file, qint64 size)
    : m_file(file)
{
    if (!m_file.open(QIODevice::ReadOnly))
        return;
    m_size = m_file.size();
    const char *data = reinterpret_cast<const char *>(m_file.map(0, m_size));
    qint64 at = magic.size();
    const auto number = [&](quint64 &into) {
        if (m_size - at < 8)
            return false;
        std::memcpy(&into, data + at, 8);
        at += 8;
        return true;
    };
    quint64 belongsTo = 0, count = 0;
    if (!data || m_size < at || std::memcmp(data, magic.constData(), std::size_t(at)) != 0 ||
        !number(belongsTo) || belongsTo != quint64(size) || !number(count) || count > 1000)
        return;
    for (quint64 i = 0; i < count; ++i) {
        quint64 length = 0, place = 0, bytes = 0;
        if (!number(length) || length > 100 || m_size - at < qint64(length))
            return;
        const QByteArray name(data + at, qsizetype(length));
        at += qint64(length);
        if (!number(place) || !number(bytes) || place > quint64(m_size) ||
            bytes > quint64(m_size) - place)
            return;
        m_parts[name] = {place, bytes};
    }
    m_data = data;
}

SearchIndex::Part SearchIndex::part(const QByteArray &name, quint64 size) const
{
    const auto found = m_parts.find(name);
    if (found == m_parts.end())
        return {};
    return {m_data + found->second.first, found->second.second / size};
}

/// Keeps the lines that hold a word as a part of one of theirs.
void SearchIndex::keepWord(const QByteArray &word, std::vector<bool> &lines) const
{
    const Part words = part("words", 1), wordEnds = part("wordEnds", 8),
               lineEnds = part("lineEnds", 8), all = part("lines", 4);
    std::vector<bool> found(lines.size(), false);
    const char *at = words.data, *end = words.data + words.count;
    quint64 number = 0;
    while (at < end) {
        const auto *hit = static_cast<const char *>(
            ::memmem(at, std::size_t(end - at), word.constData(), std::size_t(word.size())));
        if (!hit)
            break;
        // Which word it is: the first that ends behind it.
        quint64 low = number, high = std::min(wordEnds.count, lineEnds.count);
        while (low < high) {
            const quint64 middle = (low + high) / 2;
            if (wordEnds.at<quint64>(middle) > quint64(hit - words.data))
                high = middle;
            else
                low = middle + 1;
        }
        if (low >= std::min(wordEnds.count, lineEnds.count))
            break;
        const quint64 first = low == 0 ? 0 : lineEnds.at<quint64>(low - 1);
        const quint64 last = std::min(lineEnds.at<quint64>(low), all.count);
        for (quint64 i = first; i < last; ++i)
            if (const auto line = all.at<quint32>(i); line < found.size())
                found[line] = true;
        const quint64 next = wordEnds.at<quint64>(low);
        if (next > words.count || words.data + next <= at)
            break; // damaged
        at = words.data + next;
        number = low + 1;
    }
    for (std::size_t i = 0; i < lines.size(); ++i)
        lines[i] = lines[i] && found[i];
}

void SearchIndex::keepWhere(const CatalogCondition &condition, std::vector<bool> &lines) const
{
    if (condition.sign != ":") {
        const Part numbers = part("number " + condition.key, 8);
        for (std::size_t i = 0; i < lines.size(); ++i)
            lines[i] = lines[i] && i < numbers.count && condition.holds(numbers.at<double>(i));
        return;
    }
    const Part ids = part("text " + condition.key, 4), values = part("values " + condition.key, 1);
    std::vector<bool> fits(1, false); // 0: the line has none
    for (const char *at = values.data, *end = values.data + values.count; at < end;) {
        const auto *stop = static_cast<const char *>(std::memchr(at, '\n', std::size_t(end - at)));
        const std::size_t length = std::size_t((stop ? stop : end) - at);
        fits.push_back(::memmem(at, length, condition.text.constData(),
                                std::size_t(condition.text.size())) != nullptr);
        at += length + 1;
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const quint32 id = i < ids.count ? ids.at<quint32>(i) : 0;
        lines[i] = lines[i] && id < fits.size() && fits[id];
    }
}

std::vector<qint64> SearchIndex::find(const CatalogQuery &query, int most) const
{
    const Part offsets = part("offsets", 8);
    std::vector<bool> lines(std::size_t(offsets.count), true);
    for (const CatalogCondition &condition : query.conditions)
        keepWhere(condition, lines);
    for (const QByteArray &word : query.words)
        keepWord(word, lines);
    std::vector<qint64> found;
    for (std::size_t i = 0; i < lines.size() && found.size() < std::size_t(most); ++i)
        if (lines[i])
            found.push_back(qint64(offsets.at<quint64>(i)));
    return found;
}

} // namespace helmscope
