// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/stage.h"

#include <QDialog>

#include <vector>

class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace helmscope {

/// Asks where a stage is to go, and says what that means. Nothing moves by a single key: the button
/// that moves is never the default one.
class StageDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `isBlanked`: the beam is, meanwhile; else the question says that nobody knows.
    StageDialog(const QString &instrument, const Stage &stage, bool isBlanked,
                QWidget *parent = nullptr);

    /// What differs from where it is.
    StageTarget target() const;
    QDoubleSpinBox *field(StageAxis axis) const; ///< in nm or degrees; null: it has none
    QPushButton *moveButton() const { return m_move; }
    QLabel *summary() const { return m_summary; }

signals:
    void chosen(const helmscope::StageTarget &target);

private:
    void check();

    QString m_instrument;
    Stage m_stage;
    bool m_isBlanked;
    std::vector<QDoubleSpinBox *> m_fields; ///< one of each axis
    QLabel *m_summary = nullptr;
    QPushButton *m_move = nullptr;
};

/// "x 12.5 nm, y 0.0 nm"
QString placeTextOf(const Stage &stage);

} // namespace helmscope
