// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/sweep.h"

#include "base/json.h"
#include "base/tr.h"
#include "metalearning/taskfiles.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>

#include <algorithm>
#include <cmath>

namespace helmscope {

static constexpr std::size_t mostTrials = 1000;

MetaSweep MetaSweep::fromJson(const QJsonObject &object, const QString &where,
                              const std::optional<Scalarizer> &scalarizer,
                              const std::optional<NamedTasks> &fallback)
{
    MetaSweep sweep;
    sweep.rungs = integer(object, "rungs", sweep.rungs, 1, 10, where);
    const QDir folder = QFileInfo(where).dir();
    for (const QJsonValue &value : object.value("taskSets").toArray()) {
        const QJsonObject set = value.toObject();
        QStringList texts;
        for (const QJsonValue &one : set.value("tasks").toArray()) {
            const QString text = one.toString();
            const bool isFile = !text.startsWith("simulated:");
            texts << (isFile && QDir::isRelativePath(text) ? folder.filePath(text) : text);
        }
        const QString name =
            text(set, "name", Tr::tr("set %1").arg(sweep.taskSets.size() + 1), where);
        const TaskSet tasks =
            split(tasksFrom(texts, scalarizer), integer(set, "validateEvery", 5, 2, 1000, where),
                  integer(set, "fold", 0, 0, 999, where));
        if (tasks.training.empty() || tasks.validation.empty())
            fail(Tr::tr("%1: the task set '%2' needs tasks to learn on and tasks for validation.")
                     .arg(where, name));
        sweep.taskSets.push_back({name, tasks});
    }
    if (sweep.taskSets.empty() && fallback)
        sweep.taskSets.push_back(*fallback);
    if (sweep.taskSets.empty())
        fail(Tr::tr("%1 names no task sets.").arg(where));

    // Every combination of the grid's values on top of the base.
    std::vector<std::pair<QString, QJsonObject>> all{{{}, object.value("base").toObject()}};
    const QJsonObject grid = object.value("grid").toObject();
    for (auto field = grid.begin(); field != grid.end(); ++field) {
        const QJsonArray values =
            field.value().isArray() ? field.value().toArray() : QJsonArray{field.value()};
        std::vector<std::pair<QString, QJsonObject>> more;
        for (const auto &[special, base] : all)
            for (const QJsonValue &value : values) {
                QJsonObject settings = base;
                settings[field.key()] = value;
                const QString text =
                    value.isString()
                        ? value.toString()
                        : QString::fromUtf8(
                              QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact))
                              .mid(1)
                              .chopped(1);
                more.push_back(
                    {(special.isEmpty() ? QString() : special + ", ") + field.key() + ' ' + text,
                     settings});
                if (more.size() * sweep.taskSets.size() > mostTrials)
                    fail(Tr::tr("%1 asks for more than %2 trainings.").arg(where).arg(mostTrials));
            }
        all = std::move(more);
    }
    for (const auto &[special, settings] : all)
        sweep.settings.push_back({special, MetaSettings::fromJson(settings, where)});
    if (sweep.settings.empty())
        fail(Tr::tr("%1: the grid has a field without values.").arg(where));
    return sweep;
}

/// Some of each set's validation tasks, so that all trials are judged alike.
static std::vector<TaskSource> judgesOf(const MetaSweep &sweep)
{
    constexpr int most = 12;
    std::vector<TaskSource> judges;
    for (std::size_t i = 0; int(judges.size()) < most; ++i) {
        bool isAny = false;
        for (const MetaSweep::NamedTasks &set : sweep.taskSets)
            if (i < set.tasks.validation.size()) {
                judges.push_back(set.tasks.validation[i]);
                isAny = true;
            }
        if (!isAny)
            break;
    }
    return judges;
}

