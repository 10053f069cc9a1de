// SPDX-License-Identifier: GPL-3.0-or-later
// A whole session in the real window by clicks and keys alone, on the simulated sample and on a
// recording: open, set the band, run, veto, pause, queue, change the acquisition, abort, export.
// Every model of the program is watched over by QAbstractItemModelTester.
#include "app/historywindow.h"
#include "app/lineagewindow.h"
#include "app/mainwindow.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/proposalbar.h"
#include "app/runbar.h"
#include "app/timeline.h"
#include "steering/recording/runfile.h"
#include "widgets/mapview.h"
#include "widgets/spectrumview.h"
#include "workspace/workspace.h"

#include <QAbstractItemModel>
#include <QAbstractItemModelTester>
#include <QApplication>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QDialogButtonBox>
#include <QDirIterator>
#include <QFileDialog>
#include <QImage>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWindow>

#include <cmath>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000; // a sanitizer's build on two busy cores
const QString data = QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/");

void send(QWidget *widget, QEvent::Type type, const QPointF &at, Qt::MouseButton button,
          Qt::MouseButtons buttons)
{
    QMouseEvent event(type, at, widget->mapToGlobal(at), button, buttons, {});
    QApplication::sendEvent(widget, &event);
}

} // namespace

class TestSession : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;
    QSet<QString> m_watchedModels;

    Helm *helm() const { return m_window->helm(); }
    MapView *survey() const { return m_window->panels()->survey(); }
    SpectrumView *spectrum() const { return m_window->panels()->spectrum(); }

    void watchModels(QWidget *window)
    {
        for (auto *model : window->findChildren<QAbstractItemModel *>()) {
            const QString name = QString::fromLatin1(model->metaObject()->className());
            m_watchedModels << name.section("::", -1);
            if (name.startsWith("helmscope") || name == "QSortFilterProxyModel")
                new QAbstractItemModelTester(
                    model, QAbstractItemModelTester::FailureReportingMode::QtTest, window);
        }
    }

    /// Drags the upper edge of the band; from the screen's point of view.
    void dragBand(double by)
    {
        const Band band = spectrum()->scalarizer()->band;
        auto *plot = spectrum()->findChild<QWidget *>("plot");
        spectrum()->grab(); // lays the axes out
        const auto at = [&](double energy) {
            return QPointF(
                plot->mapFrom(spectrum(), QPointF(spectrum()->positionOf(energy), 0)).x(),
                plot->height() * 0.6);
        };
        const QPointF from = at(band.high), to = at(band.high + by);
        send(plot, QEvent::MouseButtonPress, from, Qt::LeftButton, Qt::LeftButton);
        for (const double part : {0.3, 0.7, 1.0})
            send(plot, QEvent::MouseMove, from + part * (to - from), Qt::NoButton, Qt::LeftButton);
        send(plot, QEvent::MouseButtonRelease, to, Qt::LeftButton, Qt::NoButton);
    }

    void clickButton(const QString &name)
    {
        auto *button = m_window->findChild<QToolButton *>(name + "Button");
        QVERIFY(button && button->isVisible() && button->isEnabled());
        QTest::mouseClick(button, Qt::LeftButton);
    }

    /// A pixel by a right click and the menu's entry.
    void queueByClick(Pixel pixel)
    {
        const QPoint at = survey()->rectOf(pixel).center().toPoint();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, survey()->mapToGlobal(at));
        QApplication::sendEvent(survey(), &event);
        auto *menu = survey()->findChild<QMenu *>();
        QVERIFY(menu);
        QTRY_VERIFY(menu->isVisible());
        QAction *entry = nullptr;
        for (QAction *action : menu->actions())
            if (action->text() == "Measure here next")
                entry = action;
        QVERIFY(entry && entry->isEnabled());
        QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(entry).center());
    }

