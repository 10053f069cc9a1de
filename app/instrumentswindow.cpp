// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/instrumentswindow.h"

#include "app/banner.h"
#include "app/instrumentwords.h"
#include "app/stagedialog.h"
#include "base/tr.h"
#include "instrument/noise.h"
#include "instrument/openinstrument.h"
#include "instrument/watchedmicroscope.h"
#include "steering/recording/inwords.h"
#include "steering/rerun/recordedmicroscope.h"
#include "widgets/mapview.h"
#include "widgets/spectrumview.h"
#include "widgets/ticks.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

constexpr char rememberedKey[] = "instruments/addresses";

QString nameOf(const SampleSources &sources)
{
    if (const auto *address = std::get_if<InstrumentAddress>(&sources))
        return address->text();
    if (const auto *recorded = std::get_if<DatasetSources>(&sources))
        return InstrumentsWindow::tr("Replay of %1")
            .arg(QFileInfo(recorded->image.file).fileName());
    return InstrumentsWindow::tr("Simulated microscope");
}

std::shared_ptr<Microscope> openOf(const SampleSources &sources, const Progress &progress)
{
    if (const auto *address = std::get_if<InstrumentAddress>(&sources))
        return openInstrument(*address);
    Plan plan;
    plan.sample = sources;
    return std::make_shared<WatchedMicroscope>(inRealTime(openMicroscope(plan, progress), 1));
}

} // namespace

InstrumentsWindow::InstrumentsWindow(const std::optional<SampleSources> &open, QWidget *parent)
    : QMainWindow(parent)
    , m_open(open)
{
    setWindowTitle(tr("Instruments – Helmscope"));
    resize(1180, 760);
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(8, 8, 8, 8);
    m_banner = new Banner;
    column->addWidget(m_banner);
    auto *splitter = new QSplitter;
    splitter->addWidget(makeList());
    splitter->addWidget(makeBench());
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({340, 840});
    column->addWidget(splitter, 1);
    setCentralWidget(page);
    connect(&m_work, &Jobs::failed, this, [this](const QString &, const QString &sentence) {
        m_live->setChecked(false);
        m_banner->tell(sentence);
        showState();
    });
    m_glance.setInterval(150ms);
    connect(&m_glance, &QTimer::timeout, this, &InstrumentsWindow::showState);
    m_glance.start();
    fillList();
    setMicroscope(nullptr);
}

InstrumentsWindow::~InstrumentsWindow()
{
    m_glance.stop();
    if (m_microscope && isBusy())
        m_microscope->abort(); // nobody would see what becomes of it
    m_work.disconnect(this);
}

QWidget *InstrumentsWindow::makeList()
{
    auto *side = new QWidget;
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    m_list = new QListWidget;
    m_list->setAccessibleName(tr("Known instruments"));
    column->addWidget(m_list, 1);
    auto *row = new QHBoxLayout;
    m_address = new QLineEdit;
    m_address->setPlaceholderText(tr("HOST:PORT, or pyro://HOST:PORT …"));
    m_address->setAccessibleName(tr("Address of an instrument"));
    m_address->setToolTip(
        tr("HOST:PORT for a server of Helmscope's protocol; dtmicroscope://, asyncroscopy:// and "
           "pyro:// before it for those of others."));
    auto *plus = new QPushButton(tr("&Add"));
    plus->setAutoDefault(false);
    row->addWidget(m_address, 1);
    row->addWidget(plus);
    column->addLayout(row);
    auto *buttons = new QHBoxLayout;
    m_token = new QPushButton(tr("&Token…"));
    m_token->setToolTip(tr("Kept in a file that only you can read, never in a plan or a log."));
    m_remove = new QPushButton(tr("&Forget"));
    buttons->addWidget(m_token);
    buttons->addWidget(m_remove);
    buttons->addStretch();
    column->addLayout(buttons);
    m_capabilities = new QTableWidget(0, 3);
    m_capabilities->setAccessibleName(tr("What it can do"));
    m_capabilities->setHorizontalHeaderLabels({tr("It can"), tr(""), tr("Detail")});
    m_capabilities->verticalHeader()->hide();
    m_capabilities->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_capabilities->setSelectionMode(QAbstractItemView::NoSelection);
    m_capabilities->horizontalHeader()->setStretchLastSection(true);
    m_capabilities->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_capabilities->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_capabilities->setShowGrid(false);
    m_capabilities->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    column->addWidget(m_capabilities, 2);
    connect(m_list, &QListWidget::itemActivated, this, [this] { connectTo(m_list->currentRow()); });
    connect(m_list, &QListWidget::itemClicked, this, [this] { connectTo(m_list->currentRow()); });
    connect(m_address, &QLineEdit::returnPressed, this, [this] { add(m_address->text()); });
    connect(plus, &QPushButton::clicked, this, [this] { add(m_address->text()); });
    connect(m_remove, &QPushButton::clicked, this, &InstrumentsWindow::removeCurrent);
    connect(m_token, &QPushButton::clicked, this, &InstrumentsWindow::askForToken);
    return side;
}

