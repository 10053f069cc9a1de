// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/service.h"

#include "base/tr.h"
#include "instrument/protocol/session.h"

#include <QCryptographicHash>
#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr int protocolVersion = 1;
const QStringList methods{"hello",           "capabilities", "calibration.get", "state",
                          "lease.acquire",   "lease.renew",  "lease.release",   "scan.image",
                          "scan.abort",      "beam.place",   "beam.blank",      "spectrum.acquire",
                          "spectrum.points", "params.get",   "params.set"};

/// The stricter of two limits of which 0 means none.
double stricter(double one, double other)
{
    return one > 0 && other > 0 ? std::min(one, other) : std::max(one, other);
}

Limits stricter(Limits can, const Limits &may)
{
    can.minDwellSeconds = std::max(can.minDwellSeconds, may.minDwellSeconds);
    can.maxDwellSeconds = stricter(can.maxDwellSeconds, may.maxDwellSeconds);
    can.first = {std::max(can.first.row, may.first.row), std::max(can.first.col, may.first.col)};
    const auto last = [](int one, int other) {
        return one >= 0 && other >= 0 ? std::min(one, other) : std::max(one, other);
    };
    can.last = {last(can.last.row, may.last.row), last(can.last.col, may.last.col)};
    can.maxDose = stricter(can.maxDose, may.maxDose);
    can.maxRateHz = stricter(can.maxRateHz, may.maxRateHz);
    can.maxCurrentA = stricter(can.maxCurrentA, may.maxCurrentA);
    if (may.currentA > 0)
        can.currentA = may.currentA;
    return can;
}

/// Compared in a time that says nothing about how much of it was right.
bool isSameSecret(const QString &one, const QString &other)
{
    const auto hash = [](const QString &text) {
        return QCryptographicHash::hash(text.toUtf8(), QCryptographicHash::Sha256);
    };
    const QByteArray a = hash(one), b = hash(other);
    int difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

} // namespace

Service::Service(std::unique_ptr<Microscope> microscope, const ServiceSettings &settings)
    : m_microscope(std::move(microscope))
    , m_token(settings.token)
    , m_log(settings.logFile)
    , m_survey(m_microscope->survey(unwatched()))
    , m_limits(stricter(m_microscope->limits(), settings.limits))
{
    if (const std::optional<Stage> stage = m_microscope->stage())
        m_stage = withTravel(*stage, settings.maxTravelM);
    m_clock.start();
    m_survey.spectra = {};
    m_survey.values = {};
    m_expiry.setSingleShot(true);
    connect(&m_expiry, &QTimer::timeout, this, [this] {
        const QString owner = m_lease.owner();
        if (!m_lease.expire(now()))
            return watchLease();
        log("lease", {{"what", "expired"}, {"owner", owner}});
        stop(Refusal::NoLease);
        m_users.clear();
        tellState();
    });
    m_thread.setObjectName("instrument");
    m_hand.moveToThread(&m_thread);
    m_thread.start();
    log("start", {{"name", m_microscope->name()}});
}

Service::~Service()
{
    stop(Refusal::NoLease);
    m_thread.quit();
    m_thread.wait();
}

void Service::log(const QString &event, QJsonObject what)
{
    what["beam"] = m_isBeamOn ? "on" : "blanked";
    what["lease_owner"] = m_lease.owner();
    m_log.write(event, std::move(what));
}

void Service::greet(Session *session)
{
    m_sessions.insert(session);
    log("session", {{"what", "opened"}, {"session", session->number()}, {"peer", session->peer()}});
}

void Service::lose(Session *session)
{
    m_sessions.remove(session);
    log("session", {{"what", "lost"}, {"session", session->number()}});
    if (!m_users.remove(session) || !m_lease.isHeld())
        return;
    // The owner may come back while the lease lasts; until then the sample gets nothing.
    stop(Refusal::NoLease);
    tellState();
}

void Service::handle(Session *session, const Message &request)
{
    const bool isRequest = request.kind == Message::Kind::Request;
    if (!isRequest && request.kind != Message::Kind::Notification)
        return;
    QJsonObject line{{"session", session->number()},
                     {"method", request.method.left(64)},
                     {"params", CommandLog::withoutSecrets(request.params)}};
    const auto refuse = [&](Refusal code, const QString &sentence) {
        line["refused"] = int(code);
        line["sentence"] = sentence;
        log("command", line);
        if (isRequest)
            session->send(Message::refusal(request.id, code, sentence));
    };
    try {
        if (!session->isWelcome() && request.method != "hello")
            throw Refused(Refusal::Token, Tr::tr("Say hello first."));
        const bool isMove = request.method == "stage.move" && m_stage;
        if (isMove || request.method == "spectrum.acquire" || request.method == "spectrum.points" ||
            request.method == "scan.image") {
            if (!isRequest)
                throw Refused(Refusal::Invalid, Tr::tr("'%1' needs an id.").arg(request.method));
            checkLease(session, request.params);
            log("command", line);
            expose(session, request);
            return;
        }
        const QJsonObject result = answer(session, request);
        log("command", line);
        if (isRequest)
            session->send(Message::answer(request.id, result));
    } catch (const Refused &refused) {
        refuse(refused.code(), QString::fromUtf8(refused.what()));
        if (refused.code() == Refusal::Token)
            session->close();
    } catch (const Error &error) { // outside of what may be done
        refuse(Refusal::Limit, QString::fromUtf8(error.what()));
    }
}

