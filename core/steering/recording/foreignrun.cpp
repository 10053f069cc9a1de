// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/foreignrun.h"

#include "base/tr.h"
#include "data/formats.h"
#include "instrument/replay.h"

#include <QFileInfo>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr std::int64_t mostPixels = std::int64_t(1) << 26;
constexpr int mostMethods = 64;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Reads the arrays of one file and checks what they hold.
class Arrays
{
public:
    Arrays(const QString &file, const Progress &progress)
        : m_file(file)
        , m_progress(progress)
        , m_infos(listArrays(file))
    {
    }

    const QList<ArrayInfo> &infos() const { return m_infos; }

    const ArrayInfo *find(const QString &name) const
    {
        for (const ArrayInfo &info : m_infos)
            if (info.path == name)
                return &info;
        return nullptr;
    }

    [[noreturn]] void refuse(const QString &name, const QString &what) const
    {
        fail(Tr::tr("Cannot read the runs in %1: its array '%2' %3.").arg(m_file, name, what));
    }

    Array read(const QString &name, int dimensions, std::int64_t most) const
    {
        const ArrayInfo *info = find(name);
        if (!info)
            fail(Tr::tr("Cannot read the runs in %1: it has no array '%2'.").arg(m_file, name));
        if (info->axes.size() != dimensions)
            refuse(name,
                   Tr::tr("has %1 dimensions, not %2").arg(info->axes.size()).arg(dimensions));
        std::int64_t count = 1;
        for (const Axis &axis : info->axes) {
            if (axis.size < 1 || axis.size > most / count)
                refuse(name, Tr::tr("holds %1 numbers; between 1 and %2 can be")
                                 .arg(info->shapeText())
                                 .arg(most));
            count *= axis.size;
        }
        Array array = readArray({m_file, name}, m_progress);
        if (std::int64_t(array.samples.count()) != count)
            refuse(name, Tr::tr("is not as long as it says"));
        return array;
    }

    /// A map by its shape, also when a side is 1 pixel long.
    Map map(const QString &name) const
    {
        const Array array = read(name, 2, mostPixels);
        Map map(Eigen::Index(array.info.axes[0].size), Eigen::Index(array.info.axes[1].size));
        array.samples.copy(0, array.samples.count(), 1, map.data());
        return map;
    }

    /// Whole numbers from 0 to `limit` - 1.
    std::vector<int> indices(const QString &name, int dimensions, std::int64_t most,
                             std::int64_t limit) const
    {
        const Array array = read(name, dimensions, most);
        std::vector<int> result;
        result.reserve(array.samples.count());
        for (std::size_t i = 0; i < array.samples.count(); ++i) {
            const double number = array.samples.at(i);
            if (!(number >= 0 && number < double(limit)) || number != std::floor(number))
                refuse(name, Tr::tr("holds %1 at place %2; whole numbers from 0 to %3 can be")
                                 .arg(number)
                                 .arg(i + 1)
                                 .arg(limit - 1));
            result.push_back(int(number));
        }
        return result;
    }

private:
    QString m_file;
    Progress m_progress;
    QList<ArrayInfo> m_infos;
};

QStringList methodsIn(const Arrays &arrays)
{
    QStringList methods;
    for (const ArrayInfo &info : arrays.infos())
        if (info.path.startsWith("order_") && info.path.size() > 6)
            methods << info.path.mid(6);
    return methods;
}

QStringList truthsIn(const Arrays &arrays)
{
    QStringList truths;
    for (const ArrayInfo &info : arrays.infos())
        if (info.path.startsWith("truth_"))
            truths << info.path;
    return truths;
}

/// "ei" is EI; "ucb_mu" is UCB (mu): how people write them.
QString nameOfMethod(const QString &method)
{
    const qsizetype at = method.indexOf('_');
    return at > 0 ? QStringLiteral("%1 (%2)").arg(method.left(at).toUpper(), method.mid(at + 1))
                  : method.toUpper();
}

/// What all runs of the file share.
struct Scene
{
    QString file;
    Dataset survey;
    Map truth; ///< NaN where nobody could measure
    QString truthName;
    std::vector<Pixel> pixels;
    int patch = 0;
};

