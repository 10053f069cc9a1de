// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace helmscope {

/// A file of sections and keys that other programs write too (DVC's configobj, Python's
/// configparser, QSettings): changes touch their own lines only. At most 1 MiB.
class IniFile
{
public:
    enum class Style {
        Dvc,   ///< sections in quotes, # begins a comment anywhere, keys are indented
        Python ///< comments are lines of their own
    };
    /// A file that is not there is empty. Throws Error where it cannot be read.
    IniFile(const QString &file, Style style);

    QStringList sections() const; ///< without DVC's quotes: remote "name"
    QStringList keys(const QString &section) const;
    std::optional<QString> value(const QString &section, const QString &key) const;

    void set(const QString &section, const QString &key, const QString &value);
    void remove(const QString &section, const QString &key);
    void removeSection(const QString &section);
    /// All or nothing; throws Error. Nothing is written where nothing has changed.
    void save();

private:
    struct Line
    {
        QByteArray text;
        QString section, key, value; ///< key empty: a section's head, a comment
    };
    int lastOf(const QString &section) const; ///< line after which a new key stands; -1: none

    QString m_file;
    Style m_style;
    std::vector<Line> m_lines;
    bool m_isChanged = false;
};

} // namespace helmscope
