// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/startoptions.h"

#include <QObject>

namespace helmscope {

class MetaSweepWindow;

/// --pictures and --quit for the window of a sweep: a picture of the table, and one with what is
/// recommended for the tasks it was asked for.
class UnattendedSweep final : public QObject
{
    Q_OBJECT
public:
    UnattendedSweep(const StartOptions &options, MetaSweepWindow *window);

signals:
    void finished(int exitCode);

private:
    void end(int exitCode);

    StartOptions m_options;
    MetaSweepWindow *m_window;
};

} // namespace helmscope
