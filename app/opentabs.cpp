// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/opentabs.h"

#include "steering/recording/inwords.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QMenu>
#include <QMenuBar>
#include <QMouseEvent>
#include <QResizeEvent>
#include <QSignalBlocker>
#include <QStyle>
#include <QStyleOptionMenuItem>
#include <QToolButton>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int mostLetters = 36; ///< of a tab with its name, state and button
constexpr int leastLetters = 14;
constexpr int tabMargin = 4; ///< over and under a name

} // namespace

OpenTabs::OpenTabs(Helm *helm, QMenuBar *menuBar)
    : m_helm(helm)
    , m_menuBar(menuBar)
{
    setObjectName("tabs");
    setAccessibleName(tr("Open samples and runs"));
    setWhatsThis(tr("Each tab is a sample with the run on it, or a recorded run. ● is the run that "
                    "is going on: it goes on while you look at another one, and Pause, Stop and "
                    "ABORT are always its. Drag a tab to give it another place."));
    setDocumentMode(true);
    setDrawBase(false);
    setExpanding(false);
    setUsesScrollButtons(true);
    setElideMode(Qt::ElideMiddle);
    setFocusPolicy(Qt::TabFocus);
    menuBar->setNativeMenuBar(false); // one of the system has no place for tabs
    menuBar->setCornerWidget(this, Qt::TopRightCorner);
    menuBar->installEventFilter(this);
    connect(this, &QTabBar::currentChanged, this, [this](int index) { m_helm->show(idAt(index)); });
    setMovable(true);
    connect(this, &QTabBar::tabMoved, this,
            [this](int, int to) { m_helm->move(idAt(to), to); }); // dragged
    connect(helm, &Helm::documentsChanged, this, &OpenTabs::showDocuments);
    connect(helm, &Helm::stateChanged, this, &OpenTabs::showDocuments);
    fitToLetters(this, [this](const QFontMetrics &metrics) {
        for (int i = 0; i < count(); ++i)
            if (auto *button = qobject_cast<QAbstractButton *>(tabButton(i, RightSide))) {
                fitButton(button, metrics);
                setTabText(i, tabText(i)); // lays the tabs out
            }
    });
    showDocuments();
}

int OpenTabs::idAt(int index) const
{
    return index >= 0 && index < count() ? tabData(index).toInt() : 0;
}

int OpenTabs::indexOf(int id) const
{
    for (int i = 0; i < count(); ++i)
        if (idAt(i) == id)
            return i;
    return -1;
}

void OpenTabs::showDocuments()
{
    const Helm::Documents &documents = m_helm->documents();
    {
        const QSignalBlocker quiet(this); // the Helm knows which is shown
        // What closed goes by itself, so that the others do not seem to be others.
        for (int i = count() - 1; i >= 0; --i)
            if (!m_helm->find(idAt(i)))
                removeTab(i);
        for (int i = 0; i < int(documents.size()); ++i) {
            const OpenDocument &document = *documents[std::size_t(i)];
            if (const int former = indexOf(document.id); former > i) {
                moveTab(former, i);
            } else if (former < 0) {
                insertTab(i, QString());
                setTabData(i, document.id);
                addCloseButton(i, document.id);
            }
            showTab(i, document);
            if (&document == &m_helm->document())
                setCurrentIndex(i);
        }
    }
    setVisible(count() > 0);
    if (m_showLive)
        m_showLive->setEnabled(m_helm->live() && !m_helm->isLiveShown());
    if (m_close)
        m_close->setEnabled(count() > 0);
    updateGeometry();
    QResizeEvent again(m_menuBar->size(), m_menuBar->size());
    QApplication::sendEvent(m_menuBar, &again); // else it keeps the place it gave its corner
}

void OpenTabs::fitButton(QAbstractButton *button, const QFontMetrics &metrics)
{
    const int side = metrics.height() * 2 / 3;
    button->setIconSize({side, side});
    button->resize(button->sizeHint()); // tabs leave as much room as it has
}

/// Not the style's: those of some are red, and red is for ABORT.
void OpenTabs::addCloseButton(int index, int id)
{
    auto *button = new QToolButton;
    button->setObjectName("closeTabButton");
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::NoFocus); // Ctrl+W
    button->setIcon(icon("veto"));
    fitButton(button, fontMetrics());
    button->setToolTip(
        tr("Closes this tab. A run in it is asked about first; what was recorded stays."));
    connect(button, &QToolButton::clicked, this, [this, id] { emit closeWished(id); });
    setTabButton(index, RightSide, button);
}

void OpenTabs::showTab(int index, const OpenDocument &document)
{
    const QString name = document.name();
    QString text = name, state;
    if (&document == m_helm->live()) {
        const bool isPaused = m_helm->state() == Helm::State::Paused;
        text = tr("%1 %2").arg(name, isPaused ? QStringLiteral("❚❚") : QStringLiteral("●"));
        state = isPaused ? tr("paused") : tr("running");
    }
    text.replace('&', QLatin1String("&&"));
    if (tabText(index) != text)
        setTabText(index, text);
    QString help = document.place();
    if (document.sample && !document.sample->survey->title.isEmpty())
        help.prepend(inWords(document.sample->survey->title) + '\n');
    if (!state.isEmpty())
        help += '\n' + tr("The run that is going on: %1.").arg(state);
    if (index < 9)
        help += '\n' + tr("Ctrl+%1 shows it, Ctrl+W closes it.").arg(index + 1);
    setTabToolTip(index, help);
    setAccessibleTabName(index, state.isEmpty() ? name : tr("%1, %2").arg(name, state));
    if (QWidget *button = tabButton(index, RightSide))
        button->setAccessibleName(tr("Close %1").arg(name));
}

