// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/instrumentwords.h"

#include "base/tr.h"
#include "widgets/ticks.h"

namespace helmscope {

namespace {

QString beamOf(const InstrumentState &state)
{
    switch (state.beam) {
    case InstrumentState::Beam::On:
        return Tr::tr("beam ON");
    case InstrumentState::Beam::Blanked:
        return Tr::tr("beam blanked");
    case InstrumentState::Beam::Unknown:
        break;
    }
    return Tr::tr("beam unknown");
}

QString leaseOf(const InstrumentState &state)
{
    return state.isLeaseOurs            ? Tr::tr("leased to us")
           : state.leaseOwner.isEmpty() ? Tr::tr("not leased")
                                        : Tr::tr("leased to %1").arg(state.leaseOwner);
}

} // namespace

QString shortTextOf(const InstrumentState &state)
{
    if (!state.isConnected)
        return Tr::tr("⚠ connection lost: waiting");
    const QString text = beamOf(state) + QStringLiteral(" · ") + leaseOf(state);
    return state.isAborted            ? Tr::tr("⚠ aborted · %1").arg(text)
           : !state.trouble.isEmpty() ? Tr::tr("⚠ waiting · %1").arg(text)
                                      : text;
}

QString textOf(const InstrumentState &state)
{
    QStringList parts{state.isConnected ? Tr::tr("connected") : Tr::tr("⚠ not connected")};
    if (state.isAborted)
        parts << Tr::tr("⚠ aborted");
    parts << beamOf(state);
    if (state.isConnected)
        parts << leaseOf(state);
    parts << Tr::tr("exposures: %1").arg(state.exposures);
    if (state.dose > 0)
        parts << Tr::tr("at most %1 e⁻/Å² a pixel").arg(roundText(state.dose, 3));
    QString text = parts.join(QStringLiteral(" · "));
    if (!state.trouble.isEmpty())
        text += '\n' + state.trouble;
    return text;
}

} // namespace helmscope
