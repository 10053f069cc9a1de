// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QVariant>

namespace helmscope {

/// JSON in which 1 and 1.0 are not the same, as in Python; Qt's own makes both an integer.
/// Objects are QVariantMap, arrays QVariantList, numbers qlonglong (without fraction and exponent)
/// or double, null an invalid QVariant; Python's NaN and Infinity are read. At most 64 levels deep;
/// throws Error naming `name` and the byte.
QVariant parseJson(const QByteArray &json, const QString &name);

/// Compact, keys sorted, ASCII only; doubles keep a fraction or an exponent, those that are not
/// finite become null.
QByteArray jsonText(const QVariant &value);

} // namespace helmscope
