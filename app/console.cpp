// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console.h"

#include "app/ongoing.h"

#include <QGuiApplication>

namespace helmscope {

Console::Console(const StartOptions &options)
    : m_options(options)
    , m_window(std::make_unique<MainWindow>(options))
{
    watch();
}

Console::~Console() = default;

void Console::watch()
{
    // Queued: the wish comes from a child of the window that is about to go.
    connect(m_window.get(), &MainWindow::anewWished, this, &Console::makeAnew,
            Qt::QueuedConnection);
}

void Console::makeAnew()
{
    const bool quits = QGuiApplication::quitOnLastWindowClosed();
    QGuiApplication::setQuitOnLastWindowClosed(false); // for a moment there is none
    m_options.atStep.reset();                          // of what was opened in the beginning
    m_options.scalarizer.reset();
    Ongoing ongoing = m_window->giveAway();
    m_window.reset();
    applyLanguage(ongoing.preferences);
    m_window = std::make_unique<MainWindow>(m_options, &ongoing);
    watch();
    m_window->show();
    m_window->goOn(ongoing);
    QGuiApplication::setQuitOnLastWindowClosed(quits);
    emit windowMade();
}

} // namespace helmscope
