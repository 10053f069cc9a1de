// SPDX-License-Identifier: GPL-3.0-or-later
#include "failingdisk.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

char folder[PATH_MAX];
std::atomic<long> calls = 0;
long at = -1;
int how = DiskWorks;

template <class Function>
Function next(const char *name)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool isBelow(const char *path)
{
    const std::size_t length = std::strlen(folder);
    return length > 0 && std::strncmp(path, folder, length) == 0;
}

bool isBelow(int descriptor)
{
    if (folder[0] == '\0')
        return false;
    char link[64], path[PATH_MAX];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = ::readlink(link, path, sizeof path - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    return isBelow(path);
}

enum class Fate { Works, HalfThenDies, Half, Fails };

Fate fateOf(bool isOurs)
{
    if (!isOurs)
        return Fate::Works;
    const long number = ++calls;
    if (how == DiskWorks || at < 0 || number < at)
        return Fate::Works;
    if (how == DiskKills)
        return number == at ? Fate::HalfThenDies : Fate::Works;
    errno = how == DiskIsFull ? ENOSPC : how == DiskIsBroken ? EIO : EROFS;
    return number == at ? Fate::Half : Fate::Fails;
}

[[noreturn]] void die()
{
    ::kill(::getpid(), SIGKILL);
    for (;;)
        ::pause();
}

/// `all` does it, `half` does a part of it.
template <class All, class Half>
auto carryOut(bool isOurs, All all, Half half) -> decltype(all())
{
    switch (fateOf(isOurs)) {
    case Fate::Works:
        return all();
    case Fate::HalfThenDies:
        half();
        die();
    case Fate::Half:
        return half();
    case Fate::Fails:
        break;
    }
    return -1;
}

/// What has no half: done or not, by turns.
template <class All>
auto carryOut(bool isOurs, All all) -> decltype(all())
{
    return carryOut(isOurs, all, [&]() -> decltype(all()) {
        if (how == DiskKills && at % 2 == 0)
            return all();
        return -1;
    });
}

struct FromEnvironment
{
    FromEnvironment()
    {
        const char *where = std::getenv("FAILINGDISK_FOLDER");
        const char *when = std::getenv("FAILINGDISK_AT");
        const char *what = std::getenv("FAILINGDISK_HOW");
        if (where && when && what)
            failingDisk(where, std::atol(when), std::atoi(what));
    }
} fromEnvironment;

} // namespace

extern "C" {

void failingDisk(const char *where, long when, int what)
{
    std::snprintf(folder, sizeof folder, "%s", where);
    calls = 0;
    at = when;
    how = what;
}

long failingDiskCalls()
{
    return calls;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    static const auto real = next<ssize_t (*)(int, const void *, size_t)>("write");
    return carryOut(
        isBelow(descriptor), [&] { return real(descriptor, bytes, count); },
        [&]() -> ssize_t { return count > 1 ? real(descriptor, bytes, count / 2) : -1; });
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    static const auto real = next<ssize_t (*)(int, const void *, size_t, off_t)>("pwrite");
    return carryOut(
        isBelow(descriptor), [&] { return real(descriptor, bytes, count, offset); },
        [&]() -> ssize_t { return count > 1 ? real(descriptor, bytes, count / 2, offset) : -1; });
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset)
{
    return pwrite(descriptor, bytes, count, off_t(offset));
}

int ftruncate(int descriptor, off_t length)
{
    static const auto real = next<int (*)(int, off_t)>("ftruncate");
    // A full disk still lets go of what is on it.
    const bool isOurs = isBelow(descriptor) && how != DiskIsFull;
    return carryOut(isOurs, [&] { return real(descriptor, length); });
}

int ftruncate64(int descriptor, off64_t length)
{
    return ftruncate(descriptor, off_t(length));
}

int fdatasync(int descriptor)
{
    static const auto real = next<int (*)(int)>("fdatasync");
    return carryOut(isBelow(descriptor), [&] { return real(descriptor); });
}

int fsync(int descriptor)
{
    static const auto real = next<int (*)(int)>("fsync");
    return carryOut(isBelow(descriptor), [&] { return real(descriptor); });
}

int rename(const char *from, const char *to)
{
    static const auto real = next<int (*)(const char *, const char *)>("rename");
    return carryOut(isBelow(to), [&] { return real(from, to); });
}

int link(const char *from, const char *to)
{
    static const auto real = next<int (*)(const char *, const char *)>("link");
    return carryOut(isBelow(to), [&] { return real(from, to); });
}

int unlink(const char *path)
{
    static const auto real = next<int (*)(const char *)>("unlink");
    return carryOut(isBelow(path) && how != DiskIsFull, [&] { return real(path); });
}

int mkdir(const char *path, mode_t mode)
{
    static const auto real = next<int (*)(const char *, mode_t)>("mkdir");
    return carryOut(isBelow(path), [&] { return real(path, mode); });
}

int open(const char *path, int flags, ...)
{
    static const auto real = next<int (*)(const char *, int, ...)>("open");
    va_list list;
    va_start(list, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return carryOut((flags & O_CREAT) != 0 && isBelow(path),
                    [&] { return real(path, flags, mode); });
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return open(path, flags, mode);
}

} // extern "C"
