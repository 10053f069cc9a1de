// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// httplib before Qt: system headers define what Qt's do not mind.
#include "httpserver.h"
#undef _res // of <resolv.h>: a name in Eigen

#include "federation/cmfanswer.h"
#include "lineage/formats/jsontext.h"

#include <QDateTime>
#include <QElapsedTimer>

#include <atomic>
#include <map>
#include <mutex>

namespace helmscope {

/// A CMF server of a generation, as far as its clients see it: merges by its rules, loses what it
/// loses, and dies at a null.
class CmfFake
{
public:
    explicit CmfFake(int generation = 4)
        : m_generation(generation)
    {
        const std::string api = generation == 4 ? "/api" : "";
        httplib::Server &site = http.server;
        const auto word = [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content("[\"cmf-server\"]", "application/json");
        };
        site.Get((api + "/").c_str(), word);
        if (generation == 4) // the window's page
            site.Get("/", [](const httplib::Request &, httplib::Response &answer) {
                answer.set_content("<html></html>", "text/html");
            });
        site.Post((api + "/mlmd_push").c_str(),
                  [this](const httplib::Request &asked, httplib::Response &answer) {
                      push(QByteArray::fromStdString(asked.body), answer);
                  });
        const auto list = [this](const httplib::Request &, httplib::Response &answer) {
            const std::lock_guard lock(m_mutex);
            QVariantList names;
            for (const auto &[name, pipeline] : m_pipelines)
                names << name;
            answer.set_content(jsonText(names).toStdString(), "application/json");
        };
        site.Get((api + (generation < 2 ? "/display_pipelines" : "/pipelines")).c_str(), list);
        if (generation >= 1)
            site.Post((api + "/tensorboard").c_str(), word);
        if (generation >= 1)
            site.Post((api + "/python-env").c_str(),
                      [this](const httplib::Request &asked, httplib::Response &answer) {
                          take(asked, answer);
                      });
        // httplib says 404 where FastAPI says 405.
        if (generation >= 1)
            site.Get(
                (api + "/tensorboard").c_str(),
                [](const httplib::Request &, httplib::Response &answer) { answer.status = 405; });
        if (generation >= 3) {
            site.Post((api + "/acknowledge").c_str(), word);
            site.Post((api + "/label").c_str(),
                      [this](const httplib::Request &asked, httplib::Response &answer) {
                          take(asked, answer);
                      });
            site.Post((api + "/mlmd_pull").c_str(), [this](const httplib::Request &asked,
                                                           httplib::Response &answer) {
                const QVariantMap body =
                    parseJson(QByteArray::fromStdString(asked.body), "body").toMap();
                pull(body.value("pipeline_name").toString(), body.value("exec_uuid").toString(),
                     body.value("last_sync_time").toLongLong(), answer);
            });
        } else {
            site.Get(R"(/mlmd_pull/(.+))", [this](const httplib::Request &asked,
                                                  httplib::Response &answer) {
                // httplib leaves the body of a GET in the line, as if it were the next request.
                answer.set_header("Connection", "close");
                const QByteArray body = QByteArray::fromStdString(asked.body);
                // The first generations read the body, the second the question.
                const QString uuid =
                    m_generation < 2
                        ? (body.isEmpty() ? QString()
                                          : parseJson(body, "body").toMap()["exec_id"].toString())
                        : QString::fromStdString(asked.get_param_value("exec_uuid"));
                pull(QString::fromStdString(asked.matches[1]), uuid, 0, answer);
            });
        }
        if (generation == 4)
            site.Get(R"(/api/pipeline-stages/(.+))",
                     [this](const httplib::Request &asked, httplib::Response &answer) {
                         const std::lock_guard lock(m_mutex);
                         QVariantList names;
                         const auto at = m_pipelines.find(QString::fromStdString(asked.matches[1]));
                         if (at != m_pipelines.end())
                             for (const QVariant &each : at->second["stages"].toList())
                                 names << each.toMap()["name"];
                         answer.set_content(jsonText(QVariantMap{{"stages", names}}).toStdString(),
                                            "application/json");
                     });
        site.set_payload_max_length(512 << 20);
    }

