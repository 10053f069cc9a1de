// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/openworkspace.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace helmscope {

namespace {

constexpr qsizetype mostRecent = 8;
constexpr auto recentKey = "workspace/recent";

} // namespace

OpenWorkspace::OpenWorkspace(QObject *parent)
    : QObject(parent)
{
    connect(&m_jobs, &Jobs::failed, this,
            [this](const QString &, const QString &sentence) { emit troubled(sentence); });
}

OpenWorkspace::~OpenWorkspace() = default;

void OpenWorkspace::open(const QString &folder)
{
    open(folder, false);
}

void OpenWorkspace::create(const QString &folder)
{
    open(folder, true);
}

void OpenWorkspace::open(const QString &folder, bool mayCreate)
{
    const int number = ++m_number;
    m_jobs.run(
        tr("Opening the workspace %1").arg(QFileInfo(folder).fileName()), this,
        [folder, mayCreate](const Progress &progress) {
            const Workspace workspace = mayCreate ? Workspace::create(folder) : Workspace(folder);
            Contents contents;
            contents.folder = workspace.folder();
            contents.recovered = workspace.recover(progress);
            contents.runs = workspace.runs(progress);
            return contents;
        },
        [this, number](Contents contents) {
            if (number == m_number)
                take(std::move(contents));
        });
}

void OpenWorkspace::adopt(const QString &folder)
{
    if (QDir(folder) == QDir(m_folder) && isOpen())
        return reload();
    ++m_number;
    m_folder = folder;
    m_runs.clear();
    remember();
    emit opened();
    reload();
}

void OpenWorkspace::close()
{
    ++m_number;
    m_folder.clear();
    m_runs.clear();
    emit opened();
    emit runsRead();
}

QString OpenWorkspace::name() const
{
    return QDir(m_folder).dirName();
}

void OpenWorkspace::take(Contents contents)
{
    m_folder = contents.folder;
    m_runs = std::move(contents.runs);
    remember();
    emit opened();
    emit runsRead();
    if (!contents.recovered.empty())
        emit recovered(contents.recovered);
}

void OpenWorkspace::reload()
{
    if (!isOpen())
        return;
    m_jobs.stop(m_reload);
    m_reload = m_jobs.run(
        tr("Reading the list of runs"), this,
        [folder = m_folder](const Progress &progress) { return Workspace(folder).runs(progress); },
        [this, number = m_number](std::vector<RunEntry> runs) {
            if (number != m_number)
                return;
            m_runs = std::move(runs);
            emit runsRead();
        });
}

void OpenWorkspace::restore(const QString &id, const QString &version)
{
    m_jobs.run(
        tr("Restoring run %1").arg(id), this,
        [folder = m_folder, id, version](const Progress &progress) {
            return Workspace(folder).restore(id, version, progress);
        },
        [this](const QString &name) {
            emit restored(name);
            reload();
        });
}

void OpenWorkspace::checkPerson()
{
    if (!isOpen() || m_askedFor == m_folder)
        return;
    m_askedFor = m_folder;
    m_jobs.run(
        tr("Asking git who you are"), this,
        [folder = m_folder](const Progress &) { return personOf(Workspace(folder)).has_value(); },
        [this](bool isKnown) {
            if (!isKnown)
                emit personMissing();
        });
}

void OpenWorkspace::keepPerson(const Person &person)
{
    m_jobs.run(
        tr("Telling git who you are"), this,
        [folder = m_folder, person](const Progress &) { setPerson(Workspace(folder), person); },
        [] {});
}

void OpenWorkspace::remember()
{
    QStringList folders = recent();
    folders.removeAll(m_folder);
    folders.prepend(m_folder);
    QSettings().setValue(recentKey, folders.mid(0, mostRecent));
}

QStringList OpenWorkspace::recent()
{
    QStringList folders = QSettings().value(recentKey).toStringList();
    folders.removeIf([](const QString &folder) { return !QFileInfo(folder).isDir(); });
    return folders;
}

} // namespace helmscope
