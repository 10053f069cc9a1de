// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>

#include <functional>
#include <optional>
#include <vector>

class QMainWindow;

namespace helmscope {

/// The arrangements of a window's docks, each under a name: those built in, and those the user has
/// kept. Each one keeps what was changed in it until it is reset.
class Layouts final : public QObject
{
    Q_OBJECT
public:
    struct Layout
    {
        QString key, name;
        bool isBuiltIn = false;
        QByteArray state; ///< as it was left; empty: never changed
        QByteArray first; ///< of a kept one: as it was kept
    };

    /// `isRemembering`: reads and writes the settings; else all is gone with the window.
    Layouts(QMainWindow *window, bool isRemembering);

    const std::vector<Layout> &all() const { return m_all; } ///< built in ones first
    const QString &current() const { return m_current; }
    /// Shows the one that was shown last; false: there was none, it is shown as it is built in.
    bool restore();
    /// Another one as it was left; the one shown now keeps what was changed. A key that is not
    /// there is passed over.
    void show(const QString &key);
    /// The one shown as it was in the beginning.
    void reset();
    /// Writes what was changed in the one shown.
    void remember();
    /// What is shown, under a name, which is shown from now on. A name that is taken by a kept one
    /// is that one; empty ones and those of built in ones are refused: false.
    bool keepAs(const QString &name);
    bool canChange() const; ///< the one shown is not built in: it can be renamed and removed
    bool rename(const QString &name); ///< false as of keepAs(), and where the name is taken
    void remove();                    ///< the one shown; the first built in one is shown then

signals:
    void changed(); ///< which there are, or which is shown

private:
    Layout *find(const QString &key);
    void put(const Layout &layout, bool isFirst);
    void write();
    bool isFree(const QString &name) const;

    QMainWindow *m_window;
    bool m_isRemembering;
    std::vector<Layout> m_all;
    QString m_current;
};

/// Puts the docks of the window, by their object names, where the built in layout of this key has
/// them: "steer", "review", "lineage", "compare".
void arrangeDocks(QMainWindow *window, const QString &key);

} // namespace helmscope
