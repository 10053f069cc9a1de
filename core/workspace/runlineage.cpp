// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/runlineage.h"

#include "base/error.h"
#include "base/tr.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"
#include "steering/trust.h"
#include "workspace/artifacts.h"
#include "workspace/runrecord.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>
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

void add(std::vector<LineageProperty> &properties, const char *name, const QVariant &value)
{
    if (value.userType() == QMetaType::Double && !std::isfinite(value.toDouble()))
        return;
    if (value.userType() == QMetaType::QString && value.toString().isEmpty())
        return;
    properties.push_back({QString::fromLatin1(name), storedValue(value), true});
}

std::vector<LineageProperty> settingsOf(const LineageOf &of, const Run &run)
{
    const Plan &plan = run.plan;
    std::vector<LineageProperty> found;
    add(found, "execution_type", QStringLiteral("Explore"));
    add(found, "run", of.id);
    add(found, "program", QStringLiteral("Helmscope " HELMSCOPE_VERSION));
    add(found, "sample", run.survey.title);
    add(found, "rows", qlonglong(run.survey.rows()));
    add(found, "columns", qlonglong(run.survey.cols()));
    add(found, "pixel_size_nm", run.survey.gridPixelSizeNm());
    add(found, "value", run.valueName);
    add(found, "value_unit", run.valueUnit);
    add(found, "acquisition", QString::fromLatin1(rowOf(plan.acquisition.kind).key));
    add(found, "xi", plan.acquisition.xi);
    add(found, "beta", plan.acquisition.beta);
    add(found, "seed", QString::number(plan.seed));
    add(found, "planned_steps", qlonglong(plan.steps));
    add(found, "initial_points",
        qlonglong(plan.initial.given.empty() ? plan.initial.count
                                             : int(plan.initial.given.size())));
    add(found, "dwell_seconds", plan.dwellSeconds);
    add(found, "model",
        QString::fromUtf8(
            QJsonDocument(plan.toJson()["model"].toObject()).toJson(QJsonDocument::Compact)));
    add(found, "outcome", QString::fromLatin1(keyOf(run.outcome)));
    add(found, "message", run.message);
    add(found, "branch_of", plan.origin.run);
    if (!plan.origin.run.isEmpty())
        add(found, "branch_step", qlonglong(plan.origin.step));
    return found;
}

std::vector<LineageProperty> metricsOf(const Run &run)
{
    std::vector<LineageProperty> found;
    double dose = 0, seconds = 0;
    std::optional<Quality> quality;
    for (const Step &step : run.steps) {
        dose += step.dose;
        seconds += step.measureSeconds + step.learnSeconds + step.predictSeconds;
        if (step.quality)
            quality = step.quality;
    }
    const Step &last = run.steps.back();
    add(found, "measured", qlonglong(run.steps.size()));
    add(found, "best_value", last.bestValue);
    add(found, "mean_deviation", last.meanDeviation);
    add(found, "summed_dose", dose);
    add(found, "seconds", seconds);
    if (quality) {
        add(found, "rmse", quality->rmse);
        add(found, "r2", quality->r2);
        add(found, "nlpd", quality->nlpd);
        add(found, "coverage95", quality->coverage95);
    }
    if (last.trust) {
        add(found, "calibration", last.trust->calibration);
        add(found, "predicted_coverage95", last.trust->coverage95);
        add(found, "leave_one_out_nlpd", last.trust->leaveOneOutNlpd);
    }
    return found;
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

} // namespace

