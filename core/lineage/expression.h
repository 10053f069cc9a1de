// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVariant>

#include <optional>
#include <utility>
#include <vector>

namespace helmscope {

/// What a search says (grammar in query.h), as a tree.
struct Expression
{
    enum class Kind { All /** nothing was said */, Word, Comparison, And, Or, Not };
    Kind kind = Kind::All;
    QString name, sign; ///< of a comparison; the sign is = != < <= > >= ~ or !~
    QString text;       ///< the word, or what is compared with
    std::vector<Expression> parts;
    /// Of a comparison with `created` or `updated`: what the date spans, ms since the epoch.
    std::optional<std::pair<qint64, qint64>> span;
};

/// Throws Error that names the position (from 1) and what was expected there.
Expression parseExpression(const QString &text);

/// Whether a value compares so: as numbers where both are (a text may be one), else as texts
/// whatever their case.
bool compares(const QVariant &value, const QString &sign, const QString &wanted);
/// Likewise of a time; none (0) never does.
bool compares(qint64 timeMs, const QString &sign, std::pair<qint64, qint64> span);

} // namespace helmscope
