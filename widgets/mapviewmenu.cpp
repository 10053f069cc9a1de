// SPDX-License-Identifier: GPL-3.0-or-later
// The context menu of a MapView.
#include "widgets/mapviewparts.h"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QPointer>
#include <QSaveFile>
#include <QSignalBlocker>
#include <QSlider>
#include <QThreadPool>
#include <QWidgetAction>

#include <array>
#include <cmath>

namespace helmscope {

namespace {

constexpr const char *limitsType = "application/x-helmscope-limits";

/// As PNG, on a worker: to compress a large picture takes many frames. The file is whole or as it
/// was; what went wrong is told beside `view`.
void savePicture(const QImage &picture, const QString &file, MapView *view)
{
    QThreadPool::globalInstance()->start([picture, file, view = QPointer(view)] {
        QSaveFile out(file);
        if (out.open(QIODevice::WriteOnly) && picture.save(&out, "PNG") && out.commit())
            return;
        const auto tell = [view, text = MapView::tr("Cannot write %1: %2. Save it elsewhere.")
                                            .arg(file, out.errorString())] {
            if (!view)
                return;
            auto *box = new QMessageBox(QMessageBox::Warning, MapView::tr("Save the picture"), text,
                                        QMessageBox::Ok, view);
            box->setAttribute(Qt::WA_DeleteOnClose);
            box->open();
        };
        QMetaObject::invokeMethod(qApp, tell, Qt::QueuedConnection);
    });
}

/// Limits that were copied, in this program or another one of its windows.
std::optional<ColorLimits> copiedLimits()
{
    const QMimeData *data = QGuiApplication::clipboard()->mimeData();
    if (!data || !data->hasFormat(limitsType))
        return {};
    const QList<QByteArray> numbers = data->data(limitsType).split(' ');
    bool isLow = false, isHigh = false;
    if (numbers.size() != 2)
        return {};
    const ColorLimits limits{numbers[0].toDouble(&isLow), numbers[1].toDouble(&isHigh)};
    return isLow && isHigh && limits.high > limits.low ? std::optional(limits) : std::nullopt;
}

void copy(const ColorLimits &limits)
{
    auto *data = new QMimeData;
    const QByteArray text =
        QByteArray::number(limits.low, 'g', 17) + ' ' + QByteArray::number(limits.high, 'g', 17);
    data->setData(limitsType, text);
    data->setText(QString::fromLatin1(text)); // for a notebook
    QGuiApplication::clipboard()->setMimeData(data);
}

} // namespace

void MapView::Parts::fillLimitsMenu(QMenu *menu)
{
    const auto set = [this](const ColorLimits &wanted) {
        view->setLimits(wanted);
        emit view->limitsChanged(limits, isLocked);
    };
    struct Percentiles
    {
        double low, high;
    };
    constexpr std::array<Percentiles, 4> all{{{0, 100}, {0.1, 99.9}, {1, 99}, {5, 95}}};
    for (const Percentiles &each : all)
        menu->addAction(
            each.low == 0 ? MapView::tr("All values")
                          : MapView::tr("Percentiles %1 and %2")
                                .arg(view->locale().toString(each.low))
                                .arg(view->locale().toString(each.high)),
            view, [this, set, each] { set(percentileLimits(*image.map(), each.low, each.high)); });
    menu->setEnabled(bool(image.map()));
    menu->addSeparator();
    menu->addAction(icon("copy"), MapView::tr("&Copy the limits"), view, [this] { copy(limits); });
    QAction *paste = menu->addAction(MapView::tr("&Paste limits"), view, [set] {
        if (const auto copied = copiedLimits())
            set(*copied);
    });
    paste->setEnabled(copiedLimits().has_value());
    paste->setToolTip(MapView::tr("Those copied from another map: the same colour is then the "
                                  "same value."));
}

/// Any gamma, by a field and a slider, seen while it is dragged.
void MapView::Parts::addGamma(QMenu *menu)
{
    constexpr double least = 0.2, most = 5; // 1 is in the middle of their logarithms
    constexpr int steps = 100;
    auto *row = new QWidget;
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(24, 2, 8, 2);
    auto *caption = new QLabel(MapView::tr("Ga&mma"));
    auto *field = new QDoubleSpinBox;
    field->setObjectName("gamma");
    field->setRange(least, most);
    field->setDecimals(2);
    field->setSingleStep(0.05);
    field->setAccessibleName(MapView::tr("Gamma"));
    const QString help =
        MapView::tr("0.2 to 5: under 1 the shadows are spread, over 1 the lights.");
    field->setToolTip(help);
    field->setWhatsThis(help);
    caption->setBuddy(field);
    auto *slider = new QSlider(Qt::Horizontal);
    slider->setObjectName("gammaSlider");
    slider->setRange(-steps, steps);
    slider->setAccessibleName(MapView::tr("Gamma"));
    slider->setToolTip(help);
    slider->setWhatsThis(help);
    slider->setMinimumWidth(120);
    line->addWidget(caption);
    line->addWidget(field);
    line->addWidget(slider, 1);
    const auto placeOf = [](double gamma) {
        return int(std::lround(steps * std::log(gamma) / std::log(most)));
    };
    const double now = tone.scale == Tone::Scale::Gamma ? tone.gamma : 1;
    field->setValue(now);
    slider->setValue(placeOf(now));
    QObject::connect(field, &QDoubleSpinBox::valueChanged, view,
                     [this, slider, placeOf](double gamma) {
                         const QSignalBlocker quiet(slider);
                         slider->setValue(placeOf(gamma));
                         view->setTone({Tone::Scale::Gamma, gamma});
                     });
    QObject::connect(slider, &QSlider::valueChanged, field, [field](int place) {
        field->setValue(std::pow(most, double(place) / steps));
    });
    auto *action = new QWidgetAction(menu);
    action->setDefaultWidget(row);
    menu->addAction(action);
}

void MapView::Parts::fillMenu(QMenu *menu)
{
    if (!menu->isEmpty())
        menu->addSeparator();
    QMenu *colours = menu->addMenu(MapView::tr("&Colour map"));
    auto *group = new QActionGroup(colours);
    for (const ColormapRow &row : colormaps()) {
        QAction *action = colours->addAction(QString::fromUtf8(row.name), view, [this, row] {
            view->setColormap(row.kind);
            emit view->colormapChanged(row.kind);
        });
        action->setCheckable(true);
        action->setChecked(row.kind == colormap);
        group->addAction(action);
    }
    QMenu *tones = menu->addMenu(MapView::tr("&Brightness scale"));
    auto *toneGroup = new QActionGroup(tones);
    const auto addTone = [&](const QString &name, const Tone &other) {
        QAction *action = tones->addAction(name, view, [this, other] { view->setTone(other); });
        action->setCheckable(true);
        action->setChecked(other == tone);
        toneGroup->addAction(action);
    };
    addTone(MapView::tr("&Linear"), {});
    addTone(MapView::tr("Lo&garithmic"), {Tone::Scale::Logarithmic, 1});
    addTone(MapView::tr("Gamma 0.&5 (shadows)"), {Tone::Scale::Gamma, 0.5});
    addTone(MapView::tr("Gamma &2 (lights)"), {Tone::Scale::Gamma, 2});
    addGamma(tones);

    QAction *lock = menu->addAction(icon("lock"), MapView::tr("&Lock the limits"), view, [this] {
        view->setLimitsLocked(!isLocked);
        emit view->limitsChanged(limits, isLocked);
    });
    lock->setCheckable(true);
    lock->setChecked(isLocked);
    lock->setToolTip(
        MapView::tr("Locked, a change in colour means a change in value; else the limits "
                    "follow each map."));
    fillLimitsMenu(menu->addMenu(MapView::tr("L&imits")));
    QAction *histogram = menu->addAction(MapView::tr("&Histogram"), view, [this] {
        view->setHistogramVisible(!isHistogramVisible);
    });
    histogram->setCheckable(true);
    histogram->setChecked(isHistogramVisible);
    QAction *counts =
        menu->addAction(MapView::tr("Histogram with logarithmic &counts"), view,
                        [this] { view->setHistogramLogarithmic(!isHistogramLogarithmic); });
    counts->setCheckable(true);
    counts->setChecked(isHistogramLogarithmic);
    menu->addAction(icon("fit"), MapView::tr("Show the &whole map"), view, [this] {
        view->fit();
        tellView();
    });
    menu->addSeparator();
    menu->addAction(icon("copy"), MapView::tr("C&opy the picture"), view,
                    [this] { QGuiApplication::clipboard()->setImage(view->picture()); });
    menu->addAction(icon("save"), MapView::tr("&Save the picture…"), view, [this] {
        auto *dialog = new QFileDialog(view, MapView::tr("Save the picture"), {},
                                       MapView::tr("Pictures (*.png)"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->setDefaultSuffix("png");
        QObject::connect(dialog, &QFileDialog::fileSelected, view,
                         [this](const QString &file) { savePicture(view->picture(), file, view); });
        dialog->open();
    });
}

} // namespace helmscope
