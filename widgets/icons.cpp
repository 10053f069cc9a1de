// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

// Outside every namespace: the macro declares a function there. A static library's resources are
// not registered by themselves.
static void registerDrawings()
{
    Q_INIT_RESOURCE(widgets);
}

namespace helmscope {

namespace {

/// A drawing whose "currentColor" is put in when it is painted, so that it follows the theme.
class TintedDrawing final : public QIconEngine
{
public:
    TintedDrawing(QByteArray drawing, const QColor &fixed)
        : m_drawing(std::move(drawing))
        , m_fixed(fixed)
    {
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        const QPalette palette = QGuiApplication::palette();
        const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        const auto role =
            mode == QIcon::Selected ? QPalette::HighlightedText : QPalette::ButtonText;
        const bool isFixed = m_fixed.isValid() && mode != QIcon::Disabled;
        const QColor colour = isFixed ? m_fixed : palette.color(group, role);
        QByteArray tinted = m_drawing;
        QSvgRenderer renderer(tinted.replace("currentColor", colour.name().toLatin1()));
        const int side = std::min(rect.width(), rect.height());
        QRect square(0, 0, side, side);
        square.moveCenter(rect.center());
        painter->save();
        painter->setOpacity(painter->opacity() * colour.alphaF());
        renderer.render(painter, square);
        painter->restore();
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return result;
    }

    QIconEngine *clone() const override { return new TintedDrawing(m_drawing, m_fixed); }

private:
    QByteArray m_drawing;
    QColor m_fixed; ///< invalid: the palette's
};

} // namespace

QIcon icon(const QString &name)
{
    return icon(name, QColor());
}

QIcon icon(const QString &name, const QColor &colour)
{
    registerDrawings();
    QFile file(":/widgets/icons/" + name + ".svg");
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QIcon(new TintedDrawing(file.readAll(), colour));
}

} // namespace helmscope
