// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plotstyle.h"

#include "widgets/ticks.h"

#include <QPainter>
#include <QStackedLayout>
#include <QTimer>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace helmscope {

namespace {

class RoundTicker final : public QCPAxisTicker
{
public:
    explicit RoundTicker(const QCPAxis *axis) // which owns this
        : m_axis(axis)
    {
    }

    /// The axis has become wider or narrower since its numbers were chosen.
    bool isOutdated() const { return m_room > 0 && m_room != m_axis->axisRect()->width(); }

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
        const int room = m_room = std::max(m_axis->axisRect()->width(), 1);
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
    int m_room = 0; ///< pixels the numbers were chosen for
};

} // namespace

void useRoundTicks(QCPAxis *axis, int count)
{
    const auto ticker = QSharedPointer<RoundTicker>::create(axis);
    ticker->setTickCount(count);
    axis->setTicker(ticker);
    if (axis->orientation() != Qt::Horizontal)
        return;
    // Numbers are chosen before the axes get their places: of a plot that is drawn once, or has
    // just been resized, for the wrong width.
    QObject::connect(axis->parentPlot(), &QCustomPlot::afterLayout, axis,
                     [axis, chosen = ticker.data()] {
                         if (axis->ticker().data() == chosen && chosen->isOutdated())
                             axis->axisRect()->update(QCPLayoutElement::upPreparation);
                     });
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

namespace {

/// True once in a turn of the event loop: plots that were all changed together, or resized by a
/// layout, would hold the window for as long as all of them take.
bool takeTurn()
{
    static bool isTaken = false;
    if (isTaken)
        return false;
    isTaken = true;
    QTimer::singleShot(0, qApp, [] { isTaken = false; });
    return true;
}

/// Plots one plot anew when that is asked for, or its size has changed; one that cannot be seen
/// waits until it is.
class Replotting final : public QTimer
{
public:
    /// Of this plot; made when first asked for.
    static Replotting *of(QCustomPlot *plot)
    {
        auto *found = plot->findChild<QTimer *>(name(), Qt::FindDirectChildrenOnly);
        return found ? static_cast<Replotting *>(found) : new Replotting(plot);
    }

    void soon()
    {
        if (isActive())
            return;
        m_isDue = false;
        start(pause);
    }

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Paint && m_plot->visibleRegion().isEmpty()) {
            // Onto a picture, which will not be painted again.
            if (std::exchange(m_isAwaited, false) || isActive()) {
                stop();
                m_plot->replot(QCustomPlot::rpQueuedRefresh);
            }
        } else if (event->type() == QEvent::Paint && std::exchange(m_isAwaited, false)) {
            soon(); // not within the painting of all that came into sight with it
        }
        if (event->type() == QEvent::Resize) {
            // In place of its own answer, which would plot at once, for each step of a layout.
            m_plot->setViewport(m_plot->rect());
            soon();
            return true;
        }
        return QTimer::eventFilter(watched, event);
    }

private:
    static constexpr int pause = 12; ///< ms, for whatever else changes meanwhile

    static QString name() { return QStringLiteral("replotSoon"); }
    explicit Replotting(QCustomPlot *plot)
        : QTimer(plot)
        , m_plot(plot)
    {
        setObjectName(name());
        setSingleShot(true);
        connect(this, &QTimer::timeout, this, &Replotting::plotInTurn);
        plot->installEventFilter(this);
    }

    void plotInTurn()
    {
        // A dock behind another tab counts as visible, but lies beside the window.
        m_isAwaited = m_plot->visibleRegion().isEmpty();
        const bool isTurn = std::exchange(m_isDue, true) && (m_isAwaited || takeTurn());
        // Not in the turn in which its time has come: that one paints the window, too.
        if (!isTurn)
            start(0);
        else if (!m_isAwaited)
            m_plot->replot(QCustomPlot::rpRefreshHint);
    }

    QCustomPlot *m_plot;
    bool m_isAwaited = false; ///< to be plotted when it comes into sight
    bool m_isDue = false;
};

} // namespace

void stylePlot(QCustomPlot *plot, const Theme &theme)
{
    // With all else that has changed: at once, it would paint the whole window for each plot.
    plot->setPlottingHint(QCP::phImmediateRefresh, false);
    Replotting::of(plot); // looks after its size
    plot->setBackground(QBrush(theme.window));
    for (QCPAxisRect *axes : plot->axisRects())
        styleAxes(axes, theme);
}

void replotSoon(QCustomPlot *plot)
{
    Replotting::of(plot)->soon();
}

void turnPage(QStackedLayout *pages, int page)
{
    static constexpr auto wanted = "wantedPage";
    pages->setProperty(wanted, page);
    if (page != 0)
        pages->setCurrentIndex(page);
    else if (pages->currentIndex() != 0)
        QTimer::singleShot(0, pages,
                           [pages] { pages->setCurrentIndex(pages->property(wanted).toInt()); });
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
