// SPDX-License-Identifier: GPL-3.0-or-later
// NeXus (nexusformat.org): any group of class NXdata names its signal and the axes beside it; older
// files mark the datasets themselves, with signal = 1 and axes = "y:x".
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <QSet>

namespace helmscope::nexus {

namespace {

QString joined(const QString &group, const QString &name)
{
    return group.isEmpty() ? name : group + '/' + name;
}

/// All groups of a class. Hard links may make circles, hence the limits.
void collect(const Hdf5File &file, const QString &group, const QString &wanted, int depth,
             int &visits, QStringList &found)
{
    if (depth > 8 || ++visits > 2000)
        return;
    if (textOf(file, group, "NX_class") == wanted)
        found << group;
    for (const QString &child : file.groups(group))
        collect(file, joined(group, child), wanted, depth + 1, visits, found);
}

QStringList groupsOf(const Hdf5File &file, const QString &wanted)
{
    QStringList found;
    int visits = 0;
    collect(file, {}, wanted, 0, visits, found);
    return found;
}

QStringList namesIn(const QVariant &value)
{
    if (value.typeId() == QMetaType::QVariantList) {
        QStringList names;
        for (const QVariant &name : value.toList())
            names << name.toString();
        return names;
    }
    QString text = value.toString();
    text.remove('[').remove(']');
    return text.split(text.contains(':') ? ':' : ',', Qt::SkipEmptyParts);
}

/// The datasets of a group that hold its signal: said by the group, or by themselves.
QString signalOf(const Hdf5File &file, const QString &group)
{
    const QString named = textOf(file, group, "signal");
    const QStringList datasets = file.datasets(group);
    if (datasets.contains(named))
        return named;
    for (const QString &name : datasets)
        if (file.attribute(joined(group, name), "signal").toInt() == 1)
            return name;
    return datasets.contains("data") ? QStringLiteral("data") : QString();
}

void setAxis(const Hdf5File &file, const QString &path, Axis &axis)
{
    const std::optional<ArrayInfo> info = file.describe(path);
    axis.name = textOf(file, path, "long_name");
    if (axis.name.isEmpty())
        axis.name = path.section('/', -1);
    axis.unit = textOf(file, path, "units");
    // One more are the edges of bins.
    if (!info || info->axes.size() != 1 ||
        (info->axes[0].size != axis.size && info->axes[0].size != axis.size + 1))
        return;
    std::vector<double> points = file.readRows(path, 0, info->axes[0].size);
    if (info->axes[0].size == axis.size + 1) {
        for (std::size_t i = 0; i + 1 < points.size(); ++i)
            points[i] = (points[i] + points[i + 1]) / 2;
        points.pop_back();
    }
    setPoints(axis, points);
}

std::optional<ArrayInfo> describe(const Hdf5File &file, const QString &group)
{
    const QString signal = signalOf(file, group);
    if (signal.isEmpty())
        return {};
    const QString data = joined(group, signal);
    std::optional<ArrayInfo> info = file.describe(data);
    if (!info)
        return {};
    info->path = group;
    info->title = textOf(file, group, "title");
    if (info->title.isEmpty())
        info->title = group.isEmpty() ? signal : group.section('/', -1);
    info->quantity = textOf(file, data, "long_name");
    if (const QString units = textOf(file, data, "units"); !units.isEmpty())
        info->quantity = QStringLiteral("%1 (%2)").arg(
            info->quantity.isEmpty() ? signal : info->quantity, units);
    QVariant axes = file.attribute(group, "axes");
    if (!axes.isValid())
        axes = file.attribute(data, "axes");
    const QStringList names = namesIn(axes);
    for (int i = 0; i < names.size(); ++i) {
        const QString name = names[i].trimmed();
        if (name.isEmpty() || name == "." || !file.has(joined(group, name)))
            continue;
        const QVariant at = file.attribute(group, name + "_indices");
        const QVariantList places =
            at.typeId() == QMetaType::QVariantList ? at.toList() : QVariantList{at};
        const int place = at.isValid() && places.size() == 1 ? places[0].toInt() : i;
        if (place >= 0 && place < info->axes.size())
            setAxis(file, joined(group, name), info->axes[place]);
    }
    return info;
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    return isHdf5(head) && !groupsOf(Hdf5File(file, Hdf5File::Mode::Read), "NXdata").isEmpty();
}

QList<ArrayInfo> list(const QString &file)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QList<ArrayInfo> arrays;
    for (const QString &group : groupsOf(in, "NXdata"))
        if (const auto info = describe(in, group))
            arrays << *info;
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: none of its groups of class NXdata has a signal of plain "
                    "numbers.")
                 .arg(file));
    return arrays;
}

static ArrayInfo find(const Hdf5File &in, const QString &array)
{
    if (!in.has(array))
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(in.fileName(), array));
    const std::optional<ArrayInfo> info = describe(in, array);
    if (!info)
        fail(Tr::tr("Cannot read '%1' of %2: it has no signal of plain numbers.")
                 .arg(array, in.fileName()));
    return *info;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    return {info, in.readAll(joined(array, signalOf(in, array)), progress)};
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    const QString dataset = joined(array, signalOf(in, array));
    return storedInHdf5(std::move(in), info, dataset);
}

Metadata metadata(const QString &file, const QString &array)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    Metadata found;
    found.all = attributesBelow(in, {});
    using Field = Metadata::Field;
    const auto take = [&](const QString &group, Field field, const QString &name,
                          double factor = 1) { found.take(field, joined(group, name), factor); };
    for (const QString &entry : groupsOf(in, "NXentry")) {
        take(entry, Field::Title, "title");
        take(entry, Field::Time, "start_time");
        take(entry, Field::Comment, "notes");
        take(entry, Field::Comment, "experiment_description");
        take(entry, Field::Software, "program_name");
        take(entry, Field::Signal, "definition");
    }
    for (const QString &group : groupsOf(in, "NXuser"))
        take(group, Field::Operator, "name");
    for (const QString &group : groupsOf(in, "NXsample"))
        take(group, Field::Sample, "name");
    for (const QString &group : groupsOf(in, "NXinstrument"))
        take(group, Field::Instrument, "name");
    for (const QString &group : groupsOf(in, "NXdetector")) {
        take(group, Field::Detector, "local_name");
        take(group, Field::Detector, "description");
        take(group, Field::Exposure, "count_time");
    }
    for (const QString &group : groupsOf(in, "NXsource")) {
        const QString place = joined(group, "voltage");
        const QString unit = in.has(place) ? textOf(in, place, "units") : QString();
        take(group, Field::BeamEnergy, "voltage", unit == "kV" ? 1 : 1e-3);
    }
    found.put(Field::Title, array.section('/', -1));
    return found;
}

} // namespace helmscope::nexus
