// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/branchdialog.h"

#include "app/branchwords.h"
#include "base/error.h"
#include "base/tr.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int stepsMore = 10; ///< where the run had none left

QSpinBox *countBox(const QString &name, int lowest, int highest, const QString &help)
{
    auto *box = new QSpinBox;
    box->setObjectName(name);
    box->setRange(lowest, highest);
    box->setToolTip(help);
    return box;
}

} // namespace

BranchDialog::BranchDialog(std::shared_ptr<const Run> run, const QString &id, int step,
                           QWidget *parent)
    : QDialog(parent)
    , m_run(std::move(run))
    , m_id(id)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("What if? – a branch of %1").arg(id));
    auto *column = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    column->addLayout(form);
    makeFields(form);
    makeBeyond(form);
    m_words = new QLabel;
    m_words->setObjectName("differences");
    m_words->setAccessibleName(tr("What will differ"));
    m_words->setWordWrap(true);
    m_words->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_words->setMinimumHeight(fontMetrics().lineSpacing() * 7); // nothing jumps as it fills
    column->addWidget(m_words, 1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_start = buttons->addButton(tr("Start the branch"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName("startBranch");
    m_start->setDefault(true);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        emit chosen(m_run, branch());
        accept();
    });
    m_step->setValue(step);
    takeStep();

    connect(m_step, &QSpinBox::valueChanged, this, &BranchDialog::takeStep);
    connect(m_acquisition, &QComboBox::currentIndexChanged, this, [this] {
        showParameter();
        showWords();
    });
    connect(m_parameter, &QDoubleSpinBox::valueChanged, this, &BranchDialog::showWords);
    connect(m_scalarizer, &QLineEdit::textChanged, this, &BranchDialog::showWords);
    connect(m_model, &QComboBox::currentIndexChanged, this, &BranchDialog::showWords);
    for (QSpinBox *box : {m_seed, m_steps, m_radius})
        connect(box, &QSpinBox::valueChanged, this, &BranchDialog::showWords);
    connect(m_avoid, &QCheckBox::toggled, this, [this](bool isOn) {
        m_radius->setEnabled(isOn);
        showWords();
    });
    for (QRadioButton *button : m_beyond)
        connect(button, &QRadioButton::toggled, this, [this] {
            showScalarizer();
            showWords();
        });
}

