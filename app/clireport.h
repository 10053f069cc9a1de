// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/blas.h"
#include "steering/experiment.h"

#include <QJsonObject>

namespace helmscope {

/// A run as `--json` tells it.
QJsonObject toJson(const Run &run, const QString &runFile, const Blas &blas, int threads);
/// A run in words, on stdout.
void printSummary(const Run &run);
/// Judged after the last step that learnt; nothing where no truth is known.
std::optional<Quality> qualityOf(const Run &run);

/// How it ended and where it is saved (`file`, may be empty); answers the exit code.
int tellEnd(const Run &run, const QString &file, bool isQuiet);

using Explore = std::function<Run(const Progress &, const OnStep &, const OnStart &)>;
/// Explores with a bar on stderr that tells of each step and its warnings; SIGINT stops it.
Run exploreAloud(const Explore &how, const OnStart &onStart, const OnStep &onStep);

} // namespace helmscope
