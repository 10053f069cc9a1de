// SPDX-License-Identifier: GPL-3.0-or-later
// What of the window's looks can be told without eyes: words have room in every layout, language
// and size of letters; the dim theme sends out red light only.
#include "app/elidedlabel.h"
#include "app/language.h"
#include "app/layouts.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/steadytext.h"
#include "smallwindow.h"
#include "widgets/mapview.h"
#include "widgets/redlight.h"
#include "widgets/spectrumview.h"
#include "widgets/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QHeaderView>
#include <QImage>
#include <QLabel>
#include <QMenuBar>
#include <QPainter>
#include <QPointer>
#include <QPushButton>
#include <QStyle>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <memory>

using namespace helmscope;

namespace {

QString describe(const QWidget *widget, const QString &words)
{
    const QWidget *parent = widget->parentWidget();
    return QStringLiteral("%1 '%2' in %3: %4")
        .arg(widget->metaObject()->className(), widget->objectName(),
             parent ? parent->metaObject()->className() : "nothing", words);
}

bool isSeen(const QWidget *widget)
{
    return widget->isVisible() && !widget->visibleRegion().isEmpty();
}

int widthOf(const QWidget *widget, QString words)
{
    return widget->fontMetrics().horizontalAdvance(words.remove('&'));
}

/// Buttons and labels narrower than their words.
QStringList cutWords(const QWidget *window)
{
    QStringList cut;
    for (const auto *button : window->findChildren<QAbstractButton *>()) {
        const auto *tool = qobject_cast<const QToolButton *>(button);
        if (isSeen(button) && !(tool && tool->toolButtonStyle() == Qt::ToolButtonIconOnly) &&
            button->width() < widthOf(button, button->text()))
            cut << describe(button, button->text());
    }
    for (const auto *label : window->findChildren<QLabel *>())
        if (isSeen(label) && !label->wordWrap() && !Qt::mightBeRichText(label->text()) &&
            !qobject_cast<const ElidedLabel *>(label) && !label->text().contains('\n') &&
            label->visibleRegion().boundingRect().height() == label->height() &&
            label->width() < widthOf(label, label->text()))
            cut << describe(label, label->text());
    return cut;
}

/// Combo boxes with a choice of few letters that has no room.
QStringList cutChoices(const QWidget *window)
{
    QStringList cut;
    for (const auto *box : window->findChildren<QComboBox *>()) {
        if (!isSeen(box))
            continue;
        QStyleOptionComboBox option;
        option.initFrom(box);
        option.editable = box->isEditable();
        option.frame = true;
        option.subControls = QStyle::SC_All;
        const int room =
            box->style()
                ->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, box)
                .width();
        const int usual = box->fontMetrics().horizontalAdvance(QStringLiteral("XXXXXXXXX"));
        for (int i = 0; i < box->count(); ++i)
            if (const int needed = widthOf(box, box->itemText(i)); needed <= usual && needed > room)
                cut << describe(
                    box,
                    QStringLiteral("%1 (%2 of %3)").arg(box->itemText(i)).arg(room).arg(needed));
    }
    return cut;
}

/// Titles over docks and on their tabs that cannot be read. Those of a language whose words are
/// all longer by a third may end in dots over a dock, not on a tab.
QStringList cutTitles(const QMainWindow *window)
{
    const bool mayEnd = currentLanguage() == "pseudo";
    QStringList cut;
    for (const auto *dock : window->findChildren<QDockWidget *>()) {
        if (!isSeen(dock) || dock->titleBarWidget())
            continue;
        int buttons = 0;
        for (const auto *button :
             dock->findChildren<QAbstractButton *>(QString(), Qt::FindDirectChildrenOnly))
            buttons += button->isVisible() ? button->width() : 0;
        const int height = dock->widget()->geometry().top();
        if ((!mayEnd && dock->width() - buttons - 8 < widthOf(dock, dock->windowTitle())) ||
            height < dock->fontMetrics().height())
            cut << describe(dock, dock->windowTitle());
    }
    for (const auto *tabs : window->findChildren<QTabBar *>()) {
        if (!isSeen(tabs) || tabs->count() == 0)
            continue;
        for (int i = 0; i < tabs->count(); ++i) {
            const bool isWhole = tabs->elideMode() == Qt::ElideNone &&
                                 tabs->tabRect(i).width() >= widthOf(tabs, tabs->tabText(i));
            if (!isWhole && tabs->parentWidget() == window)
                cut << describe(tabs, tabs->tabText(i));
        }
        const QRect current = tabs->tabRect(tabs->currentIndex());
        if (!tabs->rect().intersects(current))
            cut << describe(tabs, tabs->tabText(tabs->currentIndex()) + ", not in sight");
    }
    return cut;
}

} // namespace

