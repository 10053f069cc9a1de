// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/exports.h"

#include "lineage/formats/formats.h"

#include <array>

namespace helmscope {

std::span<const LineageExport> lineageExports()
{
    static const std::array<LineageExport, 4> all{{
        {"openlineage", "OpenLineage run events", "json", &openLineageOf},
        {"dot", "Graphviz DOT", "dot", &dotOf},
        {"prov", "W3C PROV-JSON", "json", &provOf},
        {"rocrate", "RO-Crate 1.1 metadata", "json", &roCrateOf},
    }};
    return all;
}

} // namespace helmscope
