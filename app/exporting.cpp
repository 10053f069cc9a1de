// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/exporting.h"

#include "base/error.h"
#include "base/tr.h"
#include "data/writers/writers.h"
#include "widgets/mapview.h"
#include "widgets/paintrecord.h"
#include "widgets/spectrumview.h"

#include <QFileInfo>
#include <QPainter>

#include <algorithm>
#include <cstring>

namespace helmscope {

namespace {

Axis axisOf(const QString &name, std::int64_t size, double scale, const QString &unit)
{
    Axis axis;
    axis.name = name;
    axis.unit = unit;
    axis.size = size;
    axis.scale = scale;
    axis.offset = scale / 2; // pixels have their centres there
    axis.isCalibrated = !unit.isEmpty();
    return axis;
}

Array arrayOf(const float *numbers, std::size_t count)
{
    Array array;
    array.info.type = Samples::Type::Float32;
    array.samples = Samples(Samples::Type::Float32, count);
    std::memcpy(array.samples.bytes(), numbers, count * sizeof(float));
    return array;
}

void write(Array array, const QString &title, const QString &quantity, const QString &file,
           const Progress &progress)
{
    array.info.title = title;
    array.info.quantity = quantity;
    DescribedArray recording{std::move(array), {}};
    recording.metadata.put(Metadata::Field::Title, title);
    recording.metadata.put(Metadata::Field::Software, QStringLiteral("Helmscope"));
    // The dialog asked before it let an old file be replaced.
    writeRecording(file, writerOf(QFileInfo(file).suffix().toLower()), recording, true, progress);
}

} // namespace

void writeMap(const Map &map, double pixelSizeNm, const QString &title, const QString &unit,
              const QString &file, const Progress &progress)
{
    if (map.size() == 0)
        fail(Tr::tr("There are no numbers to write to %1: the view is empty.").arg(file));
    const bool isCalibrated = pixelSizeNm > 0;
    const double scale = isCalibrated ? pixelSizeNm : 1;
    const QString nm = isCalibrated ? QStringLiteral("nm") : QString();
    Array array = arrayOf(map.data(), std::size_t(map.size()));
    array.info.axes = {axisOf(QStringLiteral("y"), map.rows(), scale, nm),
                       axisOf(QStringLiteral("x"), map.cols(), scale, nm)};
    write(std::move(array), title,
          unit.isEmpty() ? title : QStringLiteral("%1 (%2)").arg(title, unit), file, progress);
}

Exportable exportable(const MapView *view, const QString &name)
{
    Exportable what;
    what.name = name;
    what.size = view->size();
    what.paint = [view](QPainter &painter) { view->paintFigure(painter); };
    if (const std::shared_ptr<const Map> map = view->sharedMap())
        what.writeNumbers = [map, name, size = view->pixelSizeNm() / view->imageRatio(),
                             unit = view->unit()](const QString &file, const Progress &progress) {
            writeMap(*map, size, name, unit, file, progress);
        };
    return what;
}

Exportable exportable(const SpectrumView *view)
{
    Exportable what;
    what.name = QStringLiteral("spectrum");
    what.size = view->size();
    what.paint = [view](QPainter &painter) { view->paintFigure(painter); };
    const std::vector<SpectrumView::NamedCurve> curves = view->curves();
    if (curves.empty())
        return what;
    what.writeNumbers = [curves](const QString &file, const Progress &progress) {
        const EnergyAxis &energies = curves.front().energies;
        Map numbers(Eigen::Index(curves.size()), energies.channels());
        QStringList names;
        for (std::size_t i = 0; i < curves.size(); ++i) {
            numbers.row(Eigen::Index(i)) = curves[i].values.transpose().array();
            names << curves[i].name;
        }
        // Turned: a row of the table is an energy, and a column a curve.
        const bool isTable = QFileInfo(file).suffix().toLower() == QLatin1String("csv");
        const Map turned = isTable ? Map(numbers.transpose()) : numbers;
        Array array = arrayOf(turned.data(), std::size_t(turned.size()));
        Axis energy;
        energy.name = energies.name;
        energy.unit = energies.unit;
        energy.size = energies.channels();
        energy.values = energies.values;
        energy.isCalibrated = true;
        Axis curve = axisOf(names.join(QStringLiteral("; ")), std::int64_t(curves.size()), 1, {});
        curve.offset = 1; // counted as they are named
        curve.isNavigation = true;
        array.info.axes = isTable ? QList<Axis>{energy, curve} : QList<Axis>{curve, energy};
        write(std::move(array), names.join(QStringLiteral("; ")), Tr::tr("Counts"), file, progress);
    };
    return what;
}

std::shared_ptr<const PaintRecord> recordOf(const Exportable &what)
{
    auto record = std::make_shared<PaintRecord>(what.size);
    QPainter painter(record.get());
    what.paint(painter);
    return record;
}

QString exportNameFilter(const Exportable &what)
{
    const QString figures = Tr::tr("Figures (*.png *.svg *.pdf)");
    return what.writeNumbers ? figures + QStringLiteral(";;") + Tr::tr("Numbers (*.csv *.hspy)")
                             : figures;
}

bool isFigureName(const QString &file)
{
    static const QStringList suffixes{"png", "svg", "pdf"};
    return suffixes.contains(QFileInfo(file).suffix().toLower());
}

bool isNumbersName(const QString &file)
{
    static const QStringList suffixes{"csv", "hspy"};
    return suffixes.contains(QFileInfo(file).suffix().toLower());
}

} // namespace helmscope
