// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobspanel.h"

#include "app/jobs.h"
#include "app/runbar.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>

#include <algorithm>
#include <chrono>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

constexpr qsizetype mostFailures = 50;

} // namespace

JobsPanel::JobsPanel(QWidget *parent)
    : QFrame(parent)
{
    setObjectName("jobsPanel");
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setAccessibleName(tr("Jobs"));
    setWhatsThis(tr("Everything that is going on, waits or has failed, until it is dismissed."));
    auto *heading = new QLabel(tr("Jobs"));
    setTextSize(heading, TextSize::Title);
    m_dismissAll = new QPushButton(tr("Dismiss all"));
    m_dismissAll->setObjectName("dismissAll");
    m_dismissAll->setToolTip(tr("Takes everything that failed off this list."));
    connect(m_dismissAll, &QPushButton::clicked, this, [this] {
        m_failures.clear();
        fill();
        emit changed();
    });
    auto *top = new QHBoxLayout;
    top->addWidget(heading, 1);
    top->addWidget(m_dismissAll);
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setAccessibleName(tr("Jobs"));
    m_page = new QWidget;
    m_list = new QVBoxLayout(m_page);
    m_list->setContentsMargins(0, 0, 0, 0);
    scroll->setWidget(m_page);
    auto *column = new QVBoxLayout(this);
    column->addLayout(top);
    column->addWidget(scroll, 1);
    m_look.setInterval(500ms);
    connect(&m_look, &QTimer::timeout, this, [this] {
        if (!isVisible())
            m_look.stop();
        else if (waiting() != m_waiting)
            fill();
    });
    fill();
}

void JobsPanel::watch(Jobs *jobs)
{
    m_jobs << jobs;
    connect(jobs, &Jobs::began, this,
            [this, jobs](int number, const QString &title) { begin(jobs, number, title); });
    connect(jobs, &Jobs::advanced, this, [this, jobs](int number, double fraction, double left) {
        advance(jobs, number, fraction, left);
    });
    connect(jobs, &Jobs::failed, this, [this, jobs](const QString &title, const QString &sentence) {
        fail(jobs, title, sentence);
    });
    connect(jobs, &Jobs::ended, this, [this, jobs](int number) { end(jobs, number); });
    connect(jobs, &QObject::destroyed, this, [this, jobs] {
        m_jobs.removeAll(jobs);
        m_going.removeIf([jobs](const Going &going) { return going.jobs == jobs; });
        fill();
        emit changed();
    });
}

void JobsPanel::begin(Jobs *jobs, int number, const QString &title)
{
    Going going;
    going.jobs = jobs;
    going.number = number;
    going.title = title;
    going.since.start();
    m_going.append(going);
    fill();
    emit changed();
}

void JobsPanel::advance(Jobs *jobs, int number, double fraction, double secondsLeft)
{
    for (Going &going : m_going)
        if (going.jobs == jobs && going.number == number) {
            going.fraction = fraction;
            going.secondsLeft = secondsLeft;
            if (isVisible())
                showProgress(going);
        }
}

void JobsPanel::fail(Jobs *jobs, const QString &title, const QString &sentence)
{
    // One thing at a time goes on in each Jobs: this is the one.
    for (const Going &going : std::as_const(m_going))
        if (going.jobs == jobs && going.title == title)
            m_failedNow << going.number;
    const Failure failure{title, sentence};
    m_failures.removeAll(failure); // tried again and failed again
    m_failures.prepend(failure);
    m_failures = m_failures.mid(0, mostFailures);
    fill();
    emit failed(title, sentence);
    emit changed();
}

void JobsPanel::end(Jobs *jobs, int number)
{
    const auto found = std::find_if(m_going.begin(), m_going.end(), [&](const Going &going) {
        return going.jobs == jobs && going.number == number;
    });
    if (found == m_going.end())
        return; // cancelled before it began
    const Going gone = *found;
    m_going.erase(found);
    const bool hasFailed = m_failedNow.removeAll(number) > 0;
    fill();
    const bool tellsItself = jobs->property("tellsOfItsEnd").toBool();
    if (!hasFailed && !gone.isStopped && !tellsItself)
        emit finished(gone.title, double(gone.since.elapsed()) / 1000);
    emit changed();
}

/// Titles of what has not begun yet.
QStringList JobsPanel::waiting() const
{
    QStringList titles;
    for (const Jobs *jobs : m_jobs) {
        QStringList own = jobs->titles();
        for (const Going &going : m_going)
            if (going.jobs == jobs)
                own.removeOne(going.title);
        titles << own;
    }
    return titles;
}

