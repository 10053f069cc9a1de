// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "steering/experiment.h"
#include "steering/recording/foreignrun.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <zip.h>

#include <cmath>
#include <set>

using namespace helmscope;

namespace {

/// An array as NumPy writes it, of little-endian doubles or 32-bit integers.
template <class T>
QByteArray npy(const std::vector<T> &numbers, const QString &shape)
{
    const char *type = std::is_same_v<T, double> ? "<f8" : "<i4";
    QByteArray header = QStringLiteral("{'descr': '%1', 'fortran_order': False, 'shape': %2, }")
                            .arg(QLatin1String(type), shape)
                            .toLatin1();
    header = header.leftJustified(118 - 1, ' ') + '\n';
    QByteArray bytes("\x93NUMPY\x01\x00", 8);
    bytes += char(header.size() & 255);
    bytes += char(header.size() >> 8);
    return bytes + header +
           QByteArray(reinterpret_cast<const char *>(numbers.data()),
                      qsizetype(numbers.size() * sizeof(T)));
}

using Arrays = std::map<QString, QByteArray>;

/// Two methods on an image of 4 × 4 with four pixels that can be measured, patch 2.
Arrays smallRuns()
{
    std::vector<double> image(16), truth(16, 0.0);
    for (std::size_t i = 0; i < 16; ++i)
        image[i] = double(i);
    truth[5] = 1;
    truth[6] = 2;
    truth[9] = 4;
    truth[10] = 3;
    return {
        {"img", npy(image, "(4, 4)")},
        {"truth_height", npy(truth, "(4, 4)")},
        {"indices_rc", npy<int>({1, 1, 1, 2, 2, 1, 2, 2}, "(4, 2)")},
        {"patch", npy<int>({2}, "()")},
        {"seed_ei", npy<int>({0}, "(1,)")},
        {"order_ei", npy<int>({3, 2}, "(2,)")},
        {"mae_ei", npy<double>({0.5, 0.25}, "(2,)")},
        {"nlpd_ei", npy<double>({1.5, std::nan("")}, "(2,)")},
        {"order_luck", npy<int>({1, 0, 2}, "(3,)")},
    };
}

void write(const QString &file, const Arrays &arrays)
{
    QFile::remove(file);
    zip_t *archive = zip_open(QFile::encodeName(file).constData(), ZIP_CREATE, nullptr);
    for (const auto &[name, bytes] : arrays) {
        zip_source_t *source =
            zip_source_buffer(archive, bytes.constData(), zip_uint64_t(bytes.size()), 0);
        zip_file_add(archive, (name + ".npy").toUtf8().constData(), source, ZIP_FL_ENC_UTF_8);
    }
    zip_close(archive);
}

const QString recorded = HELMSCOPE_SOURCE "/../shared/data/beacon-pfm/beacon_pfm_replay.npz";

} // namespace

