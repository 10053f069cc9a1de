// SPDX-License-Identifier: GPL-3.0-or-later
// For files that declare options: what CLI11 has no words for.
#pragma once

#include "base/error.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace helmscope {

/// A text that one of our parsers accepts.
template <typename Parse>
CLI::Validator parsable(Parse parse)
{
    return CLI::Validator(
        [parse](std::string &text) -> std::string {
            try {
                parse(text);
                return {};
            } catch (const Error &error) {
                return error.what();
            }
        },
        "");
}

/// Only what was said.
template <typename To, typename From>
void take(To &to, const std::optional<From> &from)
{
    if (from)
        to = *from;
}

} // namespace helmscope
