// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/dataset.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "data/grid.h"
#include "data/stored/storedarray.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

static void goOn(const Progress &progress, double fraction)
{
    if (!progress(fraction))
        fail(Tr::tr("Stopped."));
}

/// What loading needs to know while it goes along.
struct Loading
{
    const DatasetSources &sources;
    const Progress &progress;
    std::int64_t inMemory; ///< bytes of spectra
    Dataset dataset;
    QMap<QString, QString> hashes; ///< file -> as Provenance has it
    double done = 0, total = 1;    ///< bytes

    /// The part of the progress that so many bytes are worth.
    Progress next(double bytes)
    {
        const double from = std::min(1.0, done / total);
        done += bytes;
        return part(progress, from, std::min(1.0, done / total));
    }
    QString hash(const QString &file);
    ArrayInfo find(const Address &address, int dimensions, const QString &role) const;
    void record(const Address &address, const QString &role);
    Array read(const Address &address, const QString &role);
    void checkMemory(const Address &address, const ArrayInfo &info) const;
    void readImage(const Address &address);
    void readSpectra(const Address &address, const std::optional<Address> &energies);
    void readValues(const Address &address);
    void takeWarnings();
    void fitGrid(std::int64_t rows, std::int64_t cols, const QString &what);
    void calibrate(const ArrayInfo &image, const std::optional<ArrayInfo> &grid);
    std::optional<Address> energiesBeside(const Address &spectra, std::int64_t channels) const;
};

QString Loading::hash(const QString &file)
{
    if (hashes.contains(file))
        return hashes[file];
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    const Progress hashing = next(double(in.size()));
    QCryptographicHash hash(QCryptographicHash::Sha256);
    constexpr qint64 mostHashed = qint64(256) << 20, piece = 64 << 10;
    if (in.size() > mostHashed) {
        constexpr int pieces = 66;
        hash.addData(QByteArray::number(in.size()));
        for (int i = 0; i < pieces; ++i) {
            goOn(hashing, double(i) / pieces);
            // In steps that need no number larger than the file; the last one ends with it.
            const qint64 at = (in.size() - piece) / (pieces - 1) * i;
            if (!in.seek(i == pieces - 1 ? in.size() - piece : at))
                fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
            hash.addData(in.read(piece));
        }
        return hashes[file] = "sampled:" + QString::fromLatin1(hash.result().toHex());
    }
    QByteArray block(4 << 20, Qt::Uninitialized);
    qint64 read = 0;
    while (!in.atEnd()) {
        goOn(hashing, in.size() > 0 ? double(read) / double(in.size()) : 0);
        const qint64 count = in.read(block.data(), block.size());
        if (count < 0)
            fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
        if (count == 0)
            break;
        hash.addData(QByteArrayView(block).first(count));
        read += count;
    }
    return hashes[file] = QString::fromLatin1(hash.result().toHex());
}

/// The array that an address means: named, or the first one of so many dimensions.
static ArrayInfo findArray(const Address &address, int dimensions, const QString &role)
{
    const QList<ArrayInfo> arrays = listArrays(address.file);
    QStringList names;
    if (!address.array.isEmpty())
        if (const auto info = arrayNamed(address.array, arrays))
            return *info;
    for (const ArrayInfo &info : arrays) {
        const bool isNamed = info.path == address.array || info.title == address.array;
        if (address.array.isEmpty() ? longDimensions(info).size() == dimensions : isNamed)
            return info;
        names << QStringLiteral("'%1' (%2)").arg(info.path, info.shapeText());
    }
    fail(address.array.isEmpty()
             ? Tr::tr("Cannot take the %1 from %2: it holds no array of %3 dimensions, only %4.")
                   .arg(role, address.file)
                   .arg(dimensions)
                   .arg(names.join(", "))
             : Tr::tr("Cannot take the %1 from %2: it has no array '%3', only %4.")
                   .arg(role, address.file, address.array, names.join(", ")));
}

ArrayInfo Loading::find(const Address &address, int dimensions, const QString &role) const
{
    ArrayInfo info = findArray(address, dimensions, role);
    if (info.count() == 0)
        fail(Tr::tr("Cannot use %1 as %2: it is empty (%3).")
                 .arg(address.text(), role, info.shapeText()));
    return info;
}

