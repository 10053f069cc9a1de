// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/statusline.h"

#include "app/elidedlabel.h"
#include "app/instrumentwords.h"
#include "app/jobs.h"
#include "app/jobspanel.h"
#include "app/runbar.h"
#include "app/steadytext.h"
#include "steering/trust.h"
#include "widgets/letters.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QEvent>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace helmscope {

StatusLine::StatusLine(QWidget *parent)
    : QStatusBar(parent)
{
    setSizeGripEnabled(false);
    setContentsMargins(6, 0, 8, 0);
    const auto add = [this](const QString &name, const QString &widest, int stretch) {
        auto *label = new ElidedLabel;
        label->setAccessibleName(name);
        label->setContentsMargins(0, 0, 8, 0); // from the next one's words
        if (!widest.isEmpty())
            keepRoomFor(label, widest, 8);
        addWidget(new SteadyText(label), stretch);
        return label;
    };
    m_position = add(tr("Cursor"), tr("000.0 nm, 000.0 nm (row 000, col 000)"), 0);
    m_values = add(tr("Values under the cursor"), {}, 1);
    m_values->setMinimumWidth(1); // may be cut, rather than widening the window
    m_step = add(tr("Step"), {}, 0);
    m_trust = add(tr("Trust"), {}, 0);
    m_dose = add(tr("Dose"), {}, 0);
    m_instrument = add(tr("Instrument"), {}, 0);
    m_instrument->hide();
    m_outcome = add(tr("Outcome"), {}, 0);
    m_recording = add(tr("Recording"), {}, 0);
    m_unpushed = new QToolButton;
    m_unpushed->setObjectName("unpushed");
    m_unpushed->setWhatsThis(tr("What the servers of the workspace do not have yet; opens Push."));
    m_unpushed->setAutoRaise(true);
    m_unpushed->hide();
    addWidget(m_unpushed);
    connect(m_unpushed, &QToolButton::clicked, this, &StatusLine::unpushedClicked);

    m_job = new QLabel;
    m_job->setAccessibleName(tr("Job"));
    m_progress = new QProgressBar;
    m_progress->setAccessibleName(tr("Progress"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setFixedSize(96, 10);
    m_cancel = new QToolButton;
    m_cancel->setText(QStringLiteral("✕"));
    m_cancel->setAutoRaise(true);
    m_cancel->setAccessibleName(tr("Cancel this job"));
    m_cancel->setToolTip(tr("Cancels this job."));
    for (QWidget *widget : std::initializer_list<QWidget *>{m_job, m_progress, m_cancel}) {
        addPermanentWidget(widget);
        widget->hide();
    }
    m_jobsPanel = new JobsPanel(this);
    m_jobsPanel->hide();
    m_jobsButton = new QToolButton;
    m_jobsButton->setObjectName("jobs");
    m_jobsButton->setAutoRaise(true);
    m_jobsButton->setToolTip(tr("Everything that is going on, waits or has failed (Ctrl+J)."));
    addPermanentWidget(m_jobsButton);
    connect(m_jobsButton, &QToolButton::clicked, this, &StatusLine::openJobs);
    connect(m_jobsPanel, &JobsPanel::changed, this, &StatusLine::showJobsSummary);
    showJobsSummary();
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        if (!m_entries.isEmpty())
            m_entries.last().jobs->stop(m_entries.last().number);
    });
}

void StatusLine::openJobs()
{
    m_jobsPanel->openAbove(m_jobsButton);
}

void StatusLine::showJobsSummary()
{
    const QString summary = m_jobsPanel->summary();
    m_jobsButton->setText(summary.isEmpty() ? tr("jobs ○") : summary);
    m_jobsButton->setAccessibleName(summary.isEmpty() ? tr("Jobs: none")
                                                      : tr("Jobs: %1").arg(summary));
}

void StatusLine::watch(Jobs *jobs)
{
    m_jobsPanel->watch(jobs);
    connect(jobs, &Jobs::began, this, [this, jobs](int number, const QString &title) {
        m_entries.append({jobs, number, title, 0, -1});
        showNewestJob();
    });
    connect(jobs, &Jobs::advanced, this, [this, jobs](int number, double fraction, double left) {
        for (Entry &entry : m_entries)
            if (entry.jobs == jobs && entry.number == number) {
                entry.fraction = fraction;
                entry.secondsLeft = left;
            }
        showNewestJob();
    });
    connect(jobs, &Jobs::ended, this, [this, jobs](int number) {
        m_entries.removeIf([jobs, number](const Entry &entry) {
            return entry.jobs == jobs && entry.number == number;
        });
        showNewestJob();
    });
    connect(jobs, &QObject::destroyed, this, [this, jobs] {
        m_entries.removeIf([jobs](const Entry &entry) { return entry.jobs == jobs; });
    });
}

void StatusLine::showNewestJob()
{
    const bool isShown = !m_entries.isEmpty();
    m_job->setVisible(isShown);
    m_progress->setVisible(isShown);
    m_cancel->setVisible(isShown);
    if (!isShown)
        return;
    const Entry &newest = m_entries.last();
    m_job->setText(newest.title);
    m_progress->setValue(int(newest.fraction * 1000));
    m_progress->setToolTip(
        newest.secondsLeft >= 0 ? tr("%1 left").arg(clockText(newest.secondsLeft)) : QString());
}

void StatusLine::setReadOut(const QString &position, const QString &values)
{
    m_position->setText(position);
    m_values->setText(values);
}

