// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/conformance.h"

#include "base/tr.h"
#include "instrument/protocol/wire.h"
#include "instrument/stage.h"

#include <QJsonArray>
#include <QUuid>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <optional>
#include <thread>

namespace helmscope {

namespace {

using Outcome = ConformanceCheck::Outcome;
constexpr double patience = 10; // s an answer may take
constexpr int checksInAll = 19; // for the progress

class Stop : public Error
{
public:
    Stop()
        : Error(Tr::tr("Stopped.").toStdString())
    {
    }
};

/// The server has not got something optional.
struct Lacking
{
    QString what;
};

double secondsNow()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double median(std::vector<double> numbers)
{
    if (numbers.empty())
        return 0;
    std::nth_element(numbers.begin(), numbers.begin() + std::ptrdiff_t(numbers.size() / 2),
                     numbers.end());
    return numbers[numbers.size() / 2];
}

void demand(bool isSo, const QString &otherwise)
{
    if (!isSo)
        fail(otherwise);
}

/// One server under trial: what is learnt in one check is used in the next.
class Trial
{
public:
    Trial(const InstrumentAddress &address, const QString &token, const Progress &progress)
        : m_progress(progress)
    {
        m_settings.address = address;
        m_settings.token = token;
        m_result.address = address.text();
    }

    Conformance run()
    {
        if (!check(Tr::tr("connects and says hello"), [this] { return greet(); }))
            return m_result;
        const bool isKnown =
            check(Tr::tr("capabilities: name, methods, limits"), [this] { return capabilities(); });
        check(Tr::tr("calibration: pixel size and energies"), [this] { return calibration(); });
        check(Tr::tr("state: beam and lease"), [this] { return state(); });
        check(Tr::tr("refuses what it does not know with -32601"), [this] {
            refuses(*m_one, "no.such.method", {}, {Refusal::NoMethod});
            return QString();
        });
        check(Tr::tr("moves nothing without a lease"), [this] { return needsLease(); });
        const bool hasLease =
            check(Tr::tr("gives one lease, to one owner"), [this] { return oneOwner(); });
        const bool isReady = isKnown && hasLease;
        check(
            Tr::tr("survey image"), [this] { return image(); }, isReady);
        const bool measures = check(
            Tr::tr("spectrum at a pixel"), [this] { return spectrum(); }, isReady);
        check(
            Tr::tr("answers a lost key from memory"), [this] { return memory(); }, measures);
        check(
            Tr::tr("refuses what is outside of its limits"), [this] { return limits(); }, isReady);
        check(
            Tr::tr("several points at once"), [this] { return points(); }, measures);
        check(
            Tr::tr("places the beam"), [this] { return place(); }, isReady);
        check(
            Tr::tr("moves the stage, blanked and within limits"), [this] { return movesStage(); },
            isReady);
        check(
            Tr::tr("blanks the beam after an exposure"), [this] { return blanks(); }, measures);
        check(
            Tr::tr("answers while it measures"), [this] { return answersMeanwhile(); }, measures);
        check(
            Tr::tr("abort ends, blanks, and revokes the lease"), [this] { return aborts(); },
            measures);
        check(
            Tr::tr("blanks and frees when a lease runs out"), [this] { return runsOut(); },
            hasLease);
        check(
            Tr::tr("blanks when a connection is lost"), [this] { return survivesLoss(); },
            hasLease);
        return m_result;
    }

private:
    /// Answers whether it worked.
    bool check(const QString &name, const std::function<QString()> &act, bool isPossible = true)
    {
        if (!m_progress(double(m_result.checks.size()) / checksInAll))
            throw Stop();
        ConformanceCheck made;
        made.name = name;
        const double begin = secondsNow();
        if (!isPossible) {
            made.outcome = Outcome::Skipped;
            made.detail = Tr::tr("what it needs does not work");
        } else {
            try {
                if (m_one && !m_one->isOpen())
                    m_one->open(); // a check before this one may have lost it
                made.detail = act();
            } catch (const Lacking &lacking) {
                made.outcome = Outcome::Missing;
                made.detail = lacking.what;
            } catch (const std::exception &error) {
                made.outcome = Outcome::Wrong;
                made.detail = QString::fromUtf8(error.what());
            }
        }
        made.seconds = secondsNow() - begin;
        m_result.checks << made;
        return made.outcome == Outcome::Works;
    }

