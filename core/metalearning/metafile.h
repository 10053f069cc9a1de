// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/hdf5file.h"

#include <QJsonObject>

#include <functional>

namespace helmscope {

/// Writes an HDF5 file beside `file` and moves it there when it is whole; throws Error naming
/// `file`.
void writeWhole(const QString &file, const std::function<void(Hdf5File &)> &write);
/// Whether a file is HDF5 and its attribute "format" says this.
bool hasFormat(const QString &file, const char *format);

void writeText(Hdf5File &file, const QString &name, const QByteArray &text);
/// Arrays with no numbers are left out, and read as such.
void writeNumbers(Hdf5File &file, const QString &name, const Eigen::VectorXf &numbers);
void writeNumbers(Hdf5File &file, const QString &name, const Eigen::VectorXd &numbers);

/// Throws Error naming the file where there is no JSON object of at most 64 MiB.
QJsonObject readObject(const Hdf5File &file, const QString &name);
/// Lists of at most 200 million numbers; throws Error naming the file for anything else.
Eigen::VectorXf readFloats(const Hdf5File &file, const QString &name);
Eigen::VectorXd readNumbers(const Hdf5File &file, const QString &name);

} // namespace helmscope
