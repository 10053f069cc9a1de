// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "app/syncwords.h"

#include <QMainWindow>

class QLabel;
class QListWidget;
class QPushButton;
class QTabWidget;
class QTableWidget;
class QTreeWidget;

namespace helmscope {

class Banner;
class PullPage;
class PushPage;

/// The servers and remotes of a workspace: what is known, whether it can be reached, the one Push
/// and the one Pull, what went where and when, and what a server has.
class RemotesWindow final : public QMainWindow
{
    Q_OBJECT
public:
    enum class Page { Push, Pull, Transfers, Server };

    explicit RemotesWindow(const QString &workspace, QWidget *parent = nullptr);
    ~RemotesWindow() override;

    const QString &folder() const { return m_folder; }
    void show(Page page);
    void reload(); ///< remotes and transfers, from disk
    void add(const Remote &remote, const Credentials &credentials);
    void test(int row); ///< of the list
    void lookWhatIsNew();
    void push();
    void pull();
    bool isBusy() const { return !m_work.isIdle() || !m_questions.isIdle(); }

    const std::vector<Remote> &remotes() const { return m_remotes; }
    QTreeWidget *list() const { return m_list; }
    PushPage *pushPage() const { return m_push; }
    PullPage *pullPage() const { return m_pull; }
    QTableWidget *transferTable() const { return m_transfers; }
    QListWidget *pipelineList() const { return m_pipelines; }
    QLabel *details() const { return m_details; }
    Banner *banner() const { return m_banner; }

signals:
    void changed();                                   ///< what is pushed, or known here
    void pulled(const helmscope::SyncReport &report); ///< what came
    void runWished(const QString &id);                ///< of this workspace
    void lineageWished(const QString &file);          ///< a document to be browsed

protected:

private:
    void makeParts();
    QWidget *makeList();
    QWidget *makeTransfers();
    QWidget *makeServer();
    void fillList();
    void showDetails();
    void askFor(const std::optional<Remote> &known);
    void askForRules();
    void removeCurrent();
    void readTransfers();
    void readPipelines();
    void openPipeline();
    void retry();
    void showBusy();
    std::optional<Remote> current() const;

    QString m_folder;
    std::vector<Remote> m_remotes;
    QMap<QString, QString> m_tested; ///< by kind and name: what the last test said
    Banner *m_banner = nullptr;
    QTreeWidget *m_list = nullptr;
    QLabel *m_details = nullptr, *m_waiting = nullptr, *m_serverState = nullptr;
    QPushButton *m_change = nullptr, *m_remove = nullptr, *m_test = nullptr, *m_retry = nullptr,
                *m_browse = nullptr;
    QTabWidget *m_pages = nullptr;
    PushPage *m_push = nullptr;
    PullPage *m_pull = nullptr;
    QTableWidget *m_transfers = nullptr;
    QListWidget *m_pipelines = nullptr;
    QString m_going; ///< what is going on, a sentence; empty: nothing
    int m_listNumber = 0, m_pipelineNumber = 0;
    Jobs m_questions; ///< lists and tests
    Jobs m_work;      ///< transfers; last, so first to go
};

} // namespace helmscope
