// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QByteArray>

#include <span>

namespace helmscope {

/// One format in which a lineage, or a part of one, can be given away.
struct LineageExport
{
    const char *key;    ///< of the command line
    const char *name;   ///< as its users call it; not translated
    const char *suffix; ///< of files, without the dot
    QByteArray (*write)(const LineageGraph &graph);
};

/// The table of formats; a new one is a file in formats/ and a row here.
std::span<const LineageExport> lineageExports();

} // namespace helmscope
