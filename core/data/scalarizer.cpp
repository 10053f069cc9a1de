// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/scalarizer.h"

#include "base/recorded.h"
#include "base/tr.h"

#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The channels whose centres lie in a band: [first, end).
struct Channels
{
    int first = 0;
    int end = 0;
    int count() const { return std::max(0, end - first); }
};

static Channels channelsIn(const Band &band, const EnergyAxis &energies)
{
    const auto begin = energies.values.begin(), end = energies.values.end();
    return {int(std::lower_bound(begin, end, band.low) - begin),
            int(std::upper_bound(begin, end, band.high) - begin)};
}

/// What lies under a spectrum: a constant, or amplitude * energy^-exponent.
struct Underground
{
    double constant = 0;
    double logAmplitude = 0;
    double exponent = 0;
    bool isPower = false;

    double at(double energy) const
    {
        if (!isPower)
            return constant;
        return energy > 0 ? std::exp(logAmplitude - exponent * std::log(energy)) : nan;
    }
};

/// Least squares of log counts on log energy, each channel weighted by its counts: the variance of
/// the logarithm of a Poisson number n is 1/n (Egerton, EELS in the Electron Microscope,
/// section 4.4).
static Underground fitPowerLaw(const Eigen::VectorXf &spectrum, const EnergyAxis &energies,
                               Channels window)
{
    double weights = 0, meanX = 0, meanY = 0;
    int usable = 0;
    const auto isUsable = [&](int i) {
        return energies.values[std::size_t(i)] > 0 && std::isfinite(spectrum[i]) && spectrum[i] > 0;
    };
    for (int i = window.first; i < window.end; ++i) {
        if (!isUsable(i))
            continue;
        ++usable;
        weights += spectrum[i];
        meanX += spectrum[i] * std::log(energies.values[std::size_t(i)]);
        meanY += spectrum[i] * std::log(double(spectrum[i]));
    }
    if (usable < 2)
        return {nan, nan, nan, true};
    meanX /= weights;
    meanY /= weights;
    double xx = 0, xy = 0;
    for (int i = window.first; i < window.end; ++i) {
        if (!isUsable(i))
            continue;
        const double x = std::log(energies.values[std::size_t(i)]) - meanX;
        xx += spectrum[i] * x * x;
        xy += spectrum[i] * x * (std::log(double(spectrum[i])) - meanY);
    }
    const double slope = xy / xx;
    return {0, meanY - slope * meanX, -slope, true};
}

/// The mean of the finite numbers among `count` that `value(i)` gives from `first` on.
template <class Value>
static double finiteMean(Channels channels, Value value)
{
    double sum = 0;
    int count = 0;
    for (int i = channels.first; i < channels.end; ++i) {
        const double v = value(i);
        if (!std::isfinite(v))
            continue;
        sum += v;
        ++count;
    }
    return count > 0 ? sum / count : nan;
}

static Underground undergroundOf(const Scalarizer &scalarizer, const Eigen::VectorXf &spectrum,
                                 const EnergyAxis &energies)
{
    const Channels window = channelsIn(scalarizer.backgroundWindow, energies);
    switch (scalarizer.background) {
    case Scalarizer::Background::Constant:
        return {finiteMean(window, [&](int i) { return double(spectrum[i]); }), 0, 0, false};
    case Scalarizer::Background::PowerLaw:
        return fitPowerLaw(spectrum, energies, window);
    case Scalarizer::Background::None:
        break;
    }
    return {};
}

struct Peak
{
    double energy = nan;
    double height = nan;
};

/// The highest point within the band of the parabola through the highest channel and its
/// neighbours.
template <class Value>
static Peak peakIn(Channels channels, const Band &band, const EnergyAxis &energies, Value value)
{
    int best = -1;
    double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
    for (int i = channels.first; i < channels.end; ++i) {
        const double v = value(i);
        if (!std::isfinite(v))
            continue;
        lowest = std::min(lowest, v);
        if (v > highest) {
            highest = v;
            best = i;
        }
    }
    if (best < 0)
        return {};
    if (channels.count() > 1 && highest == lowest)
        return {nan, highest}; // a flat band has no peak
    const Peak peak{energies.values[std::size_t(best)], highest};
    if (best == 0 || best + 1 >= energies.channels())
        return peak;
    const double left = value(best - 1) - highest, right = value(best + 1) - highest;
    // On a slope that goes on outside the band the edge channel is the highest point.
    if (!std::isfinite(left) || !std::isfinite(right) || left > 0 || right > 0 ||
        (left == 0 && right == 0))
        return peak;
    // y = highest + b u + c u^2 through (-before, left), (0, 0), (after, right); u from the
    // channel.
    const double before = peak.energy - energies.values[std::size_t(best - 1)];
    const double after = energies.values[std::size_t(best + 1)] - peak.energy;
    const double c = (left / before + right / after) / (before + after);
    const double b = right / after - c * after;
    const double u = std::clamp(peak.energy - b / (2 * c), band.low, band.high) - peak.energy;
    return {peak.energy + u, highest + u * (b + c * u)};
}

