// SPDX-License-Identifier: GPL-3.0-or-later
// The architecture, in code: who may include whom. Widen a row only with a reason in the commit.

#include <QDirIterator>
#include <QFile>
#include <QLibraryInfo>
#include <QRegularExpression>
#include <QTest>

namespace {

/// What the files of a folder may include of the project. The longest matching folder counts.
struct Layer
{
    const char *folder;     ///< of the including file; may also be the beginning of a file's name
    QStringList mayInclude; ///< beginnings of project includes
    bool isWindowless;      ///< no Qt Gui, no Qt Widgets
};

const QList<Layer> layers{
    {"core/base/", {"base/"}, true},
    {"core/data/", {"base/", "data/"}, true},
    {"core/dkl/", {"base/error.h", "base/progress.h", "dkl/"}, true},
    {"core/history/", {"base/", "history/"}, true},
    // git's smart HTTP goes over our own connections; federation knows nothing of history.
    {"core/history/gitremote",
     {"base/", "history/", "federation/transport.h", "federation/sshagent.h"},
     true},
    {"core/instrument/", {"base/", "data/", "instrument/"}, true},
    {"core/lineage/", {"base/", "lineage/"}, true},
    {"core/federation/", {"base/", "lineage/", "federation/"}, true},
    // Its database has the tables of a lineage store.
    {"core/federation/hub/",
     {"base/", "federation/hub/", "lineage/formats/jsontext.h", "lineage/store/schema.h"},
     true},
    {"core/steering/", {"base/", "data/", "dkl/", "instrument/", "steering/"}, true},
    // Runs are tasks, plans name what was learnt; nothing below knows of it.
    {"core/metalearning/",
     {"base/", "data/", "dkl/", "instrument/", "steering/", "metalearning/"},
     true},
    // The one place where steering, lineage and history meet.
    {"core/workspace/",
     {"base/", "data/", "dkl/", "instrument/", "lineage/", "history/", "federation/", "steering/",
      "workspace/"},
     true},
    // Views see core's values only: nothing here opens a file, trains or steers.
    {"widgets/",
     {"base/tr.h", "data/map.h", "data/spectra.h", "data/scalarizer.h", "data/dataset.h",
      "data/imaging/region.h", // what is drawn on a map is a part of an image
      "dkl/acquisition.h", "history/version.h", "history/lanes.h", "lineage/graph.h",
      "lineage/layout.h", "steering/plan.h", "steering/step.h", "steering/operator.h",
      "steering/live/reliability.h",  // a value, as step.h is
      "steering/live/embedding.h",    // likewise
      "steering/recording/inwords.h", // texts: what a record says, in the window's language
      "steering/rerun/comparison.h", "widgets/"},
     false},
    {"app/",
     {"base/", "data/", "dkl/", "federation/", "history/", "instrument/", "lineage/",
      "metalearning/", "steering/", "widgets/", "workspace/", "app/"},
     false},
    {"app/hub", {"base/", "federation/hub/"}, true},
    {"app/cli",
     {"base/", "data/", "dkl/", "federation/", "history/", "instrument/", "lineage/",
      "metalearning/", "steering/", "workspace/", "app/cli"},
     true},
};

/// Headers of a library that only some files may include.
struct Library
{
    const char *header;     ///< regular expression on what stands between the angle brackets
    const char *mayStandIn; ///< regular expression on the including file
};

const char *const networkHeader =
    "^Q(Ssl|Tcp|Udp|Local(Server|Socket)|Network|Host|AbstractSocket|Dns)";
const QList<Library> libraries{
    {"^hdf5(_hl)?\\.h$|^H5.*\\.h$",
     "^core/data/hdf5(file|writing)\\.cpp$|^core/data/hdf5parts\\.h$|"
     "^core/data/foreign/filecheck\\.cpp$"}, // a process of its own
    {"^zlib\\.h$", "^core/data/hdf5writing\\.cpp$"},
    {"^zip\\.h$", "^core/(data/formats/[a-z0-9]+|federation/hub/sidefiles)\\.cpp$"},
    {"^tiff(io)?\\.h$", "^core/data/(formats|writers)/[a-z0-9]+\\.cpp$"},
    {"^png\\.h$", "^core/data/formats/png\\.cpp$"},
    {"^(torch|ATen|c10|caffe2)/",
     "^core/dkl/((transfer/)?[a-z0-9]+\\.cpp|torchapi\\.h|tensors\\.h)$"},
    {"^git2", "^core/history/"},
    {"^mpi\\.h$", "^core/metalearning/workers\\.cpp$"},
    {"^yaml-cpp/", "^core/workspace/"},
    {"^curl/", "^core/federation/transport\\.cpp$"},
    {"^qt6keychain/", "^core/federation/secrets\\.cpp$"},
    {"^QSql", "^core/(lineage|federation/hub/store)/"},
    {"^httplib\\.h$", "^core/federation/hub/"},
    {"^openssl/", "^core/(federation/hub/|base/md5\\.cpp$)"},
    {"^CLI/", "^app/(cli|hub)[a-z0-9]*\\.(cpp|h)$"},
    {"^qcustomplot\\.h$", "^widgets/[a-z0-9]+\\.cpp$"},
    {networkHeader, "^core/instrument/(protocol|drivers)/"}, // instruments are reached from there
    {"^Q", "^(?!core/dkl/)"},                                // dkl also builds where there is no Qt
};

/// Module headers cost 2 to 17 s of compiling each; class headers do.
const QRegularExpression
    moduleHeader("^(QtCore|QtGui|QtWidgets|QtTest|QtNetwork|QtSql|QtConcurrent|torch/torch\\.h)$");

bool isQtCore(const QString &header)
{
    return QFile::exists(QLibraryInfo::path(QLibraryInfo::HeadersPath) + "/QtCore/" + header);
}

const Layer *layerOf(const QString &file)
{
    const Layer *found = nullptr;
    for (const Layer &layer : layers)
        if (file.startsWith(layer.folder) &&
            (!found || qstrlen(layer.folder) > qstrlen(found->folder)))
            found = &layer;
    return found;
}

/// What is wrong with the includes of one file, a sentence each.
QStringList objections(const QString &file, const QString &text)
{
    QStringList found;
    const Layer *layer = layerOf(file);
    if (!layer)
        return {file + ": no row of the table names its folder"};
    static const QRegularExpression line("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]",
                                         QRegularExpression::MultilineOption);
    for (auto it = line.globalMatch(text); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        const QString header = match.captured(2);
        if (match.captured(1) == "\"") {
            if (!header.contains('/') && !header.endsWith(".moc"))
                found << file + ": " + header + " is included without its folder";
            bool isAllowed = !header.contains('/');
            for (const QString &beginning : layer->mayInclude)
                isAllowed = isAllowed || header.startsWith(beginning);
            if (!isAllowed)
                found << file + ": may not include " + header;
            continue;
        }
        if (moduleHeader.match(header).hasMatch())
            found << file + ": <" + header + "> is a module's header, include the class's";
        for (const Library &library : libraries)
            if (QRegularExpression(library.header).match(header).hasMatch() &&
                !QRegularExpression(library.mayStandIn).match(file).hasMatch())
                found << file + ": may not include <" + header + ">";
        // Qt's SQL draws nothing either; the table of libraries says where it may stand.
        if (layer->isWindowless && header.startsWith('Q') && !header.contains('/') &&
            !header.startsWith("QSql") &&
            !QRegularExpression(networkHeader).match(header).hasMatch() && !isQtCore(header))
            found << file + ": <" + header + "> is not of Qt Core";
    }
    return found;
}

QStringList sourcesBelow(const QString &root, const QStringList &folders)
{
    QStringList files;
    for (const QString &folder : folders)
        for (QDirIterator it(root + '/' + folder, {"*.h", "*.cpp"}, QDir::Files,
                             QDirIterator::Subdirectories);
             it.hasNext();)
            files << QDir(root).relativeFilePath(it.next());
    files.sort();
    return files;
}

QString read(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? QString::fromUtf8(in.readAll()) : QString();
}

} // namespace

