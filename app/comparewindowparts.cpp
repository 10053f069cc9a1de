// SPDX-License-Identifier: GPL-3.0-or-later
// Where the parts of a compare window are, and what can be done with it.
#include "app/banner.h"
#include "app/comparecolumn.h"
#include "app/comparewindow.h"
#include "app/figurefile.h"
#include "app/statusline.h"
#include "base/error.h"
#include "base/tr.h"
#include "widgets/comparisoncurves.h"
#include "widgets/letters.h"
#include "widgets/mapview.h"
#include "widgets/paintrecord.h"
#include "widgets/theme.h"

#include <QAction>
#include <QDoubleValidator>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPainter>
#include <QSaveFile>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableWidget>
#include <QTextBrowser>
#include <QTimer>
#include <QToolBar>
#include <QVBoxLayout>

namespace helmscope {

void CompareWindow::makeParts()
{
    auto *middle = new QWidget;
    auto *column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_banner = new Banner;
    column->addWidget(m_banner);
    m_pages = new QStackedWidget;
    auto *empty = new QLabel(tr("Runs will appear here side by side: add two to six of them "
                                "(Ctrl+O), or drop their files onto this window."));
    empty->setObjectName("quiet");
    empty->setAlignment(Qt::AlignCenter);
    empty->setWordWrap(true);
    m_pages->addWidget(empty);
    m_pages->addWidget(makeBody());
    column->addWidget(m_pages, 1);
    setCentralWidget(middle);
    m_status = new StatusLine;
    m_status->watch(&m_jobs);
    setStatusBar(m_status);
}

QWidget *CompareWindow::makeBody()
{
    auto *split = new QSplitter(Qt::Vertical);
    auto *top = new QWidget;
    auto *column = new QVBoxLayout(top);
    column->setContentsMargins(4, 4, 4, 0);
    column->setSpacing(2);
    m_columnsArea = new QWidget;
    auto *runs = new QHBoxLayout(m_columnsArea);
    runs->setContentsMargins(0, 0, 0, 0);
    runs->setSpacing(4);
    column->addWidget(m_columnsArea, 1);
    auto *row = new QHBoxLayout;
    auto *caption = new QLabel(tr("&Step"));
    row->addWidget(caption);
    m_slider = new QSlider(Qt::Horizontal);
    m_slider->setRange(0, 0);
    m_slider->setObjectName("step");
    m_slider->setAccessibleName(tr("Step of all runs"));
    m_slider->setToolTip(tr("One step for all runs: a shorter one stays at its last."));
    caption->setBuddy(m_slider);
    row->addWidget(m_slider, 1);
    m_stepText = new QLabel;
    m_stepText->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    keepRoomFor(m_stepText, QStringLiteral("0000 / 0000"));
    row->addWidget(m_stepText);
    column->addLayout(row);
    connect(m_slider, &QSlider::valueChanged, this, &CompareWindow::showStep);
    split->addWidget(top);

    auto *bottom = new QSplitter(Qt::Horizontal);
    m_curves = new ComparisonCurves;
    connect(m_curves, &ComparisonCurves::quantityChosen, this, &CompareWindow::suggestThreshold);
    bottom->addWidget(m_curves);
    bottom->addWidget(makeSide());
    bottom->setStretchFactor(0, 3);
    bottom->setStretchFactor(1, 2);
    bottom->setSizes({800, 460});
    split->addWidget(bottom);
    split->setStretchFactor(0, 2);
    split->setStretchFactor(1, 1);
    split->setSizes({500, 260});
    split->setChildrenCollapsible(false);
    return split;
}

QWidget *CompareWindow::makeSide()
{
    auto *side = new QWidget;
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(4, 0, 4, 0);
    column->setSpacing(2);
    auto *row = new QHBoxLayout;
    m_thresholdText = new QLabel;
    row->addWidget(m_thresholdText);
    m_threshold = new QLineEdit;
    m_threshold->setObjectName("threshold");
    m_threshold->setAccessibleName(tr("Quality to be reached"));
    m_threshold->setToolTip(tr("A curve has reached it when it stays there for three steps."));
    auto *validator = new QDoubleValidator(m_threshold);
    validator->setLocale(QLocale::c());
    m_threshold->setValidator(validator);
    fitToLetters(m_threshold, [field = m_threshold](const QFontMetrics &metrics) {
        field->setMaximumWidth(metrics.horizontalAdvance("0.00000e+00") + 24);
    });
    m_thresholdText->setBuddy(m_threshold);
    row->addWidget(m_threshold);
    row->addStretch(1);
    column->addLayout(row);
    connect(m_threshold, &QLineEdit::textEdited, this, &CompareWindow::showReached);

    m_reached = new QTableWidget(0, 4);
    m_reached->setObjectName("reached");
    m_reached->setAccessibleName(tr("What it took to get as good"));
    m_reached->setHorizontalHeaderLabels(
        {tr("Run"), tr("Steps"), tr("Time (s)"), tr("Dose (e⁻/Å²)")});
    m_reached->horizontalHeaderItem(2)->setToolTip(tr("Measuring and thinking together."));
    m_reached->horizontalHeaderItem(3)->setToolTip(
        tr("Of each pixel, summed over the pixels measured."));
    m_reached->verticalHeader()->hide();
    fitRowsToLetters(m_reached);
    m_reached->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_reached->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_reached->setFrameShape(QFrame::NoFrame);
    m_reached->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    column->addWidget(m_reached, 2);
    m_words = new QTextBrowser;
    m_words->setObjectName("words");
    m_words->setAccessibleName(tr("Where the runs part, and in what their plans differ"));
    m_words->setFrameShape(QFrame::NoFrame);
    column->addWidget(m_words, 1);
    return side;
}

void CompareWindow::makeActions()
{
    auto *bar = addToolBar(tr("Compare"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const auto add = [this, bar](const QString &name, const QString &iconName, const QString &text,
                                 const QKeySequence &keys, const QString &help) {
        QAction *action = bar->addAction(icon(iconName), text);
        action->setObjectName(name);
        action->setShortcut(keys);
        action->setToolTip(help);
        return action;
    };
    m_add = add("addRuns", "open", tr("Add runs…"), QKeySequence::Open, {});
    connect(m_add, &QAction::triggered, this, &CompareWindow::chooseRuns);
    m_link = add("link", "link", tr("Link"), QKeySequence("Ctrl+L"),
                 tr("All runs share cursor, zoom and colour limits (Ctrl+L)."));
    m_link->setCheckable(true);
    m_link->setChecked(true);
    connect(m_link, &QAction::toggled, this, [this](bool isOn) {
        m_link->setIcon(icon(isOn ? "link" : "unlink"));
        if (m_comparison)
            link();
    });
    m_group = add("group", "compare", tr("Seeds as a band"), {},
                  tr("Runs whose plans differ in their seeds only become one curve: the median, "
                     "with a band from the lower to the upper quartile."));
    m_group->setCheckable(true);
    connect(m_group, &QAction::toggled, this, &CompareWindow::compareAll);
    bar->addSeparator();
    m_figure = add("exportFigure", "picture", tr("Figure…"), QKeySequence("Ctrl+E"),
                   tr("Saves maps and curves as a figure: SVG, PDF or PNG (Ctrl+E)."));
    connect(m_figure, &QAction::triggered, this, [this] { chooseFile(true); });
    m_table = add("exportTable", "save", tr("Table…"), QKeySequence("Ctrl+Shift+E"),
                  tr("Saves all steps and curves as CSV (Ctrl+Shift+E)."));
    connect(m_table, &QAction::triggered, this, [this] { chooseFile(false); });
    auto *close = new QAction(tr("Close"), this);
    close->setShortcut(QKeySequence::Close);
    connect(close, &QAction::triggered, this, &QWidget::close);
    addAction(close);
}

void CompareWindow::chooseRuns()
{
    auto *dialog = new QFileDialog(this, tr("Add runs to compare"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({tr("Runs and recordings of others (*.h5 *.npz)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, &CompareWindow::addFiles);
    dialog->show();
}

void CompareWindow::chooseFile(bool isFigure)
{
    auto *dialog = new QFileDialog(this, isFigure ? tr("Save the figure") : tr("Save the table"),
                                   {}, isFigure ? figureNameFilter() : tr("Tables (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(isFigure ? "svg" : "csv");
    connect(dialog, &QFileDialog::fileSelected, this, [this, isFigure](const QString &file) {
        try {
            isFigure ? exportFigure(file) : exportTable(file);
        } catch (const Error &e) {
            m_banner->tell(QString::fromUtf8(e.what()));
        }
    });
    dialog->show();
}

void CompareWindow::exportTable(const QString &file)
{
    m_jobs.run(
        tr("Writing the table"), this,
        [comparison = m_comparison, file](const Progress &) {
            const QByteArray table = toCsv(*comparison);
            QSaveFile out(file);
            if (!out.open(QIODevice::WriteOnly) || out.write(table) != table.size() ||
                !out.commit())
                fail(Tr::tr("Cannot write the table %1: is the folder there and writable?")
                         .arg(file));
        },
        [this, file] { tellSaved(file); });
}

void CompareWindow::exportFigure(const QString &file)
{
    if (!m_comparison)
        return;
    requireFigureName(file);
    m_figures.push_back({file, {}, 0, 0, {}, {}});
    if (m_figures.size() == 1)
        recordFigure();
}

/// A turn of the event loop each; begins again when something else is shown meanwhile.
void CompareWindow::recordFigure()
{
    if (!m_comparison)
        m_figures.clear(); // nothing is left of what was wanted
    if (m_figures.empty())
        return;
    // A figure is for paper: it has the paper's theme.
    const Theme &theme = Theme::paper();
    const QRectF curves(0, m_columnsArea->height(), m_columnsArea->width(), m_curves->height());
    const QSize size(m_columnsArea->width(), m_columnsArea->height() + m_curves->height());
    Figure &figure = m_figures.front();
    if (figure.of != m_comparison || figure.step != step() || figure.size != size)
        figure = {figure.file, m_comparison, step(), 0, size, std::make_shared<PaintRecord>(size)};
    QPainter painter(figure.record.get());
    const bool isLast = figure.next == m_columns.size();
    if (isLast)
        m_curves->paint(painter, curves, theme);
    else
        paintColumn(painter, *m_columns[figure.next++], theme);
    painter.end();
    if (isLast) {
        m_jobs.run(
            tr("Writing the figure"), this,
            [record = figure.record, file = figure.file](const Progress &progress) {
                saveFigure(file, *record, progress);
            },
            [this, file = figure.file] { tellSaved(file); });
        m_figures.erase(m_figures.begin());
    }
    QTimer::singleShot(0, this, &CompareWindow::recordFigure);
}

void CompareWindow::tellSaved(const QString &file)
{
    m_status->showMessage(tr("Saved as %1.").arg(QFileInfo(file).fileName()), 6000);
    emit saved(file);
}

void CompareWindow::paintColumn(QPainter &painter, const CompareColumn &column,
                                const Theme &theme) const
{
    const QPoint corner = column.mapTo(m_columnsArea, QPoint(0, 0));
    painter.setFont(textFont(TextSize::Body));
    const QRect line(corner + QPoint(4, 0),
                     QSize(column.width() - 8, painter.fontMetrics().height() + 4));
    painter.fillRect(QRect(line.left(), line.top() + 4, 10, 10), column.colourIn(theme));
    painter.setPen(theme.text);
    painter.drawText(line.adjusted(16, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(
                         tr("%1, step %2").arg(column.title()).arg(column.shownStep()),
                         Qt::ElideMiddle, line.width() - 16));
    for (int kind = 0; kind < CompareColumn::KindCount; ++kind) {
        const MapView *map = column.map(CompareColumn::Kind(kind));
        painter.save();
        painter.translate(map->mapTo(m_columnsArea, QPoint(0, 0)));
        map->paintFigure(painter, &theme);
        painter.restore();
    }
}

} // namespace helmscope
