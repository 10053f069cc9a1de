// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/samples.h"

#include "base/tr.h"

#include <QFile>
#include <QLocale>

#include <cstdlib>
#include <limits>

#include <unistd.h>

namespace helmscope {

/// Calls `use` with the numbers behind `bytes` in their own type.
template <class Use>
static auto withType(Samples::Type type, const std::byte *bytes, Use use)
{
    using Type = Samples::Type;
    switch (type) {
    case Type::UInt8:
        return use(reinterpret_cast<const std::uint8_t *>(bytes));
    case Type::Int8:
        return use(reinterpret_cast<const std::int8_t *>(bytes));
    case Type::UInt16:
        return use(reinterpret_cast<const std::uint16_t *>(bytes));
    case Type::Int16:
        return use(reinterpret_cast<const std::int16_t *>(bytes));
    case Type::UInt32:
        return use(reinterpret_cast<const std::uint32_t *>(bytes));
    case Type::Int32:
        return use(reinterpret_cast<const std::int32_t *>(bytes));
    case Type::UInt64:
        return use(reinterpret_cast<const std::uint64_t *>(bytes));
    case Type::Int64:
        return use(reinterpret_cast<const std::int64_t *>(bytes));
    case Type::Float64:
        return use(reinterpret_cast<const double *>(bytes));
    case Type::Float32:
        break;
    }
    return use(reinterpret_cast<const float *>(bytes));
}

/// Bytes of memory this machine has at all.
static std::size_t physicalMemory()
{
    const long pages = sysconf(_SC_PHYS_PAGES), pageSize = sysconf(_SC_PAGESIZE);
    return pages > 0 && pageSize > 0 ? std::size_t(pages) * std::size_t(pageSize)
                                     : std::numeric_limits<std::size_t>::max();
}

std::size_t memoryLeft()
{
    QFile about("/proc/meminfo");
    if (about.open(QIODevice::ReadOnly))
        for (const QByteArray &line : about.readAll().split('\n'))
            if (line.startsWith("MemAvailable:"))
                if (const auto kilobytes =
                        line.mid(13).trimmed().chopped(3).trimmed().toULongLong();
                    kilobytes > 0)
                    return std::size_t(kilobytes) << 10;
    return physicalMemory();
}

Samples::Samples(Type type, std::size_t count)
    : m_type(type)
    , m_count(count)
{
    if (count == 0)
        return;
    const std::size_t size = sizeOf(type);
    // A size that comes from a file is refused before the kernel promises memory it does not have.
    if (count > std::size_t(std::numeric_limits<std::ptrdiff_t>::max()) / size)
        fail(Tr::tr("Cannot hold %1 numbers in memory: that is more than any machine has.")
                 .arg(count));
    const std::size_t bytes = count * size;
    const QString text = QLocale::c().formattedDataSize(qint64(bytes));
    if (bytes > physicalMemory())
        fail(Tr::tr("Cannot hold %1 in memory: this machine has %2. Crop or bin the data first.")
                 .arg(text, QLocale::c().formattedDataSize(qint64(physicalMemory()))));
    // calloc leaves untouched pages unused until they are written.
    auto *room = static_cast<std::byte *>(std::calloc(count, size));
    if (!room)
        fail(Tr::tr("Cannot hold %1 in memory: there is not enough left. Close other data first.")
                 .arg(text));
    m_bytes = std::shared_ptr<std::byte[]>(room, [](std::byte *p) { std::free(p); });
}

double Samples::at(std::size_t index) const
{
    return withType(m_type, bytes(),
                    [index](const auto *numbers) { return double(numbers[index]); });
}

void Samples::copy(std::size_t first, std::size_t count, std::ptrdiff_t stride, float *to) const
{
    withType(m_type, bytes(), [=](const auto *numbers) {
        auto from = std::ptrdiff_t(first);
        for (std::size_t i = 0; i < count; ++i, from += stride)
            to[i] = float(numbers[from]);
    });
}

std::size_t Samples::sizeOf(Type type)
{
    return withType(type, nullptr, [](const auto *numbers) { return sizeof(*numbers); });
}

const char *Samples::nameOf(Type type)
{
    switch (type) {
    case Type::UInt8:
        return "uint8";
    case Type::Int8:
        return "int8";
    case Type::UInt16:
        return "uint16";
    case Type::Int16:
        return "int16";
    case Type::UInt32:
        return "uint32";
    case Type::Int32:
        return "int32";
    case Type::UInt64:
        return "uint64";
    case Type::Int64:
        return "int64";
    case Type::Float32:
        return "float32";
    case Type::Float64:
        break;
    }
    return "float64";
}

} // namespace helmscope
