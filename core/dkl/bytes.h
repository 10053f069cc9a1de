// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <Eigen/Core>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace helmscope {

static_assert(std::endian::native == std::endian::little, "saved models are little-endian");

/// 64-bit FNV-1a; `hash` is that of what came before.
inline std::uint64_t fnv1a(const void *data, std::size_t size,
                           std::uint64_t hash = 0xcbf29ce484222325u)
{
    const auto *bytes = static_cast<const unsigned char *>(data);
    for (std::size_t i = 0; i < size; ++i)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/// Appends numbers as little-endian bytes.
class ByteWriter
{
public:
    template <typename Number>
    void put(Number number)
    {
        bytes.append(reinterpret_cast<const char *>(&number), sizeof number);
    }
    /// The numbers of an Eigen array as it lies, without its shape.
    template <typename Array>
    void putNumbers(const Array &array)
    {
        bytes.append(reinterpret_cast<const char *>(array.data()),
                     std::size_t(array.size()) * sizeof(typename Array::Scalar));
    }

    std::string bytes;
};

/// Takes numbers from bytes that anybody may have written.
class ByteReader
{
public:
    explicit ByteReader(std::string_view bytes)
        : m_left(bytes)
    {
    }

    template <typename Number>
    Number take()
    {
        Number number;
        std::memcpy(&number, taken(sizeof number), sizeof number);
        return number;
    }
    /// An array of this shape; nothing is allocated when it does not fit what is left.
    template <typename Array>
    Array takeNumbers(std::uint64_t rows, std::uint64_t columns)
    {
        using Scalar = typename Array::Scalar;
        const std::uint64_t most = m_left.size() / sizeof(Scalar);
        if (rows > most || columns > most || (rows > 0 && columns > most / rows))
            throw Error("The saved model is cut short.");
        Array array = Array(Eigen::Index(rows), Eigen::Index(columns));
        const std::size_t size = std::size_t(rows * columns) * sizeof(Scalar);
        if (size > 0)
            std::memcpy(array.data(), taken(size), size);
        if (!array.allFinite())
            throw Error("The saved model is damaged: it holds numbers that are not finite.");
        return array;
    }
    std::size_t left() const { return m_left.size(); }

private:
    const char *taken(std::size_t size)
    {
        if (size > m_left.size())
            throw Error("The saved model is cut short.");
        const char *data = m_left.data();
        m_left.remove_prefix(size);
        return data;
    }

    std::string_view m_left;
};

} // namespace helmscope
