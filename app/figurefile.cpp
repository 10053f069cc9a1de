// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/figurefile.h"

#include "base/error.h"
#include "base/tr.h"

#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace helmscope {

namespace {

constexpr int pointsPerInch = 72;

QByteArray asSvg(const QSize &size, const std::function<void(QPainter &)> &paint)
{
    QBuffer buffer;
    QSvgGenerator svg;
    svg.setOutputDevice(&buffer);
    svg.setSize(size);
    svg.setViewBox(QRect(QPoint(0, 0), size));
    svg.setTitle("Helmscope");
    QPainter painter(&svg);
    painter.fillRect(QRect(QPoint(0, 0), size), Qt::white);
    paint(painter);
    painter.end();
    return buffer.data();
}

QByteArray asPdf(const QSize &size, const std::function<void(QPainter &)> &paint)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter pdf(&buffer);
        pdf.setCreator("Helmscope");
        pdf.setResolution(pointsPerInch);
        pdf.setPageMargins({});
        pdf.setPageSize(QPageSize(QSizeF(size), QPageSize::Point, {}, QPageSize::ExactMatch));
        QPainter painter(&pdf);
        paint(painter);
    }
    return buffer.data();
}

QByteArray asPng(const QSize &size, const std::function<void(QPainter &)> &paint)
{
    QImage image(size * 2, QImage::Format_RGB32);
    if (image.isNull())
        return {};
    image.setDevicePixelRatio(2);
    image.fill(Qt::white);
    {
        QPainter painter(&image);
        paint(painter);
    }
    QBuffer buffer;
    image.save(&buffer, "PNG");
    return buffer.data();
}

} // namespace

void saveFigure(const QString &file, const QSize &size,
                const std::function<void(QPainter &)> &paint)
{
    const QString suffix = QFileInfo(file).suffix().toLower();
    QByteArray bytes;
    if (suffix == QLatin1String("svg"))
        bytes = asSvg(size, paint);
    else if (suffix == QLatin1String("pdf"))
        bytes = asPdf(size, paint);
    else if (suffix == QLatin1String("png"))
        bytes = asPng(size, paint);
    else
        fail(Tr::tr("Cannot write the figure %1: its name must end in .svg, .pdf or .png.")
                 .arg(file));
    QSaveFile out(file);
    if (bytes.isEmpty() || !out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() ||
        !out.commit())
        fail(Tr::tr("Cannot write the figure %1: is the folder there and writable?").arg(file));
}

QString figureNameFilter()
{
    return Tr::tr("Figures (*.svg *.pdf *.png)");
}

} // namespace helmscope