QStringList recordLineage(const LineageOf &of, const Run &run, const Progress &progress)
{
    if (run.steps.empty())
        return {};
    const QString pipeline = plain(QDir(of.workspace).dirName());
    const QString folder = "runs/" + of.id + '/';
    const auto at = [&](const QString &path) { return of.workspace + '/' + path; };
    const QString document = QStringLiteral("lineage/%1/%2.json").arg(pipeline, of.id);
    // The same run has the same identity, also where it is recorded twice, after a crash.
    const QString uuid = QUuid::createUuidV5(QUuid("{7f1f2b3e-5f0b-4f4d-9d0a-6a1c1f0f7e55}"),
                                             QStringLiteral("%1 %2 %3 %4")
                                                 .arg(pipeline, of.id)
                                                 .arg(of.createdMs)
                                                 .arg(pathHash(run.steps, int(run.steps.size()))))
                             .toString(QUuid::WithoutBraces);
    const QString name = of.id + '-' + uuid.left(8);
    const std::optional<Artifact> model = storeModel(of, run, part(progress, 0, 0.2));

    struct Input
    {
        QString path, md5;
    };
    std::vector<Input> inputs{{folder + "plan.json", md5Of(at(folder + "plan.json"), unwatched())}};
    QStringList seen;
    for (const Provenance &source : run.survey.provenance)
        if (QFileInfo(source.file).isFile() && !seen.contains(source.file)) {
            seen << source.file;
            inputs.push_back({pathFrom(of.workspace, source.file),
                              md5Of(source.file, part(progress, 0.2, 0.7))});
        }
    if (isRunId(run.plan.origin.run)) {
        const QString parent = "runs/" + run.plan.origin.run + "/run.h5";
        if (const std::optional<Artifact> known = readDvcFile(at(parent + ".dvc")))
            inputs.push_back({parent, known->md5});
    }

    LineageWriter writer(at("mlmd"));
    LineageStore::Query query;
    query.kind = LineageNode::Kind::Execution;
    query.text = name;
    query.limit = 1;
    qint64 execution = 0;
    if (const std::vector<LineageNode> known = writer.store().list(query); !known.empty()) {
        execution = known.front().id;
    } else {
        LineageWriter::Batch batch(writer);
        LineageWriter::Run entry;
        entry.pipeline = pipeline;
        entry.stage = entry.type = QStringLiteral("Explore");
        entry.command = QStringLiteral("helmscope explore --plan ") + folder + "plan.json";
        entry.uuid = uuid;
        entry.name = name;
        entry.gitCommit = of.gitCommit;
        entry.timeMs = of.createdMs;
        entry.properties = settingsOf(of, run);
        execution = writer.execution(entry);
        const auto put = [&](const QString &path, const QString &md5, const char *type,
                             bool isInput, const std::vector<LineageProperty> &properties = {}) {
            LineageWriter::Content content;
            content.type = QString::fromLatin1(type);
            content.path = path;
            content.hash = md5;
            content.properties = properties;
            if (content.type == "Model") {
                content.framework = QStringLiteral("Helmscope " HELMSCOPE_VERSION);
                content.modelType = QStringLiteral("deep kernel");
                content.modelName = of.id;
            }
            writer.artifact(execution, content, isInput);
        };
        for (const Input &input : inputs)
            put(input.path, input.md5, "Dataset", true);
        if (const std::optional<Artifact> file = readDvcFile(at(folder + "run.h5.dvc")))
            put(folder + "run.h5", file->md5, "Dataset", false);
        if (const QString steps = folder + "steps.jsonl"; QFileInfo::exists(at(steps)))
            put(steps, md5Of(at(steps), unwatched()), "Dataset", false);
        if (model)
            put(folder + "model.dkl", model->md5, "Model", false);
        put("metrics " + of.id, {}, "Metrics", false, metricsOf(run));
        writer.setState(LineageNode::Kind::Execution, execution, stateOf(run.outcome));
        batch.commit();
    }

    const LineageGraph around =
        writer.store().neighbourhood(LineageNode::Kind::Execution, execution, 1);
    if (!QDir(of.workspace).mkpath(QFileInfo(document).path()))
        fail(Tr::tr("Cannot make the folder of %1.").arg(at(document)));
    QSaveFile out(at(document));
    const QByteArray json = graphToCmfJson(around);
    if (!out.open(QIODevice::WriteOnly) || out.write(json) != json.size() || !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(at(document), out.errorString()));
    progress(1);
    QStringList files{document};
    if (model)
        files << folder + "model.dkl.dvc";
    return files;
}

} // namespace helmscope
