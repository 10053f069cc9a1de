// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace helmscope {

/// A text that records hold, English, in the context helmscope::Tr.
struct Sentence
{
    const char *text;
    const char *words = ""; ///< which of %1 ... are words ("13"); the others are numbers
};

/// Of all modules, and in their older wordings: what was recorded once is shown for ever.
std::span<const Sentence> sentences();

} // namespace helmscope
