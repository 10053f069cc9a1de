// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/lineage/runlineage.h"

#include "base/error.h"
#include "base/tr.h"
#include "dkl/bytes.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"
#include "steering/recording/stepline.h"
#include "workspace/appendfile.h"
#include "workspace/artifacts.h"
#include "workspace/lineage/energymeter.h"
#include "workspace/lineage/metalineage.h"
#include "workspace/lineage/runproperties.h"
#include "workspace/lineage/stepmetrics.h"
#include "workspace/runrecord.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>
#include <QSettings>
#include <QUuid>

#include <cmath>

namespace helmscope {

namespace {

/// MLMD's Execution.last_known_state.
int stateOf(Run::Outcome outcome)
{
    constexpr int complete = 3, failed = 4, canceled = 6;
    switch (outcome) {
    case Run::Outcome::Failed:
        return failed;
    case Run::Outcome::Stopped:
        return canceled;
    default:
        return complete;
    }
}

/// A context's name is its identity, and a colon ends a path.
QString plain(QString name)
{
    return name.replace(':', '_').replace('/', '_').left(200);
}

/// The model by itself, for those who start from it; as an artifact.
std::optional<Artifact> storeModel(const LineageOf &of, const Run &run, const Progress &progress)
{
    if (run.model.empty())
        return std::nullopt;
    const QString path = "runs/" + of.id + "/model.dkl";
    const QString file = of.workspace + '/' + path;
    if (const std::optional<Artifact> known = readDvcFile(file + ".dvc"))
        return known;
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) ||
        out.write(run.model.data(), qint64(run.model.size())) != qint64(run.model.size()) ||
        !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
    return storeArtifact(of.workspace, path, progress).artifact;
}

/// A file of the sample, as it is called from the workspace.
QString pathFrom(const QString &workspace, const QString &file)
{
    QString path = QDir(workspace).relativeFilePath(QFileInfo(file).absoluteFilePath());
    if (path.startsWith(".."))
        path = QFileInfo(file).fileName();
    return path.replace(':', '_');
}

constexpr int running = 2, complete = 3; // MLMD's Execution.last_known_state
/// A step does not wait long for another program; what it could not write, the next one does.
constexpr int waitForLockMs = 200;

/// Name of a content that is a piece of a file, as long as an md5: its kind is in it, since the
/// hash of no number is the same for all.
QString uriOf(const char *kind, std::uint64_t hash)
{
    const QByteArray text =
        QByteArray("helmscope ") + kind + ' ' + QByteArray::number(qulonglong(hash), 16);
    return QString::fromLatin1(QCryptographicHash::hash(text, QCryptographicHash::Md5).toHex());
}

/// What a step measured: a spectrum, or the value that the instrument answered.
const char *kindOfMeasurement(const Step &step)
{
    return step.spectrum.size() > 0 ? "spectrum" : "value";
}

QString uriOfMeasurement(const Step &step)
{
    if (step.spectrum.size() > 0)
        return uriOf("spectrum", hashOf(step.spectrum));
    const double numbers[]{double(step.pixel.row), double(step.pixel.col), step.value};
    return uriOf("value", fnv1a(numbers, sizeof numbers));
}

std::uint64_t hashOf(const Map &image)
{
    return fnv1a(image.data(), std::size_t(image.size()) * sizeof(float));
}

} // namespace

struct RunLineage::Private
{
    LineageOf of;
    Plan plan;
    double pixelSizeNm = 0;
    QString pipeline, uuid, name;
    int block = 1;
    qint64 survey = 0, explore = 0; ///< executions
    bool isEnded = false;           ///< was in there whole before
    QString surveyUri, planPath, planMd5;
    QStringList metaModels; ///< hashes of those that Explore has as inputs

    struct Waiting
    {
        Step step;
        std::optional<double> joules;
    };
    std::vector<Waiting> waiting;
    std::vector<qint64> stepExecutions;
    struct Measured
    {
        int step = 0;
        const char *kind = nullptr;
        QString uri;
    };
    std::vector<Measured> unlearnt; ///< no execution with a model has taken them
    QString model;                  ///< uri of the last one
    int modelStep = 0;
    EnergyMeter meter;
    QElapsedTimer sinceWriting;