double Scalarizer::operator()(const Eigen::VectorXf &spectrum, const EnergyAxis &energies) const
{
    if (spectrum.size() != energies.channels())
        fail(Tr::tr("A spectrum of %1 channels does not fit an energy axis of %2.")
                 .arg(spectrum.size())
                 .arg(energies.channels()));
    const Underground under = undergroundOf(*this, spectrum, energies);
    const auto value = [&](int i) {
        return double(spectrum[i]) - under.at(energies.values[std::size_t(i)]);
    };
    const Channels channels = channelsIn(band, energies);
    switch (kind) {
    case Kind::PeakHeight:
        return peakIn(channels, band, energies, value).height;
    case Kind::PeakEnergy:
        return peakIn(channels, band, energies, value).energy;
    case Kind::BandRatio: {
        const double over = finiteMean(channelsIn(second, energies), value);
        // What is left of nothing after subtraction scatters around zero: no ratio has a meaning
        // there.
        if (over == 0 || (background != Background::None && over < 0))
            return nan;
        return finiteMean(channels, value) / over;
    }
    case Kind::BandMean:
        break;
    }
    return finiteMean(channels, value);
}

std::optional<Eigen::VectorXd> Scalarizer::weights(const EnergyAxis &energies) const
{
    if (kind != Kind::BandMean || background == Background::PowerLaw)
        return {};
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(energies.channels());
    const Channels channels = channelsIn(band, energies);
    if (channels.count() == 0)
        return {};
    weights.segment(channels.first, channels.count()).setConstant(1.0 / channels.count());
    if (background == Background::Constant) {
        const Channels window = channelsIn(backgroundWindow, energies);
        if (window.count() == 0)
            return {};
        weights.segment(window.first, window.count()).array() -= 1.0 / window.count();
    }
    return weights;
}

Eigen::VectorXf Scalarizer::backgroundUnder(const Eigen::VectorXf &spectrum,
                                            const EnergyAxis &energies) const
{
    const Underground under = undergroundOf(*this, spectrum, energies);
    Eigen::VectorXf curve(energies.channels());
    for (int i = 0; i < curve.size(); ++i)
        curve[i] = float(under.at(energies.values[std::size_t(i)]));
    return curve;
}

static void checkBand(const Band &band, const QString &name, const EnergyAxis &energies)
{
    const QString axis = energies.values.empty()
                             ? Tr::tr("the energy axis is empty")
                             : Tr::tr("the energies go from %1 to %2 %3 in %4 channels")
                                   .arg(energies.values.front())
                                   .arg(energies.values.back())
                                   .arg(energies.unit)
                                   .arg(energies.channels());
    if (!std::isfinite(band.low) || !std::isfinite(band.high) || band.low > band.high)
        fail(Tr::tr("%1 from %2 to %3 is upside down or not finite; %4.")
                 .arg(name)
                 .arg(band.low)
                 .arg(band.high)
                 .arg(axis));
    if (channelsIn(band, energies).count() == 0)
        fail(Tr::tr("%1 from %2 to %3 holds no channel; %4.")
                 .arg(name)
                 .arg(band.low)
                 .arg(band.high)
                 .arg(axis));
}

void Scalarizer::check(const EnergyAxis &energies) const
{
    checkBand(band, Tr::tr("The band"), energies);
    if (kind == Kind::BandRatio)
        checkBand(second, Tr::tr("The second band"), energies);
    if (background == Background::None)
        return;
    checkBand(backgroundWindow, Tr::tr("The background window"), energies);
    if (background != Background::PowerLaw)
        return;
    const Channels window = channelsIn(backgroundWindow, energies);
    if (window.count() < 2 || energies.values[std::size_t(window.end - 2)] <= 0)
        fail(Tr::tr("The background window from %1 to %2 holds fewer than two channels above zero "
                    "energy: a power law needs two; the energies go from %3 to %4 %5.")
                 .arg(backgroundWindow.low)
                 .arg(backgroundWindow.high)
                 .arg(energies.values.front())
                 .arg(energies.values.back())
                 .arg(energies.unit));
}

QString Scalarizer::unit(const EnergyAxis &energies) const
{
    switch (kind) {
    case Kind::PeakEnergy:
        return energies.unit;
    case Kind::BandRatio:
        return {};
    case Kind::BandMean:
    case Kind::PeakHeight:
        break;
    }
    return recorded("counts");
}

static QString textOf(double number)
{
    return QString::number(number, 'g', QLocale::FloatingPointShortest);
}