    HttpServer http;
    std::atomic<int> pushes = 0, requests = 0;
    std::atomic<int> diesAtPush = 0;       ///< the nth push is stored, and no answer comes
    std::atomic<int> statusOfPush = 0;     ///< 0: as it should be
    std::atomic<qint64> clockOffsetMs = 0; ///< its clock is wrong by that
    std::atomic<bool> isHeld = false;      ///< pushes wait as long as this is so
    bool isLossy = true;                   ///< as PostgreSQL behind CMF is
    QString token;                         ///< asked for, where there is one
    QStringList files;                     ///< names of environments and labels that came
    QByteArray givenPull;                  ///< the answer to every pull, where there is one

    QStringList uuids()
    {
        const std::lock_guard lock(m_mutex);
        QStringList found;
        for (const auto &[name, pipeline] : m_pipelines)
            for (const QVariant &stage : pipeline["stages"].toList())
                for (const QVariant &execution : stage.toMap()["executions"].toList())
                    found << uuidsOf(execution.toMap());
        found.sort();
        return found;
    }

private:
    void take(const httplib::Request &asked, httplib::Response &answer)
    {
        files << QString::fromStdString(asked.get_file_value("file").filename);
        answer.set_content("{\"message\":\"File uploaded\"}", "application/json");
    }

    void push(const QByteArray &text, httplib::Response &answer)
    {
        const std::lock_guard lock(m_mutex);
        const QVariantMap body = parseJson(text, "body").toMap();
        const int number = ++pushes;
        while (isHeld)
            std::this_thread::yield();
        if (statusOfPush != 0) {
            answer.status = statusOfPush;
            answer.set_content("Internal Server Error", "text/plain");
            return;
        }
        if (m_generation >= 2 && body["pipeline_name"].toString().isEmpty()) {
            answer.status = 422;
            answer.set_content(R"({"detail":[{"loc":["body","pipeline_name"],"msg":"missing"}]})",
                               "application/json");
            return;
        }
        const QByteArray payload = body["json_payload"].toString().toUtf8();
        const QVariantList pipelines = parseJson(payload, "payload").toMap()["Pipeline"].toList();
        bool isNew = false, isThere = false;
        for (const QVariant &each : pipelines) {
            const QVariantMap pipeline = each.toMap();
            if (m_generation >= 1 && pipeline["name"] != body["pipeline_name"])
                continue;
            isThere = true;
            for (const QVariant &one : pipeline["stages"].toList())
                for (const QVariant &execution : one.toMap()["executions"].toList())
                    if (!uuidsOf(execution.toMap()).isEmpty())
                        isNew |= merge(pipeline, one.toMap(), execution.toMap(),
                                       body["exec_uuid"].toString());
                    else {
                        answer.status = 422;
                        answer.set_content("{\"detail\":\"version_update\"}", "application/json");
                        return;
                    }
        }
        if (number == diesAtPush) { // half an answer, and the connection ends
            answer.set_content_provider(
                1000, "application/json",
                [](size_t, size_t, httplib::DataSink &sink) { return sink.write("{", 1), false; });
            return;
        }
        answer.set_content(!isThere ? "{\"status\":\"pipeline_not_exist\"}"
                           : isNew  ? "{\"status\":\"success\"}"
                                    : "{\"status\":\"exists\"}",
                           "application/json");
    }

    qint64 now() { return QDateTime::currentMSecsSinceEpoch() + clockOffsetMs; }

    QVariantMap kept(const QVariantMap &properties) const
    {
        QVariantMap made;
        for (auto it = properties.cbegin(); it != properties.cend(); ++it)
            made[it.key()] = it.value().userType() == QMetaType::Double && isLossy
                                 ? QString::number(it.value().toDouble(), 'f', 6).toDouble()
                                 : it.value();
        return made;
    }

    bool isLost(const QVariantMap &properties) const
    {
        for (const QVariant &value : properties) {
            if (value.userType() == QMetaType::QString && value.toString().toUtf8().size() > 2650)
                return isLossy;
            if (value.userType() == QMetaType::LongLong && value.toLongLong() > 2147483647)
                return isLossy;
        }
        return false;
    }

