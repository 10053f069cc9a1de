// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/descriptors.h"

#include "base/json.h"
#include "base/tr.h"
#include "metalearning/trial.h"

#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace helmscope {

static double skewnessOf(const Eigen::ArrayXd &numbers)
{
    const Eigen::ArrayXd apart = numbers - numbers.mean();
    const double spread = std::sqrt(apart.square().mean());
    return spread > 0 ? (apart / spread).cube().mean() : 0;
}

static Eigen::ArrayXd ranksOf(const Eigen::ArrayXd &numbers)
{
    std::vector<int> order(std::size_t(numbers.size()));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return numbers[a] < numbers[b]; });
    Eigen::ArrayXd ranks(numbers.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        ranks[order[i]] = double(i);
    return ranks;
}

static double correlationOf(const Eigen::ArrayXd &a, const Eigen::ArrayXd &b)
{
    const Eigen::ArrayXd x = a - a.mean(), y = b - b.mean();
    const double product = std::sqrt(x.square().sum() * y.square().sum());
    return product > 0 ? (x * y).sum() / product : 0;
}

TaskDescriptor describe(const std::vector<TaskSource> &tasks, int patch, int most)
{
    constexpr int points = 400;
    TaskDescriptor described;
    const int count = std::min(most, int(tasks.size()));
    for (int i = 0; i < count; ++i) {
        const Task task = tasks[std::size_t(i) * tasks.size() / std::size_t(count)].make(patch);
        std::vector<int> some = orderOf(task, 1);
        some.resize(std::min<std::size_t>(some.size(), points));
        const Eigen::ArrayXXd patches = task.inputs(some, false).cast<double>().array();
        const Eigen::ArrayXd values = task.values(some).array();
        const int middle = (patch / 2) * patch + patch / 2;
        const Eigen::ArrayXd centres = patches.col(middle);
        // From the centre to the right, until half of the likeness is gone.
        int reach = 1;
        while (reach < patch / 2 - 1 && correlationOf(centres, patches.col(middle + reach)) > 0.5)
            ++reach;
        const double whole = std::sqrt((centres - centres.mean()).square().mean());
        const double within =
            std::sqrt((patches.colwise() - patches.rowwise().mean()).square().mean());
        const std::array<double, 6> found{
            std::log(double(reach)),
            skewnessOf(centres),
            skewnessOf(values),
            std::abs(correlationOf(ranksOf(centres), ranksOf(values))),
            whole > 0 ? std::min(within / whole, 3.) : 0,
            std::log(double(tasks.size()))};
        for (std::size_t number = 0; number < found.size(); ++number)
            described.values[number] += found[number] / count;
    }
    return described;
}

double TaskDescriptor::distance(const TaskDescriptor &other) const
{
    double squares = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double apart = (values[i] - other.values[i]) / numbers[i].scale;
        squares += apart * apart;
    }
    return std::sqrt(squares / double(numbers.size()));
}

QJsonObject TaskDescriptor::toJson() const
{
    QJsonObject object;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        object[QLatin1String(numbers[i].key)] = values[i];
    return object;
}

TaskDescriptor TaskDescriptor::fromJson(const QJsonObject &object, const QString &where)
{
    TaskDescriptor descriptor;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        descriptor.values[i] =
            number(object, QString::fromLatin1(numbers[i].key), 0, -1e6, 1e6, where);
    return descriptor;
}

} // namespace helmscope
