// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/lineagemodel.h"

#include <QWidget>

class QLabel;
class QTableView;
class QTextBrowser;
class QToolButton;

namespace helmscope {

class ContentPane;

/// All that is known of one node: what it is, what it was made from and led to as links, its hash,
/// its properties, and the content that its owner puts in.
class LineageDetails final : public QWidget
{
    Q_OBJECT
public:
    explicit LineageDetails(QWidget *parent = nullptr);

    /// Of each node of the next graph the stores it is in; empty: there is one store only.
    void setStores(std::vector<std::vector<int>> inStores) { m_inStores = std::move(inStores); }
    /// -1: nothing is selected.
    void show(std::shared_ptr<const LineageGraph> graph, int node);
    int node() const { return m_node; }
    ContentPane *contentPane() const { return m_content; }
    LineagePropertyModel *properties() const { return m_properties; }

signals:
    void nodeWished(int node); ///< a link was followed
    /// Another node is shown: its content may be read and put into the contentPane().
    void contentWished(int node);

protected:
    void changeEvent(QEvent *event) override;

private:
    void renew();
    QString linksOf(bool isInput) const;

    std::shared_ptr<const LineageGraph> m_graph;
    std::vector<std::vector<int>> m_inStores;
    int m_node = -1;
    QLabel *m_mark = nullptr, *m_name = nullptr, *m_kind = nullptr, *m_hash = nullptr;
    QToolButton *m_copy = nullptr;
    QTextBrowser *m_links = nullptr;
    QTableView *m_table = nullptr;
    ContentPane *m_content = nullptr;
    QWidget *m_body = nullptr;
    QLabel *m_empty = nullptr;
    LineagePropertyModel *m_properties = nullptr;
};

} // namespace helmscope
