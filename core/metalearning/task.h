// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/dataset.h"
#include "dkl/transfer/innerlearning.h"

#include <functional>
#include <span>

namespace helmscope {

/// One sample to learn to learn on: patches of an image, and the value measured at each.
class Task
{
public:
    Task() = default;
    /// The grid pixels of `dataset` whose patch lies inside its image and whose value is finite.
    /// `truth`: the values without noise, where they are known; else empty. Throws Error naming the
    /// task when fewer than ten pixels are left.
    Task(const QString &name, Dataset dataset, Map truth, int patch);
    /// Patches that were cut by somebody else: no image, and their places are unknown (0).
    Task(const QString &name, LabelledPatches patches);

    const QString &name() const { return m_name; }
    int size() const { return int(m_values.size()); }
    int patchNumbers() const { return m_patchNumbers; }
    std::size_t bytes() const; ///< it takes in memory, about
    bool hasImage() const { return m_dataset.image.size() > 0; }

    /// [points, numbers of a patch (+ row and column)].
    Eigen::MatrixXf inputs(std::span<const int> points, bool hasPlace) const;
    Eigen::VectorXd values(std::span<const int> points) const;
    Eigen::VectorXd truth(std::span<const int> points) const; ///< the values where none is known
    LabelledPatches at(std::span<const int> points) const;

private:
    friend Task varied(const Task &, const struct Augmentation &, std::uint64_t);
    QString m_name;
    Dataset m_dataset;
    int m_patch = 0, m_patchNumbers = 0;
    std::vector<Pixel> m_pixels;
    Eigen::VectorXd m_values, m_truth; ///< one each
    Eigen::MatrixXf m_patches;         ///< instead of an image
};

/// How a task is varied each time it is learnt on; what is 0 or false stays as it is.
struct Augmentation
{
    bool turns = true;     ///< by quarters of a turn, and mirrored
    double contrast = 0.3; ///< the image's range is bent by a power of 1/(1 + c) to 1 + c at most
    double imageNoise = 0; ///< of the image's range, at most
    double valueNoise = 0; ///< of the values' deviation, at most
    double gainSpread = 0; ///< values are multiplied by 1/(1 + g) to 1 + g: a detector's gain
    bool operator==(const Augmentation &) const = default;
};
Task varied(const Task &task, const Augmentation &augmentation, std::uint64_t seed);

/// Where a task comes from: made only while it is learnt on, so that hundreds fit into memory.
struct TaskSource
{
    QString name;
    QString family; ///< "cubes", "recorded", "run", "labels"
    QString hash;   ///< of what it is made from: SHA-256 of the files, or of the settings
    std::function<Task(int patch)> make;
};

/// Named tasks, some of them held out.
struct TaskSet
{
    std::vector<TaskSource> training, validation;
    /// SHA-256 over the hashes of all, in order.
    QString hash() const;
};

/// Every `every`-th task, from `fold` on, is for validation: fold 0 ... every - 1 cross-validate.
/// Of fewer than `every` tasks none is.
TaskSet split(std::vector<TaskSource> tasks, int every, int fold = 0);

} // namespace helmscope
