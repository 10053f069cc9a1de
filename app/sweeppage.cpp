// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sweeppage.h"

#include "widgets/parallelview.h"
#include "widgets/sketch.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace helmscope {

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
    const QString colour = m_colour->currentText(), number = m_number->currentText();
    m_parallel->setSweep(std::move(sweep));
    const auto &axes = m_parallel->sweep().axes;
    for (QComboBox *box : {m_colour, m_number}) {
        const QSignalBlocker quietly(box);
        box->clear();
        for (const Sweep::Axis &axis : axes)
            box->addItem(axis.name);
        // What was chosen stays, else what came out rather than what was put in.
        const int before = box->findText(box == m_colour ? colour : number);
        box->setCurrentIndex(before >= 0 ? before : int(axes.size()) - 1);
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
