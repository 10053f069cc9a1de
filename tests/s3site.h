// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "httpserver.h"

#include <QByteArray>
#include <QCryptographicHash>
#include <QDateTime>
#include <QLocale>
#include <QMap>
#include <QMessageAuthenticationCode>

#include <algorithm>
#include <atomic>
#include <mutex>

/// A small S3 for tests, in memory: checks each signature from what came over the wire, by its own
/// reading of AWS's description, and knows objects and uploads in parts.
class S3Site
{
public:
    explicit S3Site(const QByteArray &bucket)
        : m_bucket(bucket)
    {
        site.server.set_payload_max_length(1ll << 32);
        const auto run = [this](const httplib::Request &asked, httplib::Response &answer) {
            respond(asked, answer);
        };
        site.server.Get(".*", run); // HEAD, too
        site.server.Put(".*", run);
        site.server.Post(".*", run);
        site.server.Delete(".*", run);
        site.server.set_post_routing_handler([this](const auto &, httplib::Response &answer) {
            answer.set_header(
                "Date",
                QLocale::c().toString(now(), "ddd, dd MMM yyyy hh:mm:ss 'GMT'").toStdString());
        });
        site.start();
    }

    HttpServer site;
    std::atomic<qint64> received = 0;
    std::atomic<int> refused = 0, parts = 0, uploads = 0;
    std::atomic<qint64> clockAheadSeconds = 0;
    std::atomic<int> failsAtCompletion = 0; ///< that many times, in a body with status 200
    std::atomic<bool> hasWrongTags = false;
    QByteArray sessionToken;
    QByteArray lastHost;

    QMap<QByteArray, QByteArray> objects()
    {
        const std::lock_guard lock(m_mutex);
        return m_objects;
    }
    void put(const QByteArray &key, const QByteArray &content)
    {
        const std::lock_guard lock(m_mutex);
        m_objects[key] = content;
    }

private:
    struct Upload
    {
        QByteArray key;
        QMap<int, QByteArray> parts;
    };

    QDateTime now() const { return QDateTime::currentDateTimeUtc().addSecs(clockAheadSeconds); }

    static QByteArray header(const httplib::Request &asked, const QByteArray &name)
    {
        return QByteArray::fromStdString(asked.get_header_value(name.constData()));
    }
    static QByteArray mac(const QByteArray &key, const QByteArray &text)
    {
        return QMessageAuthenticationCode::hash(text, key, QCryptographicHash::Sha256);
    }
    static QByteArray md5(const QByteArray &bytes)
    {
        return QCryptographicHash::hash(bytes, QCryptographicHash::Md5);
    }
    static void refuse(httplib::Response &answer, int status, const char *code)
    {
        answer.status = status;
        answer.set_content(std::string("<?xml version=\"1.0\"?><Error><Code>") + code +
                               "</Code><Message>no</Message></Error>",
                           "application/xml");
    }

    /// Empty: as it should be.
    const char *objection(const httplib::Request &asked)
    {
        const QByteArray authorization = header(asked, "Authorization");
        const auto field = [&](const QByteArray &name) {
            const qsizetype at = authorization.indexOf(name + '=');
            const QByteArray rest = authorization.mid(at + name.size() + 1);
            return at < 0 ? QByteArray()
                          : rest.left(rest.indexOf(',') < 0 ? rest.size() : rest.indexOf(','));
        };
        const QList<QByteArray> credential = field("Credential").split('/');
        if (!authorization.startsWith("AWS4-HMAC-SHA256 ") || credential.size() != 5 ||
            credential[0] != "AKIDEXAMPLE")
            return "InvalidAccessKeyId";
        const QByteArray time = header(asked, "x-amz-date");
        const QDateTime said = QDateTime::fromString(QString(time), "yyyyMMdd'T'HHmmss'Z'");
        if (std::abs(QDateTime(said.date(), said.time(), Qt::UTC).secsTo(now())) > 15 * 60)
            return "RequestTimeTooSkewed";
        if (credential[2] != "eu-central-1")
            return "AuthorizationHeaderMalformed";
        const QList<QByteArray> names = field("SignedHeaders").split(';');
        for (const char *needed : {"host", "x-amz-content-sha256", "x-amz-date"})
            if (!names.contains(needed))
                return "AccessDenied";
        if (!sessionToken.isEmpty() && (header(asked, "x-amz-security-token") != sessionToken ||
                                        !names.contains("x-amz-security-token")))
            return "InvalidToken";
        const QByteArray target = QByteArray::fromStdString(asked.target);
        const qsizetype mark = target.indexOf('?');
        QList<QByteArray> query;
        if (mark >= 0)
            for (const QByteArray &one : target.mid(mark + 1).split('&'))
                query << (one.contains('=') ? one : one + '=');
        std::sort(query.begin(), query.end());
        QByteArray canonical = QByteArray::fromStdString(asked.method) + '\n' +
                               (mark < 0 ? target : target.left(mark)) + '\n' + query.join('&') +
                               '\n';
        for (const QByteArray &name : names)
            canonical += name + ':' + header(asked, name).trimmed() + '\n';
        canonical += '\n' + names.join(';') + '\n' + header(asked, "x-amz-content-sha256");
        const QByteArray scope = credential.mid(1).join('/');
        const QByteArray text =
            "AWS4-HMAC-SHA256\n" + time + '\n' + scope + '\n' +
            QCryptographicHash::hash(canonical, QCryptographicHash::Sha256).toHex();
        QByteArray key = "AWS4secret/KEY+example";
        for (const QByteArray &step : credential.mid(1))
            key = mac(key, step);
        if (mac(key, text).toHex() != field("Signature"))
            return "SignatureDoesNotMatch";
        const QByteArray sum = header(asked, "content-md5");
        if (!sum.isEmpty() &&
            QByteArray::fromBase64(sum) != md5(QByteArray::fromStdString(asked.body)))
            return "BadDigest";
        return nullptr;
    }

