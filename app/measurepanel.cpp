// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/measurepanel.h"

#include "widgets/letters.h"
#include "widgets/mapview.h"
#include "widgets/sketch.h"
#include "widgets/ticks.h"

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace helmscope {

void MeasureModel::setRows(std::vector<MeasuredGraphic> rows, double pixelSizeNm,
                           const QString &unit)
{
    const bool isOther = rows.size() != m_rows.size();
    if (isOther)
        beginResetModel();
    m_rows = std::move(rows);
    m_pixelSizeNm = pixelSizeNm;
    m_unit = unit;
    if (isOther)
        endResetModel();
    else if (!m_rows.empty())
        emit dataChanged(index(0, 0), index(int(m_rows.size()) - 1, Columns - 1));
    emit headerDataChanged(Qt::Horizontal, 0, Columns - 1);
}

int MeasureModel::rowOf(int number) const
{
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i].graphic.number == number)
            return int(i);
    return -1;
}

int MeasureModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int MeasureModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant MeasureModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size()))
        return {};
    const MeasuredGraphic &row = m_rows[std::size_t(index.row())];
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() <= Size ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole)
        return {};
    const double magnitude = std::max(std::abs(row.of.lowest), std::abs(row.of.highest));
    switch (index.column()) {
    case Name:
        return row.graphic.name();
    case Size:
        return row.graphic.sizeText(m_pixelSizeNm);
    case Area: {
        // Of the pixels that count, so that mean times area is the sum.
        const double pixels = double(row.of.pixels + row.of.missing);
        return m_pixelSizeNm > 0 ? QString::number(pixels * m_pixelSizeNm * m_pixelSizeNm, 'g', 4)
                                 : QStringLiteral("–");
    }
    case Pixels:
        return QString::number(row.of.pixels);
    case Mean:
        return valueText(row.of.mean, magnitude);
    case Deviation:
        return valueText(row.of.deviation, magnitude);
    case Lowest:
        return valueText(row.of.lowest, magnitude);
    case Highest:
        return valueText(row.of.highest, magnitude);
    case Spectra:
        return QString::number(row.spectra);
    default:
        return {};
    }
}

QVariant MeasureModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    const QString unit = m_unit.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(m_unit);
    switch (section) {
    case Name:
        return tr("Graphic");
    case Size:
        return tr("Size");
    case Area:
        return tr("Area (nm²)");
    case Pixels:
        return tr("Pixels");
    case Mean:
        return tr("Mean") + unit;
    case Deviation:
        return tr("Deviation") + unit;
    case Lowest:
        return tr("Lowest") + unit;
    case Highest:
        return tr("Highest") + unit;
    case Spectra:
        return tr("Spectra measured");
    default:
        return {};
    }
}

MeasurePanel::MeasurePanel(Graphics *graphics, QList<std::pair<QString, MapView *>> views,
                           QWidget *parent)
    : QWidget(parent)
    , m_graphics(graphics)
    , m_views(std::move(views))
    , m_of(new QComboBox)
    , m_table(new QTableView)
    , m_model(new MeasureModel(this))
    , m_sketch(new SketchView)
{
    for (const auto &[name, view] : std::as_const(m_views))
        m_of->addItem(name);
    m_of->setAccessibleName(tr("Map that is measured"));
    m_of->setToolTip(tr("The map the numbers and the profile are of."));
    m_table->setModel(m_model);
    m_table->setAccessibleName(tr("Graphics and what they measure"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRowsToLetters(m_table);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->resizeColumnsToContents(); // the titles, whole
    auto *empty = new QLabel(tr("Sizes and statistics of what is drawn on the maps will appear "
                                "here: take a tool at the left, or press P, C or L on a map."));
    empty->setObjectName("quiet");
    empty->setWordWrap(true);
    empty->setAlignment(Qt::AlignCenter);
    auto *middle = new QVBoxLayout(m_table->viewport());
    middle->addWidget(empty);
    const auto showEmpty = [this, empty] { empty->setVisible(m_model->rowCount() == 0); };
    connect(m_model, &QAbstractItemModel::modelReset, empty, showEmpty);
    connect(m_model, &QAbstractItemModel::rowsInserted, empty, showEmpty);
    connect(m_model, &QAbstractItemModel::rowsRemoved, empty, showEmpty);
    m_sketch->setMinimumWidth(120);
    setWhatsThis(tr(
        "What the graphics on the maps measure: P draws a pick, C a rectangle, E an ellipse, G a "
        "polygon, L a line whose profile is shown here, averaged over its width."));

    auto *line = new QHBoxLayout;
    auto *caption = new QLabel(tr("Measured in"));
    caption->setBuddy(m_of);
    line->addWidget(caption);
    line->addWidget(m_of);
    line->addStretch();
    auto *left = new QWidget;
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(4, 4, 4, 4);
    column->addLayout(line);
    column->addWidget(m_table, 1);
    auto *parts = new QSplitter;
    parts->addWidget(left);
    parts->addWidget(m_sketch);
    parts->setStretchFactor(0, 3);
    parts->setStretchFactor(1, 2);
    auto *all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(parts);

    connect(m_of, &QComboBox::currentIndexChanged, this, &MeasurePanel::refresh);
    connect(m_graphics, &Graphics::changed, this, &MeasurePanel::refresh);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &now) {
                if (!m_isSelecting && now.isValid())
                    m_graphics->select(m_model->rows()[std::size_t(now.row())].graphic.number);
            });
}

