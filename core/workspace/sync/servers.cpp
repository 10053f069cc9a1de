// SPDX-License-Identifier: GPL-3.0-or-later
// What a remote has and is, without changing anything here.
#include "base/tr.h"
#include "lineage/cmfjson.h"
#include "workspace/sync/parts.h"
#include "workspace/sync/versions.h"

namespace helmscope {

QStringList pipelinesOf(const QString &workspace, const Remote &server, const Progress &progress)
{
    return CmfServer(accessOf(workspace, server, SyncState::read(workspace))).pipelines(progress);
}

LineageGraph lineageOf(const QString &workspace, const Remote &server, const QString &pipeline,
                       const Progress &progress)
{
    CmfServer opened(accessOf(workspace, server, SyncState::read(workspace)));
    CmfWanted wanted;
    wanted.pipeline = pipeline;
    const auto document = opened.pull(wanted, progress);
    if (!document)
        fail(Tr::tr("%1 has no pipeline %2.").arg(opened.shownAddress(), pipeline));
    return cmfJsonToGraph(*document, opened.shownAddress());
}

QString testRemote(const QString &workspace, const Remote &remote, const Progress &progress)
{
    switch (remote.kind) {
    case Remote::Kind::Metadata: {
        // Asked anew: it may have become another one.
        CmfServer::Access access = accessOf(workspace, remote, {});
        CmfServer server(access);
        const CmfTraits traits = server.traits(progress);
        const int count = int(server.pipelines(progress).size());
        return traits.isHub ? Tr::tr("%1 is a hub of Helmscope with %2 pipelines.")
                                  .arg(server.shownAddress())
                                  .arg(count)
                            : Tr::tr("%1 is a CMF server (generation %2) with %3 pipelines.")
                                  .arg(server.shownAddress())
                                  .arg(traits.generation)
                                  .arg(count);
    }
    case Remote::Kind::Artifacts:
        openObjectStore(objectRemoteOf(workspace, remote))->reach(progress);
        return Tr::tr("%1 can be reached: artifacts can be looked for there.")
            .arg(shownAddressOf(remote));
    case Remote::Kind::Versions:
        return testVersions(workspace, remote, progress);
    }
    return {};
}

} // namespace helmscope
