// SPDX-License-Identifier: GPL-3.0-or-later
// What the user does to a MapView.
#include "widgets/mapviewparts.h"

#include <QAccessible>
#include <QApplication>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double wheelFactor = 1.0015; ///< per eighth of a degree: 1.2 a notch
constexpr double keyFactor = 1.25;

} // namespace

void MapView::Parts::moveCursor(Pixel pixel)
{
    if (cursor == pixel)
        return;
    view->setCursorPixel(pixel);
    view->setAccessibleDescription(MapView::tr("row %1, column %2: %3")
                                       .arg(pixel.row)
                                       .arg(pixel.col)
                                       .arg(view->readOut(pixel)));
    QAccessibleValueChangeEvent changed(view, view->accessibleDescription());
    QAccessible::updateAccessibility(&changed);
    emit view->cursorMoved(pixel);
}

void MapView::Parts::click(Pixel pixel)
{
    moveCursor(pixel);
    view->setPinnedPixel(pinned == pixel ? std::nullopt : std::optional(pixel));
    emit view->pixelClicked(pixel);
    emit view->pinChanged(pinned);
}

void MapView::Parts::tellView()
{
    region = view->viewRect();
    emit view->viewChanged(region);
}

void MapView::Parts::dragLimit(double x)
{
    const QRectF area = layout().histogram;
    const ColorLimits &all = image.histogram().range;
    const double range = all.high - all.low;
    const double fraction = std::clamp((x - area.left()) / area.width(), 0.0, 1.0);
    const double value = all.low + fraction * range;
    ColorLimits next = limits;
    if (drag == Drag::Low)
        next.low = std::min(value, next.high - 1e-3 * range);
    else
        next.high = std::max(value, next.low + 1e-3 * range);
    view->setLimits(next);
    emit view->limitsChanged(limits, isLocked);
}

void MapView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        m->keepInside();
        m->updateAll();
    }
    QWidget::changeEvent(event);
}

bool MapView::event(QEvent *event)
{
    // A tool tip on the map would hide it.
    if (event->type() == QEvent::ToolTip &&
        (isEmpty() || mapArea().contains(static_cast<QHelpEvent *>(event)->pos())))
        return true;
    return QWidget::event(event);
}

void MapView::resizeEvent(QResizeEvent *)
{
    m->showRegion();
    m->updateAll();
}

void MapView::mousePressEvent(QMouseEvent *event)
{
    m->pressedAt = m->draggedTo = event->position();
    if (isEmpty() || m->pressGraphics(event))
        return;
    if (event->button() == Qt::MiddleButton) {
        m->drag = Parts::Drag::Pan;
        setCursor(Qt::ClosedHandCursor);
    } else if (event->button() == Qt::LeftButton) {
        const QRectF histogram = m->layout().histogram;
        if (histogram.contains(event->position())) {
            const ColorLimits &all = m->image.histogram().range;
            const auto placeOf = [&](double value) {
                return histogram.left() +
                       (value - all.low) / (all.high - all.low) * histogram.width();
            };
            const double x = event->position().x();
            m->drag = std::abs(x - placeOf(m->limits.low)) < std::abs(x - placeOf(m->limits.high))
                          ? Parts::Drag::Low
                          : Parts::Drag::High;
            m->dragLimit(x);
        } else if (mapArea().contains(event->position())) {
            m->drag = event->modifiers() & Qt::ShiftModifier ? Parts::Drag::Region
                                                             : Parts::Drag::Undecided;
        }
    }
}

void MapView::mouseMoveEvent(QMouseEvent *event)
{
    using Drag = Parts::Drag;
    const QPointF position = event->position();
    if (!isEmpty() && m->moveGraphics(event))
        return;
    if (m->drag == Drag::Undecided &&
        (position - m->pressedAt).manhattanLength() >= QApplication::startDragDistance()) {
        m->drag = Drag::Pan;
        setCursor(Qt::ClosedHandCursor);
    }
    switch (m->drag) {
    case Drag::Pan:
        m->isFit = false;
        m->centre -= (position - m->draggedTo) / m->zoom;
        m->keepInside();
        m->updateAll();
        m->draggedTo = position;
        m->tellView();
        return;
    case Drag::Region:
        m->draggedTo = position;
        update();
        return;
    case Drag::Low:
    case Drag::High:
        m->dragLimit(position.x());
        return;
    case Drag::Undecided:
    case Drag::Draw: // see moveGraphics()
    case Drag::Grab:
    case Drag::Zoom:
        return;
    case Drag::None:
        break;
    }
    if (const auto pixel = pixelAt(position))
        m->moveCursor(*pixel);
}

