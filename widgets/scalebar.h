// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QRectF>
#include <QString>

class QPainter;

namespace helmscope {

/// A length to draw: 1, 2 or 5 times a power of ten.
struct ScaleBar
{
    double length = 0; ///< of the bar on the screen, in its pixels; 0: there is none to draw
    QString text;      ///< "20 nm", "500 pm", "10 px"
};

/// The round length nearest to a fifth to a quarter of `width` (screen pixels): at least 14 %, at
/// most 36 % of it. `zoom`: screen pixels per pixel. `nmPerPixel` 0: counted in px, and none where
/// that would be a part of one. Reciprocal: that many 1/nm a pixel instead.
ScaleBar scaleBar(double width, double zoom, double nmPerPixel, bool isReciprocal = false);

/// Lower left in `area`, white (or another light ink) with a dark halo.
void drawScaleBar(QPainter &painter, const QRectF &area, const ScaleBar &bar,
                  const QColor &ink = Qt::white);

} // namespace helmscope
