// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/colormap.h"
#include "widgets/graphics.h"
#include "widgets/mapoverlay.h"

#include <QWidget>

#include <memory>
#include <optional>

class QMenu;
class QPainter;

namespace helmscope {

struct PreparedMap;
struct Theme;

/// Shows a Map with colour bar, scale bar, the path of the probe and a cursor.
///
/// All coordinates are of the grid that can be measured: x = column, y = row, pixel (r, c) covers
/// [c, c + 1) × [r, r + 1). An image finer than the grid says so by setImageRatio(), so that views
/// of image and maps share cursor and zoom. Signals tell of what the user did; setters emit none.
class MapView final : public QWidget
{
    Q_OBJECT
public:
    explicit MapView(QWidget *parent = nullptr);
    ~MapView() override;

    /// Zoom and locked limits stay when a map of the same size follows; another size is shown
    /// whole.
    void setMap(Map map);
    /// The same without a copy: std::shared_ptr<const Map>(belief, &belief->mean).
    void setMap(std::shared_ptr<const Map> map);
    /// One whose limits are known: it is not looked through for them.
    void setMap(std::shared_ptr<const Map> map, const ColorLimits &limits);
    /// The same of one that was looked through before, in a job: a large one is shown at once.
    void setPrepared(std::shared_ptr<const PreparedMap> map);
    void clear(); ///< back to the placeholder
    bool isEmpty() const;
    const Map &map() const;
    std::shared_ptr<const Map> sharedMap() const; ///< null: none

    void setTitle(const QString &title); ///< over the map; also the accessible name
    void setUnit(const QString &unit);   ///< at the colour bar and the read-out
    QString unit() const;
    void setPlaceholder(const QString &sentence); ///< what will appear here, and how to get it
    QString placeholder() const;
    void setMissingText(const QString &text);    ///< read-out of a NaN: "not predicted" by default
    void setPixelSizeNm(double gridPixelSizeNm); ///< 0: unknown, the scale bar counts pixels
    double pixelSizeNm() const;
    /// In place of nm: of a map of frequencies, in 1/nm a pixel.
    void setPixelFrequency(double perNm);
    int imageRatio() const;
    void setImageRatio(int imagePixelsPerGridPixel); ///< together with the map it belongs to
    void setBarVisible(bool isVisible);              ///< the colour bar; visible at first
    void setHistogramVisible(bool isVisible);        ///< under the map; not visible at first

    void setHistogramLogarithmic(bool isLogarithmic); ///< its counts

    /// Another map of the same part of the sample over this one, as strong as `opacity` (0 to 1);
    /// null: none. Where it is not finite nothing lies over this one.
    void setBlend(std::shared_ptr<const Map> map, Colormap colormap, const ColorLimits &limits,
                  double opacity);

    void setColormap(Colormap colormap);
    Colormap colormap() const;
    void setTone(const Tone &tone);
    Tone tone() const;
    void setLimits(const ColorLimits &limits); ///< and locks them
    void setLimitsLocked(bool isLocked); ///< locked: the present ones hold for the maps to come;
                                         ///< else percentiles 0.1 and 99.9 of each map
    bool areLimitsLocked() const;
    ColorLimits limits() const; ///< those in force

    void setOverlay(MapOverlay overlay);
    const MapOverlay &overlay() const;
    void setOverlayVisible(bool isVisible);
    /// A step of the path to be shown as selected (thicker ring); 0: none.
    void setSelectedStep(int number);

    /// What is drawn to measure with and the tool in hand, shared with other views of the same
    /// grid; null: none. Not owned.
    void setGraphics(Graphics *graphics);
    Graphics *graphics() const;

    void setCursorPixel(std::optional<Pixel> pixel);
    std::optional<Pixel> cursorPixel() const;
    /// The cursor returns to the pinned pixel when the mouse leaves.
    void setPinnedPixel(std::optional<Pixel> pixel);
    std::optional<Pixel> pinnedPixel() const;

    /// Shows this part of the grid, centred, as large as it goes.
    void setViewRect(const QRectF &region);
    QRectF viewRect() const; ///< what is visible; may reach over the map's edges
    void fit();
    bool isFit() const; ///< all of the map is shown, and will be when the view is resized
    void setZoom(double devicePixelsPerImagePixel); ///< about the middle

    std::optional<Pixel>
    pixelAt(const QPointF &position) const; ///< of the widget; none beside the map
    QRectF rectOf(Pixel pixel) const;       ///< in the widget
    QRectF mapArea() const;                 ///< the widget's part the map is drawn in

    /// "0.4137 counts", "not predicted"; the mean over the block where the image is finer.
    QString readOut(Pixel pixel) const;
    QImage picture() const; ///< the whole view as it is seen, without the cursor
    /// The same for paper: marks, bars and words as lines, the map twice as fine as on the screen.
    /// In the colours of `theme`; null: in the view's own.
    void paintFigure(QPainter &painter, const Theme *theme = nullptr) const;

    /// From now on these views share cursor, pinned pixel, zoom and place, whichever of them the
    /// user moves; one that gets its first map takes them over from the others.
    static void link(const QList<MapView *> &views);
    /// Each for itself again.
    static void unlink(const QList<MapView *> &views);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void cursorMoved(
        helmscope::Pixel pixel); ///< by hovering, by arrow keys, or back to the pinned pixel
    void pixelClicked(helmscope::Pixel pixel); ///< left button or Space
    void pinChanged(
        std::optional<helmscope::Pixel> pixel); ///< a click pins, one on the pinned pixel unpins
    void viewChanged(QRectF region);            ///< zoomed or panned
    void regionDrawn(QRect region);             ///< dragged with Shift; grid, x = column, y = row
    /// Drawn for something else than measuring; [rows, cols] of the grid.
    void regionPainted(const helmscope::Mask &pixels, helmscope::DrawnFor purpose);
    void limitsChanged(helmscope::ColorLimits limits, bool areLocked);
    void colormapChanged(helmscope::Colormap colormap);
    /// Before the context menu opens: add what the application can do with this pixel (none beside
    /// the map). The menu deletes itself.
    void menuRequested(QMenu *menu, std::optional<helmscope::Pixel> pixel);

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
    bool focusNextPrevChild(bool isNext) override;
    void leaveEvent(QEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m;
};

/// The same as MapView::link().
void linkMaps(const QList<MapView *> &views);

} // namespace helmscope
