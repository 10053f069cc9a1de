// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "data/hdf5file.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <csignal>
#include <cstring>
#include <numeric>

#include <sys/wait.h>
#include <unistd.h>

using namespace helmscope;

/// What a call throws, as text; empty when it throws nothing.
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

class TestHdf5File : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    const QString m_odd = HELMSCOPE_SOURCE "/tests/data/odd.h5"; // see make_odd_h5.py beside it
    QString path(const QString &name) const { return m_folder.filePath(name); }
    /// A file with a list, rows of three and texts that a child process grows until it is killed.
    static void growForEver(const QString &file, int acknowledge);

private Q_SLOTS:
    void aKillLeavesAllFlushedRowsReadable();
    void aFileIsReadWhileAnotherProcessGrowsIt();
    void refusesAFileWhoseWriterWasKilledTooEarly();
    void readsBackWhatItWrote();
    void keepsAttributesOfEveryKind();
    void growsRowsOfAnyShape();
    void cutsLongTextsAtACharacter();
    void isReadableInTheSameProcessWhileItGrows();
    void readsByRowsAndBySlab();
    void stopsBetweenSlabs();
    void doesNotOverwriteAFile();
    void namesFileAndObjectInErrors();
    void refusesTruncatedFilesAtEveryLength();
    void refusesSizesTheFileCannotHold();
    void readsWhatOtherProgramsWrite();
    void followsNoLinkIntoAnotherFile();
};

void TestHdf5File::growForEver(const QString &file, int acknowledge)
{
    Hdf5File out(file, Hdf5File::Mode::Create);
    out.setAttribute("", "plan", QString("{\"seed\": 1}").repeated(20000)); // 220 kB
    out.makeGrowing("steps/value", Samples::Type::Float64, {});
    out.makeGrowing("steps/pixel", Samples::Type::Int32, {2});
    out.makeGrowing("maps/mean", Samples::Type::Float32, {64, 64});
    out.makeGrowingTexts("steps/reason", 40);
    out.startGrowing();
    for (int i = 0;; ++i) {
        const double value = i, pixel[2] = {double(i), double(-i)};
        out.append("steps/value", std::span(&value, 1));
        out.append("steps/pixel", pixel);
        out.append("maps/mean", std::vector<float>(64 * 64, float(i)));
        out.append("steps/reason", QString("step %1").arg(i));
        out.flush();
        if (write(acknowledge, "f", 1) != 1)
            _exit(1);
    }
}

/// Runs `work` in a child process; returns its id. Nothing of the test's own survives in the child.
template <class Work>
static pid_t inChild(Work work)
{
    const pid_t child = fork();
    if (child == 0) {
        try {
            work();
        } catch (...) {
        }
        _exit(2);
    }
    return child;
}

/// Waits until the other end of a pipe has written so many bytes.
static bool waitFor(int pipe, int bytes)
{
    char byte = 0;
    for (int i = 0; i < bytes; ++i)
        if (read(pipe, &byte, 1) != 1)
            return false;
    return true;
}

