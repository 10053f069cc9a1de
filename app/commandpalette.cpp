// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandpalette.h"

#include "widgets/theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

/// Without accents, in small letters.
QString folded(const QString &text)
{
    QString plain;
    for (const QChar each : text.normalized(QString::NormalizationForm_KD))
        if (each.category() != QChar::Mark_NonSpacing)
            plain += each.toCaseFolded();
    return plain;
}

QString nameOf(const QAction *action)
{
    QString name = action->text();
    // A single & marks the key of a menu.
    for (qsizetype at = name.indexOf('&'); at >= 0; at = name.indexOf('&', at + 1))
        name.remove(at, 1);
    return name;
}

void collect(const QList<QAction *> &actions, const QString &path,
             std::vector<CommandModel::Command> &found)
{
    for (QAction *action : actions) {
        if (action->isSeparator() || !action->isVisible() || action->text().isEmpty())
            continue;
        const QString name =
            path.isEmpty() ? nameOf(action) : path + QStringLiteral(" › ") + nameOf(action);
        if (const QMenu *menu = action->menu())
            collect(menu->actions(), name, found);
        else
            found.push_back({name, action});
    }
}

/// The path on the left, the shortcut on the right.
class CommandDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        option->features |= QStyleOptionViewItem::HasDecoration; // the words begin at one place
        option->decorationSize = QSize(16, 16);
    }
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        return {100, std::max(16, option.fontMetrics.height()) + 8};
    }
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        painter->save();
        const bool isSelected = option.state & QStyle::State_Selected;
        painter->setPen(option.palette.color(isSelected ? QPalette::HighlightedText
                                                        : QPalette::PlaceholderText));
        painter->setFont(textFont(TextSize::Small));
        painter->drawText(option.rect.adjusted(8, 0, -8, 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(CommandModel::ShortcutRole).toString());
        painter->restore();
    }
};

} // namespace

std::optional<int> fuzzyScore(const QString &pattern, const QString &text)
{
    const QString wanted = folded(pattern).remove(' '), in = folded(text);
    if (wanted.isEmpty())
        return 0;
    // The best of all ways to find the letters: best[i] ends with letter i of the text.
    constexpr int no = -1'000'000, letter = 1, inARow = 8, atAWord = 6;
    std::vector<int> before(std::size_t(in.size()), 0), best;
    for (qsizetype k = 0; k < wanted.size(); ++k) {
        best.assign(std::size_t(in.size()), no);
        int bestBefore = k == 0 ? 0 : no; // of any earlier place
        for (qsizetype i = 0; i < in.size(); ++i) {
            if (in[i] == wanted[k]) {
                const bool isWord = i == 0 || !in[i - 1].isLetterOrNumber();
                int way = bestBefore;
                if (k > 0 && i > 0)
                    way = std::max(way, before[std::size_t(i - 1)] + inARow);
                if (way > no / 2)
                    best[std::size_t(i)] = way + letter + (isWord ? atAWord : 0);
            }
            if (k > 0)
                bestBefore = std::max(bestBefore, before[std::size_t(i)]);
        }
        before = best;
    }
    const auto most = std::max_element(best.begin(), best.end());
    if (most == best.end() || *most <= no / 2)
        return std::nullopt;
    return *most * 8 - int(std::min<qsizetype>(in.size(), 63)) / 8; // of equals the shorter one
}

void CommandModel::setCommands(std::vector<Command> commands, const QStringList &recent)
{
    const auto age = [&recent](const Command &command) {
        const auto at = recent.indexOf(command.path);
        return at < 0 ? recent.size() : at;
    };
    std::stable_sort(commands.begin(), commands.end(),
                     [&](const Command &a, const Command &b) { return age(a) < age(b); });
    m_commands = std::move(commands);
    setPattern({});
}

void CommandModel::setPattern(const QString &pattern)
{
    beginResetModel();
    m_pattern = pattern;
    m_shown.clear();
    std::vector<int> scores(m_commands.size());
    for (std::size_t i = 0; i < m_commands.size(); ++i)
        if (const auto score = fuzzyScore(pattern, m_commands[i].path)) {
            scores[i] = *score;
            m_shown.push_back(int(i));
        }
    if (!pattern.trimmed().isEmpty())
        std::stable_sort(m_shown.begin(), m_shown.end(), [&scores](int a, int b) {
            return scores[std::size_t(a)] > scores[std::size_t(b)];
        });
    // What cannot be done now is shown, but last.
    std::stable_partition(m_shown.begin(), m_shown.end(), [this](int i) {
        const QAction *action = m_commands[std::size_t(i)].action;
        return action && action->isEnabled();
    });
    endResetModel();
}

