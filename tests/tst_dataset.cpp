// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "data/hdf5file.h"
#include "data/patches.h"
#include "data/scalarizer.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <cmath>
#include <numeric>

#include <zip.h>

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

/// A .npy of doubles in this shape.
static QByteArray npy(const std::vector<int> &shape, const std::vector<double> &numbers)
{
    QByteArray sizes;
    for (const int size : shape)
        sizes += QByteArray::number(size) + ", ";
    QByteArray header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + sizes + "), }";
    if (shape.size() > 1) // NumPy writes "(2, 3)" and "(2,)"
        header.replace(", ), }", "), }");
    header.append(117 - header.size(), ' ').append('\n');
    QByteArray file("\x93NUMPY\x01\0v\0", 10);
    return file + header +
           QByteArray(reinterpret_cast<const char *>(numbers.data()),
                      qsizetype(8 * numbers.size()));
}

static std::vector<double> counting(int count)
{
    std::vector<double> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

class TestDataset : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    const QString m_shared = HELMSCOPE_SOURCE "/../shared/data/";
    const QString m_sio2Image = m_shared + "sio2-haadf-eds/SiO2_HAADF_Image.hspy";
    const QString m_sio2Spectra = m_shared + "sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy";
    const QString m_idp = m_shared + "idp-haadf-eds/idp0_eds_sp2_ebin4.npz";
    const QString m_fito = m_shared + "fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz";

    QString npz(const QList<std::pair<QString, QByteArray>> &entries,
                const QString &name = "data.npz") const
    {
        const QString file = m_folder.filePath(name);
        int error = 0;
        zip_t *zip = zip_open(QFile::encodeName(file), ZIP_CREATE | ZIP_TRUNCATE, &error);
        for (const auto &[array, bytes] : entries)
            zip_file_add(zip, (array + ".npy").toUtf8(),
                         zip_source_buffer(zip, bytes.constData(), zip_uint64_t(bytes.size()), 0),
                         0);
        if (!zip || zip_close(zip) != 0)
            qFatal("cannot write %s", qPrintable(file));
        return file;
    }
    QString loadError(const DatasetSources &sources) const
    {
        return errorOf([&] { loadDataset(sources, unwatched()); });
    }

private Q_SLOTS:
    void loadsTheRealHyperSpyPair();
    void loadsTheRealDustParticle();
    void loadsItsFineImageOverTheCoarseGrid();
    void loadsTheRealPlasmonMap();
    void guessesTheBeaconFile();
    void passesOnWhatIsOddAboutAFile();
    void asksForAnImageBesideSpectra();
    void guessesEnergiesAndPrefersTheGridsImage();
    void readsSpectraFromEveryAxis_data();
    void readsSpectraFromEveryAxis();
    void takesEnergiesFromTheirAddress();
    void countsChannelsWhereThereAreNoEnergies();
    void refusesShapesThatDoNotFit();
    void refusesArraysOfTheWrongKind();
    void refusesEnergiesThatAreNotFiniteOrDoNotIncrease();
    void refusesWhatHoldsNoFiniteNumber();
    void fillsHolesInTheImageAndKeepsThemInValues();
    void saysHowManyNumbersOfSpectraAreNotFinite();
    void pixelSizesComeFromTheFirstThatKnows();
    void ignoresAPixelSizeThatIsNone();
    void takesThePixelSizeOfSpectraForTheImage();
    void warnsOfPixelsThatAreNotSquare();
    void binsChannels();
    void reportsProgressAndStops();
    void sourcesSurviveJson();
    void refusesOddJson();
    void patchesSurroundTheirPixel();
    void patchesOfAFineImageAreCentredOnTheBlock();
    void refusesPatchesThatDoNotFit();
};

