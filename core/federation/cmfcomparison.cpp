// SPDX-License-Identifier: GPL-3.0-or-later
// What a pull tells about what was pushed.
#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "federation/cmfdocument.h"

#include <QHash>
#include <QSet>

namespace helmscope {

namespace {

constexpr int mostNamed = 1000;

/// What servers make anew.
bool isTheirOwn(const QString &name)
{
    static const QSet<QString> own{"Context_ID",
                                   "Pipeline_id",
                                   "Execution_type_name",
                                   "Execution_uuid",
                                   "metrics_name",
                                   "url",
                                   "Commit",
                                   "original_create_time_since_epoch"};
    return own.contains(name);
}

bool isInput(const QVariantMap &event)
{
    return event.value("type").toInt() == 3;
}

/// By content and direction. Metrics have a uuid for it, which servers keep.
QString keyOf(const QVariantMap &event)
{
    return event.value("artifact").toMap().value("uri").toString() +
           (isInput(event) ? " in" : " out");
}

QString nameOf(const QVariantMap &execution)
{
    const QString name = execution.value("name").toString();
    return name.isEmpty() ? execution.value("properties").toMap().value("Context_Type").toString() +
                                ' ' + uuidsOf(execution).value(0).left(8)
                          : name;
}

class Comparing
{
public:
    void compare(const QVariantMap &pushed, const QVariantMap &pulled)
    {
        QHash<QString, QVariantMap> theirs;
        visit(pulled, [&theirs](const QVariantMap &execution) {
            for (const QString &uuid : uuidsOf(execution))
                theirs.insert(uuid, execution);
        });
        visit(pushed, [&](const QVariantMap &execution) {
            const QStringList uuids = uuidsOf(execution);
            ++found.executions;
            found.events += int(execution.value("events").toList().size());
            const auto there = theirs.constFind(uuids.value(0));
            if (there == theirs.constEnd()) {
                miss(Tr::tr("%1 is not there.").arg(nameOf(execution)));
                return;
            }
            ++found.storedExecutions;
            compareTwo(execution, *there);
        });
    }
    StoredComparison found;

private:
    template <class Visit>
    static void visit(const QVariantMap &document, Visit visit)
    {
        for (const QVariant &pipeline : document.value("Pipeline").toList())
            for (const QVariant &stage : pipeline.toMap().value("stages").toList())
                for (const QVariant &execution : stage.toMap().value("executions").toList())
                    visit(execution.toMap());
    }
    void miss(const QString &sentence)
    {
        if (found.missing.size() < mostNamed)
            found.missing << sentence;
    }

    void properties(const QVariantMap &ours, const QVariantMap &theirs, const char *which,
                    const QString &where)
    {
        const QVariantMap first = ours.value(which).toMap(), second = theirs.value(which).toMap();
        for (auto it = first.cbegin(); it != first.cend(); ++it) {
            if (isTheirOwn(it.key()) || found.changed.size() >= mostNamed)
                continue;
            if (!second.contains(it.key()))
                found.changed << Tr::tr("%1 of %2 is not there.").arg(it.key(), where);
            else if (!isSameStored(it.value(), second.value(it.key())))
                found.changed << Tr::tr("%1 of %2 is \"%3\" there, not \"%4\".")
                                     .arg(it.key(), where,
                                          second.value(it.key()).toString().left(60),
                                          it.value().toString().left(60));
        }
    }

    void compareTwo(const QVariantMap &ours, const QVariantMap &theirs)
    {
        const QString name = nameOf(ours);
        properties(ours, theirs, "custom_properties", name);
        properties(ours, theirs, "properties", name);
        QHash<QString, QVariantMap> events;
        for (const QVariant &event : theirs.value("events").toList())
            events.insert(keyOf(event.toMap()), event.toMap());
        for (const QVariant &each : ours.value("events").toList()) {
            const QVariantMap event = each.toMap();
            const QVariantMap artifact = event.value("artifact").toMap();
            const QString called = artifact.value("name").toString().section(':', 0, 0);
            const auto there = events.constFind(keyOf(event));
            if (there == events.constEnd()) {
                miss(isInput(event)
                         ? Tr::tr("%1 as an input of %2 is not there.").arg(called, name)
                         : Tr::tr("%1 as an output of %2 is not there.").arg(called, name));
                continue;
            }
            ++found.storedEvents;
            // Of an environment it keeps none.
            if (artifact.value("type").toString() != QLatin1String("Environment"))
                properties(artifact, there->value("artifact").toMap(), "custom_properties", called);
        }
    }
};

} // namespace

QString StoredComparison::sentence() const
{
    QString said = Tr::tr("Stored %1 of %2 executions and %3 of %4 events.")
                       .arg(storedExecutions)
                       .arg(executions)
                       .arg(storedEvents)
                       .arg(events);
    if (!changed.isEmpty())
        said += ' ' + (changed.size() == 1 ? Tr::tr("1 value differs.")
                                           : Tr::tr("%1 values differ.").arg(changed.size()));
    return said;
}

StoredComparison compareStored(const QVariantMap &pushed, const QVariantMap &pulled)
{
    Comparing comparing;
    comparing.compare(pushed, pulled);
    return std::move(comparing.found);
}

} // namespace helmscope
