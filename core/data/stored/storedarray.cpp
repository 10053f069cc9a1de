// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/stored/storedarray.h"

#include "base/tr.h"

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

#include <unistd.h>

namespace helmscope {

namespace {

using Place = StoredArray::Place;

Place sidesOf(const ArrayInfo &info)
{
    Place sides;
    for (const Axis &axis : info.axes)
        sides.push_back(axis.size);
    return sides;
}

std::int64_t product(const Place &sides)
{
    return std::accumulate(sides.begin(), sides.end(), std::int64_t(1), std::multiplies<>());
}

/// What is read at once costs the same: a page of the disk along the axis that varies fastest.
Place pageOf(const ArrayInfo &info, qsizetype fastest)
{
    constexpr std::int64_t page = 4096;
    Place grain(std::size_t(info.axes.size()), 1);
    if (!grain.empty())
        grain[std::size_t(fastest)] =
            std::clamp<std::int64_t>(page / std::int64_t(Samples::sizeOf(info.type)), 1,
                                     std::max<std::int64_t>(info.axes[fastest].size, 1));
    return grain;
}

using Order = std::vector<std::size_t>; ///< which axis of the array each dimension is

Place ordered(const Place &place, const Order &order)
{
    Place result;
    for (const std::size_t axis : order)
        result.push_back(place[axis]);
    return result;
}

/// Numbers whose dimensions are in `order`, in the array's; `count` is the block's size.
Samples turned(const Samples &from, const Place &count, const Order &order)
{
    // How far apart neighbours along each of the array's axes lie in `from`.
    Place stride(count.size(), 0);
    std::int64_t step = 1;
    for (std::size_t i = order.size(); i-- > 0; step *= count[order[i]])
        stride[order[i]] = step;
    const std::size_t size = Samples::sizeOf(from.type());
    Samples to(from.type(), from.count());
    Place index(count.size(), 0);
    for (std::size_t i = 0; i < from.count(); ++i) {
        std::int64_t at = 0;
        for (std::size_t k = 0; k < index.size(); ++k)
            at += index[k] * stride[k];
        std::memcpy(to.bytes() + i * size, from.bytes() + std::size_t(at) * size, size);
        for (std::size_t k = index.size(); k-- > 0 && ++index[k] == count[k];)
            index[k] = 0;
    }
    return to;
}

class InHdf5 final : public StoredArray
{
public:
    InHdf5(Hdf5File file, const ArrayInfo &info, const QString &dataset, const Place &grain,
           const Order &order, bool isFlat)
        : StoredArray(file.fileName(), info, grain)
        , m_hdf5(std::move(file))
        , m_dataset(dataset)
        , m_order(order)
        , m_isFlat(isFlat)
    {
    }

private:
    Samples block(const Place &first, const Place &count) const override
    {
        if (!m_isFlat && m_order.empty())
            return m_hdf5.readBlock(m_dataset, first, count);
        if (!m_isFlat)
            return turned(
                m_hdf5.readBlock(m_dataset, ordered(first, m_order), ordered(count, m_order)),
                count, m_order);
        const std::int64_t cols = info().axes[1].size;
        const Place start{first[0] * cols + first[1], first[2]};
        if (count[0] == 1 || count[1] == cols)
            return m_hdf5.readBlock(m_dataset, start, {count[0] * count[1], count[2]});
        Samples samples(info().type, std::size_t(product(count)));
        const std::size_t rowBytes =
            std::size_t(count[1] * count[2]) * Samples::sizeOf(info().type);
        for (std::int64_t row = 0; row < count[0]; ++row) {
            const Samples one = m_hdf5.readBlock(m_dataset, {start[0] + row * cols, start[1]},
                                                 {count[1], count[2]});
            std::memcpy(samples.bytes() + std::size_t(row) * rowBytes, one.bytes(), rowBytes);
        }
        return samples;
    }

    Hdf5File m_hdf5;
    QString m_dataset;
    Order m_order;
    bool m_isFlat;
};

class Plain final : public StoredArray
{
public:
    Plain(const QString &file, const ArrayInfo &info, const PlainLayout &layout)
        : StoredArray(
              file, info,
              pageOf(info, layout.isFortran ? 0 : std::max<qsizetype>(0, info.axes.size() - 1)))
        , m_layout(layout)
        , m_in(file)
    {
        if (!m_in.open(QIODevice::ReadOnly))
            fail(Tr::tr("Cannot read %1: %2.").arg(file, m_in.errorString()));
        const auto size = std::int64_t(Samples::sizeOf(info.type));
        std::int64_t bytes = 0;
        if (layout.at < 0 || __builtin_mul_overflow(info.count(), size, &bytes) ||
            bytes > m_in.size() - layout.at)
            fail(Tr::tr("Cannot read %1: it is too short for %2 numbers.")
                     .arg(file, info.shapeText()));
    }

private:
    /// Reads what lies at `from`, counted in numbers; pread needs no place of its own in the file,
    /// so threads do not disturb each other.
    void readRun(std::int64_t from, std::int64_t count, std::byte *to) const
    {
        const std::size_t size = Samples::sizeOf(info().type);
        std::size_t left = std::size_t(count) * size;
        off_t at = off_t(m_layout.at) + off_t(from) * off_t(size);
        while (left > 0) {
            const ssize_t got = ::pread(m_in.handle(), to, left, at);
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                fail(got < 0 ? Tr::tr("Cannot read %1: %2.")
                                   .arg(file(), QString::fromLocal8Bit(std::strerror(errno)))
                             : Tr::tr("Cannot read %1: it has become shorter since it was opened.")
                                   .arg(file()));
            to += got;
            at += got;
            left -= std::size_t(got);
        }
    }

