// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>

namespace helmscope {

/// Numbers as they go over the wire: an object that says what they are, and their bytes in a frame
/// of its own, little-endian, in C order.
struct ArrayFrame
{
    QJsonObject header; ///< dtype, shape, order, units, sha256
    QByteArray bytes;

    /// Whether an answer announces that the next frame holds an array.
    static bool isAnnouncedBy(const QJsonObject &result);

    /// `units` as people write them: "counts", "1".
    static ArrayFrame of(const Map &map, const QString &units);
    static ArrayFrame of(const Eigen::MatrixXf &rows, const QString &units); ///< [rows, columns]
    static ArrayFrame of(const Eigen::VectorXf &numbers, const QString &units);

    /// The shape announced. Throws Error unless it has 1 to 3 sides of 1 to 2^24, together at most
    /// `mostNumbers`.
    static QList<qint64> shapeOf(const QJsonObject &header, qint64 mostNumbers);

    /// The numbers as floats (from float32, float64, and integers of 1 to 4 bytes). Throws Error
    /// when bytes, shape and sha256 do not agree; a frame without sha256 is taken as it is.
    std::vector<float> floats() const;
    Map map() const;                ///< throws Error unless there are two sides
    Eigen::VectorXf vector() const; ///< all of them in C order
};

} // namespace helmscope
