// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/planpanel.h"

#include "app/watchdialog.h"
#include "base/error.h"

#include <QAbstractSpinBox>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include <algorithm>

namespace helmscope {

namespace {

/// The vector model predicts about so many channels unless somebody asks for more.
constexpr int usualOutputs = 64;

Acquisition kindIn(const QComboBox *box)
{
    return Acquisition(box->currentData().toInt());
}

} // namespace

template <class Field>
Field *PlanPanel::add(QGridLayout *grid, int row, int column, const QString &label, Field *field,
                      const QString &help)
{
    auto *caption = new QLabel(label);
    caption->setBuddy(field);
    caption->setToolTip(help);
    field->setToolTip(help);
    field->setAccessibleName(QString(label).remove('&'));
    grid->addWidget(caption, row, column, Qt::AlignRight | Qt::AlignVCenter);
    grid->addWidget(field, row, column + 1);
    return field;
}

QSpinBox *PlanPanel::addCount(QGridLayout *grid, int row, int column, const QString &label,
                              int lowest, int highest, const QString &help)
{
    auto *box = new QSpinBox;
    box->setRange(lowest, highest);
    box->setKeyboardTracking(false);
    return add(grid, row, column, label, box, help);
}

PlanPanel::PlanPanel(QWidget *parent)
    : QWidget(parent)
{
    // Three fields a row: the panel lies under the maps, where height is dear.
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(8, 2, 8, 2);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(1, 3); // the longest words stand in the first column
    grid->setColumnStretch(3, 2);
    grid->setColumnStretch(5, 2);
    makeScalarizerRow(grid, 0);
    makeSteeringRows(grid, 2);
    makeModelRows(grid, 4);
    grid->setRowStretch(7, 1); // what is left stays empty
    for (QComboBox *box : findChildren<QComboBox *>()) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(5);
    }
    for (QAbstractSpinBox *box : findChildren<QAbstractSpinBox *>())
        box->setMinimumWidth(56);

    connect(m_acquisition, &QComboBox::currentIndexChanged, this, [this] {
        showParameter();
        emit acquisitionEdited(acquisition());
    });
    connect(m_parameter, &QDoubleSpinBox::valueChanged, this, [this] {
        m_plan.acquisition = acquisition();
        emit acquisitionEdited(m_plan.acquisition);
    });
    connect(m_steps, &QSpinBox::valueChanged, this, [this](int steps) {
        emit costChanged();
        emit stepsEdited(steps);
    });
    connect(m_initialCount, &QSpinBox::valueChanged, this, &PlanPanel::costChanged);
    connect(m_dwell, &QDoubleSpinBox::valueChanged, this, &PlanPanel::costChanged);
    connect(m_model, &QComboBox::activated, this, &PlanPanel::takePreset);
    connect(m_isVector, &QCheckBox::toggled, this, [this] { setRunning(m_isRunning); });
    const Plan usual;
    setPlan(usual);
}

void PlanPanel::makeScalarizerRow(QGridLayout *grid, int row)
{
    using Kind = Scalarizer::Kind;
    m_kind = add(grid, row, 0, tr("&Look for"), new QComboBox,
                 tr("What a spectrum is worth: where the physics comes in."));
    m_kind->addItem(tr("mean over a band"), int(Kind::BandMean));
    m_kind->addItem(tr("height of a peak"), int(Kind::PeakHeight));
    m_kind->addItem(tr("energy of a peak"), int(Kind::PeakEnergy));
    m_kind->addItem(tr("ratio of two bands"), int(Kind::BandRatio));
    m_text = new QLineEdit;
    auto *caption = new QLabel(tr("&in"));
    caption->setBuddy(m_text);
    m_text->setAccessibleName(tr("The value in words"));
    m_text->setToolTip(tr("The same in words: band:A-B, peak:A-B, energy:A-B or ratio:A-B/C-D, in "
                          "the unit of the axis; with a background before it: ,constant:A-B or "
                          ",power:A-B. The band can also be dragged in the spectrum."));
    grid->addWidget(caption, row, 2, Qt::AlignRight | Qt::AlignVCenter);
    grid->addWidget(m_text, row, 3, 1, 3);
    m_objection = new QLabel;
    m_objection->setWordWrap(true);
    m_objection->hide();
    grid->addWidget(m_objection, row + 1, 0, 1, 6);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &PlanPanel::changeKind);
    connect(m_text, &QLineEdit::editingFinished, this, &PlanPanel::readScalarizerText);
}

