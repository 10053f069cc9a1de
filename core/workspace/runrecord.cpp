// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/runrecord.h"

#include "base/json.h"
#include "base/tr.h"
#include "steering/recording/stepline.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace helmscope {

namespace {

constexpr const char *format = "helmscope-run-plan";
constexpr int version = 1;
constexpr qint64 longestLine = 16 << 20; ///< a mask of a million runs fits
constexpr qint64 largestFile = qint64(1) << 30;
constexpr std::size_t mostSteps = 1'000'000;
constexpr int longestSide = 65536;
constexpr qsizetype sumDigits = 16;
constexpr char sumBegin[] = ",\"sum\":\"";

QString timeText(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs);
}

QByteArray sumOf(const QByteArray &before, const QByteArray &line)
{
    QCryptographicHash hash(QCryptographicHash::Md5);
    hash.addData(before);
    hash.addData(line);
    return hash.result().toHex().left(sumDigits);
}

/// A line as it was before summed() put its sum in; nothing when it does not end in one.
std::optional<std::pair<QByteArray, QByteArray>> lineAndSum(const QByteArray &line)
{
    const qsizetype end = qsizetype(sizeof sumBegin) - 1 + sumDigits + 2; // ,"sum":"..."}
    if (line.size() < end || !line.endsWith("\"}") ||
        line.mid(line.size() - end, qsizetype(sizeof sumBegin) - 1) != sumBegin)
        return {};
    return std::pair(line.left(line.size() - end) + '}',
                     line.mid(line.size() - sumDigits - 2, sumDigits));
}

std::optional<Run::Outcome> outcomeFrom(const QString &key)
{
    using Outcome = Run::Outcome;
    for (Outcome known : {Outcome::Finished, Outcome::TimeIsUp, Outcome::Plateau, Outcome::Stopped,
                          Outcome::Exhausted, Outcome::Failed})
        if (key == QLatin1String(keyOf(known)))
            return known;
    return {};
}

} // namespace

bool isRunId(const QString &id)
{
    if (id.isEmpty() || id.size() > 200 || id.startsWith('.'))
        return false;
    return std::all_of(id.begin(), id.end(), [](QChar c) {
        return c.unicode() < 128 && (c.isLetterOrNumber() || c == '.' || c == '_' || c == '-');
    });
}

QByteArray summed(const QByteArray &line, QByteArray *sum)
{
    *sum = sumOf(*sum, line);
    return line.chopped(1) + sumBegin + *sum + "\"}\n";
}

QByteArray endLineOf(Run::Outcome outcome, const QString &message, qint64 timeMs)
{
    const QByteArray text =
        QJsonDocument(QJsonArray{message}).toJson(QJsonDocument::Compact); // quoted as JSON wants
    return QByteArray("{\"end\":{\"outcome\":\"") + keyOf(outcome) +
           "\",\"message\":" + text.mid(1, text.size() - 2) + ",\"time\":\"" +
           timeText(timeMs).toLatin1() + "\"}}";
}

QJsonObject toJson(const PlanFile &file)
{
    QJsonArray provenance;
    for (const Provenance &source : file.provenance)
        provenance.append(QJsonObject{{"role", source.role},
                                      {"file", source.file},
                                      {"array", source.array},
                                      {"format", source.format},
                                      {"sha256", source.sha256}});
    return {{"format", format},
            {"version", version},
            {"id", file.id},
            {"created", timeText(file.createdMs)},
            {"program", file.program},
            {"title", file.title},
            {"rows", file.rows},
            {"cols", file.cols},
            {"pixelSizeNm", file.pixelSizeNm},
            {"imageHash", file.imageHash},
            {"value", QJsonObject{{"name", file.valueName}, {"unit", file.valueUnit}}},
            {"channels", file.channels},
            {"provenance", provenance},
            {"plan", file.plan.toJson()}};
}

