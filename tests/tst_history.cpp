// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "history/repository.h"
#include "sentence.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace helmscope;

/// What we commit, as Debian's git sees it.
class TestHistory : public QObject
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

    /// Output of the real git; fails the test when it does.
    QByteArray git(const QStringList &arguments) const
    {
        QProcess process;
        process.setWorkingDirectory(m_folder);
        process.start("git", arguments);
        if (!process.waitForFinished() || process.exitCode() != 0)
            qWarning("git %s: %s", qPrintable(arguments.join(' ')),
                     process.readAllStandardError().constData());
        return process.exitCode() == 0 ? process.readAllStandardOutput().trimmed()
                                       : QByteArray("FAILED");
    }

    Repository repository() const
    {
        Repository made = Repository::create(m_folder);
        made.setPerson({"Ernst Ruska", "ruska@example.org"});
        return made;
    }

    QString commit(Repository &repository, const QString &message, const QStringList &paths) const
    {
        Repository::Change change;
        change.message = message;
        change.paths = paths;
        return repository.commit(change);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (QProcess::execute("git", {"--version"}) != 0)
            QSKIP("git is not installed");
        // Nobody's configuration but the repository's own.
        QDir().mkpath(m_temporary.filePath("home"));
        for (const char *variable : {"HOME", "XDG_CONFIG_HOME"})
            qputenv(variable, m_temporary.filePath("home").toLocal8Bit());
        qputenv("GIT_CONFIG_NOSYSTEM", "1");
    }

    void init()
    {
        m_folder = m_temporary.filePath(QTest::currentTestFunction() +
                                        QString(QTest::currentDataTag()).remove(' '));
        QDir().mkpath(m_folder);
    }

    void cleanup()
    {
        if (QFileInfo::exists(m_folder + "/.git"))
            QCOMPARE(git({"fsck", "--strict", "--no-dangling"}), QByteArray());
    }

    void commitsWhatItIsTold()
    {
        Repository ours = repository();
        QCOMPARE(ours.head(), QString());
        QCOMPARE(ours.branch(), QString("main"));
        write("runs/a/plan.json", "{}\n");
        write("runs/a/steps.jsonl", "1\n");
        write("notes.txt", "the user's own\n");
        const QString first = commit(ours, "Run a: begins", {"runs/a"});
        QCOMPARE(ours.head(), first);
        QCOMPARE(git({"rev-parse", "HEAD"}), first.toLatin1());
        QCOMPARE(git({"log", "--format=%an <%ae> %s"}),
                 QByteArray("Ernst Ruska <ruska@example.org> Run a: begins"));
        QCOMPARE(git({"ls-tree", "-r", "--name-only", "HEAD"}),
                 QByteArray("runs/a/plan.json\nruns/a/steps.jsonl"));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray("?? notes.txt"));

        write("runs/a/steps.jsonl", "1\n2\n");
        QFile::remove(m_folder + "/runs/a/plan.json");
        const QString second = commit(ours, "Run a: ends\n\nWith two steps.", {"runs/a"});
        QVERIFY(second != first);
        QCOMPARE(git({"status", "--porcelain"}), QByteArray("?? notes.txt"));
        QCOMPARE(git({"show", "--format=%B", "--name-status", "HEAD"}),
                 QByteArray("Run a: ends\n\nWith two steps.\n\nD\truns/a/plan.json\n"
                            "M\truns/a/steps.jsonl"));
        // Nothing new is no new version.
        QCOMPARE(commit(ours, "Again", {"runs/a"}), second);
        QCOMPARE(ours.changes(second),
                 (std::vector<FileChange>{{FileChange::Kind::Removed, "runs/a/plan.json"},
                                          {FileChange::Kind::Changed, "runs/a/steps.jsonl"}}));
        QCOMPARE(ours.changes(first).size(), std::size_t(2));
        QCOMPARE(ours.file(first, "runs/a/plan.json"), std::optional(QByteArray("{}\n")));
        QVERIFY(!ours.file(second, "runs/a/plan.json"));
        QCOMPARE(ours.files(second, "runs"), QStringList("runs/a/steps.jsonl"));
        QVERIFY(ours.files(second, "nowhere").isEmpty());
        QVERIFY(sentenceOf([&] { ours.file(first, "runs/a/plan.json", 1); }).contains("bytes"));
    }

    void leavesTheUsersWorkAlone()
    {
        Repository ours = repository();
        write("mine.txt", "one\n");
        git({"add", "mine.txt"});
        git({"commit", "-m", "mine"});
        git({"branch", "theirs"});
        const QByteArray theirs = git({"rev-parse", "theirs"});
        write("mine.txt", "two\n");
        write("staged.txt", "staged\n");
        git({"add", "staged.txt", "mine.txt"});
        write("mine.txt", "three\n"); // staged two, on disk three
        write("runs/a/plan.json", "{}\n");
        commit(ours, "Run a", {"runs/a"});
        QCOMPARE(git({"status", "--porcelain"}), QByteArray("MM mine.txt\nA  staged.txt"));
        QCOMPARE(git({"show", "--format=", "--name-only", "HEAD"}), QByteArray("runs/a/plan.json"));
        QCOMPARE(git({"rev-parse", "theirs"}), theirs);
        QCOMPARE(git({"show", ":mine.txt"}), QByteArray("two"));
    }

    void passesOverWhatGitIgnores()
    {
        Repository ours = repository();
        write(".gitignore", "*.h5\n/cache/\n");
        write("runs/a/run.h5", "big");
        write("runs/a/plan.json", "{}");
        write("cache/x", "x");
        commit(ours, "Run", {".gitignore", "runs", "cache"});
        QCOMPARE(git({"ls-tree", "-r", "--name-only", "HEAD"}),
                 QByteArray(".gitignore\nruns/a/plan.json"));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());
    }

    void branchesAndJoins()
    {
        Repository ours = repository();
        write("runs/a/steps.jsonl", "1\n");
        const QString first = commit(ours, "one", {"runs/a"});
        write("runs/a/steps.jsonl", "1\n2\n");
        const QString second = commit(ours, "two", {"runs/a"});
        write("runs/b/plan.json", "{}\n");
        Repository::Change change;
        change.message = "branch";
        change.paths = {"runs/b"};
        change.branch = "run/b";
        change.from = first;
        const QString third = ours.commit(change);
        QCOMPARE(ours.head(), second);
        QCOMPARE(ours.branch(), QString("main"));
        QCOMPARE(git({"rev-parse", "run/b"}), third.toLatin1());
        QCOMPARE(git({"rev-parse", "run/b^"}), first.toLatin1());
        QCOMPARE(git({"ls-tree", "-r", "--name-only", "run/b"}),
                 QByteArray("runs/a/steps.jsonl\nruns/b/plan.json"));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray("?? runs/b/"));

        change.message = "join";
        change.branch.clear();
        change.from.clear();
        change.alsoParents = QStringList{"run/b"};
        const QString joined = ours.commit(change);
        QCOMPARE(git({"rev-parse", "HEAD^1"}), second.toLatin1());
        QCOMPARE(git({"rev-parse", "HEAD^2"}), third.toLatin1());
        QCOMPARE(git({"show", "HEAD:runs/a/steps.jsonl"}), QByteArray("1\n2"));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());

        const std::vector<Version> log = ours.log(100);
        QCOMPARE(log.size(), std::size_t(4));
        QCOMPARE(log.front().id, joined);
        QCOMPARE(log.front().parents, QStringList({second, third}));
        QCOMPARE(log.back().id, first);
        QCOMPARE(log.front().summary(), QString("join"));
        QVERIFY(log.front().timeMs > 1'700'000'000'000);
        QCOMPARE(ours.log(100, 1).size(), std::size_t(3));
        QCOMPARE(ours.log(2).size(), std::size_t(2));
        QCOMPARE(ours.log(100, 0, "run/b").size(), std::size_t(2));
        QCOMPARE(ours.version("run/b")->id, third);
        QCOMPARE(ours.version(third.left(10))->id, third);
        QVERIFY(!ours.version("nothing"));
    }

    void tagsWhatIsToBeKept()
    {
        Repository ours = repository();
        write("a", "1");
        const QString first = commit(ours, "one", {"a"});
        ours.tag("kept", first, "The good one");
        QCOMPARE(git({"tag", "-l", "-n"}).simplified(), QByteArray("kept The good one"));
        const std::vector<Reference> references = ours.references();
        QCOMPARE(references.size(), std::size_t(2));
        QCOMPARE(references[0].name, QString("kept"));
        QCOMPARE(references[0].kind, Reference::Kind::Tag);
        QCOMPARE(references[0].version, first);
        QVERIFY(references[1].isCurrent);
        QVERIFY(sentenceOf([&] { ours.tag("kept", first, ""); }).contains("already"));
        QVERIFY(!sentenceOf([&] { ours.tag("a b", first, ""); }).isEmpty());
        QVERIFY(!sentenceOf([&] { ours.tag("x", "nothing", ""); }).isEmpty());
        ours.removeTag("kept");
        QVERIFY(!sentenceOf([&] { ours.removeTag("kept"); }).isEmpty());
        QCOMPARE(git({"tag", "-l"}), QByteArray());
    }

    void asksWhoCommits()
    {
        Repository ours = Repository::create(m_folder);
        QVERIFY(!ours.person());
        write("a", "1");
        QVERIFY(sentenceOf([&] { commit(ours, "one", {"a"}); }).contains("who you are"));
        for (const Person &person :
             {Person{"", "a@b"}, Person{"A", ""}, Person{"A <B>", "a@b"}, Person{"A\nB", "a@b"}})
            QVERIFY(!sentenceOf([&] { ours.setPerson(person); }).isEmpty());
        ours.setPerson({"Ernst Ruska", "ruska@example.org"});
        QCOMPARE(git({"config", "--local", "user.name"}), QByteArray("Ernst Ruska"));
        QCOMPARE(Repository(m_folder).person()->email, QString("ruska@example.org"));
        QVERIFY(!commit(ours, "one", {"a"}).isEmpty());
    }

    void commitsOnADetachedHead()
    {
        Repository ours = repository();
        write("a", "1");
        const QString first = commit(ours, "one", {"a"});
        git({"checkout", "--detach"});
        QCOMPARE(ours.branch(), QString());
        write("a", "2");
        const QString second = commit(ours, "two", {"a"});
        QCOMPARE(ours.head(), second);
        QCOMPARE(git({"rev-parse", "main"}), first.toLatin1());
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());
        QCOMPARE(ours.log(10).size(), std::size_t(2));
    }

    void doesNotMixWithAMerge()
    {
        Repository ours = repository();
        write("a", "1");
        const QString first = commit(ours, "one", {"a"});
        write(".git/MERGE_HEAD", first.toLatin1() + '\n');
        QCOMPARE(ours.state(), Repository::State::Merging);
        write("a", "2");
        QVERIFY(sentenceOf([&] { commit(ours, "two", {"a"}); }).contains("merge"));
        QCOMPARE(ours.head(), first);
        Repository::Change aside; // a branch of its own is none of the merge's business
        aside.message = "aside";
        aside.paths = QStringList{"a"};
        aside.branch = "run/x";
        QVERIFY(ours.commit(aside) != first);
        QFile::remove(m_folder + "/.git/MERGE_HEAD");
    }

    void aLockedIndexLosesNoVersion()
    {
        Repository ours = repository();
        write("a", "1");
        commit(ours, "one", {"a"});
        write(".git/index.lock", "");
        write("a", "2");
        const QString second = commit(ours, "two", {"a"});
        QCOMPARE(ours.head(), second);
        QFile::remove(m_folder + "/.git/index.lock");
        write("a", "3");
        commit(ours, "three", {"a"});
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());
    }

    void aLockedBranchIsNamed()
    {
        Repository ours = repository();
        write("a", "1");
        const QString first = commit(ours, "one", {"a"});
        write(".git/refs/heads/main.lock", "");
        write("a", "2");
        const QString sentence = sentenceOf([&] { commit(ours, "two", {"a"}); });
        QVERIFY2(sentence.contains("main.lock") && sentence.contains("remove"),
                 qPrintable(sentence));
        QCOMPARE(ours.head(), first);
        QFile::remove(m_folder + "/.git/refs/heads/main.lock");
    }

    void twoWhoCommitAtOnceLoseNothing()
    {
        {
            Repository ours = repository();
            write("a", "1");
            commit(ours, "one", {"a"});
        }
        constexpr int each = 15;
        std::vector<std::thread> threads;
        std::vector<QString> troubles(3);
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([this, t, &troubles] {
                try {
                    Repository mine(m_folder);
                    for (int i = 0; i < each; ++i) {
                        const QString path = QStringLiteral("runs/%1-%2/plan.json").arg(t).arg(i);
                        write(path, QByteArray::number(i));
                        commit(mine, path, {path});
                    }
                } catch (const Error &error) {
                    troubles[std::size_t(t)] = error.what();
                }
            });
        for (std::thread &thread : threads)
            thread.join();
        for (const QString &trouble : troubles)
            QCOMPARE(trouble, QString());
        const Repository ours(m_folder);
        QCOMPARE(ours.log(1000).size(), std::size_t(1 + 3 * each));
        QCOMPARE(ours.files("HEAD", "runs").size(), 3 * each);
    }

    void leavesWhatTheUserTracksBesideOurFiles()
    {
        Repository ours = repository();
        write(".gitignore", "*.h5\n/kept/\n");
        write("runs/a/plan.json", "{}\n");
        write("runs/a/run.h5", "forced");
        write("kept/x", "x");
        QFile::link("plan.json", m_folder + "/runs/a/link");
        git({"init", "-q", m_folder + "/runs/a/module"});
        git({"-C", m_folder + "/runs/a/module", "-c", "user.name=A", "-c", "user.email=a@b",
             "commit", "-q", "--allow-empty", "-m", "module"});
        git({"add", "-f", "."});
        git({"commit", "-q", "-m", "the user's"});
        const QByteArray before = git({"ls-tree", "-r", "--name-only", "HEAD"});
        QCOMPARE(before.split('\n').size(), 6);
        write("runs/a/plan.json", "{1}\n");
        write("runs/a/run.h5", "forced again");
        commit(ours, "Run a", {"runs", "kept"});
        QCOMPARE(git({"ls-tree", "-r", "--name-only", "HEAD"}), before);
        QCOMPARE(git({"show", "HEAD:runs/a/run.h5"}), QByteArray("forced again"));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());

        // What is gone goes, and a file may become a folder.
        QDir(m_folder + "/kept").removeRecursively();
        QFile::remove(m_folder + "/runs/a/plan.json");
        write("runs/a/plan.json/part", "1");
        commit(ours, "Run a again", {"runs", "kept"});
        QCOMPARE(git({"show", "--format=", "--name-status", "HEAD"}),
                 QByteArray("D\tkept/x\nD\truns/a/plan.json\nA\truns/a/plan.json/part"));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());
    }

    void filtersAsGitDoes()
    {
        Repository ours = repository();
        write(".gitattributes", "*.txt text\n");
        write("a.txt", "one\r\ntwo\r\n");
        write("b", "one\r\n");
        write("empty", "");
        commit(ours, "lines", {".gitattributes", "a.txt", "b", "empty"});
        QCOMPARE(ours.file("HEAD", "a.txt"), std::optional(QByteArray("one\ntwo\n")));
        QCOMPARE(ours.file("HEAD", "b"), std::optional(QByteArray("one\r\n")));
        QCOMPARE(ours.file("HEAD", "empty"), std::optional(QByteArray("")));
        QCOMPARE(git({"status", "--porcelain"}), QByteArray());
    }

    void stagesNothingThatIsNotCommitted()
    {
        Repository ours = repository();
        write("runs/a/steps.jsonl", "0\n");
        commit(ours, "begins", {"runs/a"});
        // The recorder goes on appending while versions are made.
        std::atomic<bool> goesOn = true;
        std::thread recorder([&] {
            QFile out(m_folder + "/runs/a/steps.jsonl");
            if (!out.open(QIODevice::Append))
                qFatal("cannot append");
            while (goesOn) {
                out.write("1\n");
                out.flush();
            }
        });
        QByteArray staged;
        QString sentence;
        for (int i = 0; i < 40 && staged.isEmpty() && sentence.isEmpty(); ++i) {
            sentence =
                sentenceOf([&] { commit(ours, QStringLiteral("mark %1").arg(i), {"runs/a"}); });
            staged = git({"diff", "--cached", "--name-only"});
        }
        goesOn = false;
        recorder.join();
        QCOMPARE(sentence, QString());
        QCOMPARE(staged, QByteArray());
    }

    void losesNothingThatIsStagedMeanwhile()
    {
        Repository ours = repository();
        write("runs/a/plan.json", "0");
        commit(ours, "begins", {"runs/a"});
        constexpr int many = 60;
        for (int i = 0; i < many; ++i)
            write(QStringLiteral("mine/%1").arg(i), QByteArray::number(i));
        std::atomic<int> trouble = 0;
        std::thread user([&] { // as its users do, git is called again when it finds the lock
            for (int i = 0; i < many; ++i) {
                int tries = 0;
                do {
                    QProcess process;
                    process.setWorkingDirectory(m_folder);
                    process.start("git", {"add", QStringLiteral("mine/%1").arg(i)});
                    if (process.waitForFinished() && process.exitCode() == 0)
                        break;
                } while (++tries < 200);
                trouble += tries == 200;
            }
        });
        QString sentence;
        for (int i = 1; i <= 300 && sentence.isEmpty(); ++i) {
            write("runs/a/plan.json", QByteArray::number(i));
            sentence = sentenceOf([&] { commit(ours, "goes on", {"runs/a"}); });
        }
        user.join();
        QCOMPARE(sentence, QString());
        QCOMPARE(trouble.load(), 0);
        QCOMPARE(git({"ls-files", "mine"}).split('\n').size(), many);
        QVERIFY(git({"ls-tree", "-r", "--name-only", "HEAD", "mine"}).isEmpty());
        QVERIFY(!QFileInfo::exists(m_folder + "/.git/index.lock"));
    }

    void twoWhoBeginAtOnceLoseNothing()
    {
        repository();
        std::vector<std::thread> threads;
        std::vector<QString> troubles(3);
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([this, t, &troubles] {
                troubles[std::size_t(t)] = sentenceOf([&] {
                    Repository mine(m_folder);
                    const QString path = QStringLiteral("runs/%1/plan.json").arg(t);
                    write(path, "{}");
                    commit(mine, path, {path});
                });
            });
        for (std::thread &thread : threads)
            thread.join();
        for (const QString &trouble : troubles)
            QCOMPARE(trouble, QString());
        QCOMPARE(Repository(m_folder).log(10).size(), std::size_t(3));
        QCOMPARE(Repository(m_folder).files("HEAD", "runs").size(), 3);
    }

    void refusesOddPaths_data()
    {
        QTest::addColumn<QString>("path");
        for (const char *path : {"", ".", "..", "../outside", "/etc/passwd", "a/../../b", ".git",
                                 ".git/config", ".GIT/config", "runs/link"})
            QTest::newRow(path) << QString(path);
    }
    void refusesOddPaths()
    {
        QFETCH(QString, path);
        Repository ours = repository();
        QDir(m_folder).mkpath("runs");
        QFile::link("/etc/hostname", m_folder + "/runs/link");
        QVERIFY(!sentenceOf([&] { commit(ours, "odd", {path}); }).isEmpty());
        QCOMPARE(ours.head(), QString());
    }

    void opensThisFolderOnly()
    {
        repository();
        QDir(m_folder).mkpath("below");
        QVERIFY(!Repository::isRepository(m_folder + "/below"));
        QVERIFY(sentenceOf([&] { Repository below(m_folder + "/below"); }).contains("below"));
        Repository below = Repository::create(m_folder + "/below");
        QVERIFY(Repository::isRepository(m_folder + "/below"));
        QVERIFY(Repository::isRepository(m_folder));
        QCOMPARE(Repository::create(m_folder).person()->name, QString("Ernst Ruska"));
    }
};

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
