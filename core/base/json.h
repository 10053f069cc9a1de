// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

namespace helmscope {

/// Reads a JSON object from a file of at most 64 MiB; throws Error naming the file and the place.
QJsonObject readJson(const QString &file);

/// Writes all or nothing (to a temporary file, then renamed); throws Error naming the file.
void writeJson(const QString &file, const QJsonObject &object);

/// Fields of an object whose origin is `where` (for the message). Each throws Error when the field
/// is there with another type or, for numbers, outside [lowest, highest]; an absent field gives
/// `fallback`.
double number(const QJsonObject &object, const QString &key, double fallback, double lowest,
              double highest, const QString &where);
int integer(const QJsonObject &object, const QString &key, int fallback, int lowest, int highest,
            const QString &where);
QString text(const QJsonObject &object, const QString &key, const QString &fallback,
             const QString &where);
bool flag(const QJsonObject &object, const QString &key, bool fallback, const QString &where);

} // namespace helmscope
