// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/proposalbar.h"

#include "widgets/ticks.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>

#include <cmath>

namespace helmscope {

ProposalBar::ProposalBar(QWidget *parent)
    : QFrame(parent)
{
    setObjectName("proposal");
    setAccessibleName(tr("Proposal"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 4, 8, 4);
    m_text = new QLabel;
    m_text->setWordWrap(true);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    row->addWidget(m_text, 1);
    const auto add = [this, row](const char *name, const QString &text, const QKeySequence &key,
                                 const QString &help, Verdict verdict) {
        auto *button = new QPushButton(text);
        button->setObjectName(name);
        button->setShortcut(key);
        button->setToolTip(
            QStringLiteral("%1 (%2)").arg(help, key.toString(QKeySequence::NativeText)));
        row->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, verdict] {
            wait();
            emit answered(verdict);
        });
        return button;
    };
    m_measure = add("measure", tr("Measure"), QKeySequence("Ctrl+Y"), tr("Measures this pixel."),
                    Verdict::Measure);
    m_veto = add("veto", tr("Veto"), QKeySequence("Ctrl+N"),
                 tr("Leaves it out; it is not proposed again in this run."), Verdict::Veto);
    setAsking(false);
}

void ProposalBar::setAsking(bool isAsking)
{
    wait();
    setVisible(isAsking);
}

/// Only where one of its own buttons has the keyboard: elsewhere no key alone moves the beam.
void ProposalBar::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        (m_veto->hasFocus() ? m_veto : m_measure)->click();
    else if (event->key() == Qt::Key_Delete)
        m_veto->click();
    else
        QFrame::keyPressEvent(event);
}

void ProposalBar::wait()
{
    m_text->setText(tr("The next pixel is being chosen."));
    m_measure->setEnabled(false);
    m_veto->setEnabled(false);
}

void ProposalBar::propose(const Proposal &proposal)
{
    QString text = tr("Step %1: measure row %2, column %3?")
                       .arg(proposal.number)
                       .arg(proposal.pixel.row)
                       .arg(proposal.pixel.col);
    if (std::isfinite(proposal.predictedMean))
        text += tr(" Expected %1 ± %2.")
                    .arg(proposal.predictedMean, 0, 'g', 4)
                    .arg(roundText(proposal.predictedDeviation));
    if (const QString heat = textOf(proposal.heat); !heat.isEmpty())
        text += tr(" Heating: %1.").arg(heat);
    m_text->setText(text);
    m_measure->setEnabled(true);
    m_veto->setEnabled(true);
}

} // namespace helmscope
