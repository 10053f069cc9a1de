// SPDX-License-Identifier: GPL-3.0-or-later
// PNG as an image of counts: the grey levels as they are stored, 1 to 16 bits, with no gamma.
// libpng and not QImage, which belongs to Qt Gui and turns 16 bits into 8.
#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <csetjmp>
#include <cstdio>

#include <png.h>

namespace helmscope::png {

namespace {

/// libpng's structures of one reading.
struct Structures
{
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Structures() { png_destroy_read_struct(&png, &info, nullptr); }
};

/// One reading. libpng jumps back where it fails: nothing that has to be destroyed may be made
/// between setjmp and the jump, so every buffer is a member.
class Reader
{
public:
    explicit Reader(const QString &file)
        : m_name(file)
        , m_file(file)
    {
        if (!m_file.open(QIODevice::ReadOnly))
            refuse(m_file.errorString());
        m_png =
            png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &Reader::failed, &Reader::warned);
        m_info = m_png ? png_create_info_struct(m_png) : nullptr;
        if (!m_info)
            refuse(Tr::tr("there is no memory left"));
        constexpr png_uint_32 longest = 100'000;
        png_set_user_limits(m_png, longest, longest);
        png_set_chunk_cache_max(m_png, 100);
        png_set_chunk_malloc_max(m_png, 8 << 20);
        png_set_read_fn(m_png, this, &Reader::give);
        if (!readHeader())
            refuse(QString::fromLatin1(m_message));
    }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    ArrayInfo info() const
    {
        ArrayInfo info;
        info.path = "image";
        info.title = QFileInfo(m_name).completeBaseName();
        info.type = m_bits == 16 ? Samples::Type::UInt16 : Samples::Type::UInt8;
        info.axes.resize(2);
        info.axes[0].size = m_rows;
        info.axes[0].name = "y";
        info.axes[1].size = m_cols;
        info.axes[1].name = "x";
        if (m_perMetre[0] > 0 && m_perMetre[1] > 0)
            for (int i = 0; i < 2; ++i) { // only where no screen or printer can have set it
                constexpr double printers = 400'000;
                info.axes[i].isCalibrated = m_perMetre[1 - i] > printers;
                if (info.axes[i].isCalibrated) {
                    info.axes[i].scale = 1e9 / m_perMetre[1 - i];
                    info.axes[i].unit = "nm";
                }
            }
        return info;
    }

    Samples samples(const Progress &progress)
    {
        const ArrayInfo about = info();
        const int channels = png_get_channels(m_png, m_info);
        m_samples = Samples(about.type, std::size_t(about.count()));
        const std::size_t size = Samples::sizeOf(about.type);
        m_row.resize(png_get_rowbytes(m_png, m_info));
        if (m_row.size() != std::size_t(m_cols) * std::size_t(channels) * size)
            refuse(Tr::tr("its rows are not as long as they should be"));
        // Interlaced ones only make sense when all passes are done.
        const bool isWhole = m_passes > 1;
        if (isWhole)
            m_whole.resize(m_row.size() * std::size_t(m_rows));
        for (int pass = 0; pass < m_passes; ++pass)
            for (png_uint_32 row = 0; row < m_rows; ++row) {
                if (row % 256 == 0 && !progress(double(row) / double(m_rows)))
                    fail(Tr::tr("Stopped."));
                if (!readRow(isWhole ? m_whole.data() + row * m_row.size() : m_row.data()))
                    refuse(QString::fromLatin1(m_message));
                if (!isWhole)
                    keep(m_row.data(), row, channels, size);
            }
        for (png_uint_32 row = 0; isWhole && row < m_rows; ++row)
            keep(m_whole.data() + row * m_row.size(), row, channels, size);
        return m_samples;
    }

