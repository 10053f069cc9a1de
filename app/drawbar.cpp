// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/drawbar.h"

#include "widgets/theme.h"

#include <QActionGroup>
#include <QToolButton>

namespace helmscope {

DrawBar::DrawBar(Graphics *graphics, QWidget *parent)
    : QToolBar(parent)
    , m_graphics(graphics)
    , m_tools(new QActionGroup(this))
    , m_purposes(new QActionGroup(this))
{
    setObjectName("drawBar");
    setWindowTitle(tr("Drawing tools"));
    setIconSize({16, 16});
    setMovable(false);
    const auto add = [this](QActionGroup *group, const QString &text, const QString &drawing,
                            const QString &help, int value) {
        QAction *action = addAction(icon(drawing), text);
        action->setCheckable(true);
        action->setData(value);
        action->setToolTip(help);
        action->setWhatsThis(help);
        group->addAction(action);
        if (auto *button = qobject_cast<QToolButton *>(widgetForAction(action))) {
            button->setAccessibleName(text);
            button->setFocusPolicy(Qt::TabFocus);
        }
    };
    for (const MapToolRow &row : mapTools())
        add(m_tools, row.name, row.icon,
            tr("%1 (%2 on a map): %3").arg(row.name, QKeySequence(row.key).toString(), row.help),
            int(row.tool));
    addSeparator();
    add(m_purposes, tr("Measure"), "measure", tr("Shapes that are drawn measure what is in them."),
        int(DrawnFor::Measuring));
    add(m_purposes, tr("Forbid"), "forbid",
        tr("Where shapes are drawn the beam does not go, from the next step on."),
        int(DrawnFor::Forbidding));
    add(m_purposes, tr("Prefer"), "prefer",
        tr("Where shapes are drawn the acquisition is raised, from the next step on."),
        int(DrawnFor::Preferring));
    add(m_purposes, tr("Release"), "allow",
        tr("Where shapes are drawn nothing is forbidden or preferred any more."),
        int(DrawnFor::Releasing));
    connect(m_tools, &QActionGroup::triggered, this, [this](const QAction *action) {
        m_graphics->setTool(MapTool(action->data().toInt()));
    });
    connect(m_purposes, &QActionGroup::triggered, this, [this](const QAction *action) {
        m_graphics->setPurpose(DrawnFor(action->data().toInt()));
    });
    connect(m_graphics, &Graphics::toolChanged, this, &DrawBar::showTool);
    showTool();
}

QList<QAction *> DrawBar::tools() const
{
    return m_tools->actions();
}

QList<QAction *> DrawBar::purposes() const
{
    return m_purposes->actions();
}

void DrawBar::showTool()
{
    for (QAction *action : m_tools->actions())
        action->setChecked(action->data().toInt() == int(m_graphics->tool()));
    for (QAction *action : m_purposes->actions())
        action->setChecked(action->data().toInt() == int(m_graphics->purpose()));
}

} // namespace helmscope
