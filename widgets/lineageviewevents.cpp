// SPDX-License-Identifier: GPL-3.0-or-later
// What the user does to a LineageView.
#include "widgets/lineageviewparts.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double wheelFactor = 1.0015; ///< per eighth of a degree: 1.2 a notch
constexpr double keyFactor = 1.25;
constexpr double panStep = 60;

} // namespace

void LineageView::Parts::select(int item)
{
    const int node = nodeOf(item);
    if (node == selected)
        return;
    view->setSelectedNode(node);
    emit view->nodeSelected(node);
}

/// Zooming comes in many steps: what a pause lasts long enough for is left until there is one.
void LineageView::Parts::zoomByHand(const QPointF &position, double factor)
{
    settle.start();
    zoomAbout(position, factor);
}

void LineageView::Parts::activate(int item)
{
    if (item < 0)
        return;
    const LineagePicture::Item &what = shown->items[std::size_t(item)];
    if (what.isClosedGroup())
        emit view->groupToggled(what.group);
    else
        emit view->nodeActivated(what.nodes[0]);
}

int LineageView::Parts::sibling(int item, int by) const
{
    const int layerOfItem = shown->layout.layers[std::size_t(item)];
    const double y = boxes[std::size_t(item)].y();
    int nearest = -1;
    double least = 0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const double distance = (boxes[i].y() - y) * by;
        if (int(i) != item && shown->layout.layers[i] == layerOfItem && distance > 0 &&
            (nearest < 0 || distance < least)) {
            nearest = int(i);
            least = distance;
        }
    }
    return nearest;
}

void LineageView::Parts::walk(int key)
{
    const int from = itemOf(selected);
    int to = -1;
    if (key == Qt::Key_Up || key == Qt::Key_Down) {
        to = sibling(from, key == Qt::Key_Up ? -1 : 1);
    } else {
        const auto &list = (key == Qt::Key_Left ? parents : children)[std::size_t(from)];
        // Back where one came from, else to the nearest.
        const int last = itemOf(cameFrom);
        const double y = boxes[std::size_t(from)].center().y();
        const auto nearest = std::min_element(list.begin(), list.end(), [this, y](int a, int b) {
            return std::abs(boxes[std::size_t(a)].center().y() - y) <
                   std::abs(boxes[std::size_t(b)].center().y() - y);
        });
        if (std::find(list.begin(), list.end(), last) != list.end())
            to = last;
        else if (nearest != list.end())
            to = *nearest;
    }
    if (to < 0)
        return;
    select(to);
    view->showNode(selected);
}

void LineageView::Parts::describe()
{
    const int item = itemOf(selected);
    if (item < 0) {
        view->setAccessibleDescription(
            shown ? LineageView::tr("%1 boxes, none of them selected").arg(boxes.size())
                  : placeholder);
        return;
    }
    view->setAccessibleDescription(
        LineageView::tr("%1 %2, made from %3, led to %4", "type, name, counts")
            .arg(nodeShownBy(item).type, title(std::size_t(item)))
            .arg(parents[std::size_t(item)].size())
            .arg(children[std::size_t(item)].size()));
}

QString LineageView::Parts::toolTip(int item) const
{
    const LineagePicture::Item &what = shown->items[std::size_t(item)];
    if (what.isClosedGroup()) {
        QStringList names{title(std::size_t(item))};
        for (std::size_t i = 0; i < std::min<std::size_t>(what.nodes.size(), 12); ++i)
            names << "  " + shown->graph->nodes[std::size_t(what.nodes[i])].shortName();
        if (what.nodes.size() > 12)
            names << LineageView::tr("  and %1 more").arg(what.nodes.size() - 12);
        return names.join('\n');
    }
    const LineageNode &node = nodeShownBy(item);
    QStringList lines{node.name.isEmpty() ? node.shortName() : node.name};
    lines << LineageView::tr("%1, number %2", "type, id").arg(node.type).arg(node.id);
    if (!node.stages.isEmpty())
        lines << node.stages.mid(0, 4).join(", ");
    if (node.createdMs > 0)
        lines << timeText(node.createdMs);
    return lines.join('\n');
}

void LineageView::Parts::moveMinimap(const QPointF &position)
{
    const QRectF place = minimap();
    if (place.isNull())
        return;
    const QPointF point((position.x() - place.x()) / place.width() * shown->layout.width,
                        (position.y() - place.y()) / place.height() * shown->layout.height);
    isFit = false;
    setOffset(canvas().center() - point * zoom);
    emit view->viewChanged();
}

void LineageView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        m->mapPicture = {};
        m->stamps.clear();
        std::fill(m->cutTitles.begin(), m->cutTitles.end(), QString());
        m->repaintAll();
    }
    QWidget::changeEvent(event);
}

void LineageView::resizeEvent(QResizeEvent *)
{
    if (m->isFit)
        fit();
    else
        m->setOffset(m->offset);
}

bool LineageView::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const int item = isEmpty() ? -1 : m->itemAt(help->pos());
        if (item < 0)
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), m->toolTip(item), this,
                               m->rectOfItem(item).toAlignedRect());
        return true;
    }
    return QWidget::event(event);
}

void LineageView::mousePressEvent(QMouseEvent *event)
{
    m->pressedAt = m->draggedTo = event->position();
    if (isEmpty())
        return;
    if (event->button() == Qt::MiddleButton) {
        m->drag = Parts::Drag::Pan;
    } else if (event->button() == Qt::LeftButton) {
        const bool isOnMap = m->minimap().contains(event->position());
        m->drag = isOnMap ? Parts::Drag::Minimap : Parts::Drag::Undecided;
        if (isOnMap)
            m->moveMinimap(event->position());
    }
}

