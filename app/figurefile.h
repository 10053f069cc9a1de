// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QString>

#include <functional>

class QPainter;

namespace helmscope {

/// Writes what `paint` draws, on white, as SVG, PDF or PNG (twice as fine), by the file's suffix.
/// Throws Error for another suffix, or when the file cannot be written.
void saveFigure(const QString &file, const QSize &size,
                const std::function<void(QPainter &)> &paint);
/// "Figures (*.svg *.pdf *.png)", for a file dialog.
QString figureNameFilter();

} // namespace helmscope
