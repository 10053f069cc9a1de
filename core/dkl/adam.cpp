// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/adam.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace helmscope {

namespace {

// Divisions and roots, not memory, bound the pass on SSE2. Multiplications and additions stay apart
// (-ffp-contract=off), so that every processor takes the same path.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define HELMSCOPE_FOR_SEVERAL_PROCESSORS                                                           \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HELMSCOPE_FOR_SEVERAL_PROCESSORS
#endif

/// The exponent's bits: all ones in what is not finite. An integer maximum, as it vectorises.
template <typename Scalar, typename Bits>
inline bool pass(const AdamConstants<Scalar> &c, const Scalar *__restrict slope,
                 const Scalar *__restrict from, Scalar *__restrict mean, Scalar *__restrict square,
                 Scalar *__restrict to, Eigen::Index count)
{
    const Bits exponent = std::bit_cast<Bits>(std::numeric_limits<Scalar>::infinity());
    Bits largest = 0;
    for (Eigen::Index i = 0; i < count; ++i) {
        const Scalar g = slope[i];
        largest = std::max(largest, Bits(std::bit_cast<Bits>(g) & exponent));
        mean[i] = c.decay1 * mean[i] + (1 - c.decay1) * g;
        square[i] = c.decay2 * square[i] + (1 - c.decay2) * (g * g);
        to[i] =
            from[i] - c.rate * mean[i] / (std::sqrt(square[i]) * c.rootOfCorrection + c.epsilon);
    }
    return largest != exponent;
}

} // namespace

HELMSCOPE_FOR_SEVERAL_PROCESSORS
bool adamPass(const AdamConstants<float> &constants, const float *slope, const float *from,
              float *mean, float *square, float *to, Eigen::Index count)
{
    return pass<float, std::int32_t>(constants, slope, from, mean, square, to, count);
}

bool adamPass(const AdamConstants<double> &constants, const double *slope, const double *from,
              double *mean, double *square, double *to, Eigen::Index count)
{
    return pass<double, std::int64_t>(constants, slope, from, mean, square, to, count);
}

} // namespace helmscope
