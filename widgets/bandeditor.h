// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/scalarizer.h"
#include "widgets/theme.h"

#include <array>
#include <optional>

class QCPItemLine;
class QCPItemRect;
class QCPItemText;
class QCustomPlot;

namespace helmscope {

/// The bands of a scalarizer as intervals on a plot's x axis; says which part of them lies under
/// the mouse and what becomes of the scalarizer when that is dragged.
class BandEditor
{
public:
    enum class Which { Band, Second, Background };
    enum class Part { Low, High, Whole };
    struct Grip
    {
        Which which;
        Part part;
        bool operator==(const Grip &) const = default;
    };

    explicit BandEditor(QCustomPlot *plot); ///< which owns what is drawn

    void setEnergies(const EnergyAxis &energies); ///< bands stay within them
    void setScalarizer(std::optional<Scalarizer> scalarizer);
    const std::optional<Scalarizer> &scalarizer() const { return m_scalarizer; }
    void setTheme(const Theme &theme);

    std::optional<Grip> gripAt(const QPointF &position) const; ///< edges before insides
    /// `from` with the grip moved by `shift` along the axis, to halfway between channels: within
    /// the axis, never without a channel; moved as a whole it keeps its number of channels.
    Scalarizer dragged(const Scalarizer &from, const Grip &grip, double shift) const;
    double channelWidth() const;

private:
    struct Interval
    {
        QCPItemRect *area = nullptr;
        QCPItemLine *low = nullptr, *high = nullptr;
        QCPItemText *label = nullptr;
    };
    void place();
    void placeLabels(); ///< over their bands, but whole within the axes

    QCustomPlot *m_plot;
    std::array<Interval, 3> m_intervals;
    std::optional<Scalarizer> m_scalarizer;
    std::vector<double> m_energies;
};

} // namespace helmscope
