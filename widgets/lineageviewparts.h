// SPDX-License-Identifier: GPL-3.0-or-later
// What a LineageView is made of; for its own sources only.
#pragma once

#include "widgets/lineagestyle.h"
#include "widgets/lineageview.h"

#include <QHash>
#include <QPainter>
#include <QPixmap>
#include <QTimer>

#include <map>

namespace helmscope {

struct LineageView::Parts
{
    explicit Parts(LineageView *v);

    /// How much of a node is drawn at a zoom.
    enum class Detail { Mark, Name, Whole };
    enum class Light : unsigned char { Plain, Dimmed, Lit };

    // What is shown, made ready for drawing when it is set.
    void takePicture(std::shared_ptr<const LineagePicture> picture);
    int itemOf(int node) const { return itemOfNode.value(node, -1); }
    int nodeOf(int item) const { return item < 0 ? -1 : shown->items[std::size_t(item)].nodes[0]; }
    const LineageNode &nodeShownBy(int item) const;
    const QString &title(std::size_t item) const;
    QString caption(std::size_t item) const;
    void light(); ///< by selection and matches

    // The widget's coordinates: position = scene * zoom + offset.
    QRectF canvas() const;  ///< without the legend
    QRectF minimap() const; ///< null while all is visible
    QRectF visible() const; ///< in the scene
    double fitZoom() const;
    double leastZoom() const;
    void setOffset(const QPointF &offset); ///< kept so that something of the picture stays
    void zoomAbout(const QPointF &position, double factor);
    void zoomByHand(const QPointF &position, double factor);
    int itemAt(const QPointF &position) const;
    QRectF rectOfItem(int item) const;
    void moveMinimap(const QPointF &position);
    void repaintAll(); ///< not only what came into view

    // Painting.
    Detail detail() const;
    void renewLayer();
    bool takesLong() const; ///< so much is in sight that it is painted piece by piece
    void rescaleLayer(const QSize &size, double ratio);
    void paintPieces();
    void drawScene(QPainter &painter, const QRectF &area) const;
    void drawEdges(QPainter &painter, const QRectF &area, Light light) const;
    void drawNodes(QPainter &painter, const QRectF &area, Light light) const;
    void drawBox(QPainter &painter, std::size_t item, Light light) const;
    void drawMark(QPainter &painter, std::size_t item, Light light) const;
    double markSide(std::size_t item) const; ///< on the screen
    const QPixmap &stamp(LineageClass which, Light light, double side) const;
    bool hasThumbnailRoom(std::size_t item) const;
    double thumbnailSide() const; ///< at 100 %
    void wishThumbnails();
    void drawThumbnail(QPainter &painter, std::size_t item, Light light) const;
    void placeLabels();
    void drawLabels(QPainter &painter, const QRectF &area) const;
    void drawFrame(QPainter &painter, const QRectF &box, std::size_t item, double scale) const;
    void drawMinimap(QPainter &painter);
    void drawLegend(QPainter &painter) const;
    QColor tone(const QColor &colour, Light light) const;
    const Theme &theme() const { return themeOf(view->palette()); }

    // What the user does.
    void select(int item); ///< and says so
    void activate(int item);
    void walk(int key);
    int sibling(int item, int by) const; ///< the next in its layer, up or down; -1 at the end
    void describe();                     ///< for screen readers
    QString toolTip(int item) const;
    void fillMenu(QMenu *menu, int item);

    LineageView *view;
    QString placeholder;
    std::shared_ptr<const LineagePicture> shown;
    QHash<int, int> itemOfNode;
    std::vector<QRectF> boxes, edgeBoxes;
    std::vector<LineageClass> classes;
    mutable std::vector<QString> titles;                 ///< in full; see title()
    mutable std::vector<QString> cutTitles, cutCaptions; ///< to the box at 100 %, when first drawn
    std::vector<std::vector<int>> parents, children;     ///< items
    std::array<int, lineageClassCount> counts{};         ///< nodes of each class

    int selected = -1, cameFrom = -1; ///< nodes
    std::vector<int> matches, lit;    ///< nodes, sorted
    std::vector<Light> itemLights, edgeLights;
    std::vector<char> isMatch; ///< items
    bool hasLight = false;

    double zoom = 1;
    QPointF offset;
    bool isFit = true; ///< stays whole when the widget's size changes

    QPixmap layer; ///< the canvas as it was painted last; panning shifts it
    QPointF layerOffset;
    double layerZoom = 0;
    bool isLayerStale = true;
    QRegion unpainted;  ///< of the layer, in its pixels
    QPixmap wholeLayer; ///< the last one that was whole: shown moved and scaled until the next is
    QPointF wholeOffset;
    double wholeZoom = 0;
    QTimer pieces;          ///< goes on painting
    QTimer settle;          ///< runs while the user zooms: lines are smooth again when it is over
    bool isCrowded = false; ///< too many edges in sight for curves
    struct Label
    {
        int item;
        QRectF place; ///< on the screen, less the offset
        QString text;
    };
    std::vector<Label> labels;      ///< beside marks
    QHash<int, QPixmap> thumbnails; ///< of nodes; null: there is none
    QTimer thumbnailsSoon;
    QPixmap mapPicture;
    mutable std::map<std::pair<LineageClass, Light>, QPixmap> stamps; ///< of marks, for stampSide
    mutable double stampSide = 0;

    enum class Drag { None, Undecided, Pan, Minimap };
    Drag drag = Drag::None;
    QPointF pressedAt, draggedTo;
};

constexpr double lineageMargin = 24;    ///< around the picture, at 100 %
constexpr double lineageMarkWidth = 26; ///< left of the name, at 100 %

} // namespace helmscope
