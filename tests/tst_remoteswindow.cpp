// SPDX-License-Identifier: GPL-3.0-or-later
// Servers and remotes in the window, against a hub on the loopback.
#include "app/banner.h"
#include "app/lineagereader.h"
#include "app/mainwindow.h"
#include "app/openworkspace.h"
#include "app/pullpage.h"
#include "app/pushpage.h"
#include "app/remotedialog.h"
#include "app/remoteswindow.h"
#include "app/runsmodel.h"
#include "app/runspanel.h"
#include "federation/secrets.h"
#include "smallrun.h"
#include "steering/experiment.h"
#include "widgets/theme.h"
#include "workspace/runrecorder.h"

// After Eigen: resolv.h defines _res.
#include "hubfixture.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeWidget>

using namespace helmscope;

namespace {

constexpr int patience = 60'000;

/// A workspace of somebody, in a folder that goes with it.
class TemporaryWorkspace
{
public:
    TemporaryWorkspace()
        : m_workspace(make(path("")))
    {
    }
    const Workspace *operator->() const { return &m_workspace; }
    const Workspace &operator*() const { return m_workspace; }
    QString path(const QString &name) const { return m_folder.filePath("sample/") + name; }
    QByteArray bytes(const QString &name) const
    {
        QFile in(path(name));
        return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
    }

private:
    static Workspace make(const QString &folder)
    {
        QDir().mkpath(folder);
        const Workspace workspace = Workspace::create(QDir(folder).absolutePath());
        setPerson(workspace, {"Ada Example", "ada@example.org"});
        return workspace;
    }
    QTemporaryDir m_folder;
    Workspace m_workspace;
};

/// For people to look at, where HELMSCOPE_PICTURES names a folder.
void keepPicture(QWidget &window, const QString &name)
{
    const QString folder = qEnvironmentVariable("HELMSCOPE_PICTURES");
    if (folder.isEmpty())
        return;
    const QSize before = window.size();
    for (const QSize size : {QSize(1280, 800), QSize(2560, 1440)})
        for (const char *theme : {"light", "dark"}) {
            window.resize(size);
            applyTheme(*qApp, Theme::fromKey(theme));
            QApplication::processEvents();
            window.grab().save(
                QStringLiteral("%1/%2-%3-%4.png").arg(folder, name, theme).arg(size.width()));
        }
    window.resize(before);
}

QPushButton *button(const QWidget &window, const QString &text)
{
    for (QPushButton *one : window.findChildren<QPushButton *>())
        if (one->text().remove('&') == text)
            return one;
    return nullptr;
}

} // namespace