void TestDataset::loadsTheRealHyperSpyPair()
{
    if (!QFile::exists(m_sio2Image))
        QSKIP("the recorded data are not there");
    for (const QStringList &files :
         {QStringList{m_sio2Image, m_sio2Spectra}, QStringList{m_sio2Spectra, m_sio2Image}}) {
        const DatasetSources sources = guessSources(files);
        QCOMPARE(sources.image.file, m_sio2Image);
        QCOMPARE(sources.spectra->file, m_sio2Spectra);
        QVERIFY(!sources.values && !sources.energies);
    }
    const Dataset dataset = loadDataset(guessSources({m_sio2Image, m_sio2Spectra}), unwatched());
    QCOMPARE(dataset.rows(), 128);
    QCOMPARE(dataset.cols(), 128);
    QCOMPARE(dataset.imageRatio, 1);
    QCOMPARE(dataset.imageQuantity, QString("HAADF Image (Intensity)"));
    QVERIFY(std::abs(dataset.pixelSizeNm - 8.552446) < 1e-6);
    QCOMPARE(dataset.spectra.channels(), 2048);
    QCOMPARE(dataset.spectra.energies().unit, QString("keV"));
    QCOMPARE(dataset.warnings, QStringList());
    // Against NumPy: si[..., (e >= 1.64) & (e <= 1.84)].mean(-1), 20 channels.
    const Map map = scalarize(dataset.spectra, Scalarizer::parse("band:1.64-1.84"));
    QCOMPARE(map(0, 0), 2.8f);
    QCOMPARE(map(100, 50), 0.f);
    QVERIFY(std::abs(map.cast<double>().mean() - 0.8742034912109375) < 1e-7);
    QCOMPARE(dataset.provenance.size(), 2);
    QCOMPARE(dataset.provenance[0].role, QString("image"));
    QCOMPARE(dataset.provenance[0].format, QString("HyperSpy"));
    QCOMPARE(dataset.provenance[0].array, QString("Experiments/HAADF Image"));
    QCOMPARE(dataset.provenance[0].sha256,
             QString("aebd91f2f1cc2dd76323f378f8aa25fe0f03efa51a513b4cf105e1d1261bd2da"));
}

void TestDataset::loadsTheRealDustParticle()
{
    if (!QFile::exists(m_idp))
        QSKIP("the recorded data are not there");
    const DatasetSources sources = guessSources({m_idp});
    QCOMPARE(sources.image.array, QString("haadf_sum2x2")); // as coarse as the spectra
    QCOMPARE(sources.spectra->array, QString("si"));
    QCOMPARE(sources.energies->array, QString("energy_keV"));
    QVERIFY(!sources.values);
    const Dataset dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.imageRatio, 1);
    QCOMPARE(dataset.pixelSizeNm, 26.16);
    QCOMPARE(dataset.spectra.energies().unit, QString("keV"));
    QCOMPARE(dataset.spectra.energies().values[0], -0.455886725);
    const Map map = scalarize(dataset.spectra, Scalarizer::parse("band:1.64-1.84"));
    QCOMPARE(map.maxCoeff(), 3.6f);
    QVERIFY(std::abs(map.cast<double>().mean() - 0.39986572265625) < 1e-7);
}

void TestDataset::loadsItsFineImageOverTheCoarseGrid()
{
    if (!QFile::exists(m_idp))
        QSKIP("the recorded data are not there");
    DatasetSources sources;
    sources.image = {m_idp, "haadf_full"};
    sources.spectra = Address{m_idp, "si"};
    const Dataset dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.imageRatio, 2);
    QCOMPARE(dataset.rows(), 128);
    QCOMPARE(dataset.pixelSizeNm, 13.08);
    QCOMPARE(dataset.gridPixelSizeNm(), 26.16);
    // The energies beside the spectra are used, and it is said.
    QCOMPARE(dataset.spectra.energies().unit, QString("keV"));
    QVERIFY(dataset.warnings.join(' ').contains("energy_keV"));
    QCOMPARE(dataset.provenance.last().role, QString("energies"));
    sources.spectra = {};
    QCOMPARE(loadDataset(sources, unwatched()).pixelSizeNm, 13.08); // alone, too
}

void TestDataset::loadsTheRealPlasmonMap()
{
    if (!QFile::exists(m_fito))
        QSKIP("the recorded data are not there");
    const DatasetSources sources = guessSources({m_fito});
    QCOMPARE(sources.image.array, QString("haadf_u8"));
    QCOMPARE(sources.values->array, QString("dipole_scalar"));
    const Dataset dataset = loadDataset(sources, unwatched());
    QVERIFY(dataset.hasValues() && !dataset.hasSpectra());
    QCOMPARE(dataset.valuesName, QString("dipole_scalar"));
    QCOMPARE(dataset.rows(), 62);
    QCOMPARE(dataset.cols(), 75);
    QCOMPARE(dataset.pixelSizeNm, 1.60450073);
    QCOMPARE(dataset.image(0, 0), 235.f);
    // The published patches of 16: rows 8 to 54, columns 8 to 67 have one.
    const std::vector<Pixel> pixels = candidatePixels(dataset, 16);
    QCOMPARE(pixels.front(), (Pixel{8, 8}));
    QCOMPARE(pixels.back(), (Pixel{54, 67}));
}

