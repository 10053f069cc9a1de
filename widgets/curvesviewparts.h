// SPDX-License-Identifier: GPL-3.0-or-later
// What a CurvesView is made of; for its own sources only.
#pragma once

#include "widgets/curvesview.h"
#include "widgets/plotstyle.h"

#include <QList>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

class QCPAxisRect;
class QCPGraph;
class QCPItemLine;
class QCPItemText;
class QCPTextElement;
class QStackedLayout;

namespace helmscope {

/// Grows with what is shown, never shrinks: the axis does not jump back.
struct Extent
{
    double low = std::numeric_limits<double>::quiet_NaN(), high = low;
    void include(double value)
    {
        if (!std::isfinite(value))
            return;
        low = std::isnan(low) ? value : std::min(low, value);
        high = std::isnan(high) ? value : std::max(high, value);
    }
};

struct CurvesView::Parts
{
    enum Kind { Value, Deviation, Loss, Quality, Warmth, KindCount };
    /// One pair of axes with its words over it.
    struct Panel
    {
        QCPTextElement *title = nullptr;
        QCPAxisRect *axes = nullptr;
        QCPItemLine *selected = nullptr;
        Extent extent;
    };
    /// What the tool tip says of a step.
    struct Entry
    {
        int number;
        double value, best, deviation, loss, r2, coverage, covered;
        QString changes;
        QString warmth; ///< how warm and cold did when it was last judged, and who won
    };

    explicit Parts(CurvesView *v)
        : view(v)
    {
    }

    void makePanel(Kind kind);
    QCPItemLine *addLine(Kind kind, double number);
    QCPGraph *addGraph(Kind kind);
    void arrange(bool isForced);
    void restyle();
    void nameTitles();
    void show();
    void markChange(int number);
    bool isShown(Kind kind) const
    {
        return kind == Quality ? hasQuality : kind == Warmth ? hasWarmth : true;
    }
    QString addWarmth(const Step &step); ///< answers what the tool tip says of it
    void clearWarmth();
    void restyleWarmth(const Theme &theme);
    void select(int number);
    int nearest(const QPointF &position) const; ///< number of the step; 0: none
    QString toolTip(int number) const;

    CurvesView *view;
    QStackedLayout *pages = nullptr;
    Placeholder *placeholder = nullptr;
    QCustomPlot *plot = nullptr;
    std::array<Panel, KindCount> panels;
    QCPGraph *measured = nullptr, *best = nullptr, *deviation = nullptr, *loss = nullptr,
             *r2 = nullptr, *coverage = nullptr, *covered = nullptr, *warm = nullptr,
             *cold = nullptr;
    QList<QCPItemLine *> changeMarks;
    struct Turn ///< to the model that begins cold, or back
    {
        bool isCold;
        QCPItemLine *line;
        QCPItemText *text;
    };
    QList<Turn> turns;
    std::vector<Entry> entries;
    QString valueName, valueUnit;
    int planned = 0, selected = 0;
    int judgedAt = 0; ///< points on which warm and cold were last judged
    bool hasQuality = false, hasTruth = false, hasWarmth = false, isCold = false, isInRow = true,
         isArranged = false;
};

} // namespace helmscope
