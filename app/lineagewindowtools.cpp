// SPDX-License-Identifier: GPL-3.0-or-later
// What one does with a lineage that is shown: search, go back, compare, export, check.
#include "app/banner.h"
#include "app/lineagedetails.h"
#include "app/lineagetables.h"
#include "app/lineagewindow.h"
#include "app/statusline.h"
#include "base/tr.h"
#include "lineage/exports.h"
#include "lineage/query.h"
#include "widgets/lineagestyle.h"
#include "widgets/lineageview.h"

#include <QAction>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QSaveFile>
#include <QSpinBox>

#include <algorithm>

namespace helmscope {

namespace {

constexpr std::size_t mostPlaces = 200; ///< kept for going back

} // namespace

void LineageWindow::search(const QString &expression)
{
    m_search->setText(expression);
    m_searchSoon.stop();
    evaluateSearch();
}

void LineageWindow::evaluateSearch()
{
    m_questions.stop(m_searchJob);
    const int number = ++m_searchNumber;
    const QString expression = m_search->text().trimmed();
    if (!contents().graph)
        return;
    if (contents().isPart) {
        LineageWish wish;
        wish.text = expression;
        wish.depth = m_depth->value();
        readPart(wish);
        return;
    }
    if (expression.isEmpty()) {
        m_isSearching = false;
        m_found.clear();
        m_searchText->clear();
        showFound();
        emit searched(0);
        return;
    }
    struct Answer
    {
        std::vector<int> nodes;
        QString mistake;
    };
    m_searchJob = m_questions.run(
        tr("Searching"), this,
        [graph = contents().graph, expression](const Progress &) {
            // A mistake is expected while one types: an answer, no failure.
            Answer answer;
            try {
                answer.nodes = matching(*graph, expression);
            } catch (const Error &e) {
                answer.mistake = QString::fromUtf8(e.what());
            }
            return answer;
        },
        [this, number](const Answer &answer) {
            if (number != m_searchNumber)
                return;
            m_isSearching = answer.mistake.isEmpty();
            m_found = answer.nodes;
            m_searchText->setText(m_isSearching ? tr("%1 found").arg(m_found.size())
                                                : QStringLiteral("⚠ ") + answer.mistake);
            m_searchText->setToolTip(answer.mistake);
            showFound();
            emit searched(m_isSearching ? int(m_found.size()) : -1);
        });
}

/// Tables list what was found, within what the filter lets through; the graph marks it.
void LineageWindow::showFound()
{
    m_view->setMatches(m_isSearching ? m_found : std::vector<int>());
    if (!m_isSearching && !contents().isPart)
        return m_tables->setNodes(m_passing);
    std::vector<int> sorted = contents().isPart ? contents().listed : m_found, nodes;
    std::sort(sorted.begin(), sorted.end());
    std::set_intersection(sorted.begin(), sorted.end(), m_passing.begin(), m_passing.end(),
                          std::back_inserter(nodes));
    m_tables->setNodes(nodes);
    if (!nodes.empty())
        m_tables->showKindOf(nodes);
}

/// The one found after the selected one.
void LineageWindow::nextFound()
{
    if (m_found.empty())
        return;
    const auto next = std::upper_bound(m_found.begin(), m_found.end(), m_view->selectedNode());
    const int node = next == m_found.end() ? m_found.front() : *next;
    if (m_view->rectOf(node).isNull())
        return focusOn(node);
    select(node);
}

// ---- back and forward

void LineageWindow::remember()
{
    const Place here{m_focus, m_details->node()};
    if (m_place >= 0 && m_places[std::size_t(m_place)] == here)
        return;
    m_places.resize(std::size_t(m_place + 1));
    if (m_places.size() >= mostPlaces)
        m_places.erase(m_places.begin());
    m_places.push_back(here);
    m_place = int(m_places.size()) - 1;
}

void LineageWindow::goTo(int place)
{
    if (place < 0 || place >= int(m_places.size()))
        return;
    m_place = place;
    const Place there = m_places[std::size_t(place)];
    const bool isOtherPicture = there.focus != m_focus;
    m_focus = there.focus;
    m_view->setSelectedNode(there.selected);
    m_tables->setSelectedNode(there.selected);
    m_details->show(contents().graph, there.selected);
    if (isOtherPicture)
        draw(-1);
    else
        m_view->showNode(there.selected);
    showActions();
}

// ---- common origin

std::pair<int, int> LineageWindow::pairToTrace() const
{
    const std::vector<int> rows = m_tables->selectedNodes();
    if (rows.size() == 2)
        return {rows[0], rows[1]};
    if (m_chosen >= 0 && m_chosenBefore >= 0 && m_chosen == m_view->selectedNode())
        return {m_chosenBefore, m_chosen};
    return {-1, -1};
}

void LineageWindow::showCommonOrigin(int a, int b)
{
    const int count = contents().graph ? int(contents().graph->nodes.size()) : 0;
    if (a < 0 || b < 0 || a >= count || b >= count)
        return;
    m_questions.run(
        tr("Looking for a common origin"), this,
        [graph = contents().graph, a, b](const Progress &) { return commonOrigin(*graph, a, b); },
        [this, graph = contents().graph, a, b](const std::vector<int> &origins) {
            if (graph != contents().graph)
                return;
            const auto nameOf = [&graph](int node) {
                return titleOf(graph->nodes[std::size_t(node)]);
            };
            if (origins.empty())
                return m_banner->tell(tr("%1 and %2 have no common origin in this lineage.")
                                          .arg(nameOf(a), nameOf(b)));
            QStringList names;
            for (int node : origins)
                names << nameOf(node);
            m_banner->tell(tr("%1 and %2 both came of %3.")
                               .arg(nameOf(a), nameOf(b), names.mid(0, 5).join(", ")));
            std::vector<int> marked = origins;
            marked.insert(marked.end(), {a, b});
            m_view->setMatches(marked);
            if (m_view->rectOf(origins.front()).isNull())
                focusOn(origins.front());
            else
                select(origins.front());
        });
}

// ---- compare, export, check

void LineageWindow::compareSelected()
{
    const std::vector<int> nodes = m_tables->selectedNodes();
    if (nodes.size() > 1)
        m_tables->compare(nodes);
}

void LineageWindow::exportTo(const QString &key, const QString &file)
{
    for (const LineageExport &format : lineageExports()) {
        if (key != QLatin1String(format.key) || !contents().graph)
            continue;
        // What is shown is what is written.
        m_work.run(
            tr("Writing %1").arg(QFileInfo(file).fileName()), this,
            [graph = contents().graph, nodes = shownNodes(), write = format.write,
             file](const Progress &) {
                const bool isAll = nodes.size() == graph->nodes.size();
                const QByteArray bytes = write(isAll ? *graph : subgraph(*graph, nodes));
                QSaveFile out(file);
                if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() ||
                    !out.commit())
                    fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
            },
            [this, file] { m_status->showMessage(tr("Written: %1").arg(file), 8000); });
        return;
    }
}

