// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runbar.h"

#include "app/elidedlabel.h"
#include "app/steadytext.h"
#include "base/tr.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include <cmath>

namespace helmscope {

QString clockText(double seconds)
{
    const auto whole = qint64(std::ceil(seconds));
    const QString tail = QStringLiteral("%1:%2")
                             .arg(whole / 60 % 60, whole < 3600 ? 1 : 2, 10, QChar('0'))
                             .arg(whole % 60, 2, 10, QChar('0'));
    return whole < 3600 ? tail : QStringLiteral("%1:%2").arg(whole / 3600).arg(tail);
}

namespace {

/// Of a short choice, with the arrow beside it.
int leastChoiceWidth(const QFontMetrics &metrics)
{
    return 9 * metrics.averageCharWidth() + 5 * metrics.height() / 2;
}

/// The row of the bar: where there is too little room for all its words, as with large letters or
/// in a language of long words, the labels go, so that pace and time left can be read; then the
/// buttons go without their words, so that the window need not be wider than the screen.
class Row final : public QWidget
{
public:
    QSize minimumSizeHint() const override
    {
        return {barest(), QWidget::minimumSizeHint().height()};
    }

protected:
    void resizeEvent(QResizeEvent *event) override
    {
        QWidget::resizeEvent(event);
        fit();
    }
    bool event(QEvent *event) override
    {
        const bool isHandled = QWidget::event(event);
        if (event->type() == QEvent::LayoutRequest)
            fit(); // another font, or other words
        return isHandled;
    }

private:
    int wordsWidth() const
    {
        int width = 0;
        for (const auto *button : findChildren<QToolButton *>())
            if (button->defaultAction())
                width +=
                    button->fontMetrics().horizontalAdvance(button->defaultAction()->iconText()) +
                    button->fontMetrics().averageCharWidth();
        return width;
    }
    int labelsWidth() const
    {
        int width = 0;
        for (const auto *label : labels())
            width += label->sizeHint().width() + layout()->spacing();
        return width;
    }
    /// What the fields are called; screen readers are told by the fields.
    QList<QLabel *> labels() const
    {
        return findChildren<QLabel *>(QStringLiteral("word"), Qt::FindDirectChildrenOnly);
    }
    /// Without labels, without the buttons' words, pace and time left cut to nothing.
    int barest() const
    {
        return QWidget::minimumSizeHint().width() - (m_level < 1 ? labelsWidth() : 0) -
               (m_level < 2 ? wordsWidth() : 0) - m_paceRoom;
    }
    SteadyText *pace() const { return findChild<SteadyText *>(QStringLiteral("pace")); }
    int paceWidth() const { return pace() ? pace()->sizeHint().width() : 0; }
    void fit()
    {
        const int worded = barest() + wordsWidth(), labelled = worded + labelsWidth();
        const int paceRoom = width() >= worded + paceWidth() ? paceWidth() : 0;
        const int level = width() < worded ? 2 : width() < labelled + paceWidth() ? 1 : 0;
        if (paceRoom != m_paceRoom) {
            m_paceRoom = paceRoom;
            pace()->setMinimumWidth(paceRoom);
        }
        if (level == m_level)
            return;
        m_level = level;
        for (auto *button : findChildren<QToolButton *>())
            if (button->defaultAction())
                button->setToolButtonStyle(level > 1 ? Qt::ToolButtonIconOnly
                                                     : Qt::ToolButtonTextBesideIcon);
        for (QLabel *label : labels())
            label->setVisible(level < 1);
    }

