// SPDX-License-Identifier: GPL-3.0-or-later
//
// In a run file:
//   /live/images   [surveys, image rows, image cols] float32: the survey images taken during the
//                  run, in the order of the steps they stand before; all NaN where one was lost
//   /live/spectra  [checks, channels] float32: the reference's, likewise; absent with values
//   /live/step, /live/text   liveToJson() of each step, in rows of at most orderBytes bytes
#include "steering/live/liverecord.h"

#include "base/json.h"
#include "base/tr.h"
#include "data/imaging/registration.h"
#include "steering/recording/runlayout.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr double largest = std::numeric_limits<double>::max();
constexpr int mostEvents = 1000; // before one step

QJsonValue valueOf(double number)
{
    return std::isfinite(number) ? QJsonValue(number) : QJsonValue();
}

double numberAt(const QJsonObject &object, const char *key, const QString &where)
{
    const QString name = QString::fromLatin1(key);
    return object.value(name).isNull() ? std::nan("")
                                       : number(object, name, 0, -largest, largest, where);
}

QJsonArray toJson(Pixel pixel)
{
    return {pixel.row, pixel.col};
}

Pixel pixelAt(const QJsonObject &object, const char *key, const QString &where)
{
    constexpr int absent = -1'000'000; // the beam may be meant to go beside the scan, not so far
    const QJsonArray pair = object.value(QString::fromLatin1(key)).toArray();
    const Pixel pixel{pair.at(0).toInt(absent), pair.at(1).toInt(absent)};
    if (pair.size() != 2 || pixel.row == absent || pixel.col == absent)
        fail(Tr::tr("Cannot use %1: '%2' is no pixel [row, column].")
                 .arg(where, QString::fromLatin1(key)));
    return pixel;
}

QJsonArray listAt(const QJsonObject &object, const char *key, const QString &where)
{
    const QJsonArray list = object.value(QString::fromLatin1(key)).toArray();
    if (list.size() > mostEvents)
        fail(Tr::tr("Cannot use %1: '%2' has %3 entries.")
                 .arg(where, QString::fromLatin1(key))
                 .arg(list.size()));
    return list;
}

QJsonArray toJson(const PatchFlaws &flaws)
{
    QJsonArray words;
    if (flaws.isBlurred)
        words << "blurred";
    if (flaws.isSaturated)
        words << "saturated";
    if (flaws.isBlank)
        words << "blank";
    if (flaws.isCharged)
        words << "charged";
    return words;
}

} // namespace

QJsonObject liveToJson(const Step &step)
{
    if (step.known < 0)
        return {};
    QJsonObject object{{"known", step.known}};
    if (step.beam != step.pixel)
        object["beam"] = toJson(step.beam);
    if (step.driftRows != 0 || step.driftCols != 0) {
        object["driftRows"] = valueOf(step.driftRows);
        object["driftCols"] = valueOf(step.driftCols);
        object["driftXNm"] = valueOf(step.driftXNm);
        object["driftYNm"] = valueOf(step.driftYNm);
        if (step.isDriftExtrapolated)
            object["driftExtrapolated"] = true;
    }
    if (step.flaws.any())
        object["flaws"] = toJson(step.flaws);
    QJsonArray surveys, references;
    for (const Resurvey &taken : step.surveys)
        surveys.append(QJsonObject{{"rows", valueOf(taken.rows)},
                                   {"cols", valueOf(taken.cols)},
                                   {"quality", valueOf(taken.quality)},
                                   {"rival", valueOf(taken.rival)},
                                   {"isTrusted", taken.isTrusted},
                                   {"sharpness", valueOf(taken.sharpness)},
                                   {"time", double(taken.timeMs)}});
    for (const ReferenceCheck &check : step.references)
        references.append(QJsonObject{{"pixel", toJson(check.pixel)},
                                      {"beam", toJson(check.beam)},
                                      {"value", valueOf(check.value)},
                                      {"change", valueOf(check.change)},
                                      {"dwellSeconds", valueOf(check.dwellSeconds)},
                                      {"dose", valueOf(check.dose)}});
    if (!surveys.isEmpty())
        object["surveys"] = surveys;
    if (!references.isEmpty())
        object["references"] = references;
    return object;
}

