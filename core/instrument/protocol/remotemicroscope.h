// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"
#include "instrument/protocol/wire.h"
#include "instrument/sampledose.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace helmscope {

/// A microscope at the other end of a connection that speaks our protocol. Takes a lease when
/// something is to move first and gives it back when destroyed. A connection that is lost comes
/// back by itself: the call waits, with longer and longer pauses, and asks again with the same key,
/// so that no point is exposed twice by a server that remembers.
class RemoteMicroscope final : public Microscope
{
public:
    struct Settings
    {
        InstrumentAddress address;
        QString token;         ///< empty: none
        QString owner;         ///< name on the lease; empty: user and machine
        double timeToLive = 5; ///< of the lease, s
        double connectSeconds = 5;
        double replySeconds = 10; ///< an answer may come so late, beyond the dwell
        double firstPause = 0.05, longestPause = 5; ///< between attempts, s
        double longestWait = 60;                    ///< where no patience is set, s
        Limits limits; ///< stricter than the instrument's own; 0: nothing
        std::function<void(const QByteArray &payload, bool isSent)> transcript;
    };
    /// Connects, and learns what the instrument is. Throws Error; moves nothing.
    explicit RemoteMicroscope(const Settings &settings);
    ~RemoteMicroscope() override;

    QString name() const override { return m_name; }
    /// Throws Error at once when somebody else has the lease and this program never had it.
    Dataset survey(const Progress &progress) override;
    EnergyAxis energies() const override { return m_energies; }
    Limits limits() const override { return m_limits; }
    Measurement measure(Pixel pixel, double dwellSeconds) override;
    std::optional<Stage> stage() const override;
    Stage moveStage(const StageTarget &target) override;
    void abort() override;
    void resume() override;
    void release() override; ///< on the thread that measures
    InstrumentState state() const override;
    QList<Capability> capabilities() const override;
    void setPatience(const std::function<bool()> &patience) override { m_patience = patience; }

private:
    struct WrongAnswer;
    void learn();
    void takeLease();
    void ready();
    void keepLease();
    void takeNews(bool isGuard, const QString &method, const QJsonObject &params);
    void takeState(const QJsonObject &state);
    void takeStage(const QJsonObject &stage);
    void pause(double seconds, const QString &why);
    void waitForRate();
    void refuseAborted() const;
    template <class Act>
    auto enduring(Act act) -> decltype(act());

    const Settings m_settings;
    QString m_name, m_title, m_imageQuantity, m_valuesName, m_owner;
    QStringList m_methods;
    EnergyAxis m_energies;
    Limits m_limits;
    int m_imageRatio = 1;
    double m_pixelSizeNm = 0;
    SampleDose m_dose; ///< what this program gave
    double m_dosePerSecond = 0;
    std::deque<double> m_times; ///< of the exposures of the last second
    std::function<bool()> m_patience;
    bool m_hadLease = false;

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    InstrumentState m_state; // under the mutex, like the next ones
    std::optional<Stage> m_stage;
    QString m_lease;
    bool m_isEnding = false;

    std::unique_ptr<Wire> m_commands, m_guard; ///< the guard's is for aborts and for the lease
    std::thread m_keeper;
};

} // namespace helmscope
