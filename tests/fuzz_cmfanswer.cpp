// SPDX-License-Identifier: GPL-3.0-or-later
// A hostile answer of a CMF server: read, prepared for another one and compared.
#include "base/error.h"
#include "federation/cmfanswer.h"
#include "federation/cmfdocument.h"
#include "fuzz.h"

using namespace helmscope;

QList<QByteArray> fuzzSeeds()
{
    return {
        R"(["a","b"])", R"({"detail":[{"loc":["body","x"],"msg":"missing"}]})",
        R"({"detail":"version_update"})", "no_exec_uuid",
        R"({"Pipeline":[{"name":"p","create_time_since_epoch":1,"stages":[{"name":"p/S",)"
        R"("custom_properties":{},"create_time_since_epoch":1,"executions":[{"name":"",)"
        R"("create_time_since_epoch":1,"last_update_time_since_epoch":7,"properties":)"
        R"({"Execution_uuid":"u1,u2","Context_Type":"p/S"},"custom_properties":{"x":1e-7,)"
        R"("n":5000000000,"l":[1,null]},"events":[{"type":5,"artifact":{"type":"Figure",)"
        R"("name":"s3://m.bin:01","uri":"01","properties":{},"custom_properties":{}}}]}]}]}]})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray body(reinterpret_cast<const char *>(data), qsizetype(size));
    detailIn(body);
    try {
        namesIn(body, "server");
    } catch (const Error &) {
    }
    try {
        const QVariantMap document = parseDocument(body, "server");
        CmfWanted wanted;
        wanted.pipeline = "p";
        wanted.stage = "S";
        wanted.uuid = "u1";
        wantedPart(document, wanted);
        newestIn(document);
        const PreparedDocument prepared = prepareDocument(document, {});
        // What is prepared stays as it is, and is what a server would give back.
        if (prepareDocument(prepared.document, {}).document != prepared.document)
            std::abort();
        if (!compareStored(prepared.document, prepared.document).missing.isEmpty())
            std::abort();
    } catch (const Error &) {
    }
    return 0;
}
