// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dosepanel.h"

#include "instrument/noise.h"
#include "instrument/replay.h"
#include "widgets/mapview.h"
#include "widgets/ticks.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

DosePanel::DosePanel(QWidget *parent)
    : QWidget(parent)
    , m_view(new MapView)
    , m_limit(new QDoubleSpinBox)
    , m_probe(new QDoubleSpinBox)
    , m_cost(new QLabel)
{
    m_view->setColormap(Colormap::Magma);
    m_view->setUnit(QStringLiteral("e⁻/Å²"));
    m_view->setAccessibleName(tr("Accumulated dose"));
    m_view->setPlaceholder(
        tr("How many electrons each place has got will appear here: press Run."));
    const auto make = [](QDoubleSpinBox *box, double most, int decimals, const QString &unit,
                         const QString &none, const QString &name, const QString &help) {
        box->setRange(0, most);
        box->setDecimals(decimals);
        box->setSuffix(QStringLiteral(" ") + unit);
        box->setSpecialValueText(none);
        box->setAccessibleName(name);
        box->setToolTip(help);
        box->setWhatsThis(help);
        box->setKeyboardTracking(false);
    };
    make(m_limit, 1e12, 0, QStringLiteral("e⁻/Å²"), tr("none"), tr("Limit of the dose"),
         tr("Pixels that one point more would bring over this are forbidden, from the next step "
            "on. The run's record says so."));
    make(m_probe, 1000, 2, QStringLiteral("nm"), tr("within a pixel"), tr("Diameter of the probe"),
         tr("Full width at half maximum of the probe on the sample: one that is wider than a pixel "
            "spreads its dose over the neighbours."));
    m_cost->setWordWrap(true);
    m_cost->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *form = new QFormLayout;
    form->addRow(tr("Limit"), m_limit);
    form->addRow(tr("Probe"), m_probe);
    auto *side = new QVBoxLayout;
    side->addLayout(form);
    side->addWidget(m_cost);
    side->addStretch();
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(4, 4, 4, 4);
    row->addWidget(m_view, 1);
    row->addLayout(side);
    connect(m_limit, &QDoubleSpinBox::valueChanged, this, [this] {
        showCost();
        emit changed();
    });
    connect(m_probe, &QDoubleSpinBox::valueChanged, this, [this] {
        countAnew();
        emit changed();
    });
    showCost();
}

void DosePanel::setSample(const Sample &sample)
{
    m_rows = sample.survey->rows();
    m_cols = sample.survey->cols();
    m_pixelSizeNm = sample.survey->gridPixelSizeNm();
    const auto *simulated = std::get_if<Simulator::Settings>(&sample.sources);
    // A recording is replayed with the beam current of a plan that says nothing else.
    m_currentPa = simulated ? simulated->beamCurrentPa
                  : std::holds_alternative<DatasetSources>(sample.sources)
                      ? Replay::Settings().beamCurrentPa
                      : 0;
    m_view->setPixelSizeNm(m_pixelSizeNm);
    clear();
}

void DosePanel::clear()
{
    m_run = {};
    m_planned = 0;
    m_view->clear();
    countAnew();
}

void DosePanel::setDwell(double seconds)
{
    m_dwellSeconds = seconds;
    showCost();
}

void DosePanel::showSteps(const ShownRun &run, int index, int planned)
{
    m_run = run;
    m_index = index;
    m_planned = planned;
    for (; m_counted < run.size(); ++m_counted)
        m_book.add(run.at(m_counted));
    DoseBook then = m_book;
    if (index + 1 < run.size()) { // one looks back
        then = emptyBook();
        for (int i = 0; i <= index; ++i)
            then.add(run.at(i));
    }
    if (then.largest() > 0)
        m_view->setMap(then.map());
    else
        m_view->clear();
    showCost();
}

DoseBook DosePanel::emptyBook() const
{
    return DoseBook(m_rows, m_cols, m_pixelSizeNm, probe());
}

void DosePanel::countAnew()
{
    m_counted = 0;
    m_book = emptyBook();
    if (m_run.isEmpty())
        showCost();
    else
        showSteps(m_run, m_index, m_planned);
}

double DosePanel::limit() const
{
    return m_limit->value();
}

void DosePanel::setLimit(double dose)
{
    m_limit->setValue(dose);
}

double DosePanel::probe() const
{
    return m_probe->value();
}

void DosePanel::setProbe(double nm)
{
    m_probe->setValue(nm);
}

double DosePanel::nextDose() const
{
    if (m_book.nextDose() > 0)
        return m_book.nextDose();
    // Spread as a first point would be.
    DoseBook first = emptyBook();
    Step step;
    step.pixel = {m_rows / 2, m_cols / 2};
    step.dose =
        m_currentPa > 0 && m_pixelSizeNm > 0 ? dose(m_currentPa, m_dwellSeconds, m_pixelSizeNm) : 0;
    first.add(step);
    return first.nextDose();
}

QString DosePanel::costText() const
{
    QStringList lines;
    const double next = nextDose();
    if (next > 0)
        lines
            << tr("Next point: %1 s, %2 e⁻/Å²").arg(m_dwellSeconds, 0, 'g', 3).arg(roundText(next));
    else
        lines << tr("Next point: %1 s; its dose is not known before one is measured")
                     .arg(m_dwellSeconds, 0, 'g', 3);
    if (const int rest = m_planned - m_run.size(); rest > 0)
        lines << tr("Rest of the budget: %1 points, %2 s")
                     .arg(rest)
                     .arg(rest * m_dwellSeconds, 0, 'f', 1);
    if (m_book.largest() > 0)
        lines << tr("Most so far: %1 e⁻/Å²").arg(roundText(m_book.largest()));
    if (limit() > 0) {
        const Mask mask = beyond();
        if (mask.size() > 0)
            lines << tr("▲ closed by the limit: %1 pixels").arg(qint64(mask.count()));
        if (const auto points = m_book.pointsUntil(limit()))
            lines << tr("Limit reached in about %1 points").arg(*points);
    }
    return lines.join('\n');
}

void DosePanel::showCost()
{
    m_cost->setText(costText());
    m_cost->setAccessibleName(m_cost->text());
}

} // namespace helmscope
