// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to hdf5file.cpp and hdf5writing.cpp: the HDF5 library's handles and errors, and what is
// behind an Hdf5File.
#include "base/tr.h"
#include "data/hdf5file.h"

#include <QFile>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>

#include <hdf5.h>

namespace helmscope {

/// Holds the HDF5 library while it is used, and keeps it from printing.
class Library
{
public:
    Library()
        : m_lock(mutex())
    {
        // Every file of ours closes itself. The library's own tidying at the program's end stumbles
        // over one that could not be closed, on a full disk.
        static const herr_t untidied = H5dont_atexit();
        static_cast<void>(untidied);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); // one setting a thread
        H5Eclear2(H5E_DEFAULT);
    }

private:
    static std::recursive_mutex &mutex()
    {
        static std::recursive_mutex mutex;
        return mutex;
    }
    std::lock_guard<std::recursive_mutex> m_lock;
};

/// An identifier of the library that is closed with `close`.
class Handle
{
public:
    using Close = herr_t (*)(hid_t);
    Handle() = default;
    Handle(hid_t id, Close close)
        : m_id(id)
        , m_close(close)
    {
    }
    Handle(Handle &&other) noexcept
        : m_id(std::exchange(other.m_id, -1))
        , m_close(other.m_close)
    {
    }
    Handle &operator=(Handle &&other) noexcept
    {
        std::swap(m_id, other.m_id);
        std::swap(m_close, other.m_close);
        return *this;
    }
    ~Handle()
    {
        if (m_id >= 0)
            m_close(m_id);
    }
    operator hid_t() const { return m_id; }
    bool isValid() const { return m_id >= 0; }

private:
    hid_t m_id = -1;
    Close m_close = nullptr;
};

using Shape = std::vector<hsize_t>;

/// What a dataset holds and how it lies in the file.
struct Layout
{
    std::optional<Samples::Type> type; ///< none: not numbers
    Shape shape;
    hsize_t chunkRows = 1;

    hsize_t rowCount() const ///< numbers in a row
    {
        return std::accumulate(shape.begin() + (shape.empty() ? 0 : 1), shape.end(), hsize_t(1),
                               std::multiplies<>());
    }
    hsize_t rows() const { return shape.empty() ? 1 : shape[0]; }
};

/// The most telling of the messages on the library's error stack: the innermost.
inline QString reason()
{
    QString text;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned, const H5E_error2_t *error, void *into) -> herr_t {
            auto &message = *static_cast<QString *>(into);
            if (message.isEmpty() && error->desc)
                message = QString::fromUtf8(error->desc);
            return 0;
        },
        &text);
    // "unable to open file: name = '...', errno = 13, error message = 'Permission denied', flags
    // ..."
    static const QString marker = QStringLiteral("error message = '");
    if (const qsizetype at = text.indexOf(marker); at >= 0) {
        text = text.mid(at + marker.size());
        text.truncate(text.indexOf('\''));
    }
    return text.isEmpty() ? Tr::tr("HDF5 gives no reason") : text;
}

inline hid_t memoryType(Samples::Type type)
{
    switch (type) {
    case Samples::Type::UInt8:
        return H5T_NATIVE_UINT8;
    case Samples::Type::Int8:
        return H5T_NATIVE_INT8;
    case Samples::Type::UInt16:
        return H5T_NATIVE_UINT16;
    case Samples::Type::Int16:
        return H5T_NATIVE_INT16;
    case Samples::Type::UInt32:
        return H5T_NATIVE_UINT32;
    case Samples::Type::Int32:
        return H5T_NATIVE_INT32;
    case Samples::Type::UInt64:
        return H5T_NATIVE_UINT64;
    case Samples::Type::Int64:
        return H5T_NATIVE_INT64;
    case Samples::Type::Float64:
        return H5T_NATIVE_DOUBLE;
    case Samples::Type::Float32:
        break;
    }
    return H5T_NATIVE_FLOAT;
}

/// The smallest type of ours that holds a type of the file; none when it holds no plain numbers.
inline std::optional<Samples::Type> numericType(hid_t fileType)
{
    using Type = Samples::Type;
    const H5T_class_t kind = H5Tget_class(fileType);
    const std::size_t size = H5Tget_size(fileType);
    if (kind == H5T_FLOAT)
        return size <= 4 ? Type::Float32 : Type::Float64;
    if (kind == H5T_ENUM) { // how h5py writes bool
        const Handle base(H5Tget_super(fileType), H5Tclose);
        return base.isValid() && H5Tget_size(base) == 1 ? std::optional(Type::UInt8)
                                                        : std::optional(Type::Int64);
    }
    if (kind != H5T_INTEGER || size > 8)
        return {};
    const bool isSigned = H5Tget_sign(fileType) == H5T_SGN_2;
    if (size == 1)
        return isSigned ? Type::Int8 : Type::UInt8;
    if (size == 2)
        return isSigned ? Type::Int16 : Type::UInt16;
    if (size <= 4)
        return isSigned ? Type::Int32 : Type::UInt32;
    return isSigned ? Type::Int64 : Type::UInt64;
}

