// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/plandifferences.h"

#include <QTest>

#include <functional>

using namespace helmscope;

using Change = std::function<void(Plan &)>;
Q_DECLARE_METATYPE(Change)

class TestPlanDifferences : public QObject
{
    Q_OBJECT
private:
    static Plan recorded()
    {
        Plan plan;
        DatasetSources sources;
        sources.image = {"/data/cubes.h5", "haadf"};
        sources.spectra = Address{"/data/cubes.h5", "eels"};
        plan.sample = sources;
        return plan;
    }
    static void change(const char *name, bool isRecorded, const Change &act,
                       const QStringList &told)
    {
        QTest::newRow(name) << isRecorded << act << told;
    }
    static Simulator::Settings &simulated(Plan &plan)
    {
        return std::get<Simulator::Settings>(plan.sample);
    }
    static DatasetSources &sources(Plan &plan) { return std::get<DatasetSources>(plan.sample); }
    static Mask mask(int rows, int cols, const std::vector<Pixel> &pixels)
    {
        Mask mask = Mask::Constant(rows, cols, false);
        for (const Pixel &pixel : pixels)
            mask(pixel.row, pixel.col) = true;
        return mask;
    }

private Q_SLOTS:
    void tellsEachFieldInWords_data()
    {
        QTest::addColumn<bool>("isRecorded");
        QTest::addColumn<Change>("act");
        QTest::addColumn<QStringList>("told");
        const bool yes = true, no = false;
        using P = Plan;

        change("nothing", no, [](P &) {}, {});
        // the simulated sample
        change("rows", no, [](P &p) { simulated(p).sample.rows = 64; },
               {"scan: 96 × 96 pixels → 64 × 96 pixels"});
        change("cols", no, [](P &p) { simulated(p).sample.cols = 48; },
               {"scan: 96 × 96 pixels → 96 × 48 pixels"});
        change("pixel size", no, [](P &p) { simulated(p).sample.pixelSizeNm = 0.1; },
               {"pixel size: 1.6 nm → 0.1 nm"});
        change("cube", no, [](P &p) { simulated(p).sample.cubeNm = 9; },
               {"cubes' side: 11 nm → 9 nm"});
        change("gap", no, [](P &p) { simulated(p).sample.gapNm = 2; },
               {"gap between cubes: 2.4 nm → 2 nm"});
        change("spread", no, [](P &p) { simulated(p).sample.sizeSpread = 0.1; },
               {"spread of the cubes' sides: 0.08 → 0.1"});
        change("tilt", no, [](P &p) { simulated(p).sample.tiltDegrees = -3; },
               {"tilt of the array: 14° → -3°"});
        change("hole", no, [](P &p) { simulated(p).sample.holeNm = 0; },
               {"hole's diameter: 34 nm → 0 nm"});
        change("vacuum", no, [](P &p) { simulated(p).sample.vacuumFraction = 0.5; },
               {"part of the field that is vacuum: 0.18 → 0.5"});
        change("channels", no, [](P &p) { simulated(p).sample.channels = 256; },
               {"channels: 128 → 256"});
        change("low energy", no, [](P &p) { simulated(p).sample.lowEnergyEv = 0.2; },
               {"energies: 0.1 to 1.4 eV → 0.2 to 1.4 eV"});
        change("high energy", no, [](P &p) { simulated(p).sample.highEnergyEv = 2; },
               {"energies: 0.1 to 1.4 eV → 0.1 to 2 eV"});
        change("sample's seed", no, [](P &p) { simulated(p).sample.seed = std::uint64_t(-1); },
               {"sample's seed: 1 → 18446744073709551615"});
        change("image noise", no, [](P &p) { simulated(p).imageNoise = 0; },
               {"image noise (of its range): 0.03 → 0"});
        change("current", no, [](P &p) { simulated(p).beamCurrentPa = 50; },
               {"beam current: 20 pA → 50 pA"});
        change("simulated shot noise", no, [](P &p) { simulated(p).hasShotNoise = false; },
               {"shot noise: yes → no"});
        // a recorded one
        change("another sample", no, [](P &p) { p.sample = recorded().sample; },
               {"sample: simulated → cubes.h5"});
        change("image", yes, [](P &p) { sources(p).image.array = "bf"; },
               {"survey image: cubes.h5:haadf → cubes.h5:bf"});
        change("file of the same name", yes, [](P &p) { sources(p).image.file = "/b/cubes.h5"; },
               {"survey image: /data/cubes.h5:haadf → /b/cubes.h5:haadf"});
        change("no spectra", yes, [](P &p) { sources(p).spectra.reset(); },
               {"spectra: cubes.h5:eels → none"});
        change("energies", yes,
               [](P &p) {
                   sources(p).energies = Address{"/data/e.csv", {}};
               },
               {"energies: none → e.csv"});
        change("values", yes,
               [](P &p) {
                   sources(p).values = Address{"/data/v.npy", {}};
               },
               {"values: none → v.npy"});
        change("pixel size of a recording", yes, [](P &p) { sources(p).pixelSizeNm = 2; },
               {"pixel size: as in the file → 2 nm"});
        change("channels of a recording", yes, [](P &p) { sources(p).bin = 4; },
               {"channels read as one: 1 → 4"});
        change("shot noise", yes, [](P &p) { p.hasShotNoise = true; }, {"shot noise: no → yes"});
        // origin and what is forbidden
        change("origin", no,
               [](P &p) {
                   p.origin = {"20261120-1", 12, "ab", Origin::Beyond::Sample};
               },
               {"begins: by itself → step 12 of run 20261120-1"});
        change("beyond", no,
               [](P &p) {
                   p.origin = {"r", 3, "ab", Origin::Beyond::Predicted};
               },
               {"begins: by itself → step 3 of run r",
                "where the other run has not measured: the sample → the prediction"});
        change("forbidden", no,
               [](P &p) {
                   p.forbidden = mask(4, 4, {{1, 1}, {2, 2}});
               },
               {"forbidden: nothing → 2 pixels"});
        change("preferred", no,
               [](P &p) {
                   p.preferred = {mask(4, 4, {{1, 1}, {2, 2}}), 2};
               },
               {"preferred: nothing → 2 pixels"});
        change("preferred more", no,
               [](P &p) {
                   p.preferred = {mask(4, 4, {{1, 1}}), 5};
               },
               {"preferred: nothing → 1 pixel", "what is preferred counts, times: 2 → 5"});
        change("nothing forbidden", no, [](P &p) { p.forbidden = mask(4, 4, {}); }, {});
        // value and model
        change("value", no, [](P &p) { p.scalarizer = Scalarizer::parse("peak:0.35-0.55"); },
               {"value: mean 0–0 eV → peak height 0.35–0.55 eV"});
        change("background", yes,
               [](P &p) { p.scalarizer = Scalarizer::parse("ratio:1-2/3-4,power:0.5-0.9"); },
               {"value: mean 0–0 → ratio 1–2 / 3–4, power-law background 0.5–0.9"});
        change("peak energy", no,
               [](P &p) { p.scalarizer = Scalarizer::parse("energy:1-2,constant:3-4"); },
               {"value: mean 0–0 eV → peak energy 1–2 eV, constant background 3–4 eV"});
        change("vector", no, [](P &p) { p.isVector = true; },
               {"model predicts: the value → whole spectra"});
        change("bin", no, [](P &p) { p.bin = 8; }, {"channels averaged into one: 1 → 8"});
        change("patch", no, [](P &p) { p.patch = 24; }, {"patch's side: 16 pixels → 24 pixels"});
        change("features", no,
               [](P &p) { p.model.features = DeepKernelSettings::Features::Network; },
               {"model: Rings → own settings",
                "model's features: rings about the pixel → learnt by a network"});
        change(
            "hidden", no,
            [](P &p) {
                p.model.hidden = {64, 32};
            },
            {"model: Rings → own settings", "network's hidden layers: 1000 – 500 – 50 → 64 – 32"});
        change("embedding", no, [](P &p) { p.model.embedding = 5; },
               {"model: Rings → own settings", "features the kernel sees: 2 → 5"});
        change("kernel", no, [](P &p) { p.model.kernel = DeepKernelSettings::Kernel::Rbf; },
               {"kernel: Matérn 5/2 → RBF"});
        change("noise", no, [](P &p) { p.model.noise = DeepKernelSettings::Noise::Constant; },
               {"model: Rings → own settings", "noise: grows with counts → constant"});
        change("place", no, [](P &p) { p.model.hasPlace = false; },
               {"model: Rings → own settings", "near places are alike: yes → no"});
        change("components", no, [](P &p) { p.model.components = 0; },
               {"model: Rings → own settings",
                "spectra are learnt as: 8 components → each output alone"});
        change("bounds", no, [](P &p) { p.model.bounds = DeepKernelSettings::Bounds::Published; },
               {"model: Rings → own settings",
                "embedding's bounds: of the weights that predict → as published (AtomAI)"});
        change("cycles", no, [](P &p) { p.model.cycles = 10; }, {"training cycles: 200 → 10"});
        change("learning rate", no, [](P &p) { p.model.learningRate = 0.1; },
               {"model: Rings → own settings", "network's learning rate: 0.01 → 0.1"});
        change("kernel's rate", no, [](P &p) { p.model.kernelLearningRate = 0.3; },
               {"model: Rings → own settings", "kernel's learning rate: 0.01 → 0.3"});
        change("start noise", no, [](P &p) { p.model.startNoise = 0.1; },
               {"model: Rings → own settings", "noise variance before training: 0.6932 → 0.1"});
        change("standardize", no, [](P &p) { p.model.standardizeTargets = false; },
               {"model: Rings → own settings", "targets standardized: yes → no"});
        change("model's seed follows from the plan's", no, [](P &p) { p.model.seed = 77; }, {});
        change("warm start", no, [](P &p) { p.isWarmStart = true; },
               {"learning: learns anew each step → goes on from the last model (20 cycles)"});
        change("warm cycles of none", no, [](P &p) { p.warmCycles = 3; }, {});
        // the run
        change("initial count", no, [](P &p) { p.initial.count = 5; },
               {"first points: 10 at random → 5 at random"});
        change("grid", no, [](P &p) { p.initial.kind = InitialPoints::Kind::Grid; },
               {"first points: 10 at random → about 10 on a grid"});
        change("given", no,
               [](P &p) {
                   p.initial = {InitialPoints::Kind::Given, 10, {{1, 2}, {3, 4}, {5, 6}, {7, 8}}};
               },
               {"first points: 10 at random → 4 given (1, 2; 3, 4; 5, 6; …)"});
        change("steps", no, [](P &p) { p.steps = 80; }, {"measurements after the first: 50 → 80"});
        change("time", no, [](P &p) { p.stopping.afterSeconds = 600; },
               {"stops after: never → 600 s"});
        change("plateau", no,
               [](P &p) {
                   p.stopping.plateauSteps = 12;
                   p.stopping.plateauChange = 0.07;
               },
               {"stops on a plateau: never → under 7 % change in 12 steps"});
        change("change of no plateau", no, [](P &p) { p.stopping.plateauChange = 0.2; }, {});
        change("acquisition", no,
               [](P &p) { p.acquisition.kind = Acquisition::ExpectedImprovement; },
               {"acquisition: Integrated variance → Expected improvement (ξ 0.01)"});
        change("bound", no,
               [](P &p) {
                   p.acquisition = {Acquisition::UpperConfidenceBound, 0.01, 4};
               },
               {"acquisition: Integrated variance → Upper confidence bound (β 4)"});
        change("ξ of none", no, [](P &p) { p.acquisition.xi = 3; }, {});
        change("dwell", no, [](P &p) { p.dwellSeconds = 0.1; }, {"dwell time: 0.05 s → 0.1 s"});
        change("maps", no, [](P &p) { p.mapsEvery = 5; },
               {"maps are kept: at every step → every 5 steps"});
        change("seed", no, [](P &p) { p.seed = (1ull << 53) + 1; }, {"seed: 1 → 9007199254740993"});
    }
    void tellsEachFieldInWords()
    {
        QFETCH(bool, isRecorded);
        QFETCH(Change, act);
        QFETCH(QStringList, told);
        const Plan before = isRecorded ? recorded() : Plan();
        Plan after = before;
        act(after);
        QCOMPARE(planDifferences(before, after), told);
        QCOMPARE(planDifferences(after, after), QStringList());
        QCOMPARE(planDifferences(after, before).size(), told.size());
    }

