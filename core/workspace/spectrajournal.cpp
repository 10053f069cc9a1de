// SPDX-License-Identifier: GPL-3.0-or-later
//
//   "HELMSPE1", uint32 bytes of the head, the head (JSON), image [rows, cols] float32,
//   energies [channels] float64, uint64 hash of all that
//   per step: uint32 number, spectrum [channels] float32, uint64 hash of both
#include "workspace/spectrajournal.h"

#include "base/error.h"
#include "dkl/bytes.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>

namespace helmscope {

namespace {

constexpr char magic[] = "HELMSPE1";
constexpr qsizetype magicBytes = sizeof magic - 1;
constexpr int longestHead = 16 << 20;
constexpr int longestSide = 65536;
constexpr int mostChannels = 1'000'000;

QByteArray bytesOf(const ByteWriter &writer)
{
    return QByteArray(writer.bytes.data(), qsizetype(writer.bytes.size()));
}

QJsonObject headOf(const Run &start)
{
    const Dataset &survey = start.survey;
    return {{"title", survey.title},
            {"imageQuantity", survey.imageQuantity},
            {"imageRatio", survey.imageRatio},
            {"pixelSizeNm", survey.pixelSizeNm},
            {"rows", int(survey.image.rows())},
            {"cols", int(survey.image.cols())},
            {"warnings", QJsonArray::fromStringList(survey.warnings)},
            {"valueName", start.valueName},
            {"valueUnit", start.valueUnit},
            {"energyName", start.energies.name},
            {"energyUnit", start.energies.unit},
            {"channels", start.energies.channels()}};
}

/// False when the head cannot be meant.
bool take(const QJsonObject &head, Run &start)
{
    Dataset &survey = start.survey;
    survey.title = head["title"].toString();
    survey.imageQuantity = head["imageQuantity"].toString();
    survey.imageRatio = head["imageRatio"].toInt();
    survey.pixelSizeNm = head["pixelSizeNm"].toDouble();
    for (const QJsonValue &warning : head["warnings"].toArray())
        survey.warnings << warning.toString();
    start.valueName = head["valueName"].toString();
    start.valueUnit = head["valueUnit"].toString();
    start.energies.name = head["energyName"].toString();
    start.energies.unit = head["energyUnit"].toString();
    const auto isSide = [&](int side) {
        return side > 0 && side <= longestSide && survey.imageRatio > 0 &&
               side % survey.imageRatio == 0;
    };
    const int channels = head["channels"].toInt(-1);
    return isSide(head["rows"].toInt()) && isSide(head["cols"].toInt()) && channels >= 0 &&
           channels <= mostChannels && std::isfinite(survey.pixelSizeNm) && survey.pixelSizeNm >= 0;
}

template <class Number>
Number numberAt(const QByteArray &bytes, qsizetype at)
{
    Number number;
    std::memcpy(&number, bytes.constData() + at, sizeof number);
    return number;
}

/// Whether the last eight bytes are the hash of what is before them.
bool isSound(const QByteArray &bytes)
{
    const qsizetype size = bytes.size() - qsizetype(sizeof(std::uint64_t));
    return size >= 0 &&
           fnv1a(bytes.constData(), std::size_t(size)) == numberAt<std::uint64_t>(bytes, size);
}

} // namespace

SpectraJournal SpectraJournal::create(const QString &file, const Run &start, bool isSynced)
{
    SpectraJournal journal;
    journal.m_channels = start.energies.channels();
    const QByteArray head = QJsonDocument(headOf(start)).toJson(QJsonDocument::Compact);
    ByteWriter writer;
    writer.bytes = magic;
    writer.put(std::uint32_t(head.size()));
    writer.bytes.append(head.constData(), std::size_t(head.size()));
    writer.putNumbers(start.survey.image);
    for (double energy : start.energies.values)
        writer.put(energy);
    writer.put(fnv1a(writer.bytes.data(), writer.bytes.size()));
    journal.m_file = AppendFile::create(file, isSynced);
    journal.m_file.append(bytesOf(writer));
    return journal;
}

void SpectraJournal::append(const Step &step)
{
    if (m_channels == 0)
        return;
    ByteWriter writer;
    writer.bytes.reserve(16 + std::size_t(step.spectrum.size()) * sizeof(float));
    writer.put(std::uint32_t(step.number));
    if (step.spectrum.size() == m_channels)
        writer.putNumbers(step.spectrum);
    else // one that was damaged: what is not known is no number, and its place is kept
        writer.putNumbers(Eigen::VectorXf(
            Eigen::VectorXf::Constant(m_channels, std::numeric_limits<float>::quiet_NaN())));
    writer.put(fnv1a(writer.bytes.data(), writer.bytes.size()));
    m_file.append(bytesOf(writer));
}

std::optional<SpectraRead> readSpectraJournal(const QString &name)
{
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QByteArray bytes = file.read(magicBytes + 4);
    if (bytes.size() < magicBytes + 4 || !bytes.startsWith(magic))
        return {};
    const auto headBytes = numberAt<std::uint32_t>(bytes, magicBytes);
    if (headBytes > longestHead || qint64(headBytes) > file.size())
        return {};
    const QByteArray head = file.read(headBytes);
    SpectraRead read;
    const QJsonObject object = QJsonDocument::fromJson(head).object();
    if (!take(object, read.start))
        return {};
    const qint64 rows = object["rows"].toInt(), cols = object["cols"].toInt();
    const qint64 channels = object["channels"].toInt();
    const qint64 imageBytes = rows * cols * qint64(sizeof(float));
    const qint64 rest = imageBytes + channels * qint64(sizeof(double)) + 8;
    if (rest > file.size() - file.pos())
        return {};
    bytes += head;
    const qsizetype image = bytes.size(), energies = image + imageBytes;
    bytes += file.read(rest);
    if (bytes.size() != image + rest || !isSound(bytes))
        return {};
    read.start.survey.image.resize(rows, cols);
    std::memcpy(read.start.survey.image.data(), bytes.constData() + image, std::size_t(imageBytes));
    for (qint64 i = 0; i < channels; ++i)
        read.start.energies.values.push_back(numberAt<double>(bytes, energies + i * 8));
    if (channels == 0)
        return read;
    const qint64 rowBytes = 4 + channels * qint64(sizeof(float)) + 8;
    for (std::uint32_t number = 1;; ++number) {
        const QByteArray row = file.read(rowBytes);
        if (row.size() < rowBytes)
            return read; // the end, or a torn one
        Eigen::VectorXf spectrum;
        if (isSound(row) && numberAt<std::uint32_t>(row, 0) == number) {
            spectrum.resize(channels);
            std::memcpy(spectrum.data(), row.constData() + 4,
                        std::size_t(channels) * sizeof(float));
        }
        read.spectra.push_back(std::move(spectrum));
    }
}

} // namespace helmscope
