// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/formats.h"
#include "data/spectra.h"

#include <QJsonObject>
#include <QStringList>

#include <optional>

namespace helmscope {

/// Where an array of a dataset came from.
struct Provenance
{
    QString role; ///< "image", "spectra", "energies", "values"
    QString file;
    QString array;  ///< its name in the file
    QString format; ///< "HyperSpy", "NumPy"
    /// Of the whole file, hexadecimal; "sampled:" and the same of its size and of 66 blocks of it
    /// where it is larger than 256 MiB and would take too long to open.
    QString sha256;
};

/// A survey image with its calibration, and the spectra (or a map of values) at its pixels.
struct Dataset
{
    QString title;
    Map image;              ///< [rows * imageRatio, cols * imageRatio]
    QString imageQuantity;  ///< what the image shows: "HAADF (counts)"; may be empty
    int imageRatio = 1;     ///< image pixels per spectrum pixel along a side
    double pixelSizeNm = 0; ///< of one image pixel; 0 when unknown
    Spectra spectra;        ///< empty where only values or only an image is given
    Map values;             ///< [rows, cols], empty unless given instead of spectra
    QString valuesName;
    QList<Provenance> provenance;
    QStringList warnings; ///< sentences: what was odd in the files and how it was read

    bool hasSpectra() const { return !spectra.isEmpty(); }
    bool hasValues() const { return values.size() > 0; }
    int rows() const
    {
        return int(image.rows()) / imageRatio;
    } ///< of the grid that can be measured
    int cols() const { return int(image.cols()) / imageRatio; }
    double gridPixelSizeNm() const { return pixelSizeNm * imageRatio; }
};

/// Which arrays of which files make a dataset. Only the image is required.
struct DatasetSources
{
    Address image;
    std::optional<Address> spectra;
    std::optional<Address>
        energies; ///< a list of energies, for spectra whose file has no energy axis
    std::optional<Address> values;
    double pixelSizeNm = 0; ///< overrides the file's when above 0
    int bin = 1;            ///< channels averaged into one

    QJsonObject toJson() const;
    static DatasetSources fromJson(const QJsonObject &object, const QString &where);
};

/// Spectra of more bytes stay in their file, where their format can be read in parts.
constexpr std::int64_t mostInMemory = std::int64_t(256) << 20;

/// Reads and fits together what `sources` names. Throws Error with a sentence that names file and
/// array when shapes do not fit (the image must be a whole multiple of the grid), when an array is
/// empty or holds no finite number, or when it must be read whole and there is no memory for it.
/// Stopped, it throws Error "Stopped.".
Dataset loadDataset(const DatasetSources &sources, const Progress &progress,
                    std::int64_t inMemory = mostInMemory);

/// What these files hold when nobody says which array is what: the largest 2-D array that fits is
/// the image, the 3-D array the spectra, a 1-D array as long as its channels the energies, a second
/// 2-D array of the image's (or the grid's) shape the values. Throws Error when there is no image.
DatasetSources guessSources(const QStringList &files);

} // namespace helmscope
