// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/drivers/dtmicroscope.h"

#include "base/tr.h"
#include "instrument/protocol/message.h"
#include "instrument/protocol/netstring.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace helmscope {

namespace {

constexpr double patience = 30;
constexpr qint64 largestAnswer = 256 << 20;
constexpr int deepest = 8;

[[noreturn]] void failed(const QString &sentence)
{
    throw Refused(Refusal::Instrument, Tr::tr("The instrument failed: %1").arg(sentence));
}

void flatten(const QJsonValue &value, int depth, std::vector<float> &into)
{
    if (depth > deepest)
        failed(Tr::tr("it sent lists nested deeper than %1 levels.").arg(deepest));
    if (!value.isArray()) {
        if (!value.isDouble())
            failed(Tr::tr("it sent something else where a number was expected."));
        into.push_back(float(value.toDouble()));
        return;
    }
    const QJsonArray list = value.toArray();
    for (const QJsonValue &one : list)
        flatten(one, depth + 1, into);
}

} // namespace

std::vector<float> numbersOf(const QJsonValue &value, QList<qint64> *shape)
{
    if (!value.isArray())
        failed(Tr::tr("it sent no array."));
    const QJsonArray list = value.toArray();
    std::vector<float> numbers;
    const bool isTriple =
        list.size() == 3 && list[0].isArray() && list[1].isArray() && list[2].isString();
    flatten(isTriple ? list[0] : value, 0, numbers);
    shape->clear();
    qint64 count = 1;
    if (isTriple) {
        for (const QJsonValue &side : list[1].toArray()) {
            const double length = side.toDouble(-1);
            if (!(length >= 0 && length <= 1e9))
                failed(Tr::tr("it sent an array with a side of %1.").arg(length));
            shape->append(qint64(length));
            count = std::min<qint64>(count * qint64(length), qint64(1) << 40);
        }
    } else {
        for (QJsonValue level = value; level.isArray() && !level.toArray().isEmpty();
             level = level.toArray().at(0)) {
            shape->append(level.toArray().size());
            count *= level.toArray().size();
        }
    }
    if (count != qint64(numbers.size()))
        failed(Tr::tr("it sent %1 numbers for a shape of %2.").arg(numbers.size()).arg(count));
    return numbers;
}

QJsonValue DtMicroscope::ask(const QString &method, const QJsonObject &params, double seconds)
{
    Line line(lineSettings(seconds));
    line.write(netstring(
        QJsonDocument(
            QJsonObject{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}})
            .toJson(QJsonDocument::Compact)));
    NetstringReader reader;
    reader.setLargest(largestAnswer);
    std::optional<QByteArray> payload;
    QByteArray first;
    while (!payload) {
        const QByteArray bytes = line.readSome();
        first += bytes.left(4 - std::min<qsizetype>(4, first.size()));
        if (first.startsWith("PYRO"))
            failed(
                Tr::tr("a program that speaks Pyro5 answers at this port: use pyro:// instead."));
        reader.append(bytes);
        payload = reader.next();
    }
    const QJsonObject answer = QJsonDocument::fromJson(*payload).object();
    if (answer.isEmpty())
        failed(Tr::tr("its answer is no JSON object."));
    const QJsonValue error = answer.value("error");
    if (error.isString()) // theirs is a bare text
        failed(error.toString().simplified().left(400));
    if (error.isObject())
        failed(error.toObject().value("message").toString().simplified().left(400));
    return answer.value("result");
}

DtMicroscope::DtMicroscope(const InstrumentAddress &where)
    : ForeignMicroscope(where)
{
    const QJsonValue detectors = ask("get_detectors", {}, patience);
    QStringList devices = detectors.toObject().keys();
    for (const QJsonValue &one : detectors.toArray())
        devices << one.toString();
    for (const QString &device : devices) {
        const QString small = device.toLower();
        if (small.contains("eels") || small.contains("spectr") || small.contains("edx"))
            m_spectrometer = m_spectrometer.isEmpty() ? device : m_spectrometer;
        else if (m_imaging.isEmpty() || small.contains("haadf"))
            m_imaging = device;
    }
    if (m_imaging.isEmpty())
        failed(Tr::tr("it has no detector for images (%1).").arg(devices.join(", ")));
    ask("activate_device", {{"device", m_imaging}}, patience);
    try {
        const QJsonObject settings =
            ask("device_settings", {{"device", m_imaging}}, patience).toObject();
        m_fieldNm = settings.value("fov_nm").toDouble(0);
    } catch (const Refused &) {
        // Not all of them answer what is set.
    }
    const Map image = takeImage(); // of a size that nobody tells otherwise
    m_rows = int(image.rows());
    m_cols = int(image.cols());
    Known known;
    known.name = Tr::tr("DTMicroscope at %1").arg(where.text());
    known.limits = {m_rows, m_cols, 1e-6, 600};
    QString why = m_spectrometer.isEmpty() ? Tr::tr("it has no spectrometer")
                  : m_fieldNm <= 0 ? Tr::tr("positions go in nm, and the field's width is not told")
                                   : QString();
    if (why.isEmpty()) {
        try {
            QList<qint64> shape;
            const std::size_t channels =
                numbersOf(ask("acquire_spectrum", {{"device", m_spectrometer}}, patience), &shape)
                    .size();
            known.energies.name = Tr::tr("Channel");
            for (std::size_t i = 0; i < channels; ++i)
                known.energies.values.push_back(double(i));
        } catch (const Refused &refused) {
            why = QString::fromUtf8(refused.what());
        }
    }
    const auto say = [&known](const QString &name, bool isThere, const QString &detail) {
        known.capabilities << Capability{name, isThere, detail};
    };
    say(Tr::tr("Survey image"), true, Tr::tr("%1, %2 × %3").arg(m_imaging).arg(m_rows).arg(m_cols));
    say(Tr::tr("Spectrum at a pixel"), why.isEmpty(),
        why.isEmpty() ? Tr::tr("%1; many servers only pretend to").arg(m_spectrometer) : why);
    say(Tr::tr("Dwell"), false, Tr::tr("the server's own"));
    say(Tr::tr("Blank the beam"), false, Tr::tr("an abort only ends the waiting here"));
    say(Tr::tr("Lease"), false, Tr::tr("anybody else can move it as well"));
    setKnown(std::move(known));
}

Map DtMicroscope::takeImage()
{
    QList<qint64> shape;
    const std::vector<float> numbers =
        numbersOf(ask("acquire_image", {{"device", m_imaging}}, 120), &shape);
    if (shape.size() != 2 || numbers.empty())
        failed(Tr::tr("its image has %1 sides.").arg(shape.size()));
    return Eigen::Map<const Map>(numbers.data(), shape[0], shape[1]);
}

Measurement DtMicroscope::takeSpectrum(Pixel pixel, double)
{
    const double step = m_fieldNm / m_cols; // square pixels
    ask("set_beam_position", {{"x", (pixel.col + 0.5) * step}, {"y", (pixel.row + 0.5) * step}},
        patience);
    QList<qint64> shape;
    const std::vector<float> numbers =
        numbersOf(ask("acquire_spectrum", {{"device", m_spectrometer}}, 120), &shape);
    Measurement made;
    made.spectrum = Eigen::Map<const Eigen::VectorXf>(numbers.data(), Eigen::Index(numbers.size()));
    return made;
}

} // namespace helmscope