SweepResult carryOut(const MetaSweep &sweep, const MetaTrainingOptions &options,
                     const std::function<void(const SweepTrial &, const MetaModel &)> &onTrial,
                     const Progress &progress)
{
    struct Entry
    {
        std::size_t set, settings;
        double nlpd = 0;
    };
    std::vector<Entry> left;
    std::vector<TaskDescriptor> descriptors;
    for (std::size_t set = 0; set < sweep.taskSets.size(); ++set) {
        descriptors.push_back(
            describe(sweep.taskSets[set].tasks.training, sweep.settings.front().second.patch));
        for (std::size_t settings = 0; settings < sweep.settings.size(); ++settings)
            left.push_back({set, settings});
    }
    const std::vector<TaskSource> judges = judgesOf(sweep);
    MetaTrainingOptions quiet = options;
    quiet.checkpoint.clear();
    quiet.say = nullptr;

    SweepResult result;
    for (int rung = 0; rung < sweep.rungs && !left.empty(); ++rung) {
        const bool isLast = rung == sweep.rungs - 1;
        const std::size_t first = result.trials.size();
        std::optional<MetaTraining> best;
        double least = 0;
        for (std::size_t i = 0; i < left.size(); ++i) {
            const MetaSweep::NamedTasks &set = sweep.taskSets[left[i].set];
            const auto &[special, asked] = sweep.settings[left[i].settings];
            SweepTrial trial;
            trial.taskSet = set.name;
            trial.special = special;
            trial.settings = asked;
            trial.rung = rung;
            trial.tasks = int(set.tasks.training.size());
            trial.descriptor = descriptors[left[i].set];
            trial.settings.iterations = std::max(1, asked.iterations >> (sweep.rungs - 1 - rung));
            QElapsedTimer time;
            time.start();
            // As though all rungs took as long: each has half the trials for twice the iterations.
            const double from = (rung + double(i) / double(left.size())) / sweep.rungs;
            const double to = (rung + double(i + 1) / double(left.size())) / sweep.rungs;
            std::optional<MetaTraining> training =
                metaTrain(trial.settings, set.tasks, set.name, quiet, part(progress, from, to));
            if (!training)
                return result;
            const std::vector<int> counts{10, 20, 50};
            const std::vector<Score> scores =
                scoresOn(judges, asked.patch, {{training->model.start, {}}}, counts, 4242,
                         options.workers.jobs, unwatched());
            for (const Score &score : scores) {
                const double n = double(scores.size());
                trial.rmse += score.rmse / n;
                trial.r2 += score.r2 / n;
                trial.nlpd += score.nlpd / n;
                trial.logLikelihood -= score.loss / n;
            }
            trial.settings = training->settings;
            trial.seconds = double(time.elapsed()) / 1000;
            trial.hash = training->model.hash();
            left[i].nlpd = trial.nlpd;
            if (options.say && options.workers.isFirst())
                options.say(Tr::tr("rung %1, %2 %3: RMSE %4, NLPD %5")
                                .arg(rung + 1)
                                .arg(trial.taskSet, trial.special)
                                .arg(trial.rmse, 0, 'f', 3)
                                .arg(trial.nlpd, 0, 'f', 3));
            if (onTrial)
                onTrial(trial, training->model);
            if (!best || trial.nlpd < least) {
                least = trial.nlpd;
                best = std::move(training);
            }
            result.trials.push_back(std::move(trial));
        }
        result.best = std::move(best);
        std::vector<std::size_t> order(left.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&left](std::size_t a, std::size_t b) {
            return left[a].nlpd < left[b].nlpd;
        });
        order.resize(isLast ? 1 : (left.size() + 1) / 2);
        std::vector<Entry> kept;
        for (const std::size_t i : order) {
            result.trials[first + i].isKept = true;
            kept.push_back(left[i]);
        }
        left = std::move(kept);
    }
    return result;
}