    QString at(const QString &path) const { return of.workspace + '/' + path; }
    QString folder() const { return "runs/" + of.id + '/'; }
    QString piece(int step, const char *kind) const
    {
        return QStringLiteral("%1run.h5/steps/%2/%3").arg(folder()).arg(step).arg(kind);
    }

    qint64 put(LineageWriter &writer, const char *stage, const QString &suffix, qint64 timeMs,
               int state, std::vector<LineageProperty> properties);
    void artifact(LineageWriter &writer, qint64 execution, const QString &path, const QString &uri,
                  const char *type, bool isInput, qint64 timeMs,
                  const std::vector<LineageProperty> &properties = {});
    void begin(const Run &start);
    void metaModel(LineageWriter &writer, const Beginning &beginning, qint64 execution,
                   qint64 timeMs);
    void write(LineageWriter &writer, std::size_t first, std::size_t count);
    void write(bool isAll);
    void outputs(const Run &run, QStringList &files, const Progress &progress);
};

/// The execution, which may be in there already.
qint64 RunLineage::Private::put(LineageWriter &writer, const char *stage, const QString &suffix,
                                qint64 timeMs, int state, std::vector<LineageProperty> properties)
{
    const QString type = QString::fromLatin1(stage), full = name + suffix;
    if (const qint64 known = writer.executionNamed(type, full))
        return known;
    LineageWriter::Run entry;
    entry.pipeline = pipeline;
    entry.stage = entry.type = type;
    entry.command = QStringLiteral("helmscope explore --plan %1plan.json").arg(folder());
    entry.uuid = suffix.isEmpty()
                     ? uuid
                     : QUuid::createUuidV5(QUuid(uuid), suffix).toString(QUuid::WithoutBraces);
    entry.name = full;
    entry.gitCommit = of.gitCommit;
    entry.timeMs = timeMs;
    // CMF's servers give executions the type of their stage: ours survives as a property.
    add(properties, "execution_type", type);
    add(properties, "run", of.id);
    entry.properties = std::move(properties);
    const qint64 id = writer.execution(entry);
    writer.setState(LineageNode::Kind::Execution, id, state);
    return id;
}

void RunLineage::Private::artifact(LineageWriter &writer, qint64 execution, const QString &path,
                                   const QString &uri, const char *type, bool isInput,
                                   qint64 timeMs, const std::vector<LineageProperty> &properties)
{
    LineageWriter::Content content;
    content.type = QString::fromLatin1(type);
    content.path = path;
    content.hash = uri;
    content.properties = properties;
    content.timeMs = timeMs;
    if (content.type == "Model") {
        content.framework = QStringLiteral("Helmscope " HELMSCOPE_VERSION);
        content.modelType = QStringLiteral("deep kernel");
        content.modelName = of.id;
    }
    writer.artifact(execution, content, isInput);
}

/// What a run's model begins from; the node that its training made, where that is in here.
void RunLineage::Private::metaModel(LineageWriter &writer, const Beginning &beginning,
                                    qint64 execution, qint64 timeMs)
{
    LineageWriter::Content content;
    content.type = QStringLiteral("Model");
    content.path = pathFrom(of.workspace, beginning.file);
    content.hash = metaModelUri(beginning.hash);
    content.framework = QStringLiteral("Helmscope " HELMSCOPE_VERSION);
    content.modelType = QStringLiteral("meta-model");
    content.modelName = QFileInfo(beginning.file).completeBaseName();
    content.timeMs = timeMs;
    add(content.properties, "meta_model", beginning.hash);
    if (execution != explore) // a step
        writer.artifact(execution, content, true);
    if (!metaModels.contains(beginning.hash))
        writer.artifact(explore, content, true);
    metaModels << beginning.hash;
}

