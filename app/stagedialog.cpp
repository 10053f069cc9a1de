// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/stagedialog.h"

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

/// Shown units in one of the stage's.
double shownPer(StageAxis axis)
{
    return isTilt(axis) ? 1 : 1e9;
}

} // namespace

QString placeTextOf(const Stage &stage)
{
    QStringList parts;
    for (const Stage::Axis &axis : stage.axes)
        parts << nameOf(axis.axis) + ' ' + textOf(axis.axis, axis.position);
    return parts.join(QStringLiteral(", "));
}

StageDialog::StageDialog(const QString &instrument, const Stage &stage, bool isBlanked,
                         QWidget *parent)
    : QDialog(parent)
    , m_instrument(instrument)
    , m_stage(stage)
    , m_isBlanked(isBlanked)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(false); // ABORT stays within reach
    setWindowTitle(tr("Move the stage"));
    auto *form = new QFormLayout(this);
    auto *what = new QLabel(tr("The stage of %1 is at %2.").arg(instrument, placeTextOf(stage)));
    what->setWordWrap(true);
    what->setMinimumHeight(2 * fontMetrics().lineSpacing());
    form->addRow(what);
    for (const Stage::Axis &axis : stage.axes) {
        auto *field = new QDoubleSpinBox;
        const double unit = shownPer(axis.axis);
        field->setDecimals(isTilt(axis.axis) ? 2 : 1);
        field->setRange(unit * axis.lowest, unit * axis.highest);
        field->setSingleStep(isTilt(axis.axis) ? 0.5 : 10);
        field->setValue(unit * axis.position);
        field->setSuffix(isTilt(axis.axis) ? tr("°") : tr(" nm"));
        field->setAccessibleName(tr("New position along %1").arg(nameOf(axis.axis)));
        form->addRow(tr("%1, from %2 to %3")
                         .arg(nameOf(axis.axis), textOf(axis.axis, axis.lowest),
                              textOf(axis.axis, axis.highest)),
                     field);
        connect(field, &QDoubleSpinBox::valueChanged, this, &StageDialog::check);
        m_fields.push_back(field);
    }
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    // Wide and high enough for all of it: what is confirmed must have been read.
    setMinimumWidth(fontMetrics().averageCharWidth() * 80);
    m_summary->setMinimumHeight(6 * fontMetrics().lineSpacing());
    m_summary->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    form->addRow(m_summary);
    auto *buttons = new QDialogButtonBox;
    m_move = buttons->addButton(tr("&Move the stage"), QDialogButtonBox::ActionRole);
    m_move->setAutoDefault(false);
    QPushButton *cancel = buttons->addButton(QDialogButtonBox::Cancel);
    cancel->setDefault(true); // Enter moves nothing
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_move, &QPushButton::clicked, this, [this] {
        emit chosen(target());
        accept();
    });
    check();
}

QDoubleSpinBox *StageDialog::field(StageAxis axis) const
{
    for (std::size_t i = 0; i < m_fields.size(); ++i)
        if (m_stage.axes[i].axis == axis)
            return m_fields[i];
    return nullptr;
}

StageTarget StageDialog::target() const
{
    StageTarget target;
    for (std::size_t i = 0; i < m_fields.size(); ++i) {
        const Stage::Axis &axis = m_stage.axes[i];
        const double unit = shownPer(axis.axis);
        // What the field cannot show is no wish.
        const double grain = 0.51 * std::pow(10, -m_fields[i]->decimals());
        if (std::abs(m_fields[i]->value() - unit * axis.position) > grain)
            target[axis.axis] = std::clamp(m_fields[i]->value() / unit, axis.lowest, axis.highest);
    }
    return target;
}

void StageDialog::check()
{
    QStringList moves;
    for (const auto &[axis, position] : target())
        moves << tr("%1 from %2 to %3")
                     .arg(nameOf(axis), textOf(axis, m_stage.position(axis)),
                          textOf(axis, position));
    m_move->setEnabled(!moves.isEmpty());
    m_summary->setText(
        moves.isEmpty() ? tr("Nothing is to move yet.")
        : m_isBlanked
            ? tr("%1 moves: %2. The beam is blanked meanwhile. The image shows another part of the "
                 "sample afterwards, and what was measured lies elsewhere. A move is logged by the "
                 "instrument's server and cannot be undone.")
                  .arg(m_instrument, moves.join(QStringLiteral(", ")))
            : tr("%1 moves: %2. Whether the beam is on is not known, and it is not blanked for "
                 "this: blank it at the microscope first. An abort does not stop the stage. The "
                 "image shows another part of the sample afterwards, and what was measured lies "
                 "elsewhere. A move cannot be undone.")
                  .arg(m_instrument, moves.join(QStringLiteral(", "))));
}

} // namespace helmscope