void PlanPanel::makeSteeringRows(QGridLayout *grid, int row)
{
    m_acquisition = add(grid, row, 0, tr("&Acquisition"), new QComboBox,
                        tr("How predictions become the worth of a pixel."));
    for (const AcquisitionRow &kind : acquisitions()) {
        m_acquisition->addItem(QString::fromUtf8(kind.name), int(kind.kind));
        m_acquisition->setItemData(m_acquisition->count() - 1, QString::fromUtf8(kind.help),
                                   Qt::ToolTipRole);
    }
    m_parameter = add(grid, row, 2, QString(), new QDoubleSpinBox, QString());
    m_parameterLabel = qobject_cast<QLabel *>(grid->itemAtPosition(row, 2)->widget());
    m_parameter->setRange(0, 1000);
    m_parameter->setDecimals(3);
    m_parameter->setSingleStep(0.01);
    m_parameter->setKeyboardTracking(false);
    m_steps = addCount(grid, row, 4, tr("&Budget"), 1, 100'000,
                       tr("Measurements after the first points."));

    m_initialCount = addCount(grid, row + 1, 0, tr("&First points"), 2, 100'000,
                              tr("Measured before there is anything to learn from."));
    m_initialKind =
        add(grid, row + 1, 2, tr("placed"), new QComboBox, tr("How the first points are chosen."));
    m_initialKind->addItem(tr("at random"), int(InitialPoints::Kind::Random));
    m_initialKind->addItem(tr("on a grid"), int(InitialPoints::Kind::Grid));
    m_dwell = add(grid, row + 1, 4, tr("D&well, ms"), new QDoubleSpinBox,
                  tr("How long the probe stays on a pixel."));
    m_dwell->setRange(0.001, 100'000);
    m_dwell->setDecimals(3);
    m_dwell->setKeyboardTracking(false);
}

void PlanPanel::makeModelRows(QGridLayout *grid, int row)
{
    m_model = add(grid, row, 0, tr("&Model"), new QComboBox, tr("What learns from the points."));
    for (const Preset &preset : presets()) {
        m_model->addItem(QString::fromUtf8(preset.name), QString::fromUtf8(preset.key));
        m_model->setItemData(m_model->count() - 1, QString::fromUtf8(preset.help), Qt::ToolTipRole);
    }
    m_model->setPlaceholderText(tr("as in the file"));
    m_cycles =
        addCount(grid, row, 2, tr("&Cycles"), 1, 100'000, tr("Training cycles at each step."));
    m_kernel =
        add(grid, row, 4, tr("&Kernel"), new QComboBox, tr("Covariance of the Gaussian process."));
    m_kernel->addItem(tr("RBF"), int(DeepKernelSettings::Kernel::Rbf));
    m_kernel->addItem(tr("Matérn 5/2"), int(DeepKernelSettings::Kernel::Matern52));

    m_patch = addCount(
        grid, row + 1, 0, tr("&Patch"), 2, 256,
        tr("Side, in pixels, of the square of image around a pixel: what the model sees of it."));
    m_bin =
        addCount(grid, row + 1, 2, tr("Bi&n"), 1, 4096,
                 tr("Neighbouring channels averaged into one when whole spectra are predicted."));
    m_seed =
        addCount(grid, row + 1, 4, tr("S&eed"), 0, 2'000'000'000,
                 tr("Of everything random: the same plan with the same seed takes the same path."));

    m_isVector = new QCheckBox(tr("Predict spectra"));
    m_isVector->setToolTip(tr("The model predicts every channel; the value is computed from the "
                              "predicted spectrum. Slower, but shows spectra where none was "
                              "measured."));
    m_isWarm = new QCheckBox(tr("Warm start"));
    m_isWarm->setToolTip(tr("Each step continues the last step's training with fewer cycles, "
                            "instead of learning from scratch. Faster; may stay in a rut."));
    m_begin = new QPushButton;
    m_begin->setObjectName("begin");
    connect(m_begin, &QPushButton::clicked, this, &PlanPanel::beginningWished);
    auto *first = new QHBoxLayout;
    first->setSpacing(2);
    first->addWidget(m_isVector);
    first->addStretch();
    first->addWidget(m_begin);
    grid->addLayout(first, row + 2, 0, 1, 2);
    grid->addWidget(m_isWarm, row + 2, 2, 1, 2);
    m_hasNoise = new QCheckBox(tr("Shot noise"));
    m_hasNoise->setToolTip(
        tr("Answers from the recording as if the probe had stayed for this dwell only."));
    m_watch = new QPushButton(tr("Watc&h…"));
    m_watch->setObjectName("watch");
    connect(m_watch, &QPushButton::clicked, this, &PlanPanel::askForWatch);
    auto *last = new QHBoxLayout;
    last->addWidget(m_hasNoise);
    last->addStretch();
    last->addWidget(m_watch);
    grid->addLayout(last, row + 2, 4, 1, 2);
}

void PlanPanel::setBeginning(const Beginning &beginning, const QString &card)
{
    m_plan.beginning = beginning;
    m_card = card;
    showBeginning();
}

void PlanPanel::showBeginning()
{
    const Beginning &beginning = m_plan.beginning;
    const bool isWanted = beginning.isWanted();
    m_begin->setText(isWanted ? tr("● Be&gin…") : tr("Be&gin…"));
    QString help = tr("What the model begins from: a meta-model that has learnt from other samples "
                      "(helmscope-cli metatrain), as long as that helps on the points measured "
                      "here; where it does not, the run goes on cold and says so.");
    if (isWanted)
        help = tr("Begins from %1.").arg(QFileInfo(beginning.file).fileName()) + '\n' +
               (m_card.isEmpty() ? help : m_card);
    m_begin->setToolTip(help);
    m_begin->setAccessibleName(tr("What the model begins from"));
}

void PlanPanel::askForWatch()
{
    const auto *simulated = std::get_if<Simulator::Settings>(&m_plan.sample);
    const Unrest unrest = simulated ? simulated->unrest : Unrest();
    WatchDialog dialog(m_plan.watch, m_isSimulated ? &unrest : nullptr, this);
    if (dialog.exec() != QDialog::Accepted)
        return;
    m_plan.watch = dialog.watch();
    if (m_isSimulated) {
        if (!simulated)
            m_plan.sample = Simulator::Settings();
        std::get<Simulator::Settings>(m_plan.sample).unrest = dialog.unrest();
    }
    showWatch();
}

void PlanPanel::showWatch()
{
    m_watch->setText(m_plan.watch.isActive() ? tr("● Watc&h…") : tr("Watc&h…"));
    m_watch->setToolTip(tr("How the run watches over an instrument that drifts, loses its focus "
                           "and harms the sample. Now: %1.")
                            .arg(watchWords(m_plan.watch)));
}

void PlanPanel::takePreset()
{
    m_plan.model = presetFromKey(m_model->currentData().toString().toStdString()).settings;
    m_model->setToolTip(m_model->currentData(Qt::ToolTipRole).toString());
    m_cycles->setValue(m_isWarm->isChecked() ? m_plan.warmCycles : m_plan.model.cycles);
    m_kernel->setCurrentIndex(m_kernel->findData(int(m_plan.model.kernel)));
}

void PlanPanel::readScalarizerText()
{
    if (m_text->text() == m_scalarizer.text())
        return m_objection->hide();
    try {
        const Scalarizer read = Scalarizer::parse(m_text->text());
        read.check(m_energies);
        setScalarizer(read);
        emit scalarizerEdited(read);
    } catch (const Error &e) {
        m_objection->setText(QStringLiteral("⚠ ") + QString::fromUtf8(e.what()));
        m_objection->show();
    }
}

void PlanPanel::changeKind(int index)
{
    Scalarizer wanted = m_scalarizer;
    wanted.kind = Scalarizer::Kind(m_kind->itemData(index).toInt());
    if (wanted.kind == Scalarizer::Kind::BandRatio && wanted.second == Band() &&
        m_energies.channels() > 1) {
        // A second band to begin with: as wide, on the side with more room.
        const double first = m_energies.values.front(), last = m_energies.values.back();
        const double width = wanted.band.high - wanted.band.low;
        const bool isAbove = last - wanted.band.high > wanted.band.low - first;
        const double low = isAbove ? std::min(wanted.band.high + width, last - width)
                                   : std::max(wanted.band.low - 2 * width, first);
        wanted.second = {low, low + width};
    }
    setScalarizer(wanted);
    emit scalarizerEdited(wanted);
}

void PlanPanel::setScalarizer(const Scalarizer &scalarizer)
{
    m_scalarizer = scalarizer;
    const QSignalBlocker quiet(m_kind);
    m_kind->setCurrentIndex(m_kind->findData(int(scalarizer.kind)));
    m_text->setText(m_energies.channels() ? scalarizer.text() : QString());
    m_objection->hide();
}

void PlanPanel::setSample(const Sample &sample)
{
    m_energies = sample.energies;
    m_isSimulated = sample.isSimulated();
    setScalarizer(sample.scalarizer);
    m_text->setPlaceholderText(sample.hasSpectra() ? QString() : sample.valuesName);
    m_bin->setMaximum(std::max(1, m_energies.channels() / 2));
    m_bin->setValue(std::max(1, (m_energies.channels() + usualOutputs - 1) / usualOutputs));
    if (!sample.hasSpectra())
        m_isVector->setChecked(false);
    m_hasNoise->setVisible(!m_isSimulated);
    setRunning(m_isRunning);
}

void PlanPanel::setPlan(const Plan &plan)
{
    m_plan = plan;
    m_card.clear();
    showBeginning();
    const QSignalBlocker quietAcquisition(m_acquisition), quietParameter(m_parameter),
        quietSteps(m_steps);
    m_acquisition->setCurrentIndex(m_acquisition->findData(int(plan.acquisition.kind)));
    showParameter();
    m_steps->setValue(plan.steps);
    m_dwell->setValue(plan.dwellSeconds * 1000);
    m_initialCount->setValue(plan.initial.count);
    const int kind = m_initialKind->findData(int(plan.initial.kind));
    m_initialKind->setCurrentIndex(std::max(0, kind)); // points given in a file become random ones
    m_patch->setValue(plan.patch);
    m_seed->setValue(int(std::min<std::uint64_t>(plan.seed, 2'000'000'000)));
    m_model->setCurrentIndex(
        m_model->findData(QString::fromStdString(presetKeyOf(plan.model)))); // -1: from a file
    m_cycles->setValue(plan.isWarmStart ? plan.warmCycles : plan.model.cycles);
    m_kernel->setCurrentIndex(m_kernel->findData(int(plan.model.kernel)));
    m_isVector->setChecked(plan.isVector);
    m_isWarm->setChecked(plan.isWarmStart);
    m_hasNoise->setChecked(plan.hasShotNoise);
    showWatch();
    if (plan.isVector)
        m_bin->setValue(plan.bin);
    setScalarizer(plan.scalarizer);
    emit costChanged();
}

Plan PlanPanel::plan() const
{
    Plan plan = m_plan;
    plan.scalarizer = m_scalarizer;
    plan.isVector = m_isVector->isChecked() && m_energies.channels() > 0;
    plan.bin = plan.isVector ? m_bin->value() : 1;
    plan.patch = m_patch->value();
    plan.initial = {
        InitialPoints::Kind(m_initialKind->currentData().toInt()), m_initialCount->value(), {}};
    plan.steps = m_steps->value();
    plan.acquisition = acquisition();
    plan.isWarmStart = m_isWarm->isChecked();
    (plan.isWarmStart ? plan.warmCycles : plan.model.cycles) = m_cycles->value();
    plan.model.kernel = DeepKernelSettings::Kernel(m_kernel->currentData().toInt());
    plan.dwellSeconds = m_dwell->value() / 1000;
    plan.hasShotNoise = !m_isSimulated && m_hasNoise->isChecked();
    plan.seed = std::uint64_t(m_seed->value());
    return plan;
}

AcquisitionSettings PlanPanel::acquisition() const
{
    AcquisitionSettings settings = m_plan.acquisition;
    settings.kind = kindIn(m_acquisition);
    (settings.kind == Acquisition::UpperConfidenceBound ? settings.beta : settings.xi) =
        m_parameter->value();
    return settings;
}

/// The one number the chosen acquisition takes.
void PlanPanel::showParameter()
{
    const Acquisition kind = kindIn(m_acquisition);
    const bool isBound = kind == Acquisition::UpperConfidenceBound;
    const bool hasMargin =
        kind == Acquisition::ExpectedImprovement || kind == Acquisition::ProbabilityOfImprovement;
    const QSignalBlocker quiet(m_parameter);
    m_parameterLabel->setText(isBound ? tr("β") : tr("ξ"));
    m_parameter->setAccessibleName(isBound ? tr("beta") : tr("xi"));
    m_parameter->setToolTip(
        isBound ? tr("Weight of the variance: more explores more.")
                : tr("Improvement asked for, in deviations of the measured values."));
    m_parameter->setValue(isBound ? m_plan.acquisition.beta : m_plan.acquisition.xi);
    m_parameter->setEnabled(isBound || hasMargin);
    m_parameterLabel->setEnabled(isBound || hasMargin);
    m_acquisition->setToolTip(m_acquisition->currentData(Qt::ToolTipRole).toString());
}

QString PlanPanel::costText() const
{
    const int points = m_steps->value() + m_initialCount->value();
    return tr("%1 points, %2 s of beam")
        .arg(points)
        .arg(points * m_dwell->value() / 1000, 0, 'f', 1);
}

void PlanPanel::setRunning(bool isRunning)
{
    m_isRunning = isRunning;
    const bool isFree = !isRunning, hasSpectra = m_energies.channels() > 0;
    for (QWidget *field : std::initializer_list<QWidget *>{
             m_dwell, m_initialCount, m_initialKind, m_patch, m_seed, m_model, m_cycles, m_kernel,
             m_isWarm, m_hasNoise, m_watch, m_begin})
        field->setEnabled(isFree);
    m_isVector->setEnabled(isFree && hasSpectra);
    m_bin->setEnabled(isFree && hasSpectra && m_isVector->isChecked());
    m_kind->setEnabled(hasSpectra);
    m_text->setEnabled(hasSpectra);
}

void PlanPanel::setAcquisition(Acquisition kind)
{
    m_acquisition->setCurrentIndex(m_acquisition->findData(int(kind)));
}

void PlanPanel::setSteps(int steps)
{
    m_steps->setValue(steps);
}

} // namespace helmscope
