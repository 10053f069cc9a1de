// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/drivers/foreignmicroscope.h"

#include "base/tr.h"
#include "instrument/protocol/message.h"

#include <QDateTime>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace helmscope {

ForeignMicroscope::ForeignMicroscope(const InstrumentAddress &address)
    : m_address(address)
{
    const QString file = qEnvironmentVariable("HELMSCOPE_INSTRUMENT_TRANSCRIPT");
    m_transcript.setFileName(file);
    if (!file.isEmpty() && !m_transcript.open(QIODevice::WriteOnly | QIODevice::Append))
        fail(Tr::tr("Cannot write the transcript %1: %2.").arg(file, m_transcript.errorString()));
}

ForeignMicroscope::~ForeignMicroscope()
{
    end();
}

void ForeignMicroscope::setKnown(Known known)
{
    m_known = std::move(known);
    m_blanker = std::thread([this] { watchForAborts(); });
}

void ForeignMicroscope::end()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isEnding = true;
    }
    m_changed.notify_all();
    if (m_blanker.joinable())
        m_blanker.join();
}

Line::Settings ForeignMicroscope::lineSettings(double seconds, bool isUrgent)
{
    Line::Settings settings;
    settings.address = m_address;
    settings.seconds = seconds;
    if (!isUrgent)
        settings.isStopped = [this] { return m_isAborted.load(); };
    if (m_transcript.isOpen())
        settings.transcript = [this](const QByteArray &bytes, bool isSent) {
            constexpr qsizetype most = 400;
            QByteArray shown = bytes.left(most).toPercentEncoding(" ={}[]\":,./'()<>+!?");
            if (bytes.size() > most)
                shown += " ... " + QByteArray::number(bytes.size()) + " bytes";
            const std::lock_guard lock(m_transcriptMutex);
            m_transcript.write(
                QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs).toLatin1() +
                (isSent ? " > " : " < ") + shown + '\n');
            m_transcript.flush();
        };
    return settings;
}

void ForeignMicroscope::watchForAborts()
{
    std::unique_lock lock(m_mutex);
    while (!m_isEnding) {
        m_changed.wait(lock, [this] { return m_isEnding || m_mustBlank; });
        if (!std::exchange(m_mustBlank, false))
            continue;
        lock.unlock();
        try {
            blank();
            setBeam(m_known.isBlanking ? InstrumentState::Beam::Blanked
                                       : InstrumentState::Beam::Unknown);
        } catch (const std::exception &error) {
            setBeam(InstrumentState::Beam::Unknown);
            const std::lock_guard again(m_mutex);
            m_state.trouble =
                Tr::tr("The beam could not be blanked: %1").arg(QString::fromUtf8(error.what()));
        }
        lock.lock();
    }
}

void ForeignMicroscope::setBeam(InstrumentState::Beam beam)
{
    const std::lock_guard lock(m_mutex);
    m_state.beam = beam;
}

InstrumentState ForeignMicroscope::state() const
{
    const std::lock_guard lock(m_mutex);
    return m_state;
}

void ForeignMicroscope::refuseAborted() const
{
    if (m_isAborted)
        fail(Tr::tr("%1 was aborted: allow it again before the next measurement.")
                 .arg(m_known.name));
}

