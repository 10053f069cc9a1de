// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/viewlinks.h"

#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QEvent>
#include <QMenu>
#include <QScopedValueRollback>
#include <QToolButton>

#include <algorithm>

namespace helmscope {

ViewLinks::ViewLinks(const std::vector<View> &views, QObject *parent)
    : QObject(parent)
{
    m_entries.reserve(views.size());
    for (const View &each : views) {
        auto *button = new QToolButton(each.view);
        button->setObjectName("linkButton");
        button->setAutoRaise(true);
        button->setCheckable(true);
        button->setCursor(Qt::ArrowCursor);
        button->setFocusPolicy(Qt::TabFocus);
        const QString help = tr("Linked, the maps share cursor, selection and zoom; not linked, "
                                "this one is moved by itself.");
        button->setWhatsThis(help);
        button->setAccessibleName(tr("%1: linked with the other maps").arg(each.name));
        button->setAccessibleDescription(help);
        m_entries.push_back({each.name, each.view, button});
        showState(m_entries.back());
        place(m_entries.back());
        each.view->installEventFilter(this);
        connect(button, &QToolButton::toggled, this,
                [this, view = each.view](bool isOn) { setLinked(view, isOn); });
        connect(each.view, &MapView::limitsChanged, this,
                [this, view = each.view] { spreadLimits(view); });
        connect(each.view, &MapView::menuRequested, this,
                [this, view = each.view](QMenu *menu) { fillMenu(menu, view); });
    }
}

ViewLinks::Entry *ViewLinks::find(const MapView *view)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [view](const Entry &entry) { return entry.view == view; });
    return found == m_entries.end() ? nullptr : &*found;
}

const ViewLinks::Entry *ViewLinks::find(const MapView *view) const
{
    return const_cast<ViewLinks *>(this)->find(view);
}

bool ViewLinks::isLinked(const MapView *view) const
{
    const Entry *entry = find(view);
    return entry && entry->isLinked;
}

void ViewLinks::setLinked(MapView *view, bool isLinked)
{
    Entry *entry = find(view);
    if (!entry || entry->isLinked == isLinked)
        return;
    QList<MapView *> before, after;
    for (Entry &each : m_entries) {
        if (each.isLinked)
            before << each.view;
        if (each.view == view)
            each.isLinked = isLinked;
        if (each.isLinked)
            after << each.view;
    }
    MapView::unlink(before);
    MapView::link(after);
    if (isLinked && before.size() > 0 && view->viewRect().isValid()) {
        // It comes to where the others are.
        view->setViewRect(before.first()->viewRect());
        view->setPinnedPixel(before.first()->pinnedPixel());
        view->setCursorPixel(before.first()->cursorPixel());
    }
    showState(*entry);
}

bool ViewLinks::shareLimits(const MapView *one, const MapView *other) const
{
    const Entry *a = find(one), *b = find(other);
    return a && b && a->group > 0 && a->group == b->group;
}

void ViewLinks::setShareLimits(MapView *one, MapView *other, bool share)
{
    Entry *a = find(one), *b = find(other);
    if (!a || !b || a == b || shareLimits(one, other) == share)
        return;
    if (!share) {
        const int group = b->group;
        b->group = 0;
        const auto left = std::count_if(m_entries.begin(), m_entries.end(),
                                        [group](const Entry &each) { return each.group == group; });
        if (left == 1)
            a->group = 0;
        return;
    }
    if (a->group == 0) {
        int highest = 0;
        for (const Entry &each : m_entries)
            highest = std::max(highest, each.group);
        a->group = highest + 1;
    }
    const int old = b->group;
    for (Entry &each : m_entries)
        if (&each == b || (old > 0 && each.group == old))
            each.group = a->group;
    spreadLimits(one);
}

void ViewLinks::forgetLimits()
{
    for (Entry &each : m_entries)
        each.group = 0;
}

void ViewLinks::spreadLimits(MapView *from)
{
    const Entry *source = find(from);
    if (m_isSpreading || source->group == 0)
        return;
    const QScopedValueRollback spreading(m_isSpreading, true);
    for (const Entry &each : m_entries)
        if (each.group == source->group)
            each.view->setLimits(from->limits());
}

void ViewLinks::fillMenu(QMenu *menu, MapView *of)
{
    if (!menu->isEmpty())
        menu->addSeparator();
    QAction *link = menu->addAction(icon("link"), tr("Lin&ked with the other maps"), of,
                                    [this, of] { setLinked(of, !isLinked(of)); });
    link->setCheckable(true);
    link->setChecked(isLinked(of));
    link->setToolTip(find(of)->button->whatsThis());
    QMenu *same = menu->addMenu(tr("&Share limits with"));
    for (const Entry &each : m_entries) {
        if (each.view == of)
            continue;
        QAction *action = same->addAction(each.name, of, [this, of, other = each.view] {
            setShareLimits(of, other, !shareLimits(of, other));
        });
        action->setCheckable(true);
        action->setChecked(shareLimits(of, each.view));
        action->setEnabled(!each.view->isEmpty() && !of->isEmpty());
        action->setToolTip(tr("The same colour is then the same value in both."));
    }
}

void ViewLinks::showState(const Entry &entry)
{
    entry.button->setChecked(entry.isLinked);
    entry.button->setIcon(icon(entry.isLinked ? "link" : "unlink"));
    entry.button->setToolTip(entry.isLinked
                                 ? tr("Linked: shares cursor, selection and zoom with the other "
                                      "maps.")
                                 : tr("Not linked: cursor, selection and zoom are its own."));
}

/// At the end of the line with the title.
void ViewLinks::place(const Entry &entry)
{
    constexpr int side = 20;
    const int left =
        entry.view->layoutDirection() == Qt::RightToLeft ? 2 : entry.view->width() - side - 2;
    entry.button->setGeometry(left, 0, side, side);
}

bool ViewLinks::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Resize || event->type() == QEvent::LayoutDirectionChange)
        for (const Entry &each : m_entries)
            if (each.view == watched)
                place(each);
    return QObject::eventFilter(watched, event);
}

} // namespace helmscope
