// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels.h"
#include "steering/plan.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <memory>

class QSettings;
class QUndoGroup;
class QUndoStack;

namespace helmscope {

class Helm;
class PlanPanel;

/// What the views and the plan's form show of each open document, kept while another one is looked
/// at and given back when its tab is shown again: step, zoom, limits, pins, graphics with their
/// undo, plan. Also remembers, and opens again, what was open when the program ended.
class TabViews final : public QObject
{
    Q_OBJECT
public:
    /// They outlive it, but for what undoes in it: undo() is this object's own.
    TabViews(Helm *helm, Panels *panels, PlanPanel *plan, QObject *parent = nullptr);
    ~TabViews() override;

    QUndoGroup *undoGroup() const { return m_group; }
    /// Of the document that is shown; of one of its own where none is.
    QUndoStack *undo() const;

    /// From now on the settings know what is open.
    void rememberFromNowOn() { m_isRemembering = true; }
    void remember();
    /// Opens again what the settings know; false where that is nothing.
    bool reopen();

signals:
    /// The shown document's plan is in the form again.
    void planShown(const helmscope::Plan &plan);

private:
    struct Kept
    {
        std::unique_ptr<QUndoStack> undo;
        std::optional<ViewState> view; ///< nothing: it was not looked at yet
        std::optional<Plan> plan;
        QString card;  ///< of the meta-model the plan begins from
        int step = -1; ///< index to begin with; -1: the newest
    };
    Kept &keptOf(int id);
    void keep();
    void enter();
    void giveBack();
    void copy(int from, int to);
    void forgetClosed();

    Helm *m_helm;
    Panels *m_panels;
    PlanPanel *m_plan;
    QUndoGroup *m_group;
    std::map<int, Kept> m_kept; ///< by the documents' ids; 0: of none
    int m_entered = 0;          ///< whose graphics are on the maps
    bool m_isRemembering = false;
    QTimer m_rememberSoon;
};

} // namespace helmscope
