// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/runfile.h"

#include <string>

namespace helmscope {

/// The run file that a word of the command line means: itself, or of a run's folder its run.h5.
/// Throws Error when there is none.
QString runFileOf(const std::string &word);
/// How a run is known: the name of its folder in a workspace, else of its file.
QString runIdOf(const QString &file);

} // namespace helmscope