void TestDataset::guessesTheBeaconFile()
{
    const QString file = m_shared + "beacon-pfm/beacon_pfm_replay.npz";
    if (!QFile::exists(file))
        QSKIP("the recorded data are not there");
    const DatasetSources sources = guessSources({file});
    QCOMPARE(sources.image.array, QString("img"));
    QCOMPARE(sources.values->array, QString("truth_loop_area"));
    QCOMPARE(candidatePixels(loadDataset(sources, unwatched()), 16).size(), std::size_t(35 * 35));
}

void TestDataset::passesOnWhatIsOddAboutAFile()
{
    // An MRC image of 3 x 2 bytes by a version of the format that is to come.
    QByteArray bytes(1024, '\0');
    const auto put = [&](int at, qint32 number) {
        number = qToLittleEndian(number);
        bytes.replace(at, 4, reinterpret_cast<const char *>(&number), 4);
    };
    put(0, 3);
    put(4, 2);
    put(8, 1);
    put(108, 20201);
    bytes.replace(208, 4, "MAP ");
    bytes += QByteArray("\1\2\3\4\5\6", 6);
    QTemporaryDir folder;
    QFile file(folder.filePath("new.mrc"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    file.close();
    DatasetSources sources;
    sources.image = sources.values.emplace(Address{file.fileName(), {}});
    const Dataset dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.image(1, 2), 6.f);
    const QStringList said = dataset.warnings.filter("20201");
    QVERIFY2(said.size() == 1 && said[0].contains("new.mrc"),
             qPrintable(dataset.warnings.join('\n')));
}

void TestDataset::asksForAnImageBesideSpectra()
{
    const QString file = npz({{"si", npy({4, 5, 6}, counting(120))}});
    const QString error = errorOf([&] { guessSources({file}); });
    QVERIFY2(error.contains(file) && error.contains("--image") && error.contains("4 × 5 × 6"),
             qPrintable(error));
    const QString core = m_shared + "formats/core_shell.hspy";
    if (QFile::exists(core))
        QVERIFY(errorOf([&] { guessSources({core}); }).contains("--image"));
    QVERIFY(loadError({}).contains("--image"));
    DatasetSources sources;
    sources.image = {file, "si"};
    const QString wrong = loadError(sources);
    QVERIFY2(wrong.contains("4 × 5 × 6") && wrong.contains("--image"), qPrintable(wrong));
}

void TestDataset::guessesEnergiesAndPrefersTheGridsImage()
{
    const QString file = npz({{"map", npy({4, 5}, counting(20))},
                              {"survey_fine", npy({8, 10}, counting(80))},
                              {"adf", npy({4, 5}, counting(20))},
                              {"cube", npy({4, 5, 6}, counting(120))},
                              {"energy_eV", npy({6}, counting(6))},
                              {"other", npy({6}, counting(6))},
                              {"odd", npy({7, 7}, counting(49))}});
    const DatasetSources sources = guessSources({file});
    QCOMPARE(sources.image.array, QString("adf"));
    QCOMPARE(sources.spectra->array, QString("cube"));
    QCOMPARE(sources.energies->array, QString("energy_eV"));
    // Values on a grid coarser than the image.
    const DatasetSources coarse = guessSources(
        {npz({{"truth", npy({4, 5}, counting(20))}, {"img", npy({8, 10}, counting(80))}})});
    QCOMPARE(coarse.image.array, QString("img"));
    QCOMPARE(coarse.values->array, QString("truth"));
    QCOMPARE(loadDataset(coarse, unwatched()).imageRatio, 2);
}

void TestDataset::readsSpectraFromEveryAxis_data()
{
    QTest::addColumn<std::vector<int>>("shape");
    QTest::newRow("channels last") << std::vector<int>{4, 5, 6};
    QTest::newRow("channels first") << std::vector<int>{6, 4, 5};
    QTest::newRow("channels between") << std::vector<int>{4, 6, 5};
}

void TestDataset::readsSpectraFromEveryAxis()
{
    QFETCH(std::vector<int>, shape);
    const QString file =
        npz({{"img", npy({8, 10}, counting(80))}, {"si", npy(shape, counting(120))}});
    const Dataset dataset = loadDataset(guessSources({file}), unwatched());
    QCOMPARE(dataset.imageRatio, 2);
    QCOMPARE(dataset.rows(), 4);
    QCOMPARE(dataset.cols(), 5);
    QCOMPARE(dataset.spectra.channels(), 6);
    const float step = shape[0] == 6 ? 20 : shape[1] == 6 ? 5 : 1;
    QCOMPARE(dataset.spectra.at({0, 0})[3], 3 * step);
}

void TestDataset::takesEnergiesFromTheirAddress()
{
    const QString file = npz({{"img", npy({4, 5}, counting(20))},
                              {"si", npy({4, 5, 3}, counting(60))},
                              {"e_eV", npy({3}, {0.2, 0.4, 0.8})},
                              {"loss", npy({1, 3}, {1, 2, 3})},
                              {"long", npy({4}, {1, 2, 3, 4})}});
    DatasetSources sources{{file, "img"}, Address{file, "si"}, Address{file, "e_eV"}, {}};
    Dataset dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.spectra.energies().values, (std::vector<double>{0.2, 0.4, 0.8}));
    QCOMPARE(dataset.spectra.energies().unit, QString("eV"));
    sources.energies->array = "loss"; // no unit in its name
    dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.spectra.energies().unit, QString());
    QVERIFY(dataset.warnings.join(' ').contains("unit"));
    sources.energies->array = "long";
    const QString error = loadError(sources);
    QVERIFY2(error.contains("long") && error.contains("4") && error.contains("3 channels"),
             qPrintable(error));
}

