// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/embeddingview.h"

#include "widgets/redlight.h"
#include "widgets/theme.h"

#include <QEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double margin = 14;
constexpr double reach = 14; ///< of the mouse, screen pixels

/// The middle 99.8 % fill the view; what lies further out is drawn on its edge.
std::pair<float, float> rangeOf(const Eigen::MatrixXf &places, int column)
{
    std::vector<float> values(std::size_t(places.rows()));
    Eigen::VectorXf::Map(values.data(), places.rows()) = places.col(column);
    const auto at = [&values](double fraction) {
        const auto nth =
            values.begin() + std::ptrdiff_t(fraction * double(values.size() - 1) + 0.5);
        std::nth_element(values.begin(), nth, values.end());
        return *nth;
    };
    const float low = at(0.001), high = at(0.999);
    return high > low ? std::pair(low, high) : std::pair(low - 1, low + 1);
}

} // namespace

EmbeddingView::EmbeddingView(QWidget *parent)
    : QWidget(parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::CrossCursor);
    setAccessibleName(tr("Patches by likeness"));
    setToolTip(tr("Each point is a patch of the image; those that look alike lie together. "
                  "Coloured by what the model expects there; the line is the path of the run, the "
                  "ring its newest step, the double ring the next. A click pins the pixel on the "
                  "maps; arrows go to the nearest point on that side."));
    setWhatsThis(toolTip());
}

void EmbeddingView::setEmbedding(std::shared_ptr<const Embedding> embedding)
{
    m_embedding = embedding && embedding->places.rows() > 1 && embedding->places.cols() > 1
                      ? std::move(embedding)
                      : nullptr;
    renewPoints();
}

void EmbeddingView::setColors(std::shared_ptr<const Map> map, Colormap colormap,
                              const ColorLimits &limits)
{
    if (m_map == map && m_colormap == colormap && m_limits == limits)
        return;
    m_map = std::move(map);
    m_colormap = colormap;
    m_limits = limits;
    m_picture = {};
    update();
}

void EmbeddingView::setPath(std::vector<Pixel> path)
{
    m_path = std::move(path);
    update();
}

void EmbeddingView::setNext(std::optional<Pixel> next)
{
    m_next = next;
    update();
}

void EmbeddingView::setHighlighted(std::vector<Pixel> pixels)
{
    if (m_highlighted == pixels)
        return;
    m_highlighted = std::move(pixels);
    m_picture = {};
    update();
}

void EmbeddingView::setCursorPixel(std::optional<Pixel> pixel)
{
    if (m_cursor == pixel)
        return;
    m_cursor = pixel;
    update();
}

void EmbeddingView::setPinnedPixel(std::optional<Pixel> pixel)
{
    if (m_pinned == pixel)
        return;
    m_pinned = pixel;
    update();
}

void EmbeddingView::setPlaceholder(const QString &sentence)
{
    m_placeholder = sentence;
    update();
}

void EmbeddingView::renewPoints()
{
    m_points.clear();
    m_picture = {};
    if (m_embedding) {
        const auto [left, right] = rangeOf(m_embedding->places, 0);
        const auto [low, high] = rangeOf(m_embedding->places, 1);
        const QRectF area = QRectF(rect()).adjusted(margin, margin, -margin, -margin);
        const auto count = std::size_t(m_embedding->places.rows());
        m_points.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            const float across = m_embedding->places(Eigen::Index(i), 0);
            const float up = m_embedding->places(Eigen::Index(i), 1);
            const double x = std::clamp((across - left) / (right - left), -0.02F, 1.02F);
            const double y = std::clamp((up - low) / (high - low), -0.02F, 1.02F);
            m_points.push_back({area.left() + x * area.width(), area.bottom() - y * area.height()});
        }
    }
    update();
}

std::optional<QPointF> EmbeddingView::placeOf(Pixel pixel) const
{
    const int row = m_embedding ? m_embedding->rowOf(pixel) : -1;
    return row >= 0 ? std::optional(m_points[std::size_t(row)]) : std::nullopt;
}

