// SPDX-License-Identifier: GPL-3.0-or-later
// What the window does with what is drawn, and how it is taken back.
#include "app/commandpalette.h"
#include "app/dosepanel.h"
#include "app/drawbar.h"
#include "app/fftwindow.h"
#include "app/mainwindow.h"
#include "app/panels.h"
#include "app/statusline.h"
#include "app/tabviews.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QInputDialog>
#include <QMenuBar>
#include <QSettings>
#include <QUndoGroup>
#include <QUndoStack>

namespace helmscope {

void MainWindow::makeEditMenu()
{
    QMenu *edit = menuBar()->addMenu(tr("&Edit"));
    QAction *takeBack = m_tabViews->undoGroup()->createUndoAction(this, tr("&Undo"));
    takeBack->setIcon(icon("undo"));
    takeBack->setShortcut(QKeySequence::Undo);
    takeBack->setToolTip(tr("Takes back what was last drawn, painted or queued. What was measured "
                            "stays measured."));
    QAction *redo = m_tabViews->undoGroup()->createRedoAction(this, tr("&Redo"));
    redo->setIcon(icon("redo"));
    redo->setShortcut(QKeySequence("Ctrl+Shift+Z")); // Ctrl+Y measures what is proposed
    redo->setToolTip(tr("Does again what was taken back."));
    edit->addActions({takeBack, redo});
    edit->addSeparator();
    edit->addActions(m_drawBar->tools());
    edit->addSeparator();
    edit->addActions(m_drawBar->purposes());
    edit->addAction(icon("prefer"), tr("What preferred regions &count…"), this,
                    &MainWindow::askForFactor)
        ->setToolTip(tr("How many times the acquisition counts there."));
    QAction *release = edit->addAction(icon("allow"), tr("Re&lease all regions"), this,
                                       &MainWindow::releaseRegions);
    release->setToolTip(tr("Nothing is forbidden or preferred any more."));
    edit->addSeparator();
    edit->addAction(icon("fft"), tr("&FFT of the region"), QKeySequence("Ctrl+F"), this,
                    &MainWindow::openFft)
        ->setToolTip(tr("The Fourier transform of the graphic that is selected, or of the whole "
                        "map, in a window that follows it."));
    edit->addSeparator();
    edit->addAction(tr("Command &palette…"), QKeySequence("Ctrl+K"), this, &MainWindow::openPalette)
        ->setToolTip(tr("Finds any command of the menus by part of its name."));
    QAction *settings =
        edit->addAction(tr("&Settings…"), QKeySequence("Ctrl+,"), this, &MainWindow::openSettings);
    settings->setMenuRole(QAction::PreferencesRole);
    settings->setToolTip(tr("Theme, font, language, numbers, dose, where recordings go."));
}

void MainWindow::openPalette()
{
    constexpr qsizetype mostRecent = 10;
    if (!m_palette) {
        m_palette = new CommandPalette(this);
        connect(m_palette, &CommandPalette::chosen, this, [this](const QString &path) {
            m_recentCommands.removeAll(path);
            m_recentCommands.prepend(path);
            m_recentCommands = m_recentCommands.mid(0, mostRecent);
            if (m_isRemembering)
                QSettings().setValue("window/recentCommands", m_recentCommands);
        });
        if (m_isRemembering)
            m_recentCommands = QSettings().value("window/recentCommands").toStringList();
    }
    fillRecent(); // its menu has not been looked at yet
    m_palette->open(commandsIn(menuBar()), m_recentCommands);
}

void MainWindow::paintRegion(const Mask &pixels, DrawnFor purpose)
{
    const Regions &now = m_helm->regions();
    switch (purpose) {
    case DrawnFor::Forbidding:
        return undo()->push(
            new RegionsChange(m_helm.get(), forbidding(now, pixels), tr("Forbid a region")));
    case DrawnFor::Preferring:
        return undo()->push(
            new RegionsChange(m_helm.get(), preferring(now, pixels), tr("Prefer a region")));
    case DrawnFor::Releasing:
        return undo()->push(
            new RegionsChange(m_helm.get(), releasing(now, pixels), tr("Release a region")));
    case DrawnFor::Measuring:
        break;
    }
}

/// Pixels that one point more would bring over the limit are forbidden. Not on the undo stack: what
/// the sample has got cannot be taken back.
void MainWindow::keepDoseLimit()
{
    const Mask mask = m_panels->dose()->beyond();
    if (!m_helm->isLiveShown() || mask.size() == 0)
        return;
    const Regions next = forbidding(m_helm->regions(), mask);
    if (next == m_helm->regions())
        return;
    m_helm->setRegions(next);
    m_status->showMessage(
        tr("▲ Closed by the limit of the dose: %1 pixels.").arg(qint64(mask.count())), 4000);
}

void MainWindow::releaseRegions()
{
    if (m_helm->regions().isEmpty())
        return;
    Regions none;
    none.preferred.factor = m_helm->regions().preferred.factor;
    undo()->push(new RegionsChange(m_helm.get(), none, tr("Release all regions")));
}

void MainWindow::askForFactor()
{
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName("factor");
    dialog->setInputMode(QInputDialog::DoubleInput);
    dialog->setWindowTitle(tr("Preferred regions"));
    dialog->setLabelText(tr("In preferred regions the acquisition counts so many times:"));
    dialog->setDoubleDecimals(2);
    dialog->setDoubleRange(1, Preference::mostFactor);
    dialog->setDoubleValue(m_helm->regions().preferred.factor);
    connect(dialog, &QInputDialog::doubleValueSelected, this, [this](double factor) {
        Regions regions = m_helm->regions();
        regions.preferred.factor = factor;
        if (!(regions == m_helm->regions()))
            undo()->push(
                new RegionsChange(m_helm.get(), regions, tr("Change what is preferred counts")));
    });
    dialog->show(); // not modal: ABORT stays within reach
}

FftWindow *MainWindow::openFft()
{
    MapView *of = m_panels->survey();
    for (MapView *map : {m_panels->mean(), m_panels->deviation(), m_panels->acquisition()})
        if (map->hasFocus() && !map->isEmpty())
            of = map;
    if (of->isEmpty())
        return nullptr;
    const Graphic *selected = m_panels->graphics()->find(m_panels->graphics()->selected());
    auto *window = new FftWindow(of, m_panels->graphics(),
                                 selected && !selected->isLine() ? selected->number : 0);
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    window->show();
    return window;
}

} // namespace helmscope
