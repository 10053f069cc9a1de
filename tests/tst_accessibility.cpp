// SPDX-License-Identifier: GPL-3.0-or-later
// What a screen reader is told of the windows, and that the keyboard reaches and does everything
// but move the beam by a single key.
#include "app/comparewindow.h"
#include "app/diagnostics.h"
#include "app/historywindow.h"
#include "app/instrumentswindow.h"
#include "app/lineagewindow.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/remoteswindow.h"
#include "app/runbar.h"
#include "app/timeline.h"
#include "smallwindow.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"
#include "workspace/workspace.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QHeaderView>
#include <QImage>
#include <QLabel>
#include <QMenu>
#include <QProcess>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include <cmath>

using namespace helmscope;

namespace {

/// Parts of Qt's own controls that speak through the control they are in.
bool isInnerPart(const QWidget *widget)
{
    const QString name = widget->objectName();
    return name.startsWith("qt_") || qobject_cast<const QScrollBar *>(widget) ||
           qobject_cast<const QHeaderView *>(widget) || qobject_cast<const QMenu *>(widget) ||
           widget->inherits("QComboBoxPrivateContainer") || widget->inherits("QComboBoxListView") ||
           widget->inherits("QTableCornerButton") || widget->inherits("QToolBarExtension") ||
           widget->inherits("QMenuBar");
}

/// Put away by the program until there is something to say; or the focus is somebody else's.
bool isAway(const QWidget *widget)
{
    const auto *label = qobject_cast<const QLabel *>(widget);
    return (widget->isHidden() && widget->testAttribute(Qt::WA_WState_ExplicitShowHide)) ||
           (label && label->text().isEmpty()) || widget->focusProxy();
}

QList<QWidget *> controlsOf(const QWidget *window)
{
    QList<QWidget *> controls;
    for (QWidget *widget : window->findChildren<QWidget *>())
        if (widget->focusPolicy() != Qt::NoFocus && !isInnerPart(widget) && !isAway(widget) &&
            widget->window() == window)
            controls << widget;
    return controls;
}

QString describe(const QWidget *widget)
{
    QStringList path;
    for (const QWidget *each = widget; each && path.size() < 4; each = each->parentWidget())
        path.prepend(QString::fromLatin1(each->metaObject()->className()) +
                     (each->objectName().isEmpty() ? QString() : " '" + each->objectName() + "'"));
    return path.join(" > ");
}

/// A sentence for each control that has no name or no role.
QStringList nameless(const QWidget *window)
{
    QStringList found;
    for (QWidget *widget : controlsOf(window)) {
        QAccessibleInterface *access = QAccessible::queryAccessibleInterface(widget);
        if (!access) {
            found << describe(widget) + ": no interface";
            continue;
        }
        if (access->text(QAccessible::Name).trimmed().isEmpty())
            found << describe(widget) + ": no name";
        const bool isPane = widget->inherits("QScrollArea"); // Qt calls these clients
        if (access->role() == QAccessible::NoRole ||
            (access->role() == QAccessible::Client && !isPane))
            found << describe(widget) + ": no role";
    }
    return found;
}

} // namespace

