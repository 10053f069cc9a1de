// SPDX-License-Identifier: GPL-3.0-or-later
// What the window does with several open documents: it shows one, and minds the one that runs.
#include "app/banner.h"
#include "app/mainwindow.h"
#include "app/opentabs.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/proposalbar.h"
#include "app/runbar.h"
#include "app/statusline.h"
#include "app/tabviews.h"

#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QUndoStack>

namespace helmscope {

void MainWindow::makeTabs()
{
    m_tabViews = new TabViews(m_helm.get(), m_panels, m_plan, this);
    m_tabs = new OpenTabs(m_helm.get(), menuBar());
    connect(m_tabs, &OpenTabs::closeWished, this, &MainWindow::closeTab);
}

QUndoStack *MainWindow::undo() const
{
    return m_tabViews->undo();
}

void MainWindow::connectTabs()
{
    Helm *helm = m_helm.get();
    connect(helm, &Helm::documentShown, this, [this] {
        m_status->setOutcome({});
        showState(m_helm->state());
        keepDoseLimit();
        showQuestion();
    });
    // A run of a workspace has the other runs beside it, whichever way it was opened.
    for (auto shown : {&Helm::documentShown, &Helm::runShown})
        connect(helm, shown, this, [this] {
            const QString &folder = m_helm->workspaceOfRun();
            if (!m_workspace->isOpen() && !folder.isEmpty() && Workspace::isWorkspace(folder))
                m_workspace->open(folder);
        });
    connect(helm, &Helm::proposed, this, &MainWindow::showQuestion);
    connect(m_proposal, &ProposalBar::answered, this, &MainWindow::showQuestion);
    connect(helm, &Helm::documentsChanged, this, [this] {
        showLiveName();
        showTitle();
    });
    connect(helm, &Helm::liveAdvanced, this, [this] {
        if (m_helm->isLiveShown())
            return; // told by stepsTaken()
        showQuestion();
        showPace();
    });
    connect(m_bar, &RunBar::liveWished, this, [this] {
        if (m_helm->live())
            m_helm->show(m_helm->live()->id);
    });
    connect(helm, &Helm::runEnded, this, &MainWindow::tellHiddenEnd);
    connect(m_tabViews, &TabViews::planShown, this, [this](const Plan &plan) {
        m_bar->setAcquisition(plan.acquisition.kind);
        m_bar->setSteps(plan.steps);
    });
    connect(helm, &Helm::notReopened, this, [this](const QString &place, const QString &reason) {
        m_notReopened << tr("%1 (%2)").arg(place, reason);
    });
    connect(helm, &Helm::reopened, this, [this] {
        if (!m_notReopened.isEmpty())
            m_banner->tell(tr("Not opened again: %1").arg(m_notReopened.join("; ")));
        m_notReopened.clear();
        if (m_helm->documents().empty())
            openSimulated();
        m_tabViews->remember();
    });
}

/// A proposal is judged where its pixel can be seen; elsewhere the window says that it waits.
void MainWindow::showQuestion()
{
    const bool isShown = m_helm->isLiveShown();
    m_proposal->setAsking(m_approve->isChecked() && isShown);
    const bool isWaiting = m_helm->proposal() && m_approve->isChecked();
    if (isWaiting && isShown)
        m_proposal->propose(*m_helm->proposal());
    if (!isWaiting || isShown) {
        m_banner->withdraw(std::exchange(m_waitingSentence, {}));
        return;
    }
    if (!m_waitingSentence.isEmpty())
        return;
    m_waitingSentence =
        tr("%1 waits for you: measure the next pixel, or veto it?").arg(m_helm->live()->runName());
    m_banner->offer(m_waitingSentence, tr("Show it"), [this] {
        m_waitingSentence.clear();
        if (m_helm->live())
            m_helm->show(m_helm->live()->id);
    });
}

/// While another document is shown: whose the buttons are.
void MainWindow::showLiveName()
{
    const OpenDocument *live = m_helm->live();
    m_bar->setLiveName(live && !m_helm->isLiveShown() ? live->runName() : QString());
}

void MainWindow::showPace()
{
    if (const OpenDocument *live = m_helm->live())
        m_bar->setPace(live->run.secondsPerStep(), m_helm->secondsLeft());
    else if (m_helm->state() == Helm::State::Ready && m_helm->run().isEmpty())
        m_bar->setCost(m_plan->costText());
    else
        m_bar->setPace(m_helm->run().secondsPerStep(), 0);
}

void MainWindow::tellHiddenEnd(Run::Outcome, const QString &message)
{
    const OpenDocument *ended = m_helm->lastLive();
    if (!ended || ended == &m_helm->document())
        return;
    const QString sentence =
        tr("%1 has ended after %2 steps.").arg(ended->runName()).arg(ended->run.size());
    m_banner->offer(message.isEmpty() ? sentence : tr("%1 %2").arg(sentence, message),
                    tr("Show it"), [this, id = ended->id] { m_helm->show(id); });
}

void MainWindow::closeTab(int id)
{
    const OpenDocument *document = m_helm->find(id);
    if (!document)
        return;
    if (document != m_helm->live())
        return m_helm->close(id);
    if (m_closeQuestion) {
        m_closeQuestion->raise();
        return;
    }
    // Not modal: ABORT stays within reach, and the run may end meanwhile.
    m_closeQuestion = new QMessageBox(
        QMessageBox::Question, tr("A run is going on"),
        tr("Stop %1 and close its tab? All steps so far are saved.").arg(document->runName()),
        QMessageBox::NoButton, this);
    m_closeQuestion->setObjectName("closeTabQuestion");
    m_closeQuestion->setAttribute(Qt::WA_DeleteOnClose);
    m_closeQuestion->setModal(false);
    QPushButton *stop = m_closeQuestion->addButton(tr("Stop and close"), QMessageBox::AcceptRole);
    QPushButton *keep = m_closeQuestion->addButton(tr("Keep running"), QMessageBox::RejectRole);
    m_closeQuestion->setDefaultButton(keep);
    m_closeQuestion->setEscapeButton(keep);
    connect(m_closeQuestion, &QMessageBox::buttonClicked, this,
            [this, stop, id](QAbstractButton *button) {
                if (button != static_cast<QAbstractButton *>(stop))
                    return;
                const OpenDocument *asked = m_helm->find(id);
                if (!asked || asked != m_helm->live())
                    return m_helm->close(id);
                m_closing = id; // when it has ended
                m_helm->stop();
            });
    m_closeQuestion->show();
}

} // namespace helmscope