class TestLooks : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    void openWindow(const StartOptions &options)
    {
        showSmallWindow(m_window, options);
        m_window->resize(1280, 800);
    }

private Q_SLOTS:
    void initTestCase() { nameProgram("tst_looks"); }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        keepSettingsIn(m_folder->path());
    }
    void cleanup()
    {
        m_window.reset();
        setLanguage("en", Numbers::System);
        applyLook(*qApp, Preferences());
    }

    void wordsHaveRoom_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<int>("percent");
        for (const QString &language : QStringList{"en", "de", "pseudo"})
            for (const int percent : {100, 125, 150})
                QTest::newRow(qPrintable(QStringLiteral("%1 %2").arg(language).arg(percent)))
                    << language << percent;
    }
    void wordsHaveRoom()
    {
        QFETCH(QString, language);
        QFETCH(int, percent);
        setLanguage(language, Numbers::System);
        StartOptions options = smallOptions(m_folder->path());
        options.fontPercent = percent;
        Preferences wished;
        options.applyTo(wished);
        QCOMPARE(wished.fontPercent, percent);
        openWindow(options);
        m_window->setPreferences(wished);
        m_window->startRun();
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->helm()->run().size() == 9 && !m_window->helm()->isGoing(), longMilliseconds);
        for (const char *key : {"steer", "review", "lineage", "compare"}) {
            m_window->showLayout(key);
            QTest::qWait(50); // titles are put under tabs when all docks have found their places
            const QStringList cut =
                cutWords(m_window.get()) + cutChoices(m_window.get()) + cutTitles(m_window.get());
            QVERIFY2(cut.isEmpty(), qPrintable(QLatin1String(key) + ":\n" + cut.join('\n')));
        }
    }

    void aLookIsTheSameWheneverItIsChosen_data()
    {
        QTest::addColumn<QString>("theme");
        QTest::addColumn<int>("percent");
        QTest::newRow("large") << "dark" << 150;
        QTest::newRow("light, large") << "light" << 150;
        QTest::newRow("dim") << "dim" << 100;
    }
    void aLookIsTheSameWheneverItIsChosen()
    {
        QFETCH(QString, theme);
        QFETCH(int, percent);
        Preferences wished = Preferences::load();
        wished.theme = theme;
        wished.fontPercent = percent;
        // Letters and colours of all there is, and how large it wants to be.
        const auto looks = [this] {
            QStringList all;
            for (const char *layout : {"review", "lineage", "steer"}) {
                m_window->showLayout(layout);
                QTest::qWait(50);
                for (const auto *widget : m_window->findChildren<QWidget *>()) {
                    if (!isSeen(widget) || qobject_cast<const SpectrumView *>(widget->parent()) ||
                        qobject_cast<const QDockWidget *>(widget->parent()))
                        continue; // plots follow what is in them, those buttons have no words
                    // What holds others has the room of what is hidden in it, too.
                    const bool isSized = qobject_cast<const QLabel *>(widget) ||
                                         qobject_cast<const QAbstractButton *>(widget) ||
                                         qobject_cast<const QAbstractSpinBox *>(widget) ||
                                         qobject_cast<const QComboBox *>(widget) ||
                                         qobject_cast<const QTabBar *>(widget) ||
                                         qobject_cast<const QMenuBar *>(widget) ||
                                         qobject_cast<const SteadyText *>(widget);
                    const QSize size = isSized && !m_window->planPanel()->isAncestorOf(widget)
                                           ? widget->sizeHint().expandedTo(widget->minimumSize())
                                           : QSize();
                    all << QStringLiteral("%1 %2 pt, %3 on %4, %5 x %6")
                               .arg(describe(widget, {}))
                               .arg(widget->font().pointSizeF())
                               .arg(widget->palette().color(QPalette::WindowText).name(),
                                    widget->palette().color(QPalette::Window).name())
                               .arg(size.width())
                               .arg(size.height());
                }
            }
            for (const auto *table : m_window->findChildren<QTableView *>())
                all << describe(table, QStringLiteral("rows of %1")
                                           .arg(table->verticalHeader()->defaultSectionSize()));
            all.sort();
            all.removeDuplicates(); // some are in sight or not as there is room
            return all;
        };
        StartOptions options = smallOptions(m_folder->path());
        openWindow(options);
        const QStringList before = looks();
        m_window->setPreferences(wished);
        const QStringList changed = looks();
        m_window->setPreferences(Preferences());
        const QStringList back = looks();
        m_window.reset();
        applyLook(*qApp, wished);
        options.theme = theme;
        options.fontPercent = percent;
        openWindow(options);
        const QStringList opened = looks();
        const auto difference = [](const QStringList &one, const QStringList &other) {
            QStringList only;
            for (const QString &each : one)
                if (!other.contains(each))
                    only << each;
            return only.join('\n');
        };
        QVERIFY2(changed == opened, qPrintable(difference(changed, opened) + "\nopened so:\n" +
                                               difference(opened, changed)));
        QVERIFY2(back == before,
                 qPrintable(difference(back, before) + "\nbefore:\n" + difference(before, back)));
        QVERIFY(changed != before);
    }

    void wordsOfDialogsHaveRoom_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("theme");
        QTest::addColumn<int>("percent");
        QTest::newRow("en") << "en"
                            << "light" << 100;
        QTest::newRow("de") << "de"
                            << "dark" << 100;
        QTest::newRow("large") << "en"
                               << "dim" << 150;
    }
    /// All that the menus and the plan open. The pictures are left where HELMSCOPE_PICTURES says.
    void wordsOfDialogsHaveRoom()
    {
        QFETCH(QString, language);
        QFETCH(QString, theme);
        QFETCH(int, percent);
        setLanguage(language, Numbers::System);
        StartOptions options = smallOptions(m_folder->path());
        options.fontPercent = percent;
        options.theme = theme;
        Preferences wished;
        options.applyTo(wished);
        applyLook(*qApp, wished);
        openWindow(options);
        m_window->setPreferences(wished);
        m_window->startRun();
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->helm()->run().size() == 9 && !m_window->helm()->isGoing(), longMilliseconds);
        QStringList cut, seen;
        const auto look = [&] {
            QTest::qWait(60);
            for (QWidget *window : QApplication::topLevelWidgets()) {
                const QString name = QString::fromLatin1(window->metaObject()->className())
                                         .section(QStringLiteral("::"), -1);
                if (!window->isVisible() || window == m_window.get() || window->isHidden() ||
                    name == "QFileDialog" || name == "QInputDialog" || name == "QMenu")
                    continue; // Qt's own
                seen << name;
                cut << cutWords(window) << cutChoices(window);
                if (const QString kept = qEnvironmentVariable("HELMSCOPE_PICTURES");
                    !kept.isEmpty())
                    window->grab().save(
                        QStringLiteral("%1/%2-%3-%4.png")
                            .arg(kept, name, QString::fromLatin1(QTest::currentDataTag()))
                            .arg(seen.size()));
            }
            for (QWidget *window : QApplication::topLevelWidgets())
                if (window != m_window.get() && window->isVisible())
                    window->close();
            QTest::qWait(10);
        };
        QList<QPointer<QAction>> actions;
        for (QAction *action : m_window->findChildren<QAction *>())
            if (action->text().endsWith(QStringLiteral("…")))
                actions << action;
        for (const QPointer<QAction> &action : std::as_const(actions))
            if (action && action->isEnabled()) {
                action->trigger();
                look();
            }
        for (const char *name : {"begin", "heating", "watch"}) {
            auto *button = m_window->planPanel()->findChild<QPushButton *>(name);
            QVERIFY(button);
            button->click();
            look();
        }
        QVERIFY2(seen.size() > 8, qPrintable(seen.join(", ")));
        QVERIFY2(cut.isEmpty(), qPrintable('\n' + cut.join('\n')));
    }

    /// Titles of docks kept the size they had before.
    void lettersShrinkEverywhere()
    {
        openWindow(smallOptions(m_folder->path()));
        Preferences wished = m_window->preferences();
        const QDockWidget *dock = m_window->findChild<QDockWidget *>("mean");
        const auto places = [&] {
            QTest::qWait(50);
            return std::pair(dock->fontMetrics().height(), dock->widget()->geometry().top());
        };
        const auto before = places();
        wished.fontPercent = 150;
        m_window->setPreferences(wished);
        const auto large = places();
        QVERIFY(large.first > before.first && large.second > before.second);
        wished.fontPercent = 100;
        m_window->setPreferences(wished);
        QCOMPARE(places(), before);
    }

    void aLabelTooNarrowForItsWordsEndsInDots()
    {
        QWidget place;
        place.resize(60, 30);
        auto *label = new ElidedLabel(QStringLiteral("a long way to go"), &place);
        label->setMinimumWidth(300); // kept wider than what is seen of it
        label->setGeometry(0, 0, 60, 30);
        QVERIFY(label->width() >= 300);
        QVERIFY(label->isElided());
        place.resize(300, 30);
        QVERIFY(!label->isElided());
        label->setText(QStringLiteral("<b>rich</b> text is as in any label, however long it is, "
                                      "and is never drawn with its marks"));
        QVERIFY(!label->isElided());
    }

    void aPanelAskedForIsInFront()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.layout = "review";
        options.panel = "catalog"; // which this layout hides
        openWindow(options);
        QDockWidget *catalog = m_window->findChild<QDockWidget *>("catalog");
        QTRY_VERIFY(!catalog->visibleRegion().isEmpty());
        QDockWidget *runs = m_window->findChild<QDockWidget *>("runs");
        QVERIFY(runs->isHidden());
        runs->toggleViewAction()->trigger();
        QTRY_VERIFY(!runs->visibleRegion().isEmpty());
    }

    void theDimThemeSendsOutRedLightOnly()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.theme = "dim";
        openWindow(options);
        m_window->startRun();
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->helm()->run().size() == 9 && !m_window->helm()->isGoing(), longMilliseconds);
        QTest::mouseMove(m_window->panels()->survey(), QPoint(120, 120)); // the cursor too
        QTest::qWait(100);
        const QImage picture = m_window->grab().toImage().convertToFormat(QImage::Format_RGB32);
        int bright = 0;
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x) {
                const QColor colour = picture.pixelColor(x, y);
                bright += colour.red() > 150;
                const bool isRed =
                    colour.red() >= colour.green() - 2 && colour.red() >= colour.blue() - 2 &&
                    std::max(colour.green(), colour.blue()) <= std::max(40, colour.red() * 3 / 4);
                if (!isRed)
                    picture.save(QDir::temp().filePath("tst_looks-dim.png"));
                QVERIFY2(
                    isRed,
                    qPrintable(QStringLiteral("%1 at %2, %3").arg(colour.name()).arg(x).arg(y)));
            }
        QVERIFY(bright > 1000);
        applyLook(*qApp, m_window->preferences());
    }

    void redLightKeepsLightness_data()
    {
        QTest::addColumn<int>("map");
        for (const ColormapRow &row : colormaps())
            QTest::newRow(row.key) << int(row.kind);
    }
    void redLightKeepsLightness()
    {
        QFETCH(int, map);
        const ColorTable &table = colorTable(inRedLight(Colormap(map)));
        // Also of the diverging one, whose halves are equally light in colour.
        for (std::size_t i = 16; i < table.size(); i += 16)
            QVERIFY2(qRed(reddened(table[i])) > qRed(reddened(table[i - 16])),
                     qPrintable(QString::number(i)));
        QCOMPARE(qAlpha(reddened(0)), 0); // what is transparent stays so
        QCOMPARE(reddened(0), QRgb(0));
    }

    void figuresKeepTheirColoursInTheDimTheme()
    {
        applyTheme(*qApp, Theme::dim());
        MapView view;
        view.resize(400, 300);
        Map ramp(16, 16);
        for (Eigen::Index i = 0; i < ramp.size(); ++i)
            ramp.data()[i] = float(i);
        view.setColormap(Colormap::Viridis);
        view.setMap(std::make_shared<const Map>(ramp));
        const auto greenest = [](const QImage &image) {
            int most = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    most = std::max(most, qGreen(image.pixel(x, y)) - qRed(image.pixel(x, y)));
            return most;
        };
        QVERIFY(greenest(view.grab().toImage()) <= 0);
        QVERIFY(greenest(view.picture()) > 80); // what is copied and saved
        QVERIFY(greenest(view.grab().toImage()) <= 0);
        QImage figure(400, 300, QImage::Format_RGB32);
        figure.fill(Qt::white);
        QPainter painter(&figure);
        view.paintFigure(painter);
        painter.end();
        QVERIFY(greenest(figure) > 80);
    }
};

QTEST_MAIN(TestLooks)
#include "tst_looks.moc"
