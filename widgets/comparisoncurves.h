// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/comparison.h"
#include "widgets/theme.h"

#include <QWidget>

#include <memory>

class QCustomPlot;

namespace helmscope {

/// The line and colour by which a run, or a group of runs, is known in a comparison.
struct RunStyle
{
    QColor colour;
    Qt::PenStyle line = Qt::SolidLine;
};
RunStyle styleOf(int series, const Theme &theme);
/// Which series a run belongs to: runs of one group share one.
int seriesOf(const Comparison &comparison, int run);

/// Curves of several runs over steps, seconds or dose, with a band where a curve stands for several
/// runs; which quantity and over what is chosen above them.
class ComparisonCurves final : public QWidget
{
    Q_OBJECT
public:
    enum class Axis { Steps, Seconds, Dose };

    explicit ComparisonCurves(QWidget *parent = nullptr);
    ~ComparisonCurves() override;

    /// Keeps the quantity and the axis that are chosen, where the new runs have them.
    void setComparison(std::shared_ptr<const Comparison> comparison);

    QString quantity() const;     ///< key of comparedCurves(); empty without any curve
    QString quantityName() const; ///< with its unit
    void setQuantity(const QString &key);
    Axis axis() const;
    void setAxis(Axis axis);
    QStringList quantities() const; ///< keys that there is anything to draw of

    void setStep(int number);        ///< marked on each curve; 0: none
    void setThreshold(double value); ///< a line across; NaN: none
    /// As vectors, without the choices above, in the colours of `theme`.
    void paint(QPainter &painter, const QRectF &area, const Theme &theme) const;

    QCustomPlot *plot() const; ///< owned by the view
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void quantityChosen(const QString &key);

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m;
};

} // namespace helmscope
