// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/statusline.h"

#include "app/jobs.h"
#include "app/runbar.h"

#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace helmscope {

StatusLine::StatusLine(QWidget *parent)
    : QStatusBar(parent)
{
    setSizeGripEnabled(false);
    setContentsMargins(0, 0, 8, 0);
    const auto add = [this](const QString &name, const QString &widest, int stretch) {
        auto *label = new QLabel;
        label->setAccessibleName(name);
        // Nothing moves when a number grows.
        label->setMinimumWidth(widest.isEmpty() ? 0 : fontMetrics().horizontalAdvance(widest) + 8);
        addWidget(label, stretch);
        return label;
    };
    m_position = add(tr("Cursor"), tr("000.0 nm, 000.0 nm (row 000, col 000)"), 0);
    m_values = add(tr("Values under the cursor"), {}, 1);
    m_values->setMinimumWidth(1); // may be cut, rather than widening the window
    m_step = add(tr("Step"), {}, 0);
    m_dose = add(tr("Dose"), {}, 0);
    m_outcome = add(tr("Outcome"), {}, 0);
    m_recording = add(tr("Recording"), {}, 0);

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
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        if (!m_entries.isEmpty())
            m_entries.last().jobs->stop(m_entries.last().number);
    });
}

void StatusLine::watch(Jobs *jobs)
{
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
                        ? tr("dose %1 e⁻/Å²").arg(electronsPerSquareAngstrom, 0, 'e', 1)
                        : QString());
    m_dose->setToolTip(tr("The largest dose that any one pixel has had so far."));
}

void StatusLine::setOutcome(const QString &sentence)
{
    m_outcome->setText(sentence);
    m_outcome->setToolTip(sentence);
}

void StatusLine::setRecording(const QString &file)
{
    m_recording->setText(file.isEmpty() ? QString()
                                        : tr("recorded in %1").arg(QFileInfo(file).fileName()));
    m_recording->setToolTip(file);
}

} // namespace helmscope
