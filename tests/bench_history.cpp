// SPDX-License-Identifier: GPL-3.0-or-later
// How fast a long history is there and scrolls: 2,000 runs in 10,000 versions, a fifth of the runs
// on branches of their own. Run it with QT_QPA_PLATFORM=offscreen where there is no screen. Making
// the history takes minutes; `bench_history FOLDER` keeps it there and uses it again.
#include "history/repository.h"
#include "widgets/historylanes.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QHeaderView>
#include <QImage>
#include <QScrollBar>
#include <QTableView>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <ctime>

using namespace helmscope;

namespace {

constexpr int runs = 2000, versionsPerRun = 5;

void write(const QString &file, const QByteArray &bytes)
{
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(file));
}

/// Runs begin, are marked twice, end; a branch is joined, after any other something is noted.
void makeHistory(const QString &folder)
{
    Repository repository = Repository::create(folder);
    repository.setPerson({"Ernst Ruska", "ruska@example.org"});
    qint64 timeMs = 1'600'000'000'000;
    for (int i = 0; i < runs; ++i) {
        const QString id = QStringLiteral("20261121-%1").arg(i, 6, 10, QChar('0'));
        QDir().mkpath(folder + "/runs/" + id);
        Repository::Change change;
        change.paths = {"runs/" + id};
        const bool isBranch = i % 5 == 4;
        if (isBranch)
            change.branch = "run/" + id;
        QString last;
        for (int k = 0; k < versionsPerRun; ++k) {
            write(folder + "/runs/" + id + "/steps.jsonl", QByteArray(100, char('a' + k)));
            if (k == versionsPerRun - 1 && isBranch) {
                change.branch.clear();
                change.alsoParents = {last};
            }
            change.timeMs = timeMs += 60'000;
            change.message =
                QStringLiteral("Run %1: version %2 of what happened to a sample of nanocubes")
                    .arg(id)
                    .arg(k);
            last = repository.commit(change);
        }
        if (i % 20 == 0)
            repository.tag(QStringLiteral("kept-%1").arg(i), last, "kept");
    }
}

double milliseconds(const QElapsedTimer &timer)
{
    return double(timer.nsecsElapsed()) / 1e6;
}

void tell(const char *what, double ms)
{
    std::printf("%-44s %8.1f ms\n", what, ms);
    std::fflush(stdout);
}

/// Of this thread, which a busy machine does not lengthen.
double cpuMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

void tellSpread(const QString &what, std::vector<double> ms)
{
    std::sort(ms.begin(), ms.end());
    std::printf("%-44s p50 %.2f, p95 %.2f, max %.2f ms (%zu pages)\n", qPrintable(what),
                ms[ms.size() / 2], ms[ms.size() * 95 / 100], ms.back(), ms.size());
}

void measureScrolling(HistoryModel &model, const QSize &size)
{
    QTableView view;
    view.setModel(&model);
    view.setItemDelegate(new HistoryLanes(&model, &view));
    view.setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view.setShowGrid(false);
    view.setWordWrap(false);
    view.verticalHeader()->hide();
    view.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view.verticalHeader()->setDefaultSectionSize(HistoryLanes::rowHeight(view.fontMetrics()));
    view.horizontalHeader()->setSectionResizeMode(HistoryModel::Summary, QHeaderView::Stretch);
    view.resize(size);
    view.show();
    QCoreApplication::processEvents();
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    std::vector<double> pages, cpu;
    QScrollBar *bar = view.verticalScrollBar();
    constexpr int measured = 400;
    for (int i = 0; i <= measured; ++i) {
        QElapsedTimer timer;
        timer.start();
        const double before = cpuMilliseconds();
        bar->setValue(int(qint64(bar->maximum()) * i / measured));
        view.render(&image);
        cpu.push_back(cpuMilliseconds() - before);
        pages.push_back(milliseconds(timer));
    }
    const QString what = QStringLiteral("a page of %1 × %2").arg(size.width()).arg(size.height());
    tellSpread(what, std::move(pages));
    tellSpread(what + QStringLiteral(", processor's time"), std::move(cpu));
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    applyTheme(application, Theme::dark());
    QTemporaryDir temporary;
    const QString folder =
        argc > 1 ? QFile::decodeName(argv[1]) : temporary.filePath(QStringLiteral("history"));
    QElapsedTimer timer;
    timer.start();
    if (!Repository::isRepository(folder)) {
        QDir().mkpath(folder);
        makeHistory(folder);
        tell("making it (10,000 commits)", milliseconds(timer));
    }

    const auto time = [&timer](const char *what, auto act) {
        timer.restart();
        auto result = act();
        tell(what, milliseconds(timer));
        return result;
    };
    const Repository repository(folder);
    auto first = time("log(500)", [&] { return repository.log(500); });
    auto versions = time("log(all)", [&] { return repository.log(200'000); });
    auto references = time("references()", [&] { return repository.references(); });
    const auto rows = time("lanes(all)", [&] { return lanes(versions); });
    int widest = 0;
    for (const LaneRow &row : rows)
        widest = std::max(widest, row.width);
    const std::size_t count = versions.size();
    const auto page = time("first page ready to be shown", [&] {
        return std::make_shared<const HistoryLog>(HistoryLog::of(first, references));
    });
    const auto log = time("all ready to be shown", [&] {
        return std::make_shared<const HistoryLog>(
            HistoryLog::of(std::move(versions), std::move(references)));
    });
    std::printf("%zu versions, at most %d lanes\n", count, widest);
    HistoryModel model;
    time("model takes the first page", [&] { return model.setLog(page), 0; });
    time("model takes all (on the window's thread)", [&] { return model.setLog(log), 0; });
    time("search: one word", [&] { return log->find("001234"); });
    time("search: three words, nothing found", [&] { return log->find("run nanocubes nowhere"); });
    measureScrolling(model, {860, 740});
    measureScrolling(model, {2140, 1380});
    return 0;
}
