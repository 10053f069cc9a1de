// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/curvesview.h"

#include "steering/recording/inwords.h"
#include "widgets/curvesviewparts.h"

#include <QStackedLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int fewestPredictions = 5;
constexpr double lowestQuality = -0.5; ///< R² may be as bad as it likes in the beginning

QCPRange rangeOf(const Extent &extent)
{
    if (std::isnan(extent.low))
        return {0, 1};
    const double span = extent.high > extent.low ? extent.high - extent.low
                                                 : std::max(std::abs(extent.high), 1e-12);
    return {extent.low - 0.07 * span, extent.high + 0.07 * span};
}

/// Words over a panel: where those of all panels do not fit side by side, each gives way by its
/// length and ends in "…".
class PanelTitle final : public QCPTextElement
{
public:
    using QCPTextElement::QCPTextElement;

    QSize minimumOuterSizeHint() const override
    {
        QSize size = QCPTextElement::minimumOuterSizeHint();
        const auto *grid = qobject_cast<QCPLayoutGrid *>(layout());
        if (!grid)
            return size;
        double all = 1;
        for (int column = 0; column < grid->columnCount(); ++column)
            if (const auto *title = dynamic_cast<PanelTitle *>(grid->element(0, column)))
                all += title->QCPTextElement::minimumOuterSizeHint().width();
        const double room = grid->rect().width() - grid->columnSpacing() * grid->columnCount();
        size.setWidth(int(size.width() * std::clamp(room / all, 0.0, 1.0)));
        return size;
    }

protected:
    void draw(QCPPainter *painter) override
    {
        const QString whole = mText;
        mText = QFontMetrics(mFont).elidedText(whole, Qt::ElideRight, rect().width() + 1);
        QCPTextElement::draw(painter);
        mText = whole;
    }
};

} // namespace

