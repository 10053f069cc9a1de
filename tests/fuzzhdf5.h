// SPDX-License-Identifier: GPL-3.0-or-later
// Small HDF5 files for fuzz targets to begin with.
#pragma once

#include "data/hdf5file.h"

#include <QFile>
#include <QTemporaryDir>

#include <numeric>
#include <vector>

inline std::vector<float> counting(std::size_t count)
{
    std::vector<float> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0.f);
    return numbers;
}

template <class Fill>
QByteArray hdf5Seed(Fill fill)
{
    const QTemporaryDir folder;
    QFile file(folder.filePath("seed.h5"));
    {
        helmscope::Hdf5File out(file.fileName(), helmscope::Hdf5File::Mode::Create);
        fill(out);
    }
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
