// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels.h"

#include "app/dosepanel.h"
#include "app/measurepanel.h"
#include "app/timeline.h"
#include "base/tr.h"
#include "steering/recording/inwords.h"
#include "widgets/curvesview.h"
#include "widgets/letters.h"
#include "widgets/mapview.h"
#include "widgets/reliabilityview.h"
#include "widgets/spectrumview.h"
#include "widgets/stepmodel.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"
#include "widgets/watchview.h"

#include <QApplication>
#include <QHeaderView>
#include <QMenu>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QTimer>

#include <algorithm>
#include <utility>

namespace helmscope {

/// Under so many pixels' width a map shows the newest step only, not the whole path.
static constexpr double smallMap = 240;

/// How a step came to its value.
static QString sourceText(const Step &step)
{
    switch (step.source) {
    case Measurement::Source::Measured:
        break;
    case Measurement::Source::Nearest:
        return Panels::tr("not measured: the nearest pixel's");
    case Measurement::Source::Predicted:
        return Panels::tr("not measured: predicted");
    }
    return Panels::tr("measured");
}

Panels::Panels(QUndoStack *undo, QObject *parent)
    : QObject(parent)
    , m_graphics(new Graphics(undo, this))
{
    makeViews();
    connectViews();
    nameMaps({});
}

void Panels::makeViews()
{
    m_survey = new MapView;
    m_survey->setTitle(tr("Survey image"));
    m_survey->setColormap(Colormap::Gray);
    m_survey->setHistogramVisible(true);
    m_survey->setPlaceholder(tr(
        "The survey image will appear here: open one (Ctrl+O) or drop its files onto the window."));
    m_mean = new MapView;
    m_mean->setColormap(Colormap::Viridis);
    m_deviation = new MapView;
    m_deviation->setColormap(Colormap::Cividis);
    m_acquisition = new MapView;
    m_acquisition->setColormap(Colormap::Magma);
    m_acquisition->setMissingText(tr("not to be measured"));
    m_spectrum = new SpectrumView;
    m_spectrum->setPlaceholder(
        tr("The spectrum under the cursor will appear here once a pixel is measured: press Run."));
    setMapsObjection({});
    m_curves = new CurvesView;
    m_curves->setPlaceholder(
        tr("How value, uncertainty and loss go with the steps will appear here: press Run."));

    m_watch = new WatchView;
    m_reliability = new ReliabilityView;
    m_dose = new DosePanel;
    for (MapView *map : {m_survey, m_mean, m_deviation, m_acquisition, m_dose->view()})
        map->setGraphics(m_graphics);
    m_measure = new MeasurePanel(m_graphics, {{tr("Survey image"), m_survey},
                                              {tr("Mean"), m_mean},
                                              {tr("Uncertainty σ"), m_deviation},
                                              {tr("Acquisition"), m_acquisition},
                                              {tr("Dose"), m_dose->view()}});

    m_model = new StepModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(StepModel::SortRole);
    m_table = new QTableView;
    m_table->setAccessibleName(tr("Steps of the run"));
    m_table->setModel(m_sorted);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(StepModel::Number, Qt::AscendingOrder);
    m_table->setAlternatingRowColors(true);
    m_table->verticalHeader()->hide();
    // Fixed row heights: a table of thousands of steps must not measure each of its rows.
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRowsToLetters(m_table);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setResizeContentsPrecision(30); // rows looked at, not all
    m_table->setFrameShape(QFrame::NoFrame);
    m_timeline = new Timeline;
}

void Panels::connectViews()
{
    const QList<MapView *> maps = this->maps();
    linkMaps(maps);
    for (MapView *map : maps) {
        connect(map, &MapView::cursorMoved, this, [this](Pixel pixel) {
            if (m_cursor == pixel)
                return; // every linked map says it
            m_cursor = pixel;
            showSpectrum();
            emit readOutChanged();
        });
        connect(map, &MapView::regionDrawn, this, [this, map](const QRect &region) {
            const int ratio = map->imageRatio();
            Mask pixels =
                Mask::Constant(map->map().rows() / ratio, map->map().cols() / ratio, false);
            pixels.block(region.top(), region.left(), region.height(), region.width()) = true;
            emit paintWished(pixels, DrawnFor::Forbidding);
        });
        if (map != m_survey) {
            connect(map, &MapView::limitsChanged, this, &Panels::showBlend);
            connect(map, &MapView::colormapChanged, this, &Panels::showBlend);
        }
        connect(map, &MapView::regionPainted, this, &Panels::paintWished);
        connect(map, &MapView::menuRequested, this, &Panels::addToMenu);
    }
    connect(m_graphics, &Graphics::changed, this, [this] {
        averagePicks();
        showSpectrum();
    });
    connect(m_timeline, &Timeline::moved, this, &Panels::showStep);
    connect(m_curves, &CurvesView::stepSelected, this,
            [this](int number) { m_timeline->goTo(number - 1); });
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex &index) {
        m_timeline->goTo(index.data(StepModel::NumberRole).toInt() - 1);
    });
    // By keys likewise; not while the table itself follows the timeline.
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &index) {
                if (index.isValid() && m_table->hasFocus() && !m_isSelecting)
                    m_timeline->goTo(index.data(StepModel::NumberRole).toInt() - 1);
            });
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_table, &QTableView::customContextMenuRequested, this, &Panels::showStepMenu);
    connect(m_spectrum, &SpectrumView::bandEdited, this, &Panels::scalarizerEdited);
}

