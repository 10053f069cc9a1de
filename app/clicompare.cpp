// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/cliprogress.h"
#include "app/clirunfile.h"
#include "base/tr.h"
#include "steering/recording/foreignrun.h"
#include "steering/rerun/comparisonfigure.h"

#include <CLI/CLI.hpp>

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <cmath>

namespace helmscope {

namespace {

struct CompareOptions
{
    std::vector<std::string> runs, reach;
    std::string csv, figure;
    bool isJson = false, mayOverwrite = false;
};

/// A curve and how good it shall be.
struct Goal
{
    QString key;
    double quality = 0;
};

Goal goalOf(const std::string &word)
{
    const QString text = QString::fromStdString(word);
    const qsizetype at = text.indexOf('=');
    Goal goal{text.left(at), 0};
    bool isNumber = false;
    goal.quality = at > 0 ? text.mid(at + 1).toDouble(&isNumber) : 0;
    QStringList keys;
    for (const CurveRow &row : comparedCurves())
        keys << QLatin1String(row.key);
    if (!isNumber || !std::isfinite(goal.quality) || !keys.contains(goal.key))
        throw UsageError(Tr::tr("--reach %1 is no goal: write one like rmse=0.05, of %2.")
                             .arg(text, keys.join(", ")));
    return goal;
}

/// The runs a word names: one of ours, or all that another program recorded in one file.
std::vector<NamedRun> read(const std::string &word, const Progress &progress)
{
    const QString file = QFile::decodeName(word.c_str());
    if (QFileInfo(file).isFile() && holdsForeignRuns(file))
        return readForeignRuns(file, progress);
    const QString runFile = runFileOf(word);
    NamedRun named;
    named.name = runIdOf(runFile);
    named.run = std::make_shared<const Run>(readRun(runFile, progress));
    return {named};
}

/// Runs that differ in nothing but their seeds are a group, called by its first one.
void group(std::vector<NamedRun> &runs)
{
    std::map<QByteArray, std::vector<NamedRun *>> alike;
    for (NamedRun &named : runs) {
        if (!named.recordedCurves.empty())
            continue; // how others came to their order is not in a plan of ours
        QJsonObject plan = named.run->plan.toJson();
        plan.remove("seed");
        alike[QJsonDocument(plan).toJson(QJsonDocument::Compact)].push_back(&named);
    }
    for (const auto &[plan, members] : alike)
        for (NamedRun *named : members)
            if (members.size() > 1)
                named->group =
                    Tr::tr("%1 and %2 more").arg(members.front()->name).arg(members.size() - 1);
}

/// Two files of one name are told apart by a number.
void nameApart(std::vector<NamedRun> &runs)
{
    QStringList taken;
    for (NamedRun &named : runs) {
        const QString name = named.name;
        for (int i = 2; taken.contains(named.name); ++i)
            named.name = QStringLiteral("%1 #%2").arg(name).arg(i);
        taken << named.name;
    }
}

QString textOf(double number)
{
    return std::isfinite(number) ? QString::number(number, 'g', 4) : QStringLiteral("–");
}

/// The last number of a curve that is known.
double lastOf(const std::vector<double> &numbers)
{
    const auto last = std::find_if(numbers.rbegin(), numbers.rend(),
                                   [](double number) { return std::isfinite(number); });
    return last == numbers.rend() ? std::nan("") : *last;
}

/// Columns as wide as their widest cell, the first to the left and the others to the right.
void printTable(const std::vector<QStringList> &rows)
{
    std::vector<qsizetype> widths(std::size_t(rows.front().size()), 0);
    for (const QStringList &row : rows)
        for (qsizetype i = 0; i < row.size(); ++i)
            widths[std::size_t(i)] = std::max(widths[std::size_t(i)], row[i].size());
    for (const QStringList &row : rows) {
        QString line;
        for (qsizetype i = 0; i < row.size(); ++i) {
            const int wide = int(widths[std::size_t(i)]);
            line += i == 0 ? row[i].leftJustified(wide) : "  " + row[i].rightJustified(wide);
        }
        printOut(line);
    }
}

void printTable(const Comparison &comparison)
{
    // A column for each curve that any of them has, at its end.
    std::vector<QStringList> rows{{Tr::tr("run"), Tr::tr("steps")}};
    std::vector<const CurveRow *> columns;
    for (const CurveRow &row : comparedCurves())
        if (std::any_of(
                comparison.curves.begin(), comparison.curves.end(),
                [&](const ComparedCurve &curve) { return curve.key == QLatin1String(row.key); })) {
            columns.push_back(&row);
            rows.front() << Tr::tr(row.name);
        }
    rows.front() << Tr::tr("seconds") << Tr::tr("dose");
    QStringList names;
    for (const ComparedCurve &curve : comparison.curves)
        if (!names.contains(curve.name))
            names << curve.name;
    for (const QString &name : std::as_const(names)) {
        QStringList cells;
        std::size_t steps = 0;
        double seconds = std::nan(""), dose = std::nan("");
        for (const CurveRow *column : columns) {
            const auto curve = std::find_if(
                comparison.curves.begin(), comparison.curves.end(), [&](const ComparedCurve &one) {
                    return one.name == name && one.key == QLatin1String(column->key);
                });
            if (curve == comparison.curves.end()) {
                cells << QStringLiteral("–");
                continue;
            }
            cells << textOf(lastOf(curve->middle));
            steps = std::max(steps, std::size_t(curve->steps.back()));
            if (lastOf(curve->seconds) > 0)
                seconds = lastOf(curve->seconds);
            if (lastOf(curve->dose) > 0)
                dose = lastOf(curve->dose);
        }
        rows.push_back(QStringList{name, QString::number(steps)} + cells +
                       QStringList{textOf(seconds), textOf(dose)});
    }
    printTable(rows);
}

void printPartings(const Comparison &comparison)
{
    for (const Parting &parting : comparison.partings) {
        const QString first = comparison.runs[std::size_t(parting.first)].name,
                      second = comparison.runs[std::size_t(parting.second)].name;
        printOut(parting.step > 0
                     ? Tr::tr("%1 and %2 part at step %3.").arg(first, second).arg(parting.step)
                     : Tr::tr("%1 and %2 never part.").arg(first, second));
    }
    for (std::size_t i = 1; i < comparison.differences.size(); ++i)
        for (const QString &difference : comparison.differences[i])
            printOut(Tr::tr("%1 differs from %2 in %3.")
                         .arg(comparison.runs[i].name, comparison.runs[0].name, difference));
}

void printReached(const Comparison &comparison, const Goal &goal)
{
    for (const Reached &reached : reached(comparison, goal.key, goal.quality)) {
        const QString what = QStringLiteral("%1 %2").arg(goal.key, textOf(goal.quality));
        if (!reached.step)
            printOut(Tr::tr("%1 never reached %2.").arg(reached.name, what));
        else
            printOut(Tr::tr("%1 reached %2 at step %3, after %4 s and %5 e⁻/Å².")
                         .arg(reached.name, what)
                         .arg(*reached.step)
                         .arg(textOf(reached.seconds > 0 ? reached.seconds : std::nan("")),
                              textOf(reached.dose > 0 ? reached.dose : std::nan(""))));
    }
}

QJsonArray jsonOf(const Comparison &comparison, const std::vector<Goal> &goals)
{
    QJsonArray array;
    const QJsonValue null(QJsonValue::Null);
    const auto value = [&null](double number) {
        return number > 0 ? QJsonValue(number) : null; // 0 is not known
    };
    for (const Goal &goal : goals)
        for (const Reached &one : reached(comparison, goal.key, goal.quality))
            array.append(QJsonObject{{"key", one.key},
                                     {"name", one.name},
                                     {"quality", one.quality},
                                     {"step", one.step ? QJsonValue(*one.step) : null},
                                     {"seconds", one.step ? value(one.seconds) : null},
                                     {"dose", one.step ? value(one.dose) : null}});
    return array;
}

/// Looked at before the runs are read, which may take long.
QString checkedFile(const std::string &name, const CompareOptions &options)
{
    const QString file = QFile::decodeName(name.c_str());
    if (file.isEmpty())
        return file;
    for (const std::string &run : options.runs)
        if (QFileInfo(file) == QFileInfo(QFile::decodeName(run.c_str())))
            throw UsageError(Tr::tr("%1 is one of the runs: write to another file.").arg(file));
    if (QFileInfo::exists(file) && !options.mayOverwrite)
        fail(Tr::tr("%1 exists already: give another name, or add --overwrite.").arg(file));
    return file;
}

void save(const QString &file, const QByteArray &bytes)
{
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
}

int carryOut(const CompareOptions &options)
{
    std::vector<Goal> goals;
    for (const std::string &word : options.reach)
        goals.push_back(goalOf(word));
    const QString csv = checkedFile(options.csv, options);
    const QString figure = checkedFile(options.figure, options);
    if (!figure.isEmpty() && !figure.endsWith(".svg", Qt::CaseInsensitive))
        throw UsageError(Tr::tr("--figure writes SVG: let %1 end with .svg.").arg(figure));

    Comparison comparison;
    {
        ProgressBar bar(Tr::tr("Comparing"));
        const Progress untilStopped = [&bar](double fraction) {
            bar.show(fraction);
            return !isStopAsked();
        };
        std::vector<NamedRun> runs;
        for (const std::string &word : options.runs)
            for (NamedRun &named : read(word, part(untilStopped, 0, 0.5)))
                runs.push_back(std::move(named));
        nameApart(runs);
        group(runs);
        comparison = compare(std::move(runs), part(untilStopped, 0.5, 1));
    }
    if (!csv.isEmpty())
        save(csv, toCsv(comparison));
    if (!figure.isEmpty())
        save(figure, toSvg(comparison));
    if (options.isJson) {
        QJsonObject told = toJson(comparison);
        told["reached"] = jsonOf(comparison, goals);
        printOut(QJsonDocument(told).toJson(QJsonDocument::Compact));
        return Done;
    }
    printTable(comparison);
    printPartings(comparison);
    for (const Goal &goal : goals)
        printReached(comparison, goal);
    for (const QString &note : std::as_const(comparison.notes))
        printOut(note);
    return Done;
}

} // namespace

void addCompare(CLI::App &program, Command &chosen)
{
    CLI::App *command =
        program.add_subcommand("compare", "Runs side by side: how good they got, and where they "
                                          "part");
    const auto o = std::make_shared<CompareOptions>();
    command
        ->add_option("RUN", o->runs,
                     "A run's file (.h5) or folder, or runs that another program recorded (.npz); "
                     "runs that differ in their seeds only are one group")
        ->required();
    command->add_option("--reach", o->reach,
                        "When a curve got so good and stayed there: rmse=0.05, best=12, ...");
    command->add_option("--csv", o->csv, "Writes all steps of all runs as a table");
    command->add_option("--figure", o->figure, "Draws the curves (SVG)");
    command->add_flag("--overwrite", o->mayOverwrite, "--csv and --figure may replace a file");
    command->add_flag("--json", o->isJson, "Prints the comparison as one JSON object on stdout");
    command->footer("Example: helmscope-cli compare runs/a runs/b --reach rmse=0.05 "
                    "--figure compared.svg");
    command->callback([o, &chosen] { chosen = [o] { return carryOut(*o); }; });
}

} // namespace helmscope
