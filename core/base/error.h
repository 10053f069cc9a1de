// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace helmscope {

/// What could not be done, in one sentence for the user that names the thing and the remedy.
class Error : public std::runtime_error
{
public:
    explicit Error(const std::string &sentence)
        : std::runtime_error(sentence)
    {
    }
};

} // namespace helmscope
