// SPDX-License-Identifier: GPL-3.0-or-later
// How long a frame of a 4096 x 4096 image takes: panned, zoomed, with graphics dragged over it.
#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QMouseEvent>
#include <QWheelEvent>
#include <QWindow>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

using namespace helmscope;

namespace {

constexpr int side = 4096, frames = 240;

/// Milliseconds of each call, the painting included.
void measure(const char *name, MapView &view, const std::function<void(int)> &change)
{
    std::vector<double> times, processor; // the latter is the machine's load's no concern
    QElapsedTimer clock;
    for (int i = 0; i < frames; ++i) {
        clock.start();
        const std::clock_t before = std::clock();
        change(i);
        view.repaint();
        processor.push_back(1e3 * double(std::clock() - before) / CLOCKS_PER_SEC);
        times.push_back(double(clock.nsecsElapsed()) / 1e6);
    }
    const auto tell = [](std::vector<double> &of, const char *what) {
        std::sort(of.begin(), of.end());
        std::printf("   %s: median %6.2f, 99 %% %6.2f, longest %6.2f", what, of[of.size() / 2],
                    of[of.size() * 99 / 100], of.back());
    };
    std::printf("%-34s", name);
    tell(times, "ms");
    tell(processor, "processor ms");
    std::printf("\n");
}

void send(MapView &view, QEvent::Type type, const QPointF &at, Qt::MouseButtons buttons)
{
    QMouseEvent event(type, at, view.mapToGlobal(at),
                      type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, buttons, {});
    QApplication::sendEvent(&view, &event);
}

void wheel(MapView &view, int delta)
{
    const QPointF at = view.mapArea().center();
    QWheelEvent event(at, view.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &event);
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    applyTheme(application, Theme::dark());
    Map map(side, side);
    for (int r = 0; r < side; ++r)
        for (int c = 0; c < side; ++c)
            map(r, c) =
                float(std::sin(r * 0.05) * std::cos(c * 0.031) + 0.1 * ((r * 7 + c * 3) % 11));
    Graphics graphics(nullptr);
    MapView view;
    view.resize(1000, 800);
    view.setPixelSizeNm(0.02);
    view.setGraphics(&graphics);
    view.setHistogramVisible(true);
    view.show();
    while (!view.windowHandle() || !view.windowHandle()->isExposed())
        QApplication::processEvents();
    QElapsedTimer clock;
    clock.start();
    const std::clock_t beforeFirst = std::clock();
    view.setMap(std::move(map));
    view.repaint();
    std::printf("%-34s   %.1f ms, processor %.1f ms\n", "first frame",
                double(clock.nsecsElapsed()) / 1e6,
                1e3 * double(std::clock() - beforeFirst) / CLOCKS_PER_SEC);

    for (const double zoom : {0.2, 0.5, 1.0, 4.0, 32.0}) {
        view.setZoom(zoom);
        const QPointF middle = view.mapArea().center();
        send(view, QEvent::MouseButtonPress, middle, Qt::LeftButton);
        measure(qPrintable(QString("pan at %1 screen pixels a pixel").arg(zoom)), view, [&](int i) {
            send(view, QEvent::MouseMove,
                 middle + 150 * QPointF(std::cos(i * 0.1) - 1, std::sin(i * 0.1)) + QPointF(20, 0),
                 Qt::LeftButton);
        });
        send(view, QEvent::MouseButtonRelease, middle, Qt::NoButton);
    }
    view.fit();
    measure("zoom with the wheel", view, [&](int i) { wheel(view, i % 80 < 40 ? 60 : -60); });
    view.fit();
    const int number = graphics.add({0, Graphic::Kind::Ellipse, {{500, 500}, {3000, 2500}}, 1});
    measure("drag an ellipse", view, [&](int i) {
        graphics.preview(shifted(*graphics.find(number), {10 * std::cos(i * 0.1), 5}));
    });
    return 0;
}
