// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/metalearner.h"

#include "base/tr.h"
#include "instrument/noise.h"
#include "steering/choosing.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

static constexpr int fewestPoints = 8;

MetaLearner::MetaLearner(const MetaSettings &settings, const std::vector<TaskSource> &tasks)
    : m_settings(settings)
    , m_tasks(tasks)
{
    check(settings);
    if (settings.method == MetaSettings::Method::Priors)
        fail(Tr::tr("Priors are not learnt by steps."));
    if (settings.innerSteps == 0)
        fail(Tr::tr("The number of inner steps has not been chosen yet."));
    if (tasks.empty())
        fail(Tr::tr("There is no task to learn on."));
    m_made.resize(tasks.size());
    m_state.network = NetworkState::random(settings.model, settings.patch * settings.patch);
}

void MetaLearner::resume(MetaState state)
{
    if (state.network.weights.size() != m_state.network.weights.size() ||
        state.network.kernel.size() != m_state.network.kernel.size() || !state.network.isFinite() ||
        state.iterations < 0 || int(state.losses.size()) != state.iterations)
        fail(Tr::tr("The state of the training does not fit its settings."));
    for (const NetworkState *moment : {&state.momentum, &state.square})
        if (moment->weights.size() > 0 &&
            (moment->weights.size() != state.network.weights.size() ||
             moment->kernel.size() != state.network.kernel.size() || !moment->isFinite()))
            fail(Tr::tr("The state of the training does not fit its settings."));
    m_state = std::move(state);
}

std::shared_ptr<const Task> MetaLearner::taskAt(std::size_t index) const
{
    constexpr std::size_t mostBytes = std::size_t(256) << 20;
    {
        const std::lock_guard lock(m_mutex);
        if (m_made[index])
            return m_made[index];
    }
    const auto task = std::make_shared<const Task>(m_tasks[index].make(m_settings.patch));
    if (task->patchNumbers() != m_settings.patch * m_settings.patch)
        fail(Tr::tr("%1 has patches of %2 numbers, and patches of %3 × %3 pixels are learnt.")
                 .arg(task->name())
                 .arg(task->patchNumbers())
                 .arg(m_settings.patch));
    const std::lock_guard lock(m_mutex);
    if (!m_made[index] && m_bytes + task->bytes() <= mostBytes) {
        m_bytes += task->bytes();
        m_made[index] = task;
    }
    return task;
}

TaskAnswer MetaLearner::ask(int iteration, int slot) const
{
    RandomBits bits = bitsOf(m_settings.seed, {iteration, slot});
    const std::size_t index =
        std::min(std::size_t(uniform(bits) * double(m_tasks.size())), m_tasks.size() - 1);
    const Task task = varied(*taskAt(index), m_settings.augmentation, bits());
    int points = m_settings.points;
    if (m_settings.variesPoints) // log-uniform: few points are what it is for
        points = int(std::lround(
            fewestPoints *
            std::pow(double(std::max(points, fewestPoints)) / fewestPoints, uniform(bits))));
    const auto batch = [&] { return task.at(drawnFrom(task.size(), points, bits())); };

    NetworkState start = m_state.network;
    if (!m_settings.learnsKernel)
        start.kernel = NetworkState::random(m_settings.model, task.patchNumbers()).kernel;
    InnerLearning learning(m_settings.model, start);
    TaskAnswer answer;
    answer.loss = std::numeric_limits<double>::quiet_NaN();
    NetworkState gradient;
    if (m_settings.method == MetaSettings::Method::Joint) {
        learning.setBatch(batch());
        answer.loss = learning.gradient(gradient);
        if (std::isfinite(answer.loss))
            answer.direction = std::move(gradient);
        return answer;
    }
    for (int step = 0; step < m_settings.innerSteps; ++step) {
        if (step == 0 || m_settings.hasMiniBatches)
            learning.setBatch(batch());
        const double loss = learning.step();
        if (!std::isfinite(loss)) // a task that leads nowhere has no say
            return answer;
        if (step == 0)
            answer.loss = loss;
    }
    if (m_settings.method == MetaSettings::Method::Maml) {
        learning.setBatch(batch());
        if (std::isfinite(learning.gradient(gradient)))
            answer.direction = std::move(gradient);
        return answer;
    }
    const NetworkState end = learning.state();
    answer.direction.weights = start.weights - end.weights;
    answer.direction.kernel = start.kernel - end.kernel;
    return answer;
}

void MetaLearner::iterate(const Workers &workers)
{
    const NetworkState &network = m_state.network;
    NetworkState sum{Eigen::VectorXf::Zero(network.weights.size()),
                     Eigen::VectorXd::Zero(network.kernel.size())};
    const int iteration = m_state.iterations;
    const double loss = summedUp(
        workers, m_settings.tasks, [&](int slot) { return ask(iteration, slot); }, sum);
    if (!m_settings.learnsKernel)
        sum.kernel.setZero();
    MetaState next = m_state;
    outerStep(m_settings, sum, next);
    if (next.network.isFinite())
        m_state = std::move(next);
    ++m_state.iterations;
    m_state.losses.push_back(loss);
}

/// One of Adam's steps on one array.
template <typename Array>
static void adamStep(Array &at, const Array &gradient, Array &mean, Array &square, double rate,
                     int step)
{
    using Scalar = typename Array::Scalar;
    constexpr double decay1 = 0.9, decay2 = 0.999;
    mean = Scalar(decay1) * mean + Scalar(1 - decay1) * gradient;
    square = Scalar(decay2) * square + Scalar(1 - decay2) * gradient.cwiseAbs2();
    const Scalar first = Scalar(rate / (1 - std::pow(decay1, step)));
    const Scalar second = Scalar(1 / (1 - std::pow(decay2, step)));
    at.array() -= first * mean.array() / ((second * square.array()).sqrt() + Scalar(1e-8));
}

void outerStep(const MetaSettings &settings, const NetworkState &sum, MetaState &state)
{
    const double done =
        settings.iterations > 1
            ? std::min(1., double(state.iterations) / double(settings.iterations - 1))
            : 0;
    const double rate = settings.outerRate + done * (settings.lastOuterRate - settings.outerRate);
    const double share = settings.sumsTasks ? 1 : 1. / settings.tasks;
    const auto zero = [&state] {
        return NetworkState{Eigen::VectorXf::Zero(state.network.weights.size()),
                            Eigen::VectorXd::Zero(state.network.kernel.size())};
    };
    if (settings.method == MetaSettings::Method::Reptile) {
        if (settings.momentum == 0) {
            state.network.weights -= float(rate * share) * sum.weights;
            state.network.kernel -= rate * share * sum.kernel;
            return;
        }
        if (state.momentum.weights.size() == 0)
            state.momentum = zero();
        NetworkState &m = state.momentum;
        m.weights = float(settings.momentum) * m.weights + float(share) * sum.weights;
        m.kernel = settings.momentum * m.kernel + share * sum.kernel;
        state.network.weights -= float(rate) * m.weights;
        state.network.kernel -= rate * m.kernel;
        return;
    }
    if (state.momentum.weights.size() == 0) {
        state.momentum = zero();
        state.square = zero();
    }
    const int step = state.iterations + 1;
    const Eigen::VectorXf weights = float(share) * sum.weights;
    const Eigen::VectorXd kernel = share * sum.kernel;
    adamStep(state.network.weights, weights, state.momentum.weights, state.square.weights, rate,
             step);
    // A kernel has few numbers and far to go.
    adamStep(state.network.kernel, kernel, state.momentum.kernel, state.square.kernel,
             std::min(10 * rate, 1.), step);
}

} // namespace helmscope
