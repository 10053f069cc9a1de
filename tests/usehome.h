// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QStorageInfo>

namespace helmscope {

/// Called before anything of git or Qt's paths is used: nothing of the user's is read or written.
inline void useHome(const QString &folder)
{
    QDir().mkpath(folder);
    qputenv("HOME", folder.toUtf8());
    qputenv("XDG_CONFIG_HOME", (folder + "/config").toUtf8());
    qputenv("XDG_DATA_HOME", (folder + "/data").toUtf8());
    qputenv("GIT_CONFIG_NOSYSTEM", "1");
    qputenv("LC_ALL", "C.UTF-8");
    // What is synced a thousand times is quicker in memory; a killed process loses neither.
    const QStorageInfo memory("/dev/shm");
    if (memory.isValid() && !memory.isReadOnly() && memory.bytesAvailable() > (qint64(1) << 30))
        qputenv("TMPDIR", "/dev/shm");
}

} // namespace helmscope