void StatusLine::setStep(const QString &text)
{
    m_step->setText(text);
}

void StatusLine::setDose(double electronsPerSquareAngstrom)
{
    m_dose->setText(electronsPerSquareAngstrom > 0
                        ? tr("dose %1 e⁻/Å²").arg(roundText(electronsPerSquareAngstrom))
                        : QString());
    m_dose->setToolTip(tr("The largest dose that any one pixel has had so far."));
}

/// What the verdict means to the one who steers.
static QString adviceOf(const Trust &trust)
{
    switch (judgementOf(trust)) {
    case Judgement::TooNarrow:
        return StatusLine::tr("The model is surer than it should be: read ± σ in the maps as that "
                              "many times wider, and let it measure more, train for fewer cycles, "
                              "or take the preset “default”.");
    case Judgement::TooWide:
        return StatusLine::tr("The model is less sure than it could be: its maps are better than "
                              "their σ says. More cycles or a longer dwell time may help.");
    case Judgement::TooFew:
        return StatusLine::tr("From %1 predictions on there is a verdict.").arg(fewestPredictions);
    case Judgement::Fits:
        break;
    }
    if (trust.outliers > 0)
        return StatusLine::tr("The ± σ of the maps can be taken as they are for most pixels. Look "
                              "at the steps far outside: a fault, drift, or a feature that the "
                              "image does not show.");
    return StatusLine::tr("The ± σ of the maps can be taken as they are.");
}

static QString explanationOf(const Trust &trust)
{
    QStringList paragraphs{verdictOf(trust) + '.', adviceOf(trust)};
    if (trust.predictions > 0)
        paragraphs << StatusLine::tr("Of %1 values, each predicted before it was measured, %2 / %3 "
                                     "/ %4 % lay within the 50 / 80 / 95 % intervals.")
                          .arg(trust.predictions)
                          .arg(100 * trust.coverage50, 0, 'f', 0)
                          .arg(100 * trust.coverage80, 0, 'f', 0)
                          .arg(100 * trust.coverage95, 0, 'f', 0);
    if (trust.predictions >= fewestPredictions)
        paragraphs << StatusLine::tr("σ should be %1 times as wide (99 % sure: %2 to %3).")
                          .arg(trust.calibration, 0, 'f', 2)
                          .arg(trust.calibrationLow, 0, 'f', 2)
                          .arg(trust.calibrationHigh, 0, 'f', 2);
    paragraphs << StatusLine::tr("The model chooses pixels it is unsure of or expects much of: a "
                                 "harder sample than the map as a whole, which is likely to be "
                                 "trusted a little too little by this.");
    QString html = QStringLiteral("<qt>"); // rich text is wrapped
    for (const QString &paragraph : paragraphs)
        html += "<p>" + paragraph.toHtmlEscaped() + "</p>";
    return html + "</qt>";
}

void StatusLine::setInstrument(const std::optional<InstrumentState> &state)
{
    m_instrument->setVisible(state.has_value());
    if (!state)
        return;
    m_instrument->setText(shortTextOf(*state));
    m_instrument->setToolTip(textOf(*state));
}

void StatusLine::setTrust(const std::optional<Trust> &trust)
{
    m_shownTrust = trust;
    m_trust->setVisible(trust.has_value());
    if (!trust)
        return m_trust->clear();
    const Judgement judgement = judgementOf(*trust);
    const Theme &theme = themeOf(palette());
    const bool isOdd = judgement == Judgement::Fits && (trust->outliers > 0 || isBiased(*trust));
    const QString shape = judgement == Judgement::TooFew      ? QStringLiteral("○")
                          : judgement == Judgement::TooNarrow ? QStringLiteral("▲")
                          : judgement == Judgement::TooWide   ? QStringLiteral("▽")
                          : isOdd                             ? QStringLiteral("◆")
                                                              : QStringLiteral("✓");
    const QColor colour = judgement == Judgement::TooFew               ? theme.quietText
                          : judgement == Judgement::Fits && !isOdd     ? theme.good
                          : judgement == Judgement::TooNarrow || isOdd ? theme.bad
                                                                       : theme.text;
    m_trust->setText(QStringLiteral("<span style='color:%1'>%2</span> %3")
                         .arg(colour.name(), shape, shortVerdictOf(*trust).toHtmlEscaped()));
    m_trust->setAccessibleDescription(verdictOf(*trust));
    m_trust->setToolTip(explanationOf(*trust));
}

void StatusLine::changeEvent(QEvent *event)
{
    QStatusBar::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_trust) // its colour is the theme's
        setTrust(std::optional(m_shownTrust));
}

void StatusLine::setUnpushed(const QString &text, const QString &explanation)
{
    m_unpushed->setText(text);
    m_unpushed->setAccessibleName(explanation);
    m_unpushed->setToolTip(explanation);
    m_unpushed->setVisible(!text.isEmpty());
}

void StatusLine::setOutcome(const QString &sentence)
{
    m_outcome->setText(sentence);
    m_outcome->setToolTip(sentence);
}

QSize StatusLine::minimumSizeHint() const
{
    return {0, QStatusBar::minimumSizeHint().height()};
}

void StatusLine::setRecording(const QString &file, const QString &name)
{
    if (file.isEmpty())
        m_recording->clear();
    else
        m_recording->setText(name.isEmpty() ? tr("recorded in %1").arg(QFileInfo(file).fileName())
                                            : tr("run %1").arg(name));
    m_recording->setToolTip(file);
}

} // namespace helmscope
