// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/redlight.h"

#include <QImage>

#include <algorithm>

namespace helmscope {

bool isRedLit(const Theme &theme)
{
    return theme.key == QLatin1String("dim");
}

namespace {

/// What white becomes, in 256ths: marks are lighter than what they are on.
struct Peak
{
    int red, green, blue;
};
constexpr Peak ofMaps{212, 92, 78}, ofMarks{256, 154, 138};

/// By luma as in Rec. 709: each channel grows with it, never beyond alpha.
QRgb inRed(QRgb colour, const Peak &peak)
{
    const int light = (54 * qRed(colour) + 183 * qGreen(colour) + 19 * qBlue(colour)) >> 8;
    return qRgba(light * peak.red >> 8, light * peak.green >> 8, light * peak.blue >> 8,
                 qAlpha(colour));
}

} // namespace

QRgb reddened(QRgb colour)
{
    return inRed(colour, ofMaps);
}

void redden(QImage &image, bool isOfMarks)
{
    for (int y = 0; y < image.height(); ++y) {
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x)
            if (!isOfMarks)
                line[x] = inRed(line[x], ofMaps);
            else if (qRed(line[x]) < 2 * std::max(qGreen(line[x]), qBlue(line[x])))
                line[x] = inRed(line[x], ofMarks);
    }
}

Colormap inRedLight(Colormap colormap)
{
    return colormap == Colormap::Diverging ? Colormap::Gray : colormap;
}

QColor inkOn(const Theme &theme)
{
    return isRedLit(theme) ? QColor(inRed(qRgb(255, 255, 255), ofMarks)) : QColor(Qt::white);
}

} // namespace helmscope
