// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lineagepanel.h"

#include "app/helm.h"
#include "app/panels.h"
#include "app/steadytext.h"
#include "app/timeline.h"
#include "widgets/lineageview.h"
#include "widgets/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

constexpr qint64 leastPause = 3000, mostShare = 10; ///< ms between readings; times what one took
constexpr std::size_t mostSingly = 6;               ///< inputs or outputs drawn one by one

/// Of a node's own property, from 1 on; 0: it has none.
int numberIn(const LineageNode &node, const char *name)
{
    const LineageProperty *property = node.property(QLatin1String(name));
    return property ? std::max(0, property->value.toInt()) : 0;
}

/// What a node came of and what came of it within so many edges, as long as these are few: the
/// first step that learns has taken all spectra before it. Of executions also what else they made.
std::vector<int> nearest(const LineageGraph &graph, int centre, int depth)
{
    std::vector<std::vector<int>> links[2]; // up, down
    for (auto &each : links)
        each.resize(graph.nodes.size());
    for (const LineageEdge &edge : graph.edges) {
        links[0][std::size_t(edge.to)].push_back(edge.from);
        links[1][std::size_t(edge.from)].push_back(edge.to);
    }
    std::vector<int> found{centre};
    for (const auto &way : links) {
        std::vector<int> layer{centre};
        for (int i = 0; i < depth; ++i) {
            std::vector<int> next;
            for (int node : layer)
                if (const auto &more = way[std::size_t(node)]; more.size() <= mostSingly)
                    next.insert(next.end(), more.begin(), more.end());
            found.insert(found.end(), next.begin(), next.end());
            std::sort(next.begin(), next.end());
            next.erase(std::unique(next.begin(), next.end()), next.end());
            layer = std::move(next);
        }
    }
    for (std::size_t i = 0, count = found.size(); i < count; ++i)
        if (graph.nodes[std::size_t(found[i])].kind == LineageNode::Kind::Execution)
            if (const auto &made = links[1][std::size_t(found[i])]; made.size() <= mostSingly)
                found.insert(found.end(), made.begin(), made.end());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

} // namespace

LineagePanel::LineagePanel(Helm *helm, Panels *panels, QWidget *parent)
    : QWidget(parent)
    , m_helm(helm)
    , m_panels(panels)
    , m_view(new LineageView)
    , m_mark(new QLabel)
    , m_details(new QLabel)
    , m_depth(new QSpinBox)
    , m_scene(std::make_unique<LineageScene>(m_view))
{
    m_view->setObjectName("lineageOfRun");
    m_details->setObjectName("lineageDetails");
    m_details->setMinimumWidth(1); // may be cut, rather than widening the window
    m_mark->setFixedSize(16, 16);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    makeTools();
    column->addWidget(m_view, 1);
    auto *line = new QHBoxLayout;
    line->setContentsMargins(8, 2, 8, 2);
    line->setSpacing(6);
    line->addWidget(m_mark);
    line->addWidget(new SteadyText(m_details), 1);
    column->addLayout(line);
    m_soon.setSingleShot(true);
    m_soon.setInterval(30ms);
    m_again.setSingleShot(true);
    connectParts();
    m_view->setPlaceholder(emptySentence());
    showActions();
}

LineagePanel::~LineagePanel() = default;

void LineagePanel::makeTools()
{
    auto *tools = new QToolBar;
    tools->setObjectName("lineageTools");
    tools->setIconSize({16, 16});
    tools->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_back = tools->addAction(icon("back"), tr("Back"), this, &LineagePanel::back);
    m_back->setObjectName("lineageBack");
    m_back->setToolTip(tr("Back to what was shown before."));
    m_fit = tools->addAction(icon("fit"), tr("Fit"), this, [this] {
        m_isWhole = true;
        m_view->fit();
    });
    m_fit->setObjectName("lineageFit");
    m_fit->setToolTip(tr("Shows all of it."));
    m_depth->setRange(1, 20);
    m_depth->setValue(2);
    m_depth->setPrefix(tr("depth "));
    m_depth->setAccessibleName(tr("Depth of the lineage"));
    m_depth->setToolTip(tr("How many edges beyond the run are shown, and how many around the step "
                           "are drawn one by one. From an execution to the next it takes two."));
    tools->addWidget(m_depth);
    m_openWindow = tools->addAction(icon("lineage"), tr("Whole lineage"));
    m_openWindow->setObjectName("lineageWindow");
    m_openWindow->setToolTip(tr("Opens the lineage of the workspace in a window of its own, at "
                                "the node that is selected: to search, filter, compare, export."));
    layout()->addWidget(tools);
}

