// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/workers.h"

#include "base/tr.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#ifdef HELMSCOPE_MPI
#include <mpi.h>
#endif

namespace helmscope {

#ifdef HELMSCOPE_MPI

/// Only under a launcher: MPI_Init by itself is slow and wants a network.
static bool isLaunched()
{
    for (const char *name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK"})
        if (qEnvironmentVariableIsSet(name))
            return true;
    return false;
}

Processes::Processes()
{
    if (!isLaunched())
        return;
    int provided = 0;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        fail(Tr::tr("MPI could not be started."));
    MPI_Comm_size(MPI_COMM_WORLD, &m_count);
    MPI_Comm_rank(MPI_COMM_WORLD, &m_number);
}

Processes::~Processes()
{
    int isInitialized = 0, isFinalized = 0;
    MPI_Initialized(&isInitialized);
    MPI_Finalized(&isFinalized);
    if (isInitialized && !isFinalized)
        MPI_Finalize();
}

template <typename Number>
static void shared(Number *numbers, std::size_t count, int from, MPI_Datatype type)
{
    constexpr std::size_t most = std::size_t(1) << 28; // MPI counts in int
    for (std::size_t done = 0; done < count; done += most)
        if (MPI_Bcast(numbers + done, int(std::min(most, count - done)), type, from,
                      MPI_COMM_WORLD) != MPI_SUCCESS)
            fail(Tr::tr("Another process of the training is gone."));
}

void Processes::share(float *numbers, std::size_t count, int from) const
{
    if (m_count > 1)
        shared(numbers, count, from, MPI_FLOAT);
}

void Processes::share(double *numbers, std::size_t count, int from) const
{
    if (m_count > 1)
        shared(numbers, count, from, MPI_DOUBLE);
}

bool Processes::doAllSay(bool isSo) const
{
    int mine = isSo, all = isSo;
    if (m_count > 1)
        MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return all != 0;
}

bool Processes::isBuiltIn()
{
    return true;
}

#else

Processes::Processes() = default;
Processes::~Processes() = default;
void Processes::share(float *, std::size_t, int) const {}
void Processes::share(double *, std::size_t, int) const {}
bool Processes::doAllSay(bool isSo) const
{
    return isSo;
}
bool Processes::isBuiltIn()
{
    return false;
}

#endif

void forAll(int jobs, int count, const std::function<void(int)> &work)
{
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto labour = [&] {
        for (int i = next++; i < count; i = next++) {
            try {
                work(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure)
                    failure = std::current_exception();
                next = count;
            }
        }
    };
    std::vector<std::thread> threads;
    for (int job = 1; job < std::min(jobs, count); ++job)
        threads.emplace_back(labour);
    labour();
    for (std::thread &thread : threads)
        thread.join();
    if (failure)
        std::rethrow_exception(failure);
}

double summedUp(const Workers &workers, int count, const std::function<TaskAnswer(int)> &ask,
                NetworkState &sum)
{
    const Processes *processes = workers.processes;
    const int all = processes ? processes->count() : 1;
    const int mine = processes ? processes->number() : 0;
    double loss = 0;
    int answered = 0;
    // As many at a time as there are workers: answers are as large as the network.
    const int round = all * std::max(workers.jobs, 1);
    for (int first = 0; first < count; first += round) {
        const int last = std::min(first + round, count);
        std::vector<TaskAnswer> answers(std::size_t(last - first));
        std::exception_ptr failure;
        try {
            std::vector<int> own;
            for (int i = first; i < last; ++i)
                if (i % all == mine)
                    own.push_back(i);
            forAll(workers.jobs, int(own.size()), [&](int i) {
                answers[std::size_t(own[std::size_t(i)] - first)] = ask(own[std::size_t(i)]);
            });
        } catch (...) {
            failure = std::current_exception();
        }
        if (processes && !processes->doAllSay(!failure) && !failure)
            fail(Tr::tr("Another process of the training failed."));
        if (failure)
            std::rethrow_exception(failure);
        for (int i = first; i < last; ++i) {
            TaskAnswer &answer = answers[std::size_t(i - first)];
            const int from = i % all;
            double head[2] = {answer.direction.weights.size() > 0 ? 1. : 0., answer.loss};
            if (processes)
                processes->share(head, 2, from);
            if (head[0] == 0)
                continue;
            answer.direction.weights.conservativeResize(sum.weights.size());
            answer.direction.kernel.conservativeResize(sum.kernel.size());
            if (processes) {
                processes->share(answer.direction.weights.data(), std::size_t(sum.weights.size()),
                                 from);
                processes->share(answer.direction.kernel.data(), std::size_t(sum.kernel.size()),
                                 from);
            }
            sum.weights += answer.direction.weights;
            sum.kernel += answer.direction.kernel;
            loss += head[1];
            ++answered;
        }
    }
    return answered > 0 ? loss / answered : std::numeric_limits<double>::quiet_NaN();
}

} // namespace helmscope
