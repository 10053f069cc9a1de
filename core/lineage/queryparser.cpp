// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "lineage/graph.h"
#include "lineage/queryparts.h"

#include <QDateTime>
#include <QHash>
#include <QRegularExpression>
#include <QTimeZone>

namespace helmscope::query {

namespace {

Field fieldNamed(const QString &name)
{
    static const QHash<QString, Field> fields{{"kind", Field::NodeKind},
                                              {"type", Field::Type},
                                              {"name", Field::Name},
                                              {"short", Field::Short},
                                              {"uri", Field::Uri},
                                              {"uuid", Field::Uuid},
                                              {"stage", Field::Stage},
                                              {"pipeline", Field::Pipeline},
                                              {"id", Field::Id},
                                              {"artifact", Field::Artifact},
                                              {"execution", Field::Execution},
                                              {"store", Field::Store},
                                              {"state", Field::State},
                                              {"created", Field::Created},
                                              {"updated", Field::Updated}};
    return fields.value(name.toLower(), Field::Property);
}

/// The day, month, year, minute, second or millisecond that a text names; nothing where it is none.
std::optional<Span> spanOf(const QString &text)
{
    static const QRegularExpression form(
        "^(\\d{4})(?:-(\\d{2})(?:-(\\d{2})(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,3}))?)?"
        "(Z|[+-]\\d{2}:\\d{2})?)?)?)?$");
    bool isMilliseconds = false;
    if (const qint64 value = text.toLongLong(&isMilliseconds); isMilliseconds && text.size() > 4)
        return Span{value, value + 1};
    const QRegularExpressionMatch match = form.match(text);
    if (!match.hasMatch())
        return {};
    const auto part = [&match](int i, int otherwise) {
        return match.capturedLength(i) > 0 ? match.captured(i).toInt() : otherwise;
    };
    const QDate day(part(1, 0), part(2, 1), part(3, 1));
    const int thousandths =
        match.capturedLength(7) > 0 ? match.captured(7).leftJustified(3, '0').toInt() : 0;
    const QTime time(part(4, 0), part(5, 0), part(6, 0), thousandths);
    if (!day.isValid() || !time.isValid())
        return {};
    const QDateTime begin(day, time, QTimeZone::utc());
    const QDateTime end = match.capturedLength(7) > 0   ? begin.addMSecs(1)
                          : match.capturedLength(6) > 0 ? begin.addSecs(1)
                          : match.capturedLength(4) > 0 ? begin.addSecs(60)
                          : match.capturedLength(3) > 0 ? begin.addDays(1)
                          : match.capturedLength(2) > 0 ? begin.addMonths(1)
                                                        : begin.addYears(1);
    qint64 shift = 0;
    if (const QString zone = match.captured(8); zone.size() > 1) {
        constexpr qint64 minute = 60'000;
        shift = (zone.mid(1, 2).toInt() * 60 + zone.mid(4, 2).toInt()) * minute;
        shift = zone.startsWith('-') ? -shift : shift;
    }
    return Span{begin.toMSecsSinceEpoch() - shift, end.toMSecsSinceEpoch() - shift};
}

class Parser
{
public:
    explicit Parser(const QString &text)
        : m_text(text)
    {
    }

    Term parse()
    {
        Term term;
        skipBlanks();
        if (!atEnd())
            term = alternatives(0);
        if (!atEnd()) // only a bracket ends an expression early
            fail(Tr::tr("Position %1: this bracket was never opened; the end or a word was "
                        "expected.")
                     .arg(m_at + 1));
        return term;
    }

private:
    static constexpr int deepest = 64;

    bool atEnd() const { return m_at >= m_text.size(); }
    QChar peek(qsizetype ahead = 0) const
    {
        return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : QChar();
    }
    void skipBlanks()
    {
        while (!atEnd() && peek().isSpace())
            ++m_at;
    }
    [[noreturn]] void expected(const QString &what) const
    {
        if (atEnd())
            fail(Tr::tr("Position %1: %2 was expected, but the search ends here.")
                     .arg(m_at + 1)
                     .arg(what));
        fail(Tr::tr("Position %1: %2 was expected, not \"%3\".")
                 .arg(QString::number(m_at + 1), what, QString(peek())));
    }

    /// The keyword that begins here; empty: none.
    QString keyword() const
    {
        qsizetype end = m_at;
        while (end < m_text.size() && m_text[end].isLetter())
            ++end;
        const QString word = m_text.mid(m_at, end - m_at).toLower();
        const bool isWhole = end == m_text.size() || m_text[end].isSpace() || m_text[end] == '(' ||
                             m_text[end] == ')';
        return isWhole && (word == "and" || word == "or" || word == "not") ? word : QString();
    }

