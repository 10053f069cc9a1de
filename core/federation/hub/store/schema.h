// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace helmscope {

class SqlSession;

/// Of the hub's own tables.
constexpr int hubVersion = 2;

/// Makes MLMD's 15 tables and the hub's own where there are none; throws Error where the tables are
/// of another version.
void makeTables(SqlSession &session);

} // namespace helmscope
