// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sweeppage.h"

#include "widgets/parallelview.h"
#include "widgets/sketch.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace helmscope {

namespace {

constexpr std::size_t mostAxes = 9; ///< shown unless more are ticked

/// How much an axis tells: what came out before what was put in, the numbers that our own
/// recordings are judged by, then what most executions have.
double worthOf(const Sweep::Axis &axis)
{
    static const QStringList telling{"step",
                                     "measured_value",
                                     "predicted_deviation",
                                     "best_value",
                                     "mean_deviation",
                                     "prediction_error",
                                     "rmse",
                                     "r2",
                                     "loss"};
    const auto known = std::count_if(axis.values.begin(), axis.values.end(),
                                     [](double value) { return std::isfinite(value); });
    return (axis.isMetric ? 4 : 0) + (telling.contains(axis.name) ? 8 : 0) +
           (axis.categories.isEmpty() ? 1 : 0) +
           double(known) / double(std::max<std::size_t>(1, axis.values.size()));
}

} // namespace

SweepPage::SweepPage(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(8, 2, 8, 0);
    const auto addBox = [row](const QString &text) {
        auto *box = new QComboBox;
        box->setAccessibleName(text);
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        auto *label = new QLabel(text);
        label->setBuddy(box);
        row->addWidget(label);
        row->addWidget(box);
        return box;
    };
    m_colour = addBox(tr("Co&lour by"));
    m_colour->setAccessibleName(tr("Colour by"));
    m_all = new QToolButton;
    m_all->setText(tr("Keep all again"));
    m_all->setToolTip(tr("Takes back what was dragged along the axes. (Esc)"));
    m_all->setObjectName("keepAll");
    row->addWidget(m_all);
    auto *axes = new QToolButton;
    axes->setText(tr("A&xes"));
    axes->setObjectName("axes");
    axes->setToolTip(tr("Which parameters and metrics have an axis."));
    axes->setPopupMode(QToolButton::InstantPopup);
    m_axes = new QMenu(axes);
    axes->setMenu(m_axes);
    row->addWidget(axes);
    row->addStretch(1);
    m_number = addBox(tr("C&urve of"));
    m_number->setAccessibleName(tr("Curve of"));
    column->addLayout(row);
    auto *parts = new QSplitter(Qt::Horizontal);
    parts->setChildrenCollapsible(false);
    m_parallel = new ParallelView;
    m_curve = new SketchView;
    parts->addWidget(m_parallel);
    parts->addWidget(m_curve);
    parts->setStretchFactor(0, 3);
    parts->setStretchFactor(1, 1);
    parts->setSizes({720, 260});
    column->addWidget(parts, 1);

    connect(m_colour, &QComboBox::activated, m_parallel, &ParallelView::setColourAxis);
    connect(m_parallel, &ParallelView::colourAxisChosen, m_colour, &QComboBox::setCurrentIndex);
    connect(m_number, &QComboBox::activated, this, &SweepPage::showCurve);
    connect(m_parallel, &ParallelView::nodeSelected, this, &SweepPage::nodeSelected);
    connect(m_parallel, &ParallelView::brushed, this, [this] {
        m_all->setEnabled(m_parallel->hasBrushes());
        showCurve();
        emit brushed();
    });
    connect(m_all, &QToolButton::clicked, this, [this] {
        m_parallel->clearBrushes();
        emit m_parallel->brushed();
    });
    setSweep({});
}

void SweepPage::setSweep(Sweep sweep)
{
    m_sweep = std::move(sweep);
    std::vector<std::size_t> order(m_sweep.axes.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return worthOf(m_sweep.axes[a]) > worthOf(m_sweep.axes[b]);
    });
    m_shown.clear();
    for (std::size_t i = 0; i < std::min(order.size(), mostAxes); ++i)
        m_shown << m_sweep.axes[order[i]].name;
    fillMenu();
    showAxes();
}

void SweepPage::fillMenu()
{
    m_axes->clear();
    for (const Sweep::Axis &axis : m_sweep.axes) {
        QAction *action = m_axes->addAction(axis.name);
        action->setCheckable(true);
        action->setChecked(m_shown.contains(axis.name));
        connect(action, &QAction::toggled, this, [this, name = axis.name](bool isShown) {
            if (isShown)
                m_shown << name;
            else
                m_shown.remove(name);
            const bool hadBrushes = m_parallel->hasBrushes();
            showAxes();
            if (hadBrushes)
                emit brushed();
        });
    }
}

void SweepPage::showAxes()
{
    const QString colour = m_colour->currentText(), number = m_number->currentText();
    Sweep sweep{m_sweep.nodes, {}};
    for (const Sweep::Axis &axis : m_sweep.axes)
        if (m_shown.contains(axis.name))
            sweep.axes.push_back(axis);
    m_parallel->setSweep(std::move(sweep));
    const auto &axes = m_parallel->sweep().axes;
    for (QComboBox *box : {m_colour, m_number}) {
        const QSignalBlocker quietly(box);
        box->clear();
        for (const Sweep::Axis &axis : axes)
            box->addItem(axis.name);
        // What was chosen stays, else what came out rather than what was put in.
        const int before = box->findText(box == m_colour ? colour : number);
        const int error = box == m_number ? box->findText("rmse") : -1;
        box->setCurrentIndex(before >= 0 ? before : error >= 0 ? error : int(axes.size()) - 1);
        box->setEnabled(!axes.empty());
    }
    m_parallel->setColourAxis(m_colour->currentIndex());
    m_all->setEnabled(false);
    showCurve();
}

void SweepPage::setSelectedNode(int node)
{
    m_parallel->setSelectedNode(node);
}

/// Of the executions that are kept.
void SweepPage::showCurve()
{
    const Sweep &sweep = m_parallel->sweep();
    const int index = m_number->currentIndex();
    Sketch sketch;
    if (index >= 0 && index < int(sweep.axes.size())) {
        const Sweep::Axis &axis = sweep.axes[std::size_t(index)];
        const std::vector<int> kept = m_parallel->kept();
        Sketch::Curve curve;
        for (std::size_t row = 0; row < sweep.nodes.size(); ++row)
            if (std::isfinite(axis.values[row]) &&
                std::binary_search(kept.begin(), kept.end(), sweep.nodes[row])) {
                curve.x.push_back(double(row + 1));
                curve.y.push_back(axis.values[row]);
            }
        sketch.xName = tr("Execution, the oldest first");
        sketch.yName = axis.name;
        sketch.curves.push_back(std::move(curve));
    }
    m_curve->setSketch(std::move(sketch));
}

} // namespace helmscope
