// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "data/imaging/profile.h"
#include "widgets/graphics.h"

#include <QAbstractTableModel>
#include <QWidget>

class QComboBox;
class QTableView;

namespace helmscope {

class MapView;
class SketchView;

/// What a map is like in each of the graphics.
struct MeasuredGraphic
{
    Graphic graphic;
    RegionStatistics of;
    int spectra = 0; ///< measured in it so far
};

class MeasureModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Name, Size, Area, Pixels, Mean, Deviation, Lowest, Highest, Spectra, Columns };
    using QAbstractTableModel::QAbstractTableModel;

    void setRows(std::vector<MeasuredGraphic> rows, double pixelSizeNm, const QString &unit);
    const std::vector<MeasuredGraphic> &rows() const { return m_rows; }
    int rowOf(int number) const; ///< of a graphic; -1: there is none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<MeasuredGraphic> m_rows;
    double m_pixelSizeNm = 0;
    QString m_unit;
};

/// The graphics as a table of what they measure in a map, and the profile along a line. It follows
/// what is dragged; what it takes to compute is done beside the window.
class MeasurePanel final : public QWidget
{
    Q_OBJECT
public:
    /// The views belong to somebody else and outlive it; their graphics are these.
    MeasurePanel(Graphics *graphics, QList<std::pair<QString, MapView *>> views,
                 QWidget *parent = nullptr);

    void refresh(); ///< maps or graphics are others now
    void setMeasured(std::vector<Pixel> pixels);
    MeasureModel *model() const { return m_model; }
    QTableView *table() const { return m_table; }
    /// The profile shown; empty: none. Distances in nm, or pixels of the grid.
    const LineProfile &profile() const { return m_profile; }
    bool isIdle() const { return m_job == 0; } ///< what is shown is of now

private:
    struct Answer
    {
        std::vector<MeasuredGraphic> rows;
        LineProfile profile;
        QString name; ///< of the profile's line
    };
    MapView *view() const;
    void showAnswer(const Answer &answer, double pixelSizeNm);

    Graphics *m_graphics;
    QList<std::pair<QString, MapView *>> m_views;
    QComboBox *m_of;
    QTableView *m_table;
    MeasureModel *m_model;
    SketchView *m_sketch;
    LineProfile m_profile;
    std::vector<Pixel> m_measured;
    int m_job = 0;
    bool m_isStale = false; ///< changed since the job began
    bool m_isSelecting = false;
    Jobs m_jobs; ///< last, so first to go
};

} // namespace helmscope