    bool merge(const QVariantMap &pipeline, const QVariantMap &stage, const QVariantMap &given,
               const QString &wantedUuid)
    {
        const QStringList uuids = uuidsOf(given);
        if (!wantedUuid.isEmpty() && !uuids.contains(wantedUuid))
            return false;
        QVariantMap execution = given;
        execution["last_update_time_since_epoch"] = now();
        QVariantMap custom = kept(given["custom_properties"].toMap());
        if (isLost(custom))
            return true; // and says success
        custom["original_create_time_since_epoch"] = given["create_time_since_epoch"].toString();
        execution["custom_properties"] = custom;
        execution["type"] = stage["name"];
        QVariantList events;
        for (const QVariant &each : given["events"].toList()) {
            QVariantMap event = each.toMap(), artifact = event["artifact"].toMap();
            static const QStringList known{"Dataset",   "Model",       "Metrics", "Step_Metrics",
                                           "Dataslice", "Environment", "Label"};
            if (isLossy && (!known.contains(artifact["type"].toString()) ||
                            isLost(artifact["custom_properties"].toMap())))
                continue;
            artifact["custom_properties"] = kept(artifact["custom_properties"].toMap());
            event["artifact"] = artifact;
            if (isLossy)
                event["type"] = event["type"].toInt() == 3 ? 3LL : 4LL;
            events << event;
        }
        execution["events"] = events;
        const QString name = pipeline["name"].toString();
        QVariantMap &whole = m_pipelines[name];
        if (whole.isEmpty())
            whole = {{"name", name}, {"create_time_since_epoch", now()}};
        whole["last_update_time_since_epoch"] = now();
        QVariantList stages = whole["stages"].toList();
        auto at = std::find_if(stages.begin(), stages.end(), [&](const QVariant &one) {
            return one.toMap()["name"] == stage["name"];
        });
        if (at == stages.end()) {
            stages << QVariantMap{{"name", stage["name"]},
                                  {"create_time_since_epoch", now()},
                                  {"last_update_time_since_epoch", now()},
                                  {"properties", QVariantMap{{"Pipeline_Stage", stage["name"]}}},
                                  {"custom_properties", QVariantMap()},
                                  {"executions", QVariantList()}};
            at = stages.end() - 1;
        }
        QVariantMap there = at->toMap();
        QVariantList executions = there["executions"].toList();
        bool isNew = true;
        for (QVariant &known : executions) {
            QVariantMap before = known.toMap();
            if (!uuidsOf(before).contains(uuids.value(0)))
                continue;
            isNew = false;
            if (given["name"].toString().isEmpty())
                break; // frozen
            QVariantList all = before["events"].toList();
            for (const QVariant &event : events) {
                const QVariant uri = event.toMap()["artifact"].toMap()["uri"];
                if (std::none_of(all.begin(), all.end(), [&uri](const QVariant &one) {
                        return one.toMap()["artifact"].toMap()["uri"] == uri;
                    }))
                    all << event;
            }
            before["events"] = all;
            before["last_update_time_since_epoch"] = now();
            known = before;
        }
        if (isNew)
            executions << execution;
        there["executions"] = executions;
        *at = there;
        whole["stages"] = stages;
        return isNew || !given["name"].toString().isEmpty();
    }

    void pull(const QString &name, const QString &uuid, qint64 sinceMs, httplib::Response &answer)
    {
        const std::lock_guard lock(m_mutex);
        if (!givenPull.isEmpty()) {
            answer.set_content(givenPull.toStdString(), "text/html");
            return;
        }
        QVariantList all;
        for (const auto &[key, pipeline] : m_pipelines)
            if (name.isEmpty() || key == name)
                all << pipeline;
        if (!name.isEmpty() && all.isEmpty()) {
            answer.status = 404;
            answer.set_content("{\"detail\":\"Pipeline not found.\"}", "application/json");
            return;
        }
        CmfWanted wanted;
        wanted.uuid = uuid;
        wanted.sinceMs = sinceMs;
        const QVariantMap part = wantedPart({{"Pipeline", all}}, wanted);
        const bool isNone = !uuid.isEmpty() && part["Pipeline"].toList().isEmpty();
        answer.set_content(isNone ? "no_exec_uuid" : jsonText(part).toStdString(), "text/html");
    }

    int m_generation;
    std::mutex m_mutex;
    std::map<QString, QVariantMap> m_pipelines;
};

} // namespace helmscope