void TestDataset::countsChannelsWhereThereAreNoEnergies()
{
    const QString file =
        npz({{"img", npy({4, 5}, counting(20))}, {"si", npy({4, 5, 3}, counting(60))}});
    const Dataset dataset = loadDataset(guessSources({file}), unwatched());
    QCOMPARE(dataset.spectra.energies().values, (std::vector<double>{0, 1, 2}));
    QCOMPARE(dataset.spectra.energies().name, QString("Channel"));
    QVERIFY(dataset.warnings.join(' ').contains("--energies"));
}

void TestDataset::refusesShapesThatDoNotFit()
{
    const QString file = npz({{"img", npy({8, 10}, counting(80))},
                              {"odd", npy({3, 5, 6}, counting(90))},
                              {"skewed", npy({4, 10}, counting(40))},
                              {"finer", npy({16, 20}, counting(320))},
                              {"si", npy({4, 5, 6}, counting(120))},
                              {"map", npy({8, 10}, counting(80))}});
    QString error = loadError({{file, "img"}, Address{file, "odd"}, {}, {}});
    QVERIFY2(error.contains(file + ":odd") && error.contains("3 × 5") && error.contains("8 × 10"),
             qPrintable(error));
    for (const char *values : {"skewed", "finer"}) {
        error = loadError({{file, "img"}, {}, {}, Address{file, values}});
        QVERIFY2(error.contains(values) && error.contains("whole number"), qPrintable(error));
    }
    error = loadError({{file, "img"}, Address{file, "si"}, {}, Address{file, "map"}});
    QVERIFY2(error.contains("8 × 10") && error.contains("4 × 5"), qPrintable(error));
}

void TestDataset::refusesArraysOfTheWrongKind()
{
    const QString file = npz({{"img", npy({4, 5}, counting(20))},
                              {"si", npy({4, 5, 3}, counting(60))},
                              {"none", npy({0, 5}, {})},
                              {"list", npy({20}, counting(20))}});
    for (const char *image : {"list", "none", "absent", "si"}) {
        const QString error = loadError({{file, image}, {}, {}, {}});
        QVERIFY2(error.contains(file) && error.contains(image), qPrintable(error));
    }
    QString error = loadError({{file, "img"}, Address{file, "img"}, {}, {}});
    QVERIFY2(error.contains("as spectra"), qPrintable(error));
    error = loadError({{file, "img"}, {}, {}, Address{file, "list"}});
    QVERIFY2(error.contains("as map of values"), qPrintable(error));
    error = loadError({{npz({{"list", npy({20}, counting(20))}}, "list.npz"), {}}, {}, {}, {}});
    QVERIFY2(error.contains("no array of 2 dimensions"), qPrintable(error));
}

