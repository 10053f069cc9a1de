// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

namespace helmscope {

static QString quoted(QString text)
{
    text = printable(text);
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").remove('\r');
    return '"' + text + '"';
}

QByteArray dotOf(const LineageGraph &graph)
{
    QString text = "digraph lineage {\n    rankdir=LR;\n    node [fontname=\"DejaVu Sans\", "
                   "fontsize=10];\n    edge [color=\"#666666\"];\n";
    for (const LineageNode &node : graph.nodes) {
        const bool isArtifact = node.kind == LineageNode::Kind::Artifact;
        const QString shape =
            isArtifact ? (node.type == "Model" ? "component" : "ellipse") : "box, style=rounded";
        text += QStringLiteral("    %1 [label=%2, shape=%3, tooltip=%4];\n")
                    .arg(quoted(uniqueName(node)), quoted(node.shortName() + '\n' + node.type),
                         shape, quoted(node.name));
    }
    for (const LineageEdge &edge : graph.edges)
        text += QStringLiteral("    %1 -> %2;\n")
                    .arg(quoted(uniqueName(graph.nodes[std::size_t(edge.from)])),
                         quoted(uniqueName(graph.nodes[std::size_t(edge.to)])));
    return (text + "}\n").toUtf8();
}

} // namespace helmscope
