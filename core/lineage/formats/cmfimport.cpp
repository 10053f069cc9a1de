// SPDX-License-Identifier: GPL-3.0-or-later
// A pipeline document into a store.

#include "base/tr.h"
#include "lineage/cmfjson.h"
#include "lineage/formats/jsontext.h"
#include "lineage/store/parts.h"
#include "lineage/writer.h"

namespace helmscope {

namespace {

std::vector<LineageProperty> propertiesOf(const QVariantMap &object)
{
    std::vector<LineageProperty> properties;
    for (const bool isCustom : {false, true}) {
        const QVariantMap map = object.value(isCustom ? "custom_properties" : "properties").toMap();
        for (auto it = map.cbegin(); it != map.cend(); ++it) {
            const bool isNested = it.value().userType() == QMetaType::QVariantMap ||
                                  it.value().userType() == QMetaType::QVariantList;
            properties.push_back({it.key(),
                                  isNested ? QString::fromUtf8(jsonText(it.value())) : it.value(),
                                  isCustom});
        }
    }
    return properties;
}

std::vector<LineageProperty> customOf(std::vector<LineageProperty> properties)
{
    std::erase_if(properties, [](const LineageProperty &each) { return !each.isCustom; });
    return properties;
}

class Import
{
public:
    explicit Import(LineageWriter &writer)
        : m_writer(writer)
        , m_base(LineageStoreParts::of(writer.store()).base)
    {
    }

    void take(const QVariantMap &pipeline, const QString &document)
    {
        const QString name = pipeline.value("name").toString();
        if (name.isEmpty())
            fail(Tr::tr("A pipeline in %1 has no name.").arg(document));
        const qint64 parent = context("Parent_Context", "Pipeline", pipeline);
        for (const QVariant &each : pipeline.value("stages").toList()) {
            const QVariantMap stage = each.toMap();
            const qint64 id = context("Pipeline_Stage", "Pipeline_Stage", stage);
            m_writer.putParent(id, parent);
            for (const QVariant &run : stage.value("executions").toList())
                execution(run.toMap(), id, parent, stage.value("name").toString());
        }
    }

private:
    qint64 find(const QString &statement, const QVariant &value, const QVariant &other = {})
    {
        Sql sql(m_base, statement);
        sql.bind(0, value);
        if (other.isValid())
            sql.bind(1, other);
        return sql.next() ? sql.id(0) : 0;
    }

    void setTimes(const QString &table, qint64 id, const QVariantMap &object)
    {
        const qint64 updated = object.value("last_update_time_since_epoch").toLongLong();
        if (updated > 0)
            Sql(m_base, QStringLiteral("UPDATE %1 SET last_update_time_since_epoch = ? "
                                       "WHERE id = ?")
                            .arg(table))
                .bind(0, updated)
                .bind(1, id)
                .exec();
    }

    qint64 context(const QString &type, const QString &property, const QVariantMap &object)
    {
        const QString name = object.value("name").toString();
        const qint64 before =
            find("SELECT id FROM Context WHERE name = ? ORDER BY id LIMIT 1", name);
        if (before != 0)
            return before;
        std::vector<LineageProperty> properties = customOf(propertiesOf(object));
        properties.push_back({property, name, false});
        const qint64 of =
            m_writer.type(TypeKind::Context, type, {{property, PropertyType::String}});
        const qint64 id = m_writer.putContext(of, name, properties,
                                              object.value("create_time_since_epoch").toLongLong());
        setTimes("Context", id, object);
        return id;
    }

    void execution(const QVariantMap &object, qint64 stage, qint64 parent, const QString &fullName)
    {
        std::vector<LineageProperty> properties = propertiesOf(object);
        QString uuid;
        for (LineageProperty &property : properties) {
            if (property.isCustom)
                continue;
            // Ids are those of this store.
            if (property.name == "Context_ID")
                property.value = stage;
            else if (property.name == "Pipeline_id")
                property.value = parent;
            else if (property.name == "Execution_uuid")
                uuid = property.value.toString();
        }
        qint64 id = 0;
        if (!uuid.isEmpty())
            id = find("SELECT execution_id FROM ExecutionProperty WHERE name = 'Execution_uuid' "
                      "AND is_custom_property = 0 AND string_value = ? ORDER BY 1 LIMIT 1",
                      uuid);
        if (id != 0) {
            m_writer.update(LineageNode::Kind::Execution, id, customOf(properties));
        } else {
            const QString type = object.value("type").toString();
            const qint64 of = m_writer.type(TypeKind::Execution, type.isEmpty() ? fullName : type);
            QString name = object.value("name").toString();
            // Names are unique within a type; another run of that name keeps its uuid.
            if (!name.isEmpty() &&
                find("SELECT id FROM Execution WHERE type_id = ? AND name = ?", of, name))
                name = QString();
            id = m_writer.putExecution(of, name, properties,
                                       object.value("create_time_since_epoch").toLongLong());
            setTimes("Execution", id, object);
        }
        m_writer.associate(stage, id);
        for (const QVariant &event : object.value("events").toList()) {
            const QVariantMap artifact = event.toMap().value("artifact").toMap();
            if (artifact.isEmpty())
                continue;
            const int type = event.toMap().value("type").toInt();
            m_writer.putEvent(this->artifact(artifact, stage), id,
                              isInputEvent(type) < 0 ? 4 : type); // as CMF's server takes it
        }
    }

    qint64 artifact(const QVariantMap &object, qint64 stage)
    {
        const QString uri = object.value("uri").toString(), type = object.value("type").toString();
        QString name = object.value("name").toString();
        const qint64 of = m_writer.type(TypeKind::Artifact, type);
        const std::vector<LineageProperty> properties = propertiesOf(object);
        qint64 id = uri.isEmpty()
                        ? find("SELECT id FROM Artifact WHERE type_id = ? AND name = ?", of, name)
                        : find("SELECT id FROM Artifact WHERE uri = ? ORDER BY id LIMIT 1", uri);
        if (id != 0) {
            m_writer.update(LineageNode::Kind::Artifact, id, customOf(properties));
            return id;
        }
        if (!name.isEmpty() &&
            find("SELECT id FROM Artifact WHERE type_id = ? AND name = ?", of, name))
            name += ':' + uri;
        id = m_writer.putArtifact(of, name, object.contains("uri") ? uri : QString(), properties,
                                  object.value("create_time_since_epoch").toLongLong());
        setTimes("Artifact", id, object);
        m_writer.attribute(stage, id);
        return id;
    }

    LineageWriter &m_writer;
    const QSqlDatabase &m_base;
};

} // namespace

void writeCmfJson(const QByteArray &json, const QString &name, LineageWriter &writer)
{
    const QVariantMap document = parseJson(json, name).toMap();
    if (document.value("Pipeline").userType() != QMetaType::QVariantList)
        fail(Tr::tr("%1 is no lineage of CMF: it has no list \"Pipeline\".").arg(name));
    LineageWriter::Batch batch(writer);
    writer.setVerbatim(true);
    Import import(writer);
    try {
        for (const QVariant &pipeline : document.value("Pipeline").toList())
            import.take(pipeline.toMap(), name);
    } catch (...) {
        writer.setVerbatim(false);
        throw;
    }
    writer.setVerbatim(false);
    batch.commit();
}

} // namespace helmscope