void TestDataset::refusesEnergiesThatAreNotFiniteOrDoNotIncrease()
{
    const auto error = [&](const std::vector<double> &energies) {
        const QString file = npz({{"img", npy({4, 5}, counting(20))},
                                  {"si", npy({4, 5, 3}, counting(60))},
                                  {"energy_eV", npy({3}, energies)}});
        return loadError(guessSources({file}));
    };
    QVERIFY(error({1, 2, 3}).isEmpty());
    QString text = error({1, std::nan(""), 3});
    QVERIFY2(text.contains("data.npz:energy_eV") && text.contains("finite"), qPrintable(text));
    text = error({3, 2, 1});
    QVERIFY2(text.contains("do not increase") && text.contains("Reverse"), qPrintable(text));
    text = error({1, 1, 2});
    QVERIFY2(text.contains("do not increase") && !text.contains("Reverse"), qPrintable(text));
}

void TestDataset::refusesWhatHoldsNoFiniteNumber()
{
    const std::vector<double> none(60, std::nan(""));
    const QString file = npz({{"img", npy({4, 5}, counting(20))},
                              {"nanimg", npy({4, 5}, {none.begin(), none.begin() + 20})},
                              {"si", npy({4, 5, 3}, none)}});
    for (const DatasetSources &sources :
         {DatasetSources{{file, "nanimg"}, {}, {}, {}},
          DatasetSources{{file, "img"}, {}, {}, Address{file, "nanimg"}},
          DatasetSources{{file, "img"}, Address{file, "si"}, {}, {}}}) {
        const QString error = loadError(sources);
        QVERIFY2(error.contains(file + ':') && error.contains("no finite number"),
                 qPrintable(error));
    }
}

void TestDataset::fillsHolesInTheImageAndKeepsThemInValues()
{
    std::vector<double> image = counting(20), values = counting(20);
    image[3] = std::nan("");
    image[4] = INFINITY;
    values[7] = std::nan("");
    values[8] = -INFINITY;
    const QString file = npz({{"img", npy({4, 5}, image)}, {"map", npy({4, 5}, values)}});
    const Dataset dataset = loadDataset(guessSources({file}), unwatched());
    QVERIFY(dataset.image.isFinite().all());
    QCOMPARE(dataset.image(0, 3), 11.f); // the median of 0..19 without 3 and 4
    QCOMPARE(dataset.image(0, 4), 11.f);
    QVERIFY(std::isnan(dataset.values(1, 2)) && std::isnan(dataset.values(1, 3)));
    QCOMPARE(dataset.values(1, 4), 9.f);
    const QString warnings = dataset.warnings.join('\n');
    QVERIFY2(warnings.contains("2 of 20 pixels") && warnings.contains("2 of 20 values"),
             qPrintable(warnings));
}

void TestDataset::saysHowManyNumbersOfSpectraAreNotFinite()
{
    std::vector<double> cube = counting(60);
    cube[10] = std::nan("");
    const QString file = npz({{"img", npy({4, 5}, counting(20))}, {"si", npy({4, 5, 3}, cube)}});
    const Dataset dataset = loadDataset(guessSources({file}), unwatched());
    QVERIFY(dataset.warnings.join(' ').contains("1 of 60"));
}

void TestDataset::pixelSizesComeFromTheFirstThatKnows()
{
    const QString file = npz({{"img", npy({4, 5}, counting(20))}, {"scale_nm", npy({}, {0.25})}});
    DatasetSources sources{{file, "img"}, {}, {}, {}};
    QCOMPARE(loadDataset(sources, unwatched()).pixelSizeNm, 0.25);
    sources.pixelSizeNm = 2;
    QCOMPARE(loadDataset(sources, unwatched()).pixelSizeNm, 2.0);
    sources.pixelSizeNm = -1;
    QVERIFY(loadError(sources).contains("-1"));
    sources = {{npz({{"img", npy({4, 5}, counting(20))}}, "bare.npz"), "img"}, {}, {}, {}};
    const Dataset dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.pixelSizeNm, 0.0);
    QVERIFY(dataset.warnings.join(' ').contains("--pixel-size-nm"));
}

