// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QImage>
#include <QString>

namespace helmscope {

class PaintRecord;

/// Writes what was recorded, on white, as SVG, PDF or PNG (twice as fine), by the file's suffix.
/// Blocks: for a job. Throws Error for another suffix, when the file cannot be written, and when it
/// was stopped; the file is whole or as it was before.
void saveFigure(const QString &file, const PaintRecord &figure, const Progress &progress);
/// Throws Error unless saveFigure() knows the suffix.
void requireFigureName(const QString &file);
/// "Figures (*.svg *.pdf *.png)", for a file dialog.
QString figureNameFilter();

/// In pixels, twice as fine as it was recorded. Throws Error when it was stopped.
QImage pixelsOf(const PaintRecord &figure, const QColor &background, const Progress &progress);

} // namespace helmscope