CurvesView::CurvesView(QWidget *parent)
    : QWidget(parent)
    , m(std::make_unique<Parts>(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Curves of the run"));
    m->placeholder = new Placeholder;
    m->placeholder->setSentence(tr("Curves appear here with the first step."));
    m->plot = new QCustomPlot;
    m->plot->setObjectName("plot");
    m->plot->setFocusPolicy(Qt::NoFocus);
    m->plot->installEventFilter(this);
    m->plot->plotLayout()->clear();
    m->plot->plotLayout()->setRowSpacing(2);
    m->plot->plotLayout()->setColumnSpacing(4);
    for (int kind = 0; kind < Parts::KindCount; ++kind)
        m->makePanel(Parts::Kind(kind));
    m->measured = m->addGraph(Parts::Value);
    m->best = m->addGraph(Parts::Value);
    m->best->setLineStyle(QCPGraph::lsStepLeft);
    m->deviation = m->addGraph(Parts::Deviation);
    m->loss = m->addGraph(Parts::Loss);
    m->r2 = m->addGraph(Parts::Quality);
    m->coverage = m->addGraph(Parts::Quality);
    m->covered = m->addGraph(Parts::Quality);
    m->warm = m->addGraph(Parts::Warmth);
    m->cold = m->addGraph(Parts::Warmth);
    m->pages = new QStackedLayout(this);
    m->pages->addWidget(m->placeholder);
    m->pages->addWidget(m->plot);
    m->arrange(true);
    for (int kind = 0; kind < Parts::KindCount; ++kind)
        m->panels[std::size_t(kind)].selected = m->addLine(Parts::Kind(kind), 0);
    m->nameTitles();
    m->restyle();
}

CurvesView::~CurvesView()
{
    // Those not shown at the moment belong to no layout, hence to nobody.
    for (Parts::Panel &panel : m->panels)
        if (!panel.axes->layout()) {
            m->plot->plotLayout()->addElement(panel.title);
            m->plot->plotLayout()->addElement(panel.axes);
        }
}

void CurvesView::Parts::makePanel(Kind kind)
{
    Panel &panel = panels[kind];
    panel.title = new PanelTitle(plot, QString());
    panel.title->setTextFlags(Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine);
    panel.title->setMargins(QMargins(4, 2, 4, 0));
    panel.axes = new QCPAxisRect(plot);
    panel.axes->setMinimumMargins(QMargins(0, 0, 8, 0));
    useRoundTicks(panel.axes->axis(QCPAxis::atLeft), 3);
    useRoundTicks(panel.axes->axis(QCPAxis::atBottom), 4);
}

/// A vertical line over a panel's whole height. The axes must be in the layout: an item asks for
/// them.
QCPItemLine *CurvesView::Parts::addLine(Kind kind, double number)
{
    auto *line = new QCPItemLine(plot);
    QCPAxisRect *axes = panels[kind].axes;
    line->setClipToAxisRect(true);
    line->setClipAxisRect(axes);
    for (QCPItemPosition *end : {line->start, line->end}) {
        end->setAxisRect(axes);
        end->setAxes(axes->axis(QCPAxis::atBottom), axes->axis(QCPAxis::atLeft));
        end->setTypeX(QCPItemPosition::ptPlotCoords);
        end->setTypeY(QCPItemPosition::ptAxisRectRatio);
        end->setCoords(number, end == line->start ? 1 : 0);
    }
    return line;
}

QCPGraph *CurvesView::Parts::addGraph(Kind kind)
{
    QCPAxisRect *axes = panels[kind].axes;
    return plot->addGraph(axes->axis(QCPAxis::atBottom), axes->axis(QCPAxis::atLeft));
}

/// Side by side in a low and wide view, else one under the other.
void CurvesView::Parts::arrange(bool isForced)
{
    const bool wantsRow = view->width() > 1.4 * view->height();
    if (!isForced && isArranged && wantsRow == isInRow)
        return;
    isInRow = wantsRow;
    isArranged = true;
    QCPLayoutGrid *grid = plot->plotLayout();
    for (Panel &panel : panels) {
        if (panel.axes->layout()) {
            grid->take(panel.title);
            grid->take(panel.axes);
        }
    }
    grid->simplify();
    int place = 0;
    for (int kind = 0; kind < KindCount; ++kind) {
        Panel &panel = panels[kind];
        panel.title->setVisible(isShown(Kind(kind)));
        panel.axes->setVisible(isShown(Kind(kind)));
        if (!isShown(Kind(kind)))
            continue;
        grid->addElement(isInRow ? 0 : 2 * place, isInRow ? place : 0, panel.title);
        grid->addElement(isInRow ? 1 : 2 * place + 1, isInRow ? place : 0, panel.axes);
        ++place;
    }
    for (int row = 0; row < grid->rowCount(); ++row)
        grid->setRowStretchFactor(row, row % 2 == 0 ? 0.001 : 1);
    replotSoon(plot);
}

void CurvesView::Parts::nameTitles()
{
    const auto withUnit = [this](const QString &text) {
        return valueUnit.isEmpty() ? text : text + " (" + valueUnit + ')';
    };
    panels[Value].title->setText(withUnit(CurvesView::tr("● measured  ━ best")));
    panels[Deviation].title->setText(withUnit(CurvesView::tr("mean σ of the map")));
    panels[Loss].title->setText(CurvesView::tr("loss of the training"));
    panels[Quality].title->setText(hasTruth ? CurvesView::tr("━ R²  in 95 %: ╍ map ┄ so far")
                                            : CurvesView::tr("┄ within 95 % so far"));
    panels[Warmth].title->setText(CurvesView::tr("left out: ━ warm ╍ cold"));
    for (Panel &panel : panels)
        panel.axes->axis(QCPAxis::atBottom)->setLabel(CurvesView::tr("step"));
}

void CurvesView::Parts::restyle()
{
    const Theme &theme = themeOf(view->palette());
    stylePlot(plot, theme);
    for (Panel &panel : panels) {
        styleAxes(panel.axes, theme); // also of those not in the layout now
        panel.title->setFont(textFont(TextSize::Small));
        panel.title->setTextColor(theme.text);
        panel.selected->setPen(QPen(theme.accent, 1.5));
    }
    measured->setLineStyle(QCPGraph::lsNone);
    measured->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, theme.measured, 4.5));
    best->setPen(QPen(theme.predicted, 2));
    deviation->setPen(QPen(theme.predicted, 1.6));
    loss->setPen(QPen(theme.measured, 1.4));
    r2->setPen(QPen(theme.predicted, 1.8));
    coverage->setPen(QPen(theme.measured, 1.4, Qt::DashLine));
    covered->setPen(QPen(theme.text, 1.4, Qt::DotLine));
    restyleWarmth(theme);
    for (QCPItemLine *mark : std::as_const(changeMarks))
        mark->setPen(QPen(theme.quietText, 1, Qt::DashLine));
    replotSoon(plot);
}

void CurvesView::Parts::show()
{
    turnPage(pages, entries.empty() ? 0 : 1);
    if (entries.empty())
        return;
    const double last = std::max({double(entries.back().number), double(planned), 10.0});
    for (int kind = 0; kind < KindCount; ++kind) {
        Panel &panel = panels[kind];
        QCPRange range = rangeOf(panel.extent);
        if (kind == Deviation)
            range.lower = 0;
        if (kind == Quality)
            range = {std::max(lowestQuality, std::min(0.0, range.lower)), 1.05};
        panel.axes->axis(QCPAxis::atLeft)->setRange(range);
        panel.axes->axis(QCPAxis::atBottom)->setRange(0, last * 1.02);
        panel.selected->setVisible(selected > 0 && isShown(Kind(kind)));
        panel.selected->start->setCoords(selected, 1);
        panel.selected->end->setCoords(selected, 0);
    }
    replotSoon(plot);
}

