// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/contentpane.h"

#include "base/tr.h"
#include "widgets/letters.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>
#include <QScopedValueRollback>
#include <QSortFilterProxyModel>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int widestColumn = 220;

/// A picture as large as it goes, never enlarged.
class PictureView final : public QWidget
{
public:
    explicit PictureView(QImage picture)
        : m_picture(std::move(picture))
    {
        setAccessibleName(Tr::tr("Picture"));
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        const QSize room = size() * devicePixelRatioF();
        if (m_shown.isNull() || m_room != room) {
            m_room = room;
            const QSize wanted =
                m_picture.size().scaled(room.boundedTo(m_picture.size()), Qt::KeepAspectRatio);
            m_shown = m_picture.scaled(wanted, Qt::KeepAspectRatio, Qt::SmoothTransformation);
            m_shown.setDevicePixelRatio(devicePixelRatioF());
        }
        const QSizeF shown = m_shown.deviceIndependentSize();
        painter.drawImage(QPointF((width() - shown.width()) / 2, (height() - shown.height()) / 2),
                          m_shown);
    }

private:
    QImage m_picture, m_shown;
    QSize m_room;
};

QWidget *tableView(const ArtifactContent::Table &table)
{
    auto *view = new QTableView;
    auto *model = new ContentTableModel(view);
    model->setTable(table);
    auto *sorted = new QSortFilterProxyModel(view);
    sorted->setSourceModel(model);
    sorted->setSortRole(ContentTableModel::SortRole);
    view->setModel(sorted);
    view->setSortingEnabled(true);
    view->sortByColumn(-1, Qt::AscendingOrder); // as in the file
    view->setAccessibleName(Tr::tr("Table"));
    view->setFrameShape(QFrame::NoFrame);
    view->setShowGrid(false);
    view->setAlternatingRowColors(true);
    view->setWordWrap(false);
    view->verticalHeader()->hide();
    fitRowsToLetters(view);
    view->horizontalHeader()->setResizeContentsPrecision(40);
    view->horizontalHeader()->setHighlightSections(false);
    view->resizeColumnsToContents();
    for (int column = 0; column < model->columnCount(); ++column)
        view->setColumnWidth(column, std::min(view->columnWidth(column) + 8, widestColumn));
    return view;
}

QWidget *textView(const QString &text)
{
    auto *view = new QPlainTextEdit;
    view->setReadOnly(true);
    view->setFrameShape(QFrame::NoFrame);
    view->setLineWrapMode(QPlainTextEdit::NoWrap);
    setTextSize(view, TextSize::Small, Pitch::Fixed);
    view->setPlainText(text);
    view->setAccessibleName(Tr::tr("Text"));
    return view;
}

QWidget *imageView(const ArtifactContent::Image &image)
{
    auto *view = new MapView;
    view->setColormap(image.colormap);
    view->setPixelSizeNm(image.pixelSizeNm);
    view->setUnit(image.unit);
    view->setMap(image.map);
    view->setAccessibleName(image.name);
    return view;
}

} // namespace

// ---- the table

void ContentTableModel::setTable(ArtifactContent::Table table)
{
    beginResetModel();
    m_table = std::move(table);
    for (QStringList &row : m_table.rows)
        row.resize(m_table.header.size());
    endResetModel();
}

int ContentTableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_table.rows.size());
}

int ContentTableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_table.header.size());
}

QVariant ContentTableModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const QString &cell = m_table.rows[std::size_t(index.row())][index.column()];
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
        return cell;
    if (role != SortRole && role != Qt::TextAlignmentRole)
        return {};
    const std::optional<double> number = numberOf(cell);
    if (role == Qt::TextAlignmentRole)
        return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return number ? QVariant(*number) : QVariant(cell);
}

QVariant ContentTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount() ||
        (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    return m_table.header[section];
}

// ---- the pane

ContentPane::ContentPane(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    m_pages = new QTabWidget;
    m_pages->setDocumentMode(true);
    m_pages->setAccessibleName(tr("Content"));
    m_pages->setUsesScrollButtons(true);
    column->addWidget(m_pages, 1);
    m_sentence = new QLabel;
    m_sentence->setObjectName("quiet");
    setTextSize(m_sentence, TextSize::Small);
    m_sentence->setWordWrap(true);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_sentence->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(m_sentence);
    connect(m_pages, &QTabWidget::currentChanged, this, [this](int index) {
        if (!m_isFilling && index >= 0)
            m_front = m_pages->tabText(index);
    });
    clear();
}

void ContentPane::clear()
{
    setContent({});
    hide();
}

void ContentPane::setWaiting()
{
    m_sentence->setText(tr("Reading its content…"));
    m_sentence->show();
    show();
}

void ContentPane::setContent(ArtifactContent content)
{
    const QScopedValueRollback filling(m_isFilling, true);
    m_content = std::move(content);
    while (m_pages->count() > 0) {
        QWidget *page = m_pages->widget(0);
        m_pages->removeTab(0);
        page->deleteLater();
    }
    for (const ArtifactContent::Image &image : m_content.images)
        m_pages->addTab(imageView(image), image.name);
    if (!m_content.picture.isNull())
        m_pages->addTab(new PictureView(m_content.picture), tr("Picture"));
    for (const Sketch &sketch : m_content.sketches) {
        auto *view = new SketchView;
        view->setSketch(sketch);
        m_pages->addTab(view, sketch.yName.isEmpty() ? tr("Curve") : sketch.yName);
    }
    if (!m_content.table.header.isEmpty())
        m_pages->addTab(tableView(m_content.table), tr("Table"));
    if (!m_content.text.isEmpty())
        m_pages->addTab(textView(m_content.text), tr("Text"));
    m_pages->setVisible(!m_content.isEmpty());
    for (int i = 0; i < m_pages->count(); ++i)
        if (m_pages->tabText(i) == m_front)
            m_pages->setCurrentIndex(i);
    m_sentence->setText(m_content.sentence);
    m_sentence->setVisible(!m_content.sentence.isEmpty());
    setVisible(!m_content.isEmpty() || !m_content.sentence.isEmpty());
    // A sentence alone needs no more room than it takes.
    setMaximumHeight(m_content.isEmpty() ? m_sentence->fontMetrics().height() * 5
                                         : QWIDGETSIZE_MAX);
    emit changed();
}

QString ContentPane::sentence() const
{
    return m_sentence->text();
}

} // namespace helmscope
