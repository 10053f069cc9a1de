// SPDX-License-Identifier: GPL-3.0-or-later
// What the lineage window reads and draws; where its parts are is in lineagewindowparts.cpp.
#include "app/lineagewindow.h"

#include "app/banner.h"
#include "app/lineagedetails.h"
#include "app/lineagefilter.h"
#include "app/lineagetables.h"
#include "app/statusline.h"
#include "app/sweeppage.h"
#include "widgets/lineageview.h"
#include "widgets/parallelview.h"
#include "widgets/timerange.h"

#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>

#include <algorithm>
#include <chrono>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

} // namespace

LineageWindow::LineageWindow(QWidget *parent)
    : QMainWindow(parent)
{
    setWindowTitle(tr("Lineage"));
    setAcceptDrops(true);
    for (QTimer *timer : {&m_searchSoon, &m_filterSoon})
        timer->setSingleShot(true);
    m_searchSoon.setInterval(150ms);
    m_filterSoon.setInterval(60ms);
    makeParts();
    makeActions();
    makeMenus();
    connectParts();
    showActions();
    showSummary();
}

LineageWindow::~LineageWindow()
{
    // Parts still signal while they are destroyed.
    for (QObject *part : findChildren<QObject *>())
        part->disconnect(this);
}

void LineageWindow::open(const QString &file)
{
    openAll({file});
}

void LineageWindow::add(const QString &file)
{
    QStringList files =
        contents().files.isEmpty() ? QStringList{contents().file} : contents().files;
    files.removeAll(QString());
    if (files.contains(file))
        return m_banner->tell(tr("%1 is in this graph already.").arg(file));
    openAll(files << file);
}

void LineageWindow::openAll(const QStringList &files)
{
    const QString name = QFileInfo(files.last()).fileName();
    if (!graph())
        m_view->setPlaceholder(tr("Reading %1…").arg(name));
    m_scene->read(tr("Reading %1").arg(name),
                  [files](const Progress &progress) { return readLineages(files, progress); });
}

void LineageWindow::take()
{
    const LineageGraph &graph = *contents().graph;
    const bool isSameStore = contents().isPart && m_partOf == contents().file;
    m_partOf = contents().isPart ? contents().file : QString();
    m_swept.clear();
    m_tables->sweep()->setSweep({});
    m_found.clear();
    m_places.clear();
    m_place = -1;
    m_focus = -1;
    m_view->setMatches({});
    m_details->setStores(contents().inStores);
    m_details->show(contents().graph, -1);
    m_filter->setGraph(graph);
    std::vector<qint64> times;
    for (const LineageNode &node : graph.nodes)
        times.push_back(node.createdMs);
    m_times->setTimes(std::move(times));
    m_tables->setGraph(contents().graph);
    QStringList names;
    for (const QString &file : std::as_const(contents().files))
        names << QFileInfo(file).fileName();
    if (names.isEmpty())
        names << QFileInfo(contents().file).fileName();
    setWindowTitle(tr("%1 – Lineage – Helmscope").arg(names.join(" + ")));
    m_chosen = m_chosenBefore = -1;
    if (contents().files.size() > 1) {
        QStringList marks;
        for (int i = 0; i < contents().files.size(); ++i)
            marks << storeMark({i}) + ' ' + contents().files[i];
        m_banner->tell(tr("Joined by content: %1. The marks stand before the second line of a "
                          "box.")
                           .arg(marks.join(QStringLiteral(", "))));
    }
    setWindowFilePath(contents().file);
    for (const QString &note : contents().notes)
        m_banner->tell(note);
    if (!graph.problems.isEmpty())
        m_banner->tell(graph.problems.size() == 1 ? graph.problems.first()
                                                  : tr("%1 And %2 more: see Lineage > Check.")
                                                        .arg(graph.problems.first())
                                                        .arg(graph.problems.size() - 1));
    if (!isSameStore) {
        const QSignalBlocker quietly(m_search);
        m_search->clear();
    }
    m_isSearching = false;
    m_searchText->clear();

    if (contents().isPart) {
        m_focus = contents().centre;
        const std::size_t count = contents().listed.size();
        if (!m_search->text().isEmpty())
            m_searchText->setText(count >= std::size_t(mostListed) ? tr("the newest %1").arg(count)
                                                                   : tr("%1 found").arg(count));
        m_searchText->setToolTip(contents().mistake);
        if (!contents().mistake.isEmpty() && !m_search->text().isEmpty())
            m_searchText->setText(QStringLiteral("⚠ ") + contents().mistake);
        if (!isSameStore)
            m_banner->tell(tr("This store has %L1 nodes. The tables list the newest; search for "
                              "others, and choose one to see where it came from and what came of "
                              "it.")
                               .arg(contents().nodesInStore));
    } else if (graph.nodes.size() > wholePictureLimit) {
        // The newest execution is what was just done.
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (graph.nodes[i].kind == LineageNode::Kind::Execution &&
                (m_focus < 0 ||
                 graph.nodes[i].createdMs >= graph.nodes[std::size_t(m_focus)].createdMs))
                m_focus = int(i);
    }
    if (graph.nodes.empty())
        m_view->setPlaceholder(tr("%1 holds no artifacts and no executions yet: what is recorded "
                                  "in it will appear here.")
                                   .arg(QFileInfo(contents().file).fileName()));
    filterNodes();
    m_details->show(contents().graph, m_focus); // the picture will select it
    m_tables->setSelectedNode(m_focus);
    remember();
    showActions();
    emit opened();
    prepareSearch();
    takePlace();
    takeNode();
}

