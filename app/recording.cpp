// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recording.h"

#include "base/tr.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace helmscope {

Recording::Recording(const QString &wanted, std::function<void(const QString &)> onTrouble)
    : m_wanted(wanted)
    , m_onTrouble(std::move(onTrouble))
{
}

void Recording::begin(const Run &start)
{
    QString sentence;
    if (attempt(m_wanted, start, &sentence))
        return;
    QString second;
    const QString name = QFileInfo(m_wanted).fileName();
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
    if (!m_file)
        return;
    try {
        m_file->append(step);
    } catch (const std::exception &e) {
        giveUp(e);
    }
}

void Recording::finish(const Run &run)
{
    if (!m_file)
        return;
    try {
        m_file->finish(run);
    } catch (const std::exception &e) {
        giveUp(e);
    }
}

void Recording::giveUp(const std::exception &trouble)
{
    m_onTrouble(Tr::tr("%1 The run goes on, but its recording ends here.")
                    .arg(QString::fromUtf8(trouble.what())));
    m_file.reset();
}

QString nextRunFile()
{
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString time = QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmmss");
    return QDir(folder).filePath(QStringLiteral("Helmscope/run-%1.h5").arg(time));
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