class TestLayers : public QObject
{
    Q_OBJECT
private:
    const QString m_root = HELMSCOPE_SOURCE;

private Q_SLOTS:
    void everyIncludeIsInTheTable_data()
    {
        QTest::addColumn<QString>("file");
        const QStringList files = sourcesBelow(m_root, {"core", "widgets", "app"});
        QVERIFY(files.size() > 20);
        for (const QString &file : files)
            QTest::newRow(qPrintable(file)) << file;
    }
    void everyIncludeIsInTheTable()
    {
        QFETCH(QString, file);
        const QStringList found = objections(file, read(m_root + '/' + file));
        QVERIFY2(found.isEmpty(), qPrintable(found.join('\n')));
    }

    void objectsToWhatTheTableForbids_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("include");
        QTest::addColumn<int>("objections");
        QTest::newRow("downwards is fine") << "core/steering/plan.h"
                                           << "\"data/map.h\"" << 0;
        QTest::newRow("upwards is not") << "core/data/map.h"
                                        << "\"steering/plan.h\"" << 1;
        QTest::newRow("sideways is not") << "core/dkl/network.h"
                                         << "\"data/map.h\"" << 1;
        QTest::newRow("no Qt in dkl") << "core/dkl/network.cpp"
                                      << "<QString>" << 1;
        QTest::newRow("no window in core") << "core/data/map.h"
                                           << "<QImage>" << 1;
        QTest::newRow("Qt Core in core") << "core/data/map.h"
                                         << "<QString>" << 0;
        QTest::newRow("SQL in the lineage") << "core/lineage/store.cpp"
                                            << "<QSqlQuery>" << 0;
        QTest::newRow("SQL nowhere else") << "core/data/map.cpp"
                                          << "<QSqlQuery>" << 1;
        QTest::newRow("HDF5 in one file") << "core/steering/runfile.cpp"
                                          << "<hdf5.h>" << 1;
        QTest::newRow("sockets at the instruments") << "core/instrument/protocol/wire.cpp"
                                                    << "<QSslSocket>" << 0;
        QTest::newRow("sockets nowhere else") << "core/instrument/replay.cpp"
                                              << "<QTcpSocket>" << 1;
        QTest::newRow("torch in dkl") << "core/dkl/network.cpp"
                                      << "<ATen/ATen.h>" << 0;
        QTest::newRow("not in its headers") << "core/dkl/deepkernel.h"
                                            << "<ATen/ATen.h>" << 1;
        QTest::newRow("plots in sources only") << "widgets/mapview.h"
                                               << "<qcustomplot.h>" << 1;
        QTest::newRow("cli has no window") << "app/cli.cpp"
                                           << "\"widgets/mapview.h\"" << 1;
        QTest::newRow("views do not steer") << "widgets/mapview.cpp"
                                            << "\"steering/experiment.h\"" << 1;
        QTest::newRow("module header") << "app/main.cpp"
                                       << "<QtWidgets>" << 1;
        QTest::newRow("unknown folder") << "core/utils/misc.h"
                                        << "<vector>" << 1;
    }
    void objectsToWhatTheTableForbids()
    {
        QFETCH(QString, file);
        QFETCH(QString, include);
        QFETCH(int, objections);
        QCOMPARE(::objections(file, "#include " + include + "\n").size(), objections);
    }

    void everyFileNamesItsLicence()
    {
        for (const QString &file : sourcesBelow(m_root, {"core", "widgets", "app", "tests"}))
            QVERIFY2(read(m_root + '/' + file)
                         .startsWith("// SPDX-License-Identifier: GPL-3.0-or-later"),
                     qPrintable(file));
    }

    void aFolderOfCoreHoldsAboutADozenUnits()
    {
        QMap<QString, QSet<QString>> units;
        for (const QString &file : sourcesBelow(m_root, {"core"}))
            units[QFileInfo(file).path()] << QFileInfo(file).completeBaseName();
        QVERIFY(units.size() > 5);
        for (auto folder = units.cbegin(); folder != units.cend(); ++folder)
            QVERIFY2(folder->size() <= 15, qPrintable(folder.key()));
    }
};

QTEST_GUILESS_MAIN(TestLayers)
#include "tst_layers.moc"