QWidget *InstrumentsWindow::makeBench()
{
    auto *bench = new QWidget;
    auto *column = new QVBoxLayout(bench);
    column->setContentsMargins(8, 0, 0, 0);
    m_state = new QLabel;
    m_state->setAccessibleName(tr("State"));
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state->setMinimumHeight(2 * fontMetrics().lineSpacing());
    column->addWidget(m_state);
    m_note = new QLabel(tr("Tested against the protocol, not against hardware."));
    m_note->setWordWrap(true);
    column->addWidget(m_note);
    auto *stage = new QHBoxLayout;
    m_stagePlace = new QLabel;
    m_stagePlace->setAccessibleName(tr("Position of the stage"));
    m_stagePlace->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_stageMove = new QPushButton(tr("M&ove the stage…"));
    m_stageMove->setAutoDefault(false);
    m_stageMove->setToolTip(tr("Asks where to; nothing moves before it is confirmed."));
    stage->addWidget(m_stagePlace);
    stage->addWidget(m_stageMove);
    stage->addStretch();
    column->addLayout(stage);
    connect(m_stageMove, &QPushButton::clicked, this, &InstrumentsWindow::askForMove);
    auto *views = new QSplitter(Qt::Vertical);
    m_image = new MapView;
    m_image->setTitle(tr("Preview"));
    m_image->setPlaceholder(tr("A survey image appears here: press Preview."));
    m_spectrum = new SpectrumView;
    m_spectrum->setPlaceholder(tr("Click into the image, then press Acquire."));
    m_spectrum->setEditable(false);
    views->addWidget(m_image);
    views->addWidget(m_spectrum);
    views->setStretchFactor(0, 3);
    views->setStretchFactor(1, 2);
    column->addWidget(views, 1);
    auto *row = new QHBoxLayout;
    m_preview = new QPushButton(tr("&Preview"));
    m_live = new QCheckBox(tr("&Live"));
    m_live->setToolTip(tr("Takes one image after another; each exposes the whole field."));
    m_dwell = new QDoubleSpinBox;
    m_dwell->setDecimals(4);
    m_dwell->setSuffix(tr(" s"));
    m_dwell->setRange(1e-4, 100);
    m_dwell->setValue(0.05);
    m_dwell->setAccessibleName(tr("Dwell"));
    m_acquire = new QPushButton(tr("A&cquire"));
    m_cost = new QLabel;
    m_cost->setAccessibleName(tr("Cost"));
    m_cost->setObjectName("cost");
    m_steer = new QPushButton(tr("&Steer here"));
    m_steer->setToolTip(tr("Takes its survey image in the console, ready for a run."));
    m_allow = new QPushButton(tr("Allow a&gain"));
    m_abort = new QPushButton(tr("ABORT"));
    m_abort->setObjectName("abort");
    m_abort->setToolTip(tr("Blanks the beam at once, whatever is going on and whoever does it."));
    for (QWidget *widget :
         std::initializer_list<QWidget *>{m_preview, m_live, m_dwell, m_acquire, m_cost})
        row->addWidget(widget);
    row->addStretch();
    for (QWidget *widget : std::initializer_list<QWidget *>{m_steer, m_allow, m_abort})
        row->addWidget(widget);
    column->addLayout(row);
    connect(m_preview, &QPushButton::clicked, this, &InstrumentsWindow::preview);
    connect(m_live, &QCheckBox::toggled, this, [this](bool isLive) {
        if (isLive && !isBusy())
            preview();
    });
    connect(m_acquire, &QPushButton::clicked, this, &InstrumentsWindow::acquire);
    connect(m_abort, &QPushButton::clicked, this, &InstrumentsWindow::abort);
    connect(m_allow, &QPushButton::clicked, this, &InstrumentsWindow::allowAgain);
    connect(m_dwell, &QDoubleSpinBox::valueChanged, this, &InstrumentsWindow::showCost);
    connect(m_steer, &QPushButton::clicked, this, [this] {
        const SampleSources sources = m_known[std::size_t(m_row)];
        m_live->setChecked(false);
        emit steerWished(sources);
    });
    connect(m_image, &MapView::pinChanged, this, &InstrumentsWindow::showState);
    return bench;
}

