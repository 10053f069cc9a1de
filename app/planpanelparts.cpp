// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of the plan.
#include "app/fieldlayout.h"
#include "app/planpanel.h"
#include "base/tr.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

namespace helmscope {

template <class Field>
Field *PlanPanel::add(const QString &label, Field *field, const QString &help, int span)
{
    auto *caption = new QLabel(label);
    caption->setBuddy(field);
    caption->setToolTip(help);
    field->setToolTip(help);
    field->setWhatsThis(help);
    field->setAccessibleName(QString(label).remove('&'));
    m_fields->addField(caption, field, span);
    return field;
}

QSpinBox *PlanPanel::addCount(const QString &label, int lowest, int highest, const QString &help)
{
    auto *box = new QSpinBox;
    box->setRange(lowest, highest);
    box->setKeyboardTracking(false);
    return add(label, box, help);
}

void PlanPanel::makeScalarizerFields()
{
    using Kind = Scalarizer::Kind;
    m_kind = add(tr("&Look for"), new QComboBox,
                 tr("What a spectrum is worth: where the physics comes in."));
    m_kind->addItem(tr("mean over a band"), int(Kind::BandMean));
    m_kind->addItem(tr("height of a peak"), int(Kind::PeakHeight));
    m_kind->addItem(tr("energy of a peak"), int(Kind::PeakEnergy));
    m_kind->addItem(tr("ratio of two bands"), int(Kind::BandRatio));
    m_text = add(tr("&in"), new QLineEdit,
                 tr("The same in words: band:A-B, peak:A-B, energy:A-B or ratio:A-B/C-D, in "
                    "the unit of the axis; with a background before it: ,constant:A-B or "
                    ",power:A-B. The band can also be dragged in the spectrum."),
                 2);
    m_text->setAccessibleName(tr("The value in words"));
    m_objection = new QLabel;
    m_objection->setWordWrap(true);
    m_objection->hide();
    m_fields->addRow(m_objection);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &PlanPanel::changeKind);
    connect(m_text, &QLineEdit::editingFinished, this, &PlanPanel::readScalarizerText);
}

void PlanPanel::makeSteeringFields()
{
    m_acquisition =
        add(tr("&Acquisition"), new QComboBox, tr("How predictions become the worth of a pixel."));
    for (const AcquisitionRow &kind : acquisitions()) {
        m_acquisition->addItem(Tr::tr(kind.name), int(kind.kind));
        m_acquisition->setItemData(m_acquisition->count() - 1, Tr::tr(kind.help), Qt::ToolTipRole);
    }
    m_parameter = new QDoubleSpinBox;
    m_parameterLabel = new QLabel;
    m_parameterLabel->setBuddy(m_parameter);
    m_fields->addField(m_parameterLabel, m_parameter);
    m_parameter->setRange(0, 1000);
    m_parameter->setDecimals(3);
    m_parameter->setSingleStep(0.01);
    m_parameter->setKeyboardTracking(false);
    m_steps = addCount(tr("&Budget"), 1, 100'000, tr("Measurements after the first points."));

    m_initialCount = addCount(tr("&First points"), 2, 100'000,
                              tr("Measured before there is anything to learn from."));
    m_initialKind = add(tr("placed"), new QComboBox, tr("How the first points are chosen."));
    m_initialKind->addItem(tr("at random"), int(InitialPoints::Kind::Random));
    m_initialKind->addItem(tr("on a grid"), int(InitialPoints::Kind::Grid));
    m_dwell = add(tr("D&well, ms"), new QDoubleSpinBox, tr("How long the probe stays on a pixel."));
    m_dwell->setRange(0.001, 100'000);
    m_dwell->setDecimals(3);
    m_dwell->setKeyboardTracking(false);
}

void PlanPanel::makeModelFields()
{
    m_model = add(tr("&Model"), new QComboBox, tr("What learns from the points."));
    for (const Preset &preset : presets()) {
        m_model->addItem(Tr::tr(preset.name), QString::fromUtf8(preset.key));
        m_model->setItemData(m_model->count() - 1, Tr::tr(preset.help), Qt::ToolTipRole);
    }
    m_model->setPlaceholderText(tr("as in the file"));
    m_cycles = addCount(tr("&Cycles"), 1, 100'000, tr("Training cycles at each step."));
    m_kernel = add(tr("&Kernel"), new QComboBox, tr("Covariance of the Gaussian process."));
    m_kernel->addItem(tr("RBF"), int(DeepKernelSettings::Kernel::Rbf));
    m_kernel->addItem(tr("Matérn 5/2"), int(DeepKernelSettings::Kernel::Matern52));

    m_patch = addCount(
        tr("&Patch"), 2, 256,
        tr("Side, in pixels, of the square of image around a pixel: what the model sees of it."));
    m_bin =
        addCount(tr("Bi&n"), 1, 4096,
                 tr("Neighbouring channels averaged into one when whole spectra are predicted."));
    m_seed =
        addCount(tr("S&eed"), 0, 2'000'000'000,
                 tr("Of everything random: the same plan with the same seed takes the same path."));
}

/// A check box and a button to its right, or one of them.
static QWidget *together(QWidget *first, QWidget *second)
{
    auto *box = new QWidget;
    auto *row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    row->addWidget(first);
    row->addStretch();
    row->addWidget(second);
    return box;
}

void PlanPanel::makeSwitches()
{
    m_isVector = new QCheckBox(tr("Predict spectra"));
    m_isVector->setToolTip(tr("The model predicts every channel; the value is computed from the "
                              "predicted spectrum. Slower, but shows spectra where none was "
                              "measured."));
    m_isWarm = new QCheckBox(tr("Warm start"));
    m_isWarm->setToolTip(tr("Each step continues the last step's training with fewer cycles, "
                            "instead of learning from scratch. Faster; may stay in a rut."));
    m_hasNoise = new QCheckBox(tr("Shot noise"));
    m_hasNoise->setToolTip(
        tr("Answers from the recording as if the probe had stayed for this dwell only."));
    m_begin = new QPushButton;
    m_begin->setObjectName("begin");
    connect(m_begin, &QPushButton::clicked, this, &PlanPanel::beginningWished);
    m_heating = new QPushButton;
    m_heating->setObjectName("heating");
    connect(m_heating, &QPushButton::clicked, this, &PlanPanel::askForHeating);
    m_watch = new QPushButton(tr("Watc&h…"));
    m_watch->setObjectName("watch");
    connect(m_watch, &QPushButton::clicked, this, &PlanPanel::askForWatch);
    // Columns of their own: they are wider than the fields above, or fewer.
    auto *row = new QWidget;
    auto *switches = new FieldLayout(row);
    switches->setContentsMargins(0, 0, 0, 0);
    switches->addField(nullptr, together(m_isVector, m_begin));
    switches->addField(nullptr, together(m_isWarm, m_heating));
    switches->addField(nullptr, together(m_hasNoise, m_watch));
    m_fields->addRow(row);
}

} // namespace helmscope
