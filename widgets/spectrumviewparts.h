// SPDX-License-Identifier: GPL-3.0-or-later
// What a SpectrumView is made of; for its own sources only.
#pragma once

#include "widgets/bandeditor.h"
#include "widgets/plotstyle.h"
#include "widgets/spectrumview.h"

#include <QList>

class QCPGraph;
class QCPItemLine;
class QStackedLayout;
class QToolButton;

namespace helmscope {

struct SpectrumView::Parts
{
    struct Curve
    {
        EnergyAxis energies;
        Eigen::VectorXf counts, deviation;
        bool isEmpty() const { return counts.size() == 0; }
        /// NaN where there is no channel.
        double at(double energy, const Eigen::VectorXf &of) const;
    };

    explicit Parts(SpectrumView *v)
        : view(v)
    {
    }

    const EnergyAxis &energies() const
    {
        return measured.isEmpty() ? predicted.energies : measured.energies;
    }
    void setAxis(const EnergyAxis &axis);
    void include(const Eigen::VectorXf &counts);
    double shown(double value) const; ///< what can be drawn: a logarithm has no zero
    QVector<double> valuesOf(const Eigen::VectorXf &counts) const;
    void show();     ///< all curves anew
    void showAxes(); ///< ranges and scales
    void showResidual();
    void restyle();
    void hover(const QPointF &position);
    void drag(double x);
    void showMenu(const QPoint &position);
    void edit(const Scalarizer &scalarizer);

    SpectrumView *view;
    TitleLine *title = nullptr;
    QToolButton *log = nullptr, *residualButton = nullptr;
    Placeholder *placeholder = nullptr;
    QStackedLayout *pages = nullptr;
    QCustomPlot *plot = nullptr;
    QCPGraph *lower = nullptr, *upper = nullptr, *mean = nullptr, *counts = nullptr,
             *background = nullptr;
    QList<QCPGraph *> pinnedGraphs;
    QCPItemLine *cursor = nullptr;
    std::unique_ptr<BandEditor> bands;

    Curve measured, predicted, foretold;
    bool isResidual = false;
    std::vector<PinnedSpectrum> pinned;
    EnergyAxis axis; ///< the x axis' range is of these
    QString intensity;
    double lowest = 0, highest = 0, lowestPositive = 0; ///< of all counts shown on this axis
    bool isLogarithmic = false, isEditable = true;

    std::optional<BandEditor::Grip> grip;
    Scalarizer gripped; ///< as it was when taken hold of
    double grippedAt = 0;
};

} // namespace helmscope
