// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/lineage/energymeter.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>

namespace helmscope {

namespace {

std::optional<std::uint64_t> numberIn(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    bool isNumber = false;
    const qulonglong value = file.read(32).trimmed().toULongLong(&isNumber);
    return isNumber ? std::optional<std::uint64_t>(value) : std::nullopt;
}

} // namespace

EnergyMeter::EnergyMeter(const QString &folder)
{
    // "intel-rapl:0" is a package; "intel-rapl:0:0" a part of it, counted there already.
    static const QRegularExpression package(QStringLiteral("^[a-z-]+-rapl:[0-9]+$"));
    for (const QString &name : QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (!package.match(name).hasMatch())
            continue;
        const QString at = folder + '/' + name;
        const auto now = numberIn(at + "/energy_uj");
        const auto range = numberIn(at + "/max_energy_range_uj");
        if (now)
            m_counters.push_back({at + "/energy_uj", range.value_or(0), *now});
    }
}

std::optional<double> EnergyMeter::joules()
{
    double sum = 0;
    for (Counter &counter : m_counters) {
        const auto now = numberIn(counter.file);
        if (!now)
            return std::nullopt;
        if (*now >= counter.last)
            sum += double(*now - counter.last);
        else if (counter.range > counter.last)
            sum += double(counter.range - counter.last) + double(*now);
        counter.last = *now;
    }
    return m_counters.empty() ? std::nullopt : std::optional(sum * 1e-6);
}

} // namespace helmscope
