// SPDX-License-Identifier: GPL-3.0-or-later
// What the nodes of a lineage hold: read beside the window's work, shown in the details and as
// pictures in the graph.
#include "app/artifactcontent.h"
#include "app/contentpane.h"
#include "app/lineagedetails.h"
#include "app/lineagewindow.h"
#include "widgets/lineageview.h"

namespace helmscope {

void LineageWindow::readNodeContent(int node)
{
    m_reading.stop(m_contentJob);
    const int number = ++m_contentNumber;
    const LineageNode &which = m_contents.graph->nodes[std::size_t(node)];
    if (!mayHaveContent(which))
        return;
    m_details->contentPane()->setWaiting();
    m_contentJob = m_reading.run(
        tr("Reading %1").arg(which.shortName()), this,
        [which, workspace = m_contents.workspaces.value(which.store)](const Progress &progress) {
            return readContent(workspace, which, progress);
        },
        [this, number](ArtifactContent content) {
            if (number == m_contentNumber)
                m_details->contentPane()->setContent(std::move(content));
        });
}

/// In small portions, so that pictures come while one looks, and what has left the screen by then
/// is not read.
void LineageWindow::readThumbnails(const std::vector<int> &nodes)
{
    constexpr std::size_t portion = 6;
    m_thumbnails.stop(m_thumbnailJob);
    struct Wish
    {
        int index;
        LineageNode node;
        QString workspace;
    };
    std::vector<Wish> wishes;
    for (int index : nodes) {
        const LineageNode &node = m_contents.graph->nodes[std::size_t(index)];
        const QString workspace = m_contents.workspaces.value(node.store);
        if (wishes.size() < portion && !workspace.isEmpty())
            wishes.push_back({index, node, workspace});
    }
    if (wishes.empty())
        return;
    struct Read
    {
        int index;
        QImage picture;
    };
    m_thumbnailJob = m_thumbnails.run(
        tr("Reading pictures"), this,
        [wishes = std::move(wishes), size = m_view->thumbnailPixels(),
         palette = palette()](const Progress &progress) {
            std::vector<Read> read;
            for (const Wish &wish : wishes) {
                if (!progress(0))
                    break;
                read.push_back(
                    {wish.index,
                     thumbnailOf(readContent(wish.workspace, wish.node, progress), size, palette)});
            }
            return read;
        },
        [this, graph = m_contents.graph](const std::vector<Read> &read) {
            if (graph != m_contents.graph)
                return;
            for (const Read &each : read)
                m_view->setThumbnail(each.index, each.picture);
        });
}

} // namespace helmscope
