// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/theme.h"

#include <functional>

class QFontMetrics;
class QLabel;
class QTableView;
class QWidget;

namespace helmscope {

/// Calls `fit` with the metrics of the program's letters, now and whenever they have changed: for
/// what is measured in letters. It may use `widget`; earlier ones are called first.
void fitToLetters(QWidget *widget, std::function<void(const QFontMetrics &)> fit);

/// The program's letters have changed: applyTheme() calls this.
void fitAllToLetters();

enum class Pitch {
    Usual,
    Fixed ///< all letters are as wide: for columns
};
/// The widget's letters, also after those of the program have changed.
void setTextSize(QWidget *widget, TextSize size, Pitch pitch = Pitch::Usual);

/// Room for these words, and `margin` more (pixels), whatever it says: nothing beside it moves.
void keepRoomFor(QLabel *label, const QString &widest, int margin = 0);

/// Rows as high as a line of the program's letters, and `margin` more (pixels).
void fitRowsToLetters(QTableView *view, int margin = 6);

} // namespace helmscope