QJsonObject Service::answer(Session *session, const Message &request)
{
    const QString &method = request.method;
    if (method == "hello")
        return hello(session, request.params);
    if (method == "capabilities")
        return capabilities();
    if (method == "calibration.get")
        return calibration();
    if (method == "state")
        return state();
    if (method.startsWith("lease."))
        return useLease(session, method, request.params);
    if (method == "scan.abort") {
        // From anybody: it can only make things safer.
        stop(Refusal::Aborted);
        m_lease.revoke();
        m_users.clear();
        watchLease();
        tellState();
        return state();
    }
    if (method == "beam.place" || method == "beam.blank") {
        // To blank is allowed to anybody as well.
        if (method == "beam.place" || !request.params.value("blanked").toBool(false))
            checkLease(session, request.params);
        return moveBeam(method, request.params);
    }
    if (method == "stage.get" && m_stage) {
        if (const std::optional<Stage> known = m_microscope->stage()) // moved at its own console?
            for (Stage::Axis &axis : m_stage->axes)
                axis.position = known->position(axis.axis);
        return stageMessage(*m_stage);
    }
    if (method == "params.set")
        checkLease(session, request.params);
    if (method == "params.get" || method == "params.set")
        return parameters(method, request.params);
    throw Refused(Refusal::NoMethod,
                  Tr::tr("%1 has no method '%2'.").arg(m_microscope->name(), method.left(64)));
}

QJsonObject Service::hello(Session *session, const QJsonObject &params)
{
    if (!m_token.isEmpty() && !isSameSecret(params.value("token").toString(), m_token))
        throw Refused(Refusal::Token,
                      params.contains("token")
                          ? Tr::tr("The token is not the one this instrument asks for.")
                          : Tr::tr("This instrument asks for a token."));
    if (const int version = params.value("protocol").toInt(protocolVersion); version < 1)
        throw Refused(Refusal::Parameters,
                      Tr::tr("There is no version %1 of the protocol.").arg(version));
    session->welcome(params.value("news").toBool(false));
    return {{"protocol", protocolVersion},
            {"server", "Helmscope " HELMSCOPE_VERSION},
            {"name", m_microscope->name()},
            {"session", session->number()}};
}

QJsonObject Service::capabilities() const
{
    const bool hasSpectra = m_microscope->energies().channels() > 0;
    const int lastRow = m_limits.last.row < 0 ? m_limits.rows - 1 : m_limits.last.row;
    const int lastCol = m_limits.last.col < 0 ? m_limits.cols - 1 : m_limits.last.col;
    const QStringList moving = m_stage ? QStringList{"stage.get", "stage.move"} : QStringList();
    return {{"name", m_microscope->name()},
            {"methods", QJsonArray::fromStringList(methods + moving)},
            {"answers", hasSpectra ? "spectra" : "values"},
            {"limits", QJsonObject{{"rows", m_limits.rows},
                                   {"cols", m_limits.cols},
                                   {"first_row", m_limits.first.row},
                                   {"first_col", m_limits.first.col},
                                   {"last_row", lastRow},
                                   {"last_col", lastCol},
                                   {"min_dwell_s", m_limits.minDwellSeconds},
                                   {"max_dwell_s", m_limits.maxDwellSeconds},
                                   {"max_dose_e_per_A2", m_limits.maxDose},
                                   {"max_rate_hz", m_limits.maxRateHz},
                                   {"current_a", m_limits.currentA},
                                   {"max_current_a", m_limits.maxCurrentA}}}};
}

QJsonObject Service::calibration() const
{
    const EnergyAxis energies = m_microscope->energies();
    QJsonArray values;
    for (const double energy : energies.values)
        values.append(energy);
    return {{"title", m_survey.title},
            {"image_quantity", m_survey.imageQuantity},
            {"image_ratio", m_survey.imageRatio},
            {"image_pixel_m", m_survey.pixelSizeNm * 1e-9},
            {"values_name", m_survey.valuesName},
            {"energy",
             QJsonObject{{"name", energies.name}, {"unit", energies.unit}, {"values", values}}}};
}

