// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/scalebar.h"

#include "widgets/theme.h"

#include <QLocale>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

QString numberText(double value)
{
    return QString::number(value, 'g', 6).replace('.', QLocale().decimalPoint());
}

/// "500 pm", "20 nm", "2 µm".
QString lengthText(double nm)
{
    if (nm < 0.9999)
        return numberText(nm * 1e3) + QStringLiteral(" pm");
    if (nm < 999.9)
        return numberText(nm) + QStringLiteral(" nm");
    if (nm < 999.9e3)
        return numberText(nm / 1e3) + QStringLiteral(" µm");
    return numberText(nm / 1e6) + QStringLiteral(" mm");
}

} // namespace

ScaleBar scaleBar(double width, double zoom, double nmPerPixel, bool isReciprocal)
{
    if (!(width > 0) || !(zoom > 0) || !std::isfinite(width / zoom))
        return {};
    const bool isCalibrated = nmPerPixel > 0 && std::isfinite(nmPerPixel);
    const double perUnit = isCalibrated ? zoom / nmPerPixel : zoom; // screen pixels
    const double wanted = std::sqrt(0.2 * 0.25) * width / perUnit;
    // The next longer one once it is nearer on a logarithmic scale.
    double length = std::pow(10.0, std::floor(std::log10(wanted)));
    for (double factor : {10.0, 5.0, 2.0}) {
        const double shorter = factor == 2 ? 1 : factor == 5 ? 2 : 5;
        if (wanted >= length * std::sqrt(factor * shorter)) {
            length *= factor;
            break;
        }
    }
    if (!isCalibrated && length < 1)
        return {}; // a part of a pixel is no length
    if (isCalibrated && isReciprocal)
        return {length * perUnit, numberText(length) + QStringLiteral(" nm⁻¹")};
    return {length * perUnit, isCalibrated
                                  ? lengthText(length)
                                  : QString::number(length, 'f', 0) + QStringLiteral(" px")};
}

void drawScaleBar(QPainter &painter, const QRectF &area, const ScaleBar &bar, const QColor &ink)
{
    if (!(bar.length > 0))
        return;
    const QFont font = textFont(TextSize::Body);
    const QFontMetricsF metrics(font);
    constexpr double margin = 12, thickness = 4, gap = 4;
    const double textWidth = metrics.horizontalAdvance(bar.text);
    if (area.width() < std::max(bar.length, textWidth) + 2 * margin ||
        area.height() < metrics.height() + thickness + gap + 2 * margin)
        return;
    const QRectF line(area.left() + margin, area.bottom() - margin - thickness, bar.length,
                      thickness);
    const double left = std::max(area.left() + margin, line.center().x() - textWidth / 2);
    QPainterPath words;
    words.addText(QPointF(left, line.top() - gap - metrics.descent() / 2), font, bar.text);

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(line.adjusted(-1.5, -1.5, 1.5, 1.5), QColor(0, 0, 0, 190));
    painter.fillRect(line, ink);
    painter.setPen(QPen(QColor(0, 0, 0, 190), 3, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(words);
    painter.fillPath(words, ink);
    painter.restore();
}

} // namespace helmscope
