// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/openinstrument.h"

#include "base/tr.h"
#include "instrument/drivers/asyncroscopy.h"
#include "instrument/drivers/dtmicroscope.h"
#include "instrument/drivers/pyro.h"
#include "instrument/protocol/remotemicroscope.h"

namespace helmscope {

std::unique_ptr<Microscope> openInstrument(const InstrumentAddress &address)
{
    if (address.protocol != InstrumentAddress::Protocol::Helmscope && !address.isLoopback())
        fail(Tr::tr("%1 is on another machine, and its protocol is neither encrypted nor asks who "
                    "calls: reach it through a tunnel, such as ssh -L %2:localhost:%2 %3, and open "
                    "it at localhost.")
                 .arg(address.text())
                 .arg(address.port)
                 .arg(address.host));
    switch (address.protocol) {
    case InstrumentAddress::Protocol::Asyncroscopy:
        return std::make_unique<Asyncroscopy>(address);
    case InstrumentAddress::Protocol::DtMicroscope:
        return std::make_unique<DtMicroscope>(address);
    case InstrumentAddress::Protocol::Pyro:
        return std::make_unique<Pyro>(address);
    case InstrumentAddress::Protocol::Helmscope:
        break;
    }
    RemoteMicroscope::Settings settings;
    settings.address = address;
    settings.token = tokenFor(address);
    return std::make_unique<RemoteMicroscope>(settings);
}

} // namespace helmscope
