// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pushpage.h"

#include "app/remotechooser.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTextBrowser>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace helmscope {

PushPage::PushPage(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    auto *top = new QHBoxLayout;
    m_chooser = new RemoteChooser;
    top->addWidget(m_chooser, 1);
    m_look = new QPushButton(tr("&Look what is new"));
    m_look->setToolTip(tr("Asks the servers what they have, and shows what would go. Nothing is "
                          "sent yet."));
    top->addWidget(m_look);
    column->addLayout(top);

    auto *splitter = new QSplitter;
    splitter->setChildrenCollapsible(false);
    m_tree = new QTreeWidget;
    m_tree->setAccessibleName(tr("What would be pushed"));
    m_tree->setHeaderLabels({tr("What"), tr("How many"), tr("Size")});
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    splitter->addWidget(m_tree);
    m_words = new QTextBrowser;
    m_words->setAccessibleName(tr("What to know of it"));
    m_words->setOpenLinks(false);
    splitter->addWidget(m_words);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    column->addWidget(splitter, 1);

    auto *bottom = new QHBoxLayout;
    m_sum = new QLabel;
    m_sum->setAccessibleName(tr("What is chosen"));
    bottom->addWidget(m_sum, 1);
    auto *rules = new QPushButton(tr("What &stays here…"));
    rules->setToolTip(tr("Properties that never go to others: names of samples and people, "
                         "comments."));
    bottom->addWidget(rules);
    m_push = new QPushButton(tr("&Push"));
    m_push->setObjectName("push");
    bottom->addWidget(m_push);
    column->addLayout(bottom);

    connect(m_chooser, &RemoteChooser::changed, this, [this] {
        m_hasPlan = false;
        m_plan = {};
        m_tree->clear();
        showSum();
    });
    connect(m_look, &QPushButton::clicked, this, &PushPage::planWished);
    connect(rules, &QPushButton::clicked, this, &PushPage::rulesWished);
    connect(m_push, &QPushButton::clicked, this, &PushPage::pushWished);
    connect(m_tree, &QTreeWidget::itemChanged, this, [this] {
        if (m_isFilling)
            return;
        for (int i = 0; i < m_tree->topLevelItemCount(); ++i)
            take(m_tree->topLevelItem(i), m_plan.items[std::size_t(i)]);
        showSum();
    });
    showSum();
}

void PushPage::setRemotes(const std::vector<Remote> &remotes)
{
    m_chooser->setRemotes(remotes);
}

SyncChoice PushPage::choice() const
{
    return m_chooser->choice();
}

void PushPage::fill(QTreeWidgetItem *parent, const SyncItem &item)
{
    const QString name = item.kind == SyncItem::Kind::Part
                             ? tr("%1 to %2").arg(textOf(item.part), item.name)
                             : item.name;
    auto *row = new QTreeWidgetItem({name, amountText(item), sizeText(item.bytes)});
    row->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    row->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    row->setToolTip(0, item.run.isEmpty() ? name : tr("%1 · run %2").arg(name, item.run));
    if (parent)
        parent->addChild(row);
    else
        m_tree->addTopLevelItem(row);
    // Its children decide between them where it has any.
    row->setFlags(row->flags() | Qt::ItemIsUserCheckable |
                  (item.children.empty() ? Qt::ItemFlag(0) : Qt::ItemIsAutoTristate));
    for (const SyncItem &child : item.children)
        fill(row, child);
    if (item.children.empty())
        row->setCheckState(0, item.isChosen ? Qt::Checked : Qt::Unchecked);
    row->setExpanded(item.kind == SyncItem::Kind::Part || item.kind == SyncItem::Kind::Pipeline);
}

void PushPage::take(QTreeWidgetItem *row, SyncItem &item) const
{
    item.isChosen = row->checkState(0) != Qt::Unchecked;
    for (int i = 0; i < row->childCount(); ++i)
        take(row->child(i), item.children[std::size_t(i)]);
}

void PushPage::setPlan(PushPlan plan)
{
    m_isFilling = true;
    m_plan = std::move(plan);
    m_hasPlan = true;
    m_tree->clear();
    for (const SyncItem &item : m_plan.items)
        fill(nullptr, item);
    m_isFilling = false;
    m_words->setHtml(htmlOf(m_plan));
    showSum();
}

void PushPage::setReport(const SyncReport &report)
{
    m_words->setHtml(htmlOf(report));
    m_plan = {};
    m_hasPlan = false;
    m_tree->clear();
    showSum();
}

void PushPage::setBusy(bool isBusy, const QString &sentence)
{
    m_isBusy = isBusy;
    m_chooser->setEnabled(!isBusy);
    m_tree->setEnabled(!isBusy);
    showSum();
    if (isBusy)
        m_sum->setText(sentence);
}

void PushPage::showSum()
{
    const SyncChoice chosen = choice();
    const bool hasAny = chosen.metadata || chosen.artifacts || chosen.versions;
    m_look->setEnabled(hasAny && !m_isBusy);
    m_push->setEnabled(m_hasPlan && !m_plan.isEmpty() && !m_isBusy);
    if (m_isBusy)
        return;
    if (!hasAny)
        m_sum->setText(tr("No server or remote is known yet: add one on the left."));
    else if (!m_hasPlan)
        m_sum->setText(tr("Look what is new first: a push shows what it will send, and sends "
                          "nothing else."));
    else if (m_plan.items.empty() || m_plan.isEmpty())
        m_sum->setText(m_plan.items.empty() ? tr("Everything is there already.")
                                            : tr("Nothing is chosen, or everything is there "
                                                 "already."));
    else
        m_sum->setText(m_plan.bytes() > 0 ? tr("Will send %1.").arg(sizeText(m_plan.bytes()))
                                          : tr("Ready to push."));
}

} // namespace helmscope
