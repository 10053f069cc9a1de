// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sample.h"
#include "app/shownrun.h"
#include "steering/operator.h"
#include "widgets/colormap.h"
#include "widgets/graphics.h"
#include "widgets/mapoverlay.h"
#include "widgets/spectrumview.h"

#include <QObject>

#include <optional>

class QMenu;
class QTableView;
class QUndoStack;
class QSortFilterProxyModel;

namespace helmscope {

class CurvesView;
class DosePanel;
class MeasurePanel;
class ReliabilityView;
class MapView;
class StepModel;
class Timeline;
class WatchView;

/// How the views look at a document: what comes back when its tab is shown again.
struct ViewState
{
    struct Look ///< of one map
    {
        QRectF region; ///< of the grid; empty: all of it
        bool isLocked = false;
        ColorLimits limits;
        Tone tone;
    };
    int step = -1; ///< index of the step looked at; -1: the newest, also of those to come
    std::optional<Pixel> cursor, pinned;
    std::vector<Look> maps; ///< in the order of Panels::maps()
    std::vector<int> pins;
    Graphics::Drawing graphics;
    bool isLogarithmic = false, isResidual = false; ///< of the spectrum
    double doseLimit = 0, probeNm = 0;
};

/// The views of the open sample and its run, showing one step and one pixel together.
class Panels final : public QObject
{
    Q_OBJECT
public:
    /// The views belong to whom they are given; until then to nobody. The stack, onto which what is
    /// drawn goes, outlives it.
    explicit Panels(QUndoStack *undo, QObject *parent = nullptr);

    MapView *survey() const { return m_survey; }
    MapView *mean() const { return m_mean; }
    MapView *deviation() const { return m_deviation; }
    MapView *acquisition() const { return m_acquisition; }
    SpectrumView *spectrum() const { return m_spectrum; }
    CurvesView *curves() const { return m_curves; }
    WatchView *watch() const { return m_watch; }
    MeasurePanel *measure() const { return m_measure; }
    Graphics *graphics() const { return m_graphics; }
    DosePanel *dose() const { return m_dose; }
    ReliabilityView *reliability() const { return m_reliability; }
    /// Which map lies over the survey image, and how strongly; belongs to the parent.
    QMenu *makeBlendMenu(QWidget *parent);
    /// mean(), deviation() or acquisition(); null: none.
    void setBlend(MapView *of, double opacity);
    QTableView *table() const { return m_table; }
    Timeline *timeline() const { return m_timeline; }

    void setSample(const Sample &sample);
    /// Another run: what was shown of the last one goes.
    void setRun(const ShownRun &run, int plannedSteps);
    /// The run has grown; `planned`: how long it is to be.
    void showSteps(const ShownRun &run, int plannedSteps);
    void setOrders(const std::vector<Pixel> &queued, const Mask &forbidden, const Mask &preferred);
    void setScalarizer(const Scalarizer &scalarizer);
    /// Why the maps stay empty; empty: they will come.
    void setMapsObjection(const QString &sentence);
    void setGoing(bool isGoing); ///< whether pixels can be queued

    /// Goes to this step (from 1 on) and pins its pixel on the maps; one that is not there is
    /// passed over.
    void showPlace(int number);

    QList<MapView *> maps() const; ///< survey, mean, deviation, acquisition, dose
    ViewState viewState() const;
    /// After setSample() and setRun() of the same document; steps that are not there (any more)
    /// are passed over. The graphics are set by themselves: they have a stack.
    void setViewState(const ViewState &state);

    int shownIndex() const { return m_index; } ///< step looked at, from 0; -1: none
    QString positionText() const;              ///< of the cursor
    QString valuesText() const;                ///< what the views say there

signals:
    void queueWished(helmscope::Pixel pixel);
    void paintWished(const helmscope::Mask &pixels, helmscope::DrawnFor purpose);
    void allowWished();
    void lineageWished(int number); ///< of this step
    void scalarizerEdited(const helmscope::Scalarizer &scalarizer);
    void readOutChanged();

private:
    void makeViews();
    void connectViews();
    void nameMaps(const QString &valueName);
    void showStep(int index);
    void showOverlay();
    void showSurvey();
    void showFirstSurvey();
    void showFlaws(const ShownRun &run);
    void showSpectrum();
    void clearSpectrum();
    void showMeasured();
    void selectRow(int step);
    void averagePicks();
    void showReliability();
    void showBlend();
    void showForetold(std::optional<int> measured);
    void showPins(std::optional<int> standIn);
    void showPrediction(const Belief &belief, Pixel pixel);
    void showStepMenu(const QPoint &position); ///< of the table
    void addToMenu(QMenu *menu, std::optional<Pixel> pixel);
    void togglePin(int index);
    QString placeText(Pixel pixel) const;

    MapView *m_survey, *m_mean, *m_deviation, *m_acquisition;
    SpectrumView *m_spectrum;
    CurvesView *m_curves;
    WatchView *m_watch;
    Graphics *m_graphics;
    MeasurePanel *m_measure;
    ReliabilityView *m_reliability;
    DosePanel *m_dose;
    MapView *m_blended = nullptr; ///< over the survey image
    double m_blendOpacity = 0.5;
    QTableView *m_table;
    bool m_isSelecting = false;
    StepModel *m_model;
    QSortFilterProxyModel *m_sorted;
    Timeline *m_timeline;

    ShownRun m_run; ///< a copy: its steps are shared
    EnergyAxis m_energies;
    bool m_isSimulated = true, m_isGoing = false;
    double m_pixelSizeNm = 0; ///< of the grid
    int m_planned = 0;
    int m_index = -1, m_listed = 0; ///< steps already in table and curves
    std::optional<Pixel> m_cursor;
    std::vector<int> m_pins; ///< indices of steps whose spectra are kept in view
    /// The mean spectrum of what was measured in each pick, in the pick's colour.
    std::vector<PinnedSpectrum> m_picks;
    MapOverlay m_overlay;
    std::shared_ptr<const PreparedMap> m_picture; ///< the sample's image
    const Map *m_shownSurvey = nullptr;           ///< of a step; null: the first image
    QString m_surveyTitle;                        ///< the first image's
};

} // namespace helmscope
