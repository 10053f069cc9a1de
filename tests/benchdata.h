// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <Eigen/Core>
#include <QFile>
#include <QList>
#include <QString>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace helmscope {

/// A little-endian float32, float64 or int32 array of one or two dimensions, in C order, as
/// numpy.save writes it.
inline Eigen::MatrixXd readNpy(const QString &name)
{
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        throw Error("Cannot read " + name.toStdString() + ".");
    const QByteArray bytes = file.readAll();
    const int headerSize = bytes.size() > 10 ? uchar(bytes[8]) + 256 * uchar(bytes[9]) : 0;
    const QByteArray header = bytes.mid(10, headerSize);
    const QByteArray body = bytes.mid(10 + headerSize);
    QList<qint64> shape;
    const auto open = header.indexOf('('), close = header.indexOf(')');
    for (const QByteArray &part : header.mid(open + 1, close - open - 1).split(','))
        if (!part.trimmed().isEmpty())
            shape << part.trimmed().toLongLong();
    if (shape.size() == 1)
        shape << 1;
    const bool isDouble = header.contains("<f8");
    const bool isWhole = header.contains("<i4");
    const qint64 width = isDouble ? 8 : 4;
    if (shape.size() != 2 || (!isDouble && !isWhole && !header.contains("<f4")) ||
        body.size() != shape[0] * shape[1] * width)
        throw Error(name.toStdString() + " is not an array this program reads.");
    Eigen::MatrixXd matrix(shape[0], shape[1]);
    for (qint64 row = 0; row < shape[0]; ++row)
        for (qint64 column = 0; column < shape[1]; ++column) {
            const char *at = body.constData() + width * (row * shape[1] + column);
            float single = 0;
            std::int32_t whole = 0;
            if (isDouble)
                std::memcpy(&matrix(row, column), at, 8);
            else if (isWhole) {
                std::memcpy(&whole, at, 4);
                matrix(row, column) = whole;
            } else {
                std::memcpy(&single, at, 4);
                matrix(row, column) = single;
            }
        }
    return matrix;
}

/// numpy.random.RandomState(seed).permutation(count): both sides train on the same points.
inline std::vector<int> numpyPermutation(int count, unsigned seed)
{
    std::mt19937 engine(seed);
    std::vector<int> order;
    for (int i = 0; i < count; ++i)
        order.push_back(i);
    for (unsigned i = unsigned(count) - 1; i > 0; --i) {
        unsigned mask = i;
        for (const int shift : {1, 2, 4, 8, 16})
            mask |= mask >> shift;
        unsigned j = 0;
        do
            j = unsigned(engine()) & mask;
        while (j > i);
        std::swap(order[i], order[j]);
    }
    return order;
}

} // namespace helmscope
