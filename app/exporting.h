// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/map.h"

#include <QSize>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

class QPainter;

namespace helmscope {

class MapView;
class PaintRecord;
class SpectrumView;

/// The numbers behind a view, to be written on a worker.
using WriteNumbers = std::function<void(const QString &file, const Progress &progress)>;

/// What of a view can be saved: its picture, and its numbers (empty: it has none).
struct Exportable
{
    QString name;                          ///< a file's, without suffix
    QSize size;                            ///< of the picture, screen pixels
    std::function<void(QPainter &)> paint; ///< on the window's thread
    WriteNumbers writeNumbers;             ///< as CSV or HyperSpy's HDF5, by the file's suffix
};
Exportable exportable(const MapView *view, const QString &name);
Exportable exportable(const SpectrumView *view);
/// Its picture as it is now, for a job to make pixels or a file of.
std::shared_ptr<const PaintRecord> recordOf(const Exportable &what);

/// "Figures (*.png *.svg *.pdf);;Numbers (*.csv *.hspy)" without what there is not.
QString exportNameFilter(const Exportable &what);
bool isFigureName(const QString &file); ///< by its suffix
bool isNumbersName(const QString &file);

/// A map with its calibration: axes in nm, from the grid's upper left corner; in pixels where their
/// size is unknown (0). Throws Error when the file cannot be written or has another suffix.
void writeMap(const Map &map, double pixelSizeNm, const QString &title, const QString &unit,
              const QString &file, const Progress &progress);

} // namespace helmscope