void Loading::record(const Address &address, const QString &role)
{
    dataset.provenance << Provenance{role, address.file, address.array, formatOf(address.file).name,
                                     hash(address.file)};
}

Array Loading::read(const Address &address, const QString &role)
{
    record(address, role);
    return readArray(address, next(double(QFileInfo(address.file).size())));
}

/// Of an array that can only be read whole.
void Loading::checkMemory(const Address &address, const ArrayInfo &info) const
{
    const auto bytes = info.count() * std::int64_t(Samples::sizeOf(info.type));
    const auto left = std::int64_t(memoryLeft());
    if (bytes <= left)
        return;
    const Format &format = formatOf(address.file);
    const QString remedy =
        info.frames > 0
            ? Tr::tr("Read fewer frames, or several channels as one: "
                     "'%1?frames=1-10&bin=4'.")
                  .arg(address.array)
            : Tr::tr("Save them with HyperSpy as .hspy, of which only what is asked for is read.");
    fail(
        Tr::tr("Cannot use %1: its spectra take %2 of memory, of which there is %3, and %4 as they "
               "are stored here can only be read whole. %5")
            .arg(address.text(), QLocale::c().formattedDataSize(bytes),
                 QLocale::c().formattedDataSize(left), QString::fromLatin1(format.name), remedy));
}

/// The middle one of the finite numbers; NaN when there are none.
static float medianOf(const Map &map)
{
    std::vector<float> numbers;
    std::copy_if(map.data(), map.data() + map.size(), std::back_inserter(numbers),
                 [](float v) { return std::isfinite(v); });
    if (numbers.empty())
        return std::numeric_limits<float>::quiet_NaN();
    const auto middle = numbers.begin() + std::ptrdiff_t(numbers.size() / 2);
    std::nth_element(numbers.begin(), middle, numbers.end());
    return *middle;
}

/// Puts `with` where a map is not finite; returns how often. Throws when no number is.
static Eigen::Index replaceOdd(Map &map, float with, const Address &address)
{
    const Eigen::Index odd = (!map.isFinite()).count();
    if (odd == map.size())
        fail(Tr::tr("Cannot use %1: it holds no finite number.").arg(address.text()));
    map = map.isFinite().select(map, with);
    return odd;
}

void Loading::readImage(const Address &address)
{
    const ArrayInfo info = find(address, 2, Tr::tr("survey image"));
    const Address exact{address.file, info.path};
    if (longDimensions(info).size() != 2)
        fail(Tr::tr("Cannot use %1 as survey image: its shape is %2, and an image has rows and "
                    "columns. "
                    "Name an image, for instance with --image FILE:ARRAY.")
                 .arg(exact.text(), info.shapeText()));
    const Array array = read(exact, "image");
    dataset.image = array.toMap();
    dataset.title = QFileInfo(address.file).completeBaseName();
    dataset.imageQuantity = info.title;
    if (!info.quantity.isEmpty() && info.quantity != info.title)
        dataset.imageQuantity += " (" + info.quantity + ')';
    if (const auto odd = replaceOdd(dataset.image, medianOf(dataset.image), exact); odd > 0)
        dataset.warnings << recorded(
                                "%1 of %2 pixels of the survey image %3 are not finite; they are "
                                "shown as its median.")
                                .arg(odd)
                                .arg(dataset.image.size())
                                .arg(exact.text());
}

void Loading::fitGrid(std::int64_t rows, std::int64_t cols, const QString &what)
{
    const int ratio = ratioOf(dataset.image.rows(), dataset.image.cols(), rows, cols);
    if (ratio == 0)
        fail(
            Tr::tr(
                "Cannot use %1: their grid of %2 × %3 does not go a whole number of times into the "
                "survey image of %4 × %5.")
                .arg(what)
                .arg(rows)
                .arg(cols)
                .arg(dataset.image.rows())
                .arg(dataset.image.cols()));
    dataset.imageRatio = ratio;
}

/// The only list of energies of the right length in the spectra's file, known by its name.
std::optional<Address> Loading::energiesBeside(const Address &spectra, std::int64_t channels) const
{
    std::optional<Address> found;
    for (const ArrayInfo &info : listArrays(spectra.file)) {
        if (longDimensions(info).size() != 1 || info.count() != channels ||
            !info.path.contains("energ", Qt::CaseInsensitive))
            continue;
        if (found)
            return {};
        found = Address{spectra.file, info.path};
    }
    return found;
}

