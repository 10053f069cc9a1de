// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace helmscope {

/// Which BLAS LibTorch's matrix products run on in this process.
struct Blas
{
    std::string name; ///< "OpenBLAS 0.3.21 (openmp, SkylakeX)", "reference BLAS", "MKL"; "unknown"
                      ///< when it cannot be told
    std::string library; ///< the file it was loaded from
    bool isSlow = false; ///< the reference implementation: over ten times slower
    std::string
        advice; ///< one sentence with the package to install; empty unless there is a better one
};

/// Looks at what the loader bound; cheap.
Blas loadedBlas();

/// Makes OpenBLAS choose its kernels anew where it took those of a 2004 processor for one it did
/// not know (OpenBLAS issue 4267, Debian 12: five times slower). Once a process; what the user
/// chose with OPENBLAS_CORETYPE stays. Training and predicting call it; best called before there
/// are threads.
void useFastKernels();

/// Threads of a BLAS that does not follow OpenMP's number.
void setBlasThreads(int threads);

} // namespace helmscope
