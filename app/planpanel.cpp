// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/planpanel.h"

#include "app/fieldlayout.h"
#include "app/heatingdialog.h"
#include "app/watchdialog.h"
#include "base/tr.h"
#include "steering/live/heating.h"
#include "steering/recording/inwords.h"
#include "widgets/letters.h"

#include <QAbstractSpinBox>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyle>
#include <QStyleOptionComboBox>

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

PlanPanel::PlanPanel(QWidget *parent)
    : QWidget(parent)
    , m_fields(new FieldLayout(this))
{
    // Three fields a row where they fit: the panel lies under the maps, where height is dear.
    m_fields->setContentsMargins(8, 2, 8, 2);
    makeScalarizerFields();
    makeSteeringFields();
    makeModelFields();
    makeSwitches();
    fitToLetters(this, [this](const QFontMetrics &metrics) { fitFields(metrics); });

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

/// Short words and usual numbers in full, in the letters there are; long words may end in "…": they
/// would cost a column.
void PlanPanel::fitFields(const QFontMetrics &metrics)
{
    constexpr int fullLetters = 9;
    for (QComboBox *box : findChildren<QComboBox *>()) {
        int longest = 0;
        for (int i = 0; i < box->count(); ++i)
            longest = std::max(longest, metrics.horizontalAdvance(box->itemText(i)));
        const int letter = metrics.horizontalAdvance('X');
        const int letters = std::clamp((longest + letter - 1) / letter, 5, fullLetters);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(letters);
        QStyleOptionComboBox option;
        option.initFrom(box);
        const QSize words(letters * letter, metrics.height());
        // Not the box's own least size: that has room for a placeholder.
        box->setMinimumWidth(
            box->style()->sizeFromContents(QStyle::CT_ComboBox, &option, words, box).width());
    }
    for (QAbstractSpinBox *box : findChildren<QAbstractSpinBox *>())
        box->setMinimumWidth(metrics.horizontalAdvance(QStringLiteral("0000")) + 26);
}

void PlanPanel::askForHeating()
{
    if (m_heatingDialog)
        return m_heatingDialog->raise();
    // Beside the window and not before it: a run may go on, and be aborted by its button.
    m_heatingDialog =
        new HeatingDialog(m_plan.acquisition.heating, m_pixelSizeNm, m_dwell->value() / 1000, this);
    m_heatingDialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_heatingDialog, &QDialog::accepted, this, [this, dialog = m_heatingDialog.data()] {
        if (dialog->heating() == m_plan.acquisition.heating)
            return;
        m_plan.acquisition.heating = dialog->heating();
        showHeating();
        emit acquisitionEdited(acquisition());
    });
    m_heatingDialog->show();
}

void PlanPanel::showHeating()
{
    const Heating &heating = m_plan.acquisition.heating;
    m_heating->setText(heating.isOn() ? tr("● Hea&ting…") : tr("Hea&ting…"));
    const QString help = tr("How much less a place is worth soon after the beam was near it. May "
                            "be changed during a run. Now: %1.")
                             .arg(inWords(textOf(heating)));
    m_heating->setToolTip(help);
    m_heating->setWhatsThis(help);
    m_heating->setAccessibleName(tr("Heating"));
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
    m_begin->setText(isWanted || beginning.isOpen() ? tr("● Be&gin…") : tr("Be&gin…"));
    QString help = tr("What the model begins from: a meta-model that has learnt from other samples "
                      "(helmscope-cli metatrain), as long as that helps on the points measured "
                      "here; where it does not, the run goes on cold and says so.");
    if (isWanted)
        help = tr("Begins from %1.").arg(QFileInfo(beginning.file).fileName()) + '\n' +
               (m_card.isEmpty() ? help : m_card);
    if (beginning.isOpen())
        help = tr("After the first %1 points the run ranks the meta-models in %2 and goes on from "
                  "the best, or cold where none helps; the reason stands in the record.")
                   .arg(beginning.afterPoints)
                   .arg(beginning.among.join(QStringLiteral(", ")));
    m_begin->setToolTip(help);
    m_begin->setAccessibleName(tr("What the model begins from"));
}

void PlanPanel::askForWatch()
{
    if (m_watchDialog)
        return m_watchDialog->raise();
    const auto *simulated = std::get_if<Simulator::Settings>(&m_plan.sample);
    const Unrest unrest = simulated ? simulated->unrest : Unrest();
    // Beside the window and not before it: ABORT can always be reached.
    m_watchDialog = new WatchDialog(m_plan.watch, m_isSimulated ? &unrest : nullptr, this);
    m_watchDialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_watchDialog, &QDialog::accepted, this,
            [this, isSimulated = m_isSimulated, dialog = m_watchDialog.data()] {
                m_plan.watch = dialog->watch();
                if (isSimulated && m_isSimulated) { // another sample may have been opened meanwhile
                    if (!std::holds_alternative<Simulator::Settings>(m_plan.sample))
                        m_plan.sample = Simulator::Settings();
                    std::get<Simulator::Settings>(m_plan.sample).unrest = dialog->unrest();
                }
                showWatch();
            });
    m_watchDialog->show();
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
    if (m_text->text() == m_shownScalarizer)
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
    m_shownScalarizer = m_energies.channels() ? readable(scalarizer, m_energies).text() : QString();
    m_text->setText(m_shownScalarizer);
    m_text->setCursorPosition(0); // its beginning says what it is
    m_objection->hide();
}

void PlanPanel::setSample(const Sample &sample)
{
    m_energies = sample.energies;
    m_isSimulated = sample.isSimulated();
    m_pixelSizeNm = sample.survey->gridPixelSizeNm();
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
    if (m_heatingDialog)
        m_heatingDialog->close(); // it is about another plan
    m_plan = plan;
    m_card.clear();
    showBeginning();
    const QSignalBlocker quietAcquisition(m_acquisition), quietParameter(m_parameter),
        quietSteps(m_steps);
    m_acquisition->setCurrentIndex(m_acquisition->findData(int(plan.acquisition.kind)));
    showParameter();
    showHeating();
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
    for (QWidget *field : std::initializer_list<QWidget *>{m_dwell, m_initialCount, m_initialKind,
                                                           m_patch, m_seed, m_model, m_cycles,
                                                           m_kernel, m_isWarm, m_hasNoise, m_watch})
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
