// SPDX-License-Identifier: GPL-3.0-or-later
// What is drawn onto a MapView to measure with, and how the user draws it.
#include "widgets/mapviewparts.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainterPath>
#include <QPainterPathStroker>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double grip = 6;      ///< so near to an edge or a handle, on the screen, takes hold
constexpr double leastDrag = 3; ///< less on the screen is a click

bool isFramed(Graphic::Kind kind)
{
    return kind == Graphic::Kind::Pick || kind == Graphic::Kind::Rectangle ||
           kind == Graphic::Kind::Ellipse;
}

std::optional<Graphic::Kind> kindOf(MapTool tool)
{
    switch (tool) {
    case MapTool::Pick:
        return Graphic::Kind::Pick;
    case MapTool::Rectangle:
        return Graphic::Kind::Rectangle;
    case MapTool::Ellipse:
        return Graphic::Kind::Ellipse;
    case MapTool::Polygon:
        return Graphic::Kind::Polygon;
    case MapTool::Profile:
        return Graphic::Kind::Profile;
    case MapTool::Hand:
    case MapTool::Zoom:
    case MapTool::Brush:
        break;
    }
    return {};
}

/// With Shift: a square, or a line at a multiple of 45 degrees.
QPointF constrained(const QPointF &from, const QPointF &to, bool isLine)
{
    const QPointF way = to - from;
    if (!isLine) {
        const double side = std::max(std::abs(way.x()), std::abs(way.y()));
        return from + QPointF(std::copysign(side, way.x()), std::copysign(side, way.y()));
    }
    const double turn = std::round(std::atan2(way.y(), way.x()) / (M_PI / 4)) * (M_PI / 4);
    const double length = way.x() * std::cos(turn) + way.y() * std::sin(turn);
    return from + length * QPointF(std::cos(turn), std::sin(turn));
}

} // namespace

QPointF MapView::Parts::gridAt(const QPointF &position) const
{
    const QPointF at = toView().inverted().map(position);
    const QSizeF size = gridSize();
    return {std::clamp(at.x(), 0.0, size.width()), std::clamp(at.y(), 0.0, size.height())};
}

/// The graphic under the mouse and its handle; -1: its edge, or its inside once it is selected.
std::optional<std::pair<int, int>> MapView::Parts::graphicAt(const QPointF &position) const
{
    const QTransform transform = toView();
    const auto handleAt = [&](const Graphic &graphic) {
        const std::vector<QPointF> handles = handlesOf(graphic);
        for (std::size_t i = 0; i < handles.size(); ++i)
            if ((transform.map(handles[i]) - position).manhattanLength() <= grip * 1.5)
                return int(i);
        return -1;
    };
    const auto &all = graphics->all();
    if (const Graphic *selected = graphics->find(graphics->selected())) {
        if (const int handle = handleAt(*selected); handle >= 0)
            return std::pair(selected->number, handle);
        if (!selected->isLine() && outlineOf(*selected, transform).contains(position))
            return std::pair(selected->number, -1);
    }
    QPainterPathStroker around;
    around.setWidth(2 * grip);
    for (auto it = all.rbegin(); it != all.rend(); ++it) // the newest lies on top
        if (around.createStroke(outlineOf(*it, transform)).contains(position))
            return std::pair(it->number, -1);
    return {};
}

void MapView::Parts::tellSelected()
{
    const Graphic *graphic = graphics ? graphics->find(graphics->selected()) : nullptr;
    if (!graphic)
        return;
    const int place = int(graphic - graphics->all().data()) + 1;
    view->setAccessibleDescription(MapView::tr("%1, %2, %3 of %4")
                                       .arg(graphic->name(), graphic->sizeText(pixelSizeNm))
                                       .arg(place)
                                       .arg(graphics->all().size()));
}

void MapView::Parts::beginDrawing(const QPointF &at, bool isByKeys)
{
    drawing = Drawing{};
    drawing->isByKeys = isByKeys;
    if (graphics->tool() == MapTool::Brush) {
        drawing->stroke = {at};
        return;
    }
    drawing->graphic.kind = kindOf(graphics->tool()).value_or(Graphic::Kind::Rectangle);
    drawing->graphic.points = {at, at};
    drawing->graphic.width = std::max(1.0, std::round(gridSize().width() / 50));
}

