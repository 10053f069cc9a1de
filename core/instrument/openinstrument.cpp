// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/openinstrument.h"

#include "base/tr.h"
#include "instrument/protocol/remotemicroscope.h"

namespace helmscope {

std::unique_ptr<Microscope> openInstrument(const InstrumentAddress &address)
{
    if (address.protocol != InstrumentAddress::Protocol::Helmscope)
        fail(Tr::tr("%1: this protocol is not spoken here.").arg(address.text()));
    RemoteMicroscope::Settings settings;
    settings.address = address;
    settings.token = tokenFor(address);
    return std::make_unique<RemoteMicroscope>(settings);
}

} // namespace helmscope