std::optional<Pixel> EmbeddingView::pixelAt(const QPointF &position) const
{
    double least = reach * reach;
    std::optional<Pixel> nearest;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF apart = m_points[i] - position;
        const double squared = QPointF::dotProduct(apart, apart);
        if (squared < least) {
            least = squared;
            nearest = m_embedding->pixels[i];
        }
    }
    return nearest;
}

/// Straight into a picture: tens of thousands of points in a millisecond.
void EmbeddingView::drawPoints()
{
    const Theme &theme = themeOf(palette());
    const double ratio = devicePixelRatioF();
    m_picture = QImage((QSizeF(size()) * ratio).toSize(), QImage::Format_RGB32);
    m_picture.setDevicePixelRatio(ratio);
    m_picture.fill(theme.plot);
    const int side = std::max(1, int(std::lround((m_points.size() > 20'000 ? 1.5 : 2.5) * ratio)));
    const auto put = [&](const QPointF &at, QRgb colour, int edge) {
        const int left = int(std::lround(at.x() * ratio)) - edge / 2;
        const int top = int(std::lround(at.y() * ratio)) - edge / 2;
        for (int y = std::max(0, top); y < std::min(m_picture.height(), top + edge); ++y) {
            auto *line = reinterpret_cast<QRgb *>(m_picture.scanLine(y));
            std::fill(line + std::clamp(left, 0, m_picture.width()),
                      line + std::clamp(left + edge, 0, m_picture.width()), colour);
        }
    };
    const bool isRed = isRedLit(theme);
    const TonedColors colors(isRed ? inRedLight(m_colormap) : m_colormap, m_limits);
    const QRgb unknown = theme.quietText.rgb();
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const Pixel pixel = m_embedding->pixels[i];
        const bool isKnown =
            m_map && contains(*m_map, pixel) && std::isfinite((*m_map)(pixel.row, pixel.col));
        const QRgb known = isKnown ? colors((*m_map)(pixel.row, pixel.col)) : 0;
        put(m_points[i], !isKnown ? unknown : isRed ? reddened(known) : known, side);
    }
    for (const Pixel &pixel : m_highlighted)
        if (const auto at = placeOf(pixel))
            put(*at, theme.accent.rgb(), side + std::max(1, side / 2));
}

void EmbeddingView::drawPath(QPainter &painter) const
{
    constexpr std::size_t bright = 10;
    const QColor ink = inkOn(themeOf(palette()));
    QColor thread = ink;
    std::optional<QPointF> last;
    for (std::size_t i = 0; i < m_path.size(); ++i) {
        const auto at = placeOf(m_path[i]);
        if (!at)
            continue;
        const bool isNew = i + bright >= m_path.size();
        if (last) {
            thread.setAlpha(isNew ? 200 : 45);
            painter.setPen(QPen(thread, isNew ? 1.2 : 0));
            painter.drawLine(*last, *at);
        }
        last = at;
    }
    painter.setPen(QPen(QColor(0, 0, 0, 170), 1));
    painter.setBrush(ink);
    for (const Pixel &pixel : m_path)
        if (const auto at = placeOf(pixel))
            painter.drawRect(QRectF(*at - QPointF(1.5, 1.5), QSizeF(3, 3)));
    painter.setBrush(Qt::NoBrush);
    const auto ring = [&painter, &ink](const QPointF &at, double radius) {
        painter.setPen(QPen(QColor(0, 0, 0, 170), 3.6));
        painter.drawEllipse(at, radius, radius);
        painter.setPen(QPen(ink, 1.6));
        painter.drawEllipse(at, radius, radius);
    };
    if (!m_path.empty())
        if (const auto at = placeOf(m_path.back()))
            ring(*at, 6.5);
    if (m_next)
        if (const auto at = placeOf(*m_next))
            for (const double radius : {4.0, 8.0})
                ring(*at, radius);
}

void EmbeddingView::paintEvent(QPaintEvent *)
{
    const Theme &theme = themeOf(palette());
    QPainter painter(this);
    if (m_points.empty()) {
        painter.fillRect(rect(), theme.panel);
        painter.setFont(textFont(TextSize::Small));
        painter.setPen(theme.quietText);
        painter.drawText(QRectF(rect()).adjusted(12, 8, -12, -8),
                         Qt::AlignCenter | Qt::TextWordWrap, m_placeholder);
        return;
    }
    if (m_picture.isNull())
        drawPoints();
    painter.drawImage(QPointF(0, 0), m_picture);
    painter.setRenderHint(QPainter::Antialiasing);
    drawPath(painter);
    const auto mark = [&](const std::optional<Pixel> &pixel, const QColor &colour, double half) {
        const auto at = pixel ? placeOf(*pixel) : std::nullopt;
        if (!at)
            return;
        const QRectF frame(*at - QPointF(half, half), QSizeF(2 * half, 2 * half));
        painter.setPen(QPen(QColor(0, 0, 0, 170), 3.4));
        painter.drawRect(frame);
        painter.setPen(QPen(colour, 1.6));
        painter.drawRect(frame);
    };
    mark(m_cursor, inkOn(theme), 5);
    mark(m_pinned, theme.accent, 7);
    if (hasFocus()) {
        painter.setPen(QPen(theme.accent, 1));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void EmbeddingView::resizeEvent(QResizeEvent *)
{
    renewPoints();
}

void EmbeddingView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_picture = {};
}

void EmbeddingView::moveCursor(Pixel pixel)
{
    if (m_cursor == pixel)
        return;
    setCursorPixel(pixel);
    setAccessibleDescription(tr("row %1, column %2").arg(pixel.row).arg(pixel.col));
    emit cursorMoved(pixel);
}

void EmbeddingView::mouseMoveEvent(QMouseEvent *event)
{
    if (const auto pixel = pixelAt(event->position()))
        moveCursor(*pixel);
}

void EmbeddingView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    const auto pixel = pixelAt(event->position());
    setPinnedPixel(pixel == m_pinned ? std::nullopt : pixel);
    emit pinChanged(m_pinned);
}

/// The nearest point within a quarter turn of the way the arrow shows.
void EmbeddingView::keyPressEvent(QKeyEvent *event)
{
    const int key = event->key();
    const QPointF way = key == Qt::Key_Left    ? QPointF(-1, 0)
                        : key == Qt::Key_Right ? QPointF(1, 0)
                        : key == Qt::Key_Up    ? QPointF(0, -1)
                        : key == Qt::Key_Down  ? QPointF(0, 1)
                                               : QPointF();
    if (m_points.empty())
        return QWidget::keyPressEvent(event);
    if (key == Qt::Key_Space && m_cursor) {
        setPinnedPixel(m_cursor == m_pinned ? std::nullopt : m_cursor);
        emit pinChanged(m_pinned);
        return;
    }
    if (way.isNull())
        return QWidget::keyPressEvent(event);
    const std::optional<QPointF> held = m_cursor ? placeOf(*m_cursor) : std::nullopt;
    const QPointF from = held.value_or(QRectF(rect()).center());
    const double step = event->modifiers() & Qt::ShiftModifier ? 40 : 4;
    double least = std::numeric_limits<double>::infinity();
    std::optional<Pixel> nearest;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF apart = m_points[i] - from;
        const double along = QPointF::dotProduct(apart, way);
        const double beside = std::abs(apart.x() * way.y()) + std::abs(apart.y() * way.x());
        const double squared = QPointF::dotProduct(apart, apart);
        if (along < step || beside > along || squared >= least)
            continue;
        least = squared;
        nearest = m_embedding->pixels[i];
    }
    if (nearest)
        moveCursor(*nearest);
}

} // namespace helmscope
