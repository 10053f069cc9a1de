// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/branching.h"

#include <QDialog>

#include <array>
#include <memory>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QRadioButton;
class QSpinBox;

namespace helmscope {

/// "What if": how to go on differently from a step of a run. Shows in words what will differ.
class BranchDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `id`: how the run is known; `step`: the last one taken over, from 1.
    BranchDialog(std::shared_ptr<const Run> run, const QString &id, int step,
                 QWidget *parent = nullptr);

    /// What the form says now.
    Branch branch() const;
    QString words() const; ///< what will differ, as shown

signals:
    void chosen(const std::shared_ptr<const helmscope::Run> &run, const helmscope::Branch &branch);

private:
    void makeFields(QFormLayout *form);
    void makeBeyond(QFormLayout *form);
    void takeStep();
    void showParameter();
    void showScalarizer();
    void showWords();
    AcquisitionSettings acquisition() const;

    std::shared_ptr<const Run> m_run;
    QString m_id;
    Plan m_held; ///< how the run went on from the step
    QString m_objection;
    QSpinBox *m_step = nullptr, *m_seed = nullptr, *m_steps = nullptr, *m_radius = nullptr;
    QComboBox *m_acquisition = nullptr, *m_model = nullptr;
    QLabel *m_parameterLabel = nullptr, *m_words = nullptr;
    QDoubleSpinBox *m_parameter = nullptr;
    QLineEdit *m_scalarizer = nullptr;
    QCheckBox *m_avoid = nullptr;
    std::array<QRadioButton *, 3> m_beyond{};
    QPushButton *m_start = nullptr;
};

} // namespace helmscope