Scene readScene(const QString &file, const Arrays &arrays)
{
    Scene scene;
    scene.file = file;
    scene.survey.title = QFileInfo(file).completeBaseName();
    scene.survey.image = arrays.map("img");
    const Map &image = scene.survey.image;
    if (!image.isFinite().any())
        arrays.refuse("img", Tr::tr("holds no finite number"));
    const QStringList truths = truthsIn(arrays);
    if (truths.size() != 1)
        fail(Tr::tr("Cannot read the runs in %1: it must hold one array 'truth_…', not %2.")
                 .arg(file)
                 .arg(truths.size()));
    scene.truthName = truths.front();
    const Map truth = arrays.map(scene.truthName);
    if (truth.rows() != image.rows() || truth.cols() != image.cols())
        arrays.refuse(scene.truthName, Tr::tr("has %1 × %2 pixels, the image %3 × %4")
                                           .arg(truth.rows())
                                           .arg(truth.cols())
                                           .arg(image.rows())
                                           .arg(image.cols()));

    const auto largest = std::max(image.rows(), image.cols());
    const std::vector<int> places = arrays.indices("indices_rc", 2, 2 * image.size(), largest);
    if (arrays.find("indices_rc")->axes[1].size != 2)
        arrays.refuse("indices_rc", Tr::tr("must have two columns, row and column"));
    scene.truth = Map::Constant(truth.rows(), truth.cols(), float(unknown));
    for (std::size_t i = 0; i + 1 < places.size(); i += 2) {
        const Pixel pixel{places[i], places[i + 1]};
        if (!contains(truth, pixel))
            arrays.refuse(
                "indices_rc",
                Tr::tr("names row %1, column %2, outside the image").arg(pixel.row).arg(pixel.col));
        if (!std::isfinite(truth(pixel.row, pixel.col)))
            arrays.refuse(scene.truthName, Tr::tr("holds no number at row %1, column %2, which "
                                                  "could be measured")
                                               .arg(pixel.row)
                                               .arg(pixel.col));
        scene.truth(pixel.row, pixel.col) = truth(pixel.row, pixel.col);
        scene.pixels.push_back(pixel);
    }
    // The image is cut in squares of this side around the pixels.
    scene.patch = 16;
    if (const ArrayInfo *info = arrays.find("patch")) {
        const int most = int(std::min<Eigen::Index>({image.rows(), image.cols(), 256}));
        scene.patch = arrays.indices("patch", int(info->axes.size()), 1, most + 1).front();
        if (scene.patch < 2)
            arrays.refuse("patch", Tr::tr("must be at least 2"));
    }
    scene.survey.valuesName = QString(scene.truthName.mid(6)).replace('_', ' ');
    return scene;
}

/// A curve by the number of measurements that the model knew: the first is of the seeds alone.
std::vector<double> readCurve(const Arrays &arrays, const QString &name, std::size_t order,
                              std::size_t seeds)
{
    const Array array = arrays.read(name, 1, mostPixels);
    if (array.samples.count() != order)
        arrays.refuse(name,
                      Tr::tr("has %1 numbers, its order %2").arg(array.samples.count()).arg(order));
    std::vector<double> curve(seeds + order, unknown);
    for (std::size_t i = 0; i < order; ++i) {
        const double number = array.samples.at(i);
        if (seeds + i > 0 && std::isfinite(number))
            curve[seeds + i - 1] = number;
    }
    return curve;
}