QJsonObject Service::state() const
{
    return {{"beam", m_isBeamOn ? "on" : "blanked"},
            {"lease_owner", m_lease.owner()},
            {"is_busy", m_exposure.has_value()},
            {"dose_e_per_A2", m_dose.most()},
            {"electrons", m_electrons},
            {"exposures", m_exposures},
            {"y_frac", m_yFraction},
            {"x_frac", m_xFraction}};
}

QJsonObject Service::useLease(Session *session, const QString &method, const QJsonObject &params)
{
    const QString id = params.value("lease").toString();
    if (method == "lease.acquire") {
        const QString owner = params.value("owner").toString().simplified().left(100);
        if (owner.isEmpty())
            throw Refused(Refusal::Parameters, Tr::tr("A lease needs the name of its 'owner'."));
        const QString made = m_lease.acquire(owner, params.value("ttl_s").toDouble(5), now());
        m_users = {session};
        watchLease();
        log("lease", {{"what", "acquired"}, {"lease", made.left(8)}, {"owner", owner}});
        tellState();
        return {{"lease", made}, {"owner", owner}, {"ttl_s", m_lease.timeToLive()}};
    }
    if (method == "lease.renew") {
        m_lease.renew(id, now());
        m_users.insert(session);
        watchLease();
        QJsonObject result = state();
        result["ttl_s"] = m_lease.timeToLive();
        return result;
    }
    if (method == "lease.release") {
        m_lease.release(id, now());
        log("lease", {{"what", "released"}, {"lease", id.left(8)}});
        stop(Refusal::NoLease);
        m_users.clear();
        watchLease();
        tellState();
        return state();
    }
    throw Refused(Refusal::NoMethod, Tr::tr("There is no method '%1'.").arg(method.left(64)));
}

void Service::checkLease(Session *session, const QJsonObject &params)
{
    m_lease.check(params.value("lease").toString(), now());
    m_users.insert(session);
}

void Service::watchLease()
{
    if (m_lease.isHeld())
        m_expiry.start(std::max(1, int(std::ceil(1000 * m_lease.remaining(now())))));
    else
        m_expiry.stop();
}

Pixel Service::pixelAt(double y, double x) const
{
    if (!(y >= 0 && y < 1 && x >= 0 && x < 1))
        throw Refused(
            Refusal::Parameters,
            Tr::tr("y_frac and x_frac go from 0 to below 1, not %1 and %2.").arg(y).arg(x));
    return {int(y * m_limits.rows), int(x * m_limits.cols)};
}

QJsonObject Service::moveBeam(const QString &method, const QJsonObject &params)
{
    if (method == "beam.place") {
        const double y = params.value("y_frac").toDouble(-1);
        const double x = params.value("x_frac").toDouble(-1);
        checkLimits(m_microscope->name(), m_limits, pixelAt(y, x), m_limits.minDwellSeconds);
        m_yFraction = y;
        m_xFraction = x;
        return state();
    }
    if (!params.value("blanked").isBool())
        throw Refused(Refusal::Parameters, Tr::tr("'blanked' is true or false."));
    const bool isMoving = m_exposure && !m_exposure->target.empty();
    if (isMoving && !params.value("blanked").toBool())
        throw Refused(Refusal::Busy, Tr::tr("The stage moves: the beam stays blanked."));
    m_isHeldOpen = !params.value("blanked").toBool();
    if (m_isHeldOpen)
        setBeam(true, "asked for");
    else if (!m_exposure || isMoving)
        setBeam(false, "asked for");
    else
        stop(Refusal::Aborted);
    tellState();
    return state();
}

QJsonObject Service::parameters(const QString &method, const QJsonObject &params)
{
    if (method == "params.set")
        for (auto it = params.begin(); it != params.end(); ++it) {
            if (it.key() == "lease")
                continue;
            if (it.key() != "dwell_s")
                throw Refused(
                    Refusal::Parameters,
                    Tr::tr("%1 cannot change '%2'.").arg(m_microscope->name(), it.key().left(64)));
            checkLimits(m_microscope->name(), m_limits, m_limits.first, it->toDouble(-1));
            m_dwellSeconds = it->toDouble();
        }
    return {{"dwell_s", m_dwellSeconds}, {"current_a", m_limits.currentA}};
}

void Service::setBeam(bool isOn, const QString &why)
{
    if (m_isBeamOn == isOn)
        return;
    m_isBeamOn = isOn;
    log("beam", {{"what", isOn ? "on" : "blanked"}, {"why", why}});
}

void Service::tellState()
{
    const Message news = Message::notification("state", state());
    const QSet<Session *> sessions = m_sessions;
    for (Session *session : sessions)
        if (session->wantsNews())
            session->send(news);
}

} // namespace helmscope
