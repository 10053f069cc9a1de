// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/runfile.h"

#include <memory>

namespace helmscope {

/// The file of --out: never takes another's place unless told to, and then only once it is begun
/// itself.
class CommandLineRecording
{
public:
    /// No `file`: nothing is recorded.
    CommandLineRecording(const QString &file, bool mayOverwrite);
    ~CommandLineRecording();
    CommandLineRecording(CommandLineRecording &&) = default;
    CommandLineRecording &operator=(CommandLineRecording &&) = delete;

    /// Throws Error when the file cannot be meant: it exists, is one of the `inputs`, has no
    /// folder.
    void check(const QStringList &inputs) const;
    void begin(const Run &start);
    void append(const Step &step);
    void finish(const Run &run);

    /// Empty when nothing was recorded.
    QString fileName() const { return m_run ? m_file : QString(); }

private:
    QString m_file, m_beginning; ///< m_beginning: the name while it is not yet in its place
    bool m_mayOverwrite = false;
    std::unique_ptr<RunFile> m_run;
};

} // namespace helmscope
