// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/sidefiles.h"

#include "federation/hub/refusal.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QUrl>

#include <zip.h>

#include <memory>

namespace helmscope {

namespace {

/// Of another server's zip.
constexpr qint64 mostEntries = 20'000, largestEntry = 4 << 20, largestAll = qint64(256) << 20;

/// Whether this is the name of one file in one folder.
bool isPlainName(const QString &name)
{
    return !name.isEmpty() && name.toUtf8().size() <= 200 && !name.startsWith('.') &&
           !name.contains('/') && !name.contains('\\') && !name.contains(QChar(0));
}

QString plainName(const QString &path)
{
    const QString name = path.section('/', -1);
    if (!isPlainName(name))
        refuse(400, Tr::tr("\"%1\" is no name for a file.").arg(path.left(200)));
    return name;
}

bool isEnvironment(const QString &name)
{
    return name.endsWith(".txt") || name.endsWith(".yaml");
}

HubAnswer said(const QString &sentence)
{
    return HubAnswer::json(QVariantMap{{"message", sentence}});
}

template <auto Free>
struct Freer
{
    template <class T>
    void operator()(T *p) const
    {
        Free(p);
    }
};
using Zip = std::unique_ptr<zip_t, Freer<zip_discard>>;
using ZipFile = std::unique_ptr<zip_file_t, Freer<zip_fclose>>;

} // namespace

SideFiles::SideFiles(const QString &folder, qint64 largest)
    : m_folder(folder)
    , m_largest(largest)
{
}

QString SideFiles::receive(const HubRequest &request, QByteArray &content) const
{
    QString name;
    bool isWanted = false, isTooLarge = false, hasFile = false;
    if (!request.header("content-type").startsWith("multipart/form-data") || !request.readForm)
        refuse(422, Tr::tr("This wants a form (multipart/form-data) with a part \"file\"."));
    const bool isWhole = request.readForm(
        [&](const QString &part, const QString &fileName) {
            isWanted = part == "file" && !hasFile;
            if (isWanted) {
                name = fileName;
                hasFile = true;
            }
            return true;
        },
        [&](const char *bytes, std::size_t size) {
            isTooLarge = content.size() + qint64(size) > m_largest;
            if (isWanted && !isTooLarge)
                content.append(bytes, qsizetype(size));
            return !isTooLarge;
        });
    if (isTooLarge)
        refuse(413, Tr::tr("A file may have %1 MB at most here.").arg(m_largest >> 20));
    if (!isWhole)
        refuse(400, Tr::tr("The body ended before its end."));
    if (!hasFile)
        refuse(422, Tr::tr("The form has no part \"file\"."));
    return name;
}

void SideFiles::write(const QString &file, const QByteArray &content) const
{
    QSaveFile out(file);
    if (!QDir().mkpath(QFileInfo(file).path()) || !out.open(QIODevice::WriteOnly) ||
        out.write(content) != content.size() || !out.commit())
        refuse(507, Tr::tr("The hub cannot store the file: %1.").arg(out.errorString()));
}

HubAnswer SideFiles::read(const QString &file) const
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        return HubAnswer::detail("File not found", 404);
    return HubAnswer::text(in.readAll());
}

HubAnswer SideFiles::storeEnvironment(const HubRequest &request) const
{
    QByteArray content;
    const QString name = plainName(receive(request, content));
    if (!isEnvironment(name))
        refuse(400, Tr::tr("An environment is a file .txt or .yaml."));
    write(m_folder + "/environments/" + name, content);
    return said(QStringLiteral("File '%1' uploaded successfully").arg(name));
}

HubAnswer SideFiles::environment(const HubRequest &request) const
{
    const QString name = plainName(request.parameter("file_name"));
    if (!isEnvironment(name))
        return HubAnswer::detail("Unsupported file extension. Only .txt and .yaml are served.",
                                 400);
    return read(m_folder + "/environments/" + name);
}

