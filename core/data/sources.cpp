// SPDX-License-Identifier: GPL-3.0-or-later
// Which arrays make a dataset: as saved in a plan, and as guessed from the files.
#include "base/json.h"
#include "base/tr.h"
#include "data/dataset.h"
#include "data/grid.h"

#include <QRegularExpression>

#include <algorithm>

namespace helmscope {

static QJsonObject toJson(const Address &address)
{
    return {{"file", address.file}, {"array", address.array}};
}

static std::optional<Address> addressFrom(const QJsonObject &object, const QString &key,
                                          const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined() || value.isNull())
        return {};
    if (!value.isObject())
        fail(Tr::tr("Cannot use %1: '%2' is not an object with 'file' and 'array'.")
                 .arg(where, key));
    const QJsonObject address = value.toObject();
    return Address{text(address, "file", {}, where), text(address, "array", {}, where)};
}

QJsonObject DatasetSources::toJson() const
{
    QJsonObject object{
        {"image", helmscope::toJson(image)}, {"pixelSizeNm", pixelSizeNm}, {"bin", bin}};
    if (spectra)
        object["spectra"] = helmscope::toJson(*spectra);
    if (energies)
        object["energies"] = helmscope::toJson(*energies);
    if (values)
        object["values"] = helmscope::toJson(*values);
    return object;
}

DatasetSources DatasetSources::fromJson(const QJsonObject &object, const QString &where)
{
    DatasetSources sources;
    sources.image = addressFrom(object, "image", where).value_or(Address{});
    sources.spectra = addressFrom(object, "spectra", where);
    sources.energies = addressFrom(object, "energies", where);
    sources.values = addressFrom(object, "values", where);
    sources.pixelSizeNm = number(object, "pixelSizeNm", 0, 0, 1e9, where);
    sources.bin = integer(object, "bin", 1, 1, 1000000, where);
    return sources;
}

DatasetSources guessSources(const QStringList &files)
{
    struct Found
    {
        Address address;
        ArrayInfo info;
        std::int64_t rows = 0, cols = 0; ///< of an image
        bool isNamedImage = false;
    };
    static const QRegularExpression imageName("haadf|image|img|survey|adf",
                                              QRegularExpression::CaseInsensitiveOption);
    QList<Found> images, cubes, lists;
    QStringList seen;
    for (const QString &file : files)
        for (const ArrayInfo &info : listArrays(file)) {
            const Address address{file, info.path};
            const QList<int> dimensions = longDimensions(info);
            seen << QStringLiteral("%1 (%2)").arg(address.text(), info.shapeText());
            Found found{address, info};
            if (info.count() == 0)
                continue;
            if (dimensions.size() == 2) {
                found.rows = info.axes[dimensions[0]].size;
                found.cols = info.axes[dimensions[1]].size;
                found.isNamedImage = imageName.match(info.path + ' ' + info.title).hasMatch();
                images << found;
            } else if (info.axes.size() == 3) {
                const bool isStack = info.axes[0].isNavigation && !info.axes[1].isNavigation &&
                                     !info.axes[2].isNavigation;
                if (!isStack) // images one after the other are no spectra
                    cubes << found;
            } else if (dimensions.size() == 1) {
                lists << found;
            }
        }
    if (images.isEmpty())
        fail(Tr::tr("There is no survey image in %1: %2. Give one beside the spectra, with --image "
                    "FILE[:ARRAY] or by opening both files together.")
                 .arg(files.join(", "), seen.join(", ")));
    std::stable_sort(cubes.begin(), cubes.end(), [](const Found &a, const Found &b) {
        return a.info.count() > b.info.count();
    });
    const auto gridRatio = [](const Found &image, const Found &cube) {
        const int axis = energyAxisOf(cube.info, image.rows, image.cols, 0);
        return ratioOf(image.rows, image.cols, cube.info.axes[rowAxisOf(axis)].size,
                       cube.info.axes[colAxisOf(axis)].size);
    };
    DatasetSources sources;
    const Found *image = nullptr, *spectra = nullptr;
    for (const Found &cube : cubes) {
        // Of the images that fit, the one as coarse as the spectra, and one that is named so, come
        // first.
        for (const Found &candidate : images) {
            const int ratio = gridRatio(candidate, cube);
            if (ratio == 0)
                continue;
            const int best = image ? gridRatio(*image, cube) : 0;
            if (!image || ratio < best ||
                (ratio == best && candidate.isNamedImage > image->isNamedImage))
                image = &candidate;
        }
        if (image) {
            spectra = &cube;
            break;
        }
    }
    if (!image)
        image =
            &*std::max_element(images.begin(), images.end(), [](const Found &a, const Found &b) {
                return std::pair(a.isNamedImage, a.info.count()) <
                       std::pair(b.isNamedImage, b.info.count());
            });
    sources.image = image->address;
    if (spectra) {
        sources.spectra = spectra->address;
        const int axis = energyAxisOf(spectra->info, image->rows, image->cols, 0);
        const Axis &channels = spectra->info.axes[axis];
        QList<Address> fitting, named;
        for (const Found &list : lists)
            if (!channels.isCalibrated && list.info.count() == channels.size)
                (list.info.path.contains("energ", Qt::CaseInsensitive) ? named : fitting)
                    << list.address;
        if (named.size() == 1)
            sources.energies = named[0];
        else if (named.isEmpty() && fitting.size() == 1)
            sources.energies = fitting[0];
        return sources;
    }
    for (const Found &candidate : images)
        if (candidate.address != sources.image && !candidate.isNamedImage && !sources.values &&
            ratioOf(image->rows, image->cols, candidate.rows, candidate.cols) > 0)
            sources.values = candidate.address;
    return sources;
}

} // namespace helmscope
