// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/acquisition.h"

#include <QDialog>

class QDoubleSpinBox;
class QLabel;

namespace helmscope {

/// How long the model stays away from where the beam has just been, as a form.
class HeatingDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `gridPixelSizeNm` 0: unknown, lengths stand in pixels only. `dwellSeconds`: of the plan, for
    /// the sentence that says what the numbers mean.
    HeatingDialog(const Heating &heating, double gridPixelSizeNm, double dwellSeconds,
                  QWidget *parent);

    Heating heating() const;

private:
    void showMeaning();

    double m_pixelSizeNm, m_dwellSeconds;
    Heating m_given;
    QDoubleSpinBox *m_strength, *m_radius, *m_recovery, *m_step;
    QLabel *m_meaning;
};

} // namespace helmscope
