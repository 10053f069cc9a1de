// SPDX-License-Identifier: GPL-3.0-or-later
// What the user does to a SpectrumView.
#include "widgets/spectrumviewparts.h"
#include "widgets/ticks.h"

#include <QClipboard>
#include <QKeyEvent>
#include <QMenu>
#include <QToolButton>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

/// The channel nearest to an energy; -1 without channels.
int channelAt(const EnergyAxis &energies, double energy)
{
    const auto &values = energies.values;
    if (values.empty())
        return -1;
    const auto after = std::lower_bound(values.begin(), values.end(), energy);
    if (after == values.begin())
        return 0;
    if (after == values.end() || energy - *(after - 1) < *after - energy)
        return int(after - values.begin()) - 1;
    return int(after - values.begin());
}

} // namespace

double SpectrumView::Parts::Curve::at(double energy, const Eigen::VectorXf &of) const
{
    const int channel = channelAt(energies, energy);
    return channel >= 0 && channel < of.size() ? double(of[channel])
                                               : std::numeric_limits<double>::quiet_NaN();
}

void SpectrumView::Parts::edit(const Scalarizer &scalarizer)
{
    bands->setScalarizer(scalarizer);
    show();
    emit view->bandMoved(scalarizer);
}

void SpectrumView::Parts::drag(double x)
{
    const Scalarizer next =
        bands->dragged(gripped, *grip, plot->xAxis->pixelToCoord(x) - grippedAt);
    if (next != bands->scalarizer())
        edit(next);
}

void SpectrumView::Parts::hover(const QPointF &position)
{
    const auto under = isEditable ? bands->gripAt(position) : std::nullopt;
    plot->setCursor(!under                                   ? Qt::ArrowCursor
                    : under->part == BandEditor::Part::Whole ? Qt::OpenHandCursor
                                                             : Qt::SplitHCursor);
    const bool isInside = plot->axisRect()->rect().contains(position.toPoint());
    const int channel = channelAt(axis, plot->xAxis->pixelToCoord(position.x()));
    cursor->setVisible(isInside && channel >= 0);
    if (!cursor->visible()) {
        title->setReadOut({});
        replotSoon(plot);
        return;
    }
    const double energy = axis.values[std::size_t(channel)];
    for (QCPItemPosition *end : {cursor->start, cursor->end}) {
        end->setTypeX(QCPItemPosition::ptPlotCoords);
        end->setTypeY(QCPItemPosition::ptAxisRectRatio);
        end->setCoords(energy, end == cursor->start ? 0 : 1);
    }
    const double value = measured.at(energy, measured.counts);
    const double expected = predicted.at(energy, predicted.counts);
    const double deviation = predicted.at(energy, predicted.deviation);
    const double width = bands->channelWidth();
    const int decimals = width > 0 ? std::clamp(int(std::ceil(-std::log10(width / 2))), 0, 6) : 3;
    QStringList words{fixedText(energy, decimals) + ' ' + axis.unit};
    if (std::isfinite(value))
        words << valueText(value, highest);
    if (std::isfinite(expected))
        words << SpectrumView::tr("predicted %1 ± %2")
                     .arg(valueText(expected, highest), valueText(deviation, highest));
    title->setReadOut(words.join(QStringLiteral(" · ")));
    replotSoon(plot);
    emit view->cursorMoved(energy, value);
}

void SpectrumView::Parts::showMenu(const QPoint &position)
{
    auto *menu = new QMenu(view);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QAction *scale = menu->addAction(icon("log-axis"), SpectrumView::tr("&Logarithmic counts"),
                                     view, [this] { log->click(); });
    scale->setCheckable(true);
    scale->setChecked(isLogarithmic);
    menu->addAction(icon("fit"), SpectrumView::tr("Show the &whole spectrum"), view,
                    &SpectrumView::resetAxes);
    menu->addAction(icon("copy"), SpectrumView::tr("&Copy the picture"), view,
                    [this] { QGuiApplication::clipboard()->setImage(view->grab().toImage()); });
    menu->popup(position);
}

void SpectrumView::keyPressEvent(QKeyEvent *event)
{
    const int sign = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    const auto scalarizer = m->bands->scalarizer();
    if (sign != 0 && m->isEditable && scalarizer && m->axis.channels() > 0) {
        // Arrows move the band by a channel, with Shift by ten, with Ctrl its upper edge alone.
        const auto part = event->modifiers() & Qt::ControlModifier ? BandEditor::Part::High
                                                                   : BandEditor::Part::Whole;
        const double by = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
        const Scalarizer next = m->bands->dragged(*scalarizer, {BandEditor::Which::Band, part},
                                                  sign * by * m->bands->channelWidth());
        if (next != *scalarizer) {
            m->edit(next);
            emit bandEdited(next);
        }
        return;
    }
    if (event->key() == Qt::Key_L)
        return m->log->click();
    if (event->key() == Qt::Key_R)
        return m->residualButton->click();
    if (event->key() == Qt::Key_0)
        return resetAxes();
    QWidget::keyPressEvent(event);
}

bool SpectrumView::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m->plot)
        return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseButtonPress: {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        setFocus(Qt::MouseFocusReason);
        if (mouse->button() != Qt::LeftButton || !m->isEditable)
            return false;
        m->grip = m->bands->gripAt(mouse->position());
        if (!m->grip)
            return false;
        m->gripped = *m->bands->scalarizer();
        m->grippedAt = m->plot->xAxis->pixelToCoord(mouse->position().x());
        return true;
    }
    case QEvent::MouseMove: {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        if (m->grip) {
            m->drag(mouse->position().x());
            return true;
        }
        if (mouse->buttons() == Qt::NoButton)
            m->hover(mouse->position());
        return false;
    }
    case QEvent::MouseButtonRelease: {
        if (!m->grip || static_cast<QMouseEvent *>(event)->button() != Qt::LeftButton)
            return false;
        m->grip.reset();
        if (m->bands->scalarizer() != m->gripped)
            emit bandEdited(*m->bands->scalarizer());
        return true;
    }
    case QEvent::MouseButtonDblClick:
        resetAxes();
        return true;
    case QEvent::Leave:
        m->hover({-1, -1});
        return false;
    case QEvent::ContextMenu:
        m->showMenu(static_cast<QContextMenuEvent *>(event)->globalPos());
        return true;
    default:
        return false;
    }
}

} // namespace helmscope