/// The unit that a list of energies ends its name with: "energy_keV".
static QString unitInName(const QString &name)
{
    static const QRegularExpression form("(?:^|[_\\s(\\[])(meV|eV|keV|MeV)[\\])]?$",
                                         QRegularExpression::CaseInsensitiveOption);
    const QString unit = form.match(name).captured(1);
    if (unit.compare("keV", Qt::CaseInsensitive) == 0)
        return "keV";
    if (unit.compare("eV", Qt::CaseInsensitive) == 0)
        return "eV";
    return unit == "MeV" || unit == "meV" ? unit : QString();
}

/// Counts what is not finite in spectra; throws when nothing is.
static std::uint64_t oddNumbers(const Samples &samples, const Address &address,
                                const Progress &progress)
{
    if (samples.type() != Samples::Type::Float32 && samples.type() != Samples::Type::Float64)
        return 0;
    std::uint64_t odd = 0;
    std::vector<float> block(1 << 20);
    for (std::size_t first = 0; first < samples.count(); first += block.size()) {
        goOn(progress, double(first) / double(samples.count()));
        const std::size_t count = std::min(block.size(), samples.count() - first);
        samples.copy(first, count, 1, block.data());
        odd += std::uint64_t(std::count_if(block.begin(), block.begin() + std::ptrdiff_t(count),
                                           [](float v) { return !std::isfinite(v); }));
    }
    if (odd == samples.count())
        fail(Tr::tr("Cannot use %1: it holds no finite number.").arg(address.text()));
    return odd;
}

void Loading::readSpectra(const Address &address, const std::optional<Address> &energies)
{
    const ArrayInfo found = find(address, 3, Tr::tr("spectra"));
    const Address exact{address.file, found.path};
    if (found.axes.size() != 3)
        fail(Tr::tr("Cannot use %1 as spectra: its shape is %2, and spectra have rows, columns and "
                    "channels.")
                 .arg(exact.text(), found.shapeText()));
    std::optional<ArrayInfo> listed;
    if (energies)
        listed = find(*energies, 1, Tr::tr("energies"));
    const int axis = energyAxisOf(found, dataset.image.rows(), dataset.image.cols(),
                                  listed ? listed->count() : 0);
    const std::int64_t channels = found.axes[axis].size;
    fitGrid(found.axes[rowAxisOf(axis)].size, found.axes[colAxisOf(axis)].size,
            Tr::tr("the spectra %1").arg(exact.text()));

    StoredArrayPointer stored;
    const Format &format = formatOf(exact.file);
    const auto bytes = found.count() * std::int64_t(Samples::sizeOf(found.type));
    if (bytes > inMemory && format.stored)
        stored = format.stored(exact.file, exact.array);
    Array array;
    if (stored) {
        record(exact, "spectra");
        array.info = stored->info();
    } else {
        checkMemory(exact, found);
        array = read(exact, "spectra");
    }
    const ArrayInfo about = array.info;
    const Axis &channelAxis = about.axes[axis];
    EnergyAxis energyAxis;
    std::optional<Address> list;
    if (listed)
        list = Address{energies->file, listed->path};
    else if (!channelAxis.isCalibrated) {
        list = energiesBeside(exact, channels);
        if (list)
            dataset.warnings << recorded("The energies of %1 are taken from '%2' of the same file.")
                                    .arg(exact.text(), list->array);
    }
    QString where = Tr::tr("the spectra %1").arg(exact.text());
    if (list) {
        where = Tr::tr("the energies %1").arg(list->text());
        const Array numbers = read(*list, "energies");
        energyAxis.values = numbers.toList();
        energyAxis.unit =
            unitInName(numbers.info.path.isEmpty() ? numbers.info.title : numbers.info.path);
        if (energyAxis.unit.isEmpty() && isEnergyUnit(channelAxis.unit))
            energyAxis.unit = channelAxis.unit;
        if (energyAxis.unit.isEmpty())
            dataset.warnings
                << recorded("The unit of the energies %1 is unknown: their name does not end "
                            "in _eV or _keV.")
                       .arg(list->text());
    } else {
        for (std::int64_t i = 0; i < channels; ++i)
            energyAxis.values.push_back(channelAxis.at(i));
        energyAxis.unit = channelAxis.unit;
        if (!channelAxis.isCalibrated)
            dataset.warnings << recorded(
                                    "The spectra %1 have no energies: their channels are counted "
                                    "from 0. Give a list of energies with --energies.")
                                    .arg(exact.text());
    }
    energyAxis.name = channelAxis.name.contains("energy", Qt::CaseInsensitive) ? channelAxis.name
                      : energyAxis.unit.isEmpty() && !list                     ? recorded("Channel")
                                                                               : recorded("Energy");
    if (std::int64_t(energyAxis.values.size()) != channels)
        fail(Tr::tr("Cannot use %1: they are %2, but the spectra %3 have %4 channels.")
                 .arg(where)
                 .arg(energyAxis.values.size())
                 .arg(exact.text())
                 .arg(channels));
    energyAxis.check(where);
    if (stored) {
        dataset.spectra = Spectra(std::move(stored), axis, std::move(energyAxis));
        dataset.warnings << recorded(
                                "The spectra %1 (%2) stay in their file, of which only what is "
                                "asked for is read: whether all of their numbers are finite is "
                                "not known.")
                                .arg(exact.text(), QLocale::c().formattedDataSize(bytes));
        if (sources.bin != 1)
            dataset.spectra = dataset.spectra.binned(sources.bin);
        return;
    }
    if (const auto odd = oddNumbers(array.samples, exact, next(0)); odd > 0)
        dataset.warnings << recorded(
                                "%1 of %2 numbers of the spectra %3 are not finite; they are left "
                                "out of every mean.")
                                .arg(odd)
                                .arg(array.samples.count())
                                .arg(exact.text());
    dataset.spectra = Spectra(std::move(array), axis, std::move(energyAxis));
    if (sources.bin != 1)
        dataset.spectra = dataset.spectra.binned(sources.bin);
}

