// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QPalette>

#include <array>

class QApplication;

namespace helmscope {

/// The colours everything is drawn in. State is never shown by colour alone.
struct Theme
{
    QString key; ///< "dark", "light", "dim"
    bool isDark = true;
    QColor window; ///< behind the panels
    QColor panel;  ///< lists, fields, the frame of a map
    QColor raised; ///< buttons, headers
    QColor border;
    QColor text;
    QColor quietText; ///< units, captions, what is switched off
    QColor accent;    ///< the one colour of what is selected or in force
    QColor onAccent;  ///< text on it
    QColor plot;      ///< behind curves and maps
    QColor grid;
    QColor measured;  ///< what was measured, in plots
    QColor predicted; ///< what is believed, in plots; its band is the same with less alpha
    QColor good, bad; ///< always beside a word or a shape
    QColor danger;    ///< ABORT and damage to the sample, nothing else
    QColor onDanger;
    std::array<QColor, 8>
        series; ///< pinned spectra and their marks; told apart by the colour-blind

    static const Theme &dark();
    static const Theme &light();
    static const Theme &dim();                       ///< red on black, for a dark room
    static const Theme &paper();                     ///< light on white, for figures; no key
    static const Theme &fromKey(const QString &key); ///< dark when there is none like this

    QPalette palette() const;
};

/// Keys of all themes, in the order of a menu.
QStringList themeKeys();
QString themeName(const QString &key);

/// Sets style, palette, font (the system's times `fontScale`; at least 9 pt unless made smaller)
/// and style sheet. Views of ours follow by themselves: they take the theme of their palette when
/// that changes.
void applyTheme(QApplication &application, const Theme &theme, double fontScale = 1);

/// The theme whose palette this is; of a foreign palette dark or light, as its window's colour is.
const Theme &themeOf(const QPalette &palette);

/// The type scale, times the user's font: Small 9, Body 10, Title 12 pt at 100 %, never under 9 pt
/// unless the user made all smaller; tabular figures.
enum class TextSize { Small, Body, Title };
QFont textFont(TextSize size);

/// Our drawing `name` (resources/icons/<name>.svg) in the colour of the application's button text:
/// it follows a change of theme by itself. Null when there is no such drawing. Names: run, pause,
/// step, stop, abort, open, save, fit, one-to-one, link, unlink, lock, unlock, pin, queue, forbid,
/// allow, veto, approve, reset, copy, picture, log-axis, warning, info, next, back,
/// forward, lineage, focus, compare, check, first, last, step-back, step-on, mark, mark-before,
/// mark-after, branch, hand, zoom, pick, rectangle, ellipse, polygon, profile, brush, prefer, fft,
/// undo, redo, measure.
QIcon icon(const QString &name);
/// The same in a fixed colour (a white abort on red).
QIcon icon(const QString &name, const QColor &colour);

} // namespace helmscope