QAction *CommandModel::actionAt(int row) const
{
    return row >= 0 && row < int(m_shown.size())
               ? m_commands[std::size_t(m_shown[std::size_t(row)])].action.data()
               : nullptr;
}

int CommandModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_shown.size());
}

Qt::ItemFlags CommandModel::flags(const QModelIndex &index) const
{
    const QAction *action = actionAt(index.row());
    return action && action->isEnabled() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable
                                         : Qt::NoItemFlags;
}

QVariant CommandModel::data(const QModelIndex &index, int role) const
{
    const QAction *action = index.isValid() ? actionAt(index.row()) : nullptr;
    if (!action)
        return {};
    const QString &path = m_commands[std::size_t(m_shown[std::size_t(index.row())])].path;
    const QString shortcut = action->shortcut().toString(QKeySequence::NativeText);
    switch (role) {
    case Qt::DisplayRole:
        return action->isCheckable() && action->isChecked() ? QStringLiteral("✓ ") + path : path;
    case PathRole:
        return path;
    case ShortcutRole:
        return shortcut;
    case Qt::AccessibleTextRole:
        return shortcut.isEmpty() ? path : CommandPalette::tr("%1, key %2").arg(path, shortcut);
    case Qt::ToolTipRole:
        return action->toolTip();
    case Qt::DecorationRole:
        return action->icon();
    default:
        return {};
    }
}

std::vector<CommandModel::Command> commandsIn(const QMenuBar *menus)
{
    std::vector<CommandModel::Command> found;
    collect(menus->actions(), {}, found);
    return found;
}

CommandPalette::CommandPalette(QWidget *parent)
    : QFrame(parent)
    , m_field(new QLineEdit)
    , m_list(new QListView)
    , m_model(new CommandModel(this))
{
    setObjectName("commandPalette");
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setAccessibleName(tr("Command palette"));
    m_field->setPlaceholderText(tr("Type part of a command's name"));
    m_field->setAccessibleName(tr("Command"));
    m_field->setClearButtonEnabled(true);
    m_field->installEventFilter(this);
    m_list->setModel(m_model);
    m_list->setItemDelegate(new CommandDelegate(m_list));
    m_list->setAccessibleName(tr("Commands that fit"));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setFrameShape(QFrame::NoFrame);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->addWidget(m_field);
    column->addWidget(m_list);
    connect(m_field, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_model->setPattern(text);
        m_list->setCurrentIndex(m_model->index(0));
    });
    connect(m_list, &QListView::clicked, this, &CommandPalette::choose);
    hide();
}

void CommandPalette::open(std::vector<CommandModel::Command> commands, const QStringList &recent)
{
    if (!isVisible())
        m_focused = QApplication::focusWidget();
    m_model->setCommands(std::move(commands), recent);
    m_field->clear();
    m_list->setCurrentIndex(m_model->index(0));
    const QSize space = parentWidget()->size();
    const int width = std::min(620, space.width() - 40);
    setGeometry((space.width() - width) / 2, 60, width, std::min(420, space.height() - 80));
    show();
    raise();
    m_field->setFocus();
}

void CommandPalette::leave()
{
    hide();
    if (m_focused)
        m_focused->setFocus();
}

void CommandPalette::choose(const QModelIndex &index)
{
    const QPointer<QAction> action = m_model->actionAt(index.row());
    if (!action || !action->isEnabled())
        return;
    const QString path = index.data(CommandModel::PathRole).toString();
    leave();
    emit chosen(path);
    if (action)
        action->trigger();
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::FocusOut && isVisible()) {
        hide(); // somebody clicked elsewhere
        return false;
    }
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    switch (static_cast<QKeyEvent *>(event)->key()) {
    case Qt::Key_Escape:
        leave();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(m_list->currentIndex());
        return true;
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        QApplication::sendEvent(m_list, event);
        return true;
    default:
        return QFrame::eventFilter(watched, event);
    }
}

} // namespace helmscope
