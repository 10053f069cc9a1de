// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/cmfdocument.h"

#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "lineage/formats/jsontext.h"
#include "lineage/writer.h"

#include <QCryptographicHash>
#include <QLocale>
#include <QUuid>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr int mostTextBytes = 2000; ///< surely within the index of the server's database
constexpr int mostName = 255;
constexpr int mostLosses = 10'000;

QString md5Hex(const QByteArray &bytes)
{
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Md5).toHex());
}

/// What PostgreSQL cannot keep at all.
QString storable(QString text)
{
    return text.replace(QChar(0), QChar::ReplacementCharacter);
}

class Preparation
{
public:
    explicit Preparation(const Preparing &how)
        : m_how(how)
    {
    }

    PreparedDocument take(const QVariantMap &document)
    {
        QVariantList pipelines;
        for (const QVariant &each : document.value("Pipeline").toList())
            pipelines << pipeline(each.toMap());
        m_done.document = {{"Pipeline", pipelines}};
        return std::move(m_done);
    }

private:
    void lose(const QString &what, const QString &where, const QString &name, const QString &remedy)
    {
        if (m_done.losses.size() < mostLosses)
            m_done.losses.push_back({what, where, name, remedy});
    }

    QString shortened(const QString &name)
    {
        // Its beginning and its end say most to people; what is between, its hash tells apart.
        return name.left(100) + '~' + md5Hex(name.toUtf8()).left(8) + '~' + name.right(100);
    }

    QVariant value(const QVariant &given, const QString &where, const QString &name)
    {
        const QVariant kept = preparedValue(given);
        if (m_how.isForHub) {
            if (given.userType() == QMetaType::Double && !std::isfinite(given.toDouble()))
                return kept; // JSON cannot say it
            return given.userType() == QMetaType::QString ? QVariant(storable(given.toString()))
                                                          : given;
        }
        switch (given.userType()) {
        case QMetaType::UnknownType:
            lose(Tr::tr("a value that is nothing"), where, name, Tr::tr("sent as the text None"));
            break;
        case QMetaType::LongLong:
            if (kept.userType() != QMetaType::LongLong)
                lose(Tr::tr("an integer beyond 32 bits"), where, name, Tr::tr("sent as a text"));
            break;
        case QMetaType::Double:
            if (kept.userType() != QMetaType::Double)
                lose(std::isfinite(given.toDouble()) ? Tr::tr("a number of over six decimals")
                                                     : Tr::tr("a number that is not finite"),
                     where, name, Tr::tr("sent as a text"));
            break;
        case QMetaType::QVariantMap:
        case QMetaType::QVariantList:
            lose(Tr::tr("a list"), where, name, Tr::tr("sent as JSON in a text"));
            break;
        case QMetaType::QString:
            if (given.toString().contains(QChar(0)))
                lose(Tr::tr("a text with a NUL in it"), where, name, Tr::tr("sent without"));
            break;
        }
        return kept;
    }

    /// Also answers the texts that were too long: md5, property.
    QVariantMap properties(const QVariantMap &given, const QString &where,
                           QMap<QString, QString> *longTexts)
    {
        QVariantMap made;
        for (auto it = given.cbegin(); it != given.cend(); ++it) {
            QVariant shown = it.value();
            if (m_how.privacy) {
                shown = m_how.privacy(it.key(), it.value());
                if (!shown.isValid() && it.value().isValid())
                    continue;
            }
            QVariant kept = value(shown, where, it.key());
            QString name = it.key();
            if (!m_how.isForHub && name.size() > mostName) {
                name = shortened(name);
                lose(Tr::tr("a property with a name of over 255 characters"), where, it.key(),
                     Tr::tr("sent as %1").arg(name));
            }
            if (!m_how.isForHub && kept.userType() == QMetaType::QString) {
                const QByteArray text = kept.toString().toUtf8();
                if (text.size() > mostTextBytes && longTexts)
                    kept = replaced(text, name, where, *longTexts);
                else if (text.size() > mostTextBytes)
                    kept = cut(text, name, where);
            }
            made.insert(name, kept);
        }
        return made;
    }

