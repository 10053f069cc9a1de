// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace helmscope {

struct Person
{
    QString name, email;
    bool operator==(const Person &) const = default;
};

/// One version of the workspace: a git commit, as a value.
struct Version
{
    QString id; ///< 40 hexadecimal digits
    QStringList parents;
    Person author;
    qint64 timeMs = 0; ///< of the author, since the epoch, UTC
    QString message;   ///< whole; its first line is the summary
    QString summary() const { return message.section('\n', 0, 0); }
};

struct FileChange
{
    enum class Kind { Added, Changed, Removed };
    Kind kind = Kind::Changed;
    QString path;
    bool operator==(const FileChange &) const = default;
};

/// A branch or a tag.
struct Reference
{
    enum class Kind { Branch, RemoteBranch, Tag };
    Kind kind = Kind::Branch;
    QString name; ///< short: "main", "origin/main", "kept"
    QString version;
    bool isCurrent = false; ///< the branch HEAD points at
};

} // namespace helmscope
