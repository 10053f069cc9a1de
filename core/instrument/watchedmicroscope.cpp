// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/watchedmicroscope.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

WatchedMicroscope::WatchedMicroscope(std::shared_ptr<Microscope> microscope)
    : ForwardingMicroscope(std::move(microscope))
    , m_dose(Map::Zero(inner().limits().rows, inner().limits().cols))
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
    m_areaOfPixel = std::pow(10 * survey.gridPixelSizeNm(), 2);
    return survey;
}

Measurement WatchedMicroscope::measure(Pixel pixel, double dwellSeconds)
{
    Measurement made = exposing([&] { return ForwardingMicroscope::measure(pixel, dwellSeconds); });
    const std::lock_guard lock(m_mutex);
    float &dose = m_dose(pixel.row, pixel.col); // measure() has refused what is outside
    dose += float(made.dose);
    m_state.dose = std::max(m_state.dose, double(dose));
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
