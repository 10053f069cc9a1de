// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watchdialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QVBoxLayout>

namespace helmscope {

QString watchWords(const WatchSettings &watch)
{
    QStringList words;
    if (watch.surveyEvery > 0)
        words << WatchDialog::tr("image every %1").arg(watch.surveyEvery);
    if (watch.surveyAtNm > 0)
        words << WatchDialog::tr("image at %1 nm").arg(watch.surveyAtNm);
    if (watch.referenceEvery > 0)
        words << WatchDialog::tr("reference every %1").arg(watch.referenceEvery);
    if (watch.leavesOutPoor)
        words << WatchDialog::tr("no poor patches");
    if (watch.overlaps)
        words << WatchDialog::tr("overlapped");
    return words.isEmpty() ? WatchDialog::tr("nothing") : words.join(QStringLiteral(" · "));
}

static QFormLayout *addGroup(QVBoxLayout *column, const QString &title)
{
    auto *group = new QGroupBox(title);
    auto *form = new QFormLayout(group);
    form->setVerticalSpacing(4);
    column->addWidget(group);
    return form;
}

template <class Field>
static Field *addRow(QFormLayout *form, const QString &label, Field *field, const QString &help)
{
    field->setToolTip(help);
    field->setAccessibleName(label);
    form->addRow(label, field);
    form->labelForField(field)->setToolTip(help);
    return field;
}

QSpinBox *WatchDialog::addCount(QFormLayout *form, const QString &label, int value,
                                const QString &help)
{
    auto *box = new QSpinBox;
    box->setRange(0, 1'000'000);
    box->setSpecialValueText(tr("never"));
    box->setSuffix(tr(" measurements"));
    box->setValue(value);
    return addRow(form, label, box, help);
}

QDoubleSpinBox *WatchDialog::addNumber(QFormLayout *form, const QString &label, double value,
                                       double lowest, double highest, const QString &unit,
                                       const QString &help)
{
    auto *box = new QDoubleSpinBox;
    box->setDecimals(3);
    box->setRange(lowest, highest);
    box->setSingleStep(0.1);
    box->setSuffix(unit);
    box->setValue(value);
    return addRow(form, label, box, help);
}

QCheckBox *WatchDialog::addSwitch(QFormLayout *form, const QString &label, bool isOn,
                                  const QString &help)
{
    auto *box = new QCheckBox(label);
    box->setChecked(isOn);
    box->setToolTip(help);
    form->addRow(box);
    return box;
}

WatchDialog::WatchDialog(const WatchSettings &watch, const Unrest *unrest, QWidget *parent)
    : QDialog(parent)
    , m_watch(watch)
{
    setObjectName("watchDialog");
    setWindowTitle(tr("Watch over the instrument"));
    auto *columns = new QHBoxLayout;
    auto *left = new QVBoxLayout, *right = new QVBoxLayout;
    columns->addLayout(left);
    columns->addLayout(right);

    QFormLayout *drift = addGroup(left, tr("Drift and focus"));
    m_surveyEvery = addCount(drift, tr("New survey image every"), watch.surveyEvery,
                             tr("The beam follows the sample by where the new image shows it. Off: "
                                "0, and nothing is corrected."));
    m_surveyAt = addNumber(drift, tr("also after a drift of"), watch.surveyAtNm, 0, 1e6, tr(" nm"),
                           tr("As fast as it was between the last two images. 0: only by count."));
    m_extrapolates = addSwitch(
        drift, tr("Follow the drift between images"), watch.extrapolates,
        tr("The beam goes on as fast as the sample moved between the last two images, instead of "
           "waiting for the next one. Such steps are marked as extrapolated."));
    m_leastRegistration =
        addNumber(drift, tr("Least likeness"), watch.leastRegistration, 0, 1, {},
                  tr("How alike, from 0 to 1, a new image and the first one must be once laid over "
                     "each other: under it the run pauses, because the shift cannot be told."));
    QFormLayout *quality = addGroup(left, tr("Image quality"));
    m_leavesOutPoor = addSwitch(
        quality, tr("Leave out poor patches"), watch.leavesOutPoor,
        tr("Pixels whose patch is saturated, charged, blank or blurred are never measured. Poor "
           "patches are marked in the image and in the steps in any case."));
    m_leastSharpness =
        addNumber(quality, tr("Blurred under"), watch.leastSharpness, 0, 100, tr(" × median"),
                  tr("Sharpness of a patch, as a part of the median patch's."));

    QFormLayout *harm = addGroup(right, tr("Contamination and damage"));
    m_referenceEvery =
        addCount(harm, tr("Measure a reference every"), watch.referenceEvery,
                 tr("The same place again and again: what changes there, the beam has done. It "
                    "costs dose, at that place and in all."));
    m_hasReference = addSwitch(harm, tr("at a pixel of its own:"), watch.reference.has_value(),
                               tr("Else the first pixel that is measured."));
    const auto place = [](int value) {
        auto *box = new QSpinBox;
        box->setRange(0, 65535);
        box->setValue(value);
        return box;
    };
    m_referenceRow = addRow(harm, tr("row"), place(watch.reference.value_or(Pixel()).row),
                            tr("Of the grid, from 0 at the top."));
    m_referenceCol = addRow(harm, tr("column"), place(watch.reference.value_or(Pixel()).col),
                            tr("Of the grid, from 0 at the left."));
    for (QSpinBox *box : {m_referenceRow, m_referenceCol}) {
        box->setEnabled(m_hasReference->isChecked());
        connect(m_hasReference, &QCheckBox::toggled, box, &QWidget::setEnabled);
    }
    m_mostChange = addNumber(harm, tr("Pause at a change of"), 100 * watch.mostChange, 0, 1e6,
                             tr(" %"), tr("Of the reference's value, up or down. 0: never."));
    QFormLayout *pace = addGroup(right, tr("Pace"));
    m_overlaps = addSwitch(pace, tr("Learn and choose while the beam dwells"), watch.overlaps,
                           tr("Each choice then knows one measurement less, and the beam waits "
                              "less. The steps say how many measurements each choice knew."));
    if (unrest) {
        m_unrest = *unrest;
        makeUnrest(addGroup(right, tr("What the simulated microscope does")), *unrest);
    }
    left->addStretch();
    right->addStretch();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *column = new QVBoxLayout(this);
    column->addLayout(columns);
    column->addWidget(buttons);
}

void WatchDialog::makeUnrest(QFormLayout *form, const Unrest &unrest)
{
    const QString speed = tr(" nm/s");
    const QString help = tr("Of the sample, while the beam dwells and images are taken.");
    m_right = addNumber(form, tr("Drift to the right"), unrest.driftXNmPerSecond, -1000, 1000,
                        speed, help);
    m_down =
        addNumber(form, tr("Drift downwards"), unrest.driftYNmPerSecond, -1000, 1000, speed, help);
    m_walk = addNumber(form, tr("Random walk"), unrest.walkNm, 0, 1000, tr(" nm/√s"),
                       tr("Deviation after a second, each way, on top of the drift."));
    m_defocus = addNumber(form, tr("Loss of focus"), unrest.defocusNmPerSecond, 0, 1000, speed,
                          tr("By how much the probe widens."));
    m_contamination = addNumber(form, tr("Contamination"), unrest.contaminationPerSecond, 0, 1000,
                                tr(" /s"), tr("Mean free paths of carbon that a second leaves."));
}

WatchSettings WatchDialog::watch() const
{
    WatchSettings watch = m_watch;
    watch.surveyEvery = m_surveyEvery->value();
    watch.surveyAtNm = m_surveyAt->value();
    watch.leastRegistration = m_leastRegistration->value();
    watch.extrapolates = m_extrapolates->isChecked();
    watch.leavesOutPoor = m_leavesOutPoor->isChecked();
    watch.leastSharpness = m_leastSharpness->value();
    watch.referenceEvery = m_referenceEvery->value();
    watch.reference = m_hasReference->isChecked()
                          ? std::optional(Pixel{m_referenceRow->value(), m_referenceCol->value()})
                          : std::nullopt;
    watch.mostChange = m_mostChange->value() / 100;
    watch.overlaps = m_overlaps->isChecked();
    return watch;
}

Unrest WatchDialog::unrest() const
{
    Unrest unrest = m_unrest;
    if (!m_right)
        return unrest;
    unrest.driftXNmPerSecond = m_right->value();
    unrest.driftYNmPerSecond = m_down->value();
    unrest.walkNm = m_walk->value();
    unrest.defocusNmPerSecond = m_defocus->value();
    unrest.contaminationPerSecond = m_contamination->value();
    return unrest;
}

} // namespace helmscope
