// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/theme.h"

#include <QWidget>

class QCPAxis;
class QCPAxisRect;
class QCustomPlot;

namespace helmscope {

/// Background and all axes of a plot in the theme's colours and type.
void stylePlot(QCustomPlot *plot, const Theme &theme);

/// Plots anew within 12 ms, once whatever was changed meanwhile: after the maps, which a step
/// changes too, so that neither holds the window for both.
void replotSoon(QCustomPlot *plot);

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