void InstrumentsWindow::fillList()
{
    m_known = {Simulator::Settings()};
    if (m_open && !std::holds_alternative<Simulator::Settings>(*m_open))
        m_known.push_back(*m_open);
    for (const QString &text : QSettings().value(rememberedKey).toStringList()) {
        try {
            const InstrumentAddress address = InstrumentAddress::parse(text);
            if (std::none_of(m_known.begin(), m_known.end(), [&](const SampleSources &known) {
                    return nameOf(known) == address.text();
                }))
                m_known.push_back(address);
        } catch (const Error &) {
            // Somebody edited the settings; the others are still good.
        }
    }
    m_list->clear();
    for (const SampleSources &known : m_known)
        m_list->addItem(nameOf(known));
}

void InstrumentsWindow::remember() const
{
    QStringList addresses;
    for (const SampleSources &known : m_known)
        if (const auto *address = std::get_if<InstrumentAddress>(&known))
            addresses << address->text();
    QSettings().setValue(rememberedKey, addresses);
}

void InstrumentsWindow::add(const QString &text)
{
    try {
        const QString name = InstrumentAddress::parse(text).text();
        QList<QListWidgetItem *> there = m_list->findItems(name, Qt::MatchExactly);
        if (there.isEmpty()) {
            m_known.push_back(InstrumentAddress::parse(text));
            m_list->addItem(name);
            remember();
            there = m_list->findItems(name, Qt::MatchExactly);
        }
        m_address->clear();
        m_list->setCurrentItem(there.first());
        connectTo(m_list->currentRow());
    } catch (const Error &error) {
        m_banner->tell(QString::fromUtf8(error.what()));
    }
}

void InstrumentsWindow::removeCurrent()
{
    const int row = m_list->currentRow();
    if (row < 0 || !std::holds_alternative<InstrumentAddress>(m_known[std::size_t(row)]))
        return;
    const InstrumentAddress address = std::get<InstrumentAddress>(m_known[std::size_t(row)]);
    if (row == m_row)
        leave();
    else if (row < m_row)
        --m_row;
    m_known.erase(m_known.begin() + row);
    delete m_list->takeItem(row);
    remember();
    keepToken(address, {});
    showState();
}

void InstrumentsWindow::askForToken()
{
    const int row = m_list->currentRow();
    const auto *address =
        row < 0 ? nullptr : std::get_if<InstrumentAddress>(&m_known[std::size_t(row)]);
    if (!address)
        return;
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Token of %1").arg(address->text()));
    dialog->setLabelText(tr("The token its server asks for (empty: forget it):"));
    dialog->setTextEchoMode(QLineEdit::Password);
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, address = *address, row](const QString &token) {
                try {
                    keepToken(address, token.trimmed());
                    connectTo(row);
                } catch (const Error &error) {
                    m_banner->tell(QString::fromUtf8(error.what()));
                }
            });
    dialog->open();
}

