// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/drivers/dtmicroscope.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "instrument/protocol/message.h"
#include "instrument/protocol/netstring.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>
#include <numbers>

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
            known.energies.name = recorded("Channel");
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
    known.capabilities << probeStage();
    setKnown(std::move(known));
}

std::optional<StageUnits> StageUnits::parse(const QString &text)
{
    if (text.trimmed().isEmpty())
        return std::nullopt;
    const QStringList words = text.simplified().remove(' ').split(',');
    StageUnits units;
    const auto take = [&units](int from, int to, double factor) {
        for (int i = from; i < to; ++i)
            units.factors[std::size_t(i)] *= factor;
    };
    bool isKnown = words.size() >= 2 && (words[0] == "m" || words[0] == "nm") &&
                   (words[1] == "deg" || words[1] == "rad");
    for (const QString &word : words.mid(2))
        isKnown = isKnown && (word == "-x" || word == "-y");
    if (!isKnown)
        fail(Tr::tr("HELMSCOPE_DTMICROSCOPE_STAGE is '%1': it tells the units of the stage's "
                    "lengths and tilts, such as m,deg or nm,rad, and -x or -y behind them for a "
                    "direction that is turned round.")
                 .arg(text));
    take(0, 3, words[0] == "nm" ? 1e-9 : 1);
    take(3, 5, words[1] == "rad" ? 180 / std::numbers::pi : 1);
    take(0, 1, words.mid(2).contains("-x") ? -1 : 1);
    take(1, 2, words.mid(2).contains("-y") ? -1 : 1);
    return units;
}

std::array<double, 5> DtMicroscope::readStage()
{
    const QJsonArray list = ask("get_stage", {}, patience).toArray();
    std::array<double, 5> theirs{};
    if (list.size() != qsizetype(theirs.size()))
        failed(Tr::tr("it tells %1 numbers of its stage; x, y, z and two tilts were expected.")
                   .arg(list.size()));
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        theirs[i] = list[qsizetype(i)].toDouble(std::nan(""));
        // Written so that what is no number is refused as well.
        const double most = i < 3 ? 1 : 360; // no sample is carried further
        if (!(std::abs(theirs[i]) < 1e12) ||
            (m_units && !(std::abs(theirs[i] * m_units->factors[i]) <= most)))
            failed(Tr::tr("it tells a place of its stage that cannot be."));
    }
    return theirs;
}

/// How far from 0, in its own units, as some of its servers tell; else nothing (0) but a short way
/// along x and y from where it is.
std::array<double, 5> DtMicroscope::limitsOfStage(const std::array<double, 5> &at)
{
    std::array<double, 5> limits{};
    QJsonObject told;
    try {
        told = ask("get_stage_limits", {}, patience).toObject();
    } catch (const Refused &) {
        // Most have no such method.
    }
    constexpr const char *keys[] = {"x", "y", "z", "a", "b"};
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const double limit = told.value(QLatin1String(keys[i])).toDouble(0);
        const double most = (i < 3 ? 1 : 360) / std::abs(m_units->factors[i]);
        if (limit > 0 && limit <= most && std::abs(at[i]) <= limit)
            limits[i] = limit;
    }
    return limits;
}

Capability DtMicroscope::probeStage()
{
    constexpr double shortWay = 10e-6; // m, where nobody tells limits
    const QString name = Tr::tr("Stage");
    m_units = StageUnits::parse(qEnvironmentVariable("HELMSCOPE_DTMICROSCOPE_STAGE"));
    std::array<double, 5> theirs;
    try {
        theirs = readStage();
    } catch (const Refused &refused) {
        m_units.reset();
        return {name, false, QString::fromUtf8(refused.what())};
    }
    if (!m_units) {
        QStringList numbers;
        for (const double number : theirs)
            numbers << QString::number(number, 'g', 6);
        return {name, false,
                Tr::tr("at x, y, z, α, β = %1 as its server writes it. Its units are not told, and "
                       "servers of this kind differ: nothing is moved unless "
                       "HELMSCOPE_DTMICROSCOPE_STAGE tells them")
                    .arg(numbers.join(QStringLiteral(", ")))};
    }
    const std::array<double, 5> limits = limitsOfStage(theirs);
    QStringList ranges;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        Stage::Axis axis{stageAxes[i], theirs[i] * m_units->factors[i], 0, 0};
        const double reach = limits[i] * std::abs(m_units->factors[i]);
        if (reach > 0) {
            axis.lowest = -reach;
            axis.highest = reach;
        } else if (i < 2) {
            axis.lowest = axis.position - shortWay;
            axis.highest = axis.position + shortWay;
        } else {
            continue; // towards a pole piece: not without limits
        }
        m_reach.push_back(axis);
        ranges << Tr::tr("%1 from %2 to %3")
                      .arg(nameOf(axis.axis), textOf(axis.axis, axis.lowest),
                           textOf(axis.axis, axis.highest));
    }
    setStage(stageFrom(theirs));
    return {
        name, true,
        Tr::tr("%1; with the beam as it is, which this protocol cannot blank, and an abort does "
               "not stop it")
            .arg(ranges.join(QStringLiteral(", ")))};
}

Stage DtMicroscope::stageFrom(const std::array<double, 5> &theirs) const
{
    Stage stage{m_reach};
    for (Stage::Axis &axis : stage.axes)
        axis.position = theirs[std::size_t(axis.axis)] * m_units->factors[std::size_t(axis.axis)];
    return stage;
}

Stage DtMicroscope::driveStage(const StageTarget &target)
{
    constexpr double settleSeconds = 120;
    constexpr const char *keys[] = {"x", "y", "z", "a", "b"};
    // All five: some of its servers take what is not named for 0.
    std::array<double, 5> theirs = readStage();
    for (const auto &[axis, goal] : target)
        theirs[std::size_t(axis)] = goal / m_units->factors[std::size_t(axis)];
    QJsonObject positions;
    for (std::size_t i = 0; i < theirs.size(); ++i)
        positions[QLatin1String(keys[i])] = theirs[i];
    ask("set_stage", {{"stage_positions", positions}, {"relative", false}}, settleSeconds);
    return stageFrom(readStage());
}

Map DtMicroscope::takeImage()
{
    if (!m_reach.empty()) // anybody may have moved it since
        setStage(stageFrom(readStage()));
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
