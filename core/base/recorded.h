// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

/// A text that goes into a record: English with %1 ... for its parts, whoever steers, so that a
/// record reads and is searched alike at every site. Windows show it by inWords() of
/// steering/recording/inwords.h, whose table has a row for each of them.
inline QString recorded(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace helmscope
