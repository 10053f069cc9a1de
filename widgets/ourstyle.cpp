// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/ourstyle.h"

#include "widgets/theme.h"

#include <QListView>
#include <QStyleFactory>
#include <QStyleOptionComboBox>
#include <QTreeView>

#include <algorithm>
#include <cmath>

namespace helmscope {

OurStyle::OurStyle(double fontScale)
    : QProxyStyle(QStyleFactory::create("Fusion"))
    , m_fontScale(fontScale)
{
    setObjectName(QStringLiteral("fusion")); // as style sheets and reports know it
}

int OurStyle::pixelMetric(PixelMetric metric, const QStyleOption *option,
                          const QWidget *widget) const
{
    const int usual = QProxyStyle::pixelMetric(metric, option, widget);
    switch (metric) {
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
    case PM_ListViewIconSize:
    case PM_TabBarIconSize:
    case PM_ToolBarIconSize:
    case PM_LineEditIconSize:
    case PM_TabCloseIndicatorWidth:
    case PM_TabCloseIndicatorHeight:
    case PM_TabBarScrollButtonWidth:
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight:
        // Half as much as the letters: whole, rows of buttons would push the maps aside.
        return int(std::lround(usual * std::max(1.0, (1 + m_fontScale) / 2)));
    default:
        return usual;
    }
}

QSize OurStyle::sizeFromContents(ContentsType type, const QStyleOption *option,
                                 const QSize &contents, const QWidget *widget) const
{
    QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
    constexpr int air = 4;
    if (type == CT_ItemViewItem &&
        (qobject_cast<const QTreeView *>(widget) || qobject_cast<const QListView *>(widget)))
        size.rheight() += air;
    return size;
}

void OurStyle::drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                           const QWidget *widget) const
{
    const auto *box = qstyleoption_cast<const QStyleOptionComboBox *>(option);
    if (element != CE_ComboBoxLabel || !box || box->editable)
        return QProxyStyle::drawControl(element, option, painter, widget);
    QStyleOptionComboBox elided = *box;
    const QRect field = subControlRect(CC_ComboBox, box, SC_ComboBoxEditField, widget);
    const int icon = box->currentIcon.isNull() ? 0 : box->iconSize.width() + 4;
    elided.currentText =
        box->fontMetrics.elidedText(box->currentText, Qt::ElideRight, field.width() - icon - 2);
    QProxyStyle::drawControl(element, &elided, painter, widget);
}

QIcon OurStyle::standardIcon(StandardPixmap which, const QStyleOption *option,
                             const QWidget *widget) const
{
    if (which == SP_TitleBarNormalButton)
        return icon("float");
    if (which == SP_DockWidgetCloseButton || which == SP_TitleBarCloseButton)
        return icon("close");
    return QProxyStyle::standardIcon(which, option, widget);
}

} // namespace helmscope
