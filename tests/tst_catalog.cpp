// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "data/catalog.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

QByteArray spectrum(const QByteArray &title, int kilovolts)
{
    return "#FORMAT : EMSA/MAS Spectral Data File\n#TITLE : " + title +
           "\n#OWNER : Ada Lovelace\n#XUNITS : eV\n#XPERCHAN : 1\n#OFFSET : 0\n#BEAMKV : " +
           QByteArray::number(kilovolts) + "\n#SPECTRUM : \n1, 2, 3\n#ENDOFDATA : \n";
}

/// Version 1.0 of NumPy's format: `side` x `side` bytes that grow along the rows.
QByteArray image(int side)
{
    QByteArray header =
        QStringLiteral("{'descr': '|u1', 'fortran_order': False, 'shape': (%1, %1), }")
            .arg(side)
            .toLatin1();
    header.append(QByteArray(117 - header.size(), ' ')).append('\n');
    QByteArray bytes("\x93NUMPY\x01\x00", 8);
    bytes.append(char(header.size())).append('\0').append(header);
    for (int i = 0; i < side * side; ++i)
        bytes.append(char(i / side));
    return bytes;
}

} // namespace

class TestCatalog : public QObject
{
    Q_OBJECT
private:
    QScopedPointer<QTemporaryDir> m_data, m_store;

    void write(const QString &name, const QByteArray &bytes) const
    {
        const QString path = m_data->filePath(name);
        QVERIFY(QDir().mkpath(QFileInfo(path).path()));
        QFile out(path);
        QVERIFY(out.open(QIODevice::WriteOnly) && out.write(bytes) == bytes.size());
    }
    Catalog catalog() const { return Catalog(m_data->path(), m_store->path()); }
    QStringList pathsOf(const QString &query) const
    {
        QStringList paths;
        for (const Catalog::Entry &entry : catalog().find(query))
            paths << entry.path;
        return paths;
    }

private Q_SLOTS:
    void init()
    {
        m_data.reset(new QTemporaryDir);
        m_store.reset(new QTemporaryDir);
        write("2023/nio.msa", spectrum("NiO Kante", 120));
        write("2024/sto.msa", spectrum("SrTiO3", 200));
        write("2024/survey.npy", image(200));
        write("2024/notes.txt", "not a recording");
        write("2024/broken.msa", "#FORMAT : EMSA/MAS\n");
    }

    void readsOnlyWhatIsNew()
    {
        Catalog::Changes changes = catalog().update(unwatched());
        QCOMPARE(changes.read, 4);
        QCOMPARE(changes.trouble, 1);
        QCOMPARE(catalog().count(), 4);
        changes = catalog().update(unwatched());
        QCOMPARE(changes.read, 0);
        QCOMPARE(changes.known, 4);

        write("2024/sto.msa", spectrum("SrTiO3 again", 80)); // another size
        QVERIFY(QFile::rename(m_data->filePath("2023/nio.msa"), m_data->filePath("moved.msa")));
        QVERIFY(QFile::remove(m_data->filePath("2024/broken.msa")));
        changes = catalog().update(unwatched());
        QCOMPARE(changes.read, 2);
        QCOMPARE(changes.moved, 1);
        QCOMPARE(changes.gone, 2); // broken.msa, and nio.msa by its old name
        QCOMPARE(pathsOf("kante"), QStringList("moved.msa"));
        QCOMPARE(pathsOf("2023"), QStringList());
        QCOMPARE(pathsOf("again beamEnergyKev<100"), QStringList("2024/sto.msa"));
    }

