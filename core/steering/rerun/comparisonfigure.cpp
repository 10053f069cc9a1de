// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/rerun/comparisonfigure.h"

#include "base/tr.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace helmscope {

namespace {

constexpr double width = 1000, panelHeight = 270, legendRow = 24;
constexpr double left = 74, right = 18, top = 34, bottom = 50; // of a panel, around its axes

struct Look
{
    const char *colour, *dashes;
};

/// Okabe and Ito 2008, without the yellow, which is too light for lines; dashes after the first
/// round.
Look lookOf(int index)
{
    static constexpr std::array colours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                        "#000000", "#E69F00", "#56B4E9"};
    static constexpr std::array dashes{"", "9 4", "2 3", "10 3 2 3", "14 4", "5 2", "6 2 1 2"};
    const auto i = std::size_t(index);
    return {colours[i % colours.size()], dashes[(i + i / colours.size()) % dashes.size()]};
}

QString number(double value)
{
    return QString::number(value, 'f', 1);
}

QString label(double value)
{
    return QString::number(value, 'g', 4).replace('-', QChar(0x2212));
}

QString text(double x, double y, QString words, int size, const QString &more = {})
{
    for (QChar &letter : words) // XML has no place for them
        if (letter.category() == QChar::Other_Control)
            letter = ' ';
    return QStringLiteral("<text x=\"%1\" y=\"%2\" font-size=\"%3\"%4>%5</text>\n")
        .arg(number(x), number(y), QString::number(size), more.isEmpty() ? QString() : ' ' + more,
             words.toHtmlEscaped());
}

/// Numbers from `low` to `high` and round ones between them.
struct Scale
{
    double low = 0, high = 1, step = 1;

    Scale(double least, double most, int ticks)
    {
        if (!(most > least)) { // one number only
            const double room = least == 0 ? 1 : std::abs(least) / 10;
            least -= room;
            most += room;
        }
        const double raw = (most - least) / ticks;
        const double power = std::pow(10, std::floor(std::log10(raw)));
        step = power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
        low = least;
        high = most;
    }
    std::vector<double> ticks() const
    {
        std::vector<double> found;
        for (int i = int(std::ceil(low / step - 1e-9)); i * step <= high + 1e-9 * step; ++i)
            found.push_back(i * step);
        return found;
    }
};

/// A quantity's panel.
class Panel
{
public:
    Panel(const CurveRow &row, std::vector<const ComparedCurve *> curves, double x, double y,
          double panelWidth)
        : m_row(row)
        , m_curves(std::move(curves))
        , m_x0(x + left)
        , m_x1(x + panelWidth - right)
        , m_y0(y + top)
        , m_y1(y + panelHeight - bottom)
        , m_steps(scaleOfSteps())
        , m_values(scaleOfValues())
    {
    }

    QString draw(const QStringList &names, const QString &unit, int id) const
    {
        QString svg =
            QStringLiteral("<clipPath id=\"panel%1\"><rect x=\"%2\" y=\"%3\" "
                           "width=\"%4\" height=\"%5\"/></clipPath>\n")
                .arg(id)
                .arg(number(m_x0), number(m_y0), number(m_x1 - m_x0), number(m_y1 - m_y0));
        svg += drawAxes(unit);
        svg += QStringLiteral("<g clip-path=\"url(#panel%1)\">\n").arg(id);
        for (const ComparedCurve *curve : m_curves)
            if (curve->runs > 1)
                svg += drawBand(*curve, lookOf(int(names.indexOf(curve->name))));
        for (const ComparedCurve *curve : m_curves)
            svg += drawLine(*curve, lookOf(int(names.indexOf(curve->name))));
        return svg + "</g>\n";
    }

private:
    Scale scaleOfSteps() const
    {
        double most = 1;
        for (const ComparedCurve *curve : m_curves)
            for (std::size_t i = 0; i < curve->steps.size(); ++i)
                if (std::isfinite(curve->middle[i]))
                    most = std::max(most, curve->steps[i]);
        return {0, most, 6};
    }
    /// All but the farthest fiftieth: a failed fit must not press the others flat.
    Scale scaleOfValues() const
    {
        std::vector<double> numbers;
        for (const ComparedCurve *curve : m_curves)
            for (const std::vector<double> *list : {&curve->low, &curve->middle, &curve->high})
                std::copy_if(list->begin(), list->end(), std::back_inserter(numbers),
                             [](double value) { return std::isfinite(value); });
        std::sort(numbers.begin(), numbers.end());
        double least = numbers.front(), most = numbers.back();
        const std::size_t tail = numbers.size() / 50;
        const double core = numbers[numbers.size() - 1 - tail] - numbers[tail];
        if (core > 0) {
            least = std::max(least, numbers[tail] - core / 2);
            most = std::min(most, numbers[numbers.size() - 1 - tail] + core / 2);
        }
        const double room = 0.05 * (most - least);
        return {least - room, most + room, 4};
    }
    double xOf(double step) const
    {
        return m_x0 + (m_x1 - m_x0) * (step - m_steps.low) / (m_steps.high - m_steps.low);
    }
    double yOf(double value) const // far outside is outside, but no number is too long
    {
        const double fraction = (value - m_values.low) / (m_values.high - m_values.low);
        return m_y1 - (m_y1 - m_y0) * std::clamp(fraction, -5.0, 5.0);
    }

