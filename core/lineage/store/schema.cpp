// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/store/schema.h"

#include "lineage/store/parts.h"

namespace helmscope {

namespace {

QString propertyTable(const QString &owner)
{
    return QStringLiteral("CREATE TABLE `%1Property` (`%2_id` INT NOT NULL, "
                          "`name` VARCHAR(255) NOT NULL, `is_custom_property` TINYINT(1) NOT NULL, "
                          "`int_value` INT, `double_value` DOUBLE, `string_value` TEXT, "
                          "`byte_value` BLOB, `proto_value` BLOB, `bool_value` BOOLEAN, "
                          "PRIMARY KEY (`%2_id`, `name`, `is_custom_property`))")
        .arg(owner, owner.toLower());
}

QStringList tableStatements()
{
    const QString times = "`create_time_since_epoch` INT NOT NULL DEFAULT 0, "
                          "`last_update_time_since_epoch` INT NOT NULL DEFAULT 0, "
                          "UNIQUE(`type_id`, `name`))";
    const QString begin = "(`id` INTEGER PRIMARY KEY AUTOINCREMENT, ";
    const QString external = "`external_id` VARCHAR(255) UNIQUE";
    return {
        "CREATE TABLE `Type` " + begin +
            "`name` VARCHAR(255) NOT NULL, `version` VARCHAR(255), `type_kind` TINYINT(1) NOT "
            "NULL, `description` TEXT, `input_type` TEXT, `output_type` TEXT, " +
            external + ")",
        "CREATE TABLE `TypeProperty` (`type_id` INT NOT NULL, `name` VARCHAR(255) NOT NULL, "
        "`data_type` INT NULL, PRIMARY KEY (`type_id`, `name`))",
        "CREATE TABLE `ParentType` (`type_id` INT NOT NULL, `parent_type_id` INT NOT NULL, "
        "PRIMARY KEY (`type_id`, `parent_type_id`))",
        "CREATE TABLE `Artifact` " + begin +
            "`type_id` INT NOT NULL, `uri` TEXT, `state` INT, `name` VARCHAR(255), " + external +
            ", " + times,
        propertyTable("Artifact"),
        "CREATE TABLE `Execution` " + begin +
            "`type_id` INT NOT NULL, `last_known_state` INT, `name` VARCHAR(255), " + external +
            ", " + times,
        propertyTable("Execution"),
        "CREATE TABLE `Context` " + begin +
            "`type_id` INT NOT NULL, `name` VARCHAR(255) NOT NULL, " + external + ", " + times,
        propertyTable("Context"),
        "CREATE TABLE `ParentContext` (`context_id` INT NOT NULL, `parent_context_id` INT NOT "
        "NULL, PRIMARY KEY (`context_id`, `parent_context_id`))",
        "CREATE TABLE `Event` " + begin +
            "`artifact_id` INT NOT NULL, `execution_id` INT NOT NULL, `type` INT NOT NULL, "
            "`milliseconds_since_epoch` INT, UNIQUE(`artifact_id`, `execution_id`, `type`))",
        "CREATE TABLE `EventPath` (`event_id` INT NOT NULL, `is_index_step` TINYINT(1) NOT NULL, "
        "`step_index` INT, `step_key` TEXT)",
        "CREATE TABLE `Association` " + begin +
            "`context_id` INT NOT NULL, `execution_id` INT NOT NULL, "
            "UNIQUE(`context_id`, `execution_id`))",
        "CREATE TABLE `Attribution` " + begin +
            "`context_id` INT NOT NULL, `artifact_id` INT NOT NULL, "
            "UNIQUE(`context_id`, `artifact_id`))",
        "CREATE TABLE `MLMDEnv` (`schema_version` INTEGER PRIMARY KEY)"};
}

QStringList indexStatements()
{
    QStringList statements{"CREATE INDEX `idx_artifact_uri` ON `Artifact`(`uri`)",
                           "CREATE INDEX `idx_event_execution_id` ON `Event`(`execution_id`)",
                           "CREATE INDEX `idx_eventpath_event_id` ON `EventPath`(`event_id`)",
                           "CREATE INDEX `idx_parentcontext_parent_context_id` ON "
                           "`ParentContext`(`parent_context_id`)",
                           "CREATE INDEX `idx_type_name` ON `Type`(`name`)",
                           "CREATE INDEX `idx_type_external_id` ON `Type`(`external_id`)"};
    for (const QString owner : {"Artifact", "Execution", "Context"}) {
        const QString small = owner.toLower();
        for (const QString column : {"create_time_since_epoch", "last_update_time_since_epoch"})
            statements << QStringLiteral("CREATE INDEX `idx_%1_%2` ON `%3`(`%2`)")
                              .arg(small, column, owner);
        for (const QString value : {"int", "double", "string"})
            statements << QStringLiteral("CREATE INDEX `idx_%1_property_%2` ON `%3Property`"
                                         "(`name`, `is_custom_property`, `%2_value`) "
                                         "WHERE `%2_value` IS NOT NULL")
                              .arg(small, value, owner);
        statements << QStringLiteral("CREATE INDEX `idx_%1_external_id` ON `%2`(`external_id`)")
                          .arg(small, owner);
    }
    return statements;
}

} // namespace

StoredTables tablesOf(const QSqlDatabase &base)
{
    // Views are left out: in a foreign file they may compute anything.
    StoredTables tables;
    QStringList names;
    for (Sql sql(base, "SELECT name FROM sqlite_master WHERE type = 'table' "
                       "AND sql NOT LIKE 'CREATE VIRTUAL%'");
         sql.next();)
        names << sql.text(0);
    for (const QString &known : schemaTables()) {
        // SQLite's names do not mind the case, and neither do the statements here.
        if (!names.contains(known, Qt::CaseInsensitive))
            continue;
        QSet<QString> columns;
        for (Sql sql(base, QStringLiteral("PRAGMA table_info(`%1`)").arg(known)); sql.next();)
            columns << sql.text(1).toLower();
        tables.insert(known, columns);
    }
    return tables;
}

QStringList schemaTables()
{
    return {"Type",      "TypeProperty",      "ParentType",  "Artifact",        "ArtifactProperty",
            "Execution", "ExecutionProperty", "Context",     "ContextProperty", "ParentContext",
            "Event",     "EventPath",         "Association", "Attribution",     "MLMDEnv"};
}

QStringList schemaStatements()
{
    QStringList statements = tableStatements() + indexStatements();
    const auto addTypes = [&statements](const QStringList &names, TypeKind kind) {
        for (const QString &name : names)
            statements << QStringLiteral("INSERT INTO `Type`(`name`, `type_kind`) VALUES('%1', %2)")
                              .arg(name)
                              .arg(int(kind));
    };
    addTypes({"mlmd.Dataset", "mlmd.Model", "mlmd.Metrics", "mlmd.Statistics"}, TypeKind::Artifact);
    addTypes({"mlmd.Train", "mlmd.Transform", "mlmd.Process", "mlmd.Evaluate", "mlmd.Deploy"},
             TypeKind::Execution);
    statements
        << QStringLiteral("INSERT INTO `MLMDEnv`(`schema_version`) VALUES(%1)").arg(currentSchema);
    return statements;
}

int isInputEvent(int type)
{
    switch (type) {
    case 2: // DECLARED_INPUT
    case 3: // INPUT
    case 5: // INTERNAL_INPUT
        return 1;
    case 1: // DECLARED_OUTPUT
    case 4: // OUTPUT
    case 6: // INTERNAL_OUTPUT
    case 7: // PENDING_OUTPUT
        return 0;
    }
    return -1;
}

} // namespace helmscope
