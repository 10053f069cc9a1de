// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

class SqlSession;
struct PipelineDocument;

struct MergeWish
{
    QString pipeline;      ///< only this one of the document; empty: all
    QString executionUuid; ///< only executions with this uuid; empty: all
    qint64 nowMs = 0;
};

struct MergeOutcome
{
    int newExecutions = 0, changedExecutions = 0, newArtifacts = 0, changedArtifacts = 0,
        newEvents = 0, changedContexts = 0;
    int executions = 0; ///< of the document that were asked for, known ones too
    bool isNews() const
    {
        return newExecutions + changedExecutions + newArtifacts + changedArtifacts + newEvents > 0;
    }
};

/// Puts a document into the store, within the session's transaction. By content: contexts by name,
/// executions by uuid in their pipeline (named ones also by stage and name), artifacts by uri. What
/// is there already is not written again; a known node gets the properties it lacks, and those that
/// differ when the document says it was changed later than what is stored. Events are only added.
/// Throws Refusal (409) naming a name that already stands for something else.
MergeOutcome merge(SqlSession &session, const PipelineDocument &document, const MergeWish &wish);

} // namespace helmscope
