// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/clirecording.h"

#include "app/cli.h"
#include "base/tr.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <filesystem>

namespace helmscope {

CommandLineRecording::CommandLineRecording(const QString &file, bool mayOverwrite)
    : m_file(file)
    , m_mayOverwrite(mayOverwrite)
{
}

CommandLineRecording::CommandLineRecording(const Workspace &workspace, const QString &continued)
    : m_recorder(std::make_unique<RunRecorder>(workspace, continued, [](const QString &trouble) {
        printError(Tr::tr("helmscope-cli: %1").arg(trouble));
    }))
{
}

CommandLineRecording::~CommandLineRecording()
{
    if (!m_beginning.isEmpty())
        QFile::remove(m_beginning);
}

void CommandLineRecording::check(const QStringList &inputs) const
{
    if (m_file.isEmpty())
        return;
    const QFileInfo info(m_file);
    if (!info.dir().exists())
        fail(Tr::tr("Cannot write %1: there is no folder %2. Make it first.")
                 .arg(m_file, info.absolutePath()));
    if (!info.exists() && !info.isSymLink())
        return;
    for (const QString &input : inputs)
        if (QFileInfo(input).canonicalFilePath() == info.canonicalFilePath())
            fail(Tr::tr(
                     "Cannot write %1: it is one of the files to explore. Give --out another name.")
                     .arg(m_file));
    if (!m_mayOverwrite)
        fail(Tr::tr("%1 exists already: give --out another name, or add --overwrite.").arg(m_file));
    if (!info.isFile())
        fail(Tr::tr("%1 is not a file and is not overwritten: give --out another name.")
                 .arg(m_file));
}

void CommandLineRecording::begin(const Run &start)
{
    if (m_recorder)
        m_recorder->begin(start);
    if (m_file.isEmpty())
        return;
    if (!QFileInfo::exists(m_file) || !m_mayOverwrite) {
        m_run = std::make_unique<RunFile>(m_file, start);
        return;
    }
    // Begun beside the old file, then put in its place in one step; the open file keeps growing
    // there.
    m_beginning = QStringLiteral("%1.%2.part").arg(m_file).arg(QCoreApplication::applicationPid());
    m_run = std::make_unique<RunFile>(m_beginning, start);
    std::error_code trouble;
    std::filesystem::rename(QFile::encodeName(m_beginning).toStdString(),
                            QFile::encodeName(m_file).toStdString(), trouble);
    if (trouble)
        fail(Tr::tr("Cannot replace %1: %2. The old file is as it was.")
                 .arg(m_file, QString::fromLocal8Bit(trouble.message().c_str())));
    m_beginning.clear();
}

void CommandLineRecording::resume(const Run &past)
{
    m_recorder->resume(past);
}

void CommandLineRecording::append(const Step &step)
{
    if (m_recorder)
        m_recorder->append(step);
    if (m_run)
        m_run->append(step);
}

void CommandLineRecording::finish(const Run &run)
{
    if (m_recorder)
        m_recorder->finish(run);
    if (m_run)
        m_run->finish(run);
}

QString CommandLineRecording::fileName() const
{
    if (m_recorder)
        return m_recorder->runFile();
    return m_run ? m_file : QString();
}

Workspace workspaceFor(const QString &folder)
{
    if (Workspace::isWorkspace(folder))
        return Workspace(folder);
    const QFileInfo info(folder);
    if (info.exists() && (!info.isDir() || !QDir(folder).isEmpty()))
        fail(Tr::tr("%1 is no workspace, and not empty: make one of it with helmscope-cli init %1")
                 .arg(folder));
    return Workspace::create(folder);
}

} // namespace helmscope