    QString replaced(const QByteArray &text, const QString &name, const QString &where,
                     QMap<QString, QString> &longTexts)
    {
        const QString md5 = md5Hex(text);
        longTexts.insert(md5, name);
        m_done.texts.insert(md5, text);
        lose(Tr::tr("a text of %1 bytes").arg(text.size()), where, name,
             Tr::tr("sent as the artifact %1").arg(textPath(name)));
        return QStringLiteral("%1… (all %2 bytes: artifact %3)")
            .arg(QString::fromUtf8(text.left(200)).left(100))
            .arg(text.size())
            .arg(md5);
    }

    QString cut(const QByteArray &text, const QString &name, const QString &where)
    {
        lose(Tr::tr("a text of %1 bytes").arg(text.size()), where, name, {});
        return storedValue(QString::fromUtf8(text)).toString();
    }

    static QString textPath(QString name)
    {
        for (QChar &c : name)
            if (!c.isLetterOrNumber() && c != '_' && c != '-' && c != '.')
                c = '_';
        return "cmf_artifacts/texts/" + name.left(100) + ".txt";
    }

    QVariant timeOf(const QVariantMap &object)
    {
        const QVariant time = object.value("create_time_since_epoch");
        return time.userType() == QMetaType::LongLong && time.toLongLong() > 0
                   ? time
                   : QVariant(qlonglong(1));
    }

    QString contextName(const QString &name)
    {
        if (m_how.isForHub || name.size() <= mostName)
            return name;
        const QString made = shortened(name);
        lose(Tr::tr("a name of over 255 characters"), name.left(40) + "…", {},
             Tr::tr("sent as %1").arg(made));
        return made;
    }

    QVariantMap pipeline(const QVariantMap &given)
    {
        QVariantMap made = given;
        const QString name = contextName(given.value("name").toString());
        made.insert("name", name);
        made.insert("create_time_since_epoch", timeOf(given));
        made.insert("properties", QVariantMap{{"Pipeline", name}});
        const QVariantMap own = given.value("custom_properties").toMap();
        made.insert("custom_properties", properties(own, name, nullptr));
        if (!m_how.isForHub)
            for (auto it = own.cbegin(); it != own.cend(); ++it)
                lose(Tr::tr("a property of the whole pipeline"), name, it.key(), {});
        QVariantList stages;
        for (const QVariant &each : given.value("stages").toList())
            stages << stage(each.toMap(), name);
        made.insert("stages", stages);
        return made;
    }

    QVariantMap stage(const QVariantMap &given, const QString &pipeline)
    {
        QVariantMap made = given;
        const QString name = contextName(given.value("name").toString());
        made.insert("name", name);
        made.insert("create_time_since_epoch", timeOf(given));
        made.insert("properties", QVariantMap{{"Pipeline_Stage", name}});
        made.insert("custom_properties",
                    properties(given.value("custom_properties").toMap(), name, nullptr));
        QVariantList executions;
        for (const QVariant &each : given.value("executions").toList())
            executions << execution(each.toMap(), name, pipeline);
        made.insert("executions", executions);
        return made;
    }

