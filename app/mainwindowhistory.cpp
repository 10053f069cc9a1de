// SPDX-License-Identifier: GPL-3.0-or-later
// The menu History: versions and lineage of the open workspace.
#include "app/mainwindow.h"

#include "app/banner.h"
#include "app/historywindow.h"
#include "app/openworkspace.h"

#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>

namespace helmscope {

void MainWindow::makeHistoryMenu()
{
    QMenu *history = menuBar()->addMenu(tr("Hi&story"));
    QAction *versions = history->addAction(tr("&Versions…"), QKeySequence("Ctrl+Shift+H"), this,
                                           &MainWindow::openHistory);
    versions->setObjectName("versions");
    versions->setToolTip(tr("What was explored in this workspace, version by version; runs can be "
                            "opened and restored from there."));
    QAction *lineage = history->addAction(tr("&Lineage of this workspace"), this, [this] {
        openLineage(m_workspace->folder() + QStringLiteral("/mlmd"));
    });
    lineage->setObjectName("workspaceLineage");
    lineage->setToolTip(tr("Which run made what from what."));
    connect(history, &QMenu::aboutToShow, this, [this, versions, lineage] {
        versions->setEnabled(m_workspace->isOpen());
        lineage->setEnabled(m_workspace->isOpen() &&
                            QFileInfo::exists(m_workspace->folder() + QStringLiteral("/mlmd")));
    });
    // Short cuts do not ask the menu.
    connect(history, &QMenu::aboutToHide, versions, [versions] { versions->setEnabled(true); });
}

void MainWindow::openHistory()
{
    if (!m_workspace->isOpen()) {
        m_banner->tell(
            tr("There are no versions yet: open a workspace, or start a run, which makes "
               "one."));
        return;
    }
    auto *window = new HistoryWindow(m_workspace->folder());
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    const QString folder = m_workspace->folder();
    connect(window, &HistoryWindow::runWished, this, [this, folder](const QString &id) {
        m_helm->openRun(folder, id);
        raise();
        activateWindow();
    });
    connect(window, &HistoryWindow::restoreWished, this,
            [this, folder](const QString &id, const QString &version) {
                restoreRun(folder, id, version);
            });
    connect(m_workspace.get(), &OpenWorkspace::runsRead, window, &HistoryWindow::reload);
    window->show();
}

void MainWindow::restoreRun(const QString &folder, const QString &id, const QString &version)
{
    m_workspace->jobs().run(
        tr("Restoring run %1").arg(id), this,
        [folder, id, version](const Progress &progress) {
            return Workspace(folder).restore(id, version, progress);
        },
        [this, folder, id](const QString &restored) {
            m_workspace->reload();
            m_banner->offer(
                restored == id ? tr("Run %1 is as it was.").arg(id)
                               : tr("Run %1 has other files now and stays; as it was it "
                                    "lies in %2.")
                                     .arg(id, restored),
                tr("Open it"), [this, folder, restored] { m_helm->openRun(folder, restored); });
        });
}

} // namespace helmscope