void BranchDialog::makeFields(QFormLayout *form)
{
    const int size = int(m_run->steps.size());
    m_step = countBox("branchStep", 1, std::max(1, size),
                      tr("The measurements up to this step are taken over as they are."));
    form->addRow(tr("After ste&p"), m_step);

    auto *row = new QHBoxLayout;
    m_acquisition = new QComboBox;
    m_acquisition->setObjectName("branchAcquisition");
    m_acquisition->setToolTip(tr("How predictions become the worth of a pixel."));
    for (const AcquisitionRow &kind : acquisitions()) {
        m_acquisition->addItem(Tr::tr(kind.name), int(kind.kind));
        m_acquisition->setItemData(m_acquisition->count() - 1, Tr::tr(kind.help), Qt::ToolTipRole);
    }
    row->addWidget(m_acquisition, 1);
    m_parameterLabel = new QLabel;
    row->addWidget(m_parameterLabel);
    m_parameter = new QDoubleSpinBox;
    m_parameter->setObjectName("branchParameter");
    m_parameter->setRange(0, 1000);
    m_parameter->setDecimals(3);
    m_parameter->setSingleStep(0.01);
    row->addWidget(m_parameter);
    form->addRow(tr("&Acquisition"), row);
    static_cast<QLabel *>(form->labelForField(row))->setBuddy(m_acquisition);

    m_scalarizer = new QLineEdit;
    m_scalarizer->setObjectName("branchScalarizer");
    form->addRow(tr("&Looks for"), m_scalarizer);

    m_model = new QComboBox;
    m_model->setObjectName("branchModel");
    m_model->addItem(tr("as it was"), QString());
    for (const Preset &preset : presets()) {
        m_model->addItem(Tr::tr(preset.name), QString::fromUtf8(preset.key));
        m_model->setItemData(m_model->count() - 1, Tr::tr(preset.help), Qt::ToolTipRole);
    }
    form->addRow(tr("&Model"), m_model);
    m_seed = countBox("branchSeed", 0, 2'000'000'000, tr("Of everything random from here on."));
    form->addRow(tr("See&d"), m_seed);
    m_steps = countBox("branchSteps", 1, 100'000, tr("Measurements after the step."));
    form->addRow(tr("Measurements from &here"), m_steps);

    auto *elsewhere = new QHBoxLayout;
    m_avoid = new QCheckBox(tr("&go elsewhere: avoid what was measured afterwards, within"));
    m_avoid->setObjectName("branchAvoid");
    m_avoid->setToolTip(tr("Pixels around what the run measured after the step are forbidden."));
    elsewhere->addWidget(m_avoid);
    m_radius = countBox("branchRadius", 0, 512, tr("Pixels to each side."));
    m_radius->setValue(3);
    m_radius->setSuffix(tr(" px"));
    m_radius->setAccessibleName(tr("Pixels to each side"));
    m_radius->setEnabled(false);
    elsewhere->addWidget(m_radius);
    elsewhere->addStretch(1);
    form->addRow(QString(), elsewhere);
}

void BranchDialog::makeBeyond(QFormLayout *form)
{
    using Beyond = Origin::Beyond;
    auto *box = new QWidget;
    auto *column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    struct Choice
    {
        Beyond beyond;
        const char *name;
        QString text, help;
    };
    const std::array choices{
        Choice{Beyond::Sample, "beyondSample", tr("the sample itself: what is true there"),
               tr("Simulated, or a full recording: what is measured is real.")},
        Choice{Beyond::Nearest, "beyondNearest", tr("the nearest pixel that was measured"),
               tr("Each such step is marked: nobody measured there.")},
        Choice{Beyond::Predicted, "beyondPredicted", tr("what the run's last model expects"),
               tr("Each such step is marked: nobody measured there.")}};
    bool isAny = false;
    for (const Choice &choice : choices) {
        auto *button = new QRadioButton(choice.text);
        button->setObjectName(choice.name);
        const QString objection = objectionTo(choice.beyond, *m_run);
        button->setEnabled(objection.isEmpty());
        button->setToolTip(objection.isEmpty() ? choice.help : objection);
        if (objection.isEmpty() && !isAny) {
            button->setChecked(true);
            isAny = true;
        }
        column->addWidget(button);
        m_beyond[std::size_t(choice.beyond)] = button;
    }
    form->addRow(tr("Where the run did not measure, ask"), box);
}

/// The form says how the run went on from there, until somebody changes it.
void BranchDialog::takeStep()
{
    Branch same;
    same.step = m_step->value();
    m_objection.clear();
    try {
        m_held = branchPlan(*m_run, m_id, same);
    } catch (const Error &e) {
        m_held = m_run->plan;
        m_objection = QString::fromUtf8(e.what());
    }
    const QSignalBlocker quietAcquisition(m_acquisition), quietScalarizer(m_scalarizer),
        quietSeed(m_seed), quietSteps(m_steps);
    m_acquisition->setCurrentIndex(m_acquisition->findData(int(m_held.acquisition.kind)));
    m_scalarizer->setText(m_run->energies.channels() > 0 ? m_held.scalarizer.text() : QString());
    m_seed->setValue(int(std::min<std::uint64_t>(m_held.seed, 2'000'000'000)));
    m_steps->setValue(m_held.steps > 0 ? m_held.steps : stepsMore);
    showParameter();
    showScalarizer();
    showWords();
}

/// A model that expects values cannot say what another scalarizer would make of its spectra.
void BranchDialog::showScalarizer()
{
    const bool hasSpectra = m_run->energies.channels() > 0;
    const bool isPredicted = m_beyond[std::size_t(Origin::Beyond::Predicted)]->isChecked();
    m_scalarizer->setEnabled(hasSpectra && !isPredicted);
    if (isPredicted)
        m_scalarizer->setText(hasSpectra ? m_held.scalarizer.text() : QString());
    m_scalarizer->setToolTip(
        !hasSpectra ? tr("This sample answers values, not spectra.")
        : isPredicted
            ? tr("The model expects values: it does not know the spectra of other pixels.")
            : tr("What a spectrum is worth: band:A-B, peak:A-B, energy:A-B or ratio:A-B/C-D, in "
                 "the unit of the axis; with a background before it: ,constant:A-B or "
                 ",power:A-B."));
}

void BranchDialog::showParameter()
{
    const auto kind = Acquisition(m_acquisition->currentData().toInt());
    const bool isBound = kind == Acquisition::UpperConfidenceBound;
    const bool hasMargin =
        kind == Acquisition::ExpectedImprovement || kind == Acquisition::ProbabilityOfImprovement;
    const QSignalBlocker quiet(m_parameter);
    m_parameterLabel->setText(isBound ? tr("β") : tr("ξ"));
    m_parameter->setAccessibleName(isBound ? tr("beta") : tr("xi"));
    m_parameter->setToolTip(
        isBound ? tr("Weight of the variance: more explores more.")
                : tr("Improvement asked for, in deviations of the measured values."));
    m_parameter->setValue(isBound ? m_held.acquisition.beta : m_held.acquisition.xi);
    m_parameter->setEnabled(isBound || hasMargin);
    m_parameterLabel->setEnabled(isBound || hasMargin);
}

AcquisitionSettings BranchDialog::acquisition() const
{
    AcquisitionSettings settings = m_held.acquisition;
    settings.kind = Acquisition(m_acquisition->currentData().toInt());
    if (m_parameter->isEnabled())
        (settings.kind == Acquisition::UpperConfidenceBound ? settings.beta : settings.xi) =
            m_parameter->value();
    return settings;
}

Branch BranchDialog::branch() const
{
    Branch branch;
    branch.step = m_step->value();
    if (!(acquisition() == m_held.acquisition))
        branch.acquisition = acquisition();
    if (m_scalarizer->isEnabled() && m_scalarizer->text() != m_held.scalarizer.text()) {
        try {
            branch.scalarizer = Scalarizer::parse(m_scalarizer->text());
        } catch (const Error &) {
            // showWords() says so, and nothing can be started
        }
    }
    if (const QString key = m_model->currentData().toString(); !key.isEmpty())
        branch.model = presetFromKey(key.toStdString()).settings;
    if (std::uint64_t(m_seed->value()) != m_held.seed)
        branch.seed = std::uint64_t(m_seed->value());
    branch.steps = m_steps->value();
    branch.avoidRadius = m_avoid->isChecked() ? m_radius->value() : -1;
    for (std::size_t i = 0; i < m_beyond.size(); ++i)
        if (m_beyond[i]->isChecked())
            branch.beyond = Origin::Beyond(int(i));
    return branch;
}

void BranchDialog::showWords()
{
    QString objection = m_objection;
    QStringList words;
    try {
        if (m_scalarizer->isEnabled())
            Scalarizer::parse(m_scalarizer->text()).check(m_run->energies);
        const Branch wanted = branch();
        const Plan plan = branchPlan(*m_run, m_id, wanted);
        words = branchWords(m_held, plan, wanted, m_run->energies);
    } catch (const Error &e) {
        objection = QString::fromUtf8(e.what());
    }
    m_start->setEnabled(objection.isEmpty());
    if (!objection.isEmpty())
        return m_words->setText(QStringLiteral("⚠ ") + objection);
    QString text = tr("The first %1 measurements are those of %2.").arg(m_step->value()).arg(m_id);
    if (words.isEmpty())
        text += '\n' + tr("Nothing differs: the branch will go the same way.");
    for (const QString &sentence : std::as_const(words))
        text += "\n• " + sentence;
    if (!m_beyond[0]->isChecked())
        text += '\n' + tr("Steps that nobody measured are marked as such.");
    m_words->setText(text);
}

QString BranchDialog::words() const
{
    return m_words->text();
}

} // namespace helmscope
