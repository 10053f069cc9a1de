// SPDX-License-Identifier: GPL-3.0-or-later
// httplib before Qt: system headers define what Qt's do not mind.
#include "gitsite.h"

#include "failingdisk.h"
#include "sshserver.h"

#include "history/gitremote.h"
#include "history/gitremotessh.h"

#include <QDir>
#include <QElapsedTimer>
#include <QMessageAuthenticationCode>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <thread>

using namespace helmscope;

namespace {

QString sentenceOf(const std::function<void()> &act)
{
    try {
        act();
    } catch (const Unreachable &error) {
        return QString::fromUtf8(error.what()) + " (passing)";
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

const GitWatch on = [](const GitTraffic &) { return true; };

/// A site: a workspace's folder with its repository.
struct Site
{
    QString folder;
    QString path(const QString &name) const { return folder + '/' + name; }
    void write(const QString &name, const QByteArray &text) const
    {
        QDir().mkpath(QFileInfo(path(name)).path());
        QFile out(path(name));
        if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
            qFatal("cannot write %s", qPrintable(name));
    }
    QByteArray read(const QString &name) const
    {
        QFile in(path(name));
        return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray("(none)");
    }
    QString commit(const QStringList &paths, const QString &message = "a version") const
    {
        Repository::Change change;
        change.message = message;
        change.paths = paths;
        return Repository(folder).commit(change);
    }
    QString head() const { return Repository(folder).head(); }
};

} // namespace

class TestGitRemote : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_temporary;

    QString at(const QString &name) const { return m_temporary->filePath(name); }

    QByteArray git(const QStringList &arguments, const QString &folder = {}) const
    {
        QProcess process;
        process.setWorkingDirectory(folder.isEmpty() ? m_temporary->path() : folder);
        process.start("git", arguments);
        if (!process.waitForFinished() || process.exitCode() != 0)
            qWarning("git %s: %s", qPrintable(arguments.join(' ')),
                     process.readAllStandardError().constData());
        return process.exitCode() == 0 ? process.readAllStandardOutput().trimmed()
                                       : QByteArray("FAILED");
    }

    QString bareRemote() const
    {
        git({"init", "-q", "--bare", "-b", "main", at("remotes/lab.git")});
        return at("remotes/lab.git");
    }

    Site made(const QString &name) const
    {
        Repository::create(at(name)).setPerson({name, name + "@lab.org"});
        return {at(name)};
    }

    /// Two sites that know the same version, each with a remote "origin".
    std::pair<Site, Site> twoSites(const QString &url) const
    {
        const Site a = made("a");
        a.write("plan.json", "{}\n");
        a.write("lineage/p.json", "[1]\n");
        a.commit({"plan.json", "lineage"}, "begin");
        GitRemotes remotes(a.folder);
        remotes.add("origin", url);
        if (!remotes.push("origin", {"main"}, {}, on).isComplete() ||
            !cloneRepository(url, at("b"), {}, on))
            qFatal("no two sites");
        Repository(at("b")).setPerson({"b", "b@lab.org"});
        return {a, {at("b")}};
    }

    static MergeRules unionOfNumbers()
    {
        MergeRules rules;
        rules.unite = [](const MergeConflict &both) -> std::optional<QByteArray> {
            if (!both.path.startsWith("lineage/") || !both.ours || !both.theirs)
                return std::nullopt;
            return both.ours->trimmed() + both.theirs->trimmed() + '\n';
        };
        return rules;
    }

private Q_SLOTS:
    void init()
    {
        m_temporary = std::make_unique<QTemporaryDir>();
        QVERIFY(QDir().mkpath(at("remotes")));
        qputenv("HOME", m_temporary->path().toUtf8()); // nobody's keys, nobody's configuration
        qputenv("GIT_CONFIG_GLOBAL", at("gitconfig").toUtf8());
        qunsetenv("SSH_AUTH_SOCK");
    }

    void remotesAreListedAndNamed()
    {
        const Site site = made("a");
        GitRemotes remotes(site.folder);
        QVERIFY(remotes.all().empty());
        remotes.add("origin", "https://git.lab.org/stem.git");
        remotes.add("backup", "lab@host.org:stem.git");
        const std::vector<GitRemote> expected{{"backup", "lab@host.org:stem.git"},
                                              {"origin", "https://git.lab.org/stem.git"}};
        QCOMPARE(remotes.all(), expected);
        QCOMPARE(git({"remote", "get-url", "origin"}, site.folder),
                 QByteArray("https://git.lab.org/stem.git"));
        remotes.setUrl("origin", "/srv/stem.git");
        QCOMPARE(remotes.all()[1].url, QString("/srv/stem.git"));
        QVERIFY(sentenceOf([&] { remotes.add("origin", "/x"); }).contains("choose another"));
        remotes.remove("backup");
        QCOMPARE(remotes.all().size(), 1u);
        QVERIFY(sentenceOf([&] { remotes.remove("backup"); }).contains("no remote 'backup'"));
        QVERIFY(sentenceOf([&] { remotes.fetch("none", {}, on); }).contains("no remote 'none'"));
    }

    void hostileNamesAndAddressesAreRefused()
    {
        const Site site = made("a");
        GitRemotes remotes(site.folder);
        for (const char *name : {"", "-x", "a b", "a/b", "..", "a..b", "x\ny", "a:b"})
            QVERIFY2(!sentenceOf([&] { remotes.add(name, "/x"); }).isEmpty(), name);
        for (const char *url :
             {"", "ext::sh -c true", "-oProxyCommand=true", "ssh://-oProxyCommand=true/x",
              "ssh://-x@host/y", "git://host/x", "https://", "https://me:secret@host/x",
              "https://me@host/x", "ssh://me:secret@host/x", "host:-x", "ftp://h/x", "relative",
              "https://h/x\ny", "-x@host:y"}) {
            const QString said = sentenceOf([&] { remotes.add("r", url); });
            QVERIFY2(!said.isEmpty() && !said.contains("secret"), url);
        }
        QVERIFY(remotes.all().empty());
    }

    void pushesFetchesAndClones()
    {
        const QString url = bareRemote();
        const auto [a, b] = twoSites(url);
        QCOMPARE(git({"rev-parse", "main"}, url), a.head().toLatin1());
        QCOMPARE(b.head(), a.head());
        QCOMPARE(b.read("plan.json"), QByteArray("{}\n"));
        QCOMPARE(git({"status", "--porcelain"}, b.folder), QByteArray());
        QCOMPARE(git({"rev-parse", "--abbrev-ref", "main@{upstream}"}, b.folder),
                 QByteArray("origin/main"));

        a.write("runs/1/plan.json", "1");
        const QString first = b.head(), second = a.commit({"runs"});
        Repository(a.folder).tag("kept", second, "kept");
        GitRemotes ours(a.folder), theirs(b.folder);
        const auto pushed = ours.push("origin", {"main", "kept"}, {}, on);
        QVERIFY(pushed.isComplete());
        QCOMPARE(pushed.references.size(), 2u);
        QVERIFY(ours.push("origin", {"main"}, {}, on).references[0].result ==
                PushedReference::Result::UpToDate);

        const auto fetched = theirs.fetch("origin", {}, on);
        const MovedReference moved{"origin/main", first, second};
        QVERIFY(std::count(fetched.moved.begin(), fetched.moved.end(), moved) == 1);
        QCOMPARE(git({"rev-parse", "kept^{commit}"}, b.folder), second.toLatin1());
        QCOMPARE(b.head(), first); // nothing else has changed
        QCOMPARE(theirs.distance("main", "origin/main").behind, 1);
        QVERIFY(theirs.fetch("origin", {}, on).moved.empty());

        const Merged merged = theirs.merge("origin/main", {}, {});
        QVERIFY(merged.result == Merged::Result::Forward);
        QCOMPARE(merged.version, second);
        QVERIFY(merged.leftOut.isEmpty());
        QCOMPARE(b.read("runs/1/plan.json"), QByteArray("1"));
        QCOMPARE(git({"status", "--porcelain"}, b.folder), QByteArray());
        QVERIFY(theirs.merge("origin/main", {}, {}).result == Merged::Result::UpToDate);
    }

    void anEmptyRemoteCanBeCloned()
    {
        QVERIFY(cloneRepository(bareRemote(), at("c"), {}, on));
        QCOMPARE(Repository(at("c")).head(), QString());
        QVERIFY(sentenceOf([&] {
                    cloneRepository(at("remotes/lab.git"), at("c"), {}, on);
                }).contains("something is there already"));
        const QString gone = sentenceOf([&] { cloneRepository(at("none"), at("d"), {}, on); });
        QVERIFY2(gone.contains("is not there") && gone.endsWith("(passing)"), qPrintable(gone));
        QCOMPARE(QDir(m_temporary->path()).entryList({"d*"}), QStringList());
    }

    void whoIsBehindIsToldToFetchFirst()
    {
        const auto [a, b] = twoSites(bareRemote());
        a.write("a", "a");
        a.commit({"a"});
        QVERIFY(GitRemotes(a.folder).push("origin", {"main"}, {}, on).isComplete());
        b.write("b", "b");
        b.commit({"b"});
        const auto pushed = GitRemotes(b.folder).push("origin", {"main"}, {}, on);
        QVERIFY(!pushed.isComplete());
        QVERIFY(pushed.references[0].result == PushedReference::Result::FetchFirst);
        QCOMPARE(git({"rev-parse", "main"}, at("remotes/lab.git")), a.head().toLatin1());
    }

    void divergedSitesEndEqual()
    {
        const auto [a, b] = twoSites(bareRemote());
        a.write("runs/a/plan.json", "a");
        a.write("lineage/p.json", "[1,2]\n");
        a.commit({"runs", "lineage"});
        b.write("runs/b/plan.json", "b");
        b.write("lineage/p.json", "[1,3]\n");
        const QString own = b.commit({"runs", "lineage"});
        QVERIFY(GitRemotes(a.folder).push("origin", {"main"}, {}, on).isComplete());

        GitRemotes theirs(b.folder);
        theirs.fetch("origin", {}, on);
        // Without a rule both sides are shown, and nothing is done.
        const Merged shown = theirs.merge("origin/main", {}, {});
        QVERIFY(shown.result == Merged::Result::Conflicts);
        QCOMPARE(shown.conflicts.size(), 1u);
        QCOMPARE(shown.conflicts[0].path, QString("lineage/p.json"));
        QCOMPARE(shown.conflicts[0].base, QByteArray("[1]\n"));
        QCOMPARE(shown.conflicts[0].ours, QByteArray("[1,3]\n"));
        QCOMPARE(shown.conflicts[0].theirs, QByteArray("[1,2]\n"));
        QCOMPARE(b.head(), own);
        QCOMPARE(git({"status", "--porcelain"}, b.folder), QByteArray());

        const Merged merged = theirs.merge("origin/main", {}, unionOfNumbers());
        QVERIFY(merged.result == Merged::Result::Joined);
        QCOMPARE(merged.united, QStringList("lineage/p.json"));
        QCOMPARE(b.read("lineage/p.json"), QByteArray("[1,3][1,2]\n"));
        QCOMPARE(b.read("runs/a/plan.json"), QByteArray("a"));
        QCOMPARE(git({"status", "--porcelain"}, b.folder), QByteArray());
        QCOMPARE(git({"rev-list", "--parents", "-n1", "HEAD"}, b.folder).split(' ').size(), 3);
        QCOMPARE(git({"fsck", "--strict"}, b.folder), QByteArray());

        QVERIFY(theirs.push("origin", {"main"}, {}, on).isComplete());
        GitRemotes ours(a.folder);
        ours.fetch("origin", {}, on);
        QVERIFY(ours.merge("origin/main", {}, {}).result == Merged::Result::Forward);
        QCOMPARE(a.head(), b.head());
        QCOMPARE(a.read("lineage/p.json"), b.read("lineage/p.json"));
        QCOMPARE(a.read("runs/b/plan.json"), QByteArray("b"));
        QCOMPARE(git({"status", "--porcelain"}, a.folder), QByteArray());
    }

    void aChoiceDecidesWhatHasNoUnion()
    {
        for (const auto choice : {MergeRules::Choice::Ours, MergeRules::Choice::Theirs}) {
            init();
            const auto [a, b] = twoSites(bareRemote());
            a.write("plan.json", "theirs");
            a.commit({"plan.json"});
            b.write("plan.json", "ours");
            b.commit({"plan.json"});
            GitRemotes(a.folder).push("origin", {"main"}, {}, on);
            GitRemotes remotes(b.folder);
            remotes.fetch("origin", {}, on);
            MergeRules rules;
            rules.choose = [choice](const MergeConflict &) { return choice; };
            QVERIFY(remotes.merge("origin/main", {}, rules).result == Merged::Result::Joined);
            QCOMPARE(b.read("plan.json"),
                     QByteArray(choice == MergeRules::Choice::Ours ? "ours" : "theirs"));
        }
    }

    void removedHereAndChangedThereIsAConflict()
    {
        const auto [a, b] = twoSites(bareRemote());
        QVERIFY(QFile::remove(a.path("plan.json")));
        a.write("plan.json/inside", "a folder now");
        a.commit({"plan.json"});
        b.write("plan.json", "changed");
        b.commit({"plan.json"});
        GitRemotes(a.folder).push("origin", {"main"}, {}, on);
        GitRemotes remotes(b.folder);
        remotes.fetch("origin", {}, on);
        const Merged merged = remotes.merge("origin/main", {}, {});
        QVERIFY(merged.result == Merged::Result::Conflicts);
        QStringList paths;
        for (const MergeConflict &conflict : merged.conflicts)
            paths << conflict.path;
        QVERIFY(paths.contains("plan.json"));
        QVERIFY(paths.contains("plan.json/inside"));
        QCOMPARE(b.read("plan.json"), QByteArray("changed"));
    }

    void whatTheUserHasStaysAsItIs()
    {
        const auto [a, b] = twoSites(bareRemote());
        a.write("plan.json", "theirs");
        a.write("staged", "theirs");
        a.write("new", "theirs");
        a.write("fine", "theirs");
        a.commit({"plan.json", "staged", "new", "fine"});
        GitRemotes(a.folder).push("origin", {"main"}, {}, on);

        b.write("plan.json", "being edited");
        b.write("new", "mine, unknown to git");
        b.write("staged", "mine, staged");
        git({"add", "staged"}, b.folder);
        GitRemotes remotes(b.folder);
        remotes.fetch("origin", {}, on);
        Merged merged = remotes.merge("origin/main", {}, {});
        QVERIFY(merged.result == Merged::Result::Forward);
        merged.leftOut.sort();
        QCOMPARE(merged.leftOut, QStringList({"new", "plan.json", "staged"}));
        QCOMPARE(b.read("plan.json"), QByteArray("being edited"));
        QCOMPARE(b.read("new"), QByteArray("mine, unknown to git"));
        QCOMPARE(b.read("staged"), QByteArray("mine, staged"));
        QCOMPARE(git({"show", ":staged"}, b.folder), QByteArray("mine, staged"));
        QCOMPARE(b.read("fine"), QByteArray("theirs"));
    }

    void aFullDiskIsMendedByTheNextAttempt()
    {
        const auto [a, b] = twoSites(bareRemote());
        const QString first = b.head();
        for (int i = 0; i < 3; ++i)
            a.write(QStringLiteral("runs/%1/plan.json").arg(i), QByteArray(10'000, 'x'));
        a.write("plan.json", "changed");
        QVERIFY(QFile::remove(a.path("lineage/p.json")));
        const QString second = a.commit({"runs", "plan.json", "lineage"});
        GitRemotes(a.folder).push("origin", {"main"}, {}, on);
        GitRemotes(b.folder).fetch("origin", {}, on);
        int failures = 0;
        for (long at = 1; at < 500; ++at) {
            git({"reset", "-q", "--hard", first}, b.folder);
            failingDisk(qPrintable(b.folder), at, DiskIsFull);
            const QString said =
                sentenceOf([&] { GitRemotes(b.folder).merge("origin/main", {}, {}); });
            const bool isOver = failingDiskCalls() < at;
            failingDisk("", 0, DiskWorks);
            failures += !said.isEmpty();
            if (!said.isEmpty()) {
                QCOMPARE(b.head(), first);
                const Merged again = GitRemotes(b.folder).merge("origin/main", {}, {});
                QVERIFY(again.result == Merged::Result::Forward);
                QVERIFY2(again.leftOut.isEmpty(), qPrintable(again.leftOut.join(' ')));
                QCOMPARE(git({"status", "--porcelain"}, b.folder), QByteArray());
            }
            QCOMPARE(b.head(), second);
            QCOMPARE(b.read("runs/2/plan.json").size(), 10'000);
            QVERIFY(!QFileInfo::exists(b.path("lineage")));
            if (isOver)
                break;
        }
        QVERIFY(failures > 3);
    }

    void anotherBranchIsJoinedWithoutItsFiles()
    {
        const auto [a, b] = twoSites(bareRemote());
        a.write("runs/a/plan.json", "a");
        a.commit({"runs"});
        GitRemotes(a.folder).push("origin", {"main"}, {}, on);
        git({"branch", "kept"}, b.folder);
        b.write("x", "x");
        const QString own = b.commit({"x"});
        GitRemotes remotes(b.folder);
        remotes.fetch("origin", {}, on);
        QVERIFY(remotes.merge("origin/main", "kept", {}).result == Merged::Result::Forward);
        QCOMPARE(git({"rev-parse", "kept"}, b.folder), a.head().toLatin1());
        QVERIFY(remotes.merge("origin/main", "begun", {}).result == Merged::Result::Forward);
        QCOMPARE(git({"rev-parse", "begun"}, b.folder), a.head().toLatin1());
        QCOMPARE(b.head(), own);
        QVERIFY(!QFileInfo::exists(b.path("runs")));
        QCOMPARE(git({"status", "--porcelain"}, b.folder), QByteArray());
    }

    void whatHasNoCommonBeginningIsLeftAlone()
    {
        const QString url = bareRemote();
        twoSites(url);
        const Site c = made("c");
        c.write("other", "other");
        const QString own = c.commit({"other"});
        GitRemotes remotes(c.folder);
        remotes.add("origin", url);
        remotes.fetch("origin", {}, on);
        QVERIFY(remotes.merge("origin/main", {}, {}).result == Merged::Result::Unrelated);
        QCOMPARE(c.head(), own);
        QVERIFY(sentenceOf([&] { remotes.merge("origin/none", {}, {}); }).contains("no version"));
    }

    void inTheMiddleOfTheUsersOwnMergeNothingIsJoined()
    {
        const auto [a, b] = twoSites(bareRemote());
        a.write("x", "x");
        a.commit({"x"});
        GitRemotes(a.folder).push("origin", {"main"}, {}, on);
        GitRemotes remotes(b.folder);
        remotes.fetch("origin", {}, on);
        b.write(".git/MERGE_HEAD", a.head().toLatin1() + '\n');
        const QString said = sentenceOf([&] { remotes.merge("origin/main", {}, {}); });
        QVERIFY2(said.contains("in the middle of"), qPrintable(said));
    }

    void tagsOfOthersAreNeverMoved()
    {
        const QString url = bareRemote();
        const auto [a, b] = twoSites(url);
        a.write("x", "x");
        Repository(a.folder).tag("kept", a.commit({"x"}), "theirs");
        Repository(b.folder).tag("kept", b.head(), "ours");
        const QByteArray ours = git({"rev-parse", "kept"}, b.folder);
        GitRemotes(a.folder).push("origin", {"main", "kept"}, {}, on);
        GitRemotes remotes(b.folder);
        remotes.fetch("origin", {}, on);
        QCOMPARE(git({"rev-parse", "kept"}, b.folder), ours);
        const auto pushed = remotes.push("origin", {"kept"}, {}, on);
        QVERIFY(pushed.references[0].result == PushedReference::Result::Refused);
        QVERIFY(git({"rev-parse", "kept"}, url) != ours);
    }

    void aServersHookMayRefuse()
    {
        if (!GitSite::isAvailable())
            QSKIP("git http-backend is not installed.");
        const QString url = bareRemote();
        const Site remote{url};
        remote.write("hooks/update", "#!/bin/sh\necho 'not on Sundays' >&2\nexit 1\n");
        QFile::setPermissions(remote.path("hooks/update"),
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        GitSite server(at("remotes"));
        server.site.start();
        const Site a = made("a");
        a.write("x", "x");
        a.commit({"x"});
        GitRemotes remotes(a.folder);
        remotes.add("origin", server.site.url("/lab.git"));
        const auto pushed = remotes.push("origin", {"main"}, {}, on);
        QVERIFY(pushed.references[0].result == PushedReference::Result::Refused);
        QVERIFY2(pushed.references[0].reason.contains("hook"),
                 qPrintable(pushed.references[0].reason));
    }

    void linksAndOddNamesNeverReachTheFolder()
    {
        const QString url = bareRemote();
        const auto [a, b] = twoSites(url);
        // What no client of ours would make.
        git({"config", "core.protectNTFS", "false"}, a.folder);
        git({"config", "core.protectHFS", "false"}, a.folder);
        QVERIFY(QFile::link("/etc/passwd", a.path("link")));
        QVERIFY(QFile::link(m_temporary->path(), a.path("out")));
        a.write("git~1/config", "x");
        a.write("ok", "x");
        a.write("hooks/post-merge", "#!/bin/sh\ntouch ran\n");
        git({"add", "-A"}, a.folder);
        git({"commit", "-q", "-m", "tricks"}, a.folder);
        QCOMPARE(git({"push", "-q", "origin", "main"}, a.folder), QByteArray());
        GitRemotes remotes(b.folder);
        remotes.fetch("origin", {}, on);
        const Merged merged = remotes.merge("origin/main", {}, {});
        for (const char *name : {"link", "out", "git~1/config"}) {
            QVERIFY2(merged.leftOut.contains(name), name);
            QVERIFY2(!QFileInfo(b.path(name)).isSymLink() && !QFileInfo::exists(b.path(name)),
                     name);
        }
        QCOMPARE(b.read("ok"), QByteArray("x"));

        // A link of the user's own on the way is not followed either.
        QVERIFY(QDir().mkpath(at("elsewhere")));
        QVERIFY(QFile::link(at("elsewhere"), b.path("data")));
        a.write("data/x", "x");
        git({"add", "data"}, a.folder);
        git({"commit", "-q", "-m", "more"}, a.folder);
        git({"push", "-q", "origin", "main"}, a.folder);
        remotes.fetch("origin", {}, on);
        QCOMPARE(remotes.merge("origin/main", {}, {}).leftOut, QStringList("data/x"));
        QVERIFY(QDir(at("elsewhere")).isEmpty());
    }

    void goesOverHttpWithAToken()
    {
        if (!GitSite::isAvailable())
            QSKIP("git http-backend is not installed.");
        bareRemote();
        GitSite server(at("remotes"), "git", "sesame");
        server.site.start();
        const QString url = server.site.url("/lab.git");
        GitAccess access;
        access.credentials.token = "sesame";
        const Site a = made("a");
        QByteArray large(3'000'000, Qt::Uninitialized);
        quint32 state = 1;
        for (char &c : large)
            c = char((state = state * 1664525 + 1013904223) >> 24);
        a.write("large", large);
        a.commit({"large"});
        GitRemotes remotes(a.folder);
        remotes.add("origin", url);
        GitTraffic last;
        const auto pushed = remotes.push("origin", {"main"}, access, [&](const GitTraffic &seen) {
            last = seen;
            return true;
        });
        QVERIFY(pushed.isComplete());
        QVERIFY(last.bytes > 3'000'000);
        QCOMPARE(last.objects, 3);
        QCOMPARE(git({"rev-parse", "main"}, at("remotes/lab.git")), a.head().toLatin1());

        QVERIFY(cloneRepository(url, at("c"), access, on));
        QCOMPARE(Site{at("c")}.read("large"), large);
        QVERIFY(!Site{at("c")}.read(".git/config").contains("sesame"));
        const auto references = gitReferences(url, access, on);
        QCOMPARE(references.size(), 1u);
        QVERIFY(references[0].isCurrent);

        access.credentials.token = "wrong";
        const QString refused = sentenceOf([&] { gitReferences(url, access, on); });
        QVERIFY2(refused.contains("does not take the user and token") && !refused.contains("wrong"),
                 qPrintable(refused));
        access.credentials.token = "sesame";
        const QString none =
            sentenceOf([&] { gitReferences(server.site.url("/none.git"), access, on); });
        QVERIFY2(none.contains("no git repository"), qPrintable(none));

        // Stopped in the middle: nothing is left.
        QVERIFY(!cloneRepository(url, at("d"), access,
                                 [](const GitTraffic &seen) { return seen.bytes < 100'000; }));
        QCOMPARE(QDir(m_temporary->path()).entryList({"d*"}), QStringList());

        const int port = server.site.port();
        server.site.stop();
        const QString gone = sentenceOf([&] { remotes.fetch("origin", access, on); });
        QVERIFY2(gone.contains("cannot be reached") && gone.endsWith("(passing)"),
                 qPrintable(gone));
        QVERIFY(gone.contains(QString::number(port)));
    }

    void whatIsNoGitServerIsSaid()
    {
        HttpServer site;
        site.server.Get("/page/info/refs", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content("<html>", "text/html");
        });
        site.server.Get("/lies/info/refs", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content(std::string(1000, 'x'),
                               "application/x-git-upload-pack-advertisement");
        });
        site.server.Get("/ill/info/refs", [](const httplib::Request &, httplib::Response &answer) {
            answer.status = 503;
        });
        site.start();
        QVERIFY(sentenceOf([&] {
                    gitReferences(site.url("/page"), {}, on);
                }).contains("no git server"));
        QVERIFY(!sentenceOf([&] { gitReferences(site.url("/lies"), {}, on); }).isEmpty());
        QVERIFY(sentenceOf([&] { gitReferences(site.url("/ill"), {}, on); }).endsWith("(passing)"));
    }

    void aSilentServerCanBeLeft()
    {
        QTcpServer silent; // the system takes the connection, nobody answers
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        QElapsedTimer clock;
        clock.start();
        const QString url = QStringLiteral("http://127.0.0.1:%1/x").arg(silent.serverPort());
        QVERIFY(gitReferences(url, {}, [&](const GitTraffic &) {
                    return clock.elapsed() < 200;
                }).empty());
        clock.restart();
        const QString ssh = QStringLiteral("ssh://127.0.0.1:%1/x").arg(silent.serverPort());
        QVERIFY(gitReferences(ssh, {}, [&](const GitTraffic &) {
                    return clock.elapsed() < 200;
                }).empty());
        QVERIFY(clock.elapsed() < 10'000);
        silent.close();
        const QString gone = sentenceOf([&] { gitReferences(ssh, {}, on); });
        QVERIFY2(gone.contains("no SSH server answers") && gone.endsWith("(passing)"),
                 qPrintable(gone));
        const QString nowhere =
            sentenceOf([&] { gitReferences("ssh://nowhere.invalid/x", {}, on); });
        QVERIFY2(nowhere.contains("its name is unknown"), qPrintable(nowhere));
    }

    void trustsOnlyTheNamedAuthority()
    {
        if (!GitSite::isAvailable())
            QSKIP("git http-backend is not installed.");
        if (!QFileInfo::exists("/usr/sbin/nginx"))
            QSKIP("nginx is not installed.");
        bareRemote();
        GitSite server(at("remotes"));
        server.site.start();
        // An authority of our own, and another one.
        for (const QString &name : {QString("ca"), QString("other")}) {
            QProcess openssl;
            openssl.setWorkingDirectory(m_temporary->path());
            openssl.start("openssl",
                          {"req", "-x509", "-newkey", "ec", "-pkeyopt",
                           "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                           "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                           name + ".key", "-out", name + ".pem"});
            QVERIFY(openssl.waitForFinished(20'000));
            QCOMPARE(openssl.exitCode(), 0);
        }
        QTcpServer free;
        QVERIFY(free.listen(QHostAddress::LocalHost));
        const int port = free.serverPort();
        free.close();
        Site{m_temporary->path()}.write(
            "nginx.conf",
            QStringLiteral(
                "daemon off; pid %1/nginx.pid; error_log %1/nginx.log;\n%4"
                "events {}\nhttp { access_log off; client_body_temp_path %1/n1;\n"
                "proxy_temp_path %1/n2; fastcgi_temp_path %1/n3; uwsgi_temp_path %1/n4;\n"
                "scgi_temp_path %1/n5;\nserver { listen 127.0.0.1:%2 ssl;\n"
                "ssl_certificate %1/ca.pem; ssl_certificate_key %1/ca.key;\n"
                "location / { proxy_pass %3; } } }\n")
                .arg(m_temporary->path())
                .arg(port)
                .arg(server.site.url(), ::getuid() == 0 ? "user root;\n" : "")
                .toUtf8());
        QProcess nginx;
        nginx.start("/usr/sbin/nginx", {"-p", m_temporary->path(), "-c", at("nginx.conf")});
        QVERIFY(nginx.waitForStarted());
        const auto stop = qScopeGuard([&] {
            nginx.terminate();
            nginx.waitForFinished(5000);
        });
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                QTcpSocket socket;
                socket.connectToHost(QHostAddress::LocalHost, quint16(port));
                return socket.waitForConnected(100);
            }(),
            10'000);

        const QString url = QStringLiteral("https://127.0.0.1:%1/lab.git").arg(port);
        GitAccess access;
        access.authorityFile = at("ca.pem");
        const Site a = made("a");
        a.write("x", "x");
        a.commit({"x"});
        GitRemotes remotes(a.folder);
        remotes.add("origin", url);
        QVERIFY(remotes.push("origin", {"main"}, access, on).isComplete());
        QCOMPARE(git({"rev-parse", "main"}, at("remotes/lab.git")), a.head().toLatin1());
        // Trust does not stay for those who did not name it.
        for (const QString &authority : {QString(), at("other.pem")}) {
            access.authorityFile = authority;
            const QString said = sentenceOf([&] { remotes.fetch("origin", access, on); });
            QVERIFY2(said.contains("certificate is not trusted") && !said.endsWith("(passing)"),
                     qPrintable(said));
        }
    }

    void goesOverSsh()
    {
        SshServer ssh;
        if (const QString why = ssh.start(); !why.isEmpty())
            QSKIP(qPrintable(why));
        const QString url = ssh.url(bareRemote());
        GitAccess access;
        access.credentials.user = ssh.user();
        access.credentials.keyFile = ssh.userKey();
        access.knownHostsFile = ssh.knownHosts();
        const Site a = made("a");
        a.write("x", "x");
        a.commit({"x"});
        GitRemotes remotes(a.folder);
        remotes.add("origin", url);
        QVERIFY(remotes.push("origin", {"main"}, access, on).isComplete());
        QCOMPARE(git({"rev-parse", "main"}, at("remotes/lab.git")), a.head().toLatin1());
        QVERIFY(cloneRepository(url, at("c"), access, on));
        QCOMPARE(Site{at("c")}.read("x"), QByteArray("x"));

        access.credentials.keyFile = ssh.file("other");
        const QString key = sentenceOf([&] { gitReferences(url, access, on); });
        QVERIFY2(key.contains("does not take the user or key") && !key.endsWith("(passing)"),
                 qPrintable(key));
        access.credentials.keyFile = ssh.userKey();
        access.knownHostsFile = ssh.file("changed");
        const QString changed = sentenceOf([&] { gitReferences(url, access, on); });
        QVERIFY2(changed.contains("is not the known one"), qPrintable(changed));
        access.knownHostsFile = at("none");
        const QString unknown = sentenceOf([&] { gitReferences(url, access, on); });
        QVERIFY2(unknown.contains("is not known"), qPrintable(unknown));
    }

    void knownHostsAreReadAsSshDoes()
    {
        const QByteArray key = "a key", other = "another";
        const QByteArray one = key.toBase64(), two = other.toBase64();
        // ssh-keygen -H of "host.org"
        const QByteArray salt = QByteArray(20, 's');
        const QByteArray hashed =
            "|1|" + salt.toBase64() + '|' +
            QMessageAuthenticationCode::hash("host.org", salt, QCryptographicHash::Sha1).toBase64();
        const Site files{m_temporary->path()};
        files.write("k", "# comment\n\nhost.org,10.0.0.1 ssh-ed25519 " + one + " me\n[h]:2222 x " +
                             one + "\n*.lab.org,!bad.lab.org x " + one + "\n@revoked * x " + two +
                             "\n@cert-authority ca.org x " + one + '\n');
        files.write("h", hashed + " ssh-ed25519 " + one + '\n');
        const QString k = at("k");
        QVERIFY(hostKeyIn(k, "host.org", 22, key) == HostKey::Known);
        QVERIFY(hostKeyIn(k, "HOST.org", 22, key) == HostKey::Known);
        QVERIFY(hostKeyIn(k, "10.0.0.1", 22, key) == HostKey::Known);
        QVERIFY(hostKeyIn(k, "host.org", 2222, key) == HostKey::Unknown);
        QVERIFY(hostKeyIn(k, "h", 2222, key) == HostKey::Known);
        QVERIFY(hostKeyIn(k, "x.lab.org", 22, key) == HostKey::Known);
        QVERIFY(hostKeyIn(k, "bad.lab.org", 22, key) == HostKey::Unknown);
        QVERIFY(hostKeyIn(k, "xlab.org", 22, key) == HostKey::Unknown);
        QVERIFY(hostKeyIn(k, "host.org", 22, "third") == HostKey::Changed);
        QVERIFY(hostKeyIn(k, "host.org", 22, other) == HostKey::Revoked);
        QVERIFY(hostKeyIn(k, "ca.org", 22, key) == HostKey::Unknown);
        QVERIFY(hostKeyIn(at("h"), "host.org", 22, key) == HostKey::Known);
        QVERIFY(hostKeyIn(at("h"), "other.org", 22, key) == HostKey::Unknown);
        QVERIFY(hostKeyIn(at("none"), "host.org", 22, key) == HostKey::Unknown);
    }
};

QTEST_GUILESS_MAIN(TestGitRemote)
#include "tst_gitremote.moc"
