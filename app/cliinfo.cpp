// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "base/error.h"
#include "base/tr.h"
#include "data/formats.h"
#include "metalearning/metamodel.h"
#include "steering/live/heating.h"
#include "steering/recording/runfile.h"
#include "steering/trust.h"

#include <CLI/CLI.hpp>

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>

#include <cmath>

namespace helmscope {

namespace {

QString textOf(double number)
{
    return std::isfinite(number) ? QString::number(number, 'g', 6) : QStringLiteral("–");
}

QJsonValue valueOf(double number)
{
    return std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
}

QJsonObject toJson(const Axis &axis)
{
    QJsonObject object{{"name", axis.name},
                       {"unit", axis.unit},
                       {"size", double(axis.size)},
                       {"isCalibrated", axis.isCalibrated},
                       {"isNavigation", axis.isNavigation},
                       {"isUniform", axis.values.empty()}};
    if (axis.isCalibrated && axis.size > 0) {
        object["first"] = valueOf(axis.at(0));
        object["last"] = valueOf(axis.at(axis.size - 1));
    }
    if (axis.isCalibrated && axis.values.empty()) {
        object["scale"] = valueOf(axis.scale);
        object["offset"] = valueOf(axis.offset);
    }
    return object;
}

QJsonObject toJson(const ArrayInfo &info)
{
    QJsonArray shape, axes;
    for (const Axis &axis : info.axes) {
        shape.append(double(axis.size));
        axes.append(toJson(axis));
    }
    return {{"array", info.path},
            {"title", info.title},
            {"quantity", info.quantity},
            {"type", Samples::nameOf(info.type)},
            {"shape", shape},
            {"axes", axes},
            {"frames", double(info.frames)}};
}

void print(const Axis &axis)
{
    QString line = QStringLiteral("    %1 %2")
                       .arg(axis.name.isEmpty() ? Tr::tr("axis") : axis.name, -14)
                       .arg(axis.size, 7);
    if (axis.isCalibrated && axis.size > 0) {
        const QString unit = axis.unit.isEmpty() ? QString() : ' ' + axis.unit;
        line +=
            Tr::tr("   %1 … %2%3").arg(textOf(axis.at(0)), textOf(axis.at(axis.size - 1)), unit);
        line += axis.values.empty() ? Tr::tr(", %1%2 each").arg(textOf(axis.scale), unit)
                                    : Tr::tr(", not uniform");
    } else {
        line += Tr::tr("   not calibrated");
    }
    printOut(line);
}

void print(const ArrayInfo &info)
{
    QString line = QStringLiteral("  %1  %2  %3")
                       .arg(info.path.isEmpty() ? Tr::tr("(the array)") : info.path,
                            info.shapeText(), Samples::nameOf(info.type));
    if (!info.title.isEmpty() && info.title != info.path)
        line += QStringLiteral("  \"%1\"").arg(info.title);
    if (!info.quantity.isEmpty())
        line += "  " + info.quantity;
    if (info.frames > 0)
        line += Tr::tr("  %1 frames").arg(info.frames);
    printOut(line);
    for (const Axis &axis : info.axes)
        print(axis);
}

void print(const Metadata &metadata)
{
    for (const MetadataField &field : metadataFields()) {
        const QString name = Tr::tr(field.name);
        if (const auto text = metadata.texts.find(field.field); text != metadata.texts.end())
            printOut(QStringLiteral("      %1 %2").arg(name, -22).arg(text->second));
        if (const auto number = metadata.numbers.find(field.field);
            number != metadata.numbers.end())
            printOut(QStringLiteral("      %1 %2 %3")
                         .arg(name, -22)
                         .arg(textOf(number->second))
                         .arg(qstrcmp(field.unit, "1") == 0 ? QString()
                                                            : QString::fromUtf8(field.unit)));
    }
    for (const QString &warning : metadata.warnings)
        printError(warning);
}

/// What a run file says, in the words of its own plan.
QJsonObject runToJson(const QString &file, const Run &run)
{
    int initial = 0;
    double dose = 0;
    for (const Step &step : run.steps) {
        initial += step.reason == Reason::Initial;
        dose += step.dose;
    }
    QJsonObject object{{"file", file},
                       {"format", "Helmscope run"},
                       {"plan", run.plan.toJson()},
                       {"measured", int(run.steps.size())},
                       {"initial", initial},
                       {"outcome", keyOf(run.outcome)},
                       {"message", run.message},
                       {"value", QJsonObject{{"name", run.valueName}, {"unit", run.valueUnit}}},
                       {"dose", valueOf(dose)},
                       {"bestValue", run.steps.empty() ? QJsonValue(QJsonValue::Null)
                                                       : valueOf(run.steps.back().bestValue)},
                       {"quality", QJsonValue(QJsonValue::Null)}};
    for (auto step = run.steps.rbegin(); step != run.steps.rend(); ++step)
        if (step->quality) {
            const Quality &quality = *step->quality;
            object["quality"] = QJsonObject{{"pixels", quality.pixels},
                                            {"rmse", valueOf(quality.rmse)},
                                            {"r2", valueOf(quality.r2)},
                                            {"nlpd", valueOf(quality.nlpd)},
                                            {"coverage95", valueOf(quality.coverage95)}};
            break;
        }
    const bool hasTrust = !run.steps.empty() && run.steps.back().trust;
    object["trust"] = hasTrust ? QJsonValue(toJson(*run.steps.back().trust)) : QJsonValue::Null;
    return object;
}

void printRun(const QString &file, const Run &run)
{
    const QJsonObject object = runToJson(file, run);
    const QString unit = run.valueUnit.isEmpty() ? QString() : ' ' + run.valueUnit;
    const auto row = [](const QString &name, const QString &text) {
        printOut(QStringLiteral("  %1 %2").arg(name, -12).arg(text));
    };
    printOut(Tr::tr("%1: run of Helmscope").arg(file));
    if (const auto *simulated = std::get_if<Simulator::Settings>(&run.plan.sample))
        row(Tr::tr("sample"), Tr::tr("simulated, %1 × %2, seed %3")
                                  .arg(simulated->sample.rows)
                                  .arg(simulated->sample.cols)
                                  .arg(simulated->sample.seed));
    else if (const auto *address = std::get_if<InstrumentAddress>(&run.plan.sample))
        row(Tr::tr("instrument"), address->text());
    else
        row(Tr::tr("sample"), std::get<DatasetSources>(run.plan.sample).image.text());
    row(Tr::tr("value"), run.valueName + unit);
    row(Tr::tr("acquisition"), Tr::tr(rowOf(run.plan.acquisition.kind).name));
    if (run.plan.acquisition.heating.isOn())
        row(Tr::tr("heating"), textOf(run.plan.acquisition.heating));
    row(Tr::tr("plan"), Tr::tr("%1 steps, patch %2, %3 cycles, seed %4")
                            .arg(run.plan.steps)
                            .arg(run.plan.patch)
                            .arg(run.plan.model.cycles)
                            .arg(run.plan.seed));
    row(Tr::tr("measured"), Tr::tr("%1 pixels, %2 of them first points")
                                .arg(run.steps.size())
                                .arg(object["initial"].toInt()));
    row(Tr::tr("outcome"), QStringLiteral("%1: %2").arg(keyOf(run.outcome), run.message));
    if (!run.steps.empty())
        row(Tr::tr("best value"), textOf(run.steps.back().bestValue) + unit);
    if (const QJsonObject quality = object["quality"].toObject(); !quality.isEmpty())
        row(Tr::tr("quality"),
            Tr::tr("R² %1, RMSE %2%3, NLPD %4, coverage %5 % over %6 pixels")
                .arg(textOf(quality["r2"].toDouble(NAN)), textOf(quality["rmse"].toDouble(NAN)),
                     unit, textOf(quality["nlpd"].toDouble(NAN)),
                     textOf(100 * quality["coverage95"].toDouble(NAN)))
                .arg(quality["pixels"].toInt()));
    if (const QJsonObject trust = object["trust"].toObject(); !trust.isEmpty())
        row(Tr::tr("trust"), trust["verdict"].toString());
}

QJsonObject describe(const QString &file, bool isJson)
{
    if (QFileInfo::exists(file) && isRunFile(file)) {
        const Run run = readRun(file, [](double) { return !isStopAsked(); });
        if (!isJson)
            printRun(file, run);
        return runToJson(file, run);
    }
    if (isMetaModelFile(file)) {
        const MetaModel model = readMetaModel(file);
        if (!isJson) {
            printOut(Tr::tr("%1: meta-model of Helmscope").arg(file));
            printOut(cardText(model));
        }
        return {{"file", file},
                {"format", "Helmscope meta-model"},
                {"hash", model.hash()},
                {"patch", model.patch()},
                {"card", model.card}};
    }
    const Format &format = formatOf(file);
    const QList<ArrayInfo> arrays = format.list(file);
    const qint64 size = QFileInfo(file).size();
    QJsonArray list;
    if (!isJson)
        printOut(Tr::tr("%1: %2, %3").arg(file, format.name, QLocale::c().formattedDataSize(size)));
    for (const ArrayInfo &info : arrays) {
        const Metadata metadata = format.metadata(file, info.path);
        QJsonObject object = toJson(info);
        object["metadata"] = metadata.standard();
        object["all"] = metadata.all;
        object["warnings"] = QJsonArray::fromStringList(metadata.warnings);
        list.append(object);
        if (!isJson) {
            print(info);
            print(metadata);
        }
    }
    return {{"file", file}, {"format", format.name}, {"bytes", double(size)}, {"arrays", list}};
}

int info(const std::vector<std::string> &files, bool isJson)
{
    QJsonArray list;
    int code = Done;
    for (const std::string &name : files) {
        try { // one bad file does not hide what the others hold
            list.append(describe(QFile::decodeName(name.c_str()), isJson));
        } catch (const Error &error) {
            printError(Tr::tr("helmscope-cli: %1").arg(QString::fromUtf8(error.what())));
            code = isStopAsked() ? StoppedBySignal : Failure;
        }
        if (isStopAsked())
            break;
    }
    if (isJson)
        printOut(QJsonDocument(QJsonObject{{"files", list}}).toJson(QJsonDocument::Compact));
    return code;
}

std::string formatsText()
{
    QString text = Tr::tr("Files it knows:");
    for (const Format &format : formats())
        text += QStringLiteral("\n  %1 (.%2): %3")
                    .arg(format.name, format.suffixes.join(", ."), format.holds);
    text += Tr::tr("\n  runs and meta-models of Helmscope (.h5)");
    text += "\nExamples:\n  helmscope-cli info scan.hspy\n  helmscope-cli info --json run.h5\n";
    return text.toStdString();
}

} // namespace

void addInfo(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "info", "Says what files hold: arrays with their calibrations, or a run");
    struct Options
    {
        std::vector<std::string> files;
        bool isJson = false;
    };
    const auto options = std::make_shared<Options>();
    command->add_option("FILE", options->files, "Files")->required();
    command->add_flag("--json", options->isJson, "Prints one JSON object: {\"files\": [...]}");
    command->footer(formatsText());
    command->callback([options, &chosen] {
        chosen = [options] { return info(options->files, options->isJson); };
    });
}

} // namespace helmscope
