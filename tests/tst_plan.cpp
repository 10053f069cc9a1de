// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/plan.h"

#include "base/error.h"
#include "base/json.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

class TestPlan : public QObject
{
    Q_OBJECT
private:
    static Plan unusual()
    {
        Plan plan;
        Simulator::Settings sample;
        sample.sample = {64,   48,  1. / 3,           9.7, 1.9, 0.11, -7.25, 0, 0.1 + 0.2, 77,
                         0.15, 1.7, std::uint64_t(-1)};
        sample.imageNoise = 0.017;
        sample.beamCurrentPa = 1e-3;
        sample.hasShotNoise = false;
        plan.sample = sample;
        plan.scalarizer.kind = Scalarizer::Kind::BandRatio;
        plan.scalarizer.band = {0.1, 0.30000000000000004};
        plan.scalarizer.second = {0.5, 2. / 3};
        plan.scalarizer.background = Scalarizer::Background::PowerLaw;
        plan.scalarizer.backgroundWindow = {-0.5, 0.05};
        plan.isVector = true;
        plan.bin = 3;
        plan.patch = 12;
        plan.initial = {InitialPoints::Kind::Given, 4, {{1, 2}, {30, 4}}};
        plan.steps = 0;
        plan.stopping = {12.5, 7, 1e-300};
        plan.acquisition = {Acquisition::Thompson, -0.1, 100};
        plan.model.hidden = {};
        plan.model.embedding = 5;
        plan.model.kernel = DeepKernelSettings::Kernel::Matern52;
        plan.model.bounds = DeepKernelSettings::Bounds::Published;
        plan.model.cycles = 33;
        plan.model.learningRate = 0.0031;
        plan.model.kernelLearningRate = 0.7;
        plan.model.startNoise = 1e-3;
        plan.model.standardizeTargets = false;
        plan.isWarmStart = true;
        plan.warmCycles = 9;
        plan.dwellSeconds = 0.1;
        plan.hasShotNoise = true;
        plan.mapsEvery = 10;
        plan.seed = (1ull << 53) + 1;
        return plan;
    }
    /// As a file has it.
    static QJsonObject throughText(const QJsonObject &object)
    {
        return QJsonDocument::fromJson(QJsonDocument(object).toJson()).object();
    }

private Q_SLOTS:
    void comesBackExactly()
    {
        const Plan plan = unusual();
        const Plan back = Plan::fromJson(throughText(plan.toJson()), "a plan");
        QVERIFY(std::get<Simulator::Settings>(back.sample) ==
                std::get<Simulator::Settings>(plan.sample));
        QVERIFY(back.scalarizer == plan.scalarizer);
        QCOMPARE(back.isVector, plan.isVector);
        QCOMPARE(back.bin, plan.bin);
        QCOMPARE(back.patch, plan.patch);
        QVERIFY(back.initial == plan.initial);
        QCOMPARE(back.steps, plan.steps);
        QVERIFY(back.stopping == plan.stopping);
        QVERIFY(back.acquisition == plan.acquisition);
        QVERIFY(back.model == plan.model);
        QCOMPARE(back.isWarmStart, plan.isWarmStart);
        QCOMPARE(back.warmCycles, plan.warmCycles);
        QCOMPARE(back.dwellSeconds, plan.dwellSeconds);
        QCOMPARE(back.hasShotNoise, plan.hasShotNoise);
        QCOMPARE(back.mapsEvery, plan.mapsEvery);
        QCOMPARE(back.seed, plan.seed);
        QCOMPARE(back.toJson(), plan.toJson());
    }

    void keepsWhereARecordingCameFrom()
    {
        Plan plan;
        DatasetSources sources;
        sources.image = {"scan:1.hspy", "Experiments/HAADF"};
        sources.spectra = Address{"scan:1.hspy", "EDS"};
        sources.energies = Address{"axis.npy", ""};
        sources.pixelSizeNm = 8.552;
        sources.bin = 4;
        plan.sample = sources;
        const Plan back = Plan::fromJson(throughText(plan.toJson()), "a plan");
        const auto &found = std::get<DatasetSources>(back.sample);
        QVERIFY(found.image == sources.image);
        QVERIFY(found.spectra == sources.spectra);
        QVERIFY(found.energies == sources.energies);
        QVERIFY(!found.values);
        QCOMPARE(found.pixelSizeNm, sources.pixelSizeNm);
        QCOMPARE(found.bin, sources.bin);
    }

