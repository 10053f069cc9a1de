// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/comparisoncurves.h"

#include "steering/recording/inwords.h"
#include "widgets/plotstyle.h"
#include "widgets/ticks.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QPicture>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QToolTip>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace helmscope {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr qsizetype longestName = 36; ///< characters in the legend
constexpr double furthest = 12;       ///< pixels from a curve at which its tool tip shows

bool isSomething(const std::vector<double> &numbers)
{
    return std::any_of(numbers.begin(), numbers.end(),
                       [](double number) { return std::isfinite(number); });
}

bool isPositive(const std::vector<double> &numbers)
{
    return std::any_of(numbers.begin(), numbers.end(), [](double number) { return number > 0; });
}

QString seriesNameOf(const NamedRun &run)
{
    return run.group.isEmpty() ? run.name : run.group;
}

} // namespace

RunStyle styleOf(int series, const Theme &theme)
{
    static constexpr std::array lines{Qt::SolidLine,   Qt::DashLine,       Qt::DotLine,
                                      Qt::DashDotLine, Qt::DashDotDotLine, Qt::SolidLine};
    const auto index = std::size_t(std::max(0, series));
    return {theme.series[index % theme.series.size()], lines[index % lines.size()]};
}

int seriesOf(const Comparison &comparison, int run)
{
    QStringList names;
    for (const NamedRun &each : comparison.runs)
        if (!names.contains(seriesNameOf(each)))
            names << seriesNameOf(each);
    return int(names.indexOf(seriesNameOf(comparison.runs.at(std::size_t(run)))));
}

struct ComparisonCurves::Parts
{
    /// A curve that is drawn, for tool tip and step marks.
    struct Drawn
    {
        const ComparedCurve *curve;
        const std::vector<double> *x;
        QCPGraph *graph, *here;
    };

    ComparisonCurves *view;
    QStackedLayout *pages = nullptr;
    QComboBox *quantity = nullptr, *axis = nullptr;
    QCustomPlot *plot = nullptr;
    QCPItemStraightLine *threshold = nullptr;
    std::shared_ptr<const Comparison> comparison;
    std::vector<Drawn> drawn;
    int step = 0;
    double level = nan;
    const Theme *drawnIn = nullptr;

    const std::vector<double> &xOf(const ComparedCurve &curve) const;
    int seriesOfCurve(const ComparedCurve &curve) const;
    void fillChoices();
    void draw();
    void drawCurve(const ComparedCurve &curve, const Theme &theme);
    void placeTicks();
    void showStep();
    void showThreshold();
    void restyle(const Theme &wanted);
    QString textAt(const QPointF &position) const;
};

ComparisonCurves::ComparisonCurves(QWidget *parent)
    : QWidget(parent)
    , m(std::make_unique<Parts>())
{
    m->view = this;
    setAccessibleName(tr("Curves of the runs"));
    auto *placeholder = new Placeholder;
    placeholder->setSentence(tr("How the runs do, side by side, will appear here."));
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(4, 0, 0, 0);
    column->setSpacing(2);
    auto *row = new QHBoxLayout;
    const auto addChoice = [row](const QString &label, const QString &name) {
        auto *caption = new QLabel(label);
        auto *box = new QComboBox;
        box->setAccessibleName(name);
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        caption->setBuddy(box);
        row->addWidget(caption);
        row->addWidget(box);
        return box;
    };
    m->quantity = addChoice(tr("C&urve"), tr("Quantity"));
    m->quantity->setObjectName("quantity");
    m->axis = addChoice(tr("o&ver"), tr("Horizontal axis"));
    m->axis->setObjectName("axis");
    row->addStretch(1);
    column->addLayout(row);
    m->plot = new QCustomPlot;
    m->plot->setObjectName("plot");
    m->plot->setFocusPolicy(Qt::NoFocus);
    m->plot->installEventFilter(this);
    m->plot->setBufferDevicePixelRatio(devicePixelRatioF());
    m->plot->axisRect()->setMinimumMargins(QMargins(0, 4, 8, 0));
    useRoundTicks(m->plot->yAxis, 5);
    useRoundTicks(m->plot->xAxis, 6);
    m->plot->legend->setVisible(true);
    // Beside the curves, where it hides none of them.
    m->plot->axisRect()->insetLayout()->take(m->plot->legend);
    auto *beside = new QCPLayoutGrid;
    m->plot->plotLayout()->addElement(0, 1, beside);
    beside->addElement(0, 0, m->plot->legend);
    beside->addElement(1, 0, new QCPLayoutElement); // what is left below
    beside->setRowStretchFactor(0, 0.001);
    m->plot->plotLayout()->setColumnStretchFactor(1, 0.001);
    m->plot->legend->setFillOrder(QCPLayoutGrid::foRowsFirst);
    m->threshold = new QCPItemStraightLine(m->plot);
    column->addWidget(m->plot, 1);
    m->pages = new QStackedLayout(this);
    m->pages->addWidget(placeholder);
    m->pages->addWidget(page);
    connect(m->quantity, &QComboBox::currentIndexChanged, this, [this] {
        m->draw();
        emit quantityChosen(quantity());
    });
    connect(m->axis, &QComboBox::currentIndexChanged, this, [this] { m->draw(); });
    m->restyle(themeOf(palette()));
}

