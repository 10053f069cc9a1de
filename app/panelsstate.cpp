// SPDX-License-Identifier: GPL-3.0-or-later
// How the panels look at a document, kept while another one is shown.
#include "app/dosepanel.h"
#include "app/panels.h"
#include "app/timeline.h"
#include "widgets/mapview.h"

#include <QSignalBlocker>

namespace helmscope {

QList<MapView *> Panels::maps() const
{
    return {m_survey, m_mean, m_deviation, m_acquisition, m_dose->view()};
}

ViewState Panels::viewState() const
{
    ViewState state;
    state.step = m_timeline->isFollowing() ? -1 : m_index;
    state.cursor = m_cursor;
    state.pinned = m_survey->pinnedPixel();
    for (const MapView *map : maps()) {
        ViewState::Look look;
        if (!map->isEmpty() && !map->isFit())
            look.region = map->viewRect();
        look.isLocked = map->areLimitsLocked();
        look.limits = map->limits();
        look.tone = map->tone();
        state.maps.push_back(look);
    }
    state.pins = m_pins;
    state.graphics = m_graphics->drawing();
    state.isLogarithmic = m_spectrum->isLogarithmic();
    state.isResidual = m_spectrum->isResidual();
    state.doseLimit = m_dose->limit();
    state.probeNm = m_dose->probe();
    return state;
}

void Panels::setViewState(const ViewState &state)
{
    m_pins.clear();
    for (const int pin : state.pins)
        if (pin < m_run.size())
            m_pins.push_back(pin);
    m_cursor = state.cursor;
    {
        const QSignalBlocker quiet(m_dose); // half of it would be another limit
        m_dose->setProbe(state.probeNm);
        m_dose->setLimit(state.doseLimit);
    }
    m_spectrum->setLogarithmic(state.isLogarithmic);
    m_spectrum->setResidual(state.isResidual);
    // Before the step is shown: the limits that are locked hold for its maps, too.
    const QList<MapView *> views = maps();
    for (std::size_t i = 0; i < state.maps.size() && qsizetype(i) < views.size(); ++i) {
        MapView *map = views[qsizetype(i)];
        const ViewState::Look &look = state.maps[i];
        map->setTone(look.tone);
        if (look.isLocked)
            map->setLimits(look.limits);
        else if (map->areLimitsLocked())
            map->setLimitsLocked(false);
        map->setPinnedPixel(state.pinned);
        map->setCursorPixel(state.cursor);
    }
    if (state.step >= 0) {
        const QSignalBlocker quiet(m_timeline); // shown once, below
        m_timeline->goTo(state.step);
    }
    showStep(m_timeline->index());
    for (std::size_t i = 0; i < state.maps.size() && qsizetype(i) < views.size(); ++i) {
        if (state.maps[i].region.isEmpty())
            views[qsizetype(i)]->fit();
        else
            views[qsizetype(i)]->setViewRect(state.maps[i].region);
    }
}

} // namespace helmscope