PlanFile readPlanFile(const QString &name)
{
    const QJsonObject object = readJson(name);
    if (object["format"].toString() != QLatin1String(format))
        fail(Tr::tr("Cannot read %1: it is no plan of a run.").arg(name));
    integer(object, "version", 0, 1, version, name);
    PlanFile file;
    file.id = text(object, "id", {}, name);
    file.createdMs = QDateTime::fromString(text(object, "created", {}, name), Qt::ISODateWithMs)
                         .toMSecsSinceEpoch();
    file.program = text(object, "program", {}, name);
    file.title = text(object, "title", {}, name);
    file.rows = integer(object, "rows", 0, 1, longestSide, name);
    file.cols = integer(object, "cols", 0, 1, longestSide, name);
    if (file.rows == 0 || file.cols == 0)
        fail(Tr::tr("Cannot use %1: it does not say how many rows and columns the run has.")
                 .arg(name));
    file.pixelSizeNm = number(object, "pixelSizeNm", 0, 0, 1e9, name);
    file.imageHash = text(object, "imageHash", {}, name);
    file.valueName = object["value"]["name"].toString();
    file.valueUnit = object["value"]["unit"].toString();
    file.channels = integer(object, "channels", 0, 0, 1'000'000, name);
    for (const QJsonValue &value : object["provenance"].toArray())
        file.provenance << Provenance{value["role"].toString(), value["file"].toString(),
                                      value["array"].toString(), value["format"].toString(),
                                      value["sha256"].toString()};
    file.plan = Plan::fromJson(object["plan"].toObject(), Tr::tr("the plan in %1").arg(name));
    return file;
}

StepsFile readStepsFile(const QString &name, const Plan &plan)
{
    StepsFile read;
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(name, file.errorString()));
    if (file.size() > largestFile)
        fail(Tr::tr("Cannot read %1: it is larger than 1 GiB, which no run of ours is.").arg(name));
    Scalarizer scalarizer = plan.scalarizer;
    for (int number = 1; !file.atEnd() && read.steps.size() < mostSteps; ++number) {
        const QByteArray line = file.readLine(longestLine);
        if (!line.endsWith('\n')) {
            if (!file.atEnd())
                read.problem = Tr::tr("Line %1 of %2 is longer than 16 MiB and is not read.")
                                   .arg(number)
                                   .arg(name);
            return read; // else: torn
        }
        const auto parts = lineAndSum(line.chopped(1));
        if (!parts || sumOf(read.sum, parts->first) != parts->second) {
            read.problem =
                Tr::tr("Line %1 of %2 is damaged: its sum is wrong.").arg(number).arg(name);
            return read;
        }
        const QString where = Tr::tr("line %1 of %2").arg(number).arg(name);
        try {
            if (parts->first.startsWith("{\"end\":")) {
                const QJsonValue end = QJsonDocument::fromJson(parts->first).object()["end"];
                read.outcome = outcomeFrom(end["outcome"].toString());
                read.message = end["message"].toString();
                if (!read.outcome)
                    fail(Tr::tr("Cannot use %1: its outcome is not known.").arg(where));
            } else {
                if (read.outcome)
                    fail(Tr::tr("Cannot use %1: the run had ended before it.").arg(where));
                StepLine step = stepFromLine(parts->first, scalarizer, where);
                if (step.step.number != int(read.steps.size()) + 1)
                    fail(Tr::tr("Cannot use %1: it holds step %2.")
                             .arg(where)
                             .arg(step.step.number));
                scalarizer = step.step.scalarizer;
                read.steps.push_back(std::move(step.step));
                read.spectrumHashes.push_back(step.spectrumHash);
            }
        } catch (const Error &error) {
            read.problem = QString::fromUtf8(error.what());
            return read;
        }
        read.sum = parts->second;
        read.wholeBytes += line.size();
    }
    return read;
}

StepsEnd readStepsEnd(const QString &name)
{
    StepsEnd end;
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        return end;
    // Lines are of some hundred bytes, now and then of a mask; the last two whole ones are wanted.
    for (qint64 tail = 8 << 10;; tail *= 16) {
        const qint64 from = std::max<qint64>(0, file.size() - tail);
        file.seek(from);
        const QByteArray bytes = file.read(file.size() - from);
        qsizetype stop = bytes.lastIndexOf('\n');
        bool isFound = false;
        while (stop > 0) {
            const qsizetype begin = bytes.lastIndexOf('\n', stop - 1) + 1;
            if (begin == 0 && from > 0)
                break; // not wholly read
            const QByteArray line = bytes.mid(begin, stop - begin);
            const QJsonObject object = QJsonDocument::fromJson(line).object();
            if (object.contains("end")) {
                const QJsonValue told = object["end"];
                end.outcome = outcomeFrom(told["outcome"].toString());
                end.message = told["message"].toString();
            } else {
                end.steps = std::clamp(object["step"].toInt(0), 0, int(mostSteps));
                isFound = true;
                break;
            }
            stop = begin - 1;
        }
        if (isFound || from == 0 || tail > longestLine)
            return end;
    }
}

} // namespace helmscope
