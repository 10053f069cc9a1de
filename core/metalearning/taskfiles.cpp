// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/taskfiles.h"

#include "base/json.h"
#include "base/tr.h"
#include "data/formats.h"
#include "metalearning/simulatedtasks.h"
#include "steering/plan.h"
#include "steering/recording/runfile.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr int mostTasks = 100'000;

QString hashOfFile(const QString &file)
{
    QFile in(file);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!in.open(QIODevice::ReadOnly) || !hash.addData(&in))
        fail(Tr::tr("%1 cannot be read: %2.").arg(file, in.errorString()));
    return QString::fromLatin1(hash.result().toHex());
}

std::vector<TaskSource> simulatedFrom(const QString &text)
{
    const QStringList parts = text.split(':');
    bool isCount = false, isSeed = true;
    const int count = parts.value(2).toInt(&isCount);
    const std::uint64_t seed = parts.size() > 3 ? parts[3].toULongLong(&isSeed) : 1;
    if (parts.size() < 3 || parts.size() > 4 || !isCount || !isSeed || count < 1 ||
        count > mostTasks)
        fail(Tr::tr("'%1' must be simulated:FAMILY:COUNT or simulated:FAMILY:COUNT:SEED, such as "
                    "simulated:all:100; families are %2.")
                 .arg(text, sampleFamilyKeys().join(", ")));
    std::vector<SampleFamily> families;
    for (const QString &key : parts[1] == "all" ? sampleFamilyKeys() : parts[1].split(','))
        families.push_back(sampleFamilyFromKey(key));
    return simulatedTasks(families, count, seed);
}

/// Values at the pixels that a run has measured; the last of each pixel counts.
Task taskOfRun(const QString &file, int patch)
{
    const Run run = readRun(file, unwatched());
    Dataset dataset = run.survey;
    dataset.spectra = {};
    dataset.values =
        Map::Constant(dataset.rows(), dataset.cols(), std::numeric_limits<float>::quiet_NaN());
    dataset.valuesName = run.valueName;
    for (const Step &step : run.steps)
        if (contains(dataset.values, step.pixel) && step.source == Measurement::Source::Measured &&
            step.scalarizer == run.steps.back().scalarizer)
            dataset.values(step.pixel.row, step.pixel.col) = float(step.value);
    return Task(file, std::move(dataset), {}, patch);
}

Task taskOfDataset(const QString &name, const DatasetSources &sources,
                   const std::optional<Scalarizer> &scalarizer, int patch)
{
    Dataset dataset = loadDataset(sources, unwatched());
    if (dataset.hasSpectra()) {
        if (!scalarizer)
            fail(Tr::tr("%1 has spectra and needs a scalarizer to be a task.").arg(name));
        scalarizer->check(dataset.spectra.energies());
        dataset.values = scalarize(dataset.spectra, *scalarizer);
        dataset.spectra = {};
    }
    if (!dataset.hasValues())
        fail(Tr::tr("%1 has neither spectra nor values and cannot be a task.").arg(name));
    return Task(name, std::move(dataset), {}, patch);
}

std::vector<TaskSource> listFrom(const QString &file, const std::optional<Scalarizer> &fallback)
{
    const QJsonObject list = readJson(file);
    const QDir folder = QFileInfo(file).dir();
    if (!list.value("tasks").isArray())
        fail(Tr::tr("%1 has no list 'tasks'.").arg(file));
    std::vector<TaskSource> tasks;
    for (const QJsonValue &value : list.value("tasks").toArray()) {
        const QString where = Tr::tr("%1: task %2").arg(file).arg(tasks.size() + 1);
        const QJsonObject object = value.toObject();
        DatasetSources sources = DatasetSources::fromJson(object, where);
        std::optional<Scalarizer> scalarizer = fallback;
        if (object.contains("scalarizer"))
            scalarizer = scalarizerFromJson(object.value("scalarizer"), where);
        QCryptographicHash hash(QCryptographicHash::Sha256);
        const auto locate = [&](Address &address) {
            if (QDir::isRelativePath(address.file))
                address.file = folder.filePath(address.file);
            hash.addData((hashOfFile(address.file) + ' ' + address.array + '\n').toUtf8());
        };
        locate(sources.image);
        for (auto *address : {&sources.spectra, &sources.energies, &sources.values})
            if (*address)
                locate(**address);
        if (scalarizer)
            hash.addData(scalarizer->text().toUtf8());
        const QString name = text(object, "name", QFileInfo(sources.image.file).fileName(), where);
        tasks.push_back({name, "recorded", QString::fromLatin1(hash.result().toHex()),
                         [name, sources, scalarizer](int patch) {
                             return taskOfDataset(name, sources, scalarizer, patch);
                         }});
    }
    return tasks;
}

struct Label
{
    QString file;
    double value;
};

