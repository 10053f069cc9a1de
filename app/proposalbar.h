// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/operator.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace helmscope {

/// Shows the pixel about to be measured and takes the operator's word on it.
class ProposalBar final : public QFrame
{
    Q_OBJECT
public:
    explicit ProposalBar(QWidget *parent = nullptr);
    /// Shown all the time while a run asks, so that nothing moves from step to step.
    void setAsking(bool isAsking);
    void propose(const Proposal &proposal);

signals:
    void answered(helmscope::Verdict verdict);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void wait();

    QLabel *m_text = nullptr;
    QPushButton *m_measure = nullptr, *m_veto = nullptr;
};

} // namespace helmscope
