// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lineagedetails.h"

#include "app/contentpane.h"
#include "widgets/letters.h"
#include "widgets/lineagestyle.h"

#include <QClipboard>
#include <QEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSplitter>
#include <QTableView>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int mostLinks = 200; ///< of one direction

QLabel *quietLabel()
{
    auto *label = new QLabel;
    label->setObjectName("quiet");
    setTextSize(label, TextSize::Small);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

} // namespace

LineageDetails::LineageDetails(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_empty = new QLabel(tr("Select a node in the graph or a row of a table: here is then all that "
                            "is known of it."));
    m_empty->setObjectName("quiet");
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setMargin(24);
    column->addWidget(m_empty, 1);

    m_body = new QWidget;
    auto *body = new QVBoxLayout(m_body);
    body->setContentsMargins(8, 8, 8, 8);
    auto *head = new QHBoxLayout;
    m_mark = new QLabel;
    head->addWidget(m_mark, 0, Qt::AlignTop);
    m_name = new QLabel;
    setTextSize(m_name, TextSize::Title);
    m_name->setWordWrap(true);
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_name->setAccessibleName(tr("Name"));
    head->addWidget(m_name, 1);
    body->addLayout(head);
    m_kind = quietLabel();
    m_kind->setWordWrap(true);
    m_kind->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    body->addWidget(m_kind);

    auto *hashRow = new QHBoxLayout;
    m_hash = quietLabel();
    hashRow->addWidget(m_hash);
    m_copy = new QToolButton;
    m_copy->setObjectName("copyHash");
    m_copy->setIcon(icon("copy"));
    m_copy->setAutoRaise(true);
    m_copy->setToolTip(tr("Copies the whole hash."));
    m_copy->setAccessibleName(tr("Copy the hash"));
    hashRow->addWidget(m_copy);
    hashRow->addStretch(1);
    body->addLayout(hashRow);
    connect(m_copy, &QToolButton::clicked, this, [this] {
        if (m_graph && m_node >= 0)
            QGuiApplication::clipboard()->setText(m_graph->nodes[std::size_t(m_node)].uri);
    });

    auto *parts = new QSplitter(Qt::Vertical);
    parts->setChildrenCollapsible(false);
    m_links = new QTextBrowser;
    m_links->setOpenLinks(false);
    m_links->setFrameShape(QFrame::NoFrame);
    m_links->setAccessibleName(tr("What it was made from and led to"));
    m_content = new ContentPane;
    parts->addWidget(m_content);
    parts->addWidget(m_links);
    m_properties = new LineagePropertyModel(this);
    m_table = new QTableView;
    m_table->setModel(m_properties);
    m_table->setAccessibleName(tr("Properties"));
    m_table->verticalHeader()->hide();
    fitRowsToLetters(m_table);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setFrameShape(QFrame::NoFrame);
    // The value takes what there is; what is cut is whole in its tool tip.
    m_table->horizontalHeader()->setSectionResizeMode(LineagePropertyModel::Value,
                                                      QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(LineagePropertyModel::StoredAs,
                                                      QHeaderView::Interactive);
    m_table->setTextElideMode(Qt::ElideMiddle);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft);
    m_table->horizontalHeader()->setHighlightSections(false);
    parts->addWidget(m_table);
    parts->setStretchFactor(0, 3);
    parts->setStretchFactor(1, 1);
    parts->setStretchFactor(2, 2);
    parts->setSizes({280, 120, 240});
    connect(m_content, &ContentPane::changed, parts, [this, parts] {
        // What had shrunk to a sentence has room again.
        const QList<int> sizes = parts->sizes();
        const int sum = sizes[0] + sizes[1] + sizes[2];
        if (!m_content->content().isEmpty() && sizes[0] < sum / 4)
            parts->setSizes({sum * 7 / 16, sum * 3 / 16, sum * 6 / 16});
    });
    body->addWidget(parts, 1);
    column->addWidget(m_body, 1);
    connect(m_links, &QTextBrowser::anchorClicked, this,
            [this](const QUrl &url) { emit nodeWished(url.path().toInt()); });
    renew();
}

