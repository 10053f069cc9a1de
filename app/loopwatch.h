// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QObject>
#include <QPointer>
#include <QString>

#include <array>
#include <functional>
#include <optional>
#include <vector>

namespace helmscope {

/// Times for which the window's thread was held: from when the event loop came to have work until
/// it could look for the next key or click. Under a millisecond is not counted.
class Holds
{
public:
    /// One that a person could notice.
    struct Hold
    {
        double milliseconds = 0;
        double processorMilliseconds = 0; ///< far fewer: others kept the machine busy
        qint64 endedAt = 0;               ///< milliseconds since 1970
        QString what;                     ///< class and event that took longest in it
        QString during;                   ///< jobs and run that were going on; may be empty
    };
    void add(double milliseconds);
    void keep(Hold hold); ///< to be listed; thirty stay: the latest, and the longest

    qint64 count() const { return m_count; }
    double longest() const { return m_longest; } ///< milliseconds; 0 without any
    double total() const { return m_total; }     ///< milliseconds
    qint64 over(double milliseconds) const;      ///< how many were at least so long
    double percentile(double percent) const;     ///< milliseconds, at most 4.5 % too high
    const std::vector<Hold> &kept() const { return m_kept; }

private:
    static constexpr int perOctave = 16, octaves = 17; ///< 1 ms to about 2 min
    std::array<qint64, perOctave * octaves> m_bins{};
    qint64 m_count = 0;
    double m_longest = 0, m_total = 0;
    std::vector<Hold> m_kept;
};

/// The application, with a watch over its event loop: two readings of the clock an event.
class WatchedApplication final : public QApplication
{
    Q_OBJECT
public:
    /// A hold of this length is listed with what was going on.
    static constexpr double noticeableMilliseconds = 16;

    WatchedApplication(int &count, char **arguments);
    /// The one that runs; null where the application is another one (tests).
    static WatchedApplication *instance();

    bool notify(QObject *receiver, QEvent *event) override;

    const Holds &holds() const { return m_all; }      ///< since the start
    const Holds &holdsOfRun() const { return m_run; } ///< of the run going on, or the last one
    /// Of the same turns the processor's time, which does not count what other programs take.
    const Holds &processor() const { return m_allProcessor; }
    const Holds &processorOfRun() const { return m_runProcessor; }
    bool hasRun() const { return m_hasRun; }
    void beginRun(); ///< holdsOfRun() begins anew
    void endRun();
    void reset(); ///< forgets all
    /// From the start of the process to when the first window was painted; to ten milliseconds.
    /// Nothing before, or where the system does not tell when a process began.
    std::optional<double> secondsToFirstPaint() const { return m_secondsToFirstPaint; }
    /// `tell` says what is going on, as long as its owner lives; asked at noticeable holds only.
    void addCircumstance(QObject *owner, std::function<QString()> tell);

private:
    /// An event that is being handled.
    struct Frame
    {
        Frame *outer;
        qint64 inside = 0;    ///< nanoseconds spent in events that it sent
        bool hasLoop = false; ///< a dialog's or a menu's, in which it waited
    };
    void endTurn(bool isWaiting);

    struct Circumstance
    {
        QPointer<QObject> owner;
        std::function<QString()> tell;
    };
    Holds m_all, m_allProcessor, m_run, m_runProcessor;
    bool m_isRunning = false, m_hasRun = false;
    std::vector<Circumstance> m_circumstances;

    Frame *m_frame = nullptr;
    qint64 m_since = -1; ///< nanoseconds: from when on the thread is held; -1: it waits
    qint64 m_busy = 0;   ///< nanoseconds of this turn of the loop
    qint64 m_processorSince = 0, m_processor = 0; ///< nanoseconds of this thread
    qint64 m_longestOwn = 0;
    const QMetaObject *m_longestClass = nullptr;
    int m_longestEvent = 0;
    enum class FirstPaint { Awaited, Painting, Done } m_firstPaint = FirstPaint::Awaited;
    std::optional<double> m_secondsToFirstPaint;
};

} // namespace helmscope
