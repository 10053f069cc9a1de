// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/watchview.h"

#include "widgets/plotstyle.h"

#include <QEvent>
#include <QStackedLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace helmscope {

struct WatchView::Parts
{
    enum Kind { Drift, Surveys, Reference, KindCount };
    struct Panel
    {
        QCPTextElement *title = nullptr;
        QCPAxisRect *axes = nullptr;
        QCPItemLine *selected = nullptr;
    };
    struct Entry
    {
        int number;
        QString text;
    };

    QCPGraph *addGraph(Kind kind)
    {
        QCPAxisRect *axes = panels[kind].axes;
        return plot->addGraph(axes->axis(QCPAxis::atBottom), axes->axis(QCPAxis::atLeft));
    }
    void restyle(const QPalette &palette);
    void nameTitles();
    void show();

    QStackedLayout *pages = nullptr;
    Placeholder *placeholder = nullptr;
    QCustomPlot *plot = nullptr;
    std::array<Panel, KindCount> panels;
    QCPGraph *right = nullptr, *down = nullptr, *likeness = nullptr, *sharpness = nullptr,
             *change = nullptr, *highest = nullptr, *lowest = nullptr;
    std::vector<Entry> entries;
    double pixelSizeNm = 0, mostChange = 0;
    int planned = 0, selected = 0, last = 0;
};

WatchView::WatchView(QWidget *parent)
    : QWidget(parent)
    , m(std::make_unique<Parts>())
{
    setAccessibleName(tr("The instrument during the run"));
    m->placeholder = new Placeholder;
    m->placeholder->setSentence(
        tr("Drift, survey images and reference of a run whose plan watches over the instrument "
           "appear here: press 'Watch…' in the plan."));
    m->plot = new QCustomPlot;
    m->plot->setObjectName("watchPlot");
    m->plot->plotLayout()->clear();
    m->plot->plotLayout()->setRowSpacing(2);
    m->plot->plotLayout()->setColumnSpacing(4);
    for (int kind = 0; kind < Parts::KindCount; ++kind) {
        Parts::Panel &panel = m->panels[std::size_t(kind)];
        panel.title = new QCPTextElement(m->plot, QString());
        panel.title->setTextFlags(Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine);
        panel.title->setMargins(QMargins(4, 2, 4, 0));
        panel.axes = new QCPAxisRect(m->plot);
        panel.axes->setMinimumMargins(QMargins(0, 0, 8, 0));
        useRoundTicks(panel.axes->axis(QCPAxis::atLeft), 3);
        useRoundTicks(panel.axes->axis(QCPAxis::atBottom), 4);
        panel.axes->axis(QCPAxis::atBottom)->setLabel(tr("step"));
        m->plot->plotLayout()->addElement(0, kind, panel.title);
        m->plot->plotLayout()->addElement(1, kind, panel.axes);
    }
    m->plot->plotLayout()->setRowStretchFactor(0, 0.001);
    m->right = m->addGraph(Parts::Drift);
    m->down = m->addGraph(Parts::Drift);
    m->right->setLineStyle(QCPGraph::lsStepLeft);
    m->down->setLineStyle(QCPGraph::lsStepLeft);
    m->likeness = m->addGraph(Parts::Surveys);
    m->sharpness = m->addGraph(Parts::Surveys);
    m->change = m->addGraph(Parts::Reference);
    m->highest = m->addGraph(Parts::Reference);
    m->lowest = m->addGraph(Parts::Reference);
    for (Parts::Panel &panel : m->panels) {
        auto *line = panel.selected = new QCPItemLine(m->plot);
        line->setClipToAxisRect(true);
        line->setClipAxisRect(panel.axes);
        for (QCPItemPosition *end : {line->start, line->end}) {
            end->setAxisRect(panel.axes);
            end->setAxes(panel.axes->axis(QCPAxis::atBottom), panel.axes->axis(QCPAxis::atLeft));
            end->setTypeX(QCPItemPosition::ptPlotCoords);
            end->setTypeY(QCPItemPosition::ptAxisRectRatio);
        }
        line->setVisible(false);
    }
    m->pages = new QStackedLayout(this);
    m->pages->addWidget(m->placeholder);
    m->pages->addWidget(m->plot);
    m->nameTitles();
    m->restyle(palette());
}

WatchView::~WatchView() = default;

void WatchView::Parts::nameTitles()
{
    panels[Drift].title->setText(pixelSizeNm > 0 ? WatchView::tr("drift (nm): ━ right ╍ down")
                                                 : WatchView::tr("drift (pixels): ━ right ╍ down"));
    panels[Surveys].title->setText(WatchView::tr("new images: ● likeness ◇ sharpness"));
    panels[Reference].title->setText(mostChange > 0
                                         ? WatchView::tr("change of the reference (%)  ┄ limit")
                                         : WatchView::tr("change of the reference (%)"));
}

