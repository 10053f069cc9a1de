// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tabviews.h"

#include "app/helm.h"
#include "app/planpanel.h"
#include "app/timeline.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSettings>
#include <QUndoGroup>
#include <QUndoStack>

#include <chrono>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

constexpr auto settingsKey = "window/tabs";
constexpr qsizetype mostReopened = 50; ///< settings are a file, and files can be wrong

} // namespace

TabViews::TabViews(Helm *helm, Panels *panels, PlanPanel *plan, QObject *parent)
    : QObject(parent)
    , m_helm(helm)
    , m_panels(panels)
    , m_plan(plan)
    , m_group(new QUndoGroup(this))
{
    m_rememberSoon.setInterval(300ms);
    m_rememberSoon.setSingleShot(true);
    connect(&m_rememberSoon, &QTimer::timeout, this, &TabViews::remember);
    enter();
    connect(helm, &Helm::leaving, this, &TabViews::keep);
    connect(helm, &Helm::forked, this, &TabViews::copy);
    connect(helm, &Helm::documentsChanged, this, [this] {
        forgetClosed();
        m_rememberSoon.start();
    });
    connect(helm, &Helm::sampleOpened, this, &TabViews::enter);
    connect(helm, &Helm::documentShown, this, &TabViews::giveBack);
    connect(panels->timeline(), &Timeline::moved, this, [this] { m_rememberSoon.start(); });
}

TabViews::~TabViews() = default; // the views are gone or go, too: they draw nothing any more

TabViews::Kept &TabViews::keptOf(int id)
{
    Kept &kept = m_kept[id];
    if (!kept.undo) {
        kept.undo = std::make_unique<QUndoStack>();
        m_group->addStack(kept.undo.get());
        connect(kept.undo.get(), &QUndoStack::indexChanged, this, [this, id] {
            if (m_helm->document().id == id)
                m_helm->touch();
        });
    }
    return kept;
}

QUndoStack *TabViews::undo() const
{
    return m_group->activeStack();
}

void TabViews::keep()
{
    const int id = m_helm->document().id;
    if (id == 0)
        return;
    Kept &kept = keptOf(id);
    kept.view = m_panels->viewState();
    kept.plan = m_plan->plan();
    kept.card = m_plan->card();
    if (m_helm->isLiveShown())
        m_helm->guardDose(kept.view->doseLimit, kept.view->probeNm);
}

/// Its graphics come with its sample, before anything is undone or drawn.
void TabViews::enter()
{
    m_entered = m_helm->document().id;
    Kept &kept = keptOf(m_entered);
    m_group->setActiveStack(kept.undo.get());
    m_panels->graphics()->setDrawing(kept.view ? kept.view->graphics : Graphics::Drawing(),
                                     kept.undo.get());
}

void TabViews::giveBack()
{
    Kept &kept = keptOf(m_helm->document().id);
    const OpenDocument &document = m_helm->document();
    if (!kept.plan && document.isRecorded && !document.run.isEmpty())
        kept.plan = document.run.plan(); // opened behind another one
    if (kept.plan) {
        m_plan->setPlan(*kept.plan);
        m_plan->setBeginning(kept.plan->beginning, kept.card);
        m_panels->setScalarizer(m_plan->scalarizer());
        emit planShown(*kept.plan);
    }
    if (kept.view)
        m_panels->setViewState(*kept.view);
    else if (kept.step >= 0)
        m_panels->timeline()->goTo(kept.step);
    kept.view.reset();
    kept.plan.reset();
    kept.step = -1;
}

/// Of the same sample: what is drawn, painted and set stays; steps and pins are the other run's.
void TabViews::copy(int from, int to)
{
    const Kept &source = keptOf(from);
    Kept &kept = keptOf(to);
    kept.view = source.view;
    kept.plan = source.plan;
    kept.card = source.card;
    if (!kept.view)
        return;
    kept.view->step = -1;
    kept.view->pins.clear();
    for (ViewState::Look &look : kept.view->maps)
        if (&look != &kept.view->maps.front()) // beliefs of another run
            look.isLocked = false;
}

void TabViews::forgetClosed()
{
    std::erase_if(m_kept, [this](const auto &each) {
        const int id = each.first;
        if (id == 0 || id == m_entered || m_helm->find(id))
            return false;
        // One that is being opened again has said only at which step it was.
        return !(m_helm->isReopening() && !each.second.view && each.second.step >= 0);
    });
}

void TabViews::remember()
{
    if (!m_isRemembering || m_helm->isReopening())
        return;
    QJsonArray tabs;
    int shown = -1;
    for (const auto &document : m_helm->documents()) {
        QJsonObject tab = reopeningOf(*document);
        if (tab.isEmpty())
            continue;
        int step = -1;
        if (document.get() == &m_helm->document()) {
            shown = int(tabs.size());
            if (!m_panels->timeline()->isFollowing())
                step = m_panels->shownIndex();
        } else if (const auto found = m_kept.find(document->id); found != m_kept.end()) {
            step = found->second.view ? found->second.view->step : found->second.step;
        }
        if (step >= 0)
            tab["step"] = step + 1;
        tabs.append(tab);
    }
    const QJsonObject all{{"shown", shown}, {"tabs", tabs}};
    QSettings().setValue(settingsKey,
                         QString::fromUtf8(QJsonDocument(all).toJson(QJsonDocument::Compact)));
}

bool TabViews::reopen()
{
    const QByteArray text = QSettings().value(settingsKey).toString().toUtf8();
    const QJsonObject all = QJsonDocument::fromJson(text).object();
    QList<QJsonObject> tabs;
    for (const QJsonValue &tab : all["tabs"].toArray())
        if (tab.isObject() && tabs.size() < mostReopened)
            tabs << tab.toObject();
    if (tabs.isEmpty())
        return false;
    const int shown = all["shown"].toInt(-1);
    const std::vector<int> ids =
        m_helm->reopen(tabs, shown >= 0 && shown < tabs.size() ? shown : 0);
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const int step = tabs[qsizetype(i)]["step"].toInt(); step > 0)
            keptOf(ids[i]).step = step - 1;
    return true;
}

} // namespace helmscope
