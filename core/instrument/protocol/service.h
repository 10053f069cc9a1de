// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"
#include "instrument/protocol/arrayframe.h"
#include "instrument/protocol/commandlog.h"
#include "instrument/protocol/lease.h"
#include "instrument/protocol/message.h"
#include "instrument/sampledose.h"

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QSet>
#include <QThread>
#include <QTimer>

#include <deque>
#include <memory>

namespace helmscope {

class Session;

/// How a microscope is offered on the network.
struct ServiceSettings
{
    QString token;   ///< asked for in hello; empty: none
    QString logFile; ///< of every command; empty: none
    Limits limits;   ///< what is stricter here than the microscope's own counts; 0 or -1: nothing
    double maxTravelM = 0; ///< of the stage, from where it is at first; 0: as far as it can
};

/// The methods of the protocol on one microscope: who may do what, and what the beam does. The
/// beam is blanked except during an exposure, and while an owner holds it open; it is blanked at
/// once when the lease ends, when a connection that used the lease is lost, and on abort. Lives in
/// a thread with an event loop; the microscope's calls block another one, which is its own.
class Service final : public QObject
{
    Q_OBJECT
public:
    /// Takes a survey image for the calibration. Throws Error when that or the log fails.
    Service(std::unique_ptr<Microscope> microscope, const ServiceSettings &settings);
    ~Service() override;

    void handle(Session *session, const Message &request);
    void greet(Session *session);
    void lose(Session *session); ///< its connection is closed

private:
    struct Exposure
    {
        QPointer<Session> session;
        QJsonValue id; ///< of the request
        QString method, key, lease;
        std::vector<Pixel> pixels; ///< none: an image
        StageTarget target;        ///< not empty: the stage is moved instead, without the beam
        double dwellSeconds = 0;
        double since = 0; ///< beam on, s of now()
        bool isCutShort = false;
        Refusal why = Refusal::Aborted; ///< it was
    };
    struct Answer
    {
        QString key;
        QJsonObject result;
        QByteArray bytes;
    };

    double now() const { return 1e-9 * double(m_clock.nsecsElapsed()); }
    QJsonObject answer(Session *session, const Message &request);
    QJsonObject hello(Session *session, const QJsonObject &params);
    QJsonObject capabilities() const;
    QJsonObject calibration() const;
    QJsonObject state() const;
    QJsonObject useLease(Session *session, const QString &method, const QJsonObject &params);
    QJsonObject moveBeam(const QString &method, const QJsonObject &params);
    QJsonObject parameters(const QString &method, const QJsonObject &params);
    void checkLease(Session *session, const QJsonObject &params);
    Pixel pixelAt(double yFraction, double xFraction) const;
    bool expose(Session *session, const Message &request); ///< false: answered from memory
    void begin(Exposure exposure);
    void finish(const QString &failure, const std::vector<Measurement> &measured,
                const std::shared_ptr<Dataset> &image);
    void finishMove(const Exposure &move, const QString &failure);
    void stop(Refusal why);
    void setBeam(bool isOn, const QString &why);
    void account(const Exposure &exposure, const std::vector<Measurement> &measured);
    void tellState();
    void watchLease();
    void log(const QString &event, QJsonObject what);

    std::unique_ptr<Microscope> m_microscope;
    const QString m_token;
    CommandLog m_log;
    Dataset m_survey; ///< of the beginning: what there is to be calibrated
    Limits m_limits;
    Lease m_lease;
    QSet<Session *> m_users; ///< sessions that used the lease that holds
    QSet<Session *> m_sessions;
    std::optional<Exposure> m_exposure;
    std::deque<Answer> m_answers; ///< the last ones, for those who lost them
    std::deque<double> m_times;   ///< of the exposures of the last second
    SampleDose m_dose;
    std::optional<Stage> m_stage; ///< with the limits that hold here
    double m_electrons = 0, m_dwellSeconds = 0.05;
    int m_exposures = 0;
    bool m_isBeamOn = false, m_isHeldOpen = false, m_isStopped = false;
    double m_yFraction = 0.5, m_xFraction = 0.5;
    QElapsedTimer m_clock;
    QTimer m_expiry;
    QThread m_thread; ///< of the microscope's calls
    QObject m_hand;   ///< lives in it
};

} // namespace helmscope