static void kill(pid_t child)
{
    ::kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

static void checkRows(const Hdf5File &in, int atLeast)
{
    const qsizetype rows = in.readTexts("steps/reason").size();
    QVERIFY2(rows >= atLeast, qPrintable(QString::number(rows)));
    const std::vector<double> values = in.readRows("steps/value", 0, atLeast);
    const std::vector<double> pixels = in.readRows("steps/pixel", 0, atLeast);
    const QStringList reasons = in.readTexts("steps/reason");
    for (int i = 0; i < atLeast; ++i) {
        QCOMPARE(values[std::size_t(i)], double(i));
        QCOMPARE(pixels[std::size_t(2 * i + 1)], double(-i));
        QCOMPARE(reasons[i], QString("step %1").arg(i));
        const std::vector<float> map = in.readFloats("maps/mean", i, 1);
        QCOMPARE(map.size(), std::size_t(64 * 64));
        QVERIFY(std::all_of(map.begin(), map.end(), [i](float v) { return v == float(i); }));
    }
}

void TestHdf5File::aKillLeavesAllFlushedRowsReadable()
{
    for (int round = 0; round < 3; ++round) {
        const QString file = path(QString("killed%1.h5").arg(round));
        int ends[2];
        QCOMPARE(pipe(ends), 0);
        const pid_t child = inChild([&] { growForEver(file, ends[1]); });
        close(ends[1]);
        QVERIFY(waitFor(ends[0], 30 + 7 * round));
        kill(child); // in the middle of whatever it does
        close(ends[0]);
        const Hdf5File in(file, Hdf5File::Mode::Read);
        checkRows(in, 30 + 7 * round);
        QCOMPARE(in.attribute("", "plan").toString().size(), 220000);
    }
}

void TestHdf5File::aFileIsReadWhileAnotherProcessGrowsIt()
{
    const QString file = path("growing.h5");
    int ends[2];
    QCOMPARE(pipe(ends), 0);
    const pid_t child = inChild([&] { growForEver(file, ends[1]); });
    close(ends[1]);
    QVERIFY(waitFor(ends[0], 5));
    {
        const Hdf5File in(file, Hdf5File::Mode::Read);
        checkRows(in, 5);
        QVERIFY(waitFor(ends[0], 20));
        checkRows(in, 25); // what came since is seen without opening again
    }
    kill(child);
    close(ends[0]);
}

void TestHdf5File::refusesAFileWhoseWriterWasKilledTooEarly()
{
    const QString file = path("early.h5");
    int ends[2];
    QCOMPARE(pipe(ends), 0);
    const pid_t child = inChild([&] {
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.makeGrowing("value", Samples::Type::Float64, {});
        out.flush();
        if (write(ends[1], "f", 1) == 1)
            pause();
    });
    QVERIFY(waitFor(ends[0], 1));
    kill(child);
    close(ends[0]);
    close(ends[1]);
    const QString error = errorOf([&] { Hdf5File(file, Hdf5File::Mode::Read); });
    QVERIFY2(error.contains("early.h5"), qPrintable(error));
}

void TestHdf5File::readsBackWhatItWrote()
{
    const QString file = path("plain.h5");
    const std::vector<double> numbers{1, -2.5, 1e300, std::nan("")};
    const std::vector<float> image{0, 1, 2, 3, 4, 5};
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.makeGroup("a/b");
        out.makeGroup("a/b");
        out.write("a/list", {4}, numbers);
        out.write("image", {2, 3}, image);
        out.write("deep/down/one", {}, std::span(image).subspan(5, 1));
        out.write("none", {0, 3}, std::span<const float>());
    }
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QCOMPARE(in.fileName(), file);
    QCOMPARE(in.groups(""), QStringList({"a", "deep"}));
    QCOMPARE(in.groups("/a"), QStringList({"b"}));
    QCOMPARE(in.datasets("/"), QStringList({"image", "none"}));
    QVERIFY(in.has("a/list") && in.has("") && !in.has("a/missing") && !in.has("image/below"));
    const std::vector<double> list = in.readRows("a/list", 0, 4);
    QVERIFY(std::isnan(list[3]));
    QCOMPARE(list[2], 1e300);
    const ArrayInfo info = *in.describe("image");
    QVERIFY(info.type == Samples::Type::Float32);
    QCOMPARE(info.shapeText(), QString("2 × 3"));
    QVERIFY(in.describe("deep/down/one")->axes.isEmpty());
    QCOMPARE(in.readAll("deep/down/one", unwatched()).at(0), 5.0);
    QCOMPARE(in.readRows("deep/down/one", 0, 1), std::vector<double>{5});
    QVERIFY(in.readAll("none", unwatched()).isEmpty());
    QVERIFY(!in.describe("a") && !in.describe("missing"));
}

