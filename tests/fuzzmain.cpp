// SPDX-License-Identifier: GPL-3.0-or-later
// Drives a fuzz target without libFuzzer: mutations of its seeds, each a function of the number of
// the input alone, so that a failure can be had again with --only.
#include "fuzz.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>

#include <sys/resource.h>
#include <unistd.h>

namespace {

volatile long long currentInput = 0;

/// Only what a signal handler may do: says which input it was, then dies of the signal.
void tell(int signal)
{
    char text[96] = "\nfuzz: failed at --only ";
    std::size_t end = std::strlen(text);
    char digits[24];
    int count = 0;
    for (long long rest = currentInput; count == 0 || rest > 0; rest /= 10)
        digits[count++] = char('0' + rest % 10);
    while (count > 0)
        text[end++] = digits[--count];
    text[end++] = '\n';
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, end);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

using Bits = std::mt19937_64;

std::size_t below(Bits &bits, std::size_t count)
{
    return count == 0 ? 0 : std::size_t(bits() % count);
}

/// Numbers at which readers go wrong, in either byte order.
void putNumber(QByteArray &input, Bits &bits)
{
    static const std::uint64_t odd[]{
        0,      1,          0x7f,       0x80,       0xff,        0x7fff,
        0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x40000000,  0x7fffffffffffffffULL,
        ~0ULL,  ~1ULL,      0x10000,    1ULL << 40, 0x100000000, 0x7ff8ULL << 48};
    std::uint64_t value = odd[below(bits, std::size(odd))];
    const int width = 1 << below(bits, 4);
    const bool isBigEndian = bits() & 1;
    const std::size_t at = below(bits, std::size_t(input.size()));
    for (int i = 0; i < width && at + std::size_t(i) < std::size_t(input.size()); ++i) {
        const int place = isBigEndian ? width - 1 - i : i;
        input[qsizetype(at) + i] = char(value >> (8 * place));
    }
}

/// Another number where the text has one, for formats that are text.
void putDigits(QByteArray &input, Bits &bits)
{
    static const char *odd[]{"0",          "-1",   "1e999", "99999999999999999999",
                             "2147483648", "1e-9", "null",  "nan",
                             "\"\"",       "[]"};
    const qsizetype from = qsizetype(below(bits, std::size_t(input.size())));
    for (qsizetype at = from; at < std::min(input.size(), from + 4096); ++at)
        if (input[at] >= '0' && input[at] <= '9') {
            qsizetype end = at;
            while (end < input.size() && input[end] >= '0' && input[end] <= '9')
                ++end;
            input.replace(at, end - at, odd[below(bits, std::size(odd))]);
            return;
        }
}

QByteArray mutated(const QList<QByteArray> &seeds, std::uint64_t number)
{
    Bits bits(number * 0x9e3779b97f4a7c15ULL + 1);
    QByteArray input = seeds[qsizetype(below(bits, std::size_t(seeds.size())))];
    // Half of the changes fall into the beginning, where the formats keep their sizes.
    for (std::size_t change = 1 + below(bits, 6); change > 0 && !input.isEmpty(); --change) {
        const std::size_t size = std::size_t(input.size());
        const std::size_t at = below(bits, bits() & 1 ? size : std::min<std::size_t>(size, 512));
        const std::size_t length = 1 + below(bits, std::min<std::size_t>(size - at, 64));
        switch (below(bits, 9)) {
        case 0:
            input[qsizetype(at)] = char(input[qsizetype(at)] ^ (1 << below(bits, 8)));
            break;
        case 1:
            input[qsizetype(at)] = char(bits());
            break;
        case 2:
            input.truncate(qsizetype(at));
            break;
        case 3:
            input.remove(qsizetype(at), qsizetype(length));
            break;
        case 4: // the same once more
            input.insert(qsizetype(at), input.mid(qsizetype(at), qsizetype(length)));
            break;
        case 5: { // of another one
            const QByteArray &other = seeds[qsizetype(below(bits, std::size_t(seeds.size())))];
            input.replace(
                qsizetype(at), qsizetype(length),
                other.mid(qsizetype(below(bits, std::size_t(other.size()))), qsizetype(length)));
            break;
        }
        case 6:
            putDigits(input, bits);
            break;
        default:
            putNumber(input, bits);
        }
    }
    return input;
}

void read(QList<QByteArray> &seeds, const QString &path)
{
    const QFileInfo info(path);
    if (info.isDir()) {
        for (const QFileInfo &entry : QDir(path).entryInfoList(QDir::Files, QDir::Name))
            read(seeds, entry.filePath());
        return;
    }
    QFile file(path);
    if (info.size() <= 4'000'000 && file.open(QIODevice::ReadOnly))
        seeds << file.readAll();
}

} // namespace

int main(int argc, char *argv[])
{
    // One input may take 20 s and 3 GB; who takes more has believed what a file says of itself.
    constexpr unsigned longestSeconds = 20;
#if !defined(__SANITIZE_ADDRESS__)
    const rlimit memory{3'000'000'000, 3'000'000'000};
    setrlimit(RLIMIT_AS, &memory);
#endif
    QCoreApplication application(argc, argv);
    long long runs = 20'000, first = 0;
    double seconds = 3;
    QList<QByteArray> seeds = fuzzSeeds();
    const QStringList arguments = application.arguments().mid(1);
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString next = arguments.value(i + 1);
        if (arguments[i] == "--runs")
            runs = next.toLongLong(), ++i;
        else if (arguments[i] == "--seconds")
            seconds = next.toDouble(), ++i;
        else if (arguments[i] == "--from")
            first = next.toLongLong(), ++i;
        else if (arguments[i] == "--only")
            first = next.toLongLong(), runs = 1, ++i;
        else if (arguments[i] == "--write-seeds") { // as libFuzzer's corpus
            for (qsizetype k = 0; k < seeds.size(); ++k) {
                QFile file(next + QStringLiteral("/seed-%1").arg(k));
                if (!file.open(QIODevice::WriteOnly) || file.write(seeds[k]) != seeds[k].size())
                    return 1;
            }
            return 0;
        } else
            read(seeds, arguments[i]);
    }
    if (seeds.isEmpty()) {
        std::puts("fuzz: skipped: none of the seeds is there");
        return 77;
    }
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGALRM})
        std::signal(signal, tell);
    const auto run = [](const QByteArray &input) {
        alarm(longestSeconds);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(input.constData()),
                               std::size_t(input.size()));
        alarm(0);
    };
    if (runs > 1)
        for (const QByteArray &seed : seeds)
            run(seed);
    QElapsedTimer timer;
    timer.start();
    long long number = first;
    for (; number < first + runs && double(timer.elapsed()) < 1000 * seconds; ++number) {
        currentInput = number;
        run(mutated(seeds, std::uint64_t(number)));
    }
    std::printf("fuzz: %lld inputs from %lld seeds in %.1f s\n", number - first,
                static_cast<long long>(seeds.size()), double(timer.elapsed()) / 1000);
    return 0;
}
