// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/comparewindow.h"

#include "app/banner.h"
#include "app/comparecolumn.h"
#include "app/comparereader.h"
#include "app/comparewords.h"
#include "app/statusline.h"
#include "widgets/comparisoncurves.h"
#include "widgets/mapview.h"
#include "widgets/ticks.h"

#include <QAction>
#include <QDropEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QTableWidget>
#include <QTextBrowser>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

CompareWindow::CompareWindow(QWidget *parent)
    : QMainWindow(parent)
{
    setWindowTitle(tr("Compare runs – Helmscope"));
    setAcceptDrops(true);
    resize(1280, 800);
    makeParts();
    makeActions();
    connect(&m_jobs, &Jobs::failed, this,
            [this](const QString &, const QString &sentence) { m_banner->tell(sentence); });
    showColumns();
    showActions();
}

CompareWindow::~CompareWindow()
{
    // Parts still signal while they are destroyed.
    for (QObject *part : findChildren<QObject *>())
        part->disconnect(this);
}

void CompareWindow::addFiles(const QStringList &files)
{
    if (files.isEmpty())
        return;
    m_jobs.run(
        files.size() == 1 ? tr("Reading a run") : tr("Reading %1 runs").arg(files.size()), this,
        [files](const Progress &progress) { return readForComparison(files, progress); },
        [this](std::vector<NamedRun> runs) { take(std::move(runs)); });
}

void CompareWindow::addRun(const NamedRun &run)
{
    take({run});
}

void CompareWindow::take(std::vector<NamedRun> runs)
{
    const auto room = std::size_t(mostRuns) - m_runs.size();
    if (runs.size() > room)
        m_banner->tell(tr("Six runs at most are compared side by side: %1 of the new ones are left "
                          "out. Remove one to make room.")
                           .arg(runs.size() - room));
    for (std::size_t i = 0; i < std::min(room, runs.size()); ++i)
        m_runs.push_back(std::move(runs[i]));
    compareAll();
}

void CompareWindow::remove(int run)
{
    m_runs.erase(m_runs.begin() + run);
    compareAll();
}

void CompareWindow::compareAll()
{
    const int number = ++m_number;
    m_jobs.stop(m_job);
    if (m_runs.empty())
        return show(std::shared_ptr<const Comparison>());
    for (NamedRun &run : m_runs)
        run.group.clear();
    m_job = m_jobs.run(
        tr("Comparing"), this,
        [runs = m_runs, isGrouped = m_group->isChecked()](const Progress &progress) {
            return std::make_shared<const Comparison>(
                compare(isGrouped ? groupedBySeed(runs) : runs, progress));
        },
        [this, number](const std::shared_ptr<const Comparison> &comparison) {
            if (number == m_number)
                show(comparison);
        });
}

void CompareWindow::show(std::shared_ptr<const Comparison> comparison)
{
    const int before = m_slider->value();
    const bool wasAtEnd = before == m_slider->maximum();
    m_comparison = std::move(comparison);
    m_runs = m_comparison ? m_comparison->runs : std::vector<NamedRun>();
    showColumns();
    int longest = 0;
    for (const CompareColumn *column : m_columns)
        longest = std::max(longest, column->steps());
    {
        const QSignalBlocker quiet(m_slider);
        m_slider->setRange(longest > 0 ? 1 : 0, longest);
        m_slider->setValue(wasAtEnd ? longest : before);
    }
    m_curves->setComparison(m_comparison);
    m_words->setHtml(m_comparison ? comparisonHtml(*m_comparison) : QString());
    m_words->setVisible(!m_words->toPlainText().isEmpty());
    link();
    showStep();
    suggestThreshold();
    showActions();
    emit compared();
}

void CompareWindow::showColumns()
{
    m_pages->setCurrentIndex(m_comparison ? 1 : 0);
    const std::size_t wanted = m_comparison ? m_comparison->runs.size() : 0;
    while (m_columns.size() > wanted) {
        // May be what the click came from: it goes when the click is over.
        m_columns.back()->hide();
        m_columns.back()->deleteLater();
        m_columns.pop_back();
    }
    while (m_columns.size() < wanted) {
        auto *column = new CompareColumn;
        m_columnsArea->layout()->addWidget(column);
        m_columns.push_back(column);
        connect(column, &CompareColumn::removeWished, this, [this, column] {
            const auto found = std::find(m_columns.begin(), m_columns.end(), column);
            remove(int(found - m_columns.begin()));
        });
        for (int kind = 0; kind < CompareColumn::KindCount; ++kind)
            connect(column->map(CompareColumn::Kind(kind)), &MapView::limitsChanged, this,
                    [this, column, kind] { shareLimits(column, kind); });
    }
    for (std::size_t i = 0; i < wanted; ++i) {
        const int run = int(i);
        m_columns[i]->setRun(m_comparison->runs[i], run + 1, seriesOf(*m_comparison, run),
                             commonSteps(*m_comparison, run));
    }
}

int CompareWindow::step() const
{
    return m_slider->value();
}

void CompareWindow::setStep(int number)
{
    m_slider->setValue(number);
}

void CompareWindow::showStep()
{
    for (CompareColumn *column : m_columns)
        column->showStep(step());
    m_curves->setStep(step());
    m_stepText->setText(tr("%1 / %2").arg(step()).arg(m_slider->maximum()));
}

