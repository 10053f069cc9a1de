// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/sweep.h"

#include <QAbstractTableModel>

namespace helmscope {

/// The trainings of a sweep, a row each, as the table that `metatrain --sweep` writes.
class MetaSweepModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        TaskSet,
        Tasks,
        Method,
        Special,
        Rung,
        Iterations,
        InnerSteps,
        LogLikelihood,
        Rmse,
        R2,
        Nlpd,
        Seconds,
        Kept,
        ColumnCount
    };
    static constexpr int SortRole = Qt::UserRole; ///< numbers as numbers

    using QAbstractTableModel::QAbstractTableModel;

    void setTrials(std::vector<SweepTrial> trials);
    const std::vector<SweepTrial> &trials() const { return m_trials; }
    /// Row of the best of the longest trainings, by NLPD; -1: there is none.
    int best() const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<SweepTrial> m_trials;
};

} // namespace helmscope