template <class Act>
auto ForeignMicroscope::enduring(Act act) -> decltype(act())
{
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds longest(60);
    const auto begin = Clock::now();
    auto pause = std::chrono::milliseconds(50);
    for (;;) {
        refuseAborted();
        try {
            auto result = act();
            const std::lock_guard lock(m_mutex);
            m_state.isConnected = true;
            m_state.trouble.clear();
            return result;
        } catch (const ConnectionLost &lost) {
            refuseAborted();
            const QString why = QString::fromUtf8(lost.what());
            {
                const std::lock_guard lock(m_mutex);
                m_state.isConnected = false;
                m_state.beam = InstrumentState::Beam::Unknown;
                m_state.trouble = why;
            }
            const auto until = Clock::now() + pause;
            while (Clock::now() < until && !m_isAborted) {
                if (m_patience ? !m_patience() : Clock::now() - begin > longest)
                    fail(Tr::tr("Gave up waiting for %1: %2").arg(m_known.name, why));
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            pause = std::min(2 * pause, std::chrono::milliseconds(5000));
        }
    }
}

Dataset ForeignMicroscope::survey(const Progress &progress)
{
    progress(0);
    Dataset survey;
    survey.image = enduring([this] { return takeImage(); });
    if (survey.image.rows() != m_known.limits.rows || survey.image.cols() != m_known.limits.cols)
        fail(Tr::tr("%1 sent an image of %2 × %3 pixels; %4 × %5 were expected.")
                 .arg(m_known.name)
                 .arg(survey.image.rows())
                 .arg(survey.image.cols())
                 .arg(m_known.limits.rows)
                 .arg(m_known.limits.cols));
    survey.title = m_known.name;
    progress(1);
    return survey;
}

Measurement ForeignMicroscope::measure(Pixel pixel, double dwellSeconds)
{
    refuseAborted();
    checkLimits(m_known.name, m_known.limits, pixel, dwellSeconds);
    if (m_known.energies.channels() == 0)
        fail(Tr::tr("%1 cannot measure at a pixel: what it can do says why.").arg(m_known.name));
    Measurement made = enduring([&] { return takeSpectrum(pixel, dwellSeconds); });
    if (made.spectrum.size() != m_known.energies.channels())
        fail(Tr::tr("%1 sent a spectrum of %2 channels; %3 were expected.")
                 .arg(m_known.name)
                 .arg(made.spectrum.size())
                 .arg(m_known.energies.channels()));
    made.value = std::nan("");
    const std::lock_guard lock(m_mutex);
    ++m_state.exposures;
    return made;
}

std::optional<Stage> ForeignMicroscope::stage() const
{
    const std::lock_guard lock(m_mutex);
    return m_stage;
}

void ForeignMicroscope::setStage(const Stage &stage)
{
    const std::lock_guard lock(m_mutex);
    m_stage = stage;
}

Stage ForeignMicroscope::driveStage(const StageTarget &target)
{
    return Microscope::moveStage(target); // says that there is none
}

Stage ForeignMicroscope::moveStage(const StageTarget &target)
{
    refuseAborted();
    const std::optional<Stage> before = stage();
    if (!before)
        return Microscope::moveStage(target);
    checkStage(m_known.name, *before, target);
    Stage there;
    try {
        there = driveStage(target);
    } catch (const ConnectionLost &lost) {
        fail(Tr::tr("%1 The stage may have moved, or move still: look at it before anything else.")
                 .arg(QString::fromUtf8(lost.what())));
    }
    setStage(there);
    for (const auto &[axis, goal] : target) {
        // A stage is no finer than this, and one that only pretends stays where it was.
        const double from = before->position(axis), way = std::abs(goal - from);
        const double grain = isTilt(axis) ? 0.1 : 100e-9, at = there.position(axis);
        if (std::abs(at - goal) > std::max(0.1 * way, std::min(grain, 0.9 * way)))
            fail(Tr::tr("The stage of %1 is at %2 = %3, and %4 was asked for.")
                     .arg(m_known.name, nameOf(axis), textOf(axis, at), textOf(axis, goal)));
    }
    return there;
}

void ForeignMicroscope::abort()
{
    m_isAborted = true;
    {
        const std::lock_guard lock(m_mutex);
        m_state.isAborted = true;
        m_mustBlank = true;
    }
    m_changed.notify_all();
}

void ForeignMicroscope::resume()
{
    m_isAborted = false;
    const std::lock_guard lock(m_mutex);
    m_state.isAborted = false;
    m_state.trouble.clear();
}

} // namespace helmscope
