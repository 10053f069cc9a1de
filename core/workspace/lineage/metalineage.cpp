// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/lineage/metalineage.h"

#include "base/error.h"
#include "base/tr.h"
#include "lineage/cmfjson.h"
#include "lineage/store.h"
#include "lineage/writer.h"
#include "workspace/appendfile.h"
#include "workspace/artifacts.h"
#include "workspace/lineage/runproperties.h"
#include "workspace/runversions.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>
#include <QUuid>

namespace helmscope {

namespace {

constexpr int complete = 3;        ///< MLMD's Execution.last_known_state
constexpr int mostTaskNodes = 100; ///< recorded tasks with a node of their own

QString md5(const QString &text)
{
    return QString::fromLatin1(
        QCryptographicHash::hash(text.toUtf8(), QCryptographicHash::Md5).toHex());
}

QString plain(QString name)
{
    return name.replace(':', '_').replace('/', '_').left(200);
}

/// Numbers and texts of an object, under their keys in CMF's manner (snake case).
void addAll(std::vector<LineageProperty> &properties, const QJsonObject &object,
            const QString &prefix = {})
{
    for (auto field = object.begin(); field != object.end(); ++field) {
        QString name = prefix;
        for (const QChar c : field.key())
            name += c.isUpper() ? '_' + QString(c.toLower()) : QString(c);
        const QByteArray key = name.toUtf8();
        if (field->isDouble()) {
            const double number = field->toDouble();
            const bool isWhole = number == qint64(number) && std::abs(number) < 1e9;
            add(properties, key.constData(),
                isWhole ? QVariant(qlonglong(number)) : QVariant(number));
        } else if (field->isBool() || field->isString()) {
            add(properties, key.constData(), field->toVariant());
        }
    }
}

/// What it did on the tasks it had not learnt on, by number of points: rmse_10, cold_rmse_10 ...
std::vector<LineageProperty> metricsOf(const QJsonObject &card)
{
    std::vector<LineageProperty> found;
    for (const QJsonValue &value : card["metrics"].toArray()) {
        QJsonObject row = value.toObject();
        const QString points = QString::number(row.take("points").toInt());
        QJsonObject named;
        for (auto field = row.begin(); field != row.end(); ++field)
            named[field.key() + '_' + points] = field.value();
        addAll(found, named);
    }
    return found;
}

} // namespace

QString metaModelUri(const QString &hash)
{
    return md5("helmscope meta-model " + hash);
}

MetaLineage::MetaLineage(const QString &workspace, const QString &sweep, const QString &command)
    : m_workspace(QDir(workspace).absolutePath())
    , m_sweep(sweep)
    , m_command(command)
    , m_pipeline(plain(QDir(workspace).dirName()))
{
}

void MetaLineage::add(const MetaTrainingRecord &training)
{
    const QJsonObject &card = training.card, &trial = training.trial;
    const QString stage = QStringLiteral("Metatrain");
    QString full = training.name + '-' + training.hash.left(12);
    if (!m_sweep.isEmpty())
        full = QStringLiteral("%1-%2").arg(m_sweep, training.hash.left(12));
    const qint64 timeMs =
        training.endedMs > 0 ? training.endedMs : QDateTime::currentMSecsSinceEpoch();
    m_last = training.hash;
    const QDir folder(m_workspace);
    QString path = "meta-models/" + plain(training.name);
    if (!training.file.isEmpty()) {
        const QString relative =
            folder.relativeFilePath(QFileInfo(training.file).absoluteFilePath());
        const bool isInside = !relative.startsWith("..") && !QDir::isAbsolutePath(relative);
        path = isInside ? relative : QFileInfo(training.file).fileName();
        if (isInside && !m_files.contains(relative))
            m_files << relative;
    }

    LineageWriter writer(folder.filePath("mlmd"));
    LineageWriter::Batch batch(writer);
    qint64 execution = writer.executionNamed(stage, full);
    const bool isKnown = execution != 0;
    if (!isKnown) {
        LineageWriter::Run entry;
        entry.pipeline = m_pipeline;
        entry.stage = entry.type = stage;
        entry.command = m_command;
        entry.name = full;
        // The same training has the same identity wherever it is recorded.
        entry.uuid = QUuid::createUuidV5(QUuid("{0d8b6c1e-4a7f-4f0e-9d7a-3c1e5b9a2f60}"),
                                         m_pipeline + ' ' + full)
                         .toString(QUuid::WithoutBraces);
        entry.timeMs = timeMs;
        helmscope::add(entry.properties, "execution_type", stage);
        helmscope::add(entry.properties, "program", QStringLiteral("Helmscope " HELMSCOPE_VERSION));
        helmscope::add(entry.properties, "meta_model", training.hash);
        helmscope::add(entry.properties, "sweep", m_sweep);
        QJsonObject settings = (trial.isEmpty() ? card["settings"] : trial["settings"]).toObject();
        helmscope::add(
            entry.properties, "model",
            QString::fromUtf8(
                QJsonDocument(settings.take("model").toObject()).toJson(QJsonDocument::Compact)));
        addAll(entry.properties, settings);
        QJsonObject row = trial; // mll, rmse, nlpd, seconds, rung, kept, task set
        row.remove("metaModel");
        addAll(entry.properties, row);
        execution = writer.execution(entry);
        writer.setState(LineageNode::Kind::Execution, execution, complete);
    }
    m_executions.push_back(execution);

    const auto give = [&](const QString &type, const QString &where, const QString &uri,
                          bool isInput, std::vector<LineageProperty> properties) {
        LineageWriter::Content content;
        content.type = type;
        content.path = where;
        content.hash = uri;
        content.timeMs = timeMs;
        content.properties = std::move(properties);
        if (type == QLatin1String("Model")) {
            content.framework = QStringLiteral("Helmscope " HELMSCOPE_VERSION);
            content.modelType = QStringLiteral("meta-model");
            content.modelName = training.name;
        }
        writer.artifact(execution, content, isInput);
    };
    std::vector<LineageProperty> about = metricsOf(card);
    helmscope::add(about, "meta_model", training.hash);
    helmscope::add(about, "licence", card["licence"].toString());
    helmscope::add(about, "limits", card["limits"].toString());
    give("Model", path, metaModelUri(training.hash), false, about);
    if (!isKnown) {
        const QJsonArray tasks = card["tasks"].toArray();
        const QString set = trial["taskSet"].toString(training.name);
        std::vector<LineageProperty> sort;
        helmscope::add(sort, "tasks", qlonglong(tasks.size()));
        helmscope::add(sort, "task_hash", card["taskHash"].toString());
        give("Dataset", "tasks/" + plain(set),
             md5("helmscope tasks " + card["taskHash"].toString()), true, sort);
        // Simulated ones are in the settings of the set; what somebody recorded has its own node.
        QSet<QString> given;
        for (const QJsonValue &value : tasks) {
            const QJsonObject task = value.toObject();
            const QString family = task["family"].toString(), name = task["name"].toString();
            const bool isFile = family == "run" || family == "recorded" || family == "labels";
            if (!isFile || given.size() >= mostTaskNodes)
                continue;
            const QString relative = folder.relativeFilePath(QFileInfo(name).absoluteFilePath());
            const bool isOwn = family == "run" && !relative.startsWith("..");
            const std::optional<Artifact> known =
                isOwn ? readDvcFile(folder.filePath(relative + ".dvc")) : std::nullopt;
            const QString uri =
                known ? known->md5 : md5("helmscope task " + task["hash"].toString());
            if (given.contains(uri))
                continue;
            given << uri;
            give("Dataset", known ? relative : QFileInfo(name).fileName(), uri, true, {});
        }
        give("Metrics", "metrics " + full,
             QUuid::createUuidV5(QUuid("{0d8b6c1e-4a7f-4f0e-9d7a-3c1e5b9a2f60}"), "metrics " + full)
                 .toString(QUuid::WithoutBraces),
             false, metricsOf(card));
    }
    batch.commit();
}

QStringList MetaLineage::finish()
{
    if (m_executions.empty())
        return {};
    QStringList files;
    const QDir folder(m_workspace);
    for (const QString &file : std::as_const(m_files))
        if (QFileInfo::exists(folder.filePath(file))) {
            storeArtifact(m_workspace, file, unwatched());
            // As DVC does: git keeps the hash, not the file.
            const QString ignored = QFileInfo(file).path() + "/.gitignore";
            QByteArray lines;
            if (QFile before(folder.filePath(ignored)); before.open(QIODevice::ReadOnly))
                lines = before.readAll();
            const QByteArray line = '/' + QFileInfo(file).fileName().toUtf8() + '\n';
            if (!('\n' + lines).contains('\n' + line))
                writeWhole(folder.filePath(ignored), lines + line);
            files << file + ".dvc" << ignored;
        }
    const QString document =
        QStringLiteral("lineage/%1/metatrain-%2.json").arg(m_pipeline, m_last.left(12));
    if (!folder.mkpath(QFileInfo(document).path()))
        fail(Tr::tr("Cannot make the folder of %1.").arg(folder.filePath(document)));
    writeWhole(folder.filePath(document),
               graphToCmfJson(LineageStore(folder.filePath("mlmd")).around(m_executions)));
    files.removeDuplicates();
    return files << document;
}

QString commitMetaTraining(const QString &workspace, const QStringList &files,
                           const QString &message)
{
    try {
        Committing(workspace).files(files, message);
        return {};
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
}

} // namespace helmscope
