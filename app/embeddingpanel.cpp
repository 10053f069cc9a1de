// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/embeddingpanel.h"

#include "app/helm.h"
#include "app/panels.h"
#include "app/steadytext.h"
#include "app/timeline.h"
#include "base/error.h"
#include "dkl/deepkernel.h"
#include "widgets/embeddingview.h"
#include "widgets/mapview.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

QString verdictOf(const Wandering &wandering)
{
    if (wandering.steps < Wandering::fewest)
        return EmbeddingPanel::tr("Whether the search is trapped can be told from %1 steps of the "
                                  "model on.")
            .arg(Wandering::fewest);
    const QString numbers =
        EmbeddingPanel::tr("%1 % of the last %2 steps beside an earlier one; way %3 × the typical")
            .arg(100 * wandering.nearRepeats, 0, 'f', 0)
            .arg(wandering.steps)
            .arg(wandering.travelled, 0, 'f', 2);
    return wandering.isTrapped() ? EmbeddingPanel::tr("▲ The search is trapped: %1").arg(numbers)
                                 : EmbeddingPanel::tr("✓ The search goes on: %1").arg(numbers);
}

} // namespace

/// Alive, or as it was recorded; neither: there is none to look at.
struct EmbeddingPanel::Network
{
    std::shared_ptr<const DeepKernel> model;
    std::string bytes;
    std::uint64_t hash = 0;
    int step = 0;
};

EmbeddingPanel::EmbeddingPanel(Helm *helm, Panels *panels, QWidget *parent)
    : QWidget(parent)
    , m_helm(helm)
    , m_panels(panels)
    , m_view(new EmbeddingView)
    , m_verdict(new QLabel)
    , m_features(new QLabel)
{
    m_view->setObjectName("embeddingView");
    m_view->setPlaceholder(tr("All patches of the image by likeness will appear here: open a "
                              "sample."));
    m_verdict->setObjectName("wandering");
    m_verdict->setMinimumWidth(1); // may be cut, rather than widening the window
    m_verdict->setContentsMargins(8, 2, 8, 2);
    m_verdict->setToolTip(tr("Trapped: at least half of the model's last steps lie within two "
                             "pixels of one measured before, and they look alike (the way from "
                             "one to the next is under a quarter of that between two patches at "
                             "random). Another acquisition, or more exploration, helps."));
    m_features->setObjectName("features");
    m_features->setMinimumWidth(1);
    m_features->setContentsMargins(8, 2, 8, 0);
    m_features->setToolTip(tr("A model with a network (a deep kernel) learns itself what makes two "
                              "patches alike: its features are shown, and move while it learns. "
                              "Other models have none of their own: ring features say what lies "
                              "about the middle of a patch, whichever way it is turned."));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(new SteadyText(m_features));
    column->addWidget(m_view, 1);
    column->addWidget(new SteadyText(m_verdict));

    m_soon.setSingleShot(true);
    m_soon.setInterval(25);
    connect(&m_soon, &QTimer::timeout, this, &EmbeddingPanel::renew);
    connect(helm, &Helm::sampleOpened, this, &EmbeddingPanel::forget);
    const auto later = [this] {
        if (!m_soon.isActive())
            m_soon.start();
    };
    connect(helm, &Helm::runShown, this, later);
    connect(helm, &Helm::stepsTaken, this, later);
    connect(helm, &Helm::runEnded, this, later);
    connect(panels->timeline(), &Timeline::moved, this, later);
    connect(panels->mean(), &MapView::limitsChanged, this, later);
    connect(panels->mean(), &MapView::colormapChanged, this, later);
    connect(panels->graphics(), &Graphics::changed, this, &EmbeddingPanel::showSelection);
    connect(panels->graphics(), &Graphics::selectionChanged, this, &EmbeddingPanel::showSelection);

    // The maps are linked among themselves: one of them speaks for all.
    MapView *maps = panels->survey();
    for (MapView *map :
         {panels->survey(), panels->mean(), panels->deviation(), panels->acquisition()}) {
        connect(map, &MapView::cursorMoved, m_view, &EmbeddingView::setCursorPixel);
        connect(map, &MapView::pinChanged, m_view, &EmbeddingView::setPinnedPixel);
    }
    connect(m_view, &EmbeddingView::cursorMoved, maps, [maps](Pixel pixel) {
        maps->setCursorPixel(pixel);
        emit maps->cursorMoved(pixel);
    });
    connect(m_view, &EmbeddingView::pinChanged, maps, [maps](std::optional<Pixel> pixel) {
        maps->setPinnedPixel(pixel);
        emit maps->pinChanged(pixel);
    });
}

void EmbeddingPanel::paintEvent(QPaintEvent *event)
{
    QWidget::paintEvent(event);
    if (m_isAwaited)
        m_soon.start();
}

void EmbeddingPanel::forget()
{
    ++m_number;
    m_made = m_shown = {};
    m_madeIn = 0;
    m_features->clear();
    m_view->setEmbedding(nullptr);
    m_view->setPinnedPixel(std::nullopt);
    m_view->setCursorPixel(std::nullopt);
    m_soon.start();
}