class TestAccessibility : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    Helm *helm() const { return m_window->helm(); }
    MapView &survey() const { return *m_window->panels()->survey(); }
    /// Everything that any panel holds can be looked at.
    void showAllDocks()
    {
        for (QDockWidget *dock : m_window->findChildren<QDockWidget *>())
            dock->show();
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QAccessible::setActive(true);
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        StartOptions options = smallOptions(m_folder->path());
        options.steps = 300;
        options.size = QSize(1600, 1000);
        showSmallWindow(m_window, options);
    }
    void cleanup()
    {
        if (helm()->isGoing())
            helm()->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds);
        m_window.reset();
    }

    void everyControlOfTheWindowHasANameAndARole()
    {
        showAllDocks();
        QVERIFY(controlsOf(m_window.get()).size() > 40);
        const QStringList found = nameless(m_window.get());
        QVERIFY2(found.isEmpty(), qPrintable('\n' + found.join('\n')));
    }
    void everyControlOfTheOtherWindowsHasANameAndARole_data()
    {
        QTest::addColumn<QString>("which");
        for (const char *which : {"compare", "instruments", "lineage", "remotes", "history"})
            QTest::newRow(which) << QString::fromLatin1(which);
    }
    void everyControlOfTheOtherWindowsHasANameAndARole()
    {
        QFETCH(QString, which);
        const QString folder = m_folder->filePath("workspace");
        Workspace::create(folder);
        std::unique_ptr<QWidget> window;
        if (which == "compare")
            window = std::make_unique<CompareWindow>();
        else if (which == "instruments")
            window = std::make_unique<InstrumentsWindow>(std::nullopt);
        else if (which == "lineage")
            window = std::make_unique<LineageWindow>();
        else if (which == "remotes")
            window = std::make_unique<RemotesWindow>(folder);
        else
            window = std::make_unique<HistoryWindow>(folder);
        window->show();
        QVERIFY(QTest::qWaitForWindowExposed(window.get()));
        QVERIFY(!controlsOf(window.get()).isEmpty());
        const QStringList found = nameless(window.get());
        QVERIFY2(found.isEmpty(), qPrintable('\n' + found.join('\n')));
    }

    void aMapTellsWhatIsUnderItsCursor()
    {
        QAccessibleInterface *access = QAccessible::queryAccessibleInterface(&survey());
        QVERIFY(access);
        QCOMPARE(access->role(), QAccessible::Graphic);
        QCOMPARE(access->text(QAccessible::Name), QString("Survey image"));
        QVERIFY(access->text(QAccessible::Value).isEmpty());
        QVERIFY(access->text(QAccessible::Description).contains("32 rows and 32 columns"));
        survey().setFocus();
        QTest::keyClick(&survey(), Qt::Key_Right);
        QVERIFY(survey().cursorPixel());
        const Pixel pixel = *survey().cursorPixel();
        QCOMPARE(access->text(QAccessible::Value), QStringLiteral("row %1, column %2: %3")
                                                       .arg(pixel.row)
                                                       .arg(pixel.col)
                                                       .arg(survey().readOut(pixel)));
        QVERIFY(
            access->text(QAccessible::Description).startsWith(access->text(QAccessible::Value)));
        // One that shows nothing says how to get something.
        QAccessibleInterface *empty =
            QAccessible::queryAccessibleInterface(m_window->panels()->mean());
        QVERIFY(empty->text(QAccessible::Description).contains("press Run"));
    }

    void tabReachesEveryControlThatCanBeSeen()
    {
        QSet<QWidget *> reached;
        survey().setFocus();
        for (int i = 0; i < 400; ++i) {
            QWidget *now = QApplication::focusWidget();
            QVERIFY(now);
            if (i > 0 && now == &survey())
                break;
            reached << now;
            QTest::keyClick(now, Qt::Key_Tab);
        }
        QCOMPARE(QApplication::focusWidget(), &survey()); // round once
        QStringList missed;
        for (QWidget *widget : controlsOf(m_window.get())) {
            const bool isWanted = widget->isVisible() && widget->isEnabled() &&
                                  (widget->focusPolicy() & Qt::TabFocus) &&
                                  !widget->visibleRegion().isEmpty();
            const bool isOfOne = // of radio buttons and the like Tab goes to the chosen one
                widget->inherits("QRadioButton");
            if (isWanted && !isOfOne && !reached.contains(widget) &&
                !reached.contains(widget->focusProxy()))
                missed << describe(widget);
        }
        QVERIFY2(missed.isEmpty(), qPrintable('\n' + missed.join('\n')));
        QVERIFY(reached.size() > 15);
    }

    void theKeysOfAMapWork()
    {
        MapView &map = survey();
        Graphics *graphics = m_window->panels()->graphics();
        map.setFocus();
        const QList<std::pair<Qt::Key, MapTool>> tools{{Qt::Key_P, MapTool::Pick},
                                                       {Qt::Key_L, MapTool::Profile},
                                                       {Qt::Key_C, MapTool::Rectangle},
                                                       {Qt::Key_Z, MapTool::Zoom},
                                                       {Qt::Key_H, MapTool::Hand}};
        for (const auto &[key, tool] : tools) {
            QTest::keyClick(&map, key);
            QCOMPARE(graphics->tool(), tool);
        }
        QTest::keyClick(&map, Qt::Key_2);
        const double two = map.rectOf({0, 0}).width();
        QTest::keyClick(&map, Qt::Key_1);
        const double one = map.rectOf({0, 0}).width();
        QVERIFY(std::abs(two - 2 * one) < 1e-6);
        QTest::keyClick(&map, Qt::Key_Plus);
        QVERIFY(map.rectOf({0, 0}).width() > one);
        QTest::keyClick(&map, Qt::Key_Minus);
        QVERIFY(std::abs(map.rectOf({0, 0}).width() - one) < 1e-6);
        QTest::keyClick(&map, Qt::Key_0);
        QVERIFY(map.viewRect().adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(QRectF(0, 0, 32, 32)));
        QTest::keyClick(&map, Qt::Key_Left);
        const Pixel from = *map.cursorPixel();
        QTest::keyClick(&map, Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(map.cursorPixel()->row, std::min(31, from.row + 10));
        // A graphic by keys: corner, away, corner; Tab takes hold of it, an arrow nudges it, Del
        // removes it, undo brings it back.
        QTest::keyClick(&map, Qt::Key_Up, Qt::ShiftModifier);
        QTest::keyClick(&map, Qt::Key_C);
        QTest::keyClick(&map, Qt::Key_Return);
        QTest::keyClick(&map, Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(&map, Qt::Key_Up);
        QTest::keyClick(&map, Qt::Key_Return);
        QCOMPARE(graphics->all().size(), 1U);
        graphics->select(0);
        QTest::keyClick(&map, Qt::Key_Tab);
        QVERIFY(graphics->selected() != 0);
        const std::vector<QPointF> before = graphics->all()[0].points;
        QTest::keyClick(&map, Qt::Key_Up);
        QVERIFY(graphics->all()[0].points != before);
        QTest::keyClick(&map, Qt::Key_Delete);
        QVERIFY(graphics->all().empty());
        m_window->undo()->undo();
        QCOMPARE(graphics->all().size(), 1U);
        map.setLimits({0, 1});
        QVERIFY(map.areLimitsLocked());
        graphics->select(0);
        QTest::keyClick(&map, Qt::Key_Return);
        QCOMPARE(map.limits(), percentileLimits(map.map()));
    }

    void noSingleKeyMovesTheBeam()
    {
        helm()->setApproving(false);
        QSignalSpy states(helm(), &Helm::stateChanged);
        const auto pressAll = [this](QWidget *widget) {
            widget->setFocus();
            for (char key = ' '; key <= '~'; ++key)
                QTest::keyClick(widget, key);
            for (Qt::Key key : {Qt::Key_Return, Qt::Key_Enter, Qt::Key_Delete, Qt::Key_Backspace,
                                Qt::Key_Home, Qt::Key_End, Qt::Key_Left, Qt::Key_Right, Qt::Key_Up,
                                Qt::Key_Down, Qt::Key_PageUp, Qt::Key_PageDown, Qt::Key_F2,
                                Qt::Key_F3, Qt::Key_F4, Qt::Key_F5, Qt::Key_Insert})
                QTest::keyClick(widget, key);
            if (QWidget *open = QApplication::activePopupWidget())
                open->close();
        };
        const Panels *panels = m_window->panels();
        const QList<QWidget *> places{
            panels->survey(),   panels->mean(),     panels->deviation(), panels->acquisition(),
            panels->spectrum(), panels->timeline(), panels->table(),     m_window.get()};
        for (QWidget *place : places)
            pressAll(place);
        QVERIFY(!helm()->isGoing());
        QVERIFY(helm()->run().isEmpty());
        QCOMPARE(states.size(), 0);

        // Nor of a run that is paused: not a pixel more than was there.
        m_window->startRun(LiveRun::Begin::OneStep);
        QTRY_COMPARE_WITH_TIMEOUT(helm()->state(), Helm::State::Paused, longMilliseconds);
        const int steps = helm()->run().size();
        for (QWidget *place : places)
            pressAll(place);
        QTest::qWait(50); // what a key had begun would show
        QCOMPARE(helm()->state(), Helm::State::Paused);
        QCOMPARE(helm()->run().size(), steps);
        QVERIFY(helm()->queued().empty());
    }

    void noTwoActionsShareAKey()
    {
        QHash<QString, QString> taken;
        const auto take = [&taken](const QKeySequence &keys, const QString &what) {
            if (keys.isEmpty())
                return QString();
            const QString text = keys.toString();
            const QString before = taken.value(text);
            taken.insert(text, what);
            return before.isEmpty() || before == what ? QString()
                                                      : text + ": " + before + ", " + what;
        };
        QStringList shared;
        for (const QAction *action : m_window->findChildren<QAction *>())
            for (const QKeySequence &keys : action->shortcuts())
                if (action->shortcutContext() == Qt::WindowShortcut)
                    shared << take(keys, action->text());
        for (const QAbstractButton *button : m_window->findChildren<QAbstractButton *>())
            if (!button->text().contains('&')) // of a mnemonic there may be several
                shared << take(button->shortcut(), button->text());
        shared.removeAll(QString());
        QVERIFY2(shared.isEmpty(), qPrintable(shared.join('\n')));
    }

    void drawsAtEveryScale_data()
    {
        QTest::addColumn<double>("scale");
        for (const double scale : {1.0, 1.5, 2.0, 3.0})
            QTest::addRow("%g", scale) << scale;
    }
    /// The pictures are left where HELMSCOPE_PICTURES says, to be looked at.
    void drawsAtEveryScale()
    {
        QFETCH(double, scale);
        QProcess program;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("QT_SCALE_FACTOR", QString::number(scale));
        environment.insert("QT_QPA_PLATFORM", "offscreen");
        environment.insert("HOME", m_folder->path());
        environment.insert("XDG_CONFIG_HOME", m_folder->path());
        program.setProcessEnvironment(environment);
        const QString kept = qEnvironmentVariable("HELMSCOPE_PICTURES");
        const QString folder =
            (kept.isEmpty() ? m_folder->path() : kept) + QStringLiteral("/scale-%1").arg(scale);
        program.start(QStringLiteral(HELMSCOPE_BINARIES "/helmscope"),
                      {"--simulate", "48x48", "--run", "--steps", "4", "--initial", "5", "--size",
                       "1280x800", "--theme", "dark", "--pictures", folder, "--quit", "--out",
                       m_folder->filePath("scaled.h5")});
        QVERIFY(program.waitForFinished(longMilliseconds));
        QVERIFY2(program.exitCode() == 0, program.readAllStandardError().constData());
        const QImage picture(folder + "/helmscope-end.png");
        QCOMPARE(picture.size(), (QSizeF(1280, 800) * scale).toSize());
        // Something is drawn all over: no part is left out at this scale.
        const auto colours = [&picture](const QRect &part) {
            QSet<QRgb> found;
            for (int y = part.top(); y < part.bottom(); y += 3)
                for (int x = part.left(); x < part.right(); x += 3)
                    found << picture.pixel(x, y);
            return found.size();
        };
        const int w = picture.width() / 2, h = picture.height() / 2;
        for (const QRect &part :
             {QRect(0, 0, w, h), QRect(w, 0, w, h), QRect(0, h, w, h), QRect(w, h, w, h)})
            QVERIFY(colours(part) > 50);
    }

    /// A label whose text does not fit and is no elided one is cut.
    void noTextIsCutAtTheUsualSizes()
    {
        for (const QSize &size : {QSize(1280, 800), QSize(2560, 1440)}) {
            m_window->resize(size);
            QTest::qWait(50);
            QStringList cut;
            for (const QAbstractButton *button : m_window->findChildren<QAbstractButton *>()) {
                if (!button->isVisible() || button->text().isEmpty() ||
                    button->visibleRegion().isEmpty() || isInnerPart(button))
                    continue;
                const auto *tool = qobject_cast<const QToolButton *>(button);
                if (tool && tool->toolButtonStyle() == Qt::ToolButtonIconOnly)
                    continue;
                const int needed =
                    button->fontMetrics().horizontalAdvance(button->text().remove('&'));
                if (button->width() < needed)
                    cut << describe(button) + ": " + button->text();
            }
            QVERIFY2(cut.isEmpty(), qPrintable('\n' + cut.join('\n')));
        }
    }
};

QTEST_MAIN(TestAccessibility)
#include "tst_accessibility.moc"
