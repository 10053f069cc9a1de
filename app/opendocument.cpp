// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/opendocument.h"

#include "base/tr.h"
#include "steering/recording/inwords.h"

#include <QDir>
#include <QFileInfo>

namespace helmscope {

QString OpenDocument::runName() const
{
    if (!record.id.isEmpty())
        return record.id;
    return record.file.isEmpty() ? Tr::tr("this run") : QFileInfo(record.file).completeBaseName();
}

QString OpenDocument::name() const
{
    if (!record.id.isEmpty() || !record.file.isEmpty())
        return runName();
    if (!sample)
        return {};
    if (sample->isSimulated())
        return Tr::tr("Simulated, %1 × %2").arg(sample->survey->cols()).arg(sample->survey->rows());
    if (const auto *address = std::get_if<InstrumentAddress>(&sample->sources))
        return address->text();
    const QString file = std::get<DatasetSources>(sample->sources).image.file;
    return file.isEmpty() ? inWords(sample->survey->title) : QFileInfo(file).completeBaseName();
}

QString OpenDocument::place() const
{
    if (!record.id.isEmpty())
        return Tr::tr("Run %1 of the workspace %2")
            .arg(record.id, QDir::toNativeSeparators(record.workspace));
    if (!record.file.isEmpty())
        return QDir::toNativeSeparators(record.file);
    if (!sample)
        return {};
    if (sample->isSimulated())
        return Tr::tr("A sample that is made, not measured: %1 × %2 pixels")
            .arg(sample->survey->cols())
            .arg(sample->survey->rows());
    if (const auto *address = std::get_if<InstrumentAddress>(&sample->sources))
        return Tr::tr("Instrument %1").arg(address->text());
    return std::get<DatasetSources>(sample->sources).image.text();
}

bool OpenDocument::isUntouched() const
{
    return sample && sample->isSimulated() && run.isEmpty() && record.file.isEmpty() &&
           regions.isEmpty() && !isTouched;
}

QJsonObject reopeningOf(const OpenDocument &document)
{
    if (!document.record.id.isEmpty())
        return {{"workspace", document.record.workspace}, {"run", document.record.id}};
    if (!document.record.file.isEmpty())
        return {{"file", document.record.file}};
    if (document.sample)
        if (const auto *recorded = std::get_if<DatasetSources>(&document.sample->sources))
            return {{"sample", recorded->toJson()}};
    return {};
}

bool isSameSample(const SampleSources &a, const SampleSources &b)
{
    if (const auto *one = std::get_if<DatasetSources>(&a)) {
        const auto *other = std::get_if<DatasetSources>(&b);
        return other && one->toJson() == other->toJson();
    }
    if (const auto *one = std::get_if<InstrumentAddress>(&a)) {
        const auto *other = std::get_if<InstrumentAddress>(&b);
        return other && *one == *other;
    }
    const auto *other = std::get_if<Simulator::Settings>(&b);
    return other && std::get<Simulator::Settings>(a) == *other;
}

} // namespace helmscope
