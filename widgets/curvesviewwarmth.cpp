// SPDX-License-Identifier: GPL-3.0-or-later
// The curve of a model that begins from a meta-model against one that begins cold.
#include "widgets/curvesviewparts.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace helmscope {

/// What decides between the two, see WarmAgainstCold::gain(): nats a point, less is better.
static double costOf(const FoldScore &score)
{
    return score.nlpd + std::log(std::max(score.rmse, 1e-6));
}

QString CurvesView::Parts::addWarmth(const Step &step)
{
    if (!step.warmth || !step.warmth->isKnown())
        return {};
    const WarmAgainstCold &warmth = *step.warmth;
    const bool isColdNow = !warmth.isWarmBetter();
    const QString words =
        CurvesView::tr("on %1 points, left out in turn: error %2 from the meta-model, %3 cold; "
                       "negative log density %4 and %5.\n%6")
            .arg(warmth.warm.points)
            .arg(warmth.warm.rmse, 0, 'f', 2)
            .arg(warmth.cold.rmse, 0, 'f', 2)
            .arg(warmth.warm.nlpd, 0, 'f', 2)
            .arg(warmth.cold.nlpd, 0, 'f', 2)
            .arg(warmth.gain() < 0
                     ? CurvesView::tr("Cold is better by %1 nats a point: the model begins cold.")
                 : isColdNow
                     ? CurvesView::tr("Better by only %1 nats a point: the model begins cold.")
                     : CurvesView::tr("Better by %1 nats a point: it begins from the meta-model."))
            .arg(std::abs(warmth.gain()), 0, 'f', 2);
    if (warmth.warm.points == judgedAt)
        return words; // as told before
    judgedAt = warmth.warm.points;
    for (const auto &[graph, score] : {std::pair(warm, &warmth.warm), {cold, &warmth.cold}}) {
        const double cost = costOf(*score);
        if (!std::isfinite(cost))
            continue;
        graph->addData(step.number, cost);
        panels[Warmth].extent.include(cost);
    }
    if (!hasWarmth) {
        hasWarmth = true;
        arrange(true);
    }
    if (isColdNow != isCold) {
        isCold = isColdNow;
        Turn turn{isCold, addLine(Warmth, step.number), new QCPItemText(plot)};
        QCPAxisRect *axes = panels[Warmth].axes;
        turn.text->setClipAxisRect(axes);
        turn.text->position->setAxisRect(axes);
        turn.text->position->setAxes(axes->axis(QCPAxis::atBottom), axes->axis(QCPAxis::atLeft));
        turn.text->position->setTypeX(QCPItemPosition::ptPlotCoords);
        turn.text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        // One under the other: two turns may be near each other.
        turn.text->position->setCoords(step.number, 0.02 + 0.13 * double(turns.size() % 4));
        turn.text->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        turn.text->setText(isCold ? CurvesView::tr("cold") : CurvesView::tr("warm"));
        turn.text->setPadding(QMargins(3, 0, 3, 0));
        turns << turn;
        restyleWarmth(themeOf(view->palette()));
    }
    return words;
}

void CurvesView::Parts::clearWarmth()
{
    for (QCPGraph *graph : {warm, cold})
        graph->data()->clear();
    for (const Turn &turn : std::as_const(turns)) {
        plot->removeItem(turn.line);
        plot->removeItem(turn.text);
    }
    turns.clear();
    judgedAt = 0;
    hasWarmth = isCold = false;
}

void CurvesView::Parts::restyleWarmth(const Theme &theme)
{
    warm->setPen(QPen(theme.predicted, 1.8));
    warm->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, theme.predicted, 5));
    cold->setPen(QPen(theme.measured, 1.4, Qt::DashLine));
    cold->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, theme.measured, 5));
    for (const Turn &turn : std::as_const(turns)) {
        const QColor colour = turn.isCold ? theme.bad : theme.quietText;
        turn.line->setPen(QPen(colour, 1.2, Qt::DashDotLine));
        turn.text->setColor(colour);
        turn.text->setFont(textFont(TextSize::Small));
    }
}

QString CurvesView::textOf(int number) const
{
    return m->toolTip(number);
}

} // namespace helmscope
