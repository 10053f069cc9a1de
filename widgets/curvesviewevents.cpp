// SPDX-License-Identifier: GPL-3.0-or-later
// What the user does to a CurvesView.
#include "widgets/curvesviewparts.h"
#include "widgets/ticks.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QToolTip>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace helmscope {

void CurvesView::Parts::select(int number)
{
    if (number <= 0)
        return;
    view->setSelectedStep(number);
    emit view->stepSelected(number);
}

int CurvesView::Parts::nearest(const QPointF &position) const
{
    const QCPAxisRect *axes = plot->axisRectAt(position);
    if (!axes || entries.empty())
        return 0;
    const double wanted = axes->axis(QCPAxis::atBottom)->pixelToCoord(position.x());
    const auto after = std::lower_bound(entries.begin(), entries.end(), wanted,
                                        [](const Entry &e, double n) { return e.number < n; });
    if (after == entries.begin())
        return after->number;
    const auto before = after - 1;
    return after == entries.end() || wanted - before->number < after->number - wanted
               ? before->number
               : after->number;
}

QString CurvesView::Parts::toolTip(int number) const
{
    const auto found = std::lower_bound(entries.begin(), entries.end(), number,
                                        [](const Entry &e, int n) { return e.number < n; });
    if (found == entries.end() || found->number != number)
        return {};
    QStringList lines{CurvesView::tr("Step %1").arg(number)};
    const auto add = [&lines](const QString &sentence, double value) {
        if (std::isfinite(value))
            lines << sentence.arg(valueText(value, std::abs(value)));
    };
    if (!valueName.isEmpty())
        lines << valueName;
    add(CurvesView::tr("measured %1"), found->value);
    add(CurvesView::tr("best so far %1"), found->best);
    add(CurvesView::tr("mean σ %1"), found->deviation);
    add(CurvesView::tr("loss %1"), found->loss);
    add(CurvesView::tr("R² %1"), found->r2);
    add(CurvesView::tr("coverage %1"), found->coverage);
    add(CurvesView::tr("measured within 95 % intervals so far: %1"), found->covered);
    if (!found->warmth.isEmpty())
        lines << found->warmth;
    if (!found->changes.isEmpty())
        lines << CurvesView::tr("changed before: %1").arg(found->changes);
    return lines.join('\n');
}

void CurvesView::keyPressEvent(QKeyEvent *event)
{
    if (m->entries.empty())
        return event->ignore();
    const int last = int(m->entries.size()) - 1;
    const auto at = std::lower_bound(m->entries.begin(), m->entries.end(), m->selected,
                                     [](const Parts::Entry &e, int n) { return e.number < n; });
    const int index = m->selected > 0 ? std::min(int(at - m->entries.begin()), last) : last;
    const int by = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    const auto go = [&](int to) {
        m->select(m->entries[std::size_t(std::clamp(to, 0, last))].number);
    };
    switch (event->key()) {
    case Qt::Key_Left:
        return go(index - by);
    case Qt::Key_Right:
        return go(index + by);
    case Qt::Key_Home:
        return go(0);
    case Qt::Key_End:
        return go(last);
    default:
        QWidget::keyPressEvent(event);
    }
}

bool CurvesView::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m->plot)
        return QWidget::eventFilter(watched, event);
    if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseMove) {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        if (event->type() == QEvent::MouseButtonPress)
            setFocus(Qt::MouseFocusReason);
        // Pressed or dragged along: the cursor follows.
        if (mouse->buttons() & Qt::LeftButton)
            if (const int number = m->nearest(mouse->position());
                number > 0 && (number != m->selected || event->type() == QEvent::MouseButtonPress))
                m->select(number);
        return false;
    }
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), m->toolTip(m->nearest(help->pos())), m->plot);
        return true;
    }
    return false;
}

} // namespace helmscope
