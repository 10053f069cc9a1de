// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/fourier.h"

#include <unsupported/Eigen/FFT>

namespace helmscope {

namespace {

template <bool isInverse>
void everyRow(Spectrum2D &numbers)
{
    using Row = Eigen::Matrix<std::complex<float>, 1, Eigen::Dynamic>;
    Eigen::FFT<float> fft;
    Row from(numbers.cols()), to(numbers.cols());
    for (Eigen::Index r = 0; r < numbers.rows(); ++r) {
        from = numbers.row(r).matrix();
        if constexpr (isInverse)
            fft.inv(to, from);
        else
            fft.fwd(to, from);
        numbers.row(r) = to.array();
    }
}

template <bool isInverse>
void everyRowAndColumn(Spectrum2D &numbers)
{
    everyRow<isInverse>(numbers);
    Spectrum2D turned = numbers.transpose();
    everyRow<isInverse>(turned);
    numbers = turned.transpose();
}

} // namespace

void transform(Spectrum2D &numbers)
{
    everyRowAndColumn<false>(numbers);
}

void transformBack(Spectrum2D &numbers)
{
    everyRowAndColumn<true>(numbers);
}

int swiftLength(int n)
{
    for (; n > 1; --n) {
        int rest = n;
        for (const int factor : {2, 3, 5})
            while (rest % factor == 0)
                rest /= factor;
        if (rest == 1)
            return n;
    }
    return n;
}

} // namespace helmscope