/// Searching as one types goes through it; until it is there, through the store.
void LineageWindow::prepareSearch()
{
    if (!contents().isPart || m_indexedFile == contents().file)
        return;
    m_indexedFile = contents().file;
    m_index.reset();
    m_indexing.stopAll();
    m_indexing.run(
        tr("Preparing the search"), this,
        [file = contents().file](const Progress &progress) {
            return readSearchIndex(file, progress);
        },
        [this, file = contents().file](std::shared_ptr<const LineageSearchIndex> index) {
            if (file == m_indexedFile)
                m_index = std::move(index);
        });
}

void LineageWindow::readPart(LineageWish wish)
{
    wish.index = m_index;
    wish.nodesInStore = contents().isPart ? contents().nodesInStore : 0;
    m_scene->read(tr("Reading"),
                  [file = contents().file, wish = std::move(wish)](const Progress &progress) {
                      return readLineagePart(file, wish, progress);
                  });
}

// ---- what is shown

void LineageWindow::filterNodes()
{
    m_passing.clear();
    if (!contents().graph)
        return;
    const auto &nodes = contents().graph->nodes;
    const bool isAll = m_filter->isAll() && m_times->isAll();
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (isAll || (m_filter->holds(nodes[i]) && m_times->holds(nodes[i].createdMs)))
            m_passing.push_back(int(i));
    if (m_passing != m_swept)
        makeSweep(m_passing);
    dropBrushed();
    showNodes();
}

std::vector<int> LineageWindow::shownNodes() const
{
    if (m_focus < 0)
        return m_passing;
    std::vector<int> nodes;
    const std::vector<int> around = aroundNode(*contents().graph, m_focus, m_depth->value());
    std::set_intersection(around.begin(), around.end(), m_passing.begin(), m_passing.end(),
                          std::back_inserter(nodes));
    return nodes;
}

void LineageWindow::showNodes()
{
    if (!contents().graph)
        return;
    showFound();
    draw(m_view->selectedNode());
    showActions();
}

void LineageWindow::draw(int anchor)
{
    std::vector<int> nodes = shownNodes();
    if (nodes.empty() && !contents().graph->nodes.empty())
        m_view->setPlaceholder(
            tr("Filter and time leave nothing: tick more boxes at the left, or double-click "
               "the times below."));
    m_scene->draw({std::move(nodes), {}, anchor});
}

void LineageWindow::focusOn(int node)
{
    if (!contents().graph || node >= int(contents().graph->nodes.size()))
        return;
    if (contents().isPart && node >= 0) {
        const LineageNode &wanted = contents().graph->nodes[std::size_t(node)];
        LineageWish wish;
        wish.kind = wanted.kind;
        wish.id = wanted.id;
        wish.depth = m_depth->value();
        wish.text = m_search->text();
        readPart(wish);
        return;
    }
    m_focus = node;
    if (node >= 0)
        select(node);
    draw(-1);
    remember();
    showActions();
}

void LineageWindow::select(int node)
{
    m_view->setSelectedNode(node);
    m_view->showNode(node);
    m_tables->setSelectedNode(node);
    m_details->show(contents().graph, node);
    remember();
    showActions();
}

void LineageWindow::showAll()
{
    if (!contents().graph)
        return;
    m_search->clear();
    m_filter->setAll();
    m_times->setAll();
    m_tables->sweep()->parallel()->clearBrushes();
    if (!contents().isPart)
        m_focus = -1;
    filterNodes();
    remember();
}

} // namespace helmscope
