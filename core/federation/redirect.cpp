// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/redirect.h"

#include "base/tr.h"

#include <QRegularExpression>

namespace helmscope {

namespace {

int portOf(const QUrl &url)
{
    return url.port(url.scheme() == QLatin1String("https") ? 443 : 80);
}

bool isSamePlace(const QUrl &one, const QUrl &other)
{
    return one.scheme() == other.scheme() && one.host() == other.host() &&
           portOf(one) == portOf(other);
}

} // namespace

bool isThisComputer(const QUrl &url)
{
    // All of it: 127.0.0.1.example.org is somebody's.
    static const QRegularExpression loopback("^127(\\.[0-9]{1,3}){3}$");
    const QString host = url.host();
    return host == QLatin1String("localhost") || host.endsWith(QLatin1String(".localhost")) ||
           host == QLatin1String("::1") || loopback.match(host).hasMatch();
}

std::optional<TransferRequest> redirected(const TransferRequest &request,
                                          const TransferAnswer &answer)
{
    const bool isRedirect = answer.status == 301 || answer.status == 302 || answer.status == 303 ||
                            answer.status == 307 || answer.status == 308;
    const QByteArray location = answer.header("location");
    if (!request.followsRedirects || !isRedirect || location.isEmpty() || answer.isStopped ||
        !request.signature.isEmpty() || (request.method != "GET" && request.method != "HEAD"))
        return std::nullopt;
    const QString shown = shownAddress(request.url);
    QUrl to = request.url.resolved(QUrl::fromEncoded(location, QUrl::StrictMode));
    const bool isEncrypted = to.scheme() == QLatin1String("https");
    if (!to.isValid() || to.host().isEmpty() || location.size() > 8192 ||
        (!isEncrypted && to.scheme() != QLatin1String("http")) || !to.userInfo().isEmpty())
        fail(Tr::tr("%1 sends to an address that is none of a web server: that is not followed.")
                 .arg(shown));
    if (!isEncrypted && request.url.scheme() == QLatin1String("https"))
        fail(Tr::tr("%1 sends to %2, which does not encrypt: that is not followed.")
                 .arg(shown, shownAddress(to)));
    to.setFragment({});
    TransferRequest next = request;
    next.url = to;
    const bool mayHaveToken = request.takesCredentialsAlong && (isEncrypted || isThisComputer(to));
    if (!isSamePlace(request.url, to) && !mayHaveToken)
        next.credentials = {};
    return next;
}

} // namespace helmscope
