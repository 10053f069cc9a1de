// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/metasettings.h"
#include "metalearning/workers.h"

#include <memory>
#include <mutex>
#include <optional>

namespace helmscope {

/// Where meta-training of a network stands: a value that can be saved after any iteration.
struct MetaState
{
    NetworkState network;
    NetworkState momentum, square; ///< of the outer steps; empty before the first
    int iterations = 0;            ///< done
    std::vector<double> losses;    ///< of each: mean over its tasks, before they learnt
    bool operator==(const MetaState &other) const;
};

/// Learns weights and kernel that tasks' own learning goes well from: Reptile, first-order MAML or
/// joint training. Every draw follows from seed, iteration and the task's place in it, so that a
/// training that was interrupted goes on as though it had not been.
class MetaLearner
{
public:
    /// `tasks` must outlive it. Throws Error where settings make no sense or there is no task.
    MetaLearner(const MetaSettings &settings, const std::vector<TaskSource> &tasks);

    const MetaSettings &settings() const { return m_settings; }
    const MetaState &state() const { return m_state; }
    /// Goes on from there; throws Error when it does not fit the settings.
    void resume(MetaState state);

    bool isFinished() const { return m_state.iterations >= m_settings.iterations; }
    /// One iteration: some tasks learn, the network moves.
    void iterate(const Workers &workers);

private:
    TaskAnswer ask(int iteration, int slot) const;
    std::shared_ptr<const Task> taskAt(std::size_t index) const;
    void move(const NetworkState &sum);

    MetaSettings m_settings;
    const std::vector<TaskSource> &m_tasks;
    MetaState m_state;
    // Tasks made before, as many as fit: making one may take longer than learning on it.
    mutable std::mutex m_mutex;
    mutable std::vector<std::shared_ptr<const Task>> m_made;
    mutable std::size_t m_bytes = 0;
};

/// One outer step, on its own for tests. `sum`: of all tasks' directions, start - end for Reptile,
/// the gradient otherwise. Reptile: momentum' = m momentum + sum / tasks (or sum), network -= rate
/// momentum'. Others: Adam.
void outerStep(const MetaSettings &settings, const NetworkState &sum, MetaState &state);

/// Writes all or nothing; reads what was written, for these settings and tasks (`taskHash`), else
/// throws Error that says what is different. Inner steps that were still to be chosen (0) become
/// those that were.
void writeCheckpoint(const QString &file, const MetaSettings &settings, const QString &taskHash,
                     const MetaState &state);
MetaState readCheckpoint(const QString &file, MetaSettings &settings, const QString &taskHash);

} // namespace helmscope
