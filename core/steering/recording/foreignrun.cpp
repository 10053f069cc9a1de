// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/foreignrun.h"

#include "base/error.h"
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats.h"

#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr int largestSide = 16384;
constexpr std::int64_t mostSteps = 1'000'000;

/// What is in the file, by name.
std::map<QString, ArrayInfo> arraysIn(const QString &file)
{
    std::map<QString, ArrayInfo> found;
    for (const ArrayInfo &info : listArrays(file))
        found[info.path] = info;
    return found;
}

const ArrayInfo *truthIn(const std::map<QString, ArrayInfo> &arrays)
{
    for (const auto &[name, info] : arrays)
        if (name.startsWith("truth_") && info.axes.size() == 2)
            return &info;
    return nullptr;
}

/// One reading of one file.
class Reader
{
public:
    Reader(const QString &file, const Progress &progress)
        : m_file(file)
        , m_progress(progress)
        , m_arrays(arraysIn(file))
    {
    }

    std::vector<NamedRun> read()
    {
        const ArrayInfo *truth = truthIn(m_arrays);
        if (!truth)
            wrong("truth_", Tr::tr("is missing"));
        if (std::count_if(m_arrays.begin(), m_arrays.end(),
                          [](const auto &one) { return one.first.startsWith("truth_"); }) > 1)
            wrong("truth_", Tr::tr("is there more than once"));
        m_image = map("img");
        m_truth = map(truth->path);
        if (m_image.rows() != m_truth.rows() || m_image.cols() != m_truth.cols())
            wrong(truth->path, Tr::tr("is not as large as the image"));
        m_truthName = truth->path;
        if (!m_image.isFinite().any())
            wrong("img", Tr::tr("holds no number"));
        readPixels();
        readPatch();
        std::vector<NamedRun> runs;
        for (const auto &[name, info] : m_arrays)
            if (name.startsWith("order_"))
                runs.push_back(readRun(name.mid(6)));
        if (runs.empty())
            wrong("order_", Tr::tr("is missing"));
        return runs;
    }

private:
    [[noreturn]] void wrong(const QString &array, const QString &what) const
    {
        fail(Tr::tr("Cannot read the runs in %1: '%2' %3.").arg(m_file, array, what));
    }

    std::vector<double> list(const QString &name, std::int64_t most) const
    {
        const auto found = m_arrays.find(name);
        if (found == m_arrays.end())
            return {};
        if (found->second.axes.size() > 1 || found->second.count() > most)
            wrong(name, Tr::tr("is no list of at most %1 numbers").arg(most));
        const Array array = readArray({m_file, name}, m_progress);
        std::vector<double> numbers;
        for (std::size_t i = 0; i < array.samples.count(); ++i)
            numbers.push_back(array.samples.at(i));
        return numbers;
    }

    Map map(const QString &name) const
    {
        const auto found = m_arrays.find(name);
        if (found == m_arrays.end())
            wrong(name, Tr::tr("is missing"));
        const QList<Axis> &axes = found->second.axes;
        if (axes.size() != 2 || axes[0].size < 2 || axes[1].size < 2 ||
            axes[0].size > largestSide || axes[1].size > largestSide)
            wrong(name, Tr::tr("is no image"));
        return readArray({m_file, name}, m_progress).toMap();
    }

    void readPixels()
    {
        const auto found = m_arrays.find("indices_rc");
        if (found == m_arrays.end() || found->second.axes.size() != 2 ||
            found->second.axes[1].size != 2 || found->second.count() > 2 * m_image.size())
            wrong("indices_rc", Tr::tr("is no list of rows and columns"));
        const Array array = readArray({m_file, "indices_rc"}, m_progress);
        for (std::size_t i = 0; i + 1 < array.samples.count(); i += 2) {
            const double row = array.samples.at(i), col = array.samples.at(i + 1);
            if (!(row >= 0 && row < double(m_image.rows()) && col >= 0 &&
                  col < double(m_image.cols())) ||
                row != std::floor(row) || col != std::floor(col))
                wrong("indices_rc", Tr::tr("names a pixel outside of the image"));
            m_pixels.push_back({int(row), int(col)});
        }
        // Elsewhere nobody could measure; what the truth says there is only filling.
        Map known = Map::Constant(m_truth.rows(), m_truth.cols(), std::nanf(""));
        for (const Pixel &pixel : m_pixels) {
            known(pixel.row, pixel.col) = m_truth(pixel.row, pixel.col);
            if (!std::isfinite(known(pixel.row, pixel.col)))
                wrong(m_truthName,
                      Tr::tr("holds no number at row %1, column %2").arg(pixel.row).arg(pixel.col));
        }
        m_truth = known;
    }

    void readPatch()
    {
        if (!m_arrays.contains("patch"))
            return;
        const std::vector<double> patch = list("patch", 1);
        const auto most = double(std::min({m_image.rows(), m_image.cols(), Eigen::Index(256)}));
        if (patch.size() != 1 || !(patch[0] >= 2 && patch[0] <= most) ||
            patch[0] != std::floor(patch[0]))
            wrong("patch", Tr::tr("is no side of a square of the image"));
        m_patch = int(patch[0]);
    }

    std::vector<Pixel> path(const QString &name) const
    {
        std::vector<Pixel> pixels;
        for (const double number : list(name, mostSteps)) {
            if (!(number >= 0 && number < double(m_pixels.size())) || number != std::floor(number))
                wrong(name, Tr::tr("holds %1, which is no pixel's number").arg(number));
            pixels.push_back(m_pixels[std::size_t(number)]);
        }
        return pixels;
    }

