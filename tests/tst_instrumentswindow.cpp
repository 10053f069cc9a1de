// SPDX-License-Identifier: GPL-3.0-or-later
// The instruments' window, against a server on the loopback and the simulated microscope.
#include "instrumentfixtures.h"

#include "app/banner.h"
#include "app/instrumentswindow.h"
#include "app/instrumentwords.h"
#include "app/mainwindow.h"
#include "app/runbar.h"
#include "app/stagedialog.h"
#include "widgets/mapview.h"
#include "widgets/spectrumview.h"
#include "widgets/theme.h"

#include <QAction>
#include <QApplication>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QListWidget>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QWindow>

#include <thread>

using namespace helmscope;

namespace {

QString textOf(const ServedInstrument &served)
{
    return QStringLiteral("127.0.0.1:%1").arg(served.port());
}

QPushButton *button(const QWidget &window, const QString &text)
{
    for (QPushButton *one : window.findChildren<QPushButton *>())
        if (one->text().remove('&') == text)
            return one;
    return nullptr;
}

QString allText(const QTableWidget &table)
{
    QString text;
    for (int row = 0; row < table.rowCount(); ++row)
        for (int col = 0; col < table.columnCount(); ++col)
            text += table.item(row, col)->text() + (col == 2 ? "\n" : "|");
    return text;
}

/// For people to look at, where HELMSCOPE_PICTURES names a folder.
void keepPicture(QWidget &window, const QString &name)
{
    if (const QString folder = qEnvironmentVariable("HELMSCOPE_PICTURES"); !folder.isEmpty())
        for (const char *theme : {"light", "dark"}) {
            // The console has parts of its own to restyle.
            if (auto *choice = window.findChild<QAction *>(QStringLiteral("theme-") + theme))
                choice->trigger();
            else
                helmscope::applyTheme(*qApp, helmscope::Theme::fromKey(theme));
            QApplication::processEvents();
            window.grab().save(folder + '/' + name + '-' + theme + ".png");
        }
}

} // namespace

