// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/windowstyle.h"

namespace helmscope {

QString windowStyle(const Theme &theme)
{
    return QStringLiteral(
               "#abort { background: %1; color: %2; font-weight: bold; padding: 6px 20px;"
               "  border: 2px solid %1; border-radius: 4px; }"
               "#abort:disabled { background: transparent; color: %3; }"
               "#abort:focus, #abort:hover:enabled { border-color: %2; }"
               "#banner, #proposal { background: %4; border: none; border-left: 4px solid %5; }"
               "#quiet { color: %3; }"
               // Fusion draws the box in the colour of a dark window: nobody would see it.
               "QCheckBox::indicator, QTreeView::indicator, QListView::indicator,"
               "QTableView::indicator { width: 13px; height: 13px; border: 1px solid %3;"
               "  border-radius: 2px; background: %6; }"
               "QRadioButton::indicator { width: 11px; height: 11px; border: 1px solid %3;"
               "  border-radius: 6px; background: %6; }"
               "QRadioButton::indicator:disabled { border-color: %7; }"
               "QRadioButton::indicator:checked { border: 4px solid %5; width: 5px;"
               "  height: 5px; }"
               "QCheckBox::indicator:disabled, QTreeView::indicator:disabled { border-color: %7; }"
               "QTreeView::indicator:indeterminate, QCheckBox::indicator:indeterminate {"
               "  background: %3; }"
               "QCheckBox::indicator:checked, QTreeView::indicator:checked,"
               "QListView::indicator:checked, QTableView::indicator:checked { background: %5;"
               "  image: url(:/widgets/icons/%8.svg); }")
        .arg(theme.danger.name(), theme.onDanger.name(), theme.quietText.name(),
             theme.raised.name(), theme.accent.name(), theme.panel.name(), theme.border.name(),
             // Qt puts no colour into it.
             theme.onAccent.lightness() > 128 ? QStringLiteral("tick-light")
                                              : QStringLiteral("tick-dark"));
}

} // namespace helmscope