    QString drawAxes(const QString &unit) const
    {
        QString svg;
        const QString line = QStringLiteral("<path d=\"M%1 %2L%3 %4\" stroke=\"%5\"/>\n");
        for (const double tick : m_values.ticks()) {
            const double y = yOf(tick);
            svg += line.arg(number(m_x0), number(y), number(m_x1), number(y), "#e4e4e4");
            svg += text(m_x0 - 7, y + 4.5, label(std::abs(tick) < 1e-9 * m_values.step ? 0 : tick),
                        13, "text-anchor=\"end\"");
        }
        for (const double tick : m_steps.ticks()) {
            const double x = xOf(tick);
            svg += line.arg(number(x), number(m_y1), number(x), number(m_y1 + 5), "#444");
            svg += text(x, m_y1 + 19, label(tick), 13, "text-anchor=\"middle\"");
        }
        svg += QStringLiteral("<path d=\"M%1 %2L%1 %3L%4 %3\" stroke=\"#444\" fill=\"none\"/>\n")
                   .arg(number(m_x0), number(m_y0), number(m_y1), number(m_x1));
        const QString name = Tr::tr(m_row.name);
        const QString title =
            m_row.hasUnit && !unit.isEmpty() ? QStringLiteral("%1 (%2)").arg(name, unit) : name;
        svg += text(m_x0, m_y0 - 12, title, 15, "font-weight=\"bold\"");
        return svg + text((m_x0 + m_x1) / 2, m_y1 + 38, Tr::tr("measured pixels"), 13,
                          "text-anchor=\"middle\"");
    }

    QString drawLine(const ComparedCurve &curve, const Look &look) const
    {
        QString path, dots;
        for (std::size_t i = 0; i < curve.steps.size(); ++i) {
            if (!std::isfinite(curve.middle[i]))
                continue; // maps are not kept at every step: a line goes on over the gap
            const QString x = number(xOf(curve.steps[i])), y = number(yOf(curve.middle[i]));
            path += (path.isEmpty() ? "M" : "L") + x + ' ' + y;
            if (dots.isEmpty())
                dots = QStringLiteral("<circle cx=\"%1\" cy=\"%2\" r=\"2.5\" fill=\"%3\"/>\n")
                           .arg(x, y, QLatin1String(look.colour));
        }
        return QStringLiteral("<path d=\"%1\" fill=\"none\" stroke=\"%2\" stroke-width=\"1.8\" "
                              "stroke-linejoin=\"round\" stroke-dasharray=\"%3\"/>\n")
                   .arg(path, QLatin1String(look.colour),
                        *look.dashes ? QLatin1String(look.dashes) : QLatin1String("none")) +
               dots;
    }

