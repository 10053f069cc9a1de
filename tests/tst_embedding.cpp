// SPDX-License-Identifier: GPL-3.0-or-later
// Patches by likeness: the numbers, the view, and the panel in the real window.
#include "app/embeddingpanel.h"
#include "app/mainwindow.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/timeline.h"
#include "base/error.h"
#include "data/patches.h"
#include "dkl/deepkernel.h"
#include "dkl/presets.h"
#include "steering/live/embedding.h"
#include "widgets/embeddingview.h"
#include "widgets/mapview.h"

#include <QDockWidget>
#include <QLabel>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000;
const Progress onwards = [](double) { return true; };

/// Flat on the left, finely striped on the right, and a little of a ramp everywhere.
Dataset twoTextures(int rows, int cols)
{
    Dataset dataset;
    dataset.image.resize(rows, cols);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < cols; ++c)
            dataset.image(r, c) =
                c < cols / 2 ? 0.001F * float(r) : float(5 + 4 * std::cos(1.3 * r + 0.4 * c));
    return dataset;
}

double apart(const Embedding &embedding, Pixel a, Pixel b)
{
    return double(
        (embedding.places.row(embedding.rowOf(a)) - embedding.places.row(embedding.rowOf(b)))
            .norm());
}

/// A small network that was told which side of the two textures a patch is from.
DeepKernel trained(const Dataset &dataset, int cycles)
{
    DeepKernelSettings settings;
    settings.hidden = {24, 12};
    settings.cycles = cycles;
    DeepKernel model(settings);
    std::vector<Pixel> pixels;
    for (int i = 0; i < 24; ++i)
        pixels.push_back(
            {8 + (7 * i) % (dataset.rows() - 16), i % 2 ? 6 + i % 6 : dataset.cols() - 8 - i % 6});
    Eigen::MatrixXd targets(Eigen::Index(pixels.size()), 1);
    for (std::size_t i = 0; i < pixels.size(); ++i)
        targets(Eigen::Index(i), 0) = pixels[i].col < dataset.cols() / 2 ? 0 : 1;
    model.train(cutPatches(dataset, pixels, 8), targets, onwards);
    return model;
}

} // namespace