void TestDataset::ignoresAPixelSizeThatIsNone()
{
    for (const double size : {0.0, -1.0, double(INFINITY), std::nan("")}) {
        const QString file =
            npz({{"img", npy({4, 5}, counting(20))}, {"pixel_nm", npy({}, {size})}});
        const Dataset dataset = loadDataset({{file, "img"}, {}, {}, {}}, unwatched());
        QCOMPARE(dataset.pixelSizeNm, 0.0);
        QVERIFY(dataset.warnings.join(' ').contains("pixel_nm"));
    }
}

/// An experiment of zeros as HyperSpy writes it, counting up, 0.5 `unit` per step of the scan.
static void addExperiment(Hdf5File &out, const QString &title,
                          const std::vector<std::int64_t> &shape, double height, double width,
                          const QString &unit)
{
    const QString path = "Experiments/" + title;
    std::int64_t count = 1;
    for (const std::int64_t size : shape)
        count *= size;
    std::vector<float> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0.f);
    out.write(path + "/data", shape, numbers);
    for (int i = 0; i < int(shape.size()); ++i) {
        const QString axis = path + QString("/axis-%1").arg(i);
        out.makeGroup(axis);
        out.setAttribute(axis, "scale", i == 0 ? height : i == 1 ? width : 0.1);
        out.setAttribute(axis, "units", i == 2 ? QString("eV") : unit);
        out.setAttribute(axis, "navigate", shape.size() == 3 && i < 2);
    }
}

void TestDataset::takesThePixelSizeOfSpectraForTheImage()
{
    const QString file = m_folder.filePath("pair.hspy");
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        addExperiment(out, "Survey", {8, 10}, 1, 1, "");
        addExperiment(out, "EELS", {4, 5, 6}, 0.5, 0.5, "µm");
    }
    const Dataset dataset = loadDataset(guessSources({file}), unwatched());
    QCOMPARE(dataset.pixelSizeNm, 250.0);
    QCOMPARE(dataset.gridPixelSizeNm(), 500.0);
    QCOMPARE(dataset.spectra.energies().unit, QString("eV"));
}

void TestDataset::warnsOfPixelsThatAreNotSquare()
{
    const QString file = m_folder.filePath("oblong.hspy");
    {
        Hdf5File out(file, Hdf5File::Mode::Create);
        addExperiment(out, "Survey", {8, 10}, 1, 2, "nm");
    }
    const Dataset dataset = loadDataset(guessSources({file}), unwatched());
    QCOMPARE(dataset.pixelSizeNm, 2.0);
    QVERIFY(dataset.warnings.join(' ').contains("not square"));
}

void TestDataset::binsChannels()
{
    const QString file =
        npz({{"img", npy({4, 5}, counting(20))}, {"si", npy({4, 5, 6}, counting(120))}});
    DatasetSources sources = guessSources({file});
    sources.bin = 4;
    const Dataset dataset = loadDataset(sources, unwatched());
    QCOMPARE(dataset.spectra.channels(), 1);
    QCOMPARE(dataset.spectra.at({0, 1})[0], 7.5f);
    for (const int bin : {0, -1, 7}) {
        sources.bin = bin;
        QVERIFY(loadError(sources).contains(QString::number(bin)));
    }
}

void TestDataset::reportsProgressAndStops()
{
    const QString file =
        npz({{"img", npy({4, 5}, counting(20))}, {"si", npy({4, 5, 6}, counting(120))}});
    std::vector<double> seen;
    loadDataset(guessSources({file}), [&](double fraction) {
        seen.push_back(fraction);
        return true;
    });
    QVERIFY(seen.size() > 2);
    QVERIFY(std::is_sorted(seen.begin(), seen.end()));
    QCOMPARE(seen.back(), 1.0);
    for (std::size_t stop = 0; stop + 1 < seen.size(); ++stop) {
        std::size_t asked = 0;
        QCOMPARE(errorOf([&] {
                     loadDataset(guessSources({file}), [&](double) { return asked++ != stop; });
                 }),
                 QString("Stopped."));
    }
}