class TestRemotesWindow : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;

    static void addHub(RemotesWindow &window, const RunningHub &hub)
    {
        Credentials credentials;
        credentials.token = QString::fromLatin1(hub.token());
        const QString address = QStringLiteral("http://127.0.0.1:%1").arg(hub.port());
        Remote remote;
        remote.isDefault = true;
        remote.kind = Remote::Kind::Metadata;
        remote.name = "hub";
        remote.url = address;
        window.add(remote, credentials);
        remote.kind = Remote::Kind::Artifacts;
        remote.url = address + "/artifacts";
        window.add(remote, credentials);
        remote.kind = Remote::Kind::Versions;
        remote.name = "origin";
        remote.url = address + "/git/lab.git";
        window.add(remote, credentials);
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("HOME", m_home.path().toUtf8());
        qputenv("GIT_CONFIG_NOSYSTEM", "1");
        qputenv("HELMSCOPE_SECRETS_FILE", m_home.filePath("secrets.json").toUtf8());
        QCoreApplication::setOrganizationName("helmscope-test");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home.path());
    }
    void init() { QSettings().clear(); }

    void anEmptyOneSaysWhatToDo()
    {
        const TemporaryWorkspace workspace;
        RemotesWindow window(workspace->folder());
        window.show(RemotesWindow::Page::Push);
        QTRY_VERIFY(!window.isBusy());
        QVERIFY(window.remotes().empty());
        QVERIFY(window.details()->text().contains("helmscope-hub"));
        QVERIFY(!button(window, "Push")->isEnabled());
        QVERIFY(!button(window, "Look what is new")->isEnabled());
        QVERIFY(!button(window, "Pull")->isEnabled());
        window.show(RemotesWindow::Page::Server);
        QTRY_VERIFY(!window.isBusy());
        QCOMPARE(window.pipelineList()->count(), 0);
        keepPicture(window, "empty");
    }

    void theDialogTakesOnlyWhatIsAnAddress()
    {
        RemoteDialog dialog(std::nullopt);
        dialog.show();
        QSignalSpy given(&dialog, &RemoteDialog::given);
        QPushButton *add = button(dialog, "Add");
        QVERIFY(add && !add->isEnabled());
        const auto field = [&](const QString &name) {
            for (QLineEdit *one : dialog.findChildren<QLineEdit *>())
                if (one->accessibleName() == name)
                    return one;
            return static_cast<QLineEdit *>(nullptr);
        };
        QTest::keyClicks(field("Name"), "hub");
        QTest::keyClicks(field("Address"), "http://me:secret@lab.org/");
        QVERIFY(!add->isEnabled());
        field("Address")->setText("https://lab.org");
        QVERIFY(add->isEnabled());
        QVERIFY(field("Token")->isVisible());
        QVERIFY(!field("Key file")->isVisible());
        auto *kind = dialog.findChild<QComboBox *>();
        kind->setCurrentIndex(kind->findData(int(Remote::Kind::Artifacts)));
        field("Address")->setText("s3://bucket/prefix");
        QVERIFY(field("Endpoint")->isVisible());
        QVERIFY(!field("Token")->isVisible());
        field("Address")->setText("ssh://host/store");
        QVERIFY(field("Key file")->isVisible());
        QVERIFY(!field("Endpoint")->isVisible());
        keepPicture(dialog, "dialog");
        field("Address")->setText("https://lab.org/artifacts");
        QTest::keyClicks(field("Token"), "sesame");
        QTest::mouseClick(add, Qt::LeftButton);
        QCOMPARE(given.count(), 1);
        QCOMPARE(given[0][0].value<Remote>().url, QString("https://lab.org/artifacts"));
        QCOMPARE(given[0][1].value<Credentials>().token, QString("sesame"));
    }

    void whatOneSitePushesAnotherPulls()
    {
        RunningHub hub;
        const TemporaryWorkspace here, there;
        const QString first = recordSmallRun(*here, 1, 4, 3),
                      second = recordSmallRun(*here, 2, 4, 3);

        RemotesWindow window(here->folder());
        window.resize(1280, 800);
        window.show(RemotesWindow::Page::Push);
        addHub(window, hub);
        QTRY_COMPARE_WITH_TIMEOUT(window.remotes().size(), std::size_t(3), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        for (int i = 0; i < 3; ++i)
            window.test(i);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        QVERIFY2(window.details()->text().contains(QStringLiteral("✓")),
                 qPrintable(window.details()->text()));
        // Nothing secret in what is versioned.
        for (const char *file : {".helmscope", ".dvc/config", ".cmfconfig", ".git/config"})
            QVERIFY2(!here.bytes(file).contains(hub.token()), file);

        QTest::mouseClick(button(window, "Look what is new"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!window.pushPage()->plan().items.empty(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        QCOMPARE(window.pushPage()->tree()->topLevelItemCount(), 3);
        keepPicture(window, "plan");
        QVERIFY2(
            button(window, "Push")->isEnabled(),
            qPrintable(window.banner()->sentence() + window.pushPage()->words()->toPlainText()));
        // What is unticked stays here.
        QTreeWidgetItem *metadata = window.pushPage()->tree()->topLevelItem(0);
        metadata->setCheckState(0, Qt::Unchecked);
        QVERIFY(!window.pushPage()->plan().items[0].isChosen);
        metadata->setCheckState(0, Qt::Checked);
        QVERIFY(window.pushPage()->plan().items[0].isChosen);
        QSignalSpy changed(&window, &RemotesWindow::changed);
        QTest::mouseClick(button(window, "Push"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(changed.count() > 0, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        const QString told = window.pushPage()->words()->toPlainText();
        QVERIFY2(told.contains("Stored"), qPrintable(told));
        QVERIFY2(!told.contains(QStringLiteral("✗")), qPrintable(told));
        keepPicture(window, "pushed");
        QTest::mouseClick(button(window, "Look what is new"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        QVERIFY(window.pushPage()->plan().isEmpty());

        window.show(RemotesWindow::Page::Transfers);
        QTRY_VERIFY(!window.isBusy());
        QVERIFY(window.transferTable()->rowCount() >= 3);
        keepPicture(window, "transfers");
        window.show(RemotesWindow::Page::Server);
        QTRY_VERIFY_WITH_TIMEOUT(window.pipelineList()->count() > 0, patience);
        keepPicture(window, "server");
        QSignalSpy lineage(&window, &RemotesWindow::lineageWished);
        window.pipelineList()->setCurrentRow(0);
        QTest::mouseClick(button(window, "Browse its lineage"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(lineage.count(), 1, patience);
        const LineageContents read = readLineage(lineage[0][0].toString(), unwatched());
        QVERIFY(read.graph->nodes.size() > 4);

        // The other site, in the console itself.
        StartOptions options;
        options.files = QStringList{there->folder()};
        options.size = {1280, 800};
        MainWindow console(options);
        console.show();
        console.begin();
        QTRY_VERIFY_WITH_TIMEOUT(console.workspace()->isOpen(), patience);
        RemotesWindow *other = console.openRemotes();
        QVERIFY(other);
        other->show(RemotesWindow::Page::Pull);
        addHub(*other, hub);
        QTRY_COMPARE_WITH_TIMEOUT(other->remotes().size(), std::size_t(3), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!other->isBusy(), patience);
        QSignalSpy pulled(other, &RemotesWindow::pulled);
        QTest::mouseClick(button(*other, "Pull"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(pulled.count(), 1, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!other->isBusy(), patience);
        const QString came = other->pullPage()->words()->toPlainText();
        QVERIFY2(came.contains(first) && came.contains(second), qPrintable(came));
        keepPicture(*other, "pulled");
        QTRY_COMPARE_WITH_TIMEOUT(console.workspace()->runs().size(), std::size_t(2), patience);
        const QAbstractItemModel *rows = console.runsPanel()->table()->model();
        QTRY_COMPARE(rows->rowCount(), 2);
        for (int row = 0; row < 2; ++row)
            QVERIFY(
                rows->index(row, RunsModel::Id).data().toString().startsWith(QStringLiteral("●")));
        keepPicture(console, "console");
        // What came from there need not go there.
        auto *badge = console.findChild<QToolButton *>("unpushed");
        QTRY_VERIFY_WITH_TIMEOUT(!badge->isVisible(), patience);
        // And they are whole.
        const Run run = there->read(first, unwatched());
        QCOMPARE(run.steps.size(), std::size_t(7));
    }

    void aServerThatIsGoneIsWaitedFor()
    {
        const TemporaryWorkspace here;
        recordSmallRun(*here, 1, 4, 3);
        auto hub = std::make_unique<RunningHub>();
        RemotesWindow window(here->folder());
        window.show(RemotesWindow::Page::Push);
        addHub(window, *hub);
        QTRY_COMPARE_WITH_TIMEOUT(window.remotes().size(), std::size_t(3), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        window.lookWhatIsNew();
        QTRY_VERIFY_WITH_TIMEOUT(!window.pushPage()->plan().items.empty(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        hub.reset();
        window.push();
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        const QString told = window.pushPage()->words()->toPlainText();
        QVERIFY2(told.contains(QStringLiteral("◷")), qPrintable(told));
        window.show(RemotesWindow::Page::Transfers);
        QTRY_VERIFY(button(window, "Try now")->isEnabled());
        for (int i = 0; i < 3; ++i)
            window.test(i);
        QTRY_VERIFY_WITH_TIMEOUT(!window.isBusy(), patience);
        QVERIFY(window.details()->text().contains(QStringLiteral("✗")));
        keepPicture(window, "waiting");
    }

    void theBottomLineSaysWhatIsNotPushed()
    {
        const TemporaryWorkspace here, store;
        recordSmallRun(*here, 1, 4, 3);
        StartOptions options;
        options.files = QStringList{here->folder()};
        options.size = {1280, 800};
        MainWindow console(options);
        console.show();
        console.begin();
        QTRY_VERIFY_WITH_TIMEOUT(console.workspace()->isOpen(), patience);
        auto *badge = console.findChild<QToolButton *>("unpushed");
        QVERIFY(badge && !badge->isVisible()); // nowhere to push to
        Remote folder;
        folder.kind = Remote::Kind::Artifacts;
        folder.name = "disk";
        folder.url = store.path("objects");
        folder.isDefault = true;
        RemotesWindow *window = console.openRemotes();
        window->show(RemotesWindow::Page::Push);
        window->add(folder, {});
        QTRY_VERIFY_WITH_TIMEOUT(badge->isVisible(), patience);
        QVERIFY(badge->toolTip().contains("Not pushed yet"));
        QTest::mouseClick(badge, Qt::LeftButton);
        QCOMPARE(console.openRemotes(), window); // the same one
    }
};

QTEST_MAIN(TestRemotesWindow)
#include "tst_remoteswindow.moc"
