// SPDX-License-Identifier: GPL-3.0-or-later
// Times of a large store: bench_lineage [--json] [--store FILE] [ARTIFACTS]. The store is made when
// it is not there: half as many executions, three events an artifact.

#include "base/error.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTextStream>

#include <algorithm>
#include <string>

using namespace helmscope;

namespace {

void exec(QSqlDatabase &base, const QString &statement)
{
    QSqlQuery query(base);
    if (!query.exec(statement))
        throw Error((statement.left(60) + ": " + query.lastError().text()).toStdString());
}

/// Executions in 20 stages of 4 pipelines; each makes two artifacts and uses four earlier ones.
void makeStore(const QString &file, qint64 artifacts)
{
    qint64 dataset = 0, run = 0;
    {
        LineageWriter writer(file);
        for (int pipeline = 0; pipeline < 4; ++pipeline)
            for (int stage = 0; stage < 5; ++stage)
                writer.stage(QString("pipeline-%1").arg(pipeline), QString("stage-%1").arg(stage));
        dataset = writer.type(TypeKind::Artifact, "Dataset", {{"url", PropertyType::String}});
        run = writer.type(TypeKind::Execution, "run", {{"Execution_uuid", PropertyType::String}});
    }
    {
        QSqlDatabase base = QSqlDatabase::addDatabase("QSQLITE", "bench");
        base.setDatabaseName(file);
        base.open();
        const QString count = QString::number(artifacts), half = QString::number(artifacts / 2);
        const QString numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                "WHERE i < %1) ";
        exec(base, "PRAGMA synchronous = OFF");
        exec(base, "BEGIN");
        // Joined, not QString::arg: that would take the %01 of SQLite's printf for its own.
        exec(base, numbers.arg(count) +
                       "INSERT INTO Artifact(type_id, uri, name, create_time_since_epoch, "
                       "last_update_time_since_epoch) SELECT " +
                       QString::number(dataset) +
                       ", h, 'data/scan-' || i || '.npy:' || h, t, t FROM (SELECT i, "
                       "printf('%016x%016x', i * 2654435761, i * 40503) h, "
                       "1700000000000 + i * 1000 t FROM n)");
        exec(base, numbers.arg(half) +
                       QString("INSERT INTO Execution(type_id, create_time_since_epoch, "
                               "last_update_time_since_epoch) SELECT %1, 1700000000000 + i * 2000, "
                               "1700000000000 + i * 2000 FROM n")
                           .arg(run));
        exec(base, numbers.arg(half) +
                       "INSERT INTO Association(context_id, execution_id) SELECT (SELECT min(id) + "
                       "1 FROM Context) + i % 4, i FROM n");
        exec(base, numbers.arg(half) + "INSERT INTO ExecutionProperty(execution_id, name, "
                                       "is_custom_property, string_value) SELECT i, "
                                       "'Execution_uuid', 0, printf('%036x', i) FROM n");
        // As CMF's client keeps numbers: texts.
        exec(base, numbers.arg(half) + "INSERT INTO ExecutionProperty(execution_id, name, "
                                       "is_custom_property, string_value) SELECT i, "
                                       "'learning_rate', 1, '0.0' || (i % 97) FROM n");
        // Outputs 2i-1 and 2i; inputs: four of those made not long before.
        exec(base, numbers.arg(count) + "INSERT INTO Event(artifact_id, execution_id, type, "
                                        "milliseconds_since_epoch) SELECT i, (i + 1) / 2, 4, "
                                        "1700000000000 + i * 1000 FROM n");
        for (int back : {1, 40, 700, 12000})
            exec(base, numbers.arg(half) +
                           QString("INSERT OR IGNORE INTO Event(artifact_id, execution_id, type, "
                                   "milliseconds_since_epoch) SELECT 2 * (i - %1), i, 3, "
                                   "1700000000000 + i * 2000 FROM n WHERE i > %1")
                               .arg(back));
        exec(base, "COMMIT");
        base.close();
    }
    QSqlDatabase::removeDatabase("bench");
}

/// Highest resident memory of this process so far, in MB.
double peakMemory()
{
    QFile status("/proc/self/status");
    if (status.open(QIODevice::ReadOnly))
        for (const QByteArray &line : status.readAll().split('\n'))
            if (line.startsWith("VmHWM:"))
                return line.mid(6).simplified().split(' ').first().toDouble() / 1024;
    return 0;
}

/// Of several goes, the slowest: people notice that one.
template <class Work>
double slowestMs(int goes, const Work &work)
{
    double slowest = 0;
    for (int i = 0; i < goes; ++i) {
        QElapsedTimer timer;
        timer.start();
        work(i);
        slowest = std::max(slowest, double(timer.nsecsElapsed()) / 1e6);
    }
    return slowest;
}

int bench(const QStringList &arguments)
{
    QTemporaryDir folder;
    QString file = folder.filePath("store");
    qint64 artifacts = 1'000'000;
    for (int i = 1; i < arguments.size(); ++i) {
        if (arguments[i] == "--store" && i + 1 < arguments.size())
            file = arguments[++i];
        else if (arguments[i] != "--json")
            artifacts = std::max(1000, arguments[i].toInt());
    }
    if (!QFileInfo::exists(file))
        makeStore(file, artifacts);

    QJsonObject figures;
    QElapsedTimer timer;
    timer.start();
    const LineageStore store(file);
    figures["open_ms"] = double(timer.nsecsElapsed()) / 1e6;
    timer.restart();
    const LineageStore::Counts counts = store.counts();
    figures["counts_ms"] = double(timer.nsecsElapsed()) / 1e6;
    figures["artifacts"] = double(counts.artifacts);
    figures["executions"] = double(counts.executions);
    figures["events"] = double(counts.events);

    // Times of wrong answers, or of a store that is not as described, say nothing.
    const auto expect = [](bool isSo, const char *what) {
        if (!isSo)
            throw Error(std::string("The bench does not measure what it says: ") + what + ".");
    };
    const qint64 wanted = counts.artifacts / 3;
    const auto sample = store.node(LineageNode::Kind::Artifact, wanted);
    const auto other = store.node(LineageNode::Kind::Artifact, wanted + 1);
    expect(sample && other && sample->uri.size() == 32 && sample->uri != other->uri,
           "the hashes are not hashes");
    LineageStore::Query query;
    figures["list_newest_ms"] = slowestMs(5, [&](int) { store.list(query); });
    const QString rare = QString("scan-%1.npy").arg(wanted);
    query.text = rare;
    figures["search_first_ms"] = slowestMs(1, [&](int) { store.list(query); });
    const auto found = store.list(query);
    expect(found.size() == 1 && found[0].id == wanted, "a name is not found, or not once");
    query.text = sample->uri;
    expect(store.list(query).size() == 1, "a hash is not found, or not once");
    figures["search_hash_ms"] = slowestMs(5, [&](int) { store.list(query); });
    query.text = rare;
    figures["search_rare_ms"] = slowestMs(5, [&](int) { store.list(query); });
    figures["search_typed_ms"] = slowestMs(int(rare.size()), [&](int i) {
        query.text = rare.left(i + 1);
        store.list(query);
    });
    query.text = "nowhere to be found";
    expect(store.list(query).empty(), "something is found that is not there");
    figures["search_none_ms"] = slowestMs(5, [&](int) { store.list(query); });
    std::shared_ptr<const LineageSearchIndex> index;
    figures["index_ms"] = slowestMs(1, [&](int) { index = store.prepareSearch(unwatched()); });
    LineageStore again(file); // as a window does that asks in jobs
    expect(again.use(index), "the index is not taken");
    figures["matching_word_ms"] = slowestMs(5, [&](int) {
        expect(again.matching(rare, 500, unwatched()).size() == 1, "a name is not matched");
    });
    figures["matching_two_ms"] = slowestMs(3, [&](int) {
        expect(again.matching("scan-12 and type = Dataset", 500, unwatched()).size() > 1,
               "nothing matches");
    });
    std::size_t matched = 0;
    figures["matching_property_ms"] = slowestMs(3, [&](int) {
        matched = again.matching("learning_rate < 0.005", 500, unwatched()).size();
    });
    figures["matching_property_nodes"] = double(matched);
    figures["matching_common_property_ms"] = slowestMs(3, [&](int) {
        expect(again.matching("learning_rate < 0.05", 500, unwatched()).size() == 500,
               "a property that many have is not matched");
    });
    figures["matching_word_and_property_ms"] = slowestMs(
        3, [&](int) { again.matching("scan-12 and learning_rate < 0.05", 500, unwatched()); });
    std::size_t largest = 0;
    figures["neighbourhood3_ms"] = slowestMs(20, [&](int i) {
        const LineageGraph part =
            store.neighbourhood(LineageNode::Kind::Artifact, 1 + counts.artifacts * i / 20, 3);
        largest = std::max(largest, part.nodes.size());
    });
    figures["neighbourhood3_nodes"] = double(largest);
    figures["peak_memory_MB"] = peakMemory();
    if (arguments.contains("--json"))
        QTextStream(stdout) << QJsonDocument(figures).toJson(QJsonDocument::Compact) << '\n';
    else
        for (auto it = figures.begin(); it != figures.end(); ++it)
            QTextStream(stdout) << QString("%1 %2").arg(it.key(), -22).arg(it.value().toDouble())
                                << '\n';
    return 0;
}

} // namespace

int main(int count, char **arguments)
{
    const QCoreApplication application(count, arguments);
    try {
        return bench(QCoreApplication::arguments());
    } catch (const Error &error) {
        QTextStream(stderr) << error.what() << '\n';
        return 1;
    }
}
