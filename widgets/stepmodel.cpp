// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/stepmodel.h"

#include "base/tr.h"
#include "steering/recording/inwords.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QPoint>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Four figures of numbers of any size; what is as large as the others keeps their decimals.
QString figures(double value)
{
    return valueText(value, std::abs(value));
}

} // namespace

QString standInText(Measurement::Source source)
{
    switch (source) {
    case Measurement::Source::Measured:
        return {};
    case Measurement::Source::Nearest:
        return StepModel::tr("nearest");
    case Measurement::Source::Predicted:
        return StepModel::tr("predicted");
    }
    return {};
}

StepModel::StepModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

StepModel::Entry StepModel::entryOf(const Step &step)
{
    return {step.number,
            step.pixel,
            step.reason,
            step.acquisition,
            step.acquisitionValue,
            step.predictedMean,
            step.predictedDeviation,
            step.predictedNoise,
            step.value,
            step.dwellSeconds,
            step.dose,
            step.measureSeconds + step.learnSeconds + step.predictSeconds,
            step.source,
            step.changes,
            step.warnings,
            step.heat};
}

void StepModel::setSteps(const std::vector<Step> &steps)
{
    beginResetModel();
    m_entries.clear();
    m_largest = 0;
    for (const Step &step : steps)
        add(entryOf(step));
    endResetModel();
}

void StepModel::append(const Step &step)
{
    const int row = int(m_entries.size());
    beginInsertRows({}, row, row);
    const double largest = m_largest;
    add(entryOf(step));
    endInsertRows();
    // Decimals follow the largest value: only another power of ten changes those above.
    if (row > 0 && valueText(1, largest) != valueText(1, m_largest))
        emit dataChanged(index(0, Predicted), index(row - 1, Measured), {Qt::DisplayRole});
}

void StepModel::append(const std::vector<std::shared_ptr<const Step>> &steps, std::size_t from)
{
    if (from >= steps.size())
        return;
    const int row = int(m_entries.size());
    beginInsertRows({}, row, row + int(steps.size() - from) - 1);
    const double largest = m_largest;
    for (std::size_t i = from; i < steps.size(); ++i)
        add(entryOf(*steps[i]));
    endInsertRows();
    if (row > 0 && valueText(1, largest) != valueText(1, m_largest))
        emit dataChanged(index(0, Predicted), index(row - 1, Measured), {Qt::DisplayRole});
}

void StepModel::add(Entry entry)
{
    if (std::isfinite(entry.value))
        m_largest = std::max(m_largest, std::abs(entry.value));
    m_entries.push_back(std::move(entry));
}

void StepModel::clear()
{
    setSteps({});
}

void StepModel::setPixelSizeNm(double gridPixelSizeNm)
{
    m_pixelSizeNm = gridPixelSizeNm;
    if (!m_entries.empty())
        emit dataChanged(index(0, X), index(rowCount() - 1, Y));
}

void StepModel::setValueName(const QString &name, const QString &unit)
{
    m_valueName = name;
    m_valueUnit = unit;
    emit headerDataChanged(Qt::Horizontal, Worth, Miss);
}

int StepModel::rowOfStep(int number) const
{
    const auto found = std::lower_bound(m_entries.begin(), m_entries.end(), number,
                                        [](const Entry &entry, int n) { return entry.number < n; });
    return found != m_entries.end() && found->number == number ? int(found - m_entries.begin())
                                                               : -1;
}

int StepModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_entries.size());
}

int StepModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

double StepModel::number(const Entry &entry, int column) const
{
    switch (column) {
    case Number:
        return entry.number;
    case Row:
        return entry.pixel.row;
    case Col:
        return entry.pixel.col;
    case X:
        return m_pixelSizeNm > 0 ? (entry.pixel.col + 0.5) * m_pixelSizeNm : none;
    case Y:
        return m_pixelSizeNm > 0 ? (entry.pixel.row + 0.5) * m_pixelSizeNm : none;
    case Why:
        return int(entry.reason);
    case Worth:
        return entry.reason == Reason::Acquisition ? entry.worth : none;
    case Predicted:
        return entry.mean;
    case Measured:
        return entry.value;
    case Miss:
        return (entry.value - entry.mean) / std::hypot(entry.deviation, entry.noise);
    case Dwell:
        return entry.dwell;
    case Dose:
        return entry.dose > 0 ? entry.dose : none;
    default:
        return entry.seconds;
    }
}

