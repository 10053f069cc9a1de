// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/transfer/innerlearning.h"

#include <functional>
#include <memory>

namespace helmscope {

/// The processes that learn together, started by mpirun or Slurm; one by itself otherwise, and
/// where the program was built without MPI. Make one at the beginning of main() and keep it to the
/// end.
class Processes
{
public:
    Processes();
    Processes(const Processes &) = delete;
    Processes &operator=(const Processes &) = delete;
    ~Processes();

    int count() const { return m_count; }
    int number() const { return m_number; } ///< 0: the one that speaks and writes
    /// The numbers that process `from` has come to all.
    void share(float *numbers, std::size_t count, int from) const;
    void share(double *numbers, std::size_t count, int from) const;
    /// Whether all say so: one that was told to stop, or failed, takes the others with it.
    bool doAllSay(bool isSo) const;
    /// Whether the program can work with several processes at all.
    static bool isBuiltIn();

private:
    int m_count = 1, m_number = 0;
};

/// What does the work: threads of this process, and other processes.
struct Workers
{
    int jobs = 1;                         ///< threads of each process
    const Processes *processes = nullptr; ///< null: this one alone
    bool isFirst() const { return !processes || processes->number() == 0; }
};

/// What one task says: a direction and its loss.
struct TaskAnswer
{
    NetworkState direction; ///< no weights: the task had nothing to say
    double loss = 0;
};

/// Asks all of `count` tasks, shared out among the workers, and adds their directions up in the
/// order of the tasks: the sum is the same, bit for bit, however many workers there are. Rethrows
/// the first failure. `zero` has the directions' sizes. Returns the mean loss of those that
/// answered, NaN without any.
double summedUp(const Workers &workers, int count, const std::function<TaskAnswer(int)> &ask,
                NetworkState &zero);

/// Runs `work` for 0 ... count - 1 on the threads of this process. Rethrows the first failure.
void forAll(int jobs, int count, const std::function<void(int)> &work);

} // namespace helmscope
