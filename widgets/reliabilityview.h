// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/live/reliability.h"

#include <QWidget>

namespace helmscope {

/// How often values lay within their predicted intervals, against how often they should have: on
/// the diagonal σ is right, below it too narrow, above it too wide.
class ReliabilityView final : public QWidget
{
    Q_OBJECT
public:
    explicit ReliabilityView(QWidget *parent = nullptr);

    /// Of so many predictions; `verdict` is a sentence over the plot.
    void setPoints(std::vector<ReliabilityPoint> points, int predictions, const QString &verdict);
    const std::vector<ReliabilityPoint> &points() const { return m_points; }

    QSize sizeHint() const override { return {260, 260}; }
    QSize minimumSizeHint() const override { return {140, 120}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    std::vector<ReliabilityPoint> m_points;
    int m_predictions = 0;
    QString m_verdict;
};

} // namespace helmscope
