// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/expression.h"

#include "base/tr.h"
#include "lineage/graph.h"

#include <QDateTime>
#include <QTimeZone>

namespace helmscope {

namespace {

constexpr int deepest = 100;
constexpr qsizetype longestExpression = 10'000;

struct Token
{
    enum class Kind { Word, Quoted, Operator, Open, Close, End };
    Kind kind = Kind::End;
    QString text;
    qsizetype at = 0; ///< from 0
};

[[noreturn]] void complain(const Token &token, const QString &expected)
{
    if (token.kind == Token::Kind::End)
        fail(Tr::tr("The search ends too soon, at position %1: %2 is expected.")
                 .arg(token.at + 1)
                 .arg(expected));
    fail(Tr::tr("The search has “%1” at position %2 where %3 is expected.")
             .arg(token.text)
             .arg(token.at + 1)
             .arg(expected));
}

std::vector<Token> tokensOf(const QString &expression)
{
    if (expression.size() > longestExpression)
        fail(Tr::tr("The search is longer than %1 characters; shorten it.").arg(longestExpression));
    static const QString operatorSigns = QStringLiteral("=!<>~:");
    std::vector<Token> tokens;
    qsizetype at = 0;
    while (at < expression.size()) {
        const QChar c = expression[at];
        const qsizetype begin = at;
        if (c.isSpace()) {
            ++at;
        } else if (c == '(' || c == ')') {
            tokens.push_back({c == '(' ? Token::Kind::Open : Token::Kind::Close, c, at++});
        } else if (c == '"' || c == '\'') {
            QString text;
            for (++at; at < expression.size() && expression[at] != c; ++at) {
                if (expression[at] == '\\' && at + 1 < expression.size())
                    ++at;
                text += expression[at];
            }
            if (at >= expression.size())
                fail(Tr::tr("The quote that begins at position %1 has no end.").arg(begin + 1));
            ++at;
            tokens.push_back({Token::Kind::Quoted, text, begin});
        } else if (operatorSigns.contains(c)) {
            QString text = c;
            const QString two = expression.mid(at, 2);
            if (two == "!=" || two == "<=" || two == ">=" || two == "!~" || two == "==")
                text = two;
            at += text.size();
            if (text == "!")
                fail(Tr::tr("The search has “!” at position %1: != and !~ are operators, not is "
                            "“not”.")
                         .arg(begin + 1));
            tokens.push_back({Token::Kind::Operator, text == "==" ? "=" : text, begin});
        } else {
            const auto isPart = [&](QChar part) {
                return !part.isSpace() && part != '(' && part != ')' && part != '"' &&
                       part != '\'' && !operatorSigns.contains(part);
            };
            while (at < expression.size() && isPart(expression[at]))
                ++at;
            tokens.push_back({Token::Kind::Word, expression.mid(begin, at - begin), begin});
        }
    }
    tokens.push_back({Token::Kind::End, {}, expression.size()});
    return tokens;
}

/// Milliseconds since the epoch from the beginning of what an ISO date names to its end.
std::optional<std::pair<qint64, qint64>> spanOf(const QString &text)
{
    const auto utc = [](const QDateTime &time) {
        return time.timeSpec() == Qt::LocalTime
                   ? QDateTime(time.date(), time.time(), Qt::UTC).toMSecsSinceEpoch()
                   : time.toMSecsSinceEpoch();
    };
    const auto from = [&](QDate date, QDate next) {
        return std::pair(QDateTime(date, QTime(0, 0), Qt::UTC).toMSecsSinceEpoch(),
                         QDateTime(next, QTime(0, 0), Qt::UTC).toMSecsSinceEpoch() - 1);
    };
    if (const QDate year = QDate::fromString(text, "yyyy"); text.size() == 4 && year.isValid())
        return from(year, year.addYears(1));
    if (const QDate month = QDate::fromString(text, "yyyy-MM"); text.size() == 7 && month.isValid())
        return from(month, month.addMonths(1));
    if (const QDate day = QDate::fromString(text, Qt::ISODate); text.size() == 10 && day.isValid())
        return from(day, day.addDays(1));
    const QDateTime time = QDateTime::fromString(text, Qt::ISODateWithMs);
    if (!time.isValid())
        return std::nullopt;
    return std::pair(utc(time), utc(time));
}

template <class Number>
bool holds(const QString &sign, Number a, Number low, Number high)
{
    if (sign == "=")
        return a >= low && a <= high;
    if (sign == "!=")
        return a < low || a > high;
    if (sign == "<")
        return a < low;
    if (sign == "<=")
        return a <= high;
    if (sign == ">")
        return a > high;
    return a >= low;
}

/// Recursive descent over the grammar in the header.
class Parser
{
public:
    explicit Parser(const QString &expression)
        : m_tokens(tokensOf(expression))
    {
    }

