// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <cstdint>
#include <optional>
#include <vector>

namespace helmscope {

/// What the computer's processors have used, by the counters that Linux gives (powercap, Intel's
/// and AMD's RAPL): the packages', memory not counted. Most systems let only root read them.
class EnergyMeter
{
public:
    explicit EnergyMeter(const QString &folder = QStringLiteral("/sys/class/powercap"));

    /// Joules since it was last asked, or made; nothing where no counter can be read. A counter
    /// that began anew meanwhile is told by its range; one that did so twice is not.
    std::optional<double> joules();

private:
    struct Counter
    {
        QString file;
        std::uint64_t range = 0, last = 0; ///< microjoules
    };
    std::vector<Counter> m_counters;
};

} // namespace helmscope
