// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace helmscope {

/// A file that only grows: what append() returned from is on the disk, what it threw for is not in
/// the file.
class AppendFile
{
public:
    AppendFile() = default;
    /// Makes the file; throws Error when it is there already or cannot be made.
    static AppendFile create(const QString &file, bool isSynced);
    /// Goes on behind its first `bytes` bytes; what follows them is cut off.
    static AppendFile goOn(const QString &file, qint64 bytes, bool isSynced);
    ~AppendFile();
    AppendFile(AppendFile &&other) noexcept;
    AppendFile &operator=(AppendFile &&other) noexcept;

    bool isOpen() const { return m_descriptor >= 0; }
    qint64 size() const { return m_size; }

    /// Throws Error naming the file and what the system says (full disk, input/output error): what
    /// was written of `bytes` is then cut off again.
    void append(const QByteArray &bytes);

private:
    AppendFile(const QString &file, int descriptor, qint64 size, bool isSynced);

    QString m_file;
    int m_descriptor = -1;
    qint64 m_size = 0;
    bool m_isSynced = true;
};

/// Brings a finished file, or the names in a folder, to the disk. Throws Error where that fails;
/// a file system that cannot do it for folders is not asked twice.
void syncFile(const QString &file);
void syncFolder(const QString &folder);

/// Writes a file all or nothing: beside it, synced, then renamed. Throws Error naming it.
void writeWhole(const QString &file, const QByteArray &bytes, bool isSynced = true);
/// Renames, taking the place of `to`; throws Error.
void putInPlace(const QString &from, const QString &to, bool isSynced = true);

} // namespace helmscope
