// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/cmfserver.h"

#include "base/tr.h"
#include "lineage/formats/jsontext.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QLocale>
#include <QUuid>

#include <algorithm>
#include <cstdlib>

namespace helmscope {

namespace {

constexpr int first = 0, withTensorboard = 1, validated = 2, withAcknowledge = 3, current = 4;

QString baseOf(QString url)
{
    while (url.endsWith('/'))
        url.chop(1);
    if (url.endsWith("/api"))
        url.chop(4);
    return url;
}

QString encoded(const QString &name)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(name));
}

bool isServersWord(const TransferAnswer &answer)
{
    if (!answer.isOk() || answer.body.size() > 4096)
        return false;
    try {
        const QVariantList list = parseAnswer(answer.body, {}).toList();
        return !list.isEmpty() && list.front().toString() == QLatin1String("cmf-server");
    } catch (const Error &) {
        return false; // a page of something else
    }
}

/// Ours answers so; CMF's has its window's page there.
bool isHealth(const TransferAnswer &answer)
{
    if (!answer.isOk() || answer.body.size() > 4096)
        return false;
    try {
        const QVariantMap said = parseAnswer(answer.body, {}).toMap();
        // Hubs of before named themselves by their status only.
        const QString status = said.value("status").toString();
        return said.contains("server") ? said.value("server") == "helmscope-hub"
                                       : status == "ok" || status == "broken";
    } catch (const Error &) {
        return false;
    }
}

/// A null, or a number that is none, would stop the server or be lost without a word.
bool hasNull(const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::UnknownType:
        return true;
    case QMetaType::Double:
        return !qIsFinite(value.toDouble());
    case QMetaType::QVariantMap: {
        const QVariantMap map = value.toMap();
        return std::any_of(map.cbegin(), map.cend(), hasNull);
    }
    case QMetaType::QVariantList: {
        const QVariantList list = value.toList();
        return std::any_of(list.cbegin(), list.cend(), hasNull);
    }
    }
    return false;
}

} // namespace

Stopped::Stopped()
    : Error(Tr::tr("Stopped.").toStdString())
{
}

struct CmfServer::Private
{
    Access access;
    QString base;
    Transport transport;
    qint64 aheadMs = 0; ///< of its clock, as far as it tells

    QString shown() const { return helmscope::shownAddress(QUrl(base)); }
    QString at(const QString &path) const
    {
        return base + (access.traits.generation == current ? "/api" : "") + path;
    }

    TransferRequest request(const QString &url, const QByteArray &method = "GET") const
    {
        TransferRequest made;
        made.method = method;
        made.url = QUrl(url);
        made.credentials = access.credentials;
        made.authorityFile = access.remote.options.value("authority");
        made.mostBytes = access.mostBytes;
        made.connectMs = access.connectMs;
        made.silenceMs = access.silenceMs;
        return made;
    }

