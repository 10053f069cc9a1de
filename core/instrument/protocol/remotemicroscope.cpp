// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/remotemicroscope.h"

#include "base/json.h"
#include "base/tr.h"
#include "instrument/noise.h"

#include <QJsonArray>
#include <QSysInfo>
#include <QUuid>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace helmscope {

/// An answer that cannot be meant: the connection is not to be trusted any more.
struct RemoteMicroscope::WrongAnswer : Error
{
    using Error::Error;
};

namespace {

using Clock = std::chrono::steady_clock;

double secondsNow()
{
    return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

QString userAndMachine()
{
    QString user = qEnvironmentVariable("USER", qEnvironmentVariable("USERNAME"));
    if (user.isEmpty())
        user = QStringLiteral("somebody");
    return QStringLiteral("%1@%2").arg(user, QSysInfo::machineHostName());
}

double stricter(double one, double other)
{
    return one > 0 && other > 0 ? std::min(one, other) : std::max(one, other);
}

} // namespace

RemoteMicroscope::RemoteMicroscope(const Settings &settings)
    : m_settings(settings)
    , m_owner(settings.owner.isEmpty() ? userAndMachine() : settings.owner)
{
    Wire::Settings wire;
    wire.address = settings.address;
    wire.token = settings.token;
    wire.connectSeconds = settings.connectSeconds;
    wire.transcript = settings.transcript;
    wire.onNews = [this](const QString &method, const QJsonObject &params) {
        takeNews(false, method, params);
    };
    m_commands = std::make_unique<Wire>(wire);
    wire.onNews = [this](const QString &method, const QJsonObject &params) {
        takeNews(true, method, params);
    };
    m_guard = std::make_unique<Wire>(wire);
    m_commands->open();
    m_guard->open();
    learn();
    m_keeper = std::thread([this] { keepLease(); });
}

RemoteMicroscope::~RemoteMicroscope()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isEnding = true;
    }
    m_changed.notify_all();
    m_guard->cancel(); // it may be waiting for an answer
    m_keeper.join();
    release();
    m_guard.reset(); // they call back
    m_commands.reset();
}

void RemoteMicroscope::release()
{
    QString lease;
    {
        const std::lock_guard lock(m_mutex);
        lease = std::exchange(m_lease, {});
        m_state.isLeaseOurs = false;
        m_hadLease = false;
    }
    try {
        if (!lease.isEmpty() && m_commands->isOpen())
            takeState(m_commands->call("lease.release", {{"lease", lease}}, 1).result);
    } catch (const std::exception &) {
        // It expires by itself, and a lost connection blanks the beam.
    }
}

