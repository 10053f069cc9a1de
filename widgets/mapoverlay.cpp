// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapoverlay.h"

#include "widgets/clipped.h"
#include "widgets/theme.h"

#include <QPainter>
#include <QPainterPath>
#include <QPixmap>
#include <QPixmapCache>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

const QColor halo(0, 0, 0, 170);
const QColor ink(255, 255, 255);
constexpr double tileSide = 8;

QPointF centreOf(Pixel p, const QTransform &toView)
{
    return toView.map(QPointF(p.col + 0.5, p.row + 0.5));
}

/// Drawn twice: wide and dark, then thin and light.
void stroke(QPainter &painter, const QPainterPath &path, double width, const QColor &colour = ink)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(halo, width + 2.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
    painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

QPainterPath circle(const QPointF &centre, double radius)
{
    QPainterPath path;
    path.addEllipse(centre, radius, radius);
    return path;
}

QPainterPath cross(const QPointF &centre, double radius)
{
    QPainterPath path;
    for (double side : {-radius, radius}) {
        path.moveTo(centre - QPointF(radius, side));
        path.lineTo(centre + QPointF(radius, side));
    }
    return path;
}

QPainterPath diamond(const QPointF &centre, double radius)
{
    QPainterPath path(centre + QPointF(0, -radius));
    for (QPointF corner : {QPointF(radius, 0), QPointF(0, radius), QPointF(-radius, 0)})
        path.lineTo(centre + corner);
    path.closeSubpath();
    return path;
}

/// The mark of a measured pixel, by why it was: a hollow disc for the initial ones, a full one
/// where the model chose, a diamond where the operator did; larger and hollow where nobody
/// measured and something stands in.
void drawDot(QPainter &painter, const QPointF &centre, Reason reason, bool isStandIn,
             const QColor &colour)
{
    if (isStandIn) {
        stroke(painter, reason == Reason::Queued ? diamond(centre, 4.2) : circle(centre, 3.6), 1.2,
               colour);
    } else if (reason == Reason::Initial) {
        stroke(painter, circle(centre, 2.2), 1.2, colour);
    } else {
        const QPainterPath shape =
            reason == Reason::Queued ? diamond(centre, 3.4) : circle(centre, 2.4);
        stroke(painter, shape, 0.6, colour);
        painter.fillPath(shape, colour);
    }
}

/// The same, drawn once: a path may have thousands.
QPixmap dot(Reason reason, bool isStandIn, const QColor &colour, double ratio)
{
    constexpr double side = 12;
    QPixmap pixmap((QSizeF(side, side) * ratio).toSize());
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    drawDot(painter, QPointF(side / 2, side / 2), reason, isStandIn, colour);
    return pixmap;
}

/// Runs of pixels of a mask filled, without an edge: a place of the image, not an order.
void fillMask(QPainter &painter, const Mask &mask, const QTransform &toView, const QBrush &brush)
{
    if (mask.size() == 0)
        return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    const Clipped inside(painter);
    for (Eigen::Index row = 0; row < mask.rows(); ++row)
        for (Eigen::Index col = 0, end = 0; col < mask.cols(); col = end + 1) {
            end = col;
            while (end < mask.cols() && mask(row, end))
                ++end;
            if (end > col)
                painter.fillRect(inside(QRectF(toView.map(QPointF(double(col), double(row))),
                                               toView.map(QPointF(double(end), double(row + 1))))),
                                 brush);
        }
    painter.restore();
}

/// One tile: regions are filled with it, so that it goes on from one run of pixels to the next.
QPixmap tileOf(double ratio, const QColor &under, const QList<QLineF> &lines)
{
    QPixmap tile((QSizeF(tileSide, tileSide) * ratio).toSize());
    tile.setDevicePixelRatio(ratio);
    tile.fill(under);
    QPainter painter(&tile);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(QColor(255, 255, 255, 200), 1.2));
    painter.drawLines(lines);
    return tile;
}

/// Hatched.
QPixmap forbiddenTile(double ratio)
{
    QList<QLineF> lines;
    for (double offset : {-tileSide, 0., tileSide})
        lines << QLineF(offset, tileSide, offset + tileSide, 0);
    return tileOf(ratio, QColor(0, 0, 0, 110), lines);
}

