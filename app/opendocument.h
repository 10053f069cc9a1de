// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/recording.h"
#include "app/regions.h"
#include "app/sample.h"
#include "app/shownrun.h"
#include "instrument/microscope.h"
#include "steering/live/dose.h"

#include <QJsonObject>
#include <QSet>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace helmscope {

/// The limit of the dose, kept while nobody looks at the run.
struct DoseGuard
{
    double limit = 0;   ///< e⁻/Å²; 0: none
    double probeNm = 0; ///< full width at half maximum; 0: within a pixel
    DoseBook book;
};

/// One open thing, a tab of the window: a sample with the run on it, or a run that was recorded.
struct OpenDocument
{
    /// Where its run is kept.
    struct Record
    {
        QString file, workspace, id;
        std::vector<Mark> marks;
    };

    int id = 0; ///< from 1 on; no two have had the same
    std::optional<Sample> sample;
    ShownRun run;
    Record record;
    bool isRecorded = false; ///< the run was opened, not made here
    bool isTouched = false;  ///< something was drawn, painted or queued
    Regions regions;
    std::vector<Pixel> queue;
    int plannedSteps = 0;
    std::shared_ptr<const Run> parent; ///< of a branch that was begun here
    QString parentName;
    std::optional<InstrumentState> lastInstrument; ///< when its last run ended
    std::optional<DoseGuard> guard;
    QSet<QString> toldWarnings;
    std::shared_ptr<Recording> recording; ///< of the run that was made here

    QString runName() const; ///< its id, or its file's name
    QString name() const;    ///< for a tab: the run's, or the sample's
    QString place() const;   ///< for a tool tip: file, workspace and run, or what the sample is
    int steps() const { return std::max(plannedSteps, run.size()); } ///< planned
    /// The simulated sample as it was made: what is opened takes its place.
    bool isUntouched() const;
};

/// How to open it again, as text for the settings; empty where that cannot be, or (an instrument)
/// should be asked for.
QJsonObject reopeningOf(const OpenDocument &document);

/// Whether two samples come from the same files or place; of simulated ones: are the same.
bool isSameSample(const SampleSources &a, const SampleSources &b);

} // namespace helmscope
