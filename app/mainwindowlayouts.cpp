// SPDX-License-Identifier: GPL-3.0-or-later
// The menu of the window's layouts.
#include "app/layouts.h"
#include "app/mainwindow.h"
#include "app/panels.h"
#include "app/statusline.h"
#include "app/timeline.h"
#include "widgets/mapview.h"

#include <QActionGroup>
#include <QDockWidget>
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
        {"lineage", "F7",
         tr("What the run was made from, step by step, with runs and spectra beside it.")},
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

/// For What's This, of each panel as a whole.
void MainWindow::explainDocks()
{
    const std::pair<const char *, QString> texts[]{
        {"mean",
         tr("What the model believes of every pixel after the step that is looked at. Hover "
            "to read it, click to pin the cursor, right-click for colours and limits.")},
        {"deviation", tr("How unsure the model is of every pixel: one standard deviation, in the "
                         "unit of the mean.")},
        {"acquisition", tr("How much each pixel is worth measuring; the next one is where it is "
                           "most, unless you say otherwise.")},
        {"spectrum",
         tr("The spectrum under the cursor: measured, predicted with ± 2 σ, pinned ones. "
            "Drag the band or its edges to say what the value is.")},
        {"curves", tr("How value, uncertainty, loss and trust go with the steps. Click a curve to "
                      "look at that step.")},
        {"steps", tr("Each measurement with place, reason, prediction and value. Click one to look "
                     "at it; right-click shows it in the lineage.")},
        {"plan", tr("What to explore and how. Acquisition, budget and value can be changed while a "
                    "run is going on; the rest holds for the next one.")},
        {"runs", tr("The runs of the workspace that is open: search, open, compare.")},
        {"catalog", tr("The recordings in a folder, to be opened by a double click.")},
        {"lineage",
         tr("What this run was made from and what came of it, around the step that is looked "
            "at. Click a step to go there, double-click anything else to see what is around "
            "it.")},
        {"watch", tr("How the instrument has changed during the run: drift, focus, reference.")},
        {"measure", tr("Sizes and statistics of what is drawn on the maps.")},
        {"dose", tr("The electrons each place has got, what the next points cost, and the limit "
                    "beyond which pixels are forbidden.")},
        {"embedding",
         tr("All patches of the image by likeness, coloured by the prediction, with "
            "the run between them: whether the search goes everywhere or is trapped.")},
        {"reliability", tr("Whether σ can be believed: how many values, each predicted before it "
                           "was measured, lay within which interval.")}};
    for (const auto &[name, text] : texts)
        for (QDockWidget *dock : m_docks)
            if (dock->objectName() == QLatin1String(name))
                dock->setWhatsThis(text);
    m_panels->timeline()->setWhatsThis(
        tr("The steps of the run: drag to look back, play it at another speed, go from mark to "
           "mark, branch."));
    m_panels->survey()->setWhatsThis(
        tr("The image taken before anything was measured, with the path of the run. Click to pin "
           "the cursor, right-click to measure there next, Shift+drag to forbid."));
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
