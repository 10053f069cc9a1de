// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/heatingdialog.h"

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <cmath>

namespace helmscope {

namespace {

/// The box shows few decimals; a number nobody has touched stays as it was given.
double valueIn(const QDoubleSpinBox *box, double given, double scale)
{
    const double scaled = given * scale;
    const double half = 0.5 * std::pow(10., -box->decimals());
    return std::abs(box->value() - scaled) <= half ? given : box->value() / scale;
}

QDoubleSpinBox *addNumber(QFormLayout *form, const QString &name, const QString &label,
                          double value, double lowest, double highest, double step,
                          const QString &unit, const QString &help)
{
    auto *box = new QDoubleSpinBox;
    box->setObjectName(name);
    box->setDecimals(3);
    box->setRange(lowest, highest);
    box->setSingleStep(step);
    box->setSuffix(unit);
    box->setValue(value);
    box->setToolTip(help);
    box->setWhatsThis(help);
    box->setAccessibleName(label);
    form->addRow(label, box);
    form->labelForField(box)->setToolTip(help);
    return box;
}

} // namespace

HeatingDialog::HeatingDialog(const Heating &heating, double gridPixelSizeNm, double dwellSeconds,
                             QWidget *parent)
    : QDialog(parent)
    , m_pixelSizeNm(gridPixelSizeNm)
    , m_dwellSeconds(dwellSeconds)
    , m_given(heating)
{
    setObjectName("heatingDialog");
    setWindowTitle(tr("Heating"));
    auto *intro =
        new QLabel(tr("A dwell heats and charges the sample around. Soon after it a place "
                      "nearby is worth less, so that the beam goes elsewhere first. It "
                      "holds from the next step on, also of a run that is going on."));
    intro->setWordWrap(true);
    auto *form = new QFormLayout;
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    m_strength = addNumber(form, "strength", tr("Worth less by at most"), 100 * heating.strength, 0,
                           100, 10, tr(" %"),
                           tr("What the place of the last dwell itself loses of its worth. 100 %: "
                              "it is worth as little as any place. 0: off."));
    m_strength->setSpecialValueText(tr("off"));
    m_radius = addNumber(form, "radius", tr("Radius of the spot"), heating.radius,
                         Heating::leastRadius, Heating::mostRadius, 0.5, tr(" pixels"),
                         tr("Standard deviation of the heated spot, in pixels of the scan: at this "
                            "distance a place loses 61 % of that, at twice of it 14 %."));
    m_recovery = addNumber(form, "recovery", tr("Recovers in"), heating.recoverySeconds, 0.001,
                           Heating::mostSeconds, 0.5, tr(" s"),
                           tr("After this time a spot is only 37 % as hot (1/e)."));
    m_step = addNumber(form, "between", tr("Between two dwells"), heating.stepSeconds, 0,
                       Heating::mostSeconds, 0.1, tr(" s"),
                       tr("How long the beam is elsewhere or blanked from one dwell to the next, "
                          "about: the time it takes to learn and to move. The run counts dwells "
                          "and this time instead of looking at a clock, so that it can be done "
                          "again."));
    m_meaning = new QLabel;
    m_meaning->setObjectName("meaning");
    m_meaning->setWordWrap(true);
    m_meaning->setMinimumHeight(3 * fontMetrics().lineSpacing()); // nothing jumps
    m_meaning->setAlignment(Qt::AlignTop);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *column = new QVBoxLayout(this);
    column->addWidget(intro);
    column->addLayout(form);
    column->addWidget(m_meaning);
    column->addStretch();
    column->addWidget(buttons);
    for (QDoubleSpinBox *box : {m_strength, m_radius, m_recovery, m_step})
        connect(box, &QDoubleSpinBox::valueChanged, this, &HeatingDialog::showMeaning);
    showMeaning();
}

Heating HeatingDialog::heating() const
{
    Heating heating;
    heating.strength = valueIn(m_strength, m_given.strength, 100);
    heating.radius = valueIn(m_radius, m_given.radius, 1);
    heating.recoverySeconds = valueIn(m_recovery, m_given.recoverySeconds, 1);
    heating.stepSeconds = valueIn(m_step, m_given.stepSeconds, 1);
    return heating;
}

void HeatingDialog::showMeaning()
{
    const Heating now = heating();
    for (QDoubleSpinBox *box : {m_radius, m_recovery, m_step})
        box->setEnabled(now.isOn());
    if (!now.isOn())
        return m_meaning->setText(tr("Off: how long ago the beam was nearby does not matter."));
    const auto lost = [&](double steps) {
        // Dwells elsewhere take their time as well.
        const double seconds = steps * now.stepSeconds + (steps - 1) * m_dwellSeconds;
        return 100 * now.strength *
               std::exp(-0.5 / (now.radius * now.radius) - seconds / now.recoverySeconds);
    };
    QString text =
        tr("At the next step the pixel beside the last one is worth %1 % less, ten steps "
           "later %2 % less.")
            .arg(lost(1), 0, 'f', 0)
            .arg(lost(10), 0, 'f', 0);
    if (m_pixelSizeNm > 0)
        text += ' ' + tr("The spot's radius is %1 nm.").arg(now.radius * m_pixelSizeNm, 0, 'g', 3);
    m_meaning->setText(text);
}

} // namespace helmscope
