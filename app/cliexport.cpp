// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "base/json.h"
#include "base/tr.h"
#include "data/formats.h"
#include "data/writers/writers.h"
#include "metalearning/metacrate.h"
#include "steering/recording/runfile.h"
#include "steering/trust.h"

#include <CLI/CLI.hpp>

#include <QDir>
#include <QFileInfo>
#include <QSaveFile>

#include <cmath>

namespace helmscope {

namespace {

/// Files of one run in one folder; each written whole or not at all.
class Export
{
public:
    Export(const QString &folder, bool mayOverwrite)
        : m_folder(folder)
        , m_mayOverwrite(mayOverwrite)
    {
        if (!QDir().mkpath(folder))
            fail(Tr::tr("Cannot make the folder %1.").arg(folder));
    }

    void write(const QString &name, const QByteArray &bytes)
    {
        const QString file = path(name);
        QSaveFile out(file);
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit())
            fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
        printOut(file);
    }
    /// NumPy's format, version 1.0, float32 in C order.
    void writeArray(const QString &name, std::initializer_list<Eigen::Index> shape,
                    const float *numbers)
    {
        static_assert(Q_BYTE_ORDER == Q_LITTLE_ENDIAN);
        QString sizes;
        Eigen::Index count = 1;
        for (const Eigen::Index size : shape) {
            sizes += QStringLiteral("%1, ").arg(size);
            count *= size;
        }
        QByteArray header =
            QStringLiteral("{'descr': '<f4', 'fortran_order': False, 'shape': (%1), }")
                .arg(sizes)
                .toLatin1();
        constexpr int before = 10; // magic, version and length
        header.append(QByteArray(63 - (before + header.size()) % 64, ' ')).append('\n');
        QByteArray bytes("\x93NUMPY\x01\x00", 8);
        bytes.append(char(header.size() & 0xff)).append(char(header.size() >> 8)).append(header);
        bytes.append(reinterpret_cast<const char *>(numbers),
                     qsizetype(count) * qsizetype(sizeof(float)));
        write(name, bytes);
    }
    void writeMap(const QString &name, const Map &map)
    {
        if (map.size() > 0)
            writeArray(name, {map.rows(), map.cols()}, map.data());
    }
    QString path(const QString &name) const
    {
        const QString file = QDir(m_folder).filePath(name);
        if (QFile::exists(file) && !m_mayOverwrite)
            fail(Tr::tr("%1 exists already: give --out another folder, or add --overwrite.")
                     .arg(file));
        return file;
    }

private:
    QString m_folder;
    bool m_mayOverwrite;
};

QByteArray stepsTable(const Run &run)
{
    const auto text = [](double number) {
        return std::isfinite(number) ? QByteArray::number(number, 'g', 12) : QByteArray();
    };
    QByteArray table = "number,row,col,reason,acquisition,acquisition_value,value,predicted_mean,"
                       "predicted_deviation,predicted_noise,best_value,mean_deviation,dwell_s,"
                       "dose_e_per_A2,measure_s,learn_s,predict_s,loss,r2,rmse,nlpd,coverage95,"
                       "predictions,trust_coverage50,trust_coverage80,trust_coverage95,"
                       "calibration,calibration_low,calibration_high,outliers,bias,trust_nlpd,"
                       "leave_one_out_nlpd,judgement\n";
    for (const Step &step : run.steps) {
        const double none = std::nan("");
        const Quality quality = step.quality.value_or(Quality{0, none, none, none, none});
        QByteArrayList fields{QByteArray::number(step.number), QByteArray::number(step.pixel.row),
                              QByteArray::number(step.pixel.col), keyOf(step.reason),
                              rowOf(step.acquisition).key};
        for (const double number :
             {step.acquisitionValue, step.value, step.predictedMean, step.predictedDeviation,
              step.predictedNoise, step.bestValue, step.meanDeviation, step.dwellSeconds, step.dose,
              step.measureSeconds, step.learnSeconds, step.predictSeconds,
              step.losses.empty() ? none : step.losses.back(), quality.r2, quality.rmse,
              quality.nlpd, quality.coverage95})
            fields << text(number);
        const Trust trust = step.trust.value_or(Trust());
        fields << (step.trust ? QByteArray::number(trust.predictions) : QByteArray());
        for (const double number : {trust.coverage50, trust.coverage80, trust.coverage95,
                                    trust.calibration, trust.calibrationLow, trust.calibrationHigh,
                                    step.trust ? double(trust.outliers) : none, trust.bias,
                                    trust.nlpd, trust.leaveOneOutNlpd})
            fields << text(number);
        fields << (step.trust ? QByteArray(keyOf(judgementOf(trust))) : QByteArray());
        table += fields.join(',') + '\n';
    }
    return table;
}

int exportRun(const QString &file, const QString &folder, bool mayOverwrite)
{
    const Run run = readRun(file, [](double) { return !isStopAsked(); });
    Export to(folder, mayOverwrite);
    to.write("steps.csv", stepsTable(run));
    to.writeMap("survey.npy", run.survey.image);
    // The last belief there is.
    for (auto step = run.steps.rbegin(); step != run.steps.rend(); ++step)
        if (step->belief) {
            to.writeMap("mean.npy", step->belief->mean);
            to.writeMap("deviation.npy", step->belief->deviation);
            to.writeMap("acquisition.npy", step->belief->acquisition);
            break;
        }
    if (const Eigen::Index channels = run.energies.channels(); channels > 0 && !run.steps.empty()) {
        Map spectra = Map::Constant(Eigen::Index(run.steps.size()), channels, std::nanf(""));
        for (std::size_t i = 0; i < run.steps.size(); ++i)
            if (run.steps[i].spectrum.size() == channels)
                spectra.row(Eigen::Index(i)) = run.steps[i].spectrum.transpose().array();
        to.writeArray("spectra.npy", {spectra.rows(), channels}, spectra.data());
        Eigen::VectorXf energies(channels);
        for (Eigen::Index i = 0; i < channels; ++i)
            energies[i] = float(run.energies.values[std::size_t(i)]);
        to.writeArray("energies.npy", {channels}, energies.data());
    }
    const QString plan = to.path("plan.json");
    writeJson(plan, run.plan.toJson());
    printOut(plan);
    return Done;
}

int exportMeta(const QString &file, const QString &folder, bool mayOverwrite)
{
    for (const QString &written : writeMetaCrate(folder, readMetaModel(file), mayOverwrite))
        printOut(written);
    return Done;
}

/// An array of a recording as another format.
int exportArray(const QString &text, const QString &file, const QString &key, bool mayOverwrite)
{
    const Address address = Address::parse(text);
    formatOf(address.file); // says what is wrong with the file before all else
    const Writer &writer = writerOf(key.isEmpty() ? QFileInfo(file).suffix().toLower() : key);
    const Progress progress = [](double) { return !isStopAsked(); };
    const DescribedArray recording{readArray(address, progress), readMetadata(address)};
    writeRecording(file, writer, recording, mayOverwrite, progress);
    printOut(file);
    return Done;
}

} // namespace

