// SPDX-License-Identifier: GPL-3.0-or-later
// What the user sets, and the window made anew where it cannot follow otherwise.
#include "app/banner.h"
#include "app/dosepanel.h"
#include "app/mainwindow.h"
#include "app/notices.h"
#include "app/ongoing.h"
#include "app/panels.h"
#include "app/persondialog.h"
#include "app/planpanel.h"
#include "app/runbar.h"
#include "app/settingsdialog.h"
#include "app/statusline.h"
#include "app/timeline.h"
#include "app/welcome.h"
#include "workspace/workspace.h"

#include <QApplication>
#include <QSignalBlocker>
#include <QUndoStack>

#include <algorithm>

namespace helmscope {

SettingsDialog *MainWindow::openSettings()
{
    if (!m_settings) {
        m_settings = new SettingsDialog(m_preferences, this);
        connect(m_settings, &SettingsDialog::changed, this, &MainWindow::setPreferences);
        connect(m_settings, &SettingsDialog::personWished, this, &MainWindow::askForPerson);
        tellOfWaiting();
    }
    m_settings->show();
    m_settings->raise();
    m_settings->activateWindow();
    return m_settings;
}

void MainWindow::setPreferences(const Preferences &wished)
{
    const Preferences before = m_preferences;
    m_preferences = wished;
    if (m_isRemembering)
        wished.save();
    if (m_settings)
        m_settings->setPreferences(wished);
    if (wished.theme != before.theme || wished.fontPercent != before.fontPercent)
        applyLook();
    if (wished.doseLimit != before.doseLimit || wished.probeNm != before.probeNm)
        takeDose();
    m_isAnewWished =
        languageFor(wished.language) != currentLanguage() || wished.numbers != m_shownNumbers;
    tellOfWaiting();
    makeAnew();
}

/// ABORT never goes away under a run: the window stays as it is until the run has ended.
void MainWindow::makeAnew()
{
    if (m_isAnewWished && !m_helm->isGoing() && !m_isClosing)
        emit anewWished();
}

void MainWindow::tellOfWaiting()
{
    if (m_settings)
        m_settings->setNotice(m_isAnewWished && m_helm->isGoing()
                                  ? tr("The window changes its language when the run has ended.")
                                  : QString());
}

void MainWindow::applyLook()
{
    if (auto *action = findChild<QAction *>("theme-" + m_preferences.theme))
        action->setChecked(true);
    helmscope::applyLook(*qApp, m_preferences);
}

/// Into the panel, which may have brought them itself.
void MainWindow::takeDose()
{
    DosePanel *dose = m_panels->dose();
    {
        const QSignalBlocker quiet(dose);
        dose->setLimit(m_preferences.doseLimit);
        dose->setProbe(m_preferences.probeNm);
    }
    keepDoseLimit();
}

/// What was set by hand in the panel is the default from now on.
void MainWindow::rememberDose()
{
    Preferences wished = m_preferences;
    wished.doseLimit = m_panels->dose()->limit();
    wished.probeNm = m_panels->dose()->probe();
    setPreferences(wished);
}

/// What took long enough for somebody to have looked away.
void MainWindow::noticeEnd(const QString &title, double seconds)
{
    constexpr double longSeconds = 3;
    if (seconds >= longSeconds && !m_helm->isGoing())
        m_notices->tell(tr("Done: %1.").arg(title));
}

/// Only what the strip above the views does not say already.
void MainWindow::noticeFailure(const QString &title, const QString &sentence)
{
    // The strip is told in the same breath, before this or after it.
    QMetaObject::invokeMethod(
        this,
        [this, title, sentence] {
            if (m_banner->sentence() != sentence)
                m_notices->tellFailure(tr("%1 failed. %2").arg(title, sentence));
        },
        Qt::QueuedConnection);
}

void MainWindow::askForPerson()
{
    if (!m_workspace->isOpen()) {
        m_status->showMessage(
            tr("Who signs is kept with a workspace: open one first, or begin a run."), 6000);
        if (m_settings)
            m_settings->setNotice(
                tr("Who signs is kept with a workspace: open one first, or begin a run."));
        return;
    }
    m_workspace->jobs().run(
        tr("Asking git who you are"), this,
        [folder = m_workspace->folder()](const Progress &) { return personOf(Workspace(folder)); },
        [this](const std::optional<Person> &person) {
            auto *dialog = new PersonDialog(this);
            dialog->setPerson(person.value_or(Person()));
            connect(dialog, &PersonDialog::named, m_workspace.get(), &OpenWorkspace::keepPerson);
            dialog->show();
        });
}

/// Hidden unless this is the first start.
Welcome *MainWindow::makeWelcome()
{
    m_welcome = new Welcome;
    m_welcome->setVisible(m_isRemembering && Welcome::isWanted());
    connect(m_welcome, &Welcome::openWished, this, &MainWindow::chooseFiles);
    return m_welcome;
}

Ongoing MainWindow::giveAway()
{
    remember();
    Ongoing ongoing;
    ongoing.plan = m_plan->plan();
    ongoing.graphics = m_panels->graphics()->all();
    if (!m_panels->timeline()->isFollowing())
        ongoing.step = m_panels->shownIndex();
    ongoing.geometry = saveGeometry();
    ongoing.state = saveState();
    ongoing.preferences = m_preferences;
    ongoing.hadSettings = m_settings != nullptr;
    letGo();
    ongoing.workspace = std::move(m_workspace);
    ongoing.sync = std::move(m_sync);
    ongoing.helm = std::move(m_helm);
    return ongoing;
}

void MainWindow::goOn(const Ongoing &ongoing)
{
    // Said again for the views that were made meanwhile.
    Helm *helm = m_helm.get();
    if (helm->sample()) {
        emit helm->sampleOpened();
        emit helm->ordersChanged();
        emit helm->runShown();
        emit helm->documentShown();
        emit helm->planRead(ongoing.plan);
        emit helm->marksChanged();
    }
    showState(helm->state());
    if (ongoing.step)
        m_panels->timeline()->goTo(*ongoing.step);
    for (const Graphic &graphic : ongoing.graphics)
        m_panels->graphics()->add(graphic);
    m_panels->graphics()->select(0);
    undo()->clear();
    emit m_workspace->runsRead();
    showTitle();
    showUnpushed();
    if (ongoing.hadSettings)
        openSettings();
}

} // namespace helmscope
