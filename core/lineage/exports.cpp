// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/exports.h"

#include "lineage/cmfjson.h"
#include "lineage/formats/formats.h"

#include <array>

namespace helmscope {

std::span<const LineageExport> lineageExports()
{
    static const std::array all{
        LineageExport{"svg", "Picture (SVG)", "svg", &svgOf},
        LineageExport{"dot", "Graphviz DOT", "dot", &dotOf},
        LineageExport{"cmf", "Pipeline document of CMF", "json", &graphToCmfJson},
        LineageExport{"openlineage", "OpenLineage run events", "json", &openLineageOf},
        LineageExport{"prov", "W3C PROV-JSON", "json", &provOf},
        LineageExport{"rocrate", "RO-Crate 1.1 metadata (Process Run Crate)", "json", &roCrateOf},
    };
    return all;
}

} // namespace helmscope