void MapView::Parts::drawTo(QPointF at, bool isConstrained)
{
    if (!drawing->stroke.empty()) {
        drawing->stroke.push_back(at);
        return view->update();
    }
    std::vector<QPointF> &points = drawing->graphic.points;
    if (isConstrained)
        at = constrained(points[points.size() - 2], at, !isFramed(drawing->graphic.kind));
    points.back() = at;
    view->update();
}

void MapView::Parts::finishDrawing()
{
    if (!drawing)
        return;
    Drawing done = *std::exchange(drawing, std::nullopt);
    const DrawnFor purpose = graphics->purpose();
    const QSize size = gridSize().toSize();
    view->update();
    if (!done.stroke.empty()) {
        Mask mask = Mask::Constant(size.height(), size.width(), false);
        paintStroke(mask, done.stroke, graphics->brush(), true);
        if (mask.any())
            emit view->regionPainted(mask, purpose);
        return;
    }
    std::vector<QPointF> &points = done.graphic.points;
    if (done.isByKeys && isFramed(done.graphic.kind)) { // both pixels belong to it
        const auto [left, right] = std::minmax({points[0].x(), points[1].x()});
        const auto [top, bottom] = std::minmax({points[0].y(), points[1].y()});
        points = {{left - 0.5, top - 0.5}, {right + 0.5, bottom + 0.5}};
    }
    if (done.graphic.kind == Graphic::Kind::Polygon) {
        points.pop_back(); // the one that followed the mouse
        points.erase(std::unique(points.begin(), points.end()), points.end());
        if (points.size() < 3)
            return;
    }
    const QPointF way = toView().map(points.back()) - toView().map(points.front());
    if (done.graphic.kind != Graphic::Kind::Polygon && way.manhattanLength() < leastDrag) {
        if (done.graphic.kind != Graphic::Kind::Pick && purpose == DrawnFor::Measuring)
            return; // a click, by mistake
        const QPointF corner(std::floor(points[0].x()), std::floor(points[0].y()));
        points = {corner, corner + QPointF(1, 1)};
    }
    if (purpose != DrawnFor::Measuring) {
        const Mask mask = maskOf(done.graphic.region(), size.height(), size.width());
        if (mask.any())
            emit view->regionPainted(mask, purpose);
        return;
    }
    graphics->add(done.graphic);
    graphics->setTool(MapTool::Hand);
    tellSelected();
}

bool MapView::Parts::pressGraphics(const QMouseEvent *event)
{
    if (!graphics || event->button() != Qt::LeftButton || !layout().map.contains(event->position()))
        return false;
    const QPointF at = gridAt(event->position());
    switch (graphics->tool()) {
    case MapTool::Hand: {
        if (event->modifiers() & Qt::ShiftModifier)
            return false;
        const auto found = graphicAt(event->position());
        if (!found) {
            graphics->select(0);
            return false;
        }
        graphics->select(found->first);
        tellSelected();
        grabbed = Grabbed{*graphics->find(found->first), found->second, at};
        drag = Drag::Grab;
        return true;
    }
    case MapTool::Zoom:
        drag = Drag::Zoom;
        return true;
    case MapTool::Polygon:
        if (drawing)
            drawing->graphic.points.push_back(at);
        else
            beginDrawing(at, false);
        view->update();
        return true;
    default:
        beginDrawing(at, false);
        drag = Drag::Draw;
        return true;
    }
}

bool MapView::Parts::moveGraphics(const QMouseEvent *event)
{
    if (!graphics)
        return false;
    const QPointF at = gridAt(event->position());
    if (drag == Drag::Grab) {
        const Graphic &before = grabbed->before;
        graphics->preview(grabbed->handle < 0 ? shifted(before, at - grabbed->from)
                                              : reshaped(before, grabbed->handle, at));
        return true;
    }
    if (drag == Drag::Zoom) {
        draggedTo = event->position();
        view->update();
        return true;
    }
    if (drawing && !drawing->isByKeys && (drag == Drag::Draw || drag == Drag::None)) {
        drawTo(at, event->modifiers() & Qt::ShiftModifier);
        if (const auto pixel = view->pixelAt(event->position()))
            moveCursor(*pixel);
        return true;
    }
    if (drag == Drag::None && graphics->tool() == MapTool::Hand) {
        const auto found = graphicAt(event->position());
        view->setCursor(!found               ? Qt::CrossCursor
                        : found->second >= 0 ? Qt::PointingHandCursor
                                             : Qt::SizeAllCursor);
    }
    return false;
}

