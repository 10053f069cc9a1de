// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/spectrumview.h"

#include "steering/recording/inwords.h"
#include "widgets/spectrumviewparts.h"

#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace helmscope {

namespace {

constexpr double meanWidth = 1.6, countsWidth = 1.4; ///< of lines, in pixels

QVector<double> keysOf(const EnergyAxis &energies)
{
    return QVector<double>(energies.values.begin(), energies.values.end());
}

} // namespace

SpectrumView::SpectrumView(QWidget *parent)
    : QWidget(parent)
    , m(std::make_unique<Parts>(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Spectrum"));
    m->intensity = tr("Counts");
    m->title = new TitleLine;
    m->log = new QToolButton;
    m->log->setIcon(icon("log-axis"));
    m->log->setCheckable(true);
    m->log->setAutoRaise(true);
    m->log->setFocusPolicy(Qt::TabFocus);
    m->log->setAccessibleName(tr("Logarithmic counts"));
    m->log->setToolTip(tr("Counts on a logarithmic axis (L)."));
    connect(m->log, &QToolButton::clicked, this, [this](bool isOn) {
        setLogarithmic(isOn);
        emit logarithmicChanged(isOn);
    });
    m->residualButton = new QToolButton;
    m->residualButton->setText(QStringLiteral("Δ"));
    m->residualButton->setCheckable(true);
    m->residualButton->setAutoRaise(true);
    m->residualButton->setEnabled(false);
    m->residualButton->setFocusPolicy(Qt::TabFocus);
    m->residualButton->setAccessibleName(tr("Residual"));
    m->residualButton->setToolTip(
        tr("Measured − predicted before it was measured, with ± 2 σ of the prediction about 0 (R). "
           "Where whole spectra are predicted."));
    connect(m->residualButton, &QToolButton::clicked, this, &SpectrumView::setResidual);
    m->placeholder = new Placeholder;
    m->placeholder->setSentence(tr("A spectrum appears here when one is measured or predicted."));

    m->plot = new QCustomPlot;
    m->plot->setObjectName("plot");
    QCustomPlot *plot = m->plot;
    plot->setFocusPolicy(Qt::NoFocus);
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->axisRect()->setRangeDrag(Qt::Horizontal);
    plot->axisRect()->setRangeZoom(Qt::Horizontal);
    plot->setMouseTracking(true);
    useRoundTicks(plot->xAxis, 6);
    plot->setNoAntialiasingOnDrag(true);
    plot->installEventFilter(this);
    m->bands = std::make_unique<BandEditor>(plot); // before the curves: it lies under them
    // The words of the bands keep their lines at another width, which is known once it is plotted.
    connect(plot, &QCustomPlot::afterReplot, this, [this, plot, width = -1]() mutable {
        if (const int now = plot->axisRect()->width(); std::exchange(width, now) != now) {
            m->bands->setScalarizer(m->bands->scalarizer());
            replotSoon(plot);
        }
    });
    m->lower = plot->addGraph();
    m->upper = plot->addGraph();
    m->upper->setChannelFillGraph(m->lower);
    m->mean = plot->addGraph();
    m->background = plot->addGraph();
    m->counts = plot->addGraph();
    m->counts->setLineStyle(QCPGraph::lsStepCenter);
    m->cursor = new QCPItemLine(plot);
    m->cursor->setVisible(false);
    connect(plot->xAxis, qOverload<const QCPRange &>(&QCPAxis::rangeChanged), this,
            [this, plot](const QCPRange &range) {
                if (m->axis.channels() < 2)
                    return;
                const double width = m->bands->channelWidth();
                const QCPRange bounded =
                    range.bounded(m->axis.values.front() - width, m->axis.values.back() + width);
                if (bounded.size() >= 4 * width)
                    plot->xAxis->setRange(bounded);
                else
                    plot->xAxis->setRange(bounded.center(), 4 * width, Qt::AlignCenter);
            });

    auto *head = new QHBoxLayout;
    head->addWidget(m->title, 1);
    head->addWidget(m->log);
    head->addWidget(m->residualButton);
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(4, 4, 4, 4);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(plot, 1);
    m->pages = new QStackedLayout(this);
    m->pages->addWidget(m->placeholder);
    m->pages->addWidget(page);
    m->restyle();
}

SpectrumView::~SpectrumView() = default;

void SpectrumView::Parts::setAxis(const EnergyAxis &other)
{
    // Binned channels lie on the same axis: it stays.
    const bool isSame = axis.channels() > 0 && other.channels() > 0 && axis.unit == other.unit &&
                        other.values.front() >= axis.values.front() - 1e-9 &&
                        other.values.back() <= axis.values.back() + 1e-9;
    if (isSame)
        return;
    axis = other;
    lowest = highest = lowestPositive = 0;
    bands->setEnergies(axis);
    plot->xAxis->setLabel(axis.unit.isEmpty()
                              ? inWords(axis.name)
                              : QString("%1 (%2)").arg(inWords(axis.name), axis.unit));
    if (axis.channels() > 0)
        plot->xAxis->setRange(axis.values.front(), axis.values.back());
}

void SpectrumView::Parts::include(const Eigen::VectorXf &values)
{
    for (float value : values) {
        if (!std::isfinite(value))
            continue;
        lowest = std::min(lowest, double(value));
        highest = std::max(highest, double(value));
        if (value > 0 && (lowestPositive == 0 || value < lowestPositive))
            lowestPositive = value;
    }
}

double SpectrumView::Parts::shown(double value) const
{
    // Zero counts are drawn at the lower end of a logarithmic axis.
    return isLogarithmic ? std::max(value, plot->yAxis->range().lower) : value;
}

QVector<double> SpectrumView::Parts::valuesOf(const Eigen::VectorXf &values) const
{
    QVector<double> result(values.size());
    std::transform(values.begin(), values.end(), result.begin(),
                   [this](float v) { return shown(v); });
    return result;
}

void SpectrumView::Parts::showAxes()
{
    QCPAxis *y = plot->yAxis;
    y->setLabel(intensity);
    const double top = highest > lowest ? highest : lowest + 1;
    if (isLogarithmic) {
        // At most six decades: tails of a prediction may be as small as they like.
        const double floor = std::max(lowestPositive > 0 ? lowestPositive : 1e-3, top * 1e-6);
        y->setScaleType(QCPAxis::stLogarithmic);
        y->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
        y->setNumberFormat("gb");
        y->setNumberPrecision(3);
        y->setRange(floor / 2, top * 2);
    } else {
        y->setScaleType(QCPAxis::stLinear);
        useRoundTicks(y, 4);
        const double margin = 0.06 * (top - lowest);
        y->setRange(lowest < 0 ? lowest - margin : 0, top + margin);
    }
}

/// Of thousands of channels wide, smoothed lines take longer to draw than a frame lasts.
static void fitLine(QCPGraph *graph, double width)
{
    const bool isLong = graph->dataCount() > 800;
    QPen pen = graph->pen();
    pen.setWidthF(isLong ? 1 : width);
    graph->setPen(pen);
    graph->setAntialiased(!isLong);
}

void SpectrumView::Parts::show()
{
    const bool isEmpty = view->isEmpty();
    turnPage(pages, isEmpty && axis.channels() == 0 ? 0 : 1);
    if (isEmpty) {
        cursor->setVisible(false);
        title->setReadOut({});
    }
    if (pages->currentIndex() == 0)
        return;
    const bool canSubtract = view->residual().size() > 0;
    residualButton->setEnabled(canSubtract || isResidual);
    showAxes();
    for (QCPGraph *graph : {lower, upper, mean, counts, background})
        graph->data()->clear();
    for (QCPGraph *graph : std::as_const(pinnedGraphs))
        plot->removeGraph(graph);
    pinnedGraphs.clear();
    if (isResidual && canSubtract)
        return showResidual();
    if (!predicted.isEmpty()) {
        const QVector<double> keys = keysOf(predicted.energies);
        mean->setData(keys, valuesOf(predicted.counts), true);
        if (predicted.deviation.size() == predicted.counts.size()) {
            const Eigen::VectorXf two = 2 * predicted.deviation;
            lower->setData(keys, valuesOf(predicted.counts - two), true);
            upper->setData(keys, valuesOf(predicted.counts + two), true);
        }
    }
    if (!measured.isEmpty())
        counts->setData(keysOf(measured.energies), valuesOf(measured.counts), true);
    const Curve &under = measured.isEmpty() ? predicted : measured;
    const auto &scalarizer = bands->scalarizer();
    if (!under.isEmpty() && scalarizer && scalarizer->background != Scalarizer::Background::None) {
        const Eigen::VectorXf values = scalarizer->backgroundUnder(under.counts, under.energies);
        if (values.size() == under.counts.size() && values.allFinite())
            background->setData(keysOf(under.energies), valuesOf(values), true);
    }
    for (const PinnedSpectrum &spectrum : pinned) {
        QCPGraph *graph = plot->addGraph();
        graph->setLineStyle(QCPGraph::lsStepCenter);
        graph->setPen(QPen(spectrum.colour, 1.3));
        graph->setData(keysOf(spectrum.energies), valuesOf(spectrum.counts), true);
        fitLine(graph, 1.3);
        pinnedGraphs << graph;
    }
    fitLine(mean, meanWidth);
    fitLine(counts, countsWidth);
    fitLine(background, countsWidth);
    replotSoon(plot);
}

void SpectrumView::Parts::restyle()
{
    const Theme &theme = themeOf(view->palette());
    stylePlot(plot, theme);
    bands->setTheme(theme);
    QColor fill = theme.predicted;
    fill.setAlphaF(theme.isDark ? 0.30F : 0.22F);
    lower->setPen(Qt::NoPen);
    upper->setPen(Qt::NoPen);
    upper->setBrush(fill);
    mean->setPen(QPen(theme.predicted, meanWidth, Qt::DashLine));
    counts->setPen(QPen(theme.measured, countsWidth));
    background->setPen(QPen(theme.quietText, countsWidth, Qt::DotLine));
    for (QCPGraph *graph : {mean, counts, background})
        fitLine(graph, graph->pen().widthF());
    cursor->setPen(QPen(theme.quietText, 1));
    replotSoon(plot);
}

void SpectrumView::setEnergies(const EnergyAxis &energies)
{
    m->setAxis(energies);
    m->show();
}

void SpectrumView::setMeasured(const EnergyAxis &energies, const Eigen::VectorXf &counts)
{
    if (counts.size() == 0 || counts.size() != energies.channels())
        return clearMeasured();
    m->measured = {energies, counts, {}};
    m->setAxis(energies);
    m->include(counts);
    m->show();
}

void SpectrumView::clearMeasured()
{
    m->measured = {};
    m->show();
}

void SpectrumView::setPredicted(const EnergyAxis &energies, const Eigen::VectorXf &mean,
                                const Eigen::VectorXf &deviation)
{
    if (mean.size() == 0 || mean.size() != energies.channels())
        return clearPredicted();
    m->predicted = {energies, mean, deviation};
    m->setAxis(energies);
    m->include(mean); // not the band: an unsure beginning would make everything else small
    m->show();
}

void SpectrumView::clearPredicted()
{
    m->predicted = {};
    m->show();
}

void SpectrumView::setPinned(std::vector<PinnedSpectrum> spectra)
{
    std::erase_if(spectra, [](const PinnedSpectrum &spectrum) {
        return spectrum.counts.size() == 0 ||
               spectrum.counts.size() != spectrum.energies.channels();
    });
    m->pinned = std::move(spectra);
    for (const PinnedSpectrum &spectrum : m->pinned) {
        m->setAxis(spectrum.energies);
        m->include(spectrum.counts);
    }
    m->show();
}

const std::vector<PinnedSpectrum> &SpectrumView::pinned() const
{
    return m->pinned;
}

void SpectrumView::clear()
{
    m->measured = m->predicted = m->foretold = {};
    m->pinned.clear();
    m->axis = {};
    m->title->setTitle({});
    m->show();
}

bool SpectrumView::isEmpty() const
{
    return m->measured.isEmpty() && m->predicted.isEmpty() && m->pinned.empty();
}

void SpectrumView::setTitle(const QString &title)
{
    m->title->setTitle(title);
    setAccessibleDescription(title);
}

void SpectrumView::setPlaceholder(const QString &sentence)
{
    m->placeholder->setSentence(sentence);
}

void SpectrumView::setIntensityName(const QString &name)
{
    m->intensity = name;
    m->show();
}

void SpectrumView::setLogarithmic(bool isLogarithmic)
{
    m->isLogarithmic = isLogarithmic;
    m->log->setChecked(isLogarithmic);
    m->show();
}

bool SpectrumView::isLogarithmic() const
{
    return m->isLogarithmic;
}

void SpectrumView::setScalarizer(std::optional<Scalarizer> scalarizer)
{
    if (m->grip || m->bands->scalarizer() == scalarizer)
        return; // what is being dragged is the user's
    m->bands->setScalarizer(std::move(scalarizer));
    m->show();
}

std::optional<Scalarizer> SpectrumView::scalarizer() const
{
    return m->bands->scalarizer();
}

void SpectrumView::setEditable(bool isEditable)
{
    m->isEditable = isEditable;
}

bool SpectrumView::isEditable() const
{
    return m->isEditable;
}

double SpectrumView::positionOf(double energy) const
{
    return m->plot->mapTo(this, QPointF(m->plot->xAxis->coordToPixel(energy), 0)).x();
}

void SpectrumView::resetAxes()
{
    m->lowest = m->highest = m->lowestPositive = 0;
    m->include(m->measured.counts);
    m->include(m->predicted.counts);
    for (const PinnedSpectrum &spectrum : m->pinned)
        m->include(spectrum.counts);
    if (m->axis.channels() > 0)
        m->plot->xAxis->setRange(m->axis.values.front(), m->axis.values.back());
    m->show();
}

QCustomPlot *SpectrumView::plot() const
{
    return m->plot;
}

QSize SpectrumView::sizeHint() const
{
    return {480, 240};
}

QSize SpectrumView::minimumSizeHint() const
{
    return {200, 120};
}

void SpectrumView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange)
        m->restyle();
    QWidget::changeEvent(event);
}

} // namespace helmscope
