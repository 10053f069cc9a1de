// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/syncwords.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;
class QTextBrowser;

namespace helmscope {

class RemoteChooser;

/// What to pull; then what came, and where both sides differ.
class PullPage final : public QWidget
{
    Q_OBJECT
public:
    explicit PullPage(QWidget *parent = nullptr);

    void setRemotes(const std::vector<Remote> &remotes);
    void setPipelines(const QStringList &names); ///< of the chosen server, to choose from
    /// With what was answered of the conflicts shown.
    PullChoice choice() const;
    std::optional<Remote> server() const;
    void setReport(const SyncReport &report);
    void setBusy(bool isBusy, const QString &sentence);
    QTableWidget *conflicts() const { return m_conflicts; }
    QTextBrowser *words() const { return m_words; }

signals:
    void pullWished();
    void serverChanged();
    void runWished(const QString &id); ///< one that came is to be opened

private:
    void showConflicts();
    void showState();

    SyncReport m_report;
    bool m_isBusy = false, m_hasReport = false;
    RemoteChooser *m_chooser = nullptr;
    QComboBox *m_pipeline = nullptr, *m_since = nullptr, *m_artifacts = nullptr;
    QTextBrowser *m_words = nullptr;
    QLabel *m_conflictsTitle = nullptr, *m_state = nullptr;
    QTableWidget *m_conflicts = nullptr;
    QPushButton *m_pull = nullptr;
};

} // namespace helmscope