void Panels::setSample(const Sample &sample)
{
    const Dataset &survey = *sample.survey;
    m_energies = sample.energies;
    m_isSimulated = sample.isSimulated();
    m_pixelSizeNm = survey.gridPixelSizeNm();
    m_cursor.reset();
    for (MapView *map : {m_survey, m_mean, m_deviation, m_acquisition}) {
        map->clear();
        map->setPixelSizeNm(m_pixelSizeNm);
        map->setPinnedPixel({});
        map->setLimitsLocked(false);
        map->setTone({});
    }
    m_survey->setImageRatio(survey.imageRatio);
    m_picture = sample.picture;
    m_survey->setPrepared(m_picture); // nothing where none is open
    m_surveyTitle = survey.imageQuantity.isEmpty()
                        ? tr("Survey image")
                        : tr("Survey image: %1").arg(inWords(survey.imageQuantity));
    m_survey->setTitle(m_surveyTitle);
    m_shownSurvey = nullptr;
    m_survey->fit();
    m_model->setPixelSizeNm(m_pixelSizeNm);
    m_dose->setSample(sample);
    if (!sample.hasSpectra()) {
        m_spectrum->setScalarizer(std::nullopt);
        m_spectrum->setPlaceholder(
            tr("This sample answers values, not spectra: %1.").arg(sample.valuesName));
    }
    clearSpectrum();
}

void Panels::setRun(const ShownRun &run, int plannedSteps)
{
    m_run = {};
    m_index = -1;
    m_listed = 0;
    m_pins.clear();
    m_overlay = {};
    for (MapView *map : {m_mean, m_deviation, m_acquisition}) {
        map->clear();
        map->setLimitsLocked(false);
    }
    showBlend();
    clearSpectrum();
    m_model->clear();
    m_curves->clear();
    m_watch->clear();
    m_dose->clear();
    m_dose->setDwell(run.plan().dwellSeconds);
    m_watch->setPixelSizeNm(run.survey().pixelSizeNm);
    m_watch->setMostChange(run.plan().watch.mostChange);
    showFlaws(run);
    m_model->setValueName(run.valueName(), run.valueUnit());
    m_curves->setValueName(run.valueName(), run.valueUnit());
    m_mean->setUnit(run.valueUnit());
    m_deviation->setUnit(run.valueUnit());
    nameMaps(run.valueName());
    m_timeline->clear();
    showSteps(run, plannedSteps);
}

