// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/rundigests.h"

#include "base/tr.h"

#include <QCryptographicHash>

#include <functional>

namespace helmscope {

static constexpr char list[] = "log/digests";

static QStringList listsIn(const Hdf5File &file, const QString &group)
{
    QStringList found;
    const QString prefix = group.isEmpty() ? QString() : group + '/';
    for (const QString &name : file.datasets(group))
        if (prefix + name != QLatin1String(list))
            found << prefix + name;
    for (const QString &name : file.groups(group))
        found << listsIn(file, prefix + name);
    found.sort();
    return found;
}

static QString digestOf(const Hdf5File &file, const QString &path)
{
    QCryptographicHash md5(QCryptographicHash::Md5);
    std::int64_t rows = 0;
    const auto add = [&md5](const auto &numbers) {
        md5.addData(QByteArrayView(reinterpret_cast<const char *>(numbers.data()),
                                   qsizetype(numbers.size() * sizeof numbers.front())));
    };
    if (const std::optional<ArrayInfo> info = file.describe(path)) {
        rows = info->axes.isEmpty() ? 0 : info->axes.front().size;
        std::int64_t width = 1;
        for (qsizetype i = 1; i < info->axes.size(); ++i)
            width *= std::max<std::int64_t>(info->axes[i].size, 1);
        const std::int64_t slab = std::max<std::int64_t>((1 << 20) / width, 1);
        for (std::int64_t first = 0; first < rows; first += slab) {
            const std::int64_t count = std::min(slab, rows - first);
            if (info->type == Samples::Type::Float32)
                add(file.readFloats(path, first, count));
            else
                add(file.readRows(path, first, count));
        }
    } else {
        const QStringList texts = file.readTexts(path);
        rows = texts.size();
        for (const QString &text : texts)
            md5.addData(text.toUtf8() + '\0');
    }
    return QStringLiteral("%1 %2 %3")
        .arg(path)
        .arg(rows)
        .arg(QString::fromLatin1(md5.result().toHex()));
}

QStringList digestsOf(const Hdf5File &file)
{
    QStringList digests;
    for (const QString &path : listsIn(file, {}))
        digests << digestOf(file, path);
    return digests;
}

int checkDigests(const QString &name, const Progress &progress)
{
    const Hdf5File file(name, Hdf5File::Mode::Read);
    const QStringList known = file.has(list) ? file.readTexts(list) : QStringList();
    const QStringList paths = listsIn(file, {});
    for (qsizetype i = 0; i < paths.size(); ++i) {
        if (!progress(double(i) / double(paths.size())))
            fail(Tr::tr("Stopped."));
        const QString now = digestOf(file, paths[i]);
        if (!known.isEmpty() && !known.contains(now))
            fail(Tr::tr("%1 is damaged: '%2' is not what it was when the run ended. Restore the "
                        "file from where it was backed up or pushed to.")
                     .arg(name, paths[i]));
    }
    for (const QString &digest : known)
        if (!paths.contains(digest.section(' ', 0, 0)))
            fail(Tr::tr("%1 is damaged: '%2' is missing. Restore the file from where it was backed "
                        "up or pushed to.")
                     .arg(name, digest.section(' ', 0, 0)));
    return int(known.size());
}

} // namespace helmscope