    /// A block with the axis that varies fastest last.
    void readRuns(const Place &sides, const Place &first, const Place &count, std::byte *to) const
    {
        // Axes that are read whole join into one run.
        std::size_t split = sides.size() - 1;
        std::int64_t run = count[split];
        while (split > 0 && count[split] == sides[split])
            run *= count[--split];
        const std::size_t size = Samples::sizeOf(info().type);
        Place index(first);
        const std::int64_t runs = product(count) / run;
        for (std::int64_t done = 0; done < runs; ++done) {
            std::int64_t from = 0;
            for (std::size_t i = 0; i < sides.size(); ++i)
                from = from * sides[i] + index[i];
            readRun(from, run, to);
            to += std::size_t(run) * size;
            for (std::size_t i = split; i-- > 0;) {
                if (++index[i] < first[i] + count[i])
                    break;
                index[i] = first[i];
            }
        }
    }

    Samples block(const Place &first, const Place &count) const override
    {
        const std::size_t size = Samples::sizeOf(info().type),
                          numbers = std::size_t(product(count));
        Samples samples(info().type, numbers);
        if (!m_layout.isFortran) {
            readRuns(sidesOf(info()), first, count, samples.bytes());
        } else {
            Order order(count.size());
            for (std::size_t i = 0; i < order.size(); ++i)
                order[i] = order.size() - 1 - i;
            Samples raw(info().type, numbers);
            readRuns(ordered(sidesOf(info()), order), ordered(first, order), ordered(count, order),
                     raw.bytes());
            samples = turned(raw, count, order);
        }
        if (m_layout.isSwapped && size > 1)
            for (std::size_t i = 0; i < numbers; ++i)
                std::reverse(samples.bytes() + i * size, samples.bytes() + (i + 1) * size);
        return samples;
    }

    PlainLayout m_layout;
    QFile m_in;
};

} // namespace

StoredArray::StoredArray(QString file, ArrayInfo info, Place grain)
    : m_file(std::move(file))
    , m_info(std::move(info))
    , m_grain(std::move(grain))
{
}

Samples StoredArray::read(const Place &first, const Place &count) const
{
    bool isInside = first.size() == std::size_t(m_info.axes.size()) && count.size() == first.size();
    for (std::size_t i = 0; isInside && i < first.size(); ++i) {
        const std::int64_t size = m_info.axes[qsizetype(i)].size;
        isInside = first[i] >= 0 && count[i] > 0 && first[i] < size && count[i] <= size - first[i];
    }
    if (!isInside || first.empty())
        fail(Tr::tr("Cannot read '%1' of %2: a part that lies outside of it was asked for.")
                 .arg(m_info.path, m_file));
    return block(first, count);
}

StoredArrayPointer storedInHdf5(Hdf5File file, const ArrayInfo &info, const QString &dataset,
                                const std::vector<std::size_t> &order)
{
    const std::optional<ArrayInfo> lies = file.describe(dataset);
    if (!lies || lies->type != info.type)
        return {};
    const Place sides = sidesOf(info), there = sidesOf(*lies);
    const bool isFlat = sides.size() == 3 && there.size() == 2 && there[0] == sides[0] * sides[1] &&
                        there[1] == sides[2];
    if (!isFlat && (order.empty() ? sides : ordered(sides, order)) != there)
        return {};
    Place grain = file.chunkOf(dataset);
    if (!order.empty() && !grain.empty()) {
        const Place lying = grain;
        for (std::size_t i = 0; i < order.size(); ++i)
            grain[order[i]] = lying[i];
    }
    if (isFlat && grain.size() == 2) {
        // A chunk of positions is a part of a row, or some rows.
        const std::int64_t positions = grain[0];
        grain = {std::max<std::int64_t>(1, positions / sides[1]), std::min(positions, sides[1]),
                 grain[1]};
    }
    if (grain.size() != sides.size())
        grain = pageOf(info, order.empty() ? info.axes.size() - 1 : qsizetype(order.back()));
    return std::make_shared<InHdf5>(std::move(file), info, dataset, grain, order, isFlat);
}

StoredArrayPointer storedPlainly(const QString &file, const ArrayInfo &info,
                                 const PlainLayout &layout)
{
    return std::make_shared<Plain>(file, info, layout);
}

} // namespace helmscope
