// SPDX-License-Identifier: GPL-3.0-or-later
// What a spectrum was beyond what was expected of it; and the numbers and lines for a file.
#include "widgets/spectrumviewparts.h"

#include <QPainter>
#include <QPicture>
#include <QToolButton>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace helmscope {

void SpectrumView::setForetold(const EnergyAxis &energies, const Eigen::VectorXf &mean,
                               const Eigen::VectorXf &deviation)
{
    if (mean.size() == 0 || mean.size() != energies.channels() || deviation.size() != mean.size())
        return clearForetold();
    m->foretold = {energies, mean, deviation};
    m->show();
}

void SpectrumView::clearForetold()
{
    m->foretold = {};
    m->show();
}

void SpectrumView::setResidual(bool isResidual)
{
    m->isResidual = isResidual;
    m->residualButton->setChecked(isResidual);
    m->show();
}

bool SpectrumView::isResidual() const
{
    return m->isResidual;
}

Eigen::VectorXf SpectrumView::residual() const
{
    const auto &measured = m->measured, &foretold = m->foretold;
    if (measured.isEmpty() || foretold.isEmpty())
        return {};
    const int channels = foretold.energies.channels();
    const int group = measured.energies.channels() / channels;
    if (group < 1 || measured.energies.binned(group).values.size() != std::size_t(channels))
        return {};
    const double width = group > 0 && measured.energies.channels() > 1
                             ? measured.energies.values[1] - measured.energies.values[0]
                             : 1;
    if (std::abs(measured.energies.binned(group).values.front() -
                 foretold.energies.values.front()) > 0.5 * width)
        return {};
    Eigen::VectorXf residual(channels);
    for (int i = 0; i < channels; ++i)
        residual[i] = measured.counts.segment(i * group, group).mean() - foretold.counts[i];
    return residual;
}

void SpectrumView::Parts::showResidual()
{
    const Eigen::VectorXf residual = view->residual();
    const QVector<double> keys(foretold.energies.values.begin(), foretold.energies.values.end());
    QVector<double> rest, low, high;
    double reach = 0;
    for (Eigen::Index i = 0; i < residual.size(); ++i) {
        const double band = 2 * double(foretold.deviation[i]);
        rest << double(residual[i]);
        low << -band;
        high << band;
        if (std::isfinite(residual[i]))
            reach =
                std::max({reach, std::abs(double(residual[i])), std::isfinite(band) ? band : 0.0});
    }
    lower->setData(keys, low, true);
    upper->setData(keys, high, true);
    counts->setData(keys, rest, true);
    mean->setData(keys, QVector<double>(keys.size(), 0.0), true);
    QCPAxis *y = plot->yAxis;
    y->setScaleType(QCPAxis::stLinear);
    useRoundTicks(y, 4);
    y->setRange(-1.06 * (reach > 0 ? reach : 1), 1.06 * (reach > 0 ? reach : 1));
    y->setLabel(SpectrumView::tr("%1: measured − predicted").arg(intensity));
    replotSoon(plot);
}

std::vector<SpectrumView::NamedCurve> SpectrumView::curves() const
{
    std::vector<NamedCurve> curves;
    const auto add = [&curves](const QString &name, const EnergyAxis &energies,
                               const Eigen::VectorXf &values) {
        if (values.size() > 0 && values.size() == energies.channels() &&
            (curves.empty() || curves.front().energies == energies))
            curves.push_back({name, energies, values});
    };
    add(tr("measured"), m->measured.energies, m->measured.counts);
    add(tr("predicted"), m->predicted.energies, m->predicted.counts);
    add(tr("standard deviation of the prediction"), m->predicted.energies, m->predicted.deviation);
    for (const PinnedSpectrum &each : m->pinned)
        add(tr("row %1, column %2").arg(each.pixel.row).arg(each.pixel.col), each.energies,
            each.counts);
    return curves;
}

void SpectrumView::paintFigure(QPainter &painter) const
{
    // QCustomPlot draws with a painter of its own kind; a picture hands the lines on.
    QPicture picture;
    {
        QCPPainter lines(&picture);
        m->plot->toPainter(&lines, m->plot->width(), m->plot->height());
    }
    painter.fillRect(rect(), themeOf(palette()).panel);
    painter.setPen(themeOf(palette()).text);
    painter.setFont(textFont(TextSize::Body));
    painter.drawText(QRectF(8, 4, width() - 16, 24), Qt::AlignLeft | Qt::AlignTop,
                     accessibleDescription());
    painter.drawPicture(m->plot->mapTo(this, QPoint(0, 0)), picture);
}

} // namespace helmscope