    void remembersAnInstrumentAndNoToken()
    {
        qputenv("HELMSCOPE_INSTRUMENT_TOKEN", "0123456789abcdef");
        Plan plan;
        plan.sample = InstrumentAddress::parse("tls://stem.lab:7117");
        const QByteArray text = QJsonDocument(plan.toJson()).toJson();
        qunsetenv("HELMSCOPE_INSTRUMENT_TOKEN");
        QVERIFY(!text.contains("0123456789abcdef") && !text.contains("oken"));
        const Plan back = Plan::fromJson(throughText(plan.toJson()), "a plan");
        QVERIFY(std::get<InstrumentAddress>(back.sample) ==
                std::get<InstrumentAddress>(plan.sample));
        for (const QJsonObject &wrong :
             {QJsonObject{{"port", 1}}, QJsonObject{{"host", "a"}},
              QJsonObject{{"host", "a"}, {"port", 70000}},
              QJsonObject{{"host", "a"}, {"port", 1}, {"protocol", "zmq"}}})
            QVERIFY_EXCEPTION_THROWN(
                Plan::fromJson({{"sample", QJsonObject{{"instrument", wrong}}}}, "a plan"), Error);
    }

    void takesDefaultsForWhatIsMissing()
    {
        const Plan plan = Plan::fromJson({{"somethingNew", 5}}, "a plan");
        QCOMPARE(plan.toJson(), Plan().toJson());
    }

    void readsAScalarizerAsText()
    {
        const Plan plan = Plan::fromJson({{"scalarizer", "band:1.64-1.84"}}, "a plan");
        QVERIFY((plan.scalarizer.band == Band{1.64, 1.84}));
    }

    void isReadableJson()
    {
        const QByteArray text = QJsonDocument(unusual().toJson()).toJson();
        for (const char *words :
             {"\"steps\": 0", "\"kind\": \"thompson\"", "\"seed\": \"9007199254740993\"",
              "\"version\": 1", "\"dwellSeconds\": 0.1", "\"kernel\": \"matern52\""})
            QVERIFY2(text.contains(words), words);
    }