bool MapView::Parts::releaseGraphics(const QMouseEvent *event)
{
    if (!graphics || event->button() != Qt::LeftButton)
        return false;
    const Drag was = drag;
    if (was != Drag::Grab && was != Drag::Zoom && was != Drag::Draw)
        return drawing && drag == Drag::None; // a polygon goes on
    drag = Drag::None;
    if (was == Drag::Grab) {
        graphics->keep(grabbed->before);
        grabbed.reset();
        tellSelected();
    } else if (was == Drag::Draw) {
        finishDrawing();
    } else {
        const QRectF frame = QRectF(pressedAt, event->position()).normalized();
        if (frame.width() < leastDrag || frame.height() < leastDrag)
            zoomAbout(event->position(), event->modifiers() & Qt::ShiftModifier ? 0.5 : 2);
        else
            view->setViewRect(toView().inverted().mapRect(frame));
        tellView();
    }
    return true;
}

bool MapView::Parts::keyGraphics(const QKeyEvent *event)
{
    if (!graphics || (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier)))
        return false;
    const int key = event->key();
    const Graphic *selected = graphics->find(graphics->selected());
    if (key == Qt::Key_Escape) {
        if (drawing)
            drawing.reset();
        else if (graphics->tool() != MapTool::Hand)
            graphics->setTool(MapTool::Hand);
        else if (selected)
            graphics->select(0);
        else
            return false;
        view->update();
        return true;
    }
    const bool isEnter = key == Qt::Key_Enter || key == Qt::Key_Return;
    if (isEnter && graphics->tool() != MapTool::Hand && graphics->tool() != MapTool::Zoom) {
        const Pixel pixel =
            cursor.value_or(Pixel{int(gridSize().height() / 2), int(gridSize().width() / 2)});
        const QPointF at(pixel.col + 0.5, pixel.row + 0.5);
        if (!drawing) {
            beginDrawing(at, true);
        } else if (drawing->graphic.kind == Graphic::Kind::Polygon && drawing->stroke.empty()) {
            std::vector<QPointF> &points = drawing->graphic.points;
            const bool isSame = points.size() > 2 && points[points.size() - 2] == at;
            points.back() = at;
            points.push_back(at);
            if (isSame)
                finishDrawing();
        } else {
            drawTo(at, false);
            finishDrawing();
        }
        view->update();
        return true;
    }
    if (drawing)
        return false; // arrows move the cursor, and what is drawn follows it
    if ((key == Qt::Key_Delete || key == Qt::Key_Backspace) && selected) {
        graphics->remove(selected->number);
        return true;
    }
    const int by = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    const QPointF way = key == Qt::Key_Up      ? QPointF(0, -by)
                        : key == Qt::Key_Down  ? QPointF(0, by)
                        : key == Qt::Key_Left  ? QPointF(-by, 0)
                        : key == Qt::Key_Right ? QPointF(by, 0)
                                               : QPointF();
    if (selected && !way.isNull()) {
        graphics->change(shifted(*selected, way));
        tellSelected();
        return true;
    }
    if (key == Qt::Key_BracketLeft || key == Qt::Key_BracketRight) {
        graphics->setBrush(graphics->brush() + (key == Qt::Key_BracketLeft ? -by : by));
        return true;
    }
    for (const MapToolRow &row : mapTools())
        if (row.key == key) {
            drawing.reset();
            graphics->setTool(row.tool);
            return true;
        }
    return false;
}

void MapView::setGraphics(Graphics *graphics)
{
    if (m->graphics)
        m->graphics->disconnect(this);
    m->graphics = graphics;
    m->drawing.reset();
    m->grabbed.reset();
    if (graphics) {
        connect(graphics, &Graphics::changed, this, qOverload<>(&QWidget::update));
        connect(graphics, &Graphics::toolChanged, this, [this] {
            m->drawing.reset();
            update();
        });
    }
    update();
}

Graphics *MapView::graphics() const
{
    return m->graphics;
}

bool MapView::focusNextPrevChild(bool isNext)
{
    // Tab goes through what is drawn, then on to the next view: nobody is caught here.
    if (m->graphics && hasFocus() && !isEmpty() && m->graphics->selectNext(isNext)) {
        m->tellSelected();
        return true;
    }
    return QWidget::focusNextPrevChild(isNext);
}

} // namespace helmscope
