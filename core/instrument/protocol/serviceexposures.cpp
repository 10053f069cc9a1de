// SPDX-License-Identifier: GPL-3.0-or-later
// What a Service does with the beam on: images and spectra, one at a time.
#include "instrument/protocol/service.h"

#include "base/tr.h"
#include "instrument/noise.h"
#include "instrument/protocol/session.h"

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <map>

namespace helmscope {

namespace {

constexpr std::size_t rememberedAnswers = 64;
constexpr qsizetype mostPoints = 4096;
constexpr qint64 mostRemembered = 64 << 20; // bytes a frame; larger ones are made again

QJsonValue numberOrNull(double number)
{
    return std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
}

} // namespace

bool Service::expose(Session *session, const Message &request)
{
    const QJsonObject &params = request.params;
    Exposure wanted;
    wanted.session = session;
    wanted.id = request.id;
    wanted.method = request.method;
    wanted.key = params.value("key").toString().left(64);
    wanted.lease = params.value("lease").toString();
    // Who lost the answer asks again with the same key: no second exposure.
    if (!wanted.key.isEmpty())
        for (const Answer &known : m_answers)
            if (known.key == wanted.key) {
                log("exposure", {{"what", "remembered"}, {"key", wanted.key}});
                const Message answer = Message::answer(request.id, known.result);
                if (known.bytes.isNull())
                    session->send(answer);
                else
                    session->send(answer, known.bytes);
                return false;
            }
    if (m_exposure)
        throw Refused(Refusal::Busy, Tr::tr("The instrument is busy with another exposure."));
    wanted.dwellSeconds = params.value("dwell_s").toDouble(m_dwellSeconds);
    if (request.method == "spectrum.acquire") {
        // Without a place it is where the beam was placed last.
        wanted.pixels = {pixelAt(params.value("y_frac").toDouble(m_yFraction),
                                 params.value("x_frac").toDouble(m_xFraction))};
    } else if (request.method == "spectrum.points") {
        const QJsonArray points = params.value("points").toArray();
        if (points.isEmpty() || points.size() > mostPoints)
            throw Refused(
                Refusal::Parameters,
                Tr::tr("'points' is a list of 1 to %1 pairs [y_frac, x_frac].").arg(mostPoints));
        for (const QJsonValue &point : points)
            wanted.pixels.push_back(
                pixelAt(point.toArray().at(0).toDouble(-1), point.toArray().at(1).toDouble(-1)));
    }
    if (request.method == "stage.move") {
        try {
            wanted.target = stageTargetOf(params);
        } catch (const Error &error) {
            throw Refused(Refusal::Parameters, QString::fromUtf8(error.what()));
        }
        if (wanted.target.empty())
            throw Refused(Refusal::Parameters,
                          Tr::tr("'stage.move' names where to: x_m, y_m, z_m, alpha_deg or "
                                 "beta_deg."));
        checkStage(m_microscope->name(), *m_stage, wanted.target);
    }
    // Refused before anything happens, all points or none.
    const double rate = dose(1e12 * m_limits.currentA, 1, m_survey.gridPixelSizeNm());
    std::map<Pixel, double> more;
    for (const Pixel pixel : wanted.pixels) {
        checkLimits(m_microscope->name(), m_limits, pixel, wanted.dwellSeconds);
        double &given = more[pixel];
        checkDose(m_microscope->name(), m_limits, pixel,
                  m_dose.at(pixel, m_stage, m_survey.gridPixelSizeNm()) + given,
                  rate * wanted.dwellSeconds);
        given += rate * wanted.dwellSeconds;
    }
    while (!m_times.empty() && m_times.front() <= now() - 1)
        m_times.pop_front();
    if (m_limits.maxRateHz > 0 &&
        double(m_times.size() + wanted.pixels.size()) > m_limits.maxRateHz &&
        !(m_times.empty() && wanted.pixels.size() == 1))
        throw Refused(Refusal::Rate, Tr::tr("%1 may not make more than %2 exposures per second.")
                                         .arg(m_microscope->name())
                                         .arg(m_limits.maxRateHz));
    begin(std::move(wanted));
    return true;
}

void Service::begin(Exposure exposure)
{
    exposure.since = now();
    m_exposure = exposure;
    m_times.insert(m_times.end(), exposure.pixels.size(), exposure.since);
    if (std::exchange(m_isStopped, false))
        m_microscope->resume(); // nothing is going on, and somebody holds a lease
    if (!exposure.pixels.empty()) {
        m_yFraction = (exposure.pixels.front().row + 0.5) / m_limits.rows;
        m_xFraction = (exposure.pixels.front().col + 0.5) / m_limits.cols;
    }
    if (exposure.target.empty()) {
        setBeam(true, exposure.method);
    } else {
        m_isHeldOpen = false;
        setBeam(false, "the stage moves");
    }
    tellState();
    QMetaObject::invokeMethod(
        &m_hand,
        [this, pixels = exposure.pixels, dwell = exposure.dwellSeconds, target = exposure.target] {
            QString failure;
            std::vector<Measurement> measured;
            std::shared_ptr<Dataset> image;
            try {
                if (!target.empty())
                    m_microscope->moveStage(target);
                else if (pixels.empty())
                    image = std::make_shared<Dataset>(m_microscope->survey(unwatched()));
                for (const Pixel pixel : pixels)
                    measured.push_back(m_microscope->measure(pixel, dwell));
            } catch (const std::exception &error) {
                failure = QString::fromUtf8(error.what());
            }
            QMetaObject::invokeMethod(
                this,
                [this, failure, measured = std::move(measured), image] {
                    finish(failure, measured, image);
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

void Service::stop(Refusal why)
{
    m_isHeldOpen = false;
    if (m_exposure && !m_exposure->isCutShort) {
        m_exposure->isCutShort = true;
        m_exposure->why = why;
    }
    if (m_exposure) {
        m_isStopped = true;
        m_microscope->abort(); // returns at once; the exposure ends on its own thread
    }
    setBeam(false, why == Refusal::Aborted ? "aborted" : "lease or connection ended");
}

/// Dose and electrons of an exposure that is over, whole or not.
void Service::account(const Exposure &exposure, const std::vector<Measurement> &measured)
{
    const double area = std::pow(10 * m_survey.gridPixelSizeNm(), 2); // Å²
    const double rate = dose(1e12 * m_limits.currentA, 1, m_survey.gridPixelSizeNm());
    double cutShort = std::max(0.0, now() - exposure.since);
    for (std::size_t i = 0; i < exposure.pixels.size(); ++i) {
        const bool isWhole = i < measured.size();
        const double given = isWhole ? measured[i].dose : rate * cutShort;
        m_dose.add(exposure.pixels[i], m_stage, m_survey.gridPixelSizeNm(), given);
        m_electrons += given * area;
        if (!isWhole)
            break; // those behind it got nothing
        ++m_exposures;
        cutShort = std::max(0.0, cutShort - measured[i].dwellSeconds);
    }
}

void Service::finishMove(const Exposure &move, const QString &failure)
{
    // Also where it was cut short: it may be anywhere on its way.
    if (const std::optional<Stage> now = m_microscope->stage())
        for (Stage::Axis &axis : m_stage->axes)
            axis.position = now->position(axis.axis);
    log("stage", {{"what", failure.isEmpty() ? "moved" : "cut short"},
                  {"lease", move.lease.left(8)},
                  {"stage", stageMessage(*m_stage)},
                  {"sentence", failure},
                  {"seconds", now() - move.since}});
    if (move.session && failure.isEmpty())
        move.session->send(Message::answer(move.id, stageMessage(*m_stage)));
    else if (move.session)
        move.session->send(Message::refusal(
            move.id, move.isCutShort ? move.why : Refusal::Instrument,
            move.isCutShort ? Tr::tr("The move of the stage was cut short.") : failure));
    tellState();
}

void Service::finish(const QString &failure, const std::vector<Measurement> &measured,
                     const std::shared_ptr<Dataset> &image)
{
    const Exposure exposure = *std::exchange(m_exposure, std::nullopt);
    if (!m_isHeldOpen)
        setBeam(false, "done");
    account(exposure, measured);
    if (!exposure.target.empty())
        return finishMove(exposure, failure);
    QJsonArray places;
    for (const Pixel pixel : exposure.pixels)
        places.append(QJsonArray{pixel.row, pixel.col});
    QJsonObject line{{"what", failure.isEmpty() ? "done" : "cut short"},
                     {"method", exposure.method},
                     {"key", exposure.key},
                     {"lease", exposure.lease.left(8)},
                     {"pixels", places},
                     {"seconds", now() - exposure.since}};
    if (!failure.isEmpty()) {
        line["sentence"] = failure;
        log("exposure", line);
        const Refusal code = exposure.isCutShort ? exposure.why : Refusal::Instrument;
        const QString sentence =
            !exposure.isCutShort ? failure
            : code == Refusal::Aborted
                ? Tr::tr("The exposure was aborted: a person has to allow the instrument again.")
                : Tr::tr("The exposure was cut short: the lease or its connection ended.");
        if (exposure.session)
            exposure.session->send(Message::refusal(exposure.id, code, sentence));
        return tellState();
    }
    log("exposure", line);
    Answer answer{exposure.key, {}, {}};
    ArrayFrame frame;
    if (image) {
        frame = ArrayFrame::of(image->image, image->imageQuantity);
        answer.result = frame.header;
        answer.result["title"] = image->title;
    } else {
        const Measurement &first = measured.front();
        QJsonArray values;
        for (const Measurement &one : measured)
            values.append(numberOrNull(one.value));
        if (first.spectrum.size() > 0) {
            Eigen::MatrixXf rows(Eigen::Index(measured.size()), first.spectrum.size());
            for (std::size_t i = 0; i < measured.size(); ++i)
                rows.row(Eigen::Index(i)) = measured[i].spectrum.transpose();
            frame = exposure.method == "spectrum.acquire" ? ArrayFrame::of(first.spectrum, "counts")
                                                          : ArrayFrame::of(rows, "counts");
            answer.result = frame.header;
        } else if (exposure.method == "spectrum.acquire") {
            answer.result["value"] = values.first();
        } else {
            answer.result["values"] = values;
        }
        answer.result["dwell_s"] = first.dwellSeconds;
        answer.result["dose_e_per_A2"] = first.dose;
        answer.result["y_frac"] = (exposure.pixels.front().row + 0.5) / m_limits.rows;
        answer.result["x_frac"] = (exposure.pixels.front().col + 0.5) / m_limits.cols;
    }
    answer.result["key"] = exposure.key;
    answer.result["time_ms"] = QDateTime::currentMSecsSinceEpoch();
    answer.bytes = frame.bytes;
    if (exposure.session) {
        const Message message = Message::answer(exposure.id, answer.result);
        if (frame.bytes.isEmpty())
            exposure.session->send(message);
        else
            exposure.session->send(message, frame.bytes);
    }
    if (!exposure.key.isEmpty() && answer.bytes.size() <= mostRemembered) {
        m_answers.push_back(std::move(answer));
        if (m_answers.size() > rememberedAnswers)
            m_answers.pop_front();
    }
    tellState();
}

} // namespace helmscope
