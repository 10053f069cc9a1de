// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/sweep.h"

#include <QSet>
#include <QWidget>

class QComboBox;
class QMenu;
class QToolButton;

namespace helmscope {

class ParallelView;
class SketchView;

/// Executions held against each other by their numbers: parallel coordinates to brush, and beside
/// them one number over the executions in the order in which they were made.
class SweepPage final : public QWidget
{
    Q_OBJECT
public:
    explicit SweepPage(QWidget *parent = nullptr);

    /// Nothing is brushed then. Of many axes those are shown that tell most; the others can be
    /// ticked.
    void setSweep(Sweep sweep);
    void setSelectedNode(int node);
    ParallelView *parallel() const { return m_parallel; }
    SketchView *curve() const { return m_curve; }
    QComboBox *colourBox() const { return m_colour; }
    QComboBox *curveBox() const { return m_number; }

signals:
    void brushed(); ///< parallel()->kept() is another
    void nodeSelected(int node);

private:
    void showCurve();
    void showAxes(); ///< those that are ticked
    void fillMenu();

    ParallelView *m_parallel = nullptr;
    SketchView *m_curve = nullptr;
    Sweep m_sweep; ///< with all axes
    QSet<QString> m_shown;
    QMenu *m_axes = nullptr;
    QComboBox *m_colour = nullptr, *m_number = nullptr;
    QToolButton *m_all = nullptr;
};

} // namespace helmscope
