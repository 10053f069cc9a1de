// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/bandeditor.h"

#include "base/tr.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double reach = 6; ///< screen pixels around an edge that still take hold of it

using Which = BandEditor::Which;

const Band *bandOf(const Scalarizer &scalarizer, Which which)
{
    switch (which) {
    case Which::Band:
        return &scalarizer.band;
    case Which::Second:
        return scalarizer.kind == Scalarizer::Kind::BandRatio ? &scalarizer.second : nullptr;
    case Which::Background:
        break;
    }
    return scalarizer.background != Scalarizer::Background::None ? &scalarizer.backgroundWindow
                                                                 : nullptr;
}

QString labelOf(const Scalarizer &scalarizer, Which which)
{
    if (which == Which::Background)
        return Tr::tr("background");
    if (which == Which::Second)
        return Tr::tr("divided by");
    return scalarizer.kind == Scalarizer::Kind::PeakHeight   ? Tr::tr("peak height")
           : scalarizer.kind == Scalarizer::Kind::PeakEnergy ? Tr::tr("peak energy")
           : scalarizer.kind == Scalarizer::Kind::BandRatio  ? Tr::tr("band")
                                                             : Tr::tr("mean");
}

void setEnds(QCPItemPosition *position, double x, double y)
{
    position->setTypeX(QCPItemPosition::ptPlotCoords);
    position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    position->setCoords(x, y);
}

} // namespace

BandEditor::BandEditor(QCustomPlot *plot)
    : m_plot(plot)
{
    for (Interval &interval : m_intervals) {
        interval.area = new QCPItemRect(plot);
        interval.low = new QCPItemLine(plot);
        interval.high = new QCPItemLine(plot);
        interval.label = new QCPItemText(plot);
        interval.label->setPositionAlignment(Qt::AlignHCenter | Qt::AlignTop);
        interval.label->setPadding(QMargins(3, 1, 3, 1));
        for (QCPAbstractItem *item : std::initializer_list<QCPAbstractItem *>{
                 interval.area, interval.low, interval.high, interval.label})
            item->setSelectable(false);
    }
    place();
    QObject::connect(plot->xAxis, qOverload<const QCPRange &>(&QCPAxis::rangeChanged), plot,
                     [this] { placeLabels(); });
    QObject::connect(plot, &QCustomPlot::afterLayout, plot, [this] { placeLabels(); });
}

void BandEditor::placeLabels()
{
    const double line = QFontMetricsF(textFont(TextSize::Small)).height() + 3;
    const QRect axes = m_plot->axisRect()->rect();
    for (std::size_t i = 0; i < m_intervals.size(); ++i) {
        const Band *band = m_scalarizer ? bandOf(*m_scalarizer, Which(i)) : nullptr;
        if (!band || axes.width() <= 0)
            continue;
        QCPItemText *label = m_intervals[i].label;
        const double half = QFontMetricsF(label->font()).horizontalAdvance(label->text()) / 2 + 4;
        const double low = m_plot->xAxis->coordToPixel(band->low),
                     high = m_plot->xAxis->coordToPixel(band->high);
        // The middle of what is seen of the band; of a narrow one beside it, where it hides no
        // peak.
        const double seenLow = std::max<double>(low, axes.left()),
                     seenHigh = std::min<double>(high, axes.right());
        double middle = (seenLow + seenHigh) / 2;
        if (axes.width() > 2 * half && high > axes.left() && low < axes.right()) {
            constexpr double gap = 3;
            if (seenHigh - seenLow < 2 * half)
                middle = seenHigh + gap + 2 * half <= axes.right() ? seenHigh + gap + half
                                                                   : seenLow - gap - half;
            middle = std::clamp(middle, axes.left() + half, axes.right() - half);
        } else {
            middle = (low + high) / 2;
        }
        // A line each, so that neighbouring bands' words do not meet.
        setEnds(label->position, m_plot->xAxis->pixelToCoord(middle),
                (2 + line * double(i)) / std::max(1, axes.height()));
    }
}

void BandEditor::setEnergies(const EnergyAxis &energies)
{
    m_energies = energies.values;
}

void BandEditor::setScalarizer(std::optional<Scalarizer> scalarizer)
{
    m_scalarizer = std::move(scalarizer);
    place();
}

