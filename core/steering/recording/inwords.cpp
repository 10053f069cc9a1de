// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/inwords.h"

#include "base/tr.h"
#include "dkl/acquisition.h"
#include "steering/recording/endings.h"
#include "steering/recording/sentences.h"

#include <QHash>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <vector>

namespace helmscope {

namespace {

constexpr qsizetype longest = 4096; ///< a record is hostile input, and a pattern is slow on it
constexpr int deepest = 4;          ///< of sentences within sentences

const QRegularExpression &placeholder()
{
    static const QRegularExpression form("%(L?)([1-9])");
    return form;
}

/// A number as the locale writes it, with the digits it has.
QString localNumber(const QString &text)
{
    bool isWhole = false, isNumber = false;
    const qlonglong whole = text.toLongLong(&isWhole);
    const double number = text.toDouble(&isNumber);
    if (isWhole)
        return QLocale().toString(whole);
    if (!isNumber)
        return text;
    const qsizetype point = text.indexOf('.');
    return text.contains('e') || point < 0
               ? QLocale().toString(number)
               : QLocale().toString(number, 'f', int(text.size() - point - 1));
}

/// The other way round.
QString plainNumber(const QString &text)
{
    bool isNumber = false;
    QLocale().toDouble(text, &isNumber);
    if (!isNumber)
        return text;
    QString plain = text;
    plain.replace(QLocale().decimalPoint(), QLatin1String("."));
    for (QChar &c : plain)
        if (c.digitValue() >= 0)
            c = QChar('0' + c.digitValue());
    return plain;
}

/// The sentences of one language, each to be said in the other.
class Phrases
{
public:
    enum class To { Window, English };
    explicit Phrases(To to)
        : m_to(to)
    {
        for (const Sentence &sentence : sentences())
            add(sentence.text, sentence.words);
        for (const Ending ending :
             {Ending::Done, Ending::TimeIsUp, Ending::Plateau, Ending::Exhausted, Ending::Stopped,
              Ending::StoppedBy, Ending::CutOff})
            add(recordedText(ending).toUtf8(), ending == Ending::StoppedBy ? "2" : "");
        for (const AcquisitionRow &row : acquisitions())
            add(row.name, "");
        std::stable_sort(
            m_patterns.begin(), m_patterns.end(),
            [](const Pattern &a, const Pattern &b) { return a.literals > b.literals; });
    }

    QString said(const QString &text, int depth = 0) const
    {
        if (text.isEmpty() || text.size() > longest || depth > deepest)
            return text;
        if (const auto found = m_plain.constFind(text); found != m_plain.constEnd())
            return toSay(*found);
        for (const Pattern &pattern : m_patterns) {
            if (!text.contains(pattern.literal))
                continue;
            if (const QRegularExpressionMatch match = pattern.form.match(text); match.hasMatch())
                return filled(pattern, match, depth);
        }
        // "EDS (X-rays (Counts))": an array and its quantity.
        if (const qsizetype open = text.indexOf(" ("); open > 0 && text.endsWith(')')) {
            const QString name = text.left(open), what = text.mid(open + 2).chopped(1);
            return said(name, depth + 1) + " (" + said(what, depth + 1) + ')';
        }
        return text;
    }

private:
    /// A sentence with parts that differ from record to record.
    struct Pattern
    {
        QByteArray text;
        QString literal; ///< what is looked for first: it is faster
        QRegularExpression form;
        QList<int> numbers;      ///< the placeholder of each captured part
        bool isSentence = false; ///< more may follow it
        qsizetype literals = 0;  ///< more of them are more certain
    };

    QString heard(const QByteArray &text) const
    {
        return m_to == To::Window ? QString::fromUtf8(text) : Tr::tr(text.constData());
    }
    QString toSay(const QByteArray &text) const
    {
        return m_to == To::Window ? Tr::tr(text.constData()) : QString::fromUtf8(text);
    }

    void add(const QByteArray &text, const QByteArray &words)
    {
        const QString whole = heard(text);
        const bool isPlain = !placeholder().match(whole).hasMatch();
        if (isPlain)
            m_plain.insert(whole, text);
        if (!isPlain || whole.endsWith('.'))
            m_patterns.push_back(patternOf(text, words));
    }

    Pattern patternOf(const QByteArray &text, const QByteArray &words) const
    {
        static const QString number = QStringLiteral("(-?(?:[0-9][0-9.e+-]{0,23}|inf|nan))");
        const QString whole = heard(text);
        Pattern pattern;
        pattern.text = text;
        pattern.isSentence = whole.endsWith('.') && !whole.startsWith('%');
        QString form;
        qsizetype at = 0;
        const auto take = [&](qsizetype end) {
            const QString part = whole.mid(at, end - at);
            form += QRegularExpression::escape(part);
            pattern.literals += part.size();
            if (part.size() > pattern.literal.size())
                pattern.literal = part;
        };
        for (auto it = placeholder().globalMatch(whole); it.hasNext();) {
            const QRegularExpressionMatch match = it.next();
            take(match.capturedStart());
            at = match.capturedEnd();
            const bool isWord = words.contains(match.captured(2)[0].toLatin1());
            form += isWord || m_to == To::English ? QStringLiteral("(.+?)") : number;
            pattern.numbers << match.captured(2).toInt();
        }
        take(whole.size());
        pattern.form = QRegularExpression(
            '^' + form + (pattern.isSentence ? QStringLiteral("(?: (.+))?$") : QStringLiteral("$")),
            QRegularExpression::DotMatchesEverythingOption);
        return pattern;
    }

    QString filled(const Pattern &pattern, const QRegularExpressionMatch &match, int depth) const
    {
        const QString frame = toSay(pattern.text);
        QString text;
        qsizetype at = 0;
        for (auto it = placeholder().globalMatch(frame); it.hasNext();) {
            const QRegularExpressionMatch place = it.next();
            const qsizetype part = pattern.numbers.indexOf(place.captured(2).toInt());
            text += frame.mid(at, place.capturedStart() - at);
            at = place.capturedEnd();
            if (part < 0)
                continue;
            const QString captured = match.captured(int(part) + 1);
            QString worded = said(captured, depth + 1);
            if (worded == captured && m_to == To::English)
                worded = plainNumber(captured);
            else if (worded == captured && place.capturedLength(1) > 0)
                worded = localNumber(captured);
            text += worded;
        }
        text += frame.mid(at);
        if (const QString rest = match.captured(int(pattern.numbers.size()) + 1);
            pattern.isSentence && !rest.isEmpty())
            text += ' ' + said(rest, depth + 1);
        return text;
    }

    To m_to;
    QHash<QString, QByteArray> m_plain;
    std::vector<Pattern> m_patterns;
};

const Phrases &toWindow()
{
    static const Phrases all(Phrases::To::Window);
    return all;
}

} // namespace

QString inWords(const QString &recorded)
{
    return toWindow().said(recorded);
}

QStringList inWords(const QStringList &recorded)
{
    QStringList all;
    for (const QString &one : recorded)
        all << toWindow().said(one);
    return all;
}

QString inEnglish(const QString &said)
{
    // Made anew: the window's language may have changed, and it is asked where a run ends.
    return Phrases(Phrases::To::English).said(said);
}

} // namespace helmscope
