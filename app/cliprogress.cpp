// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cliprogress.h"

#include "app/cli.h"
#include "base/tr.h"

#include <QTextStream>

#include <algorithm>
#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

namespace helmscope {

namespace {

constexpr int drawEveryMs = 100;          // on a terminal
constexpr int lineEveryMs = 30'000;       // elsewhere, and then only after ...
constexpr double lineEveryFraction = 0.1; // ... so much progress

int terminalWidth()
{
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

ProgressBar::ProgressBar(const QString &what)
    : m_what(what)
    , m_isTerminal(isatty(STDERR_FILENO))
{
    m_sinceStart.start();
}

ProgressBar::~ProgressBar()
{
    clear();
}

void ProgressBar::show(double fraction)
{
    fraction = std::clamp(fraction, 0.0, 1.0);
    if (m_isTerminal) {
        if (!m_sinceDrawn.isValid() || m_sinceDrawn.hasExpired(drawEveryMs))
            draw(fraction);
    } else if ((m_sinceDrawn.isValid() ? m_sinceDrawn : m_sinceStart).hasExpired(lineEveryMs) &&
               fraction - m_lastFraction >= lineEveryFraction) {
        m_lastFraction = fraction;
        m_sinceDrawn.start();
        printError(
            QStringLiteral("%1: %2 %, %3")
                .arg(m_what)
                .arg(int(100 * fraction))
                .arg(m_text.isEmpty() ? timeLeft(fraction) : m_text + ", " + timeLeft(fraction)));
    }
}

void ProgressBar::say(const QString &line)
{
    clear();
    printError(line);
}

QString ProgressBar::timeLeft(double fraction)
{
    const double elapsed = double(m_sinceStart.elapsed()) / 1000;
    m_moments.push_back({elapsed, fraction});
    while (m_moments.size() > 2 && m_moments[1].seconds < elapsed / 2)
        m_moments.pop_front();
    const double done = fraction - m_moments.front().fraction;
    if (done <= 0 || elapsed < 1)
        return Tr::tr("time left unknown");
    const double left = std::round((elapsed - m_moments.front().seconds) * (1 - fraction) / done);
    if (left >= 3600)
        return Tr::tr("%1 h %2 min left").arg(int(left / 3600)).arg(int(left / 60) % 60);
    if (left >= 60)
        return Tr::tr("%1 min %2 s left").arg(int(left / 60)).arg(int(left) % 60);
    return Tr::tr("%1 s left").arg(int(left));
}

void ProgressBar::draw(double fraction)
{
    constexpr int cells = 24;
    const int full = int(std::round(fraction * cells));
    QString line = QStringLiteral("%1 [%2%3] %4 %  %5")
                       .arg(m_what, QString(full, '#'), QString(cells - full, '-'))
                       .arg(int(100 * fraction), 3)
                       .arg(timeLeft(fraction));
    if (!m_text.isEmpty())
        line += "  " + m_text;
    line.truncate(terminalWidth() - 1);
    QTextStream(stderr) << "\r\x1b[K" << line;
    m_isDrawn = true;
    m_sinceDrawn.start();
}

void ProgressBar::clear()
{
    if (m_isDrawn)
        QTextStream(stderr) << "\r\x1b[K";
    m_isDrawn = false;
}

} // namespace helmscope
