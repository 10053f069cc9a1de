// SPDX-License-Identifier: GPL-3.0-or-later
//
// Layout of a run file, version 2 (HDF5, written for one writer and many readers, SWMR):
//
//   /                     attributes: format "helmscope-run", version, program, created (ISO 8601,
//   UTC), plan
//                         (JSON), title, imageQuantity, imageRatio, pixelSizeNm (of an image pixel,
//                         0 unknown), valueName, valueUnit, provenance (JSON: role, file, array,
//                         format, sha256), warnings
//   /survey/image         [rows * imageRatio, cols * imageRatio] float32
//   /energies             [channels] float64, attributes name and unit; absent where values were
//   measured /spectra              [steps, channels] float32, as measured; absent likewise
//   /steps/...            one list a column, an entry per step: those of runlayout.h, each with its
//   meaning and
//                         unit as attributes, and lossCount
//   /steps/number         written last: a step is whole when this list and all others have its
//   entry /losses/values        the losses of all trainings one after another, lossCount of each
//   step /maps/...             step, nextRow, nextCol (-1: none): [kept]; mean, deviation, noise,
//   acquisition:
//                         [kept, rows, cols] float32, NaN outside the candidates. The plan's
//                         mapsEvery says which steps' are kept; the last one's always are
//   /scalarizers/...      step, text: the scalarizer (JSON, as in the plan) that holds from this
//   step on /notes/...            step, kind (0: what the operator changed before it, 1: a
//   warning), text /log/...              outcome, message: one text each, once the run has ended
//   /live/...             told in live/liverecord.cpp, where the plan watches over the instrument
//   /model/...            size: bytes of the model after the last step, once the run has ended;
//   bytes:
//                         [rows, 65536] uint8, the last row filled up with zeros
//
// After the start nothing but appends happens, so that a kill leaves every finished step readable.
#include "steering/recording/runfile.h"

#include "base/tr.h"
#include "steering/live/liverecord.h"
#include "steering/recording/rundigests.h"
#include "steering/recording/runlayout.h"
#include "steering/recording/stepline.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>
#include <limits>
#include <utility>

