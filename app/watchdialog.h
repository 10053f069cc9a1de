// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"

#include <QDialog>

class QCheckBox;
class QDoubleSpinBox;
class QFormLayout;
class QSpinBox;

namespace helmscope {

/// How a run watches over its instrument, as a form; of the simulated sample also what does not
/// hold still.
class WatchDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `unrest` is null where the sample is not simulated.
    WatchDialog(const WatchSettings &watch, const Unrest *unrest, QWidget *parent);

    WatchSettings watch() const;
    Unrest unrest() const;

private:
    QSpinBox *addCount(QFormLayout *form, const QString &label, int value, const QString &help);
    QDoubleSpinBox *addNumber(QFormLayout *form, const QString &label, double value, double lowest,
                              double highest, const QString &unit, const QString &help);
    QCheckBox *addSwitch(QFormLayout *form, const QString &label, bool isOn, const QString &help);
    void makeUnrest(QFormLayout *form, const Unrest &unrest);

    WatchSettings m_watch;
    Unrest m_unrest;
    QSpinBox *m_surveyEvery, *m_referenceEvery, *m_referenceRow, *m_referenceCol;
    QDoubleSpinBox *m_surveyAt, *m_leastRegistration, *m_leastSharpness, *m_mostChange;
    QCheckBox *m_extrapolates, *m_leavesOutPoor, *m_hasReference, *m_overlaps;
    QDoubleSpinBox *m_right = nullptr, *m_down = nullptr, *m_walk = nullptr, *m_defocus = nullptr,
                   *m_contamination = nullptr;
};

/// "re-survey every 10 · overlapped"; "nothing" when it is off.
QString watchWords(const WatchSettings &watch);

} // namespace helmscope
