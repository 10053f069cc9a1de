// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

#include <memory>
#include <optional>
#include <vector>

namespace helmscope {

class HubDatabase;

/// Who may do what, as the database says it. Only hashes are kept: a token is shown once, when it
/// is made. Any thread may ask.
class Tokens
{
public:
    struct Token
    {
        QString name;
        Scope scope = Scope::None;
        QStringList pipelines; ///< empty: all
        qint64 createdMs = 0;
    };

    explicit Tokens(HubDatabase &database);
    ~Tokens();

    /// Answers the new token. Throws Error where the name is taken or empty.
    QString add(const Token &token);
    bool revoke(const QString &name); ///< false: there is none of this name
    std::vector<Token> list() const;
    /// Whose token this is; nothing when it is nobody's. Reads the database again after a second.
    std::optional<Caller> callerOf(const QByteArray &token) const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

QString scopeName(Scope scope);
std::optional<Scope> scopeNamed(const QString &name); ///< read, push, admin

} // namespace helmscope
