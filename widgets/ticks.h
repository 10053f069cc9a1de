// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

namespace helmscope {

/// How the numbers of one scale are written: all with the same decimals, and with a common power of
/// ten where they would be too long.
struct NumberFormat
{
    int decimals = 0;
    int exponent = 0; ///< written once, beside the unit

    QString text(double value) const;        ///< of value / 10^exponent, with a true minus sign
    QString unit(const QString &unit) const; ///< "×10⁻³ eV"
};

/// For values of which the largest is about `magnitude`, told apart down to `resolution`.
NumberFormat numberFormat(double magnitude, double resolution);

/// Round numbers in [low, high], at most `count`, at steps of 1, 2, 2.5 or 5 times a power of ten.
std::vector<double> roundTicks(double low, double high, int count);

/// A single value with four figures of a scale whose largest is `magnitude`, exponent included:
/// "0.4137", "1.234e−5". The decimals depend on the scale alone: a changing value keeps its width.
QString valueText(double value, double magnitude);

/// A quantity over many decades, such as a dose, to one to nine figures: "350", "2.4×10⁴"; empty
/// for NaN.
QString roundText(double value, int figures = 2);

/// A number with its minus sign and fixed decimals; empty for NaN.
QString fixedText(double value, int decimals);

} // namespace helmscope
