// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/commandlog.h"

#include "base/tr.h"

#include <QDateTime>
#include <QJsonDocument>

#include <chrono>

namespace helmscope {

CommandLog::CommandLog(const QString &file)
    : m_file(file)
{
    if (!file.isEmpty() && !m_file.open(QIODevice::WriteOnly | QIODevice::Append))
        fail(Tr::tr("Cannot write the log of commands %1: %2.").arg(file, m_file.errorString()));
}

void CommandLog::write(const QString &event, QJsonObject what)
{
    if (!m_file.isOpen())
        return;
    using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::steady_clock;
    what["event"] = event;
    what["number"] = ++m_number;
    what["time_ms"] = QDateTime::currentMSecsSinceEpoch();
    what["clock_us"] =
        qint64(duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
    m_file.write(QJsonDocument(what).toJson(QJsonDocument::Compact) + '\n');
    m_file.flush(); // what a killed server did is known as well
}

QJsonObject CommandLog::withoutSecrets(QJsonObject params)
{
    if (params.contains("token"))
        params["token"] = "(not shown)";
    if (params.contains("lease"))
        params["lease"] = params["lease"].toString().left(8);
    return params;
}

} // namespace helmscope
