// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace helmscope {

/// A strip above the views that says in three sentences what to do: at the first start, until a
/// sample was opened, a run begun, or the strip put away.
class Welcome final : public QFrame
{
    Q_OBJECT
public:
    explicit Welcome(QWidget *parent = nullptr);

    /// Whether it has never been put away, here or at an earlier start.
    static bool isWanted();
    void putAway(); ///< and never shown again

signals:
    void openWished();
};

/// Where a control has a tool tip but no text of its own for What's This, the tool tip is shown.
/// Belongs to the application, which it watches.
class ToolTipsAsHelp final : public QObject
{
    Q_OBJECT
public:
    explicit ToolTipsAsHelp(QObject *application);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
};

} // namespace helmscope
