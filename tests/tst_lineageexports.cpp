// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/exports.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTest>
#include <QUuid>
#include <QXmlStreamReader>

using namespace helmscope;

namespace {

const LineageExport &formatOf(const char *key)
{
    for (const LineageExport &format : lineageExports())
        if (qstrcmp(format.key, key) == 0)
            return format;
    qFatal("no format %s", key);
}

/// data -> train -> model, metrics; names and properties that want to break out.
LineageGraph sample()
{
    LineageGraph graph;
    graph.stores = QStringList{"odd \"store\".mlmd"};
    const auto node = [&](LineageNode::Kind kind, qint64 id, const char *type,
                          const QString &name) {
        LineageNode made;
        made.kind = kind;
        made.id = id;
        made.type = type;
        made.name = name;
        made.uri = kind == LineageNode::Kind::Artifact ? QString("hash%1").arg(id) : QString();
        made.createdMs = 1'700'000'000'000 + id;
        made.stages = QStringList{"p/Train & <test>"};
        made.pipelines = QStringList{"p"};
        graph.nodes.push_back(made);
    };
    using Kind = LineageNode::Kind;
    node(Kind::Artifact, 1, "Dataset", "a\"b\\c\n</script>.npy:hash1");
    node(Kind::Artifact, 2, "Model", "model.pkl:hash2:1");
    node(Kind::Artifact, 3, "Metrics", "metrics:hash3:1");
    node(Kind::Execution, 1, "Train", "");
    graph.nodes[3].properties = {
        {"Execution_uuid", "946cab04-6108-11ee-9354-3372780f8360,other", false},
        {"learning rate", 0.01, true},
        {"cycles", qlonglong(200), true},
        {"huge", qlonglong(9'223'372'036'854'775'807), true},
        {"odd", std::numeric_limits<double>::quiet_NaN(), true}};
    const auto edge = [&](int from, int to, LineageEdge::Kind kind) {
        LineageEdge made;
        made.from = from;
        made.to = to;
        made.kind = kind;
        made.event = kind == LineageEdge::Kind::Input ? 3 : 4;
        made.timeMs = 1'700'000'005'000;
        graph.edges.push_back(made);
    };
    edge(0, 3, LineageEdge::Kind::Input);
    edge(3, 1, LineageEdge::Kind::Output);
    edge(3, 2, LineageEdge::Kind::Output);
    return graph;
}

QJsonDocument written(const char *key, const LineageGraph &graph)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(formatOf(key).write(graph), &error);
    Q_ASSERT(error.error == QJsonParseError::NoError);
    return document;
}

} // namespace

