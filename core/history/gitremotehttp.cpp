// SPDX-License-Identifier: GPL-3.0-or-later
// https://git-scm.com/docs/http-protocol, "smart" clients
#include "history/gitremotehttp.h"

#include "base/tr.h"

#include <QTemporaryFile>

namespace helmscope {

/// One request and its answer, both on the disk: packs may be large.
struct GitHttp::Stream : git_smart_subtransport_stream
{
    GitHttp *http = nullptr;
    QUrl url;
    QByteArray service; ///< "git-upload-pack" or "git-receive-pack"
    bool isListing = false, isAnswered = false;
    QTemporaryFile request, answer;
};

struct GitHttp::Subtransport : git_smart_subtransport
{
    GitHttp *http = nullptr;
};

GitHttp::GitHttp(const GitAccess &access, const std::function<bool(qint64)> &goesOn)
    : m_access(access)
    , m_goesOn(goesOn)
    , m_definition{&GitHttp::makeSubtransport, 1, this}
{
}

int GitHttp::transport(git_transport **out, git_remote *owner, void *gitHttp)
{
    return git_transport_smart(out, owner, &static_cast<GitHttp *>(gitHttp)->m_definition);
}

void GitHttp::rethrow()
{
    if (m_thrown)
        std::rethrow_exception(std::exchange(m_thrown, nullptr));
}

void GitHttp::exchange(Stream &stream)
{
    TransferRequest ask;
    ask.url = stream.url;
    ask.authorityFile = m_access.authorityFile;
    ask.credentials = m_access.credentials;
    // Git servers take tokens as passwords; the name hardly ever matters.
    if (!ask.credentials.token.isEmpty() && ask.credentials.header.isEmpty()) {
        ask.credentials.password = ask.credentials.token;
        ask.credentials.token.clear();
        if (ask.credentials.user.isEmpty())
            ask.credentials.user = QStringLiteral("git");
    }
    ask.headers.emplace_back("User-Agent", "git/2.0 (Helmscope " HELMSCOPE_VERSION ")");
    if (stream.isListing) {
        ask.headers.emplace_back("Accept", "*/*");
    } else {
        ask.method = "POST";
        ask.headers.emplace_back("Content-Type", "application/x-" + stream.service + "-request");
        ask.headers.emplace_back("Accept", "application/x-" + stream.service + "-result");
        ask.sourceBytes = stream.request.size();
        stream.request.seek(0);
        ask.source = [&](char *buffer, qint64 room) {
            const qint64 got = stream.request.read(buffer, room);
            m_bytes += std::max<qint64>(got, 0);
            return got;
        };
        ask.rewind = [&](qint64 offset) { return stream.request.seek(offset); };
    }
    const QString shown = shownAddress(stream.url);
    if (!stream.answer.open())
        fail(Tr::tr("Cannot keep the answer of %1 on the disk: %2.")
                 .arg(shown, stream.answer.errorString()));
    QByteArray type;
    ask.begun = [&](const TransferAnswer &answer) {
        type = answer.header("content-type");
        return true;
    };
    ask.sink = [&](const char *data, qint64 bytes) {
        m_bytes += bytes;
        if (stream.answer.write(data, bytes) != bytes)
            fail(Tr::tr("Cannot keep the answer of %1 on the disk: %2.")
                     .arg(shown, stream.answer.errorString()));
        return true;
    };
    const TransferAnswer answer =
        m_transport.exchange(ask, [this](double) { return m_goesOn(m_bytes); });
    if (answer.isStopped) {
        m_isStopped = true;
        return;
    }
    if (answer.status == 401 || answer.status == 403)
        fail(Tr::tr("%1 does not take the user and token: give others, with the right to %2.")
                 .arg(shown,
                      stream.service == "git-upload-pack" ? Tr::tr("read") : Tr::tr("write")));
    if (answer.status == 404)
        fail(Tr::tr("There is no git repository at %1, or this user may not see it; a hub makes "
                    "it with the first push.")
                 .arg(shown));
    if (answer.status == 413)
        fail(Tr::tr("%1 does not take that much at once: raise the limit of its server.")
                 .arg(shown));
    if (answer.status == 429 || answer.status >= 500)
        throw Unreachable(Tr::tr("The server of %1 answers %2; it may work later.")
                              .arg(shown)
                              .arg(answer.status)
                              .toStdString());
    if (!answer.isOk())
        fail(Tr::tr("The server of %1 answers %2.").arg(shown).arg(answer.status));
    const QByteArray expected =
        "application/x-" + stream.service + (stream.isListing ? "-advertisement" : "-result");
    if (!type.startsWith(expected))
        fail(Tr::tr("%1 is no git server, or one of the old kind: it answers with %2.")
                 .arg(shown, QString::fromLatin1(type.left(80))));
    stream.answer.flush();
    stream.answer.seek(0);
}

int GitHttp::makeSubtransport(git_smart_subtransport **out, git_transport *, void *gitHttp)
{
    auto *made = new Subtransport;
    made->http = static_cast<GitHttp *>(gitHttp);
    made->close = [](git_smart_subtransport *) { return 0; };
    made->free = [](git_smart_subtransport *transport) {
        delete static_cast<Subtransport *>(transport);
    };
    made->action = [](git_smart_subtransport_stream **to, git_smart_subtransport *transport,
                      const char *url, git_smart_service_t service) {
        auto *stream = new Stream;
        stream->subtransport = transport;
        stream->http = static_cast<Subtransport *>(transport)->http;
        stream->service = service == GIT_SERVICE_UPLOADPACK_LS || service == GIT_SERVICE_UPLOADPACK
                              ? "git-upload-pack"
                              : "git-receive-pack";
        stream->isListing =
            service == GIT_SERVICE_UPLOADPACK_LS || service == GIT_SERVICE_RECEIVEPACK_LS;
        QByteArray address = url;
        while (address.endsWith('/'))
            address.chop(1);
        address +=
            stream->isListing ? "/info/refs?service=" + stream->service : '/' + stream->service;
        stream->url = QUrl(QString::fromUtf8(address));
        stream->read = [](git_smart_subtransport_stream *from, char *buffer, size_t room,
                          size_t *bytes) {
            auto *self = static_cast<Stream *>(from);
            try {
                if (!self->isAnswered) {
                    self->isAnswered = true;
                    self->http->exchange(*self);
                }
                if (self->http->m_isStopped)
                    return int(GIT_EUSER);
                const qint64 got = self->answer.read(buffer, qint64(room));
                *bytes = size_t(std::max<qint64>(got, 0));
                return got < 0 ? -1 : 0;
            } catch (...) {
                self->http->m_thrown = std::current_exception();
                return int(GIT_EUSER);
            }
        };
        stream->write = [](git_smart_subtransport_stream *into, const char *data, size_t bytes) {
            auto *self = static_cast<Stream *>(into);
            if (!self->request.isOpen() && !self->request.open())
                return -1;
            return self->request.write(data, qint64(bytes)) == qint64(bytes) ? 0 : -1;
        };
        stream->free = [](git_smart_subtransport_stream *done) {
            delete static_cast<Stream *>(done);
        };
        *to = stream;
        return 0;
    };
    *out = made;
    return 0;
}

} // namespace helmscope
