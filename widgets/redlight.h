// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/colormap.h"
#include "widgets/theme.h"

class QImage;

namespace helmscope {

/// Under the dim theme pictures are in red light as well: one white image undoes an hour of eyes
/// getting used to the dark. Only on the screen: figures keep their colours.
bool isRedLit(const Theme &theme);

/// The same lightness in red. Of a premultiplied colour too.
QRgb reddened(QRgb colour);
/// Of 32 bits a pixel. Marks are lighter than what they are on, and what is red of them already
/// stays as it is; of a map the order of values would change.
void redden(QImage &image, bool isOfMarks = false);

/// In red light lightness is all there is: a diverging map would lose its sign, and is gray.
Colormap inRedLight(Colormap colormap);

/// What marks on pictures are drawn in: white, or the lightest red.
QColor inkOn(const Theme &theme);

} // namespace helmscope