ComparisonCurves::~ComparisonCurves() = default;

void ComparisonCurves::setComparison(std::shared_ptr<const Comparison> comparison)
{
    m->comparison = std::move(comparison);
    m->fillChoices();
    m->draw();
}

void ComparisonCurves::Parts::fillChoices()
{
    const QSignalBlocker quietQuantity(quantity), quietAxis(axis);
    const QVariant key = quantity->currentData(), over = axis->currentData();
    quantity->clear();
    axis->clear();
    axis->addItem(ComparisonCurves::tr("steps"), int(Axis::Steps));
    if (!comparison)
        return;
    const auto has = [this](auto &&which) {
        return std::any_of(comparison->curves.begin(), comparison->curves.end(), which);
    };
    for (const CurveRow &row : comparedCurves()) {
        if (!has([&row](const ComparedCurve &curve) {
                return curve.key == QLatin1String(row.key) && isSomething(curve.middle);
            }))
            continue;
        const QString name = QString::fromUtf8(row.name);
        const bool isNamed = row.hasUnit && !comparison->valueUnit.isEmpty();
        quantity->addItem(isNamed ? ComparisonCurves::tr("%1 (%2)", "name (unit)")
                                        .arg(name, inWords(comparison->valueUnit))
                                  : name,
                          QString::fromUtf8(row.key));
    }
    if (has([](const ComparedCurve &curve) { return isPositive(curve.seconds); }))
        axis->addItem(ComparisonCurves::tr("seconds"), int(Axis::Seconds));
    if (has([](const ComparedCurve &curve) { return isPositive(curve.dose); }))
        axis->addItem(ComparisonCurves::tr("dose"), int(Axis::Dose));
    // How good the map is, if that is known of as many runs as anything else.
    const auto curvesOf = [this](const QString &wanted) {
        return std::count_if(comparison->curves.begin(), comparison->curves.end(),
                             [&wanted](const ComparedCurve &curve) {
                                 return curve.key == wanted && isSomething(curve.middle);
                             });
    };
    int chosen = quantity->findData(key);
    std::ptrdiff_t most = 0;
    for (const QString usual : {"rmse", "rmseAll", "deviation", "best"})
        if (key.isNull() && curvesOf(usual) > most) {
            most = curvesOf(usual);
            chosen = quantity->findData(usual);
        }
    quantity->setCurrentIndex(std::max(0, chosen));
    axis->setCurrentIndex(std::max(0, axis->findData(over)));
}

const std::vector<double> &ComparisonCurves::Parts::xOf(const ComparedCurve &curve) const
{
    switch (view->axis()) {
    case Axis::Seconds:
        return curve.seconds;
    case Axis::Dose:
        return curve.dose;
    case Axis::Steps:
        break;
    }
    return curve.steps;
}

int ComparisonCurves::Parts::seriesOfCurve(const ComparedCurve &curve) const
{
    for (int run = 0; run < int(comparison->runs.size()); ++run)
        if (seriesNameOf(comparison->runs[std::size_t(run)]) == curve.name)
            return seriesOf(*comparison, run);
    return 0;
}

