// SPDX-License-Identifier: GPL-3.0-or-later
// py4DSTEM's HDF5 files, of all its versions: a diffraction pattern at each position, [rows, cols,
// qx, qy] in a dataset `data` or `datacube`. Shown as virtual images, which are made slab by slab:
// the cube itself is never in memory.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace helmscope::fourd {

namespace {

enum class Detector { Sum, BrightField, DarkField };
struct Virtual
{
    Detector detector;
    const char *path;
    const char *title;
};
constexpr Virtual detectors[] = {
    {Detector::Sum, "/sum", QT_TRANSLATE_NOOP("helmscope::Tr", "Sum of diffraction")},
    {Detector::BrightField, "/bright field", QT_TRANSLATE_NOOP("helmscope::Tr", "Bright field")},
    {Detector::DarkField, "/dark field", QT_TRANSLATE_NOOP("helmscope::Tr", "Dark field")},
};

/// Like Hdf5File::describe(), with nothing also for what cannot be used.
std::optional<ArrayInfo> described(const Hdf5File &file, const QString &path)
{
    try {
        return file.describe(path);
    } catch (const Error &) {
        return {}; // such as a dataset whose numbers lie in another file
    }
}

QStringList cubesIn(const Hdf5File &file)
{
    QStringList cubes;
    for (const QString &path : datasetsBelow(file, {})) {
        const std::optional<ArrayInfo> info = described(file, path);
        if (info && info->axes.size() == 4 && info->count() > 0)
            cubes << path;
    }
    return cubes;
}

/// The size of a pixel: of the group `calibration` of newer versions, of the vectors dim1, dim2 of
/// older ones.
void calibrate(const Hdf5File &file, const QString &cube, QList<Axis> &axes)
{
    const QString group = cube.section('/', 0, -2);
    axes[0].name = "y";
    axes[1].name = "x";
    const QString root = cube.section('/', 0, 0);
    for (const QString &at :
         {group + "/metadatabundle/calibration", root + "/metadatabundle/calibration"}) {
        const QString size = at + "/R_pixel_size", unit = at + "/R_pixel_units";
        if (!file.has(size) || !file.has(unit))
            continue;
        const std::optional<ArrayInfo> info = file.describe(size);
        const double scale = info && info->count() == 1 ? file.readRows(size, 0, 1)[0] : 0;
        if (!(scale > 0) || file.describe(unit))
            continue;
        for (Axis &axis : axes) {
            axis.scale = scale;
            axis.unit = file.readTexts(unit).value(0);
            axis.isCalibrated = axis.unit != "pixels";
        }
        return;
    }
    const int first = file.has(group + "/dim0") ? 0 : 1;
    for (int i = 0; i < 2; ++i) {
        const QString path = group + QStringLiteral("/dim%1").arg(first + i);
        const std::optional<ArrayInfo> info = file.describe(path);
        if (!info || info->axes.size() != 1 || info->axes[0].size > 1'000'000)
            continue;
        axes[i].unit = textOf(file, path, "units").remove('[').remove(']').remove('_');
        setPoints(axes[i], file.readRows(path, 0, info->axes[0].size));
        axes[i].isCalibrated = axes[i].isCalibrated && nanometresPerStep(axes[i]) > 0;
    }
}

/// Which pixels of the pattern belong to the disc of the direct beam: those above half of the
/// greatest mean, as a disc of the same area around their centre of gravity.
std::vector<bool> discOf(const Hdf5File &file, const QString &cube, const ArrayInfo &info)
{
    const std::int64_t height = info.axes[2].size, width = info.axes[3].size;
    std::vector<double> mean(std::size_t(height * width));
    // 64 positions spread over the scan are plenty for a mean.
    constexpr int along = 8;
    for (int i = 0; i < along; ++i)
        for (int j = 0; j < along; ++j) {
            const Samples pattern =
                file.readBlock(cube,
                               {info.axes[0].size * (2 * i + 1) / (2 * along),
                                info.axes[1].size * (2 * j + 1) / (2 * along), 0, 0},
                               {1, 1, height, width});
            for (std::size_t k = 0; k < mean.size(); ++k)
                mean[k] += std::isfinite(pattern.at(k)) ? pattern.at(k) : 0;
        }
    const double half = *std::max_element(mean.begin(), mean.end()) / 2;
    double area = 0, y = 0, x = 0;
    for (std::int64_t k = 0; k < height * width; ++k)
        if (mean[std::size_t(k)] > half) {
            area += 1;
            y += double(k / width);
            x += double(k % width);
        }
    std::vector<bool> disc(mean.size(), false);
    if (area == 0)
        return disc;
    const double squared = area / 3.14159265358979323846;
    for (std::int64_t k = 0; k < height * width; ++k) {
        const double dy = double(k / width) - y / area, dx = double(k % width) - x / area;
        disc[std::size_t(k)] = dy * dy + dx * dx <= squared;
    }
    return disc;
}

ArrayInfo describe(const Hdf5File &file, const QString &cube, const ArrayInfo &stored,
                   const Virtual &one)
{
    ArrayInfo info;
    info.path = cube + QString::fromLatin1(one.path);
    info.title = recorded(one.title);
    info.type = Samples::Type::Float32;
    info.axes = {stored.axes[0], stored.axes[1]};
    info.quantity = recorded("virtual image of %1").arg(stored.shapeText());
    calibrate(file, cube, info.axes);
    return info;
}

Array sumUp(const Hdf5File &file, const QString &cube, const ArrayInfo &stored, const Virtual &one,
            const Progress &progress)
{
    Array image{describe(file, cube, stored, one), {}};
    const std::int64_t rows = stored.axes[0].size, cols = stored.axes[1].size;
    const std::size_t pattern = std::size_t(stored.axes[2].size * stored.axes[3].size);
    image.samples = Samples(Samples::Type::Float32, std::size_t(rows * cols));
    auto *numbers = reinterpret_cast<float *>(image.samples.bytes());
    std::vector<bool> disc;
    if (one.detector != Detector::Sum)
        disc = discOf(file, cube, stored);
    // Whole chunks along the scan, and about 16 MiB at a time.
    const std::vector<std::int64_t> chunk = file.chunkOf(cube);
    const std::int64_t room = std::max<std::int64_t>(
        1, (std::int64_t(16) << 20) /
               std::int64_t(std::max<std::size_t>(1, pattern * Samples::sizeOf(stored.type))));
    const std::int64_t across = std::clamp<std::int64_t>(
        chunk.empty() ? room : std::max(chunk[1], room / std::max<std::int64_t>(1, chunk[0])), 1,
        cols);
    const std::int64_t down =
        std::clamp<std::int64_t>(std::min(room / across, chunk.empty() ? rows : chunk[0]), 1, rows);
    std::vector<float> floats(pattern);
    for (std::int64_t row = 0; row < rows; row += down)
        for (std::int64_t col = 0; col < cols; col += across) {
            if (!progress((double(row) + double(col) / double(cols)) / double(rows)))
                fail(Tr::tr("Stopped."));
            const std::int64_t height = std::min(down, rows - row),
                               width = std::min(across, cols - col);
            const Samples block = file.readBlock(
                cube, {row, col, 0, 0}, {height, width, stored.axes[2].size, stored.axes[3].size});
            for (std::int64_t i = 0; i < height * width; ++i) {
                block.copy(std::size_t(i) * pattern, pattern, 1, floats.data());
                double sum = 0;
                for (std::size_t k = 0; k < pattern; ++k)
                    if (disc.empty() || disc[k] == (one.detector == Detector::BrightField))
                        sum += double(floats[k]);
                numbers[(row + i / width) * cols + col + i % width] = float(sum);
            }
        }
    return image;
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    return isHdf5(head) && !cubesIn(Hdf5File(file, Hdf5File::Mode::Read)).isEmpty();
}

QList<ArrayInfo> list(const QString &file)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QList<ArrayInfo> arrays;
    for (const QString &cube : cubesIn(in))
        for (const Virtual &one : detectors)
            arrays << describe(in, cube, *in.describe(cube), one);
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: it holds no cube of diffraction patterns.").arg(file));
    return arrays;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    for (const QString &cube : cubesIn(in))
        for (const Virtual &one : detectors)
            if (array == cube + QString::fromLatin1(one.path))
                return sumUp(in, cube, *in.describe(cube), one, progress);
    fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(file, array));
}

Metadata metadata(const QString &file, const QString &array)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    Metadata found;
    found.all = attributesBelow(in, {});
    using Field = Metadata::Field;
    found.put(Field::Title, array.section('/', -1));
    found.put(Field::Signal, QStringLiteral("4D-STEM"));
    const QString root = array.section('/', 0, 0);
    for (const QString &at :
         {root + "/metadatabundle/calibration/", root + "/metadata/microscope/"}) {
        found.take(Field::BeamEnergy, at + "accelerating_voltage", 1e-3);
        found.take(Field::Convergence, at + "convergence_semiangle_mrad");
        found.take(Field::CameraLength, at + "camera_length");
        found.take(Field::Dwell, at + "dwell_time");
    }
    return found;
}

} // namespace helmscope::fourd