    void refuses(Wire &wire, const QString &method, const QJsonObject &params,
                 const QList<Refusal> &codes)
    {
        try {
            wire.call(method, params, patience);
        } catch (const Refused &refused) {
            demand(codes.contains(refused.code()),
                   Tr::tr("'%1' is refused with code %2 instead of %3: %4")
                       .arg(method)
                       .arg(int(refused.code()))
                       .arg(int(codes.first()))
                       .arg(QString::fromUtf8(refused.what())));
            return;
        }
        fail(Tr::tr("'%1' is done although it must be refused (%2).")
                 .arg(method)
                 .arg(int(codes.first())));
    }

    void need(const QString &method) const
    {
        if (!m_methods.contains(method))
            throw Lacking{Tr::tr("the server has no %1").arg(method)};
    }

    QString greet()
    {
        m_one = std::make_unique<Wire>(m_settings);
        const QJsonObject said = m_one->open();
        m_two = std::make_unique<Wire>(m_settings);
        m_two->open();
        m_result.name = said.value("name").toString();
        std::vector<double> times;
        for (int i = 0; i < 20; ++i) {
            const double begin = secondsNow();
            m_one->call("state", {}, patience);
            times.push_back(secondsNow() - begin);
        }
        m_result.answerSeconds = median(times);
        return said.value("server").toString();
    }

    QString capabilities()
    {
        const QJsonObject can = m_one->call("capabilities", {}, patience).result;
        for (const QJsonValue &method : can.value("methods").toArray())
            m_methods << method.toString();
        const QJsonObject may = can.value("limits").toObject();
        m_rows = may.value("rows").toInt();
        m_cols = may.value("cols").toInt();
        m_shortest = may.value("min_dwell_s").toDouble(-1);
        m_longest = may.value("max_dwell_s").toDouble(-1);
        m_firstRow = may.value("first_row").toInt(0);
        m_firstCol = may.value("first_col").toInt(0);
        demand(!can.value("name").toString().isEmpty(), Tr::tr("There is no 'name'."));
        demand(m_rows > 0 && m_cols > 0, Tr::tr("'limits' has no 'rows' and 'cols' above 0."));
        demand(m_shortest >= 0 && m_longest > 0 && m_shortest <= m_longest,
               Tr::tr("'limits' has no 'min_dwell_s' up to 'max_dwell_s'."));
        for (const char *method : {"scan.image", "spectrum.acquire", "scan.abort", "lease.acquire",
                                   "lease.renew", "lease.release", "state", "calibration.get"})
            demand(m_methods.contains(QLatin1String(method)),
                   Tr::tr("'methods' does not name '%1', which every server needs.").arg(method));
        m_answersValues = can.value("answers").toString() == "values";
        return Tr::tr("%1 × %2 pixels, %3 to %4 s")
            .arg(m_rows)
            .arg(m_cols)
            .arg(m_shortest)
            .arg(m_longest);
    }

    QString calibration()
    {
        const QJsonObject known = m_one->call("calibration.get", {}, patience).result;
        m_ratio = known.value("image_ratio").toInt(1);
        const QJsonArray energies = known.value("energy").toObject().value("values").toArray();
        m_channels = int(energies.size());
        for (int i = 1; i < m_channels; ++i)
            demand(energies[i].toDouble() > energies[i - 1].toDouble(),
                   Tr::tr("The energies do not increase at channel %1.").arg(i));
        demand(m_answersValues || m_channels > 0,
               Tr::tr("There are no energies, and 'capabilities' does not say that it answers "
                      "values."));
        demand(known.value("image_pixel_m").toDouble() >= 0,
               Tr::tr("'image_pixel_m' is negative."));
        return Tr::tr("%1 channels").arg(m_channels);
    }

    QString beam(Wire &wire) { return wire.call("state", {}, patience).result["beam"].toString(); }

    QString state()
    {
        const QJsonObject now = m_one->call("state", {}, patience).result;
        const QString where = now.value("beam").toString();
        demand(where == "blanked" || where == "on" || where == "unknown",
               Tr::tr("'beam' is '%1', neither blanked, on nor unknown.").arg(where));
        demand(now.value("lease_owner").isString(), Tr::tr("There is no 'lease_owner'."));
        demand(now.value("lease_owner").toString().isEmpty(),
               Tr::tr("Somebody has the lease (%1): try again when nobody works there.")
                   .arg(now.value("lease_owner").toString()));
        return Tr::tr("beam %1").arg(where);
    }

