// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/tr.h"

namespace helmscope {

/// What the hub does not do for this request: an Error with the HTTP status to say it with.
class Refusal : public Error
{
public:
    Refusal(int httpStatus, const QString &sentence)
        : Error(sentence.toStdString())
        , status(httpStatus)
    {
    }
    const int status;
};

[[noreturn]] inline void refuse(int status, const QString &sentence)
{
    throw Refusal(status, sentence);
}

} // namespace helmscope
