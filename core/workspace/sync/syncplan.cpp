// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/syncplan.h"

#include "base/tr.h"
#include "workspace/sync/versions.h"

#include <QDir>
#include <QSettings>

#include <algorithm>

namespace helmscope {

namespace {

const QString privateKey = QStringLiteral("sync/private"),
              homeKey = QStringLiteral("sync/hidesHome");

QString settingsFile(const QString &workspace)
{
    return workspace + QStringLiteral("/.helmscope");
}

bool isAnyChosen(const std::vector<SyncItem> &items)
{
    return std::any_of(items.begin(), items.end(), [](const SyncItem &item) {
        return item.isChosen &&
               (item.children.empty() ? item.count > 0 : isAnyChosen(item.children));
    });
}

qint64 chosenBytes(const std::vector<SyncItem> &items)
{
    qint64 bytes = 0;
    for (const SyncItem &item : items)
        if (item.isChosen)
            bytes += item.children.empty() ? item.bytes : chosenBytes(item.children);
    return bytes;
}

} // namespace

SyncRules syncRulesOf(const QString &workspace)
{
    const QSettings settings(settingsFile(workspace), QSettings::IniFormat);
    SyncRules rules;
    rules.privateNames =
        settings
            .value(privateKey, QStringList{"sample", "sample_name", "user", "user_name", "operator",
                                           "author", "comment", "comments", "notes"})
            .toStringList();
    rules.privateNames.removeAll(QString());
    rules.hidesHome = settings.value(homeKey, true).toBool();
    return rules;
}

void setSyncRules(const QString &workspace, const SyncRules &rules)
{
    QSettings settings(settingsFile(workspace), QSettings::IniFormat);
    // An empty list would be read as nothing said.
    settings.setValue(privateKey,
                      rules.privateNames.isEmpty() ? QStringList{QString()} : rules.privateNames);
    settings.setValue(homeKey, rules.hidesHome);
    settings.sync();
    if (settings.status() != QSettings::NoError)
        fail(Tr::tr("Cannot write %1.").arg(settingsFile(workspace)));
}

PrivacyRule privacyOf(const SyncRules &rules)
{
    const QString home = QDir::homePath();
    return [rules, home](const QString &name, const QVariant &value) -> QVariant {
        for (const QString &hidden : rules.privateNames)
            if (name.compare(hidden, Qt::CaseInsensitive) == 0)
                return {};
        if (rules.hidesHome && home.size() > 1 && value.userType() == QMetaType::QString &&
            value.toString().contains(home))
            return value.toString().replace(home, "~");
        return value;
    };
}

SyncChoice syncChoice(const QString &workspace, const QStringList &names)
{
    std::vector<Remote> all = remotesOf(workspace);
    std::erase_if(all, [](const Remote &each) { return each.kind == Remote::Kind::Versions; });
    for (const Remote &remote : versionRemotes(workspace))
        all.push_back(remote);
    SyncChoice choice;
    const auto of = [&choice](Remote::Kind kind) -> std::optional<Remote> & {
        return kind == Remote::Kind::Metadata    ? choice.metadata
               : kind == Remote::Kind::Artifacts ? choice.artifacts
                                                 : choice.versions;
    };
    if (names.isEmpty())
        for (const auto kind :
             {Remote::Kind::Metadata, Remote::Kind::Artifacts, Remote::Kind::Versions})
            of(kind) = defaultRemote(all, kind);
    for (const QString &name : names) {
        bool isFound = false;
        for (const Remote &remote : all)
            if (remote.name == name) {
                of(remote.kind) = remote;
                isFound = true;
            }
        if (!isFound)
            fail(Tr::tr("There is no remote %1 in %2: add it first.").arg(name, workspace));
    }
    return choice;
}

bool PushPlan::isEmpty() const
{
    return !isAnyChosen(items);
}

qint64 PushPlan::bytes() const
{
    return chosenBytes(items);
}

const char *keyOf(SyncPart::Outcome outcome)
{
    switch (outcome) {
    case SyncPart::Outcome::Done:
        return "done";
    case SyncPart::Outcome::Partly:
        return "partly";
    case SyncPart::Outcome::Failed:
        return "failed";
    case SyncPart::Outcome::Queued:
        return "queued";
    case SyncPart::Outcome::Stopped:
        return "stopped";
    }
    return "";
}

bool SyncReport::isDone() const
{
    return std::all_of(parts.begin(), parts.end(), [](const SyncPart &part) {
        return part.outcome == SyncPart::Outcome::Done;
    });
}

} // namespace helmscope
