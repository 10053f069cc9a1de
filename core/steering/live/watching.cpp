// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/live/watching.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "data/imaging/imagequality.h"
#include "data/imaging/registration.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace helmscope {

/// With no rate to go by yet, the first image that tells one is taken so soon.
static constexpr int firstSurveyAfter = 5;
static constexpr int patchOfSharpness = 16; // the sharpness of the whole does not depend on it

Watching::Watching(const WatchSettings &settings, const Dataset &survey)
    : m_settings(settings)
    , m_survey(survey)
    , m_alarmAt(settings.mostChange)
{
    if (settings.surveys())
        m_firstSharpness = sharpnessOf(survey.image, patchOfSharpness).whole;
}

bool Watching::isSurveyDue(int measured) const
{
    if (m_isSurveyWanted)
        return true;
    const int since = measured - m_surveyedAt;
    if (since <= 0)
        return false;
    if (m_settings.surveyEvery > 0 && since >= m_settings.surveyEvery)
        return true;
    if (!(m_settings.surveyAtNm > 0))
        return false;
    if (m_surveyedAt == 0)
        return since >= firstSurveyAfter;
    return since * std::hypot(m_rowsPerMeasurement, m_colsPerMeasurement) * m_survey.pixelSizeNm >=
           m_settings.surveyAtNm;
}

bool Watching::isReferenceDue(int measured) const
{
    return m_settings.referenceEvery > 0 && measured != m_referenceAt &&
           measured % m_settings.referenceEvery == 0;
}

Resurvey Watching::survey(Microscope &microscope, int measured, const Progress &progress)
{
    Resurvey taken;
    taken.image = std::make_shared<const Map>(microscope.survey(progress).image);
    taken.timeMs = QDateTime::currentMSecsSinceEpoch();
    if (taken.image->rows() != m_survey.image.rows() ||
        taken.image->cols() != m_survey.image.cols())
        fail(Tr::tr("%1 took a survey image of %2 × %3 pixels; the first one has %4 × %5. Set the "
                    "scan back to what it was and start again.")
                 .arg(microscope.name())
                 .arg(taken.image->rows())
                 .arg(taken.image->cols())
                 .arg(m_survey.image.rows())
                 .arg(m_survey.image.cols()));
    const Registration found = registered(m_survey.image, *taken.image);
    taken.rows = found.rows;
    taken.cols = found.cols;
    taken.quality = found.quality;
    taken.rival = found.rival;
    taken.laid = std::make_shared<const Map>(moved(*taken.image, -found.rows, -found.cols));
    taken.isTrusted = found.isTrusted(m_settings.leastRegistration);
    const double sharpness = sharpnessOf(*taken.image, patchOfSharpness).whole;
    taken.sharpness = m_firstSharpness > 0 ? sharpness / m_firstSharpness : 1;
    m_isSurveyWanted = m_isSurveyWanted && !taken.isTrusted;
    if (!taken.isTrusted)
        return taken;
    if (const int since = measured - m_surveyedAt; since > 0) {
        m_rowsPerMeasurement = (found.rows - m_rows) / since;
        m_colsPerMeasurement = (found.cols - m_cols) / since;
        m_betweenImages = since;
    }
    m_rows = found.rows;
    m_cols = found.cols;
    m_surveyedAt = measured;
    return taken;
}

QString Watching::alarmOf(const Resurvey &taken) const
{
    if (taken.isTrusted)
        return {};
    return taken.rival > 0.85
               ? recorded(
                     "How far the sample has drifted cannot be told: the new survey image fits "
                     "onto the first one in several places. Bring the first field back into "
                     "view; then resume, and another image is taken.")
               : recorded("How far the sample has drifted cannot be told: the new survey image is "
                          "too unlike the first one (%1, at least %2 is asked for). Look at focus "
                          "and field; then resume, and another image is taken.")
                     .arg(taken.quality, 0, 'f', 2)
                     .arg(m_settings.leastRegistration, 0, 'f', 2);
}

QString Watching::warningOf(const Resurvey &taken) const
{
    constexpr double blurred = 0.6;
    if (taken.sharpness >= blurred)
        return {};
    return recorded(
               "The survey image has only %1 % of the first one's sharpness: look at the focus.")
        .arg(100 * taken.sharpness, 0, 'f', 0);
}

void Watching::check(ReferenceCheck &check, double value, int measured)
{
    m_referenceAt = measured;
    check.value = value;
    if (!m_firstValue && std::isfinite(value))
        m_firstValue = value;
    check.change = m_firstValue && *m_firstValue != 0
                       ? (value - *m_firstValue) / std::abs(*m_firstValue)
                       : std::nan("");
}

QString Watching::alarmOf(const ReferenceCheck &check)
{
    const double size = std::abs(check.change);
    if (!(m_settings.mostChange > 0) || !(size > m_alarmAt))
        return {};
    m_alarmAt = m_settings.mostChange * (std::floor(size / m_settings.mostChange) + 1);
    return recorded("The reference at (%1, %2) has changed by %3 %, and %4 % are allowed: the beam "
                    "contaminates or damages the sample. Resume to go on anyway.")
        .arg(check.pixel.row)
        .arg(check.pixel.col)
        .arg(100 * check.change, 0, 'f', 1)
        .arg(100 * m_settings.mostChange, 0, 'g', 3);
}

Pixel Watching::beamAt(Pixel pixel) const
{
    const double ratio = m_survey.imageRatio;
    return {pixel.row + int(std::lround(m_rows / ratio)),
            pixel.col + int(std::lround(m_cols / ratio))};
}

Watching::Place Watching::placeOf(Pixel pixel, int measured) const
{
    const Place known{beamAt(pixel), m_rows, m_cols, false};
    const int since = std::min(measured - m_surveyedAt, 2 * m_betweenImages);
    if (!m_settings.extrapolates || since <= 0)
        return known;
    const double ratio = m_survey.imageRatio;
    Place place{
        {}, m_rows + since * m_rowsPerMeasurement, m_cols + since * m_colsPerMeasurement, true};
    place.beam = {pixel.row + int(std::lround(place.rows / ratio)),
                  pixel.col + int(std::lround(place.cols / ratio))};
    const bool isInside = place.beam.row >= 0 && place.beam.col >= 0 &&
                          place.beam.row < m_survey.rows() && place.beam.col < m_survey.cols();
    return isInside ? place : known;
}

} // namespace helmscope
