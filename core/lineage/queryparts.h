// SPDX-License-Identifier: GPL-3.0-or-later
// What matching() parses an expression into. Private to core/lineage.
#pragma once

#include <QString>

#include <optional>
#include <vector>

namespace helmscope::query {

enum class Operator { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Has, HasNot, Colon };

enum class Field {
    Property,
    NodeKind,
    Type,
    Name,
    Short,
    Uri,
    Uuid,
    Stage,
    Pipeline,
    Id,
    Artifact,
    Execution,
    Store,
    State,
    Created,
    Updated
};

/// A stretch of time, [from, to) in milliseconds since the epoch.
struct Span
{
    qint64 from = 0, to = 0;
};

/// A node of the parsed expression.
struct Term
{
    enum class Kind { Word, Comparison, And, Or, Not };
    explicit Term(Kind what = Kind::And)
        : kind(what)
    {
    }
    Kind kind;
    std::vector<Term> parts;
    Field field = Field::Property;
    Operator op = Operator::Equal;
    QString name, value;
    std::optional<double> number; ///< the value as one
    Span span;                    ///< the value as a time, of Created and Updated
};

/// Throws Error naming the position and what was expected there.
Term parse(const QString &expression);

} // namespace helmscope::query
