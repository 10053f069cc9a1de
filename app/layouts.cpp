// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/layouts.h"

#include <QDataStream>
#include <QDockWidget>
#include <QIODevice>
#include <QMainWindow>
#include <QSettings>

#include <algorithm>

namespace helmscope {

namespace {

constexpr auto currentKey = "layouts/current", ownKey = "layouts/own";
constexpr qsizetype mostBytes = 1 << 20; // of a state: the file may have been edited by hand
constexpr qsizetype mostOwn = 50;

QString keyOf(const QString &layout, const char *what)
{
    return QStringLiteral("layouts/%1/%2").arg(layout, QLatin1String(what));
}

QByteArray stateIn(const QSettings &settings, const QString &key)
{
    const QByteArray state = settings.value(key).toByteArray();
    return state.size() <= mostBytes ? state : QByteArray();
}

/// Docks that a state does not know: it was kept by an older program.
QList<QDockWidget *> newSince(const QByteArray &state, const QMainWindow *window)
{
    QList<QDockWidget *> docks;
    for (QDockWidget *dock :
         window->findChildren<QDockWidget *>(QString(), Qt::FindDirectChildrenOnly)) {
        QByteArray name; // as a state has it
        QDataStream stream(&name, QIODevice::WriteOnly);
        stream << dock->objectName();
        if (!state.contains(name))
            docks << dock;
    }
    return docks;
}

} // namespace

Layouts::Layouts(QMainWindow *window, bool isRemembering)
    : QObject(window)
    , m_window(window)
    , m_isRemembering(isRemembering)
    , m_all{{"steer", tr("Steer"), true, {}, {}},
            {"review", tr("Review"), true, {}, {}},
            {"lineage", tr("Lineage"), true, {}, {}},
            {"compare", tr("Compare"), true, {}, {}}}
    , m_current("steer")
{
    if (!isRemembering)
        return;
    const QSettings settings;
    for (Layout &layout : m_all)
        layout.state = stateIn(settings, keyOf(layout.key, "state"));
    for (const QString &key : settings.value(ownKey).toStringList().mid(0, mostOwn)) {
        Layout own{key, settings.value(keyOf(key, "name")).toString(), false,
                   stateIn(settings, keyOf(key, "state")), stateIn(settings, keyOf(key, "first"))};
        if (isFree(own.name) && !find(key))
            m_all.push_back(std::move(own));
    }
    if (const QString last = settings.value(currentKey).toString(); find(last))
        m_current = last;
}

Layouts::Layout *Layouts::find(const QString &key)
{
    const auto found = std::find_if(m_all.begin(), m_all.end(),
                                    [&key](const Layout &layout) { return layout.key == key; });
    return found == m_all.end() ? nullptr : &*found;
}

bool Layouts::isFree(const QString &name) const
{
    return !name.trimmed().isEmpty() &&
           std::none_of(m_all.begin(), m_all.end(), [&name](const Layout &layout) {
               return layout.name.compare(name.trimmed(), Qt::CaseInsensitive) == 0;
           });
}

void Layouts::put(const Layout &layout, bool isFirst)
{
    const QByteArray state = isFirst || layout.state.isEmpty() ? layout.first : layout.state;
    const QList<QDockWidget *> more = newSince(state, m_window);
    // A layout is not without what it is named for.
    const bool lacksItsOwn = std::any_of(more.begin(), more.end(), [&layout](QDockWidget *dock) {
        return layout.isBuiltIn && dock->objectName() == layout.key;
    });
    // What an older program kept may not fit this one's docks.
    if (!state.isEmpty() && !lacksItsOwn && m_window->restoreState(state)) {
        for (QDockWidget *dock : more) {
            // Shown, it comes as a tab of another one.
            if (auto *onto = m_window->findChild<QDockWidget *>("steps"); onto && onto != dock)
                m_window->tabifyDockWidget(onto, dock);
            dock->hide();
        }
        return;
    }
    arrangeDocks(m_window, layout.isBuiltIn ? layout.key : m_all.front().key);
}

bool Layouts::restore()
{
    const Layout *last = find(m_current);
    const bool isKept = !last->state.isEmpty();
    put(*last, false);
    return isKept;
}

void Layouts::show(const QString &key)
{
    if (!find(key) || key == m_current)
        return emit changed(); // a menu's check mark may have gone
    remember();
    m_current = key;
    put(*find(key), false);
    write();
    emit changed();
}

void Layouts::reset()
{
    Layout *layout = find(m_current);
    layout->state.clear();
    put(*layout, true);
    write();
}

void Layouts::remember()
{
    find(m_current)->state = m_window->saveState();
    write();
}

void Layouts::write()
{
    if (!m_isRemembering)
        return;
    QSettings settings;
    settings.setValue(currentKey, m_current);
    QStringList own;
    for (const Layout &layout : m_all) {
        if (layout.state.isEmpty())
            settings.remove(keyOf(layout.key, "state"));
        else
            settings.setValue(keyOf(layout.key, "state"), layout.state);
        if (layout.isBuiltIn)
            continue;
        own << layout.key;
        settings.setValue(keyOf(layout.key, "name"), layout.name);
        settings.setValue(keyOf(layout.key, "first"), layout.first);
    }
    settings.setValue(ownKey, own);
}

bool Layouts::keepAs(const QString &name)
{
    const QByteArray shown = m_window->saveState();
    const QString wished = name.trimmed();
    auto same = std::find_if(m_all.begin(), m_all.end(), [&wished](const Layout &layout) {
        return layout.name.compare(wished, Qt::CaseInsensitive) == 0;
    });
    if (wished.isEmpty() || (same != m_all.end() && same->isBuiltIn) ||
        (same == m_all.end() && qsizetype(m_all.size()) >= mostOwn))
        return false;
    if (same == m_all.end()) {
        int number = 1;
        while (find(QStringLiteral("own-%1").arg(number)))
            ++number;
        m_all.push_back({QStringLiteral("own-%1").arg(number), wished, false, {}, {}});
        same = std::prev(m_all.end());
    }
    same->first = same->state = shown;
    m_current = same->key;
    write();
    emit changed();
    return true;
}

bool Layouts::canChange() const
{
    return m_current.startsWith(QLatin1String("own-"));
}

bool Layouts::rename(const QString &name)
{
    if (!canChange() || !isFree(name))
        return false;
    find(m_current)->name = name.trimmed();
    write();
    emit changed();
    return true;
}

void Layouts::remove()
{
    if (!canChange())
        return;
    const QString gone = m_current;
    std::erase_if(m_all, [&gone](const Layout &layout) { return layout.key == gone; });
    m_current = m_all.front().key;
    put(m_all.front(), false);
    if (m_isRemembering)
        QSettings().remove(QStringLiteral("layouts/") + gone);
    write();
    emit changed();
}

} // namespace helmscope
