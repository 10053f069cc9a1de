// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"

#include <QJsonObject>
#include <QStringList>

#include <optional>

namespace helmscope {

/// How a run watches over an instrument that drifts, loses its focus and harms the sample.
struct WatchSettings
{
    int surveyEvery = 0;   ///< a new survey image after every so many measurements; 0: never
    double surveyAtNm = 0; ///< also when the drift since the last one, as fast as it was between
                           ///< the last two, reaches this; 0: never
    double leastRegistration = 0.5; ///< likeness below which a shift is not believed, 0..1

    bool extrapolates = false; ///< between images the drift goes on as between the last two

    bool leavesOutPoor = false;  ///< candidates with a flawed patch are not measured
    double leastSharpness = 0.2; ///< of the median patch's: blurred below

    int referenceEvery = 0; ///< a reference pixel again after so many measurements; 0: never
    std::optional<Pixel> reference; ///< none: the first pixel that is measured
    double mostChange =
        0; ///< of the reference's value, relative: beyond it the run pauses; 0: never

    bool overlaps = false; ///< the model learns and chooses while the beam dwells

    bool surveys() const { return surveyEvery > 0 || surveyAtNm > 0; }
    bool isActive() const { return *this != WatchSettings(); }
    bool operator==(const WatchSettings &) const = default;
};

QJsonObject watchToJson(const WatchSettings &watch);
/// Throws Error naming the field; what is missing takes its default.
WatchSettings watchFromJson(const QJsonObject &object, const QString &where);
/// What differs, a fragment each: "re-survey: never → every 10 measurements".
QStringList differencesOf(const WatchSettings &before, const WatchSettings &after);

} // namespace helmscope
