// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/historydetails.h"
#include "app/jobs.h"

#include <QMainWindow>
#include <QTimer>

#include <deque>

class QStackedWidget;
class QTableView;

namespace helmscope {

class Banner;
class StatusLine;

/// The versions of one workspace: the log with its lanes, what each version changed, and how to get
/// back to it.
class HistoryWindow final : public QMainWindow
{
    Q_OBJECT
public:
    /// Begins to read the folder's history at once.
    explicit HistoryWindow(const QString &folder, QWidget *parent = nullptr);
    ~HistoryWindow() override;

    const QString &folder() const { return m_folder; }
    /// Reads it again, e.g. after a run was recorded; selection and search stay.
    void reload();
    bool isBusy() const;

    /// Narrows the list to versions that hold these words; empty: all. Answers come later; the
    /// latest search wins.
    void search(const QString &words);
    void select(const QString &version); ///< a version that is not shown selects nothing

    const HistoryModel *model() const { return m_model; }
    QTableView *list() const { return m_list; }
    HistoryDetails *details() const { return m_details; }
    Banner *banner() const { return m_banner; }

signals:
    void runWished(const QString &id);
    void restoreWished(const QString &id, const QString &version);
    void loaded(); ///< the whole history is in the list

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void makeParts();
    void makeMenus();
    void connectParts();

    void load(int limit);
    void take(std::shared_ptr<const HistoryLog> log, bool isWhole);
    void evaluateSearch();
    void showFound();
    void showSelected();
    void readSelected();
    void readPicturesOf(const QString &run);
    void changeTag(const QString &title, const std::function<void(Repository &)> &change);
    void wishSelectedRun();
    QString selectedVersion() const;

    QString m_folder;
    bool m_isWhole = false;
    QString m_words;  ///< searched for; empty: all are shown
    QString m_chosen; ///< version that is to stay selected
    int m_loadNumber = 0, m_searchNumber = 0, m_summaryNumber = 0, m_pictureNumber = 0;
    int m_loadJob = 0, m_searchJob = 0, m_summaryJob = 0, m_pictureJob = 0;
    std::deque<RunPictures> m_pictures; ///< read last, the newest first

    Banner *m_banner = nullptr;
    HistoryModel *m_model = nullptr;
    QTableView *m_list = nullptr;
    QStackedWidget *m_pages = nullptr; ///< the list, or why it is empty
    QLabel *m_empty = nullptr, *m_count = nullptr;
    QLineEdit *m_search = nullptr;
    HistoryDetails *m_details = nullptr;
    StatusLine *m_status = nullptr;
    QTimer m_searchSoon, m_readSoon;
    Jobs m_work, m_questions, m_reading; ///< last, so first to go
};

} // namespace helmscope
