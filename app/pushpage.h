// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/syncwords.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QTextBrowser;
class QTreeWidget;
class QTreeWidgetItem;

namespace helmscope {

class RemoteChooser;

/// What a push would do, as a tree to untick; then what it did.
class PushPage final : public QWidget
{
    Q_OBJECT
public:
    explicit PushPage(QWidget *parent = nullptr);

    void setRemotes(const std::vector<Remote> &remotes);
    SyncChoice choice() const;
    void setPlan(PushPlan plan);
    const PushPlan &plan() const { return m_plan; } ///< with what was unticked
    void setReport(const SyncReport &report);
    /// While something is going on; what, a sentence.
    void setBusy(bool isBusy, const QString &sentence);
    QTreeWidget *tree() const { return m_tree; }
    QTextBrowser *words() const { return m_words; }

signals:
    void planWished();
    void pushWished();
    void rulesWished(); ///< what stays here

private:
    void fill(QTreeWidgetItem *parent, const SyncItem &item);
    void take(QTreeWidgetItem *row, SyncItem &item) const;
    void showSum();

    PushPlan m_plan;
    bool m_isBusy = false, m_isFilling = false, m_hasPlan = false;
    RemoteChooser *m_chooser = nullptr;
    QTreeWidget *m_tree = nullptr;
    QTextBrowser *m_words = nullptr;
    QLabel *m_sum = nullptr;
    QPushButton *m_look = nullptr, *m_push = nullptr;
};

} // namespace helmscope
