// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/startoptions.h"

#include "base/tr.h"
#include "instrument/protocol/address.h"

#include <QCommandLineParser>
#include <QRegularExpression>

namespace helmscope {

namespace {

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        Tr::tr("Steers a scanning transmission electron microscope by deep kernel learning."));
    parser.addPositionalArgument(
        "FILE",
        Tr::tr("Files with a survey image and its spectra or values, one run file, or the folder "
               "of a workspace. Without any, a simulated sample."),
        "[FILE...|DIR]");
    parser.addOptions({
        {{"h", "help"}, Tr::tr("Shows this.")},
        {{"v", "version"}, Tr::tr("Shows the version.")},
        {"simulate", Tr::tr("The simulated sample, 32x32 to 512x512; 96x96 unless told."),
         "ROWSxCOLS"},
        {"instrument", Tr::tr("A microscope on the network: takes its survey image and steers it."),
         "HOST:PORT"},
        {"seed", Tr::tr("Of everything random."), "N"},
        {"steps", Tr::tr("Measurements after the first points."), "N"},
        {"initial", Tr::tr("First points."), "N"},
        {"cycles", Tr::tr("Training cycles a step."), "N"},
        {"acquisition", Tr::tr("integrated, ei, ucb, poi, uncertainty, thompson or random."),
         "KEY"},
        {"scalarizer", Tr::tr("What a spectrum is worth, such as band:0.35-0.55."), "TEXT"},
        {"meta", Tr::tr("The model begins from this meta-model."), "META.h5"},
        {"meta-sweep", Tr::tr("Opens the table of a sweep of meta-trainings."), "FILE"},
        {"lineage", Tr::tr("Browses this lineage: a store of CMF (mlmd), or its JSON."), "STORE"},
        {"focus", Tr::tr("Begins with this node of the lineage: a name, a hash or an id."), "NODE"},
        {"at-step", Tr::tr("Opens a run at this step, its pixel marked."), "N"},
        {"history", Tr::tr("Opens the versions of a workspace."), "folder"},
        {"compare", Tr::tr("Opens the files, two to six runs, side by side.")},
        {"run", Tr::tr("Begins to steer at once.")},
        {"theme", Tr::tr("dark, light or dim (red)."), "THEME"},
        {"font", Tr::tr("Size of the letters, 80 to 200 percent of the system's."), "PERCENT"},
        {"layout", Tr::tr("Of the panels: steer, review, lineage or compare."), "KEY"},
        {"panel", Tr::tr("Brings this panel to the front, such as dose or reliability."), "NAME"},
        {"language", Tr::tr("Of the texts, such as en or de; pseudo tests the layout."), "CODE"},
        {"size", Tr::tr("Of the window, in pixels."), "WxH"},
        {"pictures", Tr::tr("Saves pictures of the window into this folder."), "DIR"},
        {"quit", Tr::tr("Ends by itself when all is done.")},
        {"diagnostics", Tr::tr("With --quit: prints in the end how fast the window was, and what a "
                               "report of a bug needs.")},
        {"out", Tr::tr("Records the run in this file, in no workspace."), "RUN.h5"},
    });
}

QSize pair(const QCommandLineParser &parser, const QString &name, int lowest, int highest)
{
    static const QRegularExpression form("^(\\d{1,5})[xX×](\\d{1,5})$");
    const QString value = parser.value(name);
    const QRegularExpressionMatch match = form.match(value);
    const QSize size(match.captured(1).toInt(), match.captured(2).toInt());
    const QSize least(lowest, lowest), most(highest, highest);
    if (!match.hasMatch() || size != size.expandedTo(least).boundedTo(most))
        fail(Tr::tr("--%1 is '%2' and must be two numbers from %3 to %4, such as 96x96.")
                 .arg(name, value)
                 .arg(lowest)
                 .arg(highest));
    return size;
}

std::optional<int> count(const QCommandLineParser &parser, const QString &name, int lowest,
                         int highest)
{
    if (!parser.isSet(name))
        return std::nullopt;
    bool isNumber = false;
    const int value = parser.value(name).toInt(&isNumber);
    if (!isNumber || value < lowest || value > highest)
        fail(Tr::tr("--%1 is '%2' and must be a whole number from %3 to %4.")
                 .arg(name, parser.value(name))
                 .arg(lowest)
                 .arg(highest));
    return value;
}

} // namespace

