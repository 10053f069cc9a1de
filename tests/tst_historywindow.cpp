// SPDX-License-Identifier: GPL-3.0-or-later
// The history window on a repository of 200 versions, driven by clicks and keys.
#include "app/banner.h"
#include "app/historywindow.h"
#include "steering/experiment.h"
#include "steering/recording/runfile.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000;

void write(const QString &file, const QByteArray &bytes)
{
    QDir().mkpath(QFileInfo(file).path());
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(file));
}

QString idOf(int run)
{
    return QStringLiteral("202611%1-09%2").arg(1 + run % 28, 2, 10, QChar('0')).arg(1000 + run);
}

void writePlan(const QString &folder, const QString &run, const Plan &plan)
{
    write(folder + "/runs/" + run + "/plan.json",
          QJsonDocument(QJsonObject{{"format", "helmscope-run-plan"},
                                    {"version", 1},
                                    {"id", run},
                                    {"title", "Simulated nanocubes"},
                                    {"value", QJsonObject{{"name", "mean 0.43–0.53 eV"}}},
                                    {"plan", plan.toJson()}})
              .toJson());
}

void writeSteps(const QString &folder, const QString &run, int steps, bool isEnded)
{
    QByteArray lines;
    for (int i = 1; i <= steps; ++i)
        lines += "{\"step\":" + QByteArray::number(i) + ",\"row\":1,\"col\":2,\"value\":3}\n";
    if (isEnded)
        lines += "{\"end\":{\"outcome\":\"finished\",\"message\":\"All " +
                 QByteArray::number(steps) + " measurements are done.\"}}\n";
    write(folder + "/runs/" + run + "/steps.jsonl", lines);
}

} // namespace

class TestHistoryWindow : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_temporary;
    QString m_folder;
    QString m_lastRun; ///< the one that has a recording
    std::unique_ptr<HistoryWindow> m_window;

    /// 50 runs of four versions each; every fifth branches from the run before it and is joined.
    void makeHistory()
    {
        m_folder = m_temporary.filePath("nanocubes");
        QDir().mkpath(m_folder);
        Repository repository = Repository::create(m_folder);
        repository.setPerson({"Ernst Ruska", "ruska@example.org"});
        qint64 timeMs = 1'790'000'000'000;
        QString previousEnd;
        for (int i = 0; i < 50; ++i) {
            const QString run = idOf(i);
            const bool isBranch = i % 5 == 4;
            Plan plan;
            plan.seed = std::uint64_t(i + 1);
            plan.acquisition.kind =
                i % 3 ? Acquisition::IntegratedVariance : Acquisition::ExpectedImprovement;
            if (isBranch)
                plan.origin = {idOf(i - 1), 12, "ab", Origin::Beyond::Sample};
            Repository::Change change;
            change.paths = {"runs/" + run};
            const auto commit = [&](const QString &message) {
                change.message = message;
                change.timeMs = timeMs += 600'000;
                return repository.commit(change);
            };
            if (isBranch) {
                change.branch = "run/" + run;
                change.from = previousEnd;
            }
            writePlan(m_folder, run, plan);
            commit(QStringLiteral("Run %1: begins: mean 0.43–0.53 eV by %2, 10 + 50 measurements")
                       .arg(run, QString::fromUtf8(rowOf(plan.acquisition.kind).name)));
            writeSteps(m_folder, run, 30, false);
            commit(QStringLiteral("Run %1: mark at step 30: a bright edge").arg(run));
            writeSteps(m_folder, run, 60, true);
            const QString end =
                commit(QStringLiteral("Run %1: finished after 60 measurements, best %2 counts/s")
                           .arg(run)
                           .arg(1200 + 7 * i));
            write(m_folder + "/notes.txt", QByteArray::number(i));
            change.branch.clear();
            change.from.clear();
            if (isBranch) {
                change.alsoParents = {end};
                previousEnd = commit(QStringLiteral("Run %1: joined: finished after 60 "
                                                    "measurements")
                                         .arg(run));
            } else {
                change.paths = {"notes.txt"};
                previousEnd = commit(QStringLiteral("Notes on the sample, page %1").arg(i));
            }
            if (i == 46)
                repository.tag("figure-2", end, "for the paper");
            m_lastRun = run;
        }
    }
    /// A real, short run into the last run's folder.
    void record()
    {
        Plan plan;
        Simulator::Settings sample;
        sample.sample.rows = sample.sample.cols = 48;
        sample.sample.channels = 32;
        plan.sample = sample;
        plan.scalarizer.band = {0.43, 0.53};
        plan.steps = 4;
        plan.initial.count = 8;
        plan.patch = 8;
        const auto microscope = openMicroscope(plan, unwatched());
        std::unique_ptr<RunFile> file;
        const Run run = explore(
            plan, *microscope, unwatched(), [&](const Step &step) { file->append(step); }, {},
            [&](const Run &start) {
                file =
                    std::make_unique<RunFile>(m_folder + "/runs/" + m_lastRun + "/run.h5", start);
            });
        file->finish(run);
        QCOMPARE(run.steps.size(), std::size_t(12));
    }

    void openWindow(const QString &folder, const QSize &size = {1280, 800})
    {
        m_window = std::make_unique<HistoryWindow>(folder);
        QSignalSpy loaded(m_window.get(), &HistoryWindow::loaded);
        m_window->resize(size);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QTRY_VERIFY_WITH_TIMEOUT(!loaded.isEmpty(), longMilliseconds);
        wait();
    }
    void wait() { QTRY_VERIFY_WITH_TIMEOUT(!m_window->isBusy(), longMilliseconds); }
    QTableView *list() const { return m_window->list(); }
    const HistoryModel *model() const { return m_window->model(); }
    QLineEdit *search() const { return m_window->findChild<QLineEdit *>("search"); }
    QPushButton *button(const char *name) const
    {
        return m_window->findChild<QPushButton *>(QString::fromLatin1(name));
    }
    void click(const char *name)
    {
        QTest::mouseClick(button(name), Qt::LeftButton);
        wait();
    }
    void chooseRow(int row)
    {
        QTest::mouseClick(list()->viewport(), Qt::LeftButton, {},
                          list()->visualRect(model()->index(row, 0)).center());
        wait();
    }
    QString summaryAt(int row) const { return model()->index(row, 0).data().toString(); }

