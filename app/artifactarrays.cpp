// SPDX-License-Identifier: GPL-3.0-or-later
// Artifacts that are numbers: arrays of files, runs and their pieces, models.
#include "app/artifactparts.h"
#include "base/tr.h"
#include "data/formats.h"
#include "dkl/deepkernel.h"
#include "steering/recording/inwords.h"
#include "steering/recording/runfile.h"
#include "steering/trust.h"

#include <QFile>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr qint64 mostArrayBytes = 256LL << 20;
constexpr qint64 mostModelBytes = 128LL << 20;
constexpr std::size_t mostImages = 6;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const Map> shared(Map map)
{
    return std::make_shared<const Map>(std::move(map));
}

QString withUnit(const QString &name, const QString &unit)
{
    return unit.isEmpty() ? name : Tr::tr("%1 (%2)", "name (unit)").arg(name, unit);
}

Sketch sketchOf(const Array &array)
{
    Sketch sketch;
    Sketch::Curve curve;
    curve.y = array.toList();
    const Axis axis = array.info.axes.isEmpty() ? Axis() : array.info.axes.last();
    for (std::size_t i = 0; i < curve.y.size(); ++i)
        curve.x.push_back(axis.values.size() == curve.y.size() || axis.values.empty()
                              ? axis.at(std::int64_t(i))
                              : double(i));
    sketch.xName = withUnit(axis.name.isEmpty() ? Tr::tr("Index") : inWords(axis.name), axis.unit);
    sketch.yName = inWords(array.info.quantity.isEmpty() ? array.info.title : array.info.quantity);
    sketch.curves.push_back(std::move(curve));
    return sketch;
}

ArtifactContent::Image imageOf(const QString &name, const QString &unit, const Map &map,
                               Colormap colormap, double pixelSizeNm)
{
    return {name, unit, shared(map), colormap, pixelSizeNm};
}

void addSurvey(const Run &run, ArtifactContent &content)
{
    const Dataset &survey = run.survey;
    content.images.push_back(imageOf(survey.imageQuantity.isEmpty() ? Tr::tr("Survey image")
                                                                    : inWords(survey.imageQuantity),
                                     {}, survey.image, Colormap::Gray, survey.pixelSizeNm));
}

void addMaps(const Run &run, const Belief &belief, ArtifactContent &content)
{
    const double size = run.survey.gridPixelSizeNm();
    content.images.push_back(
        imageOf(Tr::tr("Mean"), inWords(run.valueUnit), belief.mean, Colormap::Viridis, size));
    content.images.push_back(imageOf(Tr::tr("Uncertainty σ"), inWords(run.valueUnit),
                                     belief.deviation, Colormap::Cividis, size));
    content.images.push_back(
        imageOf(Tr::tr("Acquisition"), {}, belief.acquisition, Colormap::Magma, size));
}

template <class Number>
void addCurve(Sketch &sketch, const QString &name, const Run &run, Number number)
{
    Sketch::Curve curve{name, {}, {}};
    bool hasAny = false;
    for (const Step &step : run.steps) {
        curve.x.push_back(step.number);
        curve.y.push_back(number(step));
        hasAny = hasAny || std::isfinite(curve.y.back());
    }
    if (hasAny)
        sketch.curves.push_back(std::move(curve));
}

QString stepText(const Step &step, const Run &run)
{
    return Tr::tr("Step %1, pixel (%2, %3): measured %4 %5.")
        .arg(step.number)
        .arg(step.pixel.row)
        .arg(step.pixel.col)
        .arg(step.value, 0, 'g', 4)
        .arg(inWords(run.valueUnit))
        .replace(" .", ".");
}

} // namespace

void readArrays(const QString &file, ArtifactContent &content, const Progress &progress)
{
    const QList<ArrayInfo> arrays = listArrays(file);
    QStringList passed;
    for (const ArrayInfo &info : arrays) {
        const QString name = info.title.isEmpty() ? info.path : inWords(info.title);
        const qint64 size = Samples::sizeOf(info.type);
        const bool isSmall = info.count() > 0 && info.count() <= mostArrayBytes / size;
        const auto isLong = [](const Axis &axis) { return axis.size > 1; };
        const auto dimensions = std::count_if(info.axes.begin(), info.axes.end(), isLong);
        const bool isShown =
            content.images.size() < mostImages && isSmall && (dimensions == 1 || dimensions == 2);
        if (!isShown) {
            passed << Tr::tr("%1: %2", "array, shape")
                          .arg(name.isEmpty() ? Tr::tr("array") : name, info.shapeText());
            continue;
        }
        const Array array = readArray({file, info.path}, progress);
        if (dimensions == 1)
            content.sketches.push_back(sketchOf(array));
        else
            content.images.push_back(imageOf(name, info.quantity, array.toMap(), Colormap::Gray,
                                             nanometresPerStep(info.axes[info.axes.size() - 1])));
    }
    if (!passed.isEmpty())
        content.sentence += (content.sentence.isEmpty() ? QString() : QStringLiteral(" ")) +
                            Tr::tr("Not shown: %1.").arg(passed.mid(0, 12).join("; "));
}