/// One thing at a time; what the instrument holds for us is given back after it, so that the
/// console, or somebody else, can have it.
template <class Act, class Done>
void InstrumentsWindow::work(const QString &title, Act act, Done done)
{
    if (!m_microscope || isBusy())
        return;
    m_work.run(
        title, this,
        [microscope = m_microscope, act](const Progress &progress) {
            microscope->setPatience([&progress] { return progress(0); });
            struct Release
            {
                Microscope &microscope;
                ~Release()
                {
                    microscope.setPatience({});
                    microscope.release();
                }
            } const atTheEnd{*microscope};
            return act(*microscope, progress);
        },
        done);
    showState();
}

void InstrumentsWindow::connectTo(int row)
{
    if (row < 0 || row >= int(m_known.size()))
        return;
    if (isBusy())
        return m_banner->tell(tr("Something is going on: abort it, or wait for its end."));
    leave();
    m_work.run(
        tr("Connecting"), this,
        [sources = m_known[std::size_t(row)]](const Progress &progress) {
            return openOf(sources, progress);
        },
        [this, row](const std::shared_ptr<Microscope> &microscope) {
            m_row = row;
            setMicroscope(microscope);
        });
    showState();
}

void InstrumentsWindow::leave()
{
    m_live->setChecked(false);
    m_row = -1;
    // Its farewell may take a while: on the worker.
    if (m_microscope)
        m_work.run(
            tr("Leaving"), this,
            [microscope = std::exchange(m_microscope, nullptr)](const Progress &) mutable {
                microscope.reset();
            },
            [] {});
    setMicroscope(nullptr);
}

void InstrumentsWindow::setMicroscope(const std::shared_ptr<Microscope> &microscope)
{
    m_microscope = microscope;
    m_image->clear();
    m_spectrum->clear();
    m_capabilities->setRowCount(0);
    m_pixelSizeNm = m_dosePerSecond = 0;
    const auto *address =
        m_row < 0 ? nullptr : std::get_if<InstrumentAddress>(&m_known[std::size_t(m_row)]);
    m_note->setVisible(microscope && address &&
                       address->protocol != InstrumentAddress::Protocol::Helmscope);
    if (microscope) {
        const QList<Capability> can = microscope->capabilities();
        m_capabilities->setRowCount(int(can.size()));
        for (int i = 0; i < int(can.size()); ++i) {
            m_capabilities->setItem(i, 0, new QTableWidgetItem(can[i].name));
            m_capabilities->setItem(i, 1,
                                    new QTableWidgetItem(can[i].isThere ? tr("yes") : tr("no")));
            auto *detail = new QTableWidgetItem(can[i].detail);
            detail->setToolTip(can[i].detail);
            m_capabilities->setItem(i, 2, detail);
        }
        m_energies = microscope->energies();
        const Limits limits = microscope->limits();
        m_dwell->setRange(std::max(1e-4, limits.minDwellSeconds), limits.maxDwellSeconds);
    }
    showCost();
    showState();
}

void InstrumentsWindow::showState()
{
    const int row = m_list->currentRow();
    const bool isRemote =
        row >= 0 && std::holds_alternative<InstrumentAddress>(m_known[std::size_t(row)]);
    m_remove->setEnabled(isRemote);
    m_token->setEnabled(isRemote);
    const bool isThere = m_microscope != nullptr;
    const InstrumentState state = isThere ? m_microscope->state() : InstrumentState();
    const bool isFree = isThere && !isBusy() && !state.isAborted;
    m_preview->setEnabled(isFree);
    m_live->setEnabled(isThere && !state.isAborted);
    m_acquire->setEnabled(isFree && m_image->pinnedPixel());
    m_steer->setEnabled(isFree);
    const std::optional<Stage> stage = isThere ? m_microscope->stage() : std::nullopt;
    m_stagePlace->setVisible(stage.has_value());
    m_stageMove->setVisible(stage.has_value());
    m_stageMove->setEnabled(isFree && !m_live->isChecked());
    if (stage)
        m_stagePlace->setText(tr("Stage: %1").arg(placeTextOf(*stage)));
    m_abort->setEnabled(isThere);
    m_allow->setEnabled(isThere && state.isAborted && !isBusy());
    if (isThere)
        m_state->setText(QStringLiteral("%1: %2").arg(m_microscope->name(), textOf(state)));
    else
        m_state->setText(isBusy() ? tr("Connecting…")
                                  : tr("Choose an instrument, or add one by its address."));
}

