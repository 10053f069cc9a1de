// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/comparison.h"

namespace helmscope {

/// The curves of a comparison over steps as a figure to print: SVG 1.1, 1000 wide, a panel a curve
/// (those of `keys`, or all there are), bands where a group has several runs, one legend. Colours
/// of Okabe and Ito, which the colour-blind tell apart, and dashes besides. Throws Error when there
/// is nothing to draw.
QByteArray toSvg(const Comparison &comparison, const QStringList &keys = {});

} // namespace helmscope