/// The band can be dragged before there is any spectrum.
void Panels::clearSpectrum()
{
    m_spectrum->clear();
    m_spectrum->setEnergies(m_energies);
    m_spectrum->setTitle(
        tr("Nothing measured yet: drag the band to say what to look for, then Run."));
}

/// The docks say which map it is, the line over it of what.
void Panels::nameMaps(const QString &valueName)
{
    m_mean->setTitle(valueName);
    m_mean->setAccessibleName(tr("Mean: %1").arg(valueName));
    m_deviation->setTitle(valueName.isEmpty() ? QString() : tr("one standard deviation"));
    m_deviation->setAccessibleName(tr("Uncertainty"));
    m_acquisition->setTitle({});
    m_acquisition->setAccessibleName(tr("Acquisition"));
}

void Panels::showSteps(const ShownRun &run, int plannedSteps)
{
    m_run = run;
    const bool wasAtEnd =
        m_table->verticalScrollBar()->value() == m_table->verticalScrollBar()->maximum();
    // Measuring the rows takes long: at the first of them, and once a few more are there.
    const int listed = m_listed;
    m_model->append(run.steps(), std::size_t(m_listed)); // one insertion, however many
    for (; m_listed < run.size(); ++m_listed) {
        m_curves->addStep(run.at(m_listed));
        m_watch->addStep(run.at(m_listed));
        m_timeline->addStep(run.at(m_listed));
    }
    const auto passes = [&](int rows) { return listed < rows && m_listed >= rows; };
    if (passes(1) || passes(12) || passes(30))
        QTimer::singleShot(50, m_table, &QTableView::resizeColumnsToContents); // after the maps
    if (wasAtEnd)
        m_table->scrollToBottom();
    m_planned = plannedSteps;
    m_curves->setPlannedSteps(plannedSteps);
    m_watch->setPlannedSteps(plannedSteps);
    m_timeline->setPlanned(plannedSteps);
    if (m_timeline->isFollowing())
        showStep(run.size() - 1);
    else
        m_dose->showSteps(m_run, m_index, m_planned); // the limit is of all steps
}

void Panels::showStep(int index)
{
    m_index = std::clamp(index, -1, m_run.size() - 1);
    const ShownRun::Held held = m_run.beliefAt(m_index);
    if (const auto &belief = held.belief) {
        using Shared = std::shared_ptr<const Map>;
        m_mean->setMap(Shared(belief, &belief->mean));
        m_deviation->setMap(Shared(belief, &belief->deviation));
        m_acquisition->setMap(Shared(belief, &belief->acquisition));
        m_acquisition->setTitle(Tr::tr(rowOf(m_run.at(held.index).acquisition).name));
        m_acquisition->setAccessibleName(tr("Acquisition"));
    }
    const int number = m_index >= 0 && !m_timeline->isFollowing() ? m_run.at(m_index).number : 0;
    for (MapView *map : {m_survey, m_mean, m_deviation, m_acquisition})
        map->setSelectedStep(number);
    m_curves->setSelectedStep(number);
    m_watch->setSelectedStep(number);
    selectRow(number > 0 ? m_index : -1);
    showSurvey();
    showOverlay();
    showBlend();
    showMeasured();
    showReliability();
    m_dose->showSteps(m_run, m_index, m_planned);
    showSpectrum();
    emit readOutChanged();
}

/// The step looked at, in sight; none while the newest one is followed.
void Panels::selectRow(int step)
{
    const QModelIndex row =
        step >= 0 ? m_sorted->mapFromSource(m_model->index(step, 0)) : QModelIndex();
    if (m_table->currentIndex().siblingAtColumn(0) == row &&
        m_table->selectionModel()->hasSelection() == row.isValid())
        return;
    m_isSelecting = true;
    if (row.isValid()) {
        m_table->selectionModel()->setCurrentIndex(row, QItemSelectionModel::ClearAndSelect |
                                                            QItemSelectionModel::Rows);
        m_table->scrollTo(row);
    } else {
        m_table->selectionModel()->clear();
    }
    m_isSelecting = false;
}