private Q_SLOTS:
    void initTestCase() { QStandardPaths::setTestModeEnabled(true); }
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void cleanup()
    {
        if (m_window && helm()->isGoing()) {
            helm()->stop();
            QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds);
        }
        m_window.reset();
    }

    void aWholeSession_data()
    {
        QTest::addColumn<QStringList>("files");
        QTest::newRow("simulated") << QStringList();
        QTest::newRow("SiO2, EDS")
            << QStringList{data + "sio2-haadf-eds/SiO2_HAADF_Image.hspy",
                           data + "sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy"};
    }
    void aWholeSession()
    {
        QFETCH(QStringList, files);
        for (const QString &file : files)
            if (!QFile::exists(file))
                QSKIP("The recorded data are not here.");
        StartOptions options;
        options.rows = options.cols = 48;
        options.seed = 5;
        options.initial = 5;
        options.steps = 2000; // it never ends by itself
        options.theme = "dark";
        options.size = QSize(1600, 1000);
        options.files = files;
        options.out = m_folder->filePath("run.h5");
        m_window = std::make_unique<MainWindow>(options);
        watchModels(m_window.get());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->begin();
        QTRY_VERIFY_WITH_TIMEOUT(helm()->state() == Helm::State::Ready, longMilliseconds);
        QVERIFY(!survey()->isEmpty());
        // The band, by dragging its edge: the plan takes it.
        const Band before = spectrum()->scalarizer()->band;
        const double width = before.high - before.low;
        dragBand(0.5 * width);
        const Band band = spectrum()->scalarizer()->band;
        QVERIFY(std::abs(band.high - (before.high + 0.5 * width)) < 0.1 * width);
        QCOMPARE(m_window->planPanel()->plan().scalarizer.band, band);

        // Run, asked before each step: veto by a click, measure by its key.
        m_window->findChild<QAction *>("approve")->trigger();
        QSignalSpy proposed(helm(), &Helm::proposed);
        clickButton("run");
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 1, longMilliseconds);
        const Pixel vetoed = proposed[0][0].value<Proposal>().pixel;
        QTest::mouseClick(m_window->findChild<QPushButton *>("veto"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 2, longMilliseconds);
        const Pixel measured = proposed[1][0].value<Proposal>().pixel;
        QTest::keyClick(m_window.get(), Qt::Key_Y, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 3, longMilliseconds);
        QTRY_VERIFY(helm()->run().measuredAt(measured, 1000));
        // Enter and Del answer where the proposal itself has the keyboard.
        m_window->findChild<QPushButton *>("measure")->setFocus();
        QTest::keyClick(m_window->findChild<QPushButton *>("measure"), Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 4, longMilliseconds);
        const Pixel refused = proposed[3][0].value<Proposal>().pixel;
        m_window->findChild<QPushButton *>("measure")->setFocus();
        QTest::keyClick(m_window->findChild<QPushButton *>("measure"), Qt::Key_Delete);
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 5, longMilliseconds);
        m_window->findChild<QAction *>("approve")->trigger(); // goes on by itself
        QTest::keyClick(m_window.get(), Qt::Key_Y, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().size() >= 8, longMilliseconds);

        // Pause by the keyboard, queue by a click, another acquisition by keys, on by a click.
        QTest::keyClick(m_window.get(), Qt::Key_P, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(helm()->state(), Helm::State::Paused, longMilliseconds);
        Pixel wanted{20, 20};
        while (helm()->run().measuredAt(wanted, 1000) || wanted == vetoed || wanted == refused)
            ++wanted.col;
        queueByClick(wanted);
        QCOMPARE(helm()->queued(), std::vector<Pixel>{wanted});
        auto *acquisition = m_window->runBar()->findChild<QComboBox *>();
        QVERIFY(acquisition);
        const QString held = acquisition->currentText();
        acquisition->setFocus();
        QTest::keyClick(acquisition, acquisition->currentIndex() > 0 ? Qt::Key_Up : Qt::Key_Down);
        QVERIFY(acquisition->currentText() != held);
        const Acquisition chosen = m_window->planPanel()->plan().acquisition.kind;
        clickButton("run");
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().measuredAt(wanted, 1000), longMilliseconds);
        QCOMPARE(helm()->run().at(*helm()->run().measuredAt(wanted, 1000)).reason, Reason::Queued);
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().newest().acquisition == chosen, longMilliseconds);
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().beliefAt(1000).belief, longMilliseconds);

        // Looking back and forth on the timeline disturbs nothing.
        m_window->panels()->timeline()->setFocus();
        QTest::keyClick(m_window->panels()->timeline(), Qt::Key_Home);
        QCOMPARE(m_window->panels()->timeline()->index(), 0);
        QTest::keyClick(m_window->panels()->timeline(), Qt::Key_End);

        // Abort by Esc twice.
        QTest::keyClick(m_window->windowHandle(), Qt::Key_Escape); // twice, as the system sends it
        QTest::keyClick(m_window->windowHandle(), Qt::Key_Escape);
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds);
        const int steps = helm()->run().size();
        QVERIFY(!helm()->run().measuredAt(vetoed, 1000));
        QVERIFY(!helm()->run().measuredAt(refused, 1000));
        QCOMPARE(m_window->panels()->table()->model()->rowCount(), steps);

        // Export what has the keyboard, by the dialog.
        const QString picture = m_folder->filePath("mean.png");
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_window->panels()->mean()->setFocus();
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        auto *dialog = m_window->findChild<QFileDialog *>();
        QVERIFY(dialog);
        auto *name = dialog->findChild<QLineEdit *>("fileNameEdit");
        QVERIFY(name);
        name->setText(picture); // typed, Qt's completer would take Enter for itself
        auto *save = dialog->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save);
        QVERIFY(save && save->isEnabled());
        QTest::mouseClick(save, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(picture) && helm()->errands().isIdle(),
                                 longMilliseconds);
        QVERIFY(!QImage(picture).isNull());

        // What was recorded is what was seen.
        const Run recorded = readRun(helm()->recordedIn(), [](double) { return true; });
        QCOMPARE(int(recorded.steps.size()), steps);
        QCOMPARE(recorded.steps.front().scalarizer.band, band);
        QStringList changes;
        for (const Step &step : recorded.steps)
            changes += step.changes;
        QVERIFY2(!changes.isEmpty(), "the operator's words are on the record");
    }

    /// A model that is new needs somebody who watches over it, here or in a test of its own.
    void everyModelIsWatchedOver()
    {
        const QString folder = m_folder->filePath("workspace");
        Workspace::create(folder);
        HistoryWindow history(folder);
        LineageWindow lineage;
        watchModels(&history);
        watchModels(&lineage);
        StartOptions options;
        options.rows = options.cols = 32;
        options.size = QSize(1280, 800);
        m_window = std::make_unique<MainWindow>(options);
        watchModels(m_window.get());

        QString watchedElsewhere;
        for (QDirIterator it(QStringLiteral(HELMSCOPE_SOURCE "/tests"), {"tst_*.cpp"}, QDir::Files);
             it.hasNext();) {
            QFile file(it.next());
            if (file.fileName().endsWith("tst_session.cpp") || !file.open(QIODevice::ReadOnly))
                continue;
            const QString text = QString::fromUtf8(file.readAll());
            if (text.contains("QAbstractItemModelTester"))
                watchedElsewhere += text;
        }
        static const QRegularExpression declared(
            "class (\\w+)(?: final)? : public (QAbstract\\w*Model|QSortFilterProxyModel|"
            "QStandardItemModel)\\s*\\{");
        QStringList found, missing;
        for (const char *part : {"/app", "/widgets", "/core"})
            for (QDirIterator it(QStringLiteral(HELMSCOPE_SOURCE) + part, {"*.h", "*.cpp"},
                                 QDir::Files, QDirIterator::Subdirectories);
                 it.hasNext();) {
                QFile file(it.next());
                if (!file.open(QIODevice::ReadOnly))
                    continue;
                const QString text = QString::fromUtf8(file.readAll());
                for (auto match = declared.globalMatch(text); match.hasNext();) {
                    const QRegularExpressionMatch one = match.next();
                    const QString name = one.captured(1);
                    found << name;
                    // A class of a .cpp without Q_OBJECT is known by its base.
                    const bool isLocal = file.fileName().endsWith(".cpp");
                    if (!m_watchedModels.contains(isLocal ? one.captured(2) : name) &&
                        !watchedElsewhere.contains(name))
                        missing << name;
                }
            }
        QVERIFY2(found.size() >= 8, qPrintable(found.join(' ')));
        QVERIFY2(missing.isEmpty(), qPrintable(missing.join(' ')));
    }
};

QTEST_MAIN(TestSession)
#include "tst_session.moc"
