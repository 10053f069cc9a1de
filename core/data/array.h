// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"
#include "data/samples.h"

#include <QList>
#include <QString>

#include <vector>

namespace helmscope {

/// One dimension of an array with its calibration: value = offset + scale * index, unless values
/// are listed.
struct Axis
{
    QString name;
    QString unit; ///< as the file has it: "nm", "keV"; empty when unknown
    std::int64_t size = 0;
    double scale = 1;
    double offset = 0;
    bool isCalibrated = false;  ///< false: scale and offset are only defaults
    bool isNavigation = false;  ///< true for the scan's axes where the file says so
    std::vector<double> values; ///< a non-uniform axis' values; else empty

    double at(std::int64_t index) const
    {
        return values.empty() ? offset + scale * double(index) : values[std::size_t(index)];
    }
};

/// What a file says of one of its arrays before it is read.
struct ArrayInfo
{
    QString path;     ///< its name in the file: "Experiments/HAADF Image", "si", "" in a .npy
    QString title;    ///< for people
    QString quantity; ///< what the numbers are: "Electrons (Counts)"; empty when unknown
    Samples::Type type = Samples::Type::Float32;
    QList<Axis> axes;        ///< in C order: the last one varies fastest
    std::int64_t frames = 0; ///< recorded one after the other that can be selected; 0: none

    std::int64_t count() const;
    QString shapeText() const; ///< "128 × 128 × 2048"
};

/// An array read from a file: its numbers in C order.
struct Array
{
    ArrayInfo info;
    Samples samples;

    /// As a map [rows, cols]; throws Error unless it has two dimensions longer than 1.
    Map toMap() const;
    /// As a list of doubles; throws Error unless it has one dimension longer than 1.
    std::vector<double> toList() const;
};

/// Nanometres per step of an axis whose unit is a length (pm, Å, nm, µm, um, mm, m); 0 when it is
/// not.
double nanometresPerStep(const Axis &axis);

} // namespace helmscope
