// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/clioptions.h"
#include "base/tr.h"
#include "instrument/protocol/instrumentserver.h"
#include "instrument/replay.h"
#include "steering/rerun/recordedmicroscope.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>
#include <QFile>
#include <QTimer>

namespace helmscope {

namespace {

struct ServeOptions
{
    std::string simulate, listen = "127.0.0.1", tokenFile, certificate, key, log;
    std::vector<std::string> data;
    std::vector<int> region; ///< first row, first column, last row, last column
    int port = 7117;
    std::uint64_t sampleSeed = 1;
    double realTime = 1, maxDwell = 0, maxDose = 0, maxRate = 0, maxCurrentPa = 0, maxTravelNm = 0;
};

std::unique_ptr<Microscope> microscopeOf(const ServeOptions &options, double *currentPa)
{
    if (options.simulate.empty() == options.data.empty())
        throw UsageError(Tr::tr("Name what is to be served: either --simulate or --data."));
    if (!options.simulate.empty()) {
        Simulator::Settings settings = simulatedOf(options.simulate);
        settings.sample.seed = options.sampleSeed;
        *currentPa = settings.beamCurrentPa;
        return std::make_unique<Simulator>(settings);
    }
    QStringList files;
    for (const std::string &file : options.data)
        files << QFile::decodeName(file.c_str());
    const Replay::Settings settings;
    *currentPa = settings.beamCurrentPa;
    return std::make_unique<Replay>(
        loadDataset(guessSources(files), [](double) { return !isStopAsked(); }), settings);
}

int serve(const ServeOptions &options)
{
    InstrumentServer::Settings settings;
    settings.host = QString::fromStdString(options.listen);
    settings.port = options.port;
    settings.certificateFile = QFile::decodeName(options.certificate.c_str());
    settings.keyFile = QFile::decodeName(options.key.c_str());
    settings.service.logFile = QFile::decodeName(options.log.c_str());
    if (!options.tokenFile.empty())
        settings.service.token = readToken(QFile::decodeName(options.tokenFile.c_str()));
    else
        settings.service.token = qEnvironmentVariable("HELMSCOPE_INSTRUMENT_TOKEN");
    Limits &limits = settings.service.limits;
    limits.maxDwellSeconds = options.maxDwell;
    limits.maxDose = options.maxDose;
    limits.maxRateHz = options.maxRate;
    settings.service.maxTravelM = 1e-9 * options.maxTravelNm;
    limits.maxCurrentA = 1e-12 * options.maxCurrentPa;
    if (!options.region.empty()) {
        limits.first = {options.region[0], options.region[1]};
        limits.last = {options.region[2], options.region[3]};
    }
    double currentPa = 0;
    std::unique_ptr<Microscope> microscope = microscopeOf(options, &currentPa);
    limits.currentA = 1e-12 * currentPa;
    const QString name = microscope->name();
    InstrumentServer server(inRealTime(std::move(microscope), options.realTime), settings);
    printOut(Tr::tr("%1 at %2:%3; end with Ctrl-C.").arg(name, settings.host).arg(server.port()));
    // The signal only sets a flag; sockets want an event loop.
    QTimer watch;
    QObject::connect(&watch, &QTimer::timeout, [] {
        if (isStopAsked())
            QCoreApplication::quit();
    });
    watch.start(50);
    QCoreApplication::exec();
    return Done; // to be ended so is what it is for
}

} // namespace

void addServe(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "serve", "Makes the simulated microscope, or a recording, an instrument on the network");
    const auto o = std::make_shared<ServeOptions>();
    const std::string sample = Tr::tr("What is served").toStdString();
    auto *simulate = command->add_option("--simulate", o->simulate,
                                         "The simulated nanocubes, 32x32 to 512x512 pixels");
    simulate->group(sample);
    command->add_option("--sample-seed", o->sampleSeed, "Another simulated sample (default 1)")
        ->group(sample)
        ->needs(simulate);
    command->add_option("--data", o->data, "Files with a survey image and its spectra or values")
        ->group(sample)
        ->excludes(simulate);
    command
        ->add_option("--real-time", o->realTime,
                     "A measurement lasts so many times its dwell (default 1)")
        ->group(sample)
        ->check(CLI::Range(0.0, 1000.0));

    const std::string network = Tr::tr("Network").toStdString();
    command
        ->add_option("--listen", o->listen,
                     "Address to listen on (default 127.0.0.1); others need token and TLS")
        ->group(network);
    command->add_option("--port", o->port, "Port (default 7117; 0: any free one)")
        ->group(network)
        ->check(CLI::Range(0, 65535));
    command
        ->add_option("--token-file", o->tokenFile,
                     "Token that clients must show, in a file of mode 600 (or the environment's "
                     "HELMSCOPE_INSTRUMENT_TOKEN)")
        ->group(network);
    auto *certificate = command->add_option("--tls-cert", o->certificate, "Certificate (PEM)");
    auto *key = command->add_option("--tls-key", o->key, "Its private key (PEM)");
    certificate->group(network)->needs(key);
    key->group(network)->needs(certificate);
    command->add_option("--log", o->log, "Appends every command and what the beam did (JSON lines)")
        ->group(network);

    const std::string limits = Tr::tr("Limits, none unless given").toStdString();
    const auto positive = CLI::Range(1e-12, 1e12);
    command->add_option("--max-dwell", o->maxDwell, "Seconds an exposure")
        ->group(limits)
        ->check(positive);
    command->add_option("--max-dose", o->maxDose, "Electrons per square angstrom, of one pixel")
        ->group(limits)
        ->check(positive);
    command->add_option("--max-rate", o->maxRate, "Exposures per second")
        ->group(limits)
        ->check(positive);
    command->add_option("--max-current-pa", o->maxCurrentPa, "Of the probe, pA")
        ->group(limits)
        ->check(positive);
    command->add_option("--max-travel-nm", o->maxTravelNm, "Of the stage from where it is, nm")
        ->group(limits)
        ->check(positive);
    command
        ->add_option("--region", o->region,
                     "First row, first column, last row, last column that may be visited")
        ->group(limits)
        ->delimiter(',')
        ->expected(4)
        ->check(CLI::Range(0, 65535));
    command->callback([o, &chosen] { chosen = [o] { return serve(*o); }; });
}

} // namespace helmscope
