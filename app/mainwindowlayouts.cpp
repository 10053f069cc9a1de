// SPDX-License-Identifier: GPL-3.0-or-later
// The menu of the window's layouts.
#include "app/layouts.h"
#include "app/mainwindow.h"
#include "app/statusline.h"

#include <QActionGroup>
#include <QInputDialog>
#include <QMenu>

namespace helmscope {

void MainWindow::makeLayoutMenu(QMenu *view)
{
    m_layouts = new Layouts(this, m_isRemembering);
    m_layoutMenu = view->addMenu(tr("La&yout"));
    m_layoutMenu->setToolTipsVisible(true);
    view->addAction(tr("&Reset the layout"), this,
                    [this] {
                        m_layouts->reset();
                        m_titlesSoon.start();
                    })
        ->setToolTip(tr("Puts the panels of this layout back where they were in the beginning."));
    view->addAction(tr("&Jobs"), QKeySequence("Ctrl+J"), m_status, &StatusLine::openJobs)
        ->setToolTip(tr("Everything that is going on, waits or has failed."));
    // Queued: its own entries ask for it.
    connect(m_layouts, &Layouts::changed, this, &MainWindow::fillLayouts, Qt::QueuedConnection);
    fillLayouts();
}

void MainWindow::fillLayouts()
{
    struct Help
    {
        QString key, keys, text;
    };
    const Help builtIn[]{
        {"steer", "F5", tr("For a run: image, beliefs, spectrum, plan, curves.")},
        {"review", "F6", tr("For a run that has ended: curves, trust, steps, measuring.")},
        {"lineage", "F7", tr("Runs and their steps beside the image, to find where it came from.")},
        {"compare", "F8", tr("The list of runs to choose from, and the one that is open.")}};
    m_layoutMenu->clear();
    delete m_layoutGroup;
    m_layoutGroup = new QActionGroup(this);
    for (const Layouts::Layout &layout : m_layouts->all()) {
        // A name of the user's may hold what marks the key of a menu.
        QAction *action = m_layoutMenu->addAction(QString(layout.name).replace('&', "&&"), this,
                                                  [this, key = layout.key] { showLayout(key); });
        action->setObjectName("layout-" + layout.key);
        action->setCheckable(true);
        action->setChecked(layout.key == m_layouts->current());
        m_layoutGroup->addAction(action);
        for (const Help &help : builtIn)
            if (help.key == layout.key) {
                action->setShortcut(QKeySequence(help.keys));
                action->setToolTip(help.text);
            }
    }
    m_layoutMenu->addSeparator();
    m_layoutMenu
        ->addAction(tr("&Keep as…"), this,
                    [this] { askForLayout(tr("Keep the layout as"), &Layouts::keepAs, {}); })
        ->setToolTip(tr("Keeps where the panels are under a name."));
    const auto addForOwn = [this](const QString &text, const QString &help, auto what) {
        QAction *action = m_layoutMenu->addAction(text, this, what);
        action->setEnabled(m_layouts->canChange());
        action->setToolTip(help);
    };
    addForOwn(tr("Re&name…"), tr("Of the layout that is shown, where you have kept it."), [this] {
        QString now;
        for (const Layouts::Layout &layout : m_layouts->all())
            if (layout.key == m_layouts->current())
                now = layout.name;
        askForLayout(tr("Rename the layout"), &Layouts::rename, now);
    });
    addForOwn(tr("&Delete"), tr("Of the layout that is shown, where you have kept it."), [this] {
        m_layouts->remove();
        m_titlesSoon.start();
    });
}

void MainWindow::showLayout(const QString &key)
{
    m_layouts->show(key);
    m_titlesSoon.start();
}

void MainWindow::askForLayout(const QString &title, bool (Layouts::*take)(const QString &),
                              const QString &name)
{
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName("layoutName");
    dialog->setWindowTitle(title);
    dialog->setLabelText(tr("Name of the layout:"));
    dialog->setTextValue(name);
    connect(dialog, &QInputDialog::textValueSelected, this, [this, take](const QString &wished) {
        if (!(m_layouts->*take)(wished))
            m_status->showMessage(
                tr("The layout cannot be called '%1': the name is empty or taken.").arg(wished),
                6000);
    });
    dialog->show(); // not modal: ABORT stays within reach
}

} // namespace helmscope
