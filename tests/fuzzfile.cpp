// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"

#include <QFile>
#include <QTemporaryDir>

#include <stdexcept>

QString fuzzFile(const std::uint8_t *data, std::size_t size, const char *name)
{
    static const QTemporaryDir folder;
    // Beside a file some formats keep others: none of them may outlive its input.
    QFile file(folder.filePath(name));
    if (!folder.isValid() || !file.open(QIODevice::WriteOnly | QIODevice::Truncate) ||
        file.write(reinterpret_cast<const char *>(data), qint64(size)) != qint64(size))
        throw std::runtime_error("the input cannot be written: " +
                                 file.errorString().toStdString());
    return file.fileName();
}
