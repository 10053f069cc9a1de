// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/gate.h"

#include "federation/hub/refusal.h"
#include "federation/hub/tokens.h"

#include <QHash>

#include <chrono>
#include <mutex>

namespace helmscope {

namespace {

using Clock = std::chrono::steady_clock;

/// The token that a request shows: in the path (CMF's own client can send no header), as bearer, or
/// as the password of HTTP's basic scheme (git, DVC). Two different ones are one too many.
QByteArray shownToken(HubRequest &request)
{
    QByteArray token;
    if (request.path.size() >= 2 && request.path.first() == "t") {
        token = request.path[1].toUtf8();
        request.path = request.path.mid(2);
        if (request.path.isEmpty())
            request.path << QString();
        const qsizetype end = request.rawPath.indexOf('/', 3);
        request.rawPath = end < 0 ? QByteArray("/") : request.rawPath.mid(end);
    }
    const QByteArray header = request.header("authorization");
    const qsizetype space = header.indexOf(' ');
    const QByteArray scheme = header.left(qMax<qsizetype>(space, 0)).toLower();
    const QByteArray rest = space < 0 ? QByteArray() : header.mid(space + 1).trimmed();
    QByteArray second;
    if (scheme == "bearer") {
        second = rest;
    } else if (scheme == "basic") {
        const QByteArray pair = QByteArray::fromBase64(rest);
        second = pair.mid(pair.indexOf(':') + 1);
    }
    return token.isEmpty() ? second : token;
}

bool isOpen(const HubRequest &request)
{
    if (request.method != "GET" && request.method != "HEAD")
        return false;
    const QString path = request.path.join('/');
    return path.isEmpty() || path == "api" || path == "healthz";
}

} // namespace

struct Gate::Private
{
    struct Bucket
    {
        double left = 0;
        Clock::time_point at;
    };
    const Tokens &tokens;
    Settings settings;
    std::mutex mutex;
    QHash<QString, Bucket> buckets;

    /// Seconds until the next request of `key` is welcome; 0: now.
    int wait(const QString &key)
    {
        if (settings.requestsPerSecond <= 0)
            return 0;
        const std::lock_guard lock(mutex);
        const auto now = Clock::now();
        if (buckets.size() > 10'000) // whoever is full again needs no memory of it
            buckets.removeIf(
                [&](const auto &each) { return now - each.value().at > std::chrono::minutes(1); });
        const bool isNew = !buckets.contains(key);
        Bucket &bucket = buckets[key];
        const double passed = std::chrono::duration<double>(now - bucket.at).count();
        bucket.left =
            isNew ? settings.burst
                  : std::min(settings.burst, bucket.left + passed * settings.requestsPerSecond);
        bucket.at = now;
        if (bucket.left < 1)
            return 1;
        bucket.left -= 1;
        return 0;
    }
};

Gate::Gate(const Tokens &tokens, const Settings &settings)
    : d(new Private{tokens, settings, {}, {}})
{
}

Gate::~Gate() = default;

void Gate::admit(HubRequest &request)
{
    splitTarget(request);
    const QByteArray token = shownToken(request);
    Caller caller{QStringLiteral("anonymous"), d->settings.anonymous, {}, true};
    if (!token.isEmpty())
        if (const auto known = d->tokens.callerOf(token))
            caller = *known;
    const bool isUnknown = !token.isEmpty() && caller.isAnonymous;
    if (const int seconds =
            d->wait(caller.isAnonymous ? '@' + QString::fromLatin1(request.remote) : caller.name))
        refuse(429, Tr::tr("Too many requests: wait %1 s.").arg(seconds));
    request.caller = caller;
    if (isOpen(request))
        return;
    if (isUnknown)
        refuse(401, Tr::tr("This token is not one of this hub's: it may have been revoked."));
    if (caller.scope == Scope::None)
        refuse(401, Tr::tr("This hub wants a token: as bearer, as a password, or in the address "
                           "(/t/TOKEN)."));
}

void require(const HubRequest &request, Scope scope, const QString &pipeline)
{
    const Caller &caller = request.caller;
    if (int(caller.scope) < int(scope)) {
        // Where anybody may read, one who wants more has yet to say who he is.
        const int status = caller.isAnonymous ? 401 : 403;
        refuse(status, Tr::tr("This needs a token with the scope \"%1\"; yours has \"%2\".")
                           .arg(scopeName(scope), scopeName(caller.scope)));
    }
    if (!pipeline.isEmpty() && !caller.maySee(pipeline))
        refuse(403, Tr::tr("Your token is not for \"%1\".").arg(pipeline));
}

QByteArray loggedPath(const QByteArray &target)
{
    QByteArray path = target.left(target.indexOf('?') < 0 ? target.size() : target.indexOf('?'));
    // However the "t" is spelt: a segment in that place is a token.
    const QByteArray first = QByteArray::fromPercentEncoding(path.mid(1, path.indexOf('/', 1) - 1));
    if (first == "t") {
        const qsizetype begin = path.indexOf('/', 1);
        const qsizetype end = path.indexOf('/', begin + 1);
        path = "/t/..." + (end < 0 ? QByteArray() : path.mid(end));
    }
    return path.left(500);
}

} // namespace helmscope
