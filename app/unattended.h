// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/startoptions.h"

#include <QObject>

namespace helmscope {

class Banner;
class CompareWindow;
class HistoryWindow;
class LineageWindow;
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
    void endWithInstrument(); ///< a picture more, of a run that watched over it
    void tellEnd();
    void savePicture(const QString &name);
    void afterPainting(void (Unattended::*then)());

    StartOptions m_options;
    MainWindow *m_window;
    bool m_hasBegun = false;
    int m_exitCode = 0;
};

/// The same for the lineage window: pictures of the whole, focused on a model, and comparing.
class UnattendedLineage final : public QObject
{
    Q_OBJECT
public:
    UnattendedLineage(const StartOptions &options, LineageWindow *window);

signals:
    void finished(int exitCode);

private:
    void afterPainting(void (UnattendedLineage::*then)());
    void focus();
    void compare();
    void sweep();
    void end();
    void savePicture(const QString &name);

    StartOptions m_options;
    LineageWindow *m_window;
    int m_exitCode = 0;
    bool m_hasBegun = false;
};

/// The same for a comparison: a picture when it is made.
class UnattendedComparison final : public QObject
{
    Q_OBJECT
public:
    UnattendedComparison(const StartOptions &options, CompareWindow *window);

signals:
    void finished(int exitCode);

private:
    void end();

    StartOptions m_options;
    CompareWindow *m_window;
};

/// The same for the versions of a workspace: a picture of the newest one that has a run.
class UnattendedHistory final : public QObject
{
    Q_OBJECT
public:
    UnattendedHistory(const StartOptions &options, HistoryWindow *window);

signals:
    void finished(int exitCode);

private:
    void end();

    StartOptions m_options;
    HistoryWindow *m_window;
};

/// Saves what the widget shows as a PNG; throws Error when it cannot be written.
void savePicture(QWidget *widget, const QString &file);

/// The same for programs nobody watches: into a folder (none: no picture), said on stdout, and what
/// goes wrong on stderr; false then.
bool savePictureInto(const QString &folder, QWidget *widget, const QString &name);

/// Asks where to, and saves a picture of the window; what goes wrong is told in the banner.
void choosePictureFile(QWidget *window, Banner *banner);

} // namespace helmscope
