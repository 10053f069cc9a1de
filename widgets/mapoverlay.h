// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/operator.h"

#include <QColor>
#include <QTransform>

#include <optional>
#include <vector>

class QPainter;

namespace helmscope {

/// One measured pixel of the path.
struct PathPoint
{
    Pixel pixel;
    int number = 0; ///< of its step
    Reason reason = Reason::Initial;
    bool isStandIn = false; ///< nobody measured here: another pixel's answer, or a prediction
    bool operator==(const PathPoint &) const = default;
};

/// A pixel kept by the operator, in the colour of its spectrum.
struct PinnedPixel
{
    Pixel pixel;
    QColor colour;
    bool operator==(const PinnedPixel &) const = default;
};

/// What is drawn over a map: where the probe was, goes next, and may not go.
struct MapOverlay
{
    std::vector<PathPoint>
        path; ///< in the order of measuring; the last is ringed, the last ten numbered
    std::optional<Pixel> next; ///< ◎
    std::vector<Pixel> queued; ///< the operator's wishes, in order, with their place in the queue
    std::vector<Pixel> vetoed; ///< ×
    std::vector<PinnedPixel> pinned;
    Mask harmed;          ///< saturated or charged: tinted; [rows, cols] of the grid, or empty
    Mask blank;           ///< nothing to be seen there: dotted, likewise
    Mask forbidden;       ///< hatched; [rows, cols] of the grid, or empty
    Mask preferred;       ///< strewn with +, likewise
    QColor pathColour;    ///< of lines and dots; invalid: white
    int commonPoints = 0; ///< so many of the path are shared with another run: thin and gray
};

/// Draws it. `toView` takes grid coordinates (x = column, y = row, the centre of pixel (r, c) at
/// (c + ½, r + ½)) to the painter's. Everything has a dark halo, so that it shows on any colour
/// map.
/// `selectedStep`: number of the point framed besides; 0: none.
void drawOverlay(QPainter &painter, const MapOverlay &overlay, const QTransform &toView,
                 int selectedStep = 0);

/// The lines that fill what is not known: to be drawn under a map that is transparent there.
void hatchMissing(QPainter &painter, const QRectF &area, const QColor &colour);

} // namespace helmscope
