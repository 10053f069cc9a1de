// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include "base/tr.h"

#include <QFile>
#include <QJsonDocument>
#include <QSaveFile>

#include <cmath>

namespace helmscope {

static constexpr qint64 largestJson = 64 << 20;

QJsonObject readJson(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    if (in.size() > largestJson)
        fail(Tr::tr("Cannot read %1: it is larger than 64 MiB, which no plan of ours is.")
                 .arg(file));
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(in.readAll(), &error);
    if (error.error != QJsonParseError::NoError)
        fail(Tr::tr("Cannot read %1: %2 at byte %3.")
                 .arg(file, error.errorString())
                 .arg(error.offset));
    if (!document.isObject())
        fail(Tr::tr("Cannot read %1: it holds no JSON object.").arg(file));
    return document.object();
}

void writeJson(const QString &file, const QJsonObject &object)
{
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(QJsonDocument(object).toJson()) < 0 ||
        !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
}

[[noreturn]] static void wrongType(const QString &where, const QString &key, const QString &wanted)
{
    fail(Tr::tr("Cannot use %1: '%2' is not %3.").arg(where, key, wanted));
}

double number(const QJsonObject &object, const QString &key, double fallback, double lowest,
              double highest, const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return fallback;
    if (!value.isDouble())
        wrongType(where, key, Tr::tr("a number"));
    if (!(value.toDouble() >= lowest && value.toDouble() <= highest))
        fail(Tr::tr("Cannot use %1: '%2' is %3 and must lie between %4 and %5.")
                 .arg(where, key)
                 .arg(value.toDouble())
                 .arg(lowest)
                 .arg(highest));
    return value.toDouble();
}

int integer(const QJsonObject &object, const QString &key, int fallback, int lowest, int highest,
            const QString &where)
{
    const double value = number(object, key, fallback, lowest, highest, where);
    if (value != std::floor(value))
        wrongType(where, key, Tr::tr("a whole number"));
    return int(value);
}

QString text(const QJsonObject &object, const QString &key, const QString &fallback,
             const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return fallback;
    if (!value.isString())
        wrongType(where, key, Tr::tr("a text"));
    return value.toString();
}

bool flag(const QJsonObject &object, const QString &key, bool fallback, const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return fallback;
    if (!value.isBool())
        wrongType(where, key, Tr::tr("true or false"));
    return value.toBool();
}

} // namespace helmscope
