// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/workspace.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;

namespace helmscope {

class RunsModel;

/// The runs of the open workspace: to search, to open, to compare.
class RunsPanel final : public QWidget
{
    Q_OBJECT
public:
    static constexpr int mostCompared = 6;

    explicit RunsPanel(QWidget *parent = nullptr);

    /// `workspace`: its name; empty: none is open.
    void setRuns(const QString &workspace, const std::vector<RunEntry> &runs);
    void setArrived(const QStringList &ids); ///< by the last pull
    QTableView *table() const { return m_table; }
    QStringList selected() const; ///< ids, in the order of the table

signals:
    void runChosen(const QString &id);
    void compareWished(const QStringList &ids);
    void openWished();   ///< of a workspace
    void createWished(); ///< likewise

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QWidget *makeEmpty();
    QWidget *makeTable();
    void search(const QString &text);
    void showSelection();
    void showCount();

    RunsModel *m_model = nullptr;
    QSortFilterProxyModel *m_sorted = nullptr;
    QStackedWidget *m_pages = nullptr;
    QTableView *m_table = nullptr;
    QLineEdit *m_search = nullptr;
    QLabel *m_count = nullptr, *m_none = nullptr;
    QPushButton *m_open = nullptr, *m_compare = nullptr;
    QString m_workspace;
};

} // namespace helmscope
