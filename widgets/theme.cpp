// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme.h"

#include "widgets/letters.h"
#include "widgets/ourstyle.h"

#include <QApplication>
#include <QFontDatabase>
#include <QToolTip>

#include <algorithm>
#include <utility>

namespace helmscope {

namespace {

// Okabe and Ito's colours told apart by the colour-blind, without the two reds; lightened on dark.
constexpr std::array<QRgb, 8> onDark{0xffe69f00, 0xff56b4e9, 0xff2fc79c, 0xfff0e442,
                                     0xffdb8fb8, 0xff8f9bff, 0xffc2e07a, 0xffbfc5cc};
constexpr std::array<QRgb, 8> onLight{0xffb37700, 0xff1f7fb8, 0xff00795a, 0xff8a7d00,
                                      0xffa84f80, 0xff4a55c8, 0xff567a12, 0xff5c636b};

std::array<QColor, 8> colours(const std::array<QRgb, 8> &values)
{
    std::array<QColor, 8> result;
    std::copy(values.begin(), values.end(), result.begin());
    return result;
}

Theme makeDark()
{
    Theme t;
    t.key = "dark";
    t.window = 0x1d2025;
    t.panel = 0x16191d;
    t.raised = 0x2b3037;
    t.border = 0x3b424b;
    t.text = 0xe2e6eb;
    t.quietText = 0x9aa4af;
    t.accent = 0x4d9fec;
    t.onAccent = 0x07131f;
    t.plot = 0x121417;
    t.grid = 0x2c3138;
    t.measured = 0xf1f3f5;
    t.predicted = 0x4d9fec;
    t.good = 0x62bd73;
    t.bad = 0xe3a43a;
    t.danger = 0xd3312c;
    t.onDanger = 0xffffff;
    t.series = colours(onDark);
    return t;
}

Theme makeLight()
{
    Theme t;
    t.key = "light";
    t.isDark = false;
    t.window = 0xeff1f3;
    t.panel = 0xffffff;
    t.raised = 0xe4e7eb;
    t.border = 0xbfc6ce;
    t.text = 0x1b2026;
    t.quietText = 0x56606b;
    t.accent = 0x1769b5;
    t.onAccent = 0xffffff;
    t.plot = 0xfbfcfd;
    t.grid = 0xdfe3e8;
    t.measured = 0x1b2026;
    t.predicted = 0x1769b5;
    t.good = 0x1c6b2e;
    t.bad = 0x855400;
    t.danger = 0xc62520;
    t.onDanger = 0xffffff;
    t.series = colours(onLight);
    return t;
}

/// For eyes used to the dark: only red light, and no more of it than letters need. Here ABORT is
/// told by its size, its place and its filled shape.
Theme makeDim()
{
    Theme t;
    t.key = "dim";
    t.window = 0x0d0404;
    t.panel = 0x080202;
    t.raised = 0x1f0a08;
    t.border = 0x4a1f19;
    t.text = 0xdc7466;
    t.quietText = 0xc75c4f;
    t.accent = 0xe98472;
    t.onAccent = 0x140302;
    t.plot = 0x060101;
    t.grid = 0x260d0a;
    t.measured = 0xe68a7c;
    t.predicted = 0xbf5a4d;
    t.good = 0xd0806f;
    t.bad = 0xe89a60;
    t.danger = 0xb8170f;
    t.onDanger = 0xffd0c8;
    for (std::size_t i = 0; i < t.series.size(); ++i)
        t.series[i] = QColor::fromHsv(int(4 + 4 * i), 170, int(225 - 14 * i));
    return t;
}

QString styleSheet(const Theme &t)
{
    // Only what Fusion and the palette do not reach. Of the program, not of its windows: each sheet
    // that is set looks through every widget below it.
    return QString("QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 4px; }"
                   "QToolBar { border: 0; spacing: 4px; padding: 4px; }"
                   "QStatusBar::item { border: 0; }"
                   "QHeaderView::section { color: %1; background: %2; border: 0; padding: 4px 6px "
                   "4px 8px;"
                   " border-right: 1px solid %3; border-bottom: 1px solid %3; }"
                   // Beside the words, not on their last letter.
                   "QHeaderView::up-arrow, QHeaderView::down-arrow { width: 8px; height: 8px;"
                   " subcontrol-origin: border; subcontrol-position: center right; right: 3px; }"
                   "QMainWindow::separator { background: %4; width: 4px; height: 4px; }"
                   "QMainWindow::separator:hover { background: %5; }"
                   "QDockWidget::title { background: %4; padding: 4px 8px; }"
                   // Parts of windows, by the names of their objects.
                   "#abort { background: %6; color: %7; font-weight: bold; padding: 6px 20px;"
                   " border: 2px solid %6; border-radius: 4px; }"
                   "#abort:disabled { background: transparent; color: %8; }"
                   "#abort:focus, #abort:hover:enabled { border-color: %7; }"
                   "#banner, #proposal { background: %2; border: none;"
                   " border-left: 4px solid %5; }"
                   "#quiet { color: %8; }"
                   // Fusion draws the box in the colour of a dark window: nobody would see it.
                   "QCheckBox::indicator, QTreeView::indicator, QListView::indicator,"
                   "QTableView::indicator { width: 13px; height: 13px; border: 1px solid %8;"
                   " border-radius: 2px; background: %9; }"
                   "QRadioButton::indicator { width: 11px; height: 11px; border: 1px solid %8;"
                   " border-radius: 6px; background: %9; }"
                   "QRadioButton::indicator:disabled { border-color: %3; }"
                   "QRadioButton::indicator:checked { border: 4px solid %5; width: 5px;"
                   " height: 5px; }"
                   "QCheckBox::indicator:disabled, QTreeView::indicator:disabled {"
                   " border-color: %3; }"
                   "QTreeView::indicator:indeterminate, QCheckBox::indicator:indeterminate {"
                   " background: %8; }"
                   "QCheckBox::indicator:checked, QTreeView::indicator:checked,"
                   "QListView::indicator:checked, QTableView::indicator:checked {"
                   " background: %5; image: url(:/widgets/icons/%10.svg); }")
        .arg(t.text.name(), t.raised.name(), t.border.name(), t.window.name(), t.accent.name(),
             t.danger.name(), t.onDanger.name(), t.quietText.name(), t.panel.name())
        // Qt puts no colour into a picture.
        .arg(t.onAccent.lightness() > 128 ? QStringLiteral("tick-light")
                                          : QStringLiteral("tick-dark"));
}

constexpr double leastPointSize = 9;

/// Of the application: its size at 100 % is the system's.
double &fontScale()
{
    static double scale = 1;
    return scale;
}

QFont baseFont()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    // -1 where the platform's font is given in pixels.
    const double usual = font.pointSizeF() > 0 ? font.pointSizeF() : 10.0;
    font.setPointSizeF(std::max(leastPointSize, usual) * fontScale());
    return font;
}

} // namespace

