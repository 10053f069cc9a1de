// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/workspace.h"

#include <QString>

#include <string>

namespace helmscope {

/// The workspace that a folder is, or lies in. Throws Error where there is none.
Workspace workspaceAt(const std::string &folder);

/// One line that nobody else sees: without echo from a terminal, else from standard input. Throws
/// Error where nothing comes.
QString secretFromUser(const QString &prompt);

} // namespace helmscope
