// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"
#include "base/progress.h"
#include "base/tr.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

template <class Call>
static QString errorOf(Call call)
{
    try {
        call();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

class TestBase : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString write(const QString &name, const QByteArray &bytes) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
        return file.fileName();
    }

private Q_SLOTS:
    void readsBackWhatItWrote();
    void replacesAFileWhole();
    void refusesFilesThatAreNoObject_data();
    void refusesFilesThatAreNoObject();
    void namesTheFileItCannotWrite();
    void fieldsHaveFallbacks();
    void refusesFieldsOfTheWrongType_data();
    void refusesFieldsOfTheWrongType();
    void numbersKeepToTheirLimits();
    void aPartOfProgressLiesWithinTheWhole();
    void failThrowsTheSentence();
};

void TestBase::readsBackWhatItWrote()
{
    const QString file = m_folder.filePath("plan.json");
    const QJsonObject object{{"seed", 7}, {"name", "µm ± Å"}, {"inner", QJsonObject{{"x", 1.5}}}};
    writeJson(file, object);
    QCOMPARE(readJson(file), object);
}

void TestBase::replacesAFileWhole()
{
    const QString file = write("long.json", QByteArray(10000, 'x'));
    writeJson(file, {{"a", 1}});
    QCOMPARE(readJson(file).value("a").toInt(), 1);
    QCOMPARE(m_folder.path().isEmpty(), false);
    // No temporary file stays behind.
    QCOMPARE(QDir(m_folder.path()).entryList({"long*"}, QDir::Files).size(), 1);
}

void TestBase::refusesFilesThatAreNoObject_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    QTest::newRow("empty") << QByteArray() << "at byte 0";
    QTest::newRow("cut off") << QByteArray("{\"a\": 1") << "at byte 7";
    QTest::newRow("list") << QByteArray("[1, 2]") << "no JSON object";
    QTest::newRow("binary") << QByteArray("\x89HDF\r\n\x1a\n") << "at byte";
}

void TestBase::refusesFilesThatAreNoObject()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const QString file = write("odd.json", bytes);
    const QString error = errorOf([&] { readJson(file); });
    QVERIFY2(error.contains(file) && error.contains(says), qPrintable(error));
    const QString absent = errorOf([&] { readJson(m_folder.filePath("absent.json")); });
    QVERIFY2(absent.contains("absent.json") && absent.contains("No such file"), qPrintable(absent));
}

void TestBase::namesTheFileItCannotWrite()
{
    const QString file = m_folder.filePath("no/such/folder.json");
    const QString error = errorOf([&] { writeJson(file, {}); });
    QVERIFY2(error.contains(file), qPrintable(error));
}

void TestBase::fieldsHaveFallbacks()
{
    const QJsonObject none;
    QCOMPARE(number(none, "x", 2.5, 0, 10, "a plan"), 2.5);
    QCOMPARE(integer(none, "x", 3, 0, 10, "a plan"), 3);
    QCOMPARE(text(none, "x", "t", "a plan"), QString("t"));
    QCOMPARE(flag(none, "x", true, "a plan"), true);
    const QJsonObject all{{"n", 1.5}, {"i", 4}, {"t", "u"}, {"f", false}};
    QCOMPARE(number(all, "n", 0, 0, 10, "a plan"), 1.5);
    QCOMPARE(integer(all, "i", 0, 0, 10, "a plan"), 4);
    QCOMPARE(text(all, "t", {}, "a plan"), QString("u"));
    QCOMPARE(flag(all, "f", true, "a plan"), false);
}

void TestBase::refusesFieldsOfTheWrongType_data()
{
    QTest::addColumn<QString>("json");
    QTest::newRow("text") << "\"1\"";
    QTest::newRow("null") << "null";
    QTest::newRow("list") << "[1]";
    QTest::newRow("object") << "{}";
}

void TestBase::refusesFieldsOfTheWrongType()
{
    QFETCH(QString, json);
    const QJsonObject object = readJson(write("type.json", ("{\"key\": " + json + '}').toUtf8()));
    QStringList errors{errorOf([&] { number(object, "key", 0, 0, 1, "plan.json"); }),
                       errorOf([&] { integer(object, "key", 0, 0, 1, "plan.json"); }),
                       errorOf([&] { flag(object, "key", true, "plan.json"); })};
    if (json != "\"1\"")
        errors << errorOf([&] { text(object, "key", {}, "plan.json"); });
    for (const QString &error : errors)
        QVERIFY2(error.contains("plan.json") && error.contains("'key'"), qPrintable(error));
}

void TestBase::numbersKeepToTheirLimits()
{
    const QJsonObject object{{"x", 11}, {"half", 1.5}, {"huge", 1e300}};
    QString error = errorOf([&] { number(object, "x", 0, 0, 10, "plan.json"); });
    QVERIFY2(error.contains("11") && error.contains("0 and 10"), qPrintable(error));
    QCOMPARE(number(object, "x", 0, 11, 11, "plan.json"), 11.0);
    error = errorOf([&] { integer(object, "half", 0, 0, 10, "plan.json"); });
    QVERIFY2(error.contains("whole number"), qPrintable(error));
    QVERIFY(!errorOf([&] { integer(object, "huge", 0, 0, 10, "plan.json"); }).isEmpty());
}

void TestBase::aPartOfProgressLiesWithinTheWhole()
{
    double seen = -1;
    const Progress whole = [&seen](double fraction) {
        seen = fraction;
        return fraction < 0.5;
    };
    const Progress half = part(whole, 0.25, 0.75);
    QVERIFY(half(0));
    QCOMPARE(seen, 0.25);
    QVERIFY(!half(1)); // told to stop
    QCOMPARE(seen, 0.75);
    QVERIFY(part(half, 0, 0.2)(1)); // parts of parts
    QCOMPARE(seen, 0.35);
    QVERIFY(unwatched()(1));
}

void TestBase::failThrowsTheSentence()
{
    QCOMPARE(errorOf([] { fail("Cannot read µ."); }), QString("Cannot read µ."));
}

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
