// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/banner.h"
#include "app/lineagetables.h"
#include "app/lineagewindow.h"
#include "app/sweeppage.h"
#include "app/unattended.h"
#include "base/tr.h"
#include "widgets/lineagestyle.h"
#include "widgets/lineageview.h"
#include "widgets/parallelview.h"

#include <QDir>
#include <QTextStream>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace helmscope {

using namespace std::chrono_literals;

UnattendedLineage::UnattendedLineage(const StartOptions &options, LineageWindow *window)
    : QObject(window)
    , m_options(options)
    , m_window(window)
{
    connect(window, &LineageWindow::drawn, this, [this] {
        if (m_hasBegun)
            return;
        m_hasBegun = true;
        if (m_options.pictures.isEmpty() && !m_options.isQuitAtEnd) {
            focus(); // --focus, and nothing else
            return;
        }
        afterPainting(&UnattendedLineage::focus);
    });
    connect(window, &LineageWindow::failed, this, [this] {
        if (!m_options.isQuitAtEnd || m_hasBegun)
            return;
        QTextStream(stderr) << m_window->banner()->sentence() << '\n';
        m_exitCode = 1;
        end();
    });
}

void UnattendedLineage::afterPainting(void (UnattendedLineage::*then)())
{
    // The pictures in the boxes come one after another.
    QTimer::singleShot(200ms, this, [this, then] {
        if (m_window->isReadingContents() || !m_window->view()->isPainted())
            afterPainting(then);
        else
            (this->*then)();
    });
}

/// On what --focus names, or on the model that most came of.
void UnattendedLineage::focus()
{
    savePicture("lineage-whole");
    const LineageGraph &graph = *m_window->graph();
    int node = -1;
    if (!m_options.focus.isEmpty()) {
        const std::vector<int> found = graph.find(m_options.focus);
        if (found.empty()) {
            m_window->banner()->tell(
                tr("There is no node '%1' in this lineage.").arg(m_options.focus));
            m_exitCode = 1;
        } else {
            node = found.front();
        }
    } else if (!m_options.pictures.isEmpty()) {
        std::size_t most = 0;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (classOf(graph.nodes[i]) == LineageClass::Model) {
                const std::size_t size = reach(graph, {int(i)}, Walk::Both, 3).size();
                if (size > most) {
                    most = size;
                    node = int(i);
                }
            }
    }
    if (m_options.pictures.isEmpty() && !m_options.isQuitAtEnd) {
        if (node >= 0)
            m_window->focusOn(node);
        return;
    }
    if (node < 0)
        return compare();
    connect(
        m_window, &LineageWindow::drawn, this,
        [this] { afterPainting(&UnattendedLineage::compare); }, Qt::SingleShotConnection);
    m_window->focusOn(node);
}

/// The first two executions of which one lists the same parameters as the other.
void UnattendedLineage::compare()
{
    if (m_window->focus() >= 0)
        savePicture("lineage-focus");
    const LineageGraph &graph = *m_window->graph();
    const auto parameters = [&graph](int node) {
        QStringList names;
        for (const LineageProperty &property : graph.nodes[std::size_t(node)].properties)
            if (property.isCustom)
                names << property.name;
        return names;
    };
    std::vector<int> same;
    const std::vector<int> nodes = m_window->tables()->nodes(LineageNode::Kind::Execution);
    for (std::size_t i = 0; i < nodes.size() && same.size() < 2; ++i) {
        same.clear();
        for (std::size_t j = i; j < nodes.size(); ++j)
            if (!parameters(nodes[i]).isEmpty() && parameters(nodes[j]) == parameters(nodes[i]))
                same.push_back(nodes[j]);
    }
    if (same.size() < 2)
        return afterPainting(&UnattendedLineage::sweep);
    m_window->tables()->compare(same);
    savePicture("lineage-compare");
    afterPainting(&UnattendedLineage::sweep);
}

/// All executions held against each other, where any number differs among them.
void UnattendedLineage::sweep()
{
    if (!m_options.pictures.isEmpty() &&
        !m_window->tables()->sweep()->parallel()->sweep().axes.empty()) {
        m_window->focusOn(-1);
        m_window->tables()->showSweep();
        connect(
            m_window, &LineageWindow::drawn, this,
            [this] {
                savePicture("lineage-sweep");
                end();
            },
            Qt::SingleShotConnection);
        return;
    }
    end();
}

void UnattendedLineage::end()
{
    if (m_options.isQuitAtEnd)
        emit finished(m_exitCode);
}

void UnattendedLineage::savePicture(const QString &name)
{
    if (!savePictureInto(m_options.pictures, m_window, name))
        m_exitCode = 1;
}

} // namespace helmscope