namespace helmscope {

using namespace runlayout;

/// What Hdf5File would do to a file that is there already is none of its users' business.
static const QString &absentFile(const QString &file)
{
    if (QFileInfo::exists(file))
        fail(Tr::tr("Cannot record the run in %1: the file exists already. Choose another name.")
                 .arg(file));
    return file;
}

static QString provenanceText(const QList<Provenance> &provenance)
{
    QJsonArray rows;
    for (const Provenance &source : provenance)
        rows.append(QJsonObject{{"role", source.role},
                                {"file", source.file},
                                {"array", source.array},
                                {"format", source.format},
                                {"sha256", source.sha256}});
    return QString::fromUtf8(QJsonDocument(rows).toJson(QJsonDocument::Compact));
}

static QString jsonText(const QJsonObject &object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

static void writeSurvey(Hdf5File &file, const Run &start)
{
    const Dataset &survey = start.survey;
    const std::pair<const char *, QVariant> attributes[] = {
        {"format", QString::fromLatin1(format)},
        {"version", qint64(version)},
        {"program", QStringLiteral("Helmscope " HELMSCOPE_VERSION)},
        {"created", QDateTime::currentDateTimeUtc().toString(Qt::ISODate)},
        {"plan", jsonText(start.plan.toJson())},
        {"title", survey.title},
        {"imageQuantity", survey.imageQuantity},
        {"imageRatio", qint64(survey.imageRatio)},
        {"pixelSizeNm", survey.pixelSizeNm},
        {"valueName", start.valueName},
        {"valueUnit", start.valueUnit},
        {"provenance", provenanceText(survey.provenance)},
        {"warnings", survey.warnings.join('\n')},
    };
    for (const auto &[name, value] : attributes)
        file.setAttribute("/", QString::fromLatin1(name), value);
    file.makeGroup("survey");
    file.write("survey/image", {survey.image.rows(), survey.image.cols()},
               std::span<const float>(survey.image.data(), std::size_t(survey.image.size())));
    if (start.energies.channels() == 0)
        return;
    file.write("energies", {start.energies.channels()},
               std::span<const double>(start.energies.values));
    file.setAttribute("energies", "name", start.energies.name);
    file.setAttribute("energies", "unit", start.energies.unit);
    file.makeGrowing("spectra", Samples::Type::Float32, {start.energies.channels()});
}

static void makeColumns(Hdf5File &file, const QString &valueUnit)
{
    file.makeGroup("steps");
    const auto make = [&](const QString &name, bool isWhole, const QString &unit,
                          const QString &meaning) {
        const QString path = "steps/" + name;
        file.makeGrowing(path, isWhole ? Samples::Type::Int32 : Samples::Type::Float64, {});
        file.setAttribute(path, "unit", unit);
        file.setAttribute(path, "meaning", meaning);
    };
    for (const Column &column : columns)
        make(column.name, column.isWhole,
             qstrcmp(column.unit, "value") == 0 ? valueUnit : QString::fromLatin1(column.unit),
             QString::fromLatin1(column.meaning));
    for (const auto &table :
         {std::span<const Column>(trustColumns), std::span<const Column>(recordColumns),
          std::span<const Column>(warmthColumns)})
        for (const Column &column : table)
            make(column.name, column.isWhole, QString::fromLatin1(column.unit),
                 QString::fromLatin1(column.meaning));
    make("lossCount", true, "", "entries of /losses/values that belong to it");
    make("number", true, "", "1 for the first step; written last");
    for (const TextColumn &column : {reason, acquisition, modelHash, mapsHash}) {
        const QString path = QStringLiteral("steps/") + column.name;
        file.makeGrowingTexts(path, column.bytes);
        file.setAttribute(path, "meaning", QString::fromLatin1(column.meaning));
    }
}

static void makeLists(Hdf5File &file, int rows, int cols)
{
    for (const char *group : {"losses", "maps", "scalarizers", "orders", "notes", "log", "model"})
        file.makeGroup(group);
    using Type = Samples::Type;
    file.makeGrowing("losses/values", Type::Float64, {});
    for (const char *list : {"maps/step", "maps/nextRow", "maps/nextCol", "scalarizers/step",
                             "orders/step", "notes/step", "notes/kind"})
        file.makeGrowing(list, Type::Int32, {});
    for (const char *map : {"maps/mean", "maps/deviation", "maps/noise", "maps/acquisition"})
        file.makeGrowing(map, Type::Float32, {rows, cols});
    file.makeGrowingTexts("scalarizers/text", 512);
    file.makeGrowingTexts("orders/text", orderBytes);
    file.makeGrowingTexts("notes/text", 512);
    file.makeGrowingTexts("log/outcome", 16);
    file.makeGrowingTexts("log/message", 1024);
    file.makeGrowingTexts("log/digests", digestBytes);
    file.makeGrowing("model/size", Type::Float64, {});
    file.makeGrowing("model/bytes", Type::UInt8, {modelRow});
}

RunFile::RunFile(const QString &file, const Run &start)
    : m_file(absentFile(file), Hdf5File::Mode::Create)
    , m_channels(start.energies.channels())
    , m_mapsEvery(std::max(1, start.plan.mapsEvery))
    , m_isWatched(start.plan.watch.isActive())
{
    writeSurvey(m_file, start);
    makeColumns(m_file, start.valueUnit);
    makeLists(m_file, start.survey.rows(), start.survey.cols());
    if (m_isWatched) {
        m_survey = start.survey;
        livelists::make(m_file, m_survey, m_channels);
    }
    m_file.startGrowing();
    m_file.flush();
}

RunFile::~RunFile() = default;

static void appendNumber(Hdf5File &file, const QString &list, double number)
{
    file.append(list, std::span<const double>(&number, 1));
}

/// To a 65,536th of the map's range at most: a map is noise below that, which no compression
/// shortens. Exactness is the hash's.
static Map rounded(const Map &map)
{
    float lowest = std::numeric_limits<float>::max(), highest = -lowest;
    for (Eigen::Index i = 0; i < map.size(); ++i) {
        if (!std::isfinite(map.data()[i]))
            continue;
        lowest = std::min(lowest, map.data()[i]);
        highest = std::max(highest, map.data()[i]);
    }
    const double range = double(highest) - double(lowest);
    if (!(range > 0))
        return map;
    const double quantum = std::exp2(std::floor(std::log2(range)) - 16);
    return map.unaryExpr([quantum](float number) {
        return float(std::nearbyint(double(number) / quantum) * quantum);
    });
}

static void appendMaps(Hdf5File &file, int step, const Belief &belief)
{
    const auto map = [&](const QString &name, const Map &numbers) {
        const Map shorter = rounded(numbers);
        file.append(name, std::span<const float>(shorter.data(), std::size_t(shorter.size())));
    };
    map("maps/mean", belief.mean);
    map("maps/deviation", belief.deviation);
    map("maps/noise", belief.noise);
    map("maps/acquisition", belief.acquisition);
    appendNumber(file, "maps/nextRow", belief.next ? belief.next->row : -1);
    appendNumber(file, "maps/nextCol", belief.next ? belief.next->col : -1);
    appendNumber(file, "maps/step", step);
}

void RunFile::append(const Step &step)
{
    const auto refuse = [&](const QString &why) {
        fail(Tr::tr("Cannot add step %1 to %2: %3").arg(step.number).arg(fileName(), why));
    };
    if (m_isFinished)
        refuse(Tr::tr("the run in it has ended."));
    if (m_isBroken)
        refuse(Tr::tr("the step before it could not be written."));
    if (step.number != m_steps + 1)
        refuse(Tr::tr("step %1 is to come next.").arg(m_steps + 1));
    if (step.spectrum.size() != m_channels)
        refuse(Tr::tr("its spectrum has %1 channels, the run's have %2.")
                   .arg(step.spectrum.size())
                   .arg(m_channels));
    m_steps = step.number;
    m_isBroken = true; // until all lists have their entry
    if (step.belief && step.number % m_mapsEvery == 0) {
        appendMaps(m_file, step.number, *step.belief);
        m_lastMaps = step.number;
    }
    if (m_scalarizer != step.scalarizer) {
        m_file.append("scalarizers/text", jsonText(scalarizerToJson(step.scalarizer)));
        appendNumber(m_file, "scalarizers/step", step.number);
        m_scalarizer = step.scalarizer;
    }
    if (m_isWatched)
        livelists::append(m_file, step, m_survey, m_channels);
    if (!step.interventions.empty()) {
        const QByteArray text =
            QJsonDocument(toJson(step.interventions)).toJson(QJsonDocument::Compact);
        for (qsizetype at = 0, end = 0; at < text.size(); at = end) {
            end = std::min<qsizetype>(at + orderBytes, text.size());
            while (end < text.size() && (text[end] & 0xC0) == 0x80)
                --end; // not within a character
            m_file.append("orders/text", QString::fromUtf8(text.mid(at, end - at)));
            appendNumber(m_file, "orders/step", step.number);
        }
    }
    const QStringList *notes[] = {&step.changes, &step.warnings};
    for (int kind = 0; kind < 2; ++kind) {
        for (const QString &note : *notes[kind]) {
            m_file.append("notes/text", note);
            appendNumber(m_file, "notes/kind", kind);
            appendNumber(m_file, "notes/step", step.number);
        }
    }
    if (!step.losses.empty())
        m_file.append("losses/values", std::span<const double>(step.losses));
    if (m_channels > 0)
        m_file.append("spectra", std::span<const float>(step.spectrum.data(),
                                                        std::size_t(step.spectrum.size())));
    for (const Column &column : columns)
        appendNumber(m_file, QStringLiteral("steps/") + column.name, column.of(step));
    for (const auto &table :
         {std::span<const Column>(trustColumns), std::span<const Column>(recordColumns),
          std::span<const Column>(warmthColumns)})
        for (const Column &column : table)
            appendNumber(m_file, QStringLiteral("steps/") + column.name, column.of(step));
    appendNumber(m_file, "steps/lossCount", double(step.losses.size()));
    m_file.append("steps/reason", QString::fromLatin1(keyOf(step.reason)));
    m_file.append("steps/acquisition", QString::fromLatin1(rowOf(step.acquisition).key));
    m_file.append("steps/modelHash", QStringLiteral("%1").arg(step.modelHash, 16, 16, QChar('0')));
    m_file.append("steps/mapsHash", QStringLiteral("%1").arg(step.mapsHash, 16, 16, QChar('0')));
    m_file.flush(); // what a step is made of is in the file before its number says so
    appendNumber(m_file, "steps/number", step.number);
    m_file.flush();
    m_isBroken = false;
}

void RunFile::finish(const Run &run)
{
    if (m_isFinished)
        fail(Tr::tr("Cannot end the run in %1 twice.").arg(fileName()));
    m_isFinished = true;
    for (auto step = run.steps.rbegin(); step != run.steps.rend(); ++step) {
        if (!step->belief)
            continue;
        if (step->number > m_lastMaps)
            appendMaps(m_file, step->number, *step->belief);
        break;
    }
    std::vector<double> row(modelRow);
    for (std::size_t first = 0; first < run.model.size(); first += row.size()) {
        for (std::size_t i = 0; i < row.size(); ++i)
            row[i] = first + i < run.model.size() ? double(std::uint8_t(run.model[first + i])) : 0;
        m_file.append("model/bytes", std::span<const double>(row));
    }
    appendNumber(m_file, "model/size", double(run.model.size()));
    m_file.append("log/message", run.message);
    m_file.append("log/outcome", QString::fromLatin1(keyOf(run.outcome)));
    m_file.flush();
    for (const QString &digest : digestsOf(m_file))
        m_file.append("log/digests", digest);
    m_file.flush();
}

} // namespace helmscope
