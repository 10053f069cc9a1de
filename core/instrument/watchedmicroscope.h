// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/forwardingmicroscope.h"
#include "instrument/sampledose.h"

#include <mutex>

namespace helmscope {

/// A microscope of this program that knows its state as a remote one does: the beam is on while it
/// measures and blanked otherwise, and the dose is counted.
class WatchedMicroscope final : public ForwardingMicroscope
{
public:
    explicit WatchedMicroscope(std::shared_ptr<Microscope> inner);

    Dataset survey(const Progress &progress) override;
    Measurement measure(Pixel pixel, double dwellSeconds) override;
    void abort() override;
    void resume() override;
    InstrumentState state() const override;

private:
    template <class Act>
    auto exposing(Act act) -> decltype(act());

    mutable std::mutex m_mutex;
    InstrumentState m_state; // under the mutex, like the next ones
    SampleDose m_dose;
    double m_pixelNm = 0;     ///< 0 until a survey told
    double m_areaOfPixel = 0; ///< Å²; 0 until a survey told
};

} // namespace helmscope