    QJsonObject texts() const
    {
        QJsonObject object;
        png_textp texts = nullptr;
        const int count = png_get_text(m_png, m_info, &texts, nullptr);
        for (int i = 0; i < count; ++i)
            object[QString::fromLatin1(texts[i].key)] = QString::fromUtf8(texts[i].text);
        return object;
    }

private:
    [[noreturn]] void refuse(const QString &what) const
    {
        fail(Tr::tr("Cannot read %1: %2.").arg(m_name, what));
    }
    static void failed(png_structp png, png_const_charp message)
    {
        auto *reader = static_cast<Reader *>(png_get_error_ptr(png));
        std::snprintf(reader->m_message, sizeof reader->m_message, "%s", message);
        png_longjmp(png, 1);
    }
    static void warned(png_structp, png_const_charp) {}
    static void give(png_structp png, png_bytep to, std::size_t count)
    {
        auto *reader = static_cast<Reader *>(png_get_io_ptr(png));
        if (reader->m_file.read(reinterpret_cast<char *>(to), qint64(count)) != qint64(count))
            png_error(png, "it ends too early");
    }

    bool readHeader()
    {
        if (setjmp(png_jmpbuf(m_png)))
            return false;
        png_read_info(m_png, m_info);
        m_rows = png_get_image_height(m_png, m_info);
        m_cols = png_get_image_width(m_png, m_info);
        m_bits = png_get_bit_depth(m_png, m_info);
        m_perMetre[0] = png_get_x_pixels_per_meter(m_png, m_info);
        m_perMetre[1] = png_get_y_pixels_per_meter(m_png, m_info);
        if (png_get_color_type(m_png, m_info) == PNG_COLOR_TYPE_PALETTE)
            png_set_palette_to_rgb(m_png);
        if (m_bits < 8)
            png_set_packing(m_png);
        if (m_bits == 16 && Q_BYTE_ORDER == Q_LITTLE_ENDIAN)
            png_set_swap(m_png);
        png_set_strip_alpha(m_png);
        m_passes = png_set_interlace_handling(m_png);
        png_read_update_info(m_png, m_info);
        return true;
    }
    bool readRow(png_bytep to)
    {
        if (setjmp(png_jmpbuf(m_png)))
            return false;
        png_read_row(m_png, to, nullptr);
        return true;
    }
    /// Of colours, only grey ones are counts.
    void keep(const png_byte *from, png_uint_32 row, int channels, std::size_t size)
    {
        std::byte *to = m_samples.bytes() + std::size_t(row) * m_cols * size;
        for (png_uint_32 i = 0; i < m_cols; ++i, from += std::size_t(channels) * size) {
            for (int channel = 1; channel < channels; ++channel)
                if (!std::equal(from, from + size, from + std::size_t(channel) * size))
                    refuse(Tr::tr("its pixel in row %1, column %2 is coloured, and a colour is no "
                                  "number; save it as greyscale")
                               .arg(row)
                               .arg(i));
            std::copy_n(reinterpret_cast<const std::byte *>(from), size,
                        to + std::size_t(i) * size);
        }
    }

    QString m_name;
    QFile m_file;
    Structures m_structures;
    png_structp &m_png = m_structures.png;
    png_infop &m_info = m_structures.info;
    char m_message[200] = {};
    png_uint_32 m_rows = 0, m_cols = 0, m_perMetre[2] = {};
    int m_bits = 8, m_passes = 1;
    std::vector<png_byte> m_row, m_whole;
    Samples m_samples;
};

} // namespace

bool looksLike(const QString &, const QByteArray &head)
{
    return head.startsWith("\x89PNG\r\n\x1a\n");
}

QList<ArrayInfo> list(const QString &file)
{
    return {Reader(file).info()};
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    Reader reader(file);
    const ArrayInfo info = reader.info();
    if (array != info.path)
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(file, array));
    return {info, reader.samples(progress)};
}

Metadata metadata(const QString &file, const QString &)
{
    Metadata found;
    found.all = Reader(file).texts();
    using Field = Metadata::Field;
    found.take(Field::Title, "Title");
    found.put(Field::Title, QFileInfo(file).completeBaseName());
    found.take(Field::Operator, "Author");
    found.take(Field::Comment, "Description");
    found.take(Field::Comment, "Comment");
    found.take(Field::Time, "Creation Time");
    found.take(Field::Software, "Software");
    return found;
}

} // namespace helmscope::png
