// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QString>

#include <deque>

namespace helmscope {

/// How far long work is, on stderr: a bar with the time left on a terminal, else a plain line now
/// and then.
class ProgressBar
{
public:
    explicit ProgressBar(const QString &what);
    ~ProgressBar(); ///< takes the bar away again

    void setText(const QString &text) { m_text = text; }
    /// Draws where it is time to.
    void show(double fraction);
    /// Prints a line of its own, above the bar.
    void say(const QString &line);

private:
    QString timeLeft(double fraction);
    void draw(double fraction);
    void clear();

    QString m_what, m_text;
    bool m_isTerminal = false;
    bool m_isDrawn = false;
    QElapsedTimer m_sinceStart, m_sinceDrawn;
    double m_lastFraction = 0;
    struct Moment
    {
        double seconds, fraction;
    };
    std::deque<Moment> m_moments; ///< of the later half of the time: the beginning is often quicker
};

} // namespace helmscope
