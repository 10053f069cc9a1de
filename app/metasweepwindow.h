// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/metasweepmodel.h"

#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;
class QTreeWidget;

namespace helmscope {

class Banner;
class Jobs;

/// The results of a sweep of meta-trainings, and what they recommend for the next one: the task
/// sets most like the new one, with the settings that were best on them.
class MetaSweepWindow final : public QWidget
{
    Q_OBJECT
public:
    explicit MetaSweepWindow(QWidget *parent = nullptr);
    ~MetaSweepWindow() override;

    /// What `metatrain --sweep … --table FILE` wrote: FILE.json; FILE itself is taken for it.
    void open(const QString &file);
    /// Tasks as the command line names them, one or several with blanks between.
    void recommendFor(const QString &tasks);

    const MetaSweepModel *model() const { return m_model; }
    const std::vector<Neighbour> &neighbours() const { return m_neighbours; }
    QTableView *table() const { return m_table; }
    Banner *banner() const { return m_banner; }

signals:
    void opened();
    void recommended();
    void troubled(const QString &sentence); ///< told in the banner as well

private:
    QWidget *makeTable();
    QWidget *makeRecommendation();
    void chooseFile();
    void saveSettings();
    void showSelected();
    void showNeighbours();
    const SweepTrial *selected() const;

    MetaSweepModel *m_model;
    QSortFilterProxyModel *m_sorted;
    Banner *m_banner;
    QLabel *m_title, *m_advice;
    QTableView *m_table;
    QPlainTextEdit *m_settings;
    QLineEdit *m_tasks;
    QPushButton *m_recommend, *m_save;
    QTreeWidget *m_list;
    std::vector<Neighbour> m_neighbours;
    TaskDescriptor m_descriptor;  ///< of the tasks asked for
    std::unique_ptr<Jobs> m_jobs; ///< last: its work goes first
};

} // namespace helmscope
