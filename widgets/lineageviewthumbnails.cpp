// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures in the boxes of a LineageView: asked for when they can be seen, drawn where there are
// some.
#include "widgets/lineageviewparts.h"
#include "widgets/redlight.h"

#include <algorithm>

namespace helmscope {

namespace {

constexpr qsizetype mostThumbnails = 4000; ///< kept; some 10 kB each
constexpr double besideThumbnail = 4;      ///< at 100 %

} // namespace

bool LineageView::Parts::hasThumbnailRoom(std::size_t item) const
{
    return shown->hasThumbnails && classes[item] != LineageClass::Execution;
}

double LineageView::Parts::thumbnailSide() const
{
    return boxes.empty() ? 0 : boxes.front().height() - 2 * besideThumbnail;
}

QSize LineageView::thumbnailPixels() const
{
    // Sharp at 200 % too.
    const int side = std::max(16, qRound(m->thumbnailSide() * devicePixelRatioF() * 2));
    return {side, side};
}

/// Of a group its last member stands for all.
void LineageView::Parts::wishThumbnails()
{
    if (!shown || !shown->hasThumbnails || detail() == Detail::Mark)
        return;
    const QRectF area = visible();
    std::vector<int> nodes;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        if (const int node = shown->items[i].nodes.back();
            hasThumbnailRoom(i) && boxes[i].intersects(area) && !thumbnails.contains(node))
            nodes.push_back(node);
    if (!nodes.empty())
        emit view->thumbnailsWished(nodes);
}

void LineageView::setThumbnail(int node, const QImage &picture)
{
    if (m->thumbnails.size() >= mostThumbnails)
        m->thumbnails.clear();
    m->thumbnails.insert(node, QPixmap::fromImage(picture));
    const int item = m->itemOf(node);
    if (item < 0 || m->detail() == Parts::Detail::Mark)
        return;
    // The box alone: pictures come while the rest is being painted.
    const double ratio = m->layer.devicePixelRatio();
    const QRectF box = m->rectOfItem(item).translated(m->layerOffset - m->offset);
    m->unpainted +=
        QRectF(box.topLeft() * ratio, box.size() * ratio).toAlignedRect() & m->layer.rect();
    update();
}

void LineageView::Parts::drawThumbnail(QPainter &painter, std::size_t item, Light light) const
{
    const QPixmap picture = thumbnails.value(shown->items[item].nodes.back());
    if (picture.isNull())
        return;
    const double side = thumbnailSide();
    const QRectF place(boxes[item].width() - side - besideThumbnail, besideThumbnail, side, side);
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.setOpacity(light == Light::Dimmed ? 0.3 : 1);
    if (isRedLit(theme())) {
        QImage red = picture.toImage().convertToFormat(QImage::Format_ARGB32_Premultiplied);
        redden(red);
        painter.drawImage(place, red);
    } else {
        painter.drawPixmap(place, picture, QRectF(picture.rect()));
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().border, 1));
    painter.drawRect(place);
    painter.restore();
}

} // namespace helmscope
