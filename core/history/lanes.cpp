// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/lanes.h"

#include <algorithm>

namespace helmscope {

/// Lanes wait for versions: when one comes, the first lane that waits for it bears its dot and all
/// others that do end there; then its parents are waited for, the first in the same lane, so that a
/// trunk stays where it is, the others where somebody waits for them already.
std::vector<LaneRow> lanes(const std::vector<Version> &log)
{
    std::vector<LaneRow> rows;
    rows.reserve(log.size());
    std::vector<QString> waiting; // what each lane comes to; empty: free
    const auto free = [&waiting](std::size_t from) {
        const auto found =
            std::find(waiting.begin() + std::ptrdiff_t(from), waiting.end(), QString());
        if (found != waiting.end())
            return std::size_t(found - waiting.begin());
        waiting.emplace_back();
        return waiting.size() - 1;
    };
    for (const Version &version : log) {
        LaneRow row;
        const auto expected = std::find(waiting.begin(), waiting.end(), version.id);
        const std::size_t lane =
            expected == waiting.end() ? free(0) : std::size_t(expected - waiting.begin());
        row.lane = int(lane);
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].isEmpty())
                continue;
            if (waiting[i] == version.id) {
                row.lines.emplace_back(int(i), -1);
                waiting[i].clear();
            } else {
                row.lines.emplace_back(int(i), int(i));
            }
        }
        for (qsizetype p = 0; p < version.parents.size(); ++p) {
            const QString &parent = version.parents[p];
            std::size_t to = lane;
            if (p > 0 || !waiting[lane].isEmpty()) {
                const auto known = std::find(waiting.begin(), waiting.end(), parent);
                to = known != waiting.end() ? std::size_t(known - waiting.begin()) : free(lane);
            }
            waiting[to] = parent;
            row.lines.emplace_back(-1, int(to));
        }
        row.width = row.lane + 1;
        for (const auto &[from, to] : row.lines)
            row.width = std::max({row.width, from + 1, to + 1});
        while (!waiting.empty() && waiting.back().isEmpty())
            waiting.pop_back();
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace helmscope
