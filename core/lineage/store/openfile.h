// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

/// What the first bytes of a file say, as far as it is SQLite's.
struct StoreHead
{
    bool isStore = false;  ///< an SQLite file
    bool isEmpty = false;  ///< or nothing at all
    bool keepsLog = false; ///< a write-ahead log beside the file
    QString problem;       ///< why it cannot be read; empty when it can
};

/// A file that this program has open through SQLite. Its locks are POSIX's, and those go as soon
/// as any handle of the program on that file is closed: while there is one of these, nobody may
/// open the file in another way, so its head is read before the first and remembered.
class OpenFile
{
public:
    OpenFile() = default;
    explicit OpenFile(const QString &file);
    ~OpenFile();
    OpenFile(OpenFile &&other) noexcept;
    OpenFile &operator=(OpenFile &&other) noexcept;

    const StoreHead &head() const { return m_head; }

private:
    QByteArray m_key; ///< device and inode; empty: not counted
    StoreHead m_head;
};

} // namespace helmscope