void LineagePanel::connectParts()
{
    connect(&m_soon, &QTimer::timeout, this, &LineagePanel::renew);
    connect(&m_again, &QTimer::timeout, this, &LineagePanel::renew);
    for (auto changed : {&Helm::runShown, &Helm::documentShown, &Helm::sampleOpened})
        connect(m_helm, changed, this, &LineagePanel::renewSoon);
    for (auto grown : {&Helm::stepsTaken, &Helm::recordingBegun})
        connect(m_helm, grown, this, &LineagePanel::readSoon);
    connect(m_helm, &Helm::runEnded, this, [this] {
        m_sinceRead.invalidate(); // all of it is there now
        readSoon();
    });
    connect(m_panels->timeline(), &Timeline::moved, this, &LineagePanel::renewSoon);
    connect(m_depth, &QSpinBox::valueChanged, this, [this] {
        m_sinceRead.invalidate();
        readSoon();
    });
    connect(m_view, &LineageView::nodeSelected, this, &LineagePanel::choose);
    connect(m_view, &LineageView::nodeActivated, this, &LineagePanel::activate);
    connect(m_view, &LineageView::groupToggled, m_scene.get(), &LineageScene::toggleGroup);
    connect(m_openWindow, &QAction::triggered, this, [this] {
        const int node = m_view->selectedNode();
        const bool isOne = m_scene->graph() && node >= 0;
        emit windowWished(file(),
                          isOne ? m_scene->graph()->nodes[std::size_t(node)] : LineageNode());
    });
    connect(m_scene.get(), &LineageScene::taken, this, [this] {
        m_readIn = m_sinceRead.isValid() ? m_sinceRead.elapsed() : 0;
        m_trouble.clear();
        m_steps = stepsIn(*m_scene->graph());
    });
    connect(m_scene.get(), &LineageScene::drawn, this, [this] {
        if (m_view->isEmpty())
            m_view->setPlaceholder(emptySentence());
        else if (std::exchange(m_isNew, false))
            look();
        else if (m_view->isFit() && !m_isWhole && m_view->zoom() < readableZoom)
            look(); // it has grown
        showStep();
        showDetails();
        showActions();
    });
    connect(m_scene.get(), &LineageScene::failed, this, [this](const QString &sentence) {
        m_trouble = sentence;
        m_view->setPlaceholder(sentence);
        showDetails();
        showActions();
    });
}

void LineagePanel::paintEvent(QPaintEvent *event)
{
    QWidget::paintEvent(event);
    if (m_isAwaited)
        m_soon.start();
}

void LineagePanel::renewSoon()
{
    if (!m_soon.isActive())
        m_soon.start();
}

void LineagePanel::readSoon()
{
    m_isStale = true;
    renewSoon();
}

QString LineagePanel::file() const
{
    return m_target.workspace + QStringLiteral("/mlmd");
}

int LineagePanel::shownStep() const
{
    return m_panels->shownIndex() + 1;
}

// ---- reading

void LineagePanel::renew()
{
    // A dock behind another tab counts as visible, but lies beside the window.
    m_isAwaited = visibleRegion().isEmpty();
    if (m_isAwaited)
        return;
    // The file of a run that goes on is its recorder's.
    m_scene->setReadsPictures(!m_helm->isLiveShown());
    const Target target{m_helm->workspaceOfRun(), m_helm->runId()};
    if (target != m_target) {
        m_target = target;
        m_focus.reset();
        m_before.clear();
        m_steps.clear();
        m_trouble.clear();
        m_sinceRead.invalidate();
        m_isStale = m_isNew = true;
        m_again.stop();
        m_scene->clear();
    }
    if (m_target.run.isEmpty() || m_target.workspace.isEmpty()) {
        m_view->setPlaceholder(emptySentence());
        showDetails();
        return showActions();
    }
    if (!m_isStale)
        return showStep();
    const qint64 pause = std::max(leastPause, mostShare * m_readIn);
    if (m_sinceRead.isValid() && m_sinceRead.elapsed() < pause) {
        if (!m_again.isActive())
            m_again.start(int(pause - m_sinceRead.elapsed()));
        return showStep();
    }
    read();
}

void LineagePanel::read()
{
    m_isStale = false;
    m_sinceRead.start();
    if (m_view->isEmpty())
        m_view->setPlaceholder(tr("The lineage is being read."));
    const ExperimentPlace place{m_target.run, shownStep()};
    m_scene->renew(
        tr("Reading the lineage of run %1").arg(m_target.run),
        [file = file(), place, focus = m_focus,
         depth = m_depth->value()](const Progress &progress) {
            return focus ? readNodeLineage(file, focus->first, focus->second, depth, progress)
                         : readRunLineage(file, place, depth, progress);
        },
        [this](const LineageContents &contents) { return wishOf(contents); });
}

std::vector<LineagePanel::Steps> LineagePanel::stepsIn(const LineageGraph &graph) const
{
    std::vector<Steps> all;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const LineageNode &node = graph.nodes[i];
        const LineageProperty *run =
            node.kind == LineageNode::Kind::Execution ? node.property("run") : nullptr;
        if (!run || run->value.toString() != m_target.run)
            continue;
        if (const int step = numberIn(node, "step"))
            all.push_back({step, step, int(i)});
        else if (const int first = numberIn(node, "first_step"))
            all.push_back({first, numberIn(node, "last_step"), int(i)});
    }
    std::sort(all.begin(), all.end(),
              [](const Steps &a, const Steps &b) { return a.first < b.first; });
    return all;
}

/// All that was read; around the step, or what is in focus, nothing in stacks. The contents may be
/// the next ones.
LineageScene::Wish LineagePanel::wishOf(const LineageContents &contents) const
{
    const LineageGraph &graph = *contents.graph;
    const std::vector<Steps> steps = stepsIn(graph);
    LineageScene::Wish wish;
    wish.nodes.resize(graph.nodes.size());
    std::iota(wish.nodes.begin(), wish.nodes.end(), 0);
    int centre = m_focus ? contents.centre : nodeOf(steps, shownStep());
    if (centre < 0 && !m_focus && !steps.empty())
        centre = steps.back().node; // the newest that is written
    if (centre < 0)
        return wish;
    wish.anchor = centre;
    wish.singly = nearest(graph, centre, m_depth->value());
    return wish;
}

} // namespace helmscope
