// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline.h"

#include "app/steadytext.h"
#include "steering/recording/inwords.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace helmscope {

namespace {

using namespace std::chrono_literals;
using Kind = TimelineEvent::Kind;

constexpr auto frame = 33ms;
constexpr double unknownWait = 0.5; ///< seconds; where a step's time is not known
constexpr double longestWait = 10;  ///< seconds before the screen: a night's pause is cut short

} // namespace

Timeline::Timeline(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Timeline"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 2, 8, 4);
    column->setSpacing(0);
    m_track = new TimelineTrack(this);
    m_track->setAccessibleName(tr("Steps of the run"));
    column->addWidget(m_track);
    makeButtons();

    m_markText = new QLineEdit(m_track);
    m_markText->setObjectName("markText");
    m_markText->setToolTip(tr("A word to find this step again; Enter keeps it."));
    m_markText->setMaxLength(200);
    m_markText->setAccessibleName(tr("Text of the mark"));
    m_markText->installEventFilter(this);
    m_markText->hide();
    connect(m_markText, &QLineEdit::returnPressed, this, [this] { finishMark(true); });
    m_track->installEventFilter(this);

    m_playing.setInterval(frame);
    connect(&m_playing, &QTimer::timeout, this, &Timeline::advance);
    connect(m_track, &TimelineTrack::dragged, this, [this](int index) {
        pause();
        goTo(index);
    });
    showState();
}

QToolButton *Timeline::addButton(const QString &name, const QString &iconName, const QString &text,
                                 const QString &help)
{
    auto *button = new QToolButton;
    button->setObjectName(name);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setIcon(icon(iconName));
    button->setAccessibleName(text);
    button->setToolTip(help);
    static_cast<QHBoxLayout *>(layout()->itemAt(1)->layout())->addWidget(button);
    return button;
}

void Timeline::makeButtons()
{
    auto *row = new QHBoxLayout;
    row->setSpacing(2);
    static_cast<QVBoxLayout *>(layout())->addLayout(row);
    m_first = addButton("firstStep", "first", tr("First step"), tr("To the first step (Home)."));
    m_markBefore = addButton("markBefore", "mark-before", tr("Previous mark"),
                             tr("To the mark before this step (Ctrl+Left)."));
    m_back = addButton("stepBack", "step-back", tr("One step back"), tr("One step back (Left)."));
    m_play = addButton("play", "run", tr("Play"), {});
    m_forward = addButton("stepForward", "step-on", tr("One step on"), tr("One step on (Right)."));
    m_markAfter = addButton("markAfter", "mark-after", tr("Next mark"),
                            tr("To the mark after this step (Ctrl+Right)."));
    m_newest = addButton("newest", "last", tr("Newest step"),
                         tr("To the newest step, and follows it (End)."));
    m_speed = new QComboBox;
    m_speed->setAccessibleName(tr("Speed of playing"));
    m_speed->setToolTip(tr("How much faster than the run itself was. Where its times are not known "
                           "a step takes half a second; no wait is longer than ten."));
    for (int factor : {1, 2, 5, 10, 20, 50, 100})
        m_speed->addItem(tr("%1×").arg(factor), factor);
    m_speed->setCurrentIndex(3);
    row->addWidget(m_speed);
    row->addStretch(1);
    m_number = new QLabel;
    m_number->setObjectName("stepNumber");
    m_number->setAccessibleName(tr("Step that is looked at"));
    m_number->setAlignment(Qt::AlignCenter);
    setTextSize(m_number, TextSize::Body); // digits as wide as each other
    keepRoomFor(m_number, QStringLiteral("00000 / 00000"));
    row->addWidget(new SteadyText(m_number));
    row->addStretch(1);
    m_mark = addButton("mark", "mark", tr("Mark this step"), {});
    m_branch = addButton("branch", "branch", tr("Branch from here"), {});
    m_mark->setText(tr("Mark"));
    m_branch->setText(tr("Branch"));
    for (QToolButton *button : {m_mark, m_branch})
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);

    connect(m_first, &QToolButton::clicked, this, [this] {
        pause();
        goTo(0);
    });
    connect(m_newest, &QToolButton::clicked, this, [this] {
        pause();
        goTo(steps() - 1);
    });
    connect(m_back, &QToolButton::clicked, this, [this] {
        pause();
        goTo(m_index - 1);
    });
    connect(m_forward, &QToolButton::clicked, this, [this] {
        pause();
        goTo(m_index + 1);
    });
    connect(m_markBefore, &QToolButton::clicked, this, [this] { jump(-1); });
    connect(m_markAfter, &QToolButton::clicked, this, [this] { jump(1); });
    connect(m_play, &QToolButton::clicked, this, [this] { isPlaying() ? pause() : play(); });
    connect(m_mark, &QToolButton::clicked, this, &Timeline::askForMark);
    connect(m_branch, &QToolButton::clicked, this, [this] { emit branchWished(m_index + 1); });
}

