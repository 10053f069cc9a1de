// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/watchedmicroscope.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

WatchedMicroscope::WatchedMicroscope(std::shared_ptr<Microscope> microscope)
    : ForwardingMicroscope(std::move(microscope))
{
    m_state.beam = InstrumentState::Beam::Blanked;
}

template <class Act>
auto WatchedMicroscope::exposing(Act act) -> decltype(act())
{
    const auto set = [this](InstrumentState::Beam beam) {
        const std::lock_guard lock(m_mutex);
        m_state.beam = beam;
    };
    struct Blank
    {
        decltype(set) &how;
        ~Blank() { how(InstrumentState::Beam::Blanked); }
    } const atTheEnd{set};
    set(InstrumentState::Beam::On);
    return act();
}

Dataset WatchedMicroscope::survey(const Progress &progress)
{
    Dataset survey = exposing([&] { return ForwardingMicroscope::survey(progress); });
    const std::lock_guard lock(m_mutex);
    m_pixelNm = survey.gridPixelSizeNm();
    m_areaOfPixel = std::pow(10 * m_pixelNm, 2);
    return survey;
}

Measurement WatchedMicroscope::measure(Pixel pixel, double dwellSeconds)
{
    Measurement made = exposing([&] { return ForwardingMicroscope::measure(pixel, dwellSeconds); });
    const std::optional<Stage> at = stage();
    const std::lock_guard lock(m_mutex);
    m_dose.add(pixel, at, m_pixelNm, made.dose);
    m_state.dose = m_dose.most();
    m_state.electrons += made.dose * m_areaOfPixel;
    ++m_state.exposures;
    return made;
}

void WatchedMicroscope::abort()
{
    ForwardingMicroscope::abort();
    const std::lock_guard lock(m_mutex);
    m_state.isAborted = true;
    m_state.beam = InstrumentState::Beam::Blanked;
}

void WatchedMicroscope::resume()
{
    ForwardingMicroscope::resume();
    const std::lock_guard lock(m_mutex);
    m_state.isAborted = false;
}

InstrumentState WatchedMicroscope::state() const
{
    const std::lock_guard lock(m_mutex);
    InstrumentState state = m_state;
    state.leaseOwner = QString();
    state.isLeaseOurs = true; // nobody else can reach it
    return state;
}

} // namespace helmscope
