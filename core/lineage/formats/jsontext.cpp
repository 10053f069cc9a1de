// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/jsontext.h"

#include "base/tr.h"

#include <QLocale>

#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr int deepest = 64;

class Parser
{
public:
    Parser(const QByteArray &json, const QString &name)
        : m_json(json)
        , m_name(name)
    {
    }

    QVariant document()
    {
        if (m_json.startsWith("\xEF\xBB\xBF"))
            m_at = 3;
        const QVariant found = value(0);
        skipSpace();
        if (m_at < m_json.size())
            complain();
        return found;
    }

private:
    [[noreturn]] void complain() const
    {
        fail(Tr::tr("%1 is not valid JSON at byte %2.").arg(m_name).arg(m_at));
    }
    char peek() const { return m_at < m_json.size() ? m_json[m_at] : '\0'; }
    void skipSpace()
    {
        while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')
            ++m_at;
    }
    void expect(char c)
    {
        skipSpace();
        if (peek() != c)
            complain();
        ++m_at;
    }
    bool take(const char *word)
    {
        const qsizetype length = qsizetype(qstrlen(word));
        if (QByteArrayView(m_json).sliced(m_at).startsWith(QByteArrayView(word, length))) {
            m_at += length;
            return true;
        }
        return false;
    }

    QVariant value(int depth)
    {
        if (depth > deepest)
            fail(Tr::tr("%1 is nested deeper than %2 levels.").arg(m_name).arg(deepest));
        skipSpace();
        switch (peek()) {
        case '{':
            return object(depth);
        case '[':
            return array(depth);
        case '"':
            return string();
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

    QVariant object(int depth)
    {
        QVariantMap map;
        expect('{');
        skipSpace();
        if (peek() == '}') {
            ++m_at;
            return map;
        }
        for (;;) {
            skipSpace();
            if (peek() != '"')
                complain();
            const QString key = string();
            expect(':');
            map.insert(key, value(depth + 1));
            skipSpace();
            if (peek() == '}') {
                ++m_at;
                return map;
            }
            expect(',');
        }
    }

    QVariant array(int depth)
    {
        QVariantList list;
        expect('[');
        skipSpace();
        if (peek() == ']') {
            ++m_at;
            return list;
        }
        for (;;) {
            // append(QVariantList) would concatenate
            list.push_back(value(depth + 1));
            skipSpace();
            if (peek() == ']') {
                ++m_at;
                return list;
            }
            expect(',');
        }
    }

    QString string()
    {
        expect('"');
        QString text;
        for (qsizetype begin = m_at;;) {
            if (m_at >= m_json.size())
                complain();
            const char c = m_json[m_at];
            if (c != '"' && c != '\\') {
                ++m_at;
                continue;
            }
            text += QString::fromUtf8(QByteArrayView(m_json).sliced(begin, m_at - begin));
            ++m_at;
            if (c == '"')
                return text;
            text += escape();
            begin = m_at;
        }
    }

    QChar escape()
    {
        const char c = peek();
        ++m_at;
        switch (c) {
        case 'b':
            return u'\b';
        case 'f':
            return u'\f';
        case 'n':
            return u'\n';
        case 'r':
            return u'\r';
        case 't':
            return u'\t';
        case '"':
        case '\\':
        case '/':
            return QLatin1Char(c);
        case 'u': {
            bool isHex = false;
            const ushort unit = m_json.mid(m_at, 4).toUShort(&isHex, 16);
            if (!isHex || m_at + 4 > m_json.size())
                complain();
            m_at += 4;
            return QChar(unit); // surrogates come as a pair of escapes
        }
        }
        complain();
    }

    QVariant number()
    {
        const qsizetype begin = m_at;
        bool isInteger = true;
        while (m_at < m_json.size() && QByteArrayView("+-0123456789.eE").contains(peek())) {
            isInteger = isInteger && peek() != '.' && peek() != 'e' && peek() != 'E';
            ++m_at;
        }
        const QByteArray text = m_json.mid(begin, m_at - begin);
        bool isNumber = false;
        if (isInteger) {
            const qlonglong whole = text.toLongLong(&isNumber);
            if (isNumber)
                return whole;
        }
        const double fraction = text.toDouble(&isNumber);
        if (!isNumber) {
            m_at = begin;
            complain();
        }
        return fraction;
    }

    const QByteArray &m_json;
    QString m_name;
    qsizetype m_at = 0;
};

void write(QByteArray &to, const QString &text)
{
    to += '"';
    for (const QChar c : text) {
        if (c == u'"' || c == u'\\')
            to.append('\\').append(c.toLatin1());
        else if (c.unicode() < 0x20 || c.unicode() > 0x7e)
            to += "\\u" + QByteArray::number(c.unicode(), 16).rightJustified(4, '0');
        else
            to += c.toLatin1();
    }
    to += '"';
}

void write(QByteArray &to, const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::QVariantMap: {
        const QVariantMap map = value.toMap();
        to += '{';
        for (auto it = map.cbegin(); it != map.cend(); ++it) {
            if (it != map.cbegin())
                to += ", ";
            write(to, it.key());
            to += ": ";
            write(to, it.value());
        }
        to += '}';
        return;
    }
    case QMetaType::QVariantList: {
        const QVariantList list = value.toList();
        to += '[';
        for (qsizetype i = 0; i < list.size(); ++i) {
            if (i > 0)
                to += ", ";
            write(to, list[i]);
        }
        to += ']';
        return;
    }
    case QMetaType::Bool:
        to += value.toBool() ? "true" : "false";
        return;
    case QMetaType::Int:
    case QMetaType::LongLong:
        to += QByteArray::number(value.toLongLong());
        return;
    case QMetaType::Double: {
        const double number = value.toDouble();
        if (!std::isfinite(number)) {
            to += "null";
            return;
        }
        const QByteArray text = QByteArray::number(number, 'g', QLocale::FloatingPointShortest);
        to += text;
        if (!text.contains('.') && !text.contains('e'))
            to += ".0";
        return;
    }
    case QMetaType::UnknownType:
        to += "null";
        return;
    }
    write(to, value.toString());
}

} // namespace

QVariant parseJson(const QByteArray &json, const QString &name)
{
    return Parser(json, name).document();
}

QByteArray jsonText(const QVariant &value)
{
    QByteArray text;
    write(text, value);
    return text;
}

} // namespace helmscope
