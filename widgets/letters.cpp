// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/letters.h"

#include <QFontDatabase>
#include <QFontMetrics>
#include <QHeaderView>
#include <QLabel>
#include <QPointer>
#include <QTableView>

namespace helmscope {

namespace {

/// Lives as long as its widget. Not by events: of another font of the program Qt tells neither
/// widgets that are hidden nor those that have letters of their own.
class Fitting final : public QObject
{
public:
    Fitting(QWidget *widget, std::function<void(const QFontMetrics &)> fit)
        : QObject(widget)
        , m_fit(std::move(fit))
    {
        all().append(this);
        call();
    }
    ~Fitting() override { all().removeOne(this); }

    void call() const { m_fit(QFontMetrics(textFont(TextSize::Body))); }
    static QList<Fitting *> &all()
    {
        static QList<Fitting *> fittings;
        return fittings;
    }

private:
    std::function<void(const QFontMetrics &)> m_fit;
};

} // namespace

void fitToLetters(QWidget *widget, std::function<void(const QFontMetrics &)> fit)
{
    new Fitting(widget, std::move(fit));
}

void fitAllToLetters()
{
    const QList<QPointer<Fitting>> all(Fitting::all().begin(), Fitting::all().end());
    for (const QPointer<Fitting> &each : all)
        if (each)
            each->call();
}

void setTextSize(QWidget *widget, TextSize size, Pitch pitch)
{
    fitToLetters(widget, [widget, size, pitch](const QFontMetrics &) {
        QFont font = textFont(size);
        if (pitch == Pitch::Fixed) {
            font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
            font.setPointSizeF(textFont(size).pointSizeF());
        }
        widget->setFont(font);
    });
}

void keepRoomFor(QLabel *label, const QString &widest, int margin)
{
    fitToLetters(label, [label, widest, margin](const QFontMetrics &metrics) {
        label->setMinimumWidth(metrics.horizontalAdvance(widest) + margin);
        label->setIndent(label->indent()); // else it remembers a hint with the width before
    });
}

void fitRowsToLetters(QTableView *view, int margin)
{
    fitToLetters(view, [view, margin](const QFontMetrics &metrics) {
        view->verticalHeader()->setDefaultSectionSize(metrics.height() + margin);
    });
}

} // namespace helmscope