QString StepModel::text(const Entry &entry, int column) const
{
    const double value = number(entry, column);
    switch (column) {
    case Number:
    case Row:
    case Col:
        return QString::number(int(value));
    case X:
    case Y:
        return fixedText(value, m_pixelSizeNm < 0.1 ? 3 : 2);
    case Why:
        switch (entry.reason) {
        case Reason::Initial:
            return tr("initial");
        case Reason::Acquisition:
            return Tr::tr(helmscope::rowOf(entry.acquisition).name);
        case Reason::Queued:
            return tr("you queued it");
        }
        return {};
    case Worth:
        return figures(value);
    case Predicted:
        return std::isfinite(entry.mean) ? tr("%1 ± %2", "mean, deviation")
                                               .arg(valueText(entry.mean, m_largest),
                                                    valueText(entry.deviation, m_largest))
                                         : QString();
    case Measured: {
        const QString written = std::isnan(value) ? tr("not defined") : valueText(value, m_largest);
        return entry.source == Measurement::Source::Measured
                   ? written
                   : tr("(%1) %2", "stands in: nearest, its value")
                         .arg(standInText(entry.source), written);
    }
    case Miss:
        return std::isfinite(value) ? (value > 0 ? "+" : "") + fixedText(value, 2) : QString();
    case Dwell:
        return fixedText(value, 4);
    case Dose:
        return figures(value);
    default:
        return fixedText(value, 2);
    }
}

QString StepModel::toolTip(const Entry &entry, int column) const
{
    QStringList lines;
    if (column == Why && entry.reason == Reason::Acquisition)
        lines << Tr::tr(helmscope::rowOf(entry.acquisition).help);
    if (const QString heat = textOf(entry.heat);
        (column == Why || column == Worth) && !heat.isEmpty())
        lines << tr("Heating: %1.").arg(heat);
    if (column == Miss && std::isfinite(number(entry, Miss)))
        lines << tr("How far the measured value lay from the predicted one, in deviations (noise "
                    "counted). Beyond ±2 should be one in twenty.");
    if (column == Measured && entry.source == Measurement::Source::Nearest)
        lines << tr("Nobody measured here: this is what the nearest pixel answered.");
    if (column == Measured && entry.source == Measurement::Source::Predicted)
        lines << tr("Nobody measured here: this is what the other run's last model expected.");
    if (!entry.changes.isEmpty())
        lines << tr("Changed before this step: %1").arg(inWords(entry.changes).join("; "));
    lines << inWords(entry.warnings);
    return lines.join('\n');
}

QVariant StepModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry &entry = m_entries[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return text(entry, index.column());
    case Qt::TextAlignmentRole:
        return int((index.column() == Why ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return toolTip(entry, index.column());
    case Qt::DecorationRole:
        // A step that has something to say besides its numbers.
        if (index.column() == Number && !entry.warnings.isEmpty())
            return icon("warning");
        if (index.column() == Number && !entry.changes.isEmpty())
            return icon("info");
        return {};
    case SortRole: {
        if (index.column() == Why)
            return text(entry, Why);
        const double value = number(entry, index.column());
        return std::isnan(value) ? QVariant() : QVariant(value);
    }
    case PixelRole:
        return QPoint(entry.pixel.col, entry.pixel.row);
    case NumberRole:
        return entry.number;
    default:
        return {};
    }
}

QVariant StepModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Why ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    const auto withUnit = [this](const QString &name) {
        return m_valueUnit.isEmpty() ? name : tr("%1 (%2)", "name (unit)").arg(name, m_valueUnit);
    };
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Worth:
            return tr("What the acquisition function thought this pixel was worth.");
        case Predicted:
            return tr("What the model expected before measuring, ± one deviation.");
        case Measured:
            return m_valueName.isEmpty() ? tr("What was measured.")
                                         : tr("What was measured: %1.").arg(m_valueName);
        case Miss:
            return tr("(measured − predicted) / deviation, noise counted.");
        case Seconds:
            return tr("Measuring, learning and predicting together.");
        default:
            return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Number:
        return tr("Step");
    case Row:
        return tr("Row");
    case Col:
        return tr("Col");
    case X:
        return tr("x (nm)");
    case Y:
        return tr("y (nm)");
    case Why:
        return tr("Why");
    case Worth:
        return tr("Worth");
    case Predicted:
        return withUnit(tr("Predicted"));
    case Measured:
        return withUnit(tr("Measured"));
    case Miss:
        return tr("Error (σ)");
    case Dwell:
        return tr("Dwell (s)");
    case Dose:
        return tr("Dose (e⁻/Å²)");
    default:
        return tr("Time (s)");
    }
}

} // namespace helmscope
