// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/lineageview.h"

#include "widgets/lineageviewparts.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double largestZoom = 4;
constexpr double narrowest = 156, widest = 188; ///< boxes at 100 %

} // namespace

LineageView::Parts::Parts(LineageView *v)
    : view(v)
{
    settle.setSingleShot(true);
    settle.setInterval(150);
    pieces.setSingleShot(true);
    QObject::connect(&pieces, &QTimer::timeout, view, [this] { view->update(); });
    thumbnailsSoon.setSingleShot(true);
    thumbnailsSoon.setInterval(60);
    QObject::connect(&thumbnailsSoon, &QTimer::timeout, view, [this] { wishThumbnails(); });
    QObject::connect(&settle, &QTimer::timeout, view, [this] {
        if (isCrowded || !unpainted.isEmpty())
            repaintAll();
    });
}

LineageView::LineageView(QWidget *parent)
    : QWidget(parent)
    , m(std::make_unique<Parts>(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Lineage graph"));
    setPlaceholder(tr("Open a lineage store to see what was made from what."));
}

LineageView::~LineageView() = default;

QSizeF LineageView::nodeSize(const LineageGraph &graph, bool hasThumbnails)
{
    const QFontMetricsF metrics(textFont(TextSize::Body));
    double width = 0;
    // Some hundred names tell how long they are here.
    const std::size_t step = std::max<std::size_t>(1, graph.nodes.size() / 250);
    for (std::size_t i = 0; i < graph.nodes.size(); i += step)
        width = std::max(width, metrics.horizontalAdvance(titleOf(graph.nodes[i])));
    const double height = metrics.height() + QFontMetricsF(textFont(TextSize::Small)).height() + 10;
    const double room = hasThumbnails ? std::ceil(height) : 0;
    return {std::clamp(std::ceil(width) + lineageMarkWidth + 12, narrowest, widest) + room,
            std::ceil(height)};
}

void LineageView::Parts::takePicture(std::shared_ptr<const LineagePicture> picture)
{
    if (!picture || !shown || picture->graph != shown->graph)
        thumbnails.clear();
    shown = std::move(picture);
    wholeLayer = layer = {}; // of another picture
    const std::size_t count = shown ? shown->items.size() : 0;
    itemOfNode.clear();
    boxes.assign(count, {});
    classes.assign(count, LineageClass::Other);
    titles.assign(count, {});
    cutTitles.assign(count, {});
    cutCaptions.assign(count, {});
    parents.assign(count, {});
    children.assign(count, {});
    edgeBoxes.clear();
    counts = {};
    mapPicture = {};
    if (!shown)
        return;
    const LineageGraph &graph = *shown->graph;
    const QSizeF size = nodeSize(graph, shown->hasThumbnails);
    for (std::size_t i = 0; i < count; ++i) {
        const LineagePicture::Item &item = shown->items[i];
        const Layout::Point &centre = shown->layout.centres[i];
        boxes[i] = QRectF(QPointF(centre.x - size.width() / 2, centre.y - size.height() / 2), size);
        const LineageNode &first = graph.nodes[std::size_t(item.nodes[0])];
        classes[i] = classOf(first);
        for (int node : item.nodes) {
            itemOfNode.insert(node, int(i));
            ++counts[std::size_t(classOf(graph.nodes[std::size_t(node)]))];
        }
    }
    edgeBoxes.reserve(shown->edges.size());
    for (std::size_t e = 0; e < shown->edges.size(); ++e) {
        const auto [from, to] = shown->edges[e];
        children[std::size_t(from)].push_back(to);
        parents[std::size_t(to)].push_back(from);
        QRectF around;
        for (const Layout::Point &point : shown->layout.routes[e])
            around |= QRectF(point.x - 1, point.y - 1, 2, 2);
        edgeBoxes.push_back(around);
    }
    const auto byHeight = [this](int a, int b) {
        return boxes[std::size_t(a)].y() < boxes[std::size_t(b)].y();
    };
    for (auto *neighbours : {&parents, &children})
        for (std::vector<int> &list : *neighbours)
            std::sort(list.begin(), list.end(), byHeight);
}

/// Made when first asked for: of ten thousand only those in sight are.
const QString &LineageView::Parts::title(std::size_t item) const
{
    QString &title = titles[item];
    if (title.isNull()) {
        const LineagePicture::Item &what = shown->items[item];
        if (!what.isClosedGroup())
            title = titleOf(nodeShownBy(int(item)));
        else
            title = what.title.isEmpty() ? classCount(classes[item], int(what.nodes.size()))
                                         : what.title;
        if (title.isNull())
            title = QStringLiteral("");
    }
    return title;
}

QString LineageView::Parts::caption(std::size_t item) const
{
    const LineagePicture::Item &what = shown->items[item];
    const QString caption = what.isClosedGroup() ? LineageView::tr("double-click opens them")
                                                 : captionOf(nodeShownBy(int(item)));
    return what.mark.isEmpty() ? caption : what.mark + ' ' + caption;
}

const LineageNode &LineageView::Parts::nodeShownBy(int item) const
{
    return shown->graph->nodes[std::size_t(nodeOf(item))];
}

/// Lights what belongs to the selection: with it the way here and the way on, not the nodes beside.
void LineageView::Parts::light()
{
    lit.clear();
    itemLights.assign(boxes.size(), Light::Plain);
    edgeLights.assign(edgeBoxes.size(), Light::Plain);
    isMatch.assign(boxes.size(), 0);
    hasLight = false;
    repaintAll();
    if (!shown)
        return;
    for (int node : matches)
        if (const int item = itemOf(node); item >= 0)
            isMatch[std::size_t(item)] = 1;
    const int chosen = itemOf(selected);
    if (chosen < 0 && matches.empty())
        return;
    hasLight = true;
    std::fill(itemLights.begin(), itemLights.end(), Light::Dimmed);
    std::fill(edgeLights.begin(), edgeLights.end(), Light::Dimmed);
    if (chosen < 0) {
        for (std::size_t i = 0; i < boxes.size(); ++i)
            if (isMatch[i])
                itemLights[i] = Light::Lit;
        return;
    }
    const std::vector<int> &start = shown->items[std::size_t(chosen)].nodes;
    for (Walk direction : {Walk::Up, Walk::Down}) {
        std::vector<char> isReached(boxes.size(), 0);
        for (int node : reach(*shown->graph, start, direction))
            if (const int item = itemOf(node); item >= 0) {
                isReached[std::size_t(item)] = 1;
                itemLights[std::size_t(item)] = Light::Lit;
                lit.push_back(node);
            }
        for (std::size_t e = 0; e < edgeLights.size(); ++e) {
            const auto [from, to] = shown->edges[e];
            if (isReached[std::size_t(from)] && isReached[std::size_t(to)])
                edgeLights[e] = Light::Lit;
        }
    }
    std::sort(lit.begin(), lit.end());
    lit.erase(std::unique(lit.begin(), lit.end()), lit.end());
}

void LineageView::setPicture(std::shared_ptr<const LineagePicture> picture, int anchor)
{
    setPicture(std::move(picture), anchor, anchor);
}

void LineageView::setPicture(std::shared_ptr<const LineagePicture> picture, int anchor,
                             int anchorBefore)
{
    const QPointF before = rectOf(anchorBefore).center();
    const bool hadAnchor = m->itemOf(anchorBefore) >= 0;
    m->takePicture(picture && !picture->items.empty() ? std::move(picture) : nullptr);
    if (m->itemOf(m->selected) < 0)
        m->selected = -1;
    m->light();
    if (const int item = m->itemOf(anchor); hadAnchor && item >= 0) {
        m->isFit = false;
        m->setOffset(before - m->boxes[std::size_t(item)].center() * m->zoom);
    } else {
        fit();
    }
    m->describe();
}

void LineageView::clear()
{
    setPicture(nullptr);
}

bool LineageView::isEmpty() const
{
    return !m->shown;
}

const std::shared_ptr<const LineagePicture> &LineageView::picture() const
{
    return m->shown;
}

void LineageView::setPlaceholder(const QString &sentence)
{
    m->placeholder = sentence;
    m->describe();
    m->repaintAll();
}

void LineageView::setSelectedNode(int node)
{
    if (m->itemOf(node) < 0)
        node = -1;
    if (m->selected == node)
        return;
    m->cameFrom = m->selected;
    m->selected = node;
    m->light();
    m->describe();
}

int LineageView::selectedNode() const
{
    return m->selected;
}

void LineageView::setMatches(std::vector<int> nodes)
{
    std::sort(nodes.begin(), nodes.end());
    m->matches = std::move(nodes);
    m->light();
}

std::vector<int> LineageView::highlighted() const
{
    return m->lit;
}

// ---- places

QRectF LineageView::Parts::canvas() const
{
    const double legend = QFontMetricsF(textFont(TextSize::Small)).height() + 12;
    return QRectF(0, 0, view->width(), std::max(1.0, view->height() - legend));
}

QRectF LineageView::Parts::visible() const
{
    const QRectF area = canvas();
    return {view->toScene(area.topLeft()), view->toScene(area.bottomRight())};
}

double LineageView::Parts::fitZoom() const
{
    if (!shown)
        return 1;
    const QRectF area = canvas();
    return std::min(
        {1.0, std::max(1.0, area.width() - 2 * lineageMargin) / std::max(1.0, shown->layout.width),
         std::max(1.0, area.height() - 2 * lineageMargin) / std::max(1.0, shown->layout.height)});
}

double LineageView::Parts::leastZoom() const
{
    return std::min(0.5 * fitZoom(), 0.25);
}

void LineageView::Parts::setOffset(const QPointF &wanted)
{
    const QRectF area = canvas();
    QPointF kept = wanted;
    if (shown) {
        // A fifth of the canvas, or all of a small picture, stays in sight.
        const auto keep = [](double at, double size, double room) {
            const double least = std::min(size, room / 5);
            return std::clamp(at, least - size, room - least);
        };
        kept.setX(keep(kept.x(), shown->layout.width * zoom, area.width()));
        kept.setY(keep(kept.y(), shown->layout.height * zoom, area.height()));
    }
    // Whole pixels of the screen, so that what is painted can be shifted.
    const double ratio = view->devicePixelRatioF();
    offset = {std::round(kept.x() * ratio) / ratio, std::round(kept.y() * ratio) / ratio};
    view->update();
}

void LineageView::Parts::zoomAbout(const QPointF &position, double factor)
{
    const QPointF point = view->toScene(position);
    zoom = std::clamp(zoom * factor, leastZoom(), largestZoom);
    isFit = false;
    isLayerStale = true;
    setOffset(position - point * zoom);
}

void LineageView::Parts::repaintAll()
{
    isLayerStale = true;
    view->update();
}

bool LineageView::isPainted() const
{
    return !m->isLayerStale && m->unpainted.isEmpty();
}

void LineageView::fit()
{
    m->zoom = m->fitZoom();
    m->isFit = true;
    m->isLayerStale = true;
    if (m->shown) {
        const QSizeF size(m->shown->layout.width, m->shown->layout.height);
        m->setOffset(m->canvas().center() - QPointF(size.width(), size.height()) / 2 * m->zoom);
    }
    update();
}

void LineageView::setZoom(double zoom)
{
    if (zoom > 0 && std::isfinite(zoom))
        m->zoomAbout(m->canvas().center(), zoom / m->zoom);
}

double LineageView::zoom() const
{
    return m->zoom;
}

void LineageView::showNode(int node)
{
    const QRectF box = rectOf(node);
    const QRectF room =
        m->canvas().adjusted(lineageMargin, lineageMargin, -lineageMargin, -lineageMargin);
    if (box.isNull() || room.contains(box))
        return;
    m->isFit = false;
    m->setOffset(m->offset + room.center() - box.center());
}

void LineageView::centreOn(int node)
{
    const QRectF box = rectOf(node);
    if (box.isNull())
        return;
    m->isFit = false;
    m->setOffset(m->offset + m->canvas().center() - box.center());
}

bool LineageView::isFit() const
{
    return m->isFit;
}

QPointF LineageView::toScene(const QPointF &position) const
{
    return (position - m->offset) / m->zoom;
}

QPointF LineageView::toView(const QPointF &point) const
{
    return point * m->zoom + m->offset;
}

QRectF LineageView::Parts::rectOfItem(int item) const
{
    const QRectF &box = boxes[std::size_t(item)];
    return {view->toView(box.topLeft()), box.size() * zoom};
}

QRectF LineageView::rectOf(int node) const
{
    const int item = m->itemOf(node);
    return item < 0 ? QRectF() : m->rectOfItem(item);
}

int LineageView::Parts::itemAt(const QPointF &position) const
{
    if (!canvas().contains(position))
        return -1;
    const QPointF point = view->toScene(position);
    // Marks are smaller than boxes, but easier to hit when a few pixels around them count.
    const double slack = std::max(0.0, 4 / zoom - 4);
    for (int i = int(boxes.size()) - 1; i >= 0; --i) {
        QRectF box = boxes[std::size_t(i)];
        if (detail() == Detail::Mark)
            box = QRectF(box.center() - QPointF(box.height(), box.height()) / 2,
                         QSizeF(box.height(), box.height()))
                      .adjusted(-slack, -slack, slack, slack);
        if (box.contains(point))
            return i;
    }
    return -1;
}

int LineageView::nodeAt(const QPointF &position) const
{
    return m->nodeOf(m->itemAt(position));
}

QSize LineageView::sizeHint() const
{
    return {720, 480};
}

QSize LineageView::minimumSizeHint() const
{
    return {200, 140};
}

} // namespace helmscope
