// SPDX-License-Identifier: GPL-3.0-or-later
// Milliseconds from opening a store to its whole graph on the screen, painted offscreen: of the
// store given as argument, or of the seeds'. The first opening loads what Qt needs of SQLite and
// fonts.
#include "app/lineagewindow.h"
#include "widgets/lineageview.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QImage>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace helmscope;

int main(int count, char **arguments)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(count, arguments);
    applyTheme(application, Theme::dark());
    const QString store =
        count > 1 ? QString::fromLocal8Bit(arguments[1])
                  : QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/lineage/aldkl.mlmd");
    if (!QFileInfo::exists(store)) {
        std::printf("%s is not here.\n", qPrintable(store));
        return 1;
    }
    constexpr int times = 11;
    for (const QSize &size : {QSize(1280, 800), QSize(2560, 1440)}) {
        std::vector<double> milliseconds;
        for (int i = 0; i < times; ++i) {
            LineageWindow window;
            window.resize(size);
            window.show();
            QCoreApplication::processEvents();
            QImage target(size, QImage::Format_ARGB32_Premultiplied);
            QElapsedTimer time;
            QEventLoop loop;
            QObject::connect(&window, &LineageWindow::drawn, &loop, &QEventLoop::quit);
            QObject::connect(&window, &LineageWindow::failed, &loop, &QEventLoop::quit);
            time.start();
            window.open(store);
            loop.exec();
            do {
                window.render(&target);
                if (window.view()->isPainted() || window.view()->isEmpty())
                    break;
                QCoreApplication::processEvents();
            } while (true);
            milliseconds.push_back(double(time.nsecsElapsed()) / 1e6);
            if (i == 0)
                std::printf("%dx%d: %zu nodes, first opening %.0f ms\n", size.width(),
                            size.height(), window.graph() ? window.graph()->nodes.size() : 0,
                            milliseconds[0]);
        }
        std::sort(milliseconds.begin(), milliseconds.end());
        std::printf("%dx%d: median %.0f ms, longest %.0f ms of %d\n", size.width(), size.height(),
                    milliseconds[times / 2], milliseconds.back(), times);
    }
}
