// SPDX-License-Identifier: GPL-3.0-or-later
// Comma-separated values: a list as two columns, an image as its rows, spectra as one row a channel
// and one column a pixel.
#include "base/tr.h"
#include "data/writers/writers.h"

#include <QFile>

namespace helmscope {

static QByteArray quoted(const QString &text)
{
    QByteArray bytes = text.toUtf8();
    return '"' + bytes.replace('"', "\"\"").replace('\n', ' ') + '"';
}

static QByteArray heading(const Axis &axis)
{
    return quoted(axis.unit.isEmpty() ? axis.name
                                      : QStringLiteral("%1 (%2)").arg(axis.name, axis.unit));
}

void csv::write(const QString &file, const DescribedArray &recording, const Progress &progress)
{
    const ArrayInfo &info = recording.array.info;
    const Samples &samples = recording.array.samples;
    const qsizetype dimensions = info.axes.size();
    if (dimensions < 1 || dimensions > 3)
        fail(Tr::tr("Cannot write '%1' as CSV: its shape is %2, and a table has rows and columns; "
                    "write it as hspy.")
                 .arg(info.title, info.shapeText()));
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly | QIODevice::NewOnly))
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
    const int digits = info.type == Samples::Type::Float32 ? 9 : 17; // enough to read it back
    const auto number = [digits](double value) { return QByteArray::number(value, 'g', digits); };
    const Axis &last = info.axes.back();
    // Rows of the table: the channels of spectra, else the points of the first axis.
    const Axis &down = dimensions == 2 ? info.axes[0] : last;
    const std::int64_t columns = info.count() / std::max<std::int64_t>(1, down.size);
    const bool isAcross = dimensions != 2; // neighbours of a table's row lie apart
    QByteArray line = heading(down);
    for (std::int64_t i = 0; i < columns; ++i) {
        line += ',';
        if (dimensions == 1)
            line += quoted(info.quantity.isEmpty() ? info.title : info.quantity);
        else if (dimensions == 2)
            line += number(last.at(i));
        else
            line += QStringLiteral("\"%1 %2\"")
                        .arg(i / info.axes[1].size)
                        .arg(i % info.axes[1].size)
                        .toLatin1();
    }
    for (std::int64_t i = -1; i < down.size; ++i) {
        if (i >= 0) {
            if (!progress(double(i) / double(down.size)))
                fail(Tr::tr("Stopped."));
            line = number(down.at(i));
            for (std::int64_t k = 0; k < columns; ++k)
                line +=
                    ',' +
                    number(samples.at(std::size_t(isAcross ? k * down.size + i : i * columns + k)));
        }
        line += '\n';
        if (out.write(line) != line.size())
            fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
    }
    if (!out.flush())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
}

} // namespace helmscope