/// Texts of a fixed or variable length, read by `read(memory type, buffer)`.
template <class Read>
std::optional<QStringList> readTextsBy(hid_t type, std::size_t count, Read read)
{
    QStringList texts;
    if (count == 0)
        return texts;
    if (H5Tis_variable_str(type) > 0) {
        std::vector<char *> pointers(count, nullptr);
        if (read(type, pointers.data()) < 0)
            return {};
        for (char *text : pointers) {
            texts << (text ? QString::fromUtf8(text) : QString());
            H5free_memory(text);
        }
        return texts;
    }
    const std::size_t size = H5Tget_size(type);
    QByteArray buffer(qsizetype(count * size), '\0');
    if (read(type, buffer.data()) < 0)
        return {};
    const bool isSpacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    for (std::size_t i = 0; i < count; ++i) {
        QByteArray text = buffer.mid(qsizetype(i * size), qsizetype(size));
        if (const qsizetype end = text.indexOf('\0'); end >= 0)
            text.truncate(end);
        while (isSpacePadded && text.endsWith(' '))
            text.chop(1);
        texts << QString::fromUtf8(text);
    }
    return texts;
}

inline Handle textType(std::size_t bytes)
{
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, bytes);
    H5Tset_cset(type, H5T_CSET_UTF8);
    if (bytes != H5T_VARIABLE)
        H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

inline Handle spaceOf(const Shape &shape)
{
    if (shape.empty())
        return {H5Screate(H5S_SCALAR), H5Sclose};
    return {H5Screate_simple(int(shape.size()), shape.data(), nullptr), H5Sclose};
}

/// What is larger than this is not a text or an attribute, whatever the file says.
inline constexpr std::size_t largestText = std::size_t(256) << 20;
inline constexpr hsize_t slabBytes = hsize_t(16) << 20;

struct Hdf5File::Private
{
    struct Growing
    {
        Handle dataset; ///< opened when it is first appended to
        Shape rest;
        hsize_t rows = 0;
        int textBytes = 0;
        bool isPacked = false; ///< each row is a chunk, shuffled and deflated
    };

    QString name;
    Handle file;
    Handle links; ///< how paths are followed: never into another file
    bool isSwmr = false;
    bool isWritten = false; ///< by this program
    std::map<QString, Growing> growing;

    ~Private()
    {
        const Library library;
        growing.clear();
        links = {};
        file = {};
    }

    [[noreturn]] void refuse(const QString &path, const QString &what) const
    {
        fail(Tr::tr("Cannot use '%1' in %2: %3.").arg(path.isEmpty() ? "/" : path, name, what));
    }
    /// Turns a negative answer of the library into an Error.
    template <class Answer>
    Answer check(Answer answer, const QString &path) const
    {
        if (answer < 0)
            refuse(path, reason());
        return answer;
    }
    void check(const Handle &handle, const QString &path) const { check(hid_t(handle), path); }

    bool exists(const QString &path) const;
    Handle open(const QString &path) const;
    Handle openDataset(const QString &path) const;
    hsize_t sizeOnDisk() const;
    Layout layout(const QString &path, hid_t dataset) const;
    QStringList names(const QString &group, H5I_type_t kind) const;
    std::optional<QStringList> referencesIn(hid_t attribute, hid_t type, std::size_t count) const;
    void readSlab(const QString &path, hsize_t first, hsize_t rows, hid_t type, void *to) const;
    template <class Number>
    std::vector<Number> readRows(const QString &path, std::int64_t first, std::int64_t count,
                                 hid_t type) const;
    Handle create(const QString &path, hid_t type, hid_t space, hid_t properties);
    void write(const QString &path, const std::vector<std::int64_t> &shape, std::size_t count,
               hid_t type, const void *numbers);
    void makeGrowing(const QString &path, hid_t type, Shape rest, int bytes);
    void append(const QString &path, hsize_t rows, hid_t type, const void *numbers);
    /// False: one for the library's own filters.
    bool appendPacked(Growing &at, const QString &path, hid_t type, const void *numbers);
    Growing &growingAt(const QString &path);
    hsize_t rowsIn(const QString &path, std::size_t numbers);
};

} // namespace helmscope
