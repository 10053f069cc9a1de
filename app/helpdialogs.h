// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAction>
#include <QList>

class QWidget;

namespace helmscope {

// None of these is modal: the run and ABORT stay within reach.
enum class HelpPage { Steering, Runs, Lineage };
void showHelp(QWidget *parent, HelpPage page);
void showShortcuts(QWidget *parent, const QList<QAction *> &actions);
void showAbout(QWidget *parent);

} // namespace helmscope
