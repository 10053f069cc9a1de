// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/drivers/line.h"
#include "instrument/microscope.h"

#include <QFile>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace helmscope {

/// A microscope behind somebody else's protocol. What all drivers share: waiting for a lost
/// connection, the abort, what is known of the beam, and a transcript in the file that the variable
/// HELMSCOPE_INSTRUMENT_TRANSCRIPT names. These protocols know no lease and no keys: nobody
/// keeps others away, and a spectrum whose answer is lost is taken again.
class ForeignMicroscope : public Microscope
{
public:
    ~ForeignMicroscope() override;

    QString name() const override { return m_known.name; }
    Dataset survey(const Progress &progress) override;
    EnergyAxis energies() const override { return m_known.energies; }
    Limits limits() const override { return m_known.limits; }
    Measurement measure(Pixel pixel, double dwellSeconds) override;
    /// Ends what waits here, and blanks the beam where the other side can.
    void abort() override;
    void resume() override;
    InstrumentState state() const override;
    QList<Capability> capabilities() const override { return m_known.capabilities; }
    std::optional<Stage> stage() const override;
    /// Asked once: of a connection that is lost on the way nobody knows what the stage did.
    Stage moveStage(const StageTarget &target) override;
    void setPatience(const std::function<bool()> &patience) override { m_patience = patience; }
    bool isBoundToThread() const override { return true; } ///< their sockets are

protected:
    /// What probing found out.
    struct Known
    {
        QString name;
        Limits limits; ///< the grid is the survey image's
        EnergyAxis energies;
        QList<Capability> capabilities;
        bool isBlanking = false; ///< it has a command for it
    };
    explicit ForeignMicroscope(const InstrumentAddress &address);
    /// Called once, by the subclass, when it has probed.
    void setKnown(Known known);
    /// By the subclass, first of all when it is destroyed: blank() is its.
    void end();

    virtual Map takeImage() = 0;
    virtual Measurement takeSpectrum(Pixel pixel, double dwellSeconds) = 0;
    virtual void blank() {} ///< in a thread of its own; may throw
    /// Within the limits that setStage() told; answers where the stage is then, with the same axes
    /// and limits. Only where setStage() was called.
    virtual Stage driveStage(const StageTarget &target);

    const InstrumentAddress &address() const { return m_address; }
    /// `isUrgent`: goes on after an abort.
    Line::Settings lineSettings(double seconds, bool isUrgent = false);
    void setBeam(InstrumentState::Beam beam);
    /// Where a stage that can be moved is, and how far it may go.
    void setStage(const Stage &stage);

private:
    void watchForAborts();
    void refuseAborted() const;
    template <class Act>
    auto enduring(Act act) -> decltype(act());

    const InstrumentAddress m_address;
    Known m_known;
    std::function<bool()> m_patience;
    std::atomic<bool> m_isAborted = false;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    InstrumentState m_state; // under the mutex, like the next ones
    std::optional<Stage> m_stage;
    bool m_isEnding = false, m_mustBlank = false;
    std::mutex m_transcriptMutex;
    QFile m_transcript;
    std::thread m_blanker;
};

} // namespace helmscope
