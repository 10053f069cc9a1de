// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QWidget>

#include <memory>

class QCustomPlot;

namespace helmscope {

/// How the instrument behaved during a run, against step: how far the sample drifted, how much the
/// new survey images resemble the first one and how sharp they are, how the reference changed.
class WatchView final : public QWidget
{
    Q_OBJECT
public:
    explicit WatchView(QWidget *parent = nullptr);
    ~WatchView() override;

    void addStep(const Step &step); ///< numbers increase
    void clear();
    void setPlannedSteps(int steps); ///< the x axis reaches so far at least
    /// 0: unknown, drift is shown in image pixels.
    void setPixelSizeNm(double imagePixelSizeNm);
    /// Beyond this relative change a run pauses; 0: no limit.
    void setMostChange(double change);
    void setSelectedStep(int number); ///< the vertical cursor; 0: none

    /// The sentence under the cursor step: "drift (1.2, -0.4) nm ...".
    QString textOf(int number) const;
    QCustomPlot *plot() const; ///< owned by the view
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m;
};

} // namespace helmscope