void MapView::mouseReleaseEvent(QMouseEvent *event)
{
    if (m->releaseGraphics(event))
        return;
    const auto drag = std::exchange(m->drag, Parts::Drag::None);
    setCursor(Qt::CrossCursor);
    if (drag == Parts::Drag::Undecided) {
        if (const auto pixel = pixelAt(event->position()))
            m->click(*pixel);
    } else if (drag == Parts::Drag::Region) {
        const QRectF dragged =
            m->toView().inverted().mapRect(QRectF(m->pressedAt, event->position()).normalized());
        // Every pixel it touches, within the map.
        const QRect region = dragged.toAlignedRect().intersected(
            QRect(0, 0, int(m->gridSize().width()), int(m->gridSize().height())));
        if (!region.isEmpty())
            emit regionDrawn(region);
        update();
    }
}

void MapView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (!isEmpty() && m->drawing && event->button() == Qt::LeftButton)
        return m->finishDrawing(); // of a polygon
    // On the map nothing: the second click must not take back what the first one pinned.
    if (isEmpty() || !m->layout().histogram.contains(event->position()))
        return;
    setLimitsLocked(false);
    emit limitsChanged(m->limits, false);
}

void MapView::wheelEvent(QWheelEvent *event)
{
    if (isEmpty() || !mapArea().contains(event->position()))
        return event->ignore();
    m->zoomAbout(event->position(), std::pow(wheelFactor, event->angleDelta().y()));
    m->tellView();
    if (const auto pixel = pixelAt(event->position()))
        m->moveCursor(*pixel);
}

void MapView::keyPressEvent(QKeyEvent *event)
{
    if (isEmpty())
        return event->ignore();
    if (m->keyGraphics(event))
        return;
    const int by = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    const auto nudge = [&](int rows, int cols) {
        const QSize size = m->gridSize().toSize();
        const Pixel from = m->cursor.value_or(Pixel{size.height() / 2, size.width() / 2});
        m->moveCursor({std::clamp(from.row + by * rows, 0, size.height() - 1),
                       std::clamp(from.col + by * cols, 0, size.width() - 1)});
        if (m->drawing && m->drawing->isByKeys)
            m->drawTo(QPointF(m->cursor->col + 0.5, m->cursor->row + 0.5), false);
    };
    switch (event->key()) {
    case Qt::Key_Up:
        return nudge(-1, 0);
    case Qt::Key_Down:
        return nudge(1, 0);
    case Qt::Key_Left:
        return nudge(0, -1);
    case Qt::Key_Right:
        return nudge(0, 1);
    case Qt::Key_Space:
        if (m->cursor)
            m->click(*m->cursor);
        return;
    case Qt::Key_Enter:
    case Qt::Key_Return:
        if (m->isLocked) { // else they are those already
            setLimits(m->image.limits());
            emit limitsChanged(m->limits, true);
        }
        return;
    case Qt::Key_0:
        fit();
        break;
    case Qt::Key_1:
        setZoom(1);
        break;
    case Qt::Key_2:
        setZoom(2);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        m->zoomAbout(m->cursor ? rectOf(*m->cursor).center() : mapArea().center(), keyFactor);
        break;
    case Qt::Key_Minus:
        m->zoomAbout(m->cursor ? rectOf(*m->cursor).center() : mapArea().center(), 1 / keyFactor);
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    m->tellView();
}

void MapView::leaveEvent(QEvent *)
{
    // Without a pinned pixel the cursor stays: the spectrum beside the map is that of the last one.
    if (m->pinned && m->drag == Parts::Drag::None)
        m->moveCursor(*m->pinned);
}

void MapView::contextMenuEvent(QContextMenuEvent *event)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const bool isByMouse = event->reason() == QContextMenuEvent::Mouse;
    const std::optional<Pixel> pixel = isByMouse ? pixelAt(event->pos()) : m->cursor;
    emit menuRequested(menu, pixel);
    m->fillMenu(menu);
    menu->popup(isByMouse || !pixel ? event->globalPos()
                                    : mapToGlobal(rectOf(*pixel).center().toPoint()));
}

} // namespace helmscope