void liveFromJson(const QJsonObject &object, Step &step, const QString &where)
{
    step.known = -1;
    step.beam = step.pixel;
    if (object.isEmpty())
        return;
    step.known = integer(object, "known", 0, 0, 1 << 30, where);
    if (object.contains("beam"))
        step.beam = pixelAt(object, "beam", where);
    if (object.contains("driftRows")) {
        step.driftRows = numberAt(object, "driftRows", where);
        step.driftCols = numberAt(object, "driftCols", where);
        step.driftXNm = numberAt(object, "driftXNm", where);
        step.driftYNm = numberAt(object, "driftYNm", where);
        step.isDriftExtrapolated = flag(object, "driftExtrapolated", false, where);
    }
    for (const QJsonValue &word : listAt(object, "flaws", where)) {
        step.flaws.isBlurred |= word == "blurred";
        step.flaws.isSaturated |= word == "saturated";
        step.flaws.isBlank |= word == "blank";
        step.flaws.isCharged |= word == "charged";
    }
    for (const QJsonValue &value : listAt(object, "surveys", where)) {
        const QJsonObject one = value.toObject();
        Resurvey taken;
        taken.rows = numberAt(one, "rows", where);
        taken.cols = numberAt(one, "cols", where);
        taken.quality = numberAt(one, "quality", where);
        taken.rival = numberAt(one, "rival", where);
        taken.isTrusted = flag(one, "isTrusted", false, where);
        taken.sharpness = numberAt(one, "sharpness", where);
        taken.timeMs = std::int64_t(number(one, "time", 0, 0, 9e15, where));
        step.surveys.push_back(std::move(taken));
    }
    for (const QJsonValue &value : listAt(object, "references", where)) {
        const QJsonObject one = value.toObject();
        ReferenceCheck check;
        check.pixel = pixelAt(one, "pixel", where);
        check.beam = pixelAt(one, "beam", where);
        check.value = numberAt(one, "value", where);
        check.change = numberAt(one, "change", where);
        check.dwellSeconds = numberAt(one, "dwellSeconds", where);
        check.dose = numberAt(one, "dose", where);
        step.references.push_back(std::move(check));
    }
}