void ComparisonCurves::Parts::draw()
{
    drawn.clear();
    plot->clearGraphs();
    const QString key = view->quantity();
    pages->setCurrentIndex(key.isEmpty() ? 0 : 1);
    if (key.isEmpty())
        return;
    for (const ComparedCurve &curve : comparison->curves)
        if (curve.key == key && isSomething(curve.middle))
            drawCurve(curve, *drawnIn);
    static const std::array names{
        QT_TRANSLATE_NOOP("helmscope::ComparisonCurves", "step"),
        QT_TRANSLATE_NOOP("helmscope::ComparisonCurves", "seconds, measuring and thinking"),
        QT_TRANSLATE_NOOP("helmscope::ComparisonCurves", "dose summed over pixels (e⁻/Å²)")};
    plot->xAxis->setLabel(ComparisonCurves::tr(names[std::size_t(view->axis())]));
    plot->yAxis->setLabel(quantity->currentText());
    plot->rescaleAxes();
    const QCPRange x = plot->xAxis->range(), y = plot->yAxis->range();
    const double room = y.size() > 0 ? 0.06 * y.size() : std::max(1e-12, std::abs(y.upper) * 0.1);
    plot->yAxis->setRange(y.lower - room, y.upper + room);
    plot->xAxis->setRange(std::min(0.0, x.lower), x.upper > 0 ? x.upper * 1.02 : 1);
    placeTicks();
    showStep();
    showThreshold();
}

/// Of steps there are no halves.
void ComparisonCurves::Parts::placeTicks()
{
    if (view->axis() != Axis::Steps)
        return useRoundTicks(plot->xAxis, 6);
    const double least = plot->xAxis->range().size() / 8;
    double between = 1;
    for (const double wider : {2., 5., 10., 20., 50., 100., 200., 500., 1000., 5000., 20000.})
        if (between < least)
            between = wider;
    const auto ticker = QSharedPointer<QCPAxisTickerFixed>::create();
    ticker->setTickStep(between);
    plot->xAxis->setTicker(ticker);
}

void ComparisonCurves::Parts::drawCurve(const ComparedCurve &curve, const Theme &theme)
{
    const std::vector<double> &x = xOf(curve);
    const RunStyle style = styleOf(seriesOfCurve(curve), theme);
    const auto add = [&](const std::vector<double> &y) {
        QCPGraph *graph = plot->addGraph();
        for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
            if (std::isfinite(y[i]) && std::isfinite(x[i]))
                graph->addData(x[i], y[i]);
        return graph;
    };
    if (curve.runs > 1) {
        QCPGraph *low = add(curve.low), *high = add(curve.high);
        low->setPen(Qt::NoPen);
        high->setPen(Qt::NoPen);
        QColor band = style.colour;
        band.setAlpha(50);
        high->setBrush(band);
        high->setChannelFillGraph(low);
        low->removeFromLegend();
        high->removeFromLegend();
    }
    QCPGraph *middle = add(curve.middle);
    middle->setPen(QPen(style.colour, 2, style.line));
    if (curve.key == QLatin1String("best"))
        middle->setLineStyle(QCPGraph::lsStepLeft);
    QString name = curve.name;
    if (curve.runs > 1)
        name = ComparisonCurves::tr("%1: median of %2, quartiles").arg(name).arg(curve.runs);
    if (curve.isForeign)
        name = ComparisonCurves::tr("%1 (as recorded)").arg(name);
    middle->setName(name.size() > longestName ? name.left(longestName - 1) + QChar(0x2026) : name);
    QCPGraph *here = plot->addGraph();
    here->setLineStyle(QCPGraph::lsNone);
    here->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, theme.plot, style.colour, 9));
    here->removeFromLegend();
    drawn.push_back({&curve, &x, middle, here});
}