    QJsonObject spot(double dwell, bool hasKey = false) const
    {
        QJsonObject params{{"lease", m_lease},
                           {"y_frac", (m_firstRow + 0.5) / std::max(1, m_rows)},
                           {"x_frac", (m_firstCol + 0.5) / std::max(1, m_cols)},
                           {"dwell_s", dwell}};
        if (hasKey)
            params["key"] = QUuid::createUuid().toString(QUuid::WithoutBraces);
        return params;
    }
    double dwell(double wanted) const { return std::clamp(wanted, m_shortest, m_longest); }

    QString needsLease()
    {
        refuses(*m_one, "spectrum.acquire", spot(dwell(1e-3)), {Refusal::NoLease});
        refuses(*m_one, "scan.image", {{"lease", "guessed"}}, {Refusal::NoLease});
        if (m_methods.contains("beam.blank"))
            refuses(*m_one, "beam.blank", {{"blanked", false}}, {Refusal::NoLease});
        return {};
    }

    void takeLease(double timeToLive = 30)
    {
        m_lease = m_one
                      ->call("lease.acquire",
                             {{"owner", "Helmscope conformance"}, {"ttl_s", timeToLive}}, patience)
                      .result["lease"]
                      .toString();
        demand(!m_lease.isEmpty(), Tr::tr("The answer has no 'lease'."));
    }

    QString oneOwner()
    {
        takeLease();
        refuses(*m_two, "lease.acquire", {{"owner", "another"}}, {Refusal::LeaseHeld});
        m_one->call("lease.renew", {{"lease", m_lease}}, patience);
        demand(m_one->call("state", {}, patience).result["lease_owner"] == "Helmscope conformance",
               Tr::tr("'state' does not name the owner."));
        m_one->call("lease.release", {{"lease", m_lease}}, patience);
        refuses(*m_one, "lease.renew", {{"lease", m_lease}}, {Refusal::NoLease});
        takeLease();
        return {};
    }

    QString image()
    {
        const Map got = m_one->call("scan.image", {{"lease", m_lease}}, 120).array().map();
        demand(got.rows() == m_rows * m_ratio && got.cols() == m_cols * m_ratio,
               Tr::tr("The image has %1 × %2 pixels instead of %3 × %4.")
                   .arg(got.rows())
                   .arg(got.cols())
                   .arg(m_rows * m_ratio)
                   .arg(m_cols * m_ratio));
        return Tr::tr("%1 × %2 pixels").arg(got.rows()).arg(got.cols());
    }

    void demandSpectrum(const Reply &reply) const
    {
        if (m_answersValues)
            return demand(reply.result.value("value").isDouble(), Tr::tr("There is no 'value'."));
        const Eigen::VectorXf got = reply.array().vector();
        demand(
            got.size() == m_channels,
            Tr::tr("The spectrum has %1 channels instead of %2.").arg(got.size()).arg(m_channels));
    }

    QString spectrum()
    {
        std::vector<double> overheads;
        for (int i = 0; i < 5; ++i) {
            const double wanted = dwell(2e-3), begin = secondsNow();
            demandSpectrum(m_one->call("spectrum.acquire", spot(wanted), wanted + patience));
            overheads.push_back(secondsNow() - begin - wanted);
        }
        m_result.overheadSeconds = std::max(0.0, median(overheads));
        return Tr::tr("%1 ms beyond the dwell").arg(1e3 * m_result.overheadSeconds, 0, 'f', 1);
    }

    QString memory()
    {
        const QJsonObject params = spot(dwell(2e-3), true);
        const Reply first = m_one->call("spectrum.acquire", params, patience);
        const QJsonValue before = m_one->call("state", {}, patience).result["exposures"];
        const Reply again = m_one->call("spectrum.acquire", params, patience);
        const QJsonValue after = m_one->call("state", {}, patience).result["exposures"];
        if (first.bytes != again.bytes || (before.isDouble() && before != after))
            throw Lacking{Tr::tr("the sample is exposed again when an answer is lost")};
        return {};
    }

    QString limits()
    {
        QJsonObject tooLong = spot(10 * m_longest + 1), outside = spot(dwell(1e-3));
        outside["y_frac"] = 1.5;
        refuses(*m_one, "spectrum.acquire", tooLong, {Refusal::Limit, Refusal::Parameters});
        refuses(*m_one, "spectrum.acquire", outside, {Refusal::Parameters, Refusal::Limit});
        return {};
    }

