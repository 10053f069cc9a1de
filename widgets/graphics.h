// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/imaging/region.h"

#include <QObject>
#include <QString>

#include <optional>

class QUndoStack;

namespace helmscope {

/// Something drawn onto maps to measure with. Coordinates are the grid's: x = column, y = row.
struct Graphic
{
    enum class Kind { Pick, Rectangle, Ellipse, Polygon, Profile };
    int number = 0; ///< from 1 on; no two of an image have had the same
    Kind kind = Kind::Rectangle;
    /// Two opposite corners (of an ellipse's frame), the corners of a polygon, the ends of a line.
    std::vector<QPointF> points;
    double width = 1; ///< of a profile: what is averaged across it, grid pixels

    bool isLine() const { return kind == Kind::Profile; }
    Region region() const; ///< of a profile: all that counts into it
    QString name() const;  ///< "Rectangle 2"
    /// "12.3 × 4.5 nm", "40 × 12 px" where the size of a pixel is unknown (0).
    QString sizeText(double pixelSizeNm) const;
    bool operator==(const Graphic &) const = default;
};

/// Where it can be taken hold of: the corners and the middles of the sides; of a profile its ends,
/// then what sets its width.
std::vector<QPointF> handlesOf(const Graphic &graphic);
/// The same with that handle at another place.
Graphic reshaped(Graphic graphic, int handle, const QPointF &to);
Graphic shifted(Graphic graphic, const QPointF &by);

/// What the mouse does on a map.
enum class MapTool { Hand, Zoom, Pick, Rectangle, Ellipse, Polygon, Profile, Brush };
/// What a drawn shape is for.
enum class DrawnFor { Measuring, Forbidding, Preferring, Releasing };

/// The graphics of an image, shared by all its views, with the tool in hand. What changes them goes
/// onto the undo stack, but for what the mouse is still dragging.
class Graphics final : public QObject
{
    Q_OBJECT
public:
    /// The stack outlives it, or is null: nothing can be undone then.
    explicit Graphics(QUndoStack *stack, QObject *parent = nullptr);

    const std::vector<Graphic> &all() const { return m_all; }
    const Graphic *find(int number) const;      ///< null: there is none
    int selected() const { return m_selected; } ///< its number; 0: none
    void select(int number);
    /// The next one is selected; after the last, and without any, none: false.
    bool selectNext(bool isForward);

    int add(Graphic graphic); ///< gives it its number, selects it
    void change(const Graphic &graphic);
    void remove(int number);
    /// While it is dragged; keep() makes it one change since `before`.
    void preview(const Graphic &graphic);
    void keep(const Graphic &before);
    void reset(); ///< another image: all are gone, and cannot be brought back

    /// All that is drawn on an image, to be shown again when the image is.
    struct Drawing
    {
        std::vector<Graphic> all;
        int selected = 0, last = 0; ///< numbers
    };
    Drawing drawing() const { return {m_all, m_selected, m_last}; }
    /// Those of another image; what is changed from now on goes onto this stack (or none: null),
    /// which outlives it. The stacks know the graphics: undo only on that of the image shown.
    void setDrawing(const Drawing &drawing, QUndoStack *stack);

    MapTool tool() const { return m_tool; }
    void setTool(MapTool tool);
    DrawnFor purpose() const { return m_purpose; }
    void setPurpose(DrawnFor purpose);
    double brush() const { return m_brush; } ///< diameter, grid pixels
    void setBrush(double diameter);

signals:
    void changed();
    void selectionChanged(int number);
    void toolChanged();

private:
    class Change;
    void replace(std::vector<Graphic> all, int selected, const QString &text);
    void put(const std::vector<Graphic> &all, int selected);

    QUndoStack *m_stack;
    std::vector<Graphic> m_all;
    int m_selected = 0, m_last = 0;
    MapTool m_tool = MapTool::Hand;
    DrawnFor m_purpose = DrawnFor::Measuring;
    double m_brush = 5;
};

/// One row a tool: its name, its key, its icon.
struct MapToolRow
{
    MapTool tool;
    QString name, icon, help;
    Qt::Key key;
};
std::vector<MapToolRow> mapTools();

} // namespace helmscope
