// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "workspace/workspace.h"

#include <QObject>

#include <optional>
#include <vector>

namespace helmscope {

/// The workspace the window works in: which it is, and the runs it holds. Everything that looks at
/// the disk is a job.
class OpenWorkspace final : public QObject
{
    Q_OBJECT
public:
    explicit OpenWorkspace(QObject *parent = nullptr);
    ~OpenWorkspace() override;

    /// Opens it, or makes a folder into one; mends what a recorder left that died.
    void open(const QString &folder);
    void create(const QString &folder);
    /// What the first run makes when none is open: taken over without mending.
    void adopt(const QString &folder);
    void close();

    bool isOpen() const { return !m_folder.isEmpty(); }
    const QString &folder() const { return m_folder; }
    QString name() const; ///< the folder's own
    const std::vector<RunEntry> &runs() const { return m_runs; }
    Jobs &jobs() { return m_jobs; }

    /// Looks again: after a run, a mark, a restoration.
    void reload();
    /// Puts a run back as a version has it; says restored() then.
    void restore(const QString &id, const QString &version);
    /// Asks whether git knows a person; says personMissing() if not, once a workspace.
    void checkPerson();
    void keepPerson(const Person &person);

    /// Folders opened lately that are still there, the newest first.
    static QStringList recent();

signals:
    void opened(); ///< or closed, see isOpen()
    void runsRead();
    void recovered(const std::vector<helmscope::Recovered> &found);
    void restored(const QString &id); ///< as which it is there now
    void personMissing();
    void troubled(const QString &sentence);

private:
    struct Contents
    {
        QString folder;
        std::vector<Recovered> recovered;
        std::vector<RunEntry> runs;
    };
    void open(const QString &folder, bool mayCreate);
    void take(Contents contents);
    void remember();

    QString m_folder;
    std::vector<RunEntry> m_runs;
    QString m_askedFor; ///< the folder for which a person was asked
    int m_number = 0;   ///< the latest opening wins
    int m_reload = 0;
    Jobs m_jobs; ///< last, so first to go
};

} // namespace helmscope
