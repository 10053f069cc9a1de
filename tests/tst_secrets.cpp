// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/secrets.h"

#include "base/error.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

class TestSecrets : public QObject
{
    Q_OBJECT
    QTemporaryDir m_folder;
    QString m_file;

private Q_SLOTS:
    void initTestCase()
    {
        m_file = m_folder.filePath("deep/secrets.json");
        qputenv("HELMSCOPE_SECRETS_FILE", m_file.toUtf8());
    }

    void areKeptForTheirOwnerAlone()
    {
        QCOMPARE(secretFor("a"), QString());
        keepSecret("a", "one");
        keepSecret("b", QStringLiteral("zw\u00f6lf"));
        QCOMPARE(secretFor("a"), QString("one"));
        QCOMPARE(secretFor("b"), QStringLiteral("zw\u00f6lf"));
        const QFile::Permissions others =
            QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
        QVERIFY(!(QFileInfo(m_file).permissions() & others));
        keepSecret("a", {});
        QCOMPARE(secretFor("a"), QString());
        QCOMPARE(secretFor("b"), QStringLiteral("zw\u00f6lf"));
        QCOMPARE(placeOfSecrets(), m_file);
    }

    void aFileThatOthersReadIsRefused()
    {
        keepSecret("a", "one");
        QVERIFY(
            QFile::setPermissions(m_file, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther));
        try {
            secretFor("a");
            QFAIL("read");
        } catch (const Error &error) {
            QVERIFY(QString(error.what()).contains("chmod 600"));
        }
        QVERIFY(QFile::setPermissions(m_file, QFile::ReadOwner | QFile::WriteOwner));
    }
};

QTEST_GUILESS_MAIN(TestSecrets)
#include "tst_secrets.moc"
