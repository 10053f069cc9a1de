// SPDX-License-Identifier: GPL-3.0-or-later
// How long the log of a large workspace takes: 2,000 runs in 10,000 versions, every eighth run on a
// branch of its own, every second of these joined again. Arguments: number of runs; --json.
#include "history/lanes.h"
#include "history/repository.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

using namespace helmscope;

namespace {

double secondsOf(const std::function<void()> &work)
{
    QElapsedTimer timer;
    timer.start();
    work();
    return double(timer.nsecsElapsed()) / 1e9;
}

/// Median of five.
double medianOf(const std::function<void()> &work)
{
    std::vector<double> times;
    for (int i = 0; i < 5; ++i)
        times.push_back(secondsOf(work));
    std::sort(times.begin(), times.end());
    return times[2];
}

void append(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::Append) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

/// Five versions a run: its plan, three marks and its end. Answers how long each commit took.
std::vector<double> makeRuns(const QString &folder, int runs)
{
    Repository repository = Repository::create(folder);
    repository.setPerson({"Ernst Ruska", "ruska@example.org"});
    std::vector<double> times;
    QString earlier;
    for (int run = 0; run < runs; ++run) {
        const QString name = QStringLiteral("runs/run-%1").arg(run, 5, 10, QChar('0'));
        QDir(folder).mkpath(name);
        append(folder + '/' + name + "/plan.json", QByteArray::number(run));
        Repository::Change change;
        change.paths = QStringList{name};
        if (run % 8 == 7) {
            change.branch = name;
            change.from = earlier;
        }
        QString id;
        for (int mark = 0; mark < 5; ++mark) {
            append(folder + '/' + name + "/steps.jsonl",
                   "{\"step\":" + QByteArray::number(mark) + "}\n");
            change.message = QStringLiteral("%1: version %2").arg(name).arg(mark);
            change.timeMs = 1'700'000'000'000 + (qint64(run) * 5 + mark) * 60'000;
            if (mark == 4 && run % 16 == 15) { // its end joins the main branch
                change.alsoParents = QStringList{change.branch};
                change.branch.clear();
                change.from.clear();
            }
            times.push_back(secondsOf([&] { id = repository.commit(change); }));
        }
        if (run % 8 == 3)
            earlier = id;
        if (run % 100 == 50)
            repository.tag(QStringLiteral("kept-%1").arg(run), id, "kept");
    }
    return times;
}

} // namespace

int main(int count, char **arguments)
{
    int runs = 2000;
    bool isJson = false;
    for (int i = 1; i < count; ++i) {
        if (std::strcmp(arguments[i], "--json") == 0)
            isJson = true;
        else
            runs = std::max(16, std::atoi(arguments[i]));
    }
    const QTemporaryDir folder;
    std::vector<double> commits = makeRuns(folder.path(), runs);
    const double newest = commits.back();
    std::sort(commits.begin(), commits.end());

    std::vector<Version> first, all;
    std::vector<LaneRow> rows;
    std::vector<Reference> references;
    const double open = medianOf([&] { Repository again(folder.path()); });
    const Repository repository(folder.path());
    const double page = medianOf([&] { first = repository.log(500); });
    const double log = medianOf([&] { all = repository.log(1'000'000); });
    const double drawn = medianOf([&] { rows = lanes(all); });
    const double named = medianOf([&] { references = repository.references(); });
    const double changed = medianOf([&] { repository.changes("HEAD"); });
    int width = 0;
    for (const LaneRow &row : rows)
        width = std::max(width, row.width);

    const struct
    {
        const char *name;
        double value;
    } results[]{{"runs", double(runs)},
                {"versions", double(all.size())},
                {"references", double(references.size())},
                {"lanes at most", double(width)},
                {"commit, median ms", commits[commits.size() / 2] * 1e3},
                {"commit, p95 ms", commits[commits.size() * 95 / 100] * 1e3},
                {"commit, longest ms", commits.back() * 1e3},
                {"commit, newest ms", newest * 1e3},
                {"open ms", open * 1e3},
                {"log of 500 ms", page * 1e3},
                {"log of all ms", log * 1e3},
                {"lanes of all ms", drawn * 1e3},
                {"references ms", named * 1e3},
                {"changes of one ms", changed * 1e3}};
    std::printf(isJson ? "{" : "");
    for (const auto &[name, value] : results) {
        const bool isFirst = name == results[0].name;
        std::printf(isJson ? "%s\"%s\":%.3f" : "%s%-20s %12.3f\n", isJson && !isFirst ? "," : "",
                    name, value);
    }
    std::printf(isJson ? "}\n" : "");
}