private Q_SLOTS:
    void initTestCase()
    {
        QDir().mkpath(m_temporary.filePath("home"));
        for (const char *variable : {"HOME", "XDG_CONFIG_HOME"})
            qputenv(variable, m_temporary.filePath("home").toLocal8Bit());
        applyTheme(*qApp, Theme::dark());
        makeHistory();
        record();
    }
    void cleanup() { m_window.reset(); }

    void showsAllVersionsAndWhatTheNewestChanged()
    {
        openWindow(m_folder);
        QCOMPARE(model()->rowCount(), 200);
        QCOMPARE(summaryAt(0), QString("joined: finished after 60 measurements"));
        QCOMPARE(list()->currentIndex().row(), 0);
        QCOMPARE(m_window->details()->run(), m_lastRun);
        const QString text = m_window->details()->text();
        QVERIFY2(text.contains("Joins 2 lines of work."), qPrintable(text));
        QVERIFY2(text.contains("branches from step 12 of run " + idOf(48)), qPrintable(text));
        QVERIFY2(text.contains("60 steps were added"), qPrintable(text));
        QCOMPARE(m_window->banner()->sentence(), QString());
    }

    void goesThroughVersionsByKeys()
    {
        openWindow(m_folder);
        QTest::keyClick(list(), Qt::Key_Down);
        QTest::keyClick(list(), Qt::Key_Down);
        QTest::keyClick(list(), Qt::Key_Up);
        wait();
        QCOMPARE(list()->currentIndex().row(), 1);
        QCOMPARE(m_window->details()->version(), model()->log()->versions[1].id);
        QSignalSpy wished(m_window.get(), &HistoryWindow::runWished);
        QTest::keyClick(list(), Qt::Key_Return);
        QCOMPARE(wished.size(), 1);
        QCOMPARE(wished.first().first().toString(), m_lastRun);
    }

    void searchesByKeys()
    {
        openWindow(m_folder);
        QTest::keyClick(list(), Qt::Key_F, Qt::ControlModifier);
        QTRY_VERIFY(search()->hasFocus());
        QTest::keyClicks(search(), "bright " + idOf(7));
        wait();
        QCOMPARE(model()->rowCount(), 1);
        QCOMPARE(summaryAt(0), QString("mark at step 30: a bright edge"));
        QTest::keyClick(search(), Qt::Key_Down);
        wait();
        QVERIFY(list()->hasFocus());
        QCOMPARE(m_window->details()->run(), idOf(7));
        QVERIFY(m_window->details()->text().contains("30 steps were added (1 to 30)"));
        const QString chosen = m_window->details()->version();

        // The latest wins, and the version stays selected when all come back.
        m_window->search("notes");
        m_window->search("figure-2");
        wait();
        QCOMPARE(model()->rowCount(), 1);
        m_window->select(model()->log()->versions[std::size_t(model()->versionAt(0))].id);
        m_window->search("no such thing");
        wait();
        QCOMPARE(model()->rowCount(), 0);
        QVERIFY(!list()->isVisible());
        search()->setFocus();
        QTest::keyClick(search(), Qt::Key_Escape);
        wait();
        QCOMPARE(model()->rowCount(), 200);
        QVERIFY(list()->isVisible());
        m_window->select(chosen);
        wait();
        QCOMPARE(m_window->details()->version(), chosen);
    }

    void wishesForRuns()
    {
        openWindow(m_folder);
        QSignalSpy wished(m_window.get(), &HistoryWindow::runWished);
        QSignalSpy restored(m_window.get(), &HistoryWindow::restoreWished);
        chooseRow(5);
        const QString run = m_window->details()->run();
        QCOMPARE(run, idOf(48));
        click("openRun");
        click("restoreRun");
        QCOMPARE(wished.size(), 1);
        QCOMPARE(wished.first().first().toString(), run);
        QCOMPARE(restored.size(), 1);
        QCOMPARE(restored.first().at(0).toString(), run);
        QCOMPARE(restored.first().at(1).toString(), model()->log()->versions[5].id);
        // A version of no run offers none.
        chooseRow(4);
        QCOMPARE(summaryAt(4), QString("Notes on the sample, page 48"));
        QVERIFY(!button("openRun")->isEnabled());
        QVERIFY(!button("restoreRun")->isEnabled());
        QVERIFY(m_window->details()->text().startsWith("No run changed"));
    }

    void keepsAndLetsGo()
    {
        openWindow(m_folder);
        chooseRow(6);
        QVERIFY(!button("removeTag")->isEnabled());
        auto *name = m_window->findChild<QLineEdit *>("tagName");
        QVERIFY(!name->isVisible());
        click("keep");
        QVERIFY(name->isVisible());
        QTest::keyClick(name, Qt::Key_Escape);
        QVERIFY(!name->isVisible());
        click("keep");
        QTest::keyClicks(name, "nice-edge");
        QTest::keyClick(name, Qt::Key_Return);
        wait();
        QVERIFY(!name->isVisible());
        QCOMPARE(model()->log()->tagsAt(6), QStringList("nice-edge"));
        QCOMPARE(list()->currentIndex().row(), 6);
        QVERIFY(button("removeTag")->isEnabled());
        const auto tags = [this] {
            QStringList names;
            for (const Reference &reference : Repository(m_folder).references())
                if (reference.kind == Reference::Kind::Tag)
                    names << reference.name;
            return names;
        };
        QCOMPARE(tags(), (QStringList{"figure-2", "nice-edge"}));

        // The same name again is refused in one sentence.
        click("keep");
        QTest::keyClicks(name, "figure-2");
        QTest::keyClick(name, Qt::Key_Return);
        wait();
        QVERIFY2(m_window->banner()->sentence().contains("figure-2"),
                 qPrintable(m_window->banner()->sentence()));
        click("removeTag");
        QCOMPARE(tags(), QStringList("figure-2"));
        QCOMPARE(model()->log()->tagsAt(6), QStringList());
        QVERIFY(!button("removeTag")->isEnabled());
    }

    void showsPicturesOrSaysWhyNot()
    {
        openWindow(m_folder);
        const auto label = [this](const QString &part) {
            for (const QLabel *one : m_window->details()->findChildren<QLabel *>())
                if (one->isVisible() && one->text().contains(part))
                    return true;
            return false;
        };
        QVERIFY(label("at its step 12"));
        chooseRow(5);
        QVERIFY(label("is not in this folder"));
        // A damaged recording is a sentence too.
        const QString damaged = m_folder + "/runs/" + idOf(47) + "/run.h5";
        write(damaged, "no hdf5");
        m_window->search(idOf(47));
        wait();
        list()->selectRow(0);
        wait();
        QVERIFY(label("run.h5"));
        QFile::remove(damaged);
    }

    void seesWhatWasRecordedMeanwhile()
    {
        openWindow(m_folder);
        chooseRow(3);
        const QString chosen = m_window->details()->version();
        Repository repository(m_folder);
        write(m_folder + "/notes.txt", "one more");
        Repository::Change change;
        change.message = "One more page";
        change.paths = {"notes.txt"};
        repository.commit(change);
        QTest::keyClick(m_window.get(), Qt::Key_F5);
        wait();
        QCOMPARE(model()->rowCount(), 201);
        QCOMPARE(summaryAt(0), QString("One more page"));
        QCOMPARE(list()->currentIndex().row(), 4);
        QCOMPARE(m_window->details()->version(), chosen);
    }

    void saysThatThereIsNothing()
    {
        const auto says = [this](const QString &part) {
            for (const QLabel *one : m_window->findChildren<QLabel *>())
                if (one->isVisible() && one->text().contains(part))
                    return true;
            return false;
        };
        const QString plain = m_temporary.filePath("plain");
        QDir().mkpath(plain);
        openWindow(plain);
        QVERIFY(says("has no history yet"));
        QCOMPARE(m_window->banner()->sentence(), QString());
        QVERIFY(!button("keep")->isEnabled());
        Repository::create(plain);
        QTest::keyClick(m_window.get(), Qt::Key_F5);
        wait();
        QVERIFY(says("has no history yet"));
    }

    void closesWhileItReads()
    {
        for (int i = 0; i < 5; ++i) {
            HistoryWindow window(m_folder);
            window.show();
            window.search("ruska");
            window.reload();
        }
    }

    void looksWellInEveryTheme()
    {
        const QString pictures = qEnvironmentVariable("HELMSCOPE_PICTURES");
        if (pictures.isEmpty())
            QSKIP("Pictures are made where HELMSCOPE_PICTURES names a folder.");
        QDir().mkpath(pictures);
        for (const QSize size : {QSize(1280, 800), QSize(2560, 1440)})
            for (const QString key : {"dark", "light"}) {
                applyTheme(*qApp, Theme::fromKey(key));
                openWindow(m_folder, size);
                if (m_window->model()->rowCount() > 200)
                    chooseRow(1);
                QVERIFY(m_window->grab().save(QStringLiteral("%1/history-%2-%3.png")
                                                  .arg(pictures)
                                                  .arg(size.width())
                                                  .arg(key)));
                chooseRow(14);
                if (size.width() == 1280) {
                    click("keep");
                    m_window->grab().save(
                        QStringLiteral("%1/history-keep-%2.png").arg(pictures, key));
                    m_window->search("bright 2026");
                    wait();
                    m_window->grab().save(
                        QStringLiteral("%1/history-search-%2.png").arg(pictures, key));
                    m_window->search("iron");
                    wait();
                    m_window->grab().save(
                        QStringLiteral("%1/history-none-%2.png").arg(pictures, key));
                }
                m_window.reset();
            }
        applyTheme(*qApp, Theme::dark());
    }
};

QTEST_MAIN(TestHistoryWindow)
#include "tst_historywindow.moc"
