// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "steering/plan.h"
#include "workspace/versionsummary.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

/// Repositories made up as a recorder writes them.
class TestVersionSummary : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_temporary;
    QString m_folder;

    void write(const QString &path, const QByteArray &bytes) const
    {
        const QString file = m_folder + '/' + path;
        QDir().mkpath(QFileInfo(file).path());
        QFile out(file);
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(file));
    }
    void writePlan(const QString &run, const Plan &plan) const
    {
        write("runs/" + run + "/plan.json",
              QJsonDocument(QJsonObject{{"format", "helmscope-run-plan"},
                                        {"version", 1},
                                        {"id", run},
                                        {"title", "Nanocubes"},
                                        {"value", QJsonObject{{"name", "mean 0.43–0.53 eV"}}},
                                        {"plan", plan.toJson()}})
                  .toJson());
    }
    void writeSteps(const QString &run, int steps, const QByteArray &end = {}) const
    {
        QByteArray lines;
        for (int i = 1; i <= steps; ++i)
            lines += "{\"step\":" + QByteArray::number(i) + ",\"row\":0,\"col\":1,\"value\":2}\n";
        write("runs/" + run + "/steps.jsonl", lines + end);
    }
    static QByteArray endLine(const QByteArray &outcome, const QByteArray &message)
    {
        return "{\"end\":{\"outcome\":\"" + outcome + "\",\"message\":\"" + message + "\"}}\n";
    }
    Repository repository() const
    {
        Repository made = Repository::create(m_folder);
        made.setPerson({"Ernst Ruska", "ruska@example.org"});
        return made;
    }
    static QString commit(Repository &repository, const QString &message,
                          const QStringList &paths = {"runs"})
    {
        Repository::Change change;
        change.message = message;
        change.paths = paths;
        return repository.commit(change);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QDir().mkpath(m_temporary.filePath("home"));
        for (const char *variable : {"HOME", "XDG_CONFIG_HOME"})
            qputenv(variable, m_temporary.filePath("home").toLocal8Bit());
    }
    void init()
    {
        m_folder = m_temporary.filePath(QTest::currentTestFunction());
        QDir().mkpath(m_folder);
    }

    void tellsARunFromItsBeginningToItsEnd()
    {
        Repository ours = repository();
        Plan plan;
        writePlan("20261120-1", plan);
        const QString begun = commit(ours, "begins");
        const VersionSummary first = summaryOf(ours, begun);
        QCOMPARE(first.runs, QStringList("20261120-1"));
        QCOMPARE(first.title, QString("Nanocubes"));
        QCOMPARE(first.stepsAdded, 0);
        QCOMPARE(first.sentences, QStringList("Run 20261120-1 begins: Nanocubes, mean 0.43–0.53 "
                                              "eV, Integrated variance."));

        writeSteps("20261120-1", 5);
        write("runs/20261120-1/marks.jsonl", "{\"step\":5,\"text\":\"A bright edge\"}\n");
        const VersionSummary marked = summaryOf(ours, commit(ours, "mark"));
        QCOMPARE(marked.stepsAdded, 5);
        QCOMPARE(marked.title, QString("Nanocubes"));
        QCOMPARE(marked.sentences, (QStringList{"Run 20261120-1: 5 steps were added (1 to 5).",
                                                "Mark at step 5: A bright edge."}));

        writeSteps("20261120-1", 8, endLine("plateau", "The map settled"));
        write("runs/20261120-1/run.h5.dvc",
              "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 2048\n  path: run.h5\n");
        const QString ended = commit(ours, "ends");
        ours.tag("kept", ended, "for the paper");
        const VersionSummary last = summaryOf(ours, ended);
        QCOMPARE(last.stepsAdded, 3);
        QCOMPARE(last.tags, QStringList("kept"));
        QCOMPARE(last.files.size(), std::size_t(2));
        QCOMPARE(last.sentences.value(0), QString("Run 20261120-1: 3 steps were added (6 to 8)."));
        QCOMPARE(last.sentences.value(1),
                 QString("Run 20261120-1 ended on a plateau after 8 steps."));
        QCOMPARE(last.sentences.value(2), QString("The map settled."));
        QVERIFY(last.sentences.value(3).startsWith("Its recording, 2"));
        QCOMPARE(last.sentences.size(), 4);
    }

    void tellsWhatAPlanDiffersInFromTheRunBefore()
    {
        Repository ours = repository();
        Plan plan;
        writePlan("a1", plan);
        commit(ours, "begins");
        plan.acquisition.kind = Acquisition::ExpectedImprovement;
        plan.dwellSeconds = 0.2;
        writePlan("a2", plan);
        const VersionSummary other = summaryOf(ours, commit(ours, "begins"));
        QCOMPARE(other.sentences.value(1),
                 QString("Against run a1: acquisition: Integrated variance → Expected improvement "
                         "(ξ 0.01); dwell time: 0.05 s → 0.2 s."));
        writePlan("a3", plan);
        QCOMPARE(summaryOf(ours, commit(ours, "begins")).sentences.value(1),
                 QString("Against run a2: the same plan."));
    }

    void tellsABranchAgainstTheRunItBranchesFrom()
    {
        Repository ours = repository();
        Plan plan;
        writePlan("a1", plan);
        commit(ours, "begins");
        Plan other = plan;
        other.seed = 99;
        writePlan("a2", other);
        commit(ours, "begins");
        plan.origin = {"a1", 12, "ab", Origin::Beyond::Sample};
        plan.initial = {InitialPoints::Kind::Given, 10, {{1, 1}}};
        plan.acquisition = {Acquisition::UpperConfidenceBound, 0.01, 4};
        writePlan("a3", plan);
        const VersionSummary branch = summaryOf(ours, commit(ours, "branches"));
        QCOMPARE(branch.sentences,
                 (QStringList{"Run a3 branches from step 12 of run a1: Nanocubes, mean 0.43–0.53 "
                              "eV, Upper confidence bound.",
                              "Against run a1: acquisition: Integrated variance → Upper confidence "
                              "bound (β 4)."}));
        plan.origin.run = "gone";
        writePlan("a4", plan);
        QCOMPARE(summaryOf(ours, commit(ours, "branches")).sentences.value(1),
                 QString("This version does not have run gone."));
    }

    void tellsOtherFilesAndMerges()
    {
        Repository ours = repository();
        write("notes.txt", "1");
        const QString first = commit(ours, "notes", {"notes.txt"});
        QCOMPARE(summaryOf(ours, first).sentences, QStringList("No run changed: 1 file changed."));
        writePlan("a1", Plan());
        Repository::Change change;
        change.message = "branch";
        change.branch = "run/a1";
        change.paths = {"runs"};
        const QString branch = ours.commit(change);
        change.branch.clear();
        change.message = "joined";
        change.alsoParents = {branch};
        const VersionSummary merge = summaryOf(ours, ours.commit(change));
        QCOMPARE(merge.runs, QStringList("a1"));
        QCOMPARE(merge.sentences.first(), QString("Joins 2 lines of work."));
        QVERIFY(merge.sentences.value(1).startsWith("Run a1 begins"));

        QDir(m_folder + "/runs").removeRecursively();
        QCOMPARE(summaryOf(ours, commit(ours, "out")).sentences,
                 QStringList("Run a1 is taken out."));
    }

    void survivesDamagedFiles()
    {
        Repository ours = repository();
        write("runs/bad/plan.json", "{\"format\":");
        write("runs/bad/steps.jsonl", "[[[[\n\n{\"step\":1}\n{\"end\":5}\n{\"torn");
        write("runs/bad/run.h5.dvc", "size: many\n");
        write("runs/foreign/plan.json", "{\"format\":\"other\"}");
        write("runs/wrong/plan.json",
              "{\"format\":\"helmscope-run-plan\",\"plan\":{\"steps\":\"many\"}}");
        const QStringList told = summaryOf(ours, commit(ours, "damaged")).sentences;
        QVERIFY2(told.value(0).startsWith("Cannot read runs/bad/plan.json of this version"),
                 qPrintable(told.join('\n')));
        QVERIFY(told.contains("Run bad: step 1 was added."));
        QVERIFY(told.contains("Run bad ended () after 1 step."));
        QVERIFY(told.contains("Cannot read runs/foreign/plan.json of this version: it is no plan "
                              "of a run."));
        QVERIFY2(told.last().contains("runs/wrong/plan.json"), qPrintable(told.join('\n')));
    }

    void saysWhichVersionThereIsNone()
    {
        Repository ours = repository();
        try {
            summaryOf(ours, "nothing");
            QFAIL("no error");
        } catch (const Error &error) {
            QVERIFY(QString(error.what()).contains("'nothing'"));
        }
    }

    void countsManyRunsWithoutTellingEach()
    {
        Repository ours = repository();
        for (int i = 0; i < 25; ++i)
            writeSteps(QString("r%1").arg(i, 2, 10, QChar('0')), 2);
        const VersionSummary many = summaryOf(ours, commit(ours, "many"));
        QCOMPARE(many.runs.size(), 25);
        QCOMPARE(many.sentences.size(), 21);
        QCOMPARE(many.sentences.last(), QString("And 5 more runs changed."));
    }
};

QTEST_GUILESS_MAIN(TestVersionSummary)
#include "tst_versionsummary.moc"
