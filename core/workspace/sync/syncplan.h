// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/cmfdocument.h"
#include "federation/remotes.h"

#include <QStringList>

#include <optional>
#include <vector>

namespace helmscope {

/// One line of a plan of what is pushed; a tree. Unticked, it stays here, with all below it.
struct SyncItem
{
    enum class Kind {
        Part,     ///< all that goes to one remote
        Pipeline, ///< executions of one pipeline
        Run,      ///< those of one run, or its files
        File,     ///< one artifact
        Branch    ///< versions of one branch
    };
    Kind kind = Kind::Part;
    Remote::Kind part = Remote::Kind::Metadata;
    QString name;         ///< for people: pipeline, run, file, branch
    QString run;          ///< the run's id; empty: of none
    QStringList contents; ///< execution uuids; md5 of a file; empty where children have them
    int count = 0;        ///< executions, files, versions; of children too
    qint64 bytes = 0;     ///< as far as known; of children too
    bool isChosen = true;
    std::vector<SyncItem> children;
};

/// What may be left out of what goes to others.
struct SyncRules
{
    QStringList privateNames; ///< properties that stay here
    bool hidesHome = true;    ///< the user's home folder in values becomes ~
};
/// Of a workspace: .helmscope, group sync, keys private (a list) and hidesHome. Where nothing is
/// said: names of samples and users, and comments.
SyncRules syncRulesOf(const QString &workspace);
void setSyncRules(const QString &workspace, const SyncRules &rules);
PrivacyRule privacyOf(const SyncRules &rules);

/// Which remotes and how much; nothing of a kind: that part is not done.
struct SyncChoice
{
    std::optional<Remote> metadata, artifacts, versions;
    QStringList runs; ///< only these; empty: all
};
/// The default remotes of a workspace; of versions the repository's "origin" or only remote.
/// `names`: of these remotes instead; throws Error where there is none of a name.
SyncChoice syncChoice(const QString &workspace, const QStringList &names = {});

/// What a push would do, to be shown, unticked and carried out.
struct PushPlan
{
    SyncChoice choice;
    std::vector<SyncItem> items;      ///< one of Kind::Part for each remote
    std::vector<DocumentLoss> losses; ///< that the metadata server would lose, with their remedies
    QStringList leftOut;              ///< what stays here by rule: "sample (12 times)"
    QStringList notes; ///< sentences: a run that is going on, a remote that cannot be reached …
    bool isStopped = false;
    bool isEmpty() const; ///< nothing is chosen
    qint64 bytes() const; ///< of what is chosen
};

/// A value that is not the same here and there. Here ours stands, unless it is chosen otherwise.
struct SyncConflict
{
    enum class Of { Execution, Artifact, File };
    Of of = Of::Execution;
    QString where; ///< name of the run or artifact, path of the file
    QString key;   ///< uuid, content's hash; path
    QString name;  ///< of the property; empty of a file
    QVariant ours, theirs;
    bool operator==(const SyncConflict &) const = default;
};

/// What was done at one remote.
struct SyncPart
{
    enum class Outcome { Done, Partly, Failed, Queued, Stopped };
    Remote::Kind kind = Remote::Kind::Metadata;
    QString remote, address; ///< name; without anything secret
    Outcome outcome = Outcome::Done;
    QString sentence;    ///< "Stored 109 of 109 executions and 472 of 472 events."
    QStringList details; ///< what is missing or differs, a sentence each
    int count = 0;       ///< executions, files, branches that went
    qint64 bytes = 0;
};
const char *keyOf(SyncPart::Outcome outcome); ///< "done", "partly", "failed", "queued", "stopped"

/// What a push or pull did.
struct SyncReport
{
    std::vector<SyncPart> parts;
    // Of a pull, what is new here, to be shown as such.
    QStringList runs;       ///< ids
    QStringList executions; ///< uuids
    QStringList objects;    ///< md5
    QStringList versions;   ///< "origin/main"
    std::vector<SyncConflict> conflicts;
    bool isDone() const; ///< every part is
};

} // namespace helmscope
