// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helm.h"
#include "app/openworkspace.h"
#include "app/preferences.h"
#include "app/syncwatch.h"
#include "steering/plan.h"
#include "widgets/graphics.h"

#include <QByteArray>

#include <memory>
#include <optional>
#include <vector>

namespace helmscope {

/// What outlives a window that is made anew in another language: what is open, and what of it was
/// looked at.
struct Ongoing
{
    std::unique_ptr<OpenWorkspace> workspace;
    std::unique_ptr<SyncWatch> sync;
    std::unique_ptr<Helm> helm; ///< null: nothing, the window is the first
    Plan plan;
    std::vector<Graphic> graphics;
    std::optional<int> step; ///< looked at, from 0; nothing: the newest
    QByteArray geometry, state;
    Preferences preferences;
    bool hadSettings = false; ///< its dialog was open
};

} // namespace helmscope