    void respond(const httplib::Request &asked, httplib::Response &answer)
    {
        const std::lock_guard lock(m_mutex);
        received += qint64(asked.body.size());
        lastHost = header(asked, "Host");
        if (const char *why = objection(asked)) {
            ++refused;
            return refuse(answer, 403, why);
        }
        QByteArray path = QByteArray::fromStdString(asked.path).mid(1);
        if (!lastHost.startsWith(m_bucket + '.')) {
            if (path.left(path.indexOf('/')) != m_bucket)
                return refuse(answer, 404, "NoSuchBucket");
            path.remove(0, m_bucket.size() + 1);
        }
        const QByteArray body = QByteArray::fromStdString(asked.body);
        const auto parameter = [&](const char *name) {
            return QByteArray::fromStdString(asked.get_param_value(name));
        };
        const auto xml = [&](const QByteArray &text) {
            answer.set_content("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text.toStdString(),
                               "application/xml");
        };
        const auto tag = [&](const QByteArray &sum) {
            return '"' + (hasWrongTags ? QByteArray(32, 'f') : sum) + '"';
        };
        if (asked.has_param("uploads") && asked.method == "POST") {
            const QByteArray id = "id/+" + QByteArray::number(++uploads);
            m_uploads[id].key = path;
            return xml("<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/"
                       "2006-03-01/\"><UploadId>" +
                       id + "</UploadId></InitiateMultipartUploadResult>");
        }
        if (asked.has_param("uploads")) {
            QByteArray list = "<ListMultipartUploadsResult>";
            for (auto one = m_uploads.cbegin(); one != m_uploads.cend(); ++one)
                if (one->key.startsWith(parameter("prefix")))
                    list += "<Upload><Key>" + one->key + "</Key><UploadId>" + one.key() +
                            "</UploadId></Upload>";
            return xml(list + "</ListMultipartUploadsResult>");
        }
        if (asked.has_param("uploadId")) {
            const QByteArray id = parameter("uploadId");
            if (!m_uploads.contains(id) || m_uploads[id].key != path)
                return refuse(answer, 404, "NoSuchUpload");
            Upload &upload = m_uploads[id];
            if (asked.method == "PUT") {
                ++parts;
                upload.parts[parameter("partNumber").toInt()] = body;
                return answer.set_header("ETag", tag(md5(body).toHex()).toStdString());
            }
            if (asked.method == "DELETE") {
                m_uploads.remove(id);
                answer.status = 204;
                return;
            }
            if (asked.method == "GET") {
                QByteArray list = "<ListPartsResult>";
                int shown = 0, last = 0;
                for (auto one = upload.parts.cbegin(); one != upload.parts.cend(); ++one) {
                    if (one.key() <= parameter("part-number-marker").toInt())
                        continue;
                    if (++shown > 3) // pages
                        break;
                    last = one.key();
                    list += "<Part><PartNumber>" + QByteArray::number(one.key()) +
                            "</PartNumber><ETag>&quot;" + md5(*one).toHex() +
                            "&quot;</ETag><Size>" + QByteArray::number(one->size()) +
                            "</Size></Part>";
                }
                return xml(list + "<NextPartNumberMarker>" + QByteArray::number(last) +
                           "</NextPartNumberMarker><IsTruncated>" + (shown > 3 ? "true" : "false") +
                           "</IsTruncated></ListPartsResult>");
            }
            if (failsAtCompletion > 0) {
                --failsAtCompletion;
                return xml("<Error><Code>InternalError</Code></Error>");
            }
            QByteArray whole, sums;
            for (auto one = upload.parts.cbegin(); one != upload.parts.cend(); ++one) {
                if (!body.contains("<PartNumber>" + QByteArray::number(one.key()) +
                                   "</PartNumber><ETag>\"" + md5(*one).toHex()))
                    return refuse(answer, 400, "InvalidPart");
                whole += *one;
                sums += md5(*one);
            }
            const QByteArray sum =
                md5(sums).toHex() + '-' + QByteArray::number(upload.parts.size());
            m_objects[path] = whole;
            m_uploads.remove(id);
            return xml("<CompleteMultipartUploadResult><ETag>&quot;" + sum +
                       "&quot;</ETag></CompleteMultipartUploadResult>");
        }
        if (asked.method == "PUT") {
            m_objects[path] = body;
            return answer.set_header("ETag", tag(md5(body).toHex()).toStdString());
        }
        const auto object = m_objects.constFind(path);
        if (object == m_objects.cend())
            return refuse(answer, 404, "NoSuchKey");
        answer.set_content(object->toStdString(), "binary/octet-stream");
    }

    std::mutex m_mutex;
    QByteArray m_bucket;
    QMap<QByteArray, QByteArray> m_objects;
    QMap<QByteArray, Upload> m_uploads;
};
