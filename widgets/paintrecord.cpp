// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/paintrecord.h"

#include <QImage>
#include <QPaintEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

#include <cmath>

namespace helmscope {

namespace {

/// The screen's, which words are measured with.
int screenDpi()
{
    static const int dpi = QImage(1, 1, QImage::Format_RGB32).logicalDpiY();
    return dpi;
}

/// A pixmap belongs to the window's thread.
QBrush withImage(QBrush brush)
{
    if (brush.style() == Qt::TexturePattern)
        brush.setTextureImage(brush.textureImage());
    return brush;
}

QPen withImage(QPen pen)
{
    if (pen.brush().style() == Qt::TexturePattern)
        pen.setBrush(withImage(pen.brush()));
    return pen;
}

} // namespace

struct PaintRecord::Target
{
    QPainter &painter;
    double fontFactor; ///< the screen's dots per inch to the device's

    void setFont(QFont font) const
    {
        if (font.pointSizeF() > 0)
            font.setPointSizeF(font.pointSizeF() * fontFactor);
        // They come as lines of their own.
        font.setUnderline(false);
        font.setStrikeOut(false);
        font.setOverline(false);
        painter.setFont(font);
    }
};

class PaintRecord::Engine final : public QPaintEngine
{
public:
    explicit Engine(PaintRecord *record)
        : QPaintEngine(AllFeatures)
        , m_record(record)
    {
    }

    Type type() const override { return User; }

    bool begin(QPaintDevice *) override
    {
        // What the painter before has set goes.
        add([](const Target &to) {
            to.painter.restore();
            to.painter.save();
        });
        return true;
    }
    bool end() override { return true; }

    void updateState(const QPaintEngineState &now) override
    {
        const DirtyFlags changed = now.state();
        if (changed & DirtyTransform) {
            // The device's own fineness is for those who paint pixels.
            const double scale = 1 / m_record->m_ratio;
            set<&QPainter::setTransform>(now.transform() * QTransform::fromScale(scale, scale),
                                         false);
        }
        if (changed & DirtyPen)
            add([pen = withImage(now.pen())](const Target &to) { to.painter.setPen(pen); });
        if (changed & DirtyBrush)
            add([brush = withImage(now.brush())](const Target &to) { to.painter.setBrush(brush); });
        if (changed & DirtyBrushOrigin)
            add([origin = now.brushOrigin()](const Target &to) {
                to.painter.setBrushOrigin(origin);
            });
        if (changed & DirtyFont)
            add([font = now.font()](const Target &to) { to.setFont(font); });
        if (changed & DirtyBackground)
            add([brush = withImage(now.backgroundBrush())](const Target &to) {
                to.painter.setBackground(brush);
            });
        if (changed & DirtyBackgroundMode)
            set<&QPainter::setBackgroundMode>(now.backgroundMode());
        if (changed & DirtyClipRegion)
            set<&QPainter::setClipRegion>(now.clipRegion(), now.clipOperation());
        if (changed & DirtyClipPath)
            set<&QPainter::setClipPath>(now.clipPath(), now.clipOperation());
        if (changed & DirtyClipEnabled)
            set<&QPainter::setClipping>(now.isClipEnabled());
        if (changed & DirtyHints)
            add([hints = now.renderHints()](const Target &to) {
                to.painter.setRenderHints(to.painter.renderHints(), false);
                to.painter.setRenderHints(hints);
            });
        if (changed & DirtyCompositionMode)
            set<&QPainter::setCompositionMode>(now.compositionMode());
        if (changed & DirtyOpacity)
            set<&QPainter::setOpacity>(now.opacity());
    }

