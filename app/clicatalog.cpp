// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "base/tr.h"
#include "data/catalog.h"
#include "data/metadata.h"

#include <CLI/CLI.hpp>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>

namespace helmscope {

namespace {

struct Options
{
    std::string folder, query, store;
    int most = 1000;
    bool isJson = false, isOffline = false;
};

void print(const Catalog::Entry &entry)
{
    QString line =
        QStringLiteral("%1  %2  %3")
            .arg(entry.path, entry.format.isEmpty() ? Tr::tr("unreadable") : entry.format,
                 QLocale::c().formattedDataSize(entry.bytes));
    if (!entry.problem.isEmpty())
        line += "\n    " + entry.problem;
    for (const QString &array : entry.arrays)
        line += "\n    " + array;
    QStringList known;
    for (const MetadataField &field : metadataFields())
        if (const QJsonValue value = entry.metadata[field.key]; !value.isUndefined())
            known << QStringLiteral("%1 %2").arg(
                field.key, value.isDouble() ? QString::number(value.toDouble(), 'g', 6)
                                            : '"' + value.toString() + '"');
    if (!known.isEmpty())
        line += "\n    " + known.join(", ");
    printOut(line);
}

int catalog(const Options &options)
{
    Catalog catalog(QFile::decodeName(options.folder.c_str()),
                    QFile::decodeName(options.store.c_str()));
    Catalog::Changes changes;
    if (!options.isOffline)
        changes = catalog.update([](double) { return !isStopAsked(); });
    const QList<Catalog::Entry> found =
        catalog.find(QString::fromLocal8Bit(options.query.c_str()), options.most);
    if (options.isJson) {
        QJsonArray entries;
        for (const Catalog::Entry &entry : found) {
            QJsonObject object = entry.toJson();
            object["thumbnail"] = catalog.thumbnail(entry);
            entries << object;
        }
        printOut(QJsonDocument(QJsonObject{{"folder", catalog.folder()},
                                           {"store", catalog.store()},
                                           {"files", catalog.count()},
                                           {"read", changes.read},
                                           {"moved", changes.moved},
                                           {"gone", changes.gone},
                                           {"trouble", changes.trouble},
                                           {"entries", entries}})
                     .toJson(QJsonDocument::Compact));
    } else {
        for (const Catalog::Entry &entry : found)
            print(entry);
        printOut(Tr::tr("%1 of %2 recordings; %3 read now, %4 moved, %5 gone, %6 not understood")
                     .arg(found.size())
                     .arg(catalog.count())
                     .arg(changes.read)
                     .arg(changes.moved)
                     .arg(changes.gone)
                     .arg(changes.trouble));
    }
    return changes.isWhole ? Done : StoppedBySignal;
}

} // namespace

void addCatalog(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "catalog", "Finds recordings in a folder by what they hold and how they were taken");
    const auto options = std::make_shared<Options>();
    command->add_option("DIR", options->folder, "Folder, looked through with all below it")
        ->required();
    command->add_option("--query", options->query,
                        "Words, and conditions like detector:haadf or beamEnergyKev>=200");
    command->add_option("--store", options->store,
                        "Folder for index and thumbnails (default: in the user's cache)");
    command->add_option("--most", options->most, "Largest number of recordings shown")
        ->check(CLI::Range(1, 1000000));
    command->add_flag("--no-update", options->isOffline, "Answers from the index as it is");
    command->add_flag("--json", options->isJson, "Prints one JSON object");
    QString fields;
    for (const MetadataField &field : metadataFields())
        fields += QStringLiteral("\n  %1").arg(field.key);
    command->footer(
        Tr::tr("Fields: format, path and%1\nExample:\n  helmscope-cli catalog ~/data --query "
               "\"sto detector:haadf beamEnergyKev>=200\"\n")
            .arg(fields)
            .toStdString());
    command->callback([options, &chosen] { chosen = [options] { return catalog(*options); }; });
}

} // namespace helmscope
