// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/hdf5file.h"

#include <QJsonObject>

namespace helmscope {

/// The attributes of an object as JSON; lists of one become single values where `isFlat`.
QJsonObject attributesOf(const Hdf5File &file, const QString &path, bool isFlat = true);

/// The attributes of a group and of all groups below it, by name, and the texts and single numbers
/// that stand in datasets. Hard links may make circles: at most 8 deep and 5000 objects.
QJsonObject attributesBelow(const Hdf5File &file, const QString &group);

/// The paths of all datasets below a group, "a/b/data", within the same limits.
QStringList datasetsBelow(const Hdf5File &file, const QString &group);

/// An attribute's text; a list's first; empty where there is none.
QString textOf(const Hdf5File &file, const QString &path, const QString &attribute);

/// Whether a file begins as HDF5 files do.
inline bool isHdf5(const QByteArray &head)
{
    return head.startsWith("\x89HDF\r\n\x1a\n");
}

/// Fills in an axis from the numbers of its points: an even one gets scale and offset, others their
/// values. What is not finite leaves it uncalibrated.
void setPoints(Axis &axis, const std::vector<double> &points);

} // namespace helmscope
