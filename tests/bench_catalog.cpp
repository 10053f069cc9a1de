// SPDX-License-Identifier: GPL-3.0-or-later
// A catalogue of 100,000 recordings: how long queries take, and an update when nothing, a little
// and all has changed. bench_catalog [FILES]; the recordings are small spectra made here.
#include "base/error.h"
#include "data/catalog.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

using namespace helmscope;

namespace {

const char *const materials[] = {"SrTiO3",           "NiO", "BiFeO3", "Si", "GaN",
                                 "Au nanoparticles", "MoS2"};
const char *const people[] = {"Ada Lovelace", "Grace Hopper", "Emmy Noether", "Lise Meitner"};

void write(const QString &file, int number)
{
    QFile out(file);
    std::mt19937 bits{unsigned(number)};
    const QByteArray text =
        "#FORMAT : EMSA/MAS Spectral Data File\n#TITLE : " + QByteArray(materials[bits() % 7]) +
        " area " + QByteArray::number(number) + "\n#OWNER : " + people[bits() % 4] + "\n#DATE : 0" +
        QByteArray::number(1 + int(bits() % 9)) +
        "-MAY-2024\n#XUNITS : eV\n#XPERCHAN : 0.5\n#OFFSET : 400\n#BEAMKV : " +
        QByteArray::number(bits() % 2 ? 200 : 80) +
        "\n#CONVANGLE : 30\n#COLLANGLE : 45\n#SIGNALTYPE : ELS\n#COMMENT : " +
        QByteArray(600, 'x') + "\n#SPECTRUM : \n1, 2, " + QByteArray::number(number) +
        "\n#ENDOFDATA : \n";
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
        throw Error("the bench has no room for its files");
}

double millisecondsOf(const auto &work)
{
    QElapsedTimer timer;
    timer.start();
    work();
    return double(timer.nsecsElapsed()) / 1e6;
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const int files = argc > 1 ? QByteArray(argv[1]).toInt() : 100'000;
    const QTemporaryDir data, store;
    const auto nameOf = [&](int i) {
        return QStringLiteral("%1/day-%2/spectrum-%3.msa")
            .arg(data.path())
            .arg(i / 200, 4, 10, QChar('0'))
            .arg(i, 6, 10, QChar('0'));
    };
    for (int i = 0; i < files; ++i) {
        if (i % 200 == 0)
            QDir().mkpath(QFileInfo(nameOf(i)).path());
        write(nameOf(i), i);
    }
    Catalog catalog(data.path(), store.path());
    const auto update = [&](const char *what) {
        Catalog::Changes changes;
        const double ms = millisecondsOf([&] { changes = catalog.update(unwatched()); });
        std::printf("%-44s %9.0f ms (%d read, %d known, %d gone, %d not understood)\n", what, ms,
                    changes.read, changes.known, changes.gone, changes.trouble);
    };
    update("first index");
    update("again, nothing changed");
    for (int i = 0; i < 100 && i < files; ++i)
        write(nameOf(i), files + i);
    update("again, 100 changed");
    std::printf("index: %.0f MB, %d entries\n",
                double(QFileInfo(store.path() + "/index.jsonl").size()) / 1e6, catalog.count());

    double slowest = 0;
    for (const char *query :
         {"", "au", "srtio3", "noether", "gold", "area 99999", "day-0400 gan", "beamEnergyKev>100",
          "operator:ada beamEnergyKev<100", "title:bifeo3 lise", "convergenceMrad>=30 noether",
          "format:emsa x", "spectrum-099"}) {
        std::vector<double> times;
        qsizetype found = 0;
        for (int i = 0; i < 7; ++i)
            times.push_back(millisecondsOf([&] { found = catalog.find(query).size(); }));
        std::sort(times.begin(), times.end());
        slowest = std::max(slowest, times[times.size() / 2]);
        std::printf("query %-36s %9.1f ms (median of 7, worst %.1f), %lld found\n", query,
                    times[times.size() / 2], times.back(), static_cast<long long>(found));
    }
    std::printf("slowest query: %.1f ms, wanted: 100 ms\n", slowest);
    return 0;
}
