// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/workspace.h"

#include <QAbstractTableModel>
#include <QSet>

#include <vector>

namespace helmscope {

/// The runs of a workspace as a table, newest first; of each only what its folder says.
class RunsModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Id, Sample, Value, Steps, Outcome, When, ColumnCount };
    enum Role {
        SortRole = Qt::UserRole, ///< numbers as numbers
        IdRole,
        SearchRole ///< all that a search may find, in one text
    };

    explicit RunsModel(QObject *parent = nullptr);

    void setRuns(std::vector<RunEntry> runs);
    /// These came from others just now: bold, and said so.
    void setArrived(const QSet<QString> &ids);
    const std::vector<RunEntry> &runs() const { return m_runs; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    QString text(const RunEntry &run, int column) const;

    std::vector<RunEntry> m_runs;
    QSet<QString> m_arrived;
};

} // namespace helmscope