    QVariantMap execution(const QVariantMap &given, const QString &stage, const QString &pipeline)
    {
        QVariantMap made = given;
        QVariantMap declared = given.value("properties").toMap();
        QVariantMap custom = given.value("custom_properties").toMap();
        QString name = given.value("name").toString();
        const QString uuid = declared.value("Execution_uuid").toString();
        QString where = name.isEmpty() ? stage + ' ' + uuid.left(8) : name;
        if (uuid.isEmpty()) {
            const QString identity =
                QStringLiteral("%1 %2 %3 %4")
                    .arg(stage, name, given.value("id").toString(), timeOf(given).toString());
            const QString fromWhatItIs =
                QUuid::createUuidV5(QUuid("{0d0c2a0e-6f7e-4c55-8a3b-0a4a0c6d2a11}"), identity)
                    .toString(QUuid::WithoutBraces);
            declared.insert("Execution_uuid", fromWhatItIs);
            where = stage + ' ' + fromWhatItIs.left(8);
            if (!m_how.isForHub)
                lose(Tr::tr("an execution without a uuid"), where, {},
                     Tr::tr("sent with one made of what it is"));
        }
        if (declared.value("Context_Type").toString().isEmpty())
            declared.insert("Context_Type", stage);
        if (declared.value("Pipeline_Type").toString().isEmpty())
            declared.insert("Pipeline_Type", pipeline);
        if (!declared.contains("Execution"))
            declared.insert("Execution", QString());
        const QString type = given.value("type").toString();
        if (!m_how.isForHub && !type.isEmpty() && type != stage &&
            !custom.contains("execution_type"))
            custom.insert("original_type", type); // servers call it by its stage
        if (!m_how.isForHub && name.size() > mostName) {
            lose(Tr::tr("a name of over 255 characters"), name.left(40) + "…", {},
                 Tr::tr("sent shortened"));
            name = shortened(name);
        }
        QMap<QString, QString> longTexts;
        made.insert("name", name);
        made.insert("create_time_since_epoch", timeOf(given));
        made.insert("properties", properties(declared, where, &longTexts));
        made.insert("custom_properties", properties(custom, where, &longTexts));
        QVariantList events;
        QStringList contents;
        for (const QVariant &each : given.value("events").toList()) {
            const QVariantMap event = this->event(each.toMap(), where, &longTexts);
            if (!m_how.isForHub) {
                // A server keeps one event of an execution with a content.
                const QString uri = event.value("artifact").toMap().value("uri").toString();
                if (contents.contains(uri)) {
                    lose(Tr::tr("a second use of the same content"), where,
                         event.value("artifact").toMap().value("name").toString(), {});
                    continue;
                }
                contents << uri;
            }
            events << event;
        }
        for (auto it = longTexts.cbegin(); it != longTexts.cend(); ++it) {
            const QString md5 = it.key();
            if (contents.contains(md5))
                continue;
            contents << md5;
            events << QVariantMap{
                {"type", qlonglong(4)},
                {"artifact",
                 QVariantMap{{"type", "Dataset"},
                             {"name", textPath(it.value()) + ':' + md5},
                             {"uri", md5},
                             {"create_time_since_epoch", timeOf(given)},
                             {"properties", QVariantMap{{"Commit", md5}, {"git_repo", ""}}},
                             {"custom_properties", QVariantMap{{"text_of", it.value()}}}}}};
        }
        made.insert("events", events);
        return made;
    }

    QVariantMap event(const QVariantMap &given, const QString &where,
                      QMap<QString, QString> *longTexts)
    {
        QVariantMap made = given;
        const int type = given.value("type").toInt();
        const QVariantMap artifact = this->artifact(given.value("artifact").toMap(), longTexts);
        made.insert("artifact", artifact);
        if (m_how.isForHub)
            return made;
        constexpr int input = 3, output = 4;
        const bool isInput = type == 2 || type == 3 || type == 5;
        if (type != input && type != output)
            lose(Tr::tr("an event of type %1").arg(type), where, artifact.value("name").toString(),
                 isInput ? Tr::tr("sent as an input") : Tr::tr("sent as an output"));
        const QString kind = artifact.value("type").toString();
        if (isInput && (kind == "Metrics" || kind == "Step_Metrics"))
            lose(Tr::tr("metrics as an input"), where, artifact.value("name").toString(), {});
        made.insert("type", qlonglong(isInput ? input : output));
        return made;
    }

