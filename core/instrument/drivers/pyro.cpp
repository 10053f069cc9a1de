// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/drivers/pyro.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "instrument/drivers/dtmicroscope.h"
#include "instrument/protocol/message.h"

#include <QJsonDocument>
#include <QtEndian>

#include <algorithm>

namespace helmscope {

namespace {

constexpr quint16 version = 502, magic = 0x4dc5;
constexpr quint8 json = 2; // of the serializers
constexpr quint16 exceptionFlag = 1, compressedFlag = 2;
constexpr qint64 largest = 256 << 20;
constexpr double patience = 30;

[[noreturn]] void failed(const QString &sentence)
{
    throw Refused(Refusal::Instrument, Tr::tr("The instrument failed: %1").arg(sentence));
}

template <class T>
void put(QByteArray &bytes, T number)
{
    char raw[sizeof(T)];
    qToBigEndian(number, raw);
    bytes.append(raw, sizeof(T));
}

QJsonValue parsed(const QByteArray &payload)
{
    // In a list, so that plain numbers and texts are documents as well.
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson('[' + payload + ']', &error);
    if (error.error != QJsonParseError::NoError || document.array().size() != 1)
        failed(Tr::tr("its answer is no JSON: %1.").arg(error.errorString()));
    return document.array().at(0);
}

} // namespace

QByteArray PyroMessage::toBytes() const
{
    QByteArray bytes("PYRO");
    put<quint16>(bytes, version);
    put<quint8>(bytes, type);
    put<quint8>(bytes, json);
    put<quint16>(bytes, isException ? exceptionFlag : 0);
    put<quint16>(bytes, sequence);
    put<quint32>(bytes, quint32(payload.size()));
    put<quint32>(bytes, 0); // annotations
    bytes.append(QByteArray(16, '\0'));
    put<quint16>(bytes, 0);
    put<quint16>(bytes, magic);
    return bytes + payload;
}

PyroMessage PyroMessage::fromHeader(const QByteArray &header, qint64 *annotations, qint64 *size)
{
    const char *at = header.constData();
    if (header.size() != headerSize || !header.startsWith("PYRO") ||
        qFromBigEndian<quint16>(at + 38) != magic)
        failed(Tr::tr("it does not speak Pyro5. Is this the right port?"));
    if (const quint16 spoken = qFromBigEndian<quint16>(at + 4); spoken != version)
        failed(Tr::tr("it speaks version %1 of Pyro's protocol, not %2.").arg(spoken).arg(version));
    PyroMessage message;
    message.type = Type(quint8(at[6]));
    const quint16 flags = qFromBigEndian<quint16>(at + 8);
    message.isException = flags & exceptionFlag;
    message.sequence = qFromBigEndian<quint16>(at + 10);
    *size = qFromBigEndian<quint32>(at + 12);
    *annotations = qFromBigEndian<quint32>(at + 16);
    if (*size > largest || *annotations > (1 << 20))
        failed(Tr::tr("its answer of %1 bytes is too large.").arg(*size));
    if (quint8(at[7]) != json && *size > 0)
        failed(Tr::tr("it answers with serializer %1; only JSON is read here.").arg(quint8(at[7])));
    if (flags & compressedFlag)
        failed(Tr::tr("it compresses its answers: switch Pyro's COMPRESSION off."));
    return message;
}

QByteArray Pyro::exchange(Line &line, const PyroMessage &message, PyroMessage::Type wanted)
{
    line.write(message.toBytes());
    qint64 annotations = 0, size = 0;
    const PyroMessage answer =
        PyroMessage::fromHeader(line.read(PyroMessage::headerSize), &annotations, &size);
    if (annotations > 0)
        line.read(annotations);
    const QByteArray payload = size > 0 ? line.read(size) : QByteArray();
    if (answer.type == PyroMessage::ConnectFail)
        failed(parsed(payload).toString());
    if (answer.type != wanted || answer.sequence != message.sequence)
        failed(Tr::tr("it answers with a message of kind %1 that was not asked for.")
                   .arg(int(answer.type)));
    if (answer.isException) {
        const QJsonObject told = parsed(payload).toObject();
        QStringList words;
        for (const QJsonValue &word : told.value("args").toArray())
            words << word.toVariant().toString();
        failed(QStringLiteral("%1: %2").arg(told.value("__class__").toString(), words.join(' ')));
    }
    return payload;
}

QJsonValue Pyro::invoke(const QString &method, const QJsonArray &params, double seconds)
{
    Line line(lineSettings(seconds));
    PyroMessage hello;
    hello.type = PyroMessage::Connect;
    hello.payload = QJsonDocument(QJsonObject{{"handshake", "hello"}, {"object", m_object}})
                        .toJson(QJsonDocument::Compact);
    const QJsonObject said = parsed(exchange(line, hello, PyroMessage::ConnectOk)).toObject();
    // Sets are written as a tagged object or as a list, as the server's version has it.
    const QJsonValue methods = said.value("meta").toObject().value("methods");
    m_methods.clear();
    for (const QJsonValue &one :
         methods.isArray() ? methods.toArray() : methods.toObject().value("items").toArray())
        m_methods << one.toString();
    if (method.isEmpty())
        return said;
    PyroMessage call;
    call.sequence = 1;
    call.payload = QJsonDocument(QJsonObject{{"object", m_object},
                                             {"method", method},
                                             {"params", params},
                                             {"kwargs", QJsonObject()}})
                       .toJson(QJsonDocument::Compact);
    return parsed(exchange(line, call, PyroMessage::Result));
}

Pyro::Pyro(const InstrumentAddress &where)
    : ForeignMicroscope(where)
{
    QString why;
    for (const char *object : {"microscope.server", "array.server"}) {
        m_object = QString::fromLatin1(object);
        try {
            invoke({}, {}, patience);
            why.clear();
            break;
        } catch (const Refused &refused) {
            why = QString::fromUtf8(refused.what());
        }
    }
    if (!why.isEmpty())
        fail(Tr::tr("No microscope is known at %1: %2").arg(where.text(), why));
    Map image;
    try {
        image = takeImage();
    } catch (const Refused &refused) {
        fail(Tr::tr("%1 has no image: initialize its microscope and register its data there first "
                    "(%2)")
                 .arg(where.text(), QString::fromUtf8(refused.what())));
    }
    Known known;
    known.name = Tr::tr("%1 at %2").arg(m_object, where.text());
    known.limits = {int(image.rows()), int(image.cols()), 1e-6, 600};
    try {
        QList<qint64> shape;
        const std::size_t channels =
            numbersOf(invoke("get_point_data", {m_channel, 0, 0}, patience), &shape).size();
        known.energies.name = recorded("Channel");
        for (std::size_t i = 0; i < channels; ++i)
            known.energies.values.push_back(double(i));
        if (m_methods.contains("get_spectrum_image_e_axis")) {
            EnergyAxis told{recorded("Energy"), "eV", {}};
            for (const float energy :
                 numbersOf(invoke("get_spectrum_image_e_axis", {m_channel}, patience), &shape))
                told.values.push_back(double(energy));
            told.check(Tr::tr("the energies of %1").arg(known.name));
            if (told.channels() == known.energies.channels())
                known.energies = told;
        }
    } catch (const Refused &refused) {
        why = QString::fromUtf8(refused.what());
    }
    const auto say = [&known](const QString &name, bool isThere, const QString &detail) {
        known.capabilities << Capability{name, isThere, detail};
    };
    const int channels = known.energies.channels();
    say(Tr::tr("Survey image"), true,
        Tr::tr("%1 × %2 pixels; their size is not told").arg(image.rows()).arg(image.cols()));
    say(Tr::tr("Spectrum at a pixel"), channels > 0,
        channels > 0 ? Tr::tr("%1 channels of %2").arg(channels).arg(m_channel) : why);
    say(Tr::tr("Dwell"), false, Tr::tr("its data are recorded"));
    say(Tr::tr("Blank the beam"), false, Tr::tr("an abort only ends the waiting here"));
    say(Tr::tr("Lease"), false, Tr::tr("anybody else can use it as well"));
    say(Tr::tr("Stage"), false, Tr::tr("none that can be moved from here"));
    setKnown(std::move(known));
}

Map Pyro::takeImage()
{
    QList<qint64> shape;
    const std::vector<float> numbers = numbersOf(invoke("get_overview_image", {}, 120), &shape);
    if (shape.size() != 2 || numbers.empty())
        failed(Tr::tr("its image has %1 sides.").arg(shape.size()));
    return Eigen::Map<const Map>(numbers.data(), shape[0], shape[1]);
}

Measurement Pyro::takeSpectrum(Pixel pixel, double)
{
    QList<qint64> shape;
    const std::vector<float> numbers =
        numbersOf(invoke("get_point_data", {m_channel, pixel.row, pixel.col}, patience), &shape);
    Measurement made;
    made.spectrum = Eigen::Map<const Eigen::VectorXf>(numbers.data(), Eigen::Index(numbers.size()));
    return made;
}

} // namespace helmscope