    Expression whole()
    {
        if (now().kind == Token::Kind::End)
            return {};
        Expression whole = expression(0);
        if (now().kind != Token::Kind::End)
            complain(now(), Tr::tr("“and”, “or” or the end"));
        return whole;
    }

private:
    const Token &now() const { return m_tokens[m_at]; }
    bool isWord(const char *text) const
    {
        return now().kind == Token::Kind::Word &&
               now().text.compare(QLatin1String(text), Qt::CaseInsensitive) == 0;
    }

    Expression expression(int depth)
    {
        if (depth > deepest)
            complain(now(), Tr::tr("no more than %1 parentheses in each other").arg(deepest));
        return several(Expression::Kind::Or, [this, depth](std::vector<Expression> &parts) {
            parts.push_back(term(depth));
            while (isWord("or")) {
                ++m_at;
                parts.push_back(term(depth));
            }
        });
    }

    Expression term(int depth)
    {
        return several(Expression::Kind::And, [this, depth](std::vector<Expression> &parts) {
            parts.push_back(factor(depth));
            while (now().kind != Token::Kind::End && now().kind != Token::Kind::Close &&
                   !isWord("or")) {
                if (isWord("and"))
                    ++m_at;
                parts.push_back(factor(depth));
            }
        });
    }

    template <class Read>
    static Expression several(Expression::Kind kind, Read read)
    {
        Expression whole;
        whole.kind = kind;
        read(whole.parts);
        if (whole.parts.size() > 1)
            return whole;
        Expression only = std::move(whole.parts.front());
        return only;
    }

    Expression factor(int depth)
    {
        bool isNot = false;
        while (isWord("not")) {
            isNot = !isNot;
            ++m_at;
        }
        Expression inner = plain(depth);
        if (!isNot)
            return inner;
        Expression negated;
        negated.kind = Expression::Kind::Not;
        negated.parts.push_back(std::move(inner));
        return negated;
    }

    Expression plain(int depth)
    {
        const Token first = now();
        if (first.kind == Token::Kind::Open) {
            ++m_at;
            Expression inner = expression(depth + 1);
            if (now().kind != Token::Kind::Close)
                complain(now(), Tr::tr("a closing parenthesis"));
            ++m_at;
            return inner;
        }
        const bool isName = first.kind == Token::Kind::Word || first.kind == Token::Kind::Quoted;
        if (!isName || isWord("and") || isWord("or"))
            complain(first, Tr::tr("a word, a comparison or an opening parenthesis"));
        ++m_at;
        if (now().kind != Token::Kind::Operator)
            return {Expression::Kind::Word, {}, {}, first.text, {}, {}};
        const QString sign = now().text == ":" ? "~" : now().text;
        ++m_at;
        const Token wanted = now();
        if (wanted.kind != Token::Kind::Word && wanted.kind != Token::Kind::Quoted)
            complain(wanted, Tr::tr("a value to compare with"));
        ++m_at;
        // A time has colons, which are operators elsewhere: 2023-10-01T12:00:05.
        Token value = wanted;
        while (wanted.kind == Token::Kind::Word && now().kind == Token::Kind::Operator &&
               now().text == ":" && now().at == value.at + value.text.size() &&
               m_tokens[m_at + 1].kind == Token::Kind::Word &&
               m_tokens[m_at + 1].at == now().at + 1) {
            value.text += ':' + m_tokens[m_at + 1].text;
            m_at += 2;
        }
        Expression found{Expression::Kind::Comparison, first.text, sign, value.text, {}, {}};
        const QString key = first.text.toLower();
        if (key == "created" || key == "updated") {
            found.span = spanOf(value.text);
            if (!found.span || sign == "~" || sign == "!~")
                complain(value, Tr::tr("a date like 2023-10-01 after = < or >"));
        }
        return found;
    }

    std::vector<Token> m_tokens;
    std::size_t m_at = 0;
};

} // namespace

Expression parseExpression(const QString &text)
{
    return Parser(text).whole();
}

bool compares(const QVariant &value, const QString &sign, const QString &wanted)
{
    const QString text = value.toString();
    if (sign == "~")
        return text.contains(wanted, Qt::CaseInsensitive);
    if (sign == "!~")
        return !text.contains(wanted, Qt::CaseInsensitive);
    const std::optional<double> number = numberOf(value), limit = numberOf(wanted);
    if (number && limit)
        return holds(sign, *number, *limit, *limit);
    const int order = text.compare(wanted, Qt::CaseInsensitive);
    return holds(sign, order, 0, 0);
}

bool compares(qint64 timeMs, const QString &sign, std::pair<qint64, qint64> span)
{
    return timeMs != 0 && holds(sign, timeMs, span.first, span.second);
}

} // namespace helmscope