static QString textOf(const Band &band)
{
    return textOf(band.low) + '-' + textOf(band.high);
}

BandChannels channelsOf(const Band &band, const EnergyAxis &energies)
{
    const Channels channels = channelsIn(band, energies);
    return {channels.first, channels.count()};
}

/// As few digits as lie within a quarter of the gap of the middle between two channels.
static double between(double low, double high)
{
    const double middle = low + (high - low) / 2, gap = high - low;
    for (int decimals = 0; decimals < 15; ++decimals) {
        const double scale = std::pow(10., decimals);
        const double rounded = std::round(middle * scale) / scale;
        if (std::abs(rounded - middle) <= gap / 4)
            return rounded;
    }
    return middle;
}

Band bandOf(const BandChannels &channels, const EnergyAxis &energies)
{
    const std::vector<double> &values = energies.values;
    const int last = channels.first + channels.count - 1;
    if (channels.first < 0 || channels.count < 1 || last >= energies.channels())
        fail(Tr::tr("There is no band of %1 channels from channel %2 on: the axis has %3.")
                 .arg(channels.count)
                 .arg(channels.first)
                 .arg(energies.channels()));
    if (values.size() < 2)
        return {values.front(), values.front()};
    const auto at = [&](int i) { return values[std::size_t(i)]; };
    const int end = energies.channels() - 1;
    const double before = channels.first > 0 ? at(channels.first - 1) : 2 * at(0) - at(1);
    const double after = last < end ? at(last + 1) : 2 * at(end) - at(end - 1);
    return {between(before, at(channels.first)), between(at(last), after)};
}

Scalarizer readable(const Scalarizer &scalarizer, const EnergyAxis &energies)
{
    Scalarizer result = scalarizer;
    for (Band *band : {&result.band, &result.second, &result.backgroundWindow}) {
        constexpr int longest = 8;
        const BandChannels channels = channelsOf(*band, energies);
        if (channels.count < 1 ||
            (textOf(band->low).size() <= longest && textOf(band->high).size() <= longest))
            continue;
        *band = bandOf(channels, energies);
    }
    return result;
}

QString Scalarizer::text() const
{
    static constexpr const char *names[] = {"band:", "peak:", "energy:", "ratio:"};
    QString text = names[int(kind)] + textOf(band);
    if (kind == Kind::BandRatio)
        text += '/' + textOf(second);
    if (background != Background::None)
        text += (background == Background::Constant ? ",constant:" : ",power:") +
                textOf(backgroundWindow);
    return text;
}

Scalarizer Scalarizer::parse(const QString &text)
{
    static const QString number =
        QStringLiteral("([+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)");
    static const QString range = number + '-' + number;
    static const QRegularExpression form("^\\s*(?:(band|peak|energy):" + range + "|ratio:" + range +
                                         '/' + range + ")(?:,(constant|power):" + range +
                                         ")?\\s*$");
    const QRegularExpressionMatch match = form.match(text);
    if (!match.hasMatch())
        fail(
            Tr::tr("Cannot understand the scalarizer '%1': write band:A-B, peak:A-B, energy:A-B or "
                   "ratio:A-B/C-D, if need be followed by ,constant:A-B or ,power:A-B.")
                .arg(text));
    const auto bandAt = [&](int group) {
        const Band band{match.captured(group).toDouble(), match.captured(group + 1).toDouble()};
        if (!std::isfinite(band.low) || !std::isfinite(band.high) || band.low > band.high)
            fail(Tr::tr("Cannot understand the scalarizer '%1': the interval %2 is upside down.")
                     .arg(text, textOf(band)));
        return band;
    };
    Scalarizer scalarizer;
    const QString kind = match.captured(1);
    if (kind.isEmpty()) {
        scalarizer.kind = Kind::BandRatio;
        scalarizer.band = bandAt(4);
        scalarizer.second = bandAt(6);
    } else {
        scalarizer.kind = kind == "band"   ? Kind::BandMean
                          : kind == "peak" ? Kind::PeakHeight
                                           : Kind::PeakEnergy;
        scalarizer.band = bandAt(2);
    }
    if (match.capturedLength(8) > 0) {
        scalarizer.background =
            match.captured(8) == "constant" ? Background::Constant : Background::PowerLaw;
        scalarizer.backgroundWindow = bandAt(9);
    }
    return scalarizer;
}

Map scalarize(const Spectra &spectra, const Scalarizer &scalarizer, const Progress &progress)
{
    Map map(spectra.rows(), spectra.cols());
    if (map.size() > 0)
        spectra.forEach({0, 0}, spectra.rows(), spectra.cols(), progress,
                        [&](Pixel pixel, const Eigen::VectorXf &spectrum) {
                            map(pixel.row, pixel.col) =
                                float(scalarizer(spectrum, spectra.energies()));
                        });
    return map;
}

} // namespace helmscope