void TestHdf5File::keepsAttributesOfEveryKind()
{
    const QString file = path("attributes.h5");
    const QVariantList numbers{1.5, 2.0}, wholes{qint64(1), qint64(-7)};
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.makeGroup("g");
        out.setAttribute("", "pi", 3.25);
        out.setAttribute("/", "whole", 42);
        out.setAttribute("g", "text", QString("µm ± Å"));
        out.setAttribute("g", "text", QString("changed: µm"));
        out.setAttribute("g", "texts", QStringList({"a", "", "ö"}));
        out.setAttribute("g", "numbers", numbers);
        out.setAttribute("g", "wholes", wholes);
        out.setAttribute("g", "one", QVariantList{2.5});
        out.setAttribute("g", "none", QVariantList());
        out.setAttribute("g", "flag", true);
        QVERIFY(errorOf([&] {
                    out.setAttribute("g", "odd", QVariant::fromValue(QPoint()));
                }).contains("g@odd"));
    }
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QCOMPARE(in.attribute("", "pi"), QVariant(3.25));
    QCOMPARE(in.attribute("", "whole"), QVariant(qint64(42)));
    QCOMPARE(in.attribute("g", "text").toString(), QString("changed: µm"));
    QCOMPARE(in.attribute("g", "texts").toStringList(), QStringList({"a", "", "ö"}));
    QCOMPARE(in.attribute("g", "numbers").toList(), numbers);
    QCOMPARE(in.attribute("g", "wholes").toList(), wholes);
    QCOMPARE(in.attribute("g", "one").toList(), QVariantList{2.5});
    QCOMPARE(in.attribute("g", "none").toList(), QVariantList());
    QCOMPARE(in.attribute("g", "flag").toInt(), 1);
    QVERIFY(!in.attribute("g", "absent").isValid());
    QCOMPARE(in.attributeNames(""), QStringList({"pi", "whole"}));
}

void TestHdf5File::growsRowsOfAnyShape()
{
    const QString file = path("rows.h5");
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.makeGrowing("list", Samples::Type::Float64, {});
        out.makeGrowing("wide", Samples::Type::Float32,
                        {3000000}); // 12 MB a row: split into chunks
        out.makeGrowing("bytes", Samples::Type::UInt8, {2, 2});
        QVERIFY(
            errorOf([&] { out.makeGrowing("bad", Samples::Type::UInt8, {0}); }).contains("bad"));
        out.startGrowing();
        const std::vector<double> three{1, 2, 3};
        out.append("list", three); // three rows of one number
        out.append("list", std::span<const double>());
        std::vector<float> row(3000000);
        std::iota(row.begin(), row.end(), 0.f);
        out.append("wide", row);
        const std::vector<double> bytes{1, 2, 3, 255};
        out.append("bytes", bytes);
        QVERIFY(errorOf([&] { out.append("bytes", three); }).contains("bytes"));
        QVERIFY(errorOf([&] { out.append("nothing", three); }).contains("nothing"));
        QVERIFY(errorOf([&] { out.append("list", QString("text")); }).contains("list"));
    }
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QCOMPARE(in.readRows("list", 1, 2), (std::vector<double>{2, 3}));
    QCOMPARE(in.readFloats("wide", 0, 1)[2999999], 2999999.f);
    QCOMPARE(in.readRows("bytes", 0, 1), (std::vector<double>{1, 2, 3, 255}));
}

void TestHdf5File::cutsLongTextsAtACharacter()
{
    const QString file = path("texts.h5");
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.makeGrowingTexts("t", 5);
        out.append("t", QString("12345678"));
        out.append("t", QString("1234µ"));
        out.append("t", QString());
        out.append("t", QString("123µ"));
        QVERIFY(errorOf([&] { out.append("t", std::vector<double>{1}); }).contains("'t'"));
    }
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QCOMPARE(in.readTexts("t"), QStringList({"12345", "1234", "", "123µ"}));
}

void TestHdf5File::isReadableInTheSameProcessWhileItGrows()
{
    const QString file = path("same.h5");
    Hdf5File out(file, Hdf5File::Mode::Create);
    out.makeGrowing("v", Samples::Type::Float64, {});
    out.startGrowing();
    out.append("v", std::vector<double>{1});
    out.flush();
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QCOMPARE(in.readRows("v", 0, 1), std::vector<double>{1});
    out.append("v", std::vector<double>{2});
    out.flush();
    QCOMPARE(in.readRows("v", 1, 1), std::vector<double>{2});
}

