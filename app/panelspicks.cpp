// SPDX-License-Identifier: GPL-3.0-or-later
// What the panels make of the picks that are drawn on the maps, of predictions that were made
// before their measurements, and of the map that lies over the image.
#include "app/panels.h"
#include "steering/trust.h"
#include "widgets/mapview.h"
#include "widgets/reliabilityview.h"
#include "widgets/theme.h"

#include <QActionGroup>
#include <QMenu>

#include <array>

namespace helmscope {

/// Only what this run has measured up to the step looked at: it knows nothing else. A pixel
/// measured twice counts with its newest spectrum.
void Panels::averagePicks()
{
    m_picks.clear();
    if (m_energies.channels() == 0 || m_survey->isEmpty())
        return;
    const auto &colours = themeOf(m_survey->palette()).series;
    const int ratio = m_survey->imageRatio();
    const int rows = int(m_survey->map().rows()) / ratio;
    const int cols = int(m_survey->map().cols()) / ratio;
    for (const Graphic &graphic : m_graphics->all()) {
        if (graphic.kind != Graphic::Kind::Pick)
            continue;
        Mask left = maskOf(graphic.region(), rows, cols);
        Eigen::VectorXd sum = Eigen::VectorXd::Zero(m_energies.channels());
        int count = 0;
        for (int i = m_index; i >= 0; --i) {
            const Step &step = m_run.at(i);
            const bool isInside = step.pixel.row < rows && step.pixel.col < cols &&
                                  left(step.pixel.row, step.pixel.col);
            if (!isInside || step.source != Measurement::Source::Measured ||
                step.spectrum.size() != sum.size() || !step.spectrum.allFinite())
                continue;
            left(step.pixel.row, step.pixel.col) = false;
            sum += step.spectrum.cast<double>();
            ++count;
        }
        if (count == 0)
            continue;
        const QPointF middle = (graphic.points.front() + graphic.points.back()) / 2;
        m_picks.push_back({{int(middle.y()), int(middle.x())},
                           colours[std::size_t(graphic.number) % colours.size()],
                           m_energies,
                           (sum / count).cast<float>()});
    }
}

/// Of the steps up to the one looked at, those of its scalarizer, as the status line's verdict.
void Panels::showReliability()
{
    std::vector<double> residuals;
    for (int i = 0; i <= m_index; ++i)
        if (m_run.at(i).scalarizer == m_run.at(m_index).scalarizer)
            if (const auto residual = standardizedResidual(m_run.at(i)))
                residuals.push_back(*residual);
    const bool isJudged = m_index >= 0 && m_run.at(m_index).trust;
    m_reliability->setPoints(reliabilityOf(residuals), int(residuals.size()),
                             isJudged ? verdictOf(*m_run.at(m_index).trust) : QString());
}

/// What the model expected there before it was measured: the belief of an earlier step.
void Panels::showForetold(std::optional<int> measured)
{
    for (int i = measured ? *measured - 1 : -1; i >= 0; --i) {
        const auto &belief = m_run.at(i).belief;
        if (!belief)
            continue;
        if (const int row = belief->rowOf(m_run.at(*measured).pixel); row >= 0)
            return m_spectrum->setForetold(belief->energies, belief->spectra.row(row).transpose(),
                                           belief->spectraDeviation.row(row).transpose());
        break;
    }
    m_spectrum->clearForetold();
}

void Panels::setBlend(MapView *of, double opacity)
{
    m_blended = of;
    m_blendOpacity = opacity;
    showBlend();
}

/// In the colours and limits that map has in its own view.
void Panels::showBlend()
{
    if (m_blended && !m_blended->isEmpty())
        m_survey->setBlend(m_blended->sharedMap(), m_blended->colormap(), m_blended->limits(),
                           m_blendOpacity);
    else
        m_survey->setBlend(nullptr, Colormap::Viridis, {}, 0);
}

QMenu *Panels::makeBlendMenu(QWidget *parent)
{
    auto *menu = new QMenu(tr("Map &over the survey image"), parent);
    auto *maps = new QActionGroup(menu), *strengths = new QActionGroup(menu);
    const auto add = [&](QActionGroup *group, const QString &text, bool isChecked, auto chosen) {
        QAction *action = menu->addAction(text, this, chosen);
        action->setCheckable(true);
        action->setChecked(isChecked);
        group->addAction(action);
    };
    const std::array<std::pair<QString, MapView *>, 4> all{{{tr("&None"), nullptr},
                                                            {tr("&Mean"), m_mean},
                                                            {tr("&Uncertainty σ"), m_deviation},
                                                            {tr("&Acquisition"), m_acquisition}}};
    for (const auto &[name, view] : all)
        add(maps, name, view == m_blended, [this, of = view] { setBlend(of, m_blendOpacity); });
    menu->addSeparator();
    for (const int percent : {25, 50, 75, 100})
        add(strengths, tr("Opacity %1 %").arg(percent), m_blendOpacity == percent / 100.,
            [this, percent] { setBlend(m_blended, percent / 100.); });
    return menu;
}

} // namespace helmscope