void LineageDetails::show(std::shared_ptr<const LineageGraph> graph, int node)
{
    const bool isSame = m_graph == graph && m_node == node;
    m_graph = std::move(graph);
    m_node = m_graph && node >= 0 && std::size_t(node) < m_graph->nodes.size() ? node : -1;
    if (isSame)
        return;
    renew();
    m_content->clear();
    if (m_node >= 0)
        emit contentWished(m_node);
}

/// "Inputs 3" and their names, the newest execution or the first name first.
QString LineageDetails::linksOf(bool isInput) const
{
    std::vector<int> others;
    for (const LineageEdge &edge : m_graph->edges)
        if ((isInput ? edge.to : edge.from) == m_node)
            others.push_back(isInput ? edge.from : edge.to);
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    const bool isExecution =
        m_graph->nodes[std::size_t(m_node)].kind == LineageNode::Kind::Execution;
    const QString title = isExecution ? (isInput ? tr("Inputs") : tr("Outputs"))
                                      : (isInput ? tr("Made by") : tr("Used by"));
    const Theme &theme = themeOf(palette());
    QString html = QStringLiteral("<p style='margin:6px 0 2px 0'><b>%1</b> "
                                  "<span style='color:%2'>%3</span></p>")
                       .arg(title.toHtmlEscaped(), theme.quietText.name())
                       .arg(others.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(others.size(), mostLinks); ++i) {
        const LineageNode &other = m_graph->nodes[std::size_t(others[i])];
        html +=
            QStringLiteral("<div style='margin-left:8px'><a href='node:%1' style='color:%2;"
                           "text-decoration:none'>%3</a> <span style='color:%4'>%5</span></div>")
                .arg(others[i])
                .arg(theme.accent.name(), other.shortName().toHtmlEscaped(), theme.quietText.name(),
                     captionOf(other).toHtmlEscaped());
    }
    if (others.size() > mostLinks)
        html += QStringLiteral("<div style='margin-left:8px'>%1</div>")
                    .arg(tr("and %1 more").arg(others.size() - mostLinks));
    return html;
}

void LineageDetails::renew()
{
    const bool isShown = m_node >= 0;
    m_body->setVisible(isShown);
    m_empty->setVisible(!isShown);
    if (!isShown) {
        m_properties->clear();
        return;
    }
    const LineageNode &node = m_graph->nodes[std::size_t(m_node)];
    const Theme &theme = themeOf(palette());
    m_mark->setPixmap(markIcon(classOf(node), theme).pixmap(20, 20));
    m_name->setText(titleOf(node));
    m_name->setToolTip(node.name);
    QStringList stages;
    for (const QString &stage : node.stages)
        stages << stage.section('/', 1);
    m_kind->setText(stages.isEmpty()
                        ? node.type
                        : tr("%1 in %2", "type, stages").arg(node.type, stages.join(", ")));
    if (std::size_t(m_node) < m_inStores.size()) {
        QStringList stores;
        for (int store : m_inStores[std::size_t(m_node)])
            stores << QFileInfo(m_graph->stores.value(store)).fileName();
        m_kind->setText(
            tr("%1, of %2", "type and stages, stores").arg(m_kind->text(), stores.join(", ")));
    }
    const bool hasHash = !node.uri.isEmpty();
    m_hash->setVisible(hasHash);
    m_copy->setVisible(hasHash);
    m_hash->setText(tr("content %1").arg(shortHash(node.uri)));
    m_hash->setToolTip(node.uri);
    m_links->setHtml(linksOf(true) + linksOf(false));
    m_properties->setNode(node);
    m_table->resizeColumnToContents(LineagePropertyModel::Name);
    m_table->setColumnWidth(LineagePropertyModel::Name,
                            std::min(m_table->columnWidth(LineagePropertyModel::Name), 130));
    // The value is what one reads; the type is whole in its tool tip.
    m_table->setColumnWidth(LineagePropertyModel::StoredAs, 58);
}

void LineageDetails::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        renew(); // links and mark bear the theme's colours
    QWidget::changeEvent(event);
}

} // namespace helmscope
