// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QString>

/// What the Error says that `act` throws; empty when it throws none.
template <typename Act>
QString sentenceOf(Act &&act)
{
    try {
        act();
    } catch (const helmscope::Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}