void Loading::readValues(const Address &address)
{
    const ArrayInfo info = find(address, 2, Tr::tr("map of values"));
    const Address exact{address.file, info.path};
    if (longDimensions(info).size() != 2)
        fail(Tr::tr(
                 "Cannot use %1 as map of values: its shape is %2, and a map has rows and columns.")
                 .arg(exact.text(), info.shapeText()));
    dataset.values = read(exact, "values").toMap();
    dataset.valuesName = info.title;
    const int ratio = dataset.imageRatio;
    fitGrid(dataset.values.rows(), dataset.values.cols(),
            Tr::tr("the values %1").arg(exact.text()));
    if (dataset.hasSpectra() && ratio != dataset.imageRatio)
        fail(Tr::tr("Cannot use %1: the values are %2 × %3, the spectra %4 × %5.")
                 .arg(exact.text())
                 .arg(dataset.values.rows())
                 .arg(dataset.values.cols())
                 .arg(dataset.spectra.rows())
                 .arg(dataset.spectra.cols()));
    if (const auto odd = replaceOdd(dataset.values, std::numeric_limits<float>::quiet_NaN(), exact))
        dataset.warnings << recorded(
                                "%1 of %2 values of %3 are not finite; they cannot be measured.")
                                .arg(odd)
                                .arg(dataset.values.size())
                                .arg(exact.text());
}

/// The side of a pixel along rows and columns; 0 when either is unknown.
static double pixelSideNm(const ArrayInfo &info, int rowAxis, int colAxis, QStringList &warnings)
{
    const double height = nanometresPerStep(info.axes[rowAxis]);
    const double width = nanometresPerStep(info.axes[colAxis]);
    if (height <= 0 || width <= 0)
        return 0;
    if (std::abs(height - width) > 0.01 * width)
        warnings << recorded(
                        "The pixels of '%1' are not square (%2 nm high, %3 nm wide); the width is "
                        "used for both.")
                        .arg(info.title)
                        .arg(height)
                        .arg(width);
    return width;
}