void StartOptions::applyTo(Preferences &preferences) const
{
    if (!theme.isEmpty())
        preferences.theme = theme;
    if (!language.isEmpty())
        preferences.language = language;
    preferences.fontPercent = fontPercent.value_or(preferences.fontPercent);
}

QString StartOptions::helpText()
{
    QCommandLineParser parser;
    addOptions(parser);
    return parser.helpText();
}

StartOptions StartOptions::parse(const QStringList &arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    if (!parser.parse(arguments))
        fail(parser.errorText());
    StartOptions options;
    options.isHelp = parser.isSet("help");
    options.isVersion = parser.isSet("version");
    options.files = parser.positionalArguments();
    if (parser.isSet("simulate")) {
        if (!options.files.isEmpty())
            fail(Tr::tr("--simulate and a file cannot both be opened: leave one of them out."));
        const QSize size = pair(parser, "simulate", 32, 512);
        options.rows = size.width(); // "rows x columns"
        options.cols = size.height();
    }
    if (parser.isSet("instrument")) {
        if (!options.files.isEmpty() || parser.isSet("simulate"))
            fail(Tr::tr("--instrument opens an instrument: leave out files and --simulate."));
        options.instrument = parser.value("instrument");
        InstrumentAddress::parse(options.instrument);
    }
    options.lineage = parser.value("lineage");
    options.focus = parser.value("focus");
    if (parser.isSet("lineage") && options.lineage.isEmpty())
        fail(Tr::tr("--lineage needs the name of a store."));
    if (!options.lineage.isEmpty() &&
        (!options.files.isEmpty() || parser.isSet("simulate") || parser.isSet("run")))
        fail(Tr::tr("--lineage opens a window of its own: leave out files, --simulate and --run."));
    if (!options.focus.isEmpty() && options.lineage.isEmpty())
        fail(Tr::tr("--focus names a node of a lineage: say which with --lineage STORE."));
    if (const auto seed = count(parser, "seed", 0, 2'000'000'000))
        options.seed = std::uint64_t(*seed);
    options.atStep = count(parser, "at-step", 1, 1'000'000);
    if (options.atStep && options.files.size() != 1)
        fail(Tr::tr("--at-step needs the file of one run."));
    options.history = parser.value("history");
    options.meta = parser.value("meta");
    options.metaSweep = parser.value("meta-sweep");
    options.isCompare = parser.isSet("compare");
    if (options.isCompare && options.files.isEmpty())
        fail(Tr::tr("--compare needs the files of two to six runs."));
    options.steps = count(parser, "steps", 1, 100'000);
    options.initial = count(parser, "initial", 2, 100'000);
    options.cycles = count(parser, "cycles", 1, 100'000);
    if (parser.isSet("acquisition"))
        options.acquisition = acquisitionFromKey(parser.value("acquisition").toStdString());
    if (parser.isSet("scalarizer"))
        options.scalarizer = Scalarizer::parse(parser.value("scalarizer"));
    options.isRunAtOnce = parser.isSet("run");
    options.theme = parser.value("theme");
    if (!options.theme.isEmpty() && options.theme != "dark" && options.theme != "light" &&
        options.theme != "dim")
        fail(Tr::tr("--theme is '%1' and must be dark, light or dim.").arg(options.theme));
    options.fontPercent =
        count(parser, "font", Preferences::leastFontPercent, Preferences::mostFontPercent);
    options.layout = parser.value("layout");
    options.panel = parser.value("panel");
    const QStringList layouts{"steer", "review", "lineage", "compare"};
    if (!options.layout.isEmpty() && !layouts.contains(options.layout))
        fail(Tr::tr("--layout is '%1' and must be one of %2.")
                 .arg(options.layout, layouts.join(", ")));
    options.language = parser.value("language");
    if (parser.isSet("size"))
        options.size = pair(parser, "size", 480, 16000);
    options.pictures = parser.value("pictures");
    options.isQuitAtEnd = parser.isSet("quit");
    options.isDiagnosed = parser.isSet("diagnostics");
    if (options.isDiagnosed && !options.isQuitAtEnd)
        fail(Tr::tr("--diagnostics prints in the end: it needs --quit. In the window they are "
                    "under Help, Diagnostics."));
    options.out = parser.value("out");
    QStringList told = parser.optionNames();
    told.removeAll("theme");
    options.isPlain = told.isEmpty() && options.files.isEmpty();
    return options;
}

} // namespace helmscope