class TestForeignrun : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const QString &name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void readsSeedsOrderAndCurves()
    {
        const QString file = path("small.npz");
        write(file, smallRuns());
        QVERIFY(holdsForeignRuns(file));
        const std::vector<NamedRun> runs = readForeignRuns(file, unwatched());
        QCOMPARE(runs.size(), std::size_t(2));
        const NamedRun &ei = runs.front();
        QCOMPARE(ei.name, QString("ei of small"));
        QCOMPARE(ei.run->plan.patch, 2);
        QCOMPARE(ei.run->plan.acquisition.kind, Acquisition::ExpectedImprovement);
        QCOMPARE(ei.run->steps.size(), std::size_t(3));
        QVERIFY(ei.run->steps[0].reason == Reason::Initial);
        QVERIFY(ei.run->steps[1].reason == Reason::Acquisition);
        QVERIFY((ei.run->steps[1].pixel == Pixel{2, 2}));
        QCOMPARE(ei.run->steps[1].value, 3.0);
        QCOMPARE(ei.run->steps[2].bestValue, 4.0);
        QCOMPARE(ei.run->valueName, QString("height"));
        QVERIFY(std::isnan(ei.truth(0, 0))); // nobody could measure there
        // The first number is of the model that knew the seed alone.
        const std::vector<double> &errors = ei.recordedCurves.at("rmseAll");
        QCOMPARE(errors.size(), std::size_t(3));
        QCOMPARE(errors[0], 0.5);
        QCOMPARE(errors[1], 0.25);
        QVERIFY(std::isnan(errors[2]));
        QVERIFY(std::isnan(ei.recordedCurves.at("nlpdAll")[1]));
        QCOMPARE(runs[1].name, QString("luck of small"));
        QCOMPARE(runs[1].run->steps.size(), std::size_t(3));
        QVERIFY(runs[1].recordedCurves.empty());
    }

    void takesAnOrderThatBeginsWithItsSeedsAsItIs()
    {
        Arrays arrays = smallRuns();
        arrays["seed_ei"] = npy<int>({3}, "(1,)");
        write(path("part.npz"), arrays);
        const NamedRun ei = readForeignRuns(path("part.npz"), unwatched()).front();
        QCOMPARE(ei.run->steps.size(), std::size_t(2));
        QVERIFY(ei.run->steps[0].reason == Reason::Initial);
        QVERIFY((ei.run->steps[0].pixel == Pixel{2, 2}));
        QCOMPARE(ei.run->plan.steps, 1);
    }

    void refusesWhatDoesNotFit_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("array");
        QTest::newRow("index beyond") << "order_ei" << npy<int>({3, 4}, "(2,)");
        QTest::newRow("negative index") << "order_ei" << npy<int>({3, -1}, "(2,)");
        QTest::newRow("broken index") << "order_ei" << npy<double>({3, 0.5}, "(2,)");
        QTest::newRow("no number") << "order_ei" << npy<double>({3, std::nan("")}, "(2,)");
        QTest::newRow("too long") << "order_ei" << npy<int>({0, 1, 2, 3, 0}, "(5,)");
        QTest::newRow("two dimensions") << "order_ei" << npy<int>({3, 2}, "(1, 2)");
        QTest::newRow("seeds beyond") << "seed_ei" << npy<int>({9}, "(1,)");
        QTest::newRow("seeds twice") << "seed_ei" << npy<int>({1, 1}, "(2,)");
        QTest::newRow("curve too short") << "mae_ei" << npy<double>({0.5}, "(1,)");
        QTest::newRow("three columns") << "indices_rc" << npy<int>({1, 1, 1, 2, 2, 1}, "(2, 3)");
        QTest::newRow("outside") << "indices_rc" << npy<int>({1, 1, 1, 4}, "(2, 2)");
        QTest::newRow("other truth") << "truth_height" << npy<double>({1, 2}, "(1, 2)");
        QTest::newRow("two truths") << "truth_depth" << npy<double>({1, 2}, "(1, 2)");
        QTest::newRow("patch too large") << "patch" << npy<int>({5}, "()");
        QTest::newRow("patch too small") << "patch" << npy<int>({1}, "()");
        QTest::newRow("shape that lies") << "img" << npy<double>({3, 2}, "(1000000, 1000000)");
        QTest::newRow("image without numbers")
            << "img" << npy<double>(std::vector<double>(16, std::nan("")), "(4, 4)");
    }
    void refusesWhatDoesNotFit()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, array);
        Arrays arrays = smallRuns();
        arrays[name] = array;
        const QString file = path("odd.npz");
        write(file, arrays);
        try {
            readForeignRuns(file, unwatched());
            QFAIL("it was read");
        } catch (const Error &error) {
            const QString sentence = QString::fromUtf8(error.what());
            QVERIFY2(sentence.contains("odd.npz"), error.what());
            QVERIFY2(sentence.contains(name.section('_', 0, 0)), error.what());
        }
    }

    void knowsWhatHoldsNoRuns()
    {
        write(path("image.npz"), {{"img", smallRuns()["img"]}});
        QVERIFY(!holdsForeignRuns(path("image.npz")));
        QVERIFY(!holdsForeignRuns(path("absent.npz")));
        QFile text(path("text.npz"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write("order_ei");
        text.close();
        QVERIFY(!holdsForeignRuns(path("text.npz")));
        QVERIFY_EXCEPTION_THROWN(readForeignRuns(path("image.npz"), unwatched()), Error);
        QVERIFY_EXCEPTION_THROWN(readForeignRuns(path("absent.npz"), unwatched()), Error);
    }

    void readsThePublishedRuns()
    {
        if (!QFile::exists(recorded))
            QSKIP("The published runs are not here.");
        const std::vector<NamedRun> runs = readForeignRuns(recorded, unwatched());
        QCOMPARE(runs.size(), std::size_t(3));
        for (const NamedRun &named : runs) {
            QCOMPARE(int(named.truth.isFinite().count()), 35 * 35);
            std::set<Pixel> measured;
            for (const Step &step : named.run->steps)
                measured.insert(step.pixel);
            QCOMPARE(measured.size(), std::size_t(310)); // no seed is in the order
            const std::vector<double> &errors = named.recordedCurves.at("rmseAll");
            QVERIFY(std::isfinite(errors[308]));
            QVERIFY(std::isnan(errors[309]));
        }
    }

    void thePlansSampleIsWhatWasMeasured()
    {
        if (!QFile::exists(recorded))
            QSKIP("The published runs are not here.");
        const NamedRun named = readForeignRuns(recorded, unwatched()).front();
        const std::unique_ptr<Microscope> again = openMicroscope(named.run->plan, unwatched());
        for (const Step &step : named.run->steps)
            QCOMPARE(again->measure(step.pixel, 0.05).value, step.value);
    }
};

QTEST_GUILESS_MAIN(TestForeignrun)
#include "tst_foreignrun.moc"
