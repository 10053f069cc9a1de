// SPDX-License-Identifier: GPL-3.0-or-later
// The readers of artifactcontent.cpp and artifactarrays.cpp; for these sources only.
#pragma once

#include "app/artifactcontent.h"

namespace helmscope {

// Each throws Error where it cannot.
void readArrays(const QString &file, ArtifactContent &content, const Progress &progress);
void readModel(const QString &file, ArtifactContent &content);
void readWholeRun(const QString &runFile, ArtifactContent &content, const Progress &progress);
/// "survey", or "steps/<number>/<spectrum, value, maps or model>".
void readPiece(const QString &runFile, const QString &piece, ArtifactContent &content,
               const Progress &progress);

/// Curves of columns that are numbers, over a first column that increases, or over the rows.
void sketchTable(ArtifactContent &content);

} // namespace helmscope
