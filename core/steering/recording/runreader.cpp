// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what runfile.cpp describes. The file may come from anywhere: nothing is believed unchecked.
#include "steering/live/heating.h"
#include "steering/recording/runfile.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "steering/live/liverecord.h"
#include "steering/recording/runlayout.h"
#include "steering/recording/stepline.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>
#include <utility>

namespace helmscope {

using namespace runlayout;

namespace {

constexpr std::int64_t mostSteps = 1'000'000;
constexpr std::int64_t mostChannels = 1'000'000;
constexpr std::int64_t longestSide = 65536;

/// One reading of one file.
class RunReader
{
public:
    RunReader(const QString &file, const Progress &progress)
        : m_name(file)
        , m_bytes(double(QFileInfo(file).size()))
        , m_file(file, Hdf5File::Mode::Read)
        , m_progress(progress)
    {
    }

    /// Spectrum, losses and maps of one step only.
    Run readAt(int step)
    {
        readHead();
        readSurvey();
        countSteps();
        if (step < 0 || step > count())
            wrong(Tr::tr("it has %1 steps, and number %2 is asked for.").arg(count()).arg(step));
        readColumns();
        advance(0.5);
        m_only = step;
        if (step > 0) {
            readSpectra();
            readLosses();
            readMaps();
        }
        advance(1);
        return std::move(m_run);
    }

    Run read()
    {
        readHead();
        readSurvey();
        countSteps();
        readColumns();
        advance(0.2);
        readSpectra();
        readLosses();
        readScalarizers();
        if (hasRecord())
            readOrders();
        readLive();
        tellHeat(m_run);
        readNotes();
        advance(0.6);
        readMaps();
        advance(0.9);
        readEnd();
        advance(1);
        return std::move(m_run);
    }

private:
    [[noreturn]] void wrong(const QString &what) const
    {
        fail(Tr::tr("Cannot read the run %1: %2").arg(m_name, what));
    }

    void advance(double fraction) const
    {
        if (!m_progress(fraction))
            fail(Tr::tr("Stopped."));
    }

    QString textAt(const QString &name) const
    {
        const QVariant value = m_file.attribute("/", name);
        if (value.userType() != QMetaType::QString)
            wrong(Tr::tr("its attribute '%1' is missing or no text.").arg(name));
        return value.toString();
    }

    /// The sizes of a dataset, one a dimension, checked against what the file can hold: numbers
    /// that are not there need no memory, and a file of a few bytes may claim any number of them.
    std::vector<std::int64_t> shapeOf(const QString &dataset, std::size_t dimensions) const
    {
        const std::optional<ArrayInfo> info = m_file.describe(dataset);
        if (!info)
            wrong(Tr::tr("it has no numbers in '%1'.").arg(dataset));
        std::vector<std::int64_t> shape;
        double bytes = double(Samples::sizeOf(info->type));
        for (const Axis &axis : info->axes) {
            shape.push_back(axis.size);
            bytes *= double(axis.size);
        }
        if (shape.size() != dimensions)
            wrong(Tr::tr("'%1' has %2 dimensions instead of %3.")
                      .arg(dataset)
                      .arg(shape.size())
                      .arg(dimensions));
        constexpr double densest = 1100; // what HDF5's compression can reach at best
        if (!(bytes <= densest * m_bytes))
            wrong(Tr::tr("'%1' claims more numbers than fit into the file.").arg(dataset));
        return shape;
    }

    std::int64_t lengthOf(const QString &list) const { return shapeOf(list, 1)[0]; }

    std::vector<double> numbers(const QString &list, std::int64_t count) const
    {
        if (lengthOf(list) < count)
            wrong(Tr::tr("'%1' has too few entries.").arg(list));
        return count > 0 ? m_file.readRows(list, 0, count) : std::vector<double>();
    }

    /// Whole numbers within [lowest, highest].
    std::vector<int> wholes(const QString &list, std::int64_t count, int lowest, int highest) const
    {
        std::vector<int> result;
        for (double number : numbers(list, count)) {
            if (!(number >= lowest && number <= highest) || number != std::floor(number))
                wrong(Tr::tr("'%1' holds %2, which must be a whole number from %3 to %4.")
                          .arg(list)
                          .arg(number)
                          .arg(lowest)
                          .arg(highest));
            result.push_back(int(number));
        }
        return result;
    }