/// What the graphics measure, of the maps and the spectra of this step.
void Panels::showMeasured()
{
    std::vector<Pixel> pixels;
    for (int i = 0; i <= m_index; ++i)
        if (m_run.at(i).source == Measurement::Source::Measured)
            pixels.push_back(m_run.at(i).pixel);
    m_measure->setMeasured(std::move(pixels));
    averagePicks();
}

/// The newest image that was taken up to the step looked at, laid onto the first one: a pixel is
/// the same place of the sample in all of them.
void Panels::showSurvey()
{
    for (int i = m_index; i >= 0; --i)
        for (auto taken = m_run.at(i).surveys.rbegin(); taken != m_run.at(i).surveys.rend();
             ++taken) {
            if (!taken->isTrusted || !taken->laid)
                continue;
            if (m_shownSurvey == taken->laid.get())
                return;
            m_shownSurvey = taken->laid.get();
            m_survey->setMap(taken->laid);
            m_survey->setTitle(
                tr("Survey image before step %1, drift taken back").arg(m_run.at(i).number));
            return;
        }
    if (!std::exchange(m_shownSurvey, nullptr))
        return;
    showFirstSurvey();
    m_survey->setTitle(m_surveyTitle);
}

/// The run's own; of a run that was opened it is the sample's.
void Panels::showFirstSurvey()
{
    const std::shared_ptr<const Dataset> survey = m_run.sharedSurvey();
    if (m_picture && m_picture->map.get() == &survey->image)
        m_survey->setPrepared(m_picture);
    else
        m_survey->setMap(std::shared_ptr<const Map>(survey, &survey->image));
}

/// What is wrong with the first image, in pixels of the grid.
void Panels::showFlaws(const ShownRun &run)
{
    const Flaws &flaws = run.flaws();
    const int ratio = run.survey().imageRatio;
    const auto onGrid = [&](const Mask &mask) {
        Mask grid(mask.rows() / ratio, mask.cols() / ratio);
        for (Eigen::Index r = 0; r < grid.rows(); ++r)
            for (Eigen::Index c = 0; c < grid.cols(); ++c)
                grid(r, c) = mask.block(r * ratio, c * ratio, ratio, ratio).any();
        return grid;
    };
    m_overlay.harmed = flaws.isEmpty() ? Mask() : onGrid(flaws.saturated || flaws.charged);
    m_overlay.blank = flaws.isEmpty() ? Mask() : onGrid(flaws.blank);
}

void Panels::showOverlay()
{
    m_overlay.path.clear();
    for (int i = 0; i <= m_index; ++i)
        m_overlay.path.push_back({m_run.at(i).pixel, m_run.at(i).number, m_run.at(i).reason,
                                  m_run.at(i).source != Measurement::Source::Measured});
    const ShownRun::Held held = m_run.beliefAt(m_index);
    m_overlay.next = held.belief && held.index == m_index ? held.belief->next : std::nullopt;
    m_overlay.pinned.clear();
    const auto &colours = themeOf(m_survey->palette()).series;
    for (std::size_t i = 0; i < m_pins.size(); ++i)
        m_overlay.pinned.push_back({m_run.at(m_pins[i]).pixel, colours[i % colours.size()]});
    MapOverlay newest = m_overlay; // numbers and lines would hide a small map
    if (newest.path.size() > 1)
        newest.path.erase(newest.path.begin(), newest.path.end() - 1);
    m_survey->setOverlay(m_overlay);
    newest.harmed = newest.blank = Mask(); // they are of the image
    MapOverlay onMaps = m_overlay;
    onMaps.harmed = onMaps.blank = Mask();
    for (MapView *map : {m_mean, m_deviation, m_acquisition})
        map->setOverlay(map->mapArea().width() < smallMap ? newest : onMaps);
}

void Panels::setOrders(const std::vector<Pixel> &queued, const Mask &forbidden,
                       const Mask &preferred)
{
    m_overlay.preferred = preferred;
    m_overlay.queued = queued;
    m_overlay.forbidden = forbidden;
    showOverlay();
}

