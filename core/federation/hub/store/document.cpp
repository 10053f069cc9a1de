// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/document.h"

#include "federation/hub/refusal.h"
#include "federation/hub/store/jsonreader.h"

#include <QHash>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace helmscope {

namespace {

using Document = PipelineDocument;

/// Bounds on one document; far above what a lab writes, far below what fills a machine.
constexpr std::size_t mostEntities = 2'000'000, mostProperties = 100'000;
constexpr qint64 latestTime = 1'000'000'000'000'000; ///< ms; the year 33658

QVariant stored(const QVariant &value)
{
    if (!value.isValid())
        return QStringLiteral("None");
    if (value.userType() == QMetaType::Double && !std::isfinite(value.toDouble()))
        return std::isnan(value.toDouble()) ? QStringLiteral("NaN")
               : value.toDouble() > 0       ? QStringLiteral("Infinity")
                                            : QStringLiteral("-Infinity");
    return value;
}

class Reader
{
public:
    Reader(QByteArrayView json, const QString &name)
        : m_json(json, name)
    {
    }

    Document document()
    {
        if (m_json.peek() != JsonReader::Kind::Object)
            m_json.complain(Tr::tr("a pipeline document must be an object, but something else "
                                   "stands"));
        m_json.object([this](const QString &key) {
            if (key != "Pipeline")
                return m_json.skip();
            list("Pipeline", [this] { m_document.pipelines.push_back(pipeline()); });
        });
        m_json.end();
        if (m_document.pipelines.empty())
            refuse(400, "Invalid JSON payload. The pipeline name is missing.");
        return std::move(m_document);
    }

private:
    JsonReader m_json;
    Document m_document;
    QHash<QString, int> m_places; ///< of artifacts by what they are known by
    std::size_t m_entities = 0;

    void list(const QString &key, const std::function<void()> &element)
    {
        if (m_json.peek() != JsonReader::Kind::Array)
            m_json.complain(Tr::tr("'%1' must be a list, but something else stands").arg(key));
        m_json.array(element);
    }

    QString text(const QString &key)
    {
        if (m_json.peek() == JsonReader::Kind::Null) {
            m_json.skip();
            return {};
        }
        if (m_json.peek() != JsonReader::Kind::String)
            m_json.complain(Tr::tr("'%1' must be a text, but something else stands").arg(key));
        return m_json.string();
    }

    qint64 time(const QString &key)
    {
        const QVariant value = m_json.value();
        if (!value.isValid())
            return 0;
        const double ms =
            value.userType() == QMetaType::Double || value.userType() == QMetaType::LongLong
                ? value.toDouble()
                : -1;
        if (!(ms >= 0 && ms <= double(latestTime)))
            m_json.complain(
                Tr::tr("'%1' must be a time in milliseconds, but something else ends").arg(key));
        return qint64(ms);
    }

    void properties(Document::Entity &entity, bool isCustom)
    {
        if (m_json.peek() == JsonReader::Kind::Null)
            return m_json.skip();
        if (m_json.peek() != JsonReader::Kind::Object)
            m_json.complain(Tr::tr("properties must be an object, but something else stands"));
        m_json.object([&](const QString &key) {
            entity.properties.push_back({key, isCustom, stored(m_json.value())});
            if (entity.properties.size() > mostProperties)
                m_json.complain(Tr::tr("over %1 properties of one node").arg(mostProperties));
        });
    }

    /// Takes what all kinds have; false for a key that only some have.
    bool common(Document::Entity &entity, const QString &key)
    {
        if (key == "name")
            entity.name = text(key);
        else if (key == "type")
            entity.type = text(key);
        else if (key == "create_time_since_epoch")
            entity.createdMs = time(key);
        else if (key == "last_update_time_since_epoch")
            entity.updatedMs = time(key);
        else if (key == "properties" || key == "custom_properties")
            properties(entity, key == "custom_properties");
        else
            return false;
        return true;
    }

    void finish(Document::Entity &entity)
    {
        if (++m_entities > mostEntities)
            m_json.complain(Tr::tr("more than %1 nodes and events").arg(mostEntities));
        tidy(entity.properties);
    }

    void mustBeObject(const QString &what)
    {
        if (m_json.peek() != JsonReader::Kind::Object)
            m_json.complain(Tr::tr("%1 must be an object, but something else stands").arg(what));
    }

    Document::Pipeline pipeline()
    {
        mustBeObject(Tr::tr("a pipeline"));
        Document::Pipeline pipeline;
        m_json.object([&](const QString &key) {
            if (key == "stages")
                list(key, [&] { pipeline.stages.push_back(stage()); });
            else if (!common(pipeline, key))
                m_json.skip();
        });
        if (pipeline.name.isEmpty())
            refuse(400, "Invalid JSON payload. The pipeline name is missing.");
        finish(pipeline);
        return pipeline;
    }