    Term alternatives(int depth)
    {
        Term term(Term::Kind::Or);
        term.parts.push_back(conjunction(depth));
        while (keyword() == "or") {
            m_at += 2;
            term.parts.push_back(conjunction(depth));
        }
        return term.parts.size() == 1 ? std::move(term.parts.front()) : term;
    }

    Term conjunction(int depth)
    {
        Term term(Term::Kind::And);
        term.parts.push_back(factor(depth));
        while (!atEnd() && peek() != ')' && keyword() != "or") {
            if (keyword() == "and")
                m_at += 3;
            term.parts.push_back(factor(depth));
        }
        return term.parts.size() == 1 ? std::move(term.parts.front()) : term;
    }

    Term factor(int depth)
    {
        skipBlanks();
        if (depth > deepest)
            fail(Tr::tr("Position %1: brackets and \"not\" stand more than %2 deep here; a simpler "
                        "search was expected.")
                     .arg(m_at + 1)
                     .arg(deepest));
        Term term;
        if (peek() == '(') {
            ++m_at;
            skipBlanks();
            term = alternatives(depth + 1);
            if (peek() != ')')
                expected(Tr::tr("a closing bracket"));
            ++m_at;
        } else if (keyword() == "not") {
            m_at += 3;
            term.kind = Term::Kind::Not;
            term.parts.push_back(factor(depth + 1));
        } else {
            term = wordOrComparison();
        }
        skipBlanks();
        return term;
    }

    Term wordOrComparison()
    {
        const QString what = Tr::tr("a word, a comparison or a bracket");
        if (!keyword().isEmpty())
            expected(what);
        Term term(Term::Kind::Word);
        const bool isQuoted = peek() == '"' || peek() == '\'';
        if (isQuoted) {
            term.value = quoted();
        } else {
            const qsizetype begin = m_at;
            while (!atEnd() && !peek().isSpace() && !QStringView(u"()\"=<>~:").contains(peek()) &&
                   !(peek() == '!' && (peek(1) == '=' || peek(1) == '~')))
                ++m_at;
            term.value = m_text.mid(begin, m_at - begin);
            if (term.value.isEmpty())
                expected(what);
        }
        const qsizetype afterWord = m_at;
        skipBlanks();
        if (const std::optional<Operator> op = takeOperator())
            return comparison(term.value, *op);
        m_at = afterWord;
        return term;
    }

    std::optional<Operator> takeOperator()
    {
        static const std::pair<QString, Operator> operators[]{
            {"!=", Operator::NotEqual}, {"<=", Operator::LessEqual}, {">=", Operator::GreaterEqual},
            {"==", Operator::Equal},    {"!~", Operator::HasNot},    {"=", Operator::Equal},
            {"<", Operator::Less},      {">", Operator::Greater},    {"~", Operator::Has},
            {":", Operator::Colon}};
        for (const auto &[sign, op] : operators)
            if (QStringView(m_text).mid(m_at).startsWith(sign)) {
                m_at += sign.size();
                return op;
            }
        return {};
    }

    Term comparison(const QString &name, Operator op)
    {
        Term term(Term::Kind::Comparison);
        term.field = fieldNamed(name);
        term.op = op;
        term.name = name;
        skipBlanks();
        const qsizetype begin = m_at;
        if (peek() == '"' || peek() == '\'') {
            term.value = quoted();
        } else {
            while (!atEnd() && !peek().isSpace() && peek() != '(' && peek() != ')')
                ++m_at;
            term.value = m_text.mid(begin, m_at - begin);
            if (term.value.isEmpty())
                expected(Tr::tr("a value for \"%1\"").arg(name));
        }
        term.number = numberOf(term.value);
        if (term.field == Field::Created || term.field == Field::Updated) {
            const std::optional<Span> span = spanOf(term.value);
            if (!span) {
                m_at = begin;
                expected(Tr::tr("a date like 2023-10-01 or 2023-10-01T12:30"));
            }
            term.span = *span;
        }
        return term;
    }

    QString quoted()
    {
        const qsizetype begin = m_at;
        const QChar quote = peek();
        QString text;
        for (++m_at; !atEnd() && peek() != quote; ++m_at) {
            if (peek() == '\\' && (peek(1) == quote || peek(1) == '\\'))
                ++m_at;
            text += peek();
        }
        if (atEnd())
            fail(Tr::tr("Position %1: the quote that was opened at position %2 was expected to be "
                        "closed.")
                     .arg(m_at + 1)
                     .arg(begin + 1));
        ++m_at;
        return text;
    }

    const QString m_text;
    qsizetype m_at = 0;
};

} // namespace

Term parse(const QString &expression)
{
    return Parser(expression).parse();
}

} // namespace helmscope::query