void Panels::setScalarizer(const Scalarizer &scalarizer)
{
    if (m_energies.channels() > 0)
        m_spectrum->setScalarizer(scalarizer);
}

void Panels::setMapsObjection(const QString &sentence)
{
    m_mean->setPlaceholder(
        sentence.isEmpty() ? tr("What the model believes of every pixel will appear here after the "
                                "first points: press Run.")
                           : sentence);
    m_deviation->setPlaceholder(
        sentence.isEmpty() ? tr("How unsure the model is of every pixel will appear here after "
                                "the first points: press Run.")
                           : sentence);
    m_acquisition->setPlaceholder(
        sentence.isEmpty() ? tr("How much each pixel is worth measuring will appear here after "
                                "the first points: press Run.")
                           : sentence);
}

void Panels::setGoing(bool isGoing)
{
    m_isGoing = isGoing;
}

/// The spectrum at the cursor, or of the step looked at where there is no cursor. A recording's
/// spectrum at a pixel that was not measured is never shown: the run does not know it.
void Panels::showSpectrum()
{
    if (m_index < 0 || m_energies.channels() == 0)
        return;
    const Pixel pixel = m_cursor.value_or(m_run.at(m_index).pixel);
    const ShownRun::Held held = m_run.beliefAt(m_index);
    const bool isPredicted = held.belief && held.belief->rowOf(pixel) >= 0;
    if (isPredicted)
        showPrediction(*held.belief, pixel);
    else
        m_spectrum->clearPredicted();

    const std::optional<int> here = m_run.measuredAt(pixel, m_index);
    const std::optional<int> nearest =
        here || isPredicted ? std::nullopt : m_run.nearestTo(pixel, m_index);
    showForetold(here);
    if (here) {
        m_spectrum->setMeasured(m_energies, m_run.at(*here).spectrum);
        m_spectrum->setTitle(tr("%1 · %2 at step %3")
                                 .arg(placeText(pixel), sourceText(m_run.at(*here)))
                                 .arg(m_run.at(*here).number));
    } else {
        m_spectrum->clearMeasured();
    }
    if (!here && isPredicted)
        m_spectrum->setTitle(tr("%1 · predicted after step %2, ± 2 σ")
                                 .arg(placeText(pixel))
                                 .arg(m_run.at(held.index).number));
    if (nearest)
        m_spectrum->setTitle(tr("%1 · not measured; in grey the nearest, step %2 at %3")
                                 .arg(placeText(pixel))
                                 .arg(m_run.at(*nearest).number)
                                 .arg(placeText(m_run.at(*nearest).pixel)));
    showPins(nearest);
}

/// The spectra kept in view, and in grey that of a step that stands in for what was not measured.
void Panels::showPins(std::optional<int> standIn)
{
    const Theme &theme = themeOf(m_survey->palette());
    std::vector<PinnedSpectrum> pinned;
    const auto add = [&](int index, const QColor &colour) {
        const Step &step = m_run.at(index);
        pinned.push_back({step.pixel, colour, m_energies, step.spectrum});
    };
    for (std::size_t i = 0; i < m_pins.size(); ++i)
        add(m_pins[i], theme.series[i % theme.series.size()]);
    pinned.insert(pinned.end(), m_picks.begin(), m_picks.end());
    if (standIn)
        add(*standIn, theme.quietText);
    m_spectrum->setPinned(std::move(pinned));
}

void Panels::showPrediction(const Belief &belief, Pixel pixel)
{
    const int row = belief.rowOf(pixel);
    m_spectrum->setPredicted(belief.energies, belief.spectra.row(row).transpose(),
                             belief.spectraDeviation.row(row).transpose());
}