void Loading::calibrate(const ArrayInfo &image, const std::optional<ArrayInfo> &grid)
{
    double &size = dataset.pixelSizeNm;
    size = sources.pixelSizeNm;
    if (size > 0)
        return;
    const QList<int> sides = longDimensions(image);
    size = pixelSideNm(image, sides[0], sides[1], dataset.warnings);
    if (size > 0)
        return;
    if (grid && grid->axes.size() >= 2) {
        QList<int> scan = longDimensions(*grid);
        if (grid->axes.size() == 3) {
            const int energy = energyAxisOf(*grid, dataset.image.rows(), dataset.image.cols(), 0);
            scan = {rowAxisOf(energy), colAxisOf(energy)};
        }
        size = pixelSideNm(*grid, scan[0], scan[1], dataset.warnings) / dataset.imageRatio;
        if (size > 0)
            return;
    }
    static const QStringList names{"pixel_nm", "pixel_size_nm", "scale_nm"};
    const QList<ArrayInfo> arrays = listArrays(sources.image.file);
    for (const ArrayInfo &info : arrays) {
        if (!names.contains(info.path) || info.count() != 1)
            continue;
        const double number = readArray({sources.image.file, info.path}, unwatched()).samples.at(0);
        if (!std::isfinite(number) || number <= 0) {
            dataset.warnings << recorded("The pixel size '%1' of %2 is %3 and not used.")
                                    .arg(info.path, sources.image.file)
                                    .arg(number);
            continue;
        }
        // Said once a file, the size is that of the coarsest grid in it: the spectra's where there
        // are any.
        int ratio = dataset.imageRatio;
        for (const ArrayInfo &other : arrays)
            if (other.axes.size() == 3) {
                const int axis = energyAxisOf(other, dataset.image.rows(), dataset.image.cols(), 0);
                ratio = std::max(ratio, ratioOf(dataset.image.rows(), dataset.image.cols(),
                                                other.axes[rowAxisOf(axis)].size,
                                                other.axes[colAxisOf(axis)].size));
            }
        size = number / ratio;
        if (ratio > 1)
            dataset.warnings
                << recorded("The pixel size '%1' of %2 nm belongs to the spectra's grid; an "
                            "image pixel is %3 nm.")
                       .arg(info.path)
                       .arg(number)
                       .arg(size);
        return;
    }
    dataset.warnings << recorded(
        "The pixel size of the survey image is unknown: there is no scale bar. "
        "Give it with --pixel-size-nm.");
}

/// What is odd about the files themselves: a version that is not known yet.
void Loading::takeWarnings()
{
    for (const Provenance &source : QList<Provenance>(dataset.provenance)) {
        try {
            for (const QString &warning : readMetadata({source.file, source.array}).warnings)
                if (!dataset.warnings.contains(warning))
                    dataset.warnings << warning;
        } catch (const Error &) { // the numbers are there, whatever the rest is
        }
    }
}

Dataset loadDataset(const DatasetSources &sources, const Progress &progress, std::int64_t inMemory)
{
    if (sources.image.file.isEmpty())
        fail(Tr::tr("A dataset needs a survey image: name one with --image FILE[:ARRAY]."));
    if (!std::isfinite(sources.pixelSizeNm) || sources.pixelSizeNm < 0)
        fail(Tr::tr("A pixel size of %1 nm cannot be used.").arg(sources.pixelSizeNm));
    Loading loading{sources, progress, inMemory, {}, {}};
    loading.total = 0;
    QStringList files;
    for (const std::optional<Address> &address :
         {std::optional(sources.image), sources.spectra, sources.energies, sources.values}) {
        if (!address)
            continue;
        const double bytes = double(QFileInfo(address->file).size());
        loading.total += files.contains(address->file) ? bytes : 2 * bytes; // hashed and read
        files << address->file;
    }
    loading.total = std::max(loading.total, 1.0);
    loading.readImage(sources.image);
    std::optional<ArrayInfo> grid;
    if (sources.spectra) {
        loading.readSpectra(*sources.spectra, sources.energies);
        grid = findArray(*sources.spectra, 3, {});
    }
    if (sources.values) {
        loading.readValues(*sources.values);
        if (!grid)
            grid = findArray(*sources.values, 2, {});
    }
    loading.calibrate(findArray(sources.image, 2, {}), grid);
    loading.takeWarnings();
    progress(1);
    return loading.dataset;
}

} // namespace helmscope
