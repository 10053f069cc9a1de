// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"
#include "data/scalarizer.h"

#include <QColor>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QCustomPlot;
class QPainter;

namespace helmscope {

/// A spectrum kept for comparison, in the colour of its mark on the maps.
struct PinnedSpectrum
{
    Pixel pixel;
    QColor colour;
    EnergyAxis energies;
    Eigen::VectorXf counts; ///< [channels]
};

/// Shows a spectrum, measured and predicted, with the scalarizer's bands as intervals to drag.
///
/// Signals tell of what the user did; setters emit none. The axes stay while spectra of the same
/// energies follow, unless counts leave them.
class SpectrumView final : public QWidget
{
    Q_OBJECT
public:
    explicit SpectrumView(QWidget *parent = nullptr);
    ~SpectrumView() override;

    /// Shows axis and bands before there is any spectrum; clear() takes them away again.
    void setEnergies(const EnergyAxis &energies);
    void setMeasured(const EnergyAxis &energies, const Eigen::VectorXf &counts); ///< [channels]
    void clearMeasured();
    /// Mean and ± 2 deviations, both [channels]; the energies may be binned ones.
    void setPredicted(const EnergyAxis &energies, const Eigen::VectorXf &mean,
                      const Eigen::VectorXf &deviation);
    void clearPredicted();
    /// What was expected of the measured spectrum before it was measured, for the residual; the
    /// energies may be binned ones.
    void setForetold(const EnergyAxis &energies, const Eigen::VectorXf &mean,
                     const Eigen::VectorXf &deviation);
    void clearForetold();
    /// Shows measured - foretold with the band of ± 2 deviations about 0, where there are both.
    void setResidual(bool isResidual);
    bool isResidual() const;
    /// [channels] of the foretold energies, the measured channels averaged into them; empty where
    /// one of the two is missing or they are not of the same axis.
    Eigen::VectorXf residual() const;

    void setPinned(std::vector<PinnedSpectrum> spectra);
    const std::vector<PinnedSpectrum> &pinned() const;
    void clear(); ///< all spectra; the bands stay
    bool isEmpty() const;

    void setTitle(const QString &title);          ///< "row 17, col 43 · measured at step 12"
    void setPlaceholder(const QString &sentence); ///< what will appear here, and how to get it
    void setIntensityName(const QString &name);   ///< of the y axis: "Counts" at first
    void setLogarithmic(bool isLogarithmic);
    bool isLogarithmic() const;

    /// Nothing: no bands are shown.
    void setScalarizer(std::optional<Scalarizer> scalarizer);
    std::optional<Scalarizer> scalarizer() const;
    void setEditable(bool isEditable); ///< whether bands can be dragged; true at first
    bool isEditable() const;

    /// Where an energy lies in the widget, x; for tests and links.
    double positionOf(double energy) const;
    void resetAxes(); ///< all channels, all counts

    struct NamedCurve
    {
        QString name;
        EnergyAxis energies;
        Eigen::VectorXf values; ///< [channels]
    };
    /// The numbers shown, of the energies of the first of them.
    std::vector<NamedCurve> curves() const;
    void paintFigure(QPainter &painter) const; ///< title and plot as lines, on the view's size

    QCustomPlot *plot() const; ///< owned by the view
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void bandMoved(helmscope::Scalarizer scalarizer);  ///< while an edge or an interval is dragged
    void bandEdited(helmscope::Scalarizer scalarizer); ///< when it is let go, if it changed
    void logarithmicChanged(bool isLogarithmic);
    void cursorMoved(double energy,
                     double counts); ///< channel under the mouse; counts NaN without a spectrum

protected:
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m;
};

} // namespace helmscope
