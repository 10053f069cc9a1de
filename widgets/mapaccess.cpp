// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapaccess.h"

#include "widgets/mapview.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QCoreApplication>
#include <QHash>

namespace helmscope {

namespace {

/// A map is a graphic; its value is what lies under the cursor.
class MapAccess final : public QAccessibleWidget
{
public:
    explicit MapAccess(MapView *view)
        : QAccessibleWidget(view, QAccessible::Graphic, view->accessibleName())
    {
    }

    QString text(QAccessible::Text kind) const override
    {
        const auto *view = static_cast<const MapView *>(widget());
        switch (kind) {
        case QAccessible::Value:
            return valueOf(*view);
        case QAccessible::Description:
            return descriptionOf(*view);
        case QAccessible::Name:
            if (view->accessibleName().isEmpty())
                return MapView::tr("Map");
            break;
        default:
            break;
        }
        return QAccessibleWidget::text(kind);
    }

private:
    static QString valueOf(const MapView &view)
    {
        const std::optional<Pixel> pixel = view.cursorPixel();
        if (view.isEmpty() || !pixel)
            return {};
        return MapView::tr("row %1, column %2: %3")
            .arg(pixel->row)
            .arg(pixel->col)
            .arg(view.readOut(*pixel));
    }

    static QString descriptionOf(const MapView &view)
    {
        if (view.isEmpty())
            return view.placeholder();
        const Map &map = view.map();
        QString text = MapView::tr("%1 rows and %2 columns, colours from %3 to %4 %5")
                           .arg(map.rows() / view.imageRatio())
                           .arg(map.cols() / view.imageRatio())
                           .arg(view.limits().low, 0, 'g', 4)
                           .arg(view.limits().high, 0, 'g', 4)
                           .arg(view.unit())
                           .trimmed();
        return view.cursorPixel() ? valueOf(view) + QStringLiteral("; ") + text
                                  : text + MapView::tr("; the arrow keys bring the cursor");
    }
};

/// What Qt cannot know of widgets that paint themselves. By name: some are the application's.
QAccessible::Role roleOf(const QString &type)
{
    static const QHash<QString, QAccessible::Role> roles{
        {"helmscope::SpectrumView", QAccessible::Chart},
        {"helmscope::CurvesView", QAccessible::Chart},
        {"helmscope::ParallelView", QAccessible::Chart},
        {"helmscope::EmbeddingView", QAccessible::Chart},
        {"helmscope::LineageView", QAccessible::Graphic},
        {"helmscope::TimeRange", QAccessible::Slider},
        {"helmscope::Timeline", QAccessible::Slider},
    };
    return roles.value(type, QAccessible::NoRole);
}

QAccessibleInterface *makeInterface(const QString &type, QObject *object)
{
    if (auto *view = qobject_cast<MapView *>(object))
        return new MapAccess(view);
    auto *widget = qobject_cast<QWidget *>(object);
    const QAccessible::Role role = roleOf(type);
    return widget && role != QAccessible::NoRole ? new QAccessibleWidget(widget, role) : nullptr;
}

} // namespace

void describeViews()
{
    static const bool isInstalled = [] {
        QAccessible::installFactory(makeInterface);
        return true;
    }();
    Q_UNUSED(isInstalled)
}

// Also where a window has no map.
Q_COREAPP_STARTUP_FUNCTION(describeViews)

} // namespace helmscope
