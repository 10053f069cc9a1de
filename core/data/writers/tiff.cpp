// SPDX-License-Identifier: GPL-3.0-or-later
// Greyscale TIFF in the array's own type, calibrated as ImageJ does it.
#include "base/tr.h"
#include "data/writers/writers.h"

#include <QFile>

#include <cmath>
#include <memory>

#include <tiffio.h>

namespace helmscope {

void tiff::write(const QString &file, const DescribedArray &recording, const Progress &progress)
{
    const ArrayInfo &info = recording.array.info;
    const Samples &samples = recording.array.samples;
    const qsizetype dimensions = info.axes.size();
    if ((dimensions != 2 && dimensions != 3) || samples.isEmpty())
        fail(Tr::tr("Cannot write '%1' as TIFF: its shape is %2, and a TIFF holds images; write it "
                    "as hspy.")
                 .arg(info.title, info.shapeText()));
    const Axis &rows = info.axes[dimensions - 2], &cols = info.axes[dimensions - 1];
    if (rows.size > INT32_MAX || cols.size > INT32_MAX)
        fail(Tr::tr("Cannot write '%1' as TIFF: its shape %2 is too large.")
                 .arg(info.title, info.shapeText()));
    struct Closer
    {
        void operator()(TIFF *tiff) const { TIFFClose(tiff); }
    };
    TIFFSetErrorHandler(nullptr);
    const std::size_t size = Samples::sizeOf(info.type);
    constexpr std::size_t classic = std::size_t(3) << 30; // beyond it offsets need 64 bits
    const std::unique_ptr<TIFF, Closer> out(
        TIFFOpen(QFile::encodeName(file), samples.count() * size > classic ? "w8" : "w"));
    const auto check = [&](bool isDone) {
        if (!isDone)
            fail(Tr::tr("Cannot write %1: the disk may be full or write-protected.").arg(file));
    };
    check(out != nullptr);
    const bool isFloat = info.type == Samples::Type::Float32 || info.type == Samples::Type::Float64;
    const bool isSigned = QByteArray(Samples::nameOf(info.type)).startsWith("int");
    const std::int64_t pages = dimensions == 3 ? info.axes[0].size : 1;
    const double nanometres = nanometresPerStep(cols), across = nanometresPerStep(rows);
    const std::size_t row = std::size_t(cols.size) * size;
    for (std::int64_t page = 0; page < pages; ++page) {
        if (!progress(double(page) / double(pages)))
            fail(Tr::tr("Stopped."));
        TIFF *tiff = out.get();
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, std::uint32_t(cols.size));
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, std::uint32_t(rows.size));
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, int(8 * size));
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
                     isFloat    ? SAMPLEFORMAT_IEEEFP
                     : isSigned ? SAMPLEFORMAT_INT
                                : SAMPLEFORMAT_UINT);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
                     std::uint32_t(std::max<std::size_t>(1, (64 << 10) / row)));
        TIFFSetField(tiff, TIFFTAG_SOFTWARE, "Helmscope " HELMSCOPE_VERSION);
        TIFFSetField(tiff, TIFFTAG_DOCUMENTNAME, info.title.toUtf8().constData());
        if (page == 0) {
            QByteArray text = "ImageJ=1.53t\n";
            if (pages > 1)
                text += "images=" + QByteArray::number(qlonglong(pages)) +
                        "\nslices=" + QByteArray::number(qlonglong(pages)) + '\n';
            if (nanometres > 0)
                text += "unit=nm\n";
            TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, text.constData());
        }
        if (nanometres > 0) {
            TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
            TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 1 / nanometres);
            TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 1 / (across > 0 ? across : nanometres));
        }
        std::vector<std::byte> line(row); // the library may turn it round
        for (std::int64_t i = 0; i < rows.size; ++i) {
            const std::byte *from = samples.bytes() + std::size_t(page * rows.size + i) * row;
            std::copy_n(from, row, line.begin());
            check(TIFFWriteScanline(tiff, line.data(), std::uint32_t(i), 0) == 1);
        }
        check(TIFFWriteDirectory(tiff) == 1);
    }
}

} // namespace helmscope