void Timeline::clear()
{
    pause();
    finishMark(false);
    m_waits.clear();
    m_own.clear();
    m_given.clear();
    m_lastTimeMs = 0;
    m_isInitial = false;
    m_index = -1;
    m_planned = 0;
    m_isFollowing = true;
    showEvents();
    showState();
}

void Timeline::addStep(const Step &step)
{
    const int index = steps();
    double wait = step.measureSeconds + step.learnSeconds + step.predictSeconds;
    if (m_lastTimeMs > 0 && step.timeMs >= m_lastTimeMs)
        wait = double(step.timeMs - m_lastTimeMs) / 1000;
    m_lastTimeMs = step.timeMs;
    m_waits.push_back(wait > 0 ? wait : unknownWait);

    const auto add = [this](Kind kind, int at, const QString &text) {
        m_own.push_back({kind, at, text});
        m_track->addEvent(m_own.back());
    };
    if (m_isInitial && step.reason != Reason::Initial)
        add(Kind::FirstPointsEnd, index - 1, tr("The last of the first points."));
    m_isInitial = step.reason == Reason::Initial;
    if (!step.changes.isEmpty())
        add(Kind::Change, index, inWords(step.changes).join("; "));
    if (!step.warnings.isEmpty())
        add(Kind::Warning, index, inWords(step.warnings).join(' '));
}

void Timeline::setPlanned(int planned)
{
    m_planned = planned;
    if (m_isFollowing)
        m_index = steps() - 1;
    showState();
}

void Timeline::setEvents(std::vector<TimelineEvent> events)
{
    std::stable_sort(
        events.begin(), events.end(),
        [](const TimelineEvent &a, const TimelineEvent &b) { return a.index < b.index; });
    m_given = std::move(events);
    showEvents();
    showState();
}

void Timeline::showEvents()
{
    std::vector<TimelineEvent> all = m_own;
    all.insert(all.end(), m_given.begin(), m_given.end());
    m_track->setEvents(std::move(all));
}

void Timeline::goTo(int index)
{
    index = std::clamp(index, std::min(0, steps() - 1), steps() - 1);
    const bool isSame = index == m_index;
    m_index = index;
    m_isFollowing = index == steps() - 1;
    showState();
    if (!isSame)
        emit moved(index);
}

void Timeline::play()
{
    if (steps() < 2)
        return;
    if (m_index >= steps() - 1)
        goTo(0);
    m_credit = 0;
    m_sinceTick.start();
    m_playing.start();
    showState();
}

void Timeline::pause()
{
    if (!isPlaying())
        return;
    m_playing.stop();
    showState();
}

/// As many steps as the time gone by allows, at most one picture each frame.
void Timeline::advance()
{
    m_credit += double(m_sinceTick.restart()) / 1000 * speed();
    int index = m_index;
    while (index + 1 < steps()) {
        const double wait = std::min(m_waits[std::size_t(index) + 1], longestWait * speed());
        if (m_credit < wait)
            break;
        m_credit -= wait;
        ++index;
    }
    goTo(index);
    if (m_index >= steps() - 1)
        pause();
}

void Timeline::setSpeed(int factor)
{
    m_speed->setCurrentIndex(std::max(0, m_speed->findData(factor)));
}

int Timeline::speed() const
{
    return m_speed->currentData().toInt();
}

void Timeline::jump(int direction)
{
    pause();
    int wanted = direction < 0 ? 0 : steps() - 1;
    for (const TimelineEvent &event : m_given) {
        if (event.kind != Kind::Mark)
            continue;
        if (direction < 0 && event.index < m_index)
            wanted = std::max(wanted, event.index);
        if (direction > 0 && event.index > m_index)
            wanted = std::min(wanted, event.index);
    }
    goTo(wanted);
}

/// In the track's own place: nothing else moves, and no pop-up takes the clicks.
void Timeline::askForMark()
{
    if (m_index < 0 || !m_markObjection.isEmpty())
        return;
    pause();
    m_markStep = m_index + 1;
    m_markText->setPlaceholderText(
        tr("What is at step %1? Enter keeps the mark, Esc does not.").arg(m_markStep));
    m_markText->clear();
    m_markText->setGeometry(m_track->rect());
    m_markText->show();
    m_markText->setFocus();
}