    QString drawBand(const ComparedCurve &curve, const Look &look) const
    {
        QString there, back;
        for (std::size_t i = 0; i < curve.steps.size(); ++i) {
            if (!std::isfinite(curve.low[i]))
                continue;
            const QString x = number(xOf(curve.steps[i]));
            there += (there.isEmpty() ? "M" : "L") + x + ' ' + number(yOf(curve.high[i]));
            back.prepend('L' + x + ' ' + number(yOf(curve.low[i])));
        }
        return QStringLiteral("<path d=\"%1%2Z\" fill=\"%3\" fill-opacity=\"0.18\"/>\n")
            .arg(there, back, QLatin1String(look.colour));
    }

    const CurveRow &m_row;
    std::vector<const ComparedCurve *> m_curves;
    double m_x0, m_x1, m_y0, m_y1;
    Scale m_steps, m_values;
};

/// One line a name: how it is drawn, and of how many runs.
QString drawLegend(const Comparison &comparison, const QStringList &names, double y)
{
    QString svg;
    for (int i = 0; i < names.size(); ++i) {
        int runs = 1;
        bool isForeign = false;
        for (const ComparedCurve &curve : comparison.curves) {
            runs = curve.name == names[i] ? std::max(runs, curve.runs) : runs;
            isForeign = isForeign || (curve.name == names[i] && curve.isForeign);
        }
        const double x = left + (i % 2) * width / 2;
        const double at = y + (i / 2) * legendRow;
        const Look look = lookOf(i);
        svg += QStringLiteral("<path d=\"M%1 %2L%3 %2\" stroke=\"%4\" stroke-width=\"2.4\" "
                              "stroke-dasharray=\"%5\"/>\n")
                   .arg(number(x), number(at - 4.5), number(x + 44), QLatin1String(look.colour),
                        *look.dashes ? QLatin1String(look.dashes) : QLatin1String("none"));
        QString words = names[i].size() > 48 ? names[i].left(47) + QChar(0x2026) : names[i];
        if (runs > 1)
            words += Tr::tr(": median and quartiles of %1 runs").arg(runs);
        if (isForeign)
            words += Tr::tr(" (as recorded)");
        svg += text(x + 52, at, words, 13);
    }
    return svg;
}

} // namespace

QByteArray toSvg(const Comparison &comparison, const QStringList &keys)
{
    QStringList names;
    std::vector<std::pair<const CurveRow *, std::vector<const ComparedCurve *>>> panels;
    for (const CurveRow &row : comparedCurves()) {
        if (!keys.isEmpty() && !keys.contains(QLatin1String(row.key)))
            continue;
        std::vector<const ComparedCurve *> curves;
        for (const ComparedCurve &curve : comparison.curves)
            if (curve.key == QLatin1String(row.key) &&
                std::any_of(curve.middle.begin(), curve.middle.end(),
                            [](double value) { return std::isfinite(value); })) {
                curves.push_back(&curve);
                if (!names.contains(curve.name))
                    names << curve.name;
            }
        if (!curves.empty())
            panels.emplace_back(&row, std::move(curves));
    }
    if (panels.empty())
        fail(Tr::tr("There is no curve to draw: nothing was measured, or nothing is known of it."));
    const int columns = panels.size() > 1 ? 2 : 1;
    const int rows = (int(panels.size()) + columns - 1) / columns;
    const double legendHeight = 14 + legendRow * double((names.size() + 1) / 2);
    const double height = legendHeight + rows * panelHeight;
    QString svg = QStringLiteral("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1\" "
                                 "height=\"%2\" viewBox=\"0 0 %1 %2\" font-family=\"DejaVu Sans, "
                                 "Arial, Helvetica, sans-serif\" fill=\"#1a1a1a\">\n"
                                 "<rect width=\"%1\" height=\"%2\" fill=\"#ffffff\"/>\n")
                      .arg(number(width), number(height));
    svg += drawLegend(comparison, names, 24);
    for (int i = 0; i < int(panels.size()); ++i) {
        const auto &[row, curves] = panels[std::size_t(i)];
        const Panel panel(*row, curves, (i % columns) * width / columns,
                          legendHeight + (i / columns) * panelHeight, width / columns);
        svg += panel.draw(names, comparison.valueUnit, i);
    }
    return (svg + "</svg>\n").toUtf8();
}

} // namespace helmscope