void TestHdf5File::readsByRowsAndBySlab()
{
    const QString file = path("large.h5");
    std::vector<float> numbers(3 * 3000000);
    std::iota(numbers.begin(), numbers.end(), 0.f);
    Hdf5File(file, Hdf5File::Mode::Create).write("cube", {9, 1000, 1000}, numbers);
    const Hdf5File in(file, Hdf5File::Mode::Read);
    std::vector<double> fractions;
    const Samples all = in.readAll("cube", [&](double fraction) {
        fractions.push_back(fraction);
        return true;
    });
    QCOMPARE(fractions.size(), std::size_t(3)); // 4 MB a row, 16 MiB a slab
    QCOMPARE(std::memcmp(all.bytes(), numbers.data(), numbers.size() * sizeof(float)), 0);
    QCOMPARE(in.readFloats("cube", 8, 1)[999999], 8999999.f);
    for (const auto &[first, count] : {std::pair(-1, 1), {9, 1}, {0, 10}, {5, -1}})
        QVERIFY(errorOf([&, first = first, count = count] {
                    in.readRows("cube", first, count);
                }).contains("cube"));
}

void TestHdf5File::stopsBetweenSlabs()
{
    const Hdf5File in(path("large.h5"), Hdf5File::Mode::Read);
    const QString error =
        errorOf([&] { in.readAll("cube", [](double fraction) { return fraction == 0; }); });
    QCOMPARE(error, QString("Stopped."));
}

void TestHdf5File::doesNotOverwriteAFile()
{
    const QString file = path("mine.h5");
    QFile mine(file);
    QVERIFY(mine.open(QIODevice::WriteOnly));
    mine.write("mine");
    mine.close();
    const QString error = errorOf([&] { Hdf5File(file, Hdf5File::Mode::Create); });
    QVERIFY2(error.contains("mine.h5") && error.contains("already"), qPrintable(error));
    QCOMPARE(mine.size(), 4);
}

void TestHdf5File::namesFileAndObjectInErrors()
{
    QString error = errorOf([&] { Hdf5File(path("absent.h5"), Hdf5File::Mode::Read); });
    QVERIFY2(error.contains("absent.h5") && error.contains("No such file"), qPrintable(error));
    error = errorOf([&] { Hdf5File(path("no/folder.h5"), Hdf5File::Mode::Create); });
    QVERIFY2(error.contains("folder.h5") && error.contains("No such file"), qPrintable(error));
    const Hdf5File in(path("plain.h5"), Hdf5File::Mode::Read);
    for (const QString &text :
         {errorOf([&] { in.readAll("a/missing", unwatched()); }),
          errorOf([&] { in.readAll("a/b", unwatched()); }),
          errorOf([&] { in.readTexts("a/list"); }), errorOf([&] { in.groups("a/list"); }),
          errorOf([&] { in.attribute("a/x", "y"); })})
        QVERIFY2(text.contains("plain.h5") && text.contains("a/"), qPrintable(text));
}

void TestHdf5File::refusesTruncatedFilesAtEveryLength()
{
    const QString whole = path("whole.h5");
    {
        Hdf5File out(whole, Hdf5File::Mode::Create);
        out.write("g/list", {100}, std::vector<double>(100, 1));
        out.setAttribute("g", "text", QString("some text"));
    }
    QFile in(whole);
    QVERIFY(in.open(QIODevice::ReadOnly));
    const QByteArray bytes = in.readAll();
    for (qsizetype length = 0; length < bytes.size(); length += 37) {
        const QString file = path("cut.h5");
        QFile cut(file);
        QVERIFY(cut.open(QIODevice::WriteOnly | QIODevice::Truncate));
        cut.write(bytes.left(length));
        cut.close();
        const QString error = errorOf([&] {
            const Hdf5File part(file, Hdf5File::Mode::Read);
            part.readAll("g/list", unwatched());
        });
        QVERIFY2(error.contains("cut.h5"), qPrintable(QString("%1: %2").arg(length).arg(error)));
    }
    // A bit flipped anywhere gives an error or numbers, never a crash. (Not so the library's own
    // heap of variable-length texts: HDF5 1.10.8 reads over its end when a length in it is wrong.)
    for (qsizetype at = 0; at < bytes.size(); at += 13) {
        QByteArray flipped = bytes;
        flipped[at] = char(flipped[at] ^ 0x41);
        const QString file = path("flipped.h5");
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly | QIODevice::Truncate));
        out.write(flipped);
        out.close();
        errorOf([&] {
            const Hdf5File odd(file, Hdf5File::Mode::Read);
            odd.groups("");
            odd.readAll("g/list", unwatched());
        });
    }
}

