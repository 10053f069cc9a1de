// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace helmscope {

/// Bytes of memory that programs can still have; all there is where the system does not say.
std::size_t memoryLeft();

/// Numbers in the type a file stores them in, shared between copies: a 2 GB cube stays 2 GB.
class Samples
{
public:
    enum class Type { UInt8, Int8, UInt16, Int16, UInt32, Int32, UInt64, Int64, Float32, Float64 };

    Samples() = default;
    /// Room for `count` zeros; throws Error when there is no memory for it.
    Samples(Type type, std::size_t count);

    Type type() const { return m_type; }
    std::size_t count() const { return m_count; }
    bool isEmpty() const { return m_count == 0; }
    /// For readers, before anybody else has a copy. Native byte order.
    std::byte *bytes() { return m_bytes.get(); }
    const std::byte *bytes() const { return m_bytes.get(); }

    double at(std::size_t index) const;
    /// Copies `count` numbers beginning at `first`, `stride` apart.
    void copy(std::size_t first, std::size_t count, std::ptrdiff_t stride, float *to) const;

    static std::size_t sizeOf(Type type);
    static const char *nameOf(Type type); ///< as NumPy spells it: "uint16", "float32"

private:
    Type m_type = Type::Float32;
    std::size_t m_count = 0;
    std::shared_ptr<std::byte[]> m_bytes;
};

} // namespace helmscope
