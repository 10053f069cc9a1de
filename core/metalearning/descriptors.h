// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/task.h"

#include <array>

namespace helmscope {

/// What a set of tasks looks like in a few numbers, to find sets that are alike.
struct TaskDescriptor
{
    struct Number
    {
        const char *key;
        const char *meaning;
        double scale; ///< a difference that counts as one
    };
    static constexpr std::array<Number, 6> numbers{{
        {"detail", "log of the distance over which patches stay alike, image pixels", 0.5},
        {"imageSkew", "skewness of the patches' centres", 0.7},
        {"valueSkew", "skewness of the values", 0.7},
        {"likeness", "rank correlation of centre and value, its size", 0.2},
        {"contrast", "deviation within a patch over that of the image", 0.2},
        {"tasks", "log of the number of tasks", 1.5},
    }};
    std::array<double, 6> values{};

    QJsonObject toJson() const;
    static TaskDescriptor fromJson(const QJsonObject &object, const QString &where);
    /// Root of the mean squared difference, each number in its scale.
    double distance(const TaskDescriptor &other) const;
};

/// Averaged over at most `most` of the tasks, evenly taken.
TaskDescriptor describe(const std::vector<TaskSource> &tasks, int patch, int most = 12);

} // namespace helmscope