    QStringList texts(const QString &list, std::int64_t count) const
    {
        const QStringList all = m_file.has(list) ? m_file.readTexts(list) : QStringList();
        if (all.size() < count)
            wrong(Tr::tr("'%1' has too few entries.").arg(list));
        return all;
    }

    QJsonDocument json(const QString &text, const QString &what) const
    {
        QJsonParseError error;
        const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8(), &error);
        if (error.error != QJsonParseError::NoError)
            wrong(Tr::tr("%1 is not JSON: %2.").arg(what, error.errorString()));
        return document;
    }

    void readHead()
    {
        if (m_file.attribute("/", "format").toString() != QLatin1String(format))
            wrong(Tr::tr("it is no run of Helmscope."));
        m_version = m_file.attribute("/", "version").toLongLong();
        if (m_version < 1 || m_version > version)
            wrong(Tr::tr("its version is %1, and this program reads versions up to %2.")
                      .arg(m_file.attribute("/", "version").toString())
                      .arg(version));
        m_run.plan = Plan::fromJson(json(textAt("plan"), Tr::tr("its plan")).object(),
                                    Tr::tr("the plan in %1").arg(m_name));
        m_run.valueName = textAt("valueName");
        m_run.valueUnit = textAt("valueUnit");
    }

    void readSurvey()
    {
        Dataset &survey = m_run.survey;
        survey.title = textAt("title");
        survey.imageQuantity = textAt("imageQuantity");
        const qint64 ratio = m_file.attribute("/", "imageRatio").toLongLong();
        survey.pixelSizeNm = m_file.attribute("/", "pixelSizeNm").toDouble();
        const auto shape = shapeOf("survey/image", 2);
        const auto fits = [&](std::int64_t side) {
            return side > 0 && side <= longestSide && ratio > 0 && side % ratio == 0;
        };
        if (!fits(shape[0]) || !fits(shape[1]))
            wrong(Tr::tr("its image of %1 × %2 pixels does not fit to %3 image pixels a pixel.")
                      .arg(shape[0])
                      .arg(shape[1])
                      .arg(ratio));
        if (!std::isfinite(survey.pixelSizeNm) || survey.pixelSizeNm < 0)
            wrong(Tr::tr("its pixel size is %1 nm.").arg(survey.pixelSizeNm));
        survey.imageRatio = int(ratio);
        survey.image = mapAt("survey/image", 0, shape[0], shape[1], shape[0]);
        for (const QJsonValue &value :
             json(textAt("provenance"), Tr::tr("its provenance")).array()) {
            const QJsonObject source = value.toObject();
            survey.provenance << Provenance{source["role"].toString(), source["file"].toString(),
                                            source["array"].toString(), source["format"].toString(),
                                            source["sha256"].toString()};
        }
        survey.warnings = textAt("warnings").split('\n', Qt::SkipEmptyParts);

        if (!m_file.has("energies"))
            return;
        EnergyAxis &energies = m_run.energies;
        const std::int64_t channels = lengthOf("energies");
        if (channels < 1 || channels > mostChannels)
            wrong(Tr::tr("its energy axis has %1 channels.").arg(channels));
        energies.values = numbers("energies", channels);
        energies.name = m_file.attribute("energies", "name").toString();
        energies.unit = m_file.attribute("energies", "unit").toString();
        for (std::size_t i = 0; i < energies.values.size(); ++i)
            if (!std::isfinite(energies.values[i]) ||
                (i > 0 && energies.values[i] <= energies.values[i - 1]))
                wrong(Tr::tr("its energy axis does not increase at channel %1.").arg(i));
    }

    /// `rows` rows of a dataset beginning at `first` as a map [rows, cols].
    Map mapAt(const QString &dataset, std::int64_t first, std::int64_t rows, std::int64_t cols,
              std::int64_t count) const
    {
        const std::vector<float> floats = m_file.readFloats(dataset, first, count);
        if (std::int64_t(floats.size()) != rows * cols)
            wrong(Tr::tr("'%1' could not be read whole.").arg(dataset));
        return Eigen::Map<const Map>(floats.data(), rows, cols);
    }