void RunLineage::Private::begin(const Run &start)
{
    pipeline = plain(QDir(of.workspace).dirName());
    // The same run has the same identity, also where it is recorded twice, after a crash.
    uuid = QUuid::createUuidV5(QUuid("{7f1f2b3e-5f0b-4f4d-9d0a-6a1c1f0f7e55}"),
                               QStringLiteral("%1 %2 %3").arg(pipeline, of.id).arg(of.createdMs))
               .toString(QUuid::WithoutBraces);
    name = of.id + '-' + uuid.left(8);
    plan = start.plan;
    pixelSizeNm = start.survey.gridPixelSizeNm();
    planPath = folder() + "plan.json";
    planMd5 = md5Of(at(planPath), unwatched());
    if (start.survey.image.size() > 0)
        surveyUri = uriOf("survey", hashOf(start.survey.image));
    block = stepsPerExecution(of.workspace);

    LineageWriter writer(at("mlmd"), waitForLockMs);
    LineageWriter::Batch batch(writer);
    std::vector<LineageProperty> settings = settingsOf(of, start);
    add(settings, "steps_per_execution", qlonglong(block));
    survey = put(writer, "Survey", "-survey", of.createdMs, running, {});
    explore = put(writer, "Explore", {}, of.createdMs, running, std::move(settings));
    const std::optional<LineageNode> known =
        writer.store().node(LineageNode::Kind::Execution, explore);
    isEnded = known && known->state != running;
    // What was begun with one setting goes on with it.
    if (const LineageProperty *before = known ? known->property("steps_per_execution") : nullptr)
        block = std::max(1, before->value.toInt());
    if (!isEnded) {
        artifact(writer, survey, planPath, planMd5, "Dataset", true, of.createdMs);
        artifact(writer, explore, planPath, planMd5, "Dataset", true, of.createdMs);
        if (!surveyUri.isEmpty())
            artifact(writer, survey, folder() + "run.h5/survey", surveyUri, "Dataset", false,
                     of.createdMs);
        if (const Beginning &beginning = start.plan.beginning; !beginning.hash.isEmpty())
            metaModel(writer, beginning, explore, of.createdMs);
    }
    batch.commit();
    sinceWriting.start();
}

/// One execution, of a step or of a block of them.
void RunLineage::Private::write(LineageWriter &writer, std::size_t first, std::size_t count)
{
    const Step &begin = waiting[first].step, &end = waiting[first + count - 1].step;
    const auto timeOf = [&](const Step &step) {
        return step.timeMs > 0 ? step.timeMs : of.createdMs;
    };
    std::vector<LineageProperty> properties =
        propertiesOf(waiting[first + count - 1].step, plan, pixelSizeNm);
    std::optional<double> joules;
    for (std::size_t i = first; i < first + count; ++i)
        if (waiting[i].joules)
            joules = joules.value_or(0) + *waiting[i].joules;
    if (joules)
        add(properties, "energy_joules", *joules);
    QString suffix = QStringLiteral("-step-%1").arg(begin.number);
    if (block > 1) {
        // The numbers of the last one; of the places all.
        QStringList places;
        for (std::size_t i = first; i < first + count; ++i)
            places << QStringLiteral("%1,%2")
                          .arg(waiting[i].step.pixel.row)
                          .arg(waiting[i].step.pixel.col);
        std::erase_if(properties,
                      [](const LineageProperty &property) { return property.name == "step"; });
        add(properties, "first_step", qlonglong(begin.number));
        add(properties, "last_step", qlonglong(end.number));
        add(properties, "pixels", places.join(' '));
        suffix = QStringLiteral("-steps-%1").arg(begin.number);
    }
    const QString full = name + suffix;
    const qint64 known = writer.executionNamed(QStringLiteral("Step"), full);
    const qint64 execution =
        known ? known : put(writer, "Step", suffix, timeOf(begin), complete, std::move(properties));
    stepExecutions.push_back(execution);
    const auto give = [&](int step, const char *kind, const QString &uri, const char *type,
                          bool isInput, qint64 timeMs) {
        if (!known)
            artifact(writer, execution, piece(step, kind), uri, type, isInput, timeMs);
    };
    const QString after = end.modelHash != 0 ? uriOf("model", end.modelHash) : model;
    if (!model.isEmpty()) {
        give(modelStep, "model", model, "Model", true, timeOf(begin));
    } else if (!known) {
        artifact(writer, execution, planPath, planMd5, "Dataset", true, timeOf(begin));
        if (!surveyUri.isEmpty())
            artifact(writer, execution, folder() + "run.h5/survey", surveyUri, "Dataset", true,
                     timeOf(begin));
    }
    // What an execution made is no ancestor of what it made besides: the next one takes both.
    if (!after.isEmpty()) {
        for (const Measured &one : unlearnt)
            give(one.step, one.kind, one.uri, "Dataset", true, timeOf(begin));
        unlearnt.clear();
    }
    for (std::size_t i = first; i < first + count; ++i) {
        const Step &step = waiting[i].step;
        // Changed on its way: of the step that learnt from it, and of the run as from the first.
        for (const Intervention &said : step.interventions)
            if (const auto &beginning = said.orders.beginning;
                beginning && !beginning->hash.isEmpty() && !known)
                metaModel(writer, *beginning, execution, timeOf(step));
        const QString uri = uriOfMeasurement(step);
        give(step.number, kindOfMeasurement(step), uri, "Dataset", false, timeOf(step));
        unlearnt.push_back({step.number, kindOfMeasurement(step), uri});
    }
    if (end.mapsHash != 0)
        give(end.number, "maps", uriOf("maps", end.mapsHash), "Dataset", false, timeOf(end));
    if (after != model) {
        give(end.number, "model", after, "Model", false, timeOf(end));
        model = after;
        modelStep = end.number;
    }
}

