// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/ticks.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr QChar minus(0x2212);

QString superscript(int number)
{
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString text = number < 0 ? QStringLiteral("⁻") : QString();
    for (QChar digit : QString::number(std::abs(number)))
        text += digits[digit.digitValue()];
    return text;
}

/// As the window's numbers are written; without marks between thousands.
QString localized(QString number)
{
    return number.replace('.', QLocale().decimalPoint()).replace('-', minus);
}

int decade(double value)
{
    return int(std::floor(std::log10(value) + 1e-9));
}

} // namespace

QString fixedText(double value, int decimals)
{
    if (std::isnan(value))
        return {};
    QString text = QString::number(value, 'f', decimals);
    // "-0.00" is zero.
    if (text.startsWith('-') && text.count('0') + text.count('.') + 1 == text.size())
        text.remove(0, 1);
    return localized(text);
}

QString roundText(double value, int figures)
{
    if (std::isnan(value))
        return {};
    if (value == 0 || !std::isfinite(value))
        return localized(QString::number(value));
    // Rounded first: 99.6 has three digits before its point.
    const int decimals = std::clamp(figures, 1, 9) - 1;
    const double rounded = QString::number(value, 'e', decimals).toDouble();
    const int exponent = decade(std::abs(rounded));
    if (exponent >= -2 && exponent < 4)
        return fixedText(rounded, std::max(0, decimals - exponent));
    return localized(QString::number(rounded / std::pow(10.0, exponent), 'f', decimals)) +
           QStringLiteral("×10") + superscript(exponent);
}

QString NumberFormat::text(double value) const
{
    return fixedText(value / std::pow(10.0, exponent), decimals);
}

QString NumberFormat::unit(const QString &unit) const
{
    if (exponent == 0)
        return unit;
    const QString power = QStringLiteral("×10") + superscript(exponent);
    return unit.isEmpty() ? power : power + ' ' + unit;
}

NumberFormat numberFormat(double magnitude, double resolution)
{
    NumberFormat format;
    if (!(magnitude > 0) || !std::isfinite(magnitude))
        return format;
    const int top = decade(magnitude);
    if (top >= 5 || top <= -4)
        format.exponent = int(std::floor(top / 3.0)) * 3;
    if (resolution > 0 && std::isfinite(resolution)) {
        // 2.5 and 0.25 want a figure more than 2 and 0.2.
        const double scaled = resolution / std::pow(10.0, format.exponent);
        int decimals = std::max(0, -decade(scaled));
        const double shifted = scaled * std::pow(10.0, decimals);
        if (std::abs(shifted - std::round(shifted)) > 1e-6)
            ++decimals;
        format.decimals = std::min(decimals, 6);
    }
    return format;
}

std::vector<double> roundTicks(double low, double high, int count)
{
    std::vector<double> ticks;
    const double range = high - low;
    if (!(range > 0) || !std::isfinite(range) || count < 1)
        return ticks;
    double step = std::pow(10.0, std::floor(std::log10(range / count)));
    for (double factor : {1.0, 2.0, 2.5, 5.0, 10.0})
        if (range / (step * factor) <= count - 0.999 || factor == 10.0) {
            step *= factor;
            break;
        }
    if (!(step > 0) || !(std::max(std::abs(low), std::abs(high)) / step < 1e9))
        return ticks; // the range is lost in the rounding of its ends
    const double first = std::ceil(low / step - 1e-6), last = std::floor(high / step + 1e-6);
    for (double k = first; k <= last && int(ticks.size()) < count + 1; ++k)
        ticks.push_back(k * step);
    return ticks;
}

QString valueText(double value, double magnitude)
{
    if (std::isnan(value))
        return {};
    const double largest = magnitude > 0 && std::isfinite(magnitude) ? magnitude : 1;
    const int top = decade(largest);
    if (top >= 6 || top <= -4 || std::abs(value) >= 1e7)
        return localized(QString::number(value, 'e', 3));
    return fixedText(value, std::clamp(3 - top, 0, 7));
}

} // namespace helmscope
