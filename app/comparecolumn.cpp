// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/comparecolumn.h"

#include "widgets/comparisoncurves.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace helmscope {

/// Pixels of a column's width; in a narrower one the maps need them.
static constexpr int leastForBars = 340;

CompareColumn::CompareColumn(QWidget *parent)
    : QFrame(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(2, 0, 2, 0);
    column->setSpacing(2);
    auto *head = new QHBoxLayout;
    head->setSpacing(2);
    m_title = new QLabel;
    m_title->setObjectName("runTitle");
    m_title->setTextFormat(Qt::RichText);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    head->addWidget(m_title, 1);
    auto *remove = new QToolButton;
    remove->setObjectName("removeRun");
    remove->setIcon(icon("veto"));
    remove->setAutoRaise(true);
    remove->setToolTip(tr("Takes this run out of the comparison."));
    remove->setAccessibleName(tr("Remove this run"));
    connect(remove, &QToolButton::clicked, this, &CompareColumn::removeWished);
    head->addWidget(remove);
    column->addLayout(head);
    m_step = new QLabel;
    m_step->setObjectName("quiet");
    m_step->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(m_step);
    // The path is what is looked at first: it is the largest.
    auto *beliefs = new QHBoxLayout;
    beliefs->setSpacing(2);
    for (Kind kind : {Path, Mean, Deviation}) {
        m_maps[kind] = new MapView;
        m_maps[kind]->setMinimumSize(80, 80);
        if (kind == Path)
            column->addWidget(m_maps[kind], 3);
        else
            beliefs->addWidget(m_maps[kind], 1);
    }
    column->addLayout(beliefs, 2);
    m_maps[Path]->setColormap(Colormap::Gray);
    m_maps[Path]->setTitle(tr("path"));
    m_maps[Mean]->setColormap(Colormap::Viridis);
    m_maps[Mean]->setTitle(tr("mean"));
    m_maps[Deviation]->setColormap(Colormap::Cividis);
    m_maps[Deviation]->setTitle(tr("uncertainty σ"));
    m_maps[Path]->setBarVisible(false);
}

void CompareColumn::setRun(const NamedRun &run, int number, int series, int commonSteps)
{
    m_run = ShownRun::of(run.run);
    m_name = run.name;
    m_number = number;
    m_series = series;
    m_common = commonSteps;
    m_shown = 0;
    const Dataset &survey = m_run.survey();
    for (MapView *map : m_maps) {
        map->clear();
        map->setPixelSizeNm(survey.gridPixelSizeNm());
    }
    m_maps[Path]->setImageRatio(survey.imageRatio);
    if (survey.image.size() > 0)
        m_maps[Path]->setMap(std::shared_ptr<const Map>(m_run.sharedSurvey(), &survey.image));
    m_maps[Path]->setAccessibleName(tr("Path of run %1").arg(number));
    m_maps[Mean]->setAccessibleName(tr("Mean of run %1").arg(number));
    m_maps[Deviation]->setAccessibleName(tr("Uncertainty of run %1").arg(number));
    for (Kind kind : {Mean, Deviation}) {
        m_maps[kind]->setUnit(m_run.valueUnit());
        m_maps[kind]->setPlaceholder(tr("No maps were recorded with this run."));
    }
    findLimits();
    showTitle();
}

bool CompareColumn::hasMaps() const
{
    return m_run.beliefAt(m_run.size() - 1).belief != nullptr;
}

void CompareColumn::findLimits()
{
    m_limits = {};
    m_limits[Path] = m_maps[Path]->limits();
    const auto first = m_run.beliefAt(0).belief, last = m_run.beliefAt(m_run.size() - 1).belief;
    if (!first || !last)
        return;
    const auto span = [](const Map &a, const Map &b) {
        const ColorLimits one = percentileLimits(a), other = percentileLimits(b);
        return ColorLimits{std::min(one.low, other.low), std::max(one.high, other.high)};
    };
    m_limits[Mean] = span(first->mean, last->mean);
    m_limits[Deviation] = span(first->deviation, last->deviation);
}

void CompareColumn::setCommonSteps(int steps)
{
    if (steps == m_common)
        return;
    m_common = steps;
    showStep(m_shown);
}

void CompareColumn::showStep(int number)
{
    m_shown = std::clamp(number, 0, m_run.size());
    MapOverlay overlay;
    // Images are dark and light in every theme, and so is the halo: the bright colours are seen on
    // them.
    const Theme &theme = themeOf(palette());
    overlay.pathColour = colourIn(theme.isDark ? theme : Theme::dark());
    overlay.commonPoints = m_common;
    for (int i = 0; i < m_shown; ++i) {
        const Step &step = m_run.at(i);
        overlay.path.push_back(
            {step.pixel, step.number, step.reason, step.source != Measurement::Source::Measured});
    }
    m_maps[Path]->setOverlay(overlay);
    MapOverlay newest = overlay;
    if (newest.path.size() > 1)
        newest.path.erase(newest.path.begin(), newest.path.end() - 1);
    newest.commonPoints = 0;
    const ShownRun::Held held = m_run.beliefAt(m_shown - 1);
    for (Kind kind : {Mean, Deviation}) {
        if (held.belief)
            m_maps[kind]->setMap(std::shared_ptr<const Map>(
                held.belief, kind == Mean ? &held.belief->mean : &held.belief->deviation));
        m_maps[kind]->setOverlay(newest);
    }
    if (m_shown == 0) {
        m_step->clear();
        return;
    }
    const Step &step = m_run.at(m_shown - 1);
    QString text = tr("step %1 of %2").arg(m_shown).arg(m_run.size());
    if (std::isfinite(step.value))
        text += tr(" · measured %1 %2")
                    .arg(valueText(step.value, std::abs(step.value)), m_run.valueUnit());
    if (held.belief && held.index + 1 != m_shown)
        text += tr(" · maps of step %1").arg(held.index + 1);
    m_step->setText(text);
    m_step->setToolTip(text);
}

QColor CompareColumn::colour() const
{
    return colourIn(themeOf(palette()));
}

QColor CompareColumn::colourIn(const Theme &theme) const
{
    return styleOf(m_series, theme).colour;
}

QString CompareColumn::title() const
{
    return tr("%1  %2", "number, name").arg(m_number).arg(m_name);
}

void CompareColumn::showTitle()
{
    m_title->setText(QStringLiteral("<span style='color:%1'>■</span> <b>%2</b>")
                         .arg(colour().name(), title().toHtmlEscaped()));
    m_title->setToolTip(m_name);
    m_title->setAccessibleName(tr("Run %1: %2").arg(m_number).arg(m_name));
}

void CompareColumn::resizeEvent(QResizeEvent *event)
{
    for (Kind kind : {Mean, Deviation})
        m_maps[kind]->setBarVisible(width() >= leastForBars);
    QFrame::resizeEvent(event);
}

void CompareColumn::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_maps[Path]) {
        showTitle();
        showStep(m_shown);
    }
    QFrame::changeEvent(event);
}

} // namespace helmscope