void RunLineage::Private::write(bool isAll)
{
    const std::size_t size = std::size_t(block);
    const std::size_t count = isAll ? waiting.size() : waiting.size() / size * size;
    if (count == 0)
        return;
    LineageWriter writer(at("mlmd"), waitForLockMs);
    LineageWriter::Batch batch(writer);
    for (std::size_t first = 0; first < count; first += size)
        write(writer, first, std::min(size, count - first));
    batch.commit();
    waiting.erase(waiting.begin(), waiting.begin() + std::ptrdiff_t(count));
    sinceWriting.restart();
}

void RunLineage::Private::outputs(const Run &run, QStringList &files, const Progress &progress)
{
    struct Content
    {
        QString path, uri;
        const char *type;
        std::vector<LineageProperty> properties;
    };
    // What takes long is done before the store is locked.
    std::vector<Content> sample, inputs, made;
    QStringList seen;
    for (const Provenance &source : run.survey.provenance)
        if (QFileInfo(source.file).isFile() && !seen.contains(source.file)) {
            seen << source.file;
            sample.push_back({pathFrom(of.workspace, source.file),
                              md5Of(source.file, part(progress, 0.1, 0.6)),
                              "Dataset",
                              {}});
        }
    if (isRunId(run.plan.origin.run)) {
        const QString parent = "runs/" + run.plan.origin.run + "/run.h5";
        if (const std::optional<Artifact> known = readDvcFile(at(parent + ".dvc")))
            inputs.push_back({parent, known->md5, "Dataset", {}});
    }
    if (!model.isEmpty())
        inputs.push_back({piece(modelStep, "model"), model, "Model", {}});
    for (const Measured &one : unlearnt)
        inputs.push_back({piece(one.step, one.kind), one.uri, "Dataset", {}});
    if (const std::optional<Artifact> file = readDvcFile(at(folder() + "run.h5.dvc")))
        made.push_back({folder() + "run.h5", file->md5, "Dataset", {}});
    if (const QString steps = folder() + "steps.jsonl"; QFileInfo::exists(at(steps)))
        made.push_back({steps, md5Of(at(steps), unwatched()), "Dataset", {}});
    if (const std::optional<Artifact> stored = storeModel(of, run, part(progress, 0.6, 0.8))) {
        made.push_back({folder() + "model.dkl", stored->md5, "Model", {}});
        files << folder() + "model.dkl.dvc";
    }
    const QString metrics = stepMetricsPath(uuid);
    if (!QDir(of.workspace).mkpath(QFileInfo(metrics).path()))
        fail(Tr::tr("Cannot make the folder of %1.").arg(at(metrics)));
    std::optional<Artifact> table = readDvcFile(at(metrics + ".dvc"));
    if (!table) {
        writeWhole(at(metrics), stepMetrics(run.steps));
        table = storeArtifact(of.workspace, metrics, unwatched()).artifact;
    }
    // As DVC does: git keeps the hash, not the file.
    const QString ignored = QFileInfo(metrics).path() + "/.gitignore";
    writeWhole(at(ignored), "/" + QFileInfo(metrics).fileName().toUtf8() + '\n');
    files << metrics + ".dvc" << ignored;
    made.push_back({metrics, table->md5, "Step_Metrics", {}});
    made.push_back(
        {"metrics " + of.id,
         QUuid::createUuidV5(QUuid(uuid), QStringLiteral("metrics")).toString(QUuid::WithoutBraces),
         "Metrics", metricsOf(run)});

    LineageWriter writer(at("mlmd"));
    LineageWriter::Batch batch(writer);
    const auto end = [&run, this](const auto &) {
        return run.steps.back().timeMs > 0 ? run.steps.back().timeMs : of.createdMs;
    };
    for (const Content &content : sample)
        artifact(writer, survey, content.path, content.uri, content.type, true, of.createdMs);
    for (const Content &content : inputs)
        artifact(writer, explore, content.path, content.uri, content.type, true, end(content));
    for (const Content &content : made)
        artifact(writer, explore, content.path, content.uri, content.type, false, end(content),
                 content.properties);
    std::vector<LineageProperty> outcome;
    add(outcome, "outcome", QString::fromLatin1(keyOf(run.outcome)));
    add(outcome, "message", run.message);
    writer.update(LineageNode::Kind::Execution, explore, outcome);
    writer.setState(LineageNode::Kind::Execution, survey, complete);
    writer.setState(LineageNode::Kind::Execution, explore, stateOf(run.outcome));
    batch.commit();
}