/// Cursor, place and zoom of maps of the same grid, and limits.
void CompareWindow::link()
{
    QList<MapView *> all;
    std::map<std::pair<int, int>, QList<MapView *>> byGrid;
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        const Dataset &survey = m_comparison->runs[i].run->survey;
        for (int kind = 0; kind < CompareColumn::KindCount; ++kind) {
            MapView *map = m_columns[i]->map(CompareColumn::Kind(kind));
            all << map;
            // Unlinked, the maps of one run still move together.
            byGrid[m_link->isChecked() ? std::pair(survey.rows(), survey.cols())
                                       : std::pair(-1, int(i))]
                << map;
        }
    }
    MapView::unlink(all);
    for (const auto &[grid, maps] : byGrid)
        MapView::link(maps);
    linkLimits();
}

/// Whether the same colour may mean the same in both.
static bool areAlike(const Run &a, const Run &b, CompareColumn::Kind kind)
{
    return kind == CompareColumn::Path ? a.survey.imageQuantity == b.survey.imageQuantity
                                       : a.valueName == b.valueName && a.valueUnit == b.valueUnit;
}

void CompareWindow::linkLimits()
{
    for (int k = 0; k < CompareColumn::KindCount; ++k) {
        const auto kind = CompareColumn::Kind(k);
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            ColorLimits limits = m_columns[i]->limits(kind);
            for (std::size_t j = 0; m_link->isChecked() && j < m_columns.size(); ++j) {
                if (!areAlike(*m_comparison->runs[i].run, *m_comparison->runs[j].run, kind) ||
                    (kind != CompareColumn::Path && !m_columns[j]->hasMaps()))
                    continue;
                limits.low = std::min(limits.low, m_columns[j]->limits(kind).low);
                limits.high = std::max(limits.high, m_columns[j]->limits(kind).high);
            }
            if (kind == CompareColumn::Path || m_columns[i]->hasMaps())
                m_columns[i]->map(kind)->setLimits(limits);
        }
    }
}

void CompareWindow::shareLimits(CompareColumn *from, int kind)
{
    if (!m_link->isChecked())
        return;
    const auto which = CompareColumn::Kind(kind);
    const auto found = std::find(m_columns.begin(), m_columns.end(), from);
    if (found == m_columns.end())
        return;
    const Run &run = *m_comparison->runs[std::size_t(found - m_columns.begin())].run;
    for (std::size_t i = 0; i < m_columns.size(); ++i)
        if (m_columns[i] != from && areAlike(run, *m_comparison->runs[i].run, which))
            m_columns[i]->map(which)->setLimits(from->map(which)->limits());
}

void CompareWindow::suggestThreshold()
{
    const QString key = m_curves->quantity();
    const double quality = m_comparison && !key.isEmpty() ? commonQuality(*m_comparison, key) : 0;
    m_thresholdText->setText(key.isEmpty() ? tr("To &reach")
                                           : tr("To &reach %1").arg(m_curves->quantityName()));
    m_threshold->setText(quality != 0 ? QString::number(quality, 'g', 4) : QString());
    showReached();
}

void CompareWindow::showReached()
{
    bool isNumber = false;
    const double quality = m_threshold->text().toDouble(&isNumber);
    const QString key = m_curves->quantity();
    const bool isShown = isNumber && m_comparison && !key.isEmpty();
    m_curves->setThreshold(isShown ? quality : std::numeric_limits<double>::quiet_NaN());
    const std::vector<Reached> rows =
        isShown ? reached(*m_comparison, key, quality) : std::vector<Reached>();
    m_reached->setRowCount(int(rows.size()));
    for (int row = 0; row < int(rows.size()); ++row) {
        const Reached &each = rows[std::size_t(row)];
        const auto put = [this, row](int column, const QString &text) {
            auto *item = new QTableWidgetItem(text);
            item->setToolTip(text);
            item->setTextAlignment((column == 0 ? Qt::AlignLeft : Qt::AlignRight) |
                                   Qt::AlignVCenter);
            m_reached->setItem(row, column, item);
        };
        put(0, each.name);
        put(1, each.step ? QString::number(*each.step) : tr("never"));
        put(2, each.step && each.seconds > 0 ? fixedText(each.seconds, each.seconds < 10 ? 2 : 1)
                                             : QStringLiteral("–"));
        put(3, each.step && each.dose > 0 ? roundText(each.dose, 3) : QStringLiteral("–"));
    }
    m_reached->setMaximumHeight(
        m_reached->horizontalHeader()->sizeHint().height() +
        m_reached->rowCount() * m_reached->verticalHeader()->defaultSectionSize() + 4);
    m_reached->resizeColumnsToContents();
    m_reached->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
}

void CompareWindow::showActions()
{
    const bool isAny = m_comparison != nullptr;
    m_figure->setEnabled(isAny);
    m_table->setEnabled(isAny);
    m_link->setEnabled(isAny && m_columns.size() > 1);
    m_group->setEnabled(isAny && m_columns.size() > 1);
    m_add->setEnabled(int(m_runs.size()) < mostRuns);
    m_add->setToolTip(m_add->isEnabled()
                          ? tr("Run files, or recordings of others, up to six side by side.")
                          : tr("Six runs are as many as fit: remove one first."));
}

void CompareWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void CompareWindow::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    QStringList files;
    for (const QUrl &url : event->mimeData()->urls())
        if (url.isLocalFile())
            files << url.toLocalFile();
    addFiles(files);
}

} // namespace helmscope
