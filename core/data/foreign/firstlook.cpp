// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/foreign/firstlook.h"

#include "base/tr.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace helmscope {

namespace {

QString program()
{
    if (!QCoreApplication::instance())
        return {};
    const QString here = QCoreApplication::applicationDirPath();
    for (const char *place : {"/helmscope-filecheck", "/../libexec/helmscope/helmscope-filecheck"})
        if (QFileInfo(here + place).isExecutable())
            return here + place;
    return {};
}

/// Runs the program; its status as waitpid() has it, 0 where it could not be run.
int statusOf(const QByteArray &executable, const QByteArray &file)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int descriptor = 0; descriptor < 3; ++descriptor)
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
    // Freed and fresh memory is filled, larger blocks end where the system notices: damage that
    // would only show later shows here.
    std::vector<std::string> settings{"MALLOC_PERTURB_=165", "MALLOC_MMAP_THRESHOLD_=4096",
                                      "MALLOC_ARENA_MAX=1",
                                      "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1"};
    for (char **one = environ; *one; ++one)
        if (std::strncmp(*one, "MALLOC_", 7) != 0 && std::strncmp(*one, "ASAN_", 5) != 0)
            settings.emplace_back(*one);
    std::vector<char *> environment, arguments;
    for (std::string &setting : settings)
        environment.push_back(setting.data());
    environment.push_back(nullptr);
    std::string first = executable.toStdString(), second = file.toStdString();
    arguments = {first.data(), second.data(), nullptr};
    pid_t child = 0;
    const int failed =
        posix_spawn(&child, first.c_str(), &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0)
        return 0;
    while (::waitpid(child, &status, 0) < 0) // it ends by itself
        if (errno != EINTR)
            return 0;
    return status;
}

/// What is known of contents: place, size and times of change -> status.
using Content = std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long>;

std::optional<Content> contentOf(const QByteArray &name)
{
    struct stat about;
    if (::stat(name, &about) != 0 || !S_ISREG(about.st_mode))
        return {}; // whoever opens it says so
    return Content{about.st_dev,         about.st_ino,          about.st_size,
                   about.st_mtim.tv_sec, about.st_mtim.tv_nsec, about.st_ctim.tv_sec,
                   about.st_ctim.tv_nsec};
}

class Known
{
public:
    std::optional<int> statusOf(const Content &content)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_statuses.find(content);
        return found == m_statuses.end() ? std::nullopt : std::optional(found->second);
    }
    void keep(const Content &content, int status)
    {
        const std::lock_guard lock(m_mutex);
        constexpr std::size_t most = 10'000;
        if (m_statuses.size() >= most)
            m_statuses.clear();
        m_statuses[content] = status;
    }

private:
    std::mutex m_mutex;
    std::map<Content, int> m_statuses;
};

Known &known()
{
    static Known known;
    return known;
}

} // namespace

bool canLookFirst()
{
    return !program().isEmpty();
}

void trustContent(const QString &file)
{
    if (const std::optional<Content> content = contentOf(QFile::encodeName(file)))
        known().keep(*content, 0);
}

void lookFirst(const QString &file)
{
    const QByteArray name = QFile::encodeName(file);
    const std::optional<Content> content = contentOf(name);
    if (!content)
        return;
    std::optional<int> kept = known().statusOf(*content);
    if (!kept) {
        const QByteArray executable = QFile::encodeName(program());
        if (executable.isEmpty())
            return;
        kept = statusOf(executable, name);
        known().keep(*content, *kept);
    }
    const int status = *kept;
    if (!WIFSIGNALED(status))
        return;
    if (const int how = WTERMSIG(status); how == SIGALRM || how == SIGXCPU || how == SIGKILL)
        fail(
            Tr::tr("Cannot read %1: it keeps the HDF5 library busy for a long time without an end. "
                   "It is damaged; if it comes from somebody else, ask for it again.")
                .arg(file));
    fail(Tr::tr("Cannot read %1: it is damaged in a way that the HDF5 library does not survive (%2 "
                "in a process made for a first look). If it comes from somebody else, ask for it "
                "again.")
             .arg(file, QString::fromLatin1(::strsignal(WTERMSIG(status)))));
}

} // namespace helmscope
