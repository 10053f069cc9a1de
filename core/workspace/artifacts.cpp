// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/artifacts.h"

#include "base/error.h"
#include "base/md5.h"
#include "base/tr.h"
#include "federation/objects/verified.h"

#include <yaml-cpp/yaml.h>

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSaveFile>
#include <QUuid>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

namespace {

QByteArray native(const QString &path)
{
    return QFile::encodeName(path);
}

QString systemReason()
{
    return QString::fromLocal8Bit(std::strerror(errno));
}

bool isMd5(const QString &text)
{
    static const QRegularExpression hex("^[0-9a-f]{32}$");
    return hex.match(text).hasMatch();
}

/// A name beside `file` that nobody has: what is made there is renamed into place when whole.
QString nameBeside(const QString &file)
{
    return file + '.' + QUuid::createUuid().toString(QUuid::Id128).left(12) + ".part";
}

/// A file descriptor that closes itself.
class Descriptor
{
public:
    Descriptor(const QString &path, int flags, mode_t mode = 0)
        : m_number(::open(native(path), flags | O_CLOEXEC, mode))
    {
    }
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    bool isOpen() const { return m_number >= 0; }
    operator int() const { return m_number; }

private:
    int m_number;
};

bool reflink(const QString &from, const QString &to)
{
    const Descriptor source(from, O_RDONLY);
    const Descriptor target(to, O_WRONLY | O_CREAT | O_EXCL, 0644);
    return source.isOpen() && target.isOpen() && ::ioctl(target, FICLONE, int(source)) == 0;
}

/// Copies, calls `progress`, and syncs. Throws Error.
void copy(const QString &from, const QString &to, const Progress &progress)
{
    QFile source(from), target(to);
    if (!source.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(from, source.errorString()));
    if (!target.open(QIODevice::WriteOnly | QIODevice::Truncate))
        fail(Tr::tr("Cannot write %1: %2.").arg(to, target.errorString()));
    const double size = double(std::max<qint64>(source.size(), 1));
    for (qint64 done = 0; !source.atEnd();) {
        const QByteArray block = source.read(4 << 20);
        if (block.isEmpty() || target.write(block) != block.size() || !target.flush())
            fail(Tr::tr("Cannot copy %1 to %2: %3.")
                     .arg(from, to, block.isEmpty() ? source.errorString() : target.errorString()));
        done += block.size();
        if (!progress(double(done) / size))
            fail(Tr::tr("Stopped."));
    }
    if (::fdatasync(target.handle()) != 0)
        fail(Tr::tr("Cannot write %1: %2.").arg(to, systemReason()));
}

/// `to` with the content of `from`, by the cheapest means; a name that is there is replaced at
/// once.
Link linkTo(const QString &from, const QString &to, const Progress &progress)
{
    const QString part = nameBeside(to);
    Link link = Link::Reflink;
    try {
        if (!reflink(from, part)) {
            QFile::remove(part);
            link = Link::Hard;
            if (::link(native(from), native(part)) != 0) {
                link = Link::Copy;
                copy(from, part, progress);
            }
        }
        // A file with two names must not be changed under one of them.
        if (link == Link::Hard)
            ::chmod(native(part), 0444);
        if (::rename(native(part), native(to)) != 0)
            fail(Tr::tr("Cannot put %1 into its place: %2.").arg(to, systemReason()));
        // Of two names of one file rename() does nothing at all and leaves both.
        QFile::remove(part);
    } catch (...) {
        QFile::remove(part);
        throw;
    }
    return link;
}

void makeFolderOf(const QString &file)
{
    const QString folder = QFileInfo(file).absolutePath();
    if (!QDir().mkpath(folder))
        fail(Tr::tr("Cannot make the folder %1: %2.").arg(folder, systemReason()));
}

void writeText(const QString &file, const QByteArray &text)
{
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size() || !out.commit())
        fail(Tr::tr("Cannot write %1: %2.").arg(file, out.errorString()));
}

} // namespace

QString md5Of(const QString &file, const Progress &progress)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    Md5 md5;
    const double size = double(std::max<qint64>(in.size(), 1));
    for (qint64 done = 0; !in.atEnd();) {
        const QByteArray block = in.read(4 << 20);
        if (block.isEmpty())
            fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
        md5.add(block.constData(), block.size());
        done += block.size();
        if (!progress(double(done) / size))
            fail(Tr::tr("Stopped."));
    }
    return md5.result();
}

void initialiseDvc(const QString &folder)
{
    const std::pair<const char *, const char *> files[] = {
        {".dvc/config", ""},
        {".dvc/.gitignore", "/config.local\n/tmp\n/cache\n"},
        {".dvcignore", "# Files that DVC passes over, a pattern a line.\n"},
    };
    for (const auto &[name, text] : files) {
        const QString file = folder + '/' + QString::fromLatin1(name);
        makeFolderOf(file);
        if (!QFileInfo::exists(file))
            writeText(file, text);
    }
}

QString cachePath(const QString &folder, const QString &md5)
{
    if (!isMd5(md5))
        fail(Tr::tr("'%1' is no md5 of a file.").arg(md5));
    return QStringLiteral("%1/.dvc/cache/files/md5/%2/%3").arg(folder, md5.left(2), md5.mid(2));
}