namespace livelists {

static const QString images = QStringLiteral("live/images");
static const QString spectra = QStringLiteral("live/spectra");
static const QString texts = QStringLiteral("live/text");
static const QString numbers = QStringLiteral("live/step");

void make(Hdf5File &file, const Dataset &survey, int channels)
{
    file.makeGroup("live");
    file.makeGrowing(images, Samples::Type::Float32, {survey.image.rows(), survey.image.cols()});
    if (channels > 0)
        file.makeGrowing(spectra, Samples::Type::Float32, {channels});
    file.makeGrowing(numbers, Samples::Type::Int32, {});
    file.makeGrowingTexts(texts, runlayout::orderBytes);
}

void append(Hdf5File &file, const Step &step, const Dataset &survey, int channels)
{
    constexpr float lost = std::numeric_limits<float>::quiet_NaN();
    for (const Resurvey &taken : step.surveys) {
        const Map image = taken.image
                              ? *taken.image
                              : Map::Constant(survey.image.rows(), survey.image.cols(), lost);
        file.append(images, std::span<const float>(image.data(), std::size_t(image.size())));
    }
    for (const ReferenceCheck &check : step.references) {
        if (channels == 0)
            break;
        const Eigen::VectorXf spectrum = check.spectrum.size() == channels
                                             ? check.spectrum
                                             : Eigen::VectorXf::Constant(channels, lost);
        file.append(spectra, std::span<const float>(spectrum.data(), std::size_t(spectrum.size())));
    }
    const QByteArray text = QJsonDocument(liveToJson(step)).toJson(QJsonDocument::Compact);
    for (qsizetype at = 0; at < text.size(); at += runlayout::orderBytes) { // plain ASCII
        file.append(texts, QString::fromLatin1(text.mid(at, runlayout::orderBytes)));
        const double number = step.number;
        file.append(numbers, std::span<const double>(&number, 1));
    }
}

bool areIn(const Hdf5File &file)
{
    return file.has(texts);
}

static void readTexts(const Hdf5File &file, const QString &name, Run &run)
{
    const QStringList parts = file.readTexts(texts);
    const std::optional<ArrayInfo> info = file.describe(numbers);
    if (!info || info->axes.size() != 1)
        fail(Tr::tr("Cannot read the run %1: '%2' is no list.").arg(name, numbers));
    const std::int64_t rows = std::min<std::int64_t>(parts.size(), info->axes.front().size);
    const std::vector<double> of =
        rows > 0 ? file.readRows(numbers, 0, rows) : std::vector<double>();
    for (std::size_t i = 0; i < of.size();) {
        const double number = of[i];
        QByteArray text;
        for (; i < of.size() && of[i] == number; ++i)
            text += parts[int(i)].toLatin1();
        if (!(number >= 1 && number <= double(run.steps.size())))
            continue; // of the step that was cut off
        const QString where = Tr::tr("what was watched before step %1 in %2").arg(number).arg(name);
        const QJsonDocument document = QJsonDocument::fromJson(text);
        if (!document.isObject())
            fail(Tr::tr("Cannot use %1: it is no JSON object.").arg(where));
        liveFromJson(document.object(), run.steps[std::size_t(number) - 1], where);
    }
}

/// The rows of a list that has this shape, as far as they are there.
static std::int64_t rowsOf(const Hdf5File &file, const QString &list, const QString &name,
                           const std::vector<std::int64_t> &shape)
{
    const std::optional<ArrayInfo> info = file.describe(list);
    bool fits = info && info->axes.size() == qsizetype(shape.size()) + 1;
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
        fits = info->axes[qsizetype(i) + 1].size == shape[i];
    if (!fits)
        fail(Tr::tr("Cannot read the run %1: '%2' has not the shape of what it is to hold.")
                 .arg(name, list));
    return info->axes.front().size;
}

void read(const Hdf5File &file, const QString &name, Run &run)
{
    readTexts(file, name, run);
    const Eigen::Index rows = run.survey.image.rows(), cols = run.survey.image.cols();
    const std::int64_t taken = rowsOf(file, images, name, {rows, cols});
    const Eigen::Index channels = run.energies.channels();
    const std::int64_t checked =
        channels > 0 ? rowsOf(file, spectra, name, {std::int64_t(channels)}) : 0;
    std::int64_t image = 0, check = 0;
    for (Step &step : run.steps) {
        for (Resurvey &survey : step.surveys) {
            if (image >= taken)
                break;
            const std::vector<float> floats = file.readFloats(images, image++, 1);
            if (std::int64_t(floats.size()) != rows * cols)
                fail(Tr::tr("Cannot read the run %1: '%2' could not be read whole.")
                         .arg(name, images));
            const Map map = Eigen::Map<const Map>(floats.data(), rows, cols);
            if (map.isNaN().all())
                continue;
            survey.image = std::make_shared<const Map>(map);
            if (std::hypot(survey.rows, survey.cols) < double(rows + cols)) // not from a wild file
                survey.laid = std::make_shared<const Map>(moved(map, -survey.rows, -survey.cols));
        }
        for (ReferenceCheck &reference : step.references) {
            if (check >= checked)
                break;
            const std::vector<float> floats = file.readFloats(spectra, check++, 1);
            const Eigen::Map<const Eigen::VectorXf> spectrum(floats.data(),
                                                             Eigen::Index(floats.size()));
            if (floats.size() == std::size_t(channels) && !spectrum.array().isNaN().all())
                reference.spectrum = spectrum;
        }
    }
}

} // namespace livelists

} // namespace helmscope