void JobsPanel::fill()
{
    while (QLayoutItem *item = m_list->takeAt(0)) {
        if (QWidget *row = item->widget()) {
            row->setParent(nullptr);
            row->deleteLater(); // its own button may have asked for this
        }
        delete item;
    }
    for (Going &going : m_going)
        addGoing(going);
    m_waiting = waiting();
    for (const QString &title : std::as_const(m_waiting)) {
        auto *row = new QLabel(tr("waits: %1").arg(title));
        row->setObjectName("quiet");
        m_list->addWidget(row);
    }
    for (const Failure &failure : std::as_const(m_failures))
        addFailure(failure);
    if (m_list->count() == 0) {
        auto *nothing = new QLabel(tr("Nothing is going on, and nothing has failed."));
        nothing->setObjectName("quiet");
        nothing->setWordWrap(true);
        m_list->addWidget(nothing);
    }
    m_list->addStretch();
    m_dismissAll->setVisible(!m_failures.isEmpty());
}

void JobsPanel::addGoing(Going &going)
{
    auto *row = new QWidget;
    row->setObjectName("goingJob");
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    auto *title = new QLabel(going.title);
    title->setToolTip(going.title);
    title->setMinimumWidth(1); // cut, rather than widening the list
    line->addWidget(title, 1);
    going.left = new QLabel;
    going.left->setObjectName("quiet");
    line->addWidget(going.left);
    going.bar = new QProgressBar;
    going.bar->setAccessibleName(tr("Progress of %1").arg(going.title));
    going.bar->setRange(0, 1000);
    going.bar->setTextVisible(false);
    going.bar->setFixedSize(96, 10);
    line->addWidget(going.bar);
    auto *cancel = new QToolButton;
    cancel->setObjectName("cancelJob");
    cancel->setText(tr("Cancel"));
    cancel->setAccessibleName(tr("Cancel %1").arg(going.title));
    cancel->setToolTip(
        tr("Ends this job; what it has done so far is kept where that makes sense."));
    cancel->setEnabled(!going.isStopped);
    connect(cancel, &QToolButton::clicked, this,
            [this, cancel, jobs = going.jobs, number = going.number] {
                cancel->setEnabled(false);
                for (Going &each : m_going)
                    if (each.jobs == jobs && each.number == number) {
                        each.isStopped = true;
                        each.left->setText(tr("ends…"));
                        jobs->stop(number);
                    }
            });
    line->addWidget(cancel);
    m_list->addWidget(row);
    showProgress(going);
}

void JobsPanel::showProgress(const Going &going)
{
    going.bar->setValue(int(going.fraction * 1000));
    going.left->setText(going.isStopped          ? tr("ends…")
                        : going.secondsLeft >= 0 ? tr("%1 left").arg(clockText(going.secondsLeft))
                                                 : QString());
}

void JobsPanel::addFailure(const Failure &failure)
{
    auto *row = new QWidget;
    row->setObjectName("failedJob");
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    auto *words =
        new QLabel(QStringLiteral("⚠ ") + tr("%1 failed. %2").arg(failure.title, failure.sentence));
    words->setTextFormat(Qt::PlainText);
    words->setWordWrap(true);
    words->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    words->setAccessibleName(words->text());
    words->setWhatsThis(tr("What failed, why, and what can be done about it."));
    line->addWidget(words, 1);
    auto *dismiss = new QToolButton;
    dismiss->setObjectName("dismissJob");
    dismiss->setText(QStringLiteral("✕"));
    dismiss->setAutoRaise(true);
    dismiss->setAccessibleName(tr("Dismiss: %1").arg(failure.title));
    dismiss->setToolTip(tr("Takes this off the list."));
    connect(dismiss, &QToolButton::clicked, this, [this, failure] {
        m_failures.removeAll(failure);
        fill();
        emit changed();
    });
    line->addWidget(dismiss, 0, Qt::AlignTop);
    m_list->addWidget(row);
}

QString JobsPanel::summary() const
{
    QStringList parts;
    if (going() > 0)
        parts << (going() == 1 ? tr("1 job") : tr("%1 jobs").arg(going()));
    if (failures() > 0)
        parts << QStringLiteral("⚠ ") +
                     (failures() == 1 ? tr("1 failed") : tr("%1 failed").arg(failures()));
    return parts.join(QStringLiteral(" · "));
}

void JobsPanel::openAbove(QWidget *button)
{
    const QWidget *top = button->window();
    const QSize size = QSize(std::max(440, fontMetrics().averageCharWidth() * 64), 260)
                           .boundedTo(top->size() - QSize(16, 80));
    setWindowFlags(Qt::Popup);
    const QPoint corner = button->mapToGlobal(QPoint(button->width(), 0));
    QPoint at(corner.x() - size.width(), corner.y() - size.height() - 4);
    at.setX(std::max(at.x(), top->mapToGlobal(QPoint(8, 0)).x()));
    setGeometry(QRect(at, size));
    fill();
    m_look.start();
    show();
}

void JobsPanel::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_list)
        fill();
}

} // namespace helmscope