void LineageView::mouseMoveEvent(QMouseEvent *event)
{
    using Drag = Parts::Drag;
    const QPointF position = event->position();
    if (m->drag == Drag::None) {
        const bool isOnNode =
            !isEmpty() && !m->minimap().contains(position) && m->itemAt(position) >= 0;
        setCursor(isOnNode ? Qt::PointingHandCursor : Qt::ArrowCursor);
        return;
    }
    if (m->drag == Drag::Undecided &&
        (position - m->pressedAt).manhattanLength() >= QApplication::startDragDistance())
        m->drag = Drag::Pan;
    if (m->drag == Drag::Pan) {
        setCursor(Qt::ClosedHandCursor);
        m->isFit = false;
        m->setOffset(m->offset + position - m->draggedTo);
        m->draggedTo = position;
        emit viewChanged();
    } else if (m->drag == Drag::Minimap) {
        m->moveMinimap(position);
    }
}

void LineageView::mouseReleaseEvent(QMouseEvent *event)
{
    const auto drag = std::exchange(m->drag, Parts::Drag::None);
    unsetCursor();
    if (drag == Parts::Drag::Undecided)
        m->select(m->itemAt(event->position()));
}

void LineageView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (isEmpty() || event->button() != Qt::LeftButton || m->minimap().contains(event->position()))
        return;
    m->activate(m->itemAt(event->position()));
}

void LineageView::wheelEvent(QWheelEvent *event)
{
    if (isEmpty())
        return event->ignore();
    const QPointF delta = event->angleDelta();
    if (event->modifiers() & Qt::ShiftModifier || std::abs(delta.x()) > std::abs(delta.y())) {
        const double by = delta.x() != 0 ? delta.x() : delta.y();
        m->isFit = false;
        m->setOffset(m->offset + QPointF(by / 2, 0));
    } else {
        m->zoomByHand(event->position(), std::pow(wheelFactor, delta.y()));
    }
    emit viewChanged();
}

void LineageView::keyPressEvent(QKeyEvent *event)
{
    if (isEmpty() || event->modifiers() & (Qt::AltModifier | Qt::ControlModifier))
        return QWidget::keyPressEvent(event);
    const int item = m->itemOf(m->selected);
    const QPointF about = item >= 0 ? m->rectOfItem(item).center() : m->canvas().center();
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down: {
        if (item >= 0 && !(event->modifiers() & Qt::ShiftModifier))
            return m->walk(event->key());
        const int key = event->key();
        m->isFit = false;
        m->setOffset(m->offset + QPointF(key == Qt::Key_Left    ? panStep
                                         : key == Qt::Key_Right ? -panStep
                                                                : 0,
                                         key == Qt::Key_Up     ? panStep
                                         : key == Qt::Key_Down ? -panStep
                                                               : 0));
        break;
    }
    case Qt::Key_Enter:
    case Qt::Key_Return:
        return m->activate(item);
    case Qt::Key_G:
        if (item >= 0 && m->shown->items[std::size_t(item)].group >= 0)
            emit groupToggled(m->shown->items[std::size_t(item)].group);
        return;
    case Qt::Key_Home: {
        const auto first = std::min_element(
            m->boxes.begin(), m->boxes.end(), [](const QRectF &a, const QRectF &b) {
                return std::pair(a.x(), a.y()) < std::pair(b.x(), b.y());
            });
        m->select(int(first - m->boxes.begin()));
        return showNode(m->selected);
    }
    case Qt::Key_Escape:
        m->select(-1);
        return event->ignore(); // it may mean more to the window
    case Qt::Key_0:
        fit();
        break;
    case Qt::Key_1:
        m->zoomAbout(about, 1 / m->zoom);
        if (item >= 0)
            showNode(m->selected);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        m->zoomByHand(about, keyFactor);
        break;
    case Qt::Key_Minus:
        m->zoomByHand(about, 1 / keyFactor);
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    emit viewChanged();
}

void LineageView::contextMenuEvent(QContextMenuEvent *event)
{
    const bool isByMouse = event->reason() == QContextMenuEvent::Mouse;
    const int item = isEmpty() ? -1 : isByMouse ? m->itemAt(event->pos()) : m->itemOf(m->selected);
    if (item >= 0)
        m->select(item);
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    emit menuRequested(menu, m->nodeOf(item));
    m->fillMenu(menu, item);
    menu->popup(isByMouse || item < 0 ? event->globalPos()
                                      : mapToGlobal(m->rectOfItem(item).center().toPoint()));
}

void LineageView::Parts::fillMenu(QMenu *menu, int item)
{
    if (!shown)
        return;
    if (!menu->isEmpty())
        menu->addSeparator();
    if (item >= 0 && shown->items[std::size_t(item)].group >= 0) {
        const LineagePicture::Item what = shown->items[std::size_t(item)];
        menu->addAction(what.isClosedGroup() ? LineageView::tr("Open the &group")
                                             : LineageView::tr("Close the &group"),
                        view, [this, what] { emit view->groupToggled(what.group); });
    }
    menu->addAction(icon("fit"), LineageView::tr("Show the &whole graph"), view, [this] {
        view->fit();
        emit view->viewChanged();
    });
    menu->addAction(icon("one-to-one"), LineageView::tr("&100 %"), view, [this] {
        view->setZoom(1);
        view->showNode(selected);
        emit view->viewChanged();
    });
}

} // namespace helmscope
