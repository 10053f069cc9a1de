// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/metasweepmodel.h"

#include <QFont>

namespace helmscope {

void MetaSweepModel::setTrials(std::vector<SweepTrial> trials)
{
    beginResetModel();
    m_trials = std::move(trials);
    endResetModel();
}

int MetaSweepModel::best() const
{
    int best = -1;
    for (int row = 0; row < int(m_trials.size()); ++row) {
        const SweepTrial &trial = m_trials[std::size_t(row)];
        const SweepTrial *before = best < 0 ? nullptr : &m_trials[std::size_t(best)];
        if (!before || trial.rung > before->rung ||
            (trial.rung == before->rung && trial.nlpd < before->nlpd))
            best = row;
    }
    return best;
}

int MetaSweepModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_trials.size());
}

int MetaSweepModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

static QVariant valueOf(const SweepTrial &trial, int column)
{
    using Column = MetaSweepModel::Column;
    switch (Column(column)) {
    case Column::TaskSet:
        return trial.taskSet;
    case Column::Tasks:
        return trial.tasks;
    case Column::Method:
        return QString::fromLatin1(keyOf(trial.settings.method));
    case Column::Special:
        return trial.special;
    case Column::Rung:
        return trial.rung + 1;
    case Column::Iterations:
        return trial.settings.iterations;
    case Column::InnerSteps:
        return trial.settings.innerSteps;
    case Column::LogLikelihood:
        return trial.logLikelihood;
    case Column::Rmse:
        return trial.rmse;
    case Column::R2:
        return trial.r2;
    case Column::Nlpd:
        return trial.nlpd;
    case Column::Seconds:
        return trial.seconds;
    case Column::Kept:
        return trial.isKept;
    case Column::ColumnCount:
        break;
    }
    return {};
}

QVariant MetaSweepModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_trials.size()))
        return {};
    const SweepTrial &trial = m_trials[std::size_t(index.row())];
    const QVariant value = valueOf(trial, index.column());
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == Kept)
            return trial.isKept ? (index.row() == best() ? tr("best") : tr("kept")) : QString();
        if (value.userType() == QMetaType::Double)
            return QStringLiteral("%1").arg(value.toDouble(), 0, 'f',
                                            index.column() == Seconds ? 1 : 3);
        return value.toString();
    case SortRole:
        return value;
    case Qt::TextAlignmentRole:
        return int((value.userType() == QMetaType::QString || index.column() == Kept
                        ? Qt::AlignLeft
                        : Qt::AlignRight) |
                   Qt::AlignVCenter);
    case Qt::FontRole:
        if (index.row() == best()) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case Qt::ToolTipRole:
        return tr("Meta-model %1").arg(trial.hash);
    default:
        return {};
    }
}

QVariant MetaSweepModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const bool isName = role == Qt::DisplayRole;
    switch (Column(section)) {
    case TaskSet:
        return isName ? tr("Task set") : tr("What was learnt on.");
    case Tasks:
        return isName ? tr("Tasks") : tr("Learnt on, those for validation not counted.");
    case Method:
        return isName ? tr("Method") : tr("How it learns to learn.");
    case Special:
        return isName ? tr("Settings") : tr("What of the grid is special about this training.");
    case Rung:
        return isName ? tr("Rung")
                      : tr("The better half of a rung is trained for twice as long in the next.");
    case Iterations:
        return isName ? tr("Iterations") : tr("Of the outer loop.");
    case InnerSteps:
        return isName ? tr("Inner steps") : tr("On each task.");
    case LogLikelihood:
        return isName ? tr("MLL") : tr("Log marginal likelihood per point of the points shown.");
    case Rmse:
        return isName ? tr("RMSE")
                      : tr("On the validation tasks, over the deviation of their values; mean over "
                           "10, 20 and 50 points.");
    case R2:
        return isName ? tr("R²") : tr("1 − RMSE², likewise.");
    case Nlpd:
        return isName ? tr("NLPD") : tr("Negative log density of what was not shown, likewise.");
    case Seconds:
        return isName ? tr("Seconds") : tr("That it took.");
    case Kept:
        return isName ? tr("Kept") : tr("Whether it went on to the next rung, or won.");
    case ColumnCount:
        break;
    }
    return {};
}

} // namespace helmscope