void ComparisonCurves::Parts::showStep()
{
    for (const Drawn &each : drawn) {
        each.here->data()->clear();
        const auto &steps = each.curve->steps;
        const auto found = std::lower_bound(steps.begin(), steps.end(), double(step));
        const auto index = std::size_t(found - steps.begin());
        if (step > 0 && found != steps.end() && index < each.x->size() &&
            index < each.curve->middle.size() && std::isfinite(each.curve->middle[index]))
            each.here->addData((*each.x)[index], each.curve->middle[index]);
    }
    replotSoon(plot);
}

void ComparisonCurves::Parts::showThreshold()
{
    threshold->setVisible(std::isfinite(level));
    if (std::isfinite(level)) {
        threshold->point1->setCoords(0, level);
        threshold->point2->setCoords(1, level);
    }
    replotSoon(plot);
}

void ComparisonCurves::Parts::restyle(const Theme &wanted)
{
    drawnIn = &wanted; // each is there as long as the program
    stylePlot(plot, wanted);
    plot->legend->setFont(textFont(TextSize::Small));
    plot->legend->setTextColor(wanted.text);
    QColor behind = wanted.plot;
    behind.setAlpha(215);
    plot->legend->setBrush(behind);
    plot->legend->setBorderPen(QPen(wanted.border));
    plot->legend->setIconSize(28, 12);
    threshold->setPen(QPen(wanted.quietText, 1.2, Qt::DashLine));
    draw();
}

QString ComparisonCurves::quantity() const
{
    return m->quantity->currentData().toString();
}

QString ComparisonCurves::quantityName() const
{
    return m->quantity->currentText();
}

void ComparisonCurves::setQuantity(const QString &key)
{
    if (const int index = m->quantity->findData(key); index >= 0)
        m->quantity->setCurrentIndex(index);
}

ComparisonCurves::Axis ComparisonCurves::axis() const
{
    return Axis(m->axis->currentData().toInt());
}

void ComparisonCurves::setAxis(Axis axis)
{
    if (const int index = m->axis->findData(int(axis)); index >= 0)
        m->axis->setCurrentIndex(index);
}

QStringList ComparisonCurves::quantities() const
{
    QStringList keys;
    for (int i = 0; i < m->quantity->count(); ++i)
        keys << m->quantity->itemData(i).toString();
    return keys;
}

void ComparisonCurves::setStep(int number)
{
    if (number == m->step)
        return;
    m->step = number;
    m->showStep();
}

void ComparisonCurves::setThreshold(double value)
{
    m->level = value;
    m->showThreshold();
}

void ComparisonCurves::paint(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    QPicture picture; // keeps what is drawn as vectors
    QCPPainter plotter;
    if (m->drawn.empty() || !plotter.begin(&picture))
        return;
    const Theme &shown = *m->drawnIn;
    m->restyle(theme);
    plotter.setMode(QCPPainter::pmVectorized);
    m->plot->toPainter(&plotter, int(area.width()), int(area.height()));
    plotter.end();
    painter.drawPicture(area.topLeft(), picture);
    m->restyle(shown); // before anybody has seen the other
}

QString ComparisonCurves::Parts::textAt(const QPointF &position) const
{
    const Drawn *nearest = nullptr;
    double distance = furthest;
    for (const Drawn &each : drawn)
        if (const double d = each.graph->selectTest(position, false); d >= 0 && d < distance) {
            distance = d;
            nearest = &each;
        }
    if (!nearest || nearest->graph->dataCount() == 0)
        return {};
    const auto found = nearest->graph->data()->findBegin(plot->xAxis->pixelToCoord(position.x()));
    return ComparisonCurves::tr("%1\n%2: %3")
        .arg(nearest->graph->name(), quantity->currentText(),
             valueText(found->value, std::abs(found->value)));
}

QCustomPlot *ComparisonCurves::plot() const
{
    return m->plot;
}

QSize ComparisonCurves::sizeHint() const
{
    return {520, 240};
}

QSize ComparisonCurves::minimumSizeHint() const
{
    return {240, 140};
}

void ComparisonCurves::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange)
        m->restyle(themeOf(palette()));
    QWidget::changeEvent(event);
}

bool ComparisonCurves::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m->plot && event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), m->textAt(QPointF(help->pos())), m->plot);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace helmscope
