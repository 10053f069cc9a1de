// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/figurefile.h"

#include "base/error.h"
#include "base/tr.h"
#include "widgets/paintrecord.h"

#include <QFileInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace helmscope {

namespace {

constexpr int pointsPerInch = 72;
constexpr double painted = 0.5; ///< the fraction of the work that is painting; the rest is encoding

void failStopped()
{
    fail(Tr::tr("Stopped."));
}

/// Takes no more bytes once the job is stopped: encoders then give up.
class FigureFile final : public QSaveFile
{
public:
    FigureFile(const QString &file, const Progress &progress)
        : QSaveFile(file)
        , m_progress(progress)
    {
    }
    bool isStopped() const { return m_isStopped; }

protected:
    qint64 writeData(const char *bytes, qint64 count) override
    {
        m_isStopped = m_isStopped || !m_progress(painted);
        return m_isStopped ? -1 : QSaveFile::writeData(bytes, count);
    }

private:
    const Progress &m_progress;
    bool m_isStopped = false;
};

void paint(QPainter &painter, const PaintRecord &figure, const Progress &progress, double share)
{
    const bool isWhole =
        figure.paint(painter, [&](double fraction) { return progress(share * fraction); });
    painter.end();
    if (!isWhole)
        failStopped();
}

void writeSvg(QIODevice &out, const PaintRecord &figure, const Progress &progress)
{
    QSvgGenerator svg;
    svg.setOutputDevice(&out);
    svg.setSize(figure.size());
    svg.setViewBox(QRect(QPoint(0, 0), figure.size()));
    svg.setTitle("Helmscope");
    QPainter painter(&svg);
    painter.fillRect(QRect(QPoint(0, 0), figure.size()), Qt::white);
    paint(painter, figure, progress, 1);
}

void writePdf(QIODevice &out, const PaintRecord &figure, const Progress &progress)
{
    QPdfWriter pdf(&out);
    pdf.setCreator("Helmscope");
    pdf.setResolution(pointsPerInch);
    pdf.setPageMargins({});
    pdf.setPageSize(QPageSize(QSizeF(figure.size()), QPageSize::Point, {}, QPageSize::ExactMatch));
    QPainter painter(&pdf);
    paint(painter, figure, progress, 1);
}

bool hasSuffix(const QString &file, const char *suffix)
{
    return QFileInfo(file).suffix().compare(QLatin1String(suffix), Qt::CaseInsensitive) == 0;
}

} // namespace

void requireFigureName(const QString &file)
{
    for (const char *suffix : {"svg", "pdf", "png"})
        if (hasSuffix(file, suffix))
            return;
    fail(Tr::tr("Cannot write the figure %1: its name must end in .svg, .pdf or .png.").arg(file));
}

void saveFigure(const QString &file, const PaintRecord &figure, const Progress &progress)
{
    requireFigureName(file);
    FigureFile out(file, progress);
    bool isWritten = out.open(QIODevice::WriteOnly);
    if (isWritten && hasSuffix(file, "svg"))
        writeSvg(out, figure, progress);
    else if (isWritten && hasSuffix(file, "pdf"))
        writePdf(out, figure, progress);
    else if (isWritten)
        isWritten = pixelsOf(figure, Qt::white, progress).save(&out, "PNG");
    if (out.isStopped())
        failStopped();
    // Not opened, or an encoder that failed: what was there before stays.
    if (!isWritten || out.pos() == 0 || !out.commit())
        fail(Tr::tr("Cannot write the figure %1: is the folder there and writable?").arg(file));
}

QImage pixelsOf(const PaintRecord &figure, const QColor &background, const Progress &progress)
{
    constexpr int finer = 2;
    QImage image(figure.size() * finer, QImage::Format_RGB32);
    if (image.isNull())
        fail(Tr::tr("There is not enough memory for a picture of %1 × %2 pixels.")
                 .arg(figure.size().width() * finer)
                 .arg(figure.size().height() * finer));
    image.setDevicePixelRatio(finer);
    image.fill(background);
    QPainter painter(&image);
    paint(painter, figure, progress, painted);
    return image;
}

QString figureNameFilter()
{
    return Tr::tr("Figures (*.svg *.pdf *.png)");
}

} // namespace helmscope