void readModel(const QString &file, ArtifactContent &content)
{
    QFile in(file);
    if (in.size() > mostModelBytes)
        fail(Tr::tr("%1 is too large for a model of ours.").arg(QFileInfo(file).fileName()));
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    const DeepKernel model = DeepKernel::deserialize(in.readAll().toStdString());
    const DeepKernelSettings &settings = model.settings();
    const auto add = [&content](const QString &name, const QString &value) {
        content.table.rows.push_back({name, value});
    };
    const auto numbers = [](const auto &values) {
        QStringList texts;
        for (Eigen::Index i = 0; i < values.size() && i < 12; ++i)
            texts << QString::number(double(values.data()[i]), 'g', 4);
        if (values.size() > 12)
            texts << QStringLiteral("…");
        return texts.join(", ");
    };
    content.table.header = {Tr::tr("Model"), Tr::tr("Value")};
    using Features = DeepKernelSettings::Features;
    if (settings.features == Features::Network) {
        QStringList widths;
        for (int width : settings.hidden)
            widths << QString::number(width);
        add(Tr::tr("Features"), Tr::tr("a network of %1, to %2")
                                    .arg(widths.join(QStringLiteral(" – ")))
                                    .arg(settings.embedding));
    } else {
        add(Tr::tr("Features"), settings.features == Features::Rings
                                    ? Tr::tr("rings about the centre")
                                    : Tr::tr("%1 principal components").arg(settings.embedding));
    }
    add(Tr::tr("Kernel"), settings.kernel == DeepKernelSettings::Kernel::Rbf
                              ? Tr::tr("squared exponential")
                              : Tr::tr("Matérn 5/2"));
    add(Tr::tr("Noise"), settings.noise == DeepKernelSettings::Noise::Counting
                             ? Tr::tr("of counting")
                             : Tr::tr("constant"));
    add(Tr::tr("Cycles"), QString::number(settings.cycles));
    add(Tr::tr("Seed"), QString::number(settings.seed));
    if (model.isTrained()) {
        add(Tr::tr("Training points"), QString::number(model.points()));
        add(Tr::tr("Outputs"), QString::number(model.outputs()));
        add(Tr::tr("Lengthscales"), numbers(model.lengthscales()));
        add(Tr::tr("Scale, one deviation"), numbers(model.scaleDeviation()));
        add(Tr::tr("Noise, one deviation"), numbers(model.noiseDeviation()));
    } else {
        add(Tr::tr("Training points"), Tr::tr("not trained"));
    }
    add(Tr::tr("Hash"), QStringLiteral("%1").arg(model.hash(), 16, 16, QChar('0')));
}

void readWholeRun(const QString &runFile, ArtifactContent &content, const Progress &progress)
{
    const Run run = readRunAt(runFile, 0, part(progress, 0, 0.7));
    addSurvey(run, content);
    const QString steps = Tr::tr("Step");
    Sketch value{steps, withUnit(inWords(run.valueName), inWords(run.valueUnit)), {}};
    addCurve(value, Tr::tr("measured"), run, [](const Step &s) { return s.value; });
    addCurve(value, Tr::tr("best"), run, [](const Step &s) { return s.bestValue; });
    Sketch deviation{steps, withUnit(Tr::tr("Mean uncertainty"), inWords(run.valueUnit)), {}};
    addCurve(deviation, {}, run, [](const Step &s) { return s.meanDeviation; });
    Sketch quality{steps, Tr::tr("Quality"), {}};
    addCurve(quality, QStringLiteral("R²"), run,
             [](const Step &s) { return s.quality ? s.quality->r2 : missing; });
    addCurve(quality, Tr::tr("coverage"), run,
             [](const Step &s) { return s.quality ? s.quality->coverage95 : missing; });
    for (Sketch *sketch : {&value, &deviation, &quality})
        if (!sketch->isEmpty())
            content.sketches.push_back(std::move(*sketch));
    if (run.steps.empty())
        return;
    // The newest maps that were kept.
    for (int number = int(run.steps.size()); number > 0 && number > int(run.steps.size()) - 50;
         --number)
        if (run.steps[std::size_t(number) - 1].mapsHash != 0) {
            const Run at = readRunAt(runFile, number, part(progress, 0.7, 1));
            if (const auto &belief = at.steps[std::size_t(number) - 1].belief) {
                addMaps(run, *belief, content);
                break;
            }
        }
    content.sentence +=
        (content.sentence.isEmpty() ? "" : " ") +
        Tr::tr("%1 steps of %2.").arg(run.steps.size()).arg(inWords(run.survey.title));
}

