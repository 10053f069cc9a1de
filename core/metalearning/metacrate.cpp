// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/metacrate.h"

#include "base/json.h"
#include "base/tr.h"
#include "dkl/transfer/torchscript.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

namespace helmscope {

static QJsonObject reference(const QString &id)
{
    return {{"@id", id}};
}

static QString hashOfFile(const QString &file)
{
    QFile in(file);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!in.open(QIODevice::ReadOnly) || !hash.addData(&in))
        fail(Tr::tr("%1 cannot be read: %2.").arg(file, in.errorString()));
    return QString::fromLatin1(hash.result().toHex());
}

static QJsonObject metadataOf(const QDir &folder, const QStringList &files, const MetaModel &model)
{
    const QJsonObject &card = model.card;
    const QString licence =
        "https://spdx.org/licenses/" + card.value("licence").toString("CC0-1.0");
    QJsonArray parts, objects, things;
    for (const QString &file : files) {
        const QFileInfo info(folder.filePath(file));
        parts.append(reference(file));
        things.append(QJsonObject{{"@id", file},
                                  {"@type", "File"},
                                  {"name", file},
                                  {"contentSize", QString::number(info.size())},
                                  {"sha256", hashOfFile(info.filePath())},
                                  {"encodingFormat", file.endsWith(".json") ? "application/json"
                                                     : file.endsWith(".h5") ? "application/x-hdf5"
                                                                            : "application/zip"}});
    }
    for (const QJsonValue &value : card.value("tasks").toArray()) {
        const QString id = QStringLiteral("#task-%1").arg(objects.size() + 1);
        objects.append(reference(id));
        things.append(QJsonObject{{"@id", id},
                                  {"@type", "CreativeWork"},
                                  {"name", value["name"].toString()},
                                  {"additionalType", value["family"].toString()},
                                  {"description", value["role"].toString()},
                                  {"identifier", "sha256:" + value["hash"].toString()}});
    }
    QJsonArray graph{QJsonObject{{"@id", "ro-crate-metadata.json"},
                                 {"@type", "CreativeWork"},
                                 {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
                                 {"about", reference("./")}},
                     QJsonObject{{"@id", "./"},
                                 {"@type", "Dataset"},
                                 {"name", card.value("name").toString()},
                                 {"description", card.value("limits").toString()},
                                 {"identifier", "sha256:" + model.hash()},
                                 {"datePublished", QFileInfo(folder.filePath(files.first()))
                                                       .lastModified()
                                                       .toUTC()
                                                       .toString(Qt::ISODate)},
                                 {"license", reference(licence)},
                                 {"hasPart", parts},
                                 {"mentions", QJsonArray{reference("#training")}}},
                     QJsonObject{{"@id", licence}, {"@type", "CreativeWork"}, {"name", licence}},
                     QJsonObject{{"@id", "#helmscope"},
                                 {"@type", "SoftwareApplication"},
                                 {"name", card.value("program").toString()}},
                     QJsonObject{{"@id", "#training"},
                                 {"@type", "CreateAction"},
                                 {"name", "meta-training by " + card.value("method").toString()},
                                 {"instrument", reference("#helmscope")},
                                 {"object", objects},
                                 {"result", QJsonArray{reference(files.first())}}}};
    for (const QJsonValue &thing : things)
        graph.append(thing);
    return {{"@context", "https://w3id.org/ro/crate/1.1/context"}, {"@graph", graph}};
}

QStringList writeMetaCrate(const QString &folder, const MetaModel &model, bool mayOverwrite)
{
    QStringList files{"meta-model.h5", "card.json"};
    const bool hasNetwork = model.start->weights.size() > 0;
    if (hasNetwork)
        files << "features.pt";
    const QDir directory(folder);
    if (!QDir().mkpath(folder))
        fail(Tr::tr("The folder %1 cannot be made.").arg(folder));
    for (const QString &file : files + QStringList{"ro-crate-metadata.json"})
        if (!mayOverwrite && directory.exists(file))
            fail(Tr::tr("%1 exists already: choose another folder, or add --overwrite.")
                     .arg(directory.filePath(file)));
    writeMetaModel(directory.filePath(files[0]), model);
    writeJson(directory.filePath(files[1]), model.card);
    if (hasNetwork)
        writeTorchScript(QFile::encodeName(directory.filePath(files[2])).toStdString(),
                         *model.start);
    const QJsonObject metadata = metadataOf(directory, files, model);
    files << "ro-crate-metadata.json";
    writeJson(directory.filePath(files.last()), metadata);
    QStringList paths;
    for (const QString &file : files)
        paths << directory.filePath(file);
    return paths;
}

} // namespace helmscope
