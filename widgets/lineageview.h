// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"
#include "lineage/layout.h"

#include <QWidget>

#include <memory>

class QMenu;

namespace helmscope {

/// What a LineageView draws: some nodes of a graph, alone or as groups, and their places.
struct LineagePicture
{
    struct Item
    {
        std::vector<int> nodes; ///< of the graph: one, or the members of a closed group
        QString title;          ///< of a group; of a node empty: its short name
        int group = -1;         ///< the group it is, or a member of; -1: none
        QString mark = {};      ///< before the line under its name: which stores it is of
        bool isClosedGroup() const { return nodes.size() > 1; }
    };
    std::shared_ptr<const LineageGraph> graph;
    std::vector<Item> items;
    std::vector<std::pair<int, int>> edges; ///< between items, one a route of the layout
    Layout layout;                          ///< of boxes of nodeSize()
    bool hasThumbnails = false;             ///< boxes have room for pictures, see setThumbnail()
};

/// Draws a lineage from left to right, what was there first to what came of it: boxes with a
/// name where there is room for it, marks of the same colour and shape where there is not.
///
/// Nodes are told by their index in the picture's graph. Signals tell of what the user did; setters
/// emit none.
class LineageView final : public QWidget
{
    Q_OBJECT
public:
    explicit LineageView(QWidget *parent = nullptr);
    ~LineageView() override;

    /// Size of every box at 100 %, by the names in this graph and the user's font.
    static QSizeF nodeSize(const LineageGraph &graph, bool hasThumbnails = false);

    /// Shown whole, unless `anchor` is in this picture and the one before it: then that node stays
    /// where it is on the screen, and so does the zoom. The selection stays where its node does.
    void setPicture(std::shared_ptr<const LineagePicture> picture, int anchor = -1);
    /// Of another graph, in which the anchor was node `anchorBefore`. The selection is as the
    /// caller says then.
    void setPicture(std::shared_ptr<const LineagePicture> picture, int anchor, int anchorBefore);
    void clear(); ///< back to the placeholder
    bool isEmpty() const;
    const std::shared_ptr<const LineagePicture> &picture() const;
    void setPlaceholder(const QString &sentence); ///< what will appear here, and how to get it

    /// The picture in a node's box, null where it has none; kept until another graph comes. Asked
    /// for by thumbnailsWished(), which tells of nodes that can be seen.
    void setThumbnail(int node, const QImage &picture);
    QSize thumbnailPixels() const; ///< what is worth having on this screen

    /// -1: none. Its ancestors and descendants are highlighted, the others dimmed.
    void setSelectedNode(int node);
    int selectedNode() const;
    /// What is highlighted beside the selection: nodes found by a search. Drawn with a ring; while
    /// nothing is selected, the others are dimmed.
    void setMatches(std::vector<int> nodes);
    /// Sorted: the selected node, what it came of and what came of it.
    std::vector<int> highlighted() const;

    /// Whether all of it is painted: of many nodes at once a piece follows another.
    bool isPainted() const;
    void fit();
    bool isFit() const;        ///< and stays so when the view gets another size
    void setZoom(double zoom); ///< 1 is 100 %; about the middle
    double zoom() const;
    /// Moves so that the node can be seen, if it cannot; a closed group for its members.
    void showNode(int node);
    void centreOn(int node); ///< at the same zoom, wherever it is now
    QPointF
    toScene(const QPointF &position) const; ///< from the widget's coordinates to the layout's
    QPointF toView(const QPointF &point) const;
    QRectF rectOf(int node) const;             ///< in the widget's coordinates; null when not drawn
    int nodeAt(const QPointF &position) const; ///< -1 when there is none; the first of a group

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void nodeSelected(int node);  ///< clicked or walked to; -1: nothing any more
    void nodeActivated(int node); ///< Enter or double click
    void groupToggled(int group); ///< to be opened, or closed
    void thumbnailsWished(const std::vector<int> &nodes); ///< not asked for again once set
    void viewChanged();                                   ///< zoomed or moved by hand
    /// For entries of the owner; node is -1 beside all nodes.
    void menuRequested(QMenu *menu, int node);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    bool event(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m;
};

} // namespace helmscope
