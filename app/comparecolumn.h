// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/shownrun.h"
#include "steering/rerun/comparison.h"
#include "widgets/colormap.h"

#include <QFrame>

#include <array>

class QLabel;

namespace helmscope {

class MapView;
struct Theme;

/// One run of a comparison: its path on the image, what it believes and how sure it is, at one
/// step.
class CompareColumn final : public QFrame
{
    Q_OBJECT
public:
    enum Kind { Path, Mean, Deviation, KindCount };

    explicit CompareColumn(QWidget *parent = nullptr);

    /// `number` from 1; `series`: by which its colour is chosen; `commonSteps`: so many of its path
    /// it shares with another run.
    void setRun(const NamedRun &run, int number, int series, int commonSteps);
    void setCommonSteps(int steps);
    /// Where the run is shorter, its last step stays.
    void showStep(int number);

    int steps() const { return m_run.size(); }
    int shownStep() const { return m_shown; } ///< number; 0: none
    bool hasMaps() const;
    MapView *map(Kind kind) const { return m_maps[kind]; }
    /// Of all steps: from the first to the last belief, so that it holds while stepping.
    ColorLimits limits(Kind kind) const { return m_limits[kind]; }
    QColor colour() const;
    QColor colourIn(const Theme &theme) const;
    QString title() const;

signals:
    void removeWished();

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void findLimits();
    void showTitle();

    QLabel *m_title = nullptr, *m_step = nullptr;
    std::array<MapView *, KindCount> m_maps{};
    std::array<ColorLimits, KindCount> m_limits{};
    ShownRun m_run;
    QString m_name;
    int m_number = 0, m_series = 0, m_common = 0, m_shown = 0;
};

} // namespace helmscope
