// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/live/embedding.h"
#include "widgets/colormap.h"

#include <QImage>
#include <QWidget>

#include <optional>

namespace helmscope {

/// All patches of an image as points, those that look alike side by side, coloured by a map and
/// with the path of a run between them. One cursor and one pinned pixel with the maps.
class EmbeddingView final : public QWidget
{
    Q_OBJECT
public:
    explicit EmbeddingView(QWidget *parent = nullptr);

    void setEmbedding(std::shared_ptr<const Embedding> embedding); ///< null: none
    const std::shared_ptr<const Embedding> &embedding() const { return m_embedding; }
    /// What each point is coloured by: [rows, cols] of the grid. Null: all alike.
    void setColors(std::shared_ptr<const Map> map, Colormap colormap, const ColorLimits &limits);
    void setPath(std::vector<Pixel> path); ///< in order; the last one is ringed
    void setNext(std::optional<Pixel> next);
    /// Shown over the others; empty: none is.
    void setHighlighted(std::vector<Pixel> pixels);
    void setCursorPixel(std::optional<Pixel> pixel);
    void setPinnedPixel(std::optional<Pixel> pixel);
    std::optional<Pixel> cursorPixel() const { return m_cursor; }
    std::optional<Pixel> pinnedPixel() const { return m_pinned; }
    void setPlaceholder(const QString &sentence);

    /// Where a pixel's patch lies in the widget; nothing where it has none.
    std::optional<QPointF> placeOf(Pixel pixel) const;
    /// The nearest one within 14 screen pixels.
    std::optional<Pixel> pixelAt(const QPointF &position) const;

    QSize sizeHint() const override { return {320, 260}; }
    QSize minimumSizeHint() const override { return {140, 120}; }

signals:
    void cursorMoved(helmscope::Pixel pixel);
    void pinChanged(std::optional<helmscope::Pixel> pixel);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void renewPoints();
    void drawPoints();
    void drawPath(QPainter &painter) const;
    void moveCursor(Pixel pixel);

    std::shared_ptr<const Embedding> m_embedding;
    std::shared_ptr<const Map> m_map;
    Colormap m_colormap = Colormap::Viridis;
    ColorLimits m_limits;
    std::vector<Pixel> m_path, m_highlighted;
    std::optional<Pixel> m_next, m_cursor, m_pinned;
    QString m_placeholder;
    std::vector<QPointF> m_points; ///< of each row, in the widget
    QImage m_picture;              ///< of the points; null: to be drawn
};

} // namespace helmscope