void LineageWindow::check()
{
    if (!contents().graph)
        return;
    m_work.run(
        tr("Checking"), this,
        [files = contents().files.isEmpty() ? QStringList{contents().file} : contents().files,
         graph = contents().graph](const Progress &progress) {
            QStringList sentences;
            for (const QString &file : files)
                sentences << findingsIn(file, *graph, progress);
            sentences.removeDuplicates();
            return sentences;
        },
        [this](const QStringList &sentences) {
            m_tables->showReport(
                sentences.isEmpty() ? tr("Check") : tr("Check %1").arg(sentences.size()),
                sentences.isEmpty() ? QStringList{tr("Nothing is wrong with this lineage.")}
                                    : sentences);
        });
}

void LineageWindow::showSummary()
{
    if (!contents().graph) {
        m_status->setReadOut({}, {});
        return;
    }
    const std::size_t all = contents().graph->nodes.size();
    const std::size_t shown = shownNodes().size();
    QString text = shown == all
                       ? tr("%L1 nodes, %L2 edges").arg(all).arg(contents().graph->edges.size())
                       : tr("%L1 of %L2 nodes").arg(shown).arg(all);
    m_status->setReadOut(
        text,
        m_focus < 0
            ? QString()
            : tr("focus on %1").arg(contents().graph->nodes[std::size_t(m_focus)].shortName()));
}

} // namespace helmscope
