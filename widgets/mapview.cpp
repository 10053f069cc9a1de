// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapview.h"

#include "widgets/mapaccess.h"
#include "widgets/mapviewparts.h"
#include "widgets/ticks.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace helmscope {

MapView::MapView(QWidget *parent)
    : QWidget(parent)
    , m(std::make_unique<Parts>(this))
{
    describeViews();
    m->placeholder = tr("A map appears here when there is something to show.");
    m->missingText = tr("not predicted");
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setCursor(Qt::CrossCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setToolTip(tr("Wheel: zoom. Drag: move. Click: pin the cursor. Shift+drag: mark a region.\n"
                  "Keys: 0 whole map, 1 and 2 one or two screen pixels a pixel, + and − zoom,\n"
                  "arrows move the cursor (Shift: by ten), Space clicks, Enter sets the limits."));
    setWhatsThis(toolTip());
}

MapView::~MapView() = default;

void MapView::setMap(Map map)
{
    setMap(std::make_shared<const Map>(std::move(map)));
}

void MapView::setMap(std::shared_ptr<const Map> map)
{
    if (!map || map->size() == 0)
        return clear();
    const bool isOtherSize = m->isOtherSize(*map);
    m->image.setMap(std::move(map));
    m->showNewMap(isOtherSize);
}

void MapView::setPrepared(std::shared_ptr<const PreparedMap> map)
{
    if (!map)
        return clear();
    const bool isOtherSize = m->isOtherSize(*map->map);
    m->image.setPrepared(std::move(map));
    m->showNewMap(isOtherSize);
}

void MapView::setMap(std::shared_ptr<const Map> map, const ColorLimits &limits)
{
    const bool wasLocked = std::exchange(m->isLocked, true);
    m->limits = limits;
    setMap(std::move(map));
    m->isLocked = wasLocked;
}

void MapView::clear()
{
    m->image.setMap(nullptr);
    m->showNewMap(true);
}

bool MapView::isEmpty() const
{
    return !m->image.map();
}

const Map &MapView::map() const
{
    static const Map none;
    return m->image.map() ? *m->image.map() : none;
}

std::shared_ptr<const Map> MapView::sharedMap() const
{
    return m->image.map();
}

QString MapView::unit() const
{
    return m->unit;
}

double MapView::pixelSizeNm() const
{
    return m->isReciprocal ? 0 : m->pixelSizeNm;
}

int MapView::imageRatio() const
{
    return m->ratio;
}

void MapView::setPixelFrequency(double perNm)
{
    m->pixelSizeNm = perNm;
    m->isReciprocal = true;
    update();
}

void MapView::setTitle(const QString &title)
{
    m->title = title;
    setAccessibleName(title);
    update();
}

void MapView::setUnit(const QString &unit)
{
    m->unit = unit;
    update();
}

void MapView::setPlaceholder(const QString &sentence)
{
    m->placeholder = sentence;
    update();
}

QString MapView::placeholder() const
{
    return m->placeholder;
}

void MapView::setMissingText(const QString &text)
{
    m->missingText = text;
    update();
}

void MapView::setPixelSizeNm(double gridPixelSizeNm)
{
    m->pixelSizeNm = gridPixelSizeNm;
    update();
}

void MapView::setImageRatio(int imagePixelsPerGridPixel)
{
    const int ratio = std::max(1, imagePixelsPerGridPixel);
    if (ratio == m->ratio)
        return;
    m->ratio = ratio;
    m->showNewMap(true);
}

void MapView::setBarVisible(bool isVisible)
{
    m->isBarVisible = isVisible;
    m->showRegion();
    m->updateAll();
}

void MapView::setHistogramVisible(bool isVisible)
{
    m->isHistogramVisible = isVisible;
    m->showRegion();
    m->updateAll();
}

void MapView::setHistogramLogarithmic(bool isLogarithmic)
{
    m->isHistogramLogarithmic = isLogarithmic;
    update();
}

void MapView::setBlend(std::shared_ptr<const Map> map, Colormap colormap, const ColorLimits &limits,
                       double opacity)
{
    m->blend.setMap(map && map->size() > 0 ? std::move(map) : nullptr);
    m->blendColormap = colormap;
    m->blendLimits = limits;
    m->blendOpacity = std::clamp(opacity, 0.0, 1.0);
    m->updateAll();
}

void MapView::setColormap(Colormap colormap)
{
    if (m->colormap == colormap)
        return;
    m->colormap = colormap;
    m->updateAll();
}

Colormap MapView::colormap() const
{
    return m->colormap;
}

void MapView::setTone(const Tone &tone)
{
    m->tone = tone;
    m->updateAll();
}

Tone MapView::tone() const
{
    return m->tone;
}

void MapView::setLimits(const ColorLimits &limits)
{
    if (!std::isfinite(limits.low) || !std::isfinite(limits.high) || !(limits.high > limits.low))
        return;
    m->limits = limits;
    m->isLocked = true;
    m->updateAll();
}

void MapView::setLimitsLocked(bool isLocked)
{
    m->isLocked = isLocked;
    m->renewLimits();
    m->updateAll();
}

bool MapView::areLimitsLocked() const
{
    return m->isLocked;
}

ColorLimits MapView::limits() const
{
    return m->limits;
}

void MapView::setOverlay(MapOverlay overlay)
{
    m->overlay = std::move(overlay);
    m->updateOverlay();
}

const MapOverlay &MapView::overlay() const
{
    return m->overlay;
}

void MapView::setOverlayVisible(bool isVisible)
{
    m->isOverlayVisible = isVisible;
    m->updateOverlay();
}

void MapView::setSelectedStep(int number)
{
    if (m->selectedStep == number)
        return;
    m->selectedStep = number;
    m->updateOverlay();
}

void MapView::setCursorPixel(std::optional<Pixel> pixel)
{
    if (pixel && !isEmpty() && !m->hasPixel(*pixel))
        pixel.reset();
    if (m->cursor == pixel)
        return;
    m->cursor = pixel;
    update();
}

std::optional<Pixel> MapView::cursorPixel() const
{
    return m->cursor;
}

void MapView::setPinnedPixel(std::optional<Pixel> pixel)
{
    if (pixel && !isEmpty() && !m->hasPixel(*pixel))
        pixel.reset();
    if (m->pinned == pixel)
        return;
    m->pinned = pixel;
    update();
}

std::optional<Pixel> MapView::pinnedPixel() const
{
    return m->pinned;
}

void MapView::setViewRect(const QRectF &region)
{
    if (isEmpty() || region.isEmpty())
        return;
    const QRectF whole(QPointF(0, 0), m->gridSize());
    m->isFit = region.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(whole);
    m->region = region;
    m->showRegion();
    m->updateAll();
}

QRectF MapView::viewRect() const
{
    return m->toView().inverted().mapRect(m->layout().map);
}

void MapView::fit()
{
    m->isFit = true;
    m->keepInside();
    m->updateAll();
}

bool MapView::isFit() const
{
    return m->isFit;
}

void MapView::setZoom(double devicePixelsPerImagePixel)
{
    if (isEmpty() || !(devicePixelsPerImagePixel > 0))
        return;
    m->isFit = false;
    m->zoom = devicePixelsPerImagePixel * m->ratio / devicePixelRatioF();
    m->keepInside();
    m->region = viewRect();
    m->updateAll();
}

std::optional<Pixel> MapView::pixelAt(const QPointF &position) const
{
    if (isEmpty() || !m->layout().map.contains(position))
        return {};
    const QPointF grid = m->toView().inverted().map(position);
    const Pixel pixel{int(std::floor(grid.y())), int(std::floor(grid.x()))};
    return m->hasPixel(pixel) ? std::optional(pixel) : std::nullopt;
}

QRectF MapView::rectOf(Pixel pixel) const
{
    return m->toView().mapRect(QRectF(pixel.col, pixel.row, 1, 1));
}

QRectF MapView::mapArea() const
{
    return m->layout().map;
}

QString MapView::readOut(Pixel pixel) const
{
    if (!m->hasPixel(pixel))
        return {};
    const int ratio = m->ratio;
    const double value = m->image.map()
                             ->block(pixel.row * ratio, pixel.col * ratio, ratio, ratio)
                             .cast<double>()
                             .mean();
    if (!std::isfinite(value))
        return m->missingText;
    const QString text =
        valueText(value, std::max(std::abs(m->limits.low), std::abs(m->limits.high)));
    return m->unit.isEmpty() ? text : text + ' ' + m->unit;
}

QImage MapView::picture() const
{
    // A grab through the widget itself, with its fonts and at its screen's resolution.
    auto *self = const_cast<MapView *>(this);
    const auto begin = [this](bool isPicture) {
        m->isCursorVisible = !isPicture;
        m->isPicture = isPicture;
        if (isRedLit(m->theme())) { // else they are as on the screen
            m->mapPicture = {};
            m->marksPicture = {};
        }
    };
    begin(true);
    const QImage image = self->grab().toImage();
    begin(false);
    return image;
}

QSize MapView::sizeHint() const
{
    return {360, 360};
}

QSize MapView::minimumSizeHint() const
{
    return {120, 100};
}

void MapView::paintFigure(QPainter &painter, const Theme *theme) const
{
    const auto begin = [this](double ratio, const Theme *colours, const QImage &picture) {
        m->figureRatio = ratio;
        m->figureTheme = colours;
        m->isCursorVisible = ratio == 0;
        m->mapPicture = picture;
    };
    const QImage shown = m->mapPicture; // stays on the screen
    begin(2, theme, {});
    m->paint(painter);
    begin(0, nullptr, shown);
}

void MapView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    m->paint(painter);
}

void MapView::link(const QList<MapView *> &views)
{
    for (MapView *from : views)
        for (MapView *to : views) {
            if (from == to)
                continue;
            to->m->linked << from;
            QObject::connect(from, &MapView::cursorMoved, to, &MapView::setCursorPixel);
            QObject::connect(from, &MapView::pinChanged, to, &MapView::setPinnedPixel);
            QObject::connect(from, &MapView::viewChanged, to, &MapView::setViewRect);
        }
}

void MapView::unlink(const QList<MapView *> &views)
{
    for (MapView *from : views)
        for (MapView *to : views) {
            if (from == to)
                continue;
            to->m->linked.removeAll(from);
            QObject::disconnect(from, nullptr, to, nullptr);
        }
}

void linkMaps(const QList<MapView *> &views)
{
    MapView::link(views);
}

} // namespace helmscope
