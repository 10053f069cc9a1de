// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>
#include <QString>
#include <QWidget>

#include <vector>

class QPainter;

namespace helmscope {

/// Curves over one axis, to be looked at: no zoom, no cursor.
struct Sketch
{
    struct Curve
    {
        QString name;
        std::vector<double> x, y; ///< as long as each other; what is not finite breaks the line
    };
    QString xName, yName; ///< units included
    std::vector<Curve> curves;
    bool isEmpty() const { return curves.empty(); }
};

/// Draws it into `area`: lines in the theme's series colours, decimated to the pixels there are;
/// `isBare` leaves out axes, ticks and names.
void drawSketch(QPainter &painter, const QRectF &area, const Sketch &sketch,
                const QPalette &palette, bool isBare);

/// A Sketch as a widget.
class SketchView final : public QWidget
{
    Q_OBJECT
public:
    explicit SketchView(QWidget *parent = nullptr);
    void setSketch(Sketch sketch);
    const Sketch &sketch() const { return m_sketch; }
    QSize sizeHint() const override { return {320, 200}; }
    QSize minimumSizeHint() const override { return {160, 100}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Sketch m_sketch;
};

} // namespace helmscope