QMenu *OpenTabs::makeMenu(QWidget *parent)
{
    auto *menu = new QMenu(tr("Open &tabs"), parent);
    menu->setToolTipsVisible(true);
    const auto add = [menu](const QString &text, const QList<QKeySequence> &keys,
                            const QString &help) {
        QAction *action = menu->addAction(text);
        action->setShortcuts(keys);
        action->setToolTip(help);
        return action;
    };
    QAction *next = add(tr("&Next tab"), {QKeySequence("Ctrl+Tab")},
                        tr("Shows the next open sample or run; after the last the first."));
    connect(next, &QAction::triggered, this, [this] { step(1); });
    QAction *former = add(tr("&Previous tab"),
                          {QKeySequence("Ctrl+Shift+Tab"), QKeySequence("Ctrl+Shift+Backtab")},
                          tr("Shows the open sample or run before this one."));
    connect(former, &QAction::triggered, this, [this] { step(-1); });
    QAction *left =
        add(tr("Move tab le&ft"), {QKeySequence("Ctrl+Shift+PgUp")},
            tr("Gives this tab the place of the one before it; tabs can be dragged, too."));
    left->setObjectName("moveTabLeft");
    connect(left, &QAction::triggered, this, [this] { moveCurrent(-1); });
    QAction *right =
        add(tr("Move tab ri&ght"), {QKeySequence("Ctrl+Shift+PgDown")},
            tr("Gives this tab the place of the one after it; tabs can be dragged, too."));
    right->setObjectName("moveTabRight");
    connect(right, &QAction::triggered, this, [this] { moveCurrent(1); });
    m_showLive = add(tr("Show the &live run"), {QKeySequence("Ctrl+0")},
                     tr("Shows the tab of the run that is going on."));
    m_showLive->setObjectName("showLive");
    connect(m_showLive, &QAction::triggered, this, [this] {
        if (m_helm->live())
            m_helm->show(m_helm->live()->id);
    });
    m_close = add(tr("&Close this tab"), {QKeySequence("Ctrl+W")},
                  tr("A run in it is asked about first; what was recorded stays."));
    m_close->setObjectName("closeTab");
    connect(m_close, &QAction::triggered, this, [this] { emit closeWished(idAt(currentIndex())); });
    menu->addSeparator();
    for (int i = 0; i < 9; ++i) {
        QAction *action =
            add(tr("Tab &%1").arg(i + 1), {QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + i))},
                tr("Shows this tab, counted from the left."));
        connect(action, &QAction::triggered, this, [this, i] {
            if (const int id = idAt(i))
                m_helm->show(id);
        });
    }
    showDocuments();
    return menu;
}

void OpenTabs::step(int direction)
{
    if (count() > 1)
        m_helm->show(idAt((currentIndex() + direction + count()) % count()));
}

void OpenTabs::moveCurrent(int direction)
{
    const int to = currentIndex() + direction;
    if (to >= 0 && to < count())
        m_helm->move(idAt(currentIndex()), to);
}

QSize OpenTabs::tabSizeHint(int index) const
{
    const int letter = fontMetrics().averageCharWidth();
    QSize size = QTabBar::tabSizeHint(index);
    size.setWidth(std::min(size.width(), mostLetters * letter));
    size.setHeight(fontMetrics().height() + 2 * tabMargin); // as high as the menus beside it
    return size;
}

/// Where they do not all fit they are scrolled: a name cut to nothing says nothing.
QSize OpenTabs::minimumTabSizeHint(int index) const
{
    if (m_helm->live() && m_helm->live()->id == idAt(index))
        return tabSizeHint(index);
    return tabSizeHint(index).boundedTo({leastLetters * fontMetrics().averageCharWidth(), 10'000});
}

int OpenTabs::menusWidth() const
{
    int width = 0;
    const int gap = style()->pixelMetric(QStyle::PM_MenuBarItemSpacing, nullptr, m_menuBar);
    for (const QAction *action : m_menuBar->actions()) {
        QStyleOptionMenuItem option;
        option.initFrom(m_menuBar);
        option.text = action->text();
        const QSize text = m_menuBar->fontMetrics().size(Qt::TextShowMnemonic, action->text());
        width +=
            gap +
            style()->sizeFromContents(QStyle::CT_MenuBarItem, &option, text, m_menuBar).width();
    }
    return width + 4 * fontMetrics().averageCharWidth();
}

QSize OpenTabs::sizeHint() const
{
    const QSize all = QTabBar::sizeHint(), least = minimumSizeHint();
    const int room = m_menuBar->width() - menusWidth();
    return {std::max(least.width(), std::min(all.width(), room)), all.height()};
}

/// Not QTabBar's own: that asks for the size hint again.
QSize OpenTabs::minimumSizeHint() const
{
    const QSize all = QTabBar::sizeHint();
    return {std::min(all.width(), leastLetters * fontMetrics().averageCharWidth()), all.height()};
}

void OpenTabs::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() == Qt::MiddleButton) {
        if (const int id = idAt(tabAt(event->position().toPoint())))
            emit closeWished(id);
        return;
    }
    QTabBar::mouseReleaseEvent(event);
}

bool OpenTabs::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_menuBar &&
        (event->type() == QEvent::Resize || event->type() == QEvent::FontChange))
        updateGeometry();
    return QTabBar::eventFilter(watched, event);
}

} // namespace helmscope