    int m_paceRoom = 0; ///< kept for pace and time left; 0: they may be cut
    int m_level = 0;    ///< 1: without labels; 2: nor the buttons' words
};

QLabel *wordOf(const QString &text)
{
    auto *label = new QLabel(text);
    label->setObjectName("word");
    return label;
}

} // namespace

RunBar::RunBar(QWidget *parent)
    : QToolBar(tr("Steering"), parent)
{
    setObjectName("steering");
    setMovable(false);
    setContextMenuPolicy(Qt::PreventContextMenu); // it cannot be hidden: ABORT is on it
    toggleViewAction()->setVisible(false);

    // No single key may move the beam: every shortcut here has a modifier, ABORT wants Esc twice.
    m_run = makeAction(tr("&Run"), "run", QKeySequence("Ctrl+Return"),
                       tr("Steers the microscope as the plan says, or goes on after a pause."));
    m_pause = makeAction(tr("&Pause"), "pause", QKeySequence("Ctrl+P"),
                         tr("Holds still, even in the middle of training. Nothing is lost."));
    m_step = makeAction(tr("St&ep"), "step", QKeySequence("Ctrl+Right"),
                        tr("Makes one step, then pauses."));
    m_stop = makeAction(tr("&Stop"), "stop", QKeySequence("Ctrl+."),
                        tr("Ends the run. All steps are kept and recorded."));
    m_abort = makeAction(tr("ABORT"), {}, {},
                         tr("Stops the microscope at once, then the run. Also: Esc twice."));

    // One widget for the whole row: a tool bar that is too narrow hides its last items, and ABORT
    // is last.
    auto *bar = new Row;
    auto *row = new QHBoxLayout(bar);
    row->setContentsMargins(4, 2, 4, 2);
    row->setSpacing(4);
    for (QAction *action : {m_run, m_pause, m_step, m_stop})
        row->addWidget(buttonOf(action));
    row->addSpacing(12);
    row->addWidget(wordOf(tr("acquisition")));
    m_acquisition = new QComboBox;
    m_acquisition->setAccessibleName(tr("Acquisition"));
    m_acquisition->setToolTip(
        tr("How the next pixel is chosen; during a run from the next step on."));
    for (const AcquisitionRow &kind : acquisitions()) {
        m_acquisition->addItem(Tr::tr(kind.name), int(kind.kind));
        m_acquisition->setItemData(m_acquisition->count() - 1, Tr::tr(kind.help), Qt::ToolTipRole);
    }
    // As wide as its words where there is room; ABORT must not be pushed out of the window.
    fitToLetters(m_acquisition, [choice = m_acquisition](const QFontMetrics &metrics) {
        choice->setMinimumWidth(leastChoiceWidth(metrics));
    });
    row->addWidget(m_acquisition);
    row->addSpacing(8);
    row->addWidget(wordOf(tr("budget")));
    m_steps = new QSpinBox;
    m_steps->setAccessibleName(tr("Budget"));
    m_steps->setToolTip(tr("Measurements after the first points; can be changed during a run."));
    m_steps->setRange(1, 100'000);
    m_steps->setKeyboardTracking(false);
    row->addWidget(m_steps);
    row->addSpacing(12);
    m_stateText = new QLabel;
    m_stateText->setObjectName("state");
    m_stateText->setAccessibleName(tr("State"));
    keepRoomFor(m_stateText, tr("❚❚ paused"), 16);
    row->addWidget(new SteadyText(m_stateText));
    m_live = new QToolButton;
    m_live->setObjectName("liveRun");
    m_live->setAutoRaise(true);
    m_live->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_live->setMinimumWidth(4 * fontMetrics().averageCharWidth()); // the window stays as narrow
    m_live->hide();
    m_live->setWhatsThis(tr("The run that is going on in another tab: Run, Pause, Step, Stop and "
                            "ABORT are its, acquisition and budget are those of the tab shown. A "
                            "click shows it."));
    connect(m_live, &QToolButton::clicked, this, &RunBar::liveWished);
    row->addWidget(m_live);
    m_pace = new ElidedLabel;
    m_pace->setAccessibleName(tr("Pace and time left"));
    m_pace->setMinimumWidth(1); // may be cut, rather than widening the window
    auto *pace = new SteadyText(m_pace);
    pace->setObjectName("pace");
    row->addWidget(pace);
    row->addStretch(1);
    row->addSpacing(12); // ABORT stands by itself
    m_abortButton = new QPushButton(tr("ABORT"));
    m_abortButton->setObjectName("abort");
    m_abortButton->setAccessibleName(tr("Abort: stop the microscope at once"));
    connect(m_abortButton, &QPushButton::clicked, m_abort, &QAction::trigger);
    connect(m_abort, &QAction::changed, this,
            [this] { m_abortButton->setEnabled(m_abort->isEnabled()); });
    row->addWidget(m_abortButton);
    addWidget(bar);

    connect(m_acquisition, &QComboBox::activated, this,
            [this] { emit acquisitionChosen(Acquisition(m_acquisition->currentData().toInt())); });
    connect(m_steps, &QSpinBox::valueChanged, this, &RunBar::stepsChosen);
    setPace(0, 0);
    setState(State::Empty);
}

QAction *RunBar::makeAction(const QString &text, const QString &icon, const QKeySequence &shortcut,
                            const QString &help)
{
    auto *action = new QAction(text, this);
    action->setObjectName(icon);
    if (!icon.isEmpty())
        action->setIcon(helmscope::icon(icon));
    action->setShortcut(shortcut);
    action->setStatusTip(help);
    return action;
}

QWidget *RunBar::buttonOf(QAction *action)
{
    auto *button = new QToolButton;
    button->setDefaultAction(action);
    button->setObjectName(action->objectName() + "Button");
    button->setAccessibleName(action->iconText());
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    return button;
}

void RunBar::setState(State state)
{
    m_state = state;
    const bool isGoing = state == State::Running || state == State::Paused;
    m_run->setEnabled(state == State::Ready || state == State::Paused);
    m_run->setText(state == State::Paused ? tr("&Resume") : tr("&Run"));
    m_pause->setEnabled(state == State::Running);
    m_step->setEnabled(state == State::Ready || isGoing);
    m_stop->setEnabled(isGoing);
    m_abort->setEnabled(isGoing || state == State::Stopping);
    m_abortButton->setEnabled(m_abort->isEnabled());
    showHelp();
    showState();
}

void RunBar::setLiveName(const QString &name)
{
    m_liveName = name;
    m_live->setVisible(!name.isEmpty());
    // Its whole name is the tool tip's: the row must not grow over ABORT.
    m_live->setText(
        fontMetrics().elidedText(name, Qt::ElideMiddle, 18 * fontMetrics().averageCharWidth()));
    m_live->setAccessibleName(tr("Show the live run %1").arg(name));
    m_live->setToolTip(
        tr("These buttons steer %1, which is in another tab. Click: shows it.").arg(name));
    showHelp();
    showState();
}

/// Whose the actions are, where that is not the document shown.
void RunBar::showHelp()
{
    for (QAction *action : {m_run, m_pause, m_step, m_stop, m_abort}) {
        QString help = action->statusTip();
        const QString key = action->shortcut().toString(QKeySequence::NativeText);
        if (!key.isEmpty())
            help = QStringLiteral("%1 (%2)").arg(help, key);
        if (!m_liveName.isEmpty())
            help += '\n' + tr("This is about %1, in another tab.").arg(m_liveName);
        action->setToolTip(help);
    }
    if (m_abortButton)
        m_abortButton->setToolTip(m_abort->toolTip());
}

void RunBar::setTrouble(const QString &sentence)
{
    if (m_trouble == sentence)
        return;
    m_trouble = sentence;
    showState();
}

QString RunBar::stateText() const
{
    return m_stateText->text();
}

void RunBar::showState()
{
    const bool isWaiting = m_state == State::Running && !m_trouble.isEmpty();
    m_stateText->setText(isWaiting                    ? tr("⚠ waiting")
                         : m_state == State::Running  ? tr("● running")
                         : m_state == State::Paused   ? tr("❚❚ paused")
                         : m_state == State::Stopping ? tr("■ stopping")
                         : m_state == State::Ready    ? tr("○ ready")
                                                      : QString());
    if (!m_liveName.isEmpty())
        m_stateText->setAccessibleName(tr("State of %1").arg(m_liveName));
    else
        m_stateText->setAccessibleName(tr("State"));
    m_stateText->setToolTip(isWaiting
                                ? tr("%1 The run goes on by itself as soon as it can; nothing "
                                     "is lost.")
                                      .arg(m_trouble)
                                : QString());
}

void RunBar::setAcquisition(Acquisition kind)
{
    const QSignalBlocker quiet(m_acquisition);
    m_acquisition->setCurrentIndex(m_acquisition->findData(int(kind)));
}

void RunBar::setSteps(int steps)
{
    const QSignalBlocker quiet(m_steps);
    m_steps->setValue(steps);
}

void RunBar::setCost(const QString &text)
{
    m_pace->setText(text);
}

void RunBar::setPace(double secondsPerStep, double secondsLeft)
{
    QString text;
    if (secondsPerStep > 0)
        text = tr("%1 s/step").arg(secondsPerStep, 0, 'f', 2);
    if (secondsLeft > 0)
        text += tr(" · %1 left").arg(clockText(secondsLeft));
    m_pace->setText(text);
}

} // namespace helmscope
