// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/lease.h"

#include "base/tr.h"
#include "instrument/protocol/message.h"

#include <QRandomGenerator>

#include <algorithm>
#include <array>

namespace helmscope {

QString Lease::acquire(const QString &owner, double timeToLive, double now)
{
    expire(now);
    if (isHeld())
        throw Refused(Refusal::LeaseHeld,
                      Tr::tr("The instrument is leased to '%1' for another %2 s.")
                          .arg(m_owner)
                          .arg(remaining(now), 0, 'f', 1));
    std::array<quint32, 4> bits;
    QRandomGenerator::system()->generate(bits.begin(), bits.end());
    for (const quint32 word : bits)
        m_id += QStringLiteral("%1").arg(word, 8, 16, QLatin1Char('0'));
    m_owner = owner;
    m_timeToLive = timeToLive >= shortest ? std::min(timeToLive, longest) : shortest; // NaN too
    m_until = now + m_timeToLive;
    return m_id;
}

void Lease::check(const QString &id, double now) const
{
    if (isHeldBy(id) && now < m_until)
        return;
    if (!id.isEmpty() && id == m_revoked)
        throw Refused(Refusal::Aborted,
                      Tr::tr("The instrument was aborted: a person has to allow it again."));
    throw Refused(Refusal::NoLease,
                  id.isEmpty()
                      ? Tr::tr("Nothing moves without a lease: ask for one with lease.acquire.")
                      : Tr::tr("The lease does not hold any more: ask for another one."));
}

void Lease::renew(const QString &id, double now)
{
    check(id, now);
    m_until = now + m_timeToLive;
}

void Lease::release(const QString &id, double now)
{
    check(id, now);
    end();
}

void Lease::revoke()
{
    m_revoked = m_id;
    end();
}

bool Lease::expire(double now)
{
    if (!isHeld() || now < m_until)
        return false;
    end();
    return true;
}

void Lease::end()
{
    m_id.clear();
    m_owner.clear();
}

} // namespace helmscope
