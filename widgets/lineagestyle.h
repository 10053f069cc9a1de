// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"
#include "widgets/theme.h"

#include <QPainterPath>

#include <array>

namespace helmscope {

/// What an artifact or an execution looks like: each class has a colour and a shape of its own, so
/// that neither is needed to tell them apart.
enum class LineageClass {
    Execution,
    Dataset,
    Model,
    Metrics,
    StepMetrics,
    Dataslice,
    Environment,
    Label,
    Other
};
constexpr int lineageClassCount = 9;

LineageClass classOf(const LineageNode &node);
QString className(LineageClass which);             ///< in the plural, of a legend
QString classCount(LineageClass which, int count); ///< "3 models"
QColor colourOf(LineageClass which, const Theme &theme);

/// The mark of a class within [-0.5, 0.5] × [-0.5, 0.5].
const QPainterPath &markOf(LineageClass which);

/// The mark as an icon of lists; follows no theme by itself.
QIcon markIcon(LineageClass which, const Theme &theme);

/// What a node is called in a graph: its short name; of an execution without a name its stage
/// alone, for the uuid is in the caption; of a run's parts which step they are of.
QString titleOf(const LineageNode &node);

/// The line under a node's name: the type and what tells it from others of that type: the time of
/// an execution, the numbers of metrics, the first characters of a hash.
QString captionOf(const LineageNode &node);

/// The first seven characters of a content hash or uuid.
QString shortHash(const QString &uri);

/// Day and time in the user's zone, seconds included; empty for 0.
QString timeText(qint64 milliseconds);

/// A value as people read it: numbers with the figures they have, at most 12 of them; texts in one
/// line.
QString propertyText(const QVariant &value);

} // namespace helmscope
