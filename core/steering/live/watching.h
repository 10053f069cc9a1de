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

    double driftRows() const { return m_rows; } ///< image pixels, since the first image
    double driftCols() const { return m_cols; }
    /// Where in the scan a pixel of the first image lies now; it may lie outside of it.
    Pixel beamAt(Pixel pixel) const;

private:
    const WatchSettings &m_settings;
    const Dataset &m_survey;
    double m_firstSharpness = 0;
    double m_rows = 0, m_cols = 0;
    double m_pixelsPerMeasurement = 0; ///< between the last two images
    int m_surveyedAt = 0, m_referenceAt = -1;
    bool m_isSurveyWanted = false;
    std::optional<double> m_firstValue;
    double m_alarmAt = 0;
};

} // namespace helmscope
