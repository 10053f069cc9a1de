// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/arrayframe.h"

#include "base/tr.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QtEndian>

#include <cstring>

namespace helmscope {

namespace {

constexpr qint64 longestSide = 1 << 24;
constexpr qint64 mostNumbers = 1 << 28;

QString sha256(const QByteArray &bytes)
{
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
}

ArrayFrame frameOf(const float *numbers, const QJsonArray &shape, qsizetype count,
                   const QString &units)
{
    ArrayFrame frame;
    frame.bytes.resize(count * qsizetype(sizeof(float)));
    qToLittleEndian<float>(numbers, count, frame.bytes.data());
    frame.header = {{"dtype", "float32"},
                    {"shape", shape},
                    {"order", "C"},
                    {"units", units},
                    {"sha256", sha256(frame.bytes)}};
    return frame;
}

template <class T>
std::vector<float> converted(const QByteArray &bytes)
{
    std::vector<float> numbers(std::size_t(bytes.size()) / sizeof(T));
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = float(qFromLittleEndian<T>(bytes.constData() + i * sizeof(T)));
    return numbers;
}

struct Kind
{
    const char *name;
    qint64 size; ///< bytes a number
    std::vector<float> (*convert)(const QByteArray &);
};
constexpr Kind kinds[]{
    {"float32", 4, &converted<float>},  {"float64", 8, &converted<double>},
    {"uint8", 1, &converted<quint8>},   {"int8", 1, &converted<qint8>},
    {"uint16", 2, &converted<quint16>}, {"int16", 2, &converted<qint16>},
    {"uint32", 4, &converted<quint32>}, {"int32", 4, &converted<qint32>},
};

} // namespace

bool ArrayFrame::isAnnouncedBy(const QJsonObject &result)
{
    return result.contains("dtype") && result.contains("shape");
}

ArrayFrame ArrayFrame::of(const Map &map, const QString &units)
{
    return frameOf(map.data(), {int(map.rows()), int(map.cols())}, map.size(), units);
}

ArrayFrame ArrayFrame::of(const Eigen::MatrixXf &rows, const QString &units)
{
    const Map inOrder = rows.array();
    return of(inOrder, units);
}

ArrayFrame ArrayFrame::of(const Eigen::VectorXf &numbers, const QString &units)
{
    return frameOf(numbers.data(), {int(numbers.size())}, numbers.size(), units);
}

QList<qint64> ArrayFrame::shapeOf(const QJsonObject &header, qint64 most)
{
    const QJsonArray sides = header.value("shape").toArray();
    QList<qint64> shape;
    qint64 count = 1;
    for (const QJsonValue &side : sides) {
        const double length = side.toDouble(-1);
        if (!(length >= 1 && length <= double(longestSide)) || length != double(qint64(length)))
            fail(Tr::tr("The instrument announced an array with a side of %1.").arg(length));
        shape << qint64(length);
        count *= qint64(length);
        if (count > most)
            break;
    }
    if (shape.isEmpty() || shape.size() > 3 || count > most || shape.size() != sides.size())
        fail(Tr::tr("The instrument announced an array that nobody asked for: %1 sides, at least "
                    "%2 numbers.")
                 .arg(sides.size())
                 .arg(count));
    return shape;
}

std::vector<float> ArrayFrame::floats() const
{
    const QList<qint64> shape = shapeOf(header, mostNumbers);
    const QString dtype = header.value("dtype").toString();
    if (const QString order = header.value("order").toString("C"); order != "C")
        fail(Tr::tr("The instrument sent an array in the order '%1'; only C is understood.")
                 .arg(order));
    qint64 count = 1;
    for (const qint64 side : shape)
        count *= side;
    for (const Kind &kind : kinds) {
        if (dtype != QLatin1String(kind.name))
            continue;
        if (bytes.size() != count * kind.size)
            fail(Tr::tr("The instrument announced %1 numbers of %2 and sent %3 bytes.")
                     .arg(count)
                     .arg(dtype)
                     .arg(bytes.size()));
        const QString hash = header.value("sha256").toString();
        if (!hash.isEmpty() && hash.compare(sha256(bytes), Qt::CaseInsensitive) != 0)
            fail(Tr::tr("An array of the instrument was damaged on its way: its hash differs."));
        return kind.convert(bytes);
    }
    fail(Tr::tr("The instrument sent an array of '%1', which is not understood.").arg(dtype));
}

Map ArrayFrame::map() const
{
    const QList<qint64> shape = shapeOf(header, mostNumbers);
    if (shape.size() != 2)
        fail(Tr::tr("The instrument sent an array with %1 sides where an image was expected.")
                 .arg(shape.size()));
    const std::vector<float> numbers = floats();
    return Eigen::Map<const Map>(numbers.data(), shape[0], shape[1]);
}

Eigen::VectorXf ArrayFrame::vector() const
{
    const std::vector<float> numbers = floats();
    return Eigen::Map<const Eigen::VectorXf>(numbers.data(), Eigen::Index(numbers.size()));
}

} // namespace helmscope