void RemoteMicroscope::learn()
{
    const QString where = m_settings.address.text();
    const QJsonObject can = m_commands->call("capabilities", {}, m_settings.replySeconds).result;
    const QJsonObject may = can.value("limits").toObject();
    const QJsonObject known =
        m_commands->call("calibration.get", {}, m_settings.replySeconds).result;
    Limits limits;
    constexpr double most = 1e300;
    const auto bound = [&](const char *key) { return number(may, key, 0, 0, most, where); };
    limits.rows = integer(may, "rows", 0, 1, 1 << 16, where);
    limits.cols = integer(may, "cols", 0, 1, 1 << 16, where);
    limits.first = {integer(may, "first_row", 0, 0, 1 << 16, where),
                    integer(may, "first_col", 0, 0, 1 << 16, where)};
    limits.last = {integer(may, "last_row", -1, -1, 1 << 16, where),
                   integer(may, "last_col", -1, -1, 1 << 16, where)};
    limits.minDwellSeconds = bound("min_dwell_s");
    limits.maxDwellSeconds = stricter(bound("max_dwell_s"), m_settings.limits.maxDwellSeconds);
    limits.maxDose = stricter(bound("max_dose_e_per_A2"), m_settings.limits.maxDose);
    limits.maxRateHz = stricter(bound("max_rate_hz"), m_settings.limits.maxRateHz);
    limits.currentA = bound("current_a");
    limits.maxCurrentA = stricter(bound("max_current_a"), m_settings.limits.maxCurrentA);
    EnergyAxis energies;
    const QJsonObject axis = known.value("energy").toObject();
    energies.name = text(axis, "name", {}, where);
    energies.unit = text(axis, "unit", {}, where);
    for (const QJsonValue &energy : axis.value("values").toArray())
        energies.values.push_back(energy.toDouble(std::nan("")));
    if (!energies.values.empty())
        energies.check(Tr::tr("the energies of %1").arg(where));
    if (limits.rows == 0 || limits.cols == 0)
        fail(Tr::tr("%1 does not say what grid of pixels it can measure.").arg(where));
    if (m_limits.rows > 0 &&
        (limits.rows != m_limits.rows || limits.cols != m_limits.cols || energies != m_energies))
        fail(Tr::tr("Another instrument answers at %1 now, or its field or spectrometer was "
                    "changed: the run cannot go on.")
                 .arg(where));
    takeState(m_guard->call("state", {}, m_settings.replySeconds).result);
    if (can.value("methods").toArray().contains("stage.get"))
        takeStage(m_guard->call("stage.get", {}, m_settings.replySeconds).result);
    // Kept as it was learnt first: others read it without a lock. Limits that were made stricter
    // since are held by the server.
    if (m_limits.rows > 0)
        return;
    m_limits = limits;
    m_energies = std::move(energies);
    m_name = text(can, "name", where, where);
    for (const QJsonValue &method : can.value("methods").toArray())
        m_methods << method.toString();
    m_title = text(known, "title", {}, where);
    m_imageQuantity = text(known, "image_quantity", {}, where);
    m_valuesName = text(known, "values_name", {}, where);
    m_imageRatio = integer(known, "image_ratio", 1, 1, 4096, where);
    m_pixelSizeNm = 1e9 * number(known, "image_pixel_m", 0, 0, 1, where);
    m_dosePerSecond = dose(1e12 * limits.currentA, 1, m_pixelSizeNm * m_imageRatio);
}

/// Connected, and with a lease that both connections use.
void RemoteMicroscope::ready()
{
    if (!m_commands->isOpen() || !m_guard->isOpen()) {
        m_commands->close();
        m_guard->close();
        m_commands->open();
        m_guard->open();
        learn(); // what answers may have been started anew
        QString lease;
        {
            const std::lock_guard lock(m_mutex);
            m_state.isConnected = true;
            lease = m_lease;
        }
        if (!lease.isEmpty()) // it lasts a while without us; Refused when it is over
            m_commands->call("lease.renew", {{"lease", lease}}, m_settings.replySeconds);
        if (!lease.isEmpty())
            m_guard->call("lease.renew", {{"lease", lease}}, m_settings.replySeconds);
    }
    takeLease();
}

void RemoteMicroscope::takeLease()
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_lease.isEmpty())
            return;
    }
    const QJsonObject given =
        m_commands
            ->call("lease.acquire", {{"owner", m_owner}, {"ttl_s", m_settings.timeToLive}},
                   m_settings.replySeconds)
            .result;
    const QString lease = given.value("lease").toString();
    if (lease.isEmpty())
        throw WrongAnswer(Tr::tr("%1 gave a lease without its number.").arg(m_name).toStdString());
    m_guard->call("lease.renew", {{"lease", lease}}, m_settings.replySeconds);
    const std::lock_guard lock(m_mutex);
    m_lease = lease;
    m_hadLease = true;
    m_state.isLeaseOurs = true;
    m_state.leaseOwner = m_owner;
    m_changed.notify_all();
}