RunLineage::RunLineage(const LineageOf &of, const Run &start)
    : d(std::make_unique<Private>())
{
    d->of = of;
    d->begin(start);
}

RunLineage::~RunLineage() = default;

void RunLineage::append(const Step &step)
{
    d->waiting.push_back({step, d->meter.joules()});
    if (double(d->sinceWriting.elapsed()) > 1000 * secondsBetweenWritings)
        d->write(false);
}

void RunLineage::flush()
{
    d->write(true);
}

QStringList RunLineage::finish(const Run &run, const Progress &progress)
{
    d->write(true);
    const QString document = QStringLiteral("lineage/%1/%2.json").arg(d->pipeline, d->of.id);
    QStringList files{document};
    if (!d->isEnded) {
        d->outputs(run, files, part(progress, 0, 0.9));
    } else {
        for (const QString &file :
             {d->folder() + "model.dkl.dvc", stepMetricsPath(d->uuid) + ".dvc",
              QFileInfo(stepMetricsPath(d->uuid)).path() + "/.gitignore"})
            if (QFileInfo::exists(d->at(file)))
                files << file;
    }
    std::vector<qint64> executions{d->survey, d->explore};
    executions.insert(executions.end(), d->stepExecutions.begin(), d->stepExecutions.end());
    if (!QDir(d->of.workspace).mkpath(QFileInfo(document).path()))
        fail(Tr::tr("Cannot make the folder of %1.").arg(d->at(document)));
    writeWhole(d->at(document), graphToCmfJson(LineageStore(d->at("mlmd")).around(executions)));
    progress(1);
    return files;
}

QStringList recordLineage(const LineageOf &of, const Run &run, const Progress &progress)
{
    if (run.steps.empty())
        return {};
    RunLineage lineage(of, run);
    for (const Step &step : run.steps)
        lineage.append(step);
    return lineage.finish(run, progress);
}

namespace {

QString settingsFile(const QString &workspace)
{
    return workspace + QStringLiteral("/.helmscope");
}

const QString blockKey = QStringLiteral("lineage/stepsPerExecution");
constexpr int mostStepsPerExecution = 1000;

} // namespace

int stepsPerExecution(const QString &workspace)
{
    const QSettings settings(settingsFile(workspace), QSettings::IniFormat);
    return std::clamp(settings.value(blockKey, 1).toInt(), 1, mostStepsPerExecution);
}

void setStepsPerExecution(const QString &workspace, int steps)
{
    if (steps < 1 || steps > mostStepsPerExecution)
        fail(Tr::tr("An execution of the lineage can stand for 1 to %1 steps, not %2.")
                 .arg(mostStepsPerExecution)
                 .arg(steps));
    QSettings settings(settingsFile(workspace), QSettings::IniFormat);
    settings.setValue(blockKey, steps);
    settings.sync();
    if (settings.status() != QSettings::NoError)
        fail(Tr::tr("Cannot write %1.").arg(settingsFile(workspace)));
}

} // namespace helmscope