class TestLineageExports : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void openLineageHasAnEventARun()
    {
        const QJsonArray events = written("openlineage", sample()).array();
        QCOMPARE(events.size(), 1);
        const QJsonObject event = events[0].toObject();
        // What the schema requires of a RunEvent.
        for (const char *key : {"eventTime", "producer", "schemaURL", "run", "job"})
            QVERIFY2(event.contains(QLatin1String(key)), key);
        QCOMPARE(event["eventType"], "COMPLETE");
        QCOMPARE(event["eventTime"], "2023-11-14T22:13:25.000Z");
        QCOMPARE(event["run"]["runId"], "946cab04-6108-11ee-9354-3372780f8360");
        QCOMPARE(event["job"]["name"], "p/Train & <test>");
        QCOMPARE(event["inputs"].toArray().size(), 1);
        QCOMPARE(event["outputs"].toArray().size(), 2);
        QCOMPARE(event["inputs"][0]["name"], sample().nodes[0].name);
        const QJsonValue facet = event["run"]["facets"]["helmscope_execution"];
        QVERIFY(facet["_producer"].isString() && facet["_schemaURL"].isString());
        QCOMPARE(facet["properties"]["learning rate"], 0.01);
        QCOMPARE(facet["properties"]["huge"], "9223372036854775807");
        QCOMPARE(facet["properties"]["odd"], "nan");
    }

    void everyNodeIsInTheEventsUnderANameOfItsOwn()
    {
        LineageGraph graph = sample();
        graph.nodes[1].name = graph.nodes[0].name; // two artifacts of one name
        graph.nodes[3].state = 4;
        LineageNode alone = graph.nodes[0];
        alone.id = 4;
        graph.nodes.insert(graph.nodes.begin() + 3, alone); // no execution knows it
        for (LineageEdge &edge : graph.edges)
            (edge.kind == LineageEdge::Kind::Input ? edge.to : edge.from) = 4;
        const QJsonArray events = written("openlineage", graph).array();
        QCOMPARE(events.size(), 2);
        QSet<QString> names;
        for (const QJsonValue &value : events) {
            const QJsonObject event = value.toObject();
            if (event.contains("dataset")) {
                QVERIFY(event["schemaURL"].toString().endsWith("/DatasetEvent"));
                names << event["dataset"]["name"].toString();
                continue;
            }
            QCOMPARE(event["eventType"], "FAIL");
            for (const char *side : {"inputs", "outputs"})
                for (const QJsonValue &dataset : event[QLatin1String(side)].toArray()) {
                    QVERIFY(dataset["namespace"].isString());
                    names << dataset["name"].toString();
                    for (const QJsonValue &facet : dataset["facets"].toObject())
                        QVERIFY(facet["_producer"].isString() && facet["_schemaURL"].isString());
                }
        }
        QCOMPARE(names.size(), 4);
    }

    void runsWithoutAUuidHaveTheSameOneAlways()
    {
        LineageGraph graph = sample();
        graph.nodes[3].properties.clear();
        const QString id = written("openlineage", graph).array().at(0)["run"]["runId"].toString();
        QVERIFY(!QUuid(id).isNull());
        QCOMPARE(written("openlineage", graph).array().at(0)["run"]["runId"].toString(), id);
        graph.nodes[3].id = 2;
        QVERIFY(written("openlineage", graph).array().at(0)["run"]["runId"].toString() != id);
    }

    void dotHoldsEachNodeAndEdge()
    {
        const QString text = QString::fromUtf8(formatOf("dot").write(sample()));
        QVERIFY(text.startsWith("digraph"));
        QCOMPARE(text.count(" -> "), 3);
        QCOMPARE(text.count("[label="), 4);
        QVERIFY(text.contains("\"artifact-0-1\" -> \"execution-0-1\";"));
        QVERIFY(text.contains("a\\\"b\\\\c\\n</script>")); // nothing ends the string early
        // Outside of strings there is no quote left open on any line.
        for (const QString &line : text.split('\n')) {
            QString bare = line;
            bare.remove("\\\\").remove("\\\"");
            QVERIFY(bare.count('"') % 2 == 0);
        }
    }

    void thePictureShowsEachNodeAndEdge()
    {
        LineageGraph graph = sample();
        graph.nodes[0].name = QString("a<b>&\"'%1%2.npy:hash1").arg(QChar(1)).arg(QChar(0xd800));
        const QByteArray svg = formatOf("svg").write(graph);
        QXmlStreamReader reader(svg);
        int lines = 0;
        QSet<QString> ids, texts;
        QStringList ends;
        while (!reader.atEnd()) {
            reader.readNext();
            if (reader.isCharacters())
                texts << reader.text().toString();
            if (!reader.isStartElement())
                continue;
            const QXmlStreamAttributes attributes = reader.attributes();
            if (attributes.hasAttribute("id"))
                ids << attributes.value("id").toString();
            if (attributes.hasAttribute("data-from")) {
                ++lines;
                ends << attributes.value("data-from").toString()
                     << attributes.value("data-to").toString();
            }
        }
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        QCOMPARE(ids.size(), 4);
        QCOMPARE(lines, 3);
        for (const QString &end : ends)
            QVERIFY(ids.contains(end));
        const QChar replaced(QChar::ReplacementCharacter);
        QVERIFY(texts.contains(QString("a<b>&\"'%1%1.npy").arg(replaced)));
        QVERIFY(texts.contains("model.pkl"));
        QVERIFY(texts.contains("Model (1)")); // the legend
        QVERIFY(texts.contains("Lineage of odd \"store\".mlmd (executions: 1, artifacts: 3)"));
    }

    void aLargePictureHasGroups()
    {
        LineageGraph graph = sample();
        const LineageNode like = graph.nodes[1];
        graph.nodes.resize(3);
        LineageNode step;
        step.kind = LineageNode::Kind::Execution;
        step.id = 1;
        for (int i = 0; i < 1000; ++i) {
            graph.nodes.push_back(like);
            graph.nodes.back().id = 10 + i;
        }
        graph.nodes.push_back(step);
        graph.edges.clear();
        for (int i = 0; i < 1000; ++i) {
            LineageEdge edge;
            edge.kind = LineageEdge::Kind::Output;
            edge.from = int(graph.nodes.size()) - 1;
            edge.to = 3 + i;
            graph.edges.push_back(edge);
        }
        const QByteArray svg = formatOf("svg").write(graph);
        QVERIFY(svg.contains("1000 × model.pkl"));
        QVERIFY(svg.size() < 10'000);
    }

    void theDocumentOfCmfHasEachArtifact()
    {
        const QJsonObject document = written("cmf", sample()).object();
        const QJsonValue execution = document["Pipeline"][0]["stages"][0]["executions"][0];
        QCOMPARE(execution["events"].toArray().size(), 3);
    }

    void provJoinsWhatWasMadeFromWhat()
    {
        const QJsonObject prov = written("prov", sample()).object();
        QCOMPARE(prov["entity"].toObject().size(), 3);
        QCOMPARE(prov["activity"].toObject().size(), 1);
        QCOMPARE(prov["used"].toObject().size(), 1);
        QCOMPARE(prov["wasGeneratedBy"].toObject().size(), 2);
        QCOMPARE(prov["wasDerivedFrom"].toObject().size(), 2);
        const QJsonObject use = prov["used"].toObject().begin()->toObject();
        QVERIFY(prov["entity"].toObject().contains(use["prov:entity"].toString()));
        QVERIFY(prov["activity"].toObject().contains(use["prov:activity"].toString()));
        const QJsonObject activity = prov["activity"].toObject().begin()->toObject();
        QCOMPARE(activity["helmscope:p_learning_rate"], 0.01);
        QCOMPARE(activity["prov:endTime"], "2023-11-14T22:13:25.000Z");
        // Names that are the same once they are qualified names keep both values.
        LineageGraph graph = sample();
        graph.nodes[3].properties = {{"a b", 1.0, true}, {"a.b", 2.0, true}};
        const QJsonObject both =
            written("prov", graph).object()["activity"].toObject().begin()->toObject();
        QCOMPARE(both["helmscope:p_a_b"].toArray(), (QJsonArray{1.0, 2.0}));
    }

    void aCrateResolvesAllItsReferences()
    {
        const QJsonObject crate = written("rocrate", sample()).object();
        QCOMPARE(crate["@context"], "https://w3id.org/ro/crate/1.1/context");
        QSet<QString> ids;
        QJsonObject root, action;
        for (const QJsonValue &thing : crate["@graph"].toArray()) {
            QVERIFY(!ids.contains(thing["@id"].toString()));
            ids << thing["@id"].toString();
            if (thing["@id"] == "./")
                root = thing.toObject();
            if (thing["@type"] == "CreateAction")
                action = thing.toObject();
        }
        for (const char *key : {"name", "description", "datePublished", "license"})
            QVERIFY2(root[QLatin1String(key)].isString(), key);
        QCOMPARE(root["mentions"].toArray().size(), 1);
        QCOMPARE(action["object"].toArray().size(), 1);
        QCOMPARE(action["result"].toArray().size(), 2);
        for (const char *key : {"object", "result", "additionalProperty"})
            for (const QJsonValue &other : action[QLatin1String(key)].toArray())
                QVERIFY(ids.contains(other["@id"].toString()));
        QVERIFY(ids.contains(action.value("instrument")["@id"].toString()));
        QCOMPARE(action["startTime"], "2023-11-14T22:13:20.001Z");
    }

    void anEmptyGraphIsAnEmptyDocument()
    {
        for (const LineageExport &format : lineageExports())
            QVERIFY(!format.write({}).isEmpty());
        QVERIFY(written("openlineage", {}).array().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestLineageExports)
#include "tst_lineageexports.moc"
