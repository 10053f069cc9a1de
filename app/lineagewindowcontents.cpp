// SPDX-License-Identifier: GPL-3.0-or-later
// What the nodes of a lineage hold: read beside the window's work, shown in the details.
#include "app/artifactcontent.h"
#include "app/contentpane.h"
#include "app/lineagedetails.h"
#include "app/lineagewindow.h"

namespace helmscope {

void LineageWindow::readNodeContent(int node)
{
    m_reading.stop(m_contentJob);
    const int number = ++m_contentNumber;
    const LineageNode &which = contents().graph->nodes[std::size_t(node)];
    if (!mayHaveContent(which))
        return;
    m_details->contentPane()->setWaiting();
    m_contentJob = m_reading.run(
        tr("Reading %1").arg(which.shortName()), this,
        [which, workspace = contents().workspaces.value(which.store)](const Progress &progress) {
            return readContent(workspace, which, progress);
        },
        [this, number](ArtifactContent content) {
            if (number == m_contentNumber)
                m_details->contentPane()->setContent(std::move(content));
        });
}

} // namespace helmscope
