// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runsmodel.h"

#include "base/tr.h"
#include "steering/recording/inwords.h"
#include "widgets/theme.h"

#include <QDateTime>
#include <QFont>
#include <QIcon>

namespace helmscope {

namespace {

QString wordFor(Run::Outcome outcome)
{
    switch (outcome) {
    case Run::Outcome::Finished:
        return RunsModel::tr("finished");
    case Run::Outcome::TimeIsUp:
        return RunsModel::tr("time was up");
    case Run::Outcome::Plateau:
        return RunsModel::tr("nothing changed any more");
    case Run::Outcome::Stopped:
        return RunsModel::tr("stopped");
    case Run::Outcome::Exhausted:
        return RunsModel::tr("nothing left to measure");
    case Run::Outcome::Failed:
        return RunsModel::tr("failed");
    }
    return {};
}

} // namespace

RunsModel::RunsModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

void RunsModel::setRuns(std::vector<RunEntry> runs)
{
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

int RunsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_runs.size());
}

int RunsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString RunsModel::text(const RunEntry &run, int column) const
{
    switch (column) {
    case Id:
        return m_arrived.contains(run.id) ? tr("● %1").arg(run.id) : run.id;
    case Sample:
        return inWords(run.title);
    case Value:
        return inWords(run.valueName);
    case Steps:
        return QString::number(run.steps);
    case Outcome:
        if (!run.problem.isEmpty())
            return tr("damaged");
        if (run.isGoing)
            return tr("going on");
        return run.outcome ? wordFor(*run.outcome) : tr("cut off");
    default:
        return run.createdMs > 0
                   ? QDateTime::fromMSecsSinceEpoch(run.createdMs).toString("yyyy-MM-dd hh:mm")
                   : QString();
    }
}

void RunsModel::setArrived(const QSet<QString> &ids)
{
    m_arrived = ids;
    if (!m_runs.empty())
        emit dataChanged(index(0, 0), index(int(m_runs.size()) - 1, ColumnCount - 1),
                         {Qt::FontRole, Qt::ToolTipRole, Qt::DisplayRole});
}

QVariant RunsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const RunEntry &run = m_runs[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return text(run, index.column());
    case Qt::FontRole: {
        if (!m_arrived.contains(run.id))
            return {};
        QFont bold;
        bold.setBold(true);
        return bold;
    }
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(
            Qt::Alignment(index.column() == Steps ? Qt::AlignRight : Qt::AlignLeft) |
            Qt::AlignVCenter);
    case Qt::DecorationRole:
        if (index.column() == Outcome && (!run.problem.isEmpty() || (!run.outcome && !run.isGoing)))
            return icon("warning");
        if (index.column() == Id && !run.plan.origin.run.isEmpty())
            return icon("branch");
        return {};
    case Qt::ToolTipRole: {
        QStringList lines;
        if (m_arrived.contains(run.id))
            lines << tr("New here: it came with the last pull.");
        if (!run.problem.isEmpty())
            lines << run.problem;
        if (!run.message.isEmpty())
            lines << inWords(run.message);
        if (!run.plan.origin.run.isEmpty())
            lines << tr("Goes on from step %1 of %2.")
                         .arg(run.plan.origin.step)
                         .arg(run.plan.origin.run);
        lines << tr("Acquisition: %1. Seed: %2.")
                     .arg(Tr::tr(rowOf(run.plan.acquisition.kind).name))
                     .arg(run.plan.seed);
        return lines.join('\n');
    }
    case SortRole:
        if (index.column() == Steps)
            return run.steps;
        if (index.column() == When)
            return run.createdMs;
        return text(run, index.column());
    case IdRole:
        return run.id;
    case SearchRole:
        return QStringList{run.id,
                           inWords(run.title),
                           inWords(run.valueName),
                           text(run, Outcome),
                           text(run, When),
                           Tr::tr(rowOf(run.plan.acquisition.kind).name),
                           inWords(run.message),
                           run.plan.origin.run}
            .join(' ');
    default:
        return {};
    }
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(
            Qt::Alignment(section == Steps ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Id:
        return tr("Run");
    case Sample:
        return tr("Sample");
    case Value:
        return tr("Value");
    case Steps:
        return tr("Steps");
    case Outcome:
        return tr("Outcome");
    default:
        return tr("When");
    }
}

} // namespace helmscope
