// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/lanes.h"

#include <QAbstractTableModel>

#include <memory>

namespace helmscope {

/// A log made ready to be shown: an immutable value, made on any thread.
struct HistoryLog
{
    std::vector<Version> versions; ///< as Repository::log() answers them
    std::vector<Reference> references;
    // One a version:
    std::vector<LaneRow> lanes;
    std::vector<QString> runs;                  ///< id, by the message; empty: it names none
    std::vector<std::vector<int>> referencesAt; ///< indices into `references`
    std::vector<QString> searched;              ///< what a search looks through, in lower case

    static HistoryLog of(std::vector<Version> versions, std::vector<Reference> references);
    /// Versions whose message, run, author, id or references hold every word of `words` (a word
    /// may be a part of one), in their order; all of them when there is no word.
    std::vector<int> find(const QString &words) const;
    int rowOf(const QString &version) const; ///< -1 when it is not in it
    QStringList tagsAt(int version) const;
};

/// Versions of a log as a table, newest first. What is shown of it can be narrowed to some; then
/// there are no lanes, only dots.
class HistoryModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Summary, Run, Author, Time, ColumnCount };
    enum Role {
        VersionRole = Qt::UserRole, ///< index into the log
        RunRole                     ///< id; empty when there is none
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// A log that goes on where the one shown ends keeps selection and scrolling.
    void setLog(std::shared_ptr<const HistoryLog> log);
    const std::shared_ptr<const HistoryLog> &log() const { return m_log; }
    /// Shows these only; out of range ones are passed over.
    void narrow(std::vector<int> versions);
    void showAll();
    bool isNarrowed() const { return m_isNarrowed; }

    int versionAt(int row) const; ///< index into the log; -1 out of range
    int rowOf(int version) const; ///< -1 when it is not shown

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    int size() const { return m_log ? int(m_log->versions.size()) : 0; }
    QString text(int version, int column) const;

    std::shared_ptr<const HistoryLog> m_log;
    bool m_isNarrowed = false;
    std::vector<int> m_rows; ///< of the log, where it is narrowed
};

} // namespace helmscope