    /// A step is whole when every list has its entry.
    void countSteps()
    {
        std::int64_t count = lengthOf("steps/number");
        for (const Column &column : columns)
            count = std::min(count, lengthOf(QStringLiteral("steps/") + column.name));
        m_hasTrust = m_file.has(QStringLiteral("steps/") + trustColumns.front().name);
        for (const Column &column : trustColumns)
            if (m_hasTrust)
                count = std::min(count, lengthOf(QStringLiteral("steps/") + column.name));
        m_hasWarmth = m_file.has(QStringLiteral("steps/") + warmthColumns.front().name);
        for (const Column &column : warmthColumns)
            if (m_hasWarmth)
                count = std::min(count, lengthOf(QStringLiteral("steps/") + column.name));
        for (const Column &column : recordColumns)
            if (hasRecord())
                count = std::min(count, lengthOf(QStringLiteral("steps/") + column.name));
        count = std::min(count, lengthOf("steps/lossCount"));
        if (m_run.energies.channels() > 0) {
            const auto shape = shapeOf("spectra", 2);
            if (shape[1] != m_run.energies.channels())
                wrong(Tr::tr("its spectra have %1 channels, its energy axis %2.")
                          .arg(shape[1])
                          .arg(m_run.energies.channels()));
            count = std::min(count, shape[0]);
        }
        for (const TextColumn &column : {reason, acquisition, modelHash}) {
            const QString path = QStringLiteral("steps/") + column.name;
            count = std::min<std::int64_t>(count, texts(path, 0).size());
        }
        if (hasRecord())
            count = std::min<std::int64_t>(count, texts("steps/mapsHash", 0).size());
        if (count > mostSteps)
            wrong(Tr::tr("it claims %1 steps.").arg(count));
        m_run.steps.resize(std::size_t(count));
    }

    bool hasRecord() const { return m_version >= 2; }
    std::int64_t count() const { return std::int64_t(m_run.steps.size()); }

    void readColumn(const Column &column)
    {
        const QString path = QStringLiteral("steps/") + column.name;
        if (column.isWhole) {
            const std::vector<int> whole = wholes(path, count(), -1, 1 << 30);
            for (std::size_t i = 0; i < whole.size(); ++i)
                column.to(m_run.steps[i], whole[i]);
        } else {
            const std::vector<double> values = numbers(path, count());
            for (std::size_t i = 0; i < values.size(); ++i)
                column.to(m_run.steps[i], values[i]);
        }
    }

    void readColumns()
    {
        const std::vector<double> order = numbers("steps/number", count());
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (order[i] != double(i + 1))
                wrong(Tr::tr("its step %1 bears the number %2.").arg(i + 1).arg(order[i]));
            m_run.steps[i].number = int(i + 1);
        }
        for (const Column &column : columns)
            readColumn(column);
        if (m_hasTrust)
            for (const Column &column : trustColumns)
                readColumn(column);
        if (m_hasWarmth)
            for (const Column &column : warmthColumns)
                readColumn(column);
        for (const Column &column : recordColumns)
            if (hasRecord())
                readColumn(column);
        const QStringList reasons = texts("steps/reason", count());
        const QStringList kinds = texts("steps/acquisition", count());
        const QStringList hashes = texts("steps/modelHash", count());
        const QStringList maps = hasRecord() ? texts("steps/mapsHash", count()) : QStringList();
        for (Step &step : m_run.steps) {
            const int i = step.number - 1;
            if (step.pixel.row < 0 || step.pixel.col < 0 || step.pixel.row >= m_run.survey.rows() ||
                step.pixel.col >= m_run.survey.cols())
                wrong(Tr::tr("its step %1 lies at (%2, %3), outside of the image.")
                          .arg(step.number)
                          .arg(step.pixel.row)
                          .arg(step.pixel.col));
            step.reason = reasonFrom(reasons[i]);
            step.acquisition = acquisitionFrom(kinds[i]);
            step.modelHash = hashFrom(hashes[i], step.number);
            if (hasRecord())
                step.mapsHash = hashFrom(maps[i], step.number);
        }
    }

    std::uint64_t hashFrom(const QString &text, int step) const
    {
        bool isHash = false;
        const std::uint64_t hash = text.toULongLong(&isHash, 16);
        if (!isHash)
            wrong(Tr::tr("its step %1 has the hash '%2'.").arg(step).arg(text));
        return hash;
    }

    Reason reasonFrom(const QString &key) const
    {
        for (Reason known : {Reason::Initial, Reason::Acquisition, Reason::Queued})
            if (key == QLatin1String(keyOf(known)))
                return known;
        wrong(Tr::tr("'%1' is no reason to measure that is known.").arg(key));
    }

    Acquisition acquisitionFrom(const QString &key) const
    {
        for (const AcquisitionRow &row : acquisitions())
            if (key == QLatin1String(row.key))
                return row.kind;
        wrong(Tr::tr("'%1' is no acquisition that is known.").arg(key));
    }