/// In the keeper's thread, all the microscope's life.
void RemoteMicroscope::keepLease()
{
    std::unique_lock lock(m_mutex);
    const auto time = std::chrono::duration<double>(std::min(m_settings.timeToLive / 3, 2.0));
    while (!m_isEnding) {
        m_changed.wait_for(lock, time, [this] { return m_isEnding; });
        if (m_isEnding || !m_guard->isOpen())
            continue;
        const QString lease = m_lease;
        lock.unlock();
        try {
            if (lease.isEmpty())
                takeState(m_guard->call("state", {}, m_settings.timeToLive).result);
            else
                takeState(
                    m_guard->call("lease.renew", {{"lease", lease}}, m_settings.timeToLive).result);
            if (m_methods.contains(QLatin1String("stage.get"))) // others may move it
                takeStage(m_guard->call("stage.get", {}, m_settings.timeToLive).result);
        } catch (const std::exception &) {
            // The next call that moves something meets it, and says so.
        }
        lock.lock();
    }
}

void RemoteMicroscope::takeNews(bool isGuard, const QString &method, const QJsonObject &params)
{
    if (method == "state" && isGuard)
        return takeState(params);
    if (method != "lost")
        return;
    const std::lock_guard lock(m_mutex);
    m_state.isConnected = false;
    m_state.beam = InstrumentState::Beam::Unknown; // the server blanks it, but who has seen it?
    m_state.trouble = params.value("sentence").toString();
}

void RemoteMicroscope::takeState(const QJsonObject &state)
{
    const std::lock_guard lock(m_mutex);
    const QString beam = state.value("beam").toString();
    m_state.beam = beam == "on"        ? InstrumentState::Beam::On
                   : beam == "blanked" ? InstrumentState::Beam::Blanked
                                       : InstrumentState::Beam::Unknown;
    m_state.leaseOwner = state.value("lease_owner").toString();
    m_state.isLeaseOurs = !m_lease.isEmpty() && m_state.leaseOwner == m_owner;
    m_state.dose = state.value("dose_e_per_A2").toDouble();
    m_state.electrons = state.value("electrons").toDouble();
    m_state.exposures = state.value("exposures").toInt();
}

InstrumentState RemoteMicroscope::state() const
{
    const std::lock_guard lock(m_mutex);
    return m_state;
}

QList<Capability> RemoteMicroscope::capabilities() const
{
    QList<Capability> list = Microscope::capabilities();
    const auto add = [&](const QString &name, const QString &method, const QString &detail) {
        const bool isThere = m_methods.contains(method);
        list << Capability{name, isThere,
                           isThere ? detail : Tr::tr("the server has no %1").arg(method)};
    };
    add(Tr::tr("Place the beam"), "beam.place", {});
    add(Tr::tr("Blank the beam"), "beam.blank", {});
    add(Tr::tr("Several points at once"), "spectrum.points", {});
    add(Tr::tr("Settings"), "params.set", {});
    const auto limit = [&](const QString &name, double value, const QString &unit) {
        list << Capability{name, value > 0,
                           value > 0 ? QStringLiteral("%1 %2").arg(value).arg(unit)
                                     : Tr::tr("none set")};
    };
    limit(Tr::tr("Limit of dose"), m_limits.maxDose, "e⁻/Å²");
    limit(Tr::tr("Limit of exposures"), m_limits.maxRateHz, "/s");
    limit(Tr::tr("Limit of current"), m_limits.maxCurrentA * 1e12, "pA");
    return list;
}

void RemoteMicroscope::refuseAborted() const
{
    const std::lock_guard lock(m_mutex);
    if (m_state.isAborted)
        fail(Tr::tr("%1 was aborted: allow it again before the next measurement.").arg(m_name));
}

void RemoteMicroscope::pause(double seconds, const QString &why)
{
    const double until = secondsNow() + seconds;
    std::unique_lock lock(m_mutex);
    m_state.trouble = why;
    while (secondsNow() < until && !m_state.isAborted) {
        m_changed.wait_for(lock, std::chrono::milliseconds(
                                     int(1000 * std::clamp(until - secondsNow(), 0.001, 0.05))));
        lock.unlock();
        const bool goesOn = !m_patience || m_patience();
        lock.lock();
        if (!goesOn)
            fail(Tr::tr("Gave up waiting for %1: %2").arg(m_name, why));
    }
}