HubAnswer SideFiles::environments(const HubRequest &request) const
{
    QStringList wanted;
    for (const auto &[key, value] : request.query)
        if (key == "list_of_files" && !value.isEmpty())
            wanted << plainName(value);
    const QDir folder(m_folder + "/environments");
    zip_error_t error;
    zip_source_t *buffer = zip_source_buffer_create(nullptr, 0, 0, &error);
    Zip zip(buffer ? zip_open_from_source(buffer, ZIP_TRUNCATE, &error) : nullptr);
    if (!zip) {
        zip_source_free(buffer);
        fail(Tr::tr("No zip of the environments can be made."));
    }
    zip_source_keep(buffer);
    const std::unique_ptr<zip_source_t, Freer<zip_source_free>> kept(buffer);
    int count = 0;
    for (const QString &name : folder.entryList(QDir::Files, QDir::Name)) {
        if (!wanted.isEmpty() && !wanted.contains(name))
            continue;
        zip_source_t *file =
            zip_source_file(zip.get(), QFile::encodeName(folder.filePath(name)).constData(), 0, -1);
        if (!file || zip_file_add(zip.get(), name.toUtf8().constData(), file, ZIP_FL_ENC_UTF_8) < 0)
            zip_source_free(file);
        else
            ++count;
    }
    if (count == 0)
        return HubAnswer::json(QVariantMap{{"error", "No files found."}});
    if (zip_close(zip.get()) != 0)
        fail(Tr::tr("No zip of the environments can be made."));
    zip.release();
    HubAnswer answer;
    answer.type = "application/zip";
    if (zip_source_open(buffer) != 0 || zip_source_seek(buffer, 0, SEEK_END) != 0)
        fail(Tr::tr("No zip of the environments can be made."));
    answer.body.resize(zip_source_tell(buffer));
    zip_source_seek(buffer, 0, SEEK_SET);
    zip_source_read(buffer, answer.body.data(), zip_uint64_t(answer.body.size()));
    zip_source_close(buffer);
    return answer;
}

void SideFiles::addEnvironments(const QByteArray &bytes) const
{
    zip_error_t error;
    zip_source_t *buffer =
        zip_source_buffer_create(bytes.constData(), zip_uint64_t(bytes.size()), 0, &error);
    const Zip zip(buffer ? zip_open_from_source(buffer, ZIP_RDONLY, &error) : nullptr);
    if (!zip) {
        zip_source_free(buffer);
        fail(Tr::tr("The environments that the other server sent are no zip."));
    }
    const zip_int64_t count = zip_get_num_entries(zip.get(), 0);
    if (count > mostEntries)
        fail(Tr::tr("The other server sent over %1 environments.").arg(mostEntries));
    QList<QPair<QString, QByteArray>> files;
    qint64 all = 0;
    for (zip_int64_t i = 0; i < count; ++i) {
        const char *raw = zip_get_name(zip.get(), zip_uint64_t(i), 0);
        const QString name = QString::fromUtf8(raw).section('/', -1);
        if (!isPlainName(name) || !isEnvironment(name))
            continue;
        const ZipFile file(zip_fopen_index(zip.get(), zip_uint64_t(i), 0));
        // What the zip says of its sizes is not believed.
        QByteArray content(largestEntry + 1, Qt::Uninitialized);
        const zip_int64_t got =
            file ? zip_fread(file.get(), content.data(), zip_uint64_t(content.size())) : -1;
        if (got < 0)
            fail(Tr::tr("The zip of environments that the other server sent is broken."));
        all += got;
        if (got > largestEntry || all > largestAll)
            fail(Tr::tr("The zip of environments that the other server sent unpacks to too much."));
        content.truncate(got);
        content.squeeze();
        files.push_back({name, content});
    }
    for (const auto &[name, content] : files)
        if (const QString file = m_folder + "/environments/" + name; !QFileInfo::exists(file))
            write(file, content);
}

HubAnswer SideFiles::storeLabel(const HubRequest &request) const
{
    QByteArray content;
    const QString name = plainName(receive(request, content));
    const QString file = m_folder + "/labels/" + name;
    if (QFileInfo::exists(file))
        return said(QStringLiteral("File '%1' already exists. Skipping upload.").arg(name));
    write(file, content);
    return said(QStringLiteral("File '%1' uploaded successfully").arg(name));
}

HubAnswer SideFiles::label(const HubRequest &request) const
{
    return read(m_folder + "/labels/" + plainName(request.parameter("file_name")));
}

HubAnswer SideFiles::storeBoard(const HubRequest &request) const
{
    const QString pipeline = request.parameter("pipeline_name");
    if (pipeline.isEmpty())
        refuse(422, Tr::tr("This wants the parameter pipeline_name."));
    QByteArray content;
    const QString path = receive(request, content);
    const QStringList parts = path.split('/');
    if (parts.size() > 20)
        refuse(400, Tr::tr("\"%1\" is no name for a file.").arg(path.left(200)));
    for (const QString &part : parts)
        if (!isPlainName(part))
            refuse(400, Tr::tr("\"%1\" is no name for a file.").arg(path.left(200)));
    // A pipeline's name may hold anything; the folder's does not.
    const QString folder = QString::fromLatin1(QUrl::toPercentEncoding(pipeline, {}, "."));
    if (folder.size() > 200)
        refuse(400, Tr::tr("The name of the pipeline is too long for a folder."));
    write(m_folder + "/tensorboard/" + folder + '/' + path, content);
    return said(QStringLiteral("File '%1' uploaded successfully").arg(path));
}

} // namespace helmscope
