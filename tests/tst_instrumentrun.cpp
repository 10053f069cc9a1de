// SPDX-License-Identifier: GPL-3.0-or-later
// Whole runs at an instrument in another process, with everything going wrong on the way: cut
// connections, a killed server, another console that wants the lease.
#include "cliprogram.h"
#include "instrumentfixtures.h"

#include "instrument/replay.h"
#include "steering/experiment.h"

#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <future>

using namespace helmscope;

namespace {

constexpr int side = 24, channels = 6;

/// A .npy file of float32 in C order (format 1.0 of NumPy's documentation).
void writeNpy(const QString &name, const QString &shape, const std::vector<float> &numbers)
{
    QByteArray header = QStringLiteral("{'descr': '<f4', 'fortran_order': False, 'shape': (%1), }")
                            .arg(shape)
                            .toLatin1();
    while ((10 + header.size() + 1) % 64 != 0)
        header += ' ';
    header += '\n';
    QFile out(name);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write("\x93NUMPY\x01\x00", 8);
    const quint16 length = qToLittleEndian(quint16(header.size()));
    out.write(reinterpret_cast<const char *>(&length), 2);
    out.write(header);
    out.write(reinterpret_cast<const char *>(numbers.data()),
              qint64(numbers.size() * sizeof(float)));
}

/// helmscope-cli serve in a process of its own.
class Served
{
public:
    Served(const QStringList &files, const QString &log, int port)
    {
        QStringList arguments{"serve", "--port", QString::number(port), "--log", log, "--data"};
        begin(m_process, arguments + files);
        while (m_process.state() != QProcess::NotRunning && !m_process.canReadLine())
            m_process.waitForReadyRead(200);
        const QString line = QString::fromUtf8(m_process.readLine());
        m_port = line.section(':', 1).section(';', 0, 0).toInt();
    }
    ~Served() { end(); }
    int port() const { return m_port; }
    void kill()
    {
        m_process.kill();
        m_process.waitForFinished(10'000);
    }
    int end()
    {
        if (m_process.state() == QProcess::NotRunning)
            return m_process.exitCode();
        m_process.terminate();
        m_process.waitForFinished(10'000);
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }

private:
    QProcess m_process;
    int m_port = 0;
};

Plan planFor(const DatasetSources &sources)
{
    Plan plan;
    plan.sample = sources;
    plan.patch = 6;
    plan.initial.count = 8;
    plan.steps = 32;
    plan.model.cycles = 5;
    plan.dwellSeconds = 0.03;
    plan.scalarizer.band = {1, 3};
    return plan;
}

} // namespace

class TestInstrumentRun : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QStringList m_files;

    QString log(const char *name) { return m_folder.filePath(QString(name) + ".jsonl"); }

private Q_SLOTS:
    void initTestCase()
    {
        std::vector<float> image, spectra;
        for (int row = 0; row < side; ++row)
            for (int col = 0; col < side; ++col) {
                image.push_back(std::sin(0.4f * float(row)) + std::cos(0.3f * float(col)));
                for (int c = 0; c < channels; ++c)
                    spectra.push_back(10 * image.back() * float(c + 1) + float(row));
            }
        m_files = {m_folder.filePath("image.npy"), m_folder.filePath("spectra.npy")};
        writeNpy(m_files[0], QStringLiteral("%1, %1").arg(side), image);
        writeNpy(m_files[1], QStringLiteral("%1, %1, %2").arg(side).arg(channels), spectra);
    }