    /// The model was judged before it chose the next pixel: a number per step, after that step.
    std::vector<double> curve(const QString &name, std::size_t recorded, std::size_t known) const
    {
        const std::vector<double> numbers = list(name, mostSteps);
        if (numbers.empty())
            return {};
        if (numbers.size() != recorded)
            wrong(name, Tr::tr("has not as many numbers as its order"));
        std::vector<double> curve(known + recorded, std::nan(""));
        for (std::size_t i = 0; i < recorded; ++i)
            if (known + i > 0 && std::isfinite(numbers[i]))
                curve[known + i - 1] = numbers[i];
        return curve;
    }

    NamedRun readRun(const QString &method) const
    {
        const std::vector<Pixel> seeds = path("seed_" + method);
        std::vector<Pixel> order = path("order_" + method);
        std::vector<Pixel> sorted = seeds;
        std::sort(sorted.begin(), sorted.end());
        if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
            wrong("seed_" + method, Tr::tr("names a pixel twice"));
        const std::size_t recorded = order.size();
        const bool isSeedsPart = !seeds.empty() && seeds.size() <= order.size() &&
                                 std::equal(seeds.begin(), seeds.end(), order.begin());
        if (isSeedsPart)
            order.erase(order.begin(), order.begin() + std::ptrdiff_t(seeds.size()));
        Run run;
        run.survey.title = QFileInfo(m_file).completeBaseName();
        run.survey.image = m_image;
        run.survey.provenance << Provenance{"image", m_file, "img", "NumPy", {}};
        run.valueName = QString(m_truthName).mid(6).replace('_', ' ');
        Plan &plan = run.plan;
        DatasetSources sources;
        sources.image = {m_file, "img"};
        sources.values = Address{m_file, m_truthName};
        plan.sample = sources;
        plan.patch = m_patch;
        plan.initial.kind = InitialPoints::Kind::Given;
        plan.initial.count = int(seeds.size());
        plan.initial.given = seeds;
        plan.steps = int(order.size());
        plan.acquisition.kind = method.startsWith("ucb")  ? Acquisition::UpperConfidenceBound
                                : method.startsWith("ei") ? Acquisition::ExpectedImprovement
                                                          : Acquisition::Random;
        double best = std::nan("");
        for (std::size_t i = 0; i < seeds.size() + order.size(); ++i) {
            const bool isSeed = i < seeds.size();
            Step step;
            step.number = int(i + 1);
            step.pixel = isSeed ? seeds[i] : order[i - seeds.size()];
            step.reason = isSeed ? Reason::Initial : Reason::Acquisition;
            step.acquisition = plan.acquisition.kind;
            step.value = double(m_truth(step.pixel.row, step.pixel.col));
            step.acquisitionValue = step.predictedMean = step.predictedDeviation =
                step.predictedNoise = step.meanDeviation = std::nan("");
            if (std::isfinite(step.value) && !(best >= step.value))
                best = step.value;
            step.bestValue = best;
            run.steps.push_back(std::move(step));
        }
        run.outcome = Run::Outcome::Finished;
        run.message =
            helmscope::recorded("Recorded by another program, method %1: no maps are kept.")
                .arg(method);

        NamedRun named;
        named.name = Tr::tr("%1 of %2").arg(method, run.survey.title);
        named.truth = m_truth;
        named.isForeign = true;
        const std::size_t known = isSeedsPart ? 0 : seeds.size(); // before the first of the order
        const std::vector<double> errors = curve("mae_" + method, recorded, known);
        const std::vector<double> densities = curve("nlpd_" + method, recorded, known);
        if (!errors.empty())
            named.recordedCurves["rmseAll"] = errors;
        if (!densities.empty())
            named.recordedCurves["nlpdAll"] = densities;
        if (!named.recordedCurves.empty())
            named.notes << Tr::tr("%1: its curves came with it. What it calls MAE is in the "
                                  "program that writes such files the root of the mean squared "
                                  "error; both are over all pixels, measured ones too: compare "
                                  "them with RMSE and NLPD of all pixels.")
                               .arg(run.survey.title);
        named.run = std::make_shared<const Run>(std::move(run));
        return named;
    }

    const QString m_file;
    const Progress &m_progress;
    const std::map<QString, ArrayInfo> m_arrays;
    Map m_image, m_truth;
    QString m_truthName;
    std::vector<Pixel> m_pixels;
    int m_patch = 16;
};

} // namespace

bool holdsForeignRuns(const QString &file)
{
    if (QFileInfo(file).suffix().compare("npz", Qt::CaseInsensitive) != 0)
        return false;
    try {
        const std::map<QString, ArrayInfo> arrays = arraysIn(file);
        return arrays.contains("img") && arrays.contains("indices_rc") && truthIn(arrays) &&
               std::any_of(arrays.begin(), arrays.end(),
                           [](const auto &one) { return one.first.startsWith("order_"); });
    } catch (const Error &) {
        return false;
    }
}

std::vector<NamedRun> readForeignRuns(const QString &file, const Progress &progress)
{
    return Reader(file, progress).read();
}

Plan planLike(const NamedRun &foreign)
{
    Plan plan = foreign.run->plan;
    plan.model = presets().front().settings;
    if (plan.acquisition.kind == Acquisition::Random)
        plan.acquisition = {};
    return plan;
}

} // namespace helmscope
