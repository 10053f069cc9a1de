// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/runfile.h"

#include <functional>
#include <memory>

namespace helmscope {

/// The run file of a live run. Trouble with the disk never stops the microscope: it is told once,
/// in a sentence, and a file that cannot be begun where it was wanted is begun in the temporary
/// folder.
class Recording
{
public:
    Recording(const QString &wanted, std::function<void(const QString &sentence)> onTrouble);

    void begin(const Run &start);
    void append(const Step &step);
    void finish(const Run &run);

    /// Where it really goes; empty when nothing is recorded.
    QString fileName() const { return m_file ? m_file->fileName() : QString(); }

private:
    bool attempt(const QString &fileName, const Run &start, QString *sentence);
    void giveUp(const std::exception &trouble);

    QString m_wanted;
    std::function<void(const QString &)> m_onTrouble;
    std::unique_ptr<RunFile> m_file;
};

/// A file name for the next run: in Helmscope's folder of the user's documents, by date and time.
QString nextRunFile();
/// `file`, or where that exists already, `file` with a number before its suffix: run-2.h5.
QString freeName(const QString &file);

} // namespace helmscope