QString toCsv(const std::vector<SweepTrial> &trials)
{
    const auto quoted = [](QString text) { return '"' + text.replace('"', "\"\"") + '"'; };
    QStringList lines{"task_set,tasks,settings,method,rung,iterations,inner_steps,mll,rmse,r2,nlpd,"
                      "seconds,kept,meta_model"};
    for (const SweepTrial &t : trials)
        lines << QStringList{quoted(t.taskSet),
                             QString::number(t.tasks),
                             quoted(t.special),
                             keyOf(t.settings.method),
                             QString::number(t.rung + 1),
                             QString::number(t.settings.iterations),
                             QString::number(t.settings.innerSteps),
                             QString::number(t.logLikelihood, 'g', 6),
                             QString::number(t.rmse, 'g', 6),
                             QString::number(t.r2, 'g', 6),
                             QString::number(t.nlpd, 'g', 6),
                             QString::number(t.seconds, 'f', 1),
                             t.isKept ? "yes" : "no",
                             t.hash}
                     .join(',');
    return lines.join('\n') + '\n';
}

QJsonArray toJson(const std::vector<SweepTrial> &trials)
{
    QJsonArray array;
    for (const SweepTrial &t : trials)
        array.append(QJsonObject{{"taskSet", t.taskSet},
                                 {"tasks", t.tasks},
                                 {"special", t.special},
                                 {"settings", t.settings.toJson()},
                                 {"rung", t.rung},
                                 {"mll", t.logLikelihood},
                                 {"rmse", t.rmse},
                                 {"r2", t.r2},
                                 {"nlpd", t.nlpd},
                                 {"seconds", t.seconds},
                                 {"kept", t.isKept},
                                 {"metaModel", t.hash},
                                 {"descriptor", t.descriptor.toJson()}});
    return array;
}

std::vector<SweepTrial> trialsFromJson(const QJsonArray &array, const QString &where)
{
    std::vector<SweepTrial> trials;
    constexpr double most = 1e9;
    for (const QJsonValue &value : array) {
        const QJsonObject object = value.toObject();
        SweepTrial t;
        t.taskSet = text(object, "taskSet", {}, where);
        t.tasks = integer(object, "tasks", 0, 0, 1 << 30, where);
        t.special = text(object, "special", {}, where);
        t.settings = MetaSettings::fromJson(object.value("settings").toObject(), where);
        t.rung = integer(object, "rung", 0, 0, 100, where);
        t.logLikelihood = number(object, "mll", 0, -most, most, where);
        t.rmse = number(object, "rmse", 0, -most, most, where);
        t.r2 = number(object, "r2", 0, -most, most, where);
        t.nlpd = number(object, "nlpd", 0, -most, most, where);
        t.seconds = number(object, "seconds", 0, 0, most, where);
        t.isKept = flag(object, "kept", false, where);
        t.hash = text(object, "metaModel", {}, where);
        t.descriptor = TaskDescriptor::fromJson(object.value("descriptor").toObject(), where);
        trials.push_back(std::move(t));
    }
    return trials;
}

std::vector<Neighbour> recommended(const std::vector<SweepTrial> &earlier,
                                   const TaskDescriptor &descriptor, int count)
{
    // Of each set the best of its longest trainings.
    QMap<QString, SweepTrial> best;
    for (const SweepTrial &trial : earlier) {
        const auto known = best.constFind(trial.taskSet);
        if (known == best.cend() || trial.rung > known->rung ||
            (trial.rung == known->rung && trial.nlpd < known->nlpd))
            best[trial.taskSet] = trial;
    }
    std::vector<Neighbour> all;
    for (const SweepTrial &trial : best)
        all.push_back({trial, trial.descriptor.distance(descriptor)});
    std::stable_sort(all.begin(), all.end(), [](const Neighbour &a, const Neighbour &b) {
        return a.distance < b.distance;
    });
    all.resize(std::min(all.size(), std::size_t(std::max(count, 0))));
    return all;
}

} // namespace helmscope
