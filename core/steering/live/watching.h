// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"
#include "steering/step.h"

namespace helmscope {

/// The part of a run that keeps the beam where it is meant to be: pixels are those of the first
/// survey image for the whole run, and the beam goes where their place of the sample is now.
class Watching
{
public:
    /// `survey` must outlive it.
    Watching(const WatchSettings &settings, const Dataset &survey);

    /// Whether a new survey image is due after so many measurements.
    bool isSurveyDue(int measured) const;
    bool isReferenceDue(int measured) const;
    void wantSurvey() { m_isSurveyWanted = true; } ///< at the next opportunity

    /// Takes an image and finds out where the sample is now; stays where it was when that cannot be
    /// told: then the answer is not trusted.
    Resurvey survey(Microscope &microscope, int measured, const Progress &progress);
    /// What to say of an image that was taken: that its shift was not found, or that the focus is
    /// lost; empty when there is nothing.
    QString alarmOf(const Resurvey &taken) const;
    QString warningOf(const Resurvey &taken) const;

    /// Keeps what the reference shows; the first is what later ones are compared with.
    void check(ReferenceCheck &check, double value, int measured);
    /// Later checks are compared with this value: the first one's, of another scalarizer.
    void restart(double firstValue) { m_firstValue = firstValue; }
    /// What to say of a change beyond the limit; once for each multiple of the limit.
    QString alarmOf(const ReferenceCheck &check);

    /// Where in the scan a pixel of the first image lies by the last image; it may lie outside.
    Pixel beamAt(Pixel pixel) const;
    /// Where the beam goes for a pixel, and the drift that is believed, image pixels since the
    /// first image.
    struct Place
    {
        Pixel beam;
        double rows = 0, cols = 0;
        bool isExtrapolated = false;
    };
    /// After so many measurements. Extrapolated, where that is asked for: as far from the last
    /// image as the sample moved between the last two a measurement, for at most twice as many
    /// measurements as lay between these, and not out of the scan.
    Place placeOf(Pixel pixel, int measured) const;

private:
    const WatchSettings &m_settings;
    const Dataset &m_survey;
    double m_firstSharpness = 0;
    double m_rows = 0, m_cols = 0;
    double m_rowsPerMeasurement = 0, m_colsPerMeasurement = 0; ///< between the last two images
    int m_betweenImages = 0;                                   ///< measurements, of the last two
    int m_surveyedAt = 0, m_referenceAt = -1;
    bool m_isSurveyWanted = false;
    std::optional<double> m_firstValue;
    double m_alarmAt = 0;
};

} // namespace helmscope