void Timeline::finishMark(bool isKept)
{
    if (!m_markText || m_markText->isHidden())
        return;
    m_markText->hide();
    setFocus();
    if (isKept)
        emit markWished(m_markStep, m_markText->text().trimmed());
}

void Timeline::setMarkObjection(const QString &sentence)
{
    m_markObjection = sentence;
    showState();
}

void Timeline::setBranchObjection(const QString &sentence)
{
    m_branchObjection = sentence;
    showState();
}

void Timeline::showState()
{
    m_track->setSteps(steps(), m_planned);
    m_track->setIndex(m_index);
    const bool hasSteps = steps() > 0;
    m_number->setText(
        hasSteps ? QStringLiteral("%1 / %2").arg(m_index + 1).arg(std::max(m_planned, steps()))
                 : QStringLiteral("–"));
    m_first->setEnabled(m_index > 0);
    m_back->setEnabled(m_index > 0);
    m_forward->setEnabled(m_index < steps() - 1);
    m_newest->setEnabled(hasSteps && !m_isFollowing);
    m_play->setEnabled(steps() > 1);
    m_play->setIcon(icon(isPlaying() ? "pause" : "run"));
    m_play->setAccessibleName(isPlaying() ? tr("Stop playing") : tr("Play"));
    m_play->setToolTip(isPlaying() ? tr("Stops playing (Space).")
                                   : tr("Plays the steps as they came (Space)."));
    const auto isMark = [this](int direction) {
        return std::any_of(m_given.begin(), m_given.end(), [&](const TimelineEvent &event) {
            return event.kind == Kind::Mark &&
                   (direction < 0 ? event.index < m_index : event.index > m_index);
        });
    };
    m_markBefore->setEnabled(isMark(-1));
    m_markAfter->setEnabled(isMark(1));
    m_mark->setEnabled(hasSteps && m_markObjection.isEmpty());
    m_mark->setToolTip(m_markObjection.isEmpty()
                           ? tr("Keeps a word at this step, to find it again (M).")
                           : m_markObjection);
    m_branch->setEnabled(hasSteps && m_branchObjection.isEmpty());
    m_branch->setToolTip(m_branchObjection.isEmpty()
                             ? tr("What if? Goes on from this step in another way (B).")
                             : m_branchObjection);
    setAccessibleDescription(hasSteps ? tr("Step %1 of %2").arg(m_index + 1).arg(steps())
                                      : tr("No steps yet"));
}

void Timeline::keyPressEvent(QKeyEvent *event)
{
    const bool isControl = event->modifiers() & Qt::ControlModifier;
    if (event->modifiers() & (Qt::AltModifier | Qt::MetaModifier))
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int direction = event->key() == Qt::Key_Left ? -1 : 1;
        pause();
        if (isControl)
            jump(direction);
        else
            goTo(m_index + direction * (event->modifiers() & Qt::ShiftModifier ? 10 : 1));
        return;
    }
    case Qt::Key_Home:
        pause();
        return goTo(0);
    case Qt::Key_End:
        pause();
        return goTo(steps() - 1);
    case Qt::Key_Space:
        return isPlaying() ? pause() : play();
    case Qt::Key_M:
        return askForMark();
    case Qt::Key_B:
        return m_branch->click();
    default:
        QWidget::keyPressEvent(event);
    }
}

void Timeline::focusInEvent(QFocusEvent *event)
{
    m_track->update();
    QWidget::focusInEvent(event);
}

void Timeline::focusOutEvent(QFocusEvent *event)
{
    m_track->update();
    QWidget::focusOutEvent(event);
}

void Timeline::contextMenuEvent(QContextMenuEvent *event)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    for (QToolButton *button : {m_mark, m_branch}) {
        QAction *action =
            menu->addAction(button->icon(), button->accessibleName(), button, &QToolButton::click);
        action->setEnabled(button->isEnabled());
        action->setToolTip(button->toolTip());
    }
    menu->popup(event->globalPos());
}

bool Timeline::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_markText && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        finishMark(false);
        return true;
    }
    if (watched == m_markText && event->type() == QEvent::FocusOut)
        finishMark(false);
    if (watched == m_track && event->type() == QEvent::Resize)
        m_markText->setGeometry(m_track->rect());
    return QWidget::eventFilter(watched, event);
}

} // namespace helmscope
