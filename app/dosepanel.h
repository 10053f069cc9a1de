// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sample.h"
#include "app/shownrun.h"
#include "steering/live/dose.h"

#include <QWidget>

class QDoubleSpinBox;
class QLabel;

namespace helmscope {

class MapView;

/// A map of the electrons the sample has got, the limit beyond which pixels are forbidden, and what
/// the points to come will cost.
class DosePanel final : public QWidget
{
    Q_OBJECT
public:
    explicit DosePanel(QWidget *parent = nullptr);

    MapView *view() const { return m_view; }
    const DoseBook &book() const { return m_book; } ///< of all steps there are
    void setSample(const Sample &sample);
    void clear(); ///< another run
    /// The map after the step of this index, -1 for none; `planned`: how many there will be.
    void showSteps(const ShownRun &run, int index, int planned);
    /// Of the next point, before there is any step.
    void setDwell(double seconds);

    double limit() const; ///< e⁻/Å²; 0: none
    void setLimit(double dose);
    double probe() const; ///< diameter, nm; 0: within a pixel
    void setProbe(double nm);
    /// Pixels of the newest state that one point more would bring over the limit; empty: none.
    Mask beyond() const { return m_book.beyond(limit()); }
    QString costText() const; ///< of one point and of the rest, and when the limit is reached

signals:
    void changed(); ///< limit or probe, by hand

private:
    DoseBook emptyBook() const;
    void countAnew();
    void showCost();
    double nextDose() const; ///< 0: unknown

    MapView *m_view;
    QDoubleSpinBox *m_limit, *m_probe;
    QLabel *m_cost;
    DoseBook m_book; ///< of all steps, whichever is looked at
    ShownRun m_run;
    int m_rows = 0, m_cols = 0, m_counted = 0, m_planned = 0, m_index = -1;
    double m_pixelSizeNm = 0, m_dwellSeconds = 0, m_currentPa = 0;
};

} // namespace helmscope
