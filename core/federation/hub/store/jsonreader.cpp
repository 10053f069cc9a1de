// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/jsonreader.h"

#include "federation/hub/refusal.h"

#include <cstring>
#include <limits>

namespace helmscope {

static constexpr int deepest = 64;

JsonReader::JsonReader(QByteArrayView json, const QString &name)
    : m_json(json)
    , m_name(name)
{
}

void JsonReader::complain(const QString &what)
{
    refuse(422, Tr::tr("%1: %2 at byte %3.").arg(m_name, what).arg(m_at));
}

void JsonReader::skipSpace()
{
    while (current() == ' ' || current() == '\n' || current() == '\r' || current() == '\t')
        ++m_at;
}

void JsonReader::expect(char c)
{
    skipSpace();
    if (current() != c || m_at >= m_json.size())
        complain(Tr::tr("not valid JSON"));
    ++m_at;
}

bool JsonReader::take(const char *word)
{
    const QByteArrayView wanted(word);
    if (!m_json.sliced(m_at).startsWith(wanted))
        return false;
    m_at += wanted.size();
    return true;
}

void JsonReader::enter()
{
    if (++m_depth > deepest)
        complain(Tr::tr("nested deeper than %1 levels").arg(deepest));
}

JsonReader::Kind JsonReader::peek()
{
    skipSpace();
    switch (current()) {
    case '{':
        return Kind::Object;
    case '[':
        return Kind::Array;
    case '"':
        return Kind::String;
    case 't':
    case 'f':
        return Kind::Bool;
    case 'n':
        return Kind::Null;
    }
    return Kind::Number;
}

void JsonReader::object(const std::function<void(const QString &)> &member)
{
    expect('{');
    enter();
    skipSpace();
    if (current() == '}') {
        ++m_at;
        --m_depth;
        return;
    }
    for (;;) {
        const QString key = string();
        expect(':');
        member(key);
        skipSpace();
        if (current() == '}')
            break;
        expect(',');
    }
    ++m_at;
    --m_depth;
}

void JsonReader::array(const std::function<void()> &element)
{
    expect('[');
    enter();
    skipSpace();
    if (current() == ']') {
        ++m_at;
        --m_depth;
        return;
    }
    for (;;) {
        element();
        skipSpace();
        if (current() == ']')
            break;
        expect(',');
    }
    ++m_at;
    --m_depth;
}

QByteArray JsonReader::utf8()
{
    expect('"');
    const char *const all = m_json.data();
    const qsizetype size = m_json.size();
    qsizetype begin = m_at;
    QByteArray text;
    for (;;) {
        while (m_at < size && all[m_at] != '"' && all[m_at] != '\\')
            ++m_at;
        if (m_at >= size)
            complain(Tr::tr("not valid JSON"));
        text.append(all + begin, m_at - begin);
        if (all[m_at++] == '"')
            break;
        addEscape(text);
        begin = m_at;
    }
    if (!text.isValidUtf8())
        complain(Tr::tr("a text that is not UTF-8, or has half a character in it, ends"));
    if (text.contains('\0'))
        complain(Tr::tr("a text with a NUL in it, which no store keeps, ends"));
    return text;
}

QString JsonReader::string()
{
    return QString::fromUtf8(utf8());
}

/// The four digits of a \u.
uint JsonReader::unit()
{
    uint unit = 0;
    for (int i = 0; i < 4; ++i) {
        const char digit = current();
        ++m_at;
        const int nibble = digit >= '0' && digit <= '9'   ? digit - '0'
                           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                          : -1;
        if (nibble < 0)
            complain(Tr::tr("not valid JSON"));
        unit = unit * 16 + uint(nibble);
    }
    return unit;
}

void JsonReader::addEscape(QByteArray &text)
{
    static constexpr char letters[] = "bfnrt\"\\/", meanings[] = "\b\f\n\r\t\"\\/";
    const char c = current();
    ++m_at;
    if (const char *found = c ? std::strchr(letters, c) : nullptr) {
        text += meanings[found - letters];
        return;
    }
    if (c != 'u')
        complain(Tr::tr("not valid JSON"));
    uint code = unit();
    if (code >= 0xd800 && code < 0xdc00 && m_json.sliced(m_at).startsWith("\\u")) {
        m_at += 2;
        const uint low = unit();
        if (low >= 0xdc00 && low < 0xe000)
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    // Half a pair becomes what is no UTF-8, and is found as that.
    if (code < 0x80) {
        text += char(code);
        return;
    }
    if (code >= 0x800) {
        if (code >= 0x10000) {
            text += char(0xf0 | (code >> 18));
            text += char(0x80 | ((code >> 12) & 0x3f));
        } else {
            text += char(0xe0 | (code >> 12));
        }
        text += char(0x80 | ((code >> 6) & 0x3f));
    } else {
        text += char(0xc0 | (code >> 6));
    }
    text += char(0x80 | (code & 0x3f));
}

QVariant JsonReader::number()
{
    const qsizetype begin = m_at;
    bool isInteger = true;
    while (m_at < m_json.size() && QByteArrayView("+-0123456789.eE").contains(current())) {
        isInteger = isInteger && current() != '.' && current() != 'e' && current() != 'E';
        ++m_at;
    }
    const QByteArray text = m_json.sliced(begin, m_at - begin).toByteArray();
    bool isNumber = false;
    if (isInteger) {
        const qlonglong whole = text.toLongLong(&isNumber);
        if (isNumber)
            return whole;
        for (const char c : text)
            if (c == '+')
                complain(Tr::tr("not valid JSON"));
        // Beyond 64 bits a double would lose digits; the text keeps them.
        text.toDouble(&isNumber);
        if (isNumber)
            return QString::fromLatin1(text);
    }
    const double fraction = text.toDouble(&isNumber);
    if (!isNumber)
        complain(Tr::tr("not valid JSON"));
    return fraction;
}

QVariant JsonReader::value()
{
    const Kind kind = peek();
    switch (kind) {
    case Kind::Object:
    case Kind::Array: {
        const qsizetype begin = m_at;
        skip();
        return QString::fromUtf8(m_json.sliced(begin, m_at - begin));
    }
    case Kind::String:
        return string();
    default:
        break;
    }
    if (take("true"))
        return true;
    if (take("false"))
        return false;
    if (take("null"))
        return {};
    if (take("NaN"))
        return std::numeric_limits<double>::quiet_NaN();
    if (take("Infinity"))
        return std::numeric_limits<double>::infinity();
    if (take("-Infinity"))
        return -std::numeric_limits<double>::infinity();
    return number();
}

void JsonReader::skip()
{
    switch (peek()) {
    case Kind::Object:
        return object([this](const QString &) { skip(); });
    case Kind::Array:
        return array([this] { skip(); });
    default:
        value();
    }
}

void JsonReader::end()
{
    skipSpace();
    if (m_at < m_json.size())
        complain(Tr::tr("not valid JSON: something follows"));
}

} // namespace helmscope
