// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/message.h"

#include "base/tr.h"

#include <QJsonDocument>

namespace helmscope {

namespace {

/// Nesting as the brackets outside of texts tell it; a parser never sees what is deeper.
bool isDeeperThan(int most, const QByteArray &json)
{
    int depth = 0;
    bool isText = false;
    for (qsizetype i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (isText) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                isText = false;
        } else if (c == '"') {
            isText = true;
        } else if (c == '[' || c == '{') {
            if (++depth > most)
                return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

[[noreturn]] void invalid(const QString &sentence)
{
    throw Refused(Refusal::Invalid, sentence);
}

} // namespace

QByteArray Message::toJson() const
{
    QJsonObject object{{"jsonrpc", "2.0"}};
    switch (kind) {
    case Kind::Request:
        object["id"] = id;
        [[fallthrough]];
    case Kind::Notification:
        object["method"] = method;
        object["params"] = params;
        break;
    case Kind::Result:
        object["id"] = id;
        object["result"] = result;
        break;
    case Kind::Failure:
        object["id"] = id;
        object["error"] = QJsonObject{{"code", code}, {"message", failure}};
        break;
    }
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

Message Message::fromJson(const QByteArray &json)
{
    constexpr int deepest = 32;
    if (isDeeperThan(deepest, json))
        throw Refused(Refusal::Parse,
                      Tr::tr("A message is nested deeper than %1 levels.").arg(deepest));
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError)
        throw Refused(Refusal::Parse, Tr::tr("A message is no JSON: %1 at byte %2.")
                                          .arg(error.errorString())
                                          .arg(error.offset));
    if (!document.isObject())
        invalid(Tr::tr("A message is no JSON object; batches are not spoken here."));
    const QJsonObject object = document.object();
    if (object.value("jsonrpc").toString() != QLatin1String("2.0"))
        invalid(Tr::tr("A message does not say that it is JSON-RPC 2.0."));
    Message message;
    message.id = object.value("id");
    const bool isNumbered = message.id.isDouble() || message.id.isString();
    if (object.contains("method")) {
        if (!object.value("method").isString())
            invalid(Tr::tr("The method of a message is no text."));
        const QJsonValue params = object.value("params");
        if (!params.isUndefined() && !params.isObject())
            invalid(Tr::tr("The params of '%1' are no object: parameters go by name here.")
                        .arg(object.value("method").toString()));
        if (object.contains("id") && !isNumbered)
            invalid(Tr::tr("The id of a request is neither a number nor a text."));
        message.kind = isNumbered ? Kind::Request : Kind::Notification;
        message.method = object.value("method").toString();
        message.params = params.toObject();
        return message;
    }
    if (object.contains("error")) {
        const QJsonValue said = object.value("error");
        message.kind = Kind::Failure;
        // Some servers answer a bare text; a person can read that too.
        message.code = said.toObject().value("code").toInt(int(Refusal::Instrument));
        message.failure =
            said.isString() ? said.toString() : said.toObject().value("message").toString();
        return message;
    }
    if (!isNumbered || !object.value("result").isObject())
        invalid(Tr::tr("An answer has no id, or its result is no object."));
    message.kind = Kind::Result;
    message.result = object.value("result").toObject();
    return message;
}

Message Message::request(int id, const QString &method, const QJsonObject &params)
{
    Message message;
    message.id = id;
    message.method = method;
    message.params = params;
    return message;
}

Message Message::notification(const QString &method, const QJsonObject &params)
{
    Message message = request(0, method, params);
    message.kind = Kind::Notification;
    message.id = QJsonValue::Undefined;
    return message;
}

Message Message::answer(const QJsonValue &id, const QJsonObject &result)
{
    Message message;
    message.kind = Kind::Result;
    message.id = id;
    message.result = result;
    return message;
}

Message Message::refusal(const QJsonValue &id, Refusal code, const QString &sentence)
{
    Message message;
    message.kind = Kind::Failure;
    message.id = id.isUndefined() ? QJsonValue(QJsonValue::Null) : id;
    message.code = int(code);
    message.failure = sentence;
    return message;
}

} // namespace helmscope
