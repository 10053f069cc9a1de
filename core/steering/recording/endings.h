// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

/// Why a run has ended. Records and versions say it in English, whoever steered; windows in their
/// own language: see inwords.h.
enum class Ending { Done, TimeIsUp, Plateau, Exhausted, Stopped, StoppedBy, CutOff };

/// The sentence as it is recorded, with %1 ... for its numbers; %2 of StoppedBy is a sentence.
QString recordedText(Ending ending);

} // namespace helmscope