    void readSpectra()
    {
        const std::int64_t channels = m_run.energies.channels();
        constexpr std::int64_t slab = 64;
        const std::int64_t begin = m_only ? *m_only - 1 : 0, end = m_only ? *m_only : count();
        for (std::int64_t first = begin; channels > 0 && first < end; first += slab) {
            const std::int64_t rows = std::min(slab, end - first);
            const Map spectra = mapAt("spectra", first, rows, channels, rows);
            for (std::int64_t i = 0; i < rows; ++i)
                m_run.steps[std::size_t(first + i)].spectrum = spectra.row(i).transpose();
            advance(0.2 + 0.3 * double(first + rows) / double(count()));
        }
    }

    void readLosses()
    {
        const std::vector<int> counts = wholes("steps/lossCount", count(), 0, 1 << 30);
        std::int64_t total = 0;
        for (int entries : counts)
            total += entries;
        const std::vector<double> losses = numbers("losses/values", total);
        auto next = losses.begin();
        for (std::size_t i = 0; i < counts.size(); ++i, next += counts[i - 1])
            if (!m_only || int(i) + 1 == *m_only)
                m_run.steps[i].losses.assign(next, next + counts[i]);
    }

    void readScalarizers()
    {
        const QStringList known = texts("scalarizers/text", 0);
        const std::int64_t rows =
            std::min<std::int64_t>(known.size(), lengthOf("scalarizers/step"));
        const std::vector<int> from = wholes("scalarizers/step", rows, 1, 1 << 30);
        for (Step &step : m_run.steps)
            step.scalarizer = m_run.plan.scalarizer;
        for (std::size_t i = 0; i < from.size(); ++i) {
            const Scalarizer scalarizer = scalarizerFromJson(
                json(known[int(i)], Tr::tr("one of its scalarizers")).object(),
                Tr::tr("the scalarizer of step %1 in %2").arg(from[i]).arg(m_name));
            for (std::int64_t step = from[i]; step <= count(); ++step)
                m_run.steps[std::size_t(step - 1)].scalarizer = scalarizer;
        }
    }

    void readOrders()
    {
        const QStringList parts = texts("orders/text", 0);
        const std::int64_t rows = std::min<std::int64_t>(parts.size(), lengthOf("orders/step"));
        const std::vector<int> numbersOf = wholes("orders/step", rows, 1, 1 << 30);
        for (std::size_t i = 0; i < numbersOf.size();) {
            const int number = numbersOf[i];
            QString text;
            for (; i < numbersOf.size() && numbersOf[i] == number; ++i)
                text += parts[int(i)];
            if (number > count())
                continue; // of the step that was cut off
            const QString what = Tr::tr("what the operator said before step %1").arg(number);
            m_run.steps[std::size_t(number - 1)].interventions =
                interventionsFromJson(json(text, what).array(), what);
        }
    }

    void readLive()
    {
        for (Step &step : m_run.steps)
            step.beam = step.pixel;
        if (!livelists::areIn(m_file))
            return;
        m_run.flaws = flawsOf(m_run.survey.image);
        shapeOf("live/images", 3);
        if (m_run.energies.channels() > 0)
            shapeOf("live/spectra", 2);
        lengthOf("live/step");
        livelists::read(m_file, m_name, m_run);
    }

    void readNotes()
    {
        const QStringList notes = texts("notes/text", 0);
        const std::int64_t rows = std::min<std::int64_t>(
            notes.size(), std::min(lengthOf("notes/step"), lengthOf("notes/kind")));
        const std::vector<int> numbersOf = wholes("notes/step", rows, 1, 1 << 30);
        const std::vector<int> kinds = wholes("notes/kind", rows, 0, 1);
        for (std::size_t i = 0; i < numbersOf.size(); ++i) {
            if (numbersOf[i] > count())
                continue;
            Step &step = m_run.steps[std::size_t(numbersOf[i] - 1)];
            (kinds[i] == 0 ? step.changes : step.warnings) << notes[int(i)];
        }
    }