/// Does what needs connection and lease, as often as it takes. What the instrument refuses for good
/// is thrown.
template <class Act>
auto RemoteMicroscope::enduring(Act act) -> decltype(act())
{
    constexpr int mostWrong = 5;
    const double begin = secondsNow();
    double wait = m_settings.firstPause;
    for (int wrong = 0;;) {
        refuseAborted();
        QString why;
        try {
            ready();
            auto result = act();
            const std::lock_guard lock(m_mutex);
            m_state.trouble.clear();
            return result;
        } catch (const ConnectionLost &lost) {
            why = QString::fromUtf8(lost.what());
        } catch (const WrongAnswer &error) {
            if (++wrong >= mostWrong)
                throw;
            m_commands->close();
            why = QString::fromUtf8(error.what());
        } catch (const Refused &refused) {
            why = QString::fromUtf8(refused.what());
            const std::lock_guard lock(m_mutex);
            switch (refused.code()) {
            case Refusal::NoLease:
                m_lease.clear();
                m_state.isLeaseOurs = false;
                break;
            case Refusal::LeaseHeld:
                if (!m_hadLease) // nothing has begun: a person should know at once
                    throw;
                break;
            case Refusal::Busy:
            case Refusal::Rate:
                break;
            case Refusal::Aborted: // by somebody else
                m_state.isAborted = true;
                m_state.isLeaseOurs = false;
                m_lease.clear();
                throw;
            default:
                throw;
            }
        }
        refuseAborted();
        if (!m_patience && secondsNow() - begin > m_settings.longestWait)
            fail(Tr::tr("Gave up waiting for %1: %2").arg(m_name, why));
        pause(wait, why);
        wait = std::min(2 * wait, m_settings.longestPause);
    }
}

Dataset RemoteMicroscope::survey(const Progress &progress)
{
    progress(0);
    constexpr double scanSeconds = 120;
    Dataset survey = enduring([&] {
        QString lease;
        {
            const std::lock_guard lock(m_mutex);
            lease = m_lease;
        }
        const Reply reply = m_commands->call("scan.image", {{"lease", lease}},
                                             scanSeconds + m_settings.replySeconds);
        Dataset made;
        try {
            made.image = reply.array().map();
        } catch (const Error &error) {
            throw WrongAnswer(error.what());
        }
        if (made.image.rows() != m_limits.rows * m_imageRatio ||
            made.image.cols() != m_limits.cols * m_imageRatio)
            throw WrongAnswer(Tr::tr("%1 sent an image of %2 × %3 pixels; %4 × %5 were expected.")
                                  .arg(m_name)
                                  .arg(made.image.rows())
                                  .arg(made.image.cols())
                                  .arg(m_limits.rows * m_imageRatio)
                                  .arg(m_limits.cols * m_imageRatio)
                                  .toStdString());
        return made;
    });
    survey.title = m_title.isEmpty() ? m_name : m_title;
    survey.imageQuantity = m_imageQuantity;
    survey.imageRatio = m_imageRatio;
    survey.pixelSizeNm = m_pixelSizeNm;
    survey.valuesName = m_valuesName;
    progress(1);
    return survey;
}

void RemoteMicroscope::waitForRate()
{
    if (m_limits.maxRateHz <= 0)
        return;
    const std::size_t most = std::size_t(std::max(1.0, std::floor(m_limits.maxRateHz)));
    const double window = std::max(1.0, 1 / m_limits.maxRateHz);
    while (!m_times.empty() && m_times.front() <= secondsNow() - window)
        m_times.pop_front();
    if (m_times.size() >= most)
        pause(m_times[m_times.size() - most] + window - secondsNow(), {});
    m_times.push_back(secondsNow());
}

