// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plotstyle.h"

#include "widgets/ticks.h"

#include <QPainter>
#include <QTimer>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

class RoundTicker final : public QCPAxisTicker
{
public:
    explicit RoundTicker(const QCPAxis *axis) // which owns this
        : m_axis(axis)
    {
    }

protected:
    double getTickStep(const QCPRange &range) override
    {
        const double largest = std::max(std::abs(range.lower), std::abs(range.upper));
        double step = QCPAxisTicker::getTickStep(range);
        m_format = numberFormat(largest, step);
        if (m_axis->orientation() != Qt::Horizontal)
            return step;
        // Numbers beside each other must have room.
        const QFontMetrics metrics(m_axis->tickLabelFont());
        const int room = std::max(m_axis->axisRect()->width(), 1);
        for (int i = 0; i < 12; ++i) {
            const int wide = metrics.horizontalAdvance(m_format.text(largest)) + 8;
            if (range.size() / step * wide <= room)
                break;
            step = cleanMantissa(step * 1.6);
            m_format = numberFormat(largest, step);
        }
        return step;
    }

    QString getTickLabel(double tick, const QLocale &, QChar, int) override
    {
        if (m_format.exponent == 0)
            return m_format.text(tick);
        // Too long in full, and there is no room for a common power.
        return tick == 0 ? QStringLiteral("0")
                         : QString::number(tick, 'e', 1).replace('-', QChar(0x2212));
    }

private:
    const QCPAxis *m_axis;
    NumberFormat m_format;
};

} // namespace

void useRoundTicks(QCPAxis *axis, int count)
{
    const auto ticker = QSharedPointer<RoundTicker>::create(axis);
    ticker->setTickCount(count);
    axis->setTicker(ticker);
}

void styleAxes(QCPAxisRect *axes, const Theme &theme)
{
    axes->setBackground(theme.plot);
    const QFont font = textFont(TextSize::Small);
    for (QCPAxis *axis : axes->axes()) {
        const bool isShown =
            axis->axisType() == QCPAxis::atLeft || axis->axisType() == QCPAxis::atBottom;
        axis->setVisible(isShown);
        const QPen pen(theme.border, 1);
        axis->setBasePen(pen);
        axis->setTickPen(pen);
        axis->setSubTickPen(pen);
        axis->setTickLabelFont(font);
        axis->setTickLabelColor(theme.text);
        axis->setLabelFont(font);
        axis->setLabelColor(theme.quietText);
        axis->setTickLength(0, 4);
        axis->setSubTickLength(0, 2);
        axis->setTickLabelPadding(4);
        axis->setLabelPadding(4);
        axis->grid()->setPen(QPen(theme.grid, 1));
        axis->grid()->setZeroLinePen(QPen(theme.grid, 1));
        axis->grid()->setSubGridVisible(false);
    }
}

void stylePlot(QCustomPlot *plot, const Theme &theme)
{
    // With all else that has changed: at once, it would paint the whole window for each plot.
    plot->setPlottingHint(QCP::phImmediateRefresh, false);
    plot->setBackground(QBrush(theme.window));
    for (QCPAxisRect *axes : plot->axisRects())
        styleAxes(axes, theme);
}

void replotSoon(QCustomPlot *plot)
{
    const QString name = QStringLiteral("replotSoon");
    auto *timer = plot->findChild<QTimer *>(name, Qt::FindDirectChildrenOnly);
    if (!timer) {
        timer = new QTimer(plot);
        timer->setObjectName(name);
        timer->setSingleShot(true);
        timer->setInterval(12);
        QObject::connect(timer, &QTimer::timeout, plot,
                         [plot] { plot->replot(QCustomPlot::rpRefreshHint); });
    }
    if (!timer->isActive())
        timer->start();
}

TitleLine::TitleLine(QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void TitleLine::setTitle(const QString &title)
{
    m_title = title;
    update();
}

void TitleLine::setReadOut(const QString &text)
{
    m_readOut = text;
    update();
}

QSize TitleLine::sizeHint() const
{
    return {0, int(std::ceil(QFontMetricsF(textFont(TextSize::Body)).height()))};
}

void TitleLine::paintEvent(QPaintEvent *)
{
    const Theme &theme = themeOf(palette());
    const QFont font = textFont(TextSize::Body);
    const QFontMetricsF metrics(font);
    QPainter painter(this);
    painter.setFont(font);
    const double space = 16;
    // The title keeps a part of the line, the read-out the rest.
    const double wanted = metrics.horizontalAdvance(m_readOut);
    const double readOut = std::min(
        wanted, std::max(0.6 * width(), width() - space - metrics.horizontalAdvance(m_title)));
    painter.setPen(theme.quietText);
    painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter,
                     metrics.elidedText(m_readOut, Qt::ElideLeft, readOut + 1));
    painter.setPen(theme.text);
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(m_title, Qt::ElideRight,
                                        m_readOut.isEmpty() ? width() : width() - readOut - space));
}

void Placeholder::setSentence(const QString &sentence)
{
    m_sentence = sentence;
    update();
}

void Placeholder::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setFont(textFont(TextSize::Body));
    painter.setPen(themeOf(palette()).quietText);
    painter.drawText(rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap,
                     m_sentence);
}

} // namespace helmscope