MapView *MeasurePanel::view() const
{
    return m_views[std::max(0, m_of->currentIndex())].second;
}

void MeasurePanel::setMeasured(std::vector<Pixel> pixels)
{
    m_measured = std::move(pixels);
    refresh();
}

void MeasurePanel::refresh()
{
    m_isStale = true;
    if (m_job != 0)
        return; // it begins again with what is then the newest
    m_isStale = false;
    const MapView *of = view();
    const std::shared_ptr<const Map> map = of->sharedMap();
    const int ratio = of->imageRatio();
    const double pixelSizeNm = of->pixelSizeNm();
    const Graphic *selected = m_graphics->find(m_graphics->selected());
    const auto &all = m_graphics->all();
    if (!selected || !selected->isLine()) {
        const auto last = std::find_if(all.rbegin(), all.rend(),
                                       [](const Graphic &each) { return each.isLine(); });
        selected = last == all.rend() ? nullptr : &*last;
    }
    if (!map || all.empty())
        return showAnswer({}, pixelSizeNm);
    m_job = m_jobs.run(
        tr("Measuring"), this,
        [map, ratio, graphics = all, measured = m_measured,
         line = selected ? std::optional(*selected) : std::nullopt](const Progress &progress) {
            Answer answer;
            const int rows = int(map->rows()) / ratio, cols = int(map->cols()) / ratio;
            for (const Graphic &graphic : graphics) {
                if (!progress(double(answer.rows.size()) / double(graphics.size())))
                    return answer;
                MeasuredGraphic row{graphic, statisticsOf(*map, scaled(graphic.region(), ratio)),
                                    0};
                if (!measured.empty()) {
                    const Mask mask = maskOf(graphic.region(), rows, cols);
                    for (const Pixel &pixel : measured)
                        row.spectra += pixel.row < rows && pixel.col < cols && pixel.row >= 0 &&
                                       pixel.col >= 0 && mask(pixel.row, pixel.col);
                }
                answer.rows.push_back(std::move(row));
            }
            if (line) {
                answer.name = line->name();
                answer.profile = profileAlong(*map, line->points[0] * ratio,
                                              line->points[1] * ratio, line->width * ratio);
                for (double &distance : answer.profile.distance)
                    distance /= ratio; // in pixels of the grid, as everything is told
            }
            return answer;
        },
        [this, pixelSizeNm](const Answer &answer) {
            m_job = 0;
            showAnswer(answer, pixelSizeNm);
            if (m_isStale)
                refresh();
        });
}

void MeasurePanel::showAnswer(const Answer &answer, double pixelSizeNm)
{
    m_isSelecting = true;
    const bool isFirst = m_model->rowCount() == 0 && !answer.rows.empty();
    m_model->setRows(answer.rows, pixelSizeNm, view()->unit());
    if (isFirst)
        m_table->resizeColumnsToContents();
    if (const int row = m_model->rowOf(m_graphics->selected()); row >= 0)
        m_table->selectRow(row);
    else
        m_table->clearSelection();
    m_isSelecting = false;

    m_profile = answer.profile;
    const bool isCalibrated = pixelSizeNm > 0;
    if (isCalibrated)
        for (double &distance : m_profile.distance)
            distance *= pixelSizeNm;
    Sketch sketch;
    if (!m_profile.mean.empty()) {
        sketch.xName = tr("%1: distance (%2)").arg(answer.name, isCalibrated ? "nm" : "px");
        sketch.yName = view()->unit().isEmpty()
                           ? m_of->currentText()
                           : QStringLiteral("%1 (%2)").arg(m_of->currentText(), view()->unit());
        sketch.curves.push_back({answer.name, m_profile.distance, m_profile.mean});
    }
    m_sketch->setSketch(std::move(sketch));
    m_sketch->setVisible(!m_profile.mean.empty());
}

} // namespace helmscope
