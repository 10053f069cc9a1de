// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/theme.h"

#include <QWidget>

class QCPAxis;
class QCPAxisRect;
class QCustomPlot;
class QStackedLayout;

namespace helmscope {

/// Background and all axes of a plot in the theme's colours and type.
void stylePlot(QCustomPlot *plot, const Theme &theme);

/// Plots anew after 12 ms, once whatever was changed meanwhile: after the maps, which a step
/// changes too, and in another turn of the event loop than other plots, so that nothing holds the
/// window for all of them.
void replotSoon(QCustomPlot *plot);

/// To the page with the plot at once; to that with the sentence (0) only if nothing has come when
/// all that was sent is dealt with: a page more or less lays out every dock of the window.
void turnPage(QStackedLayout *pages, int page);

/// Axes left and below only, ticks outwards, few enough to be read.
void styleAxes(QCPAxisRect *axes, const Theme &theme);

/// About `count` ticks, all with the same decimals: "0.50" beside "0.25".
void useRoundTicks(QCPAxis *axis, int count);

/// A title at the left and a read-out at the right in one line, cut where there is no room: no text
/// ever widens the view or moves what is under it.
class TitleLine final : public QWidget
{
public:
    explicit TitleLine(QWidget *parent = nullptr);

    void setTitle(const QString &title);
    const QString &title() const { return m_title; }
    void setReadOut(const QString &text);
    const QString &readOut() const { return m_readOut; }
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_title, m_readOut;
};

/// Says what will appear in a view, centred.
class Placeholder final : public QWidget
{
public:
    using QWidget::QWidget;
    void setSentence(const QString &sentence);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_sentence;
};

} // namespace helmscope
