// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lineagescene.h"

#include "app/artifactcontent.h"
#include "app/contentpane.h"

#include <QPalette>

#include <algorithm>

namespace helmscope {

namespace {

constexpr qsizetype mostPictures = 4000; ///< kept; some 10 kB each

/// The same node of another reading of the store; -1 where it is not in it.
int sameNode(const LineageGraph &from, int node, const LineageGraph &to)
{
    if (&from == &to || node < 0 || std::size_t(node) >= from.nodes.size())
        return node;
    const LineageNode &which = from.nodes[std::size_t(node)];
    return to.indexOf(which.kind, which.id, which.store);
}

} // namespace

LineageScene::LineageScene(LineageView *view, QObject *parent)
    : QObject(parent)
    , m_view(view)
    , m_contents(std::make_shared<const LineageContents>())
{
    connect(m_view, &LineageView::thumbnailsWished, this, &LineageScene::readThumbnails);
    connect(&m_work, &Jobs::failed, this, [this](const QString &, const QString &sentence) {
        m_next.reset();
        emit failed(sentence);
    });
}

LineageScene::~LineageScene() = default;

bool LineageScene::hasWorkspace() const
{
    return std::any_of(m_contents->workspaces.begin(), m_contents->workspaces.end(),
                       [](const QString &folder) { return !folder.isEmpty(); });
}

QString LineageScene::workspaceOf(int node) const
{
    if (!graph() || node < 0 || std::size_t(node) >= graph()->nodes.size())
        return {};
    const LineageNode &which = graph()->nodes[std::size_t(node)];
    return experimentOf(which) ? m_contents->workspaces.value(which.store) : QString();
}

int LineageScene::startReading(const QString &title, Reader reader,
                               std::function<void(LineageContents)> done)
{
    m_work.stop(m_readJob);
    return m_work.run(
        title, this, std::move(reader),
        [this, number = ++m_readNumber, done = std::move(done)](LineageContents contents) {
            if (number == m_readNumber)
                done(std::move(contents));
        });
}

void LineageScene::read(const QString &title, Reader reader)
{
    m_readJob = startReading(title, std::move(reader), [this](LineageContents contents) {
        m_work.stop(m_drawJob);
        ++m_drawNumber;
        m_next.reset();
        m_contents = std::make_shared<const LineageContents>(std::move(contents));
        m_openGroups.clear();
        m_drawing.reset();
        m_pictures.clear();
        m_view->clear();
        emit taken();
    });
}

void LineageScene::renew(const QString &title, Reader reader,
                         std::function<Wish(const LineageContents &)> wish)
{
    m_readJob = startReading(
        title, std::move(reader), [this, wish = std::move(wish)](LineageContents contents) {
            m_next = std::make_shared<const LineageContents>(std::move(contents));
            startDrawing(m_next, wish(*m_next));
        });
}

void LineageScene::draw(Wish wish)
{
    if (!m_next && graph())
        startDrawing(m_contents, wish);
}

void LineageScene::startDrawing(Contents of, const Wish &wish)
{
    m_work.stop(m_drawJob);
    m_wish = wish;
    m_isStale = false;
    const int number = ++m_drawNumber;
    if (wish.nodes.empty())
        return show(std::move(of), {}, -1);
    const bool hasPictures = std::any_of(of->workspaces.begin(), of->workspaces.end(),
                                         [](const QString &folder) { return !folder.isEmpty(); });
    m_drawJob = m_work.run(
        tr("Drawing"), this,
        [of,
         wished = DrawingWish{wish.nodes, wish.singly, m_openGroups,
                              LineageView::nodeSize(*of->graph, hasPictures), hasPictures},
         before = m_drawing](const Progress &progress) {
            return drawUp(*of, wished, before.get(), progress);
        },
        [this, number, of, anchor = wish.anchor](LineageDrawing drawing) {
            if (number == m_drawNumber)
                show(of, std::move(drawing), anchor);
        });
}

/// `anchor` is a node of `of`.
void LineageScene::show(Contents of, LineageDrawing drawing, int anchor)
{
    const bool isNext = of != m_contents;
    const Contents before = std::exchange(m_contents, of);
    m_next.reset();
    m_drawing = drawing.picture ? std::make_shared<const LineageDrawing>(std::move(drawing))
                                : std::shared_ptr<const LineageDrawing>();
    int selected = m_view->selectedNode();
    if (!m_drawing) {
        m_view->clear();
    } else if (!before->graph || before->graph == of->graph) {
        m_view->setPicture(m_drawing->picture, anchor);
        m_view->setSelectedNode(selected);
    } else {
        m_view->setPicture(m_drawing->picture, anchor,
                           sameNode(*of->graph, anchor, *before->graph));
        m_view->setSelectedNode(sameNode(*before->graph, selected, *of->graph));
        for (const LineagePicture::Item &item : m_drawing->picture->items) {
            const auto known =
                m_pictures.constFind(of->graph->nodes[std::size_t(item.nodes.back())].uri);
            if (known != m_pictures.cend())
                m_view->setThumbnail(item.nodes.back(), *known);
        }
    }
    if (isNext)
        emit taken();
    emit drawn();
    if (std::exchange(m_isStale, false))
        draw(m_wish);
}

void LineageScene::toggleGroup(int group)
{
    if (!m_drawing || group < 0 || group >= m_drawing->groups.size())
        return;
    const QString key = m_drawing->groups[group];
    if (!m_openGroups.remove(key))
        m_openGroups.insert(key);
    m_isStale = m_next != nullptr;
    // What opens stays where it is.
    const auto &items = m_drawing->picture->items;
    const auto item = std::find_if(items.begin(), items.end(),
                                   [group](const auto &each) { return each.group == group; });
    if (!m_next)
        m_wish.anchor = item == items.end() ? -1 : item->nodes.front();
    draw(m_wish);
}

void LineageScene::clear()
{
    m_work.stopAll();
    m_thumbnails.stopAll();
    ++m_readNumber;
    ++m_drawNumber;
    m_contents = std::make_shared<const LineageContents>();
    m_next.reset();
    m_wish = {};
    m_openGroups.clear();
    m_drawing.reset();
    m_pictures.clear();
    m_view->clear();
}

/// In small portions, so that pictures come while one looks, and what has left the screen by then
/// is not read.
void LineageScene::readThumbnails(const std::vector<int> &nodes)
{
    constexpr std::size_t portion = 6;
    m_thumbnails.stop(m_thumbnailJob);
    if (!m_readsPictures)
        return;
    struct Asked
    {
        int index;
        LineageNode node;
        QString workspace;
    };
    std::vector<Asked> asked;
    for (int index : nodes) {
        const LineageNode &node = graph()->nodes[std::size_t(index)];
        const QString workspace = m_contents->workspaces.value(node.store);
        if (asked.size() < portion && !workspace.isEmpty())
            asked.push_back({index, node, workspace});
    }
    if (asked.empty())
        return;
    struct Read
    {
        int index;
        QImage picture;
    };
    m_thumbnailJob = m_thumbnails.run(
        tr("Reading pictures"), this,
        [asked = std::move(asked), size = m_view->thumbnailPixels(),
         palette = m_view->palette()](const Progress &progress) {
            std::vector<Read> read;
            for (const Asked &each : asked) {
                if (!progress(0))
                    break;
                read.push_back(
                    {each.index,
                     thumbnailOf(readContent(each.workspace, each.node, progress), size, palette)});
            }
            return read;
        },
        [this, of = graph()](const std::vector<Read> &read) {
            if (of != graph())
                return;
            if (m_pictures.size() >= mostPictures)
                m_pictures.clear();
            for (const Read &each : read) {
                m_view->setThumbnail(each.index, each.picture);
                if (!each.picture.isNull())
                    m_pictures.insert(of->nodes[std::size_t(each.index)].uri, each.picture);
            }
        });
}

} // namespace helmscope
