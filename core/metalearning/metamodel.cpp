// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/metamodel.h"

#include "base/tr.h"
#include "dkl/presets.h"
#include "metalearning/metafile.h"
#include "steering/plan.h"

#include <QCryptographicHash>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>

namespace helmscope {

static constexpr char format[] = "helmscope-meta-model";

int MetaModel::patch() const
{
    return int(std::lround(std::sqrt(double(start->patchNumbers))));
}

/// The card as it is hashed and stored: keys in order, numbers as JSON has them.
static QByteArray cardBytes(const MetaModel &model)
{
    return QJsonDocument(model.card).toJson(QJsonDocument::Compact);
}

static QJsonObject settingsOf(const ModelStart &start)
{
    return {{"model", modelToJson(start.settings)},
            {"networkSeed", QString::number(start.settings.seed)},
            {"patchNumbers", start.patchNumbers},
            {"pull", start.pull}};
}

QString MetaModel::hash() const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(format);
    const auto add = [&hash](const auto &numbers) {
        hash.addData(QByteArray::number(qint64(numbers.size())) + ' ');
        hash.addData(
            QByteArrayView(reinterpret_cast<const char *>(numbers.data()),
                           qsizetype(numbers.size()) * qsizetype(sizeof(numbers.data()[0]))));
    };
    hash.addData(QJsonDocument(settingsOf(*start)).toJson(QJsonDocument::Compact));
    add(start->weights);
    add(start->kernel);
    add(start->priorMeans);
    add(start->priorDeviations);
    hash.addData(cardBytes(*this));
    return QString::fromLatin1(hash.result().toHex());
}

void writeMetaModel(const QString &file, const MetaModel &model)
{
    check(*model.start);
    writeWhole(file, [&](Hdf5File &out) {
        out.setAttribute("", "format", format);
        out.setAttribute("", "version", 1);
        out.setAttribute("", "hash", model.hash());
        writeText(out, "settings", QJsonDocument(settingsOf(*model.start)).toJson());
        writeText(out, "card", cardBytes(model));
        writeNumbers(out, "weights", model.start->weights);
        writeNumbers(out, "kernel", model.start->kernel);
        writeNumbers(out, "priorMeans", model.start->priorMeans);
        writeNumbers(out, "priorDeviations", model.start->priorDeviations);
    });
}

bool isMetaModelFile(const QString &file)
{
    return hasFormat(file, format);
}

MetaModel readMetaModel(const QString &file)
{
    if (!QFileInfo::exists(file))
        fail(Tr::tr("There is no file %1.").arg(file));
    if (!hasFormat(file, format))
        fail(Tr::tr("%1 is not a meta-model of Helmscope, or is cut short; 'helmscope-cli "
                    "metatrain' makes one.")
                 .arg(file));
    const Hdf5File in(file, Hdf5File::Mode::Read);
    if (in.attribute("", "version").toInt() != 1)
        fail(Tr::tr("%1 was written by a newer version of Helmscope.").arg(file));
    const QJsonObject settings = readObject(in, "settings");
    ModelStart start;
    start.settings = modelFromJson(settings.value("model").toObject(), file);
    start.settings.seed = settings.value("networkSeed").toString().toULongLong();
    start.patchNumbers = settings.value("patchNumbers").toInt();
    start.pull = settings.value("pull").toDouble();
    start.weights = readFloats(in, "weights");
    start.kernel = readNumbers(in, "kernel");
    start.priorMeans = readNumbers(in, "priorMeans");
    start.priorDeviations = readNumbers(in, "priorDeviations");
    try {
        check(start);
    } catch (const Error &error) {
        fail(Tr::tr("%1 is damaged: %2").arg(file, QString::fromUtf8(error.what())));
    }
    MetaModel model{std::make_shared<const ModelStart>(std::move(start)), readObject(in, "card")};
    if (model.hash() != in.attribute("", "hash").toString())
        fail(Tr::tr("%1 is damaged: its contents do not have the hash that it says.").arg(file));
    return model;
}

QString cardText(const MetaModel &model)
{
    QStringList lines;
    const auto row = [&lines](const QString &name, const QString &text) {
        if (!text.isEmpty())
            lines << QStringLiteral("  %1 %2").arg(name, -12).arg(text);
    };
    const QJsonObject &card = model.card;
    const QJsonArray tasks = card.value("tasks").toArray();
    int training = 0;
    QMap<QString, int> families;
    for (const QJsonValue &task : tasks) {
        training += task["role"].toString() == "training";
        ++families[task["family"].toString()];
    }
    QStringList kinds;
    for (auto family = families.cbegin(); family != families.cend(); ++family)
        kinds << QStringLiteral("%1 %2").arg(family.value()).arg(family.key());
    row(Tr::tr("name"), card.value("name").toString());
    row(Tr::tr("hash"), model.hash());
    row(Tr::tr("method"), card.value("method").toString());
    row(Tr::tr("model"), QString::fromStdString(presetKeyOf(model.start->settings)));
    row(Tr::tr("patch"), Tr::tr("%1 × %1 pixels").arg(model.patch()));
    row(Tr::tr("tasks"), Tr::tr("%1 learnt, %2 for validation: %3")
                             .arg(training)
                             .arg(tasks.size() - training)
                             .arg(kinds.join(", ")));
    const QJsonArray metrics = card.value("metrics").toArray();
    if (!metrics.isEmpty())
        row(Tr::tr("validation"), Tr::tr("points   RMSE (cold)      NLPD (cold)"));
    for (const QJsonValue &metric : metrics)
        row({}, QStringLiteral("%1   %2 (%3)   %4 (%5)")
                    .arg(metric["points"].toInt(), 6)
                    .arg(metric["rmse"].toDouble(), 6, 'f', 3)
                    .arg(metric["coldRmse"].toDouble(), 6, 'f', 3)
                    .arg(metric["nlpd"].toDouble(), 6, 'f', 3)
                    .arg(metric["coldNlpd"].toDouble(), 6, 'f', 3));
    row(Tr::tr("limits"), card.value("limits").toString());
    row(Tr::tr("licence"), card.value("licence").toString());
    return lines.join('\n');
}

} // namespace helmscope
