// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/metafile.h"

#include "base/tr.h"
#include "metalearning/metalearner.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include <cstdio>
#include <cstring>

namespace helmscope {

static constexpr std::int64_t largestText = std::int64_t(64) << 20;
static constexpr std::int64_t mostNumbers = 200'000'000;

void writeWhole(const QString &file, const std::function<void(Hdf5File &)> &write)
{
    const QString unfinished = file + QStringLiteral(".part");
    QFile::remove(unfinished);
    try {
        {
            Hdf5File out(unfinished, Hdf5File::Mode::Create);
            write(out);
            out.flush();
        }
        // Replaces the old one in one go, which QFile does not.
        if (std::rename(QFile::encodeName(unfinished).constData(),
                        QFile::encodeName(file).constData()) != 0)
            fail(Tr::tr("%1 cannot be written: %2.")
                     .arg(file, QString::fromLocal8Bit(std::strerror(errno))));
    } catch (...) {
        QFile::remove(unfinished);
        throw;
    }
}

bool hasFormat(const QString &file, const char *format)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly) || !in.read(8).endsWith("HDF\r\n\x1a\n"))
        return false;
    in.close();
    try {
        return Hdf5File(file, Hdf5File::Mode::Read).attribute("", "format").toString() ==
               QLatin1String(format);
    } catch (const Error &) {
        return false;
    }
}

void writeText(Hdf5File &file, const QString &name, const QByteArray &text)
{
    Samples bytes(Samples::Type::UInt8, std::size_t(text.size()));
    std::memcpy(bytes.bytes(), text.constData(), std::size_t(text.size()));
    file.write(name, {std::int64_t(text.size())}, bytes, unwatched());
}

void writeNumbers(Hdf5File &file, const QString &name, const Eigen::VectorXf &numbers)
{
    if (numbers.size() > 0)
        file.write(name, {std::int64_t(numbers.size())},
                   std::span<const float>(numbers.data(), std::size_t(numbers.size())));
}

void writeNumbers(Hdf5File &file, const QString &name, const Eigen::VectorXd &numbers)
{
    if (numbers.size() > 0)
        file.write(name, {std::int64_t(numbers.size())},
                   std::span<const double>(numbers.data(), std::size_t(numbers.size())));
}

/// How long a list is; 0 where there is none.
static std::int64_t lengthOf(const Hdf5File &file, const QString &name, std::int64_t most)
{
    if (!file.has(name))
        return 0;
    const std::optional<ArrayInfo> info = file.describe(name);
    if (!info || info->axes.size() != 1 || info->axes[0].size < 1 || info->axes[0].size > most)
        fail(Tr::tr("%1 is damaged: '%2' is not a list of the length it should have.")
                 .arg(file.fileName(), name));
    return info->axes[0].size;
}

QJsonObject readObject(const Hdf5File &file, const QString &name)
{
    if (lengthOf(file, name, largestText) > 0) {
        const Samples samples = file.readAll(name, unwatched());
        if (samples.type() == Samples::Type::UInt8) {
            const QJsonDocument document = QJsonDocument::fromJson(QByteArray(
                reinterpret_cast<const char *>(samples.bytes()), qsizetype(samples.count())));
            if (document.isObject())
                return document.object();
        }
    }
    fail(Tr::tr("%1 is damaged: '%2' holds no JSON object.").arg(file.fileName(), name));
}

Eigen::VectorXf readFloats(const Hdf5File &file, const QString &name)
{
    const std::int64_t length = lengthOf(file, name, mostNumbers);
    if (length == 0)
        return {};
    const std::vector<float> numbers = file.readFloats(name, 0, length);
    return Eigen::Map<const Eigen::VectorXf>(numbers.data(), Eigen::Index(numbers.size()));
}

Eigen::VectorXd readNumbers(const Hdf5File &file, const QString &name)
{
    const std::int64_t length = lengthOf(file, name, mostNumbers);
    if (length == 0)
        return {};
    const std::vector<double> numbers = file.readRows(name, 0, length);
    return Eigen::Map<const Eigen::VectorXd>(numbers.data(), Eigen::Index(numbers.size()));
}

static constexpr char checkpointFormat[] = "helmscope-meta-checkpoint";

bool MetaState::operator==(const MetaState &other) const
{
    const auto same = [](const auto &a, const auto &b) {
        return a.size() == b.size() && (a.size() == 0 || a == b);
    };
    const auto sameState = [&](const NetworkState &a, const NetworkState &b) {
        return same(a.weights, b.weights) && same(a.kernel, b.kernel);
    };
    return iterations == other.iterations && losses == other.losses &&
           sameState(network, other.network) && sameState(momentum, other.momentum) &&
           sameState(square, other.square);
}

void writeCheckpoint(const QString &file, const MetaSettings &settings, const QString &taskHash,
                     const MetaState &state)
{
    writeWhole(file, [&](Hdf5File &out) {
        out.setAttribute("", "format", checkpointFormat);
        out.setAttribute("", "version", 1);
        out.setAttribute("", "tasks", taskHash);
        out.setAttribute("", "iterations", state.iterations);
        writeText(out, "settings", QJsonDocument(settings.toJson()).toJson());
        writeNumbers(out, "losses",
                     Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(
                         state.losses.data(), Eigen::Index(state.losses.size()))));
        const std::pair<const char *, const NetworkState *> parts[] = {
            {"network", &state.network}, {"momentum", &state.momentum}, {"square", &state.square}};
        for (const auto &[name, part] : parts) {
            writeNumbers(out, QString("%1Weights").arg(name), part->weights);
            writeNumbers(out, QString("%1Kernel").arg(name), part->kernel);
        }
    });
}

MetaState readCheckpoint(const QString &file, MetaSettings &settings, const QString &taskHash)
{
    if (!hasFormat(file, checkpointFormat))
        fail(Tr::tr("%1 is not a meta-training that was interrupted, or is cut short.").arg(file));
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const QJsonObject begun = readObject(in, "settings");
    MetaSettings chosen = settings;
    if (settings.innerSteps == 0)
        chosen.innerSteps = begun.value("innerSteps").toInt();
    if (begun != chosen.toJson())
        fail(Tr::tr("%1 was begun with other settings; resume with those, or begin anew.")
                 .arg(file));
    if (in.attribute("", "tasks").toString() != taskHash)
        fail(Tr::tr("%1 was begun with other tasks; resume with those, or begin anew.").arg(file));
    settings = chosen;
    MetaState state;
    state.iterations = in.attribute("", "iterations").toInt();
    const Eigen::VectorXd losses = readNumbers(in, "losses");
    state.losses.assign(losses.begin(), losses.end());
    const std::pair<const char *, NetworkState *> parts[] = {
        {"network", &state.network}, {"momentum", &state.momentum}, {"square", &state.square}};
    for (const auto &[name, part] : parts) {
        part->weights = readFloats(in, QString("%1Weights").arg(name));
        part->kernel = readNumbers(in, QString("%1Kernel").arg(name));
    }
    return state;
}

} // namespace helmscope
