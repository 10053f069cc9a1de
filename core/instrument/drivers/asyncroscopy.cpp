// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/drivers/asyncroscopy.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "instrument/protocol/arrayframe.h"
#include "instrument/protocol/message.h"

#include <QJsonArray>
#include <QtEndian>

#include <chrono>

namespace helmscope {

namespace {

constexpr quint32 largestAnswer = 10'000'000; // of the protocol
constexpr int side = 128, channels = 1024;    // what is asked for
constexpr double frameDwell = 2e-6;           // s a pixel of the survey image
constexpr double patience = 12;

QString lastLine(const QByteArray &traceback)
{
    const QStringList lines = QString::fromUtf8(traceback).trimmed().split('\n');
    return lines.last().trimmed();
}

[[noreturn]] void failed(const QString &sentence)
{
    throw Refused(Refusal::Instrument, Tr::tr("The instrument failed: %1").arg(sentence));
}

} // namespace

Asyncroscopy::Answer Asyncroscopy::parse(const QByteArray &payload)
{
    if (payload.startsWith("Traceback") || payload.contains("\nTraceback"))
        failed(lastLine(payload));
    const qsizetype close = payload.indexOf(']');
    if (!payload.startsWith('[') || close < 0 || close > 200)
        return {QString::fromUtf8(payload.left(10'000)), {}, {}};
    const QList<QByteArray> head = payload.mid(1, close - 1).split(',');
    const QString type = QString::fromLatin1(head.first().trimmed());
    QJsonArray sides;
    for (qsizetype i = 1; i < head.size(); ++i)
        sides.append(head[i].trimmed().toDouble());
    const QByteArray body = payload.mid(close + 1);
    if (type == "str") {
        if (body.startsWith("Traceback"))
            failed(lastLine(body));
        return {QString::fromUtf8(body), {}, {}};
    }
    const ArrayFrame frame{{{"dtype", type}, {"shape", sides}}, body};
    return {{}, ArrayFrame::shapeOf(frame.header, largestAnswer), frame.vector()};
}

Asyncroscopy::Answer Asyncroscopy::ask(const QString &command, double seconds, bool isUrgent)
{
    Line line(lineSettings(seconds, isUrgent));
    const QByteArray text = command.toUtf8();
    QByteArray request(4, '\0');
    qToBigEndian(quint32(text.size()), request.data());
    line.write(request + text);
    const QByteArray head = line.read(4);
    const quint32 length = qFromBigEndian<quint32>(head.constData());
    if (length > largestAnswer) // errors come as text, without any header
        failed(lastLine(head + line.readToEnd(100'000)));
    // A method may be followed by a second frame, "None": this one is the answer, and no more is
    // read.
    return parse(line.read(length));
}

bool Asyncroscopy::has(const QString &command) const
{
    return m_commands.isEmpty() || m_commands.contains(command); // who does not list them, has all
}

Asyncroscopy::Asyncroscopy(const InstrumentAddress &where)
    : ForeignMicroscope(where)
{
    const QString status = ask("AS_get_status", patience).text;
    try {
        m_commands = ask("AS_discover_commands", patience).text;
    } catch (const Refused &) {
        // An older server does not say; what is missing fails when it is used.
    }
    QString spectrometer;
    try {
        spectrometer = ask("Gatan_get_status", patience).text;
        m_hasSpectrometer = true;
    } catch (const Error &error) {
        spectrometer = QString::fromUtf8(error.what());
    }
    Known known;
    known.name = Tr::tr("asyncroscopy at %1 (%2)").arg(where.text(), status.simplified().left(60));
    known.limits = {side, side, 1e-6, 600};
    known.isBlanking = has("blank_beam");
    if (m_hasSpectrometer && has("place_beam")) {
        known.energies.name = recorded("Channel");
        for (int i = 0; i < channels; ++i)
            known.energies.values.push_back(i);
    }
    const auto say = [&known](const QString &name, bool isThere, const QString &detail) {
        known.capabilities << Capability{name, isThere, detail};
    };
    say(Tr::tr("Survey image"), has("get_scanned_image"),
        Tr::tr("%1 × %1 pixels; the field's size is not told").arg(side));
    say(Tr::tr("Place the beam"), has("place_beam"), Tr::tr("in fractions of the field"));
    say(Tr::tr("Spectrum at a pixel"), known.energies.channels() > 0,
        m_hasSpectrometer ? Tr::tr("%1 channels, energies are not told").arg(channels)
                          : spectrometer);
    say(Tr::tr("Dwell"), false,
        Tr::tr("the spectrometer's own; the time with the beam on is told"));
    say(Tr::tr("Blank the beam"), known.isBlanking, Tr::tr("around each spectrum, and on abort"));
    say(Tr::tr("Lease"), false, Tr::tr("anybody else can move it as well"));
    say(Tr::tr("Dose"), false, Tr::tr("the current is not told"));
    say(Tr::tr("Stage"), false, stageText());
    setKnown(std::move(known));
}

QString Asyncroscopy::stageText()
{
    if (!has("get_stage"))
        return Tr::tr("none that can be moved from here");
    try {
        const Answer answer = ask("AS_get_stage", patience);
        if (answer.shape != QList<qint64>{5} || !answer.numbers.allFinite())
            failed(Tr::tr("it tells a place of its stage that cannot be."));
        QStringList numbers;
        for (const float number : answer.numbers)
            numbers << QString::number(double(number), 'g', 6);
        return Tr::tr("at x, y, z, α, β = %1 as its server writes it, in units that it does not "
                      "tell; this protocol has no command that moves it")
            .arg(numbers.join(QStringLiteral(", ")));
    } catch (const Refused &refused) {
        return QString::fromUtf8(refused.what());
    }
}

Map Asyncroscopy::takeImage()
{
    const Answer answer =
        ask(QStringLiteral("AS_get_scanned_image scanning_detector=HAADF size=%1 dwell_time=%2")
                .arg(side)
                .arg(frameDwell),
            120);
    if (answer.shape != QList<qint64>{side, side})
        failed(answer.text.isEmpty() ? Tr::tr("the image has another size") : answer.text);
    return Eigen::Map<const Map>(answer.numbers.data(), side, side);
}

Measurement Asyncroscopy::takeSpectrum(Pixel pixel, double)
{
    // Theirs is x, then y, both fractions; x goes with the columns.
    ask(QStringLiteral("AS_place_beam x=%1 y=%2")
            .arg((pixel.col + 0.5) / side, 0, 'g', 10)
            .arg((pixel.row + 0.5) / side, 0, 'g', 10),
        patience);
    const bool blanks = has("blank_beam") && has("unblank_beam");
    const auto begin = std::chrono::steady_clock::now();
    if (blanks) {
        ask("AS_unblank_beam", patience);
        setBeam(InstrumentState::Beam::On);
    }
    Answer answer;
    try {
        answer = ask(QStringLiteral("Gatan_get_spectrum size=%1").arg(channels), 120);
    } catch (...) {
        if (blanks)
            blank(); // urgently: it also goes through after an abort
        throw;
    }
    if (blanks) {
        blank();
        setBeam(InstrumentState::Beam::Blanked);
    }
    Measurement made;
    made.spectrum = answer.numbers;
    made.dwellSeconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return made;
}

void Asyncroscopy::blank()
{
    if (has("blank_beam"))
        ask("AS_blank_beam", patience, true);
}

} // namespace helmscope
