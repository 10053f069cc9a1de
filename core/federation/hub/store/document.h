// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QString>
#include <QStringList>
#include <QVariant>

#include <vector>

namespace helmscope {

/// CMF's pipeline document as it came over the network, checked, each artifact once.
struct PipelineDocument
{
    struct Property
    {
        QString name;
        bool isCustom = false;
        QVariant value; ///< bool, qlonglong, double (finite) or QString
    };
    struct Entity
    {
        QString type, name;
        qint64 createdMs = 0;
        qint64 updatedMs = 0;             ///< by the clock of who pushes; 0: not said
        std::vector<Property> properties; ///< sorted by name and isCustom, each once
    };
    struct Artifact : Entity
    {
        QString uri;
    };
    struct Event
    {
        int type = 0;     ///< MLMD's Event.type
        int artifact = 0; ///< place in `artifacts`
        qint64 timeMs = 0;
        QString path; ///< the name given with this event, where it is not the artifact's
    };
    struct Execution : Entity
    {
        QStringList uuids;
        std::vector<Event> events;
    };
    struct Stage : Entity
    {
        std::vector<Execution> executions;
    };
    struct Pipeline : Entity
    {
        std::vector<Stage> stages;
    };
    std::vector<Pipeline> pipelines;
    std::vector<Artifact> artifacts;

    bool has(const QString &pipeline) const;
};

/// Reads a document. Null becomes the text "None" and numbers that are not finite become "NaN",
/// "Infinity", "-Infinity", as CMF's client writes them; lists and objects become their JSON.
/// Throws Refusal: 400 without pipelines, 422 ("version_update" for an execution without uuid,
/// CMF's word for a client too old) naming what cannot be kept.
PipelineDocument readDocument(QByteArrayView json, const QString &name);

/// Sorted by name and isCustom; of two with one name the later stays.
void tidy(std::vector<PipelineDocument::Property> &properties);

} // namespace helmscope