/// Strewn with +.
QPixmap preferredTile(double ratio)
{
    return tileOf(ratio, QColor(120, 220, 160, 40), {{2, 4, 6, 4}, {4, 2, 4, 6}});
}

void drawRegion(QPainter &painter, const Mask &mask, const QTransform &toView, const QPixmap &tile)
{
    if (!mask.any())
        return;
    const QBrush brush(tile);
    const auto corner = [&toView](Eigen::Index row, Eigen::Index col) {
        return toView.map(QPointF(double(col), double(row)));
    };
    const auto isSet = [&mask](Eigen::Index row, Eigen::Index col) {
        return row >= 0 && col >= 0 && row < mask.rows() && col < mask.cols() && mask(row, col);
    };
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    const Clipped inside(painter);
    QList<QLineF> edges;
    for (Eigen::Index row = 0; row <= mask.rows(); ++row)
        for (Eigen::Index col = 0, end = 0; col <= mask.cols(); col = std::max(end, col + 1)) {
            end = col;
            while (isSet(row, end))
                ++end;
            if (end > col) {
                painter.fillRect(inside(QRectF(corner(row, col), corner(row + 1, end))), brush);
                edges << QLineF(corner(row, col), corner(row + 1, col))
                      << QLineF(corner(row, end), corner(row + 1, end));
            }
        }
    // Horizontal edges: where a pixel and the one above it differ.
    for (Eigen::Index row = 0; row <= mask.rows(); ++row)
        for (Eigen::Index col = 0; col < mask.cols(); ++col) {
            const Eigen::Index first = col;
            while (col < mask.cols() && isSet(row, col) != isSet(row - 1, col))
                ++col;
            if (col > first)
                edges << QLineF(corner(row, first), corner(row, col));
        }
    edges = inside(edges);
    painter.setPen(QPen(halo, 3));
    painter.drawLines(edges);
    painter.setPen(QPen(ink, 1));
    painter.drawLines(edges);
    painter.restore();
}

/// Words beside marks, each put where it covers none of the words before; where there is no such
/// place it is left out, unless it must be there: two numbers on each other are none.
class Labels
{
public:
    explicit Labels(QPainter &painter)
        : m_painter(painter)
        , m_font(textFont(TextSize::Small))
        , m_metrics(m_font)
        , m_area(painter.clipBoundingRect())
    {
        m_font.setWeight(QFont::DemiBold);
        m_metrics = QFontMetricsF(m_font);
    }

    void add(const QPointF &centre, double radius, const QString &text, bool isNeeded = true)
    {
        const QSizeF size(m_metrics.horizontalAdvance(text), m_metrics.ascent());
        const double x = radius + 2, y = radius;
        const std::array<QPointF, 4> corners{QPointF(x, -y - size.height()),
                                             QPointF(-x - size.width(), -y - size.height()),
                                             QPointF(x, y - 2), QPointF(-x - size.width(), y - 2)};
        QRectF place(centre + corners[0], size);
        bool isFree = false;
        for (const QPointF &corner : corners) {
            const QRectF tried(centre + corner, size);
            const bool isInside = m_area.isEmpty() || m_area.contains(tried);
            if (isInside && std::none_of(m_taken.begin(), m_taken.end(), [&tried](const QRectF &r) {
                    return r.intersects(tried);
                })) {
                place = tried;
                isFree = true;
                break;
            }
        }
        if (!isFree && !isNeeded)
            return;
        m_taken << place.adjusted(-1, -1, 1, 1);
        if (isFigure(m_painter)) {
            draw(m_painter, place.bottomLeft(), text);
            return;
        }
        const double ratio = m_painter.device()->devicePixelRatioF();
        const QPointF corner = (place.topLeft() - QPointF(margin, margin)) * ratio;
        m_painter.drawPixmap(QPointF(corner.toPoint()) / ratio, pictureOf(text, size, ratio));
    }

private:
    static constexpr double margin = 2; ///< for the halo