    QString points()
    {
        need("spectrum.points");
        QJsonObject params = spot(dwell(2e-3));
        const QJsonArray point{params.take("y_frac"), params.take("x_frac")};
        params["points"] = QJsonArray{point, point};
        const Reply reply = m_one->call("spectrum.points", params, patience);
        if (m_answersValues)
            demand(reply.result.value("values").toArray().size() == 2,
                   Tr::tr("There are not two 'values'."));
        else
            demand(ArrayFrame::shapeOf(reply.result, 1 << 28) == QList<qint64>{2, m_channels} &&
                       reply.array().floats().size() == std::size_t(2 * m_channels),
                   Tr::tr("The array's shape is not [2, %1].").arg(m_channels));
        return {};
    }

    QString place()
    {
        need("beam.place");
        QJsonObject params = spot(0);
        params.remove("dwell_s");
        m_one->call("beam.place", params, patience);
        return {};
    }

    Stage stageOfServer(Wire &wire)
    {
        const auto stage = stageOf(wire.call("stage.get", {}, patience).result, m_result.name);
        demand(stage.has_value(), Tr::tr("'stage.get' names no axis with a position."));
        return *stage;
    }

    /// A hundredth of its range, and back.
    QString movesStage()
    {
        need("stage.get");
        need("stage.move");
        constexpr double settleSeconds = 120;
        const Stage before = stageOfServer(*m_one);
        const Stage::Axis axis = before.axes.front();
        const QString key = QLatin1String(keyOf(axis.axis));
        const double range = axis.highest - axis.lowest;
        demand(range > 0, Tr::tr("The limits of '%1' leave nowhere to go.").arg(key));
        const double step = axis.position + 0.01 * range <= axis.highest ? 0.01 : -0.01;
        const double target = axis.position + step * range;
        const auto to = [&](double position) {
            return QJsonObject{{"lease", m_lease}, {key, position}};
        };
        QJsonObject stranger = to(target);
        stranger["lease"] = "guessed";
        refuses(*m_one, "stage.move", stranger, {Refusal::NoLease});
        refuses(*m_one, "stage.move", to(axis.highest + range),
                {Refusal::Limit, Refusal::Parameters});
        demand(stageOfServer(*m_two) == before, Tr::tr("The stage moved although it was refused."));
        holdOpen(*m_one);
        const double begin = secondsNow();
        m_one->call("stage.move", to(target), settleSeconds);
        const double took = secondsNow() - begin;
        const QString after = beam(*m_one);
        const double there = stageOfServer(*m_two).position(axis.axis);
        m_one->call("stage.move", to(axis.position), settleSeconds);
        demand(after == "blanked",
               Tr::tr("The beam is '%1' after a move of the stage.").arg(after));
        demand(std::abs(there - target) <= 0.001 * range,
               Tr::tr("The stage is at %1 = %2 instead of %3.").arg(key).arg(there).arg(target));
        return Tr::tr("%1 by %2 in %3 s")
            .arg(nameOf(axis.axis), textOf(axis.axis, step * range))
            .arg(took, 0, 'f', 2);
    }

    QString blanks()
    {
        m_one->call("spectrum.acquire", spot(dwell(2e-3)), patience);
        demand(beam(*m_one) == "blanked",
               Tr::tr("The beam is '%1' between exposures.").arg(beam(*m_one)));
        return {};
    }

    /// The code an exposure ends with; nothing when it is made to its end.
    std::future<std::optional<Refusal>> expose(double wanted)
    {
        return std::async(std::launch::async, [this, wanted]() -> std::optional<Refusal> {
            try {
                m_one->call("spectrum.acquire", spot(wanted), wanted + patience);
            } catch (const Refused &refused) {
                return refused.code();
            }
            return std::nullopt;
        });
    }

    QString answersMeanwhile()
    {
        const double wanted = dwell(0.3);
        auto exposure = expose(wanted);
        std::this_thread::sleep_for(std::chrono::duration<double>(0.2 * wanted));
        const double begin = secondsNow();
        m_two->call("state", {}, patience);
        const double took = secondsNow() - begin;
        demand(!exposure.get(), Tr::tr("The exposure was refused."));
        demand(wanted < 0.05 || took < 0.5 * wanted,
               Tr::tr("A second connection waits for the first one's exposure (%1 s): an abort "
                      "would too.")
                   .arg(took));
        return Tr::tr("after %1 ms").arg(1e3 * took, 0, 'f', 1);
    }

