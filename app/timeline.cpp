// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>

namespace helmscope {

Timeline::Timeline(QWidget *parent)
    : QWidget(parent)
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 8, 4);
    row->setSpacing(8);
    auto *caption = new QLabel(tr("Ste&p"));
    row->addWidget(caption);
    m_slider = new QSlider(Qt::Horizontal);
    m_slider->setAccessibleName(tr("Step of the run"));
    m_slider->setToolTip(
        tr("Looks back at what was believed after an earlier step. The run goes on meanwhile."));
    caption->setBuddy(m_slider);
    row->addWidget(m_slider, 1);
    m_number = new QLabel;
    m_number->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_number->setMinimumWidth(fontMetrics().horizontalAdvance("00000 / 00000"));
    row->addWidget(m_number);
    m_newest = new QPushButton(tr("Newest"));
    m_newest->setToolTip(tr("Back to the newest step, and follows it."));
    row->addWidget(m_newest);
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        m_isFollowing = value >= m_steps;
        showNumber();
        emit moved(index());
    });
    connect(m_newest, &QPushButton::clicked, this, [this] { goTo(m_steps - 1); });
    setSteps(0, 0);
}

void Timeline::setSteps(int steps, int planned)
{
    if (steps < m_steps)
        m_isFollowing = true; // another run
    m_steps = steps;
    m_planned = planned;
    const QSignalBlocker quiet(m_slider);
    m_slider->setRange(steps > 0 ? 1 : 0, steps);
    if (m_isFollowing)
        m_slider->setValue(steps);
    m_slider->setEnabled(steps > 1);
    showNumber();
}

int Timeline::index() const
{
    return m_slider->value() - 1;
}

void Timeline::goTo(int index)
{
    m_slider->setValue(index + 1);
}

void Timeline::showNumber()
{
    m_number->setText(
        m_steps == 0
            ? QStringLiteral("–")
            : QStringLiteral("%1 / %2").arg(m_slider->value()).arg(std::max(m_planned, m_steps)));
    m_newest->setEnabled(!m_isFollowing);
}

} // namespace helmscope
