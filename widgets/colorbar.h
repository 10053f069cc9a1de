// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/colormap.h"
#include "widgets/theme.h"

class QPainter;

namespace helmscope {

/// What a colour bar shows.
struct ColorBar
{
    Colormap colormap = Colormap::Gray;
    ColorLimits limits;
    Tone tone;
    QString unit;
    bool isRed = false; ///< in lightness of red, see redlight.h
};

/// Width a colour bar takes, for any limits: the map beside it does not move when they change.
double colorBarWidth();

/// From bottom (low) to top (high), ticks to its right, the unit over it.
void drawColorBar(QPainter &painter, const QRectF &area, const ColorBar &bar, const Theme &theme);

} // namespace helmscope