    void drawRects(const QRectF *rects, int count) override
    {
        add([list = QList<QRectF>(rects, rects + count)](const Target &to) {
            to.painter.drawRects(list);
        });
    }
    void drawLines(const QLineF *lines, int count) override
    {
        add([list = QList<QLineF>(lines, lines + count)](const Target &to) {
            to.painter.drawLines(list);
        });
    }
    void drawPath(const QPainterPath &path) override
    {
        add([path](const Target &to) { to.painter.drawPath(path); });
    }
    void drawPolygon(const QPointF *points, int count, PolygonDrawMode mode) override
    {
        add([polygon = QPolygonF(QList<QPointF>(points, points + count)), mode](const Target &to) {
            if (mode == PolylineMode)
                to.painter.drawPolyline(polygon);
            else
                to.painter.drawPolygon(polygon,
                                       mode == WindingMode ? Qt::WindingFill : Qt::OddEvenFill);
        });
    }
    void drawPixmap(const QRectF &place, const QPixmap &pixmap, const QRectF &part) override
    {
        drawImage(place, pixmap.toImage(), part, Qt::AutoColor);
    }
    void drawImage(const QRectF &place, const QImage &image, const QRectF &part,
                   Qt::ImageConversionFlags flags) override
    {
        add([=](const Target &to) { to.painter.drawImage(place, image, part, flags); });
    }
    void drawTextItem(const QPointF &at, const QTextItem &item) override
    {
        const auto direction =
            item.renderFlags() & QTextItem::RightToLeft ? Qt::RightToLeft : Qt::LeftToRight;
        add([at, direction, font = item.font(), text = item.text()](const Target &to) {
            const QFont before = to.painter.font();
            const Qt::LayoutDirection around = to.painter.layoutDirection();
            to.setFont(font);
            to.painter.setLayoutDirection(direction);
            to.painter.drawText(at, text);
            to.painter.setLayoutDirection(around);
            to.painter.setFont(before);
        });
    }

private:
    void add(Command command) { m_record->m_commands.push_back(std::move(command)); }
    template <auto setter, class... Values>
    void set(Values... values)
    {
        add([values...](const Target &to) { (to.painter.*setter)(values...); });
    }

    PaintRecord *m_record;
};

PaintRecord::PaintRecord(const QSize &size, double ratio)
    : m_size(size)
    , m_ratio(ratio)
    , m_engine(std::make_unique<Engine>(this))
{
}

PaintRecord::~PaintRecord() = default;

bool PaintRecord::paint(QPainter &painter, const std::function<bool(double)> &isWanted) const
{
    constexpr std::size_t between = 64;
    const Target target{painter, double(screenDpi()) / painter.device()->logicalDpiY()};
    painter.save();
    bool isWhole = true;
    for (std::size_t i = 0; i < m_commands.size() && isWhole; ++i) {
        m_commands[i](target);
        if (isWanted && i % between == 0)
            isWhole = isWanted(double(i) / double(m_commands.size()));
    }
    painter.restore();
    return isWhole;
}

QPaintEngine *PaintRecord::paintEngine() const
{
    return m_engine.get();
}

int PaintRecord::metric(PaintDeviceMetric which) const
{
    constexpr double millimetresPerInch = 25.4;
    switch (which) {
    case PdmWidth:
        return int(std::lround(m_size.width() * m_ratio));
    case PdmHeight:
        return int(std::lround(m_size.height() * m_ratio));
    case PdmWidthMM:
        return int(std::lround(m_size.width() * millimetresPerInch / screenDpi()));
    case PdmHeightMM:
        return int(std::lround(m_size.height() * millimetresPerInch / screenDpi()));
    case PdmNumColors:
        return 0;
    case PdmDepth:
        return 32;
    case PdmDpiX:
    case PdmDpiY:
    case PdmPhysicalDpiX:
    case PdmPhysicalDpiY:
        return screenDpi();
    case PdmDevicePixelRatio:
        return int(std::ceil(m_ratio));
    case PdmDevicePixelRatioScaled:
        return int(std::lround(m_ratio * devicePixelRatioFScale()));
    default: // what later versions of Qt ask
        return QPaintDevice::metric(which);
    }
}

} // namespace helmscope
