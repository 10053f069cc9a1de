// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

/// Who may move the instrument: one owner at a time, with a name and a time to live. Knows no
/// clock: `now` is in seconds and never goes back. Ids are secrets of 128 bits.
class Lease
{
public:
    static constexpr double shortest = 0.5, longest = 300; ///< times to live, s

    /// Throws Refused(LeaseHeld) naming the owner while somebody has it. The time to live is
    /// brought into its range.
    QString acquire(const QString &owner, double timeToLive, double now);
    /// Throws Refused(Aborted) for a lease that an abort ended, Refused(NoLease) for any other that
    /// does not hold.
    void check(const QString &id, double now) const;
    void renew(const QString &id, double now); ///< throws as check()
    void release(const QString &id, double now);
    /// Ends it for good: its owner has to acquire another one.
    void revoke();
    /// Ends it when its time is up; answers whether it did just now.
    bool expire(double now);

    bool isHeld() const { return !m_id.isEmpty(); }
    bool isHeldBy(const QString &id) const { return isHeld() && id == m_id; }
    QString owner() const { return m_owner; }
    double timeToLive() const { return m_timeToLive; }
    double remaining(double now) const { return m_until - now; }

private:
    void end();

    QString m_id, m_owner, m_revoked;
    double m_timeToLive = 0, m_until = 0;
};

} // namespace helmscope
