// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/clirunfile.h"

#include "base/error.h"
#include "base/tr.h"

#include <QDir>
#include <QFileInfo>

namespace helmscope {

QString runFileOf(const std::string &word)
{
    QString file = QFile::decodeName(word.c_str());
    if (QFileInfo(file).isDir())
        file = QDir(file).filePath("run.h5");
    if (!QFileInfo(file).isFile())
        fail(Tr::tr("There is no run %1: name a run's file or its folder.").arg(file));
    if (!isRunFile(file))
        fail(Tr::tr("%1 is no run of Helmscope, or it is damaged at its beginning.").arg(file));
    return file;
}

QString runIdOf(const QString &file)
{
    const QFileInfo info(QFileInfo(file).absoluteFilePath());
    return info.fileName() == "run.h5" ? info.dir().dirName() : info.completeBaseName();
}

} // namespace helmscope
