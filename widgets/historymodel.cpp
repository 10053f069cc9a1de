// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/historymodel.h"

#include <QDateTime>
#include <QHash>
#include <QLocale>

#include <algorithm>

namespace helmscope {

namespace {

/// "Run 20261121-091502: …", as the recorder's messages begin.
QString runOf(const QString &message)
{
    static constexpr QLatin1String beginning("Run ");
    constexpr qsizetype longest = 200;
    if (!message.startsWith(beginning))
        return {};
    const qsizetype end = message.indexOf(':');
    if (end < 0 || end > beginning.size() + longest)
        return {};
    const QString id = message.mid(beginning.size(), end - beginning.size());
    const bool isId = !id.isEmpty() && std::all_of(id.begin(), id.end(), [](QChar c) {
        return c.unicode() < 128 && (c.isLetterOrNumber() || c == '.' || c == '_' || c == '-');
    });
    return isId ? id : QString();
}

} // namespace

HistoryLog HistoryLog::of(std::vector<Version> versions, std::vector<Reference> references)
{
    HistoryLog log;
    log.versions = std::move(versions);
    log.references = std::move(references);
    log.lanes = helmscope::lanes(log.versions);
    log.referencesAt.resize(log.versions.size());
    QHash<QString, int> rows;
    rows.reserve(qsizetype(log.versions.size()));
    for (std::size_t i = 0; i < log.versions.size(); ++i)
        rows.insert(log.versions[i].id, int(i));
    for (std::size_t i = 0; i < log.references.size(); ++i)
        if (const int row = rows.value(log.references[i].version, -1); row >= 0)
            log.referencesAt[std::size_t(row)].push_back(int(i));
    log.runs.reserve(log.versions.size());
    log.searched.reserve(log.versions.size());
    for (std::size_t i = 0; i < log.versions.size(); ++i) {
        const Version &version = log.versions[i];
        log.runs.push_back(runOf(version.message));
        QString text = version.message + '\n' + version.author.name + '\n' + version.author.email +
                       '\n' + version.id;
        for (const int reference : log.referencesAt[i])
            text += '\n' + log.references[std::size_t(reference)].name;
        log.searched.push_back(text.toLower());
    }
    return log;
}

std::vector<int> HistoryLog::find(const QString &words) const
{
    const QStringList wanted = words.toLower().simplified().split(' ', Qt::SkipEmptyParts);
    std::vector<int> found;
    for (std::size_t i = 0; i < searched.size(); ++i)
        if (std::all_of(wanted.begin(), wanted.end(),
                        [&](const QString &word) { return searched[i].contains(word); }))
            found.push_back(int(i));
    return found;
}

int HistoryLog::rowOf(const QString &version) const
{
    const auto found = std::find_if(versions.begin(), versions.end(),
                                    [&](const Version &v) { return v.id == version; });
    return found == versions.end() ? -1 : int(found - versions.begin());
}

QStringList HistoryLog::tagsAt(int version) const
{
    QStringList tags;
    if (version < 0 || std::size_t(version) >= referencesAt.size())
        return tags;
    for (const int reference : referencesAt[std::size_t(version)])
        if (references[std::size_t(reference)].kind == Reference::Kind::Tag)
            tags << references[std::size_t(reference)].name;
    return tags;
}

void HistoryModel::setLog(std::shared_ptr<const HistoryLog> log)
{
    const int before = size();
    const int now = log ? int(log->versions.size()) : 0;
    bool goesOn = !m_isNarrowed && before > 0 && now >= before;
    for (int i = 0; goesOn && i < before; ++i)
        goesOn = m_log->versions[std::size_t(i)].id == log->versions[std::size_t(i)].id;
    if (!goesOn) {
        beginResetModel();
        m_log = std::move(log);
        m_isNarrowed = false;
        m_rows.clear();
        endResetModel();
        return;
    }
    if (now > before)
        beginInsertRows({}, before, now - 1);
    m_log = std::move(log);
    if (now > before)
        endInsertRows();
    emit dataChanged(index(0, 0), index(before - 1, ColumnCount - 1)); // labels may be others
}

void HistoryModel::narrow(std::vector<int> versions)
{
    beginResetModel();
    versions.erase(std::remove_if(versions.begin(), versions.end(),
                                  [this](int version) { return version < 0 || version >= size(); }),
                   versions.end());
    m_rows = std::move(versions);
    m_isNarrowed = true;
    endResetModel();
}

void HistoryModel::showAll()
{
    if (!m_isNarrowed)
        return;
    beginResetModel();
    m_isNarrowed = false;
    m_rows.clear();
    endResetModel();
}

int HistoryModel::versionAt(int row) const
{
    if (row < 0 || row >= rowCount())
        return -1;
    return m_isNarrowed ? m_rows[std::size_t(row)] : row;
}

int HistoryModel::rowOf(int version) const
{
    if (!m_isNarrowed)
        return version >= 0 && version < size() ? version : -1;
    const auto found = std::find(m_rows.begin(), m_rows.end(), version);
    return found == m_rows.end() ? -1 : int(found - m_rows.begin());
}

int HistoryModel::rowCount(const QModelIndex &parent) const
{
    if (parent.isValid())
        return 0;
    return m_isNarrowed ? int(m_rows.size()) : size();
}

int HistoryModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString HistoryModel::text(int row, int column) const
{
    const Version &version = m_log->versions[std::size_t(row)];
    const QString &run = m_log->runs[std::size_t(row)];
    switch (column) {
    case Summary: // the run has a column of its own
        return run.isEmpty() ? version.summary() : version.summary().section(':', 1).trimmed();
    case Run:
        return run;
    case Author:
        return version.author.name;
    case Time:
        return QDateTime::fromMSecsSinceEpoch(version.timeMs).toString(u"yyyy-MM-dd HH:mm");
    }
    return {};
}

QVariant HistoryModel::data(const QModelIndex &index, int role) const
{
    const int row = versionAt(index.row());
    if (row < 0 || index.column() < 0 || index.column() >= ColumnCount)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return index.column() == Summary ? m_log->versions[std::size_t(row)].message.trimmed()
               : index.column() == Time
                   ? QLocale().toString(
                         QDateTime::fromMSecsSinceEpoch(m_log->versions[std::size_t(row)].timeMs),
                         QLocale::LongFormat)
                   : text(row, index.column());
    case Qt::AccessibleTextRole: {
        if (index.column() != Summary)
            return text(row, index.column());
        QStringList names;
        for (const int reference : m_log->referencesAt[std::size_t(row)])
            names << m_log->references[std::size_t(reference)].name;
        names << text(row, Summary);
        return names.join(", ");
    }
    case VersionRole:
        return row;
    case RunRole:
        return m_log->runs[std::size_t(row)];
    }
    return {};
}

QVariant HistoryModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Summary:
        return tr("What happened");
    case Run:
        return tr("Run");
    case Author:
        return tr("Who");
    case Time:
        return tr("When");
    }
    return {};
}

} // namespace helmscope
