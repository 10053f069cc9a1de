// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sample.h"

#include "base/tr.h"
#include "instrument/openinstrument.h"

#include <algorithm>

namespace helmscope {

Sample openSample(const SampleSources &sources, const Progress &progress)
{
    Sample sample;
    sample.sources = sources;
    auto survey = std::make_shared<Dataset>();
    if (const auto *settings = std::get_if<Simulator::Settings>(&sources)) {
        Simulator simulator(*settings);
        *survey = simulator.survey(progress);
        sample.energies = simulator.energies();
    } else if (const auto *address = std::get_if<InstrumentAddress>(&sources)) {
        const std::unique_ptr<Microscope> instrument = openInstrument(*address);
        instrument->setPatience([&progress] { return progress(0); });
        *survey = instrument->survey(progress);
        sample.energies = instrument->energies();
        sample.valuesName = survey->valuesName;
    } else {
        *survey = loadDataset(std::get<DatasetSources>(sources), progress);
        if (!survey->hasSpectra() && !survey->hasValues())
            fail(Tr::tr("%1 holds an image but nothing to measure: open it together with the file "
                        "of its "
                        "spectra, or with a map of values.")
                     .arg(std::get<DatasetSources>(sources).image.file));
        if (survey->hasSpectra())
            sample.energies = survey->spectra.energies();
        sample.valuesName = survey->valuesName;
        survey->spectra = {};
        survey->values = Map();
    }
    sample.survey = survey;
    sample.picture = prepared({survey, &survey->image});
    if (sample.hasSpectra())
        sample.scalarizer = defaultScalarizer(sample.energies);
    return sample;
}

Contents contentsOf(const QStringList &files)
{
    Contents contents;
    contents.files = files;
    for (const QString &file : files)
        for (const ArrayInfo &info : listArrays(file))
            contents.arrays.append({Address{file, info.path}, info});
    try {
        contents.guess = guessSources(files);
    } catch (const Error &e) {
        if (contents.arrays.isEmpty())
            throw;
        contents.objection = QString::fromUtf8(e.what());
    }
    return contents;
}

bool Contents::isAmbiguous() const
{
    int images = 0, cubes = 0;
    for (const auto &[address, info] : arrays) {
        const auto isLong = [](const Axis &axis) { return axis.size > 1; };
        const auto dimensions = std::count_if(info.axes.begin(), info.axes.end(), isLong);
        images += dimensions == 2;
        cubes += dimensions == 3;
    }
    return !objection.isEmpty() || cubes > 1 || images > (cubes ? 1 : 2);
}

Simulator::Settings simulatedSample(int rows, int cols, std::uint64_t seed)
{
    Simulator::Settings settings;
    settings.sample.rows = rows;
    settings.sample.cols = cols;
    settings.sample.seed = seed;
    return settings;
}

} // namespace helmscope
