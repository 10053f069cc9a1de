// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sample.h"
#include "app/shownrun.h"
#include "steering/operator.h"
#include "widgets/mapoverlay.h"

#include <QObject>

#include <optional>

class QMenu;
class QTableView;
class QSortFilterProxyModel;

namespace helmscope {

class CurvesView;
class MapView;
class SpectrumView;
class StepModel;
class Timeline;
class WatchView;

/// The views of the open sample and its run, showing one step and one pixel together.
class Panels final : public QObject
{
    Q_OBJECT
public:
    /// The views belong to whom they are given; until then to nobody.
    explicit Panels(QObject *parent = nullptr);

    MapView *survey() const { return m_survey; }
    MapView *mean() const { return m_mean; }
    MapView *deviation() const { return m_deviation; }
    MapView *acquisition() const { return m_acquisition; }
    SpectrumView *spectrum() const { return m_spectrum; }
    CurvesView *curves() const { return m_curves; }
    WatchView *watch() const { return m_watch; }
    QTableView *table() const { return m_table; }
    Timeline *timeline() const { return m_timeline; }

    void setSample(const Sample &sample);
    /// Another run: what was shown of the last one goes.
    void setRun(const ShownRun &run, int plannedSteps);
    /// The run has grown; `planned`: how long it is to be.
    void showSteps(const ShownRun &run, int plannedSteps);
    void setOrders(const std::vector<Pixel> &queued, const Mask &forbidden);
    void setScalarizer(const Scalarizer &scalarizer);
    /// Why the maps stay empty; empty: they will come.
    void setMapsObjection(const QString &sentence);
    void setGoing(bool isGoing); ///< whether pixels can be queued

    /// Goes to this step (from 1 on) and pins its pixel on the maps; one that is not there is
    /// passed over.
    void showPlace(int number);

    int shownIndex() const { return m_index; } ///< step looked at, from 0; -1: none
    QString positionText() const;              ///< of the cursor
    QString valuesText() const;                ///< what the views say there

signals:
    void queueWished(helmscope::Pixel pixel);
    void forbidWished(helmscope::Pixel corner, helmscope::Pixel opposite);
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
    void showFlaws(const ShownRun &run);
    void showSpectrum();
    void clearSpectrum();
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
    QTableView *m_table;
    StepModel *m_model;
    QSortFilterProxyModel *m_sorted;
    Timeline *m_timeline;

    ShownRun m_run; ///< a copy: its steps are shared
    EnergyAxis m_energies;
    bool m_isSimulated = true, m_isGoing = false;
    double m_pixelSizeNm = 0;       ///< of the grid
    int m_index = -1, m_listed = 0; ///< steps already in table and curves
    std::optional<Pixel> m_cursor;
    std::vector<int> m_pins; ///< indices of steps whose spectra are kept in view
    MapOverlay m_overlay;
    const Map *m_shownSurvey = nullptr; ///< of a step; null: the first image
    QString m_surveyTitle;              ///< the first image's
};

} // namespace helmscope
