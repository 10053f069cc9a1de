// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QPointF>
#include <QWidget>

#include <memory>

class QCustomPlot;

namespace helmscope {

/// What became of a run, against step: measured and best value, mean deviation, loss, how many
/// values lay where they were expected so far, and where the truth is known R² and coverage; where
/// the model may begin from a meta-model, how that does against a cold one on points left out, and
/// where the run turned from one to the other. A row of axes each, so that scales do not mix.
///
/// Steps are named by Step::number. Signals tell of what the user did; setters emit none.
class CurvesView final : public QWidget
{
    Q_OBJECT
public:
    explicit CurvesView(QWidget *parent = nullptr);
    ~CurvesView() override;

    void addStep(const Step &step); ///< numbers increase; drawn with the next frame
    void setSteps(const std::vector<Step> &steps);
    void clear();
    int steps() const;

    void setValueName(const QString &name, const QString &unit);
    void
    setPlannedSteps(int steps); ///< the x axis reaches so far at least, so that it does not jump
    void setPlaceholder(const QString &sentence);

    void setSelectedStep(int number); ///< the vertical cursor; 0: none
    int selectedStep() const;

    /// Where a step lies in the widget, in the first axes; for tests and links.
    QPointF positionOf(int number) const;

    /// What the tool tip says of a step; empty: there is no such step.
    QString textOf(int number) const;

    QCustomPlot *plot() const; ///< owned by the view
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void stepSelected(int number); ///< clicked, or moved to by arrow keys

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m;
};

} // namespace helmscope
