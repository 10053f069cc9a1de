// SPDX-License-Identifier: GPL-3.0-or-later
// Which node belongs to which step, where the lineage panel looks, and what it says.
#include "app/helm.h"
#include "app/lineagepanel.h"
#include "app/panels.h"
#include "app/timeline.h"
#include "widgets/lineagestyle.h"
#include "widgets/lineageview.h"

#include <QAction>
#include <QLabel>
#include <QSpinBox>

#include <algorithm>

namespace helmscope {

static constexpr std::size_t mostBefore = 100; ///< places to go back to

// ---- step and node

int LineagePanel::nodeOf(int step) const
{
    return nodeOf(m_steps, step);
}

int LineagePanel::nodeOf(const std::vector<Steps> &all, int step)
{
    const auto after =
        std::upper_bound(all.begin(), all.end(), step,
                         [](int number, const Steps &steps) { return number < steps.first; });
    return after == all.begin() || std::prev(after)->last < step ? -1 : std::prev(after)->node;
}

bool LineagePanel::covers(int node, int step) const
{
    if (!m_scene->graph() || node < 0)
        return false;
    if (node == nodeOf(step))
        return true;
    const auto place = experimentOf(m_scene->graph()->nodes[std::size_t(node)]);
    return place && place->run == m_target.run && place->step == step;
}

bool LineagePanel::isDrawnSingly(int node) const
{
    if (m_view->isEmpty())
        return false;
    const auto &items = m_view->picture()->items;
    return std::any_of(items.begin(), items.end(), [node](const LineagePicture::Item &item) {
        return !item.isClosedGroup() && item.nodes.front() == node;
    });
}

/// The step that is looked at is selected; of a run that goes on the newest that is written.
void LineagePanel::showStep()
{
    if (m_view->isEmpty() || m_steps.empty())
        return showDetails();
    if (covers(m_view->selectedNode(), shownStep()))
        return;
    int node = nodeOf(shownStep());
    if (node < 0 && !m_focus && shownStep() > m_steps.back().last)
        node = m_steps.back().node;
    if (node < 0 || m_view->selectedNode() == node)
        return showDetails();
    if (!m_focus && !isDrawnSingly(node)) {
        // Drawn() comes back to here.
        LineageScene::Wish wish = wishOf(m_scene->contents());
        if (std::binary_search(wish.singly.begin(), wish.singly.end(), node))
            return m_scene->draw(std::move(wish));
    }
    const bool isFollowing = m_helm->isLiveShown() && m_panels->timeline()->isFollowing();
    select(node, !isFollowing);
}

/// Brought into sight where somebody asked for it, or had the last one in sight.
void LineagePanel::select(int node, bool isAsked)
{
    const QRectF last = m_view->rectOf(m_view->selectedNode());
    const bool wasInSight = !last.isNull() && QRectF(m_view->rect()).contains(last.center());
    m_view->setSelectedNode(node);
    if ((isAsked || wasInSight) && !m_view->isFit())
        m_view->centreOn(node);
    showDetails();
}

void LineagePanel::choose(int node)
{
    showDetails();
    showActions();
    if (!m_scene->graph() || node < 0 || covers(node, shownStep()))
        return;
    const auto place = experimentOf(m_scene->graph()->nodes[std::size_t(node)]);
    if (place && place->run == m_target.run && place->step > 0 &&
        place->step <= m_helm->run().size())
        m_panels->timeline()->goTo(place->step - 1);
}

void LineagePanel::activate(int node)
{
    const QString workspace = m_scene->workspaceOf(node);
    const auto place = workspace.isEmpty()
                           ? std::nullopt
                           : experimentOf(m_scene->graph()->nodes[std::size_t(node)]);
    if (place && place->run != m_target.run)
        emit runWished(workspace, *place);
    else
        focusOn(node);
}

void LineagePanel::focusOn(int node)
{
    if (!m_scene->graph() || node < 0 || std::size_t(node) >= m_scene->graph()->nodes.size())
        return;
    const LineageNode &which = m_scene->graph()->nodes[std::size_t(node)];
    const Node wished{which.kind, which.id};
    if (m_focus == wished)
        return;
    if (m_before.size() >= mostBefore)
        m_before.erase(m_before.begin());
    m_before.push_back(m_focus);
    show(wished);
}

void LineagePanel::back()
{
    if (m_before.empty())
        return;
    const std::optional<Node> last = m_before.back();
    m_before.pop_back();
    show(last);
}

void LineagePanel::show(std::optional<Node> focus)
{
    m_focus = focus;
    m_isNew = true;
    m_isStale = true;
    m_sinceRead.invalidate();
    showActions();
    renew();
}

/// All of it where it can be read so, else its middle.
void LineagePanel::look()
{
    const LineageContents &contents = m_scene->contents();
    int middle = m_focus ? contents.centre : nodeOf(shownStep());
    if (middle < 0)
        middle = m_steps.empty() ? contents.centre : m_steps.back().node;
    m_view->setSelectedNode(middle);
    m_view->fit();
    m_isWhole = false;
    if (m_view->zoom() >= readableZoom || middle < 0)
        return;
    m_view->setZoom(readableZoom);
    m_view->centreOn(middle);
}

// ---- words

QString LineagePanel::emptySentence() const
{
    if (!m_trouble.isEmpty())
        return m_trouble;
    if (m_helm->run().isEmpty() && !m_helm->isLiveShown())
        return tr("What the run was made from and what came of it will appear here: press Run, or "
                  "open a run that was recorded in a workspace.");
    const bool isBeginning = m_helm->isLiveShown() && m_helm->recordedIn().isEmpty();
    if ((m_target.run.isEmpty() || m_target.workspace.isEmpty()) && !isBeginning)
        return tr("This run is in a file of its own and has no lineage: open a workspace with "
                  "File, Open a workspace, and the runs recorded there have one.");
    if (m_helm->isLiveShown())
        return tr("Nothing is written of this run yet: its lineage appears here a few seconds "
                  "after the first step.");
    return tr("The lineage of this workspace does not know run %1: open the workspace once more "
              "with File, Open a workspace, which makes it from the run's files.")
        .arg(m_target.run);
}

/// Kind, name, time and hash of the selected node, behind what is not as one would expect.
void LineagePanel::showDetails()
{
    const int node = m_view->isEmpty() ? -1 : m_view->selectedNode();
    QStringList parts, lines;
    if (!m_view->isEmpty() && !m_trouble.isEmpty())
        parts << tr("⚠ %1").arg(m_trouble);
    const bool isLate =
        !m_focus && shownStep() > 0 && !m_view->isEmpty() && nodeOf(shownStep()) < 0;
    if (isLate)
        parts << (m_helm->isLiveShown() ? tr("Step %1 follows in a few seconds").arg(shownStep())
                                        : tr("Step %1 is not in the lineage").arg(shownStep()));
    if (node >= 0 && m_scene->graph() && std::size_t(node) < m_scene->graph()->nodes.size()) {
        const LineageNode &which = m_scene->graph()->nodes[std::size_t(node)];
        m_mark->setPixmap(markIcon(classOf(which), themeOf(palette())).pixmap(16, 16));
        parts << titleOf(which);
        if (!titleOf(which).startsWith(which.type))
            parts << which.type;
        if (which.createdMs > 0)
            parts << timeText(which.createdMs);
        if (!which.uri.isEmpty())
            parts << tr("content %1").arg(shortHash(which.uri));
        lines << which.name << which.uri;
    } else {
        m_mark->clear();
        if (!m_view->isEmpty())
            parts << tr("Click a box: what it came from and what came of it is lit.");
    }
    if (!m_view->isEmpty())
        lines << m_scene->contents().notes;
    lines.removeAll(QString());
    m_details->setText(parts.join(QStringLiteral(" · ")));
    m_details->setToolTip(lines.join('\n'));
}

void LineagePanel::showActions()
{
    m_back->setEnabled(!m_before.empty());
    m_fit->setEnabled(!m_view->isEmpty());
    m_openWindow->setEnabled(!m_view->isEmpty());
    m_depth->setEnabled(!m_view->isEmpty());
}

} // namespace helmscope