void WatchView::Parts::restyle(const QPalette &palette)
{
    const Theme &theme = themeOf(palette);
    stylePlot(plot, theme);
    for (Panel &panel : panels) {
        styleAxes(panel.axes, theme);
        panel.title->setFont(textFont(TextSize::Small));
        panel.title->setTextColor(theme.text);
        panel.selected->setPen(QPen(theme.accent, 1.5));
    }
    right->setPen(QPen(theme.predicted, 1.8));
    down->setPen(QPen(theme.measured, 1.6, Qt::DashLine));
    likeness->setPen(QPen(theme.predicted, 1.4));
    likeness->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, theme.predicted, 5.5));
    sharpness->setPen(QPen(theme.measured, 1.4));
    sharpness->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, theme.measured, 7));
    change->setPen(QPen(theme.predicted, 1.6));
    change->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, theme.predicted, 5.5));
    for (QCPGraph *limit : {highest, lowest})
        limit->setPen(QPen(theme.quietText, 1.2, Qt::DotLine));
    replotSoon(plot);
}

void WatchView::Parts::show()
{
    pages->setCurrentIndex(entries.empty() ? 0 : 1);
    if (entries.empty())
        return;
    const double end = std::max({double(last), double(planned), 10.}) * 1.02;
    highest->data()->clear();
    lowest->data()->clear();
    if (mostChange > 0)
        for (const double x : {0., end}) {
            highest->addData(x, 100 * mostChange);
            lowest->addData(x, -100 * mostChange);
        }
    for (Panel &panel : panels) {
        panel.axes->axis(QCPAxis::atBottom)->setRange(0, end);
        QCPRange range(0, 0);
        for (const QCPGraph *graph : panel.axes->graphs()) {
            bool isFound = false;
            const QCPRange values = graph->data()->valueRange(isFound);
            if (isFound)
                range.expand(values);
        }
        if (&panel == &panels[Surveys])
            range.expand(1);
        const double span = std::max(range.size(), 0.1);
        panel.axes->axis(QCPAxis::atLeft)
            ->setRange(range.lower - 0.08 * span, range.upper + 0.08 * span);
        panel.selected->setVisible(selected > 0);
        panel.selected->start->setCoords(selected, 1);
        panel.selected->end->setCoords(selected, 0);
    }
    replotSoon(plot);
}

void WatchView::addStep(const Step &step)
{
    m->last = std::max(m->last, step.number);
    if (step.known < 0)
        return;
    const double scale = m->pixelSizeNm > 0 ? m->pixelSizeNm : 1;
    const double right = step.driftCols * scale, down = step.driftRows * scale;
    m->right->addData(step.number, right);
    m->down->addData(step.number, down);
    QStringList words{
        m->pixelSizeNm > 0
            ? tr("drift %1 nm right, %2 nm down").arg(right, 0, 'f', 2).arg(down, 0, 'f', 2)
            : tr("drift %1 pixels right, %2 pixels down")
                  .arg(right, 0, 'f', 2)
                  .arg(down, 0, 'f', 2)};
    if (step.isDriftExtrapolated)
        words[0] += tr(" (extrapolated from the last two images)");
    for (const Resurvey &survey : step.surveys) {
        m->likeness->addData(step.number, survey.quality);
        m->sharpness->addData(step.number, survey.sharpness);
        words << tr("new image: likeness %1, sharpness %2 of the first's%3")
                     .arg(survey.quality, 0, 'f', 2)
                     .arg(survey.sharpness, 0, 'f', 2)
                     .arg(survey.isTrusted ? QString() : tr(", not believed"));
    }
    for (const ReferenceCheck &check : step.references)
        if (std::isfinite(check.change)) {
            m->change->addData(step.number, 100 * check.change);
            words << tr("reference %1 %").arg(100 * check.change, 0, 'f', 1);
        }
    if (step.flaws.any())
        words << tr("patch: %1").arg(step.flaws.text());
    words << tr("chosen knowing %1 measurements").arg(step.known);
    m->entries.push_back({step.number, words.join(tr(" · "))});
    m->show();
}

QString WatchView::textOf(int number) const
{
    const auto found =
        std::find_if(m->entries.begin(), m->entries.end(),
                     [number](const Parts::Entry &entry) { return entry.number == number; });
    return found == m->entries.end() ? QString() : found->text;
}

void WatchView::clear()
{
    m->entries.clear();
    m->last = m->selected = 0;
    for (QCPGraph *graph : {m->right, m->down, m->likeness, m->sharpness, m->change})
        graph->data()->clear();
    m->show();
}

void WatchView::setPlannedSteps(int steps)
{
    m->planned = steps;
    m->show();
}

void WatchView::setPixelSizeNm(double imagePixelSizeNm)
{
    m->pixelSizeNm = imagePixelSizeNm;
    m->nameTitles();
}

void WatchView::setMostChange(double change)
{
    m->mostChange = change;
    m->nameTitles();
    m->show();
}

void WatchView::setSelectedStep(int number)
{
    m->selected = number;
    setToolTip(number > 0 ? textOf(number) : QString());
    m->show();
}

QCustomPlot *WatchView::plot() const
{
    return m->plot;
}

QSize WatchView::sizeHint() const
{
    return {640, 200};
}

QSize WatchView::minimumSizeHint() const
{
    return {240, 90};
}

void WatchView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        m->restyle(palette());
    QWidget::changeEvent(event);
}

} // namespace helmscope
