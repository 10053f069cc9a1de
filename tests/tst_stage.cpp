// SPDX-License-Identifier: GPL-3.0-or-later
// The stage: of the simulated microscope, and of one on the loopback.
#include "instrumentfixtures.h"

#include "instrument/protocol/wire.h"
#include "instrument/sampledose.h"
#include "instrument/simulator.h"
#include "instrument/watchedmicroscope.h"
#include "sentence.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <future>

using namespace helmscope;

namespace {

Simulator::Settings quiet()
{
    Simulator::Settings settings;
    settings.sample = NanocubesSettings{.rows = 48, .cols = 64, .channels = 32};
    settings.imageNoise = 0;
    settings.hasShotNoise = false;
    return settings;
}

/// A client that does as it is told.
struct Caller
{
    explicit Caller(int port)
    {
        Wire::Settings settings;
        settings.address = onLoopback(port);
        wire = std::make_unique<Wire>(settings);
        wire->open();
    }
    QJsonObject call(const QString &method, const QJsonObject &params = {})
    {
        return wire->call(method, params, 10).result;
    }
    int refusal(const QString &method, const QJsonObject &params)
    {
        try {
            wire->call(method, params, 10);
        } catch (const Refused &refused) {
            return int(refused.code());
        }
        return 0;
    }
    QString lease()
    {
        return call("lease.acquire", {{"owner", "caller"}, {"ttl_s", 5}})["lease"].toString();
    }
    std::unique_ptr<Wire> wire;
};

std::unique_ptr<ClosedForm> slow(double seconds)
{
    auto made = std::make_unique<ClosedForm>();
    made->stageSeconds = seconds;
    return made;
}

} // namespace

class TestStage : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    InstrumentServer::Settings logging(const char *name) const
    {
        InstrumentServer::Settings settings;
        settings.service.logFile = log(name);
        return settings;
    }
    QString log(const char *name) const { return m_folder.filePath(QString(name) + ".jsonl"); }