    void answersQueries_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QStringList>("paths");
        const QString nio = "2023/nio.msa", sto = "2024/sto.msa", survey = "2024/survey.npy",
                      broken = "2024/broken.msa";
        QTest::newRow("all") << "" << QStringList{nio, broken, sto, survey};
        QTest::newRow("a word in the title, whatever its case") << "KANTE" << QStringList{nio};
        QTest::newRow("in the path") << "2024" << QStringList{broken, sto, survey};
        QTest::newRow("all words") << "lovelace 2024" << QStringList{sto};
        QTest::newRow("more than") << "beamEnergyKev>120" << QStringList{sto};
        QTest::newRow("at least") << "beamenergykev>=120" << QStringList{nio, sto};
        QTest::newRow("just") << "beamEnergyKev=200" << QStringList{sto};
        QTest::newRow("a field's text") << "operator:ada title:sr" << QStringList{sto};
        QTest::newRow("the format") << "format:numpy" << QStringList{survey};
        QTest::newRow("the shape") << "200 uint8" << QStringList{survey};
        QTest::newRow("nothing") << "gold" << QStringList{};
    }
    void answersQueries()
    {
        QFETCH(QString, query);
        QFETCH(QStringList, paths);
        catalog().update(unwatched());
        QCOMPARE(pathsOf(query), paths);
    }

    void theSearchIndexAnswersAsTheLinesDo()
    {
        catalog().update(unwatched());
        const QString file = m_store->filePath("index.search");
        QVERIFY(QFile::exists(file));
        const QStringList queries{"",
                                  "KANTE",
                                  "2024",
                                  "lovelace 2024",
                                  "ove",
                                  "beamEnergyKev>120",
                                  "beamEnergyKev<=120 n",
                                  "operator:ada title:sr",
                                  "format:numpy",
                                  "path:2023",
                                  "200 uint8",
                                  "200,uint8",
                                  "beamEnergyKev=200"};
        QList<QStringList> answers;
        for (const QString &query : queries)
            answers << pathsOf(query);
        QVERIFY(QFile::remove(file)); // now from the lines themselves
        for (qsizetype i = 0; i < queries.size(); ++i)
            QVERIFY2(pathsOf(queries[i]) == answers[i], qPrintable(queries[i]));
        QCOMPARE(catalog().find("", 2).size(), 2);
        catalog().update(unwatched()); // nothing is new, but the index is made again
        QVERIFY(QFile::exists(file));
        QCOMPARE(catalog().find("", 2).size(), 2);
    }

    void survivesADamagedSearchIndex()
    {
        catalog().update(unwatched());
        const QString file = m_store->filePath("index.search");
        QFile in(file);
        QVERIFY(in.open(QIODevice::ReadOnly));
        const QByteArray whole = in.readAll();
        in.close();
        for (qsizetype at = 0; at < whole.size(); at += 5) {
            QByteArray bytes = whole;
            if (at % 2 == 0)
                bytes.truncate(at);
            else
                bytes[at] = char(0xff);
            QVERIFY(in.open(QIODevice::WriteOnly | QIODevice::Truncate));
            in.write(bytes);
            in.close();
            for (const char *query : {"a", "kante", "beamEnergyKev>1", "operator:a"})
                QVERIFY(catalog().find(query).size() <= 4); // answers, maybe wrong ones
        }
    }

    void refusesFieldsThereAreNone()
    {
        QVERIFY_EXCEPTION_THROWN(catalog().find("colour:red"), Error);
        QVERIFY_EXCEPTION_THROWN(catalog().find("beamEnergyKev>many"), Error);
        QVERIFY_EXCEPTION_THROWN(catalog().find("title>3"), Error);
        QVERIFY_EXCEPTION_THROWN(Catalog(m_data->filePath("nowhere")), Error);
    }

    void keepsThumbnails()
    {
        catalog().update(unwatched());
        const Catalog::Entry survey = catalog().find("survey").value(0);
        QFile file(catalog().thumbnail(survey));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray picture = file.readAll();
        QVERIFY(picture.startsWith("P5 66 66 255\n")); // averages of 3 x 3
        QCOMPARE(picture.size(), 13 + 66 * 66);
        QCOMPARE(quint8(picture[13]), quint8(0)); // black at the top, white at the bottom
        QCOMPARE(quint8(picture.back()), quint8(255));
        QVERIFY(catalog().thumbnail(catalog().find("kante").value(0)).isEmpty());
    }

    void stoppedItKeepsWhatItHas()
    {
        int calls = 0;
        const Catalog::Changes changes =
            catalog().update([&](double fraction) { return fraction < 0.3 && ++calls < 1000; });
        QVERIFY(!changes.isWhole);
        QVERIFY(catalog().count() < 4 && catalog().count() > 0);
        QVERIFY(catalog().update(unwatched()).isWhole);
        QCOMPARE(catalog().count(), 4);
    }

    void searchesAHundredThousandRecordings()
    {
        catalog().update(unwatched());
        QFile index(m_store->filePath("index.jsonl"));
        QVERIFY(index.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = index.readAll().split('\n');
        index.close();
        QVERIFY(index.open(QIODevice::WriteOnly));
        const QByteArray padding = QByteArray("lorem ipsum dolor sit amet ").repeated(20);
        for (int i = 0; i < 100'000; ++i) {
            QByteArray line = lines[i % 4];
            line.replace("\"text\":\"", "\"text\":\"" + padding);
            if (i == 77'777)
                line.replace("lorem", "needle");
            index.write(line + '\n');
        }
        index.close();
        for (const char *query : {"needle", "lorem beamEnergyKev>500", "operator:nobody"}) {
            QElapsedTimer clock;
            clock.start();
            const auto found = catalog().find(query).size();
            qInfo("%s: %lld of 100000 in %lld ms", query, qlonglong(found), clock.elapsed());
            QCOMPARE(found, qsizetype(qstrcmp(query, "needle") == 0));
        }
    }
};

QTEST_GUILESS_MAIN(TestCatalog)
#include "tst_catalog.moc"