    /// One that trickles a byte now and then has a limit, too.
    TransferAnswer exchange(const TransferRequest &made, const Progress &progress, int extraMs = 0)
    {
        QElapsedTimer timer;
        timer.start();
        const qint64 mostMs = qint64(access.answerMs) + extraMs;
        bool isLate = false;
        const TransferAnswer answer = transport.exchange(made, [&](double fraction) {
            isLate = timer.elapsed() > mostMs;
            return !isLate && progress(fraction);
        });
        if (isLate)
            throw Unreachable(Tr::tr("%1 does not answer within %2 s.")
                                  .arg(shown())
                                  .arg(mostMs / 1000)
                                  .toStdString());
        if (answer.isStopped)
            throw Stopped();
        const QDateTime theirs =
            QLocale::c().toDateTime(QString::fromLatin1(answer.header("date"))
                                        .chopped(answer.header("date").endsWith(" GMT") ? 4 : 0),
                                    QStringLiteral("ddd, dd MMM yyyy HH:mm:ss"));
        if (theirs.isValid()) {
            const qint64 now = QDateTime::currentMSecsSinceEpoch();
            aheadMs = QDateTime(theirs.date(), theirs.time(), Qt::UTC).toMSecsSinceEpoch() - now;
            if (std::abs(aheadMs) < 60'000)
                aheadMs = 0; // the way there and back
        }
        // Every answer has a body; without one, and without a length, it was cut off in its head.
        if (answer.isOk() && answer.body.isEmpty() && answer.header("content-length").isEmpty())
            throw Unreachable(
                Tr::tr("%1 went away in the middle of its answer.").arg(shown()).toStdString());
        return answer;
    }

    TransferAnswer get(const QString &path, const Progress &progress)
    {
        return exchange(request(at(path)), progress);
    }

    TransferAnswer post(const QString &path, const QVariantMap &body, const Progress &progress,
                        int extraMs = 0)
    {
        TransferRequest made = request(at(path), "POST");
        made.headers.emplace_back("Content-Type", "application/json");
        made.body = jsonText(body);
        return exchange(made, progress, extraMs);
    }

    [[noreturn]] void refuse(const TransferAnswer &answer) const;
    void probe(const Progress &progress);
    std::optional<QVariantMap> pulled(const TransferAnswer &answer) const;
    std::optional<QVariantMap> pullOld(const QString &pipeline, const QString &uuid,
                                       const Progress &progress);
    bool putFile(const QString &path, const QString &name, const QByteArray &content,
                 const Progress &progress);
};

void CmfServer::Private::refuse(const TransferAnswer &answer) const
{
    const QString detail = detailIn(answer.body);
    const QString why = detail.isEmpty() ? QString() : ": " + detail;
    switch (answer.status) {
    case 401:
        fail(Tr::tr("%1 asks who you are: give it a token that it knows.").arg(shown()));
    case 403:
        fail(Tr::tr("%1 does not allow that with this token%2.").arg(shown(), why));
    case 413:
        throw TooLarge(Tr::tr("%1 refuses that much at once: send less, one run for instance.")
                           .arg(shown())
                           .toStdString());
    case 422:
        if (detail == QLatin1String("version_update"))
            fail(Tr::tr("%1 refuses executions without a uuid, which only old programs write.")
                     .arg(shown()));
        break;
    case 429:
    case 502:
    case 503:
    case 504:
        throw Unreachable(Tr::tr("%1 is too busy now (%2%3).")
                              .arg(shown(), QString::number(answer.status), why)
                              .toStdString());
    }
    if (answer.status >= 500)
        fail(Tr::tr("%1 failed (%2%3): what happened stands in its log.")
                 .arg(shown(), QString::number(answer.status), why));
    fail(Tr::tr("%1 refuses that (%2%3).").arg(shown(), QString::number(answer.status), why));
}

void CmfServer::Private::probe(const Progress &progress)
{
    CmfTraits traits;
    TransferAnswer answer = exchange(request(base + "/api/"), progress);
    if (answer.status == 429 || answer.status >= 502)
        refuse(answer);
    if (isServersWord(answer)) {
        traits.generation = current;
        access.traits.generation = current; // paths below
        const TransferAnswer health = exchange(request(base + "/healthz"), progress);
        traits.isHub = isHealth(health);
        traits.hasStageLists = get("/pipeline-stages/x", progress).isOk();
        access.traits = traits;
        return;
    }
    answer = exchange(request(base + "/"), progress);
    if (!isServersWord(answer)) {
        if (answer.status == 401 || answer.status == 403 || answer.status >= 500)
            refuse(answer);
        fail(Tr::tr("%1 is no CMF server: neither it nor its /api/ says so.").arg(shown()));
    }
    access.traits.generation = first; // no /api
    if (post("/acknowledge", {{"server_name", "helmscope"}, {"server_url", "helmscope"}}, progress)
            .isOk())
        traits.generation = withAcknowledge;
    else if (exchange(request(base + "/pipelines"), progress).isOk())
        traits.generation = validated;
    else // 405: it is there, for POST
        traits.generation = exchange(request(base + "/tensorboard"), progress).status == 405
                                ? withTensorboard
                                : first;
    access.traits = traits;
}

CmfServer::CmfServer(const Access &access)
    : d(std::make_unique<Private>())
{
    d->access = access;
    d->base = baseOf(access.remote.url);
}

CmfServer::~CmfServer() = default;

QString CmfServer::shownAddress() const
{
    return d->shown();
}

const CmfTraits &CmfServer::traits(const Progress &progress)
{
    if (d->access.traits.generation < 0) {
        try {
            d->probe(progress);
        } catch (...) {
            d->access.traits = {};
            throw;
        }
    }
    return d->access.traits;
}

CmfServer::Pushed CmfServer::push(const QString &pipeline, const QByteArray &document,
                                  const QString &uuid, const Progress &progress)
{
    const QVariantMap parsed = parseDocument(document, Tr::tr("What is pushed"));
    if (hasNull(parsed))
        fail(Tr::tr("The lineage of %1 holds a value that is nothing: a CMF server stops at it. "
                    "Prepare it first.")
                 .arg(pipeline));
    if (pipeline.isEmpty())
        fail(Tr::tr("A pipeline without a name cannot be pushed."));
    const int generation = traits(progress).generation;
    QVariantMap body{{"pipeline_name", pipeline}, {"json_payload", QString::fromUtf8(document)}};
    if (!uuid.isEmpty()) {
        body.insert("exec_uuid", uuid);
        if (generation < validated)
            body.insert("id", uuid);
    } else if (generation < validated) {
        body.insert("id", QString());
    } else {
        body.insert("exec_uuid", QVariant());
    }
    // A CMF server takes 43 ms an execution.
    const int extraMs = int(std::min<qint64>(executionsIn(parsed), 100'000)) * 500;
    const TransferAnswer answer = d->post("/mlmd_push", body, progress, extraMs);
    if (!answer.isOk())
        d->refuse(answer);
    const QVariantMap said = parseAnswer(answer.body, d->shown()).toMap();
    const QString status = said.value("status").toString();
    if (status == QLatin1String("success") || status == QLatin1String("merged"))
        return Pushed::Stored;
    if (status == QLatin1String("exists"))
        return Pushed::Known;
    if (status == QLatin1String("version_update"))
        fail(Tr::tr("%1 refuses executions without a uuid, which only old programs write.")
                 .arg(d->shown()));
    if (status == QLatin1String("pipeline_not_exist"))
        fail(Tr::tr("There is no pipeline %1 in what was pushed to %2.").arg(pipeline, d->shown()));
    fail(Tr::tr("%1 does not say that it has stored anything%2.")
             .arg(d->shown(),
                  detailIn(answer.body).isEmpty() ? QString() : ": " + detailIn(answer.body)));
}

std::optional<QVariantMap> CmfServer::Private::pulled(const TransferAnswer &answer) const
{
    if (answer.status == 404 || answer.status == 406)
        return std::nullopt;
    if (!answer.isOk())
        refuse(answer);
    // Its type says text/html, whatever it is.
    const QByteArray body = answer.body.trimmed();
    static const QByteArrayList nothing{
        "no_exec_uuid", "\"no_exec_uuid\"", "no_exec_id", "\"no_exec_id\"",
        "NULL",         "\"NULL\"",         "null",       ""};
    if (nothing.contains(body))
        return std::nullopt;
    // Some servers give the document as a JSON text.
    if (body.startsWith('"'))
        return parseDocument(parseAnswer(body, shown()).toString().toUtf8(), shown());
    return parseDocument(body, shown());
}

std::optional<QVariantMap> CmfServer::Private::pullOld(const QString &pipeline, const QString &uuid,
                                                       const Progress &progress)
{
    QString path = "/mlmd_pull/" + encoded(pipeline);
    // The second generation reads the question, those before it the body.
    if (!uuid.isEmpty())
        path += "?exec_uuid=" + encoded(uuid);
    TransferRequest made = request(at(path));
    made.headers.emplace_back("Content-Type", "application/json");
    made.body = jsonText(QVariantMap{{"exec_id", uuid.isEmpty() ? QVariant() : QVariant(uuid)}});
    return pulled(exchange(made, progress));
}

std::optional<QByteArray> CmfServer::pull(const CmfWanted &asked, const Progress &progress)
{
    const int generation = traits(progress).generation;
    CmfWanted wanted = asked;
    if (wanted.sinceMs > 0 && d->aheadMs == 0)
        d->get("/pipelines", progress); // for its clock
    if (wanted.sinceMs > 0)
        wanted.sinceMs = std::max<qint64>(1, wanted.sinceMs + d->aheadMs);
    std::optional<QVariantMap> found;
    if (generation >= withAcknowledge) {
        QVariantMap body;
        // A time is heeded only where no pipeline is named.
        if (wanted.sinceMs > 0) {
            body.insert("last_sync_time", wanted.sinceMs);
        } else {
            if (!wanted.pipeline.isEmpty())
                body.insert("pipeline_name", wanted.pipeline);
            if (!wanted.uuid.isEmpty() && !wanted.pipeline.isEmpty())
                body.insert("exec_uuid", wanted.uuid);
        }
        found = d->pulled(d->post("/mlmd_pull", body, progress));
    } else if (!wanted.pipeline.isEmpty()) {
        found = d->pullOld(wanted.pipeline, wanted.uuid, progress);
    } else {
        QVariantList all;
        for (const QString &pipeline : pipelines(progress))
            if (const auto one = d->pullOld(pipeline, wanted.uuid, progress))
                all += one->value("Pipeline").toList();
        found = QVariantMap{{"Pipeline", all}};
    }
    if (!found)
        return std::nullopt;
    const QVariantMap document = wantedPart(*found, wanted);
    if (document.value("Pipeline").toList().isEmpty() && wanted.sinceMs <= 0 && !wanted.isAll())
        return std::nullopt;
    return jsonText(document);
}

QStringList CmfServer::pipelines(const Progress &progress)
{
    const int generation = traits(progress).generation;
    TransferAnswer answer =
        d->get(generation < validated ? "/display_pipelines" : "/pipelines", progress);
    if (answer.status == 404)
        answer = d->get(generation < validated ? "/pipelines" : "/display_pipelines", progress);
    if (!answer.isOk())
        d->refuse(answer);
    return namesIn(answer.body, d->shown());
}

QStringList CmfServer::stages(const QString &pipeline, const Progress &progress)
{
    QStringList names;
    if (traits(progress).hasStageLists) {
        const TransferAnswer answer = d->get("/pipeline-stages/" + encoded(pipeline), progress);
        if (!answer.isOk())
            d->refuse(answer);
        const QVariantMap said = parseAnswer(answer.body, d->shown()).toMap();
        return namesIn(jsonText(said.value("stages").toList()), d->shown());
    }
    CmfWanted wanted;
    wanted.pipeline = pipeline;
    if (const auto document = pull(wanted, progress))
        for (const QVariant &each : parseDocument(*document, d->shown()).value("Pipeline").toList())
            for (const QVariant &stage : each.toMap().value("stages").toList())
                names << stage.toMap().value("name").toString();
    names.sort();
    return names;
}

QStringList CmfServer::executions(const QString &pipeline, const Progress &progress)
{
    if (traits(progress).generation >= withAcknowledge) {
        const TransferAnswer answer = d->get("/list-of-executions/" + encoded(pipeline), progress);
        if (answer.isOk())
            return namesIn(answer.body, d->shown());
        if (answer.status != 404)
            d->refuse(answer);
    }
    QStringList names;
    CmfWanted wanted;
    wanted.pipeline = pipeline;
    if (const auto document = pull(wanted, progress))
        for (const QVariant &each : parseDocument(*document, d->shown()).value("Pipeline").toList())
            for (const QVariant &one : each.toMap().value("stages").toList()) {
                const QVariantMap stage = one.toMap();
                for (const QVariant &execution : stage.value("executions").toList())
                    names << stage.value("name").toString().section('/', 1) + '_' +
                                 uuidsOf(execution.toMap()).value(0).left(4);
            }
    names.sort();
    return names;
}

bool CmfServer::Private::putFile(const QString &path, const QString &name,
                                 const QByteArray &content, const Progress &progress)
{
    QByteArray boundary = "helmscope-" + QUuid::createUuid().toByteArray(QUuid::Id128);
    QByteArray shownName = name.toUtf8();
    for (const char odd : {'"', '\r', '\n', '\\'})
        shownName.replace(odd, '_');
    TransferRequest made = request(at(path), "POST");
    made.headers.emplace_back("Content-Type", "multipart/form-data; boundary=" + boundary);
    made.body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
                shownName + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content +
                "\r\n--" + boundary + "--\r\n";
    const TransferAnswer answer = exchange(made, progress);
    if (answer.status == 401 || answer.status == 429 || answer.status >= 502)
        refuse(answer);
    // It may also say 200 with an error.
    try {
        return answer.isOk() && !parseAnswer(answer.body, shown()).toMap().contains("error");
    } catch (const Error &) {
        return false;
    }
}

bool CmfServer::putEnvironment(const QString &path, const QByteArray &content,
                               const Progress &progress)
{
    return traits(progress).generation >= withTensorboard &&
           d->putFile("/python-env", path, content, progress);
}

bool CmfServer::putLabel(const QString &md5, const QByteArray &content, const Progress &progress)
{
    return traits(progress).generation >= withAcknowledge &&
           d->putFile("/label", md5, content, progress);
}

std::optional<QByteArray> CmfServer::environment(const QString &name, const Progress &progress)
{
    if (traits(progress).generation < withTensorboard)
        return std::nullopt;
    const TransferAnswer answer = d->get("/python-env?file_name=" + encoded(name), progress);
    return answer.isOk() ? std::optional(answer.body) : std::nullopt;
}

} // namespace helmscope