void CurvesView::Parts::markChange(int number)
{
    for (int kind = Value; kind <= Loss; ++kind) {
        QCPItemLine *mark = addLine(Kind(kind), number - 0.5);
        mark->setTail(QCPLineEnding(QCPLineEnding::esDiamond, 9, 9));
        mark->setPen(QPen(themeOf(view->palette()).quietText, 1, Qt::DashLine));
        changeMarks << mark;
    }
}

void CurvesView::addStep(const Step &step)
{
    const double number = step.number;
    const double lastLoss = step.losses.empty() ? nan : step.losses.back();
    const auto add = [this, number](QCPGraph *graph, Parts::Kind kind, double value) {
        if (!std::isfinite(value))
            return;
        graph->addData(number, value);
        m->panels[kind].extent.include(value);
    };
    add(m->measured, Parts::Value, step.value);
    add(m->best, Parts::Value, step.bestValue);
    add(m->deviation, Parts::Deviation, step.meanDeviation);
    add(m->loss, Parts::Loss, lastLoss);
    if (step.quality) {
        add(m->r2, Parts::Quality, step.quality->r2);
        add(m->coverage, Parts::Quality, step.quality->coverage95);
    }
    // Of a handful of predictions it says nothing yet and jumps.
    const bool isCovered = step.trust && step.trust->predictions >= fewestPredictions;
    if (isCovered)
        add(m->covered, Parts::Quality, step.trust->coverage95);
    if ((step.quality && !m->hasTruth) || (isCovered && !m->hasQuality)) {
        m->hasQuality = true;
        m->hasTruth = m->hasTruth || step.quality;
        m->nameTitles();
        m->arrange(true);
    }
    if (!step.changes.isEmpty())
        m->markChange(step.number);
    m->entries.push_back({step.number, step.value, step.bestValue, step.meanDeviation, lastLoss,
                          step.quality ? step.quality->r2 : nan,
                          step.quality ? step.quality->coverage95 : nan,
                          isCovered ? step.trust->coverage95 : nan,
                          inWords(step.changes).join("; "), m->addWarmth(step)});
    m->show();
}

void CurvesView::setSteps(const std::vector<Step> &steps)
{
    clear();
    for (const Step &step : steps)
        addStep(step);
}

void CurvesView::clear()
{
    for (QCPGraph *graph :
         {m->measured, m->best, m->deviation, m->loss, m->r2, m->coverage, m->covered})
        graph->data()->clear();
    for (Parts::Panel &panel : m->panels)
        panel.extent = {};
    for (QCPItemLine *mark : std::as_const(m->changeMarks))
        m->plot->removeItem(mark);
    m->changeMarks.clear();
    m->clearWarmth();
    m->entries.clear();
    m->selected = 0;
    m->hasQuality = m->hasTruth = false;
    m->nameTitles();
    m->arrange(true);
    m->show();
}

int CurvesView::steps() const
{
    return int(m->entries.size());
}

void CurvesView::setValueName(const QString &name, const QString &unit)
{
    m->valueName = name;
    m->valueUnit = unit;
    m->nameTitles();
    m->show();
}

void CurvesView::setPlannedSteps(int steps)
{
    m->planned = steps;
    m->show();
}

void CurvesView::setPlaceholder(const QString &sentence)
{
    m->placeholder->setSentence(sentence);
}

void CurvesView::setSelectedStep(int number)
{
    if (m->selected == number)
        return;
    m->selected = number;
    m->show();
}

int CurvesView::selectedStep() const
{
    return m->selected;
}

QPointF CurvesView::positionOf(int number) const
{
    const QCPAxisRect *axes = m->panels[Parts::Value].axes;
    return m->plot->mapTo(
        this, QPointF(axes->axis(QCPAxis::atBottom)->coordToPixel(number), axes->center().y()));
}

QCustomPlot *CurvesView::plot() const
{
    return m->plot;
}

QSize CurvesView::sizeHint() const
{
    return {640, 200};
}

QSize CurvesView::minimumSizeHint() const
{
    return {200, 120};
}

void CurvesView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange)
        m->restyle();
    QWidget::changeEvent(event);
}

void CurvesView::resizeEvent(QResizeEvent *)
{
    m->arrange(false);
}

} // namespace helmscope
