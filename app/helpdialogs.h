// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAction>
#include <QList>

#include <functional>

class QWidget;

namespace helmscope {

// None of these is modal: the run and ABORT stay within reach.
enum class HelpPage { Steering, Runs, Lineage, Instruments, Federation };
void showHelp(QWidget *parent, HelpPage page);
/// Asks where to, and saves the Python bridge for a microscope; `tell` says how it went.
void saveBridge(QWidget *parent, const std::function<void(const QString &)> &tell);
void showShortcuts(QWidget *parent, const QList<QAction *> &actions);
void showAbout(QWidget *parent);

} // namespace helmscope
