// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/tokens.h"

#include "base/tr.h"
#include "federation/hub/store/database.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QRandomGenerator>

#include <chrono>
#include <mutex>

namespace helmscope {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds believedFor{1};

/// A token has 256 random bits: no salt and no slow hash could make it harder to guess.
QByteArray hashOf(const QByteArray &token)
{
    return QCryptographicHash::hash(token, QCryptographicHash::Sha256).toHex();
}

/// Takes as long for any two hashes.
bool isSame(const QByteArray &a, const QByteArray &b)
{
    int difference = a.size() == b.size() ? 0 : 1;
    for (qsizetype i = 0; i < qMin(a.size(), b.size()); ++i)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

QString randomToken()
{
    quint32 words[8];
    QRandomGenerator::system()->fillRange(words);
    const QByteArray bytes(reinterpret_cast<const char *>(words), sizeof words);
    return "hs_" + QString::fromLatin1(bytes.toBase64(QByteArray::Base64UrlEncoding |
                                                      QByteArray::OmitTrailingEquals));
}

} // namespace

struct Tokens::Private
{
    struct Known
    {
        Token token;
        QByteArray hash;
    };
    HubDatabase &database;
    std::mutex mutex;
    std::vector<Known> known;
    Clock::time_point until; ///< believed

    std::vector<Known> all()
    {
        const std::lock_guard lock(mutex);
        if (Clock::now() < until)
            return known;
        std::vector<Known> found;
        database.read([&](SqlSession &session) {
            found.clear();
            session.run("SELECT name, hash, scope, pipelines, created_ms FROM hub_token ORDER BY "
                        "name",
                        {}, [&](const QSqlQuery &row) {
                            Known each;
                            each.token.name = row.value(0).toString();
                            each.hash = row.value(1).toString().toLatin1();
                            each.token.scope = Scope(row.value(2).toInt());
                            each.token.pipelines =
                                row.value(3).toString().split('\n', Qt::SkipEmptyParts);
                            each.token.createdMs = row.value(4).toLongLong();
                            found.push_back(each);
                        });
        });
        known = std::move(found);
        until = Clock::now() + believedFor;
        return known;
    }
    void forget()
    {
        const std::lock_guard lock(mutex);
        until = {};
    }
};

Tokens::Tokens(HubDatabase &database)
    : d(new Private{database, {}, {}, {}})
{
}

Tokens::~Tokens() = default;

QString Tokens::add(const Token &token)
{
    if (token.name.isEmpty() || token.name.size() > 100 || token.name.contains('\n'))
        fail(Tr::tr("A token needs a name of at most 100 characters, to know it by."));
    if (token.scope == Scope::None)
        fail(Tr::tr("Token \"%1\" needs a scope: read, push or admin.").arg(token.name));
    const QString secret = randomToken();
    d->database.write([&](SqlSession &session) {
        if (session.number("SELECT count(*) FROM hub_token WHERE name = ?", {token.name}))
            fail(Tr::tr("There is a token \"%1\" already: revoke it, or choose another name.")
                     .arg(token.name));
        session.insert(
            "hub_token",
            {{"id", "bigint"},
             {"name", "text"},
             {"hash", "text"},
             {"scope", "smallint"},
             {"pipelines", "text"},
             {"created_ms", "bigint"}},
            {{session.number("SELECT coalesce(max(id), 0) + 1 FROM hub_token"), token.name,
              QString::fromLatin1(hashOf(secret.toLatin1())), int(token.scope),
              // An empty list is no null
              token.pipelines.isEmpty() ? QStringLiteral("") : token.pipelines.join('\n'),
              QDateTime::currentMSecsSinceEpoch()}});
    });
    d->forget();
    return secret;
}

bool Tokens::revoke(const QString &name)
{
    bool isThere = false;
    d->database.write([&](SqlSession &session) {
        isThere = session.number("SELECT count(*) FROM hub_token WHERE name = ?", {name}) > 0;
        session.run("DELETE FROM hub_token WHERE name = ?", {name});
    });
    d->forget();
    return isThere;
}

std::vector<Tokens::Token> Tokens::list() const
{
    std::vector<Token> tokens;
    d->forget();
    for (const Private::Known &known : d->all())
        tokens.push_back(known.token);
    return tokens;
}

std::optional<Caller> Tokens::callerOf(const QByteArray &token) const
{
    const QByteArray hash = hashOf(token);
    std::optional<Caller> found;
    for (const Private::Known &known : d->all())
        if (isSame(known.hash, hash)) // goes on: each takes as long
            found = Caller{known.token.name, known.token.scope, known.token.pipelines, false};
    return found;
}

QString scopeName(Scope scope)
{
    switch (scope) {
    case Scope::Read:
        return QStringLiteral("read");
    case Scope::Push:
        return QStringLiteral("push");
    case Scope::Admin:
        return QStringLiteral("admin");
    case Scope::None:
        break;
    }
    return QStringLiteral("none");
}

std::optional<Scope> scopeNamed(const QString &name)
{
    for (const Scope scope : {Scope::Read, Scope::Push, Scope::Admin})
        if (scopeName(scope) == name)
            return scope;
    return std::nullopt;
}

} // namespace helmscope
