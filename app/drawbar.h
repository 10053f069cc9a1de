// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/graphics.h"

#include <QHash>
#include <QToolBar>

class QActionGroup;

namespace helmscope {

/// The tools that draw onto the maps, and what the shapes are for.
class DrawBar final : public QToolBar
{
    Q_OBJECT
public:
    /// The graphics outlive it.
    explicit DrawBar(Graphics *graphics, QWidget *parent = nullptr);

    /// All of it, for a menu: tools, then purposes.
    QList<QAction *> tools() const;
    QList<QAction *> purposes() const;

private:
    void showTool();

    Graphics *m_graphics;
    QActionGroup *m_tools, *m_purposes;
};

} // namespace helmscope