void InstrumentsWindow::showCost()
{
    if (!m_microscope)
        return m_cost->clear();
    double given = dose(1e12 * m_microscope->limits().currentA, m_dwell->value(), m_pixelSizeNm);
    if (!(given > 0)) // who does not tell the current still tells what a spectrum got
        given = m_dosePerSecond * m_dwell->value();
    m_cost->setText(
        given > 0 ? tr("costs %1 s and %2 e⁻/Å²").arg(m_dwell->value()).arg(roundText(given, 3))
                  : tr("costs %1 s; dose not known before").arg(m_dwell->value()));
}

void InstrumentsWindow::preview()
{
    work(
        tr("Preview"),
        [](Microscope &microscope, const Progress &progress) {
            return std::make_shared<Dataset>(microscope.survey(progress));
        },
        [this](const std::shared_ptr<Dataset> &survey) {
            m_pixelSizeNm = survey->gridPixelSizeNm();
            m_image->setImageRatio(survey->imageRatio);
            m_image->setPixelSizeNm(m_pixelSizeNm);
            // Over the image: beside the colour bar a longer name would be cut.
            m_image->setTitle(survey->imageQuantity.isEmpty()
                                  ? tr("Preview")
                                  : tr("Preview: %1").arg(inWords(survey->imageQuantity)));
            m_image->setMap(std::shared_ptr<const Map>(survey, &survey->image));
            showCost();
            showState();
            if (m_live->isChecked()) // once what led here has returned
                QTimer::singleShot(0, this, &InstrumentsWindow::preview);
        });
}

void InstrumentsWindow::acquire()
{
    const std::optional<Pixel> pixel = m_image->pinnedPixel();
    if (!pixel)
        return;
    work(
        tr("Acquire"),
        [pixel = *pixel, dwell = m_dwell->value()](Microscope &microscope, const Progress &) {
            return microscope.measure(pixel, dwell);
        },
        [this, pixel = *pixel](const Measurement &made) {
            const QString where = tr("row %1, column %2").arg(pixel.row).arg(pixel.col);
            if (made.dwellSeconds > 0)
                m_dosePerSecond = made.dose / made.dwellSeconds;
            showCost();
            if (made.spectrum.size() > 0)
                m_spectrum->setMeasured(m_energies, made.spectrum);
            m_spectrum->setTitle(
                made.spectrum.size() > 0 ? where : tr("%1: value %2").arg(where).arg(made.value));
            showState();
        });
}

void InstrumentsWindow::askForMove()
{
    const std::optional<Stage> stage = m_microscope ? m_microscope->stage() : std::nullopt;
    if (!stage)
        return;
    const bool isBlanked = m_microscope->state().beam != InstrumentState::Beam::Unknown;
    auto *dialog = new StageDialog(m_microscope->name(), *stage, isBlanked, this);
    connect(dialog, &StageDialog::chosen, this,
            [this, asked = std::weak_ptr(m_microscope)](const StageTarget &target) {
                if (asked.lock() == m_microscope) // the one the question was about
                    moveStage(target);
            });
    dialog->show();
}

void InstrumentsWindow::moveStage(const StageTarget &target)
{
    work(
        tr("Moving the stage"),
        [target](Microscope &microscope, const Progress &) { return microscope.moveStage(target); },
        [this](const Stage &) {
            // What is shown lies elsewhere now.
            m_image->clear();
            m_image->setPlaceholder(tr("The stage has moved: press Preview."));
            m_spectrum->clear();
            showState();
        });
}

void InstrumentsWindow::abort()
{
    if (!m_microscope)
        return;
    m_microscope->abort(); // first of all
    m_live->setChecked(false);
    m_work.stopAll();
    showState();
}

void InstrumentsWindow::allowAgain()
{
    if (m_microscope && !isBusy())
        m_microscope->resume();
    showState();
}

} // namespace helmscope
