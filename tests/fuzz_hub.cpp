// SPDX-License-Identifier: GPL-3.0-or-later
// Hostile requests: the first line of the input is method and target, the rest is the body.
#include "federation/hub/hub.h"
#include "federation/hub/tokens.h"
#include "fuzz.h"

#include <QTemporaryDir>

using namespace helmscope;

QList<QByteArray> fuzzSeeds()
{
    const QByteArray document =
        R"({\"Pipeline\":[{\"name\":\"p\",\"create_time_since_epoch\":1,\"stages\":[{\"name\":\"p/S\",\"custom_properties\":{\"a\":[1,null]},\"executions\":[{\"name\":\"\",\"create_time_since_epoch\":1,\"last_update_time_since_epoch\":5,\"properties\":{\"Execution_uuid\":\"u1,u2\",\"Context_Type\":\"p/S\"},\"custom_properties\":{\"x\":1.5e-7,\"y\":true,\"z\":NaN},\"events\":[{\"type\":4,\"artifact\":{\"type\":\"Dataset\",\"name\":\"m:a\",\"uri\":\"a\",\"properties\":{\"url\":\"p:s3://b\"}}}]}]}]}]})";
    return {"POST /api/mlmd_push\n{\"pipeline_name\": \"p\", \"json_payload\": \"" + document +
                "\", \"exec_uuid\": null}",
            "POST /api/mlmd_pull\n{\"pipeline_name\": \"p\", \"last_sync_time\": 17}",
            "GET /api/artifacts-by-stage/p?stage_name=p%2FS&artifact_type=Dataset&filter_value=x\n",
            "GET /api/execution-lineage/tangled-tree/u1/p\n",
            "GET /api/model-card?modelId=1\n",
            "PUT /artifacts/files/md5/92/eb5ffee6ae2fec3ad71c777531578f\nb",
            "POST /t/hs_abc/api/acknowledge\n{}",
            "GET /git/x.git/info/refs?service=git-upload-pack\n",
            "PUT /artifacts/files/md5/d7/51713988987e9331980363e24189ce.dir\n[]"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static QTemporaryDir folder;
    static Hub hub([] {
        Hub::Settings settings;
        settings.folder = folder.filePath("hub");
        settings.gate.anonymous = Scope::Push;
        settings.gate.requestsPerSecond = 0;
        settings.cmf.largestDocument = 1 << 20;
        return settings;
    }());
    const QByteArray input(reinterpret_cast<const char *>(data), qsizetype(size));
    const QByteArray line = input.left(std::max<qsizetype>(input.indexOf('\n'), 0));
    const QByteArray body = input.mid(line.size() + 1);
    HubRequest request;
    request.method = line.left(line.indexOf(' '));
    request.target = line.mid(line.indexOf(' ') + 1);
    request.remote = "127.0.0.1";
    // A fuzzer that reaches other servers would be none of ours.
    if (request.target.contains("server") || request.target.contains("sync"))
        return 0;
    request.readBody = [&](const auto &take) {
        return take(body.constData(), std::size_t(body.size()));
    };
    const HubAnswer answer = hub.answer(request);
    // Whatever is asked, it is the asker's mistake or it is answered; nothing of it is ours.
    if (answer.status == 500) {
        qWarning("500: %s", qPrintable(request.note));
        std::abort();
    }
    if (answer.piece)
        for (qint64 at = 0;;) {
            const QByteArray piece = answer.piece(at, 1 << 16);
            at += piece.size();
            if (piece.isEmpty() || (answer.length > 0 && at >= answer.length))
                break;
        }
    return 0;
}