Stored storeArtifact(const QString &folder, const QString &relativePath, const Progress &progress)
{
    const QString clean = QDir::cleanPath(relativePath);
    if (clean.isEmpty() || QDir::isAbsolutePath(clean) || clean == ".." || clean.startsWith("../"))
        fail(Tr::tr("'%1' is no file of the workspace %2.").arg(relativePath, folder));
    const QString file = folder + '/' + clean;
    const QFileInfo info(file);
    if (!info.isFile() || info.isSymLink())
        fail(Tr::tr("Cannot store %1: it is not a file.").arg(file));

    const qint64 begunNs = nowNs();
    const auto before = stampOf(Descriptor(file, O_RDONLY));
    Stored stored;
    stored.artifact = {md5Of(file, part(progress, 0, 0.6)), info.size(), info.fileName()};
    const QString cached = cachePath(folder, stored.artifact.md5);
    const Progress rest = part(progress, 0.6, 1);
    makeFolderOf(cached);
    if (QFileInfo(cached).isFile() && QFileInfo(cached).size() == stored.artifact.size) {
        stored.link = linkTo(cached, file, rest); // known already: its bytes once are enough
    } else {
        stored.link = linkTo(file, cached, rest);
        ::chmod(native(cached), 0444);
    }
    writeDvcFile(file + ".dvc", stored.artifact);
    // What was hashed is what lies in the cache now: a push need not do it again.
    const auto after = stampOf(Descriptor(cached, O_RDONLY));
    if (before && after && before->inode == after->inode && before->bytes == after->bytes &&
        before->modifiedNs == after->modifiedNs)
        rememberVerified(folder + "/.dvc/cache", stored.artifact.md5, *after, begunNs);
    return stored;
}

Link linkFromCache(const QString &folder, const QString &md5, const QString &file,
                   const Progress &progress)
{
    const QString cached = cachePath(folder, md5);
    if (!QFileInfo(cached).isFile())
        fail(
            Tr::tr("The content %1 is not in the cache of %2. Pull it from where it was pushed to.")
                .arg(md5, folder));
    if (QFileInfo::exists(file))
        fail(Tr::tr("Cannot restore %1: a file is there already.").arg(file));
    if (md5Of(cached, part(progress, 0, 0.6)) != md5)
        fail(Tr::tr("%1 is damaged: its content is not what its name says. Remove it and pull it "
                    "again.")
                 .arg(cached));
    makeFolderOf(file);
    return linkTo(cached, file, part(progress, 0.6, 1));
}

std::optional<Artifact> readDvcFile(const QString &file)
{
    constexpr qint64 longest = 64 << 10;
    QFile in(file);
    if (!in.exists())
        return std::nullopt;
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    if (in.size() > longest)
        fail(Tr::tr("Cannot read %1: it is too long for a file of DVC.").arg(file));
    Artifact artifact;
    try {
        const YAML::Node outs = YAML::Load(in.readAll().toStdString())["outs"];
        if (!outs.IsSequence() || outs.size() != 1)
            fail(Tr::tr("it does not name one output"));
        const YAML::Node out = outs[0];
        if (!out["hash"] || out["hash"].as<std::string>() != "md5")
            fail(Tr::tr("its hash is not DVC 3's md5"));
        artifact.md5 = QString::fromStdString(out["md5"].as<std::string>());
        artifact.size = out["size"].as<qint64>();
        artifact.path = QString::fromStdString(out["path"].as<std::string>());
    } catch (const YAML::Exception &error) {
        fail(Tr::tr("Cannot read %1: %2.").arg(file, QString::fromUtf8(error.what())));
    } catch (const Error &error) {
        fail(Tr::tr("Cannot read %1: %2.").arg(file, QString::fromUtf8(error.what())));
    }
    if (!isMd5(artifact.md5) || artifact.size < 0)
        fail(Tr::tr("Cannot read %1: '%2' is no md5 of a file.").arg(file, artifact.md5));
    if (artifact.path.isEmpty() || artifact.path.contains('/') || artifact.path.startsWith('.'))
        fail(
            Tr::tr("Cannot read %1: its path '%2' is no file beside it.").arg(file, artifact.path));
    return artifact;
}

void writeDvcFile(const QString &file, const Artifact &artifact)
{
    YAML::Emitter yaml;
    yaml << YAML::BeginMap << YAML::Key << "outs" << YAML::Value << YAML::BeginSeq
         << YAML::BeginMap;
    // Digits alone, or with one e among them, would be read as a number.
    static const QRegularExpression number("^[0-9]+(e[0-9]+)?$");
    yaml << YAML::Key << "md5" << YAML::Value;
    if (number.match(artifact.md5).hasMatch())
        yaml << YAML::SingleQuoted;
    yaml << artifact.md5.toStdString();
    yaml << YAML::Key << "size" << YAML::Value << artifact.size;
    yaml << YAML::Key << "hash" << YAML::Value << "md5";
    yaml << YAML::Key << "path" << YAML::Value << artifact.path.toStdString();
    yaml << YAML::EndMap << YAML::EndSeq << YAML::EndMap;
    writeText(file, QByteArray(yaml.c_str()) + '\n');
}

} // namespace helmscope