class TestEmbedding : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

    void whatLooksAlikeLiesTogether()
    {
        const auto embedding = embeddingOf(twoTextures(64, 96), 8, onwards);
        QVERIFY(embedding);
        QCOMPARE(embedding->pixels.size(), std::size_t((64 - 7) * (96 - 7)));
        QCOMPARE(embedding->places.rows(), Eigen::Index(embedding->pixels.size()));
        QVERIFY(embedding->places.allFinite());
        const double within = apart(*embedding, {20, 15}, {40, 30});
        const double between = apart(*embedding, {20, 15}, {20, 80});
        QVERIFY2(within < 0.2 * between, qPrintable(QString("%1 %2").arg(within).arg(between)));
        QVERIFY(embedding->typicalDistance > 0);
    }
    void componentsAreCentredUncorrelatedAndFalling()
    {
        const auto embedding = embeddingOf(twoTextures(48, 48), 8, onwards);
        const Eigen::MatrixXd places = embedding->places.cast<double>();
        QVERIFY(places.colwise().mean().cwiseAbs().maxCoeff() < 1e-3); // float32
        const Eigen::MatrixXd covariance = places.transpose() * places / double(places.rows());
        for (Eigen::Index i = 0; i < covariance.rows(); ++i)
            for (Eigen::Index j = 0; j < i; ++j)
                QVERIFY(std::abs(covariance(i, j)) < 1e-3 * covariance(0, 0));
        double all = 0;
        for (std::size_t i = 0; i < embedding->explained.size(); ++i) {
            QVERIFY(i == 0 || embedding->explained[i] <= embedding->explained[i - 1] + 1e-12);
            all += embedding->explained[i];
        }
        QVERIFY(all > 0.5 && all <= 1 + 1e-9);
    }
    void theSameImageGivesTheSamePicture()
    {
        const auto one = embeddingOf(twoTextures(40, 40), 8, onwards);
        const auto two = embeddingOf(twoTextures(40, 40), 8, onwards);
        QVERIFY(one->places == two->places);
        // Turned by a half the rings see the same.
        Dataset turned = twoTextures(40, 40);
        turned.image = turned.image.reverse().eval();
        QVERIFY(embeddingOf(turned, 8, onwards)->places.allFinite());
    }
    void oddImagesAreNoTrouble()
    {
        Dataset dataset;
        dataset.image = Map::Constant(32, 32, 3);
        const auto flat = embeddingOf(dataset, 8, onwards);
        QVERIFY(flat->places.cwiseAbs().maxCoeff() < 1e-6F);
        dataset.image(16, 16) = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(embeddingOf(dataset, 8, onwards)->places.allFinite());
        dataset.image.setZero(4, 4);
        QVERIFY_THROWS_EXCEPTION(Error, embeddingOf(dataset, 8, onwards));
        QVERIFY(!embeddingOf(twoTextures(64, 64), 8, [](double) { return false; }));
        const auto thin = embeddingOf(twoTextures(64, 64), 8, onwards, 500);
        QVERIFY(thin->pixels.size() <= 500);
        QCOMPARE(thin->rowOf({-1, 3}), -1);
        QCOMPARE(thin->rowOf({0, 0}), -1); // no whole patch
    }

    void aNetworkShowsWhatItHasLearnt()
    {
        const Dataset dataset = twoTextures(48, 64);
        const DeepKernel model = trained(dataset, 60);
        const auto learnt = embeddingOf(dataset, 8, model, nullptr, onwards);
        QCOMPARE(learnt->features, Embedding::Features::Learnt);
        QCOMPARE(learnt->places.cols(), Eigen::Index(2));
        QVERIFY(learnt->explained[0] >= learnt->explained[1]);
        // It was told that both sides differ, and nothing else.
        const double within = apart(*learnt, {20, 12}, {34, 20});
        const double between = apart(*learnt, {20, 12}, {20, 50});
        QVERIFY2(within < 0.5 * between, qPrintable(QString("%1 %2").arg(within).arg(between)));
        // The distances are those of the model's own features.
        const Eigen::MatrixXd own = model.embed(cutPatches(dataset, {{20, 12}, {20, 50}}, 8));
        QVERIFY(std::abs((own.row(0) - own.row(1)).norm() - between) < 1e-4);
    }
    void itsPictureDoesNotTurnOverFromStepToStep()
    {
        const Dataset dataset = twoTextures(48, 64);
        auto before = std::make_shared<Embedding>(
            *embeddingOf(dataset, 8, trained(dataset, 40), nullptr, onwards));
        before->places *= -1; // whichever way it was drawn
        const auto after = embeddingOf(dataset, 8, trained(dataset, 44), before.get(), onwards);
        for (Eigen::Index i = 0; i < after->places.cols(); ++i)
            QVERIFY(after->places.col(i).dot(before->places.col(i)) >= 0);
        QVERIFY(apart(*after, {20, 12}, {20, 50}) > 0);
    }
    void modelsWithoutANetworkHaveNothingOfTheirOwnToShow()
    {
        const Dataset dataset = twoTextures(32, 32);
        QVERIFY_THROWS_EXCEPTION(
            Error,
            embeddingOf(dataset, 8, DeepKernel(presets().front().settings), nullptr, onwards));
        QVERIFY_THROWS_EXCEPTION( // not trained yet, so it has learnt nothing
            Error, embeddingOf(dataset, 8, DeepKernel(DeepKernelSettings()), nullptr, onwards));
        const DeepKernel model = trained(dataset, 5);
        QVERIFY_THROWS_EXCEPTION(Error, embeddingOf(dataset, 6, model, nullptr, onwards));
        QVERIFY(!embeddingOf(dataset, 8, model, nullptr, [](double) { return false; }));
        Dataset holed = dataset;
        holed.image(16, 16) = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(embeddingOf(holed, 8, model, nullptr, onwards)->places.allFinite());
    }

    void knowsASearchThatIsTrapped()
    {
        const auto embedding = embeddingOf(twoTextures(64, 96), 8, onwards);
        std::vector<Pixel> around{{30, 20}}, far{{30, 20}};
        for (int i = 0; i < 25; ++i) {
            around.push_back({30 + i % 3, 20 + i % 2});
            far.push_back({8 + (i * 17) % 48, i % 2 ? 10 + i : 85 - i});
        }
        std::vector<bool> chosen(around.size(), true);
        chosen[0] = false;
        const Wandering trapped = wanderingOf(*embedding, around, chosen);
        QCOMPARE(trapped.steps, 20);
        QCOMPARE(trapped.nearRepeats, 1.0);
        QVERIFY(trapped.isTrapped());
        const Wandering free = wanderingOf(*embedding, far, chosen);
        QVERIFY(free.travelled > 0.25);
        QVERIFY(!free.isTrapped());
        // Not from a few steps, nor from points that nobody chose.
        QVERIFY(!wanderingOf(*embedding, {{30, 20}, {30, 21}}, {false, true}).isTrapped());
        QCOMPARE(wanderingOf(*embedding, around, std::vector<bool>(around.size())).steps, 0);
        QCOMPARE(wanderingOf(*embedding, {}, {}).steps, 0);
    }

    void theViewFindsWhatItDraws()
    {
        EmbeddingView view;
        view.resize(400, 300);
        view.show();
        QVERIFY(!view.pixelAt({200, 150}));
        const auto embedding = embeddingOf(twoTextures(64, 96), 8, onwards);
        view.setEmbedding(embedding);
        const Pixel pixel{30, 80};
        const auto place = view.placeOf(pixel);
        QVERIFY(place);
        const auto found = view.pixelAt(*place);
        QVERIFY(found);
        QCOMPARE(*view.placeOf(*found), *place); // it, or one that lies in the same place
        QVERIFY(!view.placeOf({0, 0}));
        QVERIFY(!view.pixelAt({-100, -100}));

        auto map = std::make_shared<Map>(Map::Zero(64, 96));
        map->rightCols(48) = 1;
        view.setColors(map, Colormap::Viridis, {0, 1});
        const auto colourAt = [&view](Pixel of) {
            return view.grab().toImage().pixelColor(view.placeOf(of)->toPoint());
        };
        QCOMPARE(colourAt({30, 80}).rgb(), TonedColors(Colormap::Viridis, {0, 1})(1.0F));
        QCOMPARE(colourAt({30, 20}).rgb(), TonedColors(Colormap::Viridis, {0, 1})(0.0F));

        QSignalSpy moved(&view, &EmbeddingView::cursorMoved),
            pinned(&view, &EmbeddingView::pinChanged);
        QTest::mouseMove(&view, place->toPoint());
        QCOMPARE(moved.size(), 1);
        QTest::mouseClick(&view, Qt::LeftButton, {}, place->toPoint());
        QCOMPARE(pinned.size(), 1);
        QVERIFY(view.pinnedPixel());
        QTest::mouseClick(&view, Qt::LeftButton, {}, place->toPoint());
        QVERIFY(!view.pinnedPixel());
        view.setFocus();
        const double before = view.placeOf(*view.cursorPixel())->x();
        QTest::keyClick(&view, before > 200 ? Qt::Key_Left : Qt::Key_Right, Qt::ShiftModifier);
        QVERIFY(std::abs(view.placeOf(*view.cursorPixel())->x() - before) > 4);
    }

    void thePanelFollowsRunCursorAndSelection()
    {
        QTemporaryDir folder;
        StartOptions options;
        options.rows = options.cols = 48;
        options.seed = 3;
        options.initial = 5;
        options.steps = 14;
        options.theme = "dark";
        options.size = QSize(1280, 800);
        options.out = folder.filePath("run.h5");
        MainWindow window(options);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.begin();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->state() == Helm::State::Ready, longMilliseconds);
        auto *panel = window.findChild<EmbeddingPanel *>();
        QVERIFY(panel);
        QVERIFY(!panel->view()->embedding()); // nobody looks: nothing is computed
        window.findChild<QDockWidget *>("embedding")->raise();
        QTRY_VERIFY_WITH_TIMEOUT(panel->view()->embedding(), longMilliseconds);
        window.startRun();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->run().size() == 19 && !window.helm()->isGoing(),
                                 longMilliseconds);
        QTRY_COMPARE(panel->wandering().steps, 14);
        QVERIFY(!panel->findChild<QLabel *>("wandering")->text().isEmpty());

        // One cursor and one pin, both ways.
        MapView *survey = window.panels()->survey();
        const Pixel pixel = window.helm()->run().at(10).pixel;
        const QPointF place = *panel->view()->placeOf(pixel);
        QTest::mouseMove(panel->view(), place.toPoint());
        QVERIFY(panel->view()->cursorPixel());
        QCOMPARE(survey->cursorPixel(), panel->view()->cursorPixel());
        QCOMPARE(window.panels()->mean()->cursorPixel(), panel->view()->cursorPixel());
        QTest::mouseClick(panel->view(), Qt::LeftButton, {}, place.toPoint());
        QVERIFY(panel->view()->pinnedPixel());
        QCOMPARE(survey->pinnedPixel(), panel->view()->pinnedPixel());
        survey->setFocus();
        QTest::keyClick(survey, Qt::Key_Right);
        QCOMPARE(panel->view()->cursorPixel(), survey->cursorPixel());

        // What is selected on the map is shown among the patches.
        const QImage before = panel->view()->grab().toImage();
        Graphics *graphics = window.panels()->graphics();
        graphics->select(graphics->add({0, Graphic::Kind::Rectangle, {{10, 10}, {30, 30}}, 1}));
        QVERIFY(panel->view()->grab().toImage() != before);

        QVERIFY(panel->findChild<QLabel *>("features")->text().contains("ring features"));

        // Back in time the path is shorter.
        window.panels()->timeline()->goTo(8);
        QTRY_COMPARE(panel->wandering().steps, 4);
    }

    void thePanelShowsTheFeaturesOfARunsNetwork()
    {
        QTemporaryDir folder;
        StartOptions options;
        options.rows = options.cols = 40;
        options.theme = "dark";
        options.size = QSize(1280, 800);
        options.out = folder.filePath("run.h5");
        MainWindow window(options);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.begin();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->state() == Helm::State::Ready, longMilliseconds);
        auto *panel = window.findChild<EmbeddingPanel *>();
        window.findChild<QDockWidget *>("embedding")->raise();
        QTRY_VERIFY_WITH_TIMEOUT(panel->view()->embedding(), longMilliseconds);
        QCOMPARE(panel->view()->embedding()->features, Embedding::Features::Rings);
        auto *form = window.findChild<PlanPanel *>();
        Plan plan = form->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.hidden = {24, 12};
        plan.model.cycles = 8;
        plan.initial.count = 5;
        plan.steps = 4;
        form->setPlan(plan);
        window.startRun();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->run().size() == 9 && !window.helm()->isGoing(),
                                 longMilliseconds);
        const auto features = [panel] { return panel->view()->embedding()->features; };
        QTRY_COMPARE_WITH_TIMEOUT(features(), Embedding::Features::Learnt, longMilliseconds);
        auto *said = panel->findChild<QLabel *>("features");
        QTRY_VERIFY_WITH_TIMEOUT(said->text().contains("after step 9"), longMilliseconds);
        QVERIFY(panel->view()->embedding()->places.allFinite());
    }
};

QTEST_MAIN(TestEmbedding)
#include "tst_embedding.moc"
