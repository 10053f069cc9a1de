// SPDX-License-Identifier: GPL-3.0-or-later
// Frames a second of a LineageView of 10,000 nodes and 20,000 edges while it is panned, zoomed and
// selected in, painted offscreen.
#include "base/progress.h"
#include "lineagesamples.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QThread>
#include <QWheelEvent>

#include <algorithm>
#include <cstdio>

using namespace helmscope;

namespace {

/// A campaign: each execution uses four of the newest two hundred artifacts and makes two.
LineageGraph campaign(int nodes)
{
    SampleLineage sample;
    QRandomGenerator random(1);
    std::vector<int> artifacts;
    for (int i = 0; i < 20; ++i)
        artifacts.push_back(sample.artifact(QStringLiteral("survey_%1.npy").arg(i)));
    while (int(sample.graph.nodes.size()) < nodes) {
        const int execution =
            sample.execution(QStringLiteral("Steering %1").arg(sample.graph.nodes.size()));
        std::vector<int> inputs;
        while (inputs.size() < 4) {
            const int back = random.bounded(int(std::min<std::size_t>(200, artifacts.size())));
            const int input = artifacts[artifacts.size() - 1 - std::size_t(back)];
            if (std::find(inputs.begin(), inputs.end(), input) == inputs.end())
                inputs.push_back(input);
        }
        for (int input : inputs)
            sample.edge(input, execution);
        for (const char *name : {"model", "map"}) {
            if (int(sample.graph.nodes.size()) >= nodes)
                break;
            artifacts.push_back(
                sample.artifact(QStringLiteral("%1_%2").arg(name).arg(artifacts.size()),
                                *name == 'm' && name[1] == 'o' ? "Model" : "Dataset"));
            sample.edge(execution, artifacts.back());
        }
    }
    return sample.graph;
}

template <class Frame>
void measure(const char *what, int frames, LineageView &view, Frame frame)
{
    std::vector<double> milliseconds;
    QImage target(view.size(), QImage::Format_ARGB32_Premultiplied);
    for (int i = 0; i < frames; ++i) {
        QElapsedTimer time;
        time.start();
        frame(i);
        view.render(&target, {}, {}, QWidget::RenderFlags());
        milliseconds.push_back(double(time.nsecsElapsed()) / 1e6);
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    const double median = milliseconds[milliseconds.size() / 2];
    const double p95 = milliseconds[std::size_t(double(milliseconds.size()) * 0.95)];
    std::printf("%-46s %7.2f ms median, %7.2f ms p95 %8.0f frames/s\n", what, median, p95,
                1000 / p95);
}

void wheel(LineageView &view, QPoint delta, Qt::KeyboardModifiers modifiers = {})
{
    const QPointF at = view.rect().center();
    QWheelEvent event(at, at, {}, delta, Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &event);
}

} // namespace

int main(int count, char **arguments)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(count, arguments);
    applyTheme(application, Theme::dark());
    const LineageGraph graph = campaign(10'000);
    LayoutInput input;
    const QSizeF size = LineageView::nodeSize(graph);
    input.sizes.assign(graph.nodes.size(), {size.width(), size.height()});
    for (const LineageEdge &edge : graph.edges)
        input.edges.emplace_back(edge.from, edge.to);
    QElapsedTimer time;
    time.start();
    auto picture = std::make_shared<LineagePicture>();
    picture->graph = std::make_shared<const LineageGraph>(graph);
    picture->layout = layOut(input, unwatched());
    std::size_t points = 0;
    for (const auto &route : picture->layout.routes)
        points += route.size();
    std::printf("%zu nodes, %zu edges, %zu points of routes, laid out in %lld ms\n",
                graph.nodes.size(), graph.edges.size(), points,
                static_cast<long long>(time.elapsed()));
    picture->edges = input.edges;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        picture->items.push_back({{int(i)}, {}, -1});

    for (const QSize &window : {QSize(1280, 800), QSize(2560, 1440)}) {
        LineageView view;
        view.resize(window);
        view.setAttribute(Qt::WA_DontShowOnScreen);
        view.show();
        time.restart();
        view.setPicture(picture);
        std::printf("\n%dx%d: made ready in %lld ms\n", window.width(), window.height(),
                    static_cast<long long>(time.elapsed()));
        const auto pan = [&view](int i) {
            wheel(view, {i % 40 < 20 ? 30 : -30, 0}, Qt::ShiftModifier);
        };
        view.fit();
        measure("the whole, zoomed about the middle", 40, view, [&view](int i) {
            wheel(view, {0, i % 10 < 5 ? 60 : -60});
        });
        for (double zoom : {0.05, 0.1, 0.2, 0.4, 1.0}) {
            QThread::msleep(200); // what zooming left for later
            QCoreApplication::processEvents();
            view.fit();
            view.setZoom(zoom);
            const QByteArray at = QByteArray::number(int(zoom * 100)) + " %: ";
            measure(at + "panned", 120, view, pan);
            measure(at + "painted anew", 20, view,
                    [&view, zoom](int i) { view.setZoom(zoom * (i % 2 ? 1 : 1.01)); });
            measure(at + "zoomed by the wheel", 40, view, [&view](int i) {
                wheel(view, {0, i % 10 < 5 ? 8 : -8});
            });
        }
        view.fit();
        time.restart();
        int paints = 0;
        QImage target(view.size(), QImage::Format_ARGB32_Premultiplied);
        do {
            view.render(&target, {}, {}, QWidget::RenderFlags());
            ++paints;
            QCoreApplication::processEvents();
        } while (!view.isPainted());
        std::printf("%-46s %7lld ms in %d paints\n", "the whole, until all of it is painted",
                    static_cast<long long>(time.elapsed()), paints);
        measure("a node selected, its lineage lit", 40, view,
                [&view](int i) { view.setSelectedNode(5000 + i); });
    }
}