const Theme &Theme::dark()
{
    static const Theme theme = makeDark();
    return theme;
}

const Theme &Theme::paper()
{
    static const Theme theme = [] {
        Theme t = makeLight();
        t.key.clear();
        t.window = t.plot = 0xffffff;
        return t;
    }();
    return theme;
}

const Theme &Theme::light()
{
    static const Theme theme = makeLight();
    return theme;
}

const Theme &Theme::dim()
{
    static const Theme theme = makeDim();
    return theme;
}

const Theme &Theme::fromKey(const QString &key)
{
    return key == "light" ? light() : key == "dim" ? dim() : dark();
}

QPalette Theme::palette() const
{
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, panel);
    p.setColor(QPalette::AlternateBase, window);
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::PlaceholderText, quietText);
    p.setColor(QPalette::Button, raised);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, onAccent);
    p.setColor(QPalette::ToolTipBase, raised);
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::Highlight, accent);
    p.setColor(QPalette::HighlightedText, onAccent);
    p.setColor(QPalette::Link, accent);
    p.setColor(QPalette::LinkVisited, accent);
    p.setColor(QPalette::Light, raised.lighter(125));
    p.setColor(QPalette::Midlight, raised.lighter(110));
    p.setColor(QPalette::Mid, border);
    p.setColor(QPalette::Dark, isDark ? panel.darker(130) : border);
    p.setColor(QPalette::Shadow, isDark ? QColor(0, 0, 0) : QColor(0x8a939d));
    // Switched off, but still to be read.
    QColor off = quietText;
    off.setAlphaF(0.55F);
    for (auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, off);
    p.setColor(QPalette::Disabled, QPalette::Highlight, border);
    return p;
}

QStringList themeKeys()
{
    return {"dark", "light", "dim"};
}

QString themeName(const QString &key)
{
    if (key == "light")
        return QCoreApplication::translate("helmscope::Theme", "Light");
    return key == "dim" ? QCoreApplication::translate("helmscope::Theme", "Dim red")
                        : QCoreApplication::translate("helmscope::Theme", "Dark");
}

void applyTheme(QApplication &application, const Theme &theme, double scale)
{
    fontScale() = std::clamp(scale, 0.5, 3.0);
    // Each of these looks through every widget there is. The font comes first: under a style sheet
    // widgets take it when a style or a sheet comes to them.
    if (QApplication::font() != baseFont())
        QApplication::setFont(baseFont());
    static double styled = 0;
    const bool areOther = std::exchange(styled, fontScale()) != fontScale();
    if (areOther)
        QApplication::setStyle(new OurStyle(fontScale()));
    if (QApplication::palette() != theme.palette())
        QApplication::setPalette(theme.palette());
    QToolTip::setPalette(theme.palette());
    if (const QString sheet = styleSheet(theme); sheet != application.styleSheet())
        application.setStyleSheet(sheet);
    if (areOther)
        fitAllToLetters();
}

const Theme &themeOf(const QPalette &palette)
{
    const QColor window = palette.color(QPalette::Active, QPalette::Window);
    for (const Theme *theme : {&Theme::dark(), &Theme::light(), &Theme::dim(), &Theme::paper()})
        if (theme->window.rgb() == window.rgb())
            return *theme;
    return window.lightness() < 128 ? Theme::dark() : Theme::light();
}

QFont textFont(TextSize size)
{
    QFont font = baseFont();
    const double scale = size == TextSize::Small ? 0.9 : size == TextSize::Title ? 1.2 : 1.0;
    font.setPointSizeF(
        std::max(leastPointSize * std::min(1.0, fontScale()), font.pointSizeF() * scale));
    if (size == TextSize::Title)
        font.setWeight(QFont::DemiBold);
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    font.setFeature("tnum", 1);
#endif
    return font;
}

} // namespace helmscope