class TestInstrumentsWindow : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_CONFIG_HOME", m_folder.path().toUtf8());
        QCoreApplication::setOrganizationName("helmscope-test");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
    }
    void init() { QSettings().clear(); }

    void addsAndShowsWhatAnInstrumentCanDo()
    {
        InstrumentServer::Settings settings;
        settings.service.limits.maxDose = 1e9;
        ServedInstrument served(std::make_unique<ClosedForm>(), settings);
        InstrumentsWindow window(std::nullopt);
        window.show();
        QCOMPARE(window.list()->count(), 1); // the simulated one is always there
        window.add(textOf(served));
        QTRY_VERIFY(window.microscope());
        QTRY_VERIFY(window.stateLine()->text().contains("closed form"));
        QVERIFY(window.stateLine()->text().contains("connected"));
        QVERIFY(window.stateLine()->text().contains("beam blanked"));
        QVERIFY(window.stateLine()->text().contains("not leased"));
        const QString can = allText(*window.capabilities());
        QVERIFY2(can.contains("Spectrum at a pixel|yes|4 channels"), qPrintable(can));
        QVERIFY2(can.contains("Stage|yes|x from -5.000 µm to 5.000 µm"), qPrintable(can));
        QVERIFY2(can.contains("Limit of dose|yes|"), qPrintable(can));

        window.preview();
        QTRY_VERIFY(!window.image()->isEmpty());
        QCOMPARE(window.image()->map()(3, 4), ClosedForm::at({3, 4}, 0));
        QTRY_VERIFY(!window.isBusy());
        QVERIFY(!button(window, "Acquire")->isEnabled()); // where?
        const QPointF middle = window.image()->rectOf({3, 4}).center();
        QTest::mouseClick(window.image(), Qt::LeftButton, {}, middle.toPoint());
        QTRY_VERIFY(button(window, "Acquire")->isEnabled());
        QTest::mouseClick(button(window, "Acquire"), Qt::LeftButton);
        QTRY_VERIFY(!window.spectrum()->isEmpty());
        QTRY_VERIFY2(window.stateLine()->text().contains("exposures: 1"),
                     qPrintable(window.stateLine()->text()));
        // What was taken is given back, so that the console can have it.
        QTRY_VERIFY(window.stateLine()->text().contains("not leased"));
        RemoteMicroscope other(clientOf(served.port()));
        other.measure({0, 0}, 1e-3);
        QTRY_VERIFY(window.stateLine()->text().contains("leased to test"));
        keepPicture(window, "instruments");
    }

    void remembersAddressesAndNoSecrets()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        {
            InstrumentsWindow window(std::nullopt);
            window.add(textOf(served));
            keepToken(onLoopback(served.port()), "0123456789abcdef");
            QTRY_VERIFY(window.microscope());
        }
        QSettings().sync();
        QFile file(QSettings().fileName());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray kept = file.readAll();
        QVERIFY(kept.contains("127.0.0.1"));
        QVERIFY(!kept.contains("0123456789abcdef"));
        InstrumentsWindow again(std::nullopt);
        QCOMPARE(again.list()->count(), 2);
        again.list()->setCurrentRow(1);
        again.removeCurrent();
        QCOMPARE(again.list()->count(), 1);
        QVERIFY(QSettings().value("instruments/addresses").toStringList().isEmpty());
        QCOMPARE(tokenFor(onLoopback(served.port())), QString()); // forgotten with it
    }

    void tellsWhoIsNotThereAndWhatIsNoAddress()
    {
        InstrumentsWindow window(std::nullopt);
        window.show();
        window.add("nonsense");
        QTRY_VERIFY(window.banner()->isVisible());
        QCOMPARE(window.list()->count(), 1);
        window.add("127.0.0.1:1"); // nobody listens there
        QTRY_VERIFY(!window.isBusy());
        QVERIFY(!window.microscope());
    }

    void abortBlanksAndHoldsUntilItIsAllowedAgain()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        InstrumentsWindow window(std::nullopt);
        window.show();
        window.add(textOf(served));
        QTRY_VERIFY(window.microscope());
        RemoteMicroscope other(clientOf(served.port()));
        std::thread measuring([&other] {
            try {
                other.measure({1, 1}, 8);
            } catch (const Error &) {
                // aborted by somebody else
            }
        });
        QTRY_VERIFY(window.stateLine()->text().contains("beam ON"));
        window.abort();
        measuring.join();
        QTRY_VERIFY(window.stateLine()->text().contains("beam blanked"));
        QVERIFY(window.stateLine()->text().contains("aborted"));
        QVERIFY(!button(window, "Preview")->isEnabled());
        window.allowAgain();
        QTRY_VERIFY(button(window, "Preview")->isEnabled());
    }

    void aLostConnectionIsSaid()
    {
        auto served = std::make_unique<ServedInstrument>(std::make_unique<ClosedForm>(),
                                                         InstrumentServer::Settings());
        InstrumentsWindow window(std::nullopt);
        window.show();
        window.add(textOf(*served));
        QTRY_VERIFY(window.microscope());
        served.reset();
        QTRY_VERIFY(window.stateLine()->text().contains("not connected"));
        QVERIFY(window.stateLine()->text().contains("beam unknown"));
    }

    void theStageMovesWhereItIsToldAndConfirmed()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        InstrumentsWindow window(std::nullopt);
        window.show();
        window.add(textOf(served));
        QTRY_VERIFY(window.microscope());
        QTRY_VERIFY(window.stageLine()->isVisible());
        QCOMPARE(window.stageLine()->text(), QString("Stage: x 0.0 nm, y 0.0 nm, α 0.00°"));
        window.preview();
        QTRY_VERIFY(!window.image()->isEmpty());
        QTRY_VERIFY(window.stageButton()->isEnabled());
        const auto opened = [&] {
            QTest::mouseClick(window.stageButton(), Qt::LeftButton);
            return window.findChild<StageDialog *>();
        };
        {
            // Nothing to move: nothing can be confirmed. Enter moves nothing either.
            QPointer<StageDialog> dialog = opened();
            QVERIFY(dialog);
            QVERIFY(!dialog->moveButton()->isEnabled());
            dialog->field(StageAxis::X)->setValue(20);
            QVERIFY(dialog->moveButton()->isEnabled());
            QVERIFY(dialog->summary()->text().contains("beam is blanked meanwhile"));
            keepPicture(*dialog, "stage");
            QTest::keyClick(dialog->field(StageAxis::X), Qt::Key_Return);
            QTRY_VERIFY(!dialog);
            QCOMPARE(window.microscope()->stage()->position(StageAxis::X), 0.);
            QVERIFY(!window.isBusy());
        }
        // Where nobody can tell of the beam, the question says so.
        StageDialog unknown("one of others", *window.microscope()->stage(), false);
        unknown.setAttribute(Qt::WA_DeleteOnClose, false);
        unknown.field(StageAxis::X)->setValue(20);
        QVERIFY(unknown.summary()->text().contains("blank it at the microscope first"));
        StageDialog *dialog = opened();
        QVERIFY(dialog);
        dialog->field(StageAxis::X)->setValue(20);
        dialog->field(StageAxis::Alpha)->setValue(-1.5);
        QCOMPARE(dialog->target().size(), 2u);
        QTest::mouseClick(dialog->moveButton(), Qt::LeftButton);
        QTRY_COMPARE(window.stageLine()->text(), QString("Stage: x 20.0 nm, y 0.0 nm, α -1.50°"));
        QTRY_VERIFY(!window.isBusy());
        QVERIFY(window.image()->isEmpty()); // it showed another place
        QTRY_VERIFY(window.stateLine()->text().contains("not leased"));
    }

    void theSimulatedOneLooksTheSame()
    {
        InstrumentsWindow window(std::nullopt);
        window.show();
        window.connectTo(0);
        QTRY_VERIFY(window.microscope());
        window.preview();
        QTRY_VERIFY(!window.image()->isEmpty());
        QTRY_VERIFY(!window.isBusy());
        window.image()->setPinnedPixel(Pixel{20, 20});
        window.acquire();
        QTRY_VERIFY(!window.spectrum()->isEmpty());
        QTRY_VERIFY(window.stateLine()->text().contains("exposures: 1"));
        QVERIFY(window.stateLine()->text().contains("beam blanked"));
        QVERIFY(window.findChild<QLabel *>("cost")->text().contains("e⁻/Å²"));
        QSignalSpy wished(&window, &InstrumentsWindow::steerWished);
        QTRY_VERIFY(button(window, "Steer here")->isEnabled());
        QTest::mouseClick(button(window, "Steer here"), Qt::LeftButton);
        QCOMPARE(wished.count(), 1);
        keepPicture(window, "simulated");
    }

    void aRunAtAnInstrumentIsSteeredFromTheConsole()
    {
        Simulator::Settings settings;
        settings.sample = NanocubesSettings{.rows = 32, .cols = 32, .channels = 32};
        ServedInstrument served(std::make_unique<Simulator>(settings), {});
        StartOptions options;
        options.instrument = textOf(served);
        options.size = {1280, 800};
        options.initial = 3;
        options.steps = 4;
        options.cycles = 3;
        MainWindow window(options);
        window.show();
        window.begin();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->sample(), 20'000);
        QVERIFY(std::holds_alternative<InstrumentAddress>(window.helm()->sample()->sources));
        QSignalSpy ended(window.helm(), &Helm::runEnded);
        window.startRun();
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60'000);
        QCOMPARE(window.helm()->run().size(), 7);
        const std::optional<InstrumentState> state = window.helm()->instrument();
        QVERIFY(state && state->beam == InstrumentState::Beam::Blanked);
        QCOMPARE(state->exposures, 7);
        QVERIFY(!state->isLeaseOurs); // it was given back, and that is what the line says
        keepPicture(window, "console");
    }

    void aRunThatLosesItsInstrumentWaitsAndGoesOn()
    {
        Simulator::Settings settings;
        settings.sample = NanocubesSettings{.rows = 32, .cols = 32, .channels = 32};
        auto served = std::make_unique<ServedInstrument>(std::make_unique<Simulator>(settings),
                                                         InstrumentServer::Settings());
        const int port = served->port();
        StartOptions options;
        options.instrument = textOf(*served);
        options.size = {1280, 800};
        options.initial = 3;
        options.steps = 20;
        options.cycles = 3;
        MainWindow window(options);
        window.show();
        window.begin();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->sample(), 20'000);
        QSignalSpy ended(window.helm(), &Helm::runEnded);
        window.startRun();
        QTRY_VERIFY_WITH_TIMEOUT(window.helm()->run().size() >= 5, 60'000);
        served.reset();
        QTRY_VERIFY_WITH_TIMEOUT(window.runBar()->stateText().contains("waiting"), 20'000);
        QCOMPARE(window.helm()->state(), Helm::State::Running);
        QVERIFY(window.runBar()->abort()->isEnabled());
        QCOMPARE(ended.count(), 0);
        keepPicture(window, "cut");
        InstrumentServer::Settings again;
        again.port = port;
        served = std::make_unique<ServedInstrument>(std::make_unique<Simulator>(settings), again);
        QTRY_VERIFY_WITH_TIMEOUT(!window.runBar()->stateText().contains("waiting"), 20'000);
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60'000);
        QCOMPARE(window.helm()->run().size(), 23); // none lost, none taken twice
        QSet<std::pair<int, int>> places;
        for (int i = 0; i < window.helm()->run().size(); ++i)
            places.insert(
                {window.helm()->run().at(i).pixel.row, window.helm()->run().at(i).pixel.col});
        QCOMPARE(places.size(), 23);
    }

    void escapeTwiceBlanksTheBeamFromTheInstrumentsWindow()
    {
        ServedInstrument served(std::make_unique<ClosedForm>(), {});
        StartOptions options;
        MainWindow main(options);
        InstrumentsWindow *window = main.openInstruments();
        window->add(textOf(served));
        QTRY_VERIFY(window->microscope());
        window->activateWindow();
        QTRY_VERIFY(window->isActiveWindow());
        QTest::keyClick(window->windowHandle(), Qt::Key_Escape);
        QVERIFY(!window->microscope()->state().isAborted); // once is an accident
        QTest::keyClick(window->windowHandle(), Qt::Key_Escape);
        QTRY_VERIFY(window->microscope()->state().isAborted);
    }

    void wordsAreRightForEachState()
    {
        InstrumentState state;
        state.beam = InstrumentState::Beam::On;
        state.leaseOwner = "Ada";
        QCOMPARE(shortTextOf(state), QString("beam ON · leased to Ada"));
        state.isLeaseOurs = true;
        state.beam = InstrumentState::Beam::Blanked;
        QCOMPARE(shortTextOf(state), QString("beam blanked · leased to us"));
        state.isAborted = true;
        QVERIFY(shortTextOf(state).startsWith("⚠ aborted"));
        state.isConnected = false;
        QVERIFY(shortTextOf(state).contains("connection lost"));
    }
};

QTEST_MAIN(TestInstrumentsWindow)
#include "tst_instrumentswindow.moc"
