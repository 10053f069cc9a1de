// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QVariant>

#include <functional>

namespace helmscope {

/// Walks through JSON from the network without building a tree of it: what the caller does not ask
/// for costs no memory, however large or deep it is. 1 and 1.0 are not the same; Python's NaN and
/// Infinity are read. Throws Refusal (422) naming the byte where it is not JSON, is nested over 64
/// levels, is not UTF-8, or holds a text with a NUL or half a character, which no store keeps.
class JsonReader
{
public:
    /// `json` must outlive the reader.
    JsonReader(QByteArrayView json, const QString &name);

    enum class Kind { Object, Array, String, Number, Bool, Null };
    Kind peek();

    /// Calls back for each member; the callback reads or skips exactly one value.
    void object(const std::function<void(const QString &key)> &member);
    void array(const std::function<void()> &element);
    QString string();
    QByteArray utf8(); ///< a text too, for one that is large
    /// bool, qlonglong, double, QString, or nothing for null. An object or a list comes as its
    /// text.
    QVariant value();
    void skip();
    /// Nothing but white space may follow.
    void end();

    [[noreturn]] void complain(const QString &what);

private:
    QByteArrayView m_json;
    QString m_name;
    qsizetype m_at = 0;
    int m_depth = 0;

    char current() const { return m_at < m_json.size() ? m_json[m_at] : '\0'; }
    void skipSpace();
    void expect(char c);
    bool take(const char *word);
    void enter();
    QVariant number();
    void addEscape(QByteArray &text);
    uint unit();
};

} // namespace helmscope