void addExport(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "export",
        "Writes a run as files others read (steps.csv, maps and spectra as .npy, plan.json), or an "
        "array of a recording as HyperSpy, NSID, TIFF or CSV, or a meta-model as RO-Crate with "
        "TorchScript");
    struct Options
    {
        std::string run, folder, format;
        bool mayOverwrite = false;
    };
    const auto options = std::make_shared<Options>();
    command->add_option("RUN", options->run, "Run file, meta-model, or FILE[:ARRAY] of a recording")
        ->required();
    command->add_option("--out", options->folder, "Folder, made if need be; of an array: the file")
        ->required();
    command->add_option("--format", options->format,
                        "Of an array: hspy, nsid, tiff or csv (default: by the file's name)");
    command->add_flag("--overwrite", options->mayOverwrite, "May replace files there");
    command->footer("Examples:\n  helmscope-cli export run.h5 --out run-files\n"
                    "  helmscope-cli export \"scan.emd:EDS?bin=4\" --out scan.hspy\n");
    command->callback([options, &chosen] {
        chosen = [options] {
            const QString from = QFile::decodeName(options->run.c_str());
            if (isMetaModelFile(from))
                return exportMeta(from, QFile::decodeName(options->folder.c_str()),
                                  options->mayOverwrite);
            if (!QFileInfo::exists(from) || !isRunFile(from))
                return exportArray(from, QFile::decodeName(options->folder.c_str()),
                                   QString::fromStdString(options->format), options->mayOverwrite);
            return exportRun(QFile::decodeName(options->run.c_str()),
                             QFile::decodeName(options->folder.c_str()), options->mayOverwrite);
        };
    });
}

} // namespace helmscope