    void refusesWhatCannotBe_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("names");
        const auto row = [](const char *json, const char *names) {
            QTest::newRow(json) << QByteArray(json) << QString(names);
        };
        row(R"({"patch": 1})", "patch");
        row(R"({"patch": 16.5})", "patch");
        row(R"({"patch": "16"})", "patch");
        row(R"({"steps": -1})", "steps");
        row(R"({"steps": 1e9})", "steps");
        row(R"({"seed": -1})", "seed");
        row(R"({"seed": 1.5})", "seed");
        row(R"({"seed": 1e300})", "seed");
        row(R"({"seed": "18446744073709551616"})", "seed");
        row(R"({"seed": []})", "seed");
        row(R"({"isVector": 1})", "isVector");
        row(R"({"bin": 0})", "bin");
        row(R"({"dwellSeconds": -0.1})", "dwellSeconds");
        row(R"({"mapsEvery": 0})", "mapsEvery");
        row(R"({"initial": 5})", "initial");
        row(R"({"initial": {"kind": "guess"}})", "guess");
        row(R"({"initial": {"count": 0}})", "count");
        row(R"({"initial": {"given": [[1]]}})", "given");
        row(R"({"initial": {"given": [[1, -2]]}})", "given");
        row(R"({"initial": {"given": [[1, 2, 3]]}})", "given");
        row(R"({"initial": {"given": {}}})", "given");
        row(R"({"acquisition": {"kind": "best"}})", "best");
        row(R"({"acquisition": {"beta": -1}})", "beta");
        row(R"({"model": {"hidden": [0]}})", "hidden");
        row(R"({"model": {"hidden": [100000000]}})", "hidden");
        row(R"({"model": {"hidden": 5}})", "hidden");
        row(R"({"model": {"hidden": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}})", "hidden");
        row(R"({"model": {"kernel": "rbf2"}})", "rbf2");
        row(R"({"model": {"cycles": 0}})", "cycles");
        row(R"({"model": {"startNoise": 0}})", "startNoise");
        row(R"({"model": []})", "model");
        row(R"({"scalarizer": 3})", "scalarizer");
        row(R"({"scalarizer": {"kind": "sum"}})", "sum");
        row(R"({"scalarizer": {"band": [1]}})", "band");
        row(R"({"scalarizer": "band"})", "band");
        row(R"({"stopping": {"plateauChange": "x"}})", "plateauChange");
        row(R"({"sample": {"simulated": {"rows": 5}}})", "rows");
        row(R"({"sample": {"simulated": {"rows": 100000}}})", "rows");
        row(R"({"sample": {"recorded": 1}})", "recorded");
        row(R"({"format": "helmscope-map"})", "helmscope-map");
        row(R"({"version": 2})", "newer");
    }
    void refusesWhatCannotBe()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, names);
        QJsonParseError syntax;
        const QJsonObject object = QJsonDocument::fromJson(json, &syntax).object();
        QCOMPARE(syntax.error, QJsonParseError::NoError);
        try {
            Plan::fromJson(object, "plan.json");
            QFAIL("was taken");
        } catch (const Error &error) {
            QVERIFY2(QString(error.what()).contains(names), error.what());
        }
    }

    void opensTheSimulatedSample()
    {
        Plan plan;
        Simulator::Settings settings;
        settings.sample.rows = 40;
        settings.sample.cols = 32;
        plan.sample = settings;
        const auto microscope = openMicroscope(plan, unwatched());
        QCOMPARE(microscope->limits().rows, 40);
        QCOMPARE(microscope->limits().cols, 32);
        QVERIFY(microscope->energies().channels() > 0);
    }

    void namesTheFileThatIsMissing()
    {
        Plan plan;
        DatasetSources sources;
        sources.image.file = "nowhere.npy";
        plan.sample = sources;
        try {
            openMicroscope(plan, unwatched());
            QFAIL("was opened");
        } catch (const Error &error) {
            QVERIFY2(QString(error.what()).contains("nowhere.npy"), error.what());
        }
    }

    void beginsWithASensibleScalarizer_data()
    {
        QTest::addColumn<double>("first");
        QTest::addColumn<double>("last");
        QTest::addColumn<int>("channels");
        QTest::addColumn<QString>("unit");
        QTest::addColumn<double>("inside"); ///< an energy the band should hold
        QTest::newRow("EDS holds Si-K") << -0.2 << 20.27 << 2048 << "keV" << 1.74;
        QTest::newRow("the edge mode") << 0.1 << 1.4 << 128 << "eV" << 0.48;
        QTest::newRow("low loss, not the zero loss") << -10. << 90. << 1000 << "eV" << 10.;
        QTest::newRow("core loss near its beginning") << 350. << 862. << 1024 << "eV" << 400.;
        QTest::newRow("no unit") << 0. << 9. << 10 << "" << 1.;
        QTest::newRow("two channels") << 0. << 1. << 2 << "eV" << 1.;
        QTest::newRow("below zero") << -9. << -1. << 90 << "eV" << -8.5;
    }
    void beginsWithASensibleScalarizer()
    {
        QFETCH(double, first);
        QFETCH(double, last);
        QFETCH(int, channels);
        QFETCH(QString, unit);
        QFETCH(double, inside);
        EnergyAxis energies{"Energy", unit, {}};
        for (int k = 0; k < channels; ++k)
            energies.values.push_back(first + (last - first) * k / (channels - 1));
        const Scalarizer scalarizer = defaultScalarizer(energies);
        scalarizer.check(energies);
        QVERIFY(scalarizer.band.low <= inside && inside <= scalarizer.band.high);
        const double channel = (last - first) / (channels - 1); // its outer halves count
        QVERIFY(scalarizer.band.high - scalarizer.band.low <= 0.12 * (last - first) + channel);
        QVERIFY(!nameOf(scalarizer, energies).isEmpty());
    }

    void hasNoScalarizerWithoutSpectra() { QVERIFY(defaultScalarizer({}) == Scalarizer()); }

    void namesTheValueForPeople()
    {
        EnergyAxis energies{"Energy loss", "eV", {0, 1}};
        Scalarizer scalarizer;
        scalarizer.band = {0.35, 0.55};
        QCOMPARE(nameOf(scalarizer, energies), QString("mean 0.35–0.55 eV"));
        scalarizer.kind = Scalarizer::Kind::BandRatio;
        scalarizer.second = {0.6, 0.7};
        QCOMPARE(nameOf(scalarizer, energies), QString("ratio 0.35–0.55 / 0.6–0.7 eV"));
    }

    void opensARealPair()
    {
        const QString file =
            HELMSCOPE_SOURCE "/../shared/data/fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz";
        if (!QFileInfo::exists(file))
            QSKIP("The recorded pair is not here.");
        Plan plan;
        DatasetSources sources;
        sources.image = {file, "haadf_u8"};
        sources.values = Address{file, "dipole_scalar"};
        plan.sample = sources;
        const auto microscope = openMicroscope(plan, unwatched());
        QCOMPARE(microscope->limits().rows, 62);
        QCOMPARE(microscope->limits().cols, 75);
        QCOMPARE(microscope->energies().channels(), 0);
        QVERIFY(std::isfinite(microscope->measure({30, 30}, plan.dwellSeconds).value));
    }
};

QTEST_GUILESS_MAIN(TestPlan)
#include "tst_plan.moc"