    void draw(QPainter &painter, const QPointF &baseline, const QString &text) const
    {
        QPainterPath words;
        words.addText(baseline, m_font, text);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(0, 0, 0, 210), 3, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPath(words);
        painter.fillPath(words, ink);
    }
    /// Kept: outlines of letters and their halo cost more than the map, and ten numbers stay for
    /// ten steps in four maps.
    QPixmap pictureOf(const QString &text, const QSizeF &size, double ratio) const
    {
        const QString key =
            QStringLiteral("helmscope label %1 %2 %3").arg(text, m_font.key()).arg(ratio);
        QPixmap picture;
        if (QPixmapCache::find(key, &picture))
            return picture;
        const QSizeF whole(size.width() + 2 * margin,
                           size.height() + m_metrics.descent() + 2 * margin);
        picture = QPixmap((whole * ratio).toSize() + QSize(1, 1));
        picture.setDevicePixelRatio(ratio);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        draw(painter, QPointF(margin, margin + size.height()), text);
        painter.end();
        QPixmapCache::insert(key, picture);
        return picture;
    }

    QPainter &m_painter;
    QFont m_font;
    QFontMetricsF m_metrics;
    QRectF m_area;
    QList<QRectF> m_taken;
};

/// The dots of a path: each kind is painted once.
class Dots
{
public:
    Dots(double ratio, const QColor &colour)
        : m_ratio(ratio)
        , m_colour(colour)
    {
    }

    void draw(QPainter &painter, const PathPoint &point, const QPointF &at, bool isCommon)
    {
        if (isFigure(painter))
            return drawDot(painter, at, point.reason, point.isStandIn,
                           isCommon ? shared : m_colour);
        QPixmap &pixmap =
            m_pixmaps[std::size_t(point.reason)][point.isStandIn ? 1 : 0][isCommon ? 1 : 0];
        if (pixmap.isNull())
            pixmap = dot(point.reason, point.isStandIn, isCommon ? shared : m_colour, m_ratio);
        const QSizeF half = pixmap.deviceIndependentSize() / 2;
        painter.drawPixmap(at - QPointF(half.width(), half.height()), pixmap);
    }

    inline static const QColor shared{168, 168, 168};

private:
    double m_ratio;
    QColor m_colour;
    std::array<std::array<std::array<QPixmap, 2>, 2>, 3> m_pixmaps;
};

void drawPath(QPainter &painter, const MapOverlay &overlay, const QTransform &toView)
{
    const std::vector<PathPoint> &path = overlay.path;
    const QColor colour = overlay.pathColour.isValid() ? overlay.pathColour : ink;
    QList<QPointF> points;
    points.reserve(qsizetype(path.size()));
    for (const PathPoint &point : path)
        points << centreOf(point.pixel, toView);

    // The initial points are visited in no order that means anything. Of the rest, what is long ago
    // is a faint thread: a thousand lines would hide the map.
    constexpr qsizetype bright = 10, faint = 150;
    qsizetype first = 0;
    while (first < points.size() && path[std::size_t(first)].reason == Reason::Initial)
        ++first;
    first = std::max<qsizetype>(0, first - 1);
    const qsizetype size = points.size();
    const Clipped inside(painter);
    QList<QLineF> lines;
    // Line by line, and cosmetic: a polyline's self-crossings cost a hundred times as much.
    const qsizetype begin = std::max(first, size - faint);
    for (qsizetype i = begin; i + 1 < size; ++i)
        lines << QLineF(points[i], points[i + 1]);
    // A line belongs to the point it leads to.
    const qsizetype common =
        std::clamp<qsizetype>(overlay.commonPoints - 1 - begin, 0, lines.size());
    const qsizetype old = std::max<qsizetype>(common, lines.size() - bright);
    const auto draw = [&](const QColor &with, double width, qsizetype from, qsizetype to) {
        QPen pen(with, width);
        pen.setCosmetic(width <= 1);
        painter.setPen(pen);
        painter.drawLines(inside(lines.mid(from, to - from)));
    };
    const auto withAlpha = [](QColor of, int alpha) {
        of.setAlpha(alpha);
        return of;
    };
    draw(withAlpha(Dots::shared, 110), 1, 0, common);
    draw(withAlpha(colour, overlay.pathColour.isValid() ? 190 : 75), 1, common, old);
    draw(halo, 3, old, lines.size());
    draw(withAlpha(colour, 220), 1.2, old, lines.size());

    Dots dots(painter.device()->devicePixelRatioF(), colour);
    for (qsizetype i = 0; i < size; ++i)
        if (inside(points[i]))
            dots.draw(painter, path[std::size_t(i)], points[i], i < overlay.commonPoints);
}

} // namespace

