// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/startoptions.h"

#include <QObject>

namespace helmscope {

class MainWindow;

/// What --run, --pictures and --quit ask for: waits for the sample, runs, saves pictures, and with
/// --quit says finished().
class Unattended final : public QObject
{
    Q_OBJECT
public:
    Unattended(const StartOptions &options, MainWindow *window);

signals:
    void finished(int exitCode);

private:
    void begin();
    void end();
    void savePicture(const QString &name);
    void afterPainting(void (Unattended::*then)());

    StartOptions m_options;
    MainWindow *m_window;
    bool m_hasBegun = false;
    int m_exitCode = 0;
};

/// Saves what the widget shows as a PNG; throws Error when it cannot be written.
void savePicture(QWidget *widget, const QString &file);

} // namespace helmscope
