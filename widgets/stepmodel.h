// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QAbstractTableModel>

#include <vector>

namespace helmscope {

/// What a value is where nobody measured: "nearest" or "predicted"; empty where somebody did.
QString standInText(Measurement::Source source);

/// The steps of a run as a table, oldest first; units in the headers, fixed decimals.
class StepModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        Number,
        Row,
        Col,
        X, ///< nm from the left edge to the pixel's centre; empty without calibration
        Y, ///< nm from the top edge
        Why,
        Worth,     ///< of the acquisition; empty unless chosen by it
        Predicted, ///< "0.413 ± 0.071" before measuring; sorts by the mean
        Measured,
        Miss, ///< (measured - mean) / deviation, noise counted
        Dwell,
        Dose,
        Seconds, ///< measuring, learning and predicting
        ColumnCount
    };
    enum Role {
        SortRole = Qt::UserRole, ///< numbers as numbers; NaN as an invalid variant
        PixelRole,               ///< QPoint(col, row)
        NumberRole               ///< Step::number
    };

    explicit StepModel(QObject *parent = nullptr);

    void setSteps(const std::vector<Step> &steps);
    void append(const Step &step); ///< no reset: selection and scrolling stay
    void append(const std::vector<std::shared_ptr<const Step>> &steps, std::size_t from); ///< rest
    void clear();

    void setPixelSizeNm(double gridPixelSizeNm);                 ///< 0: unknown
    void setValueName(const QString &name, const QString &unit); ///< of the headers

    int rowOfStep(int number) const; ///< -1 when there is none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    /// What the table shows of a step; spectrum, losses and maps stay with the run.
    struct Entry
    {
        int number;
        Pixel pixel;
        Reason reason;
        Acquisition acquisition;
        double worth, mean, deviation, noise, value, dwell, dose, seconds;
        Measurement::Source source;
        QStringList changes, warnings;
        Heat heat;
    };
    static Entry entryOf(const Step &step);
    void add(Entry entry);
    double number(const Entry &entry, int column) const;
    QString text(const Entry &entry, int column) const;
    QString toolTip(const Entry &entry, int column) const;

    std::vector<Entry> m_entries;
    double m_pixelSizeNm = 0;
    QString m_valueName, m_valueUnit;
    double m_largest = 0; ///< of the values: says how many decimals they are shown with
};

} // namespace helmscope
