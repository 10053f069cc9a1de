// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/sweep.h"

#include <QPixmap>
#include <QWidget>

namespace helmscope {

/// Parallel coordinates (Inselberg 1985): an axis each parameter and metric, a line each execution,
/// coloured by one of the axes.
///
/// Dragging along an axis keeps the lines that pass there, a click on the axis keeps all again; a
/// click on an axis' name colours by it. Arrow keys choose the axis that Space colours by, Esc
/// keeps all. Setters emit nothing.
class ParallelView final : public QWidget
{
    Q_OBJECT
public:
    explicit ParallelView(QWidget *parent = nullptr);

    /// Colours by the last metric, or the last axis; no line is left out.
    void setSweep(Sweep sweep);
    const Sweep &sweep() const { return m_sweep; }

    /// Keeps lines with low <= value <= high; those without a value there go.
    void setBrush(int axis, double low, double high);
    void clearBrush(int axis);
    void clearBrushes();
    bool hasBrushes() const;
    std::vector<int> kept() const; ///< nodes that pass all brushes

    void setColourAxis(int axis);
    int colourAxis() const { return m_colour; }
    void setSelectedNode(int node); ///< drawn thick; -1: none
    /// Where a value lies, in the widget; for tests.
    QPointF positionOf(int axis, double value) const;

    QSize sizeHint() const override { return {720, 220}; }
    QSize minimumSizeHint() const override { return {200, 120}; }

signals:
    void brushed();                  ///< kept() is another
    void colourAxisChosen(int axis); ///< by hand
    void nodeSelected(int node);     ///< its line was clicked

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Range
    {
        double low = 0, high = 1; ///< of the axis, or of its brush
        bool isBrushed = false;
        double brushLow = 0, brushHigh = 0;
    };
    QRectF plotArea() const;
    double xOf(int axis) const;
    int axisAt(const QPointF &position) const; ///< -1: none near
    double valueAt(int axis, double y) const;
    bool passes(std::size_t row) const;
    QColor colourOf(std::size_t row) const;
    void drawLines(QPainter &painter) const;
    void drawAxes(QPainter &painter) const;
    int lineAt(const QPointF &position) const; ///< row; -1: none near
    void renew();                              ///< lines are to be painted anew

    Sweep m_sweep;
    std::vector<Range> m_ranges;
    int m_colour = -1, m_current = 0, m_selected = -1;
    int m_dragged = -1;
    QPointF m_pressedAt;
    QPixmap m_lines;
};

} // namespace helmscope