    void noPointIsLostOrTakenTwiceWhateverIsCut()
    {
        const DatasetSources sources = guessSources(m_files);
        const Plan plan = planFor(sources);
        Replay local(loadDataset(sources, unwatched()));
        const Run undisturbed = explore(plan, local, unwatched(), {});
        QCOMPARE(undisturbed.outcome, Run::Outcome::Finished);

        auto served = std::make_unique<Served>(m_files, log("first"), 0);
        const int port = served->port();
        QVERIFY(port > 0);
        Proxy proxy(port);
        std::atomic<int> steps = 0, given = 0;
        std::atomic<bool> isOver = false;
        auto running = std::async(std::launch::async, [&] {
            RemoteMicroscope::Settings settings = clientOf(proxy.port());
            settings.longestWait = 60;
            settings.timeToLive = 1;
            RemoteMicroscope remote(settings);
            return explore(plan, remote, unwatched(), [&](const Step &) { ++steps; });
        });
        // Another console, which takes the lease whenever it can, and gives it back.
        auto fighting = std::async(std::launch::async, [&] {
            while (steps < 1 && !isOver) // who comes second is refused, not made to wait
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            while (!isOver) {
                try {
                    Wire::Settings settings;
                    settings.address = onLoopback(port);
                    Wire wire(settings);
                    wire.open();
                    while (!isOver) {
                        try {
                            const QString lease =
                                wire.call("lease.acquire", {{"owner", "fighter"}, {"ttl_s", 0.5}},
                                          5)
                                    .result["lease"]
                                    .toString();
                            ++given;
                            wire.call("beam.place",
                                      {{"lease", lease}, {"y_frac", 0.1}, {"x_frac", 0.1}}, 5);
                            std::this_thread::sleep_for(std::chrono::milliseconds(100));
                            wire.call("lease.release", {{"lease", lease}}, 5);
                            std::this_thread::sleep_for(std::chrono::milliseconds(300));
                        } catch (const Refused &) {
                            std::this_thread::sleep_for(std::chrono::milliseconds(20));
                        }
                    }
                } catch (const Error &) { // the server is killed meanwhile
                    std::this_thread::sleep_for(std::chrono::milliseconds(50));
                }
            }
        });
        QRandomGenerator chance(7);
        for (int cut = 1; cut <= 10; ++cut) {
            const auto isEnded = [&] {
                return running.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
            };
            QTRY_VERIFY_WITH_TIMEOUT(steps >= 3 * cut || isEnded(), 60'000);
            if (isEnded())
                break;
            std::this_thread::sleep_for(std::chrono::milliseconds(chance.bounded(50)));
            proxy.cut();
            if (cut == 6) { // and its memory is gone
                served->kill();
                served = std::make_unique<Served>(m_files, log("second"), port);
                QCOMPARE(served->port(), port);
            }
        }
        const Run run = running.get();
        isOver = true;
        fighting.get();
        QCOMPARE(served->end(), 0);
        QVERIFY2(run.outcome == Run::Outcome::Finished, qPrintable(run.message));
        QCOMPARE(proxy.cuts(), 10);
        QVERIFY(given > 0);

        // The same points with the same spectra in the same order as without any trouble.
        QCOMPARE(run.steps.size(), undisturbed.steps.size());
        QCOMPARE(pathHash(run.steps, int(run.steps.size())),
                 pathHash(undisturbed.steps, int(undisturbed.steps.size())));

        const QList<QJsonObject> first = logLines(log("first")), second = logLines(log("second"));
        QCOMPARE(objectionsTo(first), QStringList());
        QCOMPARE(objectionsTo(second), QStringList());
        int done = 0, cutShort = 0;
        for (const QJsonObject &line : first + second) {
            done += line["event"] == "exposure" && line["what"] == "done" &&
                    line["method"] == "spectrum.acquire";
            cutShort += line["event"] == "exposure" && line["what"] == "cut short";
            // Whatever moved was of who had the lease.
            if (line["event"] == "beam" && line["what"] == "on")
                QCOMPARE(line["lease_owner"].toString(), QString("test"));
        }
        // One answer may have died with its server.
        QVERIFY2(done == int(run.steps.size()) || done == int(run.steps.size()) + 1,
                 qPrintable(QString::number(done)));
        QVERIFY(cutShort >= 1);
    }

    void aRunOfTheCommandLineIsRecordedAndKnowsItsInstrument()
    {
        Served served(m_files, log("cli"), 0);
        const QString file = m_folder.filePath("run.h5"), plan = m_folder.filePath("plan.json");
        const Result result = cli({"explore",
                                   "--instrument",
                                   QStringLiteral("localhost:%1").arg(served.port()),
                                   "--scalarizer",
                                   "band:1-3",
                                   "--patch",
                                   "6",
                                   "--initial",
                                   "4",
                                   "--steps",
                                   "3",
                                   "--cycles",
                                   "3",
                                   "--dwell",
                                   "0.01",
                                   "--out",
                                   file,
                                   "--save-plan",
                                   plan,
                                   "--json"});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.json()["outcome"].toString(), QString("finished"));
        QFile saved(plan);
        QVERIFY(saved.open(QIODevice::ReadOnly));
        const Plan back = Plan::fromJson(QJsonDocument::fromJson(saved.readAll()).object(), plan);
        QCOMPARE(std::get<InstrumentAddress>(back.sample).port, served.port());
        // To verify it by measuring again would expose the sample; by its record is fine.
        const Result again = cli({"replay", file, "--verify"});
        QVERIFY(again.code != 0 && again.err.contains("expose"));
    }

    void aSignalAbortsTheExposureThatIsGoingOn()
    {
        Served served(m_files, log("signal"), 0);
        QProcess process;
        begin(process,
              {"explore", "--instrument", QStringLiteral("localhost:%1").arg(served.port()),
               "--scalarizer", "band:1-3", "--patch", "6", "--dwell", "20"});
        const auto isOn = [this] {
            const QList<QJsonObject> lines = logLines(log("signal"));
            return std::any_of(lines.begin(), lines.end(), [](const QJsonObject &line) {
                return line["event"] == "beam" && line["why"] == "spectrum.acquire";
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(isOn(), 30'000);
        process.terminate();
        QVERIFY(process.waitForFinished(10'000)); // and not after 20 s
        QCOMPARE(process.exitCode(), 130);
        const QList<QJsonObject> lines = logLines(log("signal"));
        QVERIFY(std::any_of(lines.begin(), lines.end(), [](const QJsonObject &line) {
            return line["event"] == "beam" && line["why"] == "aborted";
        }));
        QCOMPARE(objectionsTo(lines), QStringList());
    }

    void aLeaseOfAnotherIsToldAtOnce()
    {
        Served served(m_files, log("held"), 0);
        RemoteMicroscope other(clientOf(served.port()));
        other.measure({1, 1}, 1e-3);
        const Result result =
            cli({"explore", "--instrument", QStringLiteral("localhost:%1").arg(served.port()),
                 "--scalarizer", "band:1-3", "--patch", "6"});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("leased to 'test'"), result.err);
    }

    void theCommandLineReportsConformance()
    {
        Served served(m_files, log("conform"), 0);
        const QString address = QStringLiteral("localhost:%1").arg(served.port());
        const Result result = cli({"conform", address, "--json"});
        QVERIFY2(result.code == 0, result.out + result.err);
        QVERIFY(result.json()["conforms"].toBool());
        served.kill();
        QCOMPARE(cli({"conform", address}).code, 1);
        QCOMPARE(cli({"conform", "nonsense"}).code, 1);
    }
};

QTEST_GUILESS_MAIN(TestInstrumentRun)
#include "tst_instrumentrun.moc"
