// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/blas.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string_view>

#include <dlfcn.h>

namespace helmscope {

namespace {

template <typename Function>
Function *bound(const char *symbol)
{
    return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, symbol));
}

/// The file that LibTorch's matrix products come from, links resolved.
std::string libraryOfProducts()
{
    Dl_info info{};
    void *product = dlsym(RTLD_DEFAULT, "sgemm_");
    if (!product || !dladdr(product, &info) || !info.dli_fname)
        return {};
    std::error_code error;
    const std::filesystem::path file = std::filesystem::canonical(info.dli_fname, error);
    return error ? std::string(info.dli_fname) : file.string();
}

/// Another library may have brought OpenBLAS along while the products are bound to a different one.
bool isOpenBlas(std::string_view library)
{
    return library.find("openblas") != std::string_view::npos;
}

std::string coreOfOpenBlas()
{
    const auto core = bound<char *()>("openblas_get_corename");
    return core ? core() : "";
}

/// "OpenBLAS 0.3.21 NO_LAPACKE ... USE_OPENMP ..." -> "0.3.21"
std::string versionOfOpenBlas()
{
    const auto config = bound<char *()>("openblas_get_config");
    const std::string text = config ? config() : "";
    const std::size_t begin = text.find(' ');
    if (begin == std::string::npos)
        return {};
    return text.substr(begin + 1, text.find(' ', begin + 1) - begin - 1);
}

enum class Threading { None = 0, Pthreads = 1, OpenMp = 2 }; // as OpenBLAS numbers them

Threading threadingOfOpenBlas()
{
    const auto threading = bound<int()>("openblas_get_parallel");
    return threading ? Threading(threading()) : Threading::None;
}

/// The kernels OpenBLAS 0.3 has for this processor, as OPENBLAS_CORETYPE knows them; empty where it
/// has none from after 2012.
const char *bestCore()
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return "";
}

void chooseKernels()
{
    // What OpenBLAS falls back to when it does not know the model number.
    static constexpr std::array<std::string_view, 5> fallbacks{"Prescott", "Core2", "Nehalem",
                                                               "Sandybridge", "Barcelona"};
    const std::string core = coreOfOpenBlas();
    const std::string best = bestCore();
    if (!isOpenBlas(libraryOfProducts()) || std::getenv("OPENBLAS_CORETYPE") || best.empty() ||
        std::find(fallbacks.begin(), fallbacks.end(), core) == fallbacks.end())
        return;
    const auto quit = bound<void()>("gotoblas_dynamic_quit");
    const auto initialize = bound<void()>("gotoblas_dynamic_init");
    if (!quit || !initialize)
        return;
    // As OpenBLAS itself does when it is loaded; programs we start find the variable too.
    setenv("OPENBLAS_CORETYPE", best.c_str(), 1);
    quit();
    initialize();
}

} // namespace

Blas loadedBlas()
{
    useFastKernels();
    Blas blas;
    blas.library = libraryOfProducts();
    const std::string file = std::filesystem::path(blas.library).filename().string();
    const auto pathHas = [&](const char *word) {
        return blas.library.find(word) != std::string::npos;
    };
    if (isOpenBlas(blas.library)) {
        static constexpr const char *flavours[]{"serial", "pthread", "openmp"};
        const Threading threading = threadingOfOpenBlas();
        blas.name = "OpenBLAS " + versionOfOpenBlas() + " (" +
                    flavours[std::clamp(int(threading), 0, 2)] + ", " + coreOfOpenBlas() + ")";
        if (threading == Threading::Pthreads)
            blas.advice = "OpenBLAS runs threads of its own, which get in the way of LibTorch's on "
                          "few cores; install the package libopenblas0-openmp instead of "
                          "libopenblas0-pthread.";
    } else if (pathHas("mkl")) {
        blas.name = "MKL";
    } else if (pathHas("blis")) {
        blas.name = "BLIS";
    } else if (pathHas("atlas")) {
        blas.name = "ATLAS";
    } else if (file.starts_with("libblas.so")) {
        blas.name = "reference BLAS";
        blas.isSlow = true;
        blas.advice = "LibTorch runs on the reference BLAS, over ten times slower than need be; "
                      "install the package libopenblas0-openmp.";
    } else {
        blas.name = "unknown";
    }
    return blas;
}

void useFastKernels()
{
    static std::once_flag once;
    std::call_once(once, chooseKernels);
}

void setBlasThreads(int threads)
{
    if (threadingOfOpenBlas() != Threading::Pthreads)
        return; // OpenMP's number is OpenBLAS's
    if (const auto set = bound<void(int)>("openblas_set_num_threads"))
        set(threads);
}

} // namespace helmscope