void BandEditor::setTheme(const Theme &theme)
{
    constexpr std::array<Qt::PenStyle, 3> styles{Qt::SolidLine, Qt::DashLine, Qt::DotLine};
    for (std::size_t i = 0; i < m_intervals.size(); ++i) {
        const Interval &interval = m_intervals[i];
        const QColor colour = i == 0 ? theme.accent : theme.quietText;
        QColor fill = colour;
        fill.setAlphaF(i == 0 ? 0.20F : 0.13F);
        interval.area->setPen(Qt::NoPen);
        interval.area->setBrush(fill);
        for (QCPItemLine *edge : {interval.low, interval.high})
            edge->setPen(QPen(colour, 2, styles[i]));
        QColor behind = theme.plot;
        behind.setAlphaF(0.75F);
        interval.label->setBrush(behind);
        interval.label->setColor(i == 0 ? theme.text : theme.quietText);
        interval.label->setFont(textFont(TextSize::Small));
    }
    place();
}

void BandEditor::place()
{
    for (std::size_t i = 0; i < m_intervals.size(); ++i) {
        const Interval &interval = m_intervals[i];
        const auto which = Which(i);
        const Band *band = m_scalarizer ? bandOf(*m_scalarizer, which) : nullptr;
        for (QCPAbstractItem *item : std::initializer_list<QCPAbstractItem *>{
                 interval.area, interval.low, interval.high, interval.label})
            item->setVisible(band != nullptr);
        if (!band)
            continue;
        setEnds(interval.area->topLeft, band->low, 0);
        setEnds(interval.area->bottomRight, band->high, 1);
        setEnds(interval.low->start, band->low, 0);
        setEnds(interval.low->end, band->low, 1);
        setEnds(interval.high->start, band->high, 0);
        setEnds(interval.high->end, band->high, 1);
        interval.label->setText(labelOf(*m_scalarizer, which));
    }
    placeLabels();
}

std::optional<BandEditor::Grip> BandEditor::gripAt(const QPointF &position) const
{
    if (!m_scalarizer || !m_plot->axisRect()->rect().contains(position.toPoint()))
        return {};
    const auto pixel = [this](double energy) { return m_plot->xAxis->coordToPixel(energy); };
    std::optional<Grip> nearest;
    double distance = reach;
    for (Which which : {Which::Band, Which::Second, Which::Background})
        if (const Band *band = bandOf(*m_scalarizer, which))
            for (Part part : {Part::Low, Part::High}) {
                const double away =
                    std::abs(pixel(part == Part::Low ? band->low : band->high) - position.x());
                if (away < distance) {
                    distance = away;
                    nearest = Grip{which, part};
                }
            }
    for (Which which : {Which::Band, Which::Second, Which::Background})
        if (const Band *band = bandOf(*m_scalarizer, which); band && !nearest)
            if (position.x() > pixel(band->low) && position.x() < pixel(band->high))
                nearest = Grip{which, Part::Whole};
    return nearest;
}

double BandEditor::channelWidth() const
{
    return m_energies.size() > 1
               ? (m_energies.back() - m_energies.front()) / double(m_energies.size() - 1)
               : 0;
}

Scalarizer BandEditor::dragged(const Scalarizer &from, const Grip &grip, double shift) const
{
    Scalarizer result = from;
    const Band *old = bandOf(from, grip.which);
    if (!old || m_energies.size() < 2 || !std::isfinite(shift))
        return result;
    // Edges between channels, in numbers a person would write, not those of the mouse.
    EnergyAxis axis;
    axis.values = m_energies;
    const int channels = axis.channels();
    const BandChannels were = channelsOf(*old, axis);
    if (were.count < 1)
        return result;
    const auto shifted = [&](int channel) { // the one nearest to where it has come
        const double energy = m_energies[std::size_t(channel)] + shift;
        const auto above = std::lower_bound(m_energies.begin(), m_energies.end(), energy);
        if (above == m_energies.begin())
            return 0;
        if (above == m_energies.end())
            return channels - 1;
        return int(above - m_energies.begin()) - (energy - *(above - 1) < *above - energy);
    };
    const int end = were.first + were.count;
    Band band = *old;
    if (grip.part == Part::Whole) { // as many channels as before, whatever lies at its edges
        const int first = std::min(shifted(were.first), channels - were.count);
        if (first != were.first)
            band = bandOf({first, were.count}, axis);
    } else if (grip.part == Part::Low) {
        const int first = std::min(shifted(were.first), end - 1);
        if (first != were.first)
            band.low = std::min(bandOf({first, end - first}, axis).low, band.high);
    } else {
        const int last = std::max(shifted(end - 1), were.first);
        if (last != end - 1)
            band.high = std::max(bandOf({were.first, last + 1 - were.first}, axis).high, band.low);
    }
    switch (grip.which) {
    case Which::Band:
        result.band = band;
        break;
    case Which::Second:
        result.second = band;
        break;
    case Which::Background:
        result.backgroundWindow = band;
        break;
    }
    return result;
}

} // namespace helmscope
