// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recording.h"

#include "base/tr.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace helmscope {

Recording::Recording(const RecordTo &to, std::function<void(const QString &)> onTrouble)
    : m_to(to)
    , m_onTrouble(std::move(onTrouble))
{
}

void Recording::begin(const Run &start)
{
    if (!m_to.file.isEmpty() || !beginInWorkspace(start))
        beginFile(start);
}

void Recording::resume(const Run &past)
{
    m_recorder = std::make_unique<RunRecorder>(Workspace(m_to.workspace), m_to.id, m_onTrouble);
    m_recorder->resume(past);
}

bool Recording::beginInWorkspace(const Run &start)
{
    try {
        const Workspace workspace = Workspace::isWorkspace(m_to.workspace)
                                        ? Workspace(m_to.workspace)
                                        : Workspace::create(m_to.workspace);
        m_recorder = std::make_unique<RunRecorder>(workspace, QString(), m_onTrouble);
        m_recorder->begin(start);
        return true;
    } catch (const std::exception &e) {
        m_recorder.reset();
        m_onTrouble(QString::fromUtf8(e.what()));
        m_to.file = QDir::temp().filePath("run.h5");
        return false;
    }
}

void Recording::beginFile(const Run &start)
{
    QString sentence;
    const bool isElsewhere = !m_to.workspace.isEmpty();
    if (attempt(m_to.file, start, &sentence)) {
        if (isElsewhere)
            m_onTrouble(Tr::tr("The run is recorded in %1 instead.").arg(fileName()));
        return;
    }
    QString second;
    const QString name = QFileInfo(m_to.file).fileName();
    if (attempt(QDir::temp().filePath(name), start, &second))
        m_onTrouble(Tr::tr("%1 The run is recorded in %2 instead.").arg(sentence, fileName()));
    else
        m_onTrouble(Tr::tr("%1 The run is not recorded.").arg(sentence));
}

bool Recording::attempt(const QString &wanted, const Run &start, QString *sentence)
{
    try {
        const QString file = freeName(wanted);
        const QString folder = QFileInfo(file).absolutePath();
        if (!QDir().mkpath(folder))
            fail(Tr::tr("Cannot make the folder %1.").arg(folder));
        m_file = std::make_unique<RunFile>(file, start);
        return true;
    } catch (const std::exception &e) {
        *sentence = QString::fromUtf8(e.what());
        return false;
    }
}

void Recording::append(const Step &step)
{
    if (m_recorder)
        return m_recorder->append(step);
    if (!m_file)
        return;
    try {
        m_file->append(step);
    } catch (const std::exception &e) {
        giveUp(e);
    }
}

bool Recording::mark(int step, const QString &text)
{
    const std::lock_guard lock(m_mutex);
    if (!m_recorder)
        return false;
    if (m_isFinished)
        addMark(Workspace(m_to.workspace), m_recorder->id(),
                {step, text, QDateTime::currentMSecsSinceEpoch()});
    else
        m_recorder->mark(step, text);
    return true;
}

void Recording::finish(const Run &run)
{
    const std::lock_guard lock(m_mutex);
    m_isFinished = true;
    if (m_recorder)
        return m_recorder->finish(run);
    if (!m_file)
        return;
    try {
        m_file->finish(run);
    } catch (const std::exception &e) {
        giveUp(e);
    }
}

QString Recording::fileName() const
{
    if (m_recorder)
        return m_recorder->runFile();
    return m_file ? m_file->fileName() : QString();
}

QString Recording::id() const
{
    return m_recorder ? m_recorder->id() : QString();
}

QString Recording::workspace() const
{
    return m_recorder ? m_to.workspace : QString();
}

void Recording::giveUp(const std::exception &trouble)
{
    m_onTrouble(Tr::tr("%1 The run goes on, but its recording ends here.")
                    .arg(QString::fromUtf8(trouble.what())));
    m_file.reset();
}

QString defaultWorkspace()
{
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    return QDir(folder).filePath("Helmscope");
}

QString freeName(const QString &file)
{
    const QFileInfo info(file);
    QString name = info.absoluteFilePath();
    const QString suffix = info.suffix().isEmpty() ? QString() : '.' + info.suffix();
    for (int n = 2; QFileInfo::exists(name); ++n)
        name = info.dir().absoluteFilePath(
            QStringLiteral("%1-%2%3").arg(info.completeBaseName()).arg(n).arg(suffix));
    return name;
}

} // namespace helmscope
