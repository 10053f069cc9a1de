// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "data/imaging/diffractogram.h"

#include <QPointer>
#include <QWidget>

class QComboBox;
class QLabel;

namespace helmscope {

class Graphics;
class MapView;

/// The Fourier transform of a part of a map, following the part while it is moved.
class FftWindow final : public QWidget
{
    Q_OBJECT
public:
    /// Of this graphic; 0: of the whole map. The map and the graphics may go before the window.
    FftWindow(MapView *of, Graphics *graphics, int graphic, QWidget *parent = nullptr);

    MapView *view() const { return m_view; }
    /// "d = 0.391 nm · 2.56 nm⁻¹ · 34.0°"; in pixels where their size is unknown.
    QString spacingText(Pixel pixel) const;
    bool isIdle() const { return m_job == 0; }

private:
    void refresh();
    void showFound(const Diffractogram &found);

    QPointer<MapView> m_of;
    QPointer<Graphics> m_graphics;
    int m_graphic;
    MapView *m_view;
    QComboBox *m_window;
    QLabel *m_spacing;
    Diffractogram m_found;
    double m_pixelSizeNm = 0; ///< of the image; 0: unknown
    QString m_name;
    int m_job = 0;
    bool m_isStale = false;
    Jobs m_jobs; ///< last, so first to go
};

} // namespace helmscope