    Document::Stage stage()
    {
        mustBeObject(Tr::tr("a stage"));
        Document::Stage stage;
        m_json.object([&](const QString &key) {
            if (key == "executions")
                list(key, [&] { stage.executions.push_back(execution()); });
            else if (!common(stage, key))
                m_json.skip();
        });
        if (stage.name.isEmpty())
            m_json.complain(Tr::tr("a stage without a name ends"));
        finish(stage);
        return stage;
    }

    Document::Execution execution()
    {
        mustBeObject(Tr::tr("an execution"));
        Document::Execution execution;
        m_json.object([&](const QString &key) {
            if (key == "events")
                list(key, [&] { execution.events.push_back(event()); });
            else if (!common(execution, key))
                m_json.skip();
        });
        finish(execution);
        for (const Document::Property &property : execution.properties)
            if (!property.isCustom && property.name == "Execution_uuid")
                for (const QString &uuid : property.value.toString().split(',', Qt::SkipEmptyParts))
                    if (!execution.uuids.contains(uuid.trimmed()))
                        execution.uuids << uuid.trimmed();
        execution.uuids.removeAll(QString());
        if (execution.uuids.isEmpty())
            refuse(422, "version_update");
        return execution;
    }

    Document::Event event()
    {
        mustBeObject(Tr::tr("an event"));
        Document::Event event;
        Document::Artifact artifact;
        bool hasArtifact = false;
        m_json.object([&](const QString &key) {
            if (key == "type") {
                const QVariant type = m_json.value();
                if (type.userType() != QMetaType::LongLong || type.toLongLong() < 0 ||
                    type.toLongLong() > 7)
                    m_json.complain(Tr::tr("the type of an event must be 0 to 7, but it ends"));
                event.type = type.toInt();
            } else if (key == "milliseconds_since_epoch") {
                event.timeMs = time(key);
            } else if (key == "path") {
                event.path = text(key);
            } else if (key == "artifact") {
                artifact = this->artifact();
                hasArtifact = true;
            } else {
                m_json.skip();
            }
        });
        if (!hasArtifact)
            m_json.complain(Tr::tr("an event without an artifact ends"));
        const QString name = artifact.name;
        event.artifact = place(std::move(artifact));
        const Document::Artifact &kept = m_document.artifacts[std::size_t(event.artifact)];
        if (event.path.isEmpty() && name != kept.name)
            event.path = name;
        return event;
    }

    Document::Artifact artifact()
    {
        mustBeObject(Tr::tr("an artifact"));
        Document::Artifact artifact;
        m_json.object([&](const QString &key) {
            if (key == "uri")
                artifact.uri = text(key);
            else if (!common(artifact, key))
                m_json.skip();
        });
        if (artifact.type.isEmpty() || (artifact.name.isEmpty() && artifact.uri.isEmpty()))
            m_json.complain(Tr::tr("an artifact without a type, or without a name and a uri, "
                                   "ends"));
        finish(artifact);
        return artifact;
    }

    /// An artifact stands in the document once for each of its events.
    int place(Document::Artifact &&artifact)
    {
        const QString key =
            artifact.uri.isEmpty() ? '\n' + artifact.type + '\n' + artifact.name : artifact.uri;
        const auto known = m_places.constFind(key);
        if (known == m_places.cend()) {
            m_places.insert(key, int(m_document.artifacts.size()));
            m_document.artifacts.push_back(std::move(artifact));
            return int(m_document.artifacts.size()) - 1;
        }
        Document::Artifact &kept = m_document.artifacts[std::size_t(*known)];
        const bool isNewer = artifact.updatedMs > kept.updatedMs;
        for (Document::Property &property : artifact.properties) {
            const auto same = std::lower_bound(
                kept.properties.begin(), kept.properties.end(), property,
                [](const Document::Property &a, const Document::Property &b) {
                    return std::tie(a.name, a.isCustom) < std::tie(b.name, b.isCustom);
                });
            if (same == kept.properties.end() || same->name != property.name ||
                same->isCustom != property.isCustom)
                kept.properties.insert(same, std::move(property));
            else if (isNewer)
                same->value = std::move(property.value);
        }
        kept.updatedMs = std::max(kept.updatedMs, artifact.updatedMs);
        return *known;
    }
};

} // namespace

bool PipelineDocument::has(const QString &pipeline) const
{
    return std::any_of(pipelines.begin(), pipelines.end(),
                       [&](const Pipeline &each) { return each.name == pipeline; });
}

void tidy(std::vector<PipelineDocument::Property> &properties)
{
    std::stable_sort(properties.begin(), properties.end(), [](const auto &a, const auto &b) {
        return std::tie(a.name, a.isCustom) < std::tie(b.name, b.isCustom);
    });
    std::vector<PipelineDocument::Property> once;
    once.reserve(properties.size());
    for (PipelineDocument::Property &property : properties) {
        if (!once.empty() && once.back().name == property.name &&
            once.back().isCustom == property.isCustom)
            once.pop_back();
        once.push_back(std::move(property));
    }
    properties = std::move(once);
}

PipelineDocument readDocument(QByteArrayView json, const QString &name)
{
    return Reader(json, name).document();
}

} // namespace helmscope
