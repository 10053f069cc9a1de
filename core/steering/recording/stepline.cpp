// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/stepline.h"

#include "base/json.h"
#include "base/tr.h"
#include "dkl/bytes.h"
#include "steering/live/liverecord.h"
#include "steering/recording/runlayout.h"

#include <QDateTime>
#include <QJsonDocument>

#include <cmath>

namespace helmscope {

using namespace runlayout;

namespace {

constexpr const char *sources[] = {"measured", "nearest", "predicted"};

QString hexOf(std::uint64_t hash)
{
    return QStringLiteral("%1").arg(hash, 16, 16, QChar('0'));
}

std::uint64_t hashAt(const QJsonObject &object, const QString &key, const QString &where)
{
    bool isHash = false;
    const QString found = text(object, key, "0", where);
    const std::uint64_t hash = found.toULongLong(&isHash, 16);
    if (!isHash)
        fail(Tr::tr("Cannot use %1: '%2' is '%3' and no hash.").arg(where, key, found));
    return hash;
}

/// A line in the making: fields stay in the order they are put.
class Line
{
public:
    void put(const char *key, const QJsonValue &value)
    {
        const QByteArray wrapped = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
        m_text += m_text.isEmpty() ? "{\"" : ",\"";
        m_text += key;
        m_text += "\":" + wrapped.mid(1, wrapped.size() - 2);
    }
    void put(const Column &column, const Step &step)
    {
        const double number = column.of(step);
        put(column.name, std::isfinite(number) ? QJsonValue(number) : QJsonValue());
    }
    QByteArray finished() { return m_text + '}'; }

private:
    QByteArray m_text;
};

void take(const Column &column, const QJsonObject &object, Step &step, const QString &where)
{
    const QString key = QString::fromLatin1(column.name);
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return;
    if (column.isWhole)
        column.to(step, integer(object, key, 0, -1, 1 << 30, where));
    else
        column.to(step, value.isNull() ? std::numeric_limits<double>::quiet_NaN()
                                       : number(object, key, 0, -std::numeric_limits<double>::max(),
                                                std::numeric_limits<double>::max(), where));
}

template <class E, class Known>
E choiceAt(const QJsonObject &object, const QString &key, const Known &known, const QString &where)
{
    const QString found = text(object, key, QString::fromLatin1(keyOf(*std::begin(known))), where);
    for (const E one : known)
        if (found == QLatin1String(keyOf(one)))
            return one;
    fail(Tr::tr("Cannot use %1: '%2' is '%3', which is not known.").arg(where, key, found));
}

QJsonArray toJson(const std::vector<Pixel> &pixels)
{
    QJsonArray array;
    for (const Pixel &pixel : pixels)
        array.append(QJsonArray{pixel.row, pixel.col});
    return array;
}

} // namespace

std::uint64_t hashOf(const Eigen::VectorXf &spectrum)
{
    return spectrum.size() == 0
               ? 0
               : fnv1a(spectrum.data(), std::size_t(spectrum.size()) * sizeof(float));
}

QJsonArray toJson(const std::vector<Intervention> &interventions)
{
    QJsonArray array;
    for (const Intervention &said : interventions) {
        QJsonObject object;
        if (!said.orders.queue.empty())
            object["queue"] = toJson(said.orders.queue);
        if (said.orders.forbidden)
            object["forbidden"] = maskToJson(*said.orders.forbidden);
        if (said.orders.preferred)
            object["preferred"] = preferenceToJson(*said.orders.preferred);
        if (!said.orders.withdrawn.empty())
            object["withdrawn"] = toJson(said.orders.withdrawn);
        if (said.orders.acquisition)
            object["acquisition"] = acquisitionToJson(*said.orders.acquisition);
        if (said.orders.scalarizer)
            object["scalarizer"] = scalarizerToJson(*said.orders.scalarizer);
        if (said.orders.steps)
            object["steps"] = *said.orders.steps;
        if (said.orders.survey)
            object["survey"] = true;
        if (const auto &beginning = said.orders.beginning)
            object["beginning"] = QJsonObject{{"metaModel", beginning->hash},
                                              {"file", beginning->file},
                                              {"reason", said.orders.beginningReason}};
        if (said.vetoed)
            object["vetoed"] = toJson(std::vector{*said.vetoed}).first();
        array.append(object);
    }
    return array;
}

std::vector<Intervention> interventionsFromJson(const QJsonArray &array, const QString &where)
{
    std::vector<Intervention> interventions;
    for (const QJsonValue &value : array) {
        const QJsonObject object = value.toObject();
        Intervention said;
        for (const QJsonValue &pixel : object["queue"].toArray())
            said.orders.queue.push_back({pixel[0].toInt(-1), pixel[1].toInt(-1)});
        if (object.contains("forbidden"))
            said.orders.forbidden = maskFromJson(object["forbidden"].toObject(), where);
        if (object.contains("preferred"))
            said.orders.preferred = preferenceFromJson(object["preferred"].toObject(), where);
        for (const QJsonValue &pixel : object["withdrawn"].toArray())
            said.orders.withdrawn.push_back({pixel[0].toInt(-1), pixel[1].toInt(-1)});
        if (object.contains("acquisition"))
            said.orders.acquisition = acquisitionFromJson(object["acquisition"].toObject(), where);
        if (object.contains("scalarizer"))
            said.orders.scalarizer = scalarizerFromJson(object["scalarizer"], where);
        if (object.contains("steps"))
            said.orders.steps = integer(object, "steps", 0, -(1 << 30), 1 << 30, where);
        said.orders.survey = object["survey"].toBool();
        if (object.contains("beginning")) {
            const QJsonObject beginning = object["beginning"].toObject();
            said.orders.beginning.emplace();
            said.orders.beginning->hash = text(beginning, "metaModel", {}, where);
            said.orders.beginning->file = text(beginning, "file", {}, where);
            said.orders.beginningReason = text(beginning, "reason", {}, where);
        }
        if (const QJsonValue pixel = object["vetoed"]; pixel.isArray())
            said.vetoed = Pixel{pixel[0].toInt(-1), pixel[1].toInt(-1)};
        interventions.push_back(std::move(said));
    }
    return interventions;
}

QByteArray lineOf(const Step &step, const Step *before)
{
    Line line;
    line.put("step", step.number);
    line.put(columns[0], step); // row, column
    line.put(columns[1], step);
    line.put("reason", keyOf(step.reason));
    line.put("acquisition", rowOf(step.acquisition).key);
    if (step.source != Measurement::Source::Measured)
        line.put("source", sources[int(step.source)]);
    for (const Column &column : std::span(columns).subspan(2))
        if (!qstrcmp(column.name, "qualityPixels") && !step.quality)
            break; // the others of the quality follow it
        else
            line.put(column, step);
    if (step.timeMs != 0)
        line.put("time",
                 QDateTime::fromMSecsSinceEpoch(step.timeMs, Qt::UTC).toString(Qt::ISODateWithMs));
    if (!before || before->scalarizer != step.scalarizer)
        line.put("scalarizer", scalarizerToJson(step.scalarizer));
    if (!step.interventions.empty())
        line.put("interventions", toJson(step.interventions));
    if (!step.changes.isEmpty())
        line.put("changes", QJsonArray::fromStringList(step.changes));
    if (!step.warnings.isEmpty())
        line.put("warnings", QJsonArray::fromStringList(step.warnings));
    for (const Column &column : trustColumns)
        if (step.trust)
            line.put(column, step);
    for (const Column &column : warmthColumns)
        if (step.warmth)
            line.put(column, step);
    if (const QJsonObject live = liveToJson(step); !live.isEmpty())
        line.put("live", live);
    line.put("channels", int(step.spectrum.size()));
    line.put("spectrumHash", hexOf(hashOf(step.spectrum)));
    line.put("modelHash", hexOf(step.modelHash));
    line.put("mapsHash", hexOf(step.mapsHash));
    return line.finished();
}

StepLine stepFromLine(const QByteArray &line, const Scalarizer &before, const QString &where)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(line, &error);
    if (!document.isObject())
        fail(Tr::tr("Cannot use %1: it is no JSON object (%2).").arg(where, error.errorString()));
    const QJsonObject object = document.object();
    StepLine read;
    Step &step = read.step;
    step.number = integer(object, "step", 0, 1, 1 << 30, where);
    for (const Column &column : columns)
        take(column, object, step, where);
    for (const Column &column : trustColumns)
        take(column, object, step, where);
    for (const Column &column : warmthColumns)
        take(column, object, step, where);
    constexpr Reason reasons[] = {Reason::Initial, Reason::Acquisition, Reason::Queued};
    step.reason = choiceAt<Reason>(object, "reason", reasons, where);
    step.acquisition =
        acquisitionFromKey(text(object, "acquisition", "uncertainty", where).toStdString());
    const QString source = text(object, "source", sources[0], where);
    for (int i = 0; i < 3; ++i)
        if (source == QLatin1String(sources[i]))
            step.source = Measurement::Source(i);
    step.timeMs = QDateTime::fromString(text(object, "time", {}, where), Qt::ISODateWithMs)
                      .toMSecsSinceEpoch();
    step.scalarizer =
        object.contains("scalarizer")
            ? scalarizerFromJson(object["scalarizer"], Tr::tr("the scalarizer of %1").arg(where))
            : before;
    step.interventions = interventionsFromJson(object["interventions"].toArray(), where);
    for (const QJsonValue &value : object["changes"].toArray())
        step.changes << value.toString();
    for (const QJsonValue &value : object["warnings"].toArray())
        step.warnings << value.toString();
    liveFromJson(object["live"].toObject(), step, where);
    read.channels = integer(object, "channels", 0, 0, 1 << 24, where);
    read.spectrumHash = hashAt(object, "spectrumHash", where);
    step.modelHash = hashAt(object, "modelHash", where);
    step.mapsHash = hashAt(object, "mapsHash", where);
    return read;
}

} // namespace helmscope