    QVariantMap artifact(const QVariantMap &given, QMap<QString, QString> *longTexts)
    {
        QVariantMap made = given;
        QVariantMap custom = given.value("custom_properties").toMap();
        QString name = given.value("name").toString(), uri = given.value("uri").toString();
        QString type = given.value("type").toString();
        const QString where = name.section('/', -1).left(100);
        made.insert("create_time_since_epoch", timeOf(given));
        if (uri.isEmpty()) {
            uri = md5Hex((type + '\n' + name).toUtf8());
            lose(Tr::tr("an artifact without a content's hash"), where, {},
                 Tr::tr("sent with one made of its name"));
        }
        if (!m_how.isForHub) {
            static const QStringList known{"Dataset",   "Model",       "Metrics", "Step_Metrics",
                                           "Dataslice", "Environment", "Label"};
            if (!known.contains(type)) {
                lose(Tr::tr("an artifact of the type %1").arg(type), where, {},
                     Tr::tr("sent as a Dataset whose property artifact_type says so"));
                custom.insert("artifact_type", type);
                type = QStringLiteral("Dataset");
                if (!name.endsWith(':' + uri))
                    name += ':' + uri;
            }
            name = nameOf(name, uri, type, where, custom);
        }
        made.insert("type", type);
        made.insert("name", name);
        made.insert("uri", uri);
        made.insert("properties", properties(given.value("properties").toMap(), where, longTexts));
        made.insert("custom_properties", properties(custom, where, longTexts));
        if (type == "Environment" && !m_how.isForHub)
            for (auto it = custom.cbegin(); it != custom.cend(); ++it)
                lose(Tr::tr("a property of an environment"), where, it.key(), {});
        return made;
    }

    /// "<path>:<hash>...": what comes before the first colon is the path to a server.
    QString nameOf(const QString &given, const QString &uri, const QString &type,
                   const QString &where, QVariantMap &custom)
    {
        const qsizetype at = given.lastIndexOf(':' + uri);
        QString path = at >= 0 ? given.left(at) : given, rest = at >= 0 ? given.mid(at) : ':' + uri;
        if (path.contains(':')) {
            lose(Tr::tr("a colon in a path"), where, {},
                 Tr::tr("sent with _ for it; the path is in full_name"));
            custom.insert("full_name", path);
            path.replace(':', '_');
        }
        constexpr int mostRest = 100; // the server puts numbers of its own there
        if (path.size() + std::max<qsizetype>(rest.size(), 60) > mostName) {
            lose(Tr::tr("a name of over 255 characters"), where, {},
                 Tr::tr("sent shortened; the path is in full_name"));
            if (!custom.contains("full_name"))
                custom.insert("full_name", path);
            path = path.left(40) + '~' + md5Hex(path.toUtf8()).left(8) + '~' + path.right(80);
            rest = rest.left(mostRest);
        }
        if (type == "Metrics" && rest.count(':') < 2)
            rest += ":1"; // a server wants three parts
        return path + rest;
    }

    const Preparing &m_how;
    PreparedDocument m_done;
};

} // namespace

QString sentenceOf(const DocumentLoss &loss)
{
    const QString of =
        loss.name.isEmpty() ? loss.where : Tr::tr("%1 of %2").arg(loss.name, loss.where);
    return loss.remedy.isEmpty()
               ? Tr::tr("A CMF server does not keep %1 (%2): it stays here only.")
                     .arg(loss.what, of)
               : Tr::tr("A CMF server does not keep %1 (%2): %3.").arg(loss.what, of, loss.remedy);
}

PreparedDocument prepareDocument(const QVariantMap &document, const Preparing &how)
{
    return Preparation(how).take(document);
}

QVariant preparedValue(const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::QVariantMap:
    case QMetaType::QVariantList:
        return QString::fromUtf8(jsonText(value));
    case QMetaType::QString:
        return storable(value.toString());
    }
    return storedValue(value);
}

bool isSameStored(const QVariant &ours, const QVariant &theirs)
{
    const QVariant kept = preparedValue(ours);
    if (kept.userType() == QMetaType::QString && theirs.userType() == QMetaType::QString &&
        kept.toString() == theirs.toString())
        return true;
    // A text that was too long, shortened in either way.
    if (kept.userType() == QMetaType::QString && theirs.userType() == QMetaType::QString)
        if (const QByteArray text = kept.toString().toUtf8();
            text.size() > mostTextBytes &&
            (theirs.toString().contains(md5Hex(text)) || theirs == storedValue(kept)))
            return true;
    const auto first = numberOf(kept), second = numberOf(theirs);
    if (!first || !second)
        return kept.toString() == theirs.toString();
    if (*first == *second || (std::isnan(*first) && std::isnan(*second)))
        return true;
    // MLMD writes six decimals.
    return QString::number(*first, 'f', 6) == QString::number(*second, 'f', 6) &&
           (kept.userType() == QMetaType::Double || theirs.userType() == QMetaType::Double);
}

} // namespace helmscope
