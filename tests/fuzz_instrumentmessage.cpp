// SPDX-License-Identifier: GPL-3.0-or-later
// What a hostile instrument, or a hostile client, may send: frames, messages, arrays.
#include "base/error.h"
#include "fuzz.h"
#include "instrument/protocol/address.h"
#include "instrument/protocol/arrayframe.h"
#include "instrument/protocol/message.h"
#include "instrument/protocol/netstring.h"

using namespace helmscope;

QList<QByteArray> fuzzSeeds()
{
    const Map image = Map::Constant(4, 6, 0.5f);
    const ArrayFrame frame = ArrayFrame::of(image, "counts");
    const QByteArray request =
        Message::request(7, "spectrum.acquire",
                         {{"lease", "0123"}, {"y_frac", 0.25}, {"x_frac", 0.5}, {"dwell_s", 0.1}})
            .toJson();
    return {netstring(request) + netstring(Message::answer(7, frame.header).toJson()) +
                netstring(frame.bytes),
            netstring(Message::refusal(7, Refusal::Limit, "too long").toJson()),
            netstring(Message::notification("state", {{"beam", "on"}}).toJson())};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    constexpr qint64 most = 1 << 16;
    NetstringReader reader;
    reader.setLargest(most);
    try {
        // In pieces, as a network gives them.
        for (std::size_t at = 0; at < size; at += 7)
            reader.append(QByteArray(reinterpret_cast<const char *>(data) + at,
                                     qsizetype(std::min<std::size_t>(7, size - at))));
        QJsonObject announced;
        while (const std::optional<QByteArray> payload = reader.next()) {
            if (!announced.isEmpty()) {
                try {
                    ArrayFrame::shapeOf(announced, most);
                    const ArrayFrame frame{announced, *payload};
                    frame.floats();
                    frame.map();
                } catch (const Error &) {
                }
                announced = {};
                continue;
            }
            try {
                const Message message = Message::fromJson(*payload);
                message.toJson();
                if (ArrayFrame::isAnnouncedBy(message.result))
                    announced = message.result;
                InstrumentAddress::fromJson(message.params, "a message");
            } catch (const Error &) {
            }
        }
    } catch (const Error &) { // what is no netstring ends a connection
    }
    return 0;
}
