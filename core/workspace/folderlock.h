// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

/// A lock that one recorder holds at a time, in any program on any thread: a file that the system
/// itself holds for its owner (flock), so that it is free the moment its owner dies. Then the file
/// is left behind: that somebody died here can be told by it.
class FolderLock
{
public:
    FolderLock() = default;
    ~FolderLock(); ///< leaves the file behind, as a death would
    FolderLock(FolderLock &&other) noexcept;
    FolderLock &operator=(FolderLock &&other) noexcept;

    /// False when somebody else holds it after `waitMs`; throws Error where the file cannot be
    /// made.
    bool take(const QString &file, int waitMs = 0);
    bool isHeld() const { return m_descriptor >= 0; }
    /// Whether the file was there already, of an owner who died; and since when, ms since the
    /// epoch.
    bool isInherited() const { return m_inheritedMs > 0; }
    qint64 inheritedMs() const { return m_inheritedMs; }
    void release(); ///< all is in order: the file goes

    enum class State { None, Left /** its owner died */, Held };
    static State stateOf(const QString &file);

private:
    QString m_file;
    int m_descriptor = -1;
    qint64 m_inheritedMs = 0;
};

} // namespace helmscope
