// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/task.h"

#include "base/tr.h"
#include "data/patches.h"
#include "dkl/random.h"

#include <QCryptographicHash>

#include <cmath>

namespace helmscope {

static constexpr int fewestPoints = 10;

static void require(const QString &name, int points)
{
    if (points < fewestPoints)
        fail(Tr::tr("%1 cannot be a task: only %2 of its pixels have a patch and a value; %3 are "
                    "needed.")
                 .arg(name)
                 .arg(points)
                 .arg(fewestPoints));
}

Task::Task(const QString &name, Dataset dataset, Map truth, int patch)
    : m_name(name)
    , m_dataset(std::move(dataset))
    , m_patch(patch)
    , m_patchNumbers(patch * patch)
{
    const Map &values = m_dataset.values;
    if (values.rows() != m_dataset.rows() || values.cols() != m_dataset.cols() ||
        (truth.size() > 0 && (truth.rows() != values.rows() || truth.cols() != values.cols())))
        fail(Tr::tr("%1 cannot be a task: its values have another grid than its image.").arg(name));
    const auto at = [](const Map &map, Pixel pixel) { return map(pixel.row, pixel.col); };
    for (const Pixel pixel : candidatePixels(m_dataset, patch))
        if (std::isfinite(at(values, pixel)) &&
            (truth.size() == 0 || std::isfinite(at(truth, pixel))))
            m_pixels.push_back(pixel);
    require(name, int(m_pixels.size()));
    m_values.resize(Eigen::Index(m_pixels.size()));
    m_truth.resize(m_values.size());
    for (std::size_t i = 0; i < m_pixels.size(); ++i) {
        m_values[Eigen::Index(i)] = double(at(values, m_pixels[i]));
        m_truth[Eigen::Index(i)] = double(at(truth.size() > 0 ? truth : values, m_pixels[i]));
    }
}

Task::Task(const QString &name, LabelledPatches patches)
    : m_name(name)
    , m_patchNumbers(int(patches.inputs.cols()))
    , m_values(std::move(patches.values))
    , m_truth(m_values)
    , m_patches(std::move(patches.inputs))
{
    require(name, int(m_values.size()));
    if (m_patches.rows() != m_values.size() || !m_patches.allFinite() || !m_values.allFinite())
        fail(Tr::tr("%1 cannot be a task: each patch needs one value, all of them finite.")
                 .arg(name));
}

std::size_t Task::bytes() const
{
    return sizeof(float) *
               std::size_t(m_dataset.image.size() + m_dataset.values.size() + m_patches.size()) +
           (2 * sizeof(double) + sizeof(Pixel)) * std::size_t(m_values.size());
}

Eigen::MatrixXf Task::inputs(std::span<const int> points, bool hasPlace) const
{
    Eigen::MatrixXf inputs(Eigen::Index(points.size()), m_patchNumbers);
    std::vector<Pixel> pixels;
    if (hasImage()) {
        for (const int point : points)
            pixels.push_back(m_pixels[std::size_t(point)]);
        inputs = cutPatches(m_dataset, pixels, m_patch);
    } else {
        for (std::size_t i = 0; i < points.size(); ++i)
            inputs.row(Eigen::Index(i)) = m_patches.row(points[i]);
    }
    if (!hasPlace)
        return inputs;
    inputs.conservativeResize(Eigen::NoChange, inputs.cols() + 2);
    inputs.rightCols(2).setZero();
    for (std::size_t i = 0; i < pixels.size(); ++i)
        inputs.row(Eigen::Index(i)).tail(2) << float(pixels[i].row), float(pixels[i].col);
    return inputs;
}

static Eigen::VectorXd some(const Eigen::VectorXd &numbers, std::span<const int> points)
{
    Eigen::VectorXd some(Eigen::Index(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i)
        some[Eigen::Index(i)] = numbers[points[i]];
    return some;
}

Eigen::VectorXd Task::values(std::span<const int> points) const
{
    return some(m_values, points);
}

Eigen::VectorXd Task::truth(std::span<const int> points) const
{
    return some(m_truth, points);
}

LabelledPatches Task::at(std::span<const int> points) const
{
    return {inputs(points, false), values(points)};
}

/// Turned by `quarters` of a turn, mirrored before that.
static Map turned(const Map &map, int quarters, bool isMirrored)
{
    Map turned = isMirrored ? Map(map.rowwise().reverse()) : map;
    for (int i = 0; i < quarters; ++i)
        turned = Map(turned.transpose().colwise().reverse().eval());
    return turned;
}

static void bend(Eigen::Ref<Map> image, double power)
{
    float low = std::numeric_limits<float>::infinity(), high = -low;
    for (const float number : image.reshaped())
        if (std::isfinite(number)) {
            low = std::min(low, number);
            high = std::max(high, number);
        }
    if (high > low)
        image = low + (high - low) * ((image - low) / (high - low)).max(0.f).pow(float(power));
}

Task varied(const Task &task, const Augmentation &how, std::uint64_t seed)
{
    Random random(seed);
    const int quarters = how.turns ? int(4 * random.uniform()) : 0;
    const bool isMirrored = how.turns && random.uniform() < 0.5;
    const auto factor = [&random](double spread) {
        return spread > 0 ? std::pow(1 + spread, 2 * random.uniform() - 1) : 1.;
    };
    const double power = factor(how.contrast), gain = factor(how.gainSpread);
    const double imageNoise = how.imageNoise * random.uniform();
    const double valueNoise = how.valueNoise * random.uniform();

    Task other = task;
    const auto roughen = [&random](auto &&numbers, double deviation) {
        if (deviation > 0)
            for (auto &number : numbers.reshaped())
                number += std::decay_t<decltype(number)>(deviation * random.normal());
    };
    if (task.hasImage()) {
        Dataset dataset = task.m_dataset;
        Map truth = Map::Constant(dataset.values.rows(), dataset.values.cols(),
                                  std::numeric_limits<float>::quiet_NaN());
        for (std::size_t i = 0; i < task.m_pixels.size(); ++i)
            truth(task.m_pixels[i].row, task.m_pixels[i].col) =
                float(task.m_truth[Eigen::Index(i)]);
        for (Map *map : {&dataset.image, &dataset.values, &truth})
            *map = turned(*map, quarters, isMirrored);
        bend(dataset.image, power);
        // Turned, other pixels lie too near to the border: their patches have no whole ring.
        other = Task(task.m_name, std::move(dataset), std::move(truth), task.m_patch);
        roughen(other.m_dataset.image, imageNoise * double(other.m_dataset.image.isFinite()
                                                               .select(other.m_dataset.image, 0)
                                                               .abs()
                                                               .maxCoeff()));
    } else {
        const int side = int(std::lround(std::sqrt(double(task.m_patchNumbers))));
        for (Eigen::Index i = 0; i < other.m_patches.rows(); ++i) {
            const Map patch = Eigen::Map<const Map>(
                Eigen::RowVectorXf(task.m_patches.row(i)).eval().data(), side, side);
            other.m_patches.row(i) =
                turned(patch, quarters, isMirrored).reshaped<Eigen::RowMajor>().transpose();
        }
        // All patches alike, so that they keep their contrast.
        Map all = other.m_patches.array();
        bend(all, power);
        roughen(all, imageNoise * double(all.abs().maxCoeff()));
        other.m_patches = all.matrix();
    }
    other.m_values *= gain;
    other.m_truth *= gain;
    const double spread =
        std::sqrt((other.m_values.array() - other.m_values.mean()).square().mean());
    roughen(other.m_values, valueNoise * spread);
    return other;
}

QString TaskSet::hash() const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const auto *tasks : {&training, &validation}) {
        for (const TaskSource &task : *tasks)
            hash.addData(task.hash.toUtf8() + '\n');
        hash.addData(QByteArrayLiteral("--\n"));
    }
    return QString::fromLatin1(hash.result().toHex());
}

TaskSet split(std::vector<TaskSource> tasks, int every, int fold)
{
    TaskSet set;
    const bool isSplit = every > 1 && int(tasks.size()) >= every;
    for (std::size_t i = 0; i < tasks.size(); ++i)
        (isSplit && int(i) % every == fold % every ? set.validation : set.training)
            .push_back(std::move(tasks[i]));
    return set;
}

} // namespace helmscope