Measurement RemoteMicroscope::measure(Pixel pixel, double dwellSeconds)
{
    refuseAborted();
    checkLimits(m_name, m_limits, pixel, dwellSeconds);
    const double gridPixelNm = m_pixelSizeNm * m_imageRatio;
    checkDose(m_name, m_limits, pixel, m_dose.at(pixel, stage(), gridPixelNm),
              m_dosePerSecond * dwellSeconds);
    waitForRate();
    const QString key = QUuid::createUuid().toString(QUuid::WithoutBraces);
    const Measurement measurement = enduring([&] {
        QJsonObject params{{"y_frac", (pixel.row + 0.5) / m_limits.rows},
                           {"x_frac", (pixel.col + 0.5) / m_limits.cols},
                           {"dwell_s", dwellSeconds},
                           {"key", key}};
        {
            const std::lock_guard lock(m_mutex);
            params["lease"] = m_lease;
        }
        const Reply reply =
            m_commands->call("spectrum.acquire", params, dwellSeconds + m_settings.replySeconds);
        const QJsonObject &said = reply.result;
        Measurement made;
        made.dwellSeconds = said.value("dwell_s").toDouble(dwellSeconds);
        made.dose = said.value("dose_e_per_A2").toDouble();
        made.value = said.value("value").toDouble(std::nan(""));
        if (const QJsonValue echo = said.value("key");
            !echo.isUndefined() && echo != QJsonValue(key))
            throw WrongAnswer(Tr::tr("%1 answered another measurement than was asked for.")
                                  .arg(m_name)
                                  .toStdString());
        if (m_energies.channels() > 0) {
            try {
                made.spectrum = reply.array().vector();
            } catch (const Error &error) {
                throw WrongAnswer(error.what());
            }
            if (made.spectrum.size() != m_energies.channels())
                throw WrongAnswer(Tr::tr("%1 sent a spectrum of %2 channels; %3 were expected.")
                                      .arg(m_name)
                                      .arg(made.spectrum.size())
                                      .arg(m_energies.channels())
                                      .toStdString());
            made.value = std::nan("");
        } else if (!said.contains("value")) {
            throw WrongAnswer(Tr::tr("%1 sent no value.").arg(m_name).toStdString());
        }
        return made;
    });
    m_dose.add(pixel, stage(), gridPixelNm, measurement.dose);
    return measurement;
}

void RemoteMicroscope::takeStage(const QJsonObject &stage)
{
    const std::optional<Stage> now = stageOf(stage, m_settings.address.text());
    const std::lock_guard lock(m_mutex);
    m_stage = now;
}

std::optional<Stage> RemoteMicroscope::stage() const
{
    const std::lock_guard lock(m_mutex);
    return m_methods.contains(QLatin1String("stage.move")) ? m_stage : std::nullopt;
}

Stage RemoteMicroscope::moveStage(const StageTarget &target)
{
    constexpr double moveSeconds = 120;
    refuseAborted();
    const std::optional<Stage> before = stage();
    if (!before)
        return Microscope::moveStage(target); // says that there is none
    checkStage(m_name, *before, target);
    // Absolute: asked again after an answer that was lost, it moves nothing twice.
    takeStage(enduring([&] {
        QJsonObject params;
        for (const auto &[axis, position] : target)
            params[QLatin1String(keyOf(axis))] = position;
        {
            const std::lock_guard lock(m_mutex);
            params["lease"] = m_lease;
        }
        const QJsonObject said =
            m_commands->call("stage.move", params, moveSeconds + m_settings.replySeconds).result;
        if (!stageOf(said, m_name))
            throw WrongAnswer(
                Tr::tr("%1 does not say where its stage is.").arg(m_name).toStdString());
        return said;
    }));
    return *stage();
}

void RemoteMicroscope::abort()
{
    // First of all onto the wire: it waits for nobody there.
    (m_guard->isOpen() ? m_guard : m_commands)->send("scan.abort", {});
    {
        const std::lock_guard lock(m_mutex);
        m_state.isAborted = true;
        m_state.isLeaseOurs = false;
        m_lease.clear(); // the server ends it as well
    }
    m_changed.notify_all();
    m_commands->cancel();
}

void RemoteMicroscope::resume()
{
    const std::lock_guard lock(m_mutex);
    m_state.isAborted = false;
    m_state.trouble.clear();
}

} // namespace helmscope
