// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/inifile.h"

#include "base/tr.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <algorithm>

namespace helmscope {

namespace {

constexpr qint64 largest = 1 << 20;

QString unquoted(QString text)
{
    if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
        return text.mid(1, text.size() - 2);
    return text;
}

QString valueIn(const QString &written, IniFile::Style style)
{
    const QString text = written.trimmed();
    if (text.isEmpty())
        return {};
    if (text[0] == '"' || text[0] == '\'') {
        const qsizetype end = text.indexOf(text[0], 1);
        return end > 0 ? text.mid(1, end - 1) : text;
    }
    return style == IniFile::Style::Dvc ? text.section('#', 0, 0).trimmed() : text;
}

QString written(const QString &value, IniFile::Style style)
{
    // What another reader would take for a comment or a list goes in quotes.
    static const QString odd = QStringLiteral("#,;\"'=");
    const bool isOdd = std::any_of(value.cbegin(), value.cend(),
                                   [](QChar c) { return odd.contains(c) || c.isSpace(); });
    if (!isOdd || (style == IniFile::Style::Python && value.contains('"')))
        return value;
    return value.contains('"') ? '\'' + value + '\'' : '"' + value + '"';
}

} // namespace

IniFile::IniFile(const QString &file, Style style)
    : m_file(file)
    , m_style(style)
{
    QFile in(file);
    if (!in.exists())
        return;
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    if (in.size() > largest)
        fail(Tr::tr("%1 is larger than 1 MB: that is no configuration.").arg(file));
    QByteArrayList lines = in.readAll().split('\n');
    if (!lines.isEmpty() && lines.back().isEmpty())
        lines.pop_back();
    QString section;
    for (const QByteArray &text : lines) {
        Line line;
        line.text = text;
        const QString trimmed = QString::fromUtf8(text).trimmed();
        if (trimmed.startsWith('[') && trimmed.lastIndexOf(']') > 0) {
            section = unquoted(trimmed.mid(1, trimmed.lastIndexOf(']') - 1).trimmed());
        } else if (!trimmed.isEmpty() && trimmed[0] != '#' && trimmed[0] != ';') {
            const qsizetype equals = trimmed.indexOf('=');
            if (equals > 0) {
                line.key = trimmed.left(equals).trimmed();
                line.value = valueIn(trimmed.mid(equals + 1), style);
            }
        }
        line.section = section;
        m_lines.push_back(line);
    }
}

QStringList IniFile::sections() const
{
    QStringList found;
    for (const Line &line : m_lines)
        if (!line.section.isEmpty() && !found.contains(line.section))
            found << line.section;
    return found;
}

QStringList IniFile::keys(const QString &section) const
{
    QStringList found;
    for (const Line &line : m_lines)
        if (line.section == section && !line.key.isEmpty())
            found << line.key;
    return found;
}

std::optional<QString> IniFile::value(const QString &section, const QString &key) const
{
    for (auto line = m_lines.rbegin(); line != m_lines.rend(); ++line)
        if (line->section == section && !line->key.isEmpty() &&
            line->key.compare(key, Qt::CaseInsensitive) == 0)
            return line->value;
    return std::nullopt;
}

int IniFile::lastOf(const QString &section) const
{
    int found = -1;
    for (std::size_t i = 0; i < m_lines.size(); ++i)
        if (m_lines[i].section == section && !m_lines[i].text.trimmed().isEmpty())
            found = int(i);
    return found;
}

void IniFile::set(const QString &section, const QString &key, const QString &value)
{
    if (this->value(section, key) == value)
        return;
    // A line's end in a value would be a line of its own: another key.
    if (value.contains('\n') || value.contains('\r'))
        fail(Tr::tr("A value in %1 cannot have several lines: %2.").arg(m_file, key));
    remove(section, key);
    m_isChanged = true;
    Line line;
    line.section = section;
    line.key = key;
    line.value = value;
    const bool isDvc = m_style == Style::Dvc;
    line.text =
        ((isDvc ? "    " : "") + key + (isDvc ? " = " : "=") + written(value, m_style)).toUtf8();
    int at = lastOf(section);
    if (at < 0) {
        Line head;
        head.section = section;
        head.text =
            (isDvc && section.contains('"') ? "['" + section + "']" : '[' + section + ']').toUtf8();
        if (!isDvc && !m_lines.empty()) {
            Line empty;
            empty.section = m_lines.back().section;
            m_lines.push_back(empty);
        }
        m_lines.push_back(head);
        at = int(m_lines.size()) - 1;
    }
    m_lines.insert(m_lines.begin() + at + 1, line);
}

void IniFile::remove(const QString &section, const QString &key)
{
    m_isChanged |= std::erase_if(m_lines, [&](const Line &line) {
                       return line.section == section && !line.key.isEmpty() &&
                              line.key.compare(key, Qt::CaseInsensitive) == 0;
                   }) > 0;
}

void IniFile::removeSection(const QString &section)
{
    m_isChanged |=
        std::erase_if(m_lines, [&](const Line &line) { return line.section == section; }) > 0;
}

void IniFile::save()
{
    if (!m_isChanged)
        return;
    QByteArray text;
    for (const Line &line : m_lines)
        text += line.text + '\n';
    if (!QDir().mkpath(QFileInfo(m_file).path()))
        fail(Tr::tr("Cannot make the folder of %1.").arg(m_file));
    QSaveFile out(m_file);
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size() || !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(m_file, out.errorString()));
    m_isChanged = false;
}

} // namespace helmscope