void TestHdf5File::refusesSizesTheFileCannotHold()
{
    const QString file = path("growable.h5");
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.makeGrowing("list", Samples::Type::Float64, {2000000000, 2000000000});
    }
    const Hdf5File odd(file, Hdf5File::Mode::Read);
    const QString error = errorOf([&] { odd.describe("list"); });
    QVERIFY2(error.contains("list") && error.contains("too large"), qPrintable(error));
}

void TestHdf5File::readsWhatOtherProgramsWrite()
{
    const Hdf5File in(m_odd, Hdf5File::Mode::Read);
    const auto numbers = [&](const QString &dataset) {
        const Samples samples = in.readAll(dataset, unwatched());
        std::vector<double> list;
        for (std::size_t i = 0; i < samples.count(); ++i)
            list.push_back(samples.at(i));
        return list;
    };
    std::vector<double> counting(12);
    std::iota(counting.begin(), counting.end(), 0);
    QCOMPARE(numbers("big"), counting);
    QVERIFY(in.describe("big")->type == Samples::Type::Int16);
    QCOMPARE(numbers("deflated"), counting);
    QVERIFY(in.describe("half")->type == Samples::Type::Float32);
    QCOMPARE(numbers("half")[5], 2.5);
    QVERIFY(in.describe("flags")->type == Samples::Type::UInt8);
    QCOMPARE(numbers("flags")[3], 1.0);
    QCOMPARE(numbers("flags")[4], 0.0);
    QVERIFY(!in.describe("complex") && !in.describe("packed") && !in.describe("variable"));
    QVERIFY(errorOf([&] { numbers("complex"); }).contains("plain numbers"));
    QVERIFY(errorOf([&] { numbers("packed"); }).contains("plain numbers"));
    QCOMPARE(in.readTexts("fixed"), QStringList({"one", "two "}));
    QCOMPARE(in.readTexts("variable"), QStringList({"eins", "µ"}));
    QCOMPARE(in.attribute("", "flag").toBool(), true);
    QCOMPARE(in.attribute("", "fixed").toString(), QString("nm"));
    QCOMPARE(in.attribute("", "big").toList(), (QVariantList{1.5, 2.5}));
    QCOMPARE(in.attribute("", "unsigned").toDouble(), 0x1p64);
    QCOMPARE(in.attribute("", "reference").toString(), QString("big"));
    for (const char *name : {"empty", "opaque"})
        QVERIFY2(!in.attribute("", name).isValid(), name);
}

void TestHdf5File::followsNoLinkIntoAnotherFile()
{
    const Hdf5File in(m_odd, Hdf5File::Mode::Read);
    for (const char *name : {"outside", "outside/list", "around", "dangling"})
        QVERIFY2(!in.has(name), name);
    QVERIFY(in.has("circle/again/again"));
    QCOMPARE(in.groups(""), QStringList("circle"));
    QVERIFY(!in.datasets("").contains("around"));
    const QString error = errorOf([&] { in.readAll("elsewhere", unwatched()); });
    QVERIFY2(error.contains("elsewhere") && error.contains("another file"), qPrintable(error));
}

QTEST_GUILESS_MAIN(TestHdf5File)
#include "tst_hdf5file.moc"
