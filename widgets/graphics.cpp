// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/graphics.h"

#include "widgets/ticks.h"

#include <QRectF>
#include <QUndoStack>

#include <algorithm>
#include <array>
#include <cmath>

namespace helmscope {

namespace {

double lengthOf(const QPointF &way)
{
    return std::hypot(way.x(), way.y());
}

/// Across a line, a pixel long.
QPointF normalOf(const Graphic &line)
{
    const QPointF way = line.points[1] - line.points[0];
    const double length = lengthOf(way);
    return length > 0 ? QPointF(-way.y(), way.x()) / length : QPointF(0, 1);
}

/// Which corners of a frame a handle moves, clockwise from the top left.
struct FrameHandle
{
    bool movesLeft, movesTop, movesRight, movesBottom;
};
constexpr std::array<FrameHandle, 8> frameHandles{{{true, true, false, false},
                                                   {false, true, false, false},
                                                   {false, true, true, false},
                                                   {false, false, true, false},
                                                   {false, false, true, true},
                                                   {false, false, false, true},
                                                   {true, false, false, true},
                                                   {true, false, false, false}}};

QRectF frameOf(const Graphic &graphic)
{
    return QRectF(graphic.points[0], graphic.points[1]).normalized();
}

QString numberText(double value)
{
    return fixedText(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

} // namespace

Region Graphic::region() const
{
    switch (kind) {
    case Kind::Ellipse:
        return {Region::Kind::Ellipse, points};
    case Kind::Polygon:
        return {Region::Kind::Polygon, points};
    case Kind::Profile: {
        const QPointF aside = normalOf(*this) * width / 2;
        return {Region::Kind::Polygon,
                {points[0] + aside, points[1] + aside, points[1] - aside, points[0] - aside}};
    }
    case Kind::Pick:
    case Kind::Rectangle:
        break;
    }
    return {Region::Kind::Rectangle, points};
}

QString Graphic::name() const
{
    switch (kind) {
    case Kind::Pick:
        return Graphics::tr("Pick %1").arg(number);
    case Kind::Rectangle:
        return Graphics::tr("Rectangle %1").arg(number);
    case Kind::Ellipse:
        return Graphics::tr("Ellipse %1").arg(number);
    case Kind::Polygon:
        return Graphics::tr("Polygon %1").arg(number);
    case Kind::Profile:
        break;
    }
    return Graphics::tr("Profile %1").arg(number);
}

QString Graphic::sizeText(double pixelSizeNm) const
{
    const bool isCalibrated = pixelSizeNm > 0 && std::isfinite(pixelSizeNm);
    const double scale = isCalibrated ? pixelSizeNm : 1;
    const QString unit = isCalibrated ? QStringLiteral("nm") : QStringLiteral("px");
    if (kind == Kind::Profile)
        return QStringLiteral("%1 × %2 %3")
            .arg(numberText(lengthOf(points[1] - points[0]) * scale), numberText(width * scale),
                 unit);
    double left = points[0].x(), right = left, top = points[0].y(), bottom = top;
    for (const QPointF &point : points) {
        left = std::min(left, point.x());
        right = std::max(right, point.x());
        top = std::min(top, point.y());
        bottom = std::max(bottom, point.y());
    }
    return QStringLiteral("%1 × %2 %3")
        .arg(numberText((right - left) * scale), numberText((bottom - top) * scale), unit);
}

std::vector<QPointF> handlesOf(const Graphic &graphic)
{
    if (graphic.kind == Graphic::Kind::Polygon)
        return graphic.points;
    if (graphic.isLine()) {
        const QPointF middle = (graphic.points[0] + graphic.points[1]) / 2;
        return {graphic.points[0], graphic.points[1],
                middle + normalOf(graphic) * graphic.width / 2};
    }
    const QRectF frame = frameOf(graphic);
    std::vector<QPointF> handles;
    for (const FrameHandle &each : frameHandles)
        handles.emplace_back(each.movesLeft    ? frame.left()
                             : each.movesRight ? frame.right()
                                               : frame.center().x(),
                             each.movesTop      ? frame.top()
                             : each.movesBottom ? frame.bottom()
                                                : frame.center().y());
    return handles;
}

Graphic reshaped(Graphic graphic, int handle, const QPointF &to)
{
    if (graphic.kind == Graphic::Kind::Polygon) {
        graphic.points[std::size_t(handle)] = to;
    } else if (graphic.isLine()) {
        if (handle < 2) {
            graphic.points[std::size_t(handle)] = to;
        } else {
            const QPointF middle = (graphic.points[0] + graphic.points[1]) / 2;
            graphic.width =
                std::max(1.0, 2 * std::abs(QPointF::dotProduct(to - middle, normalOf(graphic))));
        }
    } else {
        const FrameHandle &moves = frameHandles[std::size_t(handle)];
        const QRectF frame = frameOf(graphic);
        graphic.points = {
            {moves.movesLeft ? to.x() : frame.left(), moves.movesTop ? to.y() : frame.top()},
            {moves.movesRight ? to.x() : frame.right(),
             moves.movesBottom ? to.y() : frame.bottom()}};
    }
    return graphic;
}

Graphic shifted(Graphic graphic, const QPointF &by)
{
    for (QPointF &point : graphic.points)
        point += by;
    return graphic;
}

/// One change of the graphics, whole: there are never many.
class Graphics::Change final : public QUndoCommand
{
public:
    Change(Graphics *graphics, std::vector<Graphic> before, std::vector<Graphic> after,
           int selectedBefore, int selectedAfter, const QString &text)
        : QUndoCommand(text)
        , m_graphics(graphics)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_selectedBefore(selectedBefore)
        , m_selectedAfter(selectedAfter)
    {
    }
    void undo() override { m_graphics->put(m_before, m_selectedBefore); }
    void redo() override { m_graphics->put(m_after, m_selectedAfter); }

private:
    Graphics *m_graphics;
    std::vector<Graphic> m_before, m_after;
    int m_selectedBefore, m_selectedAfter;
};

Graphics::Graphics(QUndoStack *stack, QObject *parent)
    : QObject(parent)
    , m_stack(stack)
{
}

const Graphic *Graphics::find(int number) const
{
    const auto found = std::find_if(m_all.begin(), m_all.end(),
                                    [number](const Graphic &g) { return g.number == number; });
    return found == m_all.end() ? nullptr : &*found;
}

void Graphics::put(const std::vector<Graphic> &all, int selected)
{
    m_all = all;
    if (!find(selected))
        selected = 0;
    const bool isOther = selected != m_selected;
    m_selected = selected;
    emit changed();
    if (isOther)
        emit selectionChanged(selected);
}

void Graphics::replace(std::vector<Graphic> all, int selected, const QString &text)
{
    if (m_stack)
        m_stack->push(new Change(this, m_all, std::move(all), m_selected, selected, text));
    else
        put(all, selected);
}

void Graphics::select(int number)
{
    if (number == m_selected || (number != 0 && !find(number)))
        return;
    m_selected = number;
    emit changed();
    emit selectionChanged(number);
}

bool Graphics::selectNext(bool isForward)
{
    const Graphic *now = find(m_selected);
    const int count = int(m_all.size());
    int next = now ? int(now - m_all.data()) + (isForward ? 1 : -1) : isForward ? 0 : count - 1;
    if (next < 0 || next >= count) {
        select(0);
        return false;
    }
    select(m_all[std::size_t(next)].number);
    return true;
}

int Graphics::add(Graphic graphic)
{
    graphic.number = ++m_last;
    std::vector<Graphic> all = m_all;
    all.push_back(graphic);
    replace(std::move(all), graphic.number, tr("Draw %1").arg(graphic.name()));
    return graphic.number;
}

void Graphics::change(const Graphic &graphic)
{
    const Graphic *now = find(graphic.number);
    if (!now || *now == graphic)
        return;
    std::vector<Graphic> all = m_all;
    all[std::size_t(now - m_all.data())] = graphic;
    replace(std::move(all), m_selected, tr("Change %1").arg(graphic.name()));
}

void Graphics::remove(int number)
{
    const Graphic *now = find(number);
    if (!now)
        return;
    const QString name = now->name();
    std::vector<Graphic> all = m_all;
    all.erase(all.begin() + (now - m_all.data()));
    replace(std::move(all), m_selected == number ? 0 : m_selected, tr("Delete %1").arg(name));
}

void Graphics::preview(const Graphic &graphic)
{
    if (const Graphic *now = find(graphic.number); now && *now != graphic) {
        m_all[std::size_t(now - m_all.data())] = graphic;
        emit changed();
    }
}

void Graphics::keep(const Graphic &before)
{
    const Graphic *now = find(before.number);
    if (!now || *now == before)
        return;
    const Graphic after = *now;
    m_all[std::size_t(now - m_all.data())] = before; // as the change finds it
    change(after);
}

void Graphics::reset()
{
    m_last = 0;
    put({}, 0);
}

void Graphics::setDrawing(const Drawing &drawing, QUndoStack *stack)
{
    m_stack = stack;
    m_last = drawing.last;
    put(drawing.all, drawing.selected);
}

void Graphics::setTool(MapTool tool)
{
    if (tool == MapTool::Brush && m_purpose == DrawnFor::Measuring)
        m_purpose = DrawnFor::Forbidding; // a brush measures nothing
    if ((tool == MapTool::Pick || tool == MapTool::Profile))
        m_purpose = DrawnFor::Measuring;
    m_tool = tool;
    emit toolChanged();
}

void Graphics::setPurpose(DrawnFor purpose)
{
    m_purpose = purpose;
    const bool isPainting = purpose != DrawnFor::Measuring;
    if (isPainting && (m_tool == MapTool::Pick || m_tool == MapTool::Profile ||
                       m_tool == MapTool::Hand || m_tool == MapTool::Zoom))
        m_tool = MapTool::Rectangle;
    if (!isPainting && m_tool == MapTool::Brush)
        m_tool = MapTool::Hand;
    emit toolChanged();
}

void Graphics::setBrush(double diameter)
{
    m_brush = std::clamp(diameter, 1.0, 1000.0);
    emit toolChanged();
}

std::vector<MapToolRow> mapTools()
{
    return {
        {MapTool::Hand, Graphics::tr("Hand"), "hand",
         Graphics::tr("Drag moves the map, a click pins the cursor."), Qt::Key_H},
        {MapTool::Zoom, Graphics::tr("Zoom"), "zoom",
         Graphics::tr("Drag a frame to fill the view, click to enlarge."), Qt::Key_Z},
        {MapTool::Pick, Graphics::tr("Pick"), "pick",
         Graphics::tr("Drag a frame: the mean of the spectra measured in it."), Qt::Key_P},
        {MapTool::Rectangle, Graphics::tr("Rectangle"), "rectangle",
         Graphics::tr("Drag a rectangle."), Qt::Key_C},
        {MapTool::Ellipse, Graphics::tr("Ellipse"), "ellipse",
         Graphics::tr("Drag the frame of an ellipse."), Qt::Key_E},
        {MapTool::Polygon, Graphics::tr("Polygon"), "polygon",
         Graphics::tr("Click its corners; a double click, or Enter twice, ends it."), Qt::Key_G},
        {MapTool::Profile, Graphics::tr("Line profile"), "profile",
         Graphics::tr("Drag a line; its width is averaged, drag the handle beside it."), Qt::Key_L},
        {MapTool::Brush, Graphics::tr("Brush"), "brush",
         Graphics::tr("Paint what is forbidden or preferred."), Qt::Key_B}};
}

} // namespace helmscope