void Panels::addToMenu(QMenu *menu, std::optional<Pixel> pixel)
{
    if (!pixel)
        return;
    const auto measured = m_run.measuredAt(*pixel, m_run.size() - 1);
    QAction *queue = menu->addAction(icon("queue"), tr("Measure here next"), this,
                                     [this, at = *pixel] { emit queueWished(at); });
    queue->setEnabled(m_isGoing && !measured);
    queue->setToolTip(m_isGoing ? tr("Before the model chooses again.")
                                : tr("Possible while a run is going on."));
    if (measured && m_energies.channels() > 0) {
        const bool isPinned = std::find(m_pins.begin(), m_pins.end(), *measured) != m_pins.end();
        menu->addAction(icon("pin"),
                        isPinned ? tr("Let its spectrum go") : tr("Keep its spectrum in view"),
                        this, [this, index = *measured] { togglePin(index); });
    }
    if (measured)
        menu->addAction(
            icon("lineage"), tr("Show in the lineage"), this,
            [this, number = m_run.at(*measured).number] { emit lineageWished(number); });
    QAction *allow =
        menu->addAction(icon("allow"), tr("Release all regions"), this, &Panels::allowWished);
    allow->setEnabled(m_overlay.forbidden.size() > 0 || m_overlay.preferred.size() > 0);
    allow->setToolTip(tr("Shift+drag forbids a rectangle."));
}

void Panels::showStepMenu(const QPoint &position)
{
    const QModelIndex index = m_table->indexAt(position);
    if (!index.isValid())
        return;
    auto *menu = new QMenu(m_table);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(
        icon("lineage"), tr("Show in the lineage"), this,
        [this, number = index.data(StepModel::NumberRole).toInt()] { emit lineageWished(number); });
    menu->popup(m_table->viewport()->mapToGlobal(position));
}

void Panels::showPlace(int number)
{
    if (number < 1 || number > m_run.size())
        return;
    m_timeline->goTo(number - 1);
    const Pixel pixel = m_run.at(number - 1).pixel;
    for (MapView *map : {m_survey, m_mean, m_deviation, m_acquisition}) {
        map->fit(); // wherever the last look was at
        map->setPinnedPixel(pixel);
        map->setCursorPixel(pixel);
    }
    m_cursor = pixel;
    showSpectrum();
    emit readOutChanged();
}

void Panels::togglePin(int index)
{
    const auto found = std::find(m_pins.begin(), m_pins.end(), index);
    if (found != m_pins.end())
        m_pins.erase(found);
    else
        m_pins.push_back(index);
    showSpectrum();
    showOverlay();
}

QString Panels::placeText(Pixel pixel) const
{
    return tr("row %1, col %2").arg(pixel.row).arg(pixel.col);
}

QString Panels::positionText() const
{
    if (!m_cursor)
        return tr("Move over a map to read it.");
    if (m_pixelSizeNm <= 0)
        return placeText(*m_cursor);
    return tr("%1 nm, %2 nm (%3)")
        .arg((m_cursor->col + 0.5) * m_pixelSizeNm, 0, 'f', 1)
        .arg((m_cursor->row + 0.5) * m_pixelSizeNm, 0, 'f', 1)
        .arg(placeText(*m_cursor));
}

QString Panels::valuesText() const
{
    if (!m_cursor)
        return {};
    QString text = tr("image %1").arg(m_survey->readOut(*m_cursor));
    const ShownRun::Held held = m_run.beliefAt(m_index);
    if (held.belief && contains(held.belief->mean, *m_cursor)) {
        const float mean = held.belief->mean(m_cursor->row, m_cursor->col);
        const float deviation = held.belief->deviation(m_cursor->row, m_cursor->col);
        if (std::isfinite(mean))
            text += tr(" · mean %1 ± %2 %3")
                        .arg(mean, 0, 'g', 4)
                        .arg(roundText(deviation))
                        .arg(m_run.valueUnit());
    }
    if (const auto here = m_run.measuredAt(*m_cursor, m_index))
        text += tr(" · %1 %2 at step %3")
                    .arg(sourceText(m_run.at(*here)))
                    .arg(m_run.at(*here).value, 0, 'g', 4)
                    .arg(m_run.at(*here).number);
    return text;
}

} // namespace helmscope
