// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/formats/hdf5tree.h"

#include "base/error.h"

#include <QJsonArray>

#include <cmath>

namespace helmscope {

namespace {

constexpr int deepest = 8, mostObjects = 5000;

QString joined(const QString &group, const QString &child)
{
    return group.isEmpty() ? child : group + '/' + child;
}

/// The text or number that stands alone in a dataset; undefined for others.
QJsonValue single(const Hdf5File &file, const QString &dataset)
{
    if (const std::optional<ArrayInfo> info = file.describe(dataset)) {
        if (info->count() != 1)
            return QJsonValue::Undefined;
        const double number = file.readRows(dataset, 0, 1)[0];
        return std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
    }
    try {
        const QStringList texts = file.readTexts(dataset);
        return texts.size() == 1 ? QJsonValue(texts[0]) : QJsonValue(QJsonValue::Undefined);
    } catch (const Error &) {
        return QJsonValue::Undefined; // neither numbers nor texts
    }
}

void collect(const Hdf5File &file, const QString &group, int depth, int &visits, QJsonObject &into)
{
    into = attributesOf(file, group);
    for (const QString &name : file.datasets(group)) {
        if (++visits > mostObjects)
            return;
        const QString path = joined(group, name);
        if (const QJsonValue value = single(file, path); !value.isUndefined())
            into[name] = value;
        else if (const QJsonObject attributes = attributesOf(file, path); !attributes.isEmpty())
            into[name] = attributes;
    }
    if (depth >= deepest)
        return;
    for (const QString &name : file.groups(group)) {
        if (++visits > mostObjects)
            return;
        QJsonObject child;
        collect(file, joined(group, name), depth + 1, visits, child);
        if (!child.isEmpty())
            into[name] = child;
    }
}

void collect(const Hdf5File &file, const QString &group, int depth, int &visits, QStringList &into)
{
    for (const QString &name : file.datasets(group)) {
        if (++visits > mostObjects)
            return;
        into << joined(group, name);
    }
    if (depth >= deepest)
        return;
    for (const QString &name : file.groups(group)) {
        if (++visits > mostObjects)
            return;
        collect(file, joined(group, name), depth + 1, visits, into);
    }
}

} // namespace

QJsonObject attributesOf(const Hdf5File &file, const QString &path, bool isFlat)
{
    QJsonObject object;
    for (const QString &name : file.attributeNames(path)) {
        QVariant value = file.attribute(path, name);
        if (!value.isValid())
            continue;
        if (isFlat && value.typeId() == QMetaType::QVariantList && value.toList().size() == 1)
            value = value.toList()[0];
        object[name] = QJsonValue::fromVariant(value);
    }
    return object;
}

QJsonObject attributesBelow(const Hdf5File &file, const QString &group)
{
    QJsonObject object;
    int visits = 0;
    collect(file, group, 0, visits, object);
    return object;
}

QStringList datasetsBelow(const Hdf5File &file, const QString &group)
{
    QStringList found;
    int visits = 0;
    collect(file, group, 0, visits, found);
    return found;
}

QString textOf(const Hdf5File &file, const QString &path, const QString &attribute)
{
    const QVariant value = file.attribute(path, attribute);
    const QVariantList list = value.toList();
    return value.typeId() == QMetaType::QVariantList
               ? (list.isEmpty() ? QString() : list[0].toString())
               : value.toString();
}

void setPoints(Axis &axis, const std::vector<double> &points)
{
    double largest = 0;
    for (const double point : points) {
        if (!std::isfinite(point))
            return;
        largest = std::max(largest, std::abs(point));
    }
    if (points.empty())
        return;
    axis.isCalibrated = true;
    axis.offset = points[0];
    if (points.size() == 1)
        return;
    const double step = (points.back() - points.front()) / double(points.size() - 1);
    // Single precision leaves steps uneven by about 1e-7 of the largest value.
    const double tolerance = std::max(1e-3 * std::abs(step), 3e-7 * largest);
    bool isEven = step != 0;
    for (std::size_t i = 0; i < points.size(); ++i)
        isEven = isEven && std::abs(points[i] - (points[0] + step * double(i))) <= tolerance;
    if (isEven)
        axis.scale = step;
    else if (std::int64_t(points.size()) == axis.size)
        axis.values = points;
    else
        axis.isCalibrated = false;
}

} // namespace helmscope
