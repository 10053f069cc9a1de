// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"
#include "lineage/store/schema.h"

#include <QHash>
#include <QSet>

#include <memory>

namespace helmscope {

class LineageStore;

/// Writes into a store as ML-Metadata does, and as CMF's client names things. Every call is one
/// short transaction of its own unless a Batch is open. Throws Error when the file is locked for
/// over `waitMs`, full, or would break a rule of MLMD.
class LineageWriter
{
public:
    /// Makes the store where there is none; throws Error unless it is of schema 10.
    explicit LineageWriter(const QString &file, int waitMs = 5000);
    ~LineageWriter();
    LineageWriter(const LineageWriter &) = delete;
    LineageWriter &operator=(const LineageWriter &) = delete;

    const LineageStore &store() const { return *m_store; }

    /// All calls until commit() as one; taken back where it is destroyed before.
    class Batch
    {
    public:
        explicit Batch(LineageWriter &writer);
        ~Batch();
        Batch(const Batch &) = delete;
        Batch &operator=(const Batch &) = delete;
        void commit();

    private:
        LineageWriter &m_writer;
        bool m_isOurs = false; ///< the outermost one decides
        bool m_isDone = false;
    };

    /// Whether values are kept as they are (of another store) or by storedValue().
    void setVerbatim(bool isVerbatim) { m_isVerbatim = isVerbatim; }

    // MLMD's own words.

    /// Id of the type, made where it is missing; properties not yet declared are added to it.
    qint64 type(TypeKind kind, const QString &name,
                const std::vector<std::pair<QString, PropertyType>> &properties = {});
    qint64 putContext(qint64 type, const QString &name,
                      const std::vector<LineageProperty> &properties, qint64 timeMs = 0);
    qint64 putExecution(qint64 type, const QString &name,
                        const std::vector<LineageProperty> &properties, qint64 timeMs = 0,
                        int state = 0);
    qint64 putArtifact(qint64 type, const QString &name, const QString &uri,
                       const std::vector<LineageProperty> &properties, qint64 timeMs = 0,
                       int state = 0);
    /// Replaces properties of these names, leaves the others.
    void update(LineageNode::Kind kind, qint64 id, const std::vector<LineageProperty> &properties);
    void setState(LineageNode::Kind kind, qint64 id, int state);
    /// False where these two already have an event of this type.
    bool putEvent(qint64 artifact, qint64 execution, int type, const QString &key = {},
                  qint64 timeMs = 0);
    void putParent(qint64 child, qint64 parent);
    void associate(qint64 context, qint64 execution);
    void attribute(qint64 context, qint64 artifact);

    // CMF's.

    /// Ids of the contexts, made where they are missing.
    qint64 pipeline(const QString &name, qint64 timeMs = 0);
    qint64 stage(const QString &pipeline, const QString &stage, qint64 timeMs = 0);
    /// One run of a stage. `properties` are the user's; `command` is what ran. Name empty: as most
    /// have none; one that shall be pushed more than once needs one.
    struct Run
    {
        QString pipeline, stage; ///< the stage without the pipeline's name
        QString type, command, uuid, name;
        QString gitRepository, gitCommit;
        std::vector<LineageProperty> properties;
        qint64 timeMs = 0; ///< 0: now
    };
    qint64 execution(const Run &run);
    /// Id of the execution of this type that has this name; 0: none.
    qint64 executionNamed(const QString &type, const QString &name) const;
    struct Content
    {
        QString type = QStringLiteral("Dataset"); ///< or Model, Metrics, Step_Metrics, Dataslice,
                                                  ///< Environment, Label
        QString path;                             ///< as the user gave it; of Metrics the name
        QString hash; ///< md5, or "<md5>.dir"; of Metrics a uuid (empty: a new one)
        QString url;  ///< where the object lies, without the pipeline's name; may be empty
        QString gitRepository;
        QString framework, modelType, modelName; ///< of a Model
        std::vector<LineageProperty> properties;
        qint64 timeMs = 0; ///< 0: now
    };
    /// Id of the artifact, with its event. An artifact with this content is used again, as CMF's
    /// client does: custom properties are merged, the url extended, no second event for the same
    /// execution.
    qint64 artifact(qint64 execution, const Content &content, bool isInput);

private:
    std::unique_ptr<LineageStore> m_store;
    QHash<QString, qint64> m_types;                ///< by kind and name
    QHash<qint64, QHash<QString, int>> m_declared; ///< data types of the types' properties
    bool m_isInBatch = false, m_isVerbatim = false;

    void putProperties(const QString &owner, qint64 id, const std::vector<LineageProperty> &);
    void declare(qint64 type, const QString &name, PropertyType kind);
    qint64 find(const QString &statement, const QList<QVariant> &values) const;
    qint64 context(const char *type, const QString &name, qint64 timeMs);
};

/// A value as it may stand in a store that CMF reads: ints beyond 32 bits, doubles that MLMD would
/// round (over six decimals) and those that are not finite become texts in their shortest form,
/// bools become ints, texts over 2000 bytes of UTF-8 are cut and end in "… (cut, <n> bytes)". Of a
/// value that is nothing, the text "None", as CMF does.
QVariant storedValue(const QVariant &value);

} // namespace helmscope
