// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with a store is found and named; a sound one is not blamed.
#include "lineage/check.h"

#include "base/error.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

/// A sound store: a run that made one model.
void writeStore(const QString &file)
{
    LineageWriter writer(file);
    LineageWriter::Run run;
    run.pipeline = "p";
    run.stage = "Train";
    run.type = "Train-run";
    run.command = "train";
    run.uuid = "946cab04-6108-11ee-9354-3372780f8360";
    run.properties = {{"cycles", qlonglong(20), true}};
    const qint64 execution = writer.execution(run);
    LineageWriter::Content model;
    model.type = "Model";
    model.path = "model.bin";
    model.hash = "0123456789abcdef0123456789abcdef";
    writer.artifact(execution, model, false);
}

bool change(const QString &file, const QString &statement)
{
    bool isDone = false;
    {
        QSqlDatabase base = QSqlDatabase::addDatabase("QSQLITE", "change");
        base.setDatabaseName(file);
        isDone = base.open() && QSqlQuery(base).exec(statement);
    }
    QSqlDatabase::removeDatabase("change");
    return isDone;
}

} // namespace

class TestLineageCheck : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aSoundStoreIsNotBlamed()
    {
        QTemporaryDir folder;
        const QString file = folder.filePath("mlmd");
        writeStore(file);
        const auto findings = checkLineage(LineageStore(file), unwatched());
        QVERIFY2(findings.empty(), findings.empty() ? "" : qPrintable(findings[0].sentence));
    }

    void namesWhatIsWrong_data()
    {
        QTest::addColumn<QString>("statement");
        QTest::addColumn<QString>("severity");
        QTest::addColumn<QString>("node");
        QTest::addColumn<QString>("word");
        const auto property = [](const char *column, const char *value) {
            return QString("INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, "
                           "%1) VALUES (1, 'odd', 1, %2)")
                .arg(column, value);
        };
        QTest::newRow("integer beyond 32 bits") << property("int_value", "5000000000") << "loss"
                                                << "execution:1"
                                                << "32 bits";
        QTest::newRow("a digit a server rounds away") << property("double_value", "1e-7") << "note"
                                                      << "execution:1"
                                                      << "rounds";
        QTest::newRow("infinite") << property("double_value", "9e999") << "loss"
                                  << "execution:1"
                                  << "not finite";
        QTest::newRow("no value") << property("int_value", "NULL") << "damage"
                                  << "execution:1"
                                  << "no value";
        QTest::newRow("truth value") << property("bool_value", "1") << "loss"
                                     << "execution:1"
                                     << "truth value";
        QTest::newRow("long text that does not compress")
            << property("string_value", "hex(randomblob(4000))") << "loss"
            << "execution:1"
            << "bytes";
        QTest::newRow("undeclared")
            << "INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, int_value) "
               "VALUES (1, 'odd', 0, 1)"
            << "damage"
            << "execution:1"
            << "not declared";
        QTest::newRow("an event of nothing")
            << "INSERT INTO Event (artifact_id, execution_id, type) VALUES (77, 1, 4)"
            << "damage"
            << "artifact:77"
            << "does not have";
        QTest::newRow("a property of nothing")
            << "INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, int_value) "
               "VALUES (77, 'odd', 1, 1)"
            << "damage"
            << "artifact:77"
            << "does not have";
        QTest::newRow("an unknown event") << "UPDATE Event SET type = 42"
                                          << "damage"
                                          << ""
                                          << "neither an input nor an output";
        QTest::newRow("no uuid") << "DELETE FROM ExecutionProperty WHERE name = 'Execution_uuid'"
                                 << "loss"
                                 << "execution:1"
                                 << "Execution_uuid";
        QTest::newRow("in no stage") << "DELETE FROM Association"
                                     << "loss"
                                     << "execution:1"
                                     << "in no stage";
        QTest::newRow("a colon in the path") << "UPDATE Artifact SET name = 's3://b/' || name"
                                             << "loss"
                                             << "artifact:1"
                                             << "colon";
        QTest::newRow("a name too long") << "UPDATE Artifact SET name = hex(zeroblob(200))"
                                         << "loss"
                                         << "artifact:1"
                                         << "characters";
        QTest::newRow("a type CMF does not know")
            << "UPDATE Artifact SET type_id = (SELECT id FROM Type WHERE name = 'mlmd.Statistics')"
            << "loss"
            << "artifact:1"
            << "does not know";
        QTest::newRow("a type that is missing") << "UPDATE Artifact SET type_id = 99"
                                                << "damage"
                                                << "artifact:1"
                                                << "does not have";
    }
    void namesWhatIsWrong()
    {
        QFETCH(QString, statement);
        QFETCH(QString, severity);
        QFETCH(QString, node);
        QFETCH(QString, word);
        QTemporaryDir folder;
        const QString file = folder.filePath("mlmd");
        writeStore(file);
        QVERIFY(change(file, statement));
        QStringList said;
        bool isFound = false;
        for (const LineageFinding &finding : checkLineage(LineageStore(file), unwatched())) {
            said << QString("%1 %2: %3")
                        .arg(keyOf(finding.severity), finding.node, finding.sentence);
            isFound = isFound || (keyOf(finding.severity) == severity && finding.node == node &&
                                  finding.sentence.contains(word));
        }
        QVERIFY2(isFound, qPrintable(said.join('\n')));
    }

    void saysHowManyMoreThereAre()
    {
        QTemporaryDir folder;
        const QString file = folder.filePath("mlmd");
        writeStore(file);
        QVERIFY(change(file, "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n "
                             "WHERE i < 149) INSERT INTO Event (artifact_id, execution_id, type) "
                             "SELECT i, 1, 4 FROM n"));
        const auto findings = checkLineage(LineageStore(file), unwatched(), 10);
        QCOMPARE(findings.size(), 11u);
        QVERIFY2(findings.back().sentence.contains("40 more"),
                 qPrintable(findings.back().sentence));
    }
};

QTEST_GUILESS_MAIN(TestLineageCheck)
#include "tst_lineagecheck.moc"
