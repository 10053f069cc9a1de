// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"
#include "workspace/appendfile.h"

namespace helmscope {

/// What steps.jsonl does not hold, in a plain file beside it (spectra.part) until the run file is
/// finished: at its head the survey image with calibration and energies, then a spectrum per step
/// (none where values are measured), each with a 64-bit FNV-1a of its own. Little-endian.
class SpectraJournal
{
public:
    SpectraJournal() = default;
    static SpectraJournal create(const QString &file, const Run &start, bool isSynced);
    /// Throws Error; then nothing of it is in the file.
    void append(const Step &step);

private:
    AppendFile m_file;
    int m_channels = 0;
};

/// What can be read of one.
struct SpectraRead
{
    Run start;                            ///< survey, energies, names of the value; without a plan
    std::vector<Eigen::VectorXf> spectra; ///< one a step; empty ones are damaged
};
/// Nothing when there is no such file or its head is damaged.
std::optional<SpectraRead> readSpectraJournal(const QString &file);

} // namespace helmscope