void EmbeddingPanel::renew()
{
    // A dock behind another tab counts as visible, but lies beside the window.
    m_isAwaited = visibleRegion().isEmpty();
    if (m_isAwaited || !m_helm->sample())
        return;
    Network network = this->network();
    Wanted wanted;
    wanted.patch =
        m_helm->run().isEmpty() && !m_helm->isGoing() ? Plan().patch : m_helm->run().plan().patch;
    wanted.hash = network.hash;
    wanted.step = network.step;
    if (!(wanted == m_made)) {
        // A network that learns is looked at now and then, not as fast as it goes: the steps are
        // worth more than their picture.
        const bool isSameTask = wanted.patch == m_made.patch && wanted.hash && m_made.hash;
        constexpr qint64 leastMilliseconds = 500, mostShare = 4;
        if (!isSameTask || (m_madeIn > 0 && m_making.elapsed() >=
                                                std::max(leastMilliseconds, mostShare * m_madeIn)))
            make(wanted, std::move(network));
        else if (m_madeIn > 0)
            QTimer::singleShot(leastMilliseconds, this, [this] { m_soon.start(); });
    }
    showStep();
}

EmbeddingPanel::Network EmbeddingPanel::network() const
{
    Network network;
    const ShownRun &run = m_helm->run();
    for (int i = run.size() - 1; i >= 0; --i) {
        const Step &step = run.at(i);
        if (step.modelHash == 0)
            continue;
        network.model = step.model.lock();
        const Plan &plan = run.plan();
        const bool isKept =
            !run.model().empty() && (plan.model.features == DeepKernelSettings::Features::Network ||
                                     plan.beginning.isWanted());
        if (!network.model && isKept)
            network.bytes = run.model();
        if (network.model || isKept) {
            network.hash = step.modelHash;
            network.step = step.number;
        }
        break;
    }
    // Between two steps the older one's is gone for a moment: the picture stays.
    if (network.hash == 0 && m_helm->isGoing() && m_made.hash != 0 && run.size() > m_made.step) {
        network.hash = m_made.hash;
        network.step = m_made.step;
    }
    return network;
}

void EmbeddingPanel::make(const Wanted &wanted, Network network)
{
    if (wanted.hash == 0 || m_shown.hash == 0)
        m_view->setPlaceholder(tr("The patches are being compared."));
    m_made = wanted;
    m_madeIn = 0;
    m_making.start();
    m_helm->errands().run(
        tr("Comparing the patches"), this,
        // The image as shown, shared: copying a large one takes longer than a frame.
        [image = m_panels->survey()->sharedMap(), ratio = m_panels->survey()->imageRatio(),
         patch = wanted.patch, network = std::move(network), before = m_view->embedding()](
            const Progress &progress) -> std::shared_ptr<const Embedding> {
            if (!image)
                return nullptr;
            Dataset survey;
            survey.image = *image;
            survey.imageRatio = ratio;
            if (network.model)
                return embeddingOf(survey, patch, *network.model, before.get(), progress);
            try {
                if (!network.bytes.empty())
                    return embeddingOf(survey, patch, DeepKernel::deserialize(network.bytes),
                                       before.get(), progress);
            } catch (const Error &) {
                // One of an older Helmscope, or without a network in the end.
            }
            return embeddingOf(survey, patch, progress);
        },
        [this, wanted, number = ++m_number](const std::shared_ptr<const Embedding> &embedding) {
            if (number != m_number)
                return;
            m_madeIn = std::max<qint64>(1, m_making.elapsed());
            m_shown = wanted;
            m_view->setEmbedding(embedding);
            showFeatures();
            showStep();
            showSelection();
            if (m_helm->isGoing())
                m_soon.start(); // the model may have gone on
        });
}

void EmbeddingPanel::showFeatures()
{
    if (!m_view->embedding())
        return m_features->clear();
    m_features->setText(
        m_view->embedding()->features == Embedding::Features::Learnt
            ? tr("By the features the network has learnt, after step %1").arg(m_shown.step)
            : tr("By ring features of the patches"));
}

void EmbeddingPanel::showStep()
{
    const ShownRun &run = m_helm->run();
    const int index = std::min(m_panels->shownIndex(), run.size() - 1);
    std::vector<Pixel> path;
    std::vector<bool> isChosen;
    for (int i = 0; i <= index; ++i) {
        path.push_back(run.at(i).pixel);
        isChosen.push_back(run.at(i).reason == Reason::Acquisition);
    }
    m_wandering = {};
    if (m_view->embedding())
        m_wandering = wanderingOf(*m_view->embedding(), path, isChosen);
    m_verdict->setText(path.empty() ? QString() : verdictOf(m_wandering));
    const ShownRun::Held held = run.beliefAt(index);
    using Shared = std::shared_ptr<const Map>;
    m_view->setColors(held.belief ? Shared(held.belief, &held.belief->mean) : nullptr,
                      m_panels->mean()->colormap(), m_panels->mean()->limits());
    m_view->setNext(held.belief && held.index == index ? held.belief->next : std::nullopt);
    m_view->setPath(std::move(path));
}

/// The pixels within the shape that is selected on the maps.
void EmbeddingPanel::showSelection()
{
    std::vector<Pixel> pixels;
    const Graphic *graphic = m_panels->graphics()->find(m_panels->graphics()->selected());
    if (graphic && m_view->embedding()) {
        const auto &rows = m_view->embedding()->rows;
        for (const PixelRun &run : runsOf(graphic->region(), int(rows.rows()), int(rows.cols())))
            for (int col = run.first; col <= run.last; ++col)
                pixels.push_back({run.row, col});
    }
    m_view->setHighlighted(std::move(pixels));
}

} // namespace helmscope