void hatchMissing(QPainter &painter, const QRectF &area, const QColor &colour)
{
    constexpr double distance = 7;
    painter.save();
    painter.setClipRect(area, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1));
    QList<QLineF> lines;
    for (double x = area.left() - area.height(); x < area.right(); x += distance)
        lines << QLineF(x, area.top(), x + area.height(), area.bottom());
    painter.drawLines(lines);
    painter.restore();
}

void drawOverlay(QPainter &painter, const MapOverlay &overlay, const QTransform &toView,
                 int selectedStep)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    fillMask(painter, overlay.blank, toView, QBrush(QColor(90, 170, 255, 170), Qt::Dense6Pattern));
    fillMask(painter, overlay.harmed, toView, QColor(255, 90, 60, 120));
    const double ratio = painter.device()->devicePixelRatioF();
    drawRegion(painter, overlay.preferred, toView, preferredTile(ratio));
    drawRegion(painter, overlay.forbidden, toView, forbiddenTile(ratio));
    if (!overlay.path.empty())
        drawPath(painter, overlay, toView);
    const Clipped inside(painter);
    for (Pixel pixel : overlay.vetoed)
        if (const QPointF centre = centreOf(pixel, toView); inside(centre))
            stroke(painter, cross(centre, 4.5), 1.8);
    for (const PinnedPixel &pinned : overlay.pinned) {
        const QPointF centre = centreOf(pinned.pixel, toView);
        if (!inside(centre))
            continue;
        QPainterPath frame;
        frame.addRect(QRectF(centre - QPointF(6, 6), QSizeF(12, 12)));
        stroke(painter, frame, 2, pinned.colour);
    }

    Labels labels(painter);
    if (overlay.next && inside(centreOf(*overlay.next, toView))) {
        const QPointF centre = centreOf(*overlay.next, toView);
        stroke(painter, circle(centre, 9), 1.6);
        stroke(painter, circle(centre, 4), 1.6);
    }
    if (!overlay.path.empty()) {
        if (const QPointF newest = centreOf(overlay.path.back().pixel, toView); inside(newest))
            stroke(painter, circle(newest, 7.5), 1.8,
                   overlay.pathColour.isValid() ? overlay.pathColour : ink);
        // The newest first: it has the best place.
        const std::size_t last = overlay.path.size();
        for (std::size_t i = last; i > (last > 10 ? last - 10 : 0); --i) {
            const PathPoint &point = overlay.path[i - 1];
            if (const QPointF centre = centreOf(point.pixel, toView); inside(centre))
                labels.add(centre, i == last ? 7.5 : 3, QString::number(point.number), i == last);
        }
        const auto selected = std::find_if(
            overlay.path.begin(), overlay.path.end(),
            [selectedStep](const PathPoint &point) { return point.number == selectedStep; });
        if (selectedStep > 0 && selected != overlay.path.end() &&
            inside(centreOf(selected->pixel, toView))) {
            const QPointF centre = centreOf(selected->pixel, toView);
            QPainterPath frame;
            frame.addRect(QRectF(centre - QPointF(10, 10), QSizeF(20, 20)));
            stroke(painter, frame, 2.2);
            if (std::size_t(selected - overlay.path.begin()) + 10 < last)
                labels.add(centre, 10, QString::number(selectedStep));
        }
    }
    int place = 0;
    for (Pixel pixel : overlay.queued) {
        const QPointF centre = centreOf(pixel, toView);
        ++place;
        if (!inside(centre))
            continue;
        stroke(painter, diamond(centre, 6), 1.6);
        labels.add(centre, 6, QStringLiteral("→") + QString::number(place));
    }
    painter.restore();
}

} // namespace helmscope