private Q_SLOTS:
    void theSimulatedFieldMovesWithTheStage()
    {
        Simulator simulator(quiet());
        const Map home = simulator.survey(unwatched()).image;
        const Eigen::VectorXf spectrum = simulator.measure({20, 10}, 0.01).spectrum;
        const double size = 1e-9 * quiet().sample.pixelSizeNm;
        const Stage there =
            simulator.moveStage({{StageAxis::X, 16 * size}, {StageAxis::Y, -4 * size}});
        QCOMPARE(there, *simulator.stage());
        QVERIFY(std::abs(there.position(StageAxis::X) - 16 * size) < 1e-15);
        const Map moved = simulator.survey(unwatched()).image;
        // The sample is 16 pixels further right and 4 further up; floats are rounded elsewhere.
        double worst = 0;
        for (int row = 4; row < 48; ++row)
            for (int col = 0; col < 48; ++col)
                worst =
                    std::max(worst, double(std::abs(moved(row - 4, col + 16) - home(row, col))));
        QVERIFY2(worst < 1e-3, qPrintable(QString::number(worst)));
        QVERIFY((moved.leftCols(16) > 0.3f).any()); // there is sample beyond the first field
        QVERIFY((simulator.measure({16, 26}, 0.01).spectrum - spectrum).norm() <
                1e-3 * spectrum.norm());
        QVERIFY(((simulator.groundTruth()->image - moved).abs() < 1e-6f).all());
        simulator.moveStage({{StageAxis::X, 0}, {StageAxis::Y, 0}});
        QVERIFY((simulator.survey(unwatched()).image == home).all());
    }

    void theSampleGoesOnForAField()
    {
        Simulator::Settings settings = quiet();
        settings.sample.vacuumFraction = 0; // cubes everywhere
        Simulator simulator(settings);
        for (const double way : {-1., 1.})
            for (const StageAxis axis : {StageAxis::X, StageAxis::Y}) {
                const double end = simulator.stage()->find(axis)->highest;
                simulator.moveStage({{StageAxis::X, 0}, {StageAxis::Y, 0}});
                simulator.moveStage({{axis, way * end}});
                const Map there = simulator.survey(unwatched()).image;
                QVERIFY((there.topLeftCorner(16, 16) > 0.3f).any());
                QVERIFY((there.bottomRightCorner(16, 16) > 0.3f).any());
            }
    }

    void whatIsOutsideItsLimitsIsRefused()
    {
        Simulator simulator(quiet());
        const auto move = [&](StageAxis axis, double to) {
            return sentenceOf([&] { simulator.moveStage({{axis, to}}); });
        };
        QVERIFY(move(StageAxis::X, 1e-6).contains("may not go to x"));
        QVERIFY(move(StageAxis::Y, std::nan("")).contains("may not go to y"));
        QVERIFY(move(StageAxis::Z, 0).contains("cannot be moved along z"));
        QVERIFY(sentenceOf([&] { simulator.moveStage({}); }).contains("not told where"));
        simulator.abort();
        QVERIFY(move(StageAxis::X, 0).contains("aborted"));
        simulator.resume();
        QVERIFY(move(StageAxis::X, 1e-9).isEmpty());
        QVERIFY(std::abs(simulator.stage()->position(StageAxis::X) - 1e-9) < 1e-15);
    }

    void aStageOnTheNetworkMoves()
    {
        {
            ServedInstrument served(std::make_unique<ClosedForm>(), logging("moves"));
            RemoteMicroscope remote(clientOf(served.port()));
            QCOMPARE(remote.stage()->axes.size(), 3u);
            const Stage there = remote.moveStage({{StageAxis::X, 2e-9}, {StageAxis::Y, -1e-9}});
            QVERIFY(std::abs(there.position(StageAxis::X) - 2e-9) < 1e-15);
            QVERIFY(std::abs(remote.stage()->position(StageAxis::Y) + 1e-9) < 1e-15);
            QCOMPARE(remote.measure({3, 4}, 1e-3).spectrum[1], ClosedForm::at({4, 2}, 1));
            QCOMPARE(remote.survey(unwatched()).image(5, 5), ClosedForm::at({6, 3}, 0));
            // Others see it too, before long.
            RemoteMicroscope other(clientOf(served.port()));
            QVERIFY(std::abs(other.stage()->position(StageAxis::X) - 2e-9) < 1e-15);
            remote.moveStage({{StageAxis::Alpha, -3}});
            QTRY_COMPARE(other.stage()->position(StageAxis::Alpha), -3.);
        }
        const QList<QJsonObject> lines = logLines(log("moves"));
        QCOMPARE(objectionsTo(lines), QStringList());
        int moves = 0;
        for (const QJsonObject &line : lines)
            if (line["event"] == "stage") {
                ++moves;
                QCOMPARE(line["what"].toString(), QString("moved"));
                QCOMPARE(line["beam"].toString(), QString("blanked"));
                QVERIFY(line["stage"].toObject().contains("x_m"));
                QVERIFY(!line["lease"].toString().isEmpty());
            }
        QCOMPARE(moves, 2);
    }

    void limitsAreHeldOnBothSides()
    {
        InstrumentServer::Settings settings;
        settings.service.maxTravelM = 1e-8;
        ServedInstrument served(std::make_unique<ClosedForm>(), settings);
        {
            RemoteMicroscope remote(clientOf(served.port()));
            QCOMPARE(remote.stage()->find(StageAxis::X)->highest, 1e-8);
            QCOMPARE(remote.stage()->find(StageAxis::Alpha)->highest, 30.); // no travel
            const QString said = sentenceOf([&] { remote.moveStage({{StageAxis::X, 2e-8}}); });
            QVERIFY2(said.contains("may not go to x = 20.0 nm"), qPrintable(said));
            QVERIFY(!remote.state().isLeaseOurs); // not even asked
        }
        Caller caller(served.port());
        const QString lease = caller.lease();
        const auto code = [&](const QJsonObject &wish) {
            QJsonObject params = wish;
            params["lease"] = lease;
            return caller.refusal("stage.move", params);
        };
        QCOMPARE(code({{"x_m", 2e-8}}), int(Refusal::Limit));
        QCOMPARE(code({{"x_m", 1e-9}, {"y_m", 1}}), int(Refusal::Limit)); // all or nothing
        QCOMPARE(code({{"z_m", 0}}), int(Refusal::Limit));
        QCOMPARE(code({{"x_m", "left"}}), int(Refusal::Parameters));
        QCOMPARE(code({}), int(Refusal::Parameters));
        QCOMPARE(caller.refusal("stage.move", {{"x_m", 1e-9}}), int(Refusal::NoLease));
        QCOMPARE(caller.call("stage.get")["x_m"].toDouble(-1), 0.);
        QCOMPARE(code({{"x_m", 1e-8}}), 0);
    }

    void theBeamIsBlankedWhileItMoves()
    {
        ServedInstrument served(slow(0.5), logging("blanked"));
        Caller caller(served.port()), guard(served.port());
        const QString lease = caller.lease();
        caller.call("beam.blank", {{"lease", lease}, {"blanked", false}});
        QCOMPARE(guard.call("state")["beam"].toString(), QString("on"));
        auto move = std::async(std::launch::async, [&] {
            return caller.call("stage.move", {{"lease", lease}, {"x_m", 1e-9}});
        });
        QTRY_VERIFY(guard.call("state")["is_busy"].toBool());
        QCOMPARE(guard.call("state")["beam"].toString(), QString("blanked"));
        QCOMPARE(guard.refusal("beam.blank", {{"lease", lease}, {"blanked", false}}),
                 int(Refusal::Busy));
        QCOMPARE(guard.refusal("spectrum.acquire", {{"lease", lease}, {"dwell_s", 0.001}}),
                 int(Refusal::Busy));
        guard.call("beam.blank", {{"blanked", true}}); // it is, and the move goes on
        QCOMPARE(move.get()["x_m"].toDouble(), 1e-9);
        QCOMPARE(guard.call("state")["beam"].toString(), QString("blanked"));
    }

    void anAbortEndsTheMove()
    {
        ServedInstrument served(slow(8), logging("aborted"));
        RemoteMicroscope remote(clientOf(served.port()));
        Caller guard(served.port());
        auto move = std::async(std::launch::async, [&] {
            return sentenceOf([&] { remote.moveStage({{StageAxis::X, 1e-9}}); });
        });
        QTRY_VERIFY(guard.call("state")["is_busy"].toBool());
        QElapsedTimer clock;
        clock.start();
        remote.abort();
        QVERIFY(!move.get().isEmpty());
        QVERIFY(clock.elapsed() < 5000);
        QTRY_VERIFY(!guard.call("state")["is_busy"].toBool());
        QCOMPARE(guard.call("stage.get")["x_m"].toDouble(-1), 0.);
        QVERIFY(sentenceOf([&] { remote.moveStage({{StageAxis::X, 0}}); }).contains("aborted"));
    }

    void aLostConnectionEndsTheMoveAndItGoesOn()
    {
        ServedInstrument served(slow(1), logging("lost"));
        Proxy proxy(served.port());
        RemoteMicroscope remote(clientOf(proxy.port()));
        Caller guard(served.port());
        auto move = std::async(std::launch::async, [&] {
            return remote.moveStage({{StageAxis::X, 3e-9}});
        });
        QTRY_VERIFY(guard.call("state")["is_busy"].toBool());
        proxy.cut();
        QVERIFY(std::abs(move.get().position(StageAxis::X) - 3e-9) < 1e-15);
        QCOMPARE(objectionsTo(logLines(log("lost"))), QStringList());
        int cut = 0;
        for (const QJsonObject &line : logLines(log("lost")))
            cut += line["event"] == "stage" && line["what"] == "cut short";
        QCOMPARE(cut, 1);
    }

    void doseBelongsToThePlaceOfTheSample()
    {
        InstrumentServer::Settings settings;
        settings.service.limits.maxDose = ClosedForm().measure({0, 0}, 0.01).dose * 1.5;
        ServedInstrument served(std::make_unique<ClosedForm>(), settings);
        RemoteMicroscope remote(clientOf(served.port()));
        const auto measure = [](RemoteMicroscope &microscope, Pixel pixel) {
            return sentenceOf([&] { microscope.measure(pixel, 0.01); });
        };
        QVERIFY(measure(remote, {2, 2}).isEmpty());
        QVERIFY(measure(remote, {2, 2}).contains("limit"));
        remote.moveStage({{StageAxis::X, 1e-9}});
        QVERIFY(measure(remote, {2, 2}).isEmpty());         // another place
        QVERIFY(measure(remote, {2, 3}).contains("limit")); // the first one
        // The server counts so by itself: a client that knows of nothing is refused, too.
        remote.release();
        RemoteMicroscope other(clientOf(served.port()));
        QVERIFY(measure(other, {2, 3}).contains("limit"));
        other.moveStage({{StageAxis::X, 0}});
        QVERIFY(measure(other, {2, 2}).contains("limit"));
        QVERIFY(measure(other, {2, 1}).contains("limit"));

        WatchedMicroscope watched(std::make_shared<ClosedForm>());
        watched.survey(unwatched());
        const double once = watched.measure({2, 2}, 0.01).dose;
        watched.moveStage({{StageAxis::X, 1e-9}});
        watched.measure({2, 2}, 0.01);
        QCOMPARE(watched.state().dose, once);
        watched.measure({2, 3}, 0.01);
        QCOMPARE(watched.state().dose, 2 * once);
    }

    void dosesBelongToPlacesOfTheSample()
    {
        const auto stageAt = [](double x) {
            return std::optional(Stage{{{StageAxis::X, x, -1, 1}}});
        };
        SampleDose dose;
        dose.add({2, 3}, stageAt(0), 0.5, 10);
        dose.add({2, 5}, stageAt(1e-9), 0.5, 5); // two pixels to the right
        QCOMPARE(dose.at({2, 3}, stageAt(0), 0.5), 15.);
        QCOMPARE(dose.at({2, 3}, stageAt(1e-9), 0.5), 0.);
        QCOMPARE(dose.most(), 15.);
        dose.add({2, 3}, {}, 0.5, 1); // without a stage a place is its pixel
        QCOMPARE(dose.at({2, 3}, stageAt(0), 0), 16.);
        // However far a server says that it is, and however small its pixels.
        dose.add({2, 3}, stageAt(-1), 1e-300, 1);
        dose.add({2, 3}, stageAt(1), 1e-300, 1);
        QCOMPARE(dose.at({2, 3}, stageAt(1), 1e-300), 1.);
    }

    void hostileAnswersAreRefused()
    {
        const auto read = [](const QByteArray &json) {
            return sentenceOf([&] { stageOf(QJsonDocument::fromJson(json).object(), "x:1"); });
        };
        QVERIFY(!stageOf({}, "x:1"));
        QVERIFY(read(R"({"x_m":"left"})").contains("no number"));
        QVERIFY(read(R"({"x_m":1e9})").contains("cannot be"));
        QVERIFY(read(R"({"x_m":0,"limits":{"x_m":[1e-6,-1e-6]}})").contains("cannot be"));
        QVERIFY(read(R"({"alpha_deg":720})").contains("cannot be"));
        QVERIFY(read(R"({"x_m":0,"limits":{"x_m":[-1e-6,1e-6]}})").isEmpty());
        // Without limits it may not go anywhere.
        const Stage fixed = *stageOf({{"x_m", 1e-6}}, "x:1");
        QVERIFY(sentenceOf([&] {
                    checkStage("x", fixed, {{StageAxis::X, 0}});
                }).contains("may not"));
    }
};

QTEST_GUILESS_MAIN(TestStage)
#include "tst_stage.moc"