void TestDataset::sourcesSurviveJson()
{
    DatasetSources sources{{"a.npz", "img"}, Address{"b.hspy", "EDS"}, Address{"c.npy", ""}, {}};
    sources.pixelSizeNm = 0.1;
    sources.bin = 4;
    const QJsonObject json = sources.toJson();
    const QJsonObject again = QJsonDocument::fromJson(QJsonDocument(json).toJson()).object();
    const DatasetSources read = DatasetSources::fromJson(again, "plan.json");
    QCOMPARE(read.image, sources.image);
    QCOMPARE(*read.spectra, *sources.spectra);
    QCOMPARE(*read.energies, *sources.energies);
    QVERIFY(!read.values);
    QCOMPARE(read.pixelSizeNm, 0.1);
    QCOMPARE(read.bin, 4);
    QCOMPARE(DatasetSources::fromJson({}, "plan.json").bin, 1);
}

void TestDataset::refusesOddJson()
{
    for (const QJsonObject &object :
         {QJsonObject{{"image", "a.npz"}}, QJsonObject{{"image", QJsonObject{{"file", 1}}}},
          QJsonObject{{"bin", 0}}, QJsonObject{{"bin", 1.5}}, QJsonObject{{"pixelSizeNm", -1}}}) {
        const QString error = errorOf([&] { DatasetSources::fromJson(object, "plan.json"); });
        QVERIFY2(error.contains("plan.json"), qPrintable(error));
    }
}

void TestDataset::patchesSurroundTheirPixel()
{
    Dataset dataset;
    dataset.image = Map(20, 24);
    for (int row = 0; row < 20; ++row)
        for (int col = 0; col < 24; ++col)
            dataset.image(row, col) = float(100 * row + col);
    const std::vector<Pixel> pixels = candidatePixels(dataset, 16);
    QCOMPARE(pixels.size(), std::size_t(5 * 9)); // r - 8 .. r + 7 within 0..19, 0..23
    QCOMPARE(pixels.front(), (Pixel{8, 8}));
    QCOMPARE(pixels[1], (Pixel{8, 9})); // row by row
    QCOMPARE(pixels.back(), (Pixel{12, 16}));
    const Eigen::MatrixXf patches = cutPatches(dataset, pixels, 16);
    QCOMPARE(patches.rows(), Eigen::Index(45));
    QCOMPARE(patches.cols(), Eigen::Index(256));
    QCOMPARE(patches(0, 0), 0.f);
    QCOMPARE(patches(0, 1), 1.f);
    QCOMPARE(patches(0, 16), 100.f);
    QCOMPARE(patches(44, 255), 1923.f);
    QCOMPARE(candidatePixels(dataset, 5).front(), (Pixel{2, 2}));
    QCOMPARE(candidatePixels(dataset, 5).back(), (Pixel{17, 21}));
}

void TestDataset::patchesOfAFineImageAreCentredOnTheBlock()
{
    Dataset dataset;
    dataset.imageRatio = 4;
    dataset.image = Map(32, 32);
    for (int i = 0; i < dataset.image.size(); ++i)
        dataset.image(i) = float(i);
    QCOMPARE(dataset.rows(), 8);
    const std::vector<Pixel> pixels = candidatePixels(dataset, 16);
    // Rows 4 r + 2 - 8 to 4 r + 9 within 0..31: r = 2 .. 5.
    QCOMPARE(pixels.front(), (Pixel{2, 2}));
    QCOMPARE(pixels.back(), (Pixel{5, 5}));
    QCOMPARE(cutPatches(dataset, {{2, 3}}, 16)(0, 0), float(32 * 2 + 6));
}

void TestDataset::refusesPatchesThatDoNotFit()
{
    Dataset dataset;
    dataset.image = Map::Zero(20, 10);
    for (const int patch : {-1, 0, 1, 257, 16}) {
        const QString error = errorOf([&] { candidatePixels(dataset, patch); });
        QVERIFY2(error.contains(QString::number(patch)), qPrintable(error));
    }
    QCOMPARE(candidatePixels(dataset, 10).size(), std::size_t(11));
    for (const Pixel pixel : {Pixel{0, 5}, Pixel{-1, 5}, Pixel{10, 6}, Pixel{100000, 5}})
        QVERIFY(!errorOf([&] { cutPatches(dataset, {pixel}, 10); }).isEmpty());
}

QTEST_GUILESS_MAIN(TestDataset)
#include "tst_dataset.moc"