NamedRun readMethod(const Scene &scene, const Arrays &arrays, const QString &method)
{
    const auto count = std::int64_t(scene.pixels.size());
    const QString orderName = "order_" + method, seedName = "seed_" + method;
    std::vector<int> order = arrays.indices(orderName, 1, count, count);
    std::vector<int> seeds;
    if (arrays.find(seedName))
        seeds = arrays.indices(seedName, 1, count, count);
    std::vector<int> sorted = seeds;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        arrays.refuse(seedName, Tr::tr("names a pixel twice"));
    const std::size_t recorded = order.size();
    const bool isPart = !seeds.empty() && seeds.size() <= order.size() &&
                        std::equal(seeds.begin(), seeds.end(), order.begin());
    if (!isPart)
        order.insert(order.begin(), seeds.begin(), seeds.end());

    auto run = std::make_shared<Run>();
    run->survey = scene.survey;
    run->valueName = scene.survey.valuesName;
    DatasetSources sources;
    sources.image = {scene.file, "img"};
    sources.values = Address{scene.file, scene.truthName};
    run->plan.sample = sources;
    run->plan.patch = scene.patch;
    run->plan.initial.kind = InitialPoints::Kind::Given;
    run->plan.initial.count = int(seeds.size());
    run->plan.steps = int(order.size() - seeds.size());
    for (const AcquisitionRow &row : acquisitions())
        if (method.startsWith(QLatin1String(row.key)))
            run->plan.acquisition.kind = row.kind;
    double best = unknown;
    for (std::size_t i = 0; i < order.size(); ++i) {
        Step step;
        step.number = int(i + 1);
        step.pixel = scene.pixels[std::size_t(order[i])];
        step.reason = i < seeds.size() ? Reason::Initial : Reason::Acquisition;
        step.acquisition = run->plan.acquisition.kind;
        step.acquisitionValue = unknown;
        step.value = double(scene.truth(step.pixel.row, step.pixel.col));
        step.predictedMean = step.predictedDeviation = step.predictedNoise = unknown;
        step.meanDeviation = unknown;
        if (!(step.value <= best))
            best = step.value;
        step.bestValue = best;
        if (i < seeds.size())
            run->plan.initial.given.push_back(step.pixel);
        run->steps.push_back(std::move(step));
    }
    run->outcome = Run::Outcome::Finished;
    run->message = Tr::tr("Recorded by another program: %1.").arg(QFileInfo(scene.file).fileName());

    NamedRun named;
    named.name = nameOfMethod(method);
    named.truth = scene.truth;
    named.isTruthNoisy = true;
    const std::size_t before = isPart ? 0 : seeds.size();
    const QString errors = "mae_" + method, densities = "nlpd_" + method;
    if (arrays.find(errors))
        named.recordedCurves["rmseAll"] = readCurve(arrays, errors, recorded, before);
    if (arrays.find(densities))
        named.recordedCurves["nlpdAll"] = readCurve(arrays, densities, recorded, before);
    if (!named.recordedCurves.empty())
        named.notes << Tr::tr("The curves of %1 came with the recording. What it calls MAE is in "
                              "the program that wrote it the root of the mean squared error; both "
                              "are over all pixels, measured ones too.")
                           .arg(QFileInfo(scene.file).fileName());
    named.run = std::move(run);
    return named;
}

} // namespace

bool holdsForeignRuns(const QString &file)
{
    try {
        const Format &format = formatOf(file);
        if (QLatin1String(format.name) != QLatin1String("NumPy"))
            return false;
        const Arrays arrays(file, unwatched());
        return arrays.find("img") && arrays.find("indices_rc") && !methodsIn(arrays).isEmpty() &&
               !truthsIn(arrays).isEmpty();
    } catch (const Error &) {
        return false;
    }
}

std::vector<NamedRun> readForeignRuns(const QString &file, const Progress &progress)
{
    const Arrays arrays(file, [&progress](double) { return progress(0); });
    const QStringList methods = methodsIn(arrays);
    if (methods.isEmpty() || methods.size() > mostMethods)
        fail(Tr::tr("Cannot read the runs in %1: it must hold 1 to %2 arrays 'order_…', not %3.")
                 .arg(file)
                 .arg(mostMethods)
                 .arg(methods.size()));
    const Scene scene = readScene(file, arrays);
    std::vector<NamedRun> runs;
    for (const QString &method : methods) {
        if (!progress(double(runs.size()) / double(methods.size())))
            fail(Tr::tr("Stopped."));
        runs.push_back(readMethod(scene, arrays, method));
    }
    progress(1);
    return runs;
}

std::unique_ptr<Microscope> openForeign(const NamedRun &foreign)
{
    if (foreign.truth.size() == 0)
        fail(Tr::tr("'%1' cannot be explored anew: it came without the truth.").arg(foreign.name));
    Dataset dataset = foreign.run->survey;
    dataset.values = foreign.truth;
    return std::make_unique<Replay>(std::move(dataset));
}

Plan planLike(const NamedRun &foreign)
{
    const Plan &theirs = foreign.run->plan;
    Plan plan;
    plan.sample = theirs.sample;
    plan.patch = theirs.patch;
    plan.initial = theirs.initial;
    if (plan.initial.given.empty()) {
        plan.initial.kind = InitialPoints::Kind::Random;
        plan.initial.count = InitialPoints().count;
    }
    plan.steps = theirs.steps;
    return plan;
}

} // namespace helmscope