    void readMaps()
    {
        const std::int64_t rows = m_run.survey.rows(), cols = m_run.survey.cols();
        std::int64_t kept = count();
        for (const char *list : {"maps/step", "maps/nextRow", "maps/nextCol"})
            kept = std::min(kept, lengthOf(list));
        for (const char *map : {"maps/mean", "maps/deviation", "maps/noise", "maps/acquisition"}) {
            const auto shape = shapeOf(map, 3);
            if (shape[1] != rows || shape[2] != cols)
                wrong(Tr::tr("'%1' has %2 × %3 pixels, the grid %4 × %5.")
                          .arg(map)
                          .arg(shape[1])
                          .arg(shape[2])
                          .arg(rows)
                          .arg(cols));
            kept = std::min(kept, shape[0]);
        }
        const std::vector<int> steps = wholes("maps/step", kept, 1, 1 << 30);
        const std::vector<int> nextRow = wholes("maps/nextRow", kept, -1, int(rows) - 1);
        const std::vector<int> nextCol = wholes("maps/nextCol", kept, -1, int(cols) - 1);
        for (std::int64_t i = 0; i < kept; ++i) {
            const std::size_t at = std::size_t(i);
            if (steps[at] > count() || (m_only && steps[at] != *m_only))
                continue; // of the step that was cut off, or not asked for
            auto belief = std::make_shared<Belief>();
            belief->mean = mapAt("maps/mean", i, rows, cols, 1);
            belief->deviation = mapAt("maps/deviation", i, rows, cols, 1);
            belief->acquisition = mapAt("maps/acquisition", i, rows, cols, 1);
            belief->noise = mapAt("maps/noise", i, rows, cols, 1);
            if (nextRow[at] >= 0 && nextCol[at] >= 0)
                belief->next = Pixel{nextRow[at], nextCol[at]};
            m_run.steps[std::size_t(steps[at] - 1)].belief = std::move(belief);
            advance(0.6 + 0.3 * double(i + 1) / double(kept));
        }
    }

    void readEnd()
    {
        const QStringList outcomes = texts("log/outcome", 0), messages = texts("log/message", 0);
        if (outcomes.isEmpty() || messages.isEmpty()) {
            m_run.outcome = Run::Outcome::Stopped;
            m_run.message =
                recorded(
                    "The run was cut off or is still going on: %1 finished steps are in the file.")
                    .arg(count());
            return;
        }
        m_run.message = messages.first();
        m_run.outcome = outcomeFrom(outcomes.first());
        if (lengthOf("model/size") == 0)
            return;
        const auto shape = shapeOf("model/bytes", 2);
        const double size = numbers("model/size", 1)[0];
        if (shape[1] != modelRow || !(size >= 0 && size <= double(shape[0]) * modelRow) ||
            size != std::floor(size))
            wrong(Tr::tr("its model claims %1 bytes.").arg(size));
        if (size == 0)
            return;
        const Samples bytes = m_file.readAll("model/bytes", unwatched());
        if (bytes.type() != Samples::Type::UInt8 || double(bytes.count()) < size)
            wrong(Tr::tr("its model is not made of bytes."));
        m_run.model.assign(reinterpret_cast<const char *>(bytes.bytes()), std::size_t(size));
    }

    Run::Outcome outcomeFrom(const QString &key) const
    {
        using Outcome = Run::Outcome;
        for (Outcome known : {Outcome::Finished, Outcome::TimeIsUp, Outcome::Plateau,
                              Outcome::Stopped, Outcome::Exhausted, Outcome::Failed})
            if (key == QLatin1String(keyOf(known)))
                return known;
        wrong(Tr::tr("'%1' is no outcome that is known.").arg(key));
    }

    const QString m_name;
    const double m_bytes;
    const Hdf5File m_file;
    const Progress &m_progress;
    qint64 m_version = version;
    std::optional<int> m_only; ///< step of which numbers without end are read; nothing: of all
    bool m_hasWarmth = false;  ///< only runs that begin from a meta-model
    bool m_hasTrust = false;   ///< older files do not have it
    Run m_run;
};

} // namespace

Run readRun(const QString &file, const Progress &progress)
{
    return RunReader(file, progress).read();
}

Run readRunAt(const QString &file, int step, const Progress &progress)
{
    return RunReader(file, progress).readAt(step);
}

bool isRunFile(const QString &file)
{
    QFile bytes(file);
    if (!bytes.open(QIODevice::ReadOnly) || bytes.read(8) != QByteArray("\x89HDF\r\n\x1a\n", 8))
        return false;
    bytes.close();
    try {
        return Hdf5File(file, Hdf5File::Mode::Read).attribute("/", "format").toString() ==
               QLatin1String(format);
    } catch (const Error &) {
        return false;
    }
}

} // namespace helmscope
