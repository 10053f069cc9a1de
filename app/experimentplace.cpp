// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/experimentplace.h"

#include "workspace/runrecord.h"

#include <QDir>

namespace helmscope {

namespace {

constexpr int mostSteps = 1'000'000; ///< that a run may have

/// A whole number from 1 on; 0 where there is none.
int numberIn(const LineageNode &node, const char *name)
{
    const LineageProperty *property = node.property(QString::fromLatin1(name));
    const std::optional<double> number = property ? numberOf(property->value) : std::nullopt;
    return number && *number >= 1 && *number <= mostSteps ? int(*number) : 0;
}

} // namespace

QString pathOf(const LineageNode &artifact)
{
    if (artifact.kind != LineageNode::Kind::Artifact || artifact.type == "Metrics")
        return {};
    const QString path = QDir::cleanPath(artifact.name.section(':', 0, 0));
    const bool isBelow = !path.isEmpty() && path != "." && !QDir::isAbsolutePath(path) &&
                         path != ".." && !path.startsWith("../") && !path.contains(QChar::Null);
    return isBelow ? path : QString();
}

std::optional<ExperimentPlace> experimentOf(const LineageNode &node)
{
    ExperimentPlace place;
    if (node.kind == LineageNode::Kind::Execution) {
        const LineageProperty *run = node.property("run");
        place.run = run ? run->value.toString() : QString();
        const int last = numberIn(node, "last_step");
        place.step = last > 0 ? last : numberIn(node, "step");
    } else {
        const QStringList parts = pathOf(node).split('/');
        if (parts.size() < 3 || parts[0] != "runs")
            return std::nullopt;
        place.run = parts[1];
        if (parts.size() > 4 && parts[2] == "run.h5" && parts[3] == "steps") {
            const int step = parts[4].toInt();
            place.step = step > 0 && step <= mostSteps ? step : 0;
        }
    }
    return isRunId(place.run) ? std::optional(place) : std::nullopt;
}

int executionOf(const LineageGraph &graph, const ExperimentPlace &place)
{
    int whole = -1;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const LineageNode &node = graph.nodes[i];
        if (node.kind != LineageNode::Kind::Execution)
            continue;
        const LineageProperty *run = node.property("run");
        if (!run || run->value.toString() != place.run)
            continue;
        const int step = numberIn(node, "step"), first = numberIn(node, "first_step");
        if (place.step > 0 && (step == place.step || (first > 0 && first <= place.step &&
                                                      place.step <= numberIn(node, "last_step"))))
            return int(i);
        // Of survey and exploration, which bear the run alone, the latter is all of it.
        if (step == 0 && first == 0 && (whole < 0 || node.type == "Explore"))
            whole = int(i);
    }
    return whole;
}

} // namespace helmscope