void readPiece(const QString &runFile, const QString &piece, ArtifactContent &content,
               const Progress &progress)
{
    if (!QFileInfo(runFile).isFile())
        fail(Tr::tr("%1 is not in this workspace.").arg(QFileInfo(runFile).filePath()));
    const QStringList parts = piece.split('/');
    if (piece == "survey") {
        addSurvey(readRunAt(runFile, 0, progress), content);
        return;
    }
    const int number = parts.value(1).toInt();
    if (parts.size() != 3 || parts[0] != "steps" || number < 1)
        fail(Tr::tr("'%1' is no piece of a run.").arg(piece));
    const Run run = readRunAt(runFile, number, progress);
    const Step &step = run.steps[std::size_t(number) - 1];
    content.sentence = stepText(step, run);
    if (parts[2] == "spectrum" && step.spectrum.size() > 0) {
        Sketch sketch{
            withUnit(inWords(run.energies.name), run.energies.unit), Tr::tr("Counts"), {}};
        Sketch::Curve curve{{}, run.energies.values, {}};
        for (Eigen::Index i = 0; i < step.spectrum.size(); ++i)
            curve.y.push_back(double(step.spectrum[i]));
        sketch.curves.push_back(std::move(curve));
        content.sketches.push_back(std::move(sketch));
    } else if (parts[2] == "maps") {
        if (step.belief)
            addMaps(run, *step.belief, content);
        else
            content.sentence += ' ' + Tr::tr("Its maps were not kept: the plan keeps those of some "
                                             "steps only.");
    } else if (parts[2] == "model") {
        if (!step.losses.empty()) {
            Sketch sketch{Tr::tr("Training cycle"), Tr::tr("Loss"), {}};
            Sketch::Curve curve{{}, {}, step.losses};
            for (std::size_t i = 0; i < step.losses.size(); ++i)
                curve.x.push_back(double(i + 1));
            sketch.curves.push_back(std::move(curve));
            content.sketches.push_back(std::move(sketch));
        }
        content.sentence += ' ' + Tr::tr("Of the models between, the run keeps the hash and how "
                                         "they learnt; the last one is in model.dkl.");
    }
}

void sketchTable(ArtifactContent &content)
{
    const auto &table = content.table;
    if (table.rows.size() < 3)
        return;
    const auto column = [&table](int index) {
        std::vector<double> numbers;
        for (const QStringList &row : table.rows) {
            bool isNumber = false;
            const double number = row[index].toDouble(&isNumber);
            numbers.push_back(isNumber ? number : missing);
        }
        return numbers;
    };
    const auto isMostlyNumbers = [](const std::vector<double> &numbers) {
        return 2 * std::count_if(numbers.begin(), numbers.end(),
                                 [](double n) { return std::isfinite(n); }) >
               std::ptrdiff_t(numbers.size());
    };
    // Over what counts: a column that increases from row to row.
    int over = -1;
    std::vector<double> xs;
    for (int i = 0; i < table.header.size() && over < 0; ++i) {
        xs = column(i);
        if (std::all_of(xs.begin(), xs.end(), [](double x) { return std::isfinite(x); }) &&
            std::adjacent_find(xs.begin(), xs.end(), std::greater_equal<>()) == xs.end())
            over = i;
    }
    if (over < 0) {
        xs.resize(table.rows.size());
        for (std::size_t i = 0; i < xs.size(); ++i)
            xs[i] = double(i + 1);
    }
    // What people look for first; else the first that are numbers.
    static const QStringList telling{"value", "measured_value", "loss", "r2", "rmse"};
    QList<int> chosen;
    for (const QString &name : telling)
        if (const auto index = int(table.header.indexOf(name)); index >= 0)
            chosen << index;
    for (int i = 0; i < table.header.size(); ++i)
        if (i != over && !chosen.contains(i))
            chosen << i;
    constexpr int mostSketches = 3;
    for (int i : chosen) {
        std::vector<double> ys = column(i);
        if (!isMostlyNumbers(ys) || content.sketches.size() >= std::size_t(mostSketches))
            continue;
        content.sketches.push_back({over < 0 ? Tr::tr("Row") : table.header[over],
                                    table.header[i],
                                    {{{}, xs, std::move(ys)}}});
    }
}

} // namespace helmscope