    void tellsWhatDiffersOnlyBeyondWhatIsNamed()
    {
        Plan before;
        before.initial = {InitialPoints::Kind::Given, 1, {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}}};
        Plan after = before;
        after.initial.given[4] = {9, 8};
        QCOMPARE(planDifferences(before, after),
                 QStringList{"first points: others from number 5 on (0, 4 → 9, 8)"});
    }

    void tellsOtherPixelsForbiddenOfTheSameNumber()
    {
        Plan before, after;
        before.forbidden = mask(4, 4, {{0, 0}, {1, 1}});
        after.forbidden = mask(4, 4, {{0, 0}, {2, 2}});
        QCOMPARE(planDifferences(before, after),
                 QStringList{"forbidden: 2 pixels, 1 of them elsewhere"});
        after.forbidden = mask(8, 8, {{0, 0}, {1, 1}});
        QCOMPARE(planDifferences(before, after),
                 QStringList{"forbidden: 2 pixels, of a grid of 4 × 4 → 8 × 8 pixels"});
        after.forbidden = before.forbidden;
        QCOMPARE(planDifferences(before, after), QStringList());
    }

    void tellsAnOriginWhoseRunIsNotWhatItWas()
    {
        Plan before;
        before.origin = {"r", 4, "aa", Origin::Beyond::Nearest};
        Plan after = before;
        after.origin.hash = "bb";
        QCOMPARE(planDifferences(before, after),
                 QStringList{"begins: other measurements up to step 4 of run r (aa → bb)"});
        after = before;
        after.origin.beyond = Origin::Beyond::Sample;
        QCOMPARE(planDifferences(before, after),
                 QStringList{"where the other run has not measured: the nearest measured spectrum "
                             "→ the sample"});
    }

    void namesPresetsWhereBothAreKnown()
    {
        Plan before, after;
        after.model = presetFromKey("published").settings;
        const QStringList told = planDifferences(before, after);
        QCOMPARE(told.first(), QString("model: Rings → Published"));
        QVERIFY(told.size() > 3);
    }

    void survivesTheFile()
    {
        Plan plan = recorded();
        plan.forbidden = mask(3, 5, {{1, 1}, {1, 2}, {2, 4}});
        plan.origin = {"r", 4, "aa", Origin::Beyond::Nearest};
        plan.dwellSeconds = 0.1 + 0.2;
        const Plan back = Plan::fromJson(plan.toJson(), "a plan");
        QCOMPARE(planDifferences(plan, back), QStringList());
    }
};

QTEST_GUILESS_MAIN(TestPlanDifferences)
#include "tst_plandifferences.moc"
