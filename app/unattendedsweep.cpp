// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/unattendedsweep.h"

#include "app/banner.h"
#include "app/metasweepwindow.h"
#include "app/unattended.h"

#include <QTextStream>
#include <QTimer>

#include <chrono>

namespace helmscope {

using namespace std::chrono_literals;

UnattendedSweep::UnattendedSweep(const StartOptions &options, MetaSweepWindow *window)
    : QObject(window)
    , m_options(options)
    , m_window(window)
{
    if (!m_options.isQuitAtEnd && m_options.pictures.isEmpty())
        return;
    // Something to compare with, that every program can make.
    connect(window, &MetaSweepWindow::opened, this,
            [this] { m_window->recommendFor(QStringLiteral("simulated:rods,prisms:20")); });
    connect(window, &MetaSweepWindow::recommended, this,
            [this] { QTimer::singleShot(200ms, this, [this] { end(0); }); });
    connect(window, &MetaSweepWindow::troubled, this, [this](const QString &sentence) {
        QTextStream(stderr) << sentence << '\n';
        end(1);
    });
}

void UnattendedSweep::end(int exitCode)
{
    if (!savePictureInto(m_options.pictures, m_window, "meta-sweep"))
        exitCode = 1;
    if (m_options.isQuitAtEnd)
        emit finished(exitCode);
}

} // namespace helmscope