std::vector<Label> labelsIn(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly | QIODevice::Text) || in.size() > (qint64(64) << 20))
        fail(Tr::tr("%1 cannot be read, or is too large for a list of labels.").arg(file));
    const QDir folder = QFileInfo(file).dir();
    std::vector<Label> labels;
    for (int line = 1; !in.atEnd(); ++line) {
        const QString text = QString::fromUtf8(in.readLine()).trimmed();
        const qsizetype comma = text.lastIndexOf(',');
        bool isNumber = false;
        const double value = text.mid(comma + 1).trimmed().toDouble(&isNumber);
        if (text.isEmpty() || text.startsWith('#') || (line == 1 && !isNumber)) // a heading
            continue;
        if (comma < 1 || !isNumber || !std::isfinite(value) || int(labels.size()) >= mostTasks)
            fail(Tr::tr("Line %2 of %1 must be an image file, a comma and its value.")
                     .arg(file)
                     .arg(line));
        labels.push_back({folder.filePath(text.left(comma).trimmed()), value});
    }
    return labels;
}

/// Images of one patch each; of larger ones the middle.
Task taskOfLabels(const QString &file, int patch)
{
    const std::vector<Label> labels = labelsIn(file);
    LabelledPatches patches{Eigen::MatrixXf(Eigen::Index(labels.size()), patch * patch),
                            Eigen::VectorXd(Eigen::Index(labels.size()))};
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Map image = readArray(Address::parse(labels[i].file), unwatched()).toMap();
        if (image.rows() < patch || image.cols() < patch)
            fail(Tr::tr("%1 has %2 × %3 pixels and is smaller than a patch of %4 × %4.")
                     .arg(labels[i].file)
                     .arg(image.rows())
                     .arg(image.cols())
                     .arg(patch));
        const Map middle =
            image.block((image.rows() - patch) / 2, (image.cols() - patch) / 2, patch, patch);
        patches.inputs.row(Eigen::Index(i)) =
            Eigen::Map<const Eigen::RowVectorXf>(middle.data(), middle.size());
        patches.values[Eigen::Index(i)] = labels[i].value;
    }
    return Task(file, std::move(patches));
}

std::vector<TaskSource> labelsFrom(const QString &file)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const Label &label : labelsIn(file))
        hash.addData((hashOfFile(Address::parse(label.file).file) + ' ' +
                      QString::number(label.value, 'g', 17) + '\n')
                         .toUtf8());
    return {{file, "labels", QString::fromLatin1(hash.result().toHex()),
             [file](int patch) { return taskOfLabels(file, patch); }}};
}

std::vector<TaskSource> fileFrom(const QString &file, const std::optional<Scalarizer> &scalarizer)
{
    if (file.endsWith(".json", Qt::CaseInsensitive))
        return listFrom(file, scalarizer);
    if (file.endsWith(".csv", Qt::CaseInsensitive))
        return labelsFrom(file);
    if (isRunFile(file))
        return {
            {file, "run", hashOfFile(file), [file](int patch) { return taskOfRun(file, patch); }}};
    fail(Tr::tr("%1 is no task: it is neither a run, nor a list of tasks (.json) or of labelled "
                "images (.csv).")
             .arg(file));
}

std::vector<TaskSource> folderFrom(const QString &folder,
                                   const std::optional<Scalarizer> &scalarizer)
{
    QStringList files;
    if (QDir(folder).exists("runs")) {
        for (const QString &run : QDir(folder + "/runs").entryList(QDir::Dirs, QDir::Name))
            if (const QString file = folder + "/runs/" + run + "/run.h5"; QFile::exists(file))
                files << file;
    } else {
        for (const QString &name :
             QDir(folder).entryList({"*.h5", "*.json", "*.csv"}, QDir::Files, QDir::Name))
            if (!name.endsWith(".h5") || isRunFile(folder + '/' + name))
                files << folder + '/' + name;
    }
    std::vector<TaskSource> tasks;
    for (const QString &file : files)
        for (TaskSource &task : fileFrom(file, scalarizer))
            tasks.push_back(std::move(task));
    if (tasks.empty())
        fail(Tr::tr("There is no task in %1: no run, no list of tasks (.json) or of labelled "
                    "images (.csv).")
                 .arg(folder));
    return tasks;
}

} // namespace

std::vector<TaskSource> tasksFrom(const QStringList &texts,
                                  const std::optional<Scalarizer> &scalarizer)
{
    std::vector<TaskSource> tasks;
    for (const QString &text : texts) {
        const bool isSimulated = text.startsWith("simulated:");
        if (!isSimulated && !QFileInfo::exists(text))
            fail(Tr::tr("There is no task %1: it is neither a file or folder nor "
                        "simulated:FAMILY:COUNT.")
                     .arg(text));
        for (TaskSource &task : isSimulated               ? simulatedFrom(text)
                                : QFileInfo(text).isDir() ? folderFrom(text, scalarizer)
                                                          : fileFrom(text, scalarizer))
            tasks.push_back(std::move(task));
    }
    return tasks;
}

} // namespace helmscope
