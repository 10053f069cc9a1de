// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QAction>
#include <QFrame>
#include <QPointer>

#include <optional>
#include <vector>

class QLineEdit;
class QListView;
class QMenuBar;

namespace helmscope {

/// How well `text` fits what was typed, whose letters must occur in it in this order: beginnings of
/// words and letters in a row count more. Higher is better; nothing: it does not fit. Case and
/// accents make no difference; an empty pattern fits everything with 0.
std::optional<int> fuzzyScore(const QString &pattern, const QString &text);

/// The actions that fit what was typed: best first, of equals those used last, then the menus'
/// order; those that are disabled after all others.
class CommandModel final : public QAbstractListModel
{
    Q_OBJECT
public:
    enum Role { ShortcutRole = Qt::UserRole, PathRole };
    struct Command
    {
        QString path; ///< "View › Reset the layout"
        QPointer<QAction> action;
    };
    using QAbstractListModel::QAbstractListModel;

    void setCommands(std::vector<Command> commands, const QStringList &recent);
    void setPattern(const QString &pattern);
    QAction *actionAt(int row) const; ///< null: there is none any more

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

private:
    std::vector<Command> m_commands; ///< recent ones first
    std::vector<int> m_shown;
    QString m_pattern;
};

/// Everything in these menus, with their path.
std::vector<CommandModel::Command> commandsIn(const QMenuBar *menus);

/// A line to type part of a command's name into, and the commands that fit; over its parent.
class CommandPalette final : public QFrame
{
    Q_OBJECT
public:
    explicit CommandPalette(QWidget *parent);

    /// Opens it empty, over the upper part of its parent.
    void open(std::vector<CommandModel::Command> commands, const QStringList &recent);
    CommandModel *model() const { return m_model; }
    QLineEdit *field() const { return m_field; }

signals:
    void chosen(const QString &path); ///< before the action is triggered

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void choose(const QModelIndex &index);
    void leave();

    QLineEdit *m_field;
    QListView *m_list;
    CommandModel *m_model;
    QPointer<QWidget> m_focused; ///< whoever had the keyboard
};

} // namespace helmscope
