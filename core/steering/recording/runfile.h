// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/hdf5file.h"
#include "steering/step.h"

namespace helmscope {

/// A run on disk that grows step by step: one HDF5 file (layout in runfile.cpp and the README).
/// After a kill it holds all finished steps.
class RunFile
{
public:
    /// Creates the file with plan, survey image and calibration; throws Error when it exists
    /// already or cannot be written. `start` is what explore() hands to OnStart.
    RunFile(const QString &file, const Run &start);
    ~RunFile();
    RunFile(const RunFile &) = delete;
    RunFile &operator=(const RunFile &) = delete;

    /// Appends and flushes. Throws Error when it cannot, or when this is not the next step; after a
    /// step that could not be written whole no other is taken.
    void append(const Step &step);
    /// Outcome, message and model; nothing can be appended afterwards.
    void finish(const Run &run);

    const QString &fileName() const { return m_file.fileName(); }

private:
    Hdf5File m_file;
    int m_channels = 0;
    int m_mapsEvery = 1;
    bool m_isWatched = false;               ///< over the instrument: /live is there
    Dataset m_survey;                       ///< likewise
    int m_steps = 0;                        ///< written, or begun
    bool m_isBroken = false;                ///< the last was not written whole
    int m_lastMaps = 0;                     ///< step whose maps were written last
    std::optional<Scalarizer> m_scalarizer; ///< written last
    bool m_isFinished = false;
};

/// Reads a whole run, also one that was killed or is still growing (then the outcome is Stopped and
/// the message says so). Throws Error naming the file and what is wrong with it.
Run readRun(const QString &file, const Progress &progress);

/// The same without what takes long: survey, the numbers of all steps, and of `step` (from 1 on; 0:
/// of none) spectrum, losses and maps, if it has any. Throws Error also when there is no such step.
Run readRunAt(const QString &file, int step, const Progress &progress);

/// Whether a file looks like a run of ours.
bool isRunFile(const QString &file);

} // namespace helmscope