    QString aborts()
    {
        const double wanted = dwell(1);
        auto exposure = expose(wanted);
        std::this_thread::sleep_for(std::chrono::duration<double>(0.2 * wanted));
        const double begin = secondsNow();
        m_two->call("scan.abort", {}, patience);
        m_result.abortSeconds = secondsNow() - begin;
        const std::optional<Refusal> end = exposure.get();
        const double took = secondsNow() - begin;
        demand(wanted < 0.2 || (end && took < 0.5 * wanted),
               Tr::tr("The exposure went on for %1 s after the abort.").arg(took));
        demand(beam(*m_two) == "blanked",
               Tr::tr("The beam is '%1' after an abort.").arg(beam(*m_two)));
        refuses(*m_one, "spectrum.acquire", spot(dwell(1e-3)),
                {Refusal::Aborted, Refusal::NoLease});
        return Tr::tr("answered after %1 ms").arg(1e3 * m_result.abortSeconds, 0, 'f', 1);
    }

    /// Keeps the beam on, where the server can do that.
    void holdOpen(Wire &wire)
    {
        if (!m_methods.contains("beam.blank"))
            return;
        wire.call("beam.blank", {{"lease", m_lease}, {"blanked", false}}, patience);
        demand(beam(*m_two) == "on", Tr::tr("The beam is not on after 'beam.blank' with false."));
    }

    QString runsOut()
    {
        takeLease(0.5);
        holdOpen(*m_one);
        for (const double begin = secondsNow(); secondsNow() < begin + 2;) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            const QJsonObject now = m_two->call("state", {}, patience).result;
            if (now["beam"] == "blanked" && now["lease_owner"] == "")
                return Tr::tr("after %1 s of a lease of 0.5 s")
                    .arg(secondsNow() - begin, 0, 'f', 2);
        }
        fail(Tr::tr("2 s after a lease of 0.5 s the beam is '%1' and the lease still held.")
                 .arg(beam(*m_two)));
    }

    QString survivesLoss()
    {
        takeLease(10);
        holdOpen(*m_one);
        m_one->close();
        const double begin = secondsNow();
        QString now;
        do {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            now = beam(*m_two);
        } while (now != "blanked" && secondsNow() < begin + 2);
        const double took = secondsNow() - begin;
        m_one->open();
        try {
            m_one->call("lease.release", {{"lease", m_lease}}, patience);
        } catch (const Refused &) {
            // A server may end the lease with its connection, as long as the beam is blanked.
        }
        demand(now == "blanked",
               Tr::tr("The beam is '%1' 2 s after the connection was lost.").arg(now));
        return Tr::tr("after %1 ms").arg(1e3 * took, 0, 'f', 0);
    }

    const Progress m_progress;
    Wire::Settings m_settings;
    Conformance m_result;
    std::unique_ptr<Wire> m_one, m_two;
    QStringList m_methods;
    QString m_lease;
    int m_rows = 0, m_cols = 0, m_firstRow = 0, m_firstCol = 0, m_ratio = 1, m_channels = 0;
    double m_shortest = 0, m_longest = 0;
    bool m_answersValues = false;
};

const char *keyOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Works:
        return "works";
    case Outcome::Missing:
        return "missing";
    case Outcome::Wrong:
        return "wrong";
    case Outcome::Skipped:
        break;
    }
    return "skipped";
}

} // namespace

bool Conformance::isWhole() const
{
    return std::none_of(checks.begin(), checks.end(), [](const ConformanceCheck &check) {
        return check.outcome == Outcome::Wrong || check.outcome == Outcome::Skipped;
    });
}

QJsonObject Conformance::toJson() const
{
    QJsonArray list;
    for (const ConformanceCheck &check : checks)
        list.append(QJsonObject{{"name", check.name},
                                {"outcome", keyOf(check.outcome)},
                                {"detail", check.detail},
                                {"seconds", check.seconds}});
    return {{"address", address},
            {"name", name},
            {"conforms", isWhole()},
            {"checks", list},
            {"answerSeconds", answerSeconds},
            {"overheadSeconds", overheadSeconds},
            {"abortSeconds", abortSeconds}};
}

Conformance conform(const InstrumentAddress &address, const QString &token,
                    const Progress &progress)
{
    return Trial(address, token, progress).run();
}

} // namespace helmscope
